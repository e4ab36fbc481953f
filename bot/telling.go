package bot

// Telling is one notice on its way to one place.
type Telling struct {
	ID           string
	Told         int64  // when it was asked for, milliseconds
	Target       string // of the outbox: TargetTelling and the way
	Kind         string
	Conversation string
	Body         string // for who delivers it; not kept when it is done
	State        string // TellingWaiting, TellingSent, TellingFailed
	Attempts     int
	Reason       string // of the last failure
	Done         int64
}

// States of a telling.
const (
	TellingWaiting = "waiting"
	TellingSent    = "sent"
	TellingFailed  = "failed"
)

// TargetTelling begins the outbox's names of the ways, such as "tell.wecom".
const TargetTelling = "tell."
