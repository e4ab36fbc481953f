package wechat

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"posdoctor/bot"
	"posdoctor/channels/wechat/wechattest"
)

// rates lets a service ask how it was.
func rates(s *bot.Service, reached func(ctx context.Context, conversation string, seq int64) (bool, error)) {
	s.CSAT = func(context.Context) (bot.CSAT, error) { return bot.DefaultCSAT(), nil }
	s.Shown = reached
}

const question = "满意吗"

func (g *stage) rated(t *testing.T) bot.Rating {
	t.Helper()
	if r := g.conversation(t).Rating; r != nil {
		return *r
	}
	t.Fatal("nobody was asked")
	return bot.Rating{}
}

// TestRatingMenu: the end and the question are one message with a menu; the tap on it costs nothing, and its answer is the reply.
func TestRatingMenu(t *testing.T) {
	g := served(t, nil)
	rates(g.service, g.store.Reached)
	g.agent(t, bot.EventReply, "处理好了")
	g.idle(t)
	_, before := g.custom()
	g.agent(t, bot.EventClose, "")
	g.idle(t)
	texts, calls := g.custom()
	menu := g.Last().Menu
	if calls != before+1 || menu == nil || !strings.Contains(menu.Head, "已结束") || !strings.Contains(menu.Head, question) || len(menu.Items) != 5 || menu.Items[0].Text != "很满意" {
		t.Fatalf("%d calls, %+v: %q", calls-before, menu, texts)
	}
	p, err := g.Tap(menu.Items[4])
	if err != nil || !strings.Contains(p.Reply, "问题解决了吗") || !strings.Contains(p.Reply, "2. 没解决") {
		t.Fatalf("%q, %v", p.Reply, err)
	}
	if p := g.say(t, "2"); !strings.Contains(p.Reply, "已经记下") {
		t.Errorf("%q", p.Reply)
	}
	if r := g.rated(t); r.Score != 1 || r.Solved == nil || *r.Solved || r.Agent == nil || r.Agent.ID != li.ID {
		t.Errorf("%+v", r)
	}
	g.idle(t)
	if _, calls := g.custom(); calls != before+1 {
		t.Errorf("%d messages for the rating", calls-before)
	}
}

// TestRatingList: an account without menus asks with numbers.
func TestRatingList(t *testing.T) {
	g := served(t, func(_ *Config, a *wechattest.API) { a.Account = wechattest.Account{Kind: wechattest.Subscription} })
	rates(g.service, g.store.Reached)
	g.agent(t, bot.EventReply, "处理好了")
	g.agent(t, bot.EventClose, "")
	g.idle(t)
	texts, _ := g.custom()
	if last := texts[len(texts)-1]; !strings.Contains(last, question) || !strings.Contains(last, "1. 很满意") || !strings.Contains(last, "回复数字即可") {
		t.Fatalf("%q", texts)
	}
	if p := g.say(t, "2"); !strings.Contains(p.Reply, "问题解决了吗") {
		t.Errorf("%q", p.Reply)
	}
	if r := g.rated(t); r.Score != 4 {
		t.Errorf("%+v", r)
	}
}

// TestRatingNotTheLast: the last message that may be sent is left for people, and who writes before he could be asked is not asked.
func TestRatingNotTheLast(t *testing.T) {
	for name, spent := range map[string]bool{"the last one": false, "none": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := served(t, nil) // one message told him so
			rates(g.service, g.store.Reached)
			for range map[bool]int{false: 3, true: 4}[spent] {
				g.agent(t, bot.EventReply, "请稍等")
				g.idle(t)
			}
			if w, err := g.channel.Window(t.Context(), g.conversation(t)); err != nil || w.Left != map[bool]int{false: 1, true: 0}[spent] {
				t.Fatal(w, err)
			}
			_, before := g.custom()
			g.agent(t, bot.EventClose, "")
			g.idle(t)
			if texts, calls := g.custom(); calls != before {
				t.Errorf("%q", texts[before:])
			}
			// A number now answers nothing that he has seen.
			p := g.say(t, "5")
			if strings.Contains(p.Reply, question) || strings.Contains(p.Reply, "谢谢您的评价") || g.rated(t).Score != 0 {
				t.Errorf("%q, %+v", p.Reply, g.rated(t))
			}
			g.idle(t)
			if texts, _ := g.custom(); strings.Contains(strings.Join(texts, ""), question) {
				t.Errorf("asked late: %q", texts)
			}
		})
	}
}

