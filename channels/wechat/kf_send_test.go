package wechat

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"posdoctor/bot"
	"posdoctor/channels/wechat/wechattest"
)

const (
	kfSendTo = "kf/send_msg"
	kfGetTo  = "kf/service_state/get"
	kfTransT = "kf/service_state/trans"
)

// TestKFUnknownOutcome: what is not known is found out by sending again under the same id; what stays unknown goes to people, and never
// out a second time.
func TestKFUnknownOutcome(t *testing.T) {
	lost := func(mode string, times int, done bool) wechattest.Fault {
		return wechattest.Fault{Path: kfSendTo, Times: times, Mode: mode, Done: done}
	}
	status := func(times int, done bool) wechattest.Fault {
		return wechattest.Fault{Path: kfSendTo, Times: times, Status: 502, Done: done}
	}
	for name, tc := range map[string]struct {
		fault  wechattest.Fault
		repeat int // what WeCom says to an id that was used
		state  string
		shown  int
	}{
		"the answer was lost":          {lost(wechattest.Reset, 1, true), 0, bot.DeliverySent, 1},
		"the question was lost":        {lost(wechattest.Reset, 1, false), 0, bot.DeliverySent, 1},
		"twice":                        {status(2, true), 0, bot.DeliverySent, 1},
		"no JSON":                      {lost(wechattest.BadAnswer, 1, true), 0, bot.DeliverySent, 1},
		"always, and it arrived":       {status(3, true), 0, bot.DeliveryUnsure, 1},
		"always, and it did not":       {status(3, false), 0, bot.DeliveryUnsure, 0},
		"the second is refused":        {status(1, true), 40058, bot.DeliveryUnsure, 1},
		"the second is refused as old": {status(1, true), wechattest.KFBadState, bot.DeliveryUnsure, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newKFStage(t, func(s *kfStage) { s.api.KFRepeat = tc.repeat })
			p := s.phone(kfCustomer)
			s.do(p.Say("刷卡没反应"))
			if err := s.read(); err != nil {
				t.Fatal(err)
			}
			s.api.Fail(tc.fault)
			s.deliver()
			d := s.deliveries()[0]
			if d.State != tc.state {
				t.Errorf("%s: %s", d.State, d.Reason)
			}
			if got := strings.Count(strings.Join(shows(p), "\n"), "没有把握"); got != tc.shown {
				t.Errorf("shown %d times: %q", got, shows(p))
			}
			ids := map[string]bool{}
			for _, c := range s.api.CallsTo("/cgi-bin/" + kfSendTo) {
				var m struct {
					ID   string `json:"msgid"`
					Menu any    `json:"msgmenu"`
				}
				if err := json.Unmarshal(c.Body, &m); err != nil {
					t.Fatal(err)
				}
				if m.Menu != nil {
					ids[m.ID] = true
				}
			}
			if len(ids) != 1 || !ids[msgid(d.ID)] {
				t.Errorf("sent as %v, delivered as %s", ids, d.ID)
			}
			if want := map[bool]string{true: "queue", false: "bot"}[tc.state == bot.DeliveryUnsure]; s.holder(kfCustomer) != want {
				t.Errorf("held by %s", s.holder(kfCustomer))
			}
			s.do(p.Say("喂"))
			s.settle()
			if got := strings.Count(strings.Join(shows(p), "\n"), "没有把握"); got > 1 {
				t.Errorf("shown again: %q", shows(p))
			}
		})
	}
}

// deliveries are those of the customer.
func (s *kfStage) deliveries() []bot.Delivery {
	s.t.Helper()
	shown, err := s.store.Shown(s.t.Context(), s.conversation(kfCustomer).ID, 0)
	if err != nil {
		s.t.Fatal(err)
	}
	return shown.Pushes
}

