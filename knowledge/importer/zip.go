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
	markup := ext == ".xml" || ext == ".rels"
	buf := make([]byte, 32<<10)
	for {
		n, err := r.Read(buf)
		if *left -= int64(n); *left < 0 {
			return fmt.Errorf("all that is packed has more than %d MB; it may be a zip bomb, nothing was read", maxUnpacked>>20)
		}
		if markup {
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
// one that ends or closes itself goes back.
type depth struct {
	deep   int
	inTag  bool
	first  byte // behind the <
	last   byte // before the >
	quote  byte
	atOpen bool
}

func (d *depth) see(data []byte) error {
	for _, c := range data {
		switch {
		case d.atOpen:
			d.atOpen, d.first, d.last = false, c, c
			if c == '>' {
				d.inTag = false
			}
		case !d.inTag:
			if c == '<' {
				d.inTag, d.atOpen, d.quote = true, true, 0
			}
		case d.quote != 0:
			if c == d.quote {
				d.quote = 0
			}
		case (c == '"' || c == '\'') && d.first != '!' && d.first != '?':
			d.quote = c
		case c == '>':
			d.inTag = false
			switch {
			case d.first == '!' || d.first == '?' || d.last == '/':
			case d.first == '/':
				d.deep--
			default:
				if d.deep++; d.deep > maxDepth {
					return errNested
				}
			}
		default:
			d.last = c
		}
	}
	return nil
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
