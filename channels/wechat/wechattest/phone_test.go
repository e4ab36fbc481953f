package wechattest

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	aesKey    = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
	pushToken = "a-token"
)

// callback is a tiny one: it answers each push with what answer makes of its fields.
type callback struct {
	mu     sync.Mutex
	pushes []map[string]string
	answer func(n int, fields map[string]string) (status int, reply string)
}

func (c *callback) got() []map[string]string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]map[string]string{}, c.pushes...)
}

// fieldsOf reads the children of <xml>, all in CDATA or bare.
func fieldsOf(body string) map[string]string {
	out := map[string]string{}
	body = strings.TrimSuffix(strings.TrimPrefix(body, "<xml>"), "</xml>")
	for body != "" {
		end := strings.IndexByte(body, '>')
		name := body[1:end]
		value, rest, _ := strings.Cut(body[end+1:], "</"+name+">")
		out[name] = strings.TrimSuffix(strings.TrimPrefix(value, "<![CDATA["), "]]>")
		body = rest
	}
	return out
}

func (c *callback) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	fields := fieldsOf(string(body))
	q := r.URL.Query()
	safe := fields["Encrypt"] != ""
	if safe {
		if q.Get("msg_signature") != Sign(pushToken, q.Get("timestamp"), q.Get("nonce"), fields["Encrypt"]) {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		inner, id, err := Decrypt(aesKey, fields["Encrypt"])
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		fields = fieldsOf(string(inner))
		fields["AppID"] = id
	}
	c.mu.Lock()
	c.pushes = append(c.pushes, fields)
	n := len(c.pushes)
	c.mu.Unlock()
	status, text := c.answer(n, fields)
	switch {
	case status != http.StatusOK:
		w.WriteHeader(status)
	case text == "" || text == "success" || strings.HasPrefix(text, "{"):
		_, _ = io.WriteString(w, text)
	default:
		reply := XML(Field{"ToUserName", fields["FromUserName"], false}, Field{"FromUserName", fields["ToUserName"], false},
			Field{"CreateTime", "1700000000", true}, Field{"MsgType", "text", false}, Field{"Content", text, false})
		if safe {
			sealed := Encrypt(aesKey, fields["AppID"], reply)
			reply = XML(Field{"Encrypt", sealed, false}, Field{"MsgSignature", Sign(pushToken, "1", "2", sealed), false}, Field{"TimeStamp", "1", true}, Field{"Nonce", "2", false})
		}
		_, _ = w.Write(reply)
	}
}

func serve(t *testing.T, h http.Handler) (url string, client *http.Client) {
	srv := httptest.NewServer(h)
	client = &http.Client{Transport: &http.Transport{}}
	t.Cleanup(func() {
		client.CloseIdleConnections()
		srv.Close()
	})
	return srv.URL, client
}

func newPhone(t *testing.T, key string, answer func(int, map[string]string) (int, string)) (*Phone, *callback, *lab) {
	l := newLab(t)
	c := &callback{answer: answer}
	url, client := serve(t, c)
	return NewPhone(&Peer{URL: url, Token: pushToken, AppID: "wx0123456789abcdef", AESKey: key, Client: client}, l.API, openid), c, l
}

func always(status int, text string) func(int, map[string]string) (int, string) {
	return func(int, map[string]string) (int, string) { return status, text }
}

// lines are a screen in short.
func lines(p interface{ Screen() []Entry }) string {
	var out []string
	for _, e := range p.Screen() {
		line := e.From + " " + e.Kind
		if e.Path != "" {
			line += " " + e.Path
		}
		if e.Text != "" {
			line += " " + e.Text
		}
		out = append(out, line)
	}
	return strings.Join(out, "\n")
}

