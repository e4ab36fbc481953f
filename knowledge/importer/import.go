package importer

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing/fstest"
	"time"

	"posdoctor/knowledge"
)

// Progress is told how much of the work is done. It is called often and from one goroutine.
type Progress func(done, total int64)

// Report is what an import did.
type Report struct {
	ID    string  // "" when there was nothing new
	Files []*File // as they were stored
	Known []string
}

// Import reads files and stores what they say as drafts. It stores all of it or, beside an error, nothing; the error joins
// the faults of all files, each with its file and line or cell. A file that was imported before gives nothing new.
func (s Store) Import(ctx context.Context, paths []string, lib knowledge.Library, now time.Time, progress Progress) (Report, error) {
	var r Report
	if len(paths) > maxFiles {
		return r, fmt.Errorf("%d files are too many for one import; give at most %d at a time", len(paths), maxFiles)
	}
	before, err := s.Files()
	if err != nil {
		return r, err
	}
	if progress == nil {
		progress = func(int64, int64) {}
	}
	meter := newMeter(paths, progress)
	j := newJoiner(lib, before)
	var faults []error
	var sums []string
	for _, path := range paths {
		if err := ctx.Err(); err != nil {
			return r, err
		}
		data, err := readFile(ctx, path, meter.read)
		if err != nil {
			faults = append(faults, err)
			continue
		}
		hash := sha256.Sum256(data)
		h := Header{File: filepath.Base(path), SHA256: hex.EncodeToString(hash[:]), At: now.UTC().Format(time.RFC3339)}
		if id := importedBefore(append(before, r.Files...), h.SHA256); id != "" {
			r.Known = append(r.Known, fmt.Sprintf("%s: imported already as %s; nothing new", h.File, id))
			meter.skip(len(data))
			continue
		}
		f, err := j.file(ctx, h, data, func(n int) { meter.worked(n) })
		if err != nil {
			faults = append(faults, err)
			continue
		}
		sums = append(sums, h.SHA256)
		r.Files = append(r.Files, f)
	}
	if err := errors.Join(faults...); err != nil {
		return Report{}, err
	}
	if len(r.Files) == 0 {
		return r, nil
	}
	all := sha256.Sum256([]byte(strings.Join(sums, " ")))
	if r.ID, err = s.freeID(now.UTC().Format("20060102") + "-" + hex.EncodeToString(all[:3])); err != nil {
		return Report{}, err
	}
	if err := name(r.ID, r.Files, j); err != nil {
		return Report{}, err
	}
	if err := ctx.Err(); err != nil {
		return Report{}, err
	}
	return r, s.store(r)
}

func importedBefore(files []*File, hash string) string {
	for _, f := range files {
		if f.Import.SHA256 == hash {
			if f.Import.ID == "" {
				return "part of this import"
			}
			return f.Import.ID
		}
	}
	return ""
}

// freeID finds an import id that neither drafts nor library use.
func (s Store) freeID(id string) (string, error) {
	for n := 1; n < 1000; n++ {
		try := id
		if n > 1 {
			try = fmt.Sprintf("%s-r%d", id, n)
		}
		_, drafts := os.Stat(filepath.Join(s.drafts(), try))
		_, library := os.Stat(s.published(try))
		if errors.Is(drafts, os.ErrNotExist) && errors.Is(library, os.ErrNotExist) {
			return try, nil
		}
	}
	return "", fmt.Errorf("there is no free name for the import %s; remove old ones with undo", id)
}

// name gives import and drafts their ids and checks that each entry is sound.
func name(id string, files []*File, j *joiner) error {
	n := 0
	var faults []error
	for _, f := range files {
		f.Import.ID = id
		for i := range f.Articles {
			a, d := &f.Articles[i], &f.Import.Drafts[i]
			n++
			if a.ID == "" || j.taken[a.ID] {
				a.ID = fmt.Sprintf("%s-%d", id, n)
			}
			j.taken[a.ID] = true
			d.ID = a.ID
			if f.Import.Format != YAML {
				a.Sources = append(a.Sources, fmt.Sprintf("imported from %s (%s)", plainLine(f.Import.File), f.Import.SHA256[:12]))
				one := knowledge.Library{Articles: []knowledge.Article{*a}}
				if err := one.Validate(); err != nil {
					faults = append(faults, fmt.Errorf("%s:%d: %w", f.Import.File, d.Line, err))
				}
			}
			var err error
			if d.Sum, err = sum(*a); err != nil {
				return err
			}
		}
		for i := range f.Import.Drafts {
			for k := range f.Import.Drafts[i].Like {
				if l := &f.Import.Drafts[i].Like[k]; strings.HasPrefix(l.Entry, pending) {
					l.Entry = j.pendingID(l.Entry)
				}
			}
		}
	}
	return errors.Join(faults...)
}

