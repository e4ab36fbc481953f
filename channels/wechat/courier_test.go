package wechat

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"posdoctor/bot"
	"posdoctor/bot/store"
	"posdoctor/channels"
	"posdoctor/channels/wechat/wechattest"
)

const testSecret = "s3cr3t-of-the-account"

// stage is the real bot with an account that may push, the fake WeChat and one follower's phone.
type stage struct {
	*wechattest.Phone
	service *bot.Service
	store   *store.Store
	channel *Channel
	api     *wechattest.API
	answer  atomic.Int64 // how long the acquirer takes, in nanoseconds
	logged  lockedBuffer
}

const sendPath = "/cgi-bin/message/custom/send"

// A stage holds a push for stageHold, which is long for a busy machine; lateAnswer of the acquirer comes well after it.
const (
	stageHold  = time.Second
	lateAnswer = stageHold + 600*time.Millisecond
)

// newStage starts it, with a dispatcher of its own. change may change what the account is, and more what it stands on.
func newStage(t testing.TB, change func(*Config, *wechattest.API), more ...func(*Deps)) *stage {
	t.Helper()
	g := &stage{api: &wechattest.API{AppID: testApp, AppSecret: testSecret}}
	cfg := safe()
	cfg.AppSecret, cfg.Hold = testSecret, stageHold
	if change != nil {
		change(&cfg, g.api)
	}
	far := httptest.NewServer(g.api)
	t.Cleanup(far.Close)
	if cfg.APIURL == "" {
		cfg.APIURL = far.URL
	}
	g.service, g.store = house(t)
	log := slog.New(slog.NewTextHandler(&g.logged, &slog.HandlerOptions{Level: slog.LevelDebug}))
	g.service.Log = log
	var err error
	deps := Deps{Service: g.service, Messages: g.store, Deliveries: g.store, Leases: g.store, Outbox: g.store, Files: g.store, Bus: g.service.Bus, Log: log}
	for _, f := range more {
		f(&deps)
	}
	g.channel, err = New(cfg, deps)
	if err != nil {
		t.Fatal(err)
	}
	if wait, ok := g.channel.Pushes(); ok {
		g.service.Pushes = map[string]time.Duration{"wechat": wait}
	}
	srv := httptest.NewServer(g.channel)
	t.Cleanup(srv.Close)
	g.Phone = wechattest.NewPhone(&wechattest.Peer{URL: srv.URL, Token: cfg.Token, AppID: cfg.AppID, AESKey: cfg.AESKey}, g.api, "o-openid")
	g.answer.Store(int64(50 * time.Millisecond))
	d := &channels.Dispatcher{Outbox: g.store, Bus: g.service.Bus, Handle: g.service.Handle, Now: time.Now, Log: log,
		Targets: map[string]bot.Deliverer{"wechat": g.channel, bot.TargetAcquirer: deliverFunc(g.record)}}
	if target, fetcher := g.channel.Fetcher(); fetcher != nil {
		d.Targets[target] = fetcher
	}
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { d.Run(ctx) })
	t.Cleanup(func() {
		stop()
		running.Wait()
		for _, secret := range []string{testToken, testKey, testApp, testSecret, "o-openid", "access_token", "signature=", "证照", "演示商户", "川味"} {
			if strings.Contains(g.logged.String(), secret) {
				t.Errorf("%q was logged:\n%s", secret, g.logged.String())
			}
		}
	})
	return g
}

type deliverFunc func(context.Context, bot.Item) (bot.Event, error)

func (f deliverFunc) Deliver(ctx context.Context, it bot.Item) (bot.Event, error) { return f(ctx, it) }

