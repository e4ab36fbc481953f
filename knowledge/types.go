package knowledge

// Object says whose record is in trouble. "商户状态异常" on a screen may mean any of them, so it is decided before the cause.
type Object string

const (
	Merchant   Object = "merchant"   // the merchant's registration at the acquirer
	Terminal   Object = "terminal"   // one machine
	Settlement Object = "settlement" // money that was taken and has not arrived
	Payer      Object = "payer"      // the card or account of the customer in front
)

// Move is where the first reply to a message leads.
type Move string

const (
	Answer   Move = "answer"   // an entry is told
	Clarify  Move = "clarify"  // the object or the topic is asked
	Diagnose Move = "diagnose" // a check is asked
	Acquirer Move = "acquirer" // only the acquirer can see or lift it
	Human    Move = "human"    // a person takes over
	Reject   Move = "reject"   // refused
)

// Group joins causes that lead to the same action; the diagnosis stops when one group is likely enough.
type Group string

const (
	GroupAcquirer Group = "acquirer" // the acquirer has to look or act
	GroupService  Group = "service"  // a service engineer has to act
	GroupSelf     Group = "self"     // the merchant can act, or wait
	GroupLimit    Group = "limit"    // a limit that papers can raise
	GroupSoftware Group = "software" // the maker of the cashier software has to act
)

// Remedy is what is told to a merchant. All texts are Chinese, plain, and never contain markup.
type Remedy struct {
	Brief      string   `yaml:"brief" json:"brief"`                     // at most 40 characters: what is likely, or what to do now for the customer in front
	Cause      string   `yaml:"cause" json:"cause,omitempty"`           // why it happens
	Impact     string   `yaml:"impact" json:"impact,omitempty"`         // what it means for sales and money
	Solution   []string `yaml:"solution" json:"solution,omitempty"`     // ordered steps, one instruction each
	Prevention []string `yaml:"prevention" json:"prevention,omitempty"` // what keeps it from happening again
	LiftedBy   string   `yaml:"lifted_by" json:"lifted_by,omitempty"`   // who can lift it, e.g. 收单机构
	Usual      string   `yaml:"usual" json:"usual,omitempty"`           // how long who lifts it usually takes, e.g. 1–3 个工作日; never told as a promise
	Prepare    []string `yaml:"prepare" json:"prepare,omitempty"`       // what to have at hand
	Never      []string `yaml:"never" json:"never,omitempty"`           // what not to do
	// Updated is the day on which somebody last changed or confirmed what is told, e.g. 2026-03-01. Cards show it; without it they name the
	// revision of the library, because a date that nobody has set would be made up.
	Updated string `yaml:"updated" json:"updated,omitempty"`
}

// Article is one entry of the FAQ: the ways merchants ask, and what is told or asked then.
type Article struct {
	ID       string     `yaml:"id" json:"id"`
	Title    string     `yaml:"title" json:"title"`
	Object   Object     `yaml:"object" json:"object,omitempty"`
	Move     Move       `yaml:"move" json:"move"`
	Wordings []string   `yaml:"wordings" json:"wordings,omitempty"` // as merchants type them; each is a row of the index
	Always   []string   `yaml:"always" json:"always,omitempty"`     // phrases that mean this entry wherever they stand, before codes and likeness: for what must not be missed
	Unless   []string   `yaml:"unless" json:"unless,omitempty"`     // words beside which the phrases of Always mean something else
	Codes    []string   `yaml:"codes" json:"codes,omitempty"`       // response codes (field 39) that this entry explains
	Actor    string     `yaml:"actor" json:"actor,omitempty"`       // codes only: who acts, as named in the table of field 39
	Retry    string     `yaml:"retry" json:"retry,omitempty"`       // codes only: yes | once | no | query (result first) | signon (after sign-on)
	Unknown  bool       `yaml:"unknown" json:"unknown,omitempty"`   // nobody knows whether the payment went through: that is found out before all else
	Causes   []string   `yaml:"causes" json:"causes,omitempty"`     // ids of causes behind it, most likely first
	Evidence []Evidence `yaml:"evidence" json:"evidence,omitempty"` // what a merchant who asks this has already said
	// Shares is P(cause | this is what is asked), where more is known than an order: what an acquirer folds into one code.
	Shares  map[string]float64 `yaml:"shares" json:"shares,omitempty"`
	Remedy  `yaml:",inline"`
	Sources []string `yaml:"sources" json:"sources,omitempty"` // where the facts come from
	Custom  bool     `yaml:"custom" json:"custom,omitempty"`   // trade custom, not law: told as such

	// For whom and when it is told; see Scope. Empty means everybody and always.
	Brand     []string `yaml:"brand" json:"brand,omitempty"`           // brands or products it is limited to, in every spelling
	Acquirer  []string `yaml:"acquirer" json:"acquirer,omitempty"`     // acquirers whose installations tell it
	ValidFrom string   `yaml:"valid_from" json:"valid_from,omitempty"` // first day, e.g. 2026-03-01, in Beijing
	ValidTo   string   `yaml:"valid_to" json:"valid_to,omitempty"`     // last day
	Hide      bool     `yaml:"hide" json:"hide,omitempty"`             // tells nothing: the entry of this id is not told
}

