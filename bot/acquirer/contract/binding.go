package contract

// BindingStart asks for a code to be sent to the telephone on file for a merchant number. The answer is the same for a number that is
// known, that is not, and that has no telephone: who asks must not learn which. The same Request with the same number sends no second code.
type BindingStart struct {
	Request string `json:"request" is:"ref"`   // our request number; the code is good for it alone
	Number  string `json:"number" is:"number"` // merchant number, 15 digits
}

// BindingStarted says that a code was sent if there was somebody to send it to.
type BindingStarted struct {
	Request   string `json:"request" is:"ref"`
	ExpiresAt int64  `json:"expires_at" is:"ms"` // when a code that was sent ends; five minutes are usual
}

// BindingCode holds a code against the one that was sent. It is never repeated: a code is good once.
type BindingCode struct {
	Request string `json:"request" is:"ref"` // of the start
	Code    string `json:"code" is:"code"`   // six digits, kept nowhere
}

// BindingResult says whether the code was right, and for whom. A wrong, old or used code, one of another request and one for a number that
// is not known are all REFUSED. After five wrong codes in a day for one merchant number every code is.
type BindingResult struct {
	Request  string         `json:"request" is:"ref"`
	Outcome  BindingOutcome `json:"outcome"`
	Merchant string         `json:"merchant,omitempty" is:"ref"`  // BOUND: the merchant's reference
	Name     string         `json:"name,omitempty" is:"line,200"` // BOUND: of the shop
}
