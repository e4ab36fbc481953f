package bot

import "posdoctor/knowledge"

// Types of a message. Readers ignore types they do not know.
const (
	TypeMessage = "message"
	TypeDiag    = "diag"   // a card
	TypeTicket  = "ticket" // a ticket was opened or moved
	TypeQueued  = "queued" // waits for a person
	TypeJoined  = "joined" // an agent took over
	TypeLeft    = "left"   // the agent gave the conversation back
	TypeEnded   = "ended"  // the episode is closed
	TypeCSAT    = "csat"   // asks how it was
	TypeRated   = "rated"  // how it was
)

// Who said a message.
const (
	FromUser   = "user"
	FromBot    = "bot"
	FromAgent  = "agent"
	FromSystem = "system"
)

// Message is one line of a conversation as all its readers see it. Seq counts from 1 without gaps and never changes.
//
// On the visitors' wire: {"id":42,"ts":1700000000000,"type":"message","from":"bot","text":"…","choices":[{"id":"…","text":"…"}]}
type Message struct {
	Seq  int64  `json:"id"`
	At   int64  `json:"ts"` // milliseconds since 1970
	Type string `json:"type"`
	From string `json:"from,omitempty"`
	Name string `json:"name,omitempty"` // the agent's name
	CID  string `json:"cid,omitempty"`  // the sender's own id of the line, unique in the conversation
	Text string `json:"text,omitempty"` // the whole line as plain text, also for types with fields of their own
	// Title of a card or ticket. It stands here because both embedded parts have one and JSON would drop them.
	Title string `json:"title,omitempty"`

	Choices  []Choice `json:"choices,omitempty"`
	Progress bool     `json:"progress,omitempty"` // "looking it up": worthless once the result is there
	Seen     bool     `json:"seen,omitempty"`     // its user has it by another way, or needs not have it: nothing carries it

	Media *Media `json:"media,omitempty"` // the line is a picture or a voice that can be had

	*Card                // diag
	*TicketLine          // ticket
	*QueueLine           // queued
	*RatedLine           // rated
	Agent       *AgentID `json:"agent,omitempty"` // joined; csat: who served; queued: who lost it
}

// Choice is an answer that can be tapped, or typed by number or words.
type Choice struct {
	ID   string `json:"id"`
	Text string `json:"text"`
}

// Card tells a cause or an article in parts.
type Card struct {
	Article  string           `json:"article,omitempty"`
	CauseID  string           `json:"cause_id,omitempty"`
	Conf     float64          `json:"conf,omitempty"` // probability, 0..1
	Code     string           `json:"code,omitempty"`
	Object   knowledge.Object `json:"object,omitempty"`
	Cause    string           `json:"cause,omitempty"`
	Impact   string           `json:"impact,omitempty"`
	Steps    []string         `json:"steps,omitempty"`
	LiftedBy string           `json:"lifted_by,omitempty"`
	Prepare  []string         `json:"prepare,omitempty"`
	Never    []string         `json:"never,omitempty"`
	Facts    []Fact           `json:"facts,omitempty"`
	Likely   []Likely         `json:"likely,omitempty"`

	// From which state of the library the entry is that the card tells; the title is the entry's.
	Updated  string `json:"updated,omitempty"`  // 2006-01-02, when the entry was last changed; "" where it does not say
	Revision string `json:"revision,omitempty"` // of an article the library's, of a cause the version of the playbook
}

// Fact is one statement of the acquirer's record.
type Fact struct {
	State  string `json:"state"` // neutral, e.g. DOCS_EXPIRED; see Record
	Text   string `json:"text"`
	At     int64  `json:"at"` // observed, milliseconds
	Source string `json:"source,omitempty"`
	// Note: it is told and holds nothing against the merchant, as that a payout was made.
	Note bool   `json:"note,omitempty"`
	Link string `json:"link,omitempty"` // the provider's page for it, https and of a host that may be shown
}

// Likely is a cause with its probability.
type Likely struct {
	ID    string  `json:"id"`
	Title string  `json:"title,omitempty"`
	P     float64 `json:"p"`
}

// TicketLine names a ticket.
type TicketLine struct {
	No     string `json:"no"`
	Status string `json:"status"` // OPEN, IN_PROGRESS, DONE, REJECTED, or UNKNOWN while the outcome is not known
}

// QueueLine tells a waiting merchant where he stands.
type QueueLine struct {
	Pos  int  `json:"pos"`   // 1 = next
	ETA  int  `json:"eta_s"` // seconds, estimated
	Open bool `json:"open"`  // false: nobody is there now
}

// AgentID names an agent to others.
type AgentID struct {
	ID   string `json:"id,omitempty"`
	Name string `json:"name"`
}
