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

	mu      sync.Mutex
	events  []bot.Event
	known   map[string]bool
	lines   map[string][]bot.Message
	carried map[string][]byte
	upto    map[string]int64
}

// result is what the acquirer says later.
type result struct {
	after time.Duration
	line  bot.Message
}

func newDesk() *desk {
	return &desk{answers: map[string][]bot.Message{}, results: map[string]result{}, slow: map[string]time.Duration{}, fails: map[string]error{},
		known: map[string]bool{}, lines: map[string][]bot.Message{}, carried: map[string][]byte{}, upto: map[string]int64{}}
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

func (d *desk) Carried(_ context.Context, key string) ([]byte, bool, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	b, ok := d.carried[key]
	return b, ok, nil
}

func (d *desk) Carry(_ context.Context, key, id string, upto int64, body []byte) ([]byte, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if kept, ok := d.carried[key]; ok {
		return kept, nil
	}
	d.carried[key] = bytes.Clone(body)
	d.upto[id] = max(d.upto[id], upto)
	return body, nil
}

func (d *desk) CarriedUpTo(_ context.Context, id string) (int64, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.upto[id], nil
}

func (d *desk) handled() []bot.Event {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.events)
}

// testHold is what the server passes when the operator sets nothing.
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

func (d *desk) deps() Deps { return Deps{Service: d, Messages: d, Replies: d, Bus: &d.bus} }

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
