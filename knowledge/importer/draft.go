package importer

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"posdoctor/knowledge"
)

// File is one file of drafts: what was read from one source, and what became of it. It may be edited by hand.
//
//	import:
//	  id: 20260301-4f2a9c
//	  file: status.html
//	  drafts:
//	    - id: 20260301-4f2a9c-1
//	      line: 12
//	      state: draft
//	      into: code-51
//	  dropped:
//	    - line: 3
//	      text: 复制成功
//	      why: copy button
//	articles:
//	  - id: 20260301-4f2a9c-1
//	    title: 提示余额不足怎么办？
type File struct {
	Import   Header              `yaml:"import"`
	Articles []knowledge.Article `yaml:"articles"` // those that are drafts still

	path string
}

// Header says where drafts come from.
type Header struct {
	ID       string    `yaml:"id"`
	File     string    `yaml:"file"` // its name, without folders
	SHA256   string    `yaml:"sha256"`
	At       string    `yaml:"at"` // RFC 3339
	Format   Format    `yaml:"format"`
	Encoding string    `yaml:"encoding"`
	Drafts   []Draft   `yaml:"drafts"`
	Dropped  []Dropped `yaml:"dropped"` // every line that no draft holds
}

// State is what became of a draft.
type State string

const (
	Waiting   State = "draft"
	Published State = "published" // an entry of its own
	Joined    State = "joined"    // its wordings were added to another entry
)

// Draft is the record of one draft; the entry stands under articles until it is published.
type Draft struct {
	ID    string `yaml:"id"`
	Line  int    `yaml:"line"`
	State State  `yaml:"state"`
	Into  string `yaml:"into"` // the entry that asks the same; publishing adds the wordings there
	Like  []Like `yaml:"like"` // entries and drafts that ask nearly the same
	Sum   string `yaml:"sum"`  // of the entry as it was written; another one says that it was edited since
}

// Like names an entry that asks nearly the same.
type Like struct {
	Entry   string  `yaml:"entry"`
	Wording string  `yaml:"wording"` // of the entry, the nearest
	P       float64 `yaml:"p"`       // likeness, 0..1
}

// Store keeps drafts and published entries below the data folder: drafts/<import>/*.yaml and library/<import>.yaml. It does
// not guard against two writers; the caller holds a lock.
type Store struct {
	Data string
}

func (s Store) drafts() string                   { return filepath.Join(s.Data, "drafts") }
func (s Store) library() string                  { return filepath.Join(s.Data, "library") }
func (s Store) published(importID string) string { return filepath.Join(s.library(), importID+".yaml") }

// maxDrafts is the largest file of drafts that is read, in bytes.
const maxDrafts = 64 << 20

// Files reads all files of drafts, by import and name.
func (s Store) Files() ([]*File, error) {
	dirs, err := os.ReadDir(s.drafts())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the drafts: %w", err)
	}
	var files []*File
	var faults []error
	for _, dir := range dirs {
		if !dir.IsDir() || strings.HasPrefix(dir.Name(), ".") { // under work, or left over by a crash
			continue
		}
		names, err := filepath.Glob(filepath.Join(s.drafts(), dir.Name(), "*.yaml"))
		if err != nil {
			return nil, err
		}
		slices.Sort(names)
		for _, name := range names {
			f, err := readDrafts(name)
			if err != nil {
				faults = append(faults, err)
				continue
			}
			if f.Import.ID != dir.Name() {
				faults = append(faults, fmt.Errorf("%s: the import is %q, but the folder is %q; name them alike", name, f.Import.ID, dir.Name()))
				continue
			}
			files = append(files, f)
		}
	}
	return files, errors.Join(faults...)
}

func readDrafts(name string) (*File, error) {
	data, err := readSmall(name, maxDrafts)
	if err != nil {
		return nil, err
	}
	f := &File{path: name}
	d := yaml.NewDecoder(bytes.NewReader(data))
	d.KnownFields(true)
	if err := d.Decode(f); err != nil {
		return nil, fmt.Errorf("%s: the drafts cannot be read: %w; correct the line, or remove the file", name, err)
	}
	return f, nil
}

func readSmall(name string, most int64) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, most+1))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) > most {
		return nil, fmt.Errorf("%s: the file is larger than %d MB", name, most>>20)
	}
	return data, nil
}

// draft returns the record of a draft, nil when there is none.
func (f *File) draft(id string) *Draft {
	for i := range f.Import.Drafts {
		if f.Import.Drafts[i].ID == id {
			return &f.Import.Drafts[i]
		}
	}
	return nil
}

// Record returns the record of a draft.
func (f *File) Record(id string) (Draft, bool) {
	if d := f.draft(id); d != nil {
		return *d, true
	}
	return Draft{}, false
}

// Path is where the file stands.
func (f *File) Path() string { return f.path }

// Points counts what an entry says: causes, impacts, steps of the solution and of the prevention.
func Points(a knowledge.Article) (causes, impacts, solution, prevention int) {
	lines := func(s string) int {
		if s == "" {
			return 0
		}
		return 1 + strings.Count(s, "\n")
	}
	return lines(a.Cause), lines(a.Impact), len(a.Solution), len(a.Prevention)
}

// sum names the content of an entry or of its joined wordings.
func sum(v any) (string, error) {
	data, err := knowledge.Encode(v)
	if err != nil {
		return "", err
	}
	h := sha256.Sum256(data)
	return hex.EncodeToString(h[:8]), nil
}

// write puts a file in its place at one moment: readers see the old one or the new one.
func (s Store) write(name string, v any) error {
	data, err := knowledge.Encode(v)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(s.drafts(), 0o700); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return err
	}
	tmp, err := os.CreateTemp(s.drafts(), ".tmp-*") // not beside the library: its folder is watched
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name())
	_, err = tmp.Write(data)
	err = errors.Join(err, tmp.Sync(), tmp.Close())
	if err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	return os.Rename(tmp.Name(), name)
}
