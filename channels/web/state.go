package web

import (
	"context"
	"errors"

	"posdoctor/bot"
)

// State is who speaks with the visitor now.
type State struct {
	Mode  string       `json:"mode"` // bot, queue, agent, closed
	Queue *Queue       `json:"queue"`
	Agent *bot.AgentID `json:"agent"`
	Busy  bool         `json:"busy,omitempty"` // the bot waits for an answer from outside, or for the rest of a message

	Unread   int   `json:"unread"`             // lines of others that no tab has shown
	Merchant *Shop `json:"merchant,omitempty"` // for whom the visitor speaks
}

// Shop is a merchant as its own visitor sees it.
type Shop struct {
	Name string `json:"name"`
}

// state reads who speaks, and the number of the newest line.
func (c *Channel) state(ctx context.Context, v Visitor) (State, int64, error) {
	conv, err := c.read.ConversationByID(ctx, v.Conversation)
	if errors.Is(err, bot.ErrNotFound) {
		return State{Mode: "bot"}, 0, nil
	}
	if err != nil {
		return State{}, 0, err
	}
	st := State{Mode: conv.Holder.Kind, Busy: (conv.Awaits != "" || conv.Held != nil) && conv.Holder.Kind == bot.HolderBot}
	if b := conv.Speaks(c.tokens.now().UnixMilli()); b != nil {
		st.Merchant = &Shop{Name: b.Name}
	}
	if st.Unread, err = c.unread(ctx, conv); err != nil {
		return st, 0, err
	}
	switch conv.Holder.Kind {
	case bot.HolderClosed:
		st.Mode = "closed"
	case bot.HolderAgent:
		if conv.Holder.Agent != nil {
			st.Agent = &bot.AgentID{Name: conv.Holder.Agent.Name}
		}
	case bot.HolderQueue:
		st.Queue = &Queue{QueueLine: bot.QueueLine{Pos: 1}}
		if c.desk != nil {
			d, err := bot.StatusAt(ctx, c.desk, conv.Address, conv.ID)
			if err != nil {
				return st, 0, err
			}
			var k bot.Case
			if conv.Case != nil {
				k = *conv.Case
			}
			st.Queue = c.queue(d, k, c.site(v.Site))
		}
	}
	return st, conv.Last, nil
}