func TestPhone(t *testing.T) {
	for name, key := range map[string]string{"plain": "", "safe": aesKey} {
		t.Run(name, func(t *testing.T) {
			p, c, l := newPhone(t, key, func(_ int, f map[string]string) (int, string) {
				if f["MsgType"] == "event" {
					return 200, "success"
				}
				return 200, "收到：" + f["Content"]
			})
			push, err := p.Say("刷不了卡")
			if err != nil || push.Outcome != OutcomePassive || len(push.Attempts) != 1 || push.Reply != "收到：刷不了卡" {
				t.Fatalf("%+v %v", push, err)
			}
			if q := l.Quota(openid); q.Left != 5 || q.By != Wrote {
				t.Errorf("after a message: %+v", q)
			}
			l.want(OK, "POST", wechat, strings.Replace(menuMessage(2), `"msgtype"`, `"customservice":{"kf_account":"limin@pos"},"aimsgcontext":{"is_ai_msg":1},"msgtype"`, 1))
			menu := p.Last()
			if menu.Path != Custom || menu.Agent != "limin@pos" || !menu.AI || menu.Menu == nil || menu.Menu.Head != "选一项" || menu.Menu.Items[1] != (MenuItem{ID: "2", Text: "第 2 项"}) {
				t.Fatalf("%+v", menu)
			}
			if _, err := p.Tap(menu.Menu.Items[1]); err != nil {
				t.Fatal(err)
			}
			if push, err := p.Click("查进度"); err != nil || push.Outcome != OutcomeSuccess {
				t.Fatalf("%+v %v", push, err)
			}
			want := "me text 刷不了卡\naccount text passive 收到：刷不了卡\naccount msgmenu custom\nme text 第 2 项\naccount text passive 收到：第 2 项"
			if got := lines(p); got != want {
				t.Errorf("screen:\n%s\nwant:\n%s", got, want)
			}
			got := c.got()
			if got[1]["bizmsgmenuid"] != "2" || got[1]["Content"] != "第 2 项" || got[2]["Event"] != "CLICK" || got[2]["EventKey"] != "查进度" || got[2]["MsgId"] != "" {
				t.Errorf("pushed %v", got)
			}
			if n := len(p.Pushes()); n != 3 {
				t.Errorf("%d pushes", n)
			}
		})
	}
}

func TestPhoneFollows(t *testing.T) {
	p, c, l := newPhone(t, aesKey, always(200, "您好"))
	for _, step := range []struct {
		act        func() (Push, error)
		event, key string
		left       int
		by         string
	}{
		{p.Unfollow, "unsubscribe", "", 0, ""},
		{func() (Push, error) { return p.Follow("shop42") }, "subscribe", "qrscene_shop42", 3, Followed},
		{func() (Push, error) { return p.Follow("shop43") }, "SCAN", "shop43", 3, ""},
		{p.Unfollow, "unsubscribe", "", 0, ""},
		{func() (Push, error) { return p.Follow("") }, "subscribe", "", 3, Followed},
	} {
		if _, err := step.act(); err != nil {
			t.Fatal(err)
		}
		got := c.got()
		last := got[len(got)-1]
		if last["Event"] != step.event || last["EventKey"] != step.key {
			t.Errorf("pushed %v, want %s", last, step.event)
		}
		if q := l.Quota(openid); q.Left != step.left || step.by != "" && q.By != step.by {
			t.Errorf("%s: %+v", step.event, q)
		}
	}
	want := "system event system 你已取消关注\nsystem event system 你已关注该公众号\naccount text passive 您好\nsystem event system 你扫了二维码 shop43\naccount text passive 您好\n" +
		"system event system 你已取消关注\nsystem event system 你已关注该公众号\naccount text passive 您好"
	if got := lines(p); got != want {
		t.Errorf("screen:\n%s", got)
	}
	if out := l.want(OK, "GET", "/cgi-bin/user/info?openid="+openid, ""); out["qr_scene_str"] != "shop43" {
		t.Errorf("%v", out)
	}
	if _, err := p.Unfollow(); err != nil {
		t.Fatal(err)
	}
	for _, act := range []func() (Push, error){p.Unfollow, func() (Push, error) { return p.Say("在吗") }, func() (Push, error) { return p.Click("k") }} {
		if _, err := act(); !errors.Is(err, ErrNotFollowing) {
			t.Errorf("%v", err)
		}
	}
	l.want(WindowOver, "POST", wechat, text(openid, "您好"))
}

func TestPhoneSendsMedia(t *testing.T) {
	p, c, l := newPhone(t, "", always(200, ""))
	if _, err := p.SendImage(png); err != nil {
		t.Fatal(err)
	}
	if _, err := p.SendVoice([]byte("#!AMR\nvoice")); err != nil {
		t.Fatal(err)
	}
	got := c.got()
	if data, kind, ok := l.Media(got[0]["MediaId"]); !ok || string(data) != string(png) || kind != "image/png" || got[0]["PicUrl"] == "" {
		t.Errorf("picture %v", got[0])
	}
	voice := got[1]
	if _, kind, ok := l.Media(voice["MediaId"]); !ok || kind != "voice/amr" || voice["Format"] != "amr" {
		t.Errorf("voice %v", voice)
	}
	if r, there := voice["Recognition"]; !there || r != "" {
		t.Errorf("recognition %q %v", r, there)
	}
	if e := p.Screen(); e[0].Media != got[0]["MediaId"] || e[1].Kind != "voice" {
		t.Errorf("screen %+v", e)
	}
}

