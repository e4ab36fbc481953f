package wechat

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxText is what WeChat takes in one text: bytes of UTF-8, measured by others and documented nowhere.
const maxText = 2048

const (
	between   = "\n\n" // between two lines
	leastPart = 400    // a part is not worth starting in less room
)

// page is what one text carries: whole lines, and perhaps the beginning of one that is longer than any page.
type page struct {
	text  string
	lines []line // what it carries, the last perhaps in part
	rest  string // of the last line, what is still to be told
	more  bool   // not all lines are told with it
}

// pack puts as many whole lines into a page of max bytes as fit. A line too long for any page is cut, on sentence bounds.
func pack(lines []line, max int) page {
	var out page
	var b strings.Builder
	for i, l := range lines {
		text := l.text()
		if text == "" {
			continue
		}
		sep := between
		if b.Len() == 0 {
			sep = ""
		}
		room := max - b.Len() - len(sep)
		if len(text) <= room {
			b.WriteString(sep + text)
			out.lines = append(out.lines, l)
			continue
		}
		if len(text) > max && (b.Len() == 0 || room >= leastPart) {
			n := cutAt(text, room)
			b.WriteString(sep + strings.TrimRightFunc(text[:n], unicode.IsSpace))
			out.lines = append(out.lines, l)
			out.rest = strings.TrimLeftFunc(text[n:], unicode.IsSpace)
			i++
		}
		out.more = out.rest != "" || i < len(lines)
		break
	}
	out.text = b.String()
	return out
}

// last is the seq up to which the page decides lines of a conversation.
func (p page) last() int64 {
	if len(p.lines) == 0 {
		return 0
	}
	return p.lines[len(p.lines)-1].seq
}

// link is what is never cut: our own tappable links, and addresses.
var link = regexp.MustCompile(`(?i)<a href="[^"<>]*">[^<>]*</a>|[a-z][a-z0-9+.-]*://[!-~]+|www\.[!-~]+`)

// cutAt returns where to cut s so that at most max bytes come before: after a line, else after a sentence, a clause, a word, a character;
// never inside a URL, unless the URL alone is longer. s must be longer than max, and max at least the size of one character.
func cutAt(s string, max int) int {
	limit := max
	head := s[:min(len(s), 2*max)]
	for _, u := range link.FindAllStringIndex(head, -1) {
		if u[0] < max && u[1] > max {
			if u[0] > 0 {
				limit = u[0]
			}
			break
		}
	}
	urls := link.FindAllStringIndex(head[:limit], -1)
	inside := func(i int) bool {
		for _, u := range urls {
			if u[0] < i && i < u[1] {
				return true
			}
		}
		return false
	}
	best, rank := 0, -1
	prev := rune(0)
	for i := 0; i <= limit; {
		r, size := utf8.DecodeRuneInString(s[i:])
		if i > 0 && !inside(i) {
			k := seam(prev, r)
			if k > 0 && k < 5 && i < limit/2 {
				k = 0 // too little would be told
			}
			if k >= rank {
				best, rank = i, k
			}
		}
		if size == 0 {
			break
		}
		prev, i = r, i+size
	}
	if best > 0 {
		return best
	}
	for limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	return limit
}

// seam says how good a place between two characters is for a cut: 4 after a line, 3 a sentence, 2 a clause, 1 a word, 0 anywhere, -1 not
// at all.
func seam(prev, next rune) int {
	switch {
	case next == 0x200D || prev == 0x200D || unicode.Is(unicode.M, next) || next >= 0x1F3FB && next <= 0x1F3FF:
		return -1 // one character to the eye
	case prev == '\n':
		return 4
	case strings.ContainsRune("。！？；!?;", prev) && !strings.ContainsRune("。！？；!?;”’」』）)】", next):
		return 3
	case strings.ContainsRune("，、：,”’」』）)】", prev):
		return 2
	case word(prev) && word(next):
		return -1
	case word(prev) != word(next) || unicode.IsSpace(prev):
		return 1
	}
	return 0
}

// word are the characters of codes, amounts and names in Latin letters.
func word(r rune) bool {
	return r < utf8.RuneSelf && (unicode.IsLetter(r) || unicode.IsDigit(r)) || r == '.' || r == '-' || r == '_'
}
