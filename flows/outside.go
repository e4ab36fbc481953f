// What comes from outside the talk: bindings, records, tickets, timers, pictures.

package flows

import (
	"slices"
	"time"
)

// speaks says whether the bot may say something now: no person speaks or is waited for, and the episode is not over.
func (d *talk) speaks() bool {
	return d.st.At != "person" && d.st.At != "escalating" && d.st.At != "closed"
}

// anyTicket says whether this merchant has a ticket with a status. One of another address counts for the same trouble only.
func (d *talk) anyTicket(status string) bool {
	return slices.ContainsFunc(d.in.Tickets, func(t TicketState) bool { return t.Status == status && !t.Elsewhere }) ||
		status == "UNKNOWN" && d.elsewhereIs(status)
}

func (d *talk) elsewhereIs(status string) bool {
	return slices.ContainsFunc(d.in.Tickets, func(t TicketState) bool { return t.Elsewhere && t.Status == status && t.About == d.about() })
}

// openTicket returns the ticket about the same trouble that the acquirer has and has not settled.
func (d *talk) openTicket() *TicketState {
	for i := len(d.in.Tickets) - 1; i >= 0; i-- {
		t := &d.in.Tickets[i]
		if t.About == d.about() && (t.Status == "OPEN" || t.Status == "IN_PROGRESS") {
			return t
		}
	}
	return nil
}

// about is what a ticket would be about: the cause told last, or the article at hand.
func (d *talk) about() string {
	if d.st.Told == "" && d.st.Topic != nil {
		return d.st.Topic.ID
	}
	return d.st.Told
}

// filed says so when a ticket is on its way or open already, and reports whether it did. There is no second one meanwhile: neither
// a double tap nor a way round through another topic opens it.
func (d *talk) filed() bool {
	switch t := d.openTicket(); {
	case d.anyTicket("UNKNOWN"):
		d.say("ticket.unknown")
		d.handover(ReasonTicketUnknown)
	case d.anyTicket("SENDING"):
		d.say("ticket.pending").Progress = true
	case d.elsewhereIs("SENDING"):
		d.st.Pending = &Prompt{Kind: PromptJoined, Choices: d.f.choice("human")}
		d.say("ticket.elsewhere").Choices = d.st.Pending.Choices
		d.move("listen")
	case t != nil:
		d.st.Pending = &Prompt{Kind: PromptJoined, Choices: d.f.choice("human")}
		d.say("ticket.joined", "no", t.No).Choices = d.st.Pending.Choices
		d.move("listen")
	default:
		return false
	}
	return true
}

// files says that a ticket can be opened from here: it is known for whom, and the acquirer takes tickets.
func (d *talk) files() bool { return d.in.Bound && !d.in.NoTickets }

// request is the text for one who cannot file: by its name when people first have to find out who he is, else its sibling for one whom
// the acquirer gives no other way.
func (d *talk) request(text, known string) string {
	if d.in.Bound {
		return known
	}
	return text
}

// open asks the acquirer for a ticket about what was told last.
func (d *talk) open() {
	d.decide("acquirer")
	if d.filed() {
		return
	}
	about := d.about()
	if about == "" {
		d.listen("repeat.none")
		return
	}
	d.st.Waits, d.st.Pending = "ticket", nil
	d.out.Ticket = about // with what was added, which is dropped when it was taken
	d.say("ticket.sending").Progress = true
	d.move("consult")
}

func (d *talk) media() {
	if d.st.At == "person" || d.st.At == "escalating" {
		if !d.in.Listening && d.st.Pending != nil { // nobody has come yet; words still to come will be noted
			d.noted("")
		}
		return
	}
	d.decide("clarify")
	switch d.in.Media {
	case "voice":
		if d.in.Listening {
			d.say("media.listening").Progress = true // the question on the screen is asked again with what comes of it
			return
		}
		d.say("media.voice")
	case "image":
		d.say("media.image")
	case "video":
		d.say("media.video")
	case "link":
		d.say("media.link")
	case "file":
		d.say("media.file")
	case "scan":
		d.say("media.scan")
	case "location":
		if d.st.Pending == nil {
			d.say("media.location\nrepeat.none")
		} else {
			d.say("media.location")
		}
	default:
		d.say("media.other")
	}
	d.again("asking.back")
}

