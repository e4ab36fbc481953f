package knowledge

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// How vectors are learnt. Checked-in vectors no longer pass for current when one of these numbers changes (see keyOf); after a
// change of the way itself, give the recipe another name.
const (
	recipe      = "1"
	epochs      = 8
	batchPairs  = 128
	temperature = 0.07
	learnRate   = 0.05
	partners    = 6     // following wordings of its article that a wording is paired with
	leastSeen   = 2     // wordings that a trait is in, or it says nothing that its article does not
	fewest      = 200   // pairs from which there is something to learn
	mostRows    = 20000 // wordings up to which it is worth the time
	mostTraits  = 1 << 16
	seed        = 1
)

// lesson is what vectors are learnt from: pairs of texts of one meaning.
type lesson struct {
	pairs  [][2][]uint32
	groups []int // pairs of one group are never held apart
}

// lessonOf pairs the wordings of each article.
func lessonOf(lib *Library) lesson {
	var l lesson
	for i := range lib.Articles {
		a := &lib.Articles[i]
		var texts [][]uint32
		for k := -1; k < len(a.Wordings); k++ {
			texts = append(texts, traitsOfText(wordingOf(a, k)))
		}
		for j := range texts {
			for _, other := range texts[j+1 : min(len(texts), j+1+partners)] {
				l.add(texts[j], other, i)
				l.add(other, texts[j], i)
			}
		}
	}
	return l
}

func (l *lesson) add(a, b []uint32, group int) {
	l.pairs, l.groups = append(l.pairs, [2][]uint32{a, b}), append(l.groups, group)
}

// Pair is two texts of one meaning.
type Pair struct {
	A string `json:"a"`
	B string `json:"b"`
}

// learner is a table of vectors in the making.
type learner struct {
	pairs [][2][]int32 // traits by their place in the table
	table []float32
	sum   []float32 // of the squares of its gradients (Adagrad)
}

// learn makes vectors in which the two sides of a pair lie closer to each other than to the other pairs of their batch. It returns nil
// when there is too little to learn from, or ctx is done. The same lesson gives the same vectors.
func (l *lesson) learn(ctx context.Context, lib *Library) *meaning {
	if len(l.pairs) < fewest {
		return nil
	}
	m, t, wordings := l.traits()
	r := rand.New(rand.NewPCG(seed, uint64(len(l.pairs))))
	for i := range m.traits {
		rarity := math.Sqrt(math.Log(1 + float64(wordings.rows+1)/(float64(wordings.seen[m.traits[i]])+.5)))
		for d := range dims {
			t.table[i*dims+d] = float32(r.NormFloat64() / 8 * rarity)
		}
	}
	order := r.Perm(len(l.pairs))
	for range epochs {
		r.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		for at := 0; at+1 < len(order); at += batchPairs {
			if ctx.Err() != nil {
				return nil
			}
			t.batch(l.groups, order[at:min(at+batchPairs, len(order))])
		}
	}
	m.quantise(t.table)
	m.place(lib)
	return m
}

// seen counts in how many wordings of a library, or sides of a lesson, a trait is.
type seen struct {
	seen map[uint32]int
	rows int
}

func (s *seen) count(traits []uint32) {
	s.rows++
	list := slices.Clone(traits)
	slices.Sort(list)
	for _, h := range slices.Compact(list) {
		s.seen[h]++
	}
}

// traits numbers what is worth a vector.
func (l *lesson) traits() (*meaning, *learner, seen) {
	s := seen{seen: map[uint32]int{}}
	had := map[*uint32]bool{} // a wording is in several pairs
	for _, p := range l.pairs {
		for _, side := range p {
			if len(side) > 0 && !had[&side[0]] {
				had[&side[0]] = true
				s.count(side)
			}
		}
	}
	m := &meaning{}
	least := leastSeen
	for {
		m.traits = m.traits[:0]
		for h, n := range s.seen {
			if n >= least {
				m.traits = append(m.traits, h)
			}
		}
		if len(m.traits) <= mostTraits {
			break
		}
		least++
	}
	slices.Sort(m.traits)
	number := map[uint32]int32{}
	for i, h := range m.traits {
		number[h] = int32(i)
	}
	t := &learner{table: make([]float32, len(m.traits)*dims), sum: make([]float32, len(m.traits)*dims), pairs: make([][2][]int32, len(l.pairs))}
	for i, p := range l.pairs {
		for side, traits := range p {
			for _, h := range traits {
				if n, ok := number[h]; ok {
					t.pairs[i][side] = append(t.pairs[i][side], n)
				}
			}
		}
	}
	return m, t, s
}

