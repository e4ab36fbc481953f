package wechat

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"sync"
	"time"

	"posdoctor/bot"
)

// courier carries lines to users by messages of ours: it plans what goes out next, claims it, sends it and settles it. An Official
// Account and WeChat Customer Service differ in how a message is sent and what they grant.
type courier struct {
	deps  Deps
	log   *slog.Logger
	menus int // bytes above a menu; 0: choices are numbered
	// send makes one request. See API.post for what its errors mean.
	send func(ctx context.Context, to bot.Address, m outgoing) error
	// chance tells what may be sent of what is pending.
	chance func(ctx context.Context, p pending) (chance, error)
	// repeat, where a message may be sent twice and arrives once, sends one again whose sender was lost; nil when it has arrived. Without
	// it nobody knows what became of such a message.
	repeat func(ctx context.Context, to bot.Address, d bot.Delivery) error
	fits   func([]bot.Choice) bool // these may be a menu; nil: any ten
	moves  map[int64]move          // where an errcode asks for something else than elsewhere
	advice string                  // what to look at when an account is refused

	mu      sync.Mutex
	off     map[move]time.Time // movePlain, movePassive, movePictures: until when the account counts as one that has no such right
	stopped time.Time          // moveAlarm: no sending before
	flights map[string]*flight
}

// chance is what may be sent to a user now.
type chance struct {
	bot.Window
	mute bool   // nobody would hear an answer: no menu, no numbers to answer with
	code string // of Customer Service: allows one message where none is allowed otherwise
}

// outgoing is one message of ours.
type outgoing struct {
	id   string // of the delivery
	text string
	menu []bot.Choice // shown below the text, to be tapped

	picture      string // id of the file that the message is; text is what stands for it
	conversation string // whose file that is

	byBot bool
	code  string // see chance
}

const (
	firstWait  = 6 * time.Second  // a reply that is under way has the first go for so long
	alarmPause = 10 * time.Minute // after an error that only the operator can mend
	offPause   = 5 * time.Minute  // after a right turned out to be missing
	beganAgo   = time.Minute      // no request lasts so long: a delivery begun before has lost its sender
	repeatFor  = 5 * time.Minute  // so long after its beginning a message may be sent again; later words would stand before it
	sendTime   = 9 * time.Second  // of one message, tries included; it is not broken off when the server stops
	tokenWait  = 30 * time.Second // after a new token was refused too
	refusals   = 4                // of one item, one after the other
	conflicts  = 8                // the conversation may change so often while a message is planned
	menuItems  = 10
)