// record is the acquirer: the merchant's documents have expired.
func (g *stage) record(_ context.Context, it bot.Item) (bot.Event, error) {
	time.Sleep(time.Duration(g.answer.Load()))
	if it.Call.Op == bot.OpTicket {
		return bot.Event{Kind: bot.EventTicket, Key: "call:" + it.Call.ID, Call: it.Call.ID,
			Ticket: &bot.Ticket{Request: it.Call.Ticket.Request, No: "T-1", Status: "OPEN"}}, nil
	}
	return bot.Event{Kind: bot.EventRecord, Key: "call:" + it.Call.ID, Call: it.Call.ID, Record: &bot.Record{
		Merchant: it.Call.Merchant, Status: "DOCS_EXPIRED", ObservedAt: time.Now().UnixMilli(),
		Restrictions: []bot.Restriction{{Case: "1", Reason: "DOCS_EXPIRED"}}}}, nil
}

func (g *stage) say(t *testing.T, words string) wechattest.Push {
	t.Helper()
	p, err := g.Say(words)
	if err != nil || p.Outcome == wechattest.OutcomeError {
		t.Fatalf("%s: %+v, %v", words, p, err)
	}
	return p
}

func (g *stage) conversation(t *testing.T) bot.Conversation {
	t.Helper()
	c, err := g.store.Conversation(t.Context(), bot.Address{Channel: "wechat", Account: testApp, User: "o-openid"})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// custom are the texts that came by the API, and how many calls there were.
func (g *stage) custom() (texts []string, calls int) {
	for _, e := range g.Screen() {
		if e.Path == wechattest.Custom {
			texts = append(texts, words(e))
		}
	}
	return texts, len(g.api.CallsTo(sendPath))
}

// eventually waits for something that takes a moment.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
	}
}

// idle waits until nothing is left to send.
func (g *stage) idle(t *testing.T) {
	t.Helper()
	eventually(t, "an empty outbox", func() bool { n, err := g.store.Pending(t.Context()); return err == nil && n == 0 })
}

func (g *stage) agent(t *testing.T, kind, text string) {
	t.Helper()
	_, err := g.service.Handle(t.Context(), bot.Address{Channel: "wechat", Account: testApp, User: "o-openid"},
		bot.Event{Kind: kind, Agent: li, Epoch: g.conversation(t).Epoch, Text: text})
	if err != nil {
		t.Fatal(err)
	}
}

// ask binds and asks what needs the acquirer's record.
func (g *stage) ask(t *testing.T) wechattest.Push {
	t.Helper()
	g.say(t, "演示商户 2")
	return g.say(t, "POS机显示商户状态异常")
}

// TestLateResult: a result within the hold is the reply; a later one is pushed, once, and the reply says that it is being looked up.
func TestLateResult(t *testing.T) {
	for name, tc := range map[string]struct {
		after time.Duration
		push  bool
	}{"in time": {50 * time.Millisecond, false}, "too late": {lateAnswer, true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := newStage(t, func(c *Config, _ *wechattest.API) {
				if !tc.push {
					c.Hold = testHold
				}
			})
			g.answer.Store(int64(tc.after))
			p := g.ask(t)
			if later := strings.Contains(p.Reply, "正在"); later != tc.push || strings.Contains(p.Reply, textLater) || strings.Contains(p.Reply, "证照登记已过期") == tc.push {
				t.Errorf("replied %q", p.Reply)
			}
			if tc.push {
				eventually(t, "the result", func() bool { texts, _ := g.custom(); return len(texts) > 0 })
			}
			g.idle(t)
			texts, calls := g.custom()
			if want := map[bool]int{true: 1, false: 0}[tc.push]; calls != want || len(texts) != want {
				t.Fatalf("%d calls: %q", calls, texts)
			}
			if tc.push && (!strings.Contains(texts[0], "证照登记已过期") || !strings.Contains(texts[0], "|")) {
				t.Errorf("pushed %q", texts[0])
			}
			if again := g.say(t, "谢谢"); strings.Contains(again.Reply, "证照登记已过期") {
				t.Errorf("told again: %q", again.Reply)
			}
		})
	}
}