// batch takes one step: softmax over the cosines of each left side with all right sides.
func (t *learner) batch(groups, chosen []int) {
	n := len(chosen)
	var v, grad [2][]float32
	var length [2][]float32
	for side := range 2 {
		v[side], grad[side], length[side] = make([]float32, n*dims), make([]float32, n*dims), make([]float32, n)
		for i, k := range chosen {
			x := v[side][i*dims:][:dims]
			for _, row := range t.pairs[k][side] {
				for d, y := range t.table[int(row)*dims:][:dims] {
					x[d] += y
				}
			}
			length[side][i] = max(unit(x), tiny)
		}
	}
	p := make([]float64, n)
	for i := range n {
		left, gradLeft := v[0][i*dims:][:dims], grad[0][i*dims:][:dims]
		all := 0.0
		for j := range n {
			p[j] = 0
			if j == i || groups[chosen[i]] != groups[chosen[j]] {
				p[j] = math.Exp(float64(dot(left, v[1][j*dims:][:dims])-1) / temperature)
			}
			all += p[j]
		}
		for j := range n {
			c := p[j] / all
			if j == i {
				c--
			}
			if math.Abs(c) < 1e-4 {
				continue
			}
			c32 := float32(c / temperature)
			right, gradRight := v[1][j*dims:][:dims], grad[1][j*dims:][:dims]
			for d := range dims {
				gradLeft[d] += c32 * right[d]
				gradRight[d] += c32 * left[d]
			}
		}
	}
	for side := range 2 {
		for i, k := range chosen {
			g, x := grad[side][i*dims:][:dims], v[side][i*dims:][:dims]
			along := dot(g, x)
			for d := range dims {
				g[d] = (g[d] - along*x[d]) / length[side][i]
			}
			for _, row := range t.pairs[k][side] {
				table, sum := t.table[int(row)*dims:][:dims], t.sum[int(row)*dims:][:dims]
				for d, y := range g {
					sum[d] += y * y
					table[d] -= learnRate * y / (float32(math.Sqrt(float64(sum[d]))) + 1e-4)
				}
			}
		}
	}
}

// quantise keeps each trait's vector in bytes, with a scale.
func (m *meaning) quantise(table []float32) {
	m.table, m.scale = make([]int8, len(table)), make([]float32, len(m.traits))
	for i := range m.traits {
		row := table[i*dims:][:dims]
		most := float32(tiny)
		for _, x := range row {
			most = max(most, x, -x)
		}
		m.scale[i] = most / 127
		for d, x := range row {
			m.table[i*dims+d] = int8(math.Round(float64(x / m.scale[i])))
		}
	}
}

// folds is how many parts the wordings are left out in, to measure.
const folds = 5

// foldOf is the part of a wording; titles are never left out.
func foldOf(article, wording int) int {
	if wording < 0 {
		return -1
	}
	return (article*3 + wording) % folds
}

// learnLeftOut learns the vectors of a library once for each part of its wordings that is left out.
func learnLeftOut(ctx context.Context, lib *Library, extra []Pair) [folds]*meaning {
	var out [folds]*meaning
	for f := range folds {
		less := *lib
		less.Articles = slices.Clone(lib.Articles)
		for i := range less.Articles {
			a := &less.Articles[i]
			var kept []string
			for k, w := range a.Wordings {
				if foldOf(i, k) != f {
					kept = append(kept, w)
				}
			}
			a.Wordings = kept
		}
		l := lessonOf(&less)
		l.addPairs(extra)
		out[f] = l.learn(ctx, &less)
	}
	return out
}

func (l *lesson) addPairs(extra []Pair) {
	for i, p := range extra {
		l.add(traitsOfText(p.A), traitsOfText(p.B), -1-i)
	}
}

// LearnShipped returns the content of meaning.bin for a library.
func LearnShipped(ctx context.Context, lib *Library) ([]byte, error) {
	l := lessonOf(lib)
	if m := l.learn(ctx, lib); m != nil {
		return m.encode(lib), nil
	}
	return nil, fmt.Errorf("there is too little to learn from: %w", ctx.Err())
}
