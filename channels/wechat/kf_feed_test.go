package wechat

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"posdoctor/bot"
	"posdoctor/channels/wechat/wechattest"
)

// TestKFEntries: what each entry of the feed does to the conversation.
func TestKFEntries(t *testing.T) {
	from := func(kind string) wechattest.KFMessage {
		return wechattest.KFMessage{Origin: wechattest.OriginCustomer, ExternalUserID: kfCustomer, MsgType: kind}
	}
	text := func(content, menu string) wechattest.KFMessage {
		m := from("text")
		m.Text = &wechattest.KFText{Content: content, MenuID: menu}
		return m
	}
	event := func(e wechattest.KFEvent) wechattest.KFMessage {
		e.ExternalUserID = kfCustomer
		return wechattest.KFMessage{Event: &e}
	}
	servicer := func(kind, content string) wechattest.KFMessage {
		m := from(kind)
		m.Origin, m.ServicerUserID = wechattest.OriginServicer, zhang
		if content != "" {
			m.Text = &wechattest.KFText{Content: content}
		}
		return m
	}
	for name, tc := range map[string]struct {
		entry wechattest.KFMessage
		event string // kind, and what of it counts; "" for none
		line  string // the first line of the conversation
	}{
		"text":           {text("机器黑屏了", ""), "said 机器黑屏了", "user: 机器黑屏了"},
		"a tap":          {text("转人工", "human"), "chose human 转人工", "user: 转人工"},
		"a long text":    {text(strings.Repeat("长", 3000), ""), "said " + strings.Repeat("长", bot.MaxText), ""},
		"nothing to see": {text("\u200b", ""), "said \u200b", ""},
		"image":          {from("image"), "media image", "user: [图片]"},
		"voice":          {from("voice"), "media voice", "user: [语音]"},
		"video":          {from("video"), "media video", "user: [视频]"},
		"place":          {from("location"), "media location", "user: [位置]"},
		"link":           {from("link"), "media link", "user: [链接]"},
		"file":           {from("file"), "media file", "user: [文件]"},
		"a card":         {from("business_card"), "media unknown", "user: [附件]"},
		"a new kind":     {from("channels_shop_order"), "media unknown", "user: [附件]"},

		"welcomed":          {event(wechattest.KFEvent{Type: "enter_session", WelcomeCode: "CODE1"}), "followed", ""},
		"entered again":     {event(wechattest.KFEvent{Type: "enter_session"}), "", ""},
		"taken over":        {event(wechattest.KFEvent{Type: "session_status_change", ChangeType: 1, NewServicer: zhang}), "claim zhangsan outside seen", "system: 客服 zhangsan 已接入，下面由人工为您服务。"},
		"passed on":         {event(wechattest.KFEvent{Type: "session_status_change", ChangeType: 2, OldServicer: "lisi", NewServicer: zhang}), "claim zhangsan outside seen", ""},
		"taken up again":    {event(wechattest.KFEvent{Type: "session_status_change", ChangeType: 4, NewServicer: zhang}), "claim zhangsan outside seen", ""},
		"ended":             {event(wechattest.KFEvent{Type: "session_status_change", ChangeType: 3, OldServicer: zhang, MsgCode: "CODE2"}), "close zhangsan outside", "system: 本次服务已结束。有新问题直接写，我在。"},
		"ended in silence":  {event(wechattest.KFEvent{Type: "session_status_change", ChangeType: 3, OldServicer: zhang}), "close zhangsan outside seen", ""},
		"a person writes":   {servicer("text", "按住电源键"), "reply zhangsan outside seen 按住电源键", ""},
		"a person's image":  {servicer("image", ""), "reply zhangsan outside seen [图片]", ""},
		"a person's status": {event(wechattest.KFEvent{Type: "servicer_status_change"}), "", ""},
		"an unknown loss":   {event(wechattest.KFEvent{Type: "msg_send_fail", FailMsgID: "x", FailType: 9}), "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := newKFStage(t)
			var got []string
			s.fails = func(e bot.Event) error {
				if e.Kind == bot.EventSaid || e.Kind == bot.EventChose || e.Kind == bot.EventMedia {
					if want := s.clock.now().Unix() * 1000; e.Trigger != bot.TriggerMessage || e.Sent != want || e.CID == "" {
						t.Errorf("trigger %q, sent %d, cid %q", e.Trigger, e.Sent, e.CID)
					}
				}
				line := e.Kind
				if e.Agent != nil {
					line += " " + e.Agent.Name
				}
				if e.Outside {
					line += " outside"
				}
				if e.Seen {
					line += " seen"
				}
				for _, v := range []string{e.Media, e.Choice, e.Text} {
					if v != "" {
						line += " " + v
					}
				}
				got = append(got, line)
				return nil
			}
			token := s.api.AddKFMessage(kfAccount, tc.entry)
			for range 2 { // read twice, taken once
				if _, err := s.peer().Notify(kfAccount, token); err != nil {
					t.Fatal(err)
				}
				if err := s.read(); err != nil {
					t.Fatal(err)
				}
			}
			var want []string
			if tc.event != "" {
				want = []string{tc.event}
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Error(d)
			}
			if tc.line != "" && s.lines(kfCustomer)[0] != tc.line {
				t.Errorf("%q", s.lines(kfCustomer))
			}
			if c, err := s.store.Note(t.Context(), cursorOf(kfAccount)); err != nil || c == "" {
				t.Errorf("no cursor: %v", err)
			}
		})
	}
}

