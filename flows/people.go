// The way to people: when the bot gives up, what a waiting merchant may do.

package flows

import (
	"fmt"
	"slices"
	"strings"
)

// miss says that a message was not understood: it asks the question on the screen again, or offers what is near, and goes to a person
// when that does not help. The first offer and the first re-asking in a row are no miss: the merchant has not had his chance yet.
func (d *talk) miss() {
	if d.in.Crossed && d.st.Pending != nil {
		return // the question was asked a moment ago, and stands
	}
	d.st.Unclear++
	if d.st.Unclear > 1 || len(d.in.Offers) == 0 && d.st.Pending == nil {
		d.st.Misses++
	}
	if d.st.Misses >= d.patience() {
		d.say("miss.person")
		d.handover(d.f.gaveUp(d.st.At))
		return
	}
	switch {
	case len(d.in.Offers) > 0:
		d.offer()
	case d.st.Pending != nil && d.again("asking.again"):
	default:
		d.say("miss")
		d.offerObjects("clarify.ask")
	}
	if d.st.Misses >= d.f.Limits.Misses {
		d.wayOut()
	}
}

// patience is how many misses in a row lead to a person: one more while nobody is there, for an empty queue helps nobody.
func (d *talk) patience() int {
	if d.in.Desk.Open {
		return d.f.Limits.Misses
	}
	return d.f.Limits.Misses + 1
}

// wayOut adds the way to a person to the question just asked.
func (d *talk) wayOut() {
	p, n := d.st.Pending, len(d.out.Steps)
	if p == nil || n == 0 {
		return
	}
	if !slices.ContainsFunc(p.Choices, func(c Choice) bool { return c.ID == "human" }) {
		own := *p
		own.Choices = append(slices.Clone(p.Choices), d.f.choice("human")...)
		d.st.Pending = &own
	}
	last := &d.out.Steps[n-1]
	last.Say, last.Choices = "miss.alone"+"\n"+last.Say, d.st.Pending.Choices
}

// understood ends a row of misses.
func (d *talk) understood() { d.st.Misses, d.st.Unclear = 0, 0 }

// offer asks which of the nearest topics is meant.
func (d *talk) offer() {
	p := &Prompt{Kind: PromptTopics}
	for _, o := range d.in.Offers {
		p.Choices = append(p.Choices, Choice{ID: "article:" + o.ID, Text: o.Title})
	}
	if d.f.Choices["neither"].Text != "" {
		p.Choices = append(p.Choices, d.f.choice("neither")...)
	}
	p.Choices = append(p.Choices, d.f.choice("human")...)
	d.st.Pending = p
	d.decide("clarify")
	// What to do now does not wait for a yes, unless it would accuse (a refusal) or promise a person.
	if o := d.in.Offers[0]; len(d.in.Offers) == 1 && o.Brief != "" && o.Object != "" && o.Move != "reject" && o.Move != "human" {
		d.say("understood", "brief", o.Brief)
	}
	d.again("")
	d.move("clarify")
}

// handover gives the conversation to the queue.
func (d *talk) handover(reason string) {
	d.decide("human")
	d.st.Pending, d.st.Waits, d.st.Noted, d.st.Coming = nil, "", 0, false
	d.understood()
	d.out.Queue = reason
	d.move("handover")
	known := d.in.Caller
	known.Reason = reason
	d.in.Desk = d.in.Desk.with(d.f.Care(d.st, known))
	desk := d.in.Desk
	step := Step{Say: "queued", Args: map[string]string{"place": d.place()}, System: true, Queue: &desk}
	step.Choices = d.ways()
	if !desk.Open {
		step.Say, step.Args = d.shut()
	}
	d.st.Pending = &Prompt{Kind: PromptLeave, Choices: step.Choices}
	d.out.Steps = append(d.out.Steps, step)
}

// ways are what a waiting merchant may do: where nobody is there, a message comes first.
func (d *talk) ways() []Choice {
	if !d.in.Desk.Open {
		return d.f.choice("leave", "again", "cancel")
	}
	return d.f.choice("again", "leave", "cancel")
}

// overflows says that a ticket can take the place of the person who does not come: there is something to file, and nothing is filed.
func (d *talk) overflows() bool {
	t := d.st.Topic
	return d.files() && t != nil && t.Object != "" && (d.st.Told != "" || t.Move == "acquirer" || t.Move == "diagnose") &&
		d.st.Waits == "" && d.openTicket() == nil && !d.anyTicket("UNKNOWN") && !d.anyTicket("SENDING")
}

// shut says why nobody comes now, and when people are there.
func (d *talk) shut() (key string, args map[string]string) {
	if d.in.Desk.Why == WhyClosed && d.in.Desk.Hours != "" {
		return "queued.hours", map[string]string{"hours": d.in.Desk.Hours, "back": d.in.Desk.Back}
	}
	return "queued.closed", nil
}

