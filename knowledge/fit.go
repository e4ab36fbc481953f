package knowledge

import (
	"context"
	"encoding/json"
	"math"
	"slices"
)

// Fit chooses the weights of the model by sets of messages. The ranker's weights make the right article's share of
// exp(score) as large as may be among the candidates of each message; the signs' weights tell right hits from wrong ones,
// with every message asked a second time while its articles are left out. unrelated are messages that nothing answers.
//
// It returns the model as the JSON of model.json. It is deterministic.
func Fit(fitted string, sets []Set, unrelated []string) ([]byte, error) {
	m := *shipped()
	m.Fitted = fitted
	var lists []instances
	for _, set := range sets {
		list, err := set.instances(&m)
		if err != nil {
			return nil, err
		}
		lists = append(lists, list)
	}
	m.Ranker = fitRanker(lists)
	m.Meaning = byHandMeaning
	m.Middle = 0
	middle, err := sets[0].verdicts(&m, nil)
	if err != nil {
		return nil, err
	}
	rights := 0.0
	for _, c := range middle {
		if c.right && c.kind == kindNew {
			rights++
			m.Middle += (c.like - m.Middle) / rights
		}
	}
	var cases []verdictCase
	for k, set := range sets {
		list, err := set.verdicts(&m, unrelated)
		if err != nil {
			return nil, err
		}
		var counts [kinds]float64
		for _, c := range list {
			counts[c.kind]++
		}
		for i := range list {
			list[i].weight = traffic[list[i].kind] / counts[list[i].kind]
			if k == 0 {
				list[i].weight *= float64(max(1, len(sets)-1)) // the first set is the one that matters
			}
		}
		cases = append(cases, list...)
	}
	m.Judge = fitJudge(cases)
	m.Operating = operatingOf(&m, cases)
	return json.MarshalIndent(m, "", "  ")
}

// instances are the candidates of each message of a set: for each article whether it is right, and the features of its rows.
type instances [][]option

type option struct {
	right bool
	rows  []vector
}

func (s Set) instances(m *model) (instances, error) {
	st := &state{library: s.Library, ranker: newRanker(&s.Library, m)}
	var out instances
	for _, q := range s.Asked {
		skip := st.skipping(s.leaves(q))
		l := st.look(q.Text, skip)
		if l.words == "" {
			continue
		}
		texts := st.ranker.covering(l.queries[0])
		var list []option
		found := false
		seen := map[int32]bool{}
		for _, i := range st.ranker.recall(l.queries, candidates, skip) {
			a := st.ranker.rows[i].article
			if seen[a] {
				continue
			}
			seen[a] = true
			c := option{right: slices.Contains(q.Relevant, s.Library.Articles[a].ID)}
			for _, l := range st.ranker.article(l.queries, a, texts, skip) {
				c.rows = append(c.rows, l.x)
			}
			if len(c.rows) > 0 {
				found = found || c.right
				list = append(list, c)
			}
		}
		if found {
			out = append(out, list)
		}
	}
	return out, nil
}

const (
	rounds = 300
	shrink = 0.0005 // of the squares of the weights
	byHand = 6.0    // weight of an exact match: left-one-out messages have none
	// byHandWithin is the least weight of a wording that has all of a message: 商户状态异常 means 提示商户状态异常.
	byHandWithin = 1.5
	// byHandMeaning was the best of six for the library and the sets.
	byHandMeaning = 3.0
	ownShare      = 0.3 // of each of the first three sets, the library's own wordings, which are easier to tell apart
	minMove       = 1e-4
)

// fitRanker descends the listwise loss with Adam; each set counts the same. The row of an article is the best one under the
// weights of the moment.
func fitRanker(sets []instances) vector {
	var w, first, second vector
	w[fCover], w[fPinyin], w[fEntry] = 3, 1, 3
	for t := 1; t <= rounds; t++ {
		var grad vector
		for k, set := range sets {
			share := 1 / float64(len(set)*len(sets))
			if k < 3 {
				share *= ownShare
			}
			for _, list := range set {
				score, at := make([]float64, len(list)), make([]int, len(list))
				top := math.Inf(-1)
				for k, c := range list {
					score[k] = math.Inf(-1)
					for i := range c.rows {
						if s := w.dot(&c.rows[i]); s > score[k] {
							score[k], at[k] = s, i
						}
					}
					top = max(top, score[k])
				}
				all, right := 0.0, 0.0
				for k := range score {
					score[k] = math.Exp(score[k] - top)
					all += score[k]
					if list[k].right {
						right += score[k]
					}
				}
				for k := range score {
					d := score[k] / all
					if list[k].right {
						d -= score[k] / right
					}
					if math.Abs(d) < minMove {
						continue
					}
					for f, x := range list[k].rows[at[k]] {
						grad[f] += share * d * x
					}
				}
			}
		}
		rate := 0.1
		if t > rounds*2/3 {
			rate = 0.02
		}
		adam(w[:], grad[:], first[:], second[:], t, rate, shrink)
		w[fExact], w[fThin], w[fWithin] = byHand, 0, max(w[fWithin], byHandWithin) // what is thin is for the judge
	}
	return w
}

