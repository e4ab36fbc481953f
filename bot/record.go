package bot

import "fmt"

// Record is what the acquirer knows of one merchant. The enums are neutral; adapters map the provider's words to them and keep
// the raw ones in Raw.
type Record struct {
	Provider     string             `json:"provider"`
	ObservedAt   int64              `json:"observed_at"` // milliseconds
	Trace        string             `json:"trace,omitempty"`
	Merchant     string             `json:"merchant"` // must be the one asked for
	Name         string             `json:"name,omitempty"`
	Status       string             `json:"status"` // ACTIVE PENDING_REVIEW RISK_HOLD FUNDS_HELD SUSPENDED DORMANT DOCS_EXPIRED CLOSED UNKNOWN
	Raw          string             `json:"raw,omitempty"`
	LicenceUntil string             `json:"licence_until,omitempty"` // 2006-01-02
	LastTrade    string             `json:"last_trade,omitempty"`    // 2006-01-02
	Restrictions []Restriction      `json:"restrictions,omitempty"`
	Terminals    []Terminal         `json:"terminals,omitempty"`
	Settlement   *SettlementAccount `json:"settlement,omitempty"`
	Stale        bool               `json:"stale,omitempty"`  // out of a cache: ObservedAt says of when
	Unread       []string           `json:"unread,omitempty"` // operations that failed, and parts of a Look: what they would say is UNKNOWN
	Person       bool               `json:"person,omitempty"` // only people may speak about it, or it has words that nobody here knows
	Looked       `json:"looked,omitzero"`
}

// Restriction is something the acquirer does not let the merchant do.
type Restriction struct {
	Case    string `json:"case"`
	Reason  string `json:"reason"` // DOCS_EXPIRED INFO_MISMATCH NO_TRADE SETTLE_ACCOUNT RISK INSPECTION JUDICIAL CONTRACT_ENDED TERMINAL_BINDING LIMIT PLATFORM_FAULT OTHER
	Text    string `json:"text,omitempty"`
	Recover string `json:"recover,omitempty"` // what the merchant has to hand in or do
	Link    string `json:"link,omitempty"`    // the provider's page for it; stored only when its host may be shown
	Since   string `json:"since,omitempty"`   // 2006-01-02
}

// Terminal is one machine as registered.
type Terminal struct {
	SN     string `json:"sn"`     // last 4 only
	Status string `json:"status"` // ACTIVE NOT_ACTIVATED NOT_REGISTERED BOUND_ELSEWHERE LOCKED_LOCATION LOCKED_TAMPER DISABLED OFFLINE UNKNOWN
	Last   string `json:"last,omitempty"`

	Model      string `json:"model,omitempty"`
	Online     string `json:"online,omitempty"`       // YES NO; "" and UNKNOWN where the acquirer does not say
	SignedInAt int64  `json:"signed_in_at,omitempty"` // newest sign-on, milliseconds
	// Sign, Key and SIM are states of the machine itself; "" where the acquirer does not say.
	Sign string `json:"sign,omitempty"` // INITIAL SIGNED_ON SIGNED_OFF IN_REPAIR UNKNOWN
	Key  string `json:"key,omitempty"`  // LOADED MISSING EXPIRED UNKNOWN
	SIM  string `json:"sim,omitempty"`  // ACTIVE INVENTORY SUSPENDED EXPIRED NONE UNKNOWN
}

// SettlementAccount is where the money goes. No is masked.
type SettlementAccount struct {
	Bank   string `json:"bank,omitempty"`
	No     string `json:"no,omitempty"`
	Verify string `json:"verify"` // OK FAILED PENDING UNKNOWN
	Fail   string `json:"fail,omitempty"`
	Change string `json:"change,omitempty"` // of the account: NONE UNDER_REVIEW REJECTED UNKNOWN
}

// TicketRequest asks the acquirer to open a ticket. Repeating it with the same Request and body opens no second one.
type TicketRequest struct {
	Request  string `json:"request"`
	Merchant string `json:"merchant"`
	Title    string `json:"title"`
	Body     string `json:"body"`               // masked summary: what was asked, answered and tried
	Terminal string `json:"terminal,omitempty"` // end of a serial number, four characters
	Code     string `json:"code,omitempty"`     // on the screen
	At       int64  `json:"at"`
}

// Ticket is a case at the acquirer.
type Ticket struct {
	Request string `json:"request"`
	No      string `json:"no"`
	Status  string `json:"status"`         // OPEN IN_PROGRESS DONE REJECTED
	At      int64  `json:"at,omitempty"`   // when it came to Status, by the acquirer's clock, milliseconds
	Note    string `json:"note,omitempty"` // what the acquirer tells the merchant about it
	Due     int64  `json:"due,omitempty"`  // until when the acquirer promises to settle it, milliseconds
}

// Codes of an AcquirerError.
const (
	CodeNotFound    = "NOT_FOUND"
	CodeNotYours    = "NOT_YOURS"
	CodeUnavailable = "UNAVAILABLE"
	CodeTimeout     = "TIMEOUT" // of a ticket: the outcome is unknown
	CodeInvalid     = "INVALID"
	CodeUnsupported = "UNSUPPORTED"

	CodeAuth         = "AUTH"          // our key is not accepted
	CodeBadSignature = "BAD_SIGNATURE" // an answer that nobody answers for
	CodeRateLimited  = "RATE_LIMITED"
)

// AcquirerError is a failed request. Retryable ones may be repeated; a ticket only under the same request number.
type AcquirerError struct {
	Code      string
	Retryable bool
	Detail    string // for the log; never shown to a merchant
}

func (e *AcquirerError) Error() string {
	return fmt.Sprintf("acquirer: %s: %s", e.Code, e.Detail)
}
