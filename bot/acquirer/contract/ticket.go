package contract

// Case is what a ticket is opened with. Repeating it with the same Request and the same rest opens no second ticket; the same Request
// with another rest is INVALID. It holds no card number and nothing of a payer.
type Case struct {
	Request      string `json:"request" is:"ref"` // our request number; the acquirer knows it for Capabilities.TicketsFor
	Merchant     string `json:"merchant" is:"ref"`
	Title        string `json:"title" is:"line,200"`
	Body         string `json:"body" is:"text,8000"` // masked summary: what was asked, answered and tried
	At           int64  `json:"at,omitempty" is:"ms"`
	Terminal     string `json:"terminal,omitempty" is:"line,4"` // last 4 of the serial number
	ResponseCode string `json:"response_code,omitempty" is:"line,8"`
	HappenedAt   int64  `json:"happened_at,omitempty" is:"ms"`
	Amount       int64  `json:"amount,omitempty" is:"fen"`
}

// Ticket is a case at the acquirer.
type Ticket struct {
	Request   string       `json:"request" is:"ref"` // the number it was opened with
	No        string       `json:"no" is:"line,64"`
	Status    TicketStatus `json:"status"`
	Raw       string       `json:"raw,omitempty" is:"line,200"`  // the provider's word for it
	Note      string       `json:"note,omitempty" is:"line,500"` // what the acquirer tells the merchant
	OpenedAt  int64        `json:"opened_at" is:"ms"`
	ChangedAt int64        `json:"changed_at" is:"ms"` // when it came to Status; of two reports the later one holds
	DueAt     int64        `json:"due_at,omitempty" is:"ms"`
}
