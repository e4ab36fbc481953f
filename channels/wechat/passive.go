package wechat

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"strconv"
	"strings"
	"time"

	"posdoctor/bot"
)

const (
	handleTime = 15 * time.Second // for what goes on after WeChat has hung up
	reread     = time.Second      // a wake may be lost
	readAtOnce = 100
	patience   = 5 * time.Second // WeChat hangs up then
)

// flight is one push being worked on. Its repetitions wait for it.
type flight struct {
	key     string
	start   time.Time // when the attempt that works on it came in
	waiting int       // repetitions that wait for it now; under Channel.mu
	done    chan struct{}
	body    []byte
	err     error
}

var (
	errStillWorking = errors.New("the first attempt is still being worked on")
	errHungUp       = errors.New("nobody waits for the reply any more; its lines come with the next message")
)

// reply handles an event and returns the bytes to answer with, nil for nothing to say. All attempts of one push get the same bytes,
// and one of them makes them.
func (c *Channel) reply(ctx context.Context, start time.Time, a bot.Address, ev bot.Event, env envelope) ([]byte, error) {
	c.mu.Lock()
	if f := c.flights[ev.Key]; f != nil {
		f.waiting++
		c.mu.Unlock()
		defer func() {
			c.mu.Lock()
			f.waiting--
			c.mu.Unlock()
		}()
		late := time.NewTimer(time.Until(start.Add(c.cfg.Hold)))
		defer late.Stop()
		select {
		case <-f.done:
			return f.body, f.err
		case <-late.C:
		case <-ctx.Done():
		}
		return nil, errStillWorking
	}
	f := &flight{key: ev.Key, start: start, done: make(chan struct{}), err: errors.New("the first attempt broke off")}
	c.flights[ev.Key] = f
	c.mu.Unlock()
	defer func() { // a panic passes through here too
		c.mu.Lock()
		c.forget(f)
		c.mu.Unlock()
		close(f.done)
	}()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), handleTime)
	defer cancel()
	f.body, f.err = c.first(ctx, f, a, ev, env)
	return f.body, f.err
}

// forget lets the next repetition start anew. The caller holds mu.
func (c *Channel) forget(f *flight) {
	if c.flights[f.key] == f {
		delete(c.flights, f.key)
	}
}

// wanted says whether anybody waits for the reply of a flight. When nobody does, a repetition that comes from now on starts anew, so
// that none waits for a reply that will not be made.
func (c *Channel) wanted(f *flight) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if f.waiting > 0 || time.Since(f.start) < patience {
		return true
	}
	c.forget(f)
	return false
}

func (c *Channel) first(ctx context.Context, f *flight, a bot.Address, ev bot.Event, env envelope) ([]byte, error) {
	turn, err := c.deps.Service.Handle(ctx, a, ev)
	switch {
	case errors.Is(err, bot.ErrTooLong):
		return c.seal(env, textTooLong)
	case errors.Is(err, bot.ErrEmpty), errors.Is(err, bot.ErrNotUTF8):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("handling: %w", err)
	}
	if ev.Kind == bot.EventLeft || turn.Next.ID == "" {
		return nil, nil
	}
	if turn.Repeated {
		body, found, err := c.deps.Replies.Carried(ctx, ev.Key)
		if found || err != nil {
			return body, wrap("reading the kept reply", err)
		}
	}
	return c.carry(ctx, f, turn.Next.ID, env)
}

