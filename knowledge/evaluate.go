package knowledge

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Set is a library with messages of which the right articles are known, to measure the retrieval with.
type Set struct {
	Library     Library
	Asked       []Asked
	LeaveOneOut bool   // a wording that is the message is ignored for it
	Train       []Pair // pairs of one meaning that vectors are learnt from too, for this run alone
}

// Asked is a message and the articles that answer it.
type Asked struct {
	ID       string   `json:"id"`
	Text     string   `json:"text"`
	Relevant []string `json:"relevant"`
	without  string   // the wording that is ignored for it, when it is not the text itself
}

// Retrieval is how well and how quickly the right articles are found.
type Retrieval struct {
	Queries int     `json:"queries"`
	Recall1 float64 `json:"recall@1"` // share of the messages whose best hit is right
	Recall3 float64 `json:"recall@3"`
	MRR10   float64 `json:"mrr@10"` // mean of 1 / the place of the first right hit, 0 beyond the tenth
	P50     float64 `json:"p50_ms"`
	P99     float64 `json:"p99_ms"`
	Build   float64 `json:"build_ms"`
	Learn   float64 `json:"learn_ms"` // until the vectors are there too
	Heap    float64 `json:"heap_mb"`  // that the index keeps, beside the library
}

// ReadCorpus reads a corpus, one object {id, question, aliases?} a line, as a library: the question is the title of an
// article, the aliases are its wordings.
func ReadCorpus(r io.Reader) (Library, error) {
	var lib Library
	seen := map[string]bool{}
	err := eachLine(r, func(line []byte) error {
		var c struct {
			ID       string   `json:"id"`
			Question string   `json:"question"`
			Aliases  []string `json:"aliases"`
		}
		if err := json.Unmarshal(line, &c); err != nil {
			return err
		}
		if c.ID == "" || c.Question == "" || seen[c.ID] {
			return fmt.Errorf("an entry needs a question and an id of its own")
		}
		seen[c.ID] = true
		lib.Articles = append(lib.Articles, Article{ID: c.ID, Title: c.Question, Wordings: c.Aliases, Move: Answer})
		return nil
	})
	return lib, err
}

// ReadAsked reads messages, one object {id, text, relevant} a line.
func ReadAsked(r io.Reader) ([]Asked, error) {
	var list []Asked
	err := eachLine(r, func(line []byte) error {
		var q Asked
		if err := json.Unmarshal(line, &q); err != nil {
			return err
		}
		list = append(list, q)
		return nil
	})
	return list, err
}

// ReadPairs reads pairs of texts of one meaning, one object {a, b} a line.
func ReadPairs(r io.Reader) ([]Pair, error) {
	var list []Pair
	err := eachLine(r, func(line []byte) error {
		var p Pair
		if err := json.Unmarshal(line, &p); err != nil {
			return err
		}
		list = append(list, p)
		return nil
	})
	return list, err
}

// Evaluate searches a set as merchants' messages are searched.
func (s Set) Evaluate() (Retrieval, error) {
	var x *Index
	build, heap, err := measured(func() (err error) {
		x, err = NewIndex(s.Library)
		if err == nil {
			_, err = x.current.Load().full()
		}
		return err
	})
	if err != nil {
		return Retrieval{}, err
	}
	defer x.Close()
	begin := time.Now()
	find, err := s.finder(x)
	if err != nil {
		return Retrieval{}, err
	}
	learn := milliseconds(time.Since(begin))
	out, err := s.count(func(q Asked) ([]string, error) {
		hits, err := find(q)
		ids := make([]string, len(hits))
		for i, h := range hits {
			ids[i] = h.Article
		}
		return ids, err
	})
	out.Build, out.Learn, out.Heap = build, learn, heap
	return out, err
}

// finder learns the vectors, of which the messages' own wordings are no part if they are left out, and returns what searches.
func (s Set) finder(x *Index) (func(Asked) ([]Hit, error), error) {
	if !s.LeaveOneOut {
		err := x.learn(context.Background(), s.Train)
		return func(q Asked) ([]Hit, error) { return x.Search(Query{Text: q.Text, Limit: 10}) }, err
	}
	states := s.leftOut(x.current.Load())
	return func(q Asked) ([]Hit, error) {
		w := s.leaves(q)
		return states(w).search(Query{Text: q.Text, Limit: 10, without: w})
	}, nil
}

// leftOut returns for a wording a state whose vectors were learnt without it.
func (s Set) leftOut(st *state) func(wording string) *state {
	var states [folds]*state
	for f, vectors := range learnLeftOut(context.Background(), &s.Library, s.Train) {
		states[f] = st.with(vectors)
	}
	of := map[string]int{}
	for i := range s.Library.Articles {
		for k, w := range s.Library.Articles[i].Wordings {
			of[w] = foldOf(i, k)
		}
	}
	return func(wording string) *state {
		if f, ok := of[wording]; ok {
			return states[f]
		}
		return st
	}
}

