package web_test

import (
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"posdoctor/bot"
)

// What is being typed finds the questions that it begins, and nothing that is refused or for people.
func TestSuggest(t *testing.T) {
	w := newWorld(t)
	v := w.visitor()
	for _, try := range []struct {
		typed, want string // a part of some title; "" for none
	}{
		{"商户状态", "商户状态异常"}, {"商户状态异常", "商户状态异常"}, {"51", "51"}, {"a0", "A0"}, {"到账", "到账"}, {"签到失败", "签到"},
		{"", ""}, {"   ", ""}, {"😀", ""}, {strings.Repeat("字", 61), ""},
	} {
		r := v.get("/suggest?q=" + url.QueryEscape(try.typed))
		var got struct {
			Suggestions []struct{ Article, Title string }
		}
		must(t, json.Unmarshal([]byte(r.raw), &got))
		var titles []string
		for _, s := range got.Suggestions {
			titles = append(titles, s.Title)
		}
		fits := slices.ContainsFunc(titles, func(s string) bool { return strings.Contains(s, try.want) })
		if r.status != 200 || len(titles) > 5 || (try.want == "") != (len(titles) == 0) || try.want != "" && !fits {
			t.Errorf("%q suggests %q (%d)", try.typed, titles, r.status)
		}
	}
	if r := w.do(request{method: "GET", path: "/suggest?q=51"}); r.status != 401 {
		t.Errorf("without a token: %d %s", r.status, r.raw)
	}
	if strings.Contains(w.logs.String(), "签到失败") {
		t.Error("what was typed is in the log")
	}
}

// records fails as an acquirer that is away.
type records struct {
	record bot.Record
	err    error
}

func (r records) Record(context.Context, string) (bot.Record, error) { return r.record, r.err }

// The machines are shown to who speaks for the merchant, and to nobody else; a record that cannot be read is no empty list.
func TestTerminals(t *testing.T) {
	w := newWorld(t)
	v := w.visitor()
	type machines struct {
		Merchant  *struct{ Name string }
		Terminals []struct {
			SNTail string `json:"sn_tail"`
			Status string
		}
		Observed int64
	}
	get := func() (reply, machines) {
		r := v.get("/terminals")
		var m machines
		must(t, json.Unmarshal([]byte(r.raw), &m))
		return r, m
	}
	if r, m := get(); r.status != 200 || m.Merchant != nil || len(m.Terminals) != 0 || m.Observed != 0 {
		t.Errorf("unbound: %d %s", r.status, r.raw)
	}
	v.says("演示商户 5")
	r, m := get()
	if r.status != 200 || m.Merchant == nil || m.Observed == 0 || len(m.Terminals) == 0 {
		t.Fatalf("bound: %d %s", r.status, r.raw)
	}
	for _, x := range m.Terminals {
		if len(x.SNTail) != 4 || x.Status == "" {
			t.Errorf("a machine is %+v", x)
		}
	}
	if st := v.get("/poll").State; st.Merchant == nil || st.Merchant.Name != m.Merchant.Name {
		t.Errorf("the state names %+v, the machines are of %+v", st.Merchant, m.Merchant)
	}
	v.channel.Records = records{err: &bot.AcquirerError{Code: bot.CodeTimeout}}
	if r, _ := get(); r.status != 503 || r.Code != "no_record" || r.RetryMS == 0 {
		t.Errorf("without a record: %d %s", r.status, r.raw)
	}
	c, err := v.store.ConversationByID(t.Context(), v.conv)
	must(t, err)
	v.channel.Records = records{record: bot.Record{Merchant: c.Binding.Merchant, Person: true, Terminals: []bot.Terminal{{SN: "4102", Status: "ACTIVE"}}}}
	if r, m := get(); r.status != 200 || m.Merchant != nil || len(m.Terminals) != 0 {
		t.Errorf("a record for people alone: %d %s", r.status, r.raw)
	}
	for _, try := range []struct {
		has  bot.Terminal
		want string
	}{
		{bot.Terminal{SN: "4102", Status: "ACTIVE", Model: "N910", Online: "YES", SignedInAt: 7, Last: "2026-11-20"},
			`{"sn_tail":"4102","status":"ACTIVE","model":"N910","online":true,"signed_in_at":7,"last_day":"2026-11-20"}`},
		{bot.Terminal{SN: "4102", Status: "ACTIVE", Online: "NO"}, `{"sn_tail":"4102","status":"ACTIVE","online":false}`},
		{bot.Terminal{SN: "4102", Status: "OFFLINE", Online: "YES"}, `{"sn_tail":"4102","status":"OFFLINE","online":false}`},
		{bot.Terminal{SN: "4102", Status: "ACTIVE", Online: "UNKNOWN"}, `{"sn_tail":"4102","status":"ACTIVE"}`},
	} {
		v.channel.Records = records{record: bot.Record{Merchant: c.Binding.Merchant, Terminals: []bot.Terminal{try.has}}}
		if r, _ := get(); r.status != 200 || !strings.Contains(r.raw, `"terminals":[`+try.want+`]`) {
			t.Errorf("%+v: %s, want %s", try.has, r.raw, try.want)
		}
	}
	v.channel.Records = records{} // of another merchant
	if r, _ := get(); r.status != 503 {
		t.Errorf("a record of nobody: %d %s", r.status, r.raw)
	}
}