// Cause is one reason behind a trouble, with what a diagnosis needs to find it.
type Cause struct {
	ID      string `yaml:"id" json:"id"`
	Family  string `yaml:"family" json:"family"` // C1..C16
	Title   string `yaml:"title" json:"title"`
	Object  Object `yaml:"object" json:"object"`
	Group   Group  `yaml:"group" json:"group"`
	Remedy  `yaml:",inline"`
	Money   string             `yaml:"money" json:"money,omitempty"`     // brief where payments went through and the money is missing
	Prior   float64            `yaml:"prior" json:"prior"`               // share of troubles, 0..1
	Yes     map[string]float64 `yaml:"yes" json:"yes,omitempty"`         // P(check answered yes | cause), 0..1, by check id
	Facts   []string           `yaml:"facts" json:"facts,omitempty"`     // states of the acquirer's record that prove it, e.g. DOCS_EXPIRED
	Unseen  float64            `yaml:"unseen" json:"unseen,omitempty"`   // P(the record shows nothing | cause), 0..1; 0 means the usual share
	Success float64            `yaml:"success" json:"success,omitempty"` // P(the solution helps without anybody else | cause), 0..1
	Ticket  bool               `yaml:"ticket" json:"ticket,omitempty"`   // the acquirer has to act: a ticket is offered
	Source  string             `yaml:"source" json:"source,omitempty"`   // of prior and likelihoods
}

// Check is one question that separates causes. An answer counts as yes, no or nothing at all.
type Check struct {
	ID      string        `yaml:"id" json:"id"`
	Ask     string        `yaml:"ask" json:"ask"`             // the question, one thing only
	Answers []CheckAnswer `yaml:"answers" json:"answers"`     // two to four choices; the last is always "don't know"
	Cost    float64       `yaml:"cost" json:"cost"`           // of answering, 1 = a look at the screen
	Skip    []Evidence    `yaml:"skip" json:"skip,omitempty"` // any of these makes the question pointless
	First   bool          `yaml:"first" json:"first"`         // asked before all others while its answer is open
	Short   string        `yaml:"short" json:"short"`         // how a card names it, e.g. 所有卡都不行
}

// CheckAnswer is one choice under a check.
type CheckAnswer struct {
	ID    string   `yaml:"id" json:"id"`       // yes, no, unknown
	Text  string   `yaml:"text" json:"text"`   // the button, at most 12 characters
	Words []string `yaml:"words" json:"words"` // other ways to say it in reply to this check
	Said  []string `yaml:"said" json:"said"`   // phrases that give this answer unasked, anywhere in a message
}

// Evidence is one answered check.
type Evidence struct {
	Check  string `yaml:"check" json:"check"`
	Answer string `yaml:"answer" json:"answer"` // yes | no | unknown
}

// Library is one consistent state of all entries.
type Library struct {
	Revision  string // hash of its content
	Articles  []Article
	Causes    []Cause
	Checks    []Check
	Incidents []Incident // troubles at banks and platforms that are known and under way
	Variants  []Article  // entries for a brand or an acquirer that stand beside the general one of their id; see Scope
}