// TestKFNotNow: what is refused, or cannot be asked, waits and goes out when it may; nothing is lost and nothing said twice.
func TestKFNotNow(t *testing.T) {
	fail := func(path string, code, times int) func(*kfStage) {
		return func(s *kfStage) { s.api.Fail(wechattest.Fault{Path: path, Errcode: code, Times: times}) }
	}
	for name, tc := range map[string]struct {
		before func(s *kfStage)
		wait   time.Duration // after which it is sent
	}{
		"WeCom is busy":            {fail(kfSendTo, -1, 1), 2 * time.Second},
		"too many in a minute":     {fail(kfSendTo, 45009, 1), time.Minute},
		"too many at once":         {fail(kfSendTo, 45033, 1), time.Minute},
		"the app lost its right":   {fail(kfSendTo, 48002, 1), alarmPause},
		"another address":          {fail(kfGetTo, 60020, 1), alarmPause},
		"no state":                 {fail(kfGetTo, -1, 1), time.Minute},
		"the state does not come":  {func(s *kfStage) { s.api.Fail(wechattest.Fault{Path: kfGetTo, Mode: wechattest.Reset}) }, 2 * time.Second},
		"it does not become ours":  {fail(kfTransT, 95014, 1), 0},
		"the change does not come": {func(s *kfStage) { s.api.Fail(wechattest.Fault{Path: kfTransT, Status: 502, Done: true}) }, 2 * time.Second},
		"no token": {func(s *kfStage) {
			s.kf.api.stale(s.token())
			s.api.Fail(wechattest.Fault{Path: "gettoken", Errcode: -1})
		}, time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newKFStage(t)
			p := s.phone(kfCustomer)
			s.do(p.Say("刷卡没反应"))
			if err := s.read(); err != nil {
				t.Fatal(err)
			}
			tc.before(s)
			s.deliver()
			if got := len(shows(p)); (got > 0) != (tc.wait == 0) {
				t.Errorf("shown at once: %q", shows(p))
			}
			s.clock.pass(tc.wait)
			s.deliver()
			if got := shows(p); len(got) != 1 {
				t.Errorf("shown after %s: %q\n%s", tc.wait, got, s.logged.String())
			}
		})
	}
}