// store writes all files of an import into a folder that is not looked at, and gives it its name when all is there.
func (s Store) store(r Report) error {
	if err := os.MkdirAll(s.drafts(), 0o700); err != nil {
		return fmt.Errorf("storing the drafts: %w", err)
	}
	old, _ := filepath.Glob(filepath.Join(s.drafts(), ".import-*"))
	for _, dir := range old { // left over by a crash
		os.RemoveAll(dir)
	}
	tmp, err := os.MkdirTemp(s.drafts(), ".import-*")
	if err != nil {
		return fmt.Errorf("storing the drafts: %w", err)
	}
	defer os.RemoveAll(tmp)
	for i, f := range r.Files {
		name := fmt.Sprintf("%02d-%s.yaml", i+1, slug(f.Import.File))
		if err := s.write(filepath.Join(tmp, name), *f); err != nil {
			return fmt.Errorf("storing the drafts: %w", err)
		}
		f.path = filepath.Join(s.drafts(), r.ID, name)
	}
	if err := os.Rename(tmp, filepath.Join(s.drafts(), r.ID)); err != nil {
		return fmt.Errorf("storing the drafts: %w", err)
	}
	return nil
}

// slug keeps of a file's name what is safe in any file system.
func slug(name string) string {
	name = strings.TrimSuffix(name, filepath.Ext(name))
	s := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '-':
			return r
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		}
		return '-'
	}, name)
	s = strings.Trim(s, "-")
	if s == "" {
		return "file"
	}
	return short(s, 40)[:min(len(s), 39)]
}

// file reads one file and joins its entries with what is known.
func (j *joiner) file(ctx context.Context, h Header, data []byte, worked func(int)) (*File, error) {
	src, err := open(h.File, data)
	if err != nil {
		return nil, err
	}
	h.Format, h.Encoding = src.format, src.encoding
	f := &File{Import: h}
	if src.format == YAML {
		if err := j.yaml(f, src); err != nil {
			return nil, err
		}
		worked(len(data))
		return f, nil
	}
	d, err := blocksOf(src)
	if err != nil {
		return nil, err
	}
	worked(len(data) / 2)
	var entries []*entry
	for i := range d.tables {
		list, err := d.tables[i].entries(h.File, d)
		if err != nil {
			return nil, err
		}
		entries = append(entries, list...)
	}
	tidy(d)
	entries = append(entries, build(d)...)
	if len(entries) == 0 {
		return nil, fmt.Errorf("%s: nothing was found in it that answers a question: no heading with points below it, no question with an answer (%s)", h.File, dropSummary(d.dropped))
	}
	slices.SortStableFunc(entries, func(a, b *entry) int { return a.line - b.line })
	for i, e := range merge(h.File, d, entries) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		j.join(f, d, e)
		if i%64 == 0 {
			worked(len(data) / 2 * 64 / max(len(entries), 64))
		}
	}
	slices.SortStableFunc(d.dropped, func(a, b Dropped) int { return a.Line - b.Line })
	f.Import.Dropped = d.dropped
	return f, nil
}

func dropSummary(list []Dropped) string {
	if len(list) == 0 {
		return "no line was dropped"
	}
	return fmt.Sprintf("%d lines were dropped, the first one, %d, because: %s", len(list), list[0].Line, list[0].Why)
}

// yaml takes entries that `knowledge export` wrote, with all their fields. What the library has already is nothing new.
func (j *joiner) yaml(f *File, src source) error {
	lib, err := knowledge.LoadOver(j.lib, fstest.MapFS{src.name: {Data: []byte(src.text)}})
	if err != nil {
		return err
	}
	if len(lib.Causes) != len(j.lib.Causes) || len(lib.Checks) != len(j.lib.Checks) || !equal(lib.Causes, j.lib.Causes) || !equal(lib.Checks, j.lib.Checks) {
		return fmt.Errorf("%s: it changes causes or checks; those are not drafts, put the file into the folder library of the data folder", src.name)
	}
	for _, a := range lib.Articles {
		have, ok := j.lib.Article(a.ID)
		if ok && equal(*have, a) {
			continue
		}
		if j.draftSays(a) {
			f.Import.Dropped = append(f.Import.Dropped, Dropped{Line: 1, Text: short(a.Title, shown), Why: "a draft says the same already"})
			continue
		}
		if ok {
			delete(j.taken, a.ID) // it is that entry, edited: by another id it would only stand beside it
		}
		f.Articles = append(f.Articles, a)
		f.Import.Drafts = append(f.Import.Drafts, Draft{Line: 1, State: Waiting})
	}
	return nil
}

// equal compares entries as the revision of a library does.
func equal(a, b any) bool {
	x, err1 := json.Marshal(a)
	y, err2 := json.Marshal(b)
	return err1 == nil && err2 == nil && string(x) == string(y)
}

// meter adds up the work on files: reading is the first half of it, finding and joining the second.
type meter struct {
	done, total int64
	tell        Progress
}

func newMeter(paths []string, tell Progress) *meter {
	m := &meter{tell: tell}
	for _, p := range paths {
		if info, err := os.Stat(p); err == nil && info.Size() <= maxFile {
			m.total += 2 * info.Size()
		}
	}
	return m
}

func (m *meter) add(n int64) {
	m.done = min(m.done+n, m.total)
	m.tell(m.done, m.total)
}
func (m *meter) read(n int)   { m.add(int64(n)) }
func (m *meter) worked(n int) { m.add(int64(n)) }
func (m *meter) skip(n int)   { m.add(int64(n)) }
