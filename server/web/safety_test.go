package web_test

import (
	"context"
	"log/slog"
	"net/url"
	"strings"
	"testing"
	"time"

	"posdoctor/bot"
	"posdoctor/server/web"
)

// What every answer carries, whatever it is.
func TestHeaders(t *testing.T) {
	w := newWorld(t, func(d *web.Deps) { d.Secure = true }, nil)
	c := w.client()
	for _, tt := range []struct {
		method, path string
		status       int
	}{
		{"GET", "/", 200}, {"GET", "/chat", 200}, {"GET", "/console", 200}, {"GET", "/console/", 308}, {"GET", "/console/console.js", 200}, {"GET", "/console/index.html", 404},
		{"GET", "/w/loader.js", 200}, {"GET", "/w/none.js", 404}, {"GET", "/w/..%2f..%2frouter.go", 404}, {"GET", "/healthz", 200}, {"GET", "/readyz", 200},
		{"GET", "/healthz/", 404}, {"GET", "//evil.example/", 404}, {"GET", "/none", 404}, {"POST", "/healthz", 405}, {"TRACE", "/", 405}, {"GET", "/debug/pprof/", 404},
		{"GET", "/metrics", 404}, {"GET", "/.git/config", 404}, {"GET", "/wechat/callback", 404}, {"POST", "/wechat/kf/callback", 404},
		{"GET", "/api/openapi.json", 200}, {"GET", api + "/me", 401}, {"GET", api + "/login", 405}, {"GET", api + "/none", 404}, {"DELETE", api + "/conversations/x", 405},
		{"POST", "/api/w/v1/session", 400}, {"GET", "/api/w/v1/poll", 401}, {"GET", "/api/w/v1/none", 404}, {"OPTIONS", "/api/w/v1/send", 204},
	} {
		r := c.do(tt.method, tt.path, nil, "Content-Type", "text/html")
		if r.status != tt.status {
			t.Errorf("%s %s: %d, want %d", tt.method, tt.path, r.status, tt.status)
		}
		csp, frames := r.header.Get("Content-Security-Policy"), "frame-ancestors 'none'"
		if tt.path == "/chat" {
			frames = "frame-ancestors 'self';" // and the site's own pages
		}
		for _, part := range []string{"default-src 'none'", "script-src 'self'", frames, "base-uri 'none'"} {
			if !strings.Contains(csp, part) {
				t.Errorf("%s %s: the policy %q lacks %s", tt.method, tt.path, csp, part)
			}
		}
		for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "Strict-Transport-Security": "max-age=31536000"} {
			if got := r.header.Get(name); got != want {
				t.Errorf("%s %s: %s is %q, want %q", tt.method, tt.path, name, got, want)
			}
		}
		if strings.Contains(csp, "unsafe") || r.header.Get("Server") != "" {
			t.Errorf("%s %s: headers %v", tt.method, tt.path, r.header)
		}
		if strings.HasPrefix(tt.path, "/api/") && tt.status >= 400 && !strings.HasPrefix(r.header.Get("Content-Type"), "application/json") {
			t.Errorf("%s %s: the error is %s", tt.method, tt.path, r.header.Get("Content-Type"))
		}
	}
}

// A panic costs one request, and tells the client nothing.
func TestPanic(t *testing.T) {
	w := newWorld(t, func(d *web.Deps) { d.Ready = func(context.Context) error { panic("secret of the server") } }, nil)
	c := w.client()
	for range 2 {
		r := c.do("GET", "/readyz", nil)
		if r.status != 500 || r.Error.Code != "internal" || r.Error.Message == "" || strings.Contains(r.raw, "secret") || r.header.Get("Content-Security-Policy") == "" ||
			!strings.HasPrefix(r.header.Get("Content-Type"), "application/json") {
			t.Errorf("got %d %s %v", r.status, r.raw, r.header)
		}
	}
	if r := c.do("GET", "/healthz", nil); r.status != 200 {
		t.Errorf("afterwards: %d", r.status)
	}
	if log := w.logs.String(); !strings.Contains(log, "panic in a handler") || !strings.Contains(log, "safety_test.go") || strings.Contains(log, "secret of the server") {
		t.Errorf("the log does not tell where it was, or tells what it held:\n%s", log)
	}
}

// one is a timer that is due.
type one struct{ bot.Timers }

func (one) Due(context.Context, time.Time, time.Duration, int) ([]bot.DueTimer, error) {
	return []bot.DueTimer{{Conversation: "c", Timer: bot.Timer{Kind: bot.TimerIdle}}}, nil
}

// A panic in the turn of a timer costs that turn, and its value reaches no log either.
func TestPanicInTimer(t *testing.T) {
	var kept logs
	s := &bot.Scheduler{Timers: one{}, Now: time.Now, Log: slog.New(slog.NewTextHandler(&kept, nil)),
		Handle: func(context.Context, bot.Address, bot.Event) (bot.Turn, error) { panic("a merchant's words") }}
	if n, err := s.Once(t.Context()); n != 1 || err != nil {
		t.Errorf("handled %d: %v", n, err)
	}
	if log := kept.String(); !strings.Contains(log, "panic") || !strings.Contains(log, "safety_test.go") || strings.Contains(log, "merchant's words") {
		t.Errorf("the log does not tell where it was, or tells what it held:\n%s", log)
	}
}