// Why nobody takes over at once.
const (
	WhyBusy   = "busy"   // all are busy
	WhyNobody = "nobody" // nobody is there
	WhyClosed = "closed" // it is outside the hours
)

func (d *talk) place() string {
	if !d.in.Desk.Open {
		if d.in.Desk.Why == WhyClosed && d.in.Desk.Back != "" {
			return d.f.Text("queued.back", map[string]string{"back": d.in.Desk.Back})
		}
		return d.f.Text("queued.later", nil)
	}
	if d.in.Desk.Ahead < 0 {
		return d.f.Text("queued.order", nil)
	}
	at := map[string]string{"ahead": fmt.Sprint(d.in.Desk.Ahead), "minutes": fmt.Sprint(max(1, (d.in.Desk.ETA+59)/60))}
	busy := d.in.Desk.Why == WhyBusy
	switch {
	case d.in.Desk.Ahead == 0 && busy:
		return d.f.Text("queued.next", at)
	case d.in.Desk.Ahead == 0:
		return d.f.Text("queued.first", nil)
	case busy:
		return d.f.Text("queued.busy", at)
	}
	return d.f.Text("queued.pos", at)
}

// notedFor is how long a waiting merchant is not told again that his lines are kept.
const notedFor = int64(60_000)

// waiting handles a message while a person speaks or is waited for. Pending is set only while the queue holds the conversation.
// While nobody has come yet the bot still answers what it is sure of; the place in the queue stays.
func (d *talk) waiting(choice, intent string) {
	if d.st.Pending == nil {
		return // an agent speaks: the bot keeps silent
	}
	d.decide("human")
	switch {
	case choice == "leave" && d.in.Text != "" && d.in.Kind == Chose:
		d.out.Left = true
		d.say("leave.taken")
	case choice == "leave":
		d.say("leave.ask")
		d.move("write")
	case choice == "again":
		d.leaveQueue("selfhelp")
	case choice == "cancel" || intent == "cancel":
		d.leaveQueue("dequeued")
	case choice == "ticket" && d.overflows():
		d.out.Unqueue = true
		d.st.Pending = nil
		d.move("listen")
		d.file()
		d.joined()
	case choice == "human" || intent == "human":
		d.say("queued.already", "place", d.place())
	case intent == "progress":
		d.progress()
	case intent == "repeat" || intent == "puzzled":
		d.say("queued.already", "place", d.place()).Choices = d.st.Pending.Choices
	case intent == "correct":
		d.say("queued.correct").Choices = d.st.Pending.Choices
	case intent == "restart":
		d.reset()
		d.leaveQueue("restart")
	case choice == "solved" || choice == "end":
		d.out.Unqueue = true
		d.say(map[string]string{"solved": "solved", "end": "bye"}[choice])
		d.close(map[string]string{"solved": "solved", "end": "gone"}[choice])
	case (intent == "how" || intent == "when" || intent == "meanwhile") && d.st.Topic != nil && (d.st.Told != "" || d.in.Topic != nil):
		d.askedAbout(intent)
	case d.in.Topic != nil && d.in.Topic.Object != "" && intent == "":
		d.card("understood", *d.in.Topic) // the place in the queue stays
	default:
		d.noted(choice)
	}
}

// noted keeps what a waiting merchant says, and tells him so now and then.
func (d *talk) noted(choice string) {
	if check, answer, ok := strings.Cut(choice, ":"); ok && d.f.Table.check(check) != nil && d.f.Label(choice) != "" {
		d.learn(check, answer, true)
	}
	if d.in.Kind == Said {
		d.note()
	}
	if d.in.At-d.st.Noted >= notedFor {
		d.st.Noted = d.in.At
		d.say("queued.note")
	}
}

func (d *talk) leaveQueue(key string) {
	d.out.Unqueue = true
	d.st.Pending = nil
	d.say(key)
	d.move("listen")
}

// message takes down a line for the desk; the conversation stays in the queue.
func (d *talk) message(choice, intent string) {
	if choice == "again" || choice == "cancel" || intent == "cancel" || intent == "restart" {
		d.move("handover")
		d.waiting(choice, intent)
		return
	}
	d.decide("human")
	switch intent {
	case "progress":
		d.progress()
		d.say("leave.ask")
		return
	case "repeat", "puzzled":
		d.say("leave.ask")
		return
	case "correct": // 上一步: back to what a waiting merchant may do
		d.move("handover")
		d.say("queued.already", "place", d.place()).Choices = d.st.Pending.Choices
		return
	}
	if (d.in.Kind == Chose && choice != "leave") || d.in.Text == "" || intent == "human" || d.in.Kind == Said && choice == "leave" {
		d.say("leave.ask") // a tap is no message
		return
	}
	d.out.Left = true
	d.say("leave.taken")
	d.st.Noted = d.in.At
	d.move("handover")
}
