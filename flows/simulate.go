package flows

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sort"
)

// Simulation says how a flow fares with merchants who are drawn from its own table: a cause by the priors, and the answer to each check
// by P(yes | cause). Field results differ as far as the table does; what it compares are ways to ask.
type Simulation struct {
	N       int      `json:"n"`
	Seed    uint64   `json:"seed"`
	Methods []Method `json:"methods"`
	// Reduced is the same on a part of the table that is small enough to try every order of questions.
	Reduced []Method `json:"reduced"`
}

// Method is one way to ask, and how it fared.
type Method struct {
	Name  string  `json:"name"`
	Top1  float64 `json:"top_1"`        // share whose true cause is thought the likeliest
	Top3  float64 `json:"top_3"`        // … is among the three likeliest
	Group float64 `json:"action_group"` // … for whom the right action was named
	Mean  float64 `json:"questions"`    // mean number of questions
	P90   int     `json:"questions_p90"`
}

// Shapes of what simulated merchants bring along; estimates, for figures that are printed beside.
const (
	unasked   = 0.25 // share of answers that the first message gives unasked
	withCode  = 0.4  // share of merchants who name a code, if one stands for their cause
	readFails = 0.05 // share of records that cannot be read
)

// recordShows are the families of causes that a readable record shows in a simulation.
var recordShows = []string{"documents", "dormant", "risk", "binding", "limits", "settlement-account", "permission"}

// fixedOrder is the order of questions that is as good as any that does not look at the answers: failed or not paid out, word on the
// screen, one card or all, one terminal or all, network.
var fixedOrder = []string{"money-missing", "status-word", "all-cards", "all-terminals", "no-network"}

// shopper is one drawn merchant.
type shopper struct {
	cause   int
	answers map[string]string // yes or no by check
	said    []Evidence        // told unasked, where the first message carries hints
	topic   *Topic
	unread  bool // the record cannot be read
}

// Simulate draws n merchants and lets them answer each way of asking. Topics with shares are the codes that merchants may name. The
// same arguments give the same figures.
func (f *Flow) Simulate(n int, seed uint64, topics []Topic) (Simulation, error) {
	out := Simulation{N: n, Seed: seed}
	draw := rand.New(rand.NewPCG(seed, 1))
	shoppers := make([]shopper, n)
	for i := range shoppers {
		shoppers[i] = f.Table.draw(draw, topics)
	}
	order := rand.New(rand.NewPCG(seed, 2))
	for _, m := range []struct {
		name string
		ask  func(*shopper) (State, error)
	}{
		{"dialogue", func(s *shopper) (State, error) { return f.play(s, false, false) }},
		{"dialogue with record", func(s *shopper) (State, error) { return f.play(s, true, false) }},
		{"dialogue, hints in the first message", func(s *shopper) (State, error) { return f.play(s, false, true) }},
		{"dialogue with record and hints", func(s *shopper) (State, error) { return f.play(s, true, true) }},
		{"fixed order", func(s *shopper) (State, error) { return s.asked(fixedOrder), nil }},
		{"random order", func(s *shopper) (State, error) {
			ids := make([]string, 0, f.Limits.Questions)
			for _, i := range order.Perm(len(f.Table.Checks))[:min(f.Limits.Questions, len(f.Table.Checks))] {
				ids = append(ids, f.Table.Checks[i].ID)
			}
			return s.asked(ids), nil
		}},
	} {
		r, err := f.measure(m.name, shoppers, m.ask)
		if err != nil {
			return out, err
		}
		out.Methods = append(out.Methods, r)
	}
	small := f.reduced(8, 8)
	for i := range shoppers {
		shoppers[i] = small.Table.draw(draw, nil)
	}
	r, err := small.measure("dialogue", shoppers, func(s *shopper) (State, error) { return small.play(s, false, false) })
	if err != nil {
		return out, err
	}
	best := newOptimum(small)
	o, err := small.measure("optimum", shoppers, func(s *shopper) (State, error) { return best.play(s), nil })
	out.Reduced = []Method{r, o}
	return out, err
}

