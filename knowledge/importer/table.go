package importer

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
)

// table holds rows of cells; the first names the columns.
type table struct {
	sheet string
	rows  [][]string
	lines []int // of each row in the file
}

// cell names a place as spreadsheets do: 问答!C3.
func (t *table) cell(row, column int) string {
	name, err := excelize.CoordinatesToCellName(column+1, t.lines[row])
	if err != nil {
		return ""
	}
	if t.sheet != "" {
		return t.sheet + "!" + name
	}
	return name
}

// table takes a table of a page. One without a row that names columns is a list: its rows become points.
func (d *document) table(line int, rows [][]string) error {
	var t table
	for i, row := range rows {
		if strings.TrimSpace(strings.Join(row, "")) == "" {
			continue
		}
		t.rows = append(t.rows, row)
		t.lines = append(t.lines, line+i)
		if err := checkRow(row, len(t.rows)); err != nil {
			return fmt.Errorf("row %d of the table: %w", len(t.rows), err)
		}
	}
	if len(t.rows) > 1 && len(headerOf(t.rows[0])) >= 2 {
		d.tables = append(d.tables, t)
		return nil
	}
	for i, row := range t.rows {
		var cells []string
		for _, cell := range row {
			if cell = collapse(cell); cell != "" {
				cells = append(cells, cell)
			}
		}
		joint := "，"
		if len(cells) == 2 && utf8.RuneCountInString(cells[0]) <= 20 {
			joint = "："
		}
		b := block{line: t.lines[i], kind: item, level: 6, number: "- ", text: strings.Join(cells, joint)}
		d.blocks = append(d.blocks, b)
	}
	return nil
}

// delimiterOf finds what stands between the cells of a first line.
func delimiterOf(line string) rune {
	best, most := ',', 0
	for _, r := range ",\t;" {
		if n := strings.Count(line, string(r)); n > most {
			best, most = r, n
		}
	}
	return best
}

// looksLikeTable tells whether the first line of a text names columns that we know.
func looksLikeTable(text string) bool {
	line, rest, _ := strings.Cut(strings.TrimLeft(text, "\r\n"), "\n")
	if strings.TrimSpace(rest) == "" {
		return false
	}
	return len(headerOf(strings.Split(strings.TrimSpace(line), string(delimiterOf(line))))) >= 2
}

// readCSV reads cells divided by commas, semicolons or tabs.
func readCSV(name, text string) (*document, error) {
	first, _, _ := strings.Cut(strings.TrimLeft(text, "\r\n"), "\n")
	r := csv.NewReader(strings.NewReader(text))
	r.Comma = delimiterOf(first)
	r.FieldsPerRecord = -1
	r.TrimLeadingSpace = true
	var t table
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		var fault *csv.ParseError
		if errors.As(err, &fault) {
			return nil, fmt.Errorf("%s:%d: column %d: %w; write a cell that holds quotes or line breaks in quotes, and quotes in it twice", name, fault.Line, fault.Column, fault.Err)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		line, _ := r.FieldPos(0)
		t.rows, t.lines = append(t.rows, row), append(t.lines, line)
		if err := checkRow(row, len(t.rows)); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", name, line, err)
		}
		for i, cell := range row {
			if strings.HasPrefix(strings.TrimSpace(cell), "=") {
				return nil, fmt.Errorf("%s:%d: cell %s holds a formula (%s); write its value", name, line, t.cell(len(t.rows)-1, i), short(strings.TrimSpace(cell), 20))
			}
		}
	}
	d := &document{}
	if err := d.sheet(name, t); err != nil {
		return nil, err
	}
	return d, nil
}

func checkRow(row []string, n int) error {
	if n > maxRows {
		return fmt.Errorf("there are more than %d rows; split the table", maxRows)
	}
	if len(row) > maxColumns {
		return fmt.Errorf("the row has %d columns, at most %d are read", len(row), maxColumns)
	}
	for i, cell := range row {
		if n := utf8.RuneCountInString(cell); n > maxLine {
			return fmt.Errorf("the cell in column %d has %d characters, at most %d are read", i+1, n, maxLine)
		}
	}
	return nil
}

// sheet takes a table whose columns must be known. Lines above the row that names them are dropped.
func (d *document) sheet(name string, t table) error {
	for i, row := range t.rows[:min(len(t.rows), 6)] {
		if len(headerOf(row)) < 2 {
			continue
		}
		for k := range i {
			if text := collapse(strings.Join(t.rows[k], " ")); text != "" {
				d.dropped = append(d.dropped, Dropped{Line: t.lines[k], Text: short(text, shown), Why: "stands above the names of the columns"})
			}
		}
		t.rows, t.lines = t.rows[i:], t.lines[i:]
		d.tables = append(d.tables, t)
		return nil
	}
	line := 1
	if len(t.lines) > 0 {
		line = t.lines[0]
	}
	where := fmt.Sprintf("%s:%d", name, line)
	if t.sheet != "" {
		where = fmt.Sprintf("%s: sheet %s, row %d", name, t.sheet, line)
	}
	return fmt.Errorf("%s: no columns are known here; name at least two, one of them 问题, 标题 or 代码 (%s)", where, columnNames())
}