// TestAgentPushes: an agent's lines reach the merchant without his writing first, merged while one is on its way.
func TestAgentPushes(t *testing.T) {
	g := newStage(t, nil)
	g.say(t, "转人工")
	g.agent(t, bot.EventClaim, "")
	g.idle(t)
	g.api.Fail(wechattest.Fault{Path: "custom/send", Mode: wechattest.Slow, Delay: 300 * time.Millisecond})
	for i := range 3 {
		g.agent(t, bot.EventReply, fmt.Sprint("第", i, "句"))
		time.Sleep(20 * time.Millisecond)
	}
	g.idle(t)
	texts, calls := g.custom()
	if len(texts) < 2 || calls > 3 {
		t.Fatalf("%d calls: %q", calls, texts)
	}
	all := strings.Join(texts, "\n")
	for _, want := range []string{"客服 李敏 已接入", "客服 李敏：第0句", "第1句", "第2句"} {
		if strings.Count(all, want) != 1 {
			t.Errorf("%q is not once in %q", want, all)
		}
	}
	for _, c := range g.api.CallsTo(sendPath) {
		if strings.Contains(string(c.Body), "aimsgcontext") {
			t.Errorf("a person's words are marked as a machine's: %s", c.Body)
		}
	}
	w, err := g.channel.Window(t.Context(), g.conversation(t))
	if err != nil || w.Left != 5-calls || w.Of != 5 || time.Until(time.UnixMilli(w.Until)) < 47*time.Hour {
		t.Errorf("window %+v, %v after %d calls", w, err, calls)
	}
}

