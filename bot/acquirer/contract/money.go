package contract

// Settlements are payouts, the newest first.
type Settlements struct {
	Items []Settlement `json:"items" is:"list,200"`
}

// Settlement is one payout.
type Settlement struct {
	Date       string          `json:"date" is:"date"`
	Cycle      string          `json:"cycle,omitempty" is:"line,16"` // e.g. T+1, D+0
	Amount     int64           `json:"amount" is:"fen"`
	State      SettlementState `json:"state"`
	Raw        string          `json:"raw,omitempty" is:"line,200"` // the provider's word for it
	FailReason string          `json:"fail_reason,omitempty" is:"line,500"`
	ExpectedAt int64           `json:"expected_at,omitempty" is:"ms"`
}

// Transaction is what became of one payment.
type Transaction struct {
	Ref          string           `json:"ref" is:"ref"`
	Time         int64            `json:"time" is:"ms"`
	Amount       int64            `json:"amount" is:"fen"`
	ResponseCode string           `json:"response_code,omitempty" is:"line,8"` // field 39
	FinalState   TransactionState `json:"final_state"`
	Raw          string           `json:"raw,omitempty" is:"line,200"` // the provider's word for it
	ReversedAt   int64            `json:"reversed_at,omitempty" is:"ms"`
}

// Limits are limits of amount.
type Limits struct {
	Items []Limit `json:"items" is:"list,50"`
}

// Limit is one limit of amount.
type Limit struct {
	Kind LimitKind `json:"kind"`
	Raw  string    `json:"raw,omitempty" is:"line,200"` // the provider's word for it
	On   string    `json:"on,omitempty" is:"line,100"`  // what it is for, in the provider's words, e.g. 信用卡
	Most int64     `json:"most" is:"fen"`
	Used int64     `json:"used,omitempty" is:"fen"`
}
