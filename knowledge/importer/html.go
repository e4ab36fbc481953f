package importer

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html"
)

// readHTML reads a page as a stream of tags, so that every block knows its line and a page nested without end costs
// nothing. Scripts, forms and hidden text are no content, nor are the parts of a page that are named as such: menus,
// footers, side bars, advertisements. When the names would take away most of the page they are not believed.
func readHTML(name, text string) (*document, error) {
	d, err := readPage(name, text, true)
	if err != nil {
		return nil, err
	}
	d.oneTitle()
	kept, parts := 0, 0
	for _, b := range d.blocks {
		if strings.HasPrefix(b.part, namedPart) {
			parts += utf8.RuneCountInString(b.text)
		} else if b.part == "" {
			kept += utf8.RuneCountInString(b.text)
		}
	}
	if parts > 2*kept {
		if d, err = readPage(name, text, false); err == nil {
			d.oneTitle()
		}
	}
	return d, err
}

// oneTitle drops the title of the window when the page has one of its own.
func (d *document) oneTitle() {
	for i, b := range d.blocks {
		if !b.window {
			continue
		}
		for k, other := range d.blocks {
			if k != i && other.kind == heading && other.level == 1 && other.part == "" {
				d.drop(b, "title of the window")
				d.blocks = append(d.blocks[:i:i], d.blocks[i+1:]...)
				return
			}
		}
	}
}

const namedPart = "part of the page named "

// element is an open element.
type element struct {
	tag  string
	part string // why what stands in it is no content
	rest *run   // the text around it, which goes on behind it; nil when it ends there
}

// run is text without a border in it.
type run struct {
	text    strings.Builder
	line    int // where the text began
	strong  int // characters in <b> and <strong>
	links   int // characters in links
	anchors int // of them in links into the same page
}

type page struct {
	byNames bool
	d       *document
	lines   lines
	open    []element
	*run
	inLink int
	anchor bool
	inBold int
	fresh  bool // the item or heading that is open has no block yet

	rows   [][]string
	row    []string
	cell   []string
	rowsAt int
	mark   int // how many blocks stand before the table
	tables int
	err    error // of a table
}

var (
	voidTag   = set("area base br col embed hr img input link meta param source track wbr")
	inlineTag = set("a abbr acronym b bdi bdo big cite code data del dfn em font i ins kbd label mark q s samp small span strike strong sub sup time tt u var wbr img")
	skipTag   = map[string]string{"nav": "navigation", "footer": "foot of the page", "aside": "side bar", "form": "form", "button": "button",
		"select": "form", "template": "hidden text", "noscript": "hidden text", "dialog": "hidden text", "svg": "picture", "canvas": "picture",
		"object": "picture", "audio": "player", "video": "player", "figcaption": "caption of a picture", "head": "head of the page"}
	rawTag = set("script style iframe noembed noframes textarea xmp")
	// closes: an element that begins ends one of these that is open, up to the border.
	closes = map[string][]string{"li": {"li"}, "dt": {"dt", "dd"}, "dd": {"dt", "dd"}, "tr": {"tr", "td", "th"}, "td": {"td", "th"}, "th": {"td", "th"}, "option": {"option"}}
	border = map[string]string{"li": "ul ol menu", "dt": "dl", "dd": "dl", "tr": "table", "td": "table", "th": "table", "option": "select"}
	hiding = regexp.MustCompile(`(?i)display:none|visibility:hidden|font-size:0(?:px)?(?:;|$)|opacity:0(?:\.0+)?(?:;|$)`)
	partOf = regexp.MustCompile(`^(?:[a-z0-9]+[-_])?(nav|navbar|menu|breadcrumb|breadcrumbs|crumb|crumbs|mbx|footer|sidebar|related|recommend|recommended|tuijian|xiangguan|share|toc|catalog|mulu|ad|ads|adv|advert|advertisement|guanggao|copyright|comment|comments|pager|pagination|prenext|tags|copy|copybtn|popup|modal|login|qrcode|kefu)(?:[-_][a-z0-9]+)?$`)
	notOf  = regexp.MustCompile(`^(?:no|has|with|without|is|not)[-_]`)
)

func set(words string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(words) {
		m[w] = true
	}
	return m
}

