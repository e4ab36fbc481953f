package knowledge

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

// weights of the ranker. The features of a query q and a row w are all in 0..1; score = bias + sum of weight x feature,
// P = 1 / (1 + e^-score). They are set by hand so that a near copy of a wording gets P over .9, a paraphrase that keeps
// the telling words over .6, and small talk that shares only common words under .3.
var weights = struct {
	bias      float64
	cover     float64 // share of q that w has, by rarity of the terms: is everything asked about in the row
	covered   float64 // share of w that q has, by rarity: is the row about nothing else
	dice      float64 // likeness of the pairs of neighbours: are the words the same, not only the characters
	pinyin    float64 // likeness in syllables, by rarity: forgives homophones
	lcs       float64 // longest common subsequence, as a share of q: is it said in the same order
	lcsRow    float64 // the same as a share of w
	exact     float64 // q is the row
	text      float64 // share of q that cause, impact or solution of the article has
	thin      float64 // for a query of little information that is only a part of the row: 还是不行 is in many
	clause    float64 // share of the message, by rarity, that is left out when one clause of it is compared
	unrelated float64 // added for an article that only its text has brought: a text is no question
}{
	bias:      -4.9,
	cover:     4.0,
	covered:   1.6,
	dice:      1.2,
	pinyin:    3.0,
	lcs:       0.8,
	lcsRow:    0.6,
	exact:     3.0,
	text:      0.3,
	thin:      -6.0,
	clause:    -2.0,
	unrelated: -1.0,
}

// enough is the information (sum of rarities of its terms) of a query that is not thin. Three rare words have it.
const enough = 18.0

// commonUnits say little wherever they stand, also when the library is too small to show it. They never count as rare.
const commonUnits = "的了是我你他她它在有和就不都也还没要能会可以个这那一上下来去到说给把被跟让用过着得地吗么什怎样为多少哪几谁办好今天" +
	"想请问知道时候现自己们里面后前啊吧呢很意思回事样又再才刚只该来"

// maxCommon is the largest rarity of a common unit, and of a pair of two of them.
const maxCommon = 1.0

// ranker holds the rows of a library in the form in which likeness is counted.
type ranker struct {
	rows      []row
	byArticle [][]int32        // rows of an article, texts included
	same      map[string][]int // rows by their words: an exact match is never missed
	words     vocabulary       // of characters and letters
	sounds    vocabulary       // of syllables
}

// posting is one row that has a gram.
type posting = int32

// row is a wording, a title, or a text (cause, impact, solution) of an article.
type row struct {
	article int
	wording string // as it stands in the library; empty for a text
	normal  string // normalised, without fillers
	text    bool
	runes   []rune
	words   terms
	sounds  terms
}

// terms are the distinct grams of a row, as numbers of a vocabulary in rising order.
type terms struct {
	ids    []int32
	weight float64 // sum of the rarities
	pairs  int     // how many of them are pairs
}

// vocabulary numbers the grams of all rows and knows how rare each is.
type vocabulary struct {
	id     map[string]int32
	rarity []float64
	pair   []bool
	in     [][]posting // wordings and titles that have the gram
	unseen float64     // rarity of a gram that no row has
	rows   int
}

func newRanker(lib *Library) *ranker {
	r := &ranker{same: map[string][]int{}, byArticle: make([][]int32, len(lib.Articles))}
	r.words.id, r.sounds.id = map[string]int32{}, map[string]int32{}
	for i := range lib.Articles {
		a := &lib.Articles[i]
		seen := map[string]bool{}
		for _, wording := range append([]string{a.Title}, a.Wordings...) {
			normal := content(Normalize(wording))
			if normal == "" || seen[normal] {
				continue
			}
			seen[normal] = true
			r.same[normal] = append(r.same[normal], len(r.rows))
			r.add(row{article: i, wording: wording, normal: normal, runes: []rune(normal)})
		}
		for _, text := range []string{a.Cause, a.Impact, strings.Join(a.Solution, "\n")} {
			if normal := Normalize(text); normal != "" {
				r.add(row{article: i, normal: normal, text: true})
			}
		}
	}
	r.count()
	return r
}

func (r *ranker) add(w row) {
	r.byArticle[w.article] = append(r.byArticle[w.article], int32(len(r.rows)))
	list := units(w.normal)
	w.words.ids = r.words.number(grams(list))
	if !w.text {
		w.sounds.ids = r.sounds.number(grams(syllables(list)))
	}
	r.rows = append(r.rows, w)
}

