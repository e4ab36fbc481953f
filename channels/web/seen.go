package web

import (
	"context"
	"errors"
	"strconv"

	"posdoctor/bot"
)

// maxUnread is how many lines are counted; a badge says 99+ beyond.
const maxUnread = 100

// A visitor's tabs share one mark of what was shown, so that a line read in one is not new in another.

func markName(conversation string) string { return "seen:" + conversation }

func (c *Channel) mark(ctx context.Context, conversation string) (int64, error) {
	v, err := c.Notes.Note(ctx, markName(conversation))
	if err != nil || v == "" {
		return 0, err
	}
	return strconv.ParseInt(v, 10, 64)
}

// setSeen moves the mark forward, never back and never past the last line, and wakes the other tabs.
func (c *Channel) setSeen(ctx context.Context, v Visitor, upto int64) error {
	if c.Notes == nil || upto <= 0 {
		return nil
	}
	c.marking.Lock() // two tabs at once: the higher mark stays
	defer c.marking.Unlock()
	conv, err := c.read.ConversationByID(ctx, v.Conversation)
	if errors.Is(err, bot.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	old, err := c.mark(ctx, v.Conversation)
	upto = min(upto, conv.Last)
	if err != nil || upto <= old {
		return err
	}
	if err := c.Notes.SetNote(ctx, bot.Note{Name: markName(v.Conversation), Value: strconv.FormatInt(upto, 10)}); err != nil {
		return err
	}
	c.bus.Publish(v.Conversation)
	return nil
}

// unread counts what others said behind the mark.
func (c *Channel) unread(ctx context.Context, conv bot.Conversation) (int, error) {
	if c.Notes == nil {
		return 0, nil
	}
	seen, err := c.mark(ctx, conv.ID)
	if err != nil || seen >= conv.Last {
		return 0, err
	}
	lines, err := c.read.Messages(ctx, conv.ID, seen, maxUnread)
	n := 0
	for i := range lines {
		if lines[i].From != bot.FromUser {
			n++
		}
	}
	return n, err
}
