package bot

import "posdoctor/knowledge"

// Kinds of events.
const (
	EventSaid     = "said"     // the merchant wrote
	EventChose    = "chose"    // the merchant tapped a choice
	EventMedia    = "media"    // the merchant sent an image, voice, video, place or link
	EventFollowed = "followed" // the merchant opened the channel for the first time and expects a greeting
	EventLeft     = "left"     // the merchant left the channel
	EventBound    = "bound"    // a proof came in for which merchant this address speaks
	EventRecord   = "record"   // the acquirer answered a reading of the record, or failed to
	EventTicket   = "ticket"   // the acquirer answered about a ticket or reports that it moved, or its outcome stays unknown
	EventTimer    = "timer"    // a due row came up
	EventUnsure   = "unsure"   // a push may or may not have reached the user
	EventProof    = "proof"    // the acquirer answered a start or a code of a binding, or failed to
	EventNews     = "news"     // something is to be told unasked to who speaks for a merchant
	EventUnheard  = "unheard"  // the words of a voice could not be made out
	EventRated    = "rated"    // the merchant filled in how he found the help
	EventContext  = "context"  // the page said something of its visitor, without proof

	EventClaim    = "claim"    // an agent takes over
	EventReply    = "reply"    // the holding agent writes
	EventRelease  = "release"  // the holding agent gives back to the bot
	EventTransfer = "transfer" // the holding agent passes on: asks another agent or a team, or gives it to the queue
	EventClose    = "close"    // the holding agent closes the episode
	EventTake     = "take"     // a lead takes over from an agent
	EventOffer    = "offer"    // the desk proposes a waiting conversation to an agent
	EventPass     = "pass"     // an agent declines what he was offered, or the desk takes it back from one who takes nobody any more
	EventHold     = "hold"     // the holding agent puts the conversation aside until a time
	EventResume   = "resume"   // … and takes it up again
	EventLost     = "lost"     // the holding agent is gone or silent for too long: it goes back to the queue
)

// Event is something that happened to a conversation. It carries all that the engine may know, so that it replays without
// clock, index, database or network.
type Event struct {
	ID string `json:"id"`
	// Key is the duplicate key: a second event with the same key changes nothing. What grows with time stands first in it, after the
	// channel: keys of one moment then lie together in their index, and a commit of many turns writes few pages of it.
	Key  string `json:"key"`
	At   int64  `json:"at"` // milliseconds since 1970
	Kind string `json:"kind"`

	// Playbook is the version the turn is decided by; Service pins a new one only where an episode begins.
	Playbook string `json:"playbook,omitempty"`

	// Conversation is the id a channel has already told its user; used when the address has no conversation yet.
	Conversation string `json:"conversation,omitempty"`

	CID    string   `json:"cid,omitempty"`    // said, chose, reply
	Text   string   `json:"text,omitempty"`   // said, reply, media (name of a place, title of a link): clean and masked by Service
	Spoken bool     `json:"spoken,omitempty"` // said: the words were made out of a voice
	Choice string   `json:"choice,omitempty"` // chose
	Media  string   `json:"media,omitempty"`  // media: image, voice, video, location, link, scan, file; others are told as unknown
	Fetch  *Fetch   `json:"fetch,omitempty"`  // media: where it lies, when the channel may fetch it
	File   *File    `json:"file,omitempty"`   // media, reply: the picture itself, which is kept with the turn; Service names it
	Scene  string   `json:"scene,omitempty"`  // followed: what was scanned to get here
	Timer  string   `json:"timer,omitempty"`  // timer: its kind
	Masked []string `json:"masked,omitempty"` // kinds of personal data that were masked in Text

	Agent *AgentID `json:"agent,omitempty"` // claim, reply, release, transfer, close, take, pass, hold, resume; lost: who is gone
	Epoch int64    `json:"epoch,omitempty"` // the epoch the agent saw
	To    *AgentID `json:"to,omitempty"`    // transfer, offer: to whom
	Team  string   `json:"team,omitempty"`  // transfer: to which team; claim, pass: the team as whose member he acts
	// Until ends an offer (offer, transfer to an agent or a team) or a pause (hold), milliseconds.
	Until  int64  `json:"until,omitempty"`
	Remark string `json:"remark,omitempty"` // transfer, close: of the agent to colleagues, masked; no line of the conversation
	Reason string `json:"reason,omitempty"` // close: one of the Closed constants
	Gap    bool   `json:"gap,omitempty"`    // close: the library lacks what would have helped

	// Outside: the agent answers in a program of his own and not at our desk. What he did has happened: it is not refused, Epoch is not
	// looked at, and a reply takes the conversation over.
	Outside bool `json:"outside,omitempty"`

	Trigger string `json:"trigger,omitempty"` // what of the user's it was, where that opens the right to push; see Reach
	Sent    int64  `json:"sent,omitempty"`    // when the user did it, milliseconds, where the channel hears of it later
	Seen    bool   `json:"seen,omitempty"`    // the user has the lines of this event, or shall not be shown them: nothing carries them
	Notes   []Note `json:"notes,omitempty"`   // written with the turn; see Notes

	Whole   bool   `json:"whole,omitempty"`   // said: nothing more comes, so a fragment is answered at once; set by Try, and by who cannot wait
	More    bool   `json:"more,omitempty"`    // said: the merchant's next line has come in already
	Crossed bool   `json:"crossed,omitempty"` // said: written before the answer to the lines in Joined can have been read
	Joined  string `json:"joined,omitempty"`  // said, timer: the text with the lines held before it, which is what is decided; see Held

	Finding *Finding `json:"finding,omitempty"`
	Also    *Also    `json:"also,omitempty"`  // said: the second trouble of the message; Finding is about the first
	Aside   *Finding `json:"aside,omitempty"` // the entry of the trouble that was laid aside last, to be told when it is taken up
	Binding *Binding `json:"binding,omitempty"`
	Others  int      `json:"others,omitempty"` // with Binding: other addresses that have proven that they speak for its merchant
	News    *News    `json:"news,omitempty"`   // news
	// Elsewhere are open tickets of the merchant that were asked for at his other addresses.
	Elsewhere []TicketRef `json:"elsewhere,omitempty"`
	Desk      *DeskStatus `json:"desk,omitempty"`
	// NoTickets: the acquirer takes none.
	NoTickets bool `json:"no_tickets,omitempty"`
	// Binds: the acquirer can prove who asks, by a code.
	Binds bool     `json:"binds,omitempty"`
	Coded bool     `json:"coded,omitempty"` // said: a code was typed; in Text stands [验证码], and the code in no event
	Looks []string `json:"looks,omitempty"` // parts of the record that the acquirer can be asked for besides, see Look
	Tries *Tries   `json:"tries,omitempty"` // said: how often the merchant number was tried today, by any address, this time not counted
	Typed Typed    `json:"-"`               // said: what may be a code, apart from Text and never stored; see Typed

	Asks    *Asks `json:"asks,omitempty"`    // close, said, chose: how the merchant is asked, when the episode ends with it
	Unasked bool  `json:"unasked,omitempty"` // said: the question how it was has not reached him
	Score   int   `json:"score,omitempty"`   // rated: 1 to 5, 5 is best; Text: his own words
	Solved  *bool `json:"solved,omitempty"`  // rated

	Unproven *Unproven `json:"unproven,omitempty"` // what the page says of its visitor; unproven

	Call   string  `json:"call,omitempty"`   // record, ticket, proof: id of the call that is answered; said, unheard: of the fetch
	Record *Record `json:"record,omitempty"` // record: nil when the reading failed
	Ticket *Ticket `json:"ticket,omitempty"` // ticket: nil when the outcome is unknown
	Error  string  `json:"error,omitempty"`  // record, ticket: code of the failure
	// Trying: the call goes on, and what is told is how it stands. Its item stays in the outbox.
	Trying bool `json:"trying,omitempty"`
}

