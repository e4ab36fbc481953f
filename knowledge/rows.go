package knowledge

import (
	"cmp"
	"hash/maphash"
	"math"
	"slices"
	"strings"
	"sync"
)

// ranker holds the wordings of a library in the form in which likeness is counted. All of it is flat lists of numbers; the
// words themselves stay in the library.
type ranker struct {
	lex     *lexicon
	units   []int32 // of all rows, one after the other
	rows    []row   // the rows of an article follow each other
	first   []int32 // the rows of article a are rows[first[a]:first[a+1]]
	words   postings
	sounds  postings
	texts   postings // its rows are articles: grams of cause, impact and solution
	same    []hashed // rows by their words, rising: an exact match is never missed
	mean    float64  // grams of an article's rows together
	model   *model
	vectors *meaning   // nil until they are learnt
	work    *sync.Pool // of *scratch
}

// row is a wording or the title of an article.
type row struct {
	article int32
	wording int32 // index into the article's wordings, -1 for its title
	from    int32 // its units are units[from:from+length]
	length  int32
	weight  float32 // sum of the rarities of its distinct grams
	sound   float32 // the same of its syllables
}

type hashed struct {
	hash uint64
	row  int32
}

// scratch is working space of one search.
type scratch struct {
	score   []float32 // of rows, zero between searches
	touched []int32
}

func (r *ranker) unitsOf(i int32) []int32 {
	w := &r.rows[i]
	return r.units[w.from : w.from+w.length]
}

// grams of a row, as often as they stand there.
func (w *row) grams() int { return max(0, 2*int(w.length)-1) }

func newRanker(lib *Library, m *model) *ranker {
	r := &ranker{lex: newLexicon(), model: m, vectors: shippedMeaning(lib), first: make([]int32, 1, len(lib.Articles)+1)}
	wordings := len(lib.Articles)
	for i := range lib.Articles {
		wordings += len(lib.Articles[i].Wordings)
	}
	r.rows = make([]row, 0, wordings)
	r.same = make([]hashed, 0, wordings)
	for i := range lib.Articles {
		a := &lib.Articles[i]
		from := len(r.rows)
		for k := -1; k < len(a.Wordings); k++ {
			normal := content(Normalize(wordingOf(a, k)))
			if normal == "" {
				continue
			}
			list := r.lex.learn(normal)
			if slices.ContainsFunc(r.rows[from:], func(w row) bool { return slices.Equal(r.units[w.from:w.from+w.length], list) }) {
				continue
			}
			r.same = append(r.same, hashed{hashOf(list), int32(len(r.rows))})
			r.rows = append(r.rows, row{article: int32(i), wording: int32(k), from: int32(len(r.units)), length: int32(len(list))})
			r.units = append(r.units, list...)
		}
		r.first = append(r.first, int32(len(r.rows)))
	}
	slices.SortFunc(r.same, func(a, b hashed) int { return cmp.Or(cmp.Compare(a.hash, b.hash), cmp.Compare(a.row, b.row)) })
	r.words = newPostings(len(r.rows), func(i int) []int32 { return r.unitsOf(int32(i)) })
	var buf []int32
	r.sounds = newPostings(len(r.rows), func(i int) []int32 {
		buf = buf[:0]
		for _, u := range r.unitsOf(int32(i)) {
			buf = append(buf, r.lex.sound[u])
		}
		return buf
	})
	texts := make([][]int32, len(lib.Articles))
	for i := range lib.Articles {
		a := &lib.Articles[i]
		texts[i] = r.lex.learn(Normalize(textOf(a)))
	}
	r.texts = newPostings(len(texts), func(i int) []int32 { return texts[i] })
	r.weigh()
	if n := len(lib.Articles); n > 0 {
		r.mean = r.words.mean * float64(len(r.rows)) / float64(n)
	}
	rows := len(r.rows)
	r.work = &sync.Pool{New: func() any { return &scratch{score: make([]float32, rows)} }}
	return r
}

// wordingOf returns a wording of an article, or its title for -1.
func wordingOf(a *Article, k int) string {
	if k < 0 {
		return a.Title
	}
	return a.Wordings[k]
}

// textOf is what an article says, in one piece.
func textOf(a *Article) string {
	return strings.Join(append([]string{a.Cause, a.Impact}, a.Solution...), "\n")
}

// weigh sums the rarities of the grams of each row.
func (r *ranker) weigh() {
	count := func(p *postings, isCommon func(gram) bool, add func(*row, float32)) {
		for i, g := range p.grams {
			rows := p.in[p.start[i]:p.start[i+1]]
			rarity := p.idf(len(rows))
			if isCommon(g) {
				rarity = min(rarity, maxCommon)
			}
			for _, k := range rows {
				add(&r.rows[k], float32(rarity))
			}
		}
	}
	commonUnit := func(n gram) bool { return n == 0 || r.lex.common[n-1] }
	count(&r.words, func(g gram) bool { return commonUnit(g>>unitBits) && commonUnit(g&(1<<unitBits-1)) }, func(w *row, x float32) { w.weight += x })
	count(&r.sounds, func(gram) bool { return false }, func(w *row, x float32) { w.sound += x })
}