func (s *kfStage) token() accessToken {
	s.t.Helper()
	token, err := s.kf.api.token(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	return token
}

// TestKFLost: a message that WeCom took and could not bring is waiting again, with the reason, until the customer writes.
func TestKFLost(t *testing.T) {
	for failType, why := range map[int]string{0: "closed", 4: "closed", 5: "closed", 6: "used", 10: "gone"} {
		t.Run(fmt.Sprint(failType), func(t *testing.T) {
			s := newKFStage(t)
			p := s.phone(kfCustomer)
			p.RefuseNext(failType)
			s.do(p.Say("刷卡没反应"))
			s.settle()
			if d := s.deliveries(); len(d) != 1 || d[0].State != bot.DeliveryHeld || d[0].Reason != failed(failType) || len(shows(p)) != 0 {
				t.Fatalf("%+v, %q", d, shows(p))
			}
			if w, err := s.kf.Window(t.Context(), s.conversation(kfCustomer)); err != nil || w.Left != 0 || w.Why != why {
				t.Errorf("%+v %v", w, err)
			}
			s.clock.pass(time.Minute)
			s.do(p.Say("喂"))
			s.settle()
			wants(t, p, "没有把握")
			if n := strings.Count(strings.Join(shows(p), "\n"), "没有把握"); n != 1 {
				t.Errorf("%d times: %q", n, shows(p))
			}
			if w, err := s.kf.Window(t.Context(), s.conversation(kfCustomer)); err != nil || w.Left < 3 {
				t.Errorf("%+v %v", w, err)
			}
			if r := s.refusals(); len(r) > 0 {
				t.Errorf("refused: %q", r)
			}
		})
	}
}

// TestKFUnsureLost: nobody knows whether a message arrived, until WeCom says that it did not: then it is waiting like any other.
func TestKFUnsureLost(t *testing.T) {
	s := newKFStage(t)
	p := s.phone(kfCustomer)
	p.RefuseNext(failUsed)
	s.do(p.Say("刷卡没反应"))
	if err := s.read(); err != nil {
		t.Fatal(err)
	}
	s.api.Fail(wechattest.Fault{Path: kfSendTo, Status: 502, Done: true, Times: sendTries})
	s.deliver()
	s.settle()
	if d := s.deliveries()[0]; d.State != bot.DeliveryHeld || d.Reason != failed(failUsed) || s.holder(kfCustomer) != "queue" {
		t.Fatalf("%+v, held by %s", d, s.holder(kfCustomer))
	}
	s.clock.pass(time.Minute)
	s.do(p.Say("喂"))
	s.settle()
	if n := strings.Count(strings.Join(shows(p), "\n"), "没有把握"); n != 1 {
		t.Errorf("%d times: %q", n, shows(p))
	}
}

// TestKFSenderLost: a message whose sender was killed is sent again under its id. While no token can be had for that, it waits: what this
// machine did not send is not unsure.
func TestKFSenderLost(t *testing.T) {
	s := newKFStage(t)
	p, n := s.unanswered()
	c := s.conversation(kfCustomer)
	shown, err := s.store.Shown(t.Context(), c.ID, 0)
	if err != nil {
		t.Fatal(err)
	}
	d := bot.Delivery{ID: bot.NewID(), Conversation: c.ID, First: shown.Upto + 1, Last: c.Last, From: bot.FromBot, Path: bot.PathPush,
		State: bot.DeliveryBegun, Text: "这句话只说一次。", At: s.clock.now().Add(-beganAgo - time.Second).UnixMilli()}
	if err := s.store.Begin(t.Context(), bot.Claim{Conversation: c.ID, Version: shown.Version, After: shown.Upto, Upto: c.Last, Deliveries: []bot.Delivery{d}}); err != nil {
		t.Fatal(err)
	}
	s.start()
	if _, err := s.peer().Notify(kfAccount, "ENC1"); err != nil {
		t.Fatal(err)
	}
	if err := s.read(); err != nil { // who serves him is known
		t.Fatal(err)
	}
	s.kf.api.stale(s.token())
	s.api.Fail(wechattest.Fault{Path: "gettoken", Errcode: -1, Times: -1})
	s.deliver()
	if got, err := s.store.Delivery(t.Context(), d.ID); err != nil || got.State != bot.DeliveryBegun || s.holder(kfCustomer) != "bot" {
		t.Fatalf("%s, held by %s, %v", got.State, s.holder(kfCustomer), err)
	}
	s.api.ClearFaults("")
	s.clock.pass(time.Minute)
	s.settle()
	if got, err := s.store.Delivery(t.Context(), d.ID); err != nil || got.State != bot.DeliverySent || len(shows(p)) != n+1 {
		t.Errorf("%s, %q, %v", got.State, shows(p)[n:], err)
	}
}

// TestKFBehindOurBack: somebody in WeCom takes a customer over, and the news of it does not come. One message is refused; then it is known,
// the bot is silent, and the line waits until the session is over.
func TestKFBehindOurBack(t *testing.T) {
	s := newKFStage(t)
	p, n := s.unanswered()
	p.Peer.URL = "http://127.0.0.1:1" // pushes go astray
	_, _ = p.TakeOver(zhang)
	s.deliver()
	if len(shows(p)) != n || s.holder(kfCustomer) != "wecom:zhangsan" {
		t.Fatalf("held by %s: %q", s.holder(kfCustomer), shows(p)[n:])
	}
	if r := s.refusals(); len(r) != 1 || !strings.Contains(r[0], "95018") {
		t.Fatalf("refused: %q", r)
	}
	_, _ = p.ServicerSays(zhang, "我来看看")
	p.Peer.URL = s.url
	s.do(p.Say("好的"))
	s.settle()
	_, _ = p.End(zhang)
	s.settle()
	s.do(p.Say("刷卡没反应"))
	s.settle()
	if s.holder(kfCustomer) != "bot" || len(s.refusals()) != 1 {
		t.Errorf("held by %s, refused %q", s.holder(kfCustomer), s.refusals())
	}
}

// TestKFUnread: while the news of a session cannot be read, WeCom is asked before anything is sent.
func TestKFUnread(t *testing.T) {
	for _, taken := range []bool{true, false} {
		t.Run(fmt.Sprint(taken), func(t *testing.T) {
			t.Parallel()
			s := newKFStage(t)
			p, n := s.unanswered()
			s.api.Fail(wechattest.Fault{Path: "kf/sync_msg", Errcode: 45009, Times: -1})
			if taken {
				s.do(p.TakeOver(zhang))
			} else if _, err := s.peer().Notify(kfAccount, "ENC1"); err != nil {
				t.Fatal(err)
			}
			if err := s.read(); err == nil {
				t.Fatal("it was read")
			}
			s.deliver()
			if got := len(shows(p)) - n; (got == 0) != taken {
				t.Errorf("%d messages: %q", got, shows(p))
			}
			for _, r := range s.refusals() {
				if !strings.Contains(r, "sync_msg") {
					t.Errorf("refused: %s", r)
				}
			}
		})
	}
}

// TestKFEndUnheard: the person in WeCom has ended the session and the news of it got lost. The customer does not wait for ever.
func TestKFEndUnheard(t *testing.T) {
	s := newKFStage(t)
	p := s.phone(kfCustomer)
	s.do(p.Say("刷卡没反应"))
	s.settle()
	s.do(p.TakeOver(zhang))
	s.settle()
	a := s.conversation(kfCustomer).Address
	s.do(p.End(zhang))
	s.settle()
	// As if the end had never been read:
	if err := s.kf.keep(t.Context(), a, kfSession{State: kfHuman, Servicer: zhang, At: s.clock.now().UnixMilli()}); err != nil {
		t.Fatal(err)
	}
	if err := s.kf.silence(t.Context(), a); err != nil || s.holder(kfCustomer) != "wecom:zhangsan" {
		t.Fatal(s.holder(kfCustomer), err)
	}
	n := len(shows(p))
	s.do(p.Say("在吗"))
	s.settle()
	if len(shows(p)) != n {
		t.Fatalf("the bot spoke: %q", shows(p)[n:])
	}
	s.clock.pass(trusted)
	s.do(p.Say("刷卡没反应"))
	s.settle()
	if s.holder(kfCustomer) != "bot" || len(shows(p)) == n {
		t.Errorf("held by %s: %q", s.holder(kfCustomer), shows(p)[n:])
	}
}

// TestKFPoolRefuses: a session that does not get into the pool stays with us. The customer is told that he waits, and what there is to
// answer meanwhile; as soon as the pool takes him, he is there.
func TestKFPoolRefuses(t *testing.T) {
	for name, fault := range map[string]wechattest.Fault{
		"it is busy":      {Path: kfTransT, Errcode: -1, Times: -1},
		"for good":        {Path: kfTransT, Errcode: 95014, Times: -1},
		"nobody knows":    {Path: kfTransT, Status: 502, Times: -1},
		"it is not there": {Path: kfTransT, Mode: wechattest.Reset, Times: -1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newKFStage(t, func(s *kfStage) { s.cfg.Desk = DeskWeCom })
			p := s.phone(kfCustomer)
			s.do(p.Say("刷卡没反应"))
			s.settle()
			n := len(shows(p))
			s.do(p.Say("转人工"))
			if err := s.read(); err != nil {
				t.Fatal(err)
			}
			s.api.Fail(fault)
			s.deliver()
			if s.holder(kfCustomer) != "queue" || p.State() != wechattest.KFBot || len(shows(p)) == n {
				t.Fatalf("held by %s in state %d: %q", s.holder(kfCustomer), p.State(), shows(p)[n:])
			}
			n = len(shows(p))
			for range 10 {
				s.clock.pass(time.Minute)
				s.settle()
			}
			s.do(p.Say("有人吗"))
			s.clock.pass(time.Minute)
			s.settle()
			if fresh := shows(p)[n:]; s.holder(kfCustomer) != "queue" || len(fresh) != 1 || !strings.Contains(fresh[0], "收到") {
				t.Fatalf("held by %s: %q", s.holder(kfCustomer), fresh)
			}
			if fault.Errcode != 0 && (!strings.Contains(s.logged.String(), "does not take a customer") || strings.Contains(s.logged.String(), "does not tell the state")) {
				t.Errorf("it was not logged for what it is:\n%s", s.logged.String())
			}
			s.api.ClearFaults(kfTransT)
			s.clock.pass(time.Minute)
			s.settle()
			if s.holder(kfCustomer) != "wecom:" || p.State() != wechattest.KFQueue {
				t.Errorf("held by %s in state %d: %q", s.holder(kfCustomer), p.State(), shows(p))
			}
		})
	}
}