// deliver carries what the user of an item's conversation has not been shown, as far as it may. What it may not waits for the user.
func (c *courier) deliver(ctx context.Context, it bot.Item) (bot.Event, error) {
	c.letFirst(ctx, it.Conversation)
	size, failures := limits{text: maxText, menus: true}, 0
	for range 100 { // more messages than any quota has
		if c.passive() {
			return bot.Event{}, nil
		}
		if err := ctx.Err(); err != nil {
			return bot.Event{}, err // nothing is begun while the server stops
		}
		if until := c.pausedUntil(); !until.IsZero() {
			return bot.Event{}, &bot.DelayError{Until: until, Reason: "sending has stopped after an error of the configuration"}
		}
		d, m, err := c.claim(ctx, it, size)
		if err != nil {
			return bot.Event{}, err
		}
		if d.ID == "" {
			return bot.Event{}, nil
		}
		err = c.sendWhole(ctx, it.Address, m)
		if err == nil {
			if err := c.settle(ctx, d.ID, bot.DeliverySent, ""); err != nil {
				return bot.Event{}, err
			}
			size, failures = limits{text: maxText, menus: true}, 0
			continue
		}
		code, refused := codeOf(err)
		if reason, ok := c.unsendable(m, err); ok {
			c.log.Warn("a picture is not sent", "conversation", it.Conversation, "item", it.ID, "reason", reason)
			if err := c.settle(ctx, d.ID, bot.DeliveryDropped, reason); err != nil {
				return bot.Event{}, err
			}
			continue // what follows it goes on
		}
		if !surelyNot(err) {
			c.log.Error("a message may or may not have reached its reader", "conversation", it.Conversation, "item", it.ID, "err", err)
			if err := c.unsure(ctx, it, d.ID, "no answer"); err != nil {
				return bot.Event{}, err
			}
			continue
		}
		reason := "unreachable"
		if refused {
			reason = strconv.FormatInt(code, 10)
		}
		if err := c.settle(ctx, d.ID, bot.DeliveryHeld, reason); err != nil {
			return bot.Event{}, err
		}
		if !refused {
			return bot.Event{}, err // tried again later
		}
		if failures++; failures > refusals {
			return bot.Event{}, c.shrug(it, code)
		}
		switch what := c.move(code); what {
		case movePlain, moveList:
			if m.menu == nil {
				return bot.Event{}, c.shrug(it, code) // it was plain
			}
			size.menus = false
			if what == movePlain {
				c.turnOff(what, code)
			}
		case movePassive:
			c.turnOff(what, code)
		case moveShorter:
			size.text /= 2
		case moveClosed:
			return bot.Event{}, nil
		case moveGone:
			if _, err := c.deps.Service.Handle(ctx, it.Address, bot.Event{Kind: bot.EventLeft, Key: "gone:" + d.ID}); err != nil {
				return bot.Event{}, fmt.Errorf("noting that a follower is gone: %w", hidden{err, it.Address.User})
			}
			return bot.Event{}, nil
		case moveAgain:
			if it.Attempts < 3 {
				return bot.Event{}, err
			}
			return bot.Event{}, c.shrug(it, code)
		case moveMinute:
			return bot.Event{}, &bot.DelayError{Until: c.deps.Now().Add(time.Minute), Reason: reason}
		case moveDay:
			return bot.Event{}, &bot.DelayError{Until: tomorrow(c.deps.Now()), Reason: reason}
		case moveToken:
			return bot.Event{}, &bot.DelayError{Until: c.deps.Now().Add(tokenWait), Reason: reason}
		case moveAlarm:
			c.pause(code)
		default:
			return bot.Event{}, c.shrug(it, code)
		}
	}
	return bot.Event{}, nil
}

// limits are what a message may be.
type limits struct {
	text  int // bytes
	menus bool
}

// sendWhole sends a message to its end even while the server is being stopped: what left this machine and is not waited for would count
// as unsure, and a person would have to look into it.
func (c *courier) sendWhole(ctx context.Context, to bot.Address, m outgoing) error {
	lasts := sendTime
	if m.picture != "" {
		lasts = pictureTime
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lasts)
	defer cancel()
	return c.send(ctx, to, m)
}

// shrug says that lines stay where they are until the user writes, or somebody mends what is wrong.
func (c *courier) shrug(it bot.Item, code int64) error {
	c.log.Error("WeChat refused a message; its lines wait for the merchant's next one", "conversation", it.Conversation, "errcode", code)
	return nil
}

// settle writes an end even while the server is being stopped: what was sent must not look as if nobody knew.
func (c *courier) settle(ctx context.Context, id, state, reason string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := c.deps.Deliveries.Settle(ctx, id, state, reason); err != nil {
		return fmt.Errorf("settling a delivery: %w", err)
	}
	c.deps.Bus.Publish(bot.TopicDesk) // agents see what became of their lines
	return nil
}

// unsure brings a message that may have arrived before people, once, and lets nobody send it again. Whoever reads on finds the desk
// told before the delivery has its end.
func (c *courier) unsure(ctx context.Context, it bot.Item, id, reason string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if _, err := c.deps.Service.Handle(ctx, it.Address, bot.Event{Kind: bot.EventUnsure, Key: "unsure:" + id}); err != nil {
		return fmt.Errorf("telling the desk of an unsure delivery: %w", hidden{err, it.Address.User})
	}
	return c.settle(ctx, id, bot.DeliveryUnsure, reason)
}