var hashSeed = maphash.MakeSeed()

func hashOf(list []int32) uint64 {
	var h maphash.Hash
	h.SetSeed(hashSeed)
	for _, u := range list {
		maphash.WriteComparable(&h, u)
	}
	return h.Sum64()
}

// exactly returns the rows that are just these units, but for those to skip.
func (r *ranker) exactly(list []int32, skip func(int32) bool) []int32 {
	h := hashOf(list)
	at, _ := slices.BinarySearchFunc(r.same, h, func(a hashed, h uint64) int { return cmp.Compare(a.hash, h) })
	var out []int32
	for ; at < len(r.same) && r.same[at].hash == h; at++ {
		if i := r.same[at].row; slices.Equal(r.unitsOf(i), list) && (skip == nil || !skip(i)) {
			out = append(out, i)
		}
	}
	return out
}

// unknownCodes returns the texts of codes that no article explains and no wording names.
func (r *ranker) unknownCodes(codes []Code) []string {
	var out []string
	for _, c := range codes {
		if !c.Known && !r.named(strings.ToLower(c.Text)) {
			out = append(out, c.Text)
		}
	}
	return out
}

// named tells whether a wording has this word as one of its units.
func (r *ranker) named(word string) bool {
	id, ok := r.lex.unit[word]
	return ok && len(r.words.of(single(id))) > 0
}

// asked is a message, or one clause of it, in the form of a row.
type asked struct {
	sequence
	words  *terms
	sounds *terms
	masks  [][]uint64 // by place of a unit in words: where it stands, for lcs
	left   float64    // share of the message, by rarity, that is not in this clause; 0 for the whole
	traits []uint32   // of the whole message, for its vector
}

// ask prepares a message and its clauses; the whole message is the first.
func (r *ranker) ask(words string, clauses []string) []*asked {
	list := make([]*asked, 0, 1+len(clauses))
	for i, text := range append([]string{words}, clauses...) {
		s := r.lex.read(text)
		q := &asked{sequence: s, words: r.words.look(s.units, s.common), sounds: r.sounds.look(s.sounds, make([]bool, len(s.sounds)))}
		if i > 0 {
			q.left = 1 - ratio(q.words.weight, list[0].words.weight)
		}
		q.masks = make([][]uint64, len(q.words.grams))
		for at, u := range s.units {
			k := q.words.find(single(u))
			if q.masks[k] == nil {
				q.masks[k] = make([]uint64, (len(s.units)+63)/64)
			}
			q.masks[k][at/64] |= 1 << (at % 64)
		}
		list = append(list, q)
	}
	list[0].traits = traitsOf(units(words))
	return list
}

// recall returns up to n rows that are nearest to any of the queries, and those that are the whole message.
func (r *ranker) recall(queries []*asked, n int, skip func(int32) bool) []int32 {
	s := r.work.Get().(*scratch)
	length := func(i int32) int { return r.rows[i].grams() }
	s.touched = s.touched[:0]
	for _, q := range queries {
		s.touched = r.words.walk(q.words, 1, length, s.score, s.touched)
		s.touched = r.sounds.walk(q.sounds, boostPinyin, length, s.score, s.touched)
	}
	best := make([]int32, 0, n)
	best = topRows(best, s.touched, s.score, n, skip)
	for _, i := range s.touched {
		s.score[i] = 0
	}
	r.work.Put(s)
	return append(best, r.exactly(queries[0].units, skip)...)
}

// topRows appends the n rows of the highest score, the best first; equal ones by number.
func topRows(best, rows []int32, score []float32, n int, skip func(int32) bool) []int32 {
	worse := func(a, b int32) bool { return score[a] < score[b] || score[a] == score[b] && a > b }
	down := func(i int) { // best is a heap, the worst on top
		for {
			k := 2*i + 1
			if k >= len(best) {
				return
			}
			if k+1 < len(best) && worse(best[k+1], best[k]) {
				k++
			}
			if !worse(best[k], best[i]) {
				return
			}
			best[i], best[k] = best[k], best[i]
			i = k
		}
	}
	for _, row := range rows {
		switch {
		case skip != nil && skip(row):
		case len(best) < n:
			best = append(best, row)
			for i := len(best) - 1; i > 0 && worse(best[i], best[(i-1)/2]); i = (i - 1) / 2 {
				best[i], best[(i-1)/2] = best[(i-1)/2], best[i]
			}
		case worse(best[0], row):
			best[0] = row
			down(0)
		}
	}
	slices.SortFunc(best, func(a, b int32) int { return cmp.Or(cmp.Compare(score[b], score[a]), cmp.Compare(a, b)) })
	return best
}

func ratio(part, whole float64) float64 {
	if whole <= 0 {
		return 0
	}
	return min(part/whole, 1)
}

func logistic(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
