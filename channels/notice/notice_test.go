package notice

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"posdoctor/bot"
	"posdoctor/bot/desk"
	"posdoctor/bot/live"
)

const robotKey = "693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa"

// group is a far side made from the vendor's page on group robots (https://developer.work.weixin.qq.com/document/path/91770): it takes
// text of at most 2048 and Markdown of at most 4096 bytes from a known key, 20 messages a minute, and answers with errcode.
type group struct {
	mu     sync.Mutex
	said   []string
	answer func(w http.ResponseWriter) bool // true: it has answered
}

func (g *group) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	fail := func(code int, text string) { fmt.Fprintf(w, `{"errcode":%d,"errmsg":%q}`, code, text) }
	if g.answer != nil && g.answer(w) {
		return
	}
	var in struct {
		Type     string                     `json:"msgtype"`
		Markdown *struct{ Content string }  `json:"markdown"`
		Text     *struct{ Content string }  `json:"text"`
		Rest     map[string]json.RawMessage `json:"-"`
	}
	data, _ := io.ReadAll(r.Body)
	switch {
	case r.Method != http.MethodPost || r.URL.Path != "/cgi-bin/webhook/send":
		http.NotFound(w, r)
	case r.URL.Query().Get("key") != robotKey:
		fail(93000, "invalid webhook url, hint: [1700000000_1], from ip: 127.0.0.1, more info at https://open.work.weixin.qq.com/devtool/query?e=93000")
	case json.Unmarshal(data, &in) != nil:
		fail(40058, "invalid Request Parameter")
	case in.Type != "markdown" && in.Type != "text":
		fail(40008, "invalid message type")
	case in.Type == "markdown" && (in.Markdown == nil || in.Markdown.Content == "") || in.Type == "text" && (in.Text == nil || in.Text.Content == ""):
		fail(44004, "content is empty")
	case in.Markdown != nil && len(in.Markdown.Content) > 4096 || in.Text != nil && len(in.Text.Content) > 2048:
		fail(45002, "content size out of limit")
	case len(g.said) >= 20:
		fail(45009, "api freq out of limit")
	default:
		g.said = append(g.said, in.Markdown.Content)
		fail(0, "ok")
	}
}

// kept stands for the store.
type kept struct {
	mu    sync.Mutex
	list  []bot.Telling
	state map[string]bot.Telling
}

func (k *kept) AddTellings(_ context.Context, list []bot.Telling) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.list = append(k.list, list...)
	return nil
}

func (k *kept) EndTelling(_ context.Context, id, state, reason string, attempts int, at int64) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.state == nil {
		k.state = map[string]bot.Telling{}
	}
	k.state[id] = bot.Telling{State: state, Reason: reason, Attempts: attempts, Done: at}
	return nil
}

// desk1 is a Teller whose clock and settings the test holds.
type desk1 struct {
	*Teller
	kept *kept
	now  time.Time
	set  Settings
}

func newDesk(t *testing.T, robotAt string, hosts ...string) *desk1 {
	t.Helper()
	d := &desk1{kept: &kept{}, now: time.Date(2026, 11, 26, 10, 0, 0, 0, time.UTC), set: Default()}
	d.Teller = New(Config{Store: d.kept, Bus: &live.Bus{}, WeComURL: robotAt, Hosts: hosts, Now: func() time.Time { return d.now },
		Log:      slog.New(slog.DiscardHandler),
		Link:     func(c string) string { return "https://help.example.com/console#/queued/" + c },
		Settings: func(context.Context) (string, error) { data, err := json.Marshal(d.set); return string(data), err }})
	return d
}

// told tells a notice and returns what the outbox has of it.
func (d *desk1) told(t *testing.T, n desk.Notice) []bot.Item {
	t.Helper()
	before := len(d.kept.list)
	if err := d.Tell(t.Context(), n); err != nil {
		t.Fatal(err)
	}
	var out []bot.Item
	for _, n := range d.kept.list[before:] {
		out = append(out, bot.Item{ID: n.ID, Conversation: n.Conversation, Target: n.Target, Attempts: 1, Telling: n.Body})
	}
	return out
}

var queued = desk.Notice{Kind: bot.NoticeQueued, Conversation: "c1", Topic: "提示 58 <@all> [点我](http://evil)", Skill: "settlement", At: 1795420800000}

