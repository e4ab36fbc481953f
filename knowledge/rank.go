package knowledge

import (
	"cmp"
	"math"
	"slices"
)

// scored is an article with the row that came closest.
type scored struct {
	article int32
	best    likeness
	score   float64
	like    float64 // cosine of the message and the article
	meant   bool    // there is one
	p       float64 // that it is the right one
	most    float64 // what p may be at most, by a rule or because an earlier hit is no likelier
}

// rank scores the articles that the candidates belong to, each by its best row, the best first.
func (r *ranker) rank(queries []*asked, candidates []int32, articles []int32, skip func(int32) bool) []scored {
	texts := r.covering(queries[0])
	var meant []float32
	if r.vectors != nil {
		meant = r.vectors.vector(queries[0].traits)
	}
	seen := make(map[int32]bool, len(candidates))
	var hits []scored
	add := func(article int32) {
		if seen[article] {
			return
		}
		seen[article] = true
		best := scored{article: article, score: math.Inf(-1)}
		for _, l := range r.article(queries, article, texts, skip) {
			if s := r.model.Ranker.dot(&l.x); s > best.score {
				best.best, best.score = l, s
			}
		}
		if !math.IsInf(best.score, -1) {
			if meant != nil {
				best.meant = true
				best.like = r.vectors.like(meant, article)
				best.score += r.model.Meaning * (best.like - r.model.Middle)
			}
			hits = append(hits, best)
		}
	}
	for _, c := range candidates {
		add(r.rows[c].article)
	}
	for _, a := range articles {
		add(a)
	}
	slices.SortFunc(hits, func(a, b scored) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.article, b.article))
	})
	return hits
}

// covering returns for every article the share of the message, by rarity, that its cause, impact and solution have.
func (r *ranker) covering(q *asked) []float64 {
	out := make([]float64, r.texts.rows)
	if len(r.texts.in) == 0 || q.words.weight == 0 {
		return out
	}
	for i, g := range q.words.grams {
		for _, a := range r.texts.of(g) {
			out[a] += q.words.rarity[i] / q.words.weight
		}
	}
	for i := range out {
		out[i] = min(out[i], 1)
	}
	return out
}
