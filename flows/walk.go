// Running the flow through all that can happen to it, to find what reading its data cannot.

package flows

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Walk is what running a flow through all that can happen found.
type Walk struct {
	Places int          // states of a dialogue that were told apart
	Taken  map[Move]int // edges of the table, with how many inputs took them
	Faults []string     // inputs that the table refuses or that nobody answers, and paths of too many messages
	Worst  map[string]Path
}

// Path is what one act of a merchant leads to, with all that follows of itself.
type Path struct {
	From     string // the state it began in
	Inputs   []string
	Says     []string
	Messages int // of ours, as WeChat carries them
}

func (p Path) String() string {
	return fmt.Sprintf("%d messages from %s by %s: %s", p.Messages, p.From, strings.Join(p.Inputs, ", then "), strings.Join(p.Says, " | "))
}

// place is a state of a dialogue with what stands around it.
type place struct {
	st      State
	bound   bool
	tickets []TicketState
}

// key tells places apart that behave differently, and kind those that differ most. What was answered matters only by how much of it
// there is: the table of causes has its own tests.
func (p place) key(f *Flow) (kind, key string) {
	st, topic, pending, told, ticket := p.st, "", "", "", ""
	if t := st.Topic; t != nil {
		topic = fmt.Sprint(t.Move, t.Object == "", len(t.Causes) > 0)
	}
	if q := st.Pending; q != nil {
		pending = q.Kind
	}
	if c := f.Table.cause(st.Told); c != nil {
		told = fmt.Sprint(c.Ticket)
	}
	if n := len(p.tickets); n > 0 && p.tickets[n-1].Status != "FAILED" {
		ticket = fmt.Sprint(p.tickets[n-1].Status, p.tickets[n-1].About == (&talk{st: st}).about())
	}
	kind = fmt.Sprint(st.At, pending, told, st.Read, st.Waits, st.Misses, p.bound, st.For, st.Back != nil, st.Coming, st.Topic != nil && st.Topic.ID == newsTopic)
	return kind, fmt.Sprint(kind, topic, ticket, len(st.Tried) >= f.Limits.Tried-1, len(st.Asked) >= f.Limits.Questions-1)
}

// event is an input with a name for people.
type event struct {
	name  string
	in    Input
	other bool // bound to another merchant than before
	news  bool // a moment after news
}

// perKind is how many places of a kind are looked at: without a bound there are tens of thousands, and those beyond the first few of a
// kind have shown nothing new.
const perKind = 4

// Walk runs the flow breadth first through every kind of input in every place that it gets to. It needs causes and checks to diagnose
// with, takes seconds, and gives the same for the same flow. card is how many bytes the longest card takes.
func (f *Flow) Walk(card int) Walk { return f.walk(card, perKind) }

func (f *Flow) walk(card, perKind int) Walk {
	w := Walk{Taken: map[Move]int{}, Worst: map[string]Path{}}
	faults := map[string]bool{}
	seen, kinds := map[string]bool{}, map[string]int{}
	start := State{At: f.Start}
	for todo := []place{{st: start}, {st: start, bound: true}}; len(todo) > 0; todo = todo[1:] {
		p := todo[0]
		w.Places++
		for _, ev := range f.happens(p) {
			next, out, err := f.after(p, ev)
			if err != nil {
				faults[fmt.Sprintf("state %s, %s: %v", p.st.At, ev.name, err)] = true
				continue
			}
			for _, m := range out.Moves {
				w.Taken[m]++
			}
			words := ev.in.Kind == Said || ev.in.Kind == Chose
			if words && len(out.Steps) == 0 && p.st.At != "person" {
				faults[fmt.Sprintf("state %s, %s: the merchant gets no answer", p.st.At, ev.name)] = true
			}
			if grant := f.grant(ev.in.Kind); grant != "" {
				for _, path := range f.paths(next, out, Path{From: p.st.At, Inputs: []string{ev.name}}, grant, card) {
					if path.Messages > w.Worst[grant].Messages {
						w.Worst[grant] = path
					}
				}
			}
			if kind, key := next.key(f); !seen[key] && kinds[kind] < perKind {
				seen[key] = true
				kinds[kind]++
				todo = append(todo, next)
			}
		}
	}
	for _, grant := range slices.Sorted(maps.Keys(w.Worst)) {
		if worst := w.Worst[grant]; f.Quota[grant] > 0 && worst.Messages > f.Quota[grant] {
			faults[fmt.Sprintf("WeChat carries %d after a %s, and a path needs more: %s", f.Quota[grant], grant, worst)] = true
		}
	}
	for _, e := range f.Events {
		for _, from := range e.From {
			if m := (Move{from, e.Name, e.To}); w.Taken[m] == 0 {
				faults[fmt.Sprintf("edge %s of state %s is never taken: take it out of the table", e.Name, from)] = true
			}
		}
	}
	w.Faults = slices.Sorted(maps.Keys(faults))
	return w
}

// grant is what an input allows on WeChat; see Flow.Quota.
func (f *Flow) grant(kind string) string {
	switch kind {
	case Said, Media:
		return "message"
	case Chose, Followed:
		return "tap"
	}
	return ""
}