// A conversation that comes into the queue by turns is told of once in a window of two minutes; another one, or another kind, at once.
func TestSameNews(t *testing.T) {
	d := newDesk(t, "http://127.0.0.1:1")
	d.set.WeCom = WeCom{On: true, Key: robotKey}
	ids := map[string]bool{} // what stands in the store by its id is nothing when it comes again
	for _, x := range []struct {
		after time.Duration
		conv  string
		kind  string
		want  int
	}{{0, "c1", bot.NoticeQueued, 1}, {time.Second, "c1", bot.NoticeQueued, 0}, {119 * time.Second, "c1", bot.NoticeQueued, 0}, {time.Second, "c2", bot.NoticeQueued, 1},
		{time.Second, "c1", bot.NoticeLate, 1}, {2 * time.Second, "c1", bot.NoticeLate, 1}, {2 * time.Minute, "c1", bot.NoticeQueued, 1}} {
		n := queued
		n.Conversation, n.Kind, n.At = x.conv, x.kind, queued.At+x.after.Milliseconds()
		before := len(ids)
		for _, it := range d.told(t, n) {
			ids[it.ID] = true
		}
		if got := len(ids) - before; got != x.want {
			t.Errorf("%s of %s after %s: told %d times, want %d", x.kind, x.conv, x.after, got, x.want)
		}
	}
}

// What the robot says in its group: the kind, the topic without its markup, the link.
func TestRobot(t *testing.T) {
	g := &group{}
	far := httptest.NewServer(g)
	defer far.Close()
	d := newDesk(t, far.URL)
	d.set.WeCom = WeCom{On: true, Key: robotKey}
	items := d.told(t, queued)
	if len(items) != 1 || items[0].Target != "tell.wecom" {
		t.Fatalf("the outbox has %+v", items)
	}
	if ev, err := d.Deliver(t.Context(), items[0]); err != nil || ev.Kind != "" {
		t.Fatalf("delivering: %+v, %v", ev, err)
	}
	want := "**有商户在等人工**\n> 主题：提示 58 all 点我 http://evil\n> 类别：结算\n[打开会话](https://help.example.com/console#/queued/c1)"
	if len(g.said) != 1 || g.said[0] != want {
		t.Errorf("the group reads %q", g.said)
	}
	if s := d.kept.state[items[0].ID]; s.State != bot.TellingSent || s.Done != d.now.UnixMilli() {
		t.Errorf("kept %+v", s)
	}

	// Without the topic not even the outbox has it; a kind that is off, and a way that is off, are nothing.
	d.set.Topic = false
	if got := d.told(t, queued); len(got) != 1 || strings.Contains(got[0].Telling, "58") {
		t.Errorf("the outbox has %+v", got)
	}
	if got := d.told(t, desk.Notice{Kind: "other", Conversation: "c1"}); len(got) != 0 {
		t.Errorf("a kind that is off: %+v", got)
	}
	d.set.WeCom.On = false
	if got := d.told(t, queued); len(got) != 0 {
		t.Errorf("nothing is on: %+v", got)
	}
	// One that was told before it was switched off is not sent.
	if _, err := d.Deliver(t.Context(), items[0]); err != nil || d.kept.state[items[0].ID].State != bot.TellingFailed || len(g.said) != 1 {
		t.Errorf("switched off: %v, %+v", err, d.kept.state[items[0].ID])
	}
}

// What becomes of a notice by the robot's answer.
func TestRobotAnswers(t *testing.T) {
	says := func(status int, text string) func(http.ResponseWriter) bool {
		return func(w http.ResponseWriter) bool { w.WriteHeader(status); io.WriteString(w, text); return true }
	}
	for name, tt := range map[string]struct {
		answer func(http.ResponseWriter) bool
		key    string
		age    time.Duration
		state  string        // how it ended; waiting: it is tried again
		least  time.Duration // not before
	}{
		"taken":          {key: robotKey, state: bot.TellingSent},
		"a wrong key":    {key: "11111111-2222", state: bot.TellingFailed},
		"too often":      {answer: says(200, `{"errcode":45009,"errmsg":"api freq out of limit"}`), key: robotKey, state: bot.TellingWaiting, least: time.Minute},
		"busy":           {answer: says(200, `{"errcode":-1,"errmsg":"system error"}`), key: robotKey, state: bot.TellingWaiting, least: 5 * time.Second},
		"unknown code":   {answer: says(200, `{"errcode":48002,"errmsg":"api forbidden"}`), key: robotKey, state: bot.TellingWaiting, least: 5 * time.Second},
		"no code":        {answer: says(200, `{}`), key: robotKey, state: bot.TellingWaiting, least: 5 * time.Second},
		"a page":         {answer: says(200, `<html>`), key: robotKey, state: bot.TellingWaiting, least: 5 * time.Second},
		"HTTP 502":       {answer: says(502, `bad gateway`), key: robotKey, state: bot.TellingWaiting, least: 5 * time.Second},
		"busy for a day": {answer: says(200, `{"errcode":-1}`), key: robotKey, age: 24 * time.Hour, state: bot.TellingFailed},
	} {
		t.Run(name, func(t *testing.T) {
			far := httptest.NewServer(&group{answer: tt.answer})
			defer far.Close()
			d := newDesk(t, far.URL)
			d.set.WeCom = WeCom{On: true, Key: tt.key}
			it := d.told(t, queued)[0]
			d.now = d.now.Add(tt.age)
			_, err := d.Deliver(t.Context(), it)
			s := d.kept.state[it.ID]
			var delay *bot.DelayError
			if waits := errors.As(err, &delay); s.State != tt.state || waits != (tt.state == bot.TellingWaiting) || err != nil && !waits {
				t.Fatalf("kept %+v, %v", s, err)
			}
			if delay != nil && delay.Until.Sub(d.now) < tt.least {
				t.Errorf("again after %v, want %v", delay.Until.Sub(d.now), tt.least)
			}
			if strings.Contains(s.Reason, tt.key) || strings.Contains(s.Reason, far.URL) {
				t.Errorf("the reason tells the address: %s", s.Reason)
			}
			if s.State != bot.TellingSent && s.Reason == "" {
				t.Error("no reason")
			}
		})
	}
}