// TestPhoneInsists: WeChat comes three times, and then tells its user.
func TestPhoneInsists(t *testing.T) {
	const notice = "system notice system " + FailureNotice
	for name, tc := range map[string]struct {
		answer   func(int, map[string]string) (int, string)
		attempts int
		outcome  string
		shown    string
	}{
		"at once":        {always(200, "好"), 1, OutcomePassive, "account text passive 好"},
		"nothing to say": {always(200, "success"), 1, OutcomeSuccess, ""},
		"empty body":     {always(200, ""), 1, OutcomeSuccess, ""},
		"refused":        {always(503, ""), 3, OutcomeError, notice},
		"JSON":           {always(200, `{"ok":true}`), 1, OutcomeError, notice},
		"refused, then good": {func(n int, _ map[string]string) (int, string) {
			return map[bool]int{true: 200, false: 503}[n == 2], "好"
		}, 2, OutcomePassive, "account text passive 好"},
		"late, then good":     {late(1, "好"), 2, OutcomePassive, "account text passive 好"},
		"always late":         {late(3, "好"), 3, OutcomeError, notice},
		"2049 bytes":          {always(200, strings.Repeat("x", 2049)), 1, OutcomeError, notice},
		"late, then no reply": {late(2, "success"), 3, OutcomeSuccess, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, c, _ := newPhone(t, aesKey, tc.answer)
			p.Peer.Patience = 200 * time.Millisecond
			push, _ := p.Say("在吗")
			if len(push.Attempts) != tc.attempts || push.Outcome != tc.outcome {
				t.Errorf("%+v", push)
			}
			if got := strings.TrimPrefix(strings.TrimPrefix(lines(p), "me text 在吗"), "\n"); got != tc.shown {
				t.Errorf("shown %q, want %q", got, tc.shown)
			}
			got := c.got()
			for _, f := range got {
				if f["MsgId"] != got[0]["MsgId"] || f["MsgId"] == "" {
					t.Error("another MsgId")
				}
			}
			if e := p.Screen(); len(e) == 2 && (e[1].Attempts != tc.attempts || e[1].MS > 3000) {
				t.Errorf("%+v", e[1])
			}
		})
	}
}

// late answers after WeChat hung up, n times.
func late(n int, text string) func(int, map[string]string) (int, string) {
	return func(i int, _ map[string]string) (int, string) {
		if i <= n {
			time.Sleep(250 * time.Millisecond)
		}
		return 200, text
	}
}

// TestPhoneSubscribe: who listens sees the lines in the order of the screen, whoever wrote them.
func TestPhoneSubscribe(t *testing.T) {
	p, _, l := newPhone(t, "", func(_ int, f map[string]string) (int, string) { return 200, "收到" + f["Content"] })
	seen, cancel := p.Subscribe()
	tok := l.stable()
	l.Grant(openid, Wrote)
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() { _, _ = p.Say(fmt.Sprint(i)) })
		wg.Go(func() { _, _ = l.try("POST", wechat+"?access_token="+tok, text(openid, "客服")) })
	}
	wg.Wait()
	cancel()
	cancel()
	var got []Entry
	for e := range seen {
		got = append(got, e)
	}
	want := p.Screen()
	if len(got) != len(want) || len(got) < 8 {
		t.Fatalf("%d seen of %d", len(got), len(want))
	}
	for i := range got {
		if got[i].N != i+1 || want[i].N != i+1 {
			t.Errorf("line %d is number %d", i+1, got[i].N)
		}
	}
}

func TestPhoneWithoutAPI(t *testing.T) {
	c := &callback{answer: always(200, "好")}
	url, client := serve(t, c)
	p := NewPhone(&Peer{URL: url, Token: pushToken, Client: client}, nil, openid)
	for _, act := range []func() (Push, error){func() (Push, error) { return p.Say("在吗") }, func() (Push, error) { return p.SendImage(png) },
		func() (Push, error) { return p.Follow("a") }, p.Unfollow} {
		if _, err := act(); err != nil {
			t.Error(err)
		}
	}
}