// TestErrcodes: what each answer of WeChat leads to.
func TestErrcodes(t *testing.T) {
	const result = "查到了：证照登记已过期"
	for name, tc := range map[string]struct {
		fault  wechattest.Fault
		calls  int  // to custom/send, within a moment
		pushed bool // the result came by the API
		held   bool // it comes with the merchant's next message
		unsure bool // the desk is told
		log    string
	}{
		"busy once":            {fault: wechattest.Fault{Errcode: -1}, calls: 2, pushed: true},
		"token refused":        {fault: wechattest.Fault{Errcode: 40001}, calls: 2, pushed: true},
		"token bad":            {fault: wechattest.Fault{Errcode: 40014}, calls: 2, pushed: true},
		"token expired":        {fault: wechattest.Fault{Errcode: 42001}, calls: 2, pushed: true},
		"bad openid":           {fault: wechattest.Fault{Errcode: 40003}, calls: 1, held: true},
		"not following":        {fault: wechattest.Fault{Errcode: 43004}, calls: 1, held: true},
		"bad AppID":            {fault: wechattest.Fault{Errcode: 40013}, calls: 1, held: true, log: "sending stops"},
		"bad secret":           {fault: wechattest.Fault{Errcode: 40125}, calls: 1, held: true, log: "sending stops"},
		"IP not allowed":       {fault: wechattest.Fault{Errcode: 40164}, calls: 1, held: true, log: "allowed IP addresses"},
		"account restricted":   {fault: wechattest.Fault{Errcode: 50002}, calls: 1, held: true, log: "sending stops"},
		"no menus here":        {fault: wechattest.Fault{Errcode: 40200}, calls: 2, pushed: true, log: "may not send menus"},
		"too many items":       {fault: wechattest.Fault{Errcode: 45098}, calls: 2, pushed: true},
		"no permission":        {fault: wechattest.Fault{Errcode: 48001}, calls: 1, held: true, log: "may not send customer-service messages"},
		"too long":             {fault: wechattest.Fault{Errcode: 45002}, calls: 3, pushed: true},
		"day quota":            {fault: wechattest.Fault{Errcode: 45009}, calls: 1, held: true},
		"minute quota":         {fault: wechattest.Fault{Errcode: 45011}, calls: 1, held: true},
		"window over":          {fault: wechattest.Fault{Errcode: 45015, Times: 9}, calls: 1, held: true},
		"quota used":           {fault: wechattest.Fault{Errcode: 45047, Times: 9}, calls: 1, held: true},
		"bad JSON":             {fault: wechattest.Fault{Errcode: 47001}, calls: 1, held: true, log: "refused a message"},
		"escapes":              {fault: wechattest.Fault{Errcode: 40033}, calls: 1, held: true, log: "refused a message"},
		"a code of next year":  {fault: wechattest.Fault{Errcode: 99999}, calls: 1, held: true, log: "refused a message"},
		"no answer":            {fault: wechattest.Fault{Mode: wechattest.Reset}, calls: 1, unsure: true, log: "may or may not"},
		"no answer, but done":  {fault: wechattest.Fault{Mode: wechattest.Reset, Done: true}, calls: 1, pushed: true, unsure: true, log: "may or may not"},
		"a page of a proxy":    {fault: wechattest.Fault{Mode: wechattest.BadAnswer}, calls: 1, unsure: true, log: "may or may not"},
		"a failing server":     {fault: wechattest.Fault{Status: 502}, calls: 1, unsure: true, log: "may or may not"},
		"a server, but it did": {fault: wechattest.Fault{Status: 500, Done: true}, calls: 1, pushed: true, unsure: true, log: "may or may not"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := newStage(t, nil)
			g.answer.Store(int64(lateAnswer))
			tc.fault.Path = "custom/send"
			g.api.Fail(tc.fault)
			g.ask(t)
			eventually(t, "the calls", func() bool { return len(g.api.CallsTo(sendPath)) >= tc.calls })
			time.Sleep(300 * time.Millisecond)
			texts, calls := g.custom()
			all := strings.Join(texts, "\n")
			if calls != tc.calls || strings.Contains(all, result) != tc.pushed || strings.Count(all, result) > 1 {
				t.Errorf("%d calls, pushed %q", calls, texts)
			}
			if tc.log != "" && !strings.Contains(g.logged.String(), tc.log) {
				t.Errorf("the log does not say %q:\n%s", tc.log, g.logged.String())
			}
			eventually(t, "the desk", func() bool {
				c := g.conversation(t)
				return (c.Holder.Kind == bot.HolderQueue && c.Reason == bot.ReasonUnsure) == tc.unsure
			})
			g.api.ClearFaults("")
			p := g.say(t, "好了吗")
			if strings.Contains(p.Reply, result) != tc.held {
				t.Errorf("then %q", p.Reply)
			}
			time.Sleep(300 * time.Millisecond)
			if texts, _ := g.custom(); strings.Count(strings.Join(texts, "\n")+p.Reply, result) > 1 {
				t.Errorf("twice: %q and %q", texts, p.Reply)
			}
		})
	}
}

// TestUnreachable: what never left this machine goes out later, and is not unsure.
func TestUnreachable(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close() // nobody is there
	g := newStage(t, func(c *Config, _ *wechattest.API) { c.Hold, c.APIURL = 0, "http://"+address })
	g.answer.Store(int64(300 * time.Millisecond))
	g.ask(t)
	eventually(t, "a failure", func() bool { return strings.Contains(g.logged.String(), "cannot be reached") })
	if c := g.conversation(t); c.Holder.Kind != bot.HolderBot {
		t.Errorf("held by %s", c.Holder.Kind)
	}
	if l, err = net.Listen("tcp", address); err != nil {
		t.Fatal(err)
	}
	far := &http.Server{Handler: g.api}
	t.Cleanup(func() { far.Close() })
	go far.Serve(l)
	eventually(t, "the result", func() bool {
		texts, _ := g.custom()
		return strings.Contains(strings.Join(texts, ""), "证照登记已过期")
	})
}

