package wechat

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"posdoctor/bot"
	"posdoctor/bot/live"
	"posdoctor/channels"
	"posdoctor/channels/wechat/wechattest"
)

var _ channels.Channel = (*Channel)(nil)

const (
	testApp   = "wx0123456789abcdef"
	testToken = "tok-test"
	testKey   = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
	otherKey  = "ZYXWVUTSRQPONMLKJIHGFEDCBA9876543210abcdefE"
)

// desk is a bot of few words: it answers every event with what answers says for its text, choice, media or kind. It keeps lines and
// replies in memory.
type desk struct {
	bus     live.Bus
	answers map[string][]bot.Message
	results map[string]result
	slow    map[string]time.Duration // how long handling takes
	fails   map[string]error
	held    map[string]time.Duration // how long a fragment waits for what follows it; its answer is the result

	mu      sync.Mutex
	events  []bot.Event
	known   map[string]bool
	lines   map[string][]bot.Message
	made    []bot.Delivery
	upto    map[string]int64
	reach   map[string]bot.Reach
	settled []string // items of the outbox
	holds   map[string]*bot.Held
}

// result is what the acquirer says later.
type result struct {
	after time.Duration
	line  bot.Message
}

func newDesk() *desk {
	return &desk{answers: map[string][]bot.Message{}, results: map[string]result{}, slow: map[string]time.Duration{}, fails: map[string]error{}, held: map[string]time.Duration{}, holds: map[string]*bot.Held{},
		known: map[string]bool{}, lines: map[string][]bot.Message{}, upto: map[string]int64{}, reach: map[string]bot.Reach{}}
}

func says(text string, choices ...string) bot.Message {
	m := bot.Message{Type: bot.TypeMessage, From: bot.FromBot, Text: text}
	for i, c := range choices {
		m.Choices = append(m.Choices, bot.Choice{ID: fmt.Sprint(i), Text: c})
	}
	return m
}

func looking(text string) bot.Message {
	m := says(text)
	m.Progress = true
	return m
}

// subject is the words by which answers knows an event.
func subject(e bot.Event) string {
	for _, s := range []string{e.Choice, e.Text, e.Media} {
		if s != "" {
			return s
		}
	}
	return e.Kind
}

func (d *desk) Handle(ctx context.Context, a bot.Address, e bot.Event) (bot.Turn, error) {
	about, id := subject(e), "c-"+a.User
	time.Sleep(d.slow[about])
	if err := d.fails[about]; err != nil {
		return bot.Turn{}, err
	}
	t := bot.Turn{Next: bot.Conversation{ID: id, Address: a}}
	d.mu.Lock()
	if t.Repeated = d.known[e.Key]; t.Repeated {
		d.mu.Unlock()
		return t, nil
	}
	d.known[e.Key] = true
	d.events = append(d.events, e)
	if e.Text != "" {
		d.add(id, bot.Message{Type: bot.TypeMessage, From: bot.FromUser, Text: e.Text})
	}
	d.add(id, d.answers[about]...)
	if wait, ok := d.held[about]; ok {
		t.Next.Updated = time.Now().UnixMilli()
		t.Next.Held = &bot.Held{Text: about, Since: t.Next.Updated, Until: t.Next.Updated + wait.Milliseconds()}
		d.holds[id] = t.Next.Held
	} else {
		delete(d.holds, id)
	}
	d.mu.Unlock()
	d.bus.Publish(id)
	if r, ok := d.results[about]; ok {
		time.AfterFunc(r.after, func() { d.say(id, r.line) })
	}
	return t, nil
}

func (d *desk) say(id string, m ...bot.Message) {
	d.mu.Lock()
	d.add(id, m...)
	delete(d.holds, id)
	d.mu.Unlock()
	d.bus.Publish(id)
}

func (d *desk) add(id string, lines ...bot.Message) {
	for _, m := range lines {
		m.Seq = int64(len(d.lines[id]) + 1)
		d.lines[id] = append(d.lines[id], m)
	}
}

func (d *desk) Messages(_ context.Context, id string, after int64, limit int) ([]bot.Message, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	all := d.lines[id]
	all = all[min(int(after), len(all)):]
	return slices.Clone(all[:min(limit, len(all))]), nil
}

func (d *desk) Conversation(ctx context.Context, a bot.Address) (bot.Conversation, error) {
	return d.ConversationByID(ctx, "c-"+a.User)
}

func (d *desk) ConversationByID(_ context.Context, id string) (bot.Conversation, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	c := bot.Conversation{ID: id, Address: bot.Address{Channel: "wechat", Account: testApp, User: strings.TrimPrefix(id, "c-")}, Last: int64(len(d.lines[id])),
		Reach: d.reach[id], Held: d.holds[id]}
	for _, m := range d.lines[id] {
		switch m.Type {
		case bot.TypeJoined:
			c.Holder.Kind = bot.HolderAgent
		case bot.TypeLeft, bot.TypeEnded, bot.TypeQueued:
			c.Holder.Kind = bot.HolderBot
		}
	}
	return c, nil
}