// TestKFMenu: choices are a menu where they fit, and a list where they do not.
func TestKFMenu(t *testing.T) {
	long := strings.Repeat("长", 43) // 129 bytes
	for name, tc := range map[string]struct {
		choices []bot.Choice
		want    bool
	}{
		"two":       {[]bot.Choice{{ID: "all-cards:yes", Text: "都不行"}, {ID: "all-cards:no", Text: "别的卡可以"}}, true},
		"long id":   {[]bot.Choice{{ID: strings.Repeat("a", 65), Text: "都不行"}}, false},
		"no id":     {[]bot.Choice{{Text: "都不行"}}, false},
		"long text": {[]bot.Choice{{ID: "a", Text: long}}, false},
		"grows":     {[]bot.Choice{{ID: "a", Text: strings.Repeat("<", 43)}}, false},
	} {
		if got := kfMenuFits(tc.choices); got != tc.want {
			t.Errorf("%s: %t", name, got)
		}
	}
	s := newKFStage(t)
	p := s.phone(kfCustomer)
	s.do(p.Say("刷卡没反应"))
	s.settle()
	menu := p.Last().Menu
	if menu == nil || len(menu.Items) == 0 {
		t.Fatalf("no menu: %q", shows(p))
	}
	s.do(p.Tap(menu.Items[0]))
	s.settle()
	if l := s.lines(kfCustomer); !slices.Contains(l, "user: "+menu.Items[0].Text) || len(shows(p)) < 2 {
		t.Errorf("%q", l)
	}
}

