package wechat

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"posdoctor/bot"
	"posdoctor/channels/wechat/wechattest"
)

// TestTalk: what a merchant sees, push by push.
func TestTalk(t *testing.T) {
	type exchange struct {
		before []bot.Message // said to the conversation before the push
		push   string
		see    string // empty: success
	}
	joins := func(name string) bot.Message {
		return bot.Message{Type: bot.TypeJoined, From: bot.FromSystem, Text: "客服 " + name + " 已接入。", Agent: &bot.AgentID{Name: name}}
	}
	writes := func(text string) bot.Message {
		return bot.Message{Type: bot.TypeMessage, From: bot.FromAgent, Name: "李敏", Text: text}
	}
	system := func(kind, text string, choices ...string) bot.Message {
		m := says(text, choices...)
		m.Type, m.From = kind, bot.FromSystem
		return m
	}
	for name, tc := range map[string]struct {
		answers map[string][]bot.Message
		talk    []exchange
	}{
		"question and answer": {
			map[string][]bot.Message{"刷卡": {says("先换张卡试试。"), says("别的卡行吗？", "都不行", "别的卡可以")}, "1": {says("记下了。")}},
			[]exchange{
				{push: "刷卡", see: "先换张卡试试。\n\n别的卡行吗？\n1. 都不行\n2. 别的卡可以\n（回复数字即可）"},
				{push: "1", see: "记下了。"},
			},
		},
		"nothing to say": {
			map[string][]bot.Message{"好": {says("好的")}},
			[]exchange{{push: "嗯"}, {push: "好", see: "好的"}, {push: "嗯"}},
		},
		"choices under the newest question only": {
			map[string][]bot.Message{"一": {says("甲？", "是", "不是"), says("乙？", "有", "没有")}},
			[]exchange{{push: "一", see: "甲？\n\n乙？\n1. 有\n2. 没有\n（回复数字即可）"}},
		},
		"a question it comes back to": {
			map[string][]bot.Message{"一": {says("开工单吗？", "开", "不开"), says("刚才那句没听懂。"), says("开工单吗？", "开", "不开")}},
			[]exchange{{push: "一", see: "刚才那句没听懂。\n\n开工单吗？\n1. 开\n2. 不开\n（回复数字即可）"}},
		},
		"what an agent wrote meanwhile": {
			map[string][]bot.Message{"转人工": {{Type: bot.TypeQueued, From: bot.FromSystem, Text: "已为您转人工。", QueueLine: &bot.QueueLine{Pos: 1}}}},
			[]exchange{
				{push: "转人工", see: "已为您转人工。"},
				{push: "在吗", before: []bot.Message{
					{Type: bot.TypeJoined, From: bot.FromSystem, Text: "客服 李敏 已接入。", Agent: &bot.AgentID{Name: "李敏"}},
					{Type: bot.TypeMessage, From: bot.FromAgent, Name: "李敏", Text: "您好，我来看。"},
				}, see: "客服 李敏 已接入。\n\n客服 李敏：您好，我来看。"},
				{push: "好"},
			},
		},
		"looking it up is dropped once there is more": {
			map[string][]bot.Message{"查": {looking("正在查。"), says("查到了：证照过期。")}},
			[]exchange{{push: "查", see: "查到了：证照过期。"}},
		},
		"a person instead of the result": {
			map[string][]bot.Message{"查": {looking("正在查。"), {Type: bot.TypeJoined, From: bot.FromSystem, Text: "客服已接入。"}}},
			[]exchange{{push: "查", see: "客服已接入。"}},
		},
		"a question that an agent came before": {
			map[string][]bot.Message{"好": {}},
			[]exchange{
				{push: "1", before: []bot.Message{says("先换张卡试试。"), says("别的卡行吗？", "都不行", "别的卡可以"), joins("李敏")}, see: "客服 李敏 已接入。"},
				{push: "好", before: []bot.Message{writes("我来看。")}, see: "客服 李敏：我来看。"},
				{push: "好", before: []bot.Message{system(bot.TypeLeft, "客服 李敏 已离开。"), says("我接着帮您。")}, see: "客服 李敏 已离开。\n\n我接着帮您。"},
			},
		},
		"what the system offered before an agent came": {
			nil,
			[]exchange{{push: "1", before: []bot.Message{system(bot.TypeQueued, "已为您转人工。", "继续自助"), joins("李敏"), writes("您好。")},
				see: "已为您转人工。\n\n客服 李敏 已接入。\n\n客服 李敏：您好。"}},
		},
		"one agent after the other": {
			nil,
			[]exchange{{push: "1", before: []bot.Message{says("别的卡行吗？", "都不行"), joins("李敏"), writes("我转给王强。"), joins("王强")},
				see: "客服 李敏 已接入。\n\n客服 李敏：我转给王强。\n\n客服 王强 已接入。"}},
		},
		"an agent after one who left": {
			nil,
			[]exchange{{push: "1", before: []bot.Message{joins("李敏"), system(bot.TypeLeft, "客服 李敏 已离开。"), says("别的卡行吗？", "都不行"), joins("王强")},
				see: "客服 李敏 已接入。\n\n客服 李敏 已离开。\n\n客服 王强 已接入。"}},
		},
		"back in the queue": {
			nil,
			[]exchange{{push: "在吗", before: []bot.Message{says("别的卡行吗？", "都不行"), joins("李敏"), system(bot.TypeMessage, "已转交。"), says("还在排队。", "留言")},
				see: "客服 李敏 已接入。\n\n已转交。\n\n还在排队。\n1. 留言\n（回复数字即可）"}},
		},
		"an agent who came and left unseen": {
			nil,
			[]exchange{{push: "在吗", before: []bot.Message{says("先换张卡试试。"), joins("李敏"), system(bot.TypeLeft, "客服 李敏 已离开。")},
				see: "先换张卡试试。\n\n客服 李敏 已接入。\n\n客服 李敏 已离开。"}},
		},
		"closed by an agent": {
			nil,
			[]exchange{{push: "在吗", before: []bot.Message{says("先换张卡试试。"), joins("李敏"), system(bot.TypeEnded, "本次服务已结束。")},
				see: "先换张卡试试。\n\n客服 李敏 已接入。\n\n本次服务已结束。"}},
		},
		"a long line that an agent came into": {
			map[string][]bot.Message{"多": {says("开头。" + strings.Repeat("请", 1200))}},
			[]exchange{
				{push: "多", see: "开头。" + strings.Repeat("请", 664) + between + textMore},
				{push: "继续", before: []bot.Message{joins("李敏")}, see: "客服 李敏 已接入。"},
			},
		},
		"card and ticket": {
			map[string][]bot.Message{"58": {
				{Type: bot.TypeDiag, From: bot.FromBot, Title: "终端无权限", Card: &bot.Card{Cause: "未开通", Impact: "刷不了", Steps: []string{"扫码", "联系机构"}, LiftedBy: "收单机构", Never: []string{"再刷一次"}}},
				{Type: bot.TypeTicket, From: bot.FromSystem, Text: "工单 T1 已提交。", TicketLine: &bot.TicketLine{No: "T1"}},
			}},
			[]exchange{{push: "58", see: "【终端无权限】\n原因：未开通\n影响：刷不了\n处理办法：\n1) 扫码\n2) 联系机构\n谁能解除：收单机构\n请不要：再刷一次\n\n工单 T1 已提交。"}},
		},
		"text stays text": {
			map[string][]bot.Message{"一": {says("<a href=\"https://evil.example\">点我</a> ]]> \x00\x0b&amp;\r\n下一行\xff")}},
			[]exchange{{push: "一", see: "＜a href=\"https://evil.example\">点我＜/a> ]]> &amp;\n下一行\ufffd"}},
		},
	} {
		for _, cfg := range []Config{plain(), safe()} {
			t.Run(name+"/"+cfg.withDefaults().Mode, func(t *testing.T) {
				d := newDesk()
				d.answers = tc.answers
				p := open(t, cfg, d.deps())
				for i, x := range tc.talk {
					d.say("c-o-openid", x.before...)
					r, err := p.Text("o-openid", x.push)
					if err != nil || r.Status != http.StatusOK {
						t.Fatalf("%d: %d %v", i, r.Status, err)
					}
					if diff := cmp.Diff(x.see, r.Text); diff != "" {
						t.Errorf("%d, %s (-want +got):\n%s", i, x.push, diff)
					}
					if x.see == "" && string(r.Body) != "success" {
						t.Errorf("%d: %q, want success", i, r.Body)
					}
				}
			})
		}
	}
}

