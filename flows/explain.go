package flows

import "slices"

// Explanation is why the dialogue stands where it stands: the same for the console, a ticket and `ask --json`.
type Explanation struct {
	Asked    []Answered `json:"asked,omitempty"`
	RuledOut []RuledOut `json:"ruled_out,omitempty"`
	Likely   []Likely   `json:"likely,omitempty"` // at most 5, best first
	Tried    []string   `json:"tried,omitempty"`  // ids of causes or articles that did not help
	Facts    []Fact     `json:"facts,omitempty"`  // of the record; that it is clear, or could not be read, is one too
}

// Answered is a check with its answer, asked or said unasked.
type Answered struct {
	Check  string `json:"check"`
	Ask    string `json:"ask"`
	Answer string `json:"answer"` // the words of the choice
	Asked  bool   `json:"asked"`
}

// RuledOut is a cause that is no longer likely, with the strongest reason.
type RuledOut struct {
	Cause string `json:"cause"`
	Why   string `json:"why"`
}

// unlikely is the probability under which a cause counts as ruled out.
const unlikely = 0.02

// Explain tells why the dialogue stands where it stands.
func (f *Flow) Explain(st State) Explanation {
	e := Explanation{Tried: slices.Clone(st.Tried), Facts: f.facts(st)}
	for _, ev := range st.Evidence {
		c := f.Table.check(ev.Check)
		if c == nil || !ev.Asked && st.Topic != nil && slices.Contains(st.Topic.Evidence, Evidence{Check: ev.Check, Answer: ev.Answer}) {
			continue // what the topic means by itself, its title says
		}
		words := ev.Answer
		for _, a := range c.Answers {
			if a.ID == ev.Answer {
				words = a.Text
			}
		}
		e.Asked = append(e.Asked, Answered{Check: c.ID, Ask: c.Ask, Answer: words, Asked: ev.Asked})
	}
	if st.Topic == nil || len(st.Evidence) == 0 && len(st.Topic.Causes) == 0 && st.Read != "done" {
		return e
	}
	post := f.Table.Posterior(st)
	for _, l := range post {
		switch {
		case l.P >= unlikely && len(e.Likely) < 5:
			e.Likely = append(e.Likely, l)
		case l.P < unlikely:
			if why := f.against(st, l.ID); why != "" {
				e.RuledOut = append(e.RuledOut, RuledOut{Cause: l.ID, Why: why})
			}
		}
	}
	return e
}

// facts is what is known beside the merchant's words, with the time it was observed.
func (f *Flow) facts(st State) []Fact {
	out := slices.Clone(st.Facts)
	switch {
	case st.Read == "done" && !held(out):
		out = append(out, Fact{State: "CLEAR", Text: f.Text("fact.CLEAR", nil), At: st.ReadAt})
	case st.Read == "failed":
		out = append(out, Fact{State: "UNREAD", Text: f.Text("fact.UNREAD", nil), At: st.ReadAt})
	}
	if in := st.Incident; in != nil {
		out = append(out, Fact{State: "INCIDENT", Text: in.Text, At: in.At})
	}
	return out
}

// against names the answer that speaks most against a cause.
func (f *Flow) against(st State, id string) string {
	c := f.Table.cause(id)
	least, why := 0.35, ""
	if st.Read == "done" && len(c.Facts) > 0 && !c.shown(st.Facts) {
		least, why = unseen, f.Text("ruled.record", nil)
	}
	for _, ev := range st.Evidence {
		p, ok := c.yes(ev.Check)
		if !ok || ev.Answer == "unknown" {
			continue
		}
		if ev.Answer == "no" {
			p = 1 - p
		}
		if p < least {
			check := f.Table.check(ev.Check)
			least, why = p, check.Short
			if ev.Answer == "no" {
				why = f.Text("ruled.no", map[string]string{"what": check.Short})
			}
		}
	}
	return why
}
