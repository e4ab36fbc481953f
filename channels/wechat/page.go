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
	between   = "\n\n"                                 // between two lines
	wholeText = maxText - len(between) - len(textMore) // a longer line is told in parts
	leastPart = 400                                    // a part is not worth starting in less room
)

// page is what one reply carries.
type page struct {
	text string
	upto int64 // the lines up to here are carried whole

	// A line carried in part, 0 for none: its bytes from..next. The next reply goes on at next.
	cut        int64
	from, next int
}

// firstLine is the index of the first line that is shown, or -1.
func firstLine(lines []line) int {
	for i, l := range lines {
		if l.text != "" {
			return i
		}
	}
	return -1
}

// pack puts as many whole lines into a reply as fit. A line too long for any reply is cut, and so is told beginning at the byte from
// when it comes first.
func pack(lines []line, from int) page {
	if len(lines) == 0 {
		return page{}
	}
	type part struct {
		seq  int64
		text string
		from int
	}
	var shown []part
	size := 0
	for _, l := range lines {
		p := part{seq: l.seq, text: l.text}
		if l.text != "" && len(shown) == 0 && from > 0 {
			p.from = start(l.text, from)
			p.text = l.text[p.from:]
		}
		if p.text == "" {
			continue
		}
		shown = append(shown, p)
		size += len(p.text) + len(between)
	}
	all := page{upto: lines[len(lines)-1].seq}
	if size-len(between) <= maxText {
		texts := make([]string, len(shown))
		for i, p := range shown {
			texts[i] = p.text
		}
		all.text = strings.Join(texts, between)
		return all
	}

	var b strings.Builder
	out := page{upto: shown[0].seq - 1}
	for i, p := range shown {
		sep := between
		if b.Len() == 0 {
			sep = ""
		}
		room := wholeText - b.Len() - len(sep)
		if len(p.text) <= room {
			b.WriteString(sep + p.text)
			out.upto = shown[i+1].seq - 1 // not all fit, so there is a next one
			continue
		}
		if len(p.text) > wholeText && (b.Len() == 0 || room >= leastPart) {
			n := cutAt(p.text, room)
			b.WriteString(sep + strings.TrimRightFunc(p.text[:n], unicode.IsSpace))
			out.cut, out.from, out.next = p.seq, p.from, p.from+n
		}
		break
	}
	out.text = b.String() + between + textMore
	return out
}

// start is from, or the next place in s where a character begins, past white space.
func start(s string, from int) int {
	if from >= len(s) {
		return len(s)
	}
	for from < len(s) && !utf8.RuneStart(s[from]) {
		from++
	}
	return len(s) - len(strings.TrimLeftFunc(s[from:], unicode.IsSpace))
}

var link = regexp.MustCompile(`(?i)[a-z][a-z0-9+.-]*://[!-~]+|www\.[!-~]+`)

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