// TestResult: a result within the hold is the reply; a later one comes with the merchant's next message.
func TestResult(t *testing.T) {
	const hold = 300 * time.Millisecond
	for name, tc := range map[string]struct {
		hold, after time.Duration
		first       string
		next        string
	}{
		"in time":  {hold, 50 * time.Millisecond, "查到了：证照过期。", "还有吗？"},
		"too late": {hold, 1500 * time.Millisecond, "正在查。\n" + textLater, "查到了：证照过期。\n\n还有吗？"},
		"no hold":  {0, 1500 * time.Millisecond, "正在查。\n" + textLater, "查到了：证照过期。\n\n还有吗？"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk()
			d.answers["查"] = []bot.Message{looking("正在查。")}
			d.results["查"] = result{tc.after, says("查到了：证照过期。")}
			d.answers["好"] = []bot.Message{says("还有吗？")}
			cfg := safe()
			cfg.Hold = tc.hold
			p := open(t, cfg, d.deps())
			r, err := p.Text("o-openid", "查")
			if err != nil || r.Text != tc.first {
				t.Fatalf("%q %v", r.Text, err)
			}
			if r.Took < min(tc.after, tc.hold)-20*time.Millisecond || tc.after > tc.hold && r.Took >= tc.after {
				t.Errorf("took %s", r.Took)
			}
			time.Sleep(tc.after + 100*time.Millisecond)
			if r, err := p.Text("o-openid", "好"); err != nil || r.Text != tc.next {
				t.Errorf("next: %q %v", r.Text, err)
			}
		})
	}
}

