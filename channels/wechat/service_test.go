package wechat

import (
	"context"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"posdoctor/bot"
	"posdoctor/bot/live"
	"posdoctor/bot/store"
	"posdoctor/channels/wechat/wechattest"
	"posdoctor/knowledge"
)

// shop binds by one word.
type shop struct{}

func (shop) Bind(text string) (bot.Binding, bool) {
	return bot.Binding{Merchant: "898000000000002", Name: "川味小馆", Proof: "demo"}, text == "演示商户 2"
}

// shipped indexes the shipped library once for all tests.
var shipped = func() func() (*knowledge.Index, *bot.Playbook, error) {
	var once sync.Once
	var index *knowledge.Index
	var book *bot.Playbook
	var err error
	return func() (*knowledge.Index, *bot.Playbook, error) {
		once.Do(func() {
			var lib knowledge.Library
			if lib, err = knowledge.Embedded(); err != nil {
				return
			}
			if index, err = knowledge.NewIndex(lib); err == nil {
				book, err = bot.NewPlaybook(lib)
			}
		})
		return index, book, err
	}
}()

// house is the real service on a real database.
func house(t testing.TB) (*bot.Service, *store.Store) {
	t.Helper()
	ctx := t.Context()
	st, err := store.Open(ctx, filepath.Join(t.TempDir(), "posdoctor.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = st.Close() })
	index, book, err := shipped()
	if err != nil {
		t.Fatal(err)
	}
	s := &bot.Service{Store: st, Bus: &live.Bus{}, Finder: bot.LibraryFinder{Index: index}, Engine: bot.NewEngine(), Binder: shop{},
		Now: time.Now, NewID: bot.NewID}
	if err := s.Publish(ctx, book); err != nil {
		t.Fatal(err)
	}
	return s, st
}

// acquire answers what is asked of the acquirer, each call after a time.
func acquire(ctx context.Context, t *testing.T, s *bot.Service, out bot.Outbox, after time.Duration) {
	for ctx.Err() == nil {
		items, err := out.Lease(ctx, time.Now(), time.Minute, 10)
		if err != nil && ctx.Err() == nil {
			t.Error(err)
			return
		}
		for _, it := range items {
			time.Sleep(after)
			_, err := s.Handle(ctx, it.Address, bot.Event{Kind: bot.EventRecord, Call: it.Call.ID, Record: &bot.Record{
				Merchant: it.Call.Merchant, Status: "DOCS_EXPIRED", ObservedAt: time.Now().UnixMilli(),
				Restrictions: []bot.Restriction{{Case: "1", Reason: "DOCS_EXPIRED"}},
			}})
			if err != nil && ctx.Err() == nil {
				t.Error(err)
			}
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// TestService: a merchant's way through the real bot.
func TestService(t *testing.T) {
	for _, cfg := range []Config{plain(), safe()} {
		t.Run(cfg.withDefaults().Mode, func(t *testing.T) {
			s, st := house(t)
			p := open(t, cfg, Deps{Service: s, Messages: st, Deliveries: st, Bus: s.Bus})
			push := func(want string, r wechattest.Reply, err error) string {
				t.Helper()
				if err != nil || r.Status != 200 || !strings.Contains(r.Text, want) {
					t.Fatalf("%d %q %v, want %q", r.Status, r.Text, err, want)
				}
				t.Logf("%s", r.Text)
				return r.Text
			}
			r, err := p.Event("o-openid", "subscribe", "")
			push("您好", r, err)
			r, err = p.Text("o-openid", "POS机显示商户状态异常")
			if asked := push("", r, err); !strings.Contains(asked, "1. ") || !strings.HasSuffix(asked, textPick) {
				t.Errorf("no choices in %q", asked)
			}
			r, err = p.Text("o-openid", "1")
			push("", r, err)
			r, err = p.Text("o-openid", "<a href='https://evil.example'>1</a>")
			if push("", r, err); strings.Contains(r.Text, "<a") {
				t.Errorf("a link of the merchant's own in %q", r.Text)
			}
			r, err = p.Push(p.Message("o-openid", "image", field("MediaId", "M"))...)
			push("照片收到了", r, err)
			r, err = p.Event("o-openid", "CLICK", "转人工")
			push("转人工", r, err)
			r, err = p.Event("o-openid", "unsubscribe", "")
			if err != nil || string(r.Body) != "success" {
				t.Errorf("unsubscribe: %q %v", r.Body, err)
			}
		})
	}
}

// TestServiceRepeated: three attempts at once are one turn of the real bot, with one reply.
func TestServiceRepeated(t *testing.T) {
	s, st := house(t)
	p := open(t, safe(), Deps{Service: s, Messages: st, Deliveries: st, Bus: s.Bus})
	push := p.Message("o-openid", "text", field("Content", "刷卡提示58"))
	var wg sync.WaitGroup
	var got [3]wechattest.Reply
	for i := range got {
		wg.Go(func() {
			var err error
			if got[i], err = p.Push(push...); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	again, err := p.Push(push...) // after a restart it would find the same
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range got {
		if string(r.Body) != string(again.Body) || r.Text == "" {
			t.Errorf("other bytes: %q, %q", r.Text, again.Text)
		}
	}
	c, err := st.Conversation(t.Context(), bot.Address{Channel: "wechat", Account: testApp, User: "o-openid"})
	if err != nil || c.Version != 1 {
		t.Errorf("version %d, %v", c.Version, err)
	}
	shown, err := st.Shown(t.Context(), c.ID, 0)
	if err != nil || shown.Upto != c.Last {
		t.Errorf("carried up to %d of %d, %v", shown.Upto, c.Last, err)
	}
}

// TestServiceClaim: what the bot found out before an agent claimed, and the merchant has not seen, is not told over the agent's head,
// and a number goes to the agent.
func TestServiceClaim(t *testing.T) {
	s, st := house(t)
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); acquire(ctx, t, s, st, 300*time.Millisecond) }()
	t.Cleanup(func() { stop(); <-done })
	cfg := safe()
	cfg.Hold = 0
	p := open(t, cfg, Deps{Service: s, Messages: st, Deliveries: st, Bus: s.Bus})
	for _, words := range []string{"演示商户 2", "POS机显示商户状态异常"} {
		if _, err := p.Text("o-openid", words); err != nil {
			t.Fatal(err)
		}
	}
	a := bot.Address{Channel: "wechat", Account: testApp, User: "o-openid"}
	var c bot.Conversation
	for tries := 0; ; tries++ {
		var err error
		if c, err = st.Conversation(ctx, a); err != nil || tries > 500 {
			t.Fatal("no record", err)
		}
		shown, err := st.Shown(ctx, c.ID, 0)
		if err != nil {
			t.Fatal(err)
		}
		if c.Awaits == "" && c.Last > shown.Upto {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	turn, err := s.Handle(ctx, a, bot.Event{Kind: bot.EventClaim, Agent: li, Epoch: c.Epoch})
	if err != nil {
		t.Fatal(err)
	}
	r, err := p.Text("o-openid", "1")
	if err != nil || !strings.Contains(r.Text, "李敏") || strings.Contains(r.Text, "证照") || strings.Contains(r.Text, textPick) {
		t.Errorf("saw %q %v", r.Text, err)
	}
	lines, err := st.Messages(ctx, c.ID, turn.Next.Last, 10)
	if err != nil || len(lines) != 1 || lines[0].From != bot.FromUser || lines[0].Text != "1" {
		t.Errorf("then %+v %v", lines, err)
	}
}

// TestServiceRecord: the acquirer's answer is the reply when it comes in time, and comes with the next message when it does not.
func TestServiceRecord(t *testing.T) {
	for name, tc := range map[string]struct{ after, hold time.Duration }{
		"in time":  {100 * time.Millisecond, 3 * time.Second},
		"too late": {time.Second, 200 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, st := house(t)
			ctx, stop := context.WithCancel(context.Background())
			done := make(chan struct{})
			go func() { defer close(done); acquire(ctx, t, s, st, tc.after) }()
			t.Cleanup(func() { stop(); <-done })
			cfg := safe()
			cfg.Hold = tc.hold
			p := open(t, cfg, Deps{Service: s, Messages: st, Deliveries: st, Bus: s.Bus})
			if r, err := p.Text("o-openid", "演示商户 2"); err != nil || !strings.Contains(r.Text, "川味小馆") {
				t.Fatalf("%q %v", r.Text, err)
			}
			r, err := p.Text("o-openid", "POS机显示商户状态异常")
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%s", r.Text)
			if tc.after < tc.hold {
				if strings.Contains(r.Text, "正在查询") || !strings.Contains(r.Text, "证照登记已过期") {
					t.Errorf("saw %q", r.Text)
				}
				return
			}
			if !strings.Contains(r.Text, textLater) {
				t.Errorf("saw %q", r.Text)
			}
			time.Sleep(tc.after + 300*time.Millisecond)
			r, err = p.Text("o-openid", "好了吗")
			if err != nil || !strings.Contains(r.Text, "证照登记已过期") {
				t.Errorf("then %q %v", r.Text, err)
			}
			t.Logf("%s", r.Text)
		})
	}
}
