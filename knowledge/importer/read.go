package importer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// Limits of what is read. A FAQ of a thousand entries is a hundredth of them.
const (
	maxFile     = 20 << 20 // bytes of a file
	maxUnpacked = 64 << 20 // bytes of all that a DOCX or XLSX unpacks to
	maxEntries  = 200      // files in a DOCX or XLSX
	maxDepth    = 256      // elements in elements
	maxRows     = 20000    // rows of a table
	maxColumns  = 100      // columns of a table
	maxLine     = 20000    // characters of a line, or of a cell
	maxFiles    = 100      // files of one import
)

// Format is what a file was read as.
type Format string

const (
	Text     Format = "text"
	HTML     Format = "html"
	Markdown Format = "markdown"
	DOCX     Format = "docx"
	CSV      Format = "csv"
	XLSX     Format = "xlsx"
	YAML     Format = "yaml" // entries as `knowledge export` writes them
)

// source is a file in memory, and what it is.
type source struct {
	name     string // without folders
	data     []byte // as it stands on the disk
	format   Format
	text     string // of the formats that are text
	encoding string // of text: UTF-8, UTF-16LE, GB18030
}

// readFile reads a file of at most 20 MiB.
func readFile(ctx context.Context, path string, progress func(int)) ([]byte, error) {
	name := filepath.Base(path)
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, errors.Unwrap(err))
	}
	defer f.Close()
	info, err := f.Stat()
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s: %w", name, err)
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s: this is no file; name the files of a folder one by one", name)
	case info.Size() > maxFile:
		return nil, tooLarge(name, info.Size())
	case info.Size() == 0:
		return nil, fmt.Errorf("%s: the file is empty", name)
	}
	var b bytes.Buffer
	b.Grow(int(info.Size()))
	for b.Len() <= maxFile {
		n, err := io.CopyN(&b, f, 1<<18)
		progress(int(n))
		if errors.Is(err, io.EOF) {
			return b.Bytes(), nil
		}
		if err := errors.Join(err, ctx.Err()); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil, tooLarge(name, int64(b.Len())) // it grew while it was read
}

func tooLarge(name string, size int64) error {
	return fmt.Errorf("%s: the file has %d MB, at most %d are read; split it", name, (size+1<<20-1)>>20, maxFile>>20)
}

// open finds out what a file is, by its content first and by its name where the content does not tell.
func open(name string, data []byte) (source, error) {
	s := source{name: name, data: data}
	if len(data) == 0 {
		return s, fmt.Errorf("%s: the file is empty", name)
	}
	if bytes.HasPrefix(data, []byte("PK\x03\x04")) || bytes.HasPrefix(data, []byte("PK\x05\x06")) {
		var err error
		s.format, err = office(name, data)
		return s, err
	}
	for magic, what := range map[string]string{
		"%PDF-":                            "a PDF; save it as text, HTML or DOCX",
		"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "an old Word or Excel file; save it as DOCX or XLSX",
		"{\\rtf":                           "RTF; save it as DOCX",
	} {
		if bytes.HasPrefix(data, []byte(magic)) {
			return s, fmt.Errorf("%s: this is %s", name, what)
		}
	}
	var err error
	if s.text, s.encoding, err = decode(data); err != nil {
		if kind := http.DetectContentType(data); !strings.HasPrefix(kind, "text/") && kind != "application/octet-stream" {
			return s, fmt.Errorf("%s: this is binary (%s), no text; give text, HTML, Markdown, DOCX, CSV or XLSX", name, kind)
		}
		return s, fmt.Errorf("%s:%w", name, err)
	}
	if strings.TrimSpace(s.text) == "" {
		return s, fmt.Errorf("%s: the file is empty", name)
	}
	s.format = textFormat(name, s.text)
	return s, nil
}

var (
	htmlStart = regexp.MustCompile(`(?i)^\s*(?:<!--.{0,500}?-->\s*)?<(?:!doctype html|html|head|body|meta)\b`)
	htmlTag   = regexp.MustCompile(`(?i)</?(?:p|div|h[1-6]|ul|ol|li|table|span|br|section|article|body)\b[^<>]{0,300}>`)
	mdSign    = regexp.MustCompile(`(?m)^(?:#{1,6} \S|\s{0,3}(?:[-*_] ?){3,}$|\|.+\|\s*$|` + "```" + `)|\*\*[^*\n]+\*\*|\[[^\]\n]+\]\([^)\n]+\)`)
	yamlStart = regexp.MustCompile(`(?m)\A(?:\s*#.*\n|\s*\n|---\s*\n)*(?:articles|causes|checks|wordings):\s*(?:\[\])?\s*$`)
)

func textFormat(name, text string) Format {
	head := text[:min(len(text), 64<<10)]
	ext := strings.ToLower(filepath.Ext(name))
	switch {
	case htmlStart.MatchString(head):
		return HTML
	case yamlStart.MatchString(head):
		return YAML
	case ext == ".html", ext == ".htm", ext == ".xhtml":
		return HTML
	case ext == ".md", ext == ".markdown":
		return Markdown
	case ext == ".csv", ext == ".tsv":
		return CSV
	case ext == ".yaml", ext == ".yml":
		return YAML
	case len(htmlTag.FindAllStringIndex(head, 4)) == 4:
		return HTML
	case looksLikeTable(head):
		return CSV
	case len(mdSign.FindAllStringIndex(head, 3)) == 3:
		return Markdown
	}
	return Text
}

// blocksOf reads a file into blocks and tables.
func blocksOf(s source) (*document, error) {
	switch s.format {
	case HTML:
		return readHTML(s.name, s.text)
	case Markdown:
		return readMarkdown(s.name, s.text)
	case DOCX:
		return readDOCX(s.name, s.data)
	case CSV:
		return readCSV(s.name, s.text)
	case XLSX:
		return readXLSX(s.name, s.data)
	}
	return readText(s.name, s.text)
}
