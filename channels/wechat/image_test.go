package wechat

import (
	"bytes"
	"fmt"
	"image"
	"slices"
	"strings"
	"testing"
	"time"

	"posdoctor/bot"
	"posdoctor/channels/wechat/wechattest"
)

// shows lets the agent who holds a conversation send a picture.
func (g *stage) shows(t *testing.T) {
	t.Helper()
	_, err := g.service.Handle(t.Context(), bot.Address{Channel: "wechat", Account: testApp, User: "o-openid"},
		bot.Event{Kind: bot.EventReply, Agent: li, Epoch: g.conversation(t).Epoch, File: &bot.File{Kind: bot.MediaImage, MIME: "image/png", Data: aPNG(t)}})
	if err != nil {
		t.Fatal(err)
	}
}

// seen is what came to a phone by the API, with [图片] for a picture that can be looked at.
func seen(api *wechattest.API, screen []wechattest.Entry) (out []string) {
	for _, e := range screen {
		if e.Path != wechattest.Custom {
			continue
		}
		say := words(e)
		if e.Kind == "image" {
			data, _, _ := api.Media(e.Media)
			say = "[broken]"
			if _, _, err := image.Decode(bytes.NewReader(data)); err == nil {
				say = "[图片]"
			}
		}
		out = append(out, say)
	}
	return out
}

// served is a follower whom 李敏 serves, who was told so.
func served(t *testing.T, change func(*Config, *wechattest.API), more ...func(*Deps)) *stage {
	t.Helper()
	g := newStage(t, change, more...)
	g.say(t, "转人工")
	g.agent(t, bot.EventClaim, "")
	g.idle(t)
	return g
}

// TestAgentPicture: a picture is a message of its own, in its place, and costs one.
func TestAgentPicture(t *testing.T) {
	g := served(t, nil)
	g.api.Fail(wechattest.Fault{Path: "custom/send", Mode: wechattest.Slow, Delay: 300 * time.Millisecond})
	g.agent(t, bot.EventReply, "请看这张图")
	time.Sleep(20 * time.Millisecond)
	g.shows(t)
	g.agent(t, bot.EventReply, "红线插在左边")
	g.idle(t)
	got := seen(g.api, g.Screen())
	if want := []string{"客服 李敏 已接入", "客服 李敏：请看这张图", "[图片]", "客服 李敏：红线插在左边"}; len(got) != 4 || !slices.EqualFunc(got, want, strings.Contains) {
		t.Errorf("%q", got)
	}
	if n := len(g.api.CallsTo(uploadPath)); n != 1 {
		t.Errorf("%d uploads", n)
	}
	if w, err := g.channel.Window(t.Context(), g.conversation(t)); err != nil || w.Left != 1 {
		t.Errorf("%+v, %v", w, err)
	}
}

