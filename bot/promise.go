package bot

import (
	"time"

	"posdoctor/flows"
)

// askBeforeDue is how long before a ticket's time the acquirer is asked once more, so that nobody is called about one that is settled.
const askBeforeDue = 10 * time.Minute

// promised notes until when a ticket should be settled: the time that the acquirer names, else the flow's.
func (t *turn) promised(r *TicketRef) {
	if x := t.ev.Ticket; x != nil && x.Due > 0 {
		r.Due = x.Due
	} else if late := t.book.Flow.Tickets.Late; r.Due == 0 && late > 0 {
		r.Due = t.ev.At + late.Milliseconds()
	}
	t.watchPromise()
}

// awaited says that a ticket is not settled and nobody looks after it because of its time.
func (r TicketRef) awaited() bool {
	return (r.Status == "OPEN" || r.Status == "IN_PROGRESS") && r.Due > 0 && !r.Late
}

// nextDue is the earliest time of a ticket that is awaited, 0 for none.
func (t *turn) nextDue() int64 {
	next := int64(0)
	for _, r := range t.next.Tickets {
		if r.awaited() && (next == 0 || r.Due < next) {
			next = r.Due
		}
	}
	return next
}

// watchPromise sets the timer to the next time of a ticket, or ends it.
func (t *turn) watchPromise() {
	if next := t.nextDue(); next > 0 {
		t.setAt(TimerPromise, max(next, t.ev.At+1))
	} else {
		t.cancel(TimerPromise)
	}
}

// beforeDue is after how long tickets are asked for that would be asked for later, but whose time comes first.
func (t *turn) beforeDue(after time.Duration) time.Duration {
	next := t.nextDue()
	if ask := time.Duration(next-t.ev.At)*time.Millisecond - askBeforeDue; next > 0 && ask >= time.Minute {
		return min(after, ask)
	}
	return after
}

// promises brings a ticket whose time has passed before people, and tells the merchant, each once for a ticket. Another one whose time
// has passed comes with the next timer.
func (t *turn) promises() error {
	for i := range t.next.Tickets {
		r := &t.next.Tickets[i]
		if !r.awaited() || r.Due > t.ev.At {
			continue
		}
		r.Late = true
		t.watchPromise()
		if b := t.next.Binding; b != nil && b.Merchant == r.Merchant {
			t.overdue = &flows.TicketState{No: r.No, Status: r.Status, Title: r.Title, About: r.About, At: r.At, Due: r.Due, Late: true}
		}
		if k := t.next.Holder.Kind; k == HolderBot || k == HolderClosed {
			return t.dialogue()
		}
		if t.overdue != nil { // people have the conversation already, and see it there
			t.say(Message{Type: TypeTicket, From: FromSystem, Title: r.Title, TicketLine: &TicketLine{No: r.No, Status: r.Status},
				Text: t.book.Flow.Text("ticket.late.person", map[string]string{"no": r.No})})
		}
		return nil
	}
	t.watchPromise()
	return nil
}