func readPage(name, text string, byNames bool) (*document, error) {
	p := &page{byNames: byNames, d: &document{}, run: &run{}}
	z := html.NewTokenizer(strings.NewReader(text))
	line := 1
	for {
		kind := z.Next()
		at := line
		raw := z.Raw()
		line += bytes.Count(raw, []byte{'\n'})
		switch kind {
		case html.ErrorToken:
			if !errors.Is(z.Err(), io.EOF) {
				return nil, fmt.Errorf("%s:%d: the page cannot be read: %w", name, line, z.Err())
			}
			p.popTo(0)
			p.flush()
			if p.err != nil {
				return nil, fmt.Errorf("%s:%w", name, p.err)
			}
			return p.d, nil
		case html.TextToken:
			p.words(at, string(z.Text()))
		case html.StartTagToken, html.SelfClosingTagToken:
			t := z.Token()
			p.start(at, t)
			if len(p.open) > maxDepth {
				return nil, fmt.Errorf("%s:%d: %w; save the article alone", name, at, errNested)
			}
		case html.EndTagToken:
			tag, _ := z.TagName()
			p.end(string(tag))
		}
	}
}

func (p *page) part() string {
	if len(p.open) == 0 {
		return ""
	}
	return p.open[len(p.open)-1].part
}

func (p *page) words(at int, text string) {
	if len(p.open) > 0 && rawTag[p.open[len(p.open)-1].tag] {
		if s := collapse(text); s != "" {
			p.d.drop(block{line: at, text: s}, p.open[len(p.open)-1].tag)
		}
		return
	}
	if p.text.Len() == 0 || strings.TrimSpace(p.text.String()) == "" {
		p.line = at + strings.Count(text[:len(text)-len(strings.TrimLeft(text, " \t\r\n"))], "\n")
	}
	n := utf8.RuneCountInString(collapse(text))
	if p.inBold > 0 {
		p.strong += n
	}
	if p.inLink > 0 {
		p.links += n
		if p.anchor {
			p.anchors += n
		}
	}
	p.text.WriteString(text)
}

func (p *page) start(at int, t html.Token) {
	tag := t.Data
	switch tag {
	case "br":
		p.flush()
		return
	case "b", "strong":
		p.inBold++
	case "a":
		p.inLink++
		p.anchor = false
		for _, a := range t.Attr {
			if a.Key == "href" {
				p.anchor = strings.HasPrefix(a.Val, "#")
			}
		}
	}
	if voidTag[tag] {
		return
	}
	if !inlineTag[tag] {
		p.flush()
		p.popWhile(func(e element) bool { return e.tag == "p" })
	}
	if list := closes[tag]; list != nil {
		stop := set(border[tag])
		for i := len(p.open) - 1; i >= 0 && !stop[p.open[i].tag]; i-- {
			if slices.Contains(list, p.open[i].tag) {
				p.popTo(i)
			}
		}
	}
	e := element{tag: tag, part: p.partOf(t)}
	if e.part != p.part() && inlineTag[tag] { // hidden words in the middle of a sentence must not cut it in two
		e.rest, p.run = p.run, &run{}
	}
	p.open = append(p.open, e)
	switch tag {
	case "li", "dt", "dd", "h1", "h2", "h3", "h4", "h5", "h6":
		p.fresh = true
	case "table":
		if p.tables++; p.tables == 1 {
			p.rows, p.rowsAt, p.mark = nil, at, len(p.d.blocks)
		}
	case "tr":
		if p.tables == 1 {
			p.row = nil
		}
	case "td", "th":
		if p.tables == 1 {
			p.cell = nil
		}
	}
	if t.Type == html.SelfClosingTagToken && !rawTag[tag] && inlineTag[tag] {
		p.popTo(len(p.open) - 1)
	}
}

// partOf tells why an element holds no content, "" when it may.
func (p *page) partOf(t html.Token) string {
	if t.Data == "title" && !p.has("svg") || t.Data == "html" || t.Data == "body" {
		return ""
	}
	if part := p.part(); part != "" {
		return part
	}
	if why := skipTag[t.Data]; why != "" {
		return why
	}
	for _, a := range t.Attr {
		switch a.Key {
		case "hidden":
			return "hidden text"
		case "aria-hidden":
			if a.Val == "true" {
				return "hidden text"
			}
		case "style":
			if hiding.MatchString(strings.ReplaceAll(a.Val, " ", "")) {
				return "hidden text"
			}
		case "class", "id":
			if !p.byNames || t.Data == "main" || t.Data == "article" {
				continue
			}
			for _, word := range strings.Fields(strings.ToLower(a.Val)) {
				if partOf.MatchString(word) && !notOf.MatchString(word) {
					return namedPart + word
				}
			}
		}
	}
	return ""
}

