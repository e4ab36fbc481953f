// What can happen to a dialogue, one of each kind, for Walk.

package flows

import (
	"slices"
	"strings"
)

// happens lists an input of every kind that may come in a place. Merchants' words come as a voice with something masked in it, which
// adds the most to what is said.
func (f *Flow) happens(p place) []event {
	desk := []event{{name: "an agent claims", in: Input{Kind: Claimed}}}
	if f.agent(p.st) {
		return append(desk, f.fromOutside(p, event{name: "an agent gives back", in: Input{Kind: Released}}, event{name: "an agent passes on", in: Input{Kind: Queued}},
			event{name: "an agent closes", in: Input{Kind: Closed}})...)
	}
	evs := append(desk, f.steering()...)
	evs = append(evs, f.topics()...)
	evs = append(evs, f.taps(p.st)...)
	for _, kind := range []string{"image", "voice", "location", "hologram"} {
		evs = append(evs, event{name: "sends " + kind, in: Input{Kind: Media, Media: kind}})
	}
	evs = append(evs, event{name: "sends a voice with words", in: Input{Kind: Media, Media: "voice", Listening: true}}, event{name: "a voice without words", in: Input{Kind: Unheard}},
		event{name: "follows", in: Input{Kind: Followed}}, event{name: "is bound", in: Input{Kind: Bound, Shop: "川味小馆"}}, event{name: "is bound to another", in: Input{Kind: Bound, Shop: "晨光便利店"}, other: true})
	if p.st.At != "closed" {
		evs = append(evs, event{name: "a person outside closes", in: Input{Kind: Closed}})
	}
	if p.st.At != "person" && p.st.At != "escalating" {
		evs = append(evs, event{name: "a ticket is late", in: Input{Kind: Late, Answered: &TicketState{No: "T1", Status: "OPEN", Late: true}}},
			event{name: "news for people", in: Input{Kind: News}})
		evs = append(evs, event{name: "a delivery is unsure", in: Input{Kind: Queued}})
	}
	for _, kind := range timerKinds {
		evs = append(evs, event{name: "timer " + kind, in: Input{At: day, Kind: Timer, Timer: kind}})
	}
	return f.fromOutside(p, append(evs, f.proofs(p.st)...)...)
}

// proofs are numbers, codes and what becomes of them.
func (f *Flow) proofs(st State) []event {
	evs := []event{spoke("a code", Input{Text: "[验证码]", Coded: true}), spoke("an old code", Input{Text: "[验证码]", Coded: true, Expired: true}),
		spoke("a sixth code", Input{Text: "[验证码]", Coded: true, Spent: true}), spoke("a merchant number", Input{Text: "822100058120002", Number: "822100058120002"}),
		spoke("a sixth number", Input{Text: "822100058120002", Number: "822100058120002", Spent: true}),
		spoke("no code", Input{Text: "没收到验证码"}), spoke("a terminal number", Input{Text: "20264102", NotNumber: true}), {name: "taps verify once more", in: Input{Kind: Chose, Choice: "verify", Spent: true}}}
	if st.Waits == VerifyStart || st.Waits == VerifyConfirm {
		for _, p := range []string{ProofSent, ProofUnsent, ProofRefused, ProofUnknown, ProofFailed} {
			evs = append(evs, event{name: "proof " + p, in: Input{Kind: Proof, Proof: p}})
		}
	}
	return evs
}

const day = reopenFor

// fromOutside adds what the acquirer may answer.
func (f *Flow) fromOutside(p place, evs ...event) []event {
	if p.bound {
		evs = append(evs, f.records()...)
	}
	if n := len(p.tickets); n > 0 && p.tickets[n-1].Status == "SENDING" {
		evs = append(evs, f.answers()...)
	}
	return evs
}

func spoke(name string, in Input) event {
	in.Kind, in.Spoken, in.Masked = Said, true, []string{"card"}
	return event{name: "says " + name, in: in}
}

