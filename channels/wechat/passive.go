package wechat

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"posdoctor/bot"
)

const (
	handleTime = 15 * time.Second // for what goes on after WeChat has hung up
	reread     = time.Second      // a wake may be lost
	patience   = 5 * time.Second  // WeChat hangs up then
	restAfter  = 500 * time.Millisecond

	pushHold    = 2 * time.Second
	passiveHold = 4500 * time.Millisecond

	longestHold = 4800 * time.Millisecond // WeChat hangs up soon after
	heldGrace   = 500 * time.Millisecond  // for the answer to a fragment to be made, once its time is over
)

// flight is one push being worked on. Its repetitions wait for it.
type flight struct {
	key     string
	start   time.Time // when the attempt that works on it came in
	waiting int       // repetitions that wait for it now; under Channel.mu
	until   time.Time // zero, or when the answer to a fragment is there at last; under Channel.mu
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
		late := time.NewTimer(time.Until(start.Add(c.hold())))
		defer late.Stop()
		for {
			select {
			case <-f.done:
				return f.body, f.err
			case <-late.C:
				if wait := c.waitsOn(f, start); wait > 0 {
					late.Reset(wait)
					continue
				}
			case <-ctx.Done():
			}
			return nil, errStillWorking
		}
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

// waitsOn is how long a repetition that came at start still waits for a flight that holds a fragment.
func (c *Channel) waitsOn(f *flight, start time.Time) time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return min(time.Until(f.until), time.Until(start.Add(longestHold)))
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
		body, found, err := c.kept(ctx, ev.Key)
		if found || err != nil {
			return body, err
		}
	}
	defer c.aloft(turn.Next.ID, f)()
	return c.carry(ctx, f, turn.Next, env)
}

// kept returns the reply that a push was given before.
func (c *Channel) kept(ctx context.Context, key string) ([]byte, bool, error) {
	d, err := c.deps.Deliveries.Delivery(ctx, key)
	if errors.Is(err, bot.ErrNotFound) {
		return nil, false, nil
	}
	return d.Body, err == nil, wrap("reading the kept reply", err)
}

// aloft lets messages of ours to this user wait until the reply is made.
func (c *Channel) aloft(conversation string, f *flight) (landed func()) {
	c.courier.mu.Lock()
	defer c.courier.mu.Unlock()
	c.courier.flights[conversation] = f
	return func() {
		c.courier.mu.Lock()
		defer c.courier.mu.Unlock()
		if c.courier.flights[conversation] == f {
			delete(c.courier.flights, conversation)
		}
	}
}