// The log, at every level, holds nothing that people wrote, no secret, no address with its query.
func TestLogsKeepSecrets(t *testing.T) {
	w := newWorld(t, nil, nil)
	w.agent("李敏", false)
	v := w.visitor()
	v.says("我的手机 13800138000，卡号 6222021234567890128")
	v.says("转人工")
	v.says("演示商户 2")
	a := w.login("李敏")
	a.act(v.conv, "claim")
	a.do("POST", api+"/conversations/"+v.conv+"/messages", map[string]any{"cid": "r", "text": "回答的内容", "epoch": w.epoch(v.conv)})
	a.do("POST", api+"/login", map[string]string{"name": "谁也不是", "password": "a-wrong-password"})
	a.do("POST", api+"/password", map[string]string{"old": password, "new": "a-brand-new-password"})
	a.do("GET", api+"/conversations?state=queued&after=secret-cursor", nil)
	a.do("GET", api+"/conversations/secret-id?x=secret-query", nil)
	v.do("GET", "/api/w/v1/poll?last=secret-last&token="+v.token, nil)
	v.do("POST", "/api/w/v1/send", `{"t":"msg","cid":"c","text":"secret broken`)
	v.do("GET", "/secret-path?secret-query", nil, "User-Agent", "secret-agent", "Referer", "http://secret-referer/")
	v.do("GET", "/x%0aforged%20line", nil)
	log := w.logs.String()
	if strings.Count(log, "msg=request") < 10 {
		t.Fatalf("the log has too few lines to prove anything:\n%s", log)
	}
	cookie := ""
	for _, c := range a.http.Jar.Cookies(address(t, w.server.URL)) {
		cookie = c.Value
	}
	for what, secret := range map[string]string{"a phone number": "13800138000", "a card number": "6222021234567890128", "a merchant's words": "手机", "an agent's words": "回答的内容",
		"a token": v.token, "the end of a token": v.token[len(v.token)-20:], "a session": cookie, "a CSRF token": a.csrf, "a password": password,
		"a new password": "a-brand-new-password", "a wrong password": "a-wrong-password", "a wrong name": "谁也不是", "a secret": "secret", "a forged line": "forged", "a shop": "川味小馆"} {
		if secret == "" {
			t.Errorf("%s is not known to the test", what)
		} else if strings.Contains(log, secret) {
			t.Errorf("the log holds %s", what)
		}
	}
}

// Behind a trusted proxy the client is who the proxy says. Through any other proxy nobody gets what only this machine may have.
func TestForwardedFor(t *testing.T) {
	proxy := []string{"127.0.0.0/8"}
	for _, tt := range []struct {
		name    string
		trusted []string
		header  []string
		status  int
	}{
		{"no proxy", nil, nil, 200},
		{"no proxy, though one is trusted", proxy, nil, 200},
		{"nobody is trusted", nil, []string{"X-Forwarded-For", "203.0.113.5"}, 403},
		{"nobody is trusted, this machine is named", nil, []string{"X-Forwarded-For", "127.0.0.1"}, 403},
		{"another is trusted", []string{"10.0.0.0/8"}, []string{"X-Forwarded-For", "127.0.0.1"}, 403},
		{"the proxy is trusted", proxy, []string{"X-Forwarded-For", "203.0.113.5"}, 403},
		{"the proxy is trusted and names this machine", proxy, []string{"X-Forwarded-For", "127.0.0.1"}, 200},
		{"the address of the proxy is trusted", []string{"127.0.0.1"}, []string{"X-Real-IP", "127.0.0.1"}, 200},
		{"the client put this machine before its own address", proxy, []string{"X-Forwarded-For", "127.0.0.1, 203.0.113.5"}, 403},
		{"the proxy's two headers differ", proxy, []string{"X-Forwarded-For", "127.0.0.1", "X-Real-IP", "203.0.113.5"}, 403},
		{"the proxy says it in a way that is not read", proxy, []string{"Forwarded", "for=127.0.0.1"}, 403},
		{"the proxy names nothing", proxy, []string{"X-Forwarded-For", "unknown"}, 403},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, func(d *web.Deps) { d.TrustedProxies = tt.trusted }, nil)
			// Without an origin only this machine gets a session.
			r := w.client().do("POST", "/api/w/v1/session", map[string]string{"site": "demo"}, tt.header...)
			if r.status != tt.status {
				t.Errorf("got %d %s, want %d", r.status, r.raw, tt.status)
			}
		})
	}
	if _, err := web.New(web.Deps{TrustedProxies: []string{"nonsense"}}); err == nil {
		t.Error("a network that is none was taken")
	}
}

func address(t *testing.T, s string) *url.URL {
	t.Helper()
	u, err := url.Parse(s)
	must(t, err)
	return u
}