// TestPassiveOnly: an account without AppSecret, or without the permission, holds longer, says how the result comes, and calls nobody.
func TestPassiveOnly(t *testing.T) {
	g := newStage(t, func(c *Config, _ *wechattest.API) { c.AppSecret = "" })
	g.answer.Store(int64(lateAnswer))
	if p := g.ask(t); !strings.Contains(p.Reply, textLater) {
		t.Errorf("replied %q", p.Reply)
	}
	if w, err := g.channel.Window(t.Context(), g.conversation(t)); err != nil || w.Why != "passive" {
		t.Errorf("%+v, %v", w, err)
	}
	time.Sleep(lateAnswer)
	if p := g.say(t, "好了吗"); !strings.Contains(p.Reply, "证照登记已过期") {
		t.Errorf("then %q", p.Reply)
	}
	if n := len(g.api.Calls()); n > 0 {
		t.Errorf("%d calls", n)
	}

	g = newStage(t, func(c *Config, a *wechattest.API) {
		c.Hold = HoldByAccount
		a.Account = wechattest.Account{Unverified: true}
	})
	if got := g.channel.hold(); got != pushHold {
		t.Errorf("holds %s before WeChat has said no", got)
	}
	g.say(t, "转人工")
	g.agent(t, bot.EventClaim, "")
	eventually(t, "the refusal", g.channel.courier.passive)
	if got := g.channel.hold(); got != passiveHold {
		t.Errorf("holds %s afterwards", got)
	}
	g.idle(t)
	if p := g.say(t, "在吗"); !strings.Contains(p.Reply, "李敏 已接入") {
		t.Errorf("then %q", p.Reply)
	}
}

// TestLastSlot: the bot leaves the last message for people and tickets; an agent may use it.
func TestLastSlot(t *testing.T) {
	g := newStage(t, nil)
	g.say(t, "您好")
	send := func(m bot.Message) int {
		t.Helper()
		c := g.conversation(t)
		c.Version++
		c.Last++
		m.Seq, m.At = c.Last, time.Now().UnixMilli()
		key := bot.NewID()
		err := g.store.Commit(t.Context(), bot.Commit{Event: bot.Event{ID: key, Key: key, Kind: bot.EventTimer, At: m.At}, Next: c, Effects: []bot.Effect{{Say: &m},
			{Push: &bot.Push{ID: bot.PushID(key), Target: "wechat", At: m.At}}}})
		if err != nil {
			t.Fatal(err)
		}
		g.service.Bus.Publish(bot.TopicOutbox, c.ID)
		g.idle(t)
		texts, _ := g.custom()
		return len(texts)
	}
	for i := range 6 {
		if got := send(says(fmt.Sprint("提醒 ", i))); got != min(i+1, 4) {
			t.Fatalf("after %d lines %d went out", i+1, got)
		}
	}
	if got := send(bot.Message{Type: bot.TypeTicket, From: bot.FromSystem, Text: "工单 T-1 已受理。", TicketLine: &bot.TicketLine{No: "T-1"}}); got != 5 {
		t.Fatalf("the ticket did not go out: %d", got)
	}
	texts, _ := g.custom()
	if last := texts[len(texts)-1]; !strings.Contains(last, "T-1") || !strings.Contains(last, "提醒 4") || !strings.Contains(last, "提醒 5") {
		t.Errorf("the last is %q", last)
	}
	if got := send(bot.Message{Type: bot.TypeMessage, From: bot.FromAgent, Name: "李敏", Text: "我来看。"}); got != 5 {
		t.Fatalf("more than the quota: %d", got)
	}
	if _, calls := g.custom(); calls != 5 {
		t.Errorf("%d calls", calls)
	}
	if p := g.say(t, "好"); !strings.Contains(p.Reply, "我来看") {
		t.Errorf("then %q", p.Reply)
	}
}

