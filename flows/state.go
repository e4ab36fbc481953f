package flows

// State is where a dialogue stands. It is plain data, persisted after every turn, and stays small: history is not in it.
type State struct {
	At       string     `json:"at"`                 // state of the machine
	Topic    *Topic     `json:"topic,omitempty"`    // what the episode is about
	Said     string     `json:"said,omitempty"`     // the merchant's first words about it, masked, at most 80 characters
	Evidence []Evidence `json:"evidence,omitempty"` // at most one per check, in the order it came
	Asked    []string   `json:"asked,omitempty"`    // checks that were asked, in order
	Pending  *Prompt    `json:"pending,omitempty"`  // what waits for an answer; at most one
	Told     string     `json:"told,omitempty"`     // cause that was told last and is not yet known to help
	Tried    []string   `json:"tried,omitempty"`    // causes and articles that did not help
	Codes    []string   `json:"codes,omitempty"`    // response codes the merchant named
	Facts    []Fact     `json:"facts,omitempty"`    // from the acquirer's record
	Incident *Incident  `json:"incident,omitempty"` // under way when the merchant wrote
	Read     string     `json:"read,omitempty"`     // reading of the record: "" not tried, waiting, done, failed
	ReadAt   int64      `json:"read_at,omitempty"`  // when it was read, or could not be, milliseconds
	Looks    []string   `json:"looks,omitempty"`    // parts of the record that were looked for besides, see Looks
	Paid     *Paid      `json:"paid,omitempty"`     // the payment that the merchant named last
	Waits    string     `json:"waits,omitempty"`    // record, ticket, start or confirm, while a call is out
	For      string     `json:"for,omitempty"`      // what a proof is asked for: ForTicket, ForWish
	Back     *Prompt    `json:"back,omitempty"`     // with ForWish: the question that stood before
	Coming   bool       `json:"coming,omitempty"`   // a code was sent for, and the merchant has not said that he will not
	Added    string     `json:"added,omitempty"`    // what the merchant added to the ticket that is about to be sent, masked
	Misses   int        `json:"misses,omitempty"`   // messages in a row that were not understood
	Unclear  int        `json:"unclear,omitempty"`  // … with those that were met by an offer or the question in other words
	Abuse    int        `json:"abuse,omitempty"`
	Noted    int64      `json:"noted,omitempty"`  // when a waiting merchant was last told that his lines are kept, milliseconds
	News     int64      `json:"news,omitempty"`   // when he was told of a restriction that he has not asked about yet, milliseconds
	Result   string     `json:"result,omitempty"` // how the episode ended: solved, ticket, person, gone
	Ended    int64      `json:"ended,omitempty"`  // when, milliseconds
	Helped   string     `json:"helped,omitempty"` // the cause that was told when it was solved
	// Times is how often texts with several wordings were said, modulo their number.
	Times  map[string]int `json:"times,omitempty"`
	Frames []Frame        `json:"frames,omitempty"` // troubles laid aside, the next to take up last; at most 3
}

// Frame is a trouble laid aside for another, with all that is known of it. What is known of the merchant stays in the State.
type Frame struct {
	Topic    *Topic     `json:"topic"`
	Said     string     `json:"said,omitempty"`
	Evidence []Evidence `json:"evidence,omitempty"`
	Asked    []string   `json:"asked,omitempty"`
	Pending  *Prompt    `json:"pending,omitempty"`
	Told     string     `json:"told,omitempty"`
	Tried    []string   `json:"tried,omitempty"`
	Codes    []string   `json:"codes,omitempty"`
	Added    string     `json:"added,omitempty"`
}

// Topic is what a merchant asks about: an article in short.
type Topic struct {
	ID       string     `json:"id"`
	Title    string     `json:"title"`
	Object   string     `json:"object,omitempty"`
	Move     string     `json:"move"`
	Brief    string     `json:"brief,omitempty"`
	Causes   []string   `json:"causes,omitempty"`
	Evidence []Evidence `json:"evidence,omitempty"`
	Code     string     `json:"code,omitempty"`  // the response code it was found by
	Usual    string     `json:"usual,omitempty"` // how long it usually takes; see knowledge.Remedy
	Open     bool       `json:"open,omitempty"`  // a payment of which nobody knows yet whether it went through
	// Shares is P(cause | topic) where it is known, as for a response code with several causes behind it.
	Shares map[string]float64 `json:"shares,omitempty"`
}

