package knowledge

import (
	"math"
	"math/bits"
	"slices"
	"sort"
)

// postings say which rows have a gram. Rows are numbered from 0; a row stands once under each of its grams.
//
// All of it is three slices of numbers: a gram costs 12 bytes, a gram in a row 4.
type postings struct {
	grams []gram  // rising
	start []int32 // rows of grams[i] are in[start[i]:start[i+1]], rising
	in    []int32
	rows  int
	mean  float64 // grams of a row, as often as they stand there
}

// newPostings takes the units of each row.
func newPostings(rows int, unitsOf func(int) []int32) postings {
	p := postings{rows: rows}
	total := 0
	for i := range rows {
		total += max(0, 2*len(unitsOf(i))-1)
	}
	all := make([]uint64, 0, total)
	for i := range rows {
		gramsOf(unitsOf(i), func(g gram) { all = append(all, g<<rowBits|uint64(i)) })
	}
	if rows > 0 {
		p.mean = float64(total) / float64(rows)
	}
	slices.Sort(all)
	all = slices.Compact(all)
	distinct := 0
	for i, v := range all {
		if i == 0 || v>>rowBits != all[i-1]>>rowBits {
			distinct++
		}
	}
	p.grams, p.start, p.in = make([]gram, 0, distinct), make([]int32, 0, distinct+1), make([]int32, len(all))
	for i, v := range all {
		if i == 0 || v>>rowBits != all[i-1]>>rowBits {
			p.grams, p.start = append(p.grams, v>>rowBits), append(p.start, int32(i))
		}
		p.in[i] = int32(v & (1<<rowBits - 1))
	}
	p.start = append(p.start, int32(len(all)))
	return p
}

// of returns the rows that have a gram.
func (p *postings) of(g gram) []int32 {
	if i, ok := slices.BinarySearch(p.grams, g); ok {
		return p.in[p.start[i]:p.start[i+1]]
	}
	return nil
}

// idf is the rarity of a gram that n rows have, as in BM25.
func (p *postings) idf(n int) float64 {
	return math.Log(1 + (float64(p.rows-n)+.5)/(float64(n)+.5))
}

// Parameters of BM25.
const (
	bm25K1 = 1.2
	bm25B  = 0.75
)

// bm25 is the weight of a gram that stands tf times in a row of n grams, beside its rarity; mean is the grams of a usual row.
func bm25(tf float64, n int, mean float64) float64 {
	return tf * (bm25K1 + 1) / (tf + bm25K1*(1-bm25B+bm25B*float64(n)/mean))
}

// budget is how many postings are walked for one query and field. Rare grams go first; what is beyond the budget is in so
// many rows that it names none. It is never reached below some ten thousand wordings.
const budget = 16000

// walk adds boost x BM25 of the terms to the rows' scores and returns the rows that had none yet. Each row counts a gram once.
func (p *postings) walk(t *terms, boost float64, length func(int32) int, score []float32, touched []int32) []int32 {
	order := make([]int, 0, len(t.grams))
	for i, rows := range t.rows {
		if len(rows) > 0 {
			order = append(order, i)
		}
	}
	sort.Slice(order, func(a, b int) bool { return len(t.rows[order[a]]) < len(t.rows[order[b]]) })
	walked := 0
	for k, i := range order {
		rows := t.rows[i]
		if walked += len(rows); walked > budget && k > 0 {
			break
		}
		for _, row := range rows {
			if score[row] == 0 {
				touched = append(touched, row)
			}
			score[row] += float32(boost * t.idf[i] * bm25(1, length(row), p.mean))
		}
	}
	return touched
}

// terms are the distinct grams of a query with what a field knows about them.
type terms struct {
	grams  []gram
	idf    []float64
	rarity []float64 // idf, lowered for what is common in the language
	times  []int
	rows   [][]int32
	weight float64 // sum of the rarities; a pair that no row has counts half, for its units count already
	self   float64 // BM25 of the query in a row of its own words
	length int     // grams, as often as they stand there
	pairs  int     // distinct pairs
	slots  []int16 // hash table: 1 + index into grams
	shift  uint
}

// look makes the terms of a list of units.
func (p *postings) look(list []int32, common []bool) *terms {
	n := max(0, 2*len(list)-1)
	t := &terms{length: n, grams: make([]gram, 0, n), idf: make([]float64, 0, n), rarity: make([]float64, 0, n), times: make([]int, 0, n), rows: make([][]int32, 0, n)}
	size := 16
	for size < 4*n {
		size *= 2
	}
	t.slots, t.shift = make([]int16, size), uint(65-bits.Len(uint(size)))
	unseen := p.idf(0)
	add := func(g gram, isPair, isCommon bool) {
		if at := t.find(g); at >= 0 {
			t.times[at]++
			return
		}
		t.put(g)
		rows := p.of(g)
		idf := p.idf(len(rows))
		rarity, weight := idf, idf
		if len(rows) == 0 && isPair {
			weight = unseen / 2
		}
		if isCommon {
			rarity, weight = min(rarity, maxCommon), min(weight, maxCommon)
		}
		if isPair {
			t.pairs++
		}
		t.grams, t.idf, t.rarity, t.times, t.rows = append(t.grams, g), append(t.idf, idf), append(t.rarity, rarity), append(t.times, 1), append(t.rows, rows)
		t.weight += weight
	}
	for i, u := range list {
		add(single(u), false, common[i])
		if i > 0 {
			add(pair(list[i-1], u), true, common[i-1] && common[i])
		}
	}
	for i := range t.grams {
		t.self += t.idf[i] * bm25(float64(t.times[i]), n, p.mean)
	}
	return t
}

const spread = 0x9E3779B97F4A7C15

// find returns the place of a gram in the terms, or -1.
func (t *terms) find(g gram) int {
	for at := (g * spread) >> t.shift; ; at = (at + 1) & uint64(len(t.slots)-1) {
		i := t.slots[at]
		if i == 0 {
			return -1
		}
		if t.grams[i-1] == g {
			return int(i - 1)
		}
	}
}

// put takes the place for the gram that is appended next.
func (t *terms) put(g gram) {
	at := (g * spread) >> t.shift
	for t.slots[at] != 0 {
		at = (at + 1) & uint64(len(t.slots)-1)
	}
	t.slots[at] = int16(len(t.grams) + 1)
}