// draw draws one merchant.
func (t *Table) draw(r *rand.Rand, topics []Topic) shopper {
	s := shopper{answers: map[string]string{}}
	var all float64
	for _, c := range t.Causes {
		all += c.Prior
	}
	at := r.Float64() * all
	for i, c := range t.Causes {
		if at -= c.Prior; at < 0 || i == len(t.Causes)-1 {
			s.cause = i
			break
		}
	}
	c := &t.Causes[s.cause]
	for _, check := range t.Checks {
		p, _ := c.yes(check.ID)
		answer := "no"
		if r.Float64() < p {
			answer = "yes"
		}
		s.answers[check.ID] = answer
		if r.Float64() < unasked {
			s.said = append(s.said, Evidence{Check: check.ID, Answer: answer})
		}
	}
	var shares float64
	for _, topic := range topics {
		shares += topic.Shares[c.ID]
	}
	names, at := r.Float64() < withCode, r.Float64()*shares
	for i := range topics {
		if share := topics[i].Shares[c.ID]; names && share > 0 {
			if at -= share; at < 0 {
				s.topic = &topics[i]
				break
			}
		}
	}
	s.unread = r.Float64() < readFails
	return s
}

// asked is what is known after these checks were asked.
func (s *shopper) asked(ids []string) State {
	var st State
	for _, id := range ids {
		if a, ok := s.answers[id]; ok {
			st.Asked = append(st.Asked, id)
			st.Evidence = append(st.Evidence, Evidence{Check: id, Answer: a, Asked: true})
		}
	}
	return st
}

// play lets the real dialogue ask until it tells a cause, and returns where it stands then.
func (f *Flow) play(s *shopper, record, hints bool) (State, error) {
	in := Input{Kind: Said, Text: "收不了款", Bound: record, Topic: &Topic{ID: "symptoms", Title: "收款不正常", Move: "diagnose"}}
	if hints {
		in.Evidence = s.said
		if s.topic != nil {
			t := *s.topic
			t.Move = "diagnose"
			in.Topic = &t
		}
	}
	st := State{At: f.Start}
	for range 3 * len(f.Table.Checks) {
		next, out, err := f.Next(st, in)
		if err != nil {
			return st, err
		}
		st = next
		switch {
		case out.Consult:
			in = Input{Kind: Record, Bound: true, Failed: s.unread}
			if c := &f.Table.Causes[s.cause]; !s.unread && slices.Contains(recordShows, c.ID) && len(c.Facts) > 0 {
				in.Facts = []Fact{{State: c.Facts[0], Text: c.Title}}
			}
		case st.Pending != nil && st.Pending.Kind == PromptCheck:
			in = Input{Kind: Chose, Bound: record, Choice: answerID(st.Pending.Ref, s.answers[st.Pending.Ref])}
		case st.Pending != nil && st.Pending.Kind == PromptWords:
			in = Input{Kind: Chose, Bound: record, Choice: "wordless"} // what stands there is no part of the table
		default:
			return st, nil
		}
	}
	return st, fmt.Errorf("the dialogue does not end: %+v", st)
}

// measure lets every merchant be asked one way.
func (f *Flow) measure(name string, shoppers []shopper, ask func(*shopper) (State, error)) (Method, error) {
	m := Method{Name: name}
	counts := make([]int, 0, len(shoppers))
	for i := range shoppers {
		s := &shoppers[i]
		st, err := ask(s)
		if err != nil {
			return m, err
		}
		post := f.Table.Posterior(st)
		cause := f.Table.Causes[s.cause]
		group, _, _ := f.Table.group(post)
		if c := f.Table.cause(st.Told); c != nil {
			group = c.Group
		} else if st.Pending != nil && st.Pending.Kind == PromptDecide { // for the acquirer, whatever the cause
			for _, l := range post {
				if f.ticketed(f.Table.cause(l.ID).Group) {
					group = f.Table.cause(l.ID).Group
					break
				}
			}
		}
		at := slices.IndexFunc(post, func(l Likely) bool { return l.ID == cause.ID })
		count(&m.Top1, at == 0)
		count(&m.Top3, at >= 0 && at < 3)
		count(&m.Group, group == cause.Group)
		m.Mean += float64(len(st.Asked))
		counts = append(counts, len(st.Asked))
	}
	n := float64(len(shoppers))
	m.Top1, m.Top3, m.Group, m.Mean = m.Top1/n, m.Top3/n, m.Group/n, m.Mean/n
	sort.Ints(counts)
	m.P90 = counts[len(counts)*9/10]
	return m, nil
}