// Incident is a trouble at a bank or an acquirer that is known and under way.
type Incident struct {
	ID     string   `json:"id"`
	Text   string   `json:"text"`             // what is told of it
	Causes []string `json:"causes"`           // that it makes likelier
	Weight float64  `json:"weight"`           // … by this factor on their odds
	At     int64    `json:"at"`               // since when, milliseconds
	Narrow bool     `json:"narrow,omitempty"` // it is about some banks or codes, and the message named one
}

// Evidence is one answered check.
type Evidence struct {
	Check  string `json:"check"`
	Answer string `json:"answer"`          // yes | no | unknown
	Asked  bool   `json:"asked,omitempty"` // answered on request, not said unasked
}

// Fact is one statement of the acquirer's record.
type Fact struct {
	State string `json:"state"`
	Text  string `json:"text"`
	At    int64  `json:"at"`
	Note  bool   `json:"note,omitempty"` // it is told and proves nothing
	Link  string `json:"link,omitempty"`
}

// Kinds of a Prompt.
const (
	PromptCheck   = "check"   // Ref is the check
	PromptWords   = "words"   // what exactly stands on the screen; Ref is the check that it was said to
	PromptTopics  = "topics"  // choices are article:<id>
	PromptObject  = "object"  // choices are object:<id>
	PromptConfirm = "confirm" // did it help?
	PromptDecide  = "decide"  // open a ticket?
	PromptJoined  = "joined"  // a ticket is open already; a person may be asked for
	PromptLeave   = "leave"   // the next line is a message for the desk
)

// Prompt is a question on the merchant's screen.
type Prompt struct {
	Kind    string   `json:"kind"`
	Ref     string   `json:"ref,omitempty"`
	Choices []Choice `json:"choices,omitempty"`
	// At is when it was asked last, milliseconds; Reminded, that the merchant was reminded of it. Kept where the flow reminds.
	At       int64 `json:"at,omitempty"`
	Reminded bool  `json:"reminded,omitempty"`
}

// Choice is one answer that can be tapped, or typed by number or words.
type Choice struct {
	ID   string `json:"id"`
	Text string `json:"text"`
}

// Kinds of an Input.
const (
	Said     = "said"     // Text
	Chose    = "chose"    // Choice; Text too where a choice comes with words
	Media    = "media"    // Media
	Unheard  = "unheard"  // the words of a voice could not be made out
	Followed = "followed" // first contact
	Bound    = "bound"    // the merchant is known now; Shop
	Record   = "record"   // Facts, or Failed
	Ticket   = "ticket"   // TicketNo, or Failed, or Unknown
	Timer    = "timer"    // Timer
	News     = "news"     // the merchant was told something that people have to explain
	Late     = "late"     // a ticket has passed its time; Answered, nil where it is of a merchant for whom the address no longer speaks
	Claimed  = "claimed"  // an agent took over
	Released = "released" // the bot speaks again
	Queued   = "queued"   // an agent gave the conversation to the queue
	Closed   = "closed"   // an agent closed the episode
)

// Input is one event as the dialogue sees it.
type Input struct {
	At      int64
	Kind    string
	Text    string
	Choice  string
	Media   string
	Timer   string
	Crossed bool // said: written before the last question can have been read; Text holds the lines before it too
	Spoken  bool // said: the words were made out of a voice, and may be wrong
	// Listening: the words of this voice come later, as said or unheard.
	Listening bool
	Topic     *Topic  // what the words mean, sure enough to be told; or the article that was chosen
	Sure      float64 // its probability
	Offers    []Topic // what else they may mean, best first, at most 3
	Evidence  []Evidence
	Codes     []Code
	Ago       *Ago      // said: a time that the message names
	Paid      *Paid     // said: a payment that the message names
	Looks     []string  // parts of the record that this acquirer can be asked for besides
	Card      string    // said: the kind of card, and nothing else
	Also      *Trouble  // said: the second trouble that the same message brings
	Incident  *Incident // under way, and the message may be about it
	Masked    []string  // kinds of personal data that were removed from Text
	Bound     bool      // a binding exists, so the record may be read
	Fresh     bool      // the binding was proven a short while ago: see Tickets.Strong
	Others    bool      // bound: other addresses have proven that they speak for the merchant
	Numbered  bool      // the merchant number is known by which the binding was proven
	Binds     bool      // the acquirer can prove who asks, by a code
	Number    string    // said: a merchant number
	NotNumber bool      // said: digits that are no merchant number, such as a terminal's
	Coded     bool      // said: a code; it stands in no text
	Expired   bool      // … which has ended
	Spent     bool      // there are no more tries of a proof today
	Proof     string    // proof: what became of it
	Unbound   bool      // said: there was a binding, and it is dropped
	NoTickets bool      // the acquirer takes none: people take the request
	Observed  int64     // record: when the acquirer saw it so, milliseconds
	Stale     bool      // record: out of a cache, and old enough to say so
	Person    bool      // record: only people may speak about what it holds
	Shop      string
	Facts     []Fact
	Failed    bool
	Unknown   bool
	Answered  *TicketState  // ticket: the one that is answered; nil when the outcome is unknown or failed
	Tickets   []TicketState // of this merchant, oldest first
	Desk      Desk
	Caller    Caller // what the desk knows of him; Reason is the flow's to say
}