// TestHeldFragment: a reply waits for the answer to a fragment, however short the hold, and never until WeChat hangs up. It says
// nothing of looking something up.
func TestHeldFragment(t *testing.T) {
	for name, tc := range map[string]struct {
		hold, wait, after time.Duration
		took              time.Duration
		see               string // "" is success
	}{
		"within the hold":       {2 * time.Second, 1200 * time.Millisecond, 1210 * time.Millisecond, 1210 * time.Millisecond, "您好"},
		"somewhat longer":       {2 * time.Second, 2 * time.Second, 2010 * time.Millisecond, 2010 * time.Millisecond, "您好"},
		"without a hold":        {0, 2 * time.Second, 2010 * time.Millisecond, 2010 * time.Millisecond, "您好"},
		"the answer comes late": {2 * time.Second, 2 * time.Second, 10 * time.Second, 2500 * time.Millisecond, ""},
		"a long wait":           {2 * time.Second, 9 * time.Second, 9 * time.Second, longestHold, ""},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := newDesk()
				d.held["你好"] = tc.wait
				d.results["你好"] = result{tc.after, says("您好")}
				cfg := plain()
				cfg.Hold = tc.hold
				c, err := New(cfg, d.deps())
				if err != nil {
					t.Fatal(err)
				}
				start := time.Now()
				body, err := c.reply(t.Context(), start, bot.Address{User: "o-openid"}, bot.Event{Key: "k", Kind: bot.EventSaid, Text: "你好"}, envelope{})
				if took := time.Since(start); err != nil || took != tc.took {
					t.Errorf("took %s, want %s; %v", took, tc.took, err)
				}
				if tc.see == "" && body != nil || tc.see != "" && !strings.Contains(string(body), "<Content>"+cdata(tc.see)+"</Content>") {
					t.Errorf("saw %s, want %q", body, tc.see)
				}
				time.Sleep(10 * time.Second) // the late answer
			})
		})
	}
}

