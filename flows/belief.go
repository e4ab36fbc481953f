// How likely each cause is, by all that is known.

package flows

import (
	"math"
	"slices"
	"sort"
)

// How much one piece of evidence may count, as factors on the odds of a cause.
const (
	topicFirst = 5.0  // the cause that the topic names first
	topicOther = 3.0  // and each other that it names, where the topic gives no shares
	proven     = 200  // a fact of the record proves the cause: it outweighs whatever was said
	unseen     = 0.08 // usual P(the record shows nothing | cause) for a cause that a record can show
	clip       = 20.0 // no other single piece of evidence counts for more than this factor, nor for less than its inverse
	least      = 0.05 // likelihoods of answers are clipped: the table holds estimates
)

// yes is P(check answered yes | cause). A check that the cause says nothing of is as likely either way.
func (c *Cause) yes(check string) (p float64, known bool) {
	p, known = c.Yes[check]
	if !known {
		return 0.5, false
	}
	return min(max(p, least), 1-least), true
}

// Posterior ranks the causes by all that is known, best first; equal ones in the order of the table. Causes that were tried without
// success are left out. Each piece of evidence adds to the log-odds of each cause what it says about it, clipped: topic, answers,
// record, a running incident. They are taken as independent given the cause (naive Bayes); 不知道 says nothing.
func (t *Table) Posterior(st State) []Likely {
	out := make([]Likely, 0, len(t.Causes))
	top := math.Inf(-1)
	share := t.topic(st.Topic)
	for i := range t.Causes {
		c := &t.Causes[i]
		if slices.Contains(st.Tried, c.ID) {
			continue
		}
		sum := math.Log(c.Prior)
		for _, w := range []float64{share[i], c.incident(st.Incident)} {
			sum += math.Log(min(max(w, 1/clip), clip))
		}
		for _, e := range st.Evidence {
			sum += math.Log(c.answered(e))
		}
		sum += math.Log(c.record(st))
		out = append(out, Likely{ID: c.ID, P: sum})
		top = max(top, sum)
	}
	var all float64
	for i := range out {
		out[i].P = math.Exp(out[i].P - top)
		all += out[i].P
	}
	for i := range out {
		out[i].P /= all
	}
	sort.SliceStable(out, func(i, j int) bool { return out[i].P > out[j].P })
	return out
}

// topic says for each cause by which factor the topic makes it likelier. Where the topic gives shares they are P(cause | topic), as for
// a response code with several causes behind it; the rest belongs to all others by their priors.
func (t *Table) topic(topic *Topic) []float64 {
	w := make([]float64, len(t.Causes))
	var named, prior, all float64
	for i := range t.Causes {
		c := &t.Causes[i]
		w[i] = 1
		all += c.Prior
		if topic == nil {
			continue
		}
		if s := topic.Shares[c.ID]; s > 0 {
			named += s
			prior += c.Prior
		} else if len(topic.Shares) == 0 {
			switch slices.Index(topic.Causes, c.ID) {
			case -1:
			case 0:
				w[i] = topicFirst
			default:
				w[i] = topicOther
			}
		}
	}
	if named == 0 {
		return w
	}
	rest := max(1-named, 0.02) / max(1-prior/all, 0.02)
	for i := range t.Causes {
		c := &t.Causes[i]
		w[i] = rest
		if s := topic.Shares[c.ID]; s > 0 {
			w[i] = s / (c.Prior / all)
		}
	}
	return w
}

// answered is P(this answer | cause).
func (c *Cause) answered(e Evidence) float64 {
	p, known := c.yes(e.Check)
	switch {
	case !known:
		return 1
	case e.Answer == "yes":
		return p
	case e.Answer == "no":
		return 1 - p
	}
	return 1
}

// incident is by which factor a running incident makes the cause likelier.
func (c *Cause) incident(in *Incident) float64 {
	if in == nil || !slices.Contains(in.Causes, c.ID) {
		return 1
	}
	return in.Weight
}

// record is what the acquirer's record says for or against the cause.
func (c *Cause) record(st State) float64 {
	switch {
	case st.Read != "done" || len(c.Facts) == 0:
		return 1
	case !c.shown(st.Facts):
		if c.Unseen > 0 {
			return c.Unseen
		}
		return unseen
	case c.touches(st):
		return proven
	}
	return 1
}

// shown says whether a fact of the record proves the cause.
func (c *Cause) shown(facts []Fact) bool {
	return slices.ContainsFunc(facts, func(f Fact) bool { return !f.Note && slices.Contains(c.Facts, f.State) })
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
func (t *Table) provenBy(state string) *Cause {
	for i := range t.Causes {
		if slices.Contains(t.Causes[i].Facts, state) {
			return &t.Causes[i]
		}
	}
	return nil
}

// group returns the most likely action group with its probability, and the likeliest cause in it.
func (t *Table) group(post []Likely) (name string, p float64, top Likely) {
	sums := map[string]float64{}
	for _, l := range post {
		g := t.cause(l.ID).Group
		sums[g] += l.P
		if name == "" || sums[g] > sums[name] {
			name = g
		}
	}
	for _, l := range post { // best first
		if t.cause(l.ID).Group == name {
			return name, sums[name], l
		}
	}
	return "", 0, Likely{}
}