// TestPictureRefused: what each answer of WeChat to a picture leads to. What follows a picture that is not taken goes on.
func TestPictureRefused(t *testing.T) {
	upload := func(f wechattest.Fault) wechattest.Fault { f.Path = "media/upload"; return f }
	send := func(f wechattest.Fault) wechattest.Fault { f.Path = "custom/send"; return f }
	for name, tc := range map[string]struct {
		fault   wechattest.Fault
		times   int
		shown   bool   // the picture, within a moment
		state   string // of its delivery, "" for sent
		says    string // what the agent reads
		uploads int
		sends   int  // of the picture
		later   bool // it comes with the merchant's next message
		stuck   bool // what follows waits too
	}{
		"the file is busy once":          {fault: upload(wechattest.Fault{Errcode: -1}), shown: true, uploads: 2, sends: 1},
		"the token is old":               {fault: upload(wechattest.Fault{Errcode: 42001}), shown: true, uploads: 2, sends: 1},
		"the connection breaks":          {fault: upload(wechattest.Fault{Mode: wechattest.Reset}), shown: true, uploads: 2, sends: 1},
		"the answer to the file is lost": {fault: upload(wechattest.Fault{Mode: wechattest.Reset, Done: true}), shown: true, uploads: 2, sends: 1},
		"no JSON":                        {fault: upload(wechattest.Fault{Mode: wechattest.BadAnswer}), shown: true, uploads: 2, sends: 1},
		"the kind is not taken":          {fault: upload(wechattest.Fault{Errcode: 40005}), state: bot.DeliveryDropped, says: "请换一张再发，或用文字说明。（错误码 40005）", uploads: 1},
		"too large":                      {fault: upload(wechattest.Fault{Errcode: 45001}), state: bot.DeliveryDropped, says: "45001", uploads: 1},
		"no right to upload":             {fault: upload(wechattest.Fault{Errcode: 48001}), state: bot.DeliveryDropped, says: "48001", uploads: 1},
		"the id is not known once":       {fault: send(wechattest.Fault{Errcode: 40007}), shown: true, uploads: 2, sends: 2},
		"the id is never known":          {fault: send(wechattest.Fault{Errcode: 40007, Times: 2}), state: bot.DeliveryDropped, says: "40007", uploads: 2, sends: 2},
		"risky":                          {fault: send(wechattest.Fault{Errcode: 87014}), state: bot.DeliveryDropped, says: "换一张", uploads: 1, sends: 1},
		"the quota is used":              {fault: send(wechattest.Fault{Errcode: 45047}), state: bot.DeliveryHeld, says: "条数已用完", uploads: 1, sends: 1, later: true, stuck: true},
		"the window is shut":             {fault: send(wechattest.Fault{Errcode: 45015}), state: bot.DeliveryHeld, says: "48 小时", uploads: 1, sends: 1, later: true, stuck: true},
		"the message may have arrived":   {fault: send(wechattest.Fault{Mode: wechattest.Reset, Done: true}), shown: true, state: bot.DeliveryUnsure, says: "可能已送达，也可能没有", uploads: 1, sends: 1},
		"the message may not have":       {fault: send(wechattest.Fault{Mode: wechattest.Reset}), state: bot.DeliveryUnsure, says: "先问商户收到没有", uploads: 1, sends: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := served(t, nil)
			g.api.Fail(tc.fault)
			g.shows(t)
			eventually(t, "an attempt", func() bool { return len(g.api.CallsTo(uploadPath)) > 0 })
			g.idle(t)
			g.agent(t, bot.EventReply, "红线插在左边")
			g.idle(t)
			got := strings.Join(seen(g.api, g.Screen()), "\n")
			if n := strings.Count(got, "[图片]"); n != map[bool]int{true: 1}[tc.shown] || strings.Contains(got, "红线") == tc.stuck {
				t.Errorf("shown %q", got)
			}
			pictures := 0
			for _, c := range g.api.CallsTo(sendPath) {
				if strings.Contains(string(c.Body), `"image"`) {
					pictures++
				}
			}
			if n := len(g.api.CallsTo(uploadPath)); n != tc.uploads || pictures != tc.sends {
				t.Errorf("%d uploads, %d messages", n, pictures)
			}
			c := g.conversation(t)
			shown, err := g.store.Shown(t.Context(), c.ID, 0)
			if err != nil {
				t.Fatal(err)
			}
			i := slices.IndexFunc(shown.Pushes, func(d bot.Delivery) bool { return d.Carries != "" && d.State != bot.DeliveryMoved })
			for j, d := range shown.Pushes { // the newest attempt
				if d.Carries != "" && d.State != bot.DeliveryMoved {
					i = j
				}
			}
			if i < 0 {
				t.Fatalf("no picture among %+v", shown.Pushes)
			}
			d := shown.Pushes[i]
			if want := map[bool]string{true: bot.DeliverySent, false: tc.state}[tc.state == ""]; d.State != want {
				t.Errorf("it is %s: %s", d.State, d.Reason)
			}
			if says := Explain(d); !strings.Contains(says, tc.says) || (says == "") != (tc.state == "") {
				t.Errorf("the agent reads %q", says)
			}
			if tc.fault.Errcode == 48001 && (g.channel.NoPictures(t.Context(), c) == "" || g.channel.courier.passive()) {
				t.Error("the agent is not told that no picture can be sent, or nothing can")
			}
			g.say(t, "在吗")
			g.idle(t)
			got = strings.Join(seen(g.api, g.Screen()), "\n")
			if n := strings.Count(got, "[图片]"); n != map[bool]int{true: 1}[tc.shown || tc.later] {
				t.Errorf("after the merchant's next message %q", got)
			}
			if all := got + fmt.Sprint(g.Phone.Pushes()); strings.Count(all, "红线") != 1 {
				t.Errorf("what follows came %d times: %s", strings.Count(all, "红线"), all)
			}
		})
	}
}