// slow answers when it is let.
type slow struct {
	records
	asked, let chan struct{}
}

func (s slow) Record(ctx context.Context, m string) (bot.Record, error) {
	s.asked <- struct{}{}
	<-s.let
	return s.records.Record(ctx, m)
}

// Who no longer speaks for a merchant when the acquirer answers sees nothing of him; and one visitor asks a few times at once and no more,
// for the connections to the acquirer are everybody's.
func TestTerminalsAtOnce(t *testing.T) {
	w := newWorld(t)
	v := w.visitor()
	v.says("演示商户 5")
	record := bot.Record{Merchant: "demo-5", Terminals: []bot.Terminal{{SN: "4102", Status: "ACTIVE"}}}
	s := slow{records{record: record}, make(chan struct{}, 9), make(chan struct{})}
	v.channel.Records = s
	answers := make(chan reply, 9)
	for range 3 {
		go func() { answers <- v.get("/terminals") }()
		<-s.asked
	}
	if r := v.get("/terminals"); r.status != 429 || r.RetryMS == 0 {
		t.Errorf("a fourth at once: %d %s", r.status, r.raw)
	}
	v.says("解除绑定")
	close(s.let)
	for range 3 {
		if r := <-answers; r.status != 200 || strings.Contains(r.raw, "4102") || !strings.Contains(r.raw, `"merchant":null`) {
			t.Errorf("unbound meanwhile: %d %s", r.status, r.raw)
		}
	}
	v.says("演示商户 5")
	if r := v.get("/terminals"); !strings.Contains(r.raw, "4102") {
		t.Errorf("bound again: %d %s", r.status, r.raw)
	}
}

// A binding that a code has proven ends after its time, also for a visitor who only reads.
func TestTerminalsOfAnOldBinding(t *testing.T) {
	w := newWorld(t)
	v := w.visitor()
	v.says("您好")
	c, err := v.store.ConversationByID(t.Context(), v.conv)
	must(t, err)
	_, err = v.service.Handle(t.Context(), c.Address, bot.Event{Kind: bot.EventBound, Binding: &bot.Binding{Merchant: "demo-5", Name: "阿香理发店", Proof: "acquirer", At: w.now().UnixMilli()}})
	must(t, err)
	if r := v.get("/terminals"); !strings.Contains(r.raw, "阿香理发店") {
		t.Fatalf("bound: %d %s", r.status, r.raw)
	}
	w.turn(91 * 24 * time.Hour)
	v.token = sign(t, jwt.SigningMethodHS256, key, claims(v, w.now()))
	for _, path := range []string{"/terminals", "/poll"} {
		if r := v.get(path); r.status != 200 || r.State.Merchant != nil || path == "/terminals" && strings.Contains(r.raw, "阿香理发店") {
			t.Errorf("%s after 91 days: %d %s", path, r.status, r.raw)
		}
	}
}

// What one tab has shown is not new in another; the mark never goes back and never past the end.
func TestSeen(t *testing.T) {
	w := newWorld(t)
	v := w.visitor()
	a, f := v.live(0)
	if f.State.Unread != 0 {
		t.Errorf("before the first line %d are unread", f.State.Unread)
	}
	v.says("POS机显示商户状态异常")
	others := 0
	for _, l := range v.lines() {
		if l.From != bot.FromUser {
			others++
		}
	}
	a.until("the count", func(f frame) bool { return f.T == "state" && f.State.Unread == others })
	b, f := v.live(0)
	if f.State.Unread != others {
		t.Errorf("the second tab is told of %d, want %d", f.State.Unread, others)
	}
	last := int64(len(v.lines()))
	a.put(map[string]any{"t": "read", "upto": last + 100})
	for name, tab := range map[string]*wire{"the same": a, "the other": b} {
		tab.until(name+" tab told that all is read", func(f frame) bool { return f.T == "state" && f.State.Unread == 0 })
	}
	if r := v.send(map[string]any{"t": "act", "cid": "r", "name": "read", "upto": 1}); r.status != 200 || r.CID != "r" {
		t.Errorf("by request: %d %s", r.status, r.raw)
	}
	if n := v.get("/poll").State.Unread; n != 0 {
		t.Errorf("an older mark brings %d back", n)
	}
	if n := int64(len(v.lines())); n != last {
		t.Errorf("reading made %d lines", n-last)
	}
	v.says("刷卡没反应")
	if n := v.get("/poll").State.Unread; n == 0 {
		t.Error("a new answer is not new")
	}
	if r := w.visitor().send(map[string]any{"t": "act", "cid": "r", "name": "read", "upto": 5}); r.status != 200 {
		t.Errorf("before the first line: %d %s", r.status, r.raw)
	}
}