// A robot gets at most 20 messages a minute; the rest waits without asking it.
func TestRobotPace(t *testing.T) {
	g := &group{}
	far := httptest.NewServer(g)
	defer far.Close()
	d := newDesk(t, far.URL)
	d.set.WeCom = WeCom{On: true, Key: robotKey}
	waiting := 0
	for i := range 25 {
		d.now = d.now.Add(time.Second)
		_, err := d.Deliver(t.Context(), d.told(t, desk.Notice{Kind: bot.NoticeQueued, Conversation: fmt.Sprint("c", i)})[0])
		var delay *bot.DelayError
		if errors.As(err, &delay) {
			waiting++
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if len(g.said) != 20 || waiting != 5 {
		t.Errorf("%d said, %d wait", len(g.said), waiting)
	}
}

// The webhook gets a signed body once, is not followed elsewhere, and lies inside of the network only where the option names it.
func TestWebhook(t *testing.T) {
	const secret = "a secret of sixteen or more"
	type got struct {
		header http.Header
		body   []byte
	}
	var seen []got
	status, elsewhere := 204, 0
	far := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/hook" {
			elsewhere++
			return
		}
		data, _ := io.ReadAll(r.Body)
		seen = append(seen, got{r.Header, data})
		w.Header().Set("Location", "/elsewhere")
		w.Header().Set("Retry-After", "90")
		w.WriteHeader(status)
	}))
	defer far.Close()
	u, err := url.Parse(far.URL)
	if err != nil {
		t.Fatal(err)
	}
	d := newDesk(t, "http://127.0.0.1:1", u.Hostname())
	d.set.Webhook = Webhook{On: true, URL: far.URL + "/hook", Secret: secret}
	it := d.told(t, queued)[0]
	if _, err := d.Deliver(t.Context(), it); err != nil || d.kept.state[it.ID].State != bot.TellingSent {
		t.Fatalf("%v, %+v", err, d.kept.state[it.ID])
	}
	h, stamp := seen[0].header, seen[0].header.Get("X-Posdoctor-Timestamp")
	if stamp != fmt.Sprint(d.now.Unix()) || h.Get("X-Posdoctor-Signature") != Sign(secret, stamp, seen[0].body) || h.Get("X-Posdoctor-Delivery") != it.ID {
		t.Errorf("the headers are %v", h)
	}
	var m message
	if err := json.Unmarshal(seen[0].body, &m); err != nil || m.ID != it.ID || m.Kind != "queued" || m.Conversation != "c1" || m.Text == "" || m.Link == "" {
		t.Errorf("the body is %s, %v", seen[0].body, err)
	}
	// A value computed with openssl: printf '1795420800.{}' | openssl dgst -sha256 -hmac 0123456789abcdef
	if s := Sign("0123456789abcdef", "1795420800", []byte("{}")); s != "v1=31357169478cda27fa38ea0b01abfbd6e32a45018b13511854d7f5a74032ffeb" {
		t.Errorf("signed %s", s)
	}
	for code, want := range map[int]string{500: bot.TellingWaiting, 404: bot.TellingWaiting, 429: bot.TellingWaiting, 302: bot.TellingFailed, 410: bot.TellingFailed} {
		status = code
		it := d.told(t, queued)[0]
		_, err := d.Deliver(t.Context(), it)
		var delay *bot.DelayError
		if errors.As(err, &delay); d.kept.state[it.ID].State != want || delay != nil && delay.Until.Sub(d.now) < 90*time.Second {
			t.Errorf("HTTP %d: %+v, %v", code, d.kept.state[it.ID], err)
		}
	}
	if elsewhere != 0 {
		t.Error("a redirect was followed")
	}
	n := len(seen)
	d.Hosts = nil
	status = 200
	it = d.told(t, queued)[0]
	if _, err := d.Deliver(t.Context(), it); err != nil || d.kept.state[it.ID].State != bot.TellingFailed || len(seen) != n {
		t.Errorf("an address inside: %v, %+v", err, d.kept.state[it.ID])
	}
	if ok, text := d.Try(t.Context(), wayWebhook); ok || !strings.Contains(text, "notice-hosts") {
		t.Errorf("trying it says %v %s", ok, text)
	}
	d.Hosts = []string{u.Hostname()}
	if ok, text := d.Try(t.Context(), wayWebhook); !ok || text == "" {
		t.Errorf("trying it says %v %s", ok, text)
	}
	if ok, text := d.Try(t.Context(), wayWeCom); ok || text == "" {
		t.Errorf("trying what is not set says %v %s", ok, text)
	}
	d.set.WeCom.Key = robotKey
	if ok, text := d.Try(t.Context(), wayWeCom); ok || strings.Contains(text, robotKey) {
		t.Errorf("nobody listens, and it says %v %s", ok, text)
	}
}