// TestKFPicture: what a customer sends is fetched for the agents.
func TestKFPicture(t *testing.T) {
	s := newKFStage(t)
	p := s.phone(kfCustomer)
	s.do(p.SendImage(aPNG(t)))
	s.settle()
	c := s.conversation(kfCustomer)
	lines, err := s.store.Messages(t.Context(), c.ID, 0, 10)
	if err != nil || lines[0].Media == nil {
		t.Fatalf("%+v %v", lines, err)
	}
	if f, err := s.store.File(t.Context(), c.ID, lines[0].Media.ID); err != nil || !f.Shown() {
		t.Errorf("%s %d bytes: %v", f.MIME, len(f.Data), err)
	}
	wants(t, p, "照片收到了")
}

func TestKFMsgID(t *testing.T) {
	for range 10 {
		id := bot.NewID()
		if m := msgid(id); len(m) != 32 || deliveryOf(m) != id {
			t.Errorf("%s is %s is %s", id, m, deliveryOf(m))
		}
	}
	if deliveryOf("theirs") != "theirs" {
		t.Error("a message of others")
	}
}

// unsettled is a store to a server that is killed as soon as a message has left it.
type unsettled struct{ bot.Deliveries }

var errKilled = errors.New("killed")

func (unsettled) Settle(context.Context, string, string, string) error { return errKilled }

// TestKFKilledBeforeThePool: a message whose sender was killed does not take the place of the one that says that people are coming, whatever
// the session is by then.
func TestKFKilledBeforeThePool(t *testing.T) {
	for name, meanwhile := range map[string]func(*kfStage){
		"the session is still ours": func(*kfStage) {},
		"it is in the pool already": func(s *kfStage) {
			if err := s.kf.handOver(t.Context(), s.conversation(kfCustomer)); err != nil {
				t.Fatal(err)
			}
		},
		"sending has stopped for a while": func(s *kfStage) {
			s.kf.courier.pause(48002)
			before := len(s.api.CallsTo("/cgi-bin/" + kfSendTo))
			s.deliver()
			if after := len(s.api.CallsTo("/cgi-bin/" + kfSendTo)); after != before {
				t.Errorf("%d messages were sent while sending has stopped", after-before)
			}
			s.clock.pass(alarmPause)
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newKFStage(t, func(s *kfStage) { s.cfg.Desk = DeskWeCom })
			p := s.phone(kfCustomer)
			s.do(p.Say("刷卡没反应"))
			if err := s.read(); err != nil {
				t.Fatal(err)
			}
			s.kf.courier.deps.Deliveries = unsettled{s.kf.courier.deps.Deliveries}
			items, err := s.store.Lease(t.Context(), s.clock.now(), 30*time.Second, 10)
			if err != nil || len(items) != 1 {
				t.Fatalf("%+v, %v", items, err)
			}
			if _, err := s.kf.Deliver(t.Context(), items[0]); !errors.Is(err, errKilled) {
				t.Fatalf("the sender lived: %v", err)
			}
			s.start()
			s.do(p.Say("转人工"))
			s.clock.pass(31 * time.Second)
			if err := s.read(); err != nil {
				t.Fatal(err)
			}
			meanwhile(s)
			s.settle()
			wants(t, p, "客服按顺序接待")
			if got := strings.Count(strings.Join(shows(p), "\n"), "没有把握"); got != 1 || p.State() != wechattest.KFQueue {
				t.Errorf("answered %d times in state %d: %q", got, p.State(), shows(p))
			}
			for _, d := range s.deliveries() {
				if d.State == bot.DeliveryBegun || d.State == bot.DeliveryHeld {
					t.Errorf("left behind: %+v", d)
				}
			}
		})
	}
}
