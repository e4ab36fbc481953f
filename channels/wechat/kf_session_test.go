package wechat

import (
	"strings"
	"testing"
	"time"

	"posdoctor/bot"
	"posdoctor/channels/wechat/wechattest"
)

// TestKFDay is a customer's way: welcomed, helped by the bot, handed to a person and back.
func TestKFDay(t *testing.T) {
	for _, desk := range []string{DeskOwn, DeskWeCom} {
		t.Run(desk, func(t *testing.T) {
			s := newKFStage(t, func(s *kfStage) { s.cfg.Desk = desk })
			p := s.phone(kfCustomer)
			s.do(p.Enter("shop42"))
			s.settle()
			wants(t, p, "您好")
			s.do(p.Say("刷卡没反应"))
			s.settle()
			if p.State() != wechattest.KFBot {
				t.Errorf("the session is in state %d", p.State())
			}
			before := len(shows(p))
			if before < 2 {
				t.Fatalf("no answer: %q", shows(p))
			}
			s.do(p.Say("转人工"))
			s.settle()
			t.Logf("%q", shows(p))
			wants(t, p, "转人工")
			if desk == DeskOwn {
				if s.holder(kfCustomer) != "queue" || p.State() != wechattest.KFBot {
					t.Fatalf("held by %s in state %d", s.holder(kfCustomer), p.State())
				}
				c := s.conversation(kfCustomer)
				turn, err := s.service.Handle(t.Context(), c.Address, bot.Event{Kind: bot.EventClaim, Agent: li, Epoch: c.Epoch})
				if err != nil {
					t.Fatal(err)
				}
				if _, err := s.service.Handle(t.Context(), c.Address, bot.Event{Kind: bot.EventReply, Agent: li, Epoch: turn.Next.Epoch, Text: "我来看看"}); err != nil {
					t.Fatal(err)
				}
				s.settle()
				wants(t, p, "我来看看")
				return
			}
			if s.holder(kfCustomer) != "wecom:" || p.State() != wechattest.KFQueue {
				t.Fatalf("held by %s in state %d", s.holder(kfCustomer), p.State())
			}
			wants(t, p, "客服按顺序接待")
			if strings.Contains(last(p), "1.") {
				t.Errorf("there is nobody to choose: %q", last(p))
			}
			n := len(shows(p))
			s.do(p.Say("还在吗"))
			s.clock.pass(5 * time.Minute)
			s.settle()
			s.do(p.TakeOver(zhang))
			s.settle()
			s.do(p.Say("机器黑屏了"))
			s.do(p.ServicerSays(zhang, "按住电源键十秒"))
			s.settle()
			if s.holder(kfCustomer) != "wecom:zhangsan" || len(shows(p)) != n+1 {
				t.Fatalf("held by %s; %q", s.holder(kfCustomer), shows(p)[n:])
			}
			if all := strings.Join(s.lines(kfCustomer), "\n"); !strings.Contains(all, "agent: 按住电源键十秒") {
				t.Errorf("the person's words are missing:\n%s", all)
			}
			s.do(p.End(zhang))
			s.settle()
			if s.holder(kfCustomer) != "none" || !strings.Contains(last(p), "本次服务已结束") {
				t.Fatalf("held by %s; %q", s.holder(kfCustomer), last(p))
			}
			s.do(p.Say("刷卡没反应"))
			s.settle()
			if s.holder(kfCustomer) != "bot" || len(shows(p)) < n+3 {
				t.Errorf("held by %s; %q", s.holder(kfCustomer), shows(p))
			}
			if r := s.refusals(); len(r) > 0 {
				t.Errorf("refused: %q", r)
			}
		})
	}
}

// TestKFDeadlines: a welcome and an end have 20 seconds, an answer has 48 hours; what comes too late waits for the customer.
func TestKFDeadlines(t *testing.T) {
	for name, tc := range map[string]struct {
		before func(s *kfStage, p *wechattest.KFPhone) // what opens a way
		late   time.Duration
		then   func(s *kfStage, p *wechattest.KFPhone) // after that time; nil: the server just comes back
		want   string                                  // what is shown then, "" for nothing
		shown  string                                  // … and after the customer wrote again
	}{
		"a welcome in time":       {entered, 17 * time.Second, nil, "您好", ""},
		"a welcome too late":      {entered, 18 * time.Second, nil, "", "您好"},
		"an end in time":          {ended, 17 * time.Second, nil, "本次服务已结束", ""},
		"an end too late":         {ended, 19 * time.Second, nil, "", ""},
		"an agent within 48 h":    {claimed, 48*time.Hour - 4*time.Second, agentSays, "找到了", ""},
		"an agent after 48 h":     {claimed, 48*time.Hour - time.Second, agentSays, "", "找到了"},
		"a message read too late": {said, 49 * time.Hour, nil, "", "没"},
		"48 h from when he wrote": {readLate, 2 * time.Hour, agentSays, "", "找到了"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newKFStage(t)
			p := s.phone(kfCustomer)
			tc.before(s, p)
			n := len(shows(p))
			s.clock.pass(tc.late)
			if tc.then != nil {
				tc.then(s, p)
			}
			s.settle()
			fresh := strings.Join(shows(p)[n:], "\n")
			if tc.want == "" && fresh != "" || !strings.Contains(fresh, tc.want) {
				t.Fatalf("shown in time: %q", fresh)
			}
			s.do(p.Say("刷卡没反应"))
			s.settle()
			if !strings.Contains(strings.Join(shows(p)[n:], "\n"), tc.shown) {
				t.Errorf("then: %q", shows(p)[n:])
			}
			if strings.Count(strings.Join(shows(p), "\n"), "本次服务已结束") > 1 || tc.want == "" && strings.Contains(strings.Join(shows(p), "\n"), "本次服务已结束") {
				t.Errorf("an end that was over: %q", shows(p))
			}
			if r := s.refusals(); len(r) > 0 {
				t.Errorf("refused: %q", r)
			}
		})
	}
}