// after runs one input.
func (f *Flow) after(p place, ev event) (place, Outcome, error) {
	in := ev.in
	in.Bound, in.Tickets, in.Binds, in.Numbered = p.bound, p.tickets, true, true
	st := p.st
	next := place{bound: p.bound, tickets: p.tickets}
	switch in.Kind {
	case Bound:
		if !p.bound || ev.other {
			st = Forget(st)
		}
		in.Bound, in.Fresh, next.bound = true, true, true
	case Ticket:
		next.tickets = slices.Clone(p.tickets)
		last := &next.tickets[len(next.tickets)-1]
		switch {
		case in.Answered != nil:
			last.No, last.Status = in.Answered.No, in.Answered.Status
			in.Answered.About = last.About
		case in.Unknown:
			last.Status = "UNKNOWN"
		default:
			last.Status = "FAILED"
		}
		in.Tickets = next.tickets
	}
	var out Outcome
	var err error
	if f.agent(st) && in.Kind == Record {
		next.st = f.Observe(st, in)
		return next, out, nil
	}
	if ev.news {
		st = f.Told(st, 1)
	}
	next.st, out, err = f.Next(st, in)
	if out.Ticket != "" {
		next.tickets = append(slices.Clone(next.tickets[max(0, len(next.tickets)-1):]), TicketState{Status: "SENDING", About: out.Ticket})
	}
	return next, out, err
}

// agent says that an agent speaks, as package bot sees it.
func (f *Flow) agent(st State) bool { return st.At == "person" && st.Pending == nil }

// paths goes on with what an outcome leads to without the merchant: records, tickets, an empty queue, the words of a voice.
func (f *Flow) paths(p place, out Outcome, path Path, grant string, card int) []Path {
	path.Inputs, path.Says = slices.Clone(path.Inputs), slices.Clone(path.Says)
	n, says := f.messages(out.Steps, card)
	path.Messages += n
	path.Says = append(path.Says, says...)
	var more []event
	switch {
	case len(path.Inputs) > 3:
	case out.Consult:
		more = append(f.records(), event{name: "no record in time", in: Input{Kind: Timer, Timer: TimerRecord}})
	case path.Inputs[len(path.Inputs)-1] == "no record in time":
		more = f.records()
	case out.Ticket != "":
		more = f.answers()
	case out.Verify == VerifyStart:
		more = []event{{name: "no code", in: Input{Kind: Proof, Proof: ProofFailed}}, {name: "a code sent", in: Input{Kind: Proof, Proof: ProofSent}}}
	case out.Verify != "":
		more = []event{{name: "no proof", in: Input{Kind: Proof, Proof: ProofFailed}}, {name: "a proof refused", in: Input{Kind: Proof, Proof: ProofRefused}},
			{name: "is bound", in: Input{Kind: Bound, Shop: "川味小馆"}}, {name: "is bound to another", in: Input{Kind: Bound, Shop: "晨光便利店"}, other: true}}
	case slices.ContainsFunc(out.Steps, func(s Step) bool { return s.Say == "media.listening" }):
		for _, ev := range f.happens(p) {
			if ev.in.Kind == Said || ev.in.Kind == Unheard {
				more = append(more, ev)
			}
		}
	case out.Queue != "" && grant == "message": // a tap counts for a minute
		more = []event{{name: "nobody comes", in: Input{Kind: Timer, Timer: TimerWaiting}}}
	}
	all := []Path{path}
	for _, ev := range more {
		next, out, err := f.after(p, ev)
		if err != nil {
			continue // Walk meets it too
		}
		longer := path
		longer.Inputs = append(slices.Clone(path.Inputs), ev.name)
		all = append(all, f.paths(next, out, longer, grant, card)...)
	}
	return all
}

// messageBytes is what one message of WeChat holds.
const messageBytes = 2048

// messages counts the messages in which WeChat carries steps. Lines go together as far as they fit, up to a question; what is about
// people or tickets goes by itself; and progress is left out once there is more to say.
func (f *Flow) messages(steps []Step, card int) (n int, says []string) {
	full, urgent, bytes := true, false, 0
	line := func(what string, size int, alone, ends bool) {
		if full || alone != urgent || bytes+size > messageBytes {
			n, bytes = n+1, 0
			says = append(says, what)
		} else {
			says[len(says)-1] += " + " + what
		}
		full, urgent, bytes = ends, alone, bytes+size
	}
	for i, s := range steps {
		if s.Progress && i < len(steps)-1 {
			continue
		}
		size := 0
		for _, key := range strings.Split(s.Say, "\n") {
			size += len(f.Text(key, s.Args)) + 1
		}
		for _, c := range s.Choices {
			size += len(c.Text) + 4
		}
		if s.File {
			size += MaxReport
		}
		if s.Say != "" {
			line(strings.ReplaceAll(s.Say, "\n", "+"), size, s.Queue != nil || s.Ticket != nil, len(s.Choices) > 0)
		}
		if s.Cause != "" || s.Article && !s.Plain {
			line("a card", card, false, false)
		}
	}
	return n, says
}

// Audit lists all that is unsound about a flow: what its data shows and, if that is sound, what running it shows.
func (f *Flow) Audit(card int) []string {
	faults := append(f.Check(), f.Unsaid()...)
	if len(faults) > 0 {
		return faults
	}
	return f.Walk(card).Faults
}
