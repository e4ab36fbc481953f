package flows

import (
	"math"
	"slices"
	"sort"
)

// Table is what a flow diagnoses with.
type Table struct {
	Causes []Cause `json:"causes"`
	Checks []Check `json:"checks"`
}

// Cause is one hypothesis.
type Cause struct {
	ID     string             `json:"id"`
	Title  string             `json:"title"`
	Object string             `json:"object"`
	Brief  string             `json:"brief"`
	Group  string             `json:"group"`
	Prior  float64            `json:"prior"`
	Yes    map[string]float64 `json:"yes"` // P(yes | cause) by check; a missing check tells nothing
	Facts  []string           `json:"facts,omitempty"`
	Ticket bool               `json:"ticket,omitempty"`
}

// Check is one question.
type Check struct {
	ID      string        `json:"id"`
	Ask     string        `json:"ask"`
	Short   string        `json:"short,omitempty"`
	Cost    float64       `json:"cost"`
	Skip    []Evidence    `json:"skip,omitempty"` // any of these makes the question pointless
	Answers []CheckAnswer `json:"answers"`
}

// CheckAnswer is one choice under a check: yes, no or unknown.
type CheckAnswer struct {
	ID    string   `json:"id"`
	Text  string   `json:"text"`
	Words []string `json:"words,omitempty"`
}

// Likely is a cause with its probability.
type Likely struct {
	ID string  `json:"id"`
	P  float64 `json:"p"`
}

const (
	topicFirst   = 5.0  // the cause that the topic names first is so much more likely than its prior says
	topicWeight  = 3.0  // and each other that it names
	provenWeight = 200  // a fact of the record proves the cause
	clearWeight  = 0.08 // the record was read and shows nothing of the kind: less likely, never impossible
	least        = 0.05 // likelihoods are clipped: the table holds estimates
)

func (t Table) cause(id string) *Cause {
	for i := range t.Causes {
		if t.Causes[i].ID == id {
			return &t.Causes[i]
		}
	}
	return nil
}

func (t Table) check(id string) *Check {
	for i := range t.Checks {
		if t.Checks[i].ID == id {
			return &t.Checks[i]
		}
	}
	return nil
}

func (c *Cause) yes(check string) (float64, bool) {
	p, ok := c.Yes[check]
	return min(max(p, least), 1-least), ok
}

// Posterior ranks the causes after all that is known, best first; equal ones in the order of the table. Causes that were tried
// without success are left out. It is naive Bayes: checks are taken as independent given the cause.
func (t Table) Posterior(st State) []Likely {
	out := make([]Likely, 0, len(t.Causes))
	var sum float64
	for i := range t.Causes {
		c := &t.Causes[i]
		if slices.Contains(st.Tried, c.ID) {
			continue
		}
		w := c.Prior
		if st.Topic != nil {
			switch slices.Index(st.Topic.Causes, c.ID) {
			case -1:
			case 0:
				w *= topicFirst
			default:
				w *= topicWeight
			}
		}
		for _, e := range st.Evidence {
			if p, ok := c.yes(e.Check); ok {
				switch e.Answer {
				case "yes":
					w *= p
				case "no":
					w *= 1 - p
				}
			}
		}
		if st.Read == "done" && len(c.Facts) > 0 {
			switch {
			case !proven(c, st.Facts):
				w *= clearWeight
			case c.touches(st):
				w *= provenWeight
			}
		}
		sum += w
		out = append(out, Likely{ID: c.ID, P: w})
	}
	if sum > 0 {
		for i := range out {
			out[i].P /= sum
		}
	}
	sort.SliceStable(out, func(i, j int) bool { return out[i].P > out[j].P })
	return out
}

func proven(c *Cause, facts []Fact) bool {
	for _, f := range facts {
		if slices.Contains(c.Facts, f.State) {
			return true
		}
	}
	return false
}

// touches says whether a cause can explain what the episode is about: a settlement account in trouble keeps money from arriving,
// it does not keep a card from being accepted.
func (c *Cause) touches(st State) bool {
	if c.Object != "settlement" || st.Topic == nil || st.Topic.Object == "settlement" || slices.Contains(st.Topic.Causes, c.ID) {
		return true
	}
	return slices.ContainsFunc(st.Evidence, func(e Evidence) bool { return e.Check == "money-missing" && e.Answer == "yes" })
}

// provenBy returns the cause that a fact proves, or nil.
func (t Table) provenBy(state string) *Cause {
	for i := range t.Causes {
		if slices.Contains(t.Causes[i].Facts, state) {
			return &t.Causes[i]
		}
	}
	return nil
}

// group returns the most likely action group and its probability.
func (t Table) group(post []Likely) (string, float64) {
	sums := map[string]float64{}
	best := ""
	for _, l := range post {
		g := t.cause(l.ID).Group
		sums[g] += l.P
		if best == "" || sums[g] > sums[best] {
			best = g
		}
	}
	return best, sums[best]
}

// objectWeight is how much more it counts to know what is in trouble than why: merchant, terminal, settlement and payer share no
// remedy, so a wrong guess there costs most.
const objectWeight = 2

// next returns the check that tells most per cost and is not known yet, or nil when none is worth asking. What a check tells is the
// expected fall of entropy over the causes and, weighted, over the objects, in bits.
func (t Table) next(st State, post []Likely, least float64) *Check {
	var best *Check
	bestGain := least
	before := t.doubt(post)
	for i := range t.Checks {
		c := &t.Checks[i]
		if slices.Contains(st.Asked, c.ID) || pointless(c, st.Evidence) {
			continue
		}
		yes := make([]Likely, len(post))
		no := make([]Likely, len(post))
		var pYes float64
		for j, l := range post {
			p, ok := t.cause(l.ID).yes(c.ID)
			if !ok {
				p = 0.5
			}
			yes[j] = Likely{ID: l.ID, P: l.P * p}
			no[j] = Likely{ID: l.ID, P: l.P * (1 - p)}
			pYes += l.P * p
		}
		after := pYes*t.doubt(scale(yes, pYes)) + (1-pYes)*t.doubt(scale(no, 1-pYes))
		gain := (before - after) / max(c.Cost, 0.1)
		if gain > bestGain {
			best, bestGain = c, gain
		}
	}
	return best
}

// pointless says that a check is answered, or that what is known makes it no question.
func pointless(c *Check, known []Evidence) bool {
	for _, e := range known {
		if e.Check == c.ID {
			return true
		}
		for _, s := range c.Skip {
			if s.Check == e.Check && s.Answer == e.Answer {
				return true
			}
		}
	}
	return false
}

func scale(ls []Likely, by float64) []Likely {
	if by > 0 {
		for i := range ls {
			ls[i].P /= by
		}
	}
	return ls
}

// doubt is the entropy over causes plus the weighted one over objects.
func (t Table) doubt(ls []Likely) float64 {
	var objects []string
	var sums []float64
	var h float64
	for _, l := range ls {
		h += bits(l.P)
		o := t.cause(l.ID).Object
		i := slices.Index(objects, o)
		if i < 0 {
			i = len(objects)
			objects, sums = append(objects, o), append(sums, 0)
		}
		sums[i] += l.P
	}
	for _, p := range sums {
		h += objectWeight * bits(p)
	}
	return h
}

func bits(p float64) float64 {
	if p <= 0 {
		return 0
	}
	return -p * math.Log2(p)
}