// measured runs f and returns how long it took, in milliseconds, and how much more is held after it, in 10^6 bytes.
func measured(f func() error) (ms, mb float64, err error) {
	held := func() float64 {
		runtime.GC()
		runtime.GC() // what pools and finalizers held
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return float64(m.HeapAlloc)
	}
	before, begin := held(), time.Now()
	err = f()
	ms = milliseconds(time.Since(begin))
	return ms, round3(max(0, held()-before) / 1e6), err
}

func milliseconds(d time.Duration) float64 { return round3(float64(d) / 1e6) }

// count runs all messages and counts where the right articles came.
func (s Set) count(search func(Asked) ([]string, error)) (Retrieval, error) {
	out := Retrieval{Queries: len(s.Asked)}
	var times []time.Duration
	for _, q := range s.Asked {
		begin := time.Now()
		ids, err := search(q)
		times = append(times, time.Since(begin))
		if err != nil {
			return out, err
		}
		at := slices.IndexFunc(ids, func(id string) bool { return slices.Contains(q.Relevant, id) })
		if at < 0 {
			continue
		}
		share := 1 / float64(len(s.Asked))
		out.MRR10 += share / float64(at+1)
		if at < 3 {
			out.Recall3 += share
		}
		if at < 1 {
			out.Recall1 += share
		}
	}
	if len(times) > 0 {
		slices.Sort(times)
		out.P50, out.P99 = milliseconds(times[len(times)/2]), milliseconds(times[len(times)*99/100])
	}
	out.Recall1, out.Recall3, out.MRR10 = round3(out.Recall1), round3(out.Recall3), round3(out.MRR10)
	return out, nil
}

// LeftOut makes a set of a library's own wordings: each is asked while it is left out.
func LeftOut(lib Library) Set {
	s := Set{Library: lib, LeaveOneOut: true}
	for _, a := range lib.Articles {
		for _, w := range a.Wordings {
			s.Asked = append(s.Asked, Asked{ID: a.ID, Text: w, Relevant: []string{a.ID}})
		}
	}
	return s
}

// frame is what merchants leave away around what they mean: 提示商户状态异常怎么办 is asked as 商户状态异常. Longer ones first.
var frame = []string{"是什么意思", "什么意思", "怎么回事", "怎么处理", "是什么", "怎么办", "为什么", "屏幕上", "弹出", "提示", "显示", "刷卡", "老是", "一直", "pos", "应答码", "请", "报", "说", "了"}

// Shortened makes a set of a library's own wordings and titles without what stands around their subject. It leaves nothing out: the
// whole wording is what such a message means.
func Shortened(lib Library) Set {
	s := Set{Library: lib}
	seen := map[string]int{}
	for _, a := range lib.Articles {
		for k := -1; k < len(a.Wordings); k++ {
			whole := Normalize(wordingOf(&a, k))
			short := whole
			for again := true; again; {
				again = false
				for _, f := range frame {
					cut := strings.TrimSuffix(strings.TrimPrefix(short, f), f)
					again = again || cut != short
					short = cut
				}
			}
			if n := utf8.RuneCountInString(short); short != whole && n >= 3 {
				seen[short]++
				s.Asked = append(s.Asked, Asked{ID: a.ID, Text: short, Relevant: []string{a.ID}})
			}
		}
	}
	// What several articles could mean has no right one.
	s.Asked = slices.DeleteFunc(s.Asked, func(q Asked) bool { return seen[q.Text] > 1 })
	return s
}

// Misheard makes a set of a library's own wordings in which two characters are replaced by others of the same sound, as keyboards and
// speech recognition do; each is asked while its wording is left out.
func Misheard(lib Library) Set {
	s := Set{Library: lib, LeaveOneOut: true}
	alike := map[string][]string{}
	seen := map[string]bool{}
	each := func(f func(a *Article, wording string, list []string)) {
		for i := range lib.Articles {
			for _, w := range lib.Articles[i].Wordings {
				f(&lib.Articles[i], w, units(content(Normalize(w))))
			}
		}
	}
	each(func(_ *Article, _ string, list []string) {
		for i, sound := range syllables(list) {
			if u := list[i]; sound != u && !seen[u] {
				seen[u] = true
				alike[sound] = append(alike[sound], u)
			}
		}
	})
	each(func(a *Article, wording string, list []string) {
		sounds, replaced := syllables(list), 0
		for i := range list {
			k := (i + len(list)/3) % len(list)
			if others := alike[sounds[k]]; replaced < 2 && len(others) > 1 {
				at := slices.Index(others, list[k])
				list[k] = others[(at+1)%len(others)]
				replaced++
			}
		}
		if replaced == 2 {
			s.Asked = append(s.Asked, Asked{ID: a.ID, Text: strings.Join(list, ""), Relevant: []string{a.ID}, without: wording})
		}
	})
	return s
}

// leaves returns the wording that is ignored for a message, "" for none.
func (s Set) leaves(q Asked) string {
	switch {
	case !s.LeaveOneOut:
		return ""
	case q.without != "":
		return q.without
	}
	return q.Text
}
