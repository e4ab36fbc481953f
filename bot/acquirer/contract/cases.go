package contract

// RiskCases are investigations, the newest first.
type RiskCases struct {
	Items []RiskCase `json:"items" is:"list,100"`
}

// RiskCase is one investigation, e.g. a request for vouchers (调单).
type RiskCase struct {
	CaseID     string    `json:"case_id" is:"line,64"`
	State      CaseState `json:"state"`
	Raw        string    `json:"raw,omitempty" is:"line,200"`  // the provider's word for it
	Text       string    `json:"text,omitempty" is:"line,500"` // what it is about
	Needs      []string  `json:"needs,omitempty" is:"list,20"` // what the merchant has to hand in, in words for him
	OpenedAt   int64     `json:"opened_at,omitempty" is:"ms"`
	DueAt      int64     `json:"due_at,omitempty" is:"ms"` // until when
	ResolvedAt int64     `json:"resolved_at,omitempty" is:"ms"`
}

// Complaints are complaints of payers, the newest first.
type Complaints struct {
	Items []Complaint `json:"items" is:"list,100"`
}

// Complaint is one payer's complaint. Nothing in it tells who the payer is.
type Complaint struct {
	ID       string         `json:"id" is:"line,64"`
	State    ComplaintState `json:"state"`
	Raw      string         `json:"raw,omitempty" is:"line,200"` // the provider's word for it
	Text     string         `json:"text,omitempty" is:"line,500"`
	Amount   int64          `json:"amount,omitempty" is:"fen"`
	OpenedAt int64          `json:"opened_at,omitempty" is:"ms"`
	DueAt    int64          `json:"due_at,omitempty" is:"ms"` // until when the merchant has to answer
}

// Notices are what concerns all merchants now.
type Notices struct {
	Items []Notice `json:"items" is:"list,50"`
}

// Notice is an outage, a maintenance or a change.
type Notice struct {
	ID      string     `json:"id" is:"line,64"`
	Kind    NoticeKind `json:"kind"`
	Raw     string     `json:"raw,omitempty" is:"line,200"` // the provider's word for it
	Title   string     `json:"title" is:"line,100"`
	Text    string     `json:"text,omitempty" is:"text,2000"`
	StartAt int64      `json:"start_at,omitempty" is:"ms"`
	EndAt   int64      `json:"end_at,omitempty" is:"ms"`
}
