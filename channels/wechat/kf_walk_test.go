package wechat

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"posdoctor/bot"
	"posdoctor/channels/wechat/wechattest"
)

// walk is everybody doing something: customers, people in WeCom, an agent at our desk, time, and a server that is started again.
type walk struct {
	s      *kfStage
	phones []*wechattest.KFPhone
	said   map[string][]string // by customer, what he wrote, in order
	agents map[string]bool     // what our agent wrote
	n      int
}

// steps are what may happen. One that is not possible just now is nothing.
var steps = map[string]func(w *walk, t *rapid.T, p *wechattest.KFPhone){
	"enter": func(w *walk, _ *rapid.T, p *wechattest.KFPhone) { _, _ = p.Enter("shop42") },
	"say": func(w *walk, t *rapid.T, p *wechattest.KFPhone) {
		w.n++
		text := fmt.Sprintf("刷卡没反应 %d", w.n)
		w.said[p.User] = append(w.said[p.User], text)
		_, _ = p.Say(text)
	},
	"ask for a person": func(w *walk, _ *rapid.T, p *wechattest.KFPhone) {
		w.said[p.User] = append(w.said[p.User], "转人工")
		_, _ = p.Say("转人工")
	},
	"tap": func(w *walk, t *rapid.T, p *wechattest.KFPhone) {
		if m := p.Last().Menu; m != nil && len(m.Items) > 0 {
			it := rapid.SampledFrom(m.Items).Draw(t, "item")
			w.said[p.User] = append(w.said[p.User], it.Text)
			_, _ = p.Tap(it)
		}
	},
	"picture": func(w *walk, _ *rapid.T, p *wechattest.KFPhone) {
		w.said[p.User] = append(w.said[p.User], "[图片]")
		_, _ = p.SendImage([]byte("\xff\xd8\xff"))
	},
	"a person takes over": func(w *walk, t *rapid.T, p *wechattest.KFPhone) {
		if w.phoneKnown(p) {
			_, _ = p.TakeOver(rapid.SampledFrom([]string{zhang, "lisi"}).Draw(t, "who"))
		}
	},
	"a person writes": func(w *walk, t *rapid.T, p *wechattest.KFPhone) {
		_, _ = p.ServicerSays(rapid.SampledFrom([]string{zhang, "lisi"}).Draw(t, "who"), "按住电源键十秒")
	},
	"a person ends": func(w *walk, _ *rapid.T, p *wechattest.KFPhone) { _, _ = p.End(zhang) },
	"another ends":  func(w *walk, _ *rapid.T, p *wechattest.KFPhone) { _, _ = p.End("lisi") },
	"messages fail": func(w *walk, t *rapid.T, p *wechattest.KFPhone) {
		p.RefuseNext(rapid.SampledFrom([]int{0, 4, 5, 6, 10}).Draw(t, "type"))
	},
	"the agent":    func(w *walk, t *rapid.T, p *wechattest.KFPhone) { w.agent(t, p) },
	"seconds pass": func(w *walk, t *rapid.T, _ *wechattest.KFPhone) { w.pass(t, time.Second, 25) },
	"minutes pass": func(w *walk, t *rapid.T, _ *wechattest.KFPhone) { w.pass(t, time.Minute, 30) },
	"hours pass":   func(w *walk, t *rapid.T, _ *wechattest.KFPhone) { w.pass(t, time.Hour, 50) },
	"start again":  func(w *walk, _ *rapid.T, _ *wechattest.KFPhone) { w.s.start(); w.known() },
	"empty pages": func(w *walk, t *rapid.T, _ *wechattest.KFPhone) {
		w.s.api.EmptyPages(rapid.IntRange(1, 3).Draw(t, "pages"))
	},
	"the token ends": func(w *walk, _ *rapid.T, _ *wechattest.KFPhone) { w.s.api.ExpireTokens(wechattest.TokenExpired) },
	"only read": func(w *walk, t *rapid.T, _ *wechattest.KFPhone) {
		if err := w.s.read(); err != nil {
			t.Fatal(err)
		}
	},
}

func (w *walk) phoneKnown(p *wechattest.KFPhone) bool { return len(w.said[p.User]) > 0 }

// known lets a server that was started again know the account, as Run does.
func (w *walk) known() {
	w.s.kf.feeds.mu.Lock()
	defer w.s.kf.feeds.mu.Unlock()
	w.s.kf.feeds.feed(kfAccount)
}