func (p *page) end(tag string) {
	if tag == "br" || tag == "p" && !p.has("p") {
		p.flush()
		return
	}
	for i := len(p.open) - 1; i >= 0; i-- {
		if p.open[i].tag == tag {
			p.popTo(i)
			return
		}
	}
}

func (p *page) has(tag string) bool {
	for i := len(p.open) - 1; i >= 0; i-- {
		if p.open[i].tag == tag {
			return true
		}
	}
	return false
}

func (p *page) popWhile(also func(element) bool) {
	for len(p.open) > 0 && also(p.open[len(p.open)-1]) {
		p.popTo(len(p.open) - 1)
	}
}

// popTo closes the elements from place i on.
func (p *page) popTo(i int) {
	for len(p.open) > i {
		e := p.open[len(p.open)-1]
		if !inlineTag[e.tag] || e.rest != nil {
			p.flush()
		}
		if e.rest != nil {
			p.run = e.rest
		}
		p.open = p.open[:len(p.open)-1]
		switch e.tag {
		case "b", "strong":
			p.inBold--
		case "a":
			p.inLink--
		case "td", "th":
			if p.tables == 1 {
				p.row = append(p.row, strings.Join(p.cell, "\n"))
				p.cell = nil
			}
		case "tr":
			if p.tables == 1 && len(p.row) > 0 {
				p.rows = append(p.rows, p.row)
				p.row = nil
			}
		case "table":
			if p.tables--; p.tables == 0 {
				p.endTable()
			}
		}
	}
}

// endTable takes the table that ends. One that only arranges the page is no table: its blocks stay as they are. Of the
// blocks of any other, the rows hold those that stood in cells.
func (p *page) endTable() {
	if len(p.rows) > 0 && !arranges(p.rows) {
		for _, b := range p.d.blocks[p.mark:] {
			if !b.cell {
				p.d.drop(b, cmp.Or(b.part, "caption of a table"))
			}
		}
		p.d.blocks = p.d.blocks[:p.mark]
		if err := p.d.table(p.rowsAt, p.rows); err != nil && p.err == nil {
			p.err = fmt.Errorf("%d: %w", p.rowsAt, err)
		}
	}
	p.rows = nil
}

func arranges(rows [][]string) bool {
	wide := 0
	for _, row := range rows {
		wide = max(wide, len(row))
		for _, cell := range row {
			if strings.Count(cell, "\n") > 5 {
				return true
			}
		}
	}
	return len(rows) < 2 || wide < 2
}

// flush makes a block of the text since the last border.
func (p *page) flush() {
	text := collapse(p.text.String())
	n := utf8.RuneCountInString(text)
	strong, links, anchors := p.strong, p.links, p.anchors
	*p.run = run{line: p.line}
	if text == "" {
		return
	}
	if n > maxLine {
		runes := []rune(text)
		text = string(runes[:maxLine])
		p.d.drop(block{line: p.line, text: string(runes[maxLine:])}, "longer than a line may be")
	}
	b := block{line: p.line, text: text, part: p.part(), linked: links*10 >= n*9, anchor: anchors*10 >= n*9}
	if b.part != "" {
		p.d.blocks = append(p.d.blocks, b)
		return
	}
	lists := 0
	in := ""
find:
	for i := len(p.open) - 1; i >= 0; i-- {
		switch tag := p.open[i].tag; tag {
		case "ul", "ol", "menu":
			lists++
		case "td", "th":
			if p.tables > 0 {
				p.cell = append(p.cell, text)
				b.cell = true
			}
		case "title":
			b.kind, b.level, b.window, in = heading, 1, true, tag
			break find
		case "h1", "h2", "h3", "h4", "h5", "h6", "li", "dt", "dd":
			if in == "" && p.fresh {
				in = tag
			}
		}
	}
	switch {
	case in == "li":
		b.kind, b.level = item, 2+max(lists, 1)
	case in == "dt":
		b.role = question
	case in == "dd":
		b.role = answer
	case in == "title":
	case in != "":
		b.kind, b.level = heading, int(in[1]-'0')
	case strong*10 >= n*9 && titleLike(text):
		b.kind, b.level, b.guess = heading, 6, true
	}
	p.fresh = false
	p.lines.add(p.d, b, true)
}
