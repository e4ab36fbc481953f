package importer

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing/fstest"

	"go.yaml.in/yaml/v3"

	"posdoctor/knowledge"
)

// libraryFile is the file of published entries of one import.
type libraryFile struct {
	Articles []knowledge.Article `yaml:"articles"`
	Wordings []knowledge.Extra   `yaml:"wordings"`
}

// Sound refuses a library that must not be told, for reasons beyond those of its own rules.
type Sound func(knowledge.Library) error

// Change says what happened to one draft or entry.
type Change struct {
	ID    string
	Title string
	Into  string   // the entry that got its wordings
	Words []string // those that it got
	Kept  string   // why it stays where it is
}

// Publish moves drafts into the library, given by their ids or by those of their imports. Drafts that ask the same as an
// entry give it their wordings, and what it tells stays; with own they become entries of their own. Nothing is written
// unless the library with all of them is sound.
func (s Store) Publish(ids []string, shipped knowledge.Library, own bool, sound Sound) ([]Change, error) {
	files, err := s.Files()
	if err != nil {
		return nil, err
	}
	lib, err := s.over(shipped, nil)
	if err != nil {
		return nil, err
	}
	var changes []Change
	var faults []error
	touched := map[string]*libraryFile{} // by import
	var changed []*File
	for _, id := range ids {
		found := false
		for _, f := range files {
			for i := 0; i < len(f.Articles); i++ {
				a := f.Articles[i]
				if a.ID != id && f.Import.ID != id {
					continue
				}
				found = true
				if touched[f.Import.ID] == nil {
					if touched[f.Import.ID], err = s.readPublished(f.Import.ID); err != nil {
						return nil, err
					}
				}
				d := f.draft(a.ID)
				if d == nil { // added by hand
					f.Import.Drafts = append(f.Import.Drafts, Draft{ID: a.ID})
					d = &f.Import.Drafts[len(f.Import.Drafts)-1]
				}
				change, err := publish(a, d, touched[f.Import.ID], lib, own)
				if err != nil {
					faults = append(faults, err)
					continue
				}
				changes = append(changes, change)
				f.Articles = slices.Delete(f.Articles, i, i+1)
				i--
				if !slices.Contains(changed, f) {
					changed = append(changed, f)
				}
			}
			if d := f.draft(id); d != nil && d.State != Waiting && !found {
				found = true
				changes = append(changes, Change{ID: id, Into: d.Into, Kept: "it is published already"})
			}
			found = found || f.Import.ID == id
		}
		if !found {
			faults = append(faults, fmt.Errorf("there is no draft %q; `knowledge drafts` lists them", id))
		}
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	next, err := s.over(shipped, touched)
	if err == nil && sound != nil {
		err = sound(next)
	}
	if err != nil {
		return nil, fmt.Errorf("nothing was published, the library would not be sound:\n%w", err)
	}
	for id, l := range touched {
		if err := s.write(s.published(id), *l); err != nil {
			return nil, fmt.Errorf("publishing: %w", err)
		}
	}
	for _, f := range changed {
		if err := s.write(f.path, *f); err != nil {
			return nil, fmt.Errorf("taking the published out of the drafts: %w", err)
		}
	}
	return changes, nil
}

func publish(a knowledge.Article, d *Draft, to *libraryFile, lib knowledge.Library, own bool) (Change, error) {
	c := Change{ID: a.ID, Title: a.Title}
	d.State = Published
	if d.Into != "" && !own {
		into, ok := lib.Article(d.Into)
		if !ok {
			return c, fmt.Errorf("draft %s would join entry %q, which is not in the library; publish it with --own", a.ID, d.Into)
		}
		d.State, c.Into = Joined, d.Into
		have := distinct(into.Title, into.Wordings)
		c.Words = distinct(into.Title, append(slices.Clone(have), append([]string{a.Title}, a.Wordings...)...))[len(have):]
		x := knowledge.Extra{Article: d.Into, Add: c.Words}
		if len(c.Words) > 0 {
			to.Wordings = append(to.Wordings, x)
		}
		var err error
		d.Sum, err = sum(x)
		return c, err
	}
	d.Into = ""
	to.Articles = slices.DeleteFunc(to.Articles, func(b knowledge.Article) bool { return b.ID == a.ID }) // a crash came between the two writes
	to.Articles = append(to.Articles, a)
	var err error
	d.Sum, err = sum(a)
	return c, err
}

// readPublished reads the file of an import in the library; an empty one when there is none.
func (s Store) readPublished(importID string) (*libraryFile, error) {
	l := &libraryFile{}
	data, err := readSmall(s.published(importID), maxDrafts)
	if errors.Is(err, fs.ErrNotExist) {
		return l, nil
	}
	if err != nil {
		return nil, err
	}
	d := yaml.NewDecoder(bytes.NewReader(data))
	d.KnownFields(true)
	if err := d.Decode(l); err != nil {
		return nil, fmt.Errorf("%s: %w; correct the line first", s.published(importID), err)
	}
	return l, nil
}

// over reads the library in use, with the files of some imports as they will be.
func (s Store) over(shipped knowledge.Library, changed map[string]*libraryFile) (knowledge.Library, error) {
	tree := fstest.MapFS{}
	err := filepath.WalkDir(s.library(), func(name string, e fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil || e.IsDir() || filepath.Ext(name) != ".yaml" {
			return err
		}
		data, err := readSmall(name, maxDrafts)
		if err != nil {
			return err
		}
		short, err := filepath.Rel(s.library(), name)
		tree[filepath.ToSlash(short)] = &fstest.MapFile{Data: data}
		return err
	})
	if err != nil {
		return shipped, fmt.Errorf("reading the library: %w", err)
	}
	for id, l := range changed {
		if len(l.Articles)+len(l.Wordings) == 0 {
			delete(tree, id+".yaml")
			continue
		}
		data, err := knowledge.Encode(*l)
		if err != nil {
			return shipped, err
		}
		tree[id+".yaml"] = &fstest.MapFile{Data: data}
	}
	return knowledge.LoadOver(shipped, tree)
}

// Undo takes a whole import back: its drafts, and what was published of it. What was edited since stays, and is named,
// unless force is set. The other entries of the library must be sound without it.
func (s Store) Undo(importID string, shipped knowledge.Library, force bool, sound Sound) ([]Change, error) {
	files, err := s.Files()
	if err != nil {
		return nil, err
	}
	files = slices.DeleteFunc(files, func(f *File) bool { return f.Import.ID != importID })
	if len(files) == 0 {
		return nil, fmt.Errorf("there is no import %q; `knowledge drafts` lists them", importID)
	}
	l, err := s.readPublished(importID)
	if err != nil {
		return nil, err
	}
	var changes []Change
	kept := false
	keep := func(c Change, why string) {
		c.Kept, kept = why, true
		changes = append(changes, c)
	}
	sums := map[string]Draft{} // of what was published
	byID := map[string]Draft{}
	for _, f := range files {
		for _, d := range f.Import.Drafts {
			byID[d.ID] = d
			if d.State != Waiting {
				sums[d.Sum] = d
			}
		}
	}
	rest := &libraryFile{}
	for _, a := range l.Articles {
		c := Change{ID: a.ID, Title: a.Title}
		is, err := sum(a)
		if err != nil {
			return nil, err
		}
		d, ours := byID[a.ID]
		switch {
		case force, ours && d.Sum == is, ours && d.State == Waiting:
			changes = append(changes, c)
			continue
		case ours:
			keep(c, "it was edited in the library since")
		default:
			keep(c, "it was added by hand")
		}
		rest.Articles = append(rest.Articles, a)
	}
	for _, x := range l.Wordings {
		is, err := sum(x)
		if err != nil {
			return nil, err
		}
		d, ours := sums[is]
		c := Change{ID: d.ID, Into: x.Article, Words: x.Add}
		if force || ours {
			changes = append(changes, c)
			continue
		}
		keep(c, "its wordings were edited in the library since")
		rest.Wordings = append(rest.Wordings, x)
	}
	for _, f := range files {
		f.Articles = slices.DeleteFunc(f.Articles, func(a knowledge.Article) bool {
			c := Change{ID: a.ID, Title: a.Title}
			is, err := sum(a)
			if d, ours := byID[a.ID]; err == nil && (force || ours && d.Sum == is) {
				changes = append(changes, c)
				return true
			}
			keep(c, "the draft was edited since")
			return false
		})
	}
	touched := map[string]*libraryFile{importID: rest}
	next, err := s.over(shipped, touched)
	if err == nil && sound != nil {
		err = sound(next)
	}
	if err != nil {
		return nil, fmt.Errorf("nothing was taken back, the library would not be sound without it:\n%w", err)
	}
	if len(rest.Articles)+len(rest.Wordings) == 0 {
		err = os.Remove(s.published(importID))
		if errors.Is(err, fs.ErrNotExist) {
			err = nil
		}
	} else {
		err = s.write(s.published(importID), *rest)
	}
	if err != nil {
		return nil, fmt.Errorf("taking the published back: %w", err)
	}
	if !kept {
		gone := filepath.Join(s.drafts(), ".import-undone-"+importID)
		if err := errors.Join(os.RemoveAll(gone), os.Rename(filepath.Join(s.drafts(), importID), gone)); err != nil {
			return nil, fmt.Errorf("taking the drafts back: %w", err)
		}
		return changes, os.RemoveAll(gone)
	}
	stays := map[string]bool{}
	for _, c := range changes {
		stays[c.ID] = stays[c.ID] || c.Kept != ""
	}
	for _, f := range files {
		f.Import.Drafts = slices.DeleteFunc(f.Import.Drafts, func(d Draft) bool { return !stays[d.ID] })
		f.Import.SHA256 = "" // the file may be imported again
		if err := s.write(f.path, *f); err != nil {
			return nil, fmt.Errorf("taking the drafts back: %w", err)
		}
	}
	return changes, nil
}

// Drafts counts what waits in a file.
func (f *File) Drafts() string {
	n := len(f.Articles)
	return fmt.Sprintf("%d %s", n, strings.TrimSuffix("drafts", map[bool]string{true: "s"}[n == 1]))
}