func entered(s *kfStage, p *wechattest.KFPhone) { s.do(p.Enter("")) }
func said(s *kfStage, p *wechattest.KFPhone)    { s.do(p.Say("刷卡没反应")) }

func ended(s *kfStage, p *wechattest.KFPhone) {
	s.do(p.Say("刷卡没反应"))
	s.settle()
	s.do(p.TakeOver(zhang))
	s.settle()
	s.do(p.End(zhang))
}

func claimed(s *kfStage, p *wechattest.KFPhone) {
	s.do(p.Say("转人工"))
	claims(s)
}

func claims(s *kfStage) {
	s.settle()
	c := s.conversation(kfCustomer)
	if _, err := s.service.Handle(s.t.Context(), c.Address, bot.Event{Kind: bot.EventClaim, Agent: li, Epoch: c.Epoch}); err != nil {
		s.t.Fatal(err)
	}
	s.settle()
}

func readLate(s *kfStage, p *wechattest.KFPhone) {
	s.do(p.Say("转人工"))
	s.clock.pass(47 * time.Hour)
	claims(s)
}

func agentSays(s *kfStage, p *wechattest.KFPhone) {
	c := s.conversation(kfCustomer)
	if _, err := s.service.Handle(s.t.Context(), c.Address, bot.Event{Kind: bot.EventReply, Agent: li, Epoch: c.Epoch, Text: "原因找到了"}); err != nil {
		s.t.Fatal(err)
	}
}

// TestKFSlowWeCom: while WeCom does not say who serves a customer, the others of the account wait for that once, and not for long; what was
// known of him counts on.
func TestKFSlowWeCom(t *testing.T) {
	t.Parallel()
	s := newKFStage(t, func(s *kfStage) { s.cfg.Desk = DeskWeCom })
	p, other := s.phone(kfCustomer), s.phone("wmOther")
	s.do(p.Say("刷卡没反应"))
	s.settle()
	s.do(p.TakeOver(zhang))
	s.settle()
	s.clock.pass(trusted + time.Minute)
	n := len(shows(p))
	s.api.Fail(wechattest.Fault{Path: kfGetTo, Mode: wechattest.Timeout, Times: -1})
	s.api.ClearCalls()
	for range 3 {
		s.do(p.Say("在吗"))
	}
	s.do(other.Say("刷卡没反应"))
	start := time.Now()
	if err := s.read(); err != nil {
		t.Fatal(err)
	}
	if d := time.Since(start); d > askTime*2 {
		t.Errorf("four words took %s", d)
	}
	if calls := len(s.api.CallsTo("/cgi-bin/" + kfGetTo)); calls != 1 {
		t.Errorf("WeCom was asked %d times", calls)
	}
	if s.holder(kfCustomer) != "wecom:zhangsan" || len(shows(p)) != n {
		t.Errorf("held by %s: %q", s.holder(kfCustomer), shows(p)[n:])
	}

	// Who sends asks too, and holds nobody up for longer.
	start = time.Now()
	sent := make(chan struct{})
	go func() { defer close(sent); s.deliver() }()
	time.Sleep(askTime / 4)
	s.do(other.Say("还是不行"))
	if err := s.read(); err != nil {
		t.Fatal(err)
	}
	if d := time.Since(start); d > askTime*2 {
		t.Errorf("a word during the sending took %s", d)
	}
	<-sent
	if len(shows(other)) != 0 {
		t.Errorf("%q", shows(other))
	}
	s.api.ClearFaults(kfGetTo)
	s.clock.pass(lookPause)
	s.settle()
	s.do(p.Say("在吗"))
	s.settle()
	if calls := len(s.api.CallsTo("/cgi-bin/" + kfGetTo)); calls < 2 || len(shows(other)) == 0 {
		t.Errorf("asked %d times; %q", calls, shows(other))
	}
}

// TestKFScene: what the operator called the link by which a customer came is known of the conversation, without what is nobody's business.
func TestKFScene(t *testing.T) {
	for scene, want := range map[string]string{"shop42": "shop42", "": "", " 二号 店 ": "二号 店", "6222021234567890128": "622202*********0128"} {
		s := newKFStage(t)
		s.do(s.phone(kfCustomer).Enter(scene))
		s.settle()
		if got := s.conversation(kfCustomer).Scene; got != want {
			t.Errorf("%q is %q", scene, got)
		}
	}
}