// TestHeldFragmentRepeated: a repetition of a push that is held longer than usual gets the reply too.
func TestHeldFragmentRepeated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk()
		d.held["你好"] = 2 * time.Second
		d.results["你好"] = result{2010 * time.Millisecond, says("您好")}
		cfg := plain()
		cfg.Hold = time.Second
		c, err := New(cfg, d.deps())
		if err != nil {
			t.Fatal(err)
		}
		var bodies [2][]byte
		var wg sync.WaitGroup
		for i := range bodies {
			wg.Go(func() {
				time.Sleep(time.Duration(i) * 100 * time.Millisecond)
				var err error
				if bodies[i], err = c.reply(t.Context(), time.Now(), bot.Address{User: "o-openid"}, bot.Event{Key: "k", Kind: bot.EventSaid, Text: "你好"}, envelope{}); err != nil {
					t.Error(i, err)
				}
			})
		}
		wg.Wait()
		if len(bodies[0]) == 0 || string(bodies[0]) != string(bodies[1]) {
			t.Errorf("got %q and %q", bodies[0], bodies[1])
		}
	})
}

// TestFragmentGoesOn: the line that follows a fragment has its answer carried by one of the two replies, once.
func TestFragmentGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk()
		d.held["你好"] = 2 * time.Second
		d.answers["提示58"] = []bot.Message{says("58 有几种原因。")}
		c, err := New(plain(), d.deps())
		if err != nil {
			t.Fatal(err)
		}
		var bodies [2][]byte
		var wg sync.WaitGroup
		for i, text := range []string{"你好", "提示58"} {
			wg.Go(func() {
				time.Sleep(time.Duration(i) * 500 * time.Millisecond)
				var err error
				if bodies[i], err = c.reply(t.Context(), time.Now(), bot.Address{User: "o-openid"}, bot.Event{Key: text, Kind: bot.EventSaid, Text: text}, envelope{}); err != nil {
					t.Error(err)
				}
			})
		}
		start := time.Now()
		wg.Wait()
		if n := strings.Count(string(bodies[0])+string(bodies[1]), "58 有几种原因。"); n != 1 || time.Since(start) != 500*time.Millisecond {
			t.Errorf("shown %d times after %s", n, time.Since(start))
		}
	})
}

// deaf is a bus that loses every wake.
type deaf struct{}

func (deaf) Publish(...string)            {}
func (deaf) Notify(string, func()) func() { return func() {} }

func (deaf) Subscribe(string) (<-chan struct{}, func()) {
	return nil, func() {}
}

func TestLostWake(t *testing.T) {
	d := newDesk()
	d.answers["查"] = []bot.Message{looking("正在查。")}
	d.results["查"] = result{50 * time.Millisecond, says("查到了。")}
	deps := d.deps()
	deps.Bus = deaf{}
	p := open(t, safe(), deps)
	if r, err := p.Text("o-openid", "查"); err != nil || r.Text != "查到了。" || r.Took > 2*time.Second {
		t.Errorf("%q after %s, %v", r.Text, r.Took, err)
	}
}