// TestPictureGone: a picture that waited for longer than it is kept is not waited for.
func TestPictureGone(t *testing.T) {
	g := served(t, nil)
	g.api.Fail(wechattest.Fault{Path: "custom/send", Errcode: 45047})
	g.shows(t)
	g.idle(t)
	if n, err := g.store.ForgetFiles(t.Context(), time.Now().Add(time.Minute).UnixMilli(), 10); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	g.agent(t, bot.EventReply, "红线插在左边")
	g.say(t, "在吗")
	g.idle(t)
	if got := strings.Join(seen(g.api, g.Screen()), "\n"); strings.Contains(got, "[") || !strings.Contains(got, "红线") {
		t.Errorf("%q", got)
	}
	shown, err := g.store.Shown(t.Context(), g.conversation(t).ID, 0)
	if err != nil || !slices.ContainsFunc(shown.Pushes, func(d bot.Delivery) bool { return strings.Contains(Explain(d), "已经过期") }) {
		t.Errorf("%+v, %v", shown.Pushes, err)
	}
}

// TestPicturePassive: an account that only replies says so beforehand, and tells what it cannot carry.
func TestPicturePassive(t *testing.T) {
	g := newStage(t, func(c *Config, _ *wechattest.API) { c.AppSecret = "" })
	g.say(t, "转人工")
	g.agent(t, bot.EventClaim, "")
	if why := g.channel.NoPictures(t.Context(), g.conversation(t)); !strings.Contains(why, "用文字") {
		t.Errorf("%q", why)
	}
	g.shows(t) // it was on its way when that turned out
	if p := g.say(t, "在吗"); !strings.Contains(p.Reply, "[图片]") || !strings.Contains(p.Reply, textNoPicture) {
		t.Errorf("%q", p.Reply)
	}
	if w := ExplainWindow(bot.Window{Why: "passive"}); !strings.Contains(w, "不能主动发") {
		t.Error(w)
	}
}

// TestKFAgentPicture: Customer Service likewise; a message whose outcome is not known goes out again under its own id.
func TestKFAgentPicture(t *testing.T) {
	for name, fault := range map[string]*wechattest.Fault{
		"at once":              nil,
		"the answer was lost":  {Path: kfSendTo, Mode: wechattest.Reset, Done: true},
		"the question was":     {Path: kfSendTo, Mode: wechattest.Reset},
		"the file is not kept": {Path: "media/upload", Mode: wechattest.Reset},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newKFStage(t)
			s.kfServed()
			p := s.phone(kfCustomer)
			if fault != nil {
				s.api.Fail(*fault)
			}
			s.agent(bot.EventReply, "", aPNG(t))
			s.agent(bot.EventReply, "红线插在左边", nil)
			s.settle()
			s.clock.pass(time.Minute)
			s.settle()
			got := seen(s.api, p.Screen())
			if n := len(got); n < 2 || got[n-2] != "[图片]" || !strings.Contains(got[n-1], "红线") || strings.Count(strings.Join(got, ""), "[图片]") != 1 {
				t.Errorf("%q", got)
			}
		})
	}
	// What WeCom took and could not bring waits, with a reason, and comes with the customer's next words.
	s := newKFStage(t)
	s.kfServed()
	p := s.phone(kfCustomer)
	p.RefuseNext(failUsed)
	s.agent(bot.EventReply, "", aPNG(t))
	s.settle()
	d := s.deliveries()
	if last := d[len(d)-1]; last.State != bot.DeliveryHeld || !strings.Contains(Explain(last), "条数已用完") {
		t.Errorf("%+v: %s", last, Explain(last))
	}
	s.clock.pass(time.Minute)
	s.do(p.Say("在吗"))
	s.settle()
	if got := seen(s.api, p.Screen()); strings.Count(strings.Join(got, ""), "[图片]") != 1 {
		t.Errorf("%q", got)
	}
}