// TestMenuTap: choices are a menu; a tap on it is the choice, and opens the window of a tap.
func TestMenuTap(t *testing.T) {
	g := newStage(t, nil)
	g.answer.Store(int64(lateAnswer))
	g.ask(t)
	var menu *wechattest.MenuMessage
	eventually(t, "the menu", func() bool { menu = g.Last().Menu; return menu != nil })
	before := g.conversation(t)
	if p, err := g.Tap(menu.Items[0]); err != nil { // answered in time or later: both are a tap
		t.Fatalf("%+v, %v", p, err)
	}
	var c bot.Conversation
	eventually(t, "the answer", func() bool { c = g.conversation(t); return c.Last >= before.Last+2 })
	if c.Reach.Tap == 0 || c.Reach.Message != before.Reach.Message {
		t.Errorf("reach %+v after %+v", c.Reach, before.Reach)
	}
	lines, err := g.store.Messages(t.Context(), c.ID, before.Last, 10)
	if err != nil || len(lines) < 2 || lines[0].Text != menu.Items[0].Text {
		t.Errorf("%+v, %v", lines, err)
	}
}

// TestLabel: words of the bot are marked as made by a machine, in both ways.
func TestLabel(t *testing.T) {
	g := newStage(t, func(c *Config, _ *wechattest.API) { c.Label = true })
	g.answer.Store(int64(lateAnswer))
	if p := g.ask(t); !strings.HasSuffix(p.Reply, "\n"+textLabel) {
		t.Errorf("replied %q", p.Reply)
	}
	eventually(t, "the result", func() bool { return len(g.api.CallsTo(sendPath)) > 0 }) // noted a moment after the text is shown
	var body struct {
		AI struct {
			Is int `json:"is_ai_msg"`
		} `json:"aimsgcontext"`
	}
	if err := json.Unmarshal(g.api.CallsTo(sendPath)[0].Body, &body); err != nil || body.AI.Is != 1 {
		t.Errorf("%+v, %v", body, err)
	}
}

// TestTyping: who waits sees that somebody is at work.
func TestTyping(t *testing.T) {
	g := newStage(t, nil)
	g.answer.Store(int64(lateAnswer))
	g.ask(t)
	eventually(t, "typing", func() bool { return len(g.api.CallsTo("/cgi-bin/message/custom/typing")) == 1 })
	g.idle(t)
}

// TestClaimRace: whenever an agent claims, no bot line is begun after it, by whatever path.
func TestClaimRace(t *testing.T) {
	rounds := 16
	if testing.Short() {
		rounds = 4
	}
	g := newStage(t, func(c *Config, _ *wechattest.API) { c.Hold = 30 * time.Millisecond })
	g.say(t, "演示商户 2")
	shown := func(id string) map[string]bool {
		t.Helper()
		s, err := g.store.Shown(t.Context(), id, 0)
		if err != nil {
			t.Fatal(err)
		}
		out := map[string]bool{}
		for _, d := range s.Pushes {
			out[d.ID] = d.From == bot.FromBot && d.State != bot.DeliveryDropped
		}
		return out
	}
	for round := range rounds {
		g.answer.Store(int64(60 * time.Millisecond))
		g.say(t, "重新开始")
		g.say(t, "POS机显示商户状态异常")
		time.Sleep(time.Duration(round) * 3 * time.Millisecond)
		var c bot.Conversation
		var turn bot.Turn
		for err := error(&bot.NotHolderError{}); err != nil; {
			c = g.conversation(t)
			turn, err = g.service.Handle(t.Context(), c.Address, bot.Event{Kind: bot.EventClaim, Agent: li, Epoch: c.Epoch})
		}
		before := shown(c.ID)
		g.idle(t)
		for id, byBot := range shown(c.ID) {
			if _, known := before[id]; byBot && !known {
				t.Errorf("round %d: words of the bot were begun after the claim", round)
			}
		}
		if _, err := g.service.Handle(t.Context(), c.Address, bot.Event{Kind: bot.EventRelease, Agent: li, Epoch: turn.Next.Epoch}); err != nil {
			t.Fatal(err)
		}
		g.idle(t)
		g.api.Grant("o-openid", wechattest.Wrote)
	}
}