// TestRepeated: three attempts of one push are handled once and get the same bytes, at the same time or one after the other.
func TestRepeated(t *testing.T) {
	for name, tc := range map[string]struct {
		words string
		gap   time.Duration
	}{
		"at once":                     {"刷卡", 0},
		"at once, while it works":     {"慢", 0},
		"one after the other":         {"刷卡", 50 * time.Millisecond},
		"at once, waiting for result": {"查", 0},
		"again, waiting for result":   {"查", 60 * time.Millisecond},
		"with nothing to say":         {"嗯", 0},
	} {
		for _, cfg := range []Config{plain(), safe()} {
			t.Run(name+"/"+cfg.withDefaults().Mode, func(t *testing.T) {
				t.Parallel()
				d := newDesk()
				d.answers["刷卡"] = []bot.Message{says("好的")}
				d.answers["慢"] = []bot.Message{says("好的")}
				d.slow["慢"] = 200 * time.Millisecond
				d.answers["查"] = []bot.Message{looking("正在查。")}
				d.results["查"] = result{200 * time.Millisecond, says("好的")}
				p := open(t, cfg, d.deps())
				push := p.Message("o-openid", "text", field("Content", tc.words))
				var wg sync.WaitGroup
				var got [3]wechattest.Reply
				for i := range got {
					wg.Go(func() {
						time.Sleep(time.Duration(i) * tc.gap)
						var err error
						if got[i], err = p.Push(push...); err != nil || got[i].Status != http.StatusOK {
							t.Errorf("%d: %d %v", i, got[i].Status, err)
						}
					})
				}
				wg.Wait()
				for _, r := range got[1:] {
					if string(r.Body) != string(got[0].Body) {
						t.Errorf("other bytes:\n%s\n%s", got[0].Body, r.Body)
					}
				}
				if tc.words != "嗯" && got[0].Text != "好的" {
					t.Errorf("saw %q", got[0].Text)
				}
				if n := len(d.handled()); n != 1 {
					t.Errorf("handled %d times", n)
				}
				if _, kept := d.carried(d.handled()[0].Key); kept == (tc.words == "嗯") {
					t.Errorf("kept: %v", kept)
				}
			})
		}
	}
}

// TestSlow: no acknowledgement before the turn is durable, however long it takes; the next attempt gets the reply.
func TestSlow(t *testing.T) {
	d := newDesk()
	d.answers["慢"] = []bot.Message{says("好的")}
	d.slow["慢"] = 500 * time.Millisecond
	cfg := safe()
	cfg.Hold = 100 * time.Millisecond
	p := open(t, cfg, d.deps())
	push := p.Message("o-openid", "text", field("Content", "慢"))
	hasty := *p
	hasty.Client = &http.Client{Timeout: 50 * time.Millisecond} // WeChat hangs up
	if _, err := hasty.Push(push...); err == nil {
		t.Fatal("answered before it was handled")
	}
	if r, err := p.Push(push...); err != nil || r.Status != http.StatusServiceUnavailable {
		t.Fatalf("second attempt: %d %v", r.Status, err)
	}
	time.Sleep(600 * time.Millisecond)
	if r, err := p.Push(push...); err != nil || r.Text != "好的" {
		t.Errorf("third attempt: %q %v", r.Text, err)
	}
	if n := len(d.handled()); n != 1 {
		t.Errorf("handled %d times", n)
	}
}