// claim plans the next message of a conversation and claims its lines. The delivery is empty when there is nothing to send or nothing
// may be sent.
func (c *courier) claim(ctx context.Context, it bot.Item, size limits) (bot.Delivery, outgoing, error) {
	for range conflicts {
		p, err := c.deps.read(ctx, bot.Conversation{ID: it.Conversation}, c.deps.Now().Add(-messageGrant.lasts))
		if errors.Is(err, bot.ErrConflict) {
			continue
		}
		if err != nil {
			return bot.Delivery{}, outgoing{}, err
		}
		if err := c.findLost(ctx, it, p.shown, p.conversation); err != nil {
			return bot.Delivery{}, outgoing{}, err
		}
		if len(p.lines) == 0 {
			return bot.Delivery{}, outgoing{}, nil
		}
		ch, err := c.chance(ctx, p)
		if err != nil {
			return bot.Delivery{}, outgoing{}, err
		}
		claim, m := c.plan(p, ch, size)
		if len(claim.Deliveries) == 0 {
			return bot.Delivery{}, outgoing{}, nil
		}
		err = c.deps.Deliveries.Begin(ctx, claim)
		if err == nil {
			return claim.Deliveries[0], m, nil
		}
		if !errors.Is(err, bot.ErrConflict) {
			return bot.Delivery{}, outgoing{}, fmt.Errorf("claiming lines: %w", err)
		}
	}
	return bot.Delivery{}, outgoing{}, fmt.Errorf("claiming lines: %w", bot.ErrConflict)
}

// findLost finds the end of deliveries that were begun by somebody who is gone.
func (c *courier) findLost(ctx context.Context, it bot.Item, shown bot.Shown, conv bot.Conversation) error {
	for _, d := range shown.Pushes {
		if age := c.deps.Now().Sub(time.UnixMilli(d.At)); d.State != bot.DeliveryBegun || age <= beganAgo && it.Attempts <= 1 {
			continue
		}
		if err := c.lost(ctx, it, d, conv); err != nil {
			return err
		}
	}
	return nil
}

// lost finds the end of a delivery whose sender is gone. It is not sent again when it comes too late, or when a person has taken over
// from the bot meanwhile.
func (c *courier) lost(ctx context.Context, it bot.Item, d bot.Delivery, conv bot.Conversation) error {
	late := c.deps.Now().Sub(time.UnixMilli(d.At)) > repeatFor
	over := d.From == bot.FromBot && conv.Holder.Kind == bot.HolderAgent
	if c.repeat != nil && !late && !over {
		err := c.repeat(ctx, it.Address, d)
		if err == nil {
			return c.settle(ctx, d.ID, bot.DeliverySent, "")
		}
		var unsent *notSentError
		if errors.As(err, &unsent) {
			return err // tried again later, also when it was the token that was refused
		}
	}
	return c.unsure(ctx, it, d.ID, "stopped while it was sent")
}