// number gives the distinct grams their numbers, new ones if needed.
func (v *vocabulary) number(list []string) []int32 {
	ids := make([]int32, 0, len(list))
	for _, gram := range list {
		id, ok := v.id[gram]
		if !ok {
			id = int32(len(v.rarity))
			v.id[strings.Clone(gram)] = id
			v.rarity = append(v.rarity, 0)
			v.pair = append(v.pair, strings.Contains(gram, "_"))
		}
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// count sets the rarities: idf over wordings and titles, as in BM25. Texts are long and would make common words of
// their subject look worthless, so they do not count.
func (r *ranker) count() {
	count := func(v *vocabulary, of func(*row) *terms) {
		v.in = make([][]posting, len(v.rarity))
		for i := range r.rows {
			if r.rows[i].text {
				continue
			}
			v.rows++
			for _, id := range of(&r.rows[i]).ids {
				v.rarity[id]++
				v.in[id] = append(v.in[id], posting(i))
			}
		}
		idf := func(rows float64) float64 { return math.Log(1 + (float64(v.rows)-rows+.5)/(rows+.5)) }
		for gram, id := range v.id {
			v.rarity[id] = idf(v.rarity[id])
			if common(gram) {
				v.rarity[id] = min(v.rarity[id], maxCommon)
			}
		}
		v.unseen = idf(0)
		for i := range r.rows {
			t := of(&r.rows[i])
			for _, id := range t.ids {
				t.weight += v.rarity[id]
				if v.pair[id] {
					t.pairs++
				}
			}
		}
	}
	count(&r.words, func(w *row) *terms { return &w.words })
	count(&r.sounds, func(w *row) *terms { return &w.sounds })
}

// common tells whether a gram holds common units only.
func common(gram string) bool {
	for _, r := range gram {
		if r != '_' && !strings.ContainsRune(commonUnits, r) {
			return false
		}
	}
	return true
}

// lookup gives the terms of a query. Grams that no row has count in the weight: they are what the query asks beyond.
func (v *vocabulary) lookup(list []string) terms {
	var t terms
	slices.Sort(list)
	for _, gram := range slices.Compact(list) {
		pair := strings.Contains(gram, "_")
		if pair {
			t.pairs++
		}
		id, ok := v.id[gram]
		switch {
		case ok:
			t.ids = append(t.ids, id)
			t.weight += v.rarity[id]
		case common(gram):
			t.weight += min(v.unseen, maxCommon)
		case !pair:
			t.weight += v.unseen
		default:
			t.weight += v.unseen / 2 // the units of an unknown pair count already
		}
	}
	slices.Sort(t.ids)
	return t
}

// shared returns the rarity of what two lists of terms have in common, and how many pairs are in it.
func (v *vocabulary) shared(a, b []int32) (weight float64, pairs int) {
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case a[i] < b[j]:
			i++
		case a[i] > b[j]:
			j++
		default:
			weight += v.rarity[a[i]]
			if v.pair[a[i]] {
				pairs++
			}
			i++
			j++
		}
	}
	return weight, pairs
}

// ask prepares a message and its clauses; the whole message is the first.
func (r *ranker) ask(words string, clauses []string) []asked {
	queries := make([]asked, 0, 1+len(clauses))
	for _, text := range append([]string{words}, clauses...) {
		list := units(text)
		queries = append(queries, asked{
			normal: text,
			runes:  []rune(text),
			words:  r.words.lookup(grams(list)),
			sounds: r.sounds.lookup(grams(syllables(list))),
		})
	}
	return queries
}

// recall returns up to n wordings and titles that share the rarest grams with any of the queries, as rows.
func (r *ranker) recall(queries []asked, n int) []int {
	shared := make([]float64, len(r.rows))
	var rows []int
	add := func(v *vocabulary, ids []int32, boost float64) {
		for _, id := range ids {
			for _, i := range v.in[id] {
				if shared[i] == 0 {
					rows = append(rows, int(i))
				}
				shared[i] += boost * v.rarity[id]
			}
		}
	}
	for k := range queries {
		add(&r.words, queries[k].words.ids, 1)
		add(&r.sounds, queries[k].sounds.ids, boostPinyin)
	}
	for _, i := range rows { // a long row shares much by chance
		shared[i] /= math.Sqrt(1 + r.rows[i].words.weight)
	}
	slices.SortFunc(rows, func(a, b int) int {
		return cmp.Or(cmp.Compare(shared[b], shared[a]), cmp.Compare(a, b))
	})
	return append(rows[:min(n, len(rows))], r.same[queries[0].normal]...)
}