// unheard asks for the words of a voice that nobody could make out. Whoever waits for a person is not asked: the desk can listen.
func (d *talk) unheard() {
	if d.st.At == "person" || d.st.At == "escalating" {
		if d.st.Pending != nil {
			d.noted("")
		}
		return
	}
	d.say("media.unheard")
	d.again("asking.back")
	d.decide("clarify")
}

// followed greets, but does not talk over an open question or a waiting merchant.
func (d *talk) followed() {
	if d.st.At == "person" || d.st.At == "escalating" || d.again("asking.next") {
		return
	}
	d.say("greeting.ai")
}

// bound goes on with the trouble on the table, now that the record may be read, or asks for one. What was known of another
// merchant is forgotten before, see Forget.
func (d *talk) bound() {
	d.decide("acquirer")
	if d.st.At == "person" || d.st.At == "escalating" {
		return // the desk sees the binding
	}
	proving := asks(d.st, PromptNumber, PromptCode)
	ticket := d.st.For == ForTicket
	d.st.Pending, d.st.For, d.st.Back, d.st.Coming = nil, "", nil, false
	if proving && ticket && d.about() != "" && d.files() {
		d.askFile("file.proven") // it was proven for a ticket
		return
	}
	if d.st.Topic != nil && d.st.At != "closed" && d.st.Read == "" {
		d.st.Tried, d.st.Told = nil, ""
		d.say("bound.more", "shop", d.in.Shop)
		d.elsewhere()
		d.consult()
		return
	}
	d.say("bound", "shop", d.in.Shop)
	d.elsewhere()
	d.move("listen")
}

// Forget drops what is known of the merchant for whom an address spoke until now.
func Forget(st State) State {
	st.Read, st.Facts, st.ReadAt, st.Told, st.Tried = "", nil, 0, "", nil
	st.Looks, st.Waits, st.For, st.Back, st.Coming, st.Added, st.News = nil, "", "", nil, false, "", 0
	if asks(st, PromptNumber, PromptCode, PromptFile, PromptAdd) {
		st.Pending = nil
	}
	frames := st.Frames
	st.Frames = nil
	for _, f := range frames {
		f.Told, f.Tried, f.Pending, f.Added = "", nil, nil, ""
		st.Frames = append(st.Frames, f)
	}
	return st
}

// record takes in what the acquirer knows, or that it could not be read. What is known is kept for whoever speaks next, also when
// the merchant has turned to something else or to a person meanwhile; it was promised to him, so he hears of it too.
func (d *talk) record() {
	waited := d.st.Waits == "record"
	if d.st.Read == "done" && !waited {
		if !d.in.Failed {
			d.st.Facts, d.st.ReadAt = d.in.Facts, d.in.At // read anew, nobody asked
		}
		return
	}
	late, again := d.st.Read == "failed", d.st.ReadAt != 0
	if waited {
		d.st.Waits = ""
	}
	before := d.st.Facts
	d.st.Read, d.st.Facts, d.st.ReadAt = "done", d.in.Facts, d.in.At
	if d.in.Failed {
		d.st.Read, d.st.Facts = "failed", before // of an earlier reading, which the desk still sees
	}
	if !d.speaks() || late && d.in.Failed {
		return
	}
	if d.in.Person && !d.in.Failed {
		d.handover("topic")
		queued := &d.out.Steps[len(d.out.Steps)-1]
		queued.Say = "record.person\n" + queued.Say // one message: on WeChat each counts
		return
	}
	defer d.shows()
	for _, f := range d.in.Facts {
		if c := d.f.Table.provenBy(f.State); c != nil && !f.Note && !c.touches(d.st) {
			d.say("record.other", "fact", f.Text)
		}
	}
	switch {
	case waited && !d.in.Failed && len(d.in.Facts) == 0 && d.st.Topic != nil && d.st.Topic.ID == newsTopic:
		d.say("record.clear", "time", clock(d.in.At)) // what was reported is no more, or another channel's
		if !d.resume("") {
			d.listen("again")
		}
	case waited && d.settled():
		d.st.Told = ""
		d.confirmed("payment.ask")
	case waited && d.onItsWay():
		d.st.Told = ""
		d.confirmed("settlement.ask")
	case waited && (d.wanted() || again && d.st.Topic != nil && d.st.Topic.Open):
		if d.in.Failed {
			d.say("record.failed.only")
		}
		if !again { // else the card was told, and what was read is the payment that the merchant named then
			d.card("understood", *d.st.Topic)
			d.readFirst()
		}
		if d.st.Topic.Move == "acquirer" {
			d.askDecision()
			return
		}
		d.decide("answer")
		d.confirm()
	case waited && d.in.Failed:
		d.say("record.failed")
		d.afterRecord("asking.next")
	case waited && d.contradicted():
		if d.st.Topic != nil && d.st.Topic.Object == "settlement" {
			d.say("record.contradicts.money", "time", d.observed())
		} else {
			d.say("record.contradicts", "time", d.observed())
		}
		d.askDecision()
	case waited && len(d.out.Steps) == 0 && !held(d.in.Facts):
		d.say("record.clear", "time", d.observed())
		d.afterRecord("record.clear.ask")
	case waited:
		d.afterRecord("asking.next")
	case d.in.Failed:
		d.say("record.failed.only")
		d.again("asking.back")
	case !held(d.in.Facts):
		d.say("record.clear", "time", d.observed())
		d.again("asking.back")
	default:
		if i := slices.IndexFunc(d.in.Facts, func(f Fact) bool { return !f.Note }); len(d.out.Steps) == 0 {
			d.say("record.found", "fact", d.in.Facts[i].Text)
		}
		d.again("asking.back")
	}
}

