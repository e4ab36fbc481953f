package flows

import (
	"fmt"
	"slices"
	"sort"
)

// said in conduct.go and reply.go; Check makes sure that the data has them.
var (
	needChoices = []string{"solved", "unsolved", "human", "ticket", "request", "leave", "again", "cancel"}
	needEvents  = []string{"listen", "clarify", "ask", "propose", "tell", "consult", "write", "handover", "close"}
)

// Check lists what is unsound about a flow: states that cannot be reached or left, states without a way to a person, names that
// lead nowhere. A sound flow has none.
func (f *Flow) Check() []string {
	var faults []string
	add := func(format string, a ...any) { faults = append(faults, fmt.Sprintf(format, a...)) }
	if _, ok := f.States[f.Start]; !ok {
		add("start: there is no state %q", f.Start)
	}
	out := map[string][]string{}
	person := map[string]bool{}
	var names []string
	for _, e := range f.Events {
		names = append(names, e.Name)
		if _, ok := f.States[e.To]; !ok {
			add("event %s: there is no state %q to go to", e.Name, e.To)
		}
		for _, from := range e.From {
			if _, ok := f.States[from]; !ok {
				add("event %s: there is no state %q to come from", e.Name, from)
			}
			out[from] = append(out[from], e.To)
			person[from] = person[from] || e.Name == "handover"
		}
	}
	seen := map[string]bool{f.Start: true}
	for todo := []string{f.Start}; len(todo) > 0; todo = todo[1:] {
		for _, to := range out[todo[0]] {
			if !seen[to] {
				seen[to] = true
				todo = append(todo, to)
			}
		}
	}
	for _, s := range f.stateNames() {
		if !seen[s] {
			add("state %s cannot be reached", s)
		}
		if !slices.ContainsFunc(out[s], func(to string) bool { return to != s }) {
			add("state %s is a dead end", s)
		}
		if !person[s] {
			add("state %s has no way to a person (event handover)", s)
		}
	}
	for _, n := range needEvents {
		if !slices.Contains(names, n) {
			add("there is no event %s", n)
		}
	}
	for _, c := range needChoices {
		if f.Choices[c].Text == "" {
			add("choice %s has no text", c)
		}
	}
	for _, n := range order {
		if len(f.Intents[n].Whole)+len(f.Intents[n].Within) == 0 {
			add("intent %s has no words", n)
		}
	}
	for key, t := range f.Texts {
		if t == "" {
			add("text %s is empty", key)
		}
	}
	if l := f.Limits; l.Misses < 1 || l.Questions < 1 || l.Tried < 1 || l.Enough <= 0 || l.Enough > 1 || l.Sure <= 0 || l.Sure > 1 {
		add("limits: each must be set; enough and sure are probabilities")
	}
	for _, c := range f.Table.Checks {
		if n := len(c.Answers); n < 2 || c.Answers[n-1].ID != "unknown" {
			add("check %s needs two answers or more, the last of them unknown", c.ID)
		}
	}
	for _, c := range f.Table.Causes {
		if c.Prior <= 0 || c.Brief == "" || c.Group == "" {
			add("cause %s needs a prior, a brief and a group", c.ID)
		}
	}
	for _, o := range f.Objects {
		if f.Table.check(o.Check) == nil && len(f.Table.Checks) > 0 {
			add("object %s: there is no check %s", o.ID, o.Check)
		}
	}
	faults = append(faults, f.checkTalk()...)
	sort.Strings(faults)
	return faults
}

func (f *Flow) stateNames() []string {
	names := make([]string, 0, len(f.States))
	for s := range f.States {
		names = append(names, s)
	}
	sort.Strings(names)
	return names
}