// TestHungUp: a reply that is ready after WeChat hung up counts as shown only if a repetition waits for it.
func TestHungUp(t *testing.T) {
	const slow = 200 * time.Millisecond
	for name, tc := range map[string]struct {
		age       time.Duration // of the first attempt when its handling begins, which takes slow
		hold      time.Duration
		repeat    bool // a repetition comes while it is handled
		kept      bool
		first     error
		second    error
		afterward string // what the next message brings
	}{
		"in time":                      {0, testHold, false, true, nil, nil, "还有吗？"},
		"just in time":                 {4 * time.Second, testHold, false, true, nil, nil, "还有吗？"},
		"too late":                     {6 * time.Second, testHold, false, false, errHungUp, nil, "好的\n\n还有吗？"},
		"a repetition waits":           {6 * time.Second, testHold, true, true, nil, nil, "还有吗？"},
		"a repetition waited in vain":  {6 * time.Second, slow / 4, true, false, errHungUp, errStillWorking, "好的\n\n还有吗？"},
		"a repetition of one in time":  {0, testHold, true, true, nil, nil, "还有吗？"},
		"a repetition without waiting": {0, 0, true, true, nil, errStillWorking, "还有吗？"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk()
			d.answers["慢"] = []bot.Message{says("好的")}
			d.answers["好"] = []bot.Message{says("还有吗？")}
			d.slow["慢"] = slow
			cfg := plain()
			cfg.Hold = tc.hold
			c, err := New(cfg, d.deps())
			if err != nil {
				t.Fatal(err)
			}
			a := bot.Address{User: "o-openid"}
			ev := bot.Event{Key: "k", Kind: bot.EventSaid, Text: "慢"}
			var bodies [2][]byte
			var errs [2]error
			var wg sync.WaitGroup
			wg.Go(func() { bodies[0], errs[0] = c.reply(t.Context(), time.Now().Add(-tc.age), a, ev, envelope{}) })
			if tc.repeat {
				time.Sleep(slow / 4)
				wg.Go(func() { bodies[1], errs[1] = c.reply(t.Context(), time.Now(), a, ev, envelope{}) })
			}
			wg.Wait()
			if !errors.Is(errs[0], tc.first) || !errors.Is(errs[1], tc.second) {
				t.Errorf("errors %v, %v", errs[0], errs[1])
			}
			kept, found := d.carried("k")
			if upto := d.shown("c-o-openid"); found != tc.kept || (upto > 0) != tc.kept {
				t.Errorf("kept %v, shown up to %d", found, upto)
			}
			for i, body := range bodies {
				if body != nil && string(body) != string(kept) {
					t.Errorf("attempt %d got %s, kept is %s", i, body, kept)
				}
			}
			body, err := c.reply(t.Context(), time.Now(), a, bot.Event{Key: "next", Kind: bot.EventSaid, Text: "好"}, envelope{})
			if err != nil || !strings.Contains(string(body), "<Content>"+cdata(tc.afterward)+"</Content>") {
				t.Errorf("then %s %v, want %q", body, err, tc.afterward)
			}
			if n := len(d.handled()); n != 2 || len(c.flights) > 0 {
				t.Errorf("handled %d, in flight %d", n, len(c.flights))
			}
		})
	}
}

// TestHungUpRepeated: whenever the repetitions come, each gets the lines that the first attempt was too late for, in the same bytes.
func TestHungUpRepeated(t *testing.T) {
	for i := range 200 {
		d := newDesk()
		d.answers["慢"] = []bot.Message{says("好的")}
		d.slow["慢"] = time.Millisecond
		c, err := New(safe(), d.deps())
		if err != nil {
			t.Fatal(err)
		}
		ev := bot.Event{Key: "k", Kind: bot.EventSaid, Text: "慢"}
		var bodies [3][]byte
		var errs [3]error
		var wg sync.WaitGroup
		for n := range bodies {
			start := time.Now()
			if n == 0 {
				start = start.Add(-6 * time.Second)
			}
			wg.Go(func() {
				time.Sleep(time.Duration(n*i) * 10 * time.Microsecond)
				bodies[n], errs[n] = c.reply(t.Context(), start, bot.Address{User: "o-openid"}, ev, envelope{key: testKey})
			})
		}
		wg.Wait()
		lost := errors.Is(errs[0], errHungUp) || errors.Is(errs[0], errStillWorking) // the latter when a repetition was first
		if errs[0] != nil && !lost || errs[1] != nil || errs[2] != nil {
			t.Fatalf("errors %v", errs)
		}
		kept, found := d.carried("k")
		if !found || string(bodies[1]) != string(kept) || string(bodies[2]) != string(kept) || errs[0] == nil && string(bodies[0]) != string(kept) {
			t.Fatalf("kept %v, other bytes: %s", found, bodies)
		}
		if n := len(d.handled()); n != 1 || len(c.flights) > 0 {
			t.Fatalf("handled %d, in flight %d", n, len(c.flights))
		}
	}
}