// Addresses that a guarded client dials.
func TestOutside(t *testing.T) {
	for addr, want := range map[string]bool{
		"8.8.8.8": true, "2606:4700::1111": true, "223.5.5.5": true,
		"127.0.0.1": false, "::1": false, "10.1.2.3": false, "172.16.0.1": false, "192.168.1.1": false, "169.254.169.254": false, "100.64.0.1": false,
		"0.0.0.0": false, "::": false, "fe80::1": false, "fc00::1": false, "::ffff:127.0.0.1": false, "::ffff:10.0.0.1": false, "64:ff9b::7f00:1": false, "::7f00:1": false, "fec0::1": false,
		"2002:7f00:1::": false, "224.0.0.1": false, "255.255.255.255": false, "198.18.0.1": false, "240.0.0.1": false,
	} {
		if got := outside(netip.MustParseAddr(addr)) == nil; got != want {
			t.Errorf("%s is outside: %v", addr, got)
		}
	}
}

// What operators may set, and that secrets are shown covered and come back as what they were.
func TestSettings(t *testing.T) {
	const secret = "a secret of sixteen or more"
	good := Settings{WeCom: WeCom{true, robotKey}, Webhook: Webhook{true, "https://crm.example.com/x", secret}, Kinds: []string{"late"}}
	for name, change := range map[string]func(*Settings){
		"a kind":            func(s *Settings) { s.Kinds = []string{"rain"} },
		"a key":             func(s *Settings) { s.WeCom.Key = "x y" },
		"no key":            func(s *Settings) { s.WeCom.Key = "" },
		"plain http":        func(s *Settings) { s.Webhook.URL = "http://crm.example.com" },
		"a file":            func(s *Settings) { s.Webhook.URL = "file:///etc/passwd" },
		"a password in it":  func(s *Settings) { s.Webhook.URL = "https://a:b@crm.example.com" },
		"no host":           func(s *Settings) { s.Webhook.URL = "https://" },
		"a short secret":    func(s *Settings) { s.Webhook.Secret = "short" },
		"no secret":         func(s *Settings) { s.Webhook.Secret = "" },
		"on without an URL": func(s *Settings) { s.Webhook.URL = "" },
	} {
		s := good
		change(&s)
		if err := s.Validate(); err == nil || !strings.HasSuffix(err.Error(), "。") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := good.Validate(); err != nil {
		t.Error(err)
	}
	if err := Default().Validate(); err != nil {
		t.Error(err)
	}
	value := func(s Settings) json.RawMessage { data, _ := json.Marshal(s); return data }
	pasted := good
	pasted.WeCom.Key = " https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=" + robotKey
	first, err := Check(value(pasted), nil)
	if err != nil || !strings.Contains(string(first), `"key":"`+robotKey+`"`) {
		t.Fatalf("kept %s, %v", first, err)
	}
	shown, err := Shown(first)
	if err != nil || strings.Contains(string(shown), robotKey) || strings.Contains(string(shown), secret) {
		t.Fatalf("shown %s, %v", shown, err)
	}
	again, err := Check(shown, first)
	if err != nil || string(again) != string(first) {
		t.Errorf("came back as %s, %v", again, err)
	}
	if _, err := Check(json.RawMessage(`{"wecom":{"on":true},"extra":1}`), nil); err == nil {
		t.Error("a field that there is not was taken")
	}
	if !slices.Equal(kinds, []string{"queued", "late", "left", "unsure", "rated"}) {
		t.Errorf("kinds %v", kinds)
	}
}