// contradicted says that all the merchant told speaks for what a record would show, and the record shows nothing. Neither is explained
// away: both are said, and the acquirer has to look.
func (d *talk) contradicted() bool {
	if d.recordProves(d.f.Table.Posterior(d.st)) {
		return false
	}
	st := d.st
	st.Read = ""
	g, p, _ := d.f.Table.group(d.f.Table.Posterior(st))
	return p >= d.f.Limits.Enough && d.f.ticketed(g)
}

// afterRecord goes on with the topic for which the record was read.
func (d *talk) afterRecord(key string) {
	t := d.st.Topic
	if t != nil && t.Move == "acquirer" && (len(t.Causes) == 0 || !d.recordProves(d.f.Table.Posterior(d.st))) {
		d.card("understood", *t)
		if d.in.Kind == Record && len(t.Causes) == 0 {
			d.readFirst()
		}
		d.askDecision()
		return
	}
	d.advance(key)
}

var beijing = time.FixedZone("CST", 8*3600)

func clock(ms int64) string { return time.UnixMilli(ms).In(beijing).Format("15:04") }

// ticket takes in what became of a ticket. What is not known or was refused goes to people, wherever the dialogue stands.
func (d *talk) ticket() {
	if d.st.Waits == "ticket" {
		d.st.Waits = ""
	}
	reason := ""
	switch {
	case d.in.Unknown:
		d.say("ticket.unknown")
		reason = ReasonTicketUnknown
	case d.in.Failed || d.in.Answered == nil:
		d.say("ticket.failed")
		reason = "ticket failed"
	case d.in.Answered.Status == "REJECTED":
		step := d.say("ticket.rejected", "no", d.in.Answered.No)
		step.Ticket = d.in.Answered
		reason = "ticket failed"
	default:
		d.st.Result, d.st.Added = "ticket", ""
		step := d.say("ticket.opened", "no", d.in.Answered.No)
		step.Ticket = d.in.Answered
		if usual := d.usual(); d.in.Answered.Due > 0 {
			step.Say, step.Args = "ticket.opened"+"\n"+"ticket.due", args([]string{"no", d.in.Answered.No, "time", moment(d.in.Answered.Due)})
		} else if usual != "" {
			step.Say, step.Args = "ticket.opened"+"\n"+"ticket.usual", args([]string{"no", d.in.Answered.No, "usual", usual})
		}
		if d.speaks() && d.st.Pending == nil && d.about() == d.in.Answered.About && d.resume("") {
			break
		}
		if d.speaks() && !d.again("asking.back") && d.st.Topic != nil && d.st.Topic.Move == "acquirer" && d.about() != d.in.Answered.About {
			d.askDecision() // the merchant has come to another trouble meanwhile
		}
	}
	if reason != "" && d.st.At != "person" && d.st.At != "escalating" {
		d.handover(reason)
	}
}

// Observe keeps what a record says while a person speaks: the desk sees it, the bot says nothing.
func (f *Flow) Observe(st State, in Input) State {
	d := &talk{f: f, st: clone(st), in: in}
	if !in.Failed {
		d.st.Read, d.st.Facts, d.st.ReadAt = "done", in.Facts, in.At
	} else if d.st.Read == "waiting" {
		d.st.Read, d.st.ReadAt = "failed", in.At
	}
	return d.st
}
