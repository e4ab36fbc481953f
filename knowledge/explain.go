package knowledge

import (
	"cmp"
	"math"
	"slices"
)

// Explanation says why a hit stands where it does.
type Explanation struct {
	Hit
	Words    []string // pieces of the message that the nearest wording has too, in order
	Parts    []Part   // what the score is the sum of, the weightiest first
	Sureness []Part   // what 1 / (1 + e^-sum) is made of, the weightiest first; P is that, but no more than AtMost
	AtMost   float64  // how likely a rule, or an earlier hit, lets this one be; 1 for neither
}

// Part is one summand.
type Part struct {
	Name   string
	Value  float64 // of the feature
	Weight float64
}

// Sum is what the part adds.
func (p Part) Sum() float64 { return p.Value * p.Weight }

// Explain searches as Search does, and says why.
func (x *Index) Explain(q Query) ([]Explanation, error) {
	return current(x, func(s *state) ([]Explanation, error) { return s.explain(q) })
}

func (s *state) explain(q Query) ([]Explanation, error) {
	skip := s.skipping(q.without)
	l := s.look(q.Text, skip)
	hits, err := s.find(l, q, skip)
	if err != nil {
		return nil, err
	}
	r := s.ranker
	var out []Explanation
	for i := range hits[:min(q.limit(), len(hits))] {
		h := &hits[i]
		e := Explanation{Hit: s.hit(h), AtMost: h.most, Words: r.sharedWords(l.queries[h.best.query], h.best.row)}
		for f, v := range h.best.x {
			e.Parts = append(e.Parts, Part{featureNames[f], v, r.model.Ranker[f]})
		}
		if h.meant {
			e.Parts = append(e.Parts, Part{"meaning", h.like - r.model.Middle, r.model.Meaning})
		}
		signs := signsOf(hits, i)
		for f, v := range signs {
			e.Sureness = append(e.Sureness, Part{signNames[f], v, r.model.Judge[f]})
		}
		e.Parts, e.Sureness = weightiest(e.Parts), weightiest(e.Sureness)
		out = append(out, e)
	}
	return out, nil
}

// weightiest drops what adds nothing and sorts the rest. What adds little stays, or the sum would not be what was said.
func weightiest(parts []Part) []Part {
	parts = slices.DeleteFunc(parts, func(p Part) bool { return p.Sum() == 0 })
	slices.SortStableFunc(parts, func(a, b Part) int { return cmp.Compare(math.Abs(b.Sum()), math.Abs(a.Sum())) })
	return parts
}

// sharedWords returns the longest pieces of a message that stand in a row.
func (r *ranker) sharedWords(q *asked, row int32) []string {
	name := map[int32]string{}
	for word, id := range r.lex.unit {
		if slices.Contains(q.units, id) {
			name[id] = word
		}
	}
	list := r.unitsOf(row)
	var out []string
	for i := 0; i < len(q.units); {
		n := 0
		for i+n < len(q.units) && stands(q.units[i:i+n+1], list) {
			n++
		}
		word := ""
		for _, u := range q.units[i : i+n] {
			word += name[u]
		}
		if n > 0 {
			out = append(out, word)
		}
		i += max(n, 1)
	}
	return out
}