// rank scores the rows of the articles that the candidates belong to, and gives each article the score of its best row.
func (r *ranker) rank(queries []asked, candidates []int, lib *Library) []scored {
	wanted := make([]bool, len(r.byArticle))
	var hits []scored
	for _, c := range candidates {
		article := r.rows[c].article
		if wanted[article] {
			continue
		}
		wanted[article] = true
		if hit, ok := r.article(queries, article, lib); ok {
			hits = append(hits, hit)
		}
	}
	byP(hits)
	return hits
}

// scored is a hit, and whether its row is nearly the message or one clause of it.
type scored struct {
	Hit
	near bool
}

// unknownCodes returns the texts of codes that no article explains and no wording names.
func (r *ranker) unknownCodes(codes []Code) []string {
	var out []string
	for _, c := range codes {
		if _, named := r.words.id[strings.ToLower(c.Text)]; !c.Known && !named {
			out = append(out, c.Text)
		}
	}
	return out
}

// asked is a query in the form of a row.
type asked struct {
	normal string
	runes  []rune
	words  terms
	sounds terms
	lcs    []int // working space
}

// article scores one article: the first query is the whole message, the others are its clauses.
func (r *ranker) article(queries []asked, article int, lib *Library) (scored, bool) {
	best, bestRow, bestQuery, text, related := math.Inf(-1), -1, 0, 0.0, false
	for _, i := range r.byArticle[article] {
		w := &r.rows[i]
		if w.text {
			both, _ := r.words.shared(queries[0].words.ids, w.words.ids)
			text = max(text, ratio(both, queries[0].words.weight))
			continue
		}
		for k := range queries {
			score, like := r.score(&queries[k], w)
			if k > 0 {
				score += weights.clause * (1 - ratio(queries[k].words.weight, queries[0].words.weight))
			}
			if score > best {
				best, bestRow, bestQuery = score, int(i), k
			}
			related = related || like
		}
	}
	if bestRow < 0 {
		return scored{}, false
	}
	best += weights.text * text
	if !related {
		best += weights.unrelated
	}
	a := &lib.Articles[article]
	hit := Hit{Article: a.ID, Title: a.Title, Wording: r.rows[bestRow].wording, Score: best, P: logistic(best)}
	return scored{hit, r.near(&queries[bestQuery], &r.rows[bestRow])}, true
}

// nearly is the share of either side that a query and a row have in common when the one is nearly the other.
const nearly = 0.8

func (r *ranker) near(q *asked, w *row) bool {
	both, _ := r.words.shared(q.words.ids, w.words.ids)
	return ratio(both, q.words.weight) >= nearly && ratio(both, w.words.weight) >= nearly
}

// score returns the score of a row, and whether it has anything in common with the query.
func (r *ranker) score(q *asked, w *row) (score float64, like bool) {
	both, pairs := r.words.shared(q.words.ids, w.words.ids)
	sounds, _ := r.sounds.shared(q.sounds.ids, w.sounds.ids)
	if both == 0 && sounds == 0 {
		return weights.bias, false
	}
	lcs := float64(q.common(w.runes))
	covered := ratio(both, w.words.weight)
	thin := max(0, 1-q.words.weight/enough) * (1 - covered)
	score = weights.bias +
		weights.cover*ratio(both, q.words.weight) +
		weights.covered*covered +
		weights.thin*thin +
		weights.dice*ratio(float64(2*pairs), float64(q.words.pairs+w.words.pairs)) +
		weights.pinyin*ratio(2*sounds, q.sounds.weight+w.sounds.weight) +
		weights.lcs*ratio(lcs, float64(len(q.runes))) +
		weights.lcsRow*ratio(lcs, float64(len(w.runes)))
	if q.normal == w.normal {
		score += weights.exact
	}
	return score, true
}

// common returns the length of the longest common subsequence of the query and a row, in characters.
func (q *asked) common(row []rune) int {
	if cap(q.lcs) < len(row)+1 {
		q.lcs = make([]int, len(row)+1)
	}
	line := q.lcs[:len(row)+1]
	clear(line)
	for _, a := range q.runes {
		diagonal := 0
		for j, b := range row {
			above := line[j+1]
			if a == b {
				line[j+1] = diagonal + 1
			} else {
				line[j+1] = max(above, line[j])
			}
			diagonal = above
		}
	}
	return line[len(row)]
}

func ratio(part, whole float64) float64 {
	if whole <= 0 {
		return 0
	}
	return min(part/whole, 1)
}

func logistic(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
