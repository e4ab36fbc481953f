package bot

import "strings"

// Written makes a line of what somebody wrote who is not in the dialogue, such as an agent's note to colleagues: cleaned and masked as
// Service does it with every line. Errors: ErrEmpty, ErrTooLong, ErrNotUTF8.
func Written(s string) (string, error) {
	s, err := clean(s)
	if err != nil {
		return "", err
	}
	s, _ = Mask(s)
	return s, nil
}

// maxRemark is how many characters an agent's note to colleagues may have.
const maxRemark = 500

// remark is such a note, "" for one that is none.
func remark(s string) string {
	text, err := Written(s)
	if err != nil {
		return ""
	}
	return cut(text, maxRemark)
}

// maxLabel is how many characters a name of something may have: a place, the title of a link, what a code stands for.
const maxLabel = 100

// Label is such a name, which comes from elsewhere, as one clean and masked line; "" for one that is none.
func Label(s string) string {
	s, _ = label(s)
	return s
}

func label(s string) (text string, masked []string) {
	text, err := clean(strings.Join(strings.Fields(s), " "))
	if err != nil {
		return "", nil
	}
	text, masked = Mask(text) // before it is cut: half a number is not known as one
	return cut(text, maxLabel), masked
}
