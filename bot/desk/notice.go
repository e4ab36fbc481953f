package desk

import "context"

// Notice is a bot.Notice with its conversation, as who takes notices to agents gets it. It carries no words of the merchant.
type Notice struct {
	Kind         string `json:"kind"` // bot.NoticeQueued and so on
	Conversation string `json:"conversation"`
	Topic        string `json:"topic,omitempty"`
	Skill        string `json:"skill,omitempty"`
	At           int64  `json:"at"` // milliseconds since 1970
}

// Teller takes notices to where agents look: durable when it returns nil.
type Teller interface {
	Tell(ctx context.Context, n Notice) error
}