// plan makes the next message: lines of one speaker, as many as fit, up to a question.
func (c *courier) plan(p pending, ch chance, size limits) (bot.Claim, outgoing) {
	lines := p.lines
	if lines[0].picture != "" {
		return c.planPicture(p, ch)
	}
	for i := range lines {
		if lines[i].picture != "" {
			lines = lines[:i]
			break
		}
	}
	if ch.mute {
		lines = append([]line(nil), lines...)
		for i := range lines {
			lines[i].choices = nil
		}
	}
	speaker, n := bot.FromSystem, 0 // what the system says goes with anybody's words
	for ; n < len(lines) && (n == 0 || len(lines[n-1].choices) == 0); n++ {
		if from := lines[n].from; speaker == bot.FromSystem {
			speaker = from
		} else if from != bot.FromSystem && from != speaker {
			break
		}
		if n > 0 && ch.Left > 1 && lines[n].urgent != lines[0].urgent {
			break // by itself it is not held back with the bot's words when a person takes over; the last message carries all
		}
	}
	var menu []bot.Choice
	if last := &lines[n-1]; size.menus && c.canMenu() && len(last.choices) > 0 && len(last.choices) <= menuItems && (c.fits == nil || c.fits(last.choices)) {
		if whole := pack(withoutChoices(lines[:n]), min(size.text, c.menus)); !whole.more && whole.text != "" {
			menu = last.choices
		}
	}
	page := pack(lines[:n], size.text)
	if menu != nil {
		page = pack(withoutChoices(lines[:n]), min(size.text, c.menus))
	}
	page.more = page.more || n < len(p.lines)
	keep := 0
	if speaker != bot.FromAgent && !anyUrgent(page.lines) && ch.Of > 1 {
		keep = 1 // for a person or a ticket
	}
	if ch.Left <= keep || page.text == "" {
		return bot.Claim{}, outgoing{}
	}
	now := c.deps.Now().UnixMilli()
	d := bot.Delivery{ID: c.deps.NewID(), First: p.shown.Upto + 1, Last: page.last(), Path: bot.PathPush, State: bot.DeliveryBegun,
		Text: textOf(page, lines, menu), At: now}
	if asksRating(page.lines) {
		d.Carries = bot.CarriesRating
	}
	claim := p.claim(page, d, c.deps.NewID, now)
	return claim, outgoing{id: d.ID, text: page.text, menu: menu, byBot: lastOf(page.lines, bot.FromBot) >= 0, code: ch.code}
}

// textOf is what a message says, to be carried another way if this one fails: a menu as a numbered list.
func textOf(p page, lines []line, menu []bot.Choice) string {
	if menu == nil {
		return p.text
	}
	return pack(lines[:len(p.lines)], 1<<20).text
}

func withoutChoices(lines []line) []line {
	out := append([]line(nil), lines...)
	out[len(out)-1].choices = nil
	return out
}

func asksRating(lines []line) bool {
	for _, l := range lines {
		if l.rates {
			return true
		}
	}
	return false
}

func anyUrgent(lines []line) bool {
	for _, l := range lines {
		if l.urgent {
			return true
		}
	}
	return false
}

// letFirst waits for a reply to this user that is under way: it costs nothing and needs no permission.
func (c *courier) letFirst(ctx context.Context, conversation string) {
	c.mu.Lock()
	f := c.flights[conversation]
	c.mu.Unlock()
	if f == nil {
		return
	}
	late := time.NewTimer(firstWait)
	defer late.Stop()
	select {
	case <-f.done:
	case <-late.C:
	case <-ctx.Done():
	}
}

// move is what an errcode asks for.
func (c *courier) move(code int64) move {
	if m, ok := c.moves[code]; ok {
		return m
	}
	return moves[code]
}

func (c *courier) passive() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.send == nil || c.deps.Now().Before(c.off[movePassive])
}

func (c *courier) canMenu() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.menus > 0 && !c.deps.Now().Before(c.off[movePlain])
}

// turnOff notes what the account turned out not to have. It is tried again after a while: an account may be verified, or have had one bad
// moment.
func (c *courier) turnOff(what move, code int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.off == nil {
		c.off = map[move]time.Time{}
	}
	c.off[what] = c.deps.Now().Add(offPause)
	c.log.Warn(map[move]string{movePlain: "this account may not send menus; choices are numbered for a while",
		movePassive:  "this account may not send customer-service messages; late answers wait for the merchant's next message",
		movePictures: "this account may not upload pictures; agents are told for a while"}[what], "errcode", code)
}

func (c *courier) pausedUntil() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.deps.Now().Before(c.stopped) {
		return c.stopped
	}
	return time.Time{}
}

func (c *courier) pause(code int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stopped = c.deps.Now().Add(alarmPause)
	c.log.Error("WeChat refuses this account; sending stops for a while", "check", c.advice, "errcode", code, "pause", alarmPause)
}

// tomorrow is the next midnight in Beijing, when daily quotas begin anew.
func tomorrow(now time.Time) time.Time {
	y, m, d := now.In(beijing).Date()
	return time.Date(y, m, d+1, 0, 0, 5, 0, beijing)
}

var beijing = time.FixedZone("CST", 8*3600)