// TestRestBesideAgent: what a reply has no room for is pushed at once, also when the merchant's words made no line of ours.
func TestRestBesideAgent(t *testing.T) {
	g := newStage(t, nil)
	g.say(t, "转人工")
	g.agent(t, bot.EventClaim, "")
	g.idle(t)
	g.api.Fail(wechattest.Fault{Path: "custom/send", Errcode: 45015})
	for _, name := range []string{"甲", "乙"} {
		g.agent(t, bot.EventReply, name+strings.Repeat("请看这里。", 120))
		g.idle(t)
	}
	p := g.say(t, "在吗")
	eventually(t, "both lines", func() bool {
		texts, _ := g.custom()
		all := strings.Join(texts, "") + p.Reply
		return strings.Contains(all, "甲") && strings.Contains(all, "乙")
	})
}

// TestStopWhileSending: a message that is on its way when the server stops is waited for; none is begun any more.
func TestStopWhileSending(t *testing.T) {
	g := newStage(t, nil)
	g.say(t, "转人工")
	g.agent(t, bot.EventClaim, "")
	g.idle(t)
	g.api.Fail(wechattest.Fault{Path: "custom/send", Mode: wechattest.Slow, Delay: 300 * time.Millisecond})
	c := g.conversation(t)
	g.service.Pushes = nil // it is delivered by hand, with a context that ends
	g.agent(t, bot.EventReply, "请重启机器")
	ctx, stop := context.WithCancel(t.Context())
	go func() { // once it is on its way
		for ctx.Err() == nil {
			shown, err := g.store.Shown(ctx, c.ID, 0)
			if err != nil || slices.ContainsFunc(shown.Pushes, func(d bot.Delivery) bool { return d.State == bot.DeliveryBegun }) {
				stop()
			}
			time.Sleep(time.Millisecond)
		}
	}()
	it := bot.Item{ID: "x", Conversation: c.ID, Address: c.Address, Target: "wechat", Attempts: 1}
	if _, err := g.channel.Deliver(ctx, it); err == nil {
		t.Error("it went on after the end")
	}
	shown, err := g.store.Shown(t.Context(), c.ID, 0)
	if err != nil {
		t.Fatal(err)
	}
	if d := shown.Pushes[len(shown.Pushes)-1]; d.State != bot.DeliverySent || d.First < c.Last+1 {
		t.Errorf("%s: %s, from line %d of %d", d.State, d.Reason, d.First, c.Last+1)
	}
}

// TestRefusedAgain: a code that asks for something that cannot be done any more is not tried for ever.
func TestRefusedAgain(t *testing.T) {
	for _, code := range []int{40200, 45098, 45002, 40001} {
		t.Run(fmt.Sprint(code), func(t *testing.T) {
			t.Parallel()
			g := newStage(t, nil)
			g.say(t, "转人工")
			g.agent(t, bot.EventClaim, "")
			g.idle(t)
			g.api.ClearCalls()
			g.api.Fail(wechattest.Fault{Path: "custom/send", Errcode: code, Times: -1})
			g.agent(t, bot.EventReply, "请重启机器")
			eventually(t, "a refusal", func() bool { return len(g.api.CallsTo(sendPath)) > 0 })
			time.Sleep(300 * time.Millisecond)
			if n := len(g.api.CallsTo(sendPath)); n > refusals+2 {
				t.Errorf("%d sends of one line", n)
			}
			if n := len(g.api.CallsTo("/cgi-bin/stable_token")); n > 1 {
				t.Errorf("%d tokens were fetched", n)
			}
		})
	}
}

