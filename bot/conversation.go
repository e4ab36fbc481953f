package bot

import "posdoctor/flows"

// Address is where a merchant is reached. All three parts together are unique.
type Address struct {
	Channel string `json:"channel"` // web, wechat, terminal
	Account string `json:"account"` // the site or the AppID
	User    string `json:"user"`    // the visitor or the openid
}

// Who may speak with the merchant.
const (
	HolderBot    = "bot"
	HolderQueue  = "queue"
	HolderAgent  = "agent"
	HolderClosed = "none"
)

// ReasonUnsure is the reason of a conversation that waits for a person because nobody knows whether its last words arrived.
const ReasonUnsure = "delivery unsure"

// Holder is who speaks. Agent is set for HolderAgent only.
type Holder struct {
	Kind  string   `json:"kind"`
	Agent *AgentID `json:"agent,omitempty"`
}

// Binding says which merchant an address speaks for, and how that was proven.
type Binding struct {
	Merchant string `json:"merchant"`       // the acquirer's reference, never shown in full
	Name     string `json:"name,omitempty"` // of the shop
	Proof    string `json:"proof"`          // demo | page | acquirer
	At       int64  `json:"at"`
	// Number is the merchant number as it was typed for the proof, so that it need not be typed for the next one.
	Number string `json:"number,omitempty"`
	// Listed: it stands in the index of who speaks for whom; see Bound.
	Listed bool `json:"listed,omitempty"`

	// What the host page's signature says beside the merchant, with ProofPage only.
	Phone string `json:"phone,omitempty"` // masked, as the page has it
	SNs   string `json:"sns,omitempty"`   // serial numbers of the merchant's terminals, with spaces between
}

// ProofPage is the proof of a binding that the host page's server signed.
const ProofPage = "page"

// Conversation is the whole persisted state of one address. History stays out of it: a turn costs the same after 1,000 messages.
type Conversation struct {
	ID       string      `json:"id"`
	Address  Address     `json:"address"`
	Version  int64       `json:"version"` // counts turns; compare-and-set
	Last     int64       `json:"last"`    // seq of the newest message
	Holder   Holder      `json:"holder"`
	Epoch    int64       `json:"epoch"` // counts changes of holder
	Playbook string      `json:"playbook"`
	Dialogue flows.State `json:"dialogue"`
	Binding  *Binding    `json:"binding,omitempty"`
	Proving  *Proving    `json:"proving,omitempty"`
	Topic    string      `json:"topic,omitempty"`   // title of what it is about, for lists
	Reason   string      `json:"reason,omitempty"`  // why it waits for a person
	Preview  string      `json:"preview,omitempty"` // start of the newest line
	Since    int64       `json:"since"`             // when the holder became the holder, milliseconds
	Updated  int64       `json:"updated"`
	Heard    int64       `json:"heard"`            // when the merchant last did something
	Idle     int64       `json:"idle,omitempty"`   // when the idle timer comes up, 0 while it is not set
	Remind   int64       `json:"remind,omitempty"` // when the reminder comes up, 0 while it is not set
	Opened   int64       `json:"opened"`
	Held     *Held       `json:"held,omitempty"`   // fragments that wait for the rest of their message
	Late     *Held       `json:"late,omitempty"`   // fragments that were answered last, for a line that crosses the answer
	Awaits   string      `json:"awaits,omitempty"` // id of the call whose answer the dialogue waits for
	Tickets  []TicketRef `json:"tickets,omitempty"`
	Reach    Reach       `json:"reach,omitzero"`
	Wrote    *AgentID    `json:"wrote,omitempty"`    // who of the people wrote to the merchant last in this episode, or in the one that is closed
	Rating   *Rating     `json:"rating,omitempty"`   // of the episode that ended last, where the merchant was asked
	Case     *Case       `json:"case,omitempty"`     // while people hold it
	Served   *Served     `json:"served,omitempty"`   // who of them was with it last
	Unproven *Unproven   `json:"unproven,omitempty"` // what the page says of its visitor; unproven
	Scene    string      `json:"scene,omitempty"`    // of the code that the merchant scanned last: a counter, a branch, a leaflet
}

// TicketRef is a ticket of this conversation. No is empty until the acquirer has answered.
type TicketRef struct {
	Request string `json:"request"` // our request number, never changed
	Call    string `json:"call"`    // the call that carries it
	No      string `json:"no,omitempty"`
	Status  string `json:"status"` // SENDING until the acquirer has answered, UNKNOWN when that stays open; see TicketLine
	Title   string `json:"title"`
	About   string `json:"about"` // the cause or article
	// Merchant keeps tickets of different merchants apart when an address is bound to another one.
	Merchant string `json:"merchant"`
	At       int64  `json:"at"`              // when the status was known, milliseconds
	Moved    int64  `json:"moved,omitempty"` // when the ticket came to it, by the acquirer's clock
	Due      int64  `json:"due,omitempty"`   // until when it should be settled, promised or usual, milliseconds
	Late     bool   `json:"late,omitempty"`  // Due has passed without an end, and people were called; once for a ticket
}