func (w *walk) pass(t *rapid.T, unit time.Duration, most int) {
	w.s.clock.pass(unit * time.Duration(rapid.IntRange(1, most).Draw(t, "many")))
}

// agent is one act of our agent, as the console allows it.
func (w *walk) agent(t *rapid.T, p *wechattest.KFPhone) {
	a := bot.Address{Channel: "wechat-kf", Account: kfAccount, User: p.User}
	c, err := w.s.store.Conversation(context.Background(), a)
	if err != nil {
		return
	}
	w.n++
	text := fmt.Sprintf("我是客服，第 %d 句", w.n)
	kind := rapid.SampledFrom([]string{bot.EventClaim, bot.EventReply, bot.EventReply, bot.EventRelease, bot.EventClose, bot.EventTransfer}).Draw(t, "act")
	if _, err := w.s.service.Handle(context.Background(), a, bot.Event{Kind: kind, Agent: li, Epoch: c.Epoch, Text: text}); err == nil && kind == bot.EventReply {
		w.agents[text] = true
	}
}

// TestKFWalks: whatever happens in whatever order, WeCom refuses nothing, every word of a customer is there once and in order, no line
// goes out twice, and nobody speaks beside a person in WeCom.
func TestKFWalks(t *testing.T) {
	names := []string{"say", "say", "say", "ask for a person", "tap", "seconds pass"}
	for name := range steps {
		names = append(names, name)
	}
	slices.Sort(names)
	rapid.Check(t, func(rt *rapid.T) {
		desk := rapid.SampledFrom([]string{DeskOwn, DeskWeCom}).Draw(rt, "desk")
		s := newKFStage(t, func(s *kfStage) { s.cfg.Desk = desk })
		defer s.close()
		w := &walk{s: s, said: map[string][]string{}, agents: map[string]bool{}}
		for _, user := range []string{kfCustomer, "wmOther"} {
			w.phones = append(w.phones, s.phone(user))
		}
		for range rapid.IntRange(1, 40).Draw(rt, "steps") {
			p := rapid.SampledFrom(w.phones).Draw(rt, "customer")
			steps[rapid.SampledFrom(names).Draw(rt, "step")](w, rt, p)
			if rapid.IntRange(0, 2).Draw(rt, "settle") > 0 {
				s.settle()
				w.check(rt)
			}
		}
		s.settle()
		w.check(rt)
	})
}

func (w *walk) check(t *rapid.T) {
	for _, r := range w.s.refusals() {
		if !strings.Contains(r, fmt.Sprint(wechattest.TokenExpired)) {
			t.Fatalf("refused: %s", r)
		}
	}
	for _, p := range w.phones {
		if len(w.said[p.User]) == 0 {
			continue
		}
		var heard []string
		for _, line := range w.s.lines(p.User) {
			if text, ok := strings.CutPrefix(line, "user: "); ok {
				heard = append(heard, text)
			}
		}
		if !slices.Equal(heard, w.said[p.User]) {
			t.Fatalf("he said %q, there is %q", w.said[p.User], heard)
		}
		shown := strings.Join(shows(p), "\n")
		for text := range w.agents {
			if strings.Count(shown, text) > 1 {
				t.Fatalf("%q went out twice:\n%s", text, shown)
			}
		}
		if who := w.s.api.KFServicer(kfAccount, p.User); who != "" && w.s.holder(p.User) != "wecom:"+who {
			t.Fatalf("%s serves him, and it is held by %s", who, w.s.holder(p.User))
		}
		w.checkDeliveries(t, p)
	}
}

// checkDeliveries: what went out has one delivery for every line, and one message on the phone at the most.
func (w *walk) checkDeliveries(t *rapid.T, p *wechattest.KFPhone) {
	shown, err := w.s.store.Shown(context.Background(), w.s.conversation(p.User).ID, 0)
	if err != nil {
		t.Fatal(err)
	}
	sent, upto := 0, int64(0)
	for _, d := range shown.Pushes {
		if d.State == bot.DeliverySent {
			sent++
		}
		if d.State == bot.DeliveryBegun || d.State == bot.DeliveryUnsure {
			t.Fatalf("a delivery is %s: %s", d.State, d.Reason)
		}
		upto = max(upto, d.Last)
	}
	got := 0
	for _, e := range p.Screen() {
		if e.From == wechattest.FromAccount && e.Path != wechattest.ByPerson {
			got++
		}
	}
	if sent != got {
		data, _ := json.Marshal(shown.Pushes)
		t.Fatalf("%d sent, %d shown\n%s\n%q", sent, got, data, shows(p))
	}
}