// carry makes the reply of what the merchant has not been shown. While the newest line says that a result is awaited, it waits for
// it, until the hold is over.
func (c *Channel) carry(ctx context.Context, f *flight, conversation string, env envelope) ([]byte, error) {
	wake, cancel := c.deps.Bus.Subscribe(conversation)
	defer cancel()
	late := time.NewTimer(time.Until(f.start.Add(c.cfg.Hold)))
	defer late.Stop()
	again := time.NewTicker(reread)
	defer again.Stop()
	for last := false; ; {
		body, awaits, err := c.compose(ctx, f, conversation, env, last)
		if !awaits || err != nil {
			return body, err
		}
		select {
		case <-wake:
		case <-again.C:
		case <-late.C:
			last = true
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// compose makes and keeps one reply. It reports awaits, and makes none, when a result is still to come and this is not the last try.
// A reply that nobody waits for is not kept, for what is kept counts as shown.
func (c *Channel) compose(ctx context.Context, f *flight, conversation string, env envelope, last bool) (body []byte, awaits bool, err error) {
	shelf := &c.shelf[maphash.String(shelfSeed, conversation)%uint64(len(c.shelf))]
	shelf.Lock()
	defer shelf.Unlock()

	messages, err := c.unseen(ctx, conversation)
	if err != nil {
		return nil, false, err
	}
	if awaits = awaited(messages); awaits && !last {
		return nil, true, nil
	}
	lines := render(messages, awaits)
	from := 0
	if i := firstLine(lines); i >= 0 && len(lines[i].text) > wholeText {
		if from, err = c.told(ctx, conversation, lines[i].seq); err != nil {
			return nil, false, err
		}
	}
	p := pack(lines, from)
	if p.text == "" {
		return nil, false, nil
	}
	if body, err = c.seal(env, p.text); err != nil {
		return nil, false, err
	}
	if !c.wanted(f) {
		return nil, false, errHungUp
	}
	kept, err := c.deps.Replies.Carry(ctx, f.key, conversation, p.upto, body)
	if err != nil {
		return nil, false, fmt.Errorf("keeping the reply: %w", err)
	}
	if p.cut != 0 && string(kept) == string(body) {
		next := strconv.Itoa(p.next)
		if _, err := c.deps.Replies.Carry(ctx, partKey(conversation, p.cut, p.from), conversation, p.upto, []byte(next)); err != nil {
			return nil, false, fmt.Errorf("keeping how far line %d was told: %w", p.cut, err)
		}
	}
	return kept, false, nil
}

var shelfSeed = maphash.MakeSeed()

// unseen reads the lines that no reply has carried. Where an agent listens to a long story there are many, all of them the merchant's
// own; they are ticked off a hundred at a time, so that a turn costs the same after a thousand.
func (c *Channel) unseen(ctx context.Context, conversation string) ([]bot.Message, error) {
	after, err := c.deps.Replies.CarriedUpTo(ctx, conversation)
	if err != nil {
		return nil, fmt.Errorf("reading what was carried: %w", err)
	}
	var out []bot.Message
	for {
		page, err := c.deps.Messages.Messages(ctx, conversation, after, readAtOnce)
		if err != nil {
			return nil, fmt.Errorf("reading lines: %w", err)
		}
		out = append(out, page...)
		if len(page) < readAtOnce {
			return out, nil
		}
		after = page[len(page)-1].Seq
		if silent(out) {
			key := "wechat:own:" + conversation + ":" + strconv.FormatInt(after, 10)
			if _, err := c.deps.Replies.Carry(ctx, key, conversation, after, nil); err != nil {
				return nil, fmt.Errorf("ticking off the merchant's own lines: %w", err)
			}
			out = out[:0]
		}
	}
}

func silent(messages []bot.Message) bool {
	for _, m := range messages {
		if m.From != bot.FromUser {
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

// told follows how far a line that is told in parts has been told, in bytes of its text.
func (c *Channel) told(ctx context.Context, conversation string, seq int64) (int, error) {
	for from := 0; ; {
		body, found, err := c.deps.Replies.Carried(ctx, partKey(conversation, seq, from))
		if err != nil {
			return 0, fmt.Errorf("reading how far line %d was told: %w", seq, err)
		}
		next, err := strconv.Atoi(string(body))
		if !found || err != nil || next <= from {
			return from, nil
		}
		from = next
	}
}

func partKey(conversation string, seq int64, from int) string {
	return fmt.Sprintf("wechat:part:%s:%d:%d", conversation, seq, from)
}

func wrap(doing string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// without is an error's text for the log, with the merchant's openid taken out.
func without(err error, openid string) string {
	if openid == "" {
		return err.Error()
	}
	return strings.ReplaceAll(err.Error(), openid, "…")
}