// TestDropped: words of the bot that an agent came before are never said, and are not called sent.
func TestDropped(t *testing.T) {
	g := newStage(t, nil)
	g.api.Fail(wechattest.Fault{Path: "custom/send", Errcode: 45015, Times: -1})
	g.answer.Store(int64(lateAnswer))
	g.ask(t)
	g.idle(t)
	g.api.ClearFaults("")
	g.agent(t, bot.EventClaim, "")
	if p := g.say(t, "在吗"); strings.Contains(p.Reply, "证照") {
		t.Errorf("said %q", p.Reply)
	}
	g.idle(t)
	shown, err := g.store.Shown(t.Context(), g.conversation(t).ID, 0)
	if err != nil {
		t.Fatal(err)
	}
	dropped := 0
	for _, d := range shown.Pushes {
		if d.From == bot.FromBot && d.State == bot.DeliveryDropped {
			dropped++
		}
	}
	if dropped != 1 {
		t.Errorf("%d were dropped: %+v", dropped, shown.Pushes)
	}
}

// TestAPIErrors: no error holds a token, a secret, an address or a text.
func TestAPIErrors(t *testing.T) {
	api := &wechattest.API{AppID: testApp, AppSecret: testSecret}
	far := httptest.NewServer(api)
	defer far.Close()
	for name, fault := range map[string]wechattest.Fault{"reset": {Mode: wechattest.Reset}, "page": {Mode: wechattest.BadAnswer}, "status": {Status: 500}, "refused": {Errcode: 40001, Times: 9},
		"slow": {Mode: wechattest.Timeout}} {
		t.Run(name, func(t *testing.T) {
			a, err := newAPI(far.URL)
			if err != nil {
				t.Fatal(err)
			}
			a.client.Timeout = 200 * time.Millisecond
			tk := &tokens{name: "t", owner: "o", leases: &leases{}, fetch: stableToken(a, testApp, testSecret), now: time.Now}
			a.token, a.stale = tk.get, tk.stale
			if _, err := a.token(t.Context()); err != nil {
				t.Fatal(err)
			}
			fault.Path = "typing"
			api.Fail(fault)
			defer api.ClearFaults("")
			err = a.post(t.Context(), "/cgi-bin/message/custom/typing", map[string]string{"touser": "o-openid", "words": "证照"}, nil)
			if err == nil {
				t.Fatal("no error")
			}
			for _, secret := range []string{"access_token", "99_", testSecret, far.URL, "127.0.0.1", "o-openid", "证照", tk.token.text} {
				if strings.Contains(err.Error(), secret) {
					t.Errorf("%q is in %q", secret, err)
				}
			}
			var unsent *notSentError
			if _, refused := codeOf(err); errors.As(err, &unsent) || refused != (name == "refused") {
				t.Errorf("%T %v", err, err)
			}
		})
	}
	for _, bad := range []string{"", "api.weixin.qq.com", "ftp://api.weixin.qq.com", "http://api.weixin.qq.com", "https://user:pw@api.weixin.qq.com", "https://api.weixin.qq.com?x=1"} {
		if _, err := newAPI(bad); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
	if got := string(unescaped(bytes.Clone([]byte(`{"a":"\u2028<&>"}`)))); got != "{\"a\":\"\u2028<&>\"}" {
		t.Errorf("%q", got)
	}
}

// TestFragmentIsNotPushed: with the real bot, two lines that are one message get one reply, in the push of one of them, and nothing
// of the quota is spent.
func TestFragmentIsNotPushed(t *testing.T) {
	g := newStage(t, nil)
	g.say(t, "重新开始")
	var first wechattest.Push
	var wg sync.WaitGroup
	wg.Go(func() { first = g.say(t, "在吗") })
	for g.conversation(t).Held == nil {
		time.Sleep(5 * time.Millisecond)
	}
	second := g.say(t, "提示58")
	wg.Wait()
	if n := strings.Count(first.Reply+second.Reply, "58 有好几种原因"); n != 1 {
		t.Errorf("shown %d times: %q, %q", n, first.Reply, second.Reply)
	}
	if texts, calls := g.custom(); calls != 0 {
		t.Errorf("pushed %q", texts)
	}
}
