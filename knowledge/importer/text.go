package importer

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// readText reads a text, a block for each line that is not empty.
func readText(name, text string) (*document, error) {
	d := &document{}
	var r lines
	line, gap := 0, true
	for raw := range strings.Lines(text) {
		line++
		if utf8.RuneCountInString(raw) > maxLine {
			return nil, fmt.Errorf("%s:%d: the line has more than %d characters; is this a text?", name, line, maxLine)
		}
		content := collapse(raw)
		if content == "" {
			gap = true
			continue
		}
		r.add(d, block{line: line, text: content}, gap)
		gap = false
	}
	return d, nil
}

// lines reads lines into blocks one after the other.
type lines struct {
	numbered bool // the last question had a number
}

// wide is from which length on a line may have been broken by a mail program, in characters.
const wide = 30

// labelled is a line that carries its heading with it: 原因：卡里余额不够。
var labelled = regexp.MustCompile(`^(原因|故障原因|可能原因|常见原因|原因分析|影响|后果|处理|处理办法|处理方法|处理方式|解决|解决办法|解决方法|解决方案|预防|预防措施|预防办法|如何预防)\s*[:：]\s*(.+)$`)

// add reads number and role of a line. Without a gap before it, a line may be the rest of the one above.
func (r *lines) add(d *document, b block, gap bool) {
	if withNo.MatchString(b.text) {
		r.numbered = true
	}
	b.read(r.numbered)
	if b.text == "" {
		return
	}
	if m := labelled.FindStringSubmatch(b.text); m != nil && b.role == plain && b.kind == paragraph && b.part == "" {
		d.blocks = append(d.blocks, block{line: b.line, kind: heading, level: 5, text: m[1], guess: true, cell: b.cell})
		b.text = m[2]
		b.read(r.numbered)
	}
	if !gap && b.kind == paragraph && b.role == plain && len(d.blocks) > 0 {
		if above := &d.blocks[len(d.blocks)-1]; above.kind != heading && fits(above.text, b.text) && broken(above.text) {
			if unicode.Is(unicode.Han, lastRune(above.text)) {
				above.text += b.text
			} else {
				above.text = strings.TrimSpace(above.text + " " + b.text)
			}
			return
		}
	}
	d.blocks = append(d.blocks, b)
}

// fits tells whether two lines may become one. Bytes are counted, as this is asked of every line of a long text.
func fits(above, text string) bool { return len(above)+len(text) < maxLine }

// broken tells whether a line goes on in the next one.
func broken(text string) bool {
	return utf8.RuneCountInString(text) >= wide && !strings.ContainsRune("。！？；：…!?;:.”\"）)》", lastRune(text))
}

func lastRune(text string) rune {
	r, _ := utf8.DecodeLastRuneInString(text)
	return r
}
