package desk

import "context"

// Kinds of notices.
const (
	NoticeQueued = "queued" // a conversation waits for a person
	NoticeLate   = "late"   // a target is about to be missed, or was
	NoticeLeft   = "left"   // a message was left while nobody was there
	NoticeUnsure = "unsure" // a ticket or a delivery whose outcome nobody knows
	NoticeRated  = "rated"  // a merchant was not content with the help
)

// Notice tells agents who do not look at the console that a conversation wants them. It carries no words of the merchant.
type Notice struct {
	Kind         string `json:"kind"`
	Conversation string `json:"conversation"`
	Topic        string `json:"topic,omitempty"`
	Skill        string `json:"skill,omitempty"`
	At           int64  `json:"at"` // milliseconds since 1970
}

// Teller takes notices to where agents look: durable when it returns nil.
type Teller interface {
	Tell(ctx context.Context, n Notice) error
}