// TestRatingRefused: a question that WeChat did not take is not made up for once he has come with something new.
func TestRatingRefused(t *testing.T) {
	g := served(t, nil)
	rates(g.service, g.store.Reached)
	g.agent(t, bot.EventReply, "处理好了")
	g.idle(t)
	g.api.Fail(wechattest.Fault{Path: "custom/send", Errcode: 45015})
	g.agent(t, bot.EventClose, "")
	g.idle(t)
	p := g.say(t, "刷卡提示 51")
	g.idle(t)
	texts, _ := g.custom()
	if all := p.Reply + strings.Join(texts, ""); strings.Contains(all, question) || !strings.Contains(all, "余额不足") {
		t.Errorf("%q", all)
	}
	shown, err := g.store.Shown(t.Context(), g.conversation(t).ID, 0)
	if err != nil || !slices.ContainsFunc(shown.Pushes, func(d bot.Delivery) bool { return strings.Contains(Explain(d), "评价邀请没有发出") }) {
		t.Errorf("%+v, %v", shown.Pushes, err)
	}
}

// TestRatingPassive: an account that only replies asks nobody.
func TestRatingPassive(t *testing.T) {
	g := newStage(t, func(c *Config, _ *wechattest.API) { c.AppSecret = "" })
	rates(g.service, g.store.Reached)
	g.say(t, "转人工")
	g.agent(t, bot.EventClaim, "")
	g.agent(t, bot.EventReply, "处理好了")
	g.agent(t, bot.EventClose, "")
	if r := g.conversation(t).Rating; r != nil {
		t.Errorf("%+v", r)
	}
}

// TestKFRating: who was served at our desk gets a menu; so does he whom a person in WeCom served, with the message that the end of a session
// allows. A tap begins a session anew and is a rating all the same.
func TestKFRating(t *testing.T) {
	for name, wecom := range map[string]bool{"our desk": false, "in WeCom": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newKFStage(t)
			rates(s.service, s.store.Reached)
			p := s.phone(kfCustomer)
			s.do(p.Say("刷卡没反应"))
			s.settle()
			if wecom {
				s.do(p.TakeOver(zhang))
				s.settle()
				s.do(p.ServicerSays(zhang, "处理好了"))
				s.settle()
				s.do(p.End(zhang))
				s.settle()
			} else {
				s.do(p.Say("转人工"))
				s.settle()
				s.agent(bot.EventClaim, "", nil)
				s.agent(bot.EventReply, "处理好了", nil)
				s.agent(bot.EventClose, "", nil)
				s.settle()
			}
			menu := p.Last().Menu
			if menu == nil || !strings.Contains(menu.Head, question) || len(menu.Items) != 5 {
				t.Fatalf("%q", shows(p))
			}
			n := len(shows(p))
			s.clock.pass(time.Minute)
			s.do(p.Tap(menu.Items[1]))
			s.settle()
			c := s.conversation(kfCustomer)
			if c.Rating == nil || c.Rating.Score != 4 || c.Rating.Agent == nil || c.Holder.Kind != bot.HolderClosed || !strings.Contains(last(p), "问题解决了吗") || len(shows(p)) != n+1 {
				t.Fatalf("%+v, held by %s: %q", c.Rating, c.Holder.Kind, shows(p)[n:])
			}
			if want := map[bool]string{true: "wecom:zhangsan", false: li.ID}[wecom]; c.Rating.Agent.ID != want {
				t.Errorf("served by %+v", c.Rating.Agent)
			}
			s.do(p.Tap(p.Last().Menu.Items[0]))
			s.settle()
			if r := s.conversation(kfCustomer).Rating; r.Solved == nil || !*r.Solved {
				t.Errorf("%+v", r)
			}
		})
	}
}
