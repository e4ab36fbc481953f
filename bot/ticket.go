package bot

import (
	"fmt"
	"slices"
	"time"

	"posdoctor/flows"
)

// How tickets that are not settled are asked for. What an acquirer reports by itself comes sooner; a report may be lost, and some
// acquirers send none.
const (
	askTicketFirst = 10 * time.Minute
	askTicketMost  = 6 * time.Hour
	askTicketUntil = 14 * 24 * time.Hour // after its last move: then somebody else has to ask
)

// ticketEvent takes in what an acquirer says of a ticket: the answer to the call that opened it, a report, or the answer to a question
// how it goes on. They come in any order, and some of them more than once.
func (t *turn) ticketEvent() error {
	r := t.ticketOf()
	switch x := t.ev.Ticket; {
	case r == nil && x != nil:
		return nil // older than those that are kept
	case r == nil, r.No == "" && x != nil:
		return t.dialogue() // the first that is heard of it
	case x == nil && (r.No != "" || r.Status == "UNKNOWN" && t.outcomeOpen()):
		return nil // a failure that says nothing new
	case x == nil:
		return t.dialogue()
	case x.No != r.No || !x.after(*r):
		return nil
	}
	return t.moved(r)
}

// ticketOf is the ticket that the event is about, by its call or by its request number.
func (t *turn) ticketOf() *TicketRef {
	i := slices.IndexFunc(t.next.Tickets, t.about)
	if i < 0 {
		return nil
	}
	return &t.next.Tickets[i]
}

func (t *turn) about(r TicketRef) bool {
	return t.ev.Call != "" && r.Call == t.ev.Call || t.ev.Ticket != nil && r.Request == t.ev.Ticket.Request
}

// outcomeOpen says that the event leaves the outcome unknown.
func (t *turn) outcomeOpen() bool {
	return t.ev.Ticket == nil && (t.ev.Error == CodeTimeout || t.ev.Error == CodeUnavailable)
}

// progress orders the states of a ticket where no time does.
var progress = []string{"OPEN", "IN_PROGRESS", "DONE", "REJECTED"}

// after says whether a ticket's state is news. The acquirer's time decides where both are known: a report that was overtaken on its way
// never puts a ticket back.
func (x Ticket) after(r TicketRef) bool {
	if !slices.Contains(progress, x.Status) {
		return false
	}
	if x.At != 0 && r.Moved != 0 && x.At != r.Moved {
		return x.At > r.Moved
	}
	return slices.Index(progress, x.Status) > slices.Index(progress, r.Status) && r.Status != "DONE"
}

// movedText says that a ticket came to a state. That it was refused is said by the flow, which hands it to people.
var movedText = map[string]string{"OPEN": "ticket.reopened", "IN_PROGRESS": "ticket.progress", "DONE": "ticket.done"}

// moved tells how a ticket that was opened goes on. While an agent speaks, the system says it and not the bot.
func (t *turn) moved(r *TicketRef) error {
	x, same := t.ev.Ticket, r.Status == t.ev.Ticket.Status
	r.Status, r.At, r.Moved = x.Status, t.ev.At, x.At
	t.promised(r)
	t.askTicketLater(askTicketFirst)
	if same || t.next.Binding == nil || t.next.Binding.Merchant != r.Merchant {
		return nil
	}
	args := map[string]string{"no": r.No, "note": foreign(x.Note)}
	m := Message{Type: TypeTicket, From: FromBot, Title: r.Title, TicketLine: &TicketLine{No: r.No, Status: r.Status}}
	byAgent := t.next.Holder.Kind == HolderAgent
	if byAgent {
		m.From = FromSystem // it is a fact of the acquirer's, and the bot is silent
	}
	if key, ok := movedText[r.Status]; ok {
		m.Text = t.book.Flow.Text(key, args)
	} else if byAgent {
		m.Text = t.book.Flow.Text("ticket.rejected.person", args) // whoever speaks goes on with it
	} else {
		m = Message{Type: TypeMessage, From: FromBot}
	}
	if args["note"] != "" {
		m.Text += t.book.Flow.Text("ticket.note", args)
	}
	if m.Text != "" {
		t.say(m)
	}
	if r.Status == "REJECTED" && !byAgent {
		return t.dialogue() // it goes to people
	}
	return nil
}

// beside tells that a ticket was opened, or turned down, while an agent speaks.
func (t *turn) beside(a flows.TicketState) {
	key := "ticket.opened"
	if a.Status == "REJECTED" {
		key = "ticket.rejected.person"
	}
	t.say(Message{Type: TypeTicket, From: FromSystem, Title: a.Title, TicketLine: &TicketLine{No: a.No, Status: a.Status},
		Text: t.book.Flow.Text(key, map[string]string{"no": a.No})})
}

// unsettled are the tickets that the acquirer has and has not settled.
func (t *turn) unsettled() []TicketRef {
	var out []TicketRef
	for _, r := range t.next.Tickets {
		if r.Status == "OPEN" || r.Status == "IN_PROGRESS" {
			out = append(out, r)
		}
	}
	return out
}

// askTicketLater sets the timer of who asks how tickets go on, or ends it where none is open.
func (t *turn) askTicketLater(after time.Duration) {
	if len(t.unsettled()) == 0 {
		t.cancel(TimerTicket)
		return
	}
	t.set(TimerTicket, after)
}

// askTickets asks how the open tickets go on, the less often the longer nothing moved.
func (t *turn) askTickets() {
	quiet := int64(0)
	for i, r := range t.unsettled() {
		since := t.ev.At - r.At
		if since > askTicketUntil.Milliseconds() {
			continue
		}
		if quiet == 0 || since < quiet {
			quiet = max(since, 1)
		}
		t.effects = append(t.effects, Effect{Call: &Call{ID: fmt.Sprintf("%s-%s-%d", t.ev.ID, OpProgress, i), Op: OpProgress, Merchant: r.Merchant,
			Ticket: &TicketRequest{Request: r.Request, Merchant: r.Merchant}}})
	}
	if quiet > 0 {
		t.set(TimerTicket, t.beforeDue(min(max(time.Duration(quiet/2)*time.Millisecond, askTicketFirst), askTicketMost)))
	}
}
