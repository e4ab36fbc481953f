// What a message does to the dialogue itself: start over, take an answer back, ask for progress.

package flows

import (
	"slices"
	"strings"
)

// intent handles a message that steers the dialogue.
func (d *talk) intent(name string) {
	switch name {
	case "human":
		d.handover("asked")
	case "restart":
		d.reset()
		d.listen("restart")
	case "cancel":
		if d.resume("cancel.next") {
			return
		}
		d.reset()
		d.listen("cancel")
	case "correct":
		d.correct()
	case "repeat":
		d.repeat("asking.next")
	case "puzzled":
		d.repeat("asking.plain")
	case "bind":
		d.wishes()
	case "progress":
		d.progress()
	case "continue":
		d.decide("clarify")
		if !d.again("asking.next") {
			d.say("again")
		}
	case "abuse":
		d.st.Abuse++
		d.say("abuse")
		if d.st.Abuse > 1 {
			d.handover("abuse")
			return
		}
		if d.in.Topic != nil || d.trouble() {
			d.told() // behind the anger stands a trouble
			return
		}
		if !d.again("asking.next") {
			last := &d.out.Steps[len(d.out.Steps)-1]
			last.Say, last.Choices = "abuse\nabuse.ask", d.f.choice("human")
			d.move("listen")
		}
		d.decide("clarify")
	case "thanks", "bye":
		d.say(name)
		d.decide("answer")
		if name == "bye" {
			d.close("gone")
		}
	case "wait":
		d.say("wait") // the question stays on the screen
		d.decide("answer")
	case "how", "when", "meanwhile":
		d.askedAbout(name)
	case "greeting":
		d.decide("clarify")
		if d.st.Pending != nil {
			d.again("asking.next")
			return
		}
		d.listen("greeting")
	}
}

// parts are the texts with which a part of a card is told.
var parts = map[string]string{"how": "part.how", "when": "part.when", "meanwhile": "part.meanwhile"}

// part is the text of a part; how long it usually takes is said where that is known.
func part(name, usual string) string {
	if name == "when" && usual != "" {
		return "part.usual"
	}
	return parts[name]
}

// askedAbout answers a question about what is to be done: how, until when, and what of the till meanwhile. What was told last answers it,
// or what the record proves; while nothing is known the topic's first line does, and the question on the screen stands.
func (d *talk) askedAbout(name string) {
	t := d.st.Topic
	if t == nil {
		d.told() // about nothing yet: it may be a question of its own
		return
	}
	d.decide("answer")
	cause := d.f.Table.cause(d.st.Told)
	usual := d.usual()
	if post := d.f.Table.Posterior(d.st); cause == nil && d.recordProves(post) {
		cause = d.f.Table.cause(post[0].ID)
	}
	told := t.Move == "answer" || t.Move == "acquirer" || t.Move == "human"
	switch {
	case cause != nil:
		d.out.Steps = append(d.out.Steps, Step{Say: part(name, usual), Args: args([]string{"brief", cause.Brief, "usual", usual}), Cause: cause.ID, Part: name})
	case told && d.in.Topic != nil && d.in.Topic.ID == t.ID:
		d.out.Steps = append(d.out.Steps, Step{Say: part(name, usual), Args: args([]string{"brief", t.Brief, "usual", usual}), Article: true, Part: name})
	case name == "when":
		d.say("part.open")
	case t.Brief != "":
		d.say("understood", "brief", t.Brief)
	default:
		d.say("clarify")
	}
	if p := d.st.Pending; p != nil {
		d.again(map[bool]string{true: "asking.back", false: "asking.next"}[p.Kind == PromptCheck])
	}
}

// repeat says again what stands on the screen: what is waited for, or what was told last, and the question under it by the text key.
func (d *talk) repeat(key string) {
	p := d.st.Pending
	if d.st.Waits != "" && p == nil {
		d.still()
		return
	}
	if p == nil {
		d.listen("repeat.none")
		return
	}
	if p.Kind == PromptConfirm || p.Kind == PromptDecide {
		if c := d.f.Table.cause(d.st.Told); c != nil {
			st := Step{Say: "propose", Args: args([]string{"brief", c.Brief}), Cause: c.ID}
			if fact := d.provingFact(c); fact != "" {
				st.Say, st.Args = "propose.facts", args([]string{"fact", fact})
			}
			d.out.Steps = append(d.out.Steps, st)
		} else if t := d.in.Topic; t != nil && d.st.Topic != nil && t.ID == d.st.Topic.ID {
			d.card("understood", *t)
		}
	}
	if !d.again(key) {
		d.say("repeat.none")
	}
}

func (d *talk) listen(key string) {
	d.st.Pending, d.st.Told = nil, ""
	d.say(key)
	d.decide("clarify")
	d.move("listen")
}

// correct takes the last answer back and asks its check again, unless the right one stands in the same message.
func (d *talk) correct() {
	if asks(d.st, PromptFile, PromptAdd) { // what is right goes into the ticket
		d.decide("acquirer")
		d.st.Added = ""
		d.askMore("file.correct")
		return
	}
	rest := plain(d.in.Text)
	for _, w := range d.f.Intents["correct"].Whole {
		rest = strings.TrimPrefix(rest, d.f.folded(w))
	}
	if e, ok := d.f.elsewhere(rest); ok && rest != plain(d.in.Text) {
		d.learn(e.Check, e.Answer, true)
		d.st.Told = ""
		d.advance("asking.next")
		return
	}
	for i := len(d.st.Evidence) - 1; i >= 0; i-- {
		e := d.st.Evidence[i]
		if !e.Asked || d.f.Table.check(e.Check) == nil {
			continue
		}
		d.st.Evidence = slices.Delete(d.st.Evidence, i, i+1)
		d.st.Told = ""
		d.ask(d.f.Table.check(e.Check), "correct")
		return
	}
	if d.st.Pending == nil {
		d.listen("correct.none")
		return
	}
	d.decide("clarify")
	d.say("correct.none")
	d.again("asking.back") // no answer to take back: the question stands
}

func (d *talk) progress() {
	d.decide("answer")
	if d.asksNews() {
		return
	}
	if len(d.in.Tickets) == 0 {
		d.say("progress.none")
		if !d.again("asking.back") && d.speaks() {
			d.say("again")
		}
		return
	}
	d.tickets()
	d.again("asking.back")
}

// tickets says how each ticket stands.
func (d *talk) tickets() {
	for _, t := range d.in.Tickets {
		no := t.No
		if no == "" {
			no = "（编号待确认）"
		}
		st := d.say("progress", "no", no, "status", d.f.Text("status."+t.Status, nil), "time", clock(t.At))
		if t.Late && (t.Status == "OPEN" || t.Status == "IN_PROGRESS") {
			st.Say += "\n" + "progress.late"
		}
	}
}
