// What dialogue.yaml names and Go does: guards, counters, and what a timer does.

package flows

import (
	"maps"
	"slices"
	"time"
)

// guards are what an edge may demand. They look at the state as it is when the edge is taken, its question already set.
var guards = map[string]func(State, Input) bool{
	"bound":    func(_ State, in Input) bool { return in.Bound },              // the address speaks for a merchant: his record may be read
	"waited":   func(st State, _ Input) bool { return asks(st, PromptLeave) }, // the merchant waits for a person who has not come
	"choosing": func(st State, _ Input) bool { return asks(st, PromptTopics, PromptObject) },
	"checking": func(st State, _ Input) bool { return asks(st, PromptCheck, PromptWords) },
	"deciding": func(st State, _ Input) bool { return asks(st, PromptDecide) },
	"proving": func(st State, in Input) bool {
		return asks(st, PromptNumber, PromptCode) && (!in.Bound || st.For != "")
	},
	"filing": func(st State, in Input) bool { return asks(st, PromptFile, PromptAdd) },
	"trying": func(st State, _ Input) bool { return asks(st, PromptConfirm) },
	"silent": func(st State, _ Input) bool { return st.Pending == nil }, // no question is left on the screen
}

func asks(st State, kinds ...string) bool {
	return st.Pending != nil && slices.Contains(kinds, st.Pending.Kind)
}

// Offers says that a choice is on the screen.
func Offers(st State, choice string) bool {
	return st.Pending != nil && slices.ContainsFunc(st.Pending.Choices, func(c Choice) bool { return c.ID == choice })
}

// counter is what a limit counts, and how far it may go.
type counter struct {
	of    func(State) int
	limit func(Limits) int
}

// counters are the limits that end the repetition of a question.
var counters = map[string]counter{
	"misses":    {func(st State) int { return st.Misses }, func(l Limits) int { return l.Misses }},
	"questions": {func(st State) int { return len(st.Asked) }, func(l Limits) int { return l.Questions }},
	"tried":     {func(st State) int { return len(st.Tried) }, func(l Limits) int { return l.Tried }},
}

// Kinds of timers. Whoever runs a flow keeps at most one of each for a conversation and hands it back as an Input of kind Timer.
const (
	TimerRemind  = "remind"  // since the question was asked
	TimerIdle    = "idle"    // since the merchant's last word
	TimerWaiting = "waiting" // since the state was entered
	TimerRecord  = "record"  // since the record was asked for
)

var timerKinds = []string{TimerRemind, TimerIdle, TimerWaiting, TimerRecord}

// actions are what a timer does when it comes up.
var actions = map[string]func(*talk){
	"ask":     (*talk).remind, // asks the open question once more, once
	"close":   (*talk).expire, // the merchant went away: the episode ends
	"offer":   (*talk).waits,  // nobody has come yet: says so and offers the ways on
	"go on":   (*talk).without,
	"nothing": func(*talk) {},
}

// olderTimers hold where a flow was pinned by a program in which they were no data.
var olderTimers = map[string]TimerDef{
	TimerRecord:  {15 * time.Second, "go on"},
	TimerWaiting: {3 * time.Minute, "offer"},
	TimerIdle:    {24 * time.Hour, "close"},
}

// timer returns what a kind of timer does in a state. One that was set in another state does here what it does there: a record that
// does not come is given up wherever the merchant has got to meanwhile.
func (f *Flow) timer(at, kind string) (TimerDef, bool) {
	if t, ok := f.States[at].Timers[kind]; ok {
		return t, true
	}
	older := true
	for _, s := range slices.Sorted(maps.Keys(f.States)) {
		if t, ok := f.States[s].Timers[kind]; ok {
			return t, true
		}
		older = older && len(f.States[s].Timers) == 0
	}
	t, ok := olderTimers[kind]
	return t, ok && older
}

// After says after how long a kind of timer comes up in the state of a dialogue, and whether it does at all.
func (f *Flow) After(st State, kind string) (time.Duration, bool) {
	t, ok := f.timer(st.At, kind)
	return t.After, ok
}