// Finding is what the Finder made of a message.
type Finding struct {
	Revision string               `json:"revision"`
	Hits     []knowledge.Hit      `json:"hits,omitempty"` // best first
	Top      *knowledge.Article   `json:"top,omitempty"`  // the entry to tell or to start from, without its wordings
	P        float64              `json:"p,omitempty"`    // probability that Top is what is meant
	Codes    []knowledge.Code     `json:"codes,omitempty"`
	Evidence []knowledge.Evidence `json:"evidence,omitempty"`
	Ago      *knowledge.Ago       `json:"ago,omitempty"`      // the time that the message names
	Paid     *knowledge.Paid      `json:"paid,omitempty"`     // the payment that the message names
	Card     string               `json:"card,omitempty"`     // the kind of card that the message names, and nothing else
	Incident *knowledge.Incident  `json:"incident,omitempty"` // under way, and the message may be about it
	Tell     float64              `json:"tell,omitempty"`     // P from which Top is told; 0 means the default
	Offer    float64              `json:"offer,omitempty"`    // P from which a hit is offered; 0 means the default
}

// Also is the second trouble of a message that brings two.
type Also struct {
	Text    string  `json:"text"` // the part of the message that is about it
	Finding Finding `json:"finding"`
}

// DeskStatus is the desk as seen when the event came in.
type DeskStatus struct {
	Open    bool `json:"open"`
	Waiting int  `json:"waiting"` // conversations that come before this one, or, while it does not wait, that wait; -1: not known
	ETA     int  `json:"eta_s"`   // seconds until the next free agent, per place in the queue
	// Free is how many more could be served at once, and Pickup the seconds it takes until one is.
	Free   int   `json:"free,omitempty"`
	Pickup int   `json:"pickup_s,omitempty"`
	Before []int `json:"before,omitempty"` // by priority: how many would come before one who is handed over now; none: Waiting, for every one
	// Waits says how long one who is handed over now would wait, seconds, by skill and priority, where that was foreseen; none: by ETA.
	Waits map[string][]int `json:"waits,omitempty"`

	Why     string    `json:"why,omitempty"`      // why nobody takes over at once: busy, nobody, closed
	Hours   string    `json:"hours,omitempty"`    // closed: when people are there, e.g. 9:00–21:00
	Back    string    `json:"back,omitempty"`     // closed: when they come next, e.g. 明早 9 点
	Opens   int64     `json:"opens_at,omitempty"` // closed: Back, in milliseconds
	Targets []Targets `json:"targets,omitempty"`  // of a case that begins now; a skill's own, or the one of all others
	Tells   bool      `json:"tells,omitempty"`    // somebody takes notices
}

// Note is a named text of a channel.
type Note struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}
