package bot

import "posdoctor/flows"

// Operations of a call to the acquirer.
const (
	OpRecord   = "record"   // read the merchant's record
	OpTicket   = "ticket"   // open a ticket
	OpProgress = "progress" // ask how a ticket goes on
	OpStart    = "start"    // have a code sent to the number on file
	OpConfirm  = "confirm"  // hold a code against it
)

// Kinds of timers. A conversation has at most one of each; setting it again moves it.
const (
	TimerRecord  = "record"  // the record has not come: say so and go on without it
	TimerWaiting = "waiting" // still no agent: say so, offer to leave a message
	TimerTicket  = "ticket"  // a ticket is open: ask how it goes on
	TimerIdle    = "idle"    // the merchant went away: the episode is closed
	TimerBurst   = "burst"   // nothing followed the fragment: it is answered
	TimerRemind  = "remind"  // a question stayed unanswered: it is asked once more, once
)

// Effect is one thing a turn wants done. Exactly one field is set.
type Effect struct {
	Say    *Message `json:"say,omitempty"`
	Call   *Call    `json:"call,omitempty"`
	Set    *Timer   `json:"set,omitempty"`
	Cancel string   `json:"cancel,omitempty"` // kind of a timer
	Push   *Push    `json:"push,omitempty"`   // added by Service, which knows the channels
	Fetch  *Fetch   `json:"fetch,omitempty"`
	Rate   *Rating  `json:"rate,omitempty"` // keep it for figures: asked, and answered
}

// Call is a request to the acquirer. Its ID also names it in the outbox.
type Call struct {
	ID       string         `json:"id"`
	Op       string         `json:"op"`
	Merchant string         `json:"merchant"`
	Ticket   *TicketRequest `json:"ticket,omitempty"`
	Proof    *ProofRequest  `json:"proof,omitempty"`
}

// Timer asks for an EventTimer at a time, in milliseconds since 1970.
type Timer struct {
	Kind string `json:"kind"`
	At   int64  `json:"at"`
}

// Turn is one event handled. Service fills Repeated.
type Turn struct {
	Next     Conversation `json:"next"`
	Effects  []Effect     `json:"effects"`
	Decision string       `json:"-"` // where the bot's move leads, see knowledge.Move; "" when the bot did not move
	Article  string       `json:"-"` // the entry the event was taken for
	// Moves are the edges of the flow's table that were taken.
	Moves    []flows.Move `json:"-"`
	Repeated bool         `json:"-"` // the event was a duplicate: these are the effects of the first one, nothing was done again
}

// Messages are the lines a turn said, in order.
func (t Turn) Messages() []Message {
	var out []Message
	for _, e := range t.Effects {
		if e.Say != nil {
			out = append(out, *e.Say)
		}
	}
	return out
}
