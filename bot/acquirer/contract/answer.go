package contract

// Answer is the envelope of every answer:
//
//	{"provider":"岚桥支付","operation":"getMerchant","merchant":"demo-2","observed_at":1795392000000,"raw_status":"LICENSE_EXPIRED",
//	 "trace_id":"LQ-2-19f…","stale":false,"data":{…}}
type Answer[T any] struct {
	Provider  string    `json:"provider" is:"line,64"`
	Operation Operation `json:"operation" is:"ref"`
	// Merchant echoes the reference that was asked for, so that an answer about somebody else cannot be told. Empty where none was.
	Merchant   string `json:"merchant,omitempty" is:"ref"`
	ObservedAt int64  `json:"observed_at" is:"ms"` // when the provider saw it so
	// ReceivedAt is when we got it, by our own clock. Who asked fills it in.
	ReceivedAt int64  `json:"received_at,omitempty" is:"ms"`
	RawStatus  string `json:"raw_status,omitempty" is:"line,200"` // the provider's own word for the state
	TraceID    string `json:"trace_id,omitempty" is:"line,128"`
	Stale      bool   `json:"stale"` // from a cache: ObservedAt says of when
	Data       T      `json:"data"`
}

// Capabilities says what an acquirer can be asked, so that nothing is promised that it does not do.
type Capabilities struct {
	Operations []Operation `json:"operations" is:"list,64"`
	Webhooks   bool        `json:"webhooks"` // it reports tickets by itself; else they are asked for
	// TicketsFor is how long a request number is known, in seconds; a request is not repeated after that.
	TicketsFor int64 `json:"tickets_for,omitempty" is:"count"`
}

// Has says whether an operation is answered.
func (c Capabilities) Has(op Operation) bool {
	for _, o := range c.Operations {
		if o == op {
			return true
		}
	}
	return false
}

// Pending is what a read may answer with status 202: it takes longer, ask the same again after a while.
type Pending struct {
	RetryAfter int64 `json:"retry_after" is:"count"` // milliseconds
}
