package bot

import (
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxText is how many characters a merchant's or agent's line may have.
const MaxText = 2000

// Faults of a line; each has a sentence for people in the channel that refuses it.
var (
	ErrEmpty   = errors.New("the line is empty")
	ErrTooLong = errors.New("the line has more than 2000 characters")
	ErrNotUTF8 = errors.New("the line is not valid UTF-8")
)

// PlainID says that an id that comes from outside is one: up to 64 letters, digits and a few signs, and no personal data. Ids stand
// in the database and in the log as they are.
func PlainID(s string) bool {
	if s == "" || len(s) > 64 {
		return false
	}
	for _, r := range s {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '.', r == '_', r == ':', r == '-':
		default:
			return false
		}
	}
	masked, _ := Mask(s)
	return masked == s
}

// clean turns what a person wrote into one plain line: no control, zero-width or direction characters (the joiner that emoji are
// made with stays), white space folded at both ends. It refuses what is empty, shows nothing, is too long or not UTF-8.
func clean(s string) (string, error) {
	if len(s) > 4*MaxText {
		return "", ErrTooLong
	}
	if !utf8.ValidString(s) {
		return "", ErrNotUTF8
	}
	s = strings.TrimSpace(strings.Map(plain, s))
	if !strings.ContainsFunc(s, visible) {
		return "", ErrEmpty
	}
	if utf8.RuneCountInString(s) > MaxText {
		return "", ErrTooLong
	}
	return s, nil
}

// Readable says that a text is a line as Service takes one, for those who cannot tell anybody that it is not.
func Readable(s string) bool {
	_, err := clean(s)
	return err == nil
}

// plain maps a rune to what is kept of it.
func plain(r rune) rune {
	switch {
	case r == '\n' || r == '\t':
		return r
	case r == 0x2028 || r == 0x2029: // line and paragraph separator
		return '\n'
	case r < 0x20 || r >= 0x7f && r < 0xa0: // control characters
		return -1
	case r == 0x200b || r == 0x200c || r == 0x2060 || r == 0xfeff || r == 0x00ad || r == 0x180e || r >= 0x2061 && r <= 0x2064: // zero width
		return -1
	case r == 0x115f || r == 0x1160 || r == 0x3164 || r == 0xffa0: // letters without a shape
		return -1
	case r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x206f || r == 0x200e || r == 0x200f || r == 0x061c: // direction
		return -1
	case r >= 0xe000 && r <= 0xf8ff || r >= 0xfff9 && r <= 0xfffd || r&0xfffe == 0xfffe || r >= 0xe0000: // private use, tags, no characters
		return -1
	}
	return r
}

// visible says that a rune shows by itself.
func visible(r rune) bool {
	return !unicode.IsSpace(r) && !unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf) && r != 0x2800 // empty Braille pattern
}