// TestKFBrokenEntries: entries that name nobody, or no time.
func TestKFBrokenEntries(t *testing.T) {
	for _, bad := range []string{``, `null`, `[]`, `{"msgid":1}`, `{"msgid":"a"}`, `{"msgid":"a","send_time":1,"external_userid":"` + strings.Repeat("w", 200) + `"}`,
		`{"external_userid":"wm","send_time":1}`, `{"msgid":"a","external_userid":"wm"}`, `{"msgid":"a","external_userid":"wm","send_time":"soon"}`,
		`{"msgid":"a","external_userid":{},"send_time":1}`, `{"msgid":"a","send_time":1,"msgtype":"event","event":[]}`} {
		if e, ok := parseEntry([]byte(bad)); ok {
			t.Errorf("%s is %+v", bad, e)
		}
	}
}

// TestKFOddEntries: a field of another form than the documents say costs that field, and not the customer's message.
func TestKFOddEntries(t *testing.T) {
	const head = `"external_userid":"wm","origin":3,`
	said := kfEntry{MsgID: "a", User: "wm", SendTime: 1700000000, Origin: originCustomer, MsgType: "text", Text: "机器黑屏了"}
	with := func(change func(*kfEntry)) kfEntry {
		e := said
		change(&e)
		return e
	}
	unknown := said.unread()
	kind := func(kind string) kfEntry { return with(func(e *kfEntry) { e.MsgType, e.Text = kind, "" }) }
	for entry, want := range map[string]kfEntry{
		`{"msgid":"a",` + head + `"send_time":1700000000,"msgtype":"text","text":{"content":"机器黑屏了","menu_id":101}}`:                                      with(func(e *kfEntry) { e.MenuID = "101" }),
		`{"msgid":"a",` + head + `"send_time":"1700000000","msgtype":"text","text":{"content":"机器黑屏了","menu_id":null}}`:                                   said,
		`{"msgid":"a",` + head + `"send_time":1.7e9,"msgtype":"text","text":{"content":"机器黑屏了","menu_id":["x"]}}`:                                         said,
		`{"msgid":7,"external_userid":8,"origin":"3","send_time":1700000000,"msgtype":"text","text":{"content":12345678901234567890}}`:                    with(func(e *kfEntry) { e.MsgID, e.User, e.Text = "7", "8", "12345678901234567890" }),
		`{"msgid":"a",` + head + `"send_time":1700000000,"open_kfid":{},"servicer_userid":[],"msgtype":"text","text":{"content":"机器黑屏了"},"location":"x"}`: said,

		`{"msgid":"a",` + head + `"send_time":1700000000,"msgtype":"text","text":"机器黑屏了"}`:        unknown,
		`{"msgid":"a",` + head + `"send_time":1700000000,"msgtype":"text","text":{"content":{}}}`: unknown,
		`{"msgid":"a",` + head + `"send_time":1700000000,"msgtype":"text"}`:                       unknown,
		`{"msgid":"a",` + head + `"send_time":1700000000,"msgtype":"location","location":{"latitude":"北","name":5,"address":"人民路 1 号"}}`: with(func(e *kfEntry) {
			e.MsgType, e.Text, e.Name, e.Address = "location", "", "5", "人民路 1 号"
		}),
		`{"msgid":"a",` + head + `"send_time":1700000000,"msgtype":"location","location":[23.1,113.3]}`: kind("location"),
		`{"msgid":"a",` + head + `"send_time":1700000000,"msgtype":"image","image":{"media_id":{}}}`:    kind("image"),
		`{"msgid":"a",` + head + `"send_time":1700000000,"msgtype":{}}`:                                 kind(""),
		`{"msgid":"a","send_time":"1700000000","origin":4,"msgtype":"event","event":{"event_type":"msg_send_fail","external_userid":"wm","fail_msgid":9,"fail_type":"4","change_type":{}}}`: {
			MsgID: "a", User: "wm", SendTime: 1700000000, Origin: originEvent, MsgType: "event", Event: kfEvent{Type: "msg_send_fail", User: "wm", FailMsgID: "9", FailType: failExpired}},
	} {
		e, ok := parseEntry([]byte(entry))
		if d := cmp.Diff(want, e); !ok || d != "" {
			t.Errorf("%s: %t %s", entry, ok, d)
		}
	}
	if m := kind("").media(); m != "unknown" {
		t.Errorf("a message without a kind is %q", m)
	}
}

