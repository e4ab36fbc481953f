package importer

import (
	"fmt"
	"html"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

var (
	mdHeading = regexp.MustCompile(`^ {0,3}(#{1,6})\s+(.*?)\s*#*$`)
	mdBullet  = regexp.MustCompile(`^(\s*)(?:[-*+]|(\d{1,3}[.)]))\s+(.*)$`)
	mdRule    = regexp.MustCompile(`^ {0,3}(?:(?:- *){3,}|(?:\* *){3,}|(?:_ *){3,})$`)
	mdUnder   = regexp.MustCompile(`^ {0,3}(=+|-{2,})\s*$`)
	mdDash    = regexp.MustCompile(`^\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*$`)
	mdImage   = regexp.MustCompile(`!\[([^\]]*)\]\([^)]*\)`)
	mdLink    = regexp.MustCompile(`\[([^\]]+)\]\(([^)]*)\)`)
	mdStrong  = regexp.MustCompile(`(\*\*|__)(.+?)(?:\*\*|__)`)
	mdEmph    = regexp.MustCompile(`([^\pL\pN*]|^)\*([^*\s][^*]*)\*`)
	mdCode    = regexp.MustCompile("`+([^`]*)`+")
	mdTag     = regexp.MustCompile(`</?[a-zA-Z][^<>]*>|<!--.*?-->`)
	mdQuote   = regexp.MustCompile(`^\s*(?:>\s?)+`)
	mdScript  = regexp.MustCompile(`(?i)<(script|style)\b`)
)

// readMarkdown reads Markdown line by line: what matters here are headings, lists, tables and paragraphs, and a reader that
// keeps no stack cannot be nested to death.
func readMarkdown(name, text string) (*document, error) {
	d := &document{}
	var r lines
	var rows [][]string
	var rowsAt, line int
	fence, raw, gap := "", "", true
	endTable := func() error {
		err := d.table(rowsAt, rows)
		rows = nil
		if err != nil {
			return fmt.Errorf("%s:%d: %w", name, rowsAt, err)
		}
		return nil
	}
	front := false
	for full := range strings.Lines(text) {
		line++
		s := strings.TrimRight(full, "\r\n")
		if utf8.RuneCountInString(s) > maxLine {
			return nil, fmt.Errorf("%s:%d: the line has more than %d characters; is this a text?", name, line, maxLine)
		}
		trimmed := strings.TrimSpace(s)
		if line == 1 && trimmed == "---" {
			front = true
			continue
		}
		switch {
		case front:
			if trimmed == "---" {
				front = false
			} else if trimmed != "" {
				d.drop(block{line: line, text: trimmed}, "data about the page")
			}
			continue
		case raw != "":
			if strings.Contains(strings.ToLower(s), "</"+raw) {
				raw = ""
			}
			continue
		case fence != "":
			if strings.HasPrefix(trimmed, fence) {
				fence = ""
			} else if trimmed != "" {
				d.drop(block{line: line, text: trimmed}, "program text")
			}
			continue
		case strings.HasPrefix(trimmed, "```"), strings.HasPrefix(trimmed, "~~~"):
			fence = trimmed[:3]
			continue
		}
		if m := mdScript.FindStringSubmatch(s); m != nil {
			d.drop(block{line: line, text: trimmed}, "script")
			if raw = strings.ToLower(m[1]); strings.Contains(strings.ToLower(s), "</"+raw) {
				raw = ""
			}
			continue
		}
		quote := mdQuote.FindString(s)
		if n := strings.Count(quote, ">"); n > maxDepth {
			return nil, fmt.Errorf("%s:%d: quotes are nested %d deep, at most %d are read", name, line, n, maxDepth)
		}
		s = s[len(quote):]
		trimmed = strings.TrimSpace(s)
		if strings.HasPrefix(trimmed, "|") {
			if len(rows) == 0 {
				rowsAt = line
			}
			if mdDash.MatchString(trimmed) && len(rows) == 1 {
				rows = append(rows, nil) // keeps the lines counted
			} else {
				rows = append(rows, splitRow(trimmed))
			}
			continue
		}
		if err := endTable(); err != nil {
			return nil, err
		}
		if trimmed == "" {
			gap = true
			continue
		}
		if m := mdUnder.FindStringSubmatch(s); m != nil && !gap && len(d.blocks) > 0 && d.blocks[len(d.blocks)-1].kind == paragraph {
			above := &d.blocks[len(d.blocks)-1]
			above.kind, above.level = heading, 1
			if m[1][0] == '-' {
				above.level = 2
			}
			gap = true
			continue
		}
		if mdRule.MatchString(s) {
			gap = true
			continue
		}
		b := block{line: line}
		fresh := true // begins a block
		strong := ""
		if m := mdHeading.FindStringSubmatch(s); m != nil {
			b.kind, b.level, s = heading, len(m[1]), m[2]
		} else if m := mdBullet.FindStringSubmatch(s); m != nil {
			b.kind, b.level, s = item, 3+width(m[1])/2, m[3]
			if m[2] != "" {
				b.number = m[2]
			} else {
				b.number = "- "
			}
		} else {
			fresh = gap
			if m := mdStrong.FindStringSubmatch(trimmed); m != nil && m[0] == trimmed && titleLike(m[2]) {
				strong = m[2]
			}
		}
		if m := mdLink.FindStringSubmatch(strings.TrimSpace(s)); m != nil && m[0] == strings.TrimSpace(s) {
			b.linked, b.anchor = true, strings.HasPrefix(m[2], "#")
		}
		b.text = inline(s)
		if b.text == "" {
			continue
		}
		if strong != "" && fresh {
			b.kind, b.level, b.guess = heading, 5, true
		}
		if !fresh && len(d.blocks) > 0 && b.kind == paragraph && d.blocks[len(d.blocks)-1].kind != heading &&
			fits(d.blocks[len(d.blocks)-1].text, b.text) && !startsAnew(b.text) {
			above := &d.blocks[len(d.blocks)-1]
			if unicode.Is(unicode.Han, lastRune(above.text)) || strings.ContainsRune("，。；：、！？", lastRune(above.text)) {
				above.text += b.text
			} else {
				above.text += " " + b.text
			}
		} else {
			r.add(d, b, true)
		}
		gap = false
	}
	if err := endTable(); err != nil {
		return nil, err
	}
	return d, nil
}

// startsAnew tells whether a line begins a block by its own mark, as 1、 and 问： do.
func startsAnew(text string) bool {
	b := block{text: text}
	b.read(false)
	return b.number != "" || b.role != plain
}

// width counts the columns of an indent.
func width(indent string) int {
	n := 0
	for _, r := range indent {
		if r == '\t' {
			n += 4
		} else {
			n++
		}
	}
	return min(n, 2*maxDepth)
}

// inline takes the marks of Markdown out of a line.
func inline(s string) string {
	s = mdImage.ReplaceAllString(s, "")
	s = mdLink.ReplaceAllString(s, "$1")
	s = mdStrong.ReplaceAllString(s, "$2")
	s = mdEmph.ReplaceAllString(s, "$1$2")
	s = mdCode.ReplaceAllString(s, "$1")
	s = html.UnescapeString(mdTag.ReplaceAllString(s, ""))
	return collapse(s)
}

func splitRow(s string) []string {
	s = strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(s), "|"), "|")
	s = strings.ReplaceAll(s, `\|`, "\x00")
	cells := strings.Split(s, "|")
	for i := range cells {
		cells[i] = inline(strings.ReplaceAll(cells[i], "\x00", "|"))
	}
	return cells
}
