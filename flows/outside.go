// What comes from outside the talk: bindings, records, tickets, timers, pictures.

package flows

import "time"

// open asks the acquirer for a ticket about what was told last.
func (d *talk) open() {
	if d.st.Ticket != "" {
		d.say("ticket.joined", "no", d.st.Ticket)
		d.move("listen")
		d.st.Pending = nil
		return
	}
	about := d.st.Told
	if about == "" && d.st.Topic != nil {
		about = d.st.Topic.ID
	}
	if about == "" {
		d.listen("repeat.none")
		return
	}
	d.st.Waits, d.st.Pending = "ticket", nil
	d.out.Ticket = about
	d.say("ticket.sending").Progress = true
	d.decide("acquirer")
	d.move("consult")
}

func (d *talk) media() {
	if d.st.At == "person" || d.st.At == "escalating" {
		return
	}
	key := "media.other"
	if d.in.Media == "image" || d.in.Media == "voice" {
		key = "media." + d.in.Media
	}
	d.say(key)
	d.again("asking.back")
	d.decide("clarify")
}

// bound goes on with the trouble on the table, now that the record may be read, or asks for one.
func (d *talk) bound() {
	d.decide("acquirer")
	if d.st.At == "person" || d.st.At == "escalating" {
		return // the desk sees the binding
	}
	d.st.Read, d.st.Facts, d.st.Waits, d.st.Pending = "", nil, "", nil
	if d.st.Topic != nil && d.st.At != "closed" {
		d.st.Tried, d.st.Told = nil, ""
		d.say("bound.more", "shop", d.in.Shop)
		d.consult()
		return
	}
	d.say("bound", "shop", d.in.Shop)
	d.move("listen")
}

// record takes in what the acquirer knows, or that it could not be read.
func (d *talk) record() {
	if d.st.Waits != "record" {
		if d.st.Read == "failed" && !d.in.Failed && d.st.At != "person" && d.st.At != "closed" && d.st.At != "escalating" {
			d.st.Read, d.st.Facts = "done", d.in.Facts // late, but still worth knowing
			if len(d.in.Facts) > 0 {
				d.say("record.late")
				d.st.Told = ""
				d.advance("asking.next")
			}
		}
		return
	}
	d.st.Waits = ""
	if d.in.Failed {
		d.st.Read = "failed"
		d.say("record.failed")
		d.advance("asking.next")
		return
	}
	d.st.Read, d.st.Facts = "done", d.in.Facts
	if len(d.in.Facts) == 0 {
		d.say("record.clear", "time", clock(d.in.At))
		d.advance("record.clear.ask")
		return
	}
	d.advance("asking.next")
}

var beijing = time.FixedZone("CST", 8*3600)

func clock(ms int64) string { return time.UnixMilli(ms).In(beijing).Format("15:04") }

// ticket takes in what became of a ticket.
func (d *talk) ticket() {
	waits := d.st.Waits == "ticket"
	if waits {
		d.st.Waits = ""
	}
	switch {
	case d.in.Unknown:
		d.say("ticket.unknown")
		if waits {
			d.handover("ticket unknown")
		}
	case d.in.Failed:
		d.say("ticket.failed")
		if waits {
			d.handover("ticket failed")
		}
	default:
		d.st.Ticket = d.in.TicketNo
		d.st.Result = "ticket"
		title := ""
		if len(d.in.Tickets) > 0 {
			title = d.in.Tickets[len(d.in.Tickets)-1].Title
		}
		step := d.say("ticket.opened", "no", d.in.TicketNo)
		step.Ticket = &TicketState{No: d.in.TicketNo, Status: "OPEN", Title: title}
		if waits {
			d.st.Pending = nil
		}
	}
}

func (d *talk) timer() {
	switch d.in.Timer {
	case "record":
		if d.st.Waits == "record" {
			d.in.Failed = true
			d.record()
		}
	case "waiting":
		if d.st.At == "person" && d.st.Pending != nil {
			d.say("queued.still").Choices = d.st.Pending.Choices
		}
	case "idle":
		if d.st.At != "person" && d.st.At != "escalating" && d.st.Waits == "" {
			d.close("gone")
		}
	}
}