// kfServed is a customer whom 李敏 serves at our desk.
func (s *kfStage) kfServed() {
	s.t.Helper()
	s.do(s.phone(kfCustomer).Say("转人工"))
	s.settle()
	s.agent(bot.EventClaim, "", nil)
	s.settle()
}

// agent lets 李敏 do something with the customer's conversation.
func (s *kfStage) agent(kind, text string, picture []byte) {
	s.t.Helper()
	c := s.conversation(kfCustomer)
	ev := bot.Event{Kind: kind, Agent: li, Epoch: c.Epoch, Text: text}
	if picture != nil {
		ev.File = &bot.File{Kind: bot.MediaImage, MIME: "image/png", Data: picture}
	}
	if _, err := s.service.Handle(s.t.Context(), c.Address, ev); err != nil {
		s.t.Fatal(err)
	}
}

// TestExplain: every code that is acted on has a sentence of its own, which says what to do.
func TestExplain(t *testing.T) {
	for _, table := range []map[int64]move{moves, kfMoves} {
		for code := range table {
			say := Explain(bot.Delivery{State: bot.DeliveryHeld, Reason: fmt.Sprint(code)})
			if _, ok := heldFor[fmt.Sprint(code)]; !ok || !strings.Contains(say, fmt.Sprintf("（错误码 %d）", code)) {
				t.Errorf("%d: %q", code, say)
			}
		}
	}
	for code := range badPicture {
		if say := Explain(bot.Delivery{State: bot.DeliveryDropped, Carries: "f", Reason: fmt.Sprint(code)}); !strings.Contains(say, "请换一张") {
			t.Errorf("%d: %q", code, say)
		}
	}
	for reason, want := range map[string]string{"99999": "错误码 99999", "more": "太长", "unreachable": "不用重发", "fail:4": "48 小时", "fail:5": "结束", "fail:6": "用完", "fail:10": "拒收",
		"fail:77": "错误码 77", "": "补发", "odd": "补发"} {
		if say := Explain(bot.Delivery{State: bot.DeliveryHeld, Reason: reason}); !strings.Contains(say, want) {
			t.Errorf("%q: %q", reason, say)
		}
	}
	for state, want := range map[string]string{bot.DeliverySent: "", bot.DeliveryBegun: "", bot.DeliveryMoved: "", bot.DeliveryUnsure: "不会自动重发", bot.DeliveryDropped: "智能助手"} {
		if say := Explain(bot.Delivery{State: state}); !strings.Contains(say, want) || (say == "") != (want == "") {
			t.Errorf("%s: %q", state, say)
		}
	}
	for _, why := range []string{"closed", "used", "gone", "passive", ""} {
		if say := ExplainWindow(bot.Window{Why: why}); !strings.ContainsAny(say, "电发补") || ExplainWindow(bot.Window{Left: 1, Why: why}) != "" {
			t.Errorf("%s: %q", why, say)
		}
	}
}