// readXLSX reads all sheets that are shown. A cell with a formula is refused: what it gave when the file was saved may be
// old, and what it would give now nobody has seen.
func readXLSX(name string, data []byte) (d *document, err error) {
	if err := formulas(name, data); err != nil {
		return nil, err
	}
	defer func() { // the reader of the format was not made for strangers' files
		if r := recover(); r != nil {
			d, err = nil, fmt.Errorf("%s: the file is damaged (%v); save it again", name, r)
		}
	}()
	f, err := excelize.OpenReader(bytes.NewReader(data), excelize.Options{UnzipSizeLimit: maxUnpacked, UnzipXMLSizeLimit: maxUnpacked})
	if err != nil {
		return nil, fmt.Errorf("%s: the file cannot be read: %w; save it again", name, err)
	}
	defer f.Close()
	d = &document{}
	var missing error
	for _, sheet := range f.GetSheetList() {
		if visible, err := f.GetSheetVisible(sheet); err == nil && !visible {
			d.drop(block{line: 1, text: sheet}, "hidden sheet")
			continue
		}
		t, err := readSheet(name, f, sheet)
		if err != nil {
			return nil, err
		}
		if len(t.rows) == 0 {
			continue
		}
		if err := d.sheet(name, t); err != nil {
			missing = errors.Join(missing, err)
			d.drop(block{line: 1, text: sheet}, "sheet without known columns")
		}
	}
	if len(d.tables) == 0 {
		if missing == nil {
			missing = fmt.Errorf("%s: no sheet holds anything", name)
		}
		return nil, missing
	}
	return d, nil
}

func readSheet(name string, f *excelize.File, sheet string) (table, error) {
	t := table{sheet: sheet}
	rows, err := f.Rows(sheet)
	if err != nil {
		return t, fmt.Errorf("%s: sheet %s: %w", name, sheet, err)
	}
	defer rows.Close()
	for line := 1; rows.Next(); line++ {
		row, err := rows.Columns()
		if err != nil {
			return t, fmt.Errorf("%s: sheet %s, row %d: %w", name, sheet, line, err)
		}
		if line > 10*maxRows {
			return t, fmt.Errorf("%s: sheet %s: there are more than %d rows; split the table", name, sheet, maxRows)
		}
		if strings.TrimSpace(strings.Join(row, "")) == "" {
			continue
		}
		if err := checkRow(row, len(t.rows)+1); err != nil {
			return t, fmt.Errorf("%s: sheet %s, row %d: %w", name, sheet, line, err)
		}
		t.rows, t.lines = append(t.rows, row), append(t.lines, line)
	}
	if err := rows.Error(); err != nil {
		return t, fmt.Errorf("%s: sheet %s: %w", name, sheet, err)
	}
	return t, nil
}

// formulas refuses cells with formulas, all of them in one go up to ten.
func formulas(name string, data []byte) error {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return fmt.Errorf("%s: the file is damaged: %w", name, err)
	}
	sheets := sheetNames(data)
	var faults []error
	for _, f := range z.File {
		if !strings.HasPrefix(f.Name, "xl/worksheets/") || path.Ext(f.Name) != ".xml" {
			continue
		}
		r, err := f.Open()
		if err != nil {
			return fmt.Errorf("%s: %s in it: %w", name, f.Name, err)
		}
		sheet := sheets[f.Name]
		if sheet == "" {
			sheet = strings.TrimSuffix(path.Base(f.Name), ".xml")
		}
		x, at := xml.NewDecoder(r), ""
		for len(faults) < 10 {
			token, err := x.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				r.Close()
				return fmt.Errorf("%s: sheet %s: behind cell %s: %w; save the file again", name, sheet, at, err)
			}
			if t, ok := token.(xml.StartElement); ok {
				switch t.Name.Local {
				case "c":
					at = attr(t, "r")
				case "f":
					faults = append(faults, fmt.Errorf("%s: cell %s!%s holds a formula; paste its value", name, sheet, at))
				}
			}
		}
		r.Close()
	}
	return errors.Join(faults...)
}

// sheetNames gives the name of a sheet by its file.
func sheetNames(data []byte) map[string]string {
	names, byID := map[string]string{}, map[string]string{}
	each := func(file string, do func(xml.StartElement)) {
		f, err := packed(data, file)
		if err != nil {
			return
		}
		defer f.Close()
		x := xml.NewDecoder(f)
		for {
			token, err := x.Token()
			if err != nil {
				return // only names are lost
			}
			if t, ok := token.(xml.StartElement); ok {
				do(t)
			}
		}
	}
	each("xl/workbook.xml", func(t xml.StartElement) {
		if t.Name.Local == "sheet" {
			for _, a := range t.Attr {
				if a.Name.Local == "id" {
					byID[a.Value] = attr(t, "name")
				}
			}
		}
	})
	each("xl/_rels/workbook.xml.rels", func(t xml.StartElement) {
		if t.Name.Local == "Relationship" {
			target := strings.TrimPrefix(attr(t, "Target"), "/")
			if !strings.HasPrefix(target, "xl/") {
				target = "xl/" + target
			}
			names[target] = byID[attr(t, "Id")]
		}
	})
	return names
}