func count(x *float64, right bool) {
	if right {
		*x++
	}
}

// reduced is the flow over the likeliest causes and the checks that tell most of them, each as asked on its own.
func (f *Flow) reduced(causes, checks int) *Flow {
	c := f.chooser()
	b, answered := f.numbers(State{})
	var keep []string
	for _, r := range c.rank(b, answered, c.doubt) {
		if len(keep) < checks {
			keep = append(keep, c.checks[r.check].ID)
		}
	}
	small := &Flow{ID: f.ID, Start: f.Start, States: f.States, Events: f.Events, Limits: f.Limits, Intents: f.Intents, Choices: f.Choices, Objects: f.Objects, Texts: f.Texts}
	for _, check := range f.Table.Checks {
		if slices.Contains(keep, check.ID) {
			small.Table.Checks = append(small.Table.Checks, check)
		}
	}
	post := f.Table.Posterior(State{})
	for _, cause := range f.Table.Causes {
		if at := slices.IndexFunc(post, func(l Likely) bool { return l.ID == cause.ID }); at < causes {
			small.Table.Causes = append(small.Table.Causes, cause)
		}
	}
	return small
}

// optimum knows the best next question for every set of answers, by trying all orders. It may ask as many questions as the dialogue,
// need not end early and pays nothing for a question.
type optimum struct {
	f    *Flow
	c    *chooser
	memo map[string]plan
}

type plan struct {
	check int // -1: nothing is worth asking
	value float64
}

func newOptimum(f *Flow) *optimum { return &optimum{f: f, c: f.chooser(), memo: map[string]plan{}} }

// best returns the best plan for mass b after these answers.
func (o *optimum) best(b []float64, answered []uint8, left int) plan {
	key := string(answered)
	if p, ok := o.memo[key]; ok {
		return p
	}
	p := plan{-1, o.c.best(b)}
	if left > 0 {
		y, n := make([]float64, len(b)), make([]float64, len(b))
		for i := range o.c.checks {
			if !o.c.askable(i, answered) {
				continue
			}
			o.c.split(b, i, y, n)
			answered[i] = 1
			v := o.best(slices.Clone(y), answered, left-1).value
			answered[i] = 2
			v += o.best(slices.Clone(n), answered, left-1).value
			answered[i] = 0
			if v > p.value+1e-12 {
				p = plan{i, v}
			}
		}
	}
	o.memo[key] = p
	return p
}

// play asks one merchant by the best plan.
func (o *optimum) play(s *shopper) State {
	var st State
	for left := o.f.Limits.Questions; left > 0; left-- {
		b, answered := o.f.numbers(State{})
		for _, e := range st.Evidence {
			i := o.c.check[e.Check]
			answered[i] = answers[e.Answer]
			y, n := make([]float64, len(b)), make([]float64, len(b))
			o.c.split(b, i, y, n)
			if b = y; e.Answer == "no" {
				b = n
			}
		}
		p := o.best(b, answered, left)
		if p.check < 0 {
			break
		}
		id := o.c.checks[p.check].ID
		st.Asked = append(st.Asked, id)
		st.Evidence = append(st.Evidence, Evidence{Check: id, Answer: s.answers[id], Asked: true})
	}
	return st
}