// steering are words that steer the dialogue, or are not understood.
func (f *Flow) steering() []event {
	var evs []event
	for _, name := range order {
		if w := append(slices.Clone(f.Intents[name].Whole), f.Intents[name].Within...); len(w) > 0 {
			evs = append(evs, spoke(w[0], Input{Text: w[0]}))
			if name == "progress" {
				after := spoke(w[0]+" after news", Input{Text: w[0]})
				after.news = true
				evs = append(evs, after)
			}
		}
	}
	for _, id := range []string{"leave", "solved", "unsolved", "ticket", "again"} {
		evs = append(evs, spoke(f.Choices[id].Text, Input{Text: f.Choices[id].Text}))
	}
	nonsense := strings.Repeat("紫色的大象在唱歌", 2)
	evs = append(evs, spoke("1", Input{Text: "1"}), spoke("nonsense", Input{Text: nonsense}),
		spoke("something near", Input{Text: nonsense, Offers: []Topic{{ID: "a", Title: "甲"}, {ID: "b", Title: "乙"}}}),
		spoke("an unknown code", Input{Text: "Z9", Codes: []Code{{Text: "Z9"}}}))
	if len(f.Table.Checks) > 0 {
		c := f.Table.Checks[0]
		evs = append(evs, spoke("evidence", Input{Text: nonsense, Evidence: []Evidence{{Check: c.ID, Answer: c.Answers[0].ID}}}))
	}
	return evs
}

// topics are articles of every move, and with causes of every kind.
func (f *Flow) topics() []event {
	var evs []event
	add := func(t Topic) {
		t.Title, t.Brief = t.ID, "先换个方式收款"
		evs = append(evs, spoke(t.ID, Input{Text: t.ID, Topic: &t, Sure: 0.95}))
	}
	for _, move := range []string{"answer", "clarify", "diagnose", "acquirer", "reject", "human"} {
		add(Topic{ID: "article to " + move, Object: "merchant", Move: move})
	}
	add(Topic{ID: "small talk", Move: "answer"})
	for _, ticket := range []bool{true, false} {
		i := slices.IndexFunc(f.Table.Causes, func(c Cause) bool { return c.Ticket == ticket })
		if i < 0 {
			continue
		}
		add(Topic{ID: "article to diagnose " + f.Table.Causes[i].ID, Object: "merchant", Move: "diagnose", Causes: []string{f.Table.Causes[i].ID}})
		add(Topic{ID: "article to acquirer " + f.Table.Causes[i].ID, Object: "merchant", Move: "acquirer", Causes: []string{f.Table.Causes[i].ID}})
	}
	return evs
}

// taps are the choices on the screen, and those that may still be on it from before.
func (f *Flow) taps(st State) []event {
	var evs []event
	ids := []string{"human", "solved", "unsolved", "ticket", "request", "leave", "again", "cancel", "end", "verify", "later", "submit", "add", "notyet", "x:y"}
	if st.Pending != nil {
		for _, c := range st.Pending.Choices {
			if !slices.Contains(ids, c.ID) {
				ids = append(ids, c.ID)
			}
		}
	}
	for _, id := range ids {
		in := Input{Kind: Chose, Choice: id}
		if strings.HasPrefix(id, "article:") {
			in.Topic, in.Sure = &Topic{ID: strings.TrimPrefix(id, "article:"), Title: id, Object: "merchant", Move: "answer"}, 1
		}
		evs = append(evs, event{name: "taps " + id, in: in})
		if id == "ticket" || id == "submit" { // a moment after a proof
			in.Fresh = true
			evs = append(evs, event{name: "taps " + id + ", just proven", in: in})
		}
	}
	return append(evs, event{name: "taps leave with words", in: Input{Kind: Chose, Choice: "leave", Text: "回电话"}})
}

// records are what the acquirer may say of a merchant.
func (f *Flow) records() []event {
	evs := []event{{name: "a clear record", in: Input{Kind: Record}}, {name: "no record", in: Input{Kind: Record, Failed: true}},
		{name: "a record for people", in: Input{Kind: Record, Person: true}}}
	for _, c := range f.Table.Causes {
		if len(c.Facts) > 0 {
			fact := Fact{State: c.Facts[0], Text: c.Title}
			evs = append(evs, event{name: "a record of " + c.ID, in: Input{Kind: Record, Facts: []Fact{fact}}})
			if len(evs) > 4 {
				break
			}
		}
	}
	return evs
}

// answers are what may become of a ticket.
func (f *Flow) answers() []event {
	return []event{
		{name: "the ticket is open", in: Input{Kind: Ticket, Answered: &TicketState{No: "T1", Status: "OPEN"}}},
		{name: "the ticket is rejected", in: Input{Kind: Ticket, Answered: &TicketState{No: "T1", Status: "REJECTED"}}},
		{name: "the ticket has failed", in: Input{Kind: Ticket, Failed: true}},
		{name: "the ticket's outcome is unknown", in: Input{Kind: Ticket, Unknown: true}},
	}
}
