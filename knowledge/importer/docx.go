package importer

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// readDOCX reads the paragraphs and tables of a Word document. Their lines are numbered by paragraph, as Word shows none.
// Deleted, hidden and doubled text (for old versions of Word) is left out.
func readDOCX(name string, data []byte) (*document, error) {
	levels, err := docxStyles(data)
	if err != nil {
		return nil, fmt.Errorf("%s: the styles in it: %w", name, err)
	}
	body, err := packed(data, "word/document.xml")
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	defer body.Close()
	r := docxReader{d: &document{}, levels: levels}
	if err := r.read(xml.NewDecoder(body)); err != nil {
		return nil, fmt.Errorf("%s:%d: paragraph %d cannot be read: %w", name, max(r.line, 1), max(r.line, 1), err)
	}
	return r.d, nil
}

type docxReader struct {
	d      *document
	levels map[string]int // heading level by style
	lines  lines

	line   int // number of the paragraph
	b      block
	text   strings.Builder
	skip   int // depth of what is left out
	hidden bool
	rows   [][]string
	row    []string
	cell   []string
	tables int // depth
	rowsAt int
	inText bool
	hid    strings.Builder // text of the paragraph that is not shown
}

// left out: elements whose text is no text of the page.
var docxSkip = map[string]bool{"del": true, "moveFrom": true, "Fallback": true, "instrText": true, "delText": true, "footnote": true, "sectPr": true}

func (r *docxReader) read(x *xml.Decoder) error {
	deep := 0
	for {
		token, err := x.Token()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
		switch t := token.(type) {
		case xml.StartElement:
			if deep++; deep > maxDepth {
				return errNested
			}
			if r.skip > 0 || docxSkip[t.Name.Local] {
				r.skip++
				continue
			}
			r.start(t)
		case xml.EndElement:
			deep--
			if r.skip > 0 {
				r.skip--
				continue
			}
			if err := r.end(t.Name.Local); err != nil {
				return err
			}
		case xml.CharData:
			if r.skip == 0 && r.inText {
				if r.hidden {
					r.hid.Write(t)
				} else {
					r.text.Write(t)
				}
			}
		}
	}
}

func (r *docxReader) start(t xml.StartElement) {
	switch t.Name.Local {
	case "p":
		r.line++
		r.b = block{line: r.line}
		r.text.Reset()
		r.hid.Reset()
	case "r":
		r.hidden = false
	case "vanish":
		r.hidden = attr(t, "val") != "0" && attr(t, "val") != "false"
	case "t":
		r.inText = true
	case "tab", "cr":
		r.text.WriteByte(' ')
	case "br":
		r.text.WriteByte('\n')
	case "pStyle":
		if level := r.levels[attr(t, "val")]; level > 0 {
			r.b.kind, r.b.level = heading, level
		}
	case "outlineLvl":
		if n, err := strconv.Atoi(attr(t, "val")); err == nil && n >= 0 && n < 6 {
			r.b.kind, r.b.level = heading, n+1
		}
	case "ilvl":
		if n, err := strconv.Atoi(attr(t, "val")); err == nil && r.b.kind != heading && n >= 0 && n < 9 {
			r.b.kind, r.b.level = item, 3+n
		}
	case "numId":
		if r.b.kind == item && attr(t, "val") == "0" { // takes the number of the style away
			r.b.kind, r.b.level = paragraph, 0
		}
	case "tbl":
		r.tables++
		if r.tables == 1 {
			r.rows, r.rowsAt = nil, r.line+1
		}
	case "tr":
		if r.tables == 1 {
			r.row = nil
		}
	case "tc":
		if r.tables == 1 {
			r.cell = nil
		}
	}
}

func (r *docxReader) end(name string) error {
	switch name {
	case "t":
		r.inText = false
	case "p":
		if hidden := collapse(r.hid.String()); hidden != "" {
			r.d.drop(block{line: r.line, text: hidden}, "hidden text")
		}
		if r.tables > 0 {
			if text := collapse(r.text.String()); text != "" {
				r.cell = append(r.cell, text)
			}
			return nil
		}
		for line := range strings.SplitSeq(r.text.String(), "\n") {
			if n := utf8.RuneCountInString(line); n > maxLine {
				return fmt.Errorf("a line of it has %d characters, at most %d are read", n, maxLine)
			}
			if b := r.b; collapse(line) != "" {
				b.text = collapse(line)
				r.lines.add(r.d, b, true)
				r.b.kind, r.b.level = paragraph, 0
			}
		}
	case "tc":
		if r.tables == 1 {
			r.row = append(r.row, strings.Join(r.cell, "\n"))
		}
	case "tr":
		if r.tables == 1 {
			r.rows = append(r.rows, r.row)
		}
	case "tbl":
		if r.tables--; r.tables == 0 {
			return r.d.table(r.rowsAt, r.rows)
		}
	}
	return nil
}

func attr(t xml.StartElement, name string) string {
	for _, a := range t.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

var headingStyle = regexp.MustCompile(`(?i)^(?:heading|标题)\s*([1-6])$`)

// docxStyles finds which styles are headings, by their names in English and Chinese and by their place in the outline.
func docxStyles(data []byte) (map[string]int, error) {
	levels := map[string]int{"Title": 1}
	for n := 1; n <= 6; n++ {
		levels["Heading"+strconv.Itoa(n)] = n
	}
	f, err := packed(data, "word/styles.xml")
	if err != nil {
		return levels, nil // a document without styles
	}
	defer f.Close()
	x, id, level := xml.NewDecoder(f), "", 0
	for {
		token, err := x.Token()
		if errors.Is(err, io.EOF) {
			return levels, nil
		}
		if err != nil {
			return nil, err
		}
		switch t := token.(type) {
		case xml.StartElement:
			switch t.Name.Local {
			case "style":
				id, level = attr(t, "styleId"), 0
			case "name":
				if m := headingStyle.FindStringSubmatch(attr(t, "val")); m != nil {
					level = int(m[1][0] - '0')
				} else if strings.EqualFold(attr(t, "val"), "title") {
					level = 1
				}
			case "outlineLvl":
				if n, err := strconv.Atoi(attr(t, "val")); err == nil && level == 0 && n >= 0 && n < 6 {
					level = n + 1
				}
			}
		case xml.EndElement:
			if t.Name.Local == "style" && level > 0 {
				levels[id] = level
			}
		}
	}
}