// Starts says that a state has a timer of its own, which begins when the state is entered.
func (f *Flow) Starts(st State, kind string) (time.Duration, bool) {
	t, ok := f.States[st.At].Timers[kind]
	return t.After, ok
}

// Reminds says when the merchant is to be reminded of the question on the screen, in milliseconds, and whether he is at all.
func (f *Flow) Reminds(st State) (at int64, ok bool) {
	t, ok := f.States[st.At].Timers[TimerRemind]
	if !ok || !asks(st, PromptCheck, PromptConfirm, PromptDecide, PromptFile) || st.Pending.Reminded || st.Waits != "" {
		return 0, false
	}
	return st.Pending.At + t.After.Milliseconds(), true
}

// asked notes when the question on the screen was asked last, where somebody may be reminded of it.
func (d *talk) asked() {
	if _, ok := d.f.States[d.st.At].Timers[TimerRemind]; !ok || d.st.Pending == nil {
		return
	}
	if slices.ContainsFunc(d.out.Steps, func(s Step) bool { return len(s.Choices) > 0 }) {
		p := *d.st.Pending // the state that came in keeps its own
		p.At = d.in.At
		d.st.Pending = &p
	}
}

func (d *talk) timer() {
	if t, ok := d.f.timer(d.st.At, d.in.Timer); ok && actions[t.Do] != nil {
		actions[t.Do](d)
	}
}

// remind asks the open question once more, unless that was done already or a person has the word.
func (d *talk) remind() {
	if _, ok := d.f.Reminds(d.st); !ok || !d.speaks() {
		return
	}
	p := *d.st.Pending
	p.Reminded = true
	d.st.Pending = &p
	switch {
	case p.Kind == PromptCheck:
		d.question("remind.check", "ask", d.f.Table.check(p.Ref).Ask)
	case p.Kind == PromptConfirm:
		d.question("remind.confirm")
	case p.Kind == PromptFile:
		d.question("remind.file")
	case d.files():
		d.question("remind.ticket")
	default:
		d.question(d.request("remind.request", "remind.person"))
	}
}

// expire ends the episode of a merchant who went away. What is still under way is waited for.
func (d *talk) expire() {
	if d.speaks() && d.st.Waits == "" {
		d.close("gone")
	}
}

// waits tells who waits for a person that nobody has come yet. Who was about to write a message is in the queue as before.
func (d *talk) waits() {
	if d.speaks() || d.st.At == "closed" || d.st.Pending == nil {
		return
	}
	alone := len(d.st.Pending.Choices) > 0 && d.st.Pending.Choices[0].ID == "leave" // he was told that nobody is there
	if d.in.Desk.Open || !alone {
		p := *d.st.Pending
		p.Choices = d.ways()
		if d.overflows() {
			p.Choices = append(d.f.choice("ticket"), p.Choices...)
		}
		d.st.Pending = &p
		step := d.say("queued.still", "place", d.place())
		if !d.in.Desk.Open {
			step.Say, step.Args = d.shut()
		}
		step.Choices = p.Choices
	}
	if d.st.At == "escalating" {
		d.move("handover")
	}
}

// without goes on without the record that has not come.
func (d *talk) without() {
	if d.st.Waits == "record" || d.st.Read == "waiting" {
		d.in.Failed = true
		d.record()
	}
}

// gaveUp is the reason for the desk when the merchant is not understood in a state.
func (f *Flow) gaveUp(at string) string {
	if r := f.States[at].Escalation; r != "" {
		return r
	}
	return reasonMissed
}

const reasonMissed = "not understood"

// ReasonTicketUnknown is the reason for the desk of a ticket of which nobody knows whether it was opened.
const ReasonTicketUnknown = "ticket unknown"

// Reasons for which a dialogue goes to a person; the console has words for each.
var reasons = []string{"asked", "tried", reasonMissed, "not answered", "topic", "abuse", "request", "message", ReasonTicketUnknown, "ticket failed", reasonLate, "many"}
