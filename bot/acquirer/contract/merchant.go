package contract

// Merchant is a shop as the acquirer knows it.
type Merchant struct {
	MIDMasked   string         `json:"mid_masked" is:"masked"`          // e.g. 8221****0032
	Name        string         `json:"name,omitempty" is:"line,100"`    // of the shop
	Status      MerchantStatus `json:"status"`                          // of the merchant as a whole
	Raw         string         `json:"raw,omitempty" is:"line,200"`     // the provider's word for it
	Functions   Functions      `json:"functions"`                       // what works
	Docs        Documents      `json:"docs"`                            // until when the documents hold
	LastTradeAt int64          `json:"last_trade_at,omitempty" is:"ms"` // newest payment
}

// Functions says what a merchant may do now.
type Functions struct {
	Collect  Switch `json:"collect"`
	Refund   Switch `json:"refund"`
	Withdraw Switch `json:"withdraw"`
	Settle   Switch `json:"settle"`
	D0       Switch `json:"d0"`
}

// Documents says until when a merchant's documents hold.
type Documents struct {
	LicenceValidTo string `json:"licence_valid_to,omitempty" is:"date"`
	LegalIDValidTo string `json:"legal_id_valid_to,omitempty" is:"date"`
}

// Restrictions are what is limited now, and what was lifted lately.
type Restrictions struct {
	Items []Restriction `json:"items" is:"list,100"`
}

// Restriction is something that the acquirer does not let the merchant do, with a reason and a way to recover.
type Restriction struct {
	CaseID     string     `json:"case_id" is:"line,64"`
	ReasonType Reason     `json:"reason_type"`
	ReasonText string     `json:"reason_text,omitempty" is:"line,500"` // what the provider tells the merchant about it
	Raw        string     `json:"raw,omitempty" is:"line,200"`         // the provider's word for the reason
	Functions  []Function `json:"functions" is:"list,20"`
	Measure    Measure    `json:"association_code,omitempty"`
	// RecoverWay says what the merchant has to do, in words for him; RecoverParam is what the provider's own page needs for it.
	RecoverWay   string `json:"recover_way,omitempty" is:"line,500"`
	RecoverParam string `json:"recover_param,omitempty" is:"line,200"`
	HelpURL      string `json:"help_url,omitempty" is:"link"`
	StartAt      int64  `json:"start_at,omitempty" is:"ms"`
	Timing       Timing `json:"effect"`
	LiftedAt     int64  `json:"lifted_at,omitempty" is:"ms"` // set: it is over
}

// Terminals are the merchant's machines.
type Terminals struct {
	Items []Terminal `json:"items" is:"list,500"`
}

// Terminal is one machine as registered.
type Terminal struct {
	SNMasked     string         `json:"sn_masked" is:"masked"` // e.g. ****4102
	TID          string         `json:"tid,omitempty" is:"ref"`
	Model        string         `json:"model,omitempty" is:"line,64"` // as merchants know it, e.g. N910
	BoundHere    Switch         `json:"bound_mid_matches"`            // NO: registered with another merchant, who is not named
	Status       TerminalStatus `json:"status"`
	Raw          string         `json:"raw,omitempty" is:"line,200"` // the provider's word for it
	Online       Switch         `json:"online,omitempty"`            // connected when it was observed
	SignState    SignState      `json:"sign_state"`
	SignedInAt   int64          `json:"signed_in_at,omitempty" is:"ms"` // newest sign-on that went through
	KeyState     KeyState       `json:"key_state"`
	LastActivity int64          `json:"last_activity,omitempty" is:"ms"`
	LastTxn      int64          `json:"last_txn,omitempty" is:"ms"`
	SIMStatus    SIMStatus      `json:"sim_status"`
	LocationOK   Switch         `json:"location_ok"`
	AppVersion   string         `json:"app_version,omitempty" is:"line,64"`
}

// SettlementAccount is where the money goes.
type SettlementAccount struct {
	Type          string      `json:"type,omitempty" is:"line,64"` // as the provider names it, e.g. 对公
	Bank          string      `json:"bank,omitempty" is:"line,100"`
	MaskedNo      string      `json:"masked_no,omitempty" is:"masked"` // first 6 and last 4, or less
	VerifyState   VerifyState `json:"verify_state"`
	FailReason    string      `json:"fail_reason,omitempty" is:"line,500"`
	Raw           string      `json:"raw,omitempty" is:"line,200"` // the provider's word for the verification
	PendingChange ChangeState `json:"pending_change"`
}

// Onboarding is how far a merchant's application is.
type Onboarding struct {
	Application string          `json:"application,omitempty" is:"line,64"`
	State       OnboardingState `json:"state"`
	Raw         string          `json:"raw,omitempty" is:"line,200"` // the provider's word for it
	Text        string          `json:"text,omitempty" is:"line,500"`
	SignURL     string          `json:"sign_url,omitempty" is:"link"` // where the merchant signs
	Faults      []Fault         `json:"faults,omitempty" is:"list,50"`
}

// Fault is what was refused about an application.
type Fault struct {
	Field  string `json:"field" is:"line,100"`
	Reason string `json:"reason" is:"line,500"`
}