// TestTwoAtOnce: two messages of one merchant never show him the same line twice.
func TestTwoAtOnce(t *testing.T) {
	for range 20 {
		d := newDesk()
		d.answers["一"] = []bot.Message{says("答一")}
		d.answers["二"] = []bot.Message{says("答二")}
		p := open(t, safe(), d.deps())
		var wg sync.WaitGroup
		var got [2]wechattest.Reply
		for i, words := range []string{"一", "二"} {
			wg.Go(func() {
				var err error
				if got[i], err = p.Text("o-openid", words); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		all := got[0].Text + got[1].Text
		if strings.Count(all, "答一") != 1 || strings.Count(all, "答二") != 1 {
			t.Fatalf("saw %q and %q", got[0].Text, got[1].Text)
		}
	}
}

// panicky is a bot with a bug.
type panicky struct{ *desk }

func (d panicky) Messages(context.Context, string, int64, int) ([]bot.Message, error) { panic("bug") }

// TestPanic: a bug in one push does not hang its repetitions.
func TestPanic(t *testing.T) {
	d := newDesk()
	d.answers["刷卡"] = []bot.Message{says("好的")}
	deps := d.deps()
	deps.Messages = panicky{d}
	c, err := New(safe(), deps)
	if err != nil {
		t.Fatal(err)
	}
	ev := bot.Event{Key: "k", Kind: bot.EventSaid, Text: "刷卡"}
	for range 2 {
		func() {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			_, _ = c.reply(t.Context(), time.Now(), bot.Address{User: "o-openid"}, ev, envelope{})
		}()
	}
	if len(c.flights) > 0 {
		t.Error("still in flight")
	}
}

// TestLongReplies: what does not fit comes with the next messages, whole and in order.
func TestLongReplies(t *testing.T) {
	d := newDesk()
	var want []string
	for i := range 12 {
		text := fmt.Sprintf("第%d条：", i) + strings.Repeat("请联系收单机构，", 20)
		want = append(want, text)
		d.answers["多"] = append(d.answers["多"], says(text))
	}
	story := "开头。" + strings.Repeat("这台终端登记在别的商户名下，请联系收单机构。", 120) + "结尾。"
	want = append(want, story, "最后一句。")
	d.answers["多"] = append(d.answers["多"], says(story), says("最后一句。"))
	p := open(t, safe(), d.deps())
	var seen strings.Builder
	words, parts := "多", 0
	for ; parts < 20; parts++ {
		r, err := p.Text("o-openid", words)
		if err != nil {
			t.Fatal(err)
		}
		text, more := strings.CutSuffix(r.Text, between+textMore)
		seen.WriteString(text)
		if !more {
			break
		}
		words = "继续"
	}
	drop := strings.NewReplacer("\n", "")
	if got := drop.Replace(seen.String()); got != drop.Replace(strings.Join(want, "")) {
		t.Errorf("saw %s", got)
	}
	if parts < 5 || parts > 8 {
		t.Errorf("in %d parts", parts+1)
	}
	if r, err := p.Text("o-openid", "还有吗"); err != nil || string(r.Body) != "success" {
		t.Errorf("then %q %v", r.Text, err)
	}
}

// TestLongSilence: while an agent only listens, each message costs the same, and his answer comes through.
func TestLongSilence(t *testing.T) {
	d := newDesk()
	p := open(t, safe(), d.deps())
	for i := range 250 {
		d.say("c-o-openid", bot.Message{Type: bot.TypeMessage, From: bot.FromUser, Text: fmt.Sprint(i)})
	}
	if r, err := p.Text("o-openid", "在吗"); err != nil || string(r.Body) != "success" {
		t.Fatalf("%q %v", r.Body, err)
	}
	if upto := d.shown("c-o-openid"); upto != 200 {
		t.Errorf("ticked off up to %d", upto)
	}
	d.say("c-o-openid", bot.Message{Type: bot.TypeMessage, From: bot.FromAgent, Text: "在的"})
	if r, err := p.Text("o-openid", "在吗"); err != nil || r.Text != "在的" {
		t.Errorf("%q %v", r.Text, err)
	}
}

func TestInsist(t *testing.T) {
	d := newDesk()
	d.answers["刷卡"] = []bot.Message{says("好的")}
	d.fails["刷卡"] = fmt.Errorf("busy")
	p := open(t, safe(), d.deps())
	if r, n, err := p.Insist(p.Message("o-openid", "text", field("Content", "刷卡"))...); r.Status != 503 || n != 3 || err != nil {
		t.Errorf("%d after %d attempts, %v", r.Status, n, err)
	}
}
