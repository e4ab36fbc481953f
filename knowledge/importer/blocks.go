package importer

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// kind is what a block is in its document.
type kind int

const (
	paragraph kind = iota
	heading
	item // of a list, numbered or not
)

// role is what a block is in a talk.
type role int

const (
	plain role = iota
	question
	answer
)

// block is one line of a document, in the form that is the same for all formats.
type block struct {
	line   int    // 1-based; of DOCX the number of the paragraph
	kind   kind   //
	level  int    // of a heading 1..6, of an item from 1, the outermost
	number string // of an item as it was written: 1、
	role   role
	text   string
	guess  bool   // the heading was guessed from its words
	part   string // why the part of the page that it stands in is no content: navigation
	window bool   // it is the title of the browser's window
	linked bool   // all of it is a link
	anchor bool   // it is a link into the same page
	cell   bool   // a row of a table holds it too
}

// document is a file after reading.
type document struct {
	blocks  []block
	tables  []table
	dropped []Dropped
}

// Dropped is a line that no draft holds.
type Dropped struct {
	Line int    `yaml:"line"`           // 1-based; of DOCX the number of the paragraph, of XLSX that of the row
	Cell string `yaml:"cell"`           // of a table, e.g. C3
	Text string `yaml:"text"`           // its beginning
	Why  string `yaml:"why" json:"why"` // e.g. advertisement: asks to add a WeChat account
}

// shown is how much of a dropped line is kept, in characters.
const shown = 60

func (d *document) drop(b block, why string) {
	d.dropped = append(d.dropped, Dropped{Line: b.line, Text: short(plainLine(b.number+b.text), shown), Why: why})
}

// plainLine is a text on one line without invisible characters, as it can be stored and shown anywhere.
func plainLine(text string) string {
	return collapse(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && !unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, text))
}

// short cuts a text to at most n characters.
func short(text string, n int) string {
	if utf8.RuneCountInString(text) <= n {
		return text
	}
	runes := []rune(text)
	return string(runes[:n-1]) + "…"
}

// marker is a way to number points; those of a lower level hold those of a higher one.
type marker struct {
	form  *regexp.Regexp
	level int
	head  bool // a short text behind it may be a heading
}

const numerals = `[一二三四五六七八九十]{1,3}`

// markers in the order in which they are tried. The levels leave room for none between them: what counts is their order.
var markers = []marker{
	{regexp.MustCompile(`^第(?:` + numerals + `|\d{1,2})[章节条部][分]?[、.．:：\s]*`), 1, true},
	{regexp.MustCompile(`^` + numerals + `[、.．]\s*`), 1, true},
	{regexp.MustCompile(`^[（(]` + numerals + `[)）][、.．:：]?\s*`), 2, true},
	{regexp.MustCompile(`^第(?:` + numerals + `|\d{1,2})(?:步|点|种|招)?[、,，:：.]\s*`), 3, false},
	{regexp.MustCompile(`^(?:步骤|第)(?:` + numerals + `|\d{1,2})[步]?[、,，:：.\s]\s*`), 3, false},
	{regexp.MustCompile(`^\d{1,2}[、)）]\s*`), 3, false},
	{regexp.MustCompile(`^\d{1,2}[.．](?:\s+|$)`), 3, false},
	{regexp.MustCompile(`^\d{1,2}[.．](?:[^\d\s])`), 3, false}, // the last character belongs to the text
	{regexp.MustCompile(`^[（(]\d{1,2}[)）][、.．:：]?\s*`), 4, false},
	{regexp.MustCompile(`^[⑴-⒇]\s*`), 4, false},
	{regexp.MustCompile(`^[①-⑳❶-❿]\s*`), 5, false},
	{regexp.MustCompile(`^(?:[•●○■□◆◇▪►▶√✓✔➢➤★☆]\s*|[-*+·–—]\s+)`), 6, false},
}

var (
	asked    = regexp.MustCompile(`^(?:[Qq]|问|问题|提问|Question)\s*\d{0,2}\s*[:：]\s*`)
	answered = regexp.MustCompile(`^(?:A|a|答|回答|答案|解答|Answer)\s*[:：]\s*`)
	numbered = regexp.MustCompile(`^A\d{1,2}\s*[:：]\s*`) // only below a question with a number: A0 is a response code
	withNo   = regexp.MustCompile(`^(?:[Qq]|问|问题|提问|Question)\s*\d`)
)

// read takes number and role off the beginning of a block's text.
//
//	1、系统故障：……        item of level 3, number "1、"
//	Q：机器打不开怎么办？    question
func (b *block) read(afterNumbered bool) {
	b.text = strings.TrimSpace(b.text)
	for range 2 { // 1、问：…… has both
		if b.role != answer {
			switch {
			case asked.MatchString(b.text):
				b.cut(asked)
				b.role = question
			case b.role == question:
			case answered.MatchString(b.text):
				b.cut(answered)
				b.role = answer
			case afterNumbered && numbered.MatchString(b.text):
				b.cut(numbered)
				b.role = answer
			}
		}
		if b.number != "" {
			continue
		}
		for i, m := range markers {
			found := m.form.FindString(b.text)
			if found == "" {
				continue
			}
			if i == 7 {
				_, size := utf8.DecodeLastRuneInString(found)
				found = found[:len(found)-size]
			}
			b.number = found
			b.text = strings.TrimSpace(b.text[len(found):])
			switch {
			case b.kind == heading:
			case m.head && titleLike(b.text):
				b.kind, b.level, b.guess = heading, 1+m.level, true
			case b.kind == paragraph:
				b.kind, b.level = item, m.level
			}
			break
		}
	}
}

func (b *block) cut(form *regexp.Regexp) {
	b.text = strings.TrimSpace(form.ReplaceAllString(b.text, ""))
}

// titleLike tells whether a text is short and no sentence.
func titleLike(text string) bool {
	n := utf8.RuneCountInString(text)
	return n > 0 && n <= maxTitle && !strings.ContainsAny(strings.TrimRight(text, "?？:："), "。；;！!…：:") && strings.Count(text, "，")+strings.Count(text, ",") <= 1
}

// maxTitle is how long a guessed heading may be, in characters.
const maxTitle = 32

// isQuestion tells whether a text asks.
func isQuestion(text string) bool {
	n := utf8.RuneCountInString(text)
	if n < 4 || n > 60 {
		return false
	}
	return strings.HasSuffix(text, "?") || strings.HasSuffix(text, "？")
}

// collapse joins runs of white space.
func collapse(text string) string {
	return strings.Join(strings.FieldsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || r == '\u3000' }), " ")
}