func (d *desk) Delivery(_ context.Context, id string) (bot.Delivery, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, x := range d.made {
		if x.ID == id {
			return x, nil
		}
	}
	return bot.Delivery{}, bot.ErrNotFound
}

// Shown takes the number of lines for the version.
func (d *desk) Shown(_ context.Context, id string, since int64) (bot.Shown, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := bot.Shown{Version: int64(len(d.lines[id])), Upto: d.upto[id]}
	for _, x := range d.made {
		if x.Conversation != id {
			continue
		}
		if x.State == bot.DeliveryHeld {
			s.Held = append(s.Held, x)
		}
		if x.Path == bot.PathPush && (x.At >= since || x.State == bot.DeliveryBegun || x.State == bot.DeliveryHeld) {
			s.Pushes = append(s.Pushes, x)
		}
	}
	return s, nil
}

func (d *desk) Begin(_ context.Context, c bot.Claim) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if c.Version != int64(len(d.lines[c.Conversation])) || c.After != d.upto[c.Conversation] {
		return bot.ErrConflict
	}
	for _, x := range d.made {
		for _, y := range c.Deliveries {
			if x.ID == y.ID {
				return bot.ErrDuplicate
			}
		}
		if (slices.Contains(c.Moves, x.ID) || slices.Contains(c.Drops, x.ID)) && x.State != bot.DeliveryHeld {
			return bot.ErrConflict
		}
	}
	for i, x := range d.made {
		if slices.Contains(c.Moves, x.ID) {
			d.made[i].State = bot.DeliveryMoved
		}
		if slices.Contains(c.Drops, x.ID) {
			d.made[i].State = bot.DeliveryDropped
		}
	}
	for _, x := range c.Deliveries {
		x.Conversation = c.Conversation
		d.made = append(d.made, x)
	}
	d.upto[c.Conversation] = c.Upto
	d.settled = append(d.settled, c.Settles)
	return nil
}

func (d *desk) Settle(_ context.Context, id, state, reason string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	for i, x := range d.made {
		if x.ID == id && x.State == bot.DeliveryBegun {
			d.made[i].State, d.made[i].Reason = state, reason
		}
	}
	return nil
}

// carried is the reply that was kept for a push.
func (d *desk) carried(key string) ([]byte, bool) {
	x, err := d.Delivery(context.Background(), key)
	return x.Body, err == nil
}

func (d *desk) shown(id string) int64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.upto[id]
}

func (d *desk) handled() []bot.Event {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.events)
}

// words are what an entry on a screen says, with its menu.
func words(e wechattest.Entry) string {
	text := e.Text
	if e.Menu != nil {
		text += e.Menu.Head
		for _, it := range e.Menu.Items {
			text += "|" + it.Text
		}
	}
	return text
}

// li is an agent at the desk.
var li = &bot.AgentID{ID: "a1", Name: "李敏"}

// testHold is how long an account holds a push that has no other way to answer.
const testHold = 4500 * time.Millisecond

// safe and plain are the two kinds of account; a test may change the copy it gets.
func safe() Config {
	return Config{AppID: testApp, Token: testToken, AESKey: testKey, Hold: testHold}
}
func plain() Config { return Config{AppID: testApp, Token: testToken, Hold: testHold} }

// open serves a callback of this configuration and returns the peer that pushes to it. What was logged is searched for secrets at
// the end of the test.
func open(t testing.TB, cfg Config, deps Deps) *wechattest.Peer {
	t.Helper()
	var logged lockedBuffer
	if deps.Log == nil {
		deps.Log = slog.New(slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	c, err := New(cfg, deps)
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(c)
	t.Cleanup(func() {
		srv.Close()
		for _, secret := range []string{testToken, testKey, testApp, "o-openid", "刷卡", "signature="} {
			if strings.Contains(logged.String(), secret) {
				t.Errorf("%q was logged:\n%s", secret, logged.String())
			}
		}
	})
	return &wechattest.Peer{URL: srv.URL, Token: cfg.Token, AppID: cfg.AppID, AESKey: cfg.AESKey}
}

func (d *desk) deps() Deps { return Deps{Service: d, Messages: d, Deliveries: d, Bus: &d.bus} }

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

func field(name, value string) wechattest.Field { return wechattest.Field{Name: name, Value: value} }
func number(name, value string) wechattest.Field {
	return wechattest.Field{Name: name, Value: value, Raw: true}
}