// adam takes one step down a gradient.
func adam(w, grad, first, second []float64, t int, rate, shrink float64) {
	for f := range w {
		g := grad[f] + shrink*w[f]
		first[f] = .9*first[f] + .1*g
		second[f] = .99*second[f] + .01*g*g
		w[f] -= rate * first[f] / (1 - math.Pow(.9, float64(t))) / (math.Sqrt(second[f]/(1-math.Pow(.99, float64(t)))) + 1e-8)
	}
}

// verdictCase is one hit that is right or not.
type verdictCase struct {
	x      verdict
	right  bool
	best   bool // it is the first of its list
	kind   int
	like   float64 // of the vectors
	weight float64 // those of a set sum to 1, of the first to as much as all others together
}

// Kinds of messages in the cases of a set.
const (
	kindNew       = iota // the library has the entry, in other words
	kindCopy             // … and in these words
	kindGone             // the entry was left out
	kindUnrelated        // it is about other things
	kinds
)

// traffic is how often each kind is expected among merchants' messages. Probabilities follow it.
var traffic = [kinds]float64{.60, .15, .15, .10}

// judged is how many hits of a list are judged.
const judged = 3

func (s Set) verdicts(m *model, unrelated []string) ([]verdictCase, error) {
	x, err := NewIndex(s.Library)
	if err != nil {
		return nil, err
	}
	defer x.Close()
	if err := x.Learn(context.Background()); err != nil {
		return nil, err
	}
	st := x.current.Load()
	st.ranker.model = m
	of := func(string) *state { return st }
	if s.LeaveOneOut {
		of = s.leftOut(st)
	}
	var out []verdictCase
	add := func(st *state, kind int, text string, relevant []string, skip func(int32) bool) error {
		l := st.look(text, skip)
		if l.most < 1 {
			return nil // held down by rule
		}
		hits, err := st.find(l, Query{Limit: judged}, skip)
		for i := range hits[:min(judged, len(hits))] {
			out = append(out, verdictCase{x: signsOf(hits, i), right: slices.Contains(relevant, s.Library.Articles[hits[i].article].ID), best: i == 0, kind: kind, like: hits[i].like})
		}
		return err
	}
	for _, q := range s.Asked {
		skip := st.skipping(s.leaves(q))
		gone := func(i int32) bool {
			return slices.Contains(q.Relevant, s.Library.Articles[st.ranker.rows[i].article].ID)
		}
		if err := add(of(s.leaves(q)), kindNew, q.Text, q.Relevant, skip); err != nil {
			return nil, err
		}
		if err := add(of(s.leaves(q)), kindGone, q.Text, nil, gone); err != nil {
			return nil, err
		}
	}
	for _, a := range s.Library.Articles {
		for _, w := range a.Wordings {
			if err := add(st, kindCopy, w, []string{a.ID}, nil); err != nil {
				return nil, err
			}
		}
	}
	for _, text := range unrelated {
		if err := add(st, kindUnrelated, text, nil, nil); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// fitJudge is a logistic regression.
func fitJudge(cases []verdictCase) verdict {
	var w, first, second verdict
	total := 0.0
	for _, c := range cases {
		total += c.weight
	}
	for t := 1; t <= 2*rounds; t++ {
		var grad verdict
		for i := range cases {
			c := &cases[i]
			d := logistic(w.dot(&c.x))
			if c.right {
				d--
			}
			for f, x := range c.x {
				grad[f] += c.weight / total * d * x
			}
		}
		rate := 0.1
		if t > rounds {
			rate = 0.02
		}
		adam(w[:], grad[:], first[:], second[:], t, rate, 0)
	}
	return w
}

// operatingOf counts what thresholds give over the best hits.
func operatingOf(m *model, cases []verdictCase) []operating {
	var out []operating
	for at := .05; at < .985; at += .05 {
		told, right, possible, answered := 0.0, 0.0, 0.0, 0.0
		for i := range cases {
			c := &cases[i]
			if !c.best {
				continue
			}
			p := logistic(m.Judge.dot(&c.x))
			if c.kind <= kindCopy {
				possible += c.weight
			}
			if p < at {
				continue
			}
			told += c.weight
			if c.kind <= kindCopy {
				answered += c.weight
			}
			if c.right {
				right += c.weight
			}
		}
		if told > 0 {
			out = append(out, operating{At: round3(at), Precision: round3(right / told), Answered: round3(answered / possible)})
		}
	}
	return out
}