// Ago is a time before the message, in days; it lies between the two.
type Ago struct{ Least, Most int }

// Trouble is what is said about one of two troubles in a message.
type Trouble struct {
	Topic    Topic
	Said     string
	Evidence []Evidence
	Codes    []Code
}

// Code is a response code as the merchant wrote it.
type Code struct {
	Text  string
	Known bool
}

// TicketState is a ticket of this merchant. Status is UNKNOWN and No empty until the acquirer has answered.
type TicketState struct {
	No, Status, Title string
	About             string // the cause or article it is about
	At                int64  // when the status was known, milliseconds
	Due               int64  // until when the acquirer has promised it, 0 where it has not
	Late              bool   // its time has passed, and people look after it
	Elsewhere         bool   // another address of the merchant has asked for it, and hears what becomes of it
}

// Desk is how the people stand.
type Desk struct {
	Open  bool
	Ahead int // who comes before; -1: not known
	ETA   int // seconds until his turn, estimated
	// Before says who would come before one who is handed over now, by priority, and Waits how long he would wait, seconds, by skill and
	// priority. Where they are missing, Ahead and ETA hold for everybody.
	Before []int
	Waits  map[string][]int
	Why    string // why nobody takes over at once: busy, nobody, closed; "" for no reason
	Hours  string // closed: when people are there, e.g. 9:00–21:00
	Back   string // closed: when they come next, e.g. 明早 9 点
}

// with is the desk as it stands for a new one.
func (d Desk) with(c Care) Desk {
	priority, waits := c.Priority, d.Waits[c.Skill]
	if priority < len(d.Before) {
		d.Ahead = d.Before[priority]
	}
	if priority < len(waits) {
		d.ETA = waits[priority]
	}
	return d
}

// Outcome is what the dialogue wants said and done.
type Outcome struct {
	Steps    []Step
	Consult  bool   // read the acquirer's record
	Verify   string // prove who asks: VerifyStart or VerifyConfirm
	Ticket   string // open a ticket about this cause or article
	Queue    string // hand over, for this reason
	Unqueue  bool   // the merchant no longer waits for a person
	Close    bool   // the episode is over
	Left     bool   // the merchant left a message for the desk
	Decision string // where the move leads; see knowledge.Move
	Topic    string // the article the input was taken for
	Moves    []Move // edges of the table, in the order they were taken
}

// Move is one edge of the table.
type Move struct{ From, Event, To string }

// Step is one thing to say, in order.
type Step struct {
	Say      string // key of a text; several keys joined by "\n" are one message
	Args     map[string]string
	Nth      map[string]int // which wording of a key, 0 where it is not in it; see Flow.Wording
	Cause    string         // a cause to tell as a card
	Article  bool           // the article of the input to tell as a card
	Part     string         // of the card only what answers how, when or meanwhile: its lines, without headings
	Aside    bool           // … and it is the one of the trouble that was laid aside
	Plain    bool           // … or as plain lines: small talk has no headings
	File     bool           // {body} of the text is what would be reported to the acquirer
	Choices  []Choice
	Progress bool // worthless once the result is there
	System   bool
	Ticket   *TicketState
	Queue    *Desk
}