func TestKFLabel(t *testing.T) {
	for want, e := range map[string]kfEntry{
		"":             {},
		"二号店 人民路 1 号":  {Name: "二号店", Address: "人民路 1 号"},
		"人民路 1 号 怎么换纸": {Address: "人民路 1 号", Title: "怎么换纸"},
		"怎么换纸":         {Title: "怎么换纸"},
	} {
		if got := e.label(); got != want {
			t.Errorf("%q, not %q", got, want)
		}
	}
}

// FuzzKFEntry: no bytes bring the parser down, and what it takes names somebody.
func FuzzKFEntry(f *testing.F) {
	f.Add([]byte(`{"msgid":"a","external_userid":"wm","send_time":1,"origin":3,"msgtype":"text","text":{"content":"x","menu_id":1}}`))
	f.Add([]byte(`{"msgid":1e3,"send_time":"-0","msgtype":"event","event":{"external_userid":null,"fail_type":1e999}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		e, ok := parseEntry(data)
		if ok && (e.MsgID == "" || e.User == "" || e.SendTime <= 0) {
			t.Errorf("%+v", e)
		}
	})
}

// TestKFOrder: pages, empty pages among them, are read to the end and in order; what fails is tried again from there, and after a start
// nothing is read twice.
func TestKFOrder(t *testing.T) {
	s := newKFStage(t, func(s *kfStage) { s.api.Limits.KFPage = 3 })
	p, other := s.phone(kfCustomer), s.phone("wmOther")
	var want []string
	say := func(n int) {
		for range n {
			text := fmt.Sprintf("第 %d 句", len(want)+1)
			want = append(want, "user: "+text)
			s.do(p.Say(text))
			s.do(other.Say("别人的话"))
		}
	}
	heard := func() (out []string) {
		for _, l := range s.lines(kfCustomer) {
			if strings.HasPrefix(l, "user: ") {
				out = append(out, l)
			}
		}
		return out
	}
	say(10)
	s.api.EmptyPages(2)
	down := errors.New("disk full, near " + kfCustomer)
	s.fails = func(e bot.Event) error {
		if e.Text == "第 7 句" {
			return down
		}
		return nil
	}
	err := s.read()
	if !errors.Is(err, down) || strings.Contains(err.Error(), kfCustomer) {
		t.Fatalf("%v", err)
	}
	if got := heard(); !slices.Equal(got, want[:6]) {
		t.Fatalf("after a failure: %q", got)
	}
	s.fails = nil
	if err := s.read(); err != nil {
		t.Fatal(err)
	}
	say(5)
	s.start()
	var handled int
	s.fails = func(e bot.Event) error {
		if handled++; e.Text == "最后一句" && (len(e.Notes) == 0 || e.Notes[0].Name != cursorOf(kfAccount)) {
			t.Errorf("the cursor is not written with the turn: %v", e.Notes)
		}
		return nil
	}
	s.do(p.Say("最后一句"))
	want = append(want, "user: 最后一句")
	if err := s.read(); err != nil {
		t.Fatal(err)
	}
	if got := heard(); !slices.Equal(got, want) || handled != 11 {
		t.Errorf("%d handled after the start, %q", handled, got)
	}
	if s.pending(kfAccount) {
		t.Error("there is still something to read")
	}
}

// TestKFFetch: what sync_msg refuses, and what of it goes on by itself.
func TestKFFetch(t *testing.T) {
	const path = "kf/sync_msg"
	for name, tc := range map[string]struct {
		before func(s *kfStage)
		fails  bool
		calls  int
	}{
		"the token was too old":     {func(s *kfStage) { s.api.Fail(wechattest.Fault{Path: path, Errcode: 95007}) }, false, 2},
		"it came long ago":          {func(s *kfStage) { s.clock.pass(11 * time.Minute) }, false, 1},
		"the cursor is not known":   {func(s *kfStage) { s.api.Fail(wechattest.Fault{Path: path, Errcode: 40058}) }, false, 2},
		"the access token is stale": {func(s *kfStage) { s.api.ExpireTokens(wechattest.BadToken) }, false, 2},
		"too often":                 {func(s *kfStage) { s.api.Fail(wechattest.Fault{Path: path, Errcode: 45009}) }, true, 1},
		"no connection":             {func(s *kfStage) { s.api.Fail(wechattest.Fault{Path: path, Mode: wechattest.Reset}) }, true, 1},
		"a proxy's page":            {func(s *kfStage) { s.api.Fail(wechattest.Fault{Path: path, Mode: wechattest.BadAnswer}) }, true, 1},
		"the answer is lost":        {func(s *kfStage) { s.api.Fail(wechattest.Fault{Path: path, Status: 502, Done: true}) }, true, 1},
		"never an end":              {func(s *kfStage) { s.api.EmptyPages(1000) }, true, emptyMost + 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newKFStage(t)
			p := s.phone(kfCustomer)
			s.do(p.Say("第一句"))
			s.settle()
			s.do(p.Say("第二句"))
			s.api.ClearCalls()
			tc.before(s)
			err := s.read()
			if (err != nil) != tc.fails {
				t.Fatalf("%v", err)
			}
			s.note(fmt.Errorf("as logged: %w", errors.Join(err)))
			if n := len(s.api.CallsTo("/cgi-bin/" + path)); n != tc.calls {
				t.Errorf("%d calls: %v", n, s.refusals())
			}
			s.api.EmptyPages(0)
			if s.pending(kfAccount) != tc.fails {
				t.Error("nobody reads on")
			}
			s.settle()
			if n := strings.Count(strings.Join(s.lines(kfCustomer), "\n"), "user: 第"); n != 2 {
				t.Errorf("%d were heard: %q", n, s.lines(kfCustomer))
			}
		})
	}
}

// TestKFHistory: who connects an account is not answered what was asked before.
func TestKFHistory(t *testing.T) {
	s := newKFStage(t)
	old := wechattest.KFMessage{Origin: wechattest.OriginCustomer, ExternalUserID: kfCustomer, MsgType: "text", Text: &wechattest.KFText{Content: "昨天的话"}}
	s.api.AddKFMessage(kfAccount, old)
	s.clock.pass(24 * time.Hour)
	s.do(s.phone(kfCustomer).Say("今天的话"))
	s.settle()
	if l := s.lines(kfCustomer); l[0] != "user: 今天的话" {
		t.Errorf("%q", l)
	}
	s.start() // the server was away for long, and nothing of that time is old
	s.do(s.phone(kfCustomer).Say("不在时的话"))
	s.clock.pass(24 * time.Hour)
	s.settle()
	if l := strings.Join(s.lines(kfCustomer), "\n"); !strings.Contains(l, "不在时的话") {
		t.Errorf("%q", l)
	}
}

// TestKFBadEntry: one entry that the bot cannot take in does not stop the feed for ever. People see that there was something, if that can
// be taken in.
func TestKFBadEntry(t *testing.T) {
	for name, tc := range map[string]struct {
		fail func(e bot.Event) error
		want string // the customer's first line
	}{
		"an error":               {failing("有毒", false, errors.New("no such state near "+kfCustomer)), "user: [附件]"},
		"a panic":                {failing("有毒", true, nil), "user: [附件]"},
		"whatever is made of it": {failing("", false, errors.New("no such state")), ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := newKFStage(t)
			p, other := s.phone(kfCustomer), s.phone("wmOther")
			s.do(p.Say("有毒"))
			s.do(other.Say("刷卡没反应"))
			s.do(other.Say("没事"))
			s.fails = tc.fail
			for range patienceOf - 1 {
				err := s.read()
				if err == nil || strings.Contains(err.Error(), "有毒") {
					t.Fatalf("%v", err)
				}
				s.note(err)
			}
			s.settle()
			if tc.want != "" && s.lines(kfCustomer)[0] != tc.want {
				t.Errorf("%q", s.lines(kfCustomer))
			}
			if len(shows(other)) == 0 || s.pending(kfAccount) {
				t.Error("another customer is not answered")
			}
			if !strings.Contains(s.logged.String(), "is left out") {
				t.Error("it was not logged")
			}
			s.start()
			s.settle()
			if got := strings.Count(strings.Join(s.lines("wmOther"), "\n"), "user: "); got != 2 {
				t.Errorf("the other one was heard %d times", got)
			}
		})
	}
}

// failing makes what a customer sends fail: a text, or with none all of kfCustomer's.
func failing(text string, panics bool, err error) func(bot.Event) error {
	first := ""
	return func(e bot.Event) error {
		if first == "" {
			first = e.Key
		}
		if text != "" && e.Text != text || text == "" && e.Key != first {
			return nil
		}
		if panics {
			panic(e.Text + kfCustomer)
		}
		return err
	}
}

// TestKFAllFail: what fails for all is not held against one entry, however long it lasts.
func TestKFAllFail(t *testing.T) {
	s := newKFStage(t)
	p := s.phone(kfCustomer)
	s.do(p.Say("第一句"))
	down := &downLeases{Leases: s.store}
	s.kf.deps.Leases = down
	for name, fail := range map[string]func(bot.Event) error{
		"a conflict":           func(bot.Event) error { return bot.ErrConflict },
		"a time-out":           func(bot.Event) error { return fmt.Errorf("reading: %w", context.DeadlineExceeded) },
		"the database is gone": func(bot.Event) error { down.err = errors.New("disk full"); return down.err },
	} {
		s.fails = fail
		for range 2 * patienceOf {
			if err := s.read(); err == nil {
				t.Fatalf("%s: it was left out", name)
			}
			down.err = nil
		}
	}
	s.fails = nil
	s.settle()
	if l := s.lines(kfCustomer); l[0] != "user: 第一句" {
		t.Errorf("%q", l)
	}
}

// downLeases are those of a database that cannot be written to while err is set.
type downLeases struct {
	bot.Leases
	err error
}

func (d *downLeases) Acquire(ctx context.Context, name, owner string, now time.Time, lasts time.Duration) (bool, error) {
	if d.err != nil {
		return false, d.err
	}
	return d.Leases.Acquire(ctx, name, owner, now, lasts)
}

// TestKFOneReads: two processes do not read one account at the same time.
func TestKFOneReads(t *testing.T) {
	s := newKFStage(t)
	p := s.phone(kfCustomer)
	s.do(p.Say("第一句"))
	if ok, err := s.store.Acquire(t.Context(), "kf-sync:"+kfAccount, "another", s.clock.now(), 5*time.Second); !ok || err != nil {
		t.Fatal(ok, err)
	}
	if err := s.read(); !errors.Is(err, errBusy) {
		t.Fatalf("%v", err)
	}
	s.clock.pass(6 * time.Second)
	if err := s.read(); err != nil || len(s.lines(kfCustomer)) == 0 {
		t.Fatalf("%v", err)
	}
	if ok, err := s.store.Acquire(t.Context(), "kf-sync:"+kfAccount, "another", s.clock.now(), 5*time.Second); !ok || err != nil {
		t.Fatal("it was not given back", ok, err)
	}
}

// TestKFRun: pushes wake, and what was left is read at the start, also when that fails at first. Run ends when it is told to.
func TestKFRun(t *testing.T) {
	s := newKFStage(t)
	p := s.phone(kfCustomer)
	run := func() (stop func()) {
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); s.kf.Run(ctx) }()
		return func() { cancel(); <-done }
	}
	heard := func(text string) {
		t.Helper()
		for range 500 {
			c, err := s.store.Conversation(t.Context(), bot.Address{Channel: "wechat-kf", Account: kfAccount, User: kfCustomer})
			if err == nil {
				if lines, err := s.store.Messages(t.Context(), c.ID, 0, 1000); err == nil && slices.ContainsFunc(lines, func(m bot.Message) bool { return m.Text == text }) {
					return
				}
			}
			time.Sleep(10 * time.Millisecond)
		}
		t.Fatalf("%q was not heard\n%s", text, s.logged.String())
	}
	stop := run()
	s.do(p.Say("第一句"))
	heard("第一句")
	s.do(p.Say("第二句"))
	heard("第二句")
	stop()
	s.do(p.Say("没人在时"))
	s.start()
	s.api.Fail(wechattest.Fault{Path: "kf/sync_msg", Errcode: -1})
	stop = run()
	heard("没人在时")
	stop()
	if !strings.Contains(s.logged.String(), "errcode -1") {
		t.Error("the failure was not logged")
	}
}
