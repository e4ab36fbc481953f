package desk

import (
	"context"

	"posdoctor/bot"
)

// Deliverer takes notices from the outbox to a Teller.
type Deliverer struct{ Teller Teller }

// Deliver implements bot.Deliverer. A notice that cannot be told comes again; it carries the same conversation, kind and time.
func (d Deliverer) Deliver(ctx context.Context, it bot.Item) (bot.Event, error) {
	if n := it.Notice; n != nil && d.Teller != nil {
		return bot.Event{}, d.Teller.Tell(ctx, Notice{Kind: n.Kind, Conversation: it.Conversation, Topic: n.Topic, Skill: n.Skill, At: n.At})
	}
	return bot.Event{}, nil
}
