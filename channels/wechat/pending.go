package wechat

import (
	"context"
	"fmt"
	"time"

	"posdoctor/bot"
)

// pending is what a user has not been shown: what was held back, then the lines that nobody has claimed.
type pending struct {
	conversation bot.Conversation
	shown        bot.Shown
	lines        []line
	drops        []string // held words of the bot that an agent came before
	seen         int64    // newest seq that was read
	awaits       bool     // the bot's newest word is that it is looking something up
}

const readAtOnce = 100

// read reads what is pending, and the pushes since a time. What is known of the conversation is read again only when it has changed.
func (d Deps) read(ctx context.Context, known bot.Conversation, since time.Time) (pending, error) {
	p := pending{conversation: known}
	var err error
	if p.shown, err = d.Deliveries.Shown(ctx, known.ID, since.UnixMilli()); err != nil {
		return p, fmt.Errorf("reading what was shown: %w", err)
	}
	if known.Version != p.shown.Version {
		if p.conversation, err = d.Messages.ConversationByID(ctx, known.ID); err != nil {
			return p, fmt.Errorf("reading the conversation: %w", err)
		}
	}
	messages, err := d.unseen(ctx, &p)
	if err != nil {
		return p, err
	}
	byAgent := p.conversation.Holder.Kind == bot.HolderAgent
	for _, h := range p.shown.Held {
		if byAgent && h.From == bot.FromBot {
			p.drops = append(p.drops, h.ID)
			continue
		}
		if h.Carries == bot.CarriesRating && p.conversation.Heard > h.At {
			p.drops = append(p.drops, h.ID) // he has come with something new
			continue
		}
		held := line{seq: h.Last, first: h.First, words: h.Text, from: h.From, held: h.ID, urgent: h.From == bot.FromSystem}
		switch h.Carries {
		case "":
		case bot.CarriesRating:
			held.rates, held.urgent = true, false
		default:
			held.picture = h.Carries
		}
		p.lines = append(p.lines, held)
	}
	p.lines = append(p.lines, render(messages)...)
	p.awaits = awaited(messages)
	return p, nil
}

// unseen reads the lines that nobody has claimed. Where an agent listens to a long story there are many, all of them the merchant's
// own; they are ticked off a hundred at a time, so that a turn costs the same after a thousand.
func (d Deps) unseen(ctx context.Context, p *pending) ([]bot.Message, error) {
	var out []bot.Message
	after := p.shown.Upto
	for p.seen = after; ; {
		messages, err := d.Messages.Messages(ctx, p.conversation.ID, after, readAtOnce)
		if err != nil {
			return nil, fmt.Errorf("reading lines: %w", err)
		}
		out = append(out, messages...)
		if len(messages) > 0 {
			after = messages[len(messages)-1].Seq
			p.seen = after
		}
		if len(messages) < readAtOnce {
			return out, nil
		}
		if silent(out) {
			err := d.Deliveries.Begin(ctx, bot.Claim{Conversation: p.conversation.ID, Version: p.shown.Version, After: p.shown.Upto, Upto: after})
			if err != nil {
				return nil, fmt.Errorf("ticking off the merchant's own lines: %w", err)
			}
			p.shown.Upto, out = after, nil
		}
	}
}

// claim is the claim of a page by a delivery. What is left of a line that was cut is held.
func (p pending) claim(g page, d bot.Delivery, newID func() string, now int64) bot.Claim {
	c := bot.Claim{Conversation: p.conversation.ID, Version: p.shown.Version, After: p.shown.Upto, Upto: p.shown.Upto, Drops: p.drops}
	if !g.more {
		c.Upto = p.seen
	}
	for _, l := range g.lines {
		c.Upto = max(c.Upto, l.seq)
		if l.held != "" {
			c.Moves = append(c.Moves, l.held)
			d.First = min(d.First, l.first)
		}
		if d.From == "" || l.from != bot.FromSystem {
			d.From = l.from
		}
	}
	d.Conversation, d.Last = c.Conversation, max(d.Last, g.last())
	d.First = min(d.First, max(d.Last, 1))
	c.Deliveries = []bot.Delivery{d}
	if g.rest != "" {
		c.Deliveries = append(c.Deliveries, bot.Delivery{ID: newID(), Conversation: c.Conversation, First: g.last(), Last: g.last(), From: g.lines[len(g.lines)-1].from,
			Path: d.Path, State: bot.DeliveryHeld, Reason: reasonMore, Text: g.rest, At: now})
	}
	return c
}

// reasonMore is why the rest of a long line is held.
const reasonMore = "more"

func silent(messages []bot.Message) bool {
	for _, m := range messages {
		if m.From != bot.FromUser && !m.Seen {
			return false
		}
	}
	return true
}

// awaited says that the bot's newest word is that it is looking something up.
func awaited(messages []bot.Message) bool {
	for i := len(messages) - 1; i >= 0; i-- {
		switch m := messages[i]; {
		case m.From == bot.FromBot:
			return m.Progress
		case m.From == bot.FromAgent, m.Type == bot.TypeJoined:
			return false // a person goes on
		}
	}
	return false
}

// begun says that a message of ours is under way, or has lost its sender: an item of the outbox has to find its end.
func (p pending) begun() bool {
	for _, d := range p.shown.Pushes {
		if d.State == bot.DeliveryBegun {
			return true
		}
	}
	return false
}