// carry makes the reply of what the merchant has not been shown. While the newest line says that a result is awaited, or what the
// merchant wrote is a fragment whose rest is waited for, it waits, until the hold is over.
func (c *Channel) carry(ctx context.Context, f *flight, conv bot.Conversation, env envelope) ([]byte, error) {
	wake, cancel := c.deps.Bus.Subscribe(conv.ID)
	defer cancel()
	late := time.NewTimer(time.Until(f.start.Add(c.holdFor(f, conv))))
	defer late.Stop()
	again := time.NewTicker(reread)
	defer again.Stop()
	for last := false; ; {
		body, awaits, err := c.compose(ctx, f, conv, env, last)
		if !awaits || err != nil {
			if awaited := last && err == nil; awaited && !c.courier.passive() {
				c.typing(ctx, conv.Address.User)
			}
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

// hold is how long a reply waits for a result. What the account cannot push later is worth a longer wait.
func (c *Channel) hold() time.Duration {
	switch {
	case c.cfg.Hold != HoldByAccount:
		return c.cfg.Hold
	case c.courier.passive():
		return passiveHold
	}
	return pushHold
}

// holdFor is the hold of one reply. For a fragment it lasts until the fragment is answered, so that the answer is still the reply: the
// merchant has it sooner, and no message of the quota is spent on it.
func (c *Channel) holdFor(f *flight, conv bot.Conversation) time.Duration {
	hold := c.hold()
	if h := conv.Held; h != nil {
		answered := time.Since(f.start) + time.Duration(h.Until-conv.Updated)*time.Millisecond + heldGrace
		hold = max(hold, min(answered, longestHold))
		c.mu.Lock()
		f.until = f.start.Add(hold + heldGrace/2) // a repetition hears of it after the flight does
		c.mu.Unlock()
	}
	return hold
}

// compose makes and keeps one reply. It reports awaits, and makes none, when a result is still to come and this is not the last try.
// A reply that nobody waits for is not kept, for what is kept counts as shown.
func (c *Channel) compose(ctx context.Context, f *flight, conv bot.Conversation, env envelope, last bool) (body []byte, awaits bool, err error) {
	for range conflicts {
		p, err := c.deps.read(ctx, conv, c.deps.Now())
		if errors.Is(err, bot.ErrConflict) {
			continue
		}
		if err != nil {
			return nil, false, err
		}
		if (p.awaits || p.conversation.Held != nil) && !last {
			return nil, true, nil
		}
		g := c.page(p)
		if g.text == "" {
			return nil, false, nil
		}
		if body, err = c.seal(env, g.text); err != nil {
			return nil, false, err
		}
		if !c.wanted(f) {
			return nil, false, errHungUp
		}
		now := c.deps.Now().UnixMilli()
		claim := p.claim(g, bot.Delivery{ID: f.key, First: p.shown.Upto + 1, Path: bot.PathReply, State: bot.DeliverySent, Body: body, At: now}, c.deps.NewID, now)
		if !g.more && !p.begun() {
			claim.Settles = bot.PushID(f.key)
		}
		err = c.deps.Deliveries.Begin(ctx, claim)
		switch {
		case err == nil:
			if g.more && !c.courier.passive() {
				c.rest(ctx, f.key)
			}
			return body, false, nil
		case errors.Is(err, bot.ErrDuplicate):
			body, _, err := c.kept(ctx, f.key)
			return body, false, err
		case !errors.Is(err, bot.ErrConflict):
			return nil, false, fmt.Errorf("keeping the reply: %w", err)
		}
	}
	return nil, false, fmt.Errorf("keeping the reply: %w", bot.ErrConflict)
}

// page is what the reply says.
func (c *Channel) page(p pending) page {
	passive := c.courier.passive()
	lines, left := p.lines, false
	for i, l := range lines {
		if l.picture == "" {
			continue
		}
		if passive { // nothing else will carry it
			lines[i].words += textNoPicture
			continue
		}
		lines, left = lines[:i], true // it is a message of ours
		break
	}
	mark := ""
	for i, l := range lines {
		if l.from != bot.FromBot {
			continue
		}
		if c.cfg.Label {
			mark = "\n" + textLabel
		}
		if p.awaits && passive && i == lastOf(lines, bot.FromBot) {
			lines[i].words += "\n" + textLater
		}
	}
	g := pack(lines, maxText-len(mark))
	if g.more && passive {
		g = pack(lines, maxText-len(mark)-len(between)-len(textMore))
		g.text += between + textMore
	}
	if g.text != "" {
		g.text += mark
	}
	g.more = g.more || left
	return g
}

// lastOf is the index of the last line of a speaker.
func lastOf(lines []line, from string) int {
	for i := len(lines) - 1; i >= 0; i-- {
		if lines[i].from == from {
			return i
		}
	}
	return -1
}

// rest has what did not fit pushed as soon as the reply is out, and not after the time in which a reply may still come.
func (c *Channel) rest(ctx context.Context, key string) {
	if err := c.deps.Outbox.Retry(ctx, bot.PushID(key), c.deps.Now().Add(restAfter), "more"); err != nil {
		c.log.Warn("the rest of a reply is pushed later", "err", err)
	}
	c.deps.Bus.Publish(bot.TopicOutbox)
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
