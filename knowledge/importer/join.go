package importer

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"posdoctor/knowledge"
)

// joiner finds out what of an import is known already: in the library, among older drafts, in the import itself.
type joiner struct {
	lib   knowledge.Library
	book  book
	known []known // by the numbers of the book
	codes map[string]string
	taken map[string]bool // ids
}

// known is an entry of the library, an older draft, or a draft of this import.
type known struct {
	id      string
	article *knowledge.Article // of the library, or an older draft
	draft   bool
	entry   *entry // of this import
	file    *File
	at      int // its place in the file
}

// pending marks the number of a draft that has no id yet.
const pending = "#"

func newJoiner(lib knowledge.Library, drafts []*File) *joiner {
	j := &joiner{lib: lib, codes: map[string]string{}, taken: map[string]bool{}}
	for i := range lib.Articles {
		a := &lib.Articles[i]
		j.taken[a.ID] = true
		for _, c := range a.Codes {
			j.codes[c] = a.ID
		}
		j.learn(known{id: a.ID, article: a}, a.Title, a.Wordings)
	}
	for _, f := range drafts {
		for i := range f.Articles {
			a := &f.Articles[i]
			j.taken[a.ID] = true
			j.learn(known{id: a.ID, article: a, draft: true}, a.Title, a.Wordings)
		}
	}
	return j
}

func (j *joiner) learn(k known, title string, wordings []string) {
	j.known = append(j.known, k)
	j.book.add(len(j.known)-1, append([]string{title}, wordings...)...)
}

func (j *joiner) pendingID(mark string) string {
	n, _ := strconv.Atoi(strings.TrimPrefix(mark, pending))
	k := j.known[n]
	return k.file.Articles[k.at].ID
}

// merge makes one entry of those of a file that ask the same, with all that was said.
func merge(file string, d *document, entries []*entry) []*entry {
	var b book
	var out []*entry
	for _, e := range entries {
		if row, p := b.nearest(e.title, nil); p >= same && out[b.rows[row].entry].takes(e, file, d) {
			b.add(b.rows[row].entry, e.wordings...)
			continue
		}
		b.add(len(out), append([]string{e.title}, e.wordings...)...)
		out = append(out, e)
	}
	return out
}

// takes adds to an entry what another one of the same question says. Entries of different codes stay apart.
func (e *entry) takes(other *entry, file string, d *document) bool {
	if !slices.Equal(e.codes, other.codes) && len(other.codes) > 0 {
		return false
	}
	d.dropped = append(d.dropped, Dropped{Line: other.line, Text: short(plainLine(other.title), shown),
		Why: fmt.Sprintf("asks the same as line %d of %s; its points stand there", e.line, plainLine(file))})
	for a, points := range other.points {
		if len(points) > 0 {
			e.add(aspect(a), points...)
		}
	}
	e.wordings = append(e.wordings, append([]string{other.title}, other.wordings...)...)
	return true
}

// join puts an entry among the drafts of a file, or into one that asks the same, or drops what is known already.
func (j *joiner) join(f *File, d *document, e *entry) {
	drop := func(text, why string) {
		d.dropped = append(d.dropped, Dropped{Line: e.line, Text: short(plainLine(text), shown), Why: why})
	}
	if row, p := j.book.nearest(e.title, func(n int) bool { return j.known[n].entry != nil }); p >= same {
		k := j.known[j.book.rows[row].entry]
		if k.entry.takes(e, k.file.Import.File, d) { // from another file of this import
			j.book.add(j.book.rows[row].entry, e.wordings...)
			j.again(k)
			return
		}
	}
	art := e.article()
	record := Draft{Line: e.line, State: Waiting}
	// Among older drafts.
	if row, p := j.book.nearest(e.title, func(n int) bool { return j.known[n].draft }); p >= near {
		k := j.known[j.book.rows[row].entry]
		if p >= same && says(k.article, &art) {
			drop(e.title, "draft "+k.id+" says the same")
			return
		}
		record.Like = append(record.Like, Like{k.id, j.book.rows[row].wording, round(p)})
	}
	// In the library.
	inLibrary := func(n int) bool { return !j.known[n].draft && j.known[n].entry == nil }
	if row, p := j.book.nearest(e.title, inLibrary); p >= near && j.known[j.book.rows[row].entry].id != e.id {
		k := j.known[j.book.rows[row].entry]
		if p >= same && says(k.article, &art) && newWords(k.article, &art) == 0 {
			drop(e.title, "entry "+k.id+" says the same")
			return
		}
		record.Like = append(record.Like, Like{k.id, j.book.rows[row].wording, round(p)})
		if p >= same {
			record.Into = k.id
		}
	}
	e.codes = slices.DeleteFunc(slices.Clone(e.codes), func(code string) bool {
		owner := j.codes[code]
		if owner == "" || owner == e.id {
			return false
		}
		drop(code, "entry "+owner+" explains this code already")
		if record.Into == "" && e.id == "" {
			record.Into = owner
		}
		return true
	})
	if j.taken[e.id] {
		if _, ok := j.lib.Article(e.id); !ok {
			e.id = ""
		}
	}
	e.wordings = slices.DeleteFunc(slices.Clone(e.wordings), func(w string) bool {
		row, p := j.book.nearest(w, inLibrary)
		if p < same {
			return false
		}
		k := j.known[j.book.rows[row].entry]
		if k.id == e.id || k.id == record.Into && knowledge.Normalize(w) != knowledge.Normalize(j.book.rows[row].wording) {
			return false
		}
		drop(w, "entry "+k.id+" has these words already")
		return true
	})
	f.Articles = append(f.Articles, e.article())
	f.Import.Drafts = append(f.Import.Drafts, record)
	k := known{entry: e, file: f, at: len(f.Articles) - 1}
	j.learn(k, e.title, e.wordings)
	delete(j.taken, e.id)
}

// again makes the draft of an entry anew after it grew.
func (j *joiner) again(k known) {
	id := k.file.Articles[k.at].ID
	k.file.Articles[k.at] = k.entry.article()
	k.file.Articles[k.at].ID = id
}

// says tells whether two entries tell the same.
func says(a, b *knowledge.Article) bool {
	return a.Cause == b.Cause && a.Impact == b.Impact && slices.Equal(a.Solution, b.Solution) && slices.Equal(a.Prevention, b.Prevention)
}

// newWords counts the wordings that b has and a has not.
func newWords(a, b *knowledge.Article) int {
	return len(distinct(a.Title, append(slices.Clone(a.Wordings), append([]string{b.Title}, b.Wordings...)...))) - len(distinct(a.Title, a.Wordings))
}

// draftSays tells whether an older draft is this entry.
func (j *joiner) draftSays(a knowledge.Article) bool {
	for _, k := range j.known {
		if k.draft && k.id == a.ID && equal(*k.article, a) {
			return true
		}
	}
	return false
}

func round(p float64) float64 { return math.Round(p*100) / 100 }
