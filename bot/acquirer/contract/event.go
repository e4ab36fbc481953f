package contract

// EventsPath is where posdoctor takes events: POST, signed as a request, answered 204. Anything else but 4xx is to be repeated with
// the same ID, in any order.
const EventsPath = "/acquirer/events"

// Event is what an acquirer reports by itself.
//
//	{"id":"LQ20261123-0007.IN_PROGRESS","type":"ticket.changed","merchant":"demo-2","at":1795392000000,"ticket":{…}}
type Event struct {
	ID       string    `json:"id" is:"ref"` // the same for each repetition
	Type     EventType `json:"type"`
	Raw      string    `json:"raw,omitempty" is:"line,200"` // the provider's word for it
	Merchant string    `json:"merchant,omitempty" is:"ref"`
	At       int64     `json:"at" is:"ms"`
	Ticket   *Ticket   `json:"ticket,omitempty"` // ticket.changed
	Notice   *Notice   `json:"notice,omitempty"` // notice.published
}
