package importer

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
)

// errNested is returned where elements are nested deeper than maxDepth.
var errNested = fmt.Errorf("elements are nested deeper than %d", maxDepth)

// office tells whether a zip file is a DOCX or an XLSX, after unpacking all of it once into nothing: what a zip says about
// the sizes in it is up to who made it, so only the bytes that come out are counted. No later reader can be made to unpack
// more than was counted here.
func office(name string, data []byte) (Format, error) {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return "", fmt.Errorf("%s: the file is damaged: %w; save it again", name, err)
	}
	if len(z.File) > maxEntries {
		return "", fmt.Errorf("%s: there are %d files packed in it, at most %d are read", name, len(z.File), maxEntries)
	}
	format := Format("")
	left := int64(maxUnpacked)
	for _, f := range z.File {
		switch f.Name {
		case "word/document.xml":
			format = DOCX
		case "xl/workbook.xml":
			format = XLSX
		}
		if err := unpack(f, &left); err != nil {
			return "", fmt.Errorf("%s: %s in it: %w", name, f.Name, err)
		}
	}
	if format == "" {
		return "", fmt.Errorf("%s: this is a zip file, but neither DOCX nor XLSX; unpack it and give the files in it", name)
	}
	return format, nil
}

// unpack reads one packed file and counts what comes out; of XML it counts the depth too.
func unpack(f *zip.File, left *int64) error {
	r, err := f.Open()
	if err != nil {
		return fmt.Errorf("it cannot be unpacked: %w", err)
	}
	defer r.Close()
	var d depth
	ext := strings.ToLower(path.Ext(f.Name))
	isXML := ext == ".xml" || ext == ".rels"
	buf := make([]byte, 32<<10)
	for {
		n, err := r.Read(buf)
		if *left -= int64(n); *left < 0 {
			return fmt.Errorf("all that is packed has more than %d MB; it may be a zip bomb, nothing was read", maxUnpacked>>20)
		}
		if isXML {
			if err := d.see(buf[:n]); err != nil {
				return err
			}
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("it is damaged: %w; save the file again", err)
		}
	}
}

// depth counts how deep the elements of an XML text are nested, without taking it apart: a tag that begins goes one deeper,
// one that ends or closes itself goes back. Where tags are none, in comments and the like, it ends them where encoding/xml
// does: a text that the two read differently could hide its depth.
type depth struct {
	deep   int
	in     markup
	head   string // of a markup that is not known yet, behind the <
	first  byte   // of a tag, behind the <
	last   byte   // of a tag, before the >
	quote  byte
	signs  int  // how many signs of the end stand directly before
	nest   int  // brackets open in a declaration
	inside bool // the comment stands in a declaration
}

// markup is what a < begins.
type markup int

const (
	inText markup = iota
	inUnknown
	inTag
	inComment     // <!-- … -->
	inCDATA       // <![CDATA[ … ]]>
	inInstruction // <? … ?>
	inDeclaration // <!DOCTYPE … [ <!ENTITY … > ]>
)

// closers has the sign that closes a markup when it stands before a >, and how often it stands there.
var closers = map[markup]struct {
	sign  byte
	times int
}{inComment: {'-', 2}, inCDATA: {']', 2}, inInstruction: {'?', 1}}

func (d *depth) see(data []byte) error {
	for _, c := range data {
		switch d.in {
		case inText:
			if c == '<' {
				*d = depth{deep: d.deep, in: inUnknown}
			}
		case inUnknown:
			d.begin(c)
		case inTag:
			if err := d.tag(c); err != nil {
				return err
			}
		case inDeclaration:
			d.declaration(c)
		default:
			switch end := closers[d.in]; {
			case c == end.sign:
				d.signs++
			case c == '>' && d.signs >= end.times:
				d.signs = 0
				d.in = inText
				if d.inside {
					d.in, d.inside = inDeclaration, false
				}
			default:
				d.signs = 0
			}
		}
	}
	return nil
}

// begin finds out what a < begins by what follows it.
func (d *depth) begin(c byte) {
	d.head += string(rune(c))
	switch {
	case d.head == "?":
		d.in = inInstruction
	case d.head == "!--":
		d.in = inComment
	case d.head == "![CDATA[":
		d.in = inCDATA
	case strings.HasPrefix("!--", d.head), strings.HasPrefix("![CDATA[", d.head):
	case d.head[0] == '!':
		d.in, d.head = inDeclaration, ""
	case c == '>':
		d.in = inText
	default:
		d.in, d.first, d.last = inTag, c, c
	}
}

func (d *depth) tag(c byte) error {
	switch {
	case d.quote != 0:
		if c == d.quote {
			d.quote = 0
		}
	case c == '"' || c == '\'':
		d.quote = c
	case c != '>':
		d.last = c
	default:
		d.in = inText
		switch {
		case d.first == '/':
			d.deep = max(0, d.deep-1)
		case d.last != '/':
			if d.deep++; d.deep > maxDepth {
				return errNested
			}
		}
	}
	return nil
}

func (d *depth) declaration(c byte) {
	switch {
	case d.quote != 0:
		if c == d.quote {
			d.quote = 0
		}
		return
	case c == '"' || c == '\'':
		d.quote = c
	case c == '<':
		d.nest++
		d.head = ""
	case c == '>' && d.nest == 0:
		d.in = inText
	case c == '>':
		d.nest--
	}
	if d.nest > 0 && len(d.head) < 4 {
		if d.head += string(rune(c)); d.head == "<!--" {
			d.nest--
			d.in, d.inside, d.signs = inComment, true, 0
		}
	}
}

// packed opens one file of a zip that office has counted.
func packed(data []byte, name string) (io.ReadCloser, error) {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, err
	}
	for _, f := range z.File {
		if f.Name == name {
			return f.Open()
		}
	}
	return nil, fmt.Errorf("%s is not in the file", name)
}
