package web_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alexedwards/argon2id"
	"github.com/gorilla/websocket"

	"posdoctor/bot"
	"posdoctor/bot/store"
	"posdoctor/server/web"
)

func TestLogin(t *testing.T) {
	w := newWorld(t, nil, nil)
	w.agent("李敏", false)
	tests := []struct {
		name   string
		body   any
		header []string
		status int
		code   string
	}{
		{"wrong password", map[string]string{"name": "李敏", "password": "wrong"}, nil, 401, "login"},
		{"wrong name", map[string]string{"name": "nobody", "password": password}, nil, 401, "login"},
		{"no such name and the password of the decoy", map[string]string{"name": "ghost", "password": "nobody has this password"}, nil, 401, "login"},
		{"another case", map[string]string{"name": "李敏 ", "password": password}, nil, 401, "login"},
		{"SQL", map[string]string{"name": "' OR 1=1 --", "password": password}, nil, 401, "login"},
		{"empty", map[string]string{}, nil, 400, "bad_request"},
		{"long password", map[string]string{"name": "李敏", "password": strings.Repeat("x", 257)}, nil, 400, "bad_request"},
		{"long name", map[string]string{"name": strings.Repeat("x", 129), "password": "x"}, nil, 400, "bad_request"},
		{"no JSON", "name=admin", nil, 400, "bad_request"},
		{"a list", `[]`, nil, 400, "bad_request"},
		{"not UTF-8", "{\"name\":\"\xff\"}", nil, 400, "not_utf8"},
		{"a form", `{"name":"李敏","password":"` + password + `"}`, []string{"Content-Type", "text/plain"}, 415, "bad_type"},
		{"1 MB", strings.Repeat("x", 1<<20), nil, 413, "too_long"},
		{"foreign page", map[string]string{"name": "李敏", "password": password}, []string{"Origin", "https://evil.example"}, 403, "origin"},
		{"sandboxed page", map[string]string{"name": "李敏", "password": password}, []string{"Origin", "null"}, 403, "origin"},
		{"right", map[string]string{"name": "李敏", "password": password}, nil, 200, ""},
		{"right, from our own page", map[string]string{"name": "李敏", "password": password}, []string{"Origin", "own"}, 200, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if len(tt.header) == 2 && tt.header[1] == "own" {
				tt.header[1] = w.server.URL
			}
			r := w.client().do("POST", api+"/login", tt.body, tt.header...)
			if r.status != tt.status || r.Error.Code != tt.code {
				t.Errorf("got %d %s, want %d %s", r.status, r.raw, tt.status, tt.code)
			}
			if (r.header.Get("Set-Cookie") != "") != (tt.status == 200) {
				t.Errorf("with %d comes the cookie %q", r.status, r.header.Get("Set-Cookie"))
			}
		})
	}
	// A wrong name and a wrong password cannot be told apart, neither by the words nor by much of the time.
	c := w.client()
	took := map[string]time.Duration{"李敏": time.Hour, "nobody": time.Hour}
	var raw [2]string
	for range 3 {
		for i, name := range []string{"李敏", "nobody"} {
			start := time.Now()
			raw[i] = c.do("POST", api+"/login", map[string]string{"name": name, "password": "wrong"}).raw
			took[name] = min(took[name], time.Since(start))
		}
	}
	if raw[0] != raw[1] {
		t.Errorf("answers differ: %s and %s", raw[0], raw[1])
	}
	if a, b := took["李敏"], took["nobody"]; a > 5*b || b > 5*a {
		t.Errorf("a wrong password takes %v, a wrong name %v", a, b)
	}
}

// A wrong password stands in the audit log, once in ten minutes: whose name it was and from where, and of a name that nobody has not even
// that name.
func TestFailedLoginsAudited(t *testing.T) {
	w := newWorld(t, nil, nil)
	a := w.agent("李敏", false)
	for range 2 {
		w.client().do("POST", api+"/login", map[string]string{"name": "李敏", "password": "wrong"}).want(t, 401, "login")
		w.client().do("POST", api+"/login", map[string]string{"name": "my secret word", "password": "wrong"}).want(t, 401, "login")
	}
	w.login("李敏").do("POST", api+"/password", map[string]string{"old": "wrong", "new": "another long one"}).want(t, 403, "login")
	lines, _, err := w.store.Audited(t.Context(), store.AuditQuery{}, "", 10)
	must(t, err)
	var got []string
	for _, x := range lines {
		got = append(got, x.Act+" "+x.Agent+" "+x.Detail)
	}
	slices.Sort(got)
	want := []string{"login " + a.ID + " ", "login.failed " + a.ID + " 127.0.0.1", "login.failed " + store.NobodyAgent + " 127.0.0.1", "password.failed " + a.ID + " 127.0.0.1"}
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("the audit log has %q, want %q", got, want)
	}
}

func TestLoginLimit(t *testing.T) {
	w := newWorld(t, nil, nil)
	w.agent("李敏", false)
	w.agent("王强", false)
	for range 12 { // who succeeds is not held up
		w.login("王强")
	}
	c := w.client()
	for i := range 10 {
		if r := c.do("POST", api+"/login", map[string]string{"name": "李敏", "password": fmt.Sprint("wrong", i)}); r.status != 401 {
			t.Fatalf("try %d: %d %s", i+1, r.status, r.raw)
		}
	}
	r := c.do("POST", api+"/login", map[string]string{"name": "李敏", "password": password})
	if r.status != 429 || r.Error.Code != "rate_limited" || r.header.Get("Retry-After") == "" {
		t.Errorf("the eleventh try with the right password: %d %s", r.status, r.raw)
	}
	if r := c.do("POST", api+"/login", map[string]string{"name": "李敏", "password": password}, "X-Forwarded-For", "198.51.100.7"); r.status != 429 {
		t.Errorf("a forged address opens the door: %d", r.status)
	}
	w.login("王强")
}

func TestSessionCookie(t *testing.T) {
	for _, secure := range []bool{false, true} {
		w := newWorld(t, func(d *web.Deps) { d.Secure = secure }, nil)
		w.agent("李敏", false)
		c := w.client()
		r := c.do("POST", api+"/login", map[string]string{"name": "李敏", "password": password}, "Cookie", "posdoctor_agent=chosen-by-somebody-else")
		got, err := http.ParseSetCookie(r.header.Get("Set-Cookie"))
		must(t, err)
		if !got.HttpOnly || got.SameSite != http.SameSiteStrictMode || got.Secure != secure || got.Path != "/" || got.Domain != "" || time.Until(got.Expires) > 12*time.Hour+time.Minute {
			t.Errorf("cookie %q", r.header.Get("Set-Cookie"))
		}
		if len(got.Value) < 32 || strings.Contains(got.Value, "chosen") {
			t.Errorf("the session is %q", got.Value)
		}
		if strings.Contains(r.raw, got.Value) {
			t.Error("the session stands in the body too")
		}
		if r := w.client().do("GET", api+"/me", nil, "Cookie", "posdoctor_agent=chosen-by-somebody-else"); r.status != 401 {
			t.Errorf("a session that somebody chose is valid: %d", r.status)
		}
		if secure {
			continue
		}
		// A second login is another session with another token.
		d := w.login("李敏")
		if d.csrf == r.CSRF {
			t.Error("two sessions have one CSRF token")
		}
		c.csrf = r.CSRF
		if r := c.do("GET", api+"/me", nil); r.status != 200 || r.CSRF != c.csrf || r.Agent.Name != "李敏" {
			t.Errorf("me: %d %s", r.status, r.raw)
		}
		cookie := "posdoctor_agent=" + got.Value
		if r := c.do("POST", api+"/logout", nil); r.status != 204 || !strings.Contains(r.header.Get("Set-Cookie"), "posdoctor_agent=;") {
			t.Errorf("logout: %d %v", r.status, r.header)
		}
		if r := w.client().do("GET", api+"/me", nil, "Cookie", cookie); r.status != 401 {
			t.Errorf("the session is valid after the logout: %d", r.status)
		}
		if r := d.do("GET", api+"/me", nil); r.status != 200 {
			t.Errorf("the logout ended another session: %d", r.status)
		}
	}
}

// socket opens an agent's WebSocket with what the client holds.
func (c *client) socket(hello any) *websocket.Conn {
	c.t.Helper()
	d := websocket.Dialer{Jar: c.http.Jar}
	ws, r, err := d.DialContext(c.t.Context(), "ws"+strings.TrimPrefix(c.server.URL, "http")+api+"/ws", nil)
	if err != nil {
		c.t.Fatalf("opening a socket: %v (%v)", err, r)
	}
	c.t.Cleanup(func() { ws.Close() })
	if hello != nil {
		must(c.t, ws.WriteJSON(hello))
	}
	return ws
}

// closed reads until the end and says with which code and after how long.
func closed(ws *websocket.Conn) (int, time.Duration) {
	start := time.Now()
	ws.SetReadDeadline(start.Add(10 * time.Second))
	for {
		_, _, err := ws.ReadMessage()
		if c, ok := err.(*websocket.CloseError); ok {
			return c.Code, time.Since(start)
		}
		if err != nil {
			return -1, time.Since(start)
		}
	}
}

func TestPasswordChange(t *testing.T) {
	w := newWorld(t, nil, nil)
	w.agent("李敏", false)
	a, b := w.login("李敏"), w.login("李敏")
	mine, other := a.socket(map[string]string{"t": "hello", "csrf": a.csrf}), b.socket(map[string]string{"t": "hello", "csrf": b.csrf})
	for name, tt := range map[string]struct {
		old, new, code string
		status         int
	}{
		"wrong old":   {"wrong", "another long one", "login", 403},
		"short":       {password, "123456789", "weak", 400},
		"nine signs":  {password, "一二三四五六七八九", "weak", 400},
		"the old one": {password, password, "weak", 400},
		"long":        {password, strings.Repeat("x", 257), "weak", 400},
	} {
		if r := a.do("POST", api+"/password", map[string]string{"old": tt.old, "new": tt.new}); r.status != tt.status || r.Error.Code != tt.code {
			t.Errorf("%s: %d %s", name, r.status, r.raw)
		}
	}
	if r := b.do("GET", api+"/me", nil); r.status != 200 {
		t.Fatalf("a refused change ended a session: %d", r.status)
	}
	if r := a.do("POST", api+"/password", map[string]string{"old": password, "new": "another long one"}); r.status != 204 {
		t.Fatalf("change: %d %s", r.status, r.raw)
	}
	if r := b.do("GET", api+"/me", nil); r.status != 401 {
		t.Errorf("another session is valid: %d", r.status)
	}
	if code, took := closed(other); code != 4401 || took > 5*time.Second {
		t.Errorf("its socket was closed with %d after %v", code, took)
	}
	if r := a.do("GET", api+"/conversations", nil); r.status != 200 {
		t.Errorf("the page that changed it was logged out: %d", r.status)
	}
	must(t, mine.WriteJSON(map[string]string{"t": "ping"}))
	mine.SetReadDeadline(time.Now().Add(5 * time.Second))
	for {
		var f struct{ T string }
		must(t, mine.ReadJSON(&f))
		if f.T == "pong" {
			break
		}
	}
	if r := w.client().do("POST", api+"/login", map[string]string{"name": "李敏", "password": password}); r.status != 401 {
		t.Errorf("the old password: %d", r.status)
	}
	if r := w.client().do("POST", api+"/login", map[string]string{"name": "李敏", "password": "another long one"}); r.status != 200 {
		t.Errorf("the new password: %d", r.status)
	}
}

// Who sits at an agent's session cannot go on guessing his password by changing it, and nobody else is held up by that.
func TestPasswordGuesses(t *testing.T) {
	w := newWorld(t, nil, nil)
	w.agent("李敏", false)
	w.agent("王强", false)
	a, b := w.login("李敏"), w.login("王强")
	guess := func(c *client, old string) answer {
		return c.do("POST", api+"/password", map[string]string{"old": old, "new": "another long one"})
	}
	for i := range 10 {
		if r := guess(a, fmt.Sprintf("guess number %d", i)); r.status != 403 || r.Error.Code != "login" {
			t.Fatalf("guess %d: %d %s", i, r.status, r.raw)
		}
	}
	if r := guess(a, password); r.status != 429 || r.header.Get("Retry-After") == "" {
		t.Errorf("after ten guesses: %d %s", r.status, r.raw)
	}
	if r := guess(b, password); r.status != 204 {
		t.Errorf("another agent: %d %s", r.status, r.raw)
	}
}

// A printed password opens nothing but the door to change it.
func TestMustChange(t *testing.T) {
	w := newWorld(t, nil, nil)
	w.agent("新人", true)
	v := w.visitor()
	v.says("您好")
	c := w.login("新人")
	free := map[string]bool{"POST /api/a/v1/login": true, "GET /api/a/v1/me": true, "POST /api/a/v1/password": true, "POST /api/a/v1/logout": true,
		"POST /api/a/v1/logout/everywhere": true}
	for _, r := range w.engine.Routes() {
		if !strings.HasPrefix(r.Path, "/api/a/") || free[r.Method+" "+r.Path] {
			continue
		}
		got := c.do(r.Method, strings.ReplaceAll(r.Path, ":id", v.conv), body(r.Method))
		if got.status != 403 || got.Error.Code != "must_change" {
			t.Errorf("%s %s: %d %s", r.Method, r.Path, got.status, got.raw)
		}
	}
	if r := c.do("GET", api+"/me", nil); r.status != 200 || !r.Agent.MustChange {
		t.Errorf("me: %d %s", r.status, r.raw)
	}
	if r := c.do("POST", api+"/password", map[string]string{"old": password, "new": "another long one"}); r.status != 204 {
		t.Errorf("change: %d %s", r.status, r.raw)
	}
	if r := c.do("GET", api+"/conversations", nil); r.status != 200 {
		t.Errorf("after the change: %d %s", r.status, r.raw)
	}
}

func body(method string) any {
	if method == "GET" {
		return nil
	}
	return map[string]any{"epoch": 0, "cid": "x", "text": "x", "old": password, "new": "another long one"}
}

// Every route of the agents refuses who is not logged in, and every writing one a request without the page's token or from a
// foreign page. The routes are the router's own, so a new one cannot be forgotten.
func TestEveryRouteIsGuarded(t *testing.T) {
	w := newWorld(t, nil, nil)
	w.agent("李敏", false)
	v := w.visitor()
	v.says("您好")
	old, nobody := w.login("李敏"), w.client()
	hash, err := hashed()
	must(t, err)
	must(t, w.store.SetPassword(t.Context(), old.id, hash, false)) // another password, as far as sessions know
	a := w.login("李敏")
	n := 0
	for _, r := range w.engine.Routes() {
		if !strings.HasPrefix(r.Path, "/api/a/") || r.Path == api+"/login" {
			continue
		}
		n++
		path := strings.ReplaceAll(r.Path, ":id", v.conv)
		refused := func(who string, got answer, status int, code string) {
			t.Helper()
			if got.status != status || got.Error.Code != code || got.Error.Message == "" || !strings.HasPrefix(got.header.Get("Content-Type"), "application/json") ||
				got.header.Get("Cache-Control") != "no-store" {
				t.Errorf("%s %s, %s: %d %s", r.Method, r.Path, who, got.status, got.raw)
			}
		}
		refused("not logged in", nobody.do(r.Method, path, body(r.Method)), 401, "auth")
		refused("a forged session", nobody.do(r.Method, path, body(r.Method), "Cookie", "posdoctor_agent=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"), 401, "auth")
		refused("a visitor's token", v.do(r.Method, path, body(r.Method)), 401, "auth")
		refused("a void session", old.do(r.Method, path, body(r.Method)), 401, "auth")
		if r.Method == "GET" {
			continue
		}
		refused("no token", a.do(r.Method, path, body(r.Method), "X-CSRF-Token", ""), 403, "csrf")
		refused("another session's token", a.do(r.Method, path, body(r.Method), "X-CSRF-Token", old.csrf), 403, "csrf")
		refused("a foreign page", a.do(r.Method, path, body(r.Method), "Origin", "https://evil.example"), 403, "origin")
		refused("a page of another port", a.do(r.Method, path, body(r.Method), "Origin", "http://127.0.0.1:1"), 403, "origin")
	}
	if n < 11 {
		t.Errorf("only %d routes were tried", n)
	}
	if e := w.epoch(v.conv); e != 0 {
		t.Errorf("something was done: epoch %d", e)
	}
	if r := a.do("GET", api+"/me", nil); r.status != 200 {
		t.Errorf("a refused request ended the session: %d", r.status)
	}
}

// Many logins at once are done a few at a time, and all are answered soon; who could not be served is told to come again. Where an
// agent got in before, the crowd does not keep him out.
func TestManyLogins(t *testing.T) {
	w := newWorld(t, nil, nil)
	w.agent("李敏", false)
	w.login("李敏")
	var all sync.WaitGroup
	start := time.Now()
	for i := range 25 {
		c := w.client()
		all.Go(func() {
			r, err := c.try("POST", api+"/login", map[string]string{"name": fmt.Sprint("guess", i), "password": "wrong"})
			if err != nil || r.status != 401 && (r.status != 503 || r.header.Get("Retry-After") == "") {
				t.Errorf("login %d: %d %v", i, r.status, err)
			}
		})
	}
	time.Sleep(50 * time.Millisecond)
	w.login("李敏")
	all.Wait()
	if took := time.Since(start); took > 15*time.Second {
		t.Errorf("the last was answered after %v", took)
	}
}

// cheap adds an agent whose password is compared in no time.
func (w *world) cheap(name string) {
	w.t.Helper()
	hash, err := argon2id.CreateHash(password, &argon2id.Params{Memory: 64, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32})
	must(w.t, err)
	must(w.t, w.store.AddAgent(w.t.Context(), store.Agent{ID: bot.NewID(), Name: name, Role: store.RoleAgent, Password: hash}))
}

// behindProxy lets the test say where a login comes from.
func behindProxy(d *web.Deps) { d.TrustedProxies = []string{"127.0.0.0/8"} }

func (w *world) tries(from, name, password string) answer {
	w.t.Helper()
	return w.client().do("POST", api+"/login", map[string]string{"name": name, "password": password}, "X-Forwarded-For", from)
}

// One address, or one /64, tries so often, whatever the names; one account of its own does not help it.
func TestLoginLimitByAddress(t *testing.T) {
	for name, from := range map[string]func(int) string{"IPv4": func(int) string { return "203.0.113.5" }, "IPv6": func(i int) string { return fmt.Sprintf("2001:db8::%x", i+1) }} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, behindProxy, nil)
			w.cheap("王强")
			for i := range 30 {
				w.cheap(fmt.Sprint("客服", i))
				if r := w.tries(from(i), fmt.Sprint("客服", i), "wrong"); r.status != 401 {
					t.Fatalf("try %d: %d %s", i+1, r.status, r.raw)
				}
				if i%10 == 9 && i < 29 {
					if r := w.tries(from(i), "王强", password); r.status != 200 {
						t.Fatalf("a right password: %d %s", r.status, r.raw)
					}
				}
			}
			if r := w.tries(from(99), "客服0", password); r.status != 429 || r.header.Get("Retry-After") == "" {
				t.Errorf("the thirty-first try: %d %s", r.status, r.raw)
			}
			if r := w.tries("2001:db8:0:1::1", "客服0", password); r.status != 200 {
				t.Errorf("another address: %d %s", r.status, r.raw)
			}
		})
	}
}

// One name is tried so often, wherever from; who got in before from where he is is not held up by that.
func TestLoginLimitByName(t *testing.T) {
	w := newWorld(t, behindProxy, nil)
	w.cheap("李敏")
	const home = "198.51.100.1"
	if r := w.tries(home, "李敏", password); r.status != 200 {
		t.Fatalf("login: %d %s", r.status, r.raw)
	}
	for i := range 50 {
		if r := w.tries(fmt.Sprintf("203.0.113.%d", i), "李敏", "wrong"); r.status != 401 {
			t.Fatalf("try %d: %d %s", i+1, r.status, r.raw)
		}
	}
	if r := w.tries("203.0.113.99", "李敏", password); r.status != 429 || r.Error.Code != "rate_limited" {
		t.Errorf("the fifty-first try: %d %s", r.status, r.raw)
	}
	if r := w.tries(home, "李敏", password); r.status != 200 {
		t.Errorf("the agent himself: %d %s", r.status, r.raw)
	}
}

// The agents' socket: its first frame must bear the page's token; then it tells of changed lists and of the lines that are watched.
func TestAgentSocket(t *testing.T) {
	w := newWorld(t, nil, nil)
	w.agent("李敏", false)
	v := w.visitor()
	v.says("转人工")
	a := w.login("李敏")
	for name, hello := range map[string]any{"no token": map[string]string{"t": "hello"}, "wrong token": map[string]string{"t": "hello", "csrf": "x"},
		"something else": map[string]string{"t": "watch", "csrf": a.csrf}} {
		if code, _ := closed(a.socket(hello)); code != 4401 {
			t.Errorf("%s: closed with %d, want 4401", name, code)
		}
	}
	if r := a.do("GET", api+"/ws", nil, "Origin", "https://evil.example", "Connection", "Upgrade", "Upgrade", "websocket", "Sec-WebSocket-Version", "13",
		"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="); r.status != 403 {
		t.Errorf("a foreign page got %d", r.status)
	}
	ws := a.socket(map[string]string{"t": "hello", "csrf": a.csrf})
	type frame struct {
		T, Conv, Text, Type string
		ID                  int64
	}
	until := func(what string, want func(frame) bool) (all []frame) {
		t.Helper()
		ws.SetReadDeadline(time.Now().Add(10 * time.Second))
		for {
			var f frame
			if err := ws.ReadJSON(&f); err != nil {
				t.Fatalf("waiting for %s: %v after %v", what, err, all)
			}
			all = append(all, f)
			if want(f) {
				return all
			}
		}
	}
	until("the welcome", func(f frame) bool { return f.T == "welcome" })
	must(t, ws.WriteJSON(map[string]any{"t": "watch", "conv": v.conv, "last": 1}))
	if got := until("a missed line", func(f frame) bool { return f.T == "ev" }); got[len(got)-1].ID != 2 || got[len(got)-1].Conv != v.conv {
		t.Errorf("missed line %+v", got)
	}
	v.says("还在吗")
	until("a new line", func(f frame) bool { return f.T == "ev" && f.Text == "还在吗" })
	u := w.visitor()
	u.says("这段没有人看")
	for _, f := range until("the lists", func(f frame) bool { return f.T == "lists" }) {
		if f.T == "ev" && f.Conv != v.conv {
			t.Errorf("a line of a conversation that is not watched: %+v", f)
		}
	}
	if r := a.do("POST", api+"/logout", nil); r.status != 204 {
		t.Fatalf("logout: %d", r.status)
	}
	if code, took := closed(ws); code != 4401 || took > 5*time.Second {
		t.Errorf("after the logout: closed with %d after %v", code, took)
	}
}

// An agent's socket that is too far behind is closed like a visitor's.
func TestAgentSocketBehind(t *testing.T) {
	w := newWorld(t, nil, nil)
	w.agent("李敏", false)
	v := w.visitor()
	v.says("转人工")
	a := w.login("李敏")
	a.act(v.conv, "claim")
	epoch := w.epoch(v.conv)
	for range 260 {
		_, err := w.service.HandleID(t.Context(), v.conv, bot.Event{Kind: bot.EventReply, Agent: &bot.AgentID{ID: a.id, Name: "李敏"}, Epoch: epoch, Text: "请稍等"})
		must(t, err)
	}
	conv, err := w.store.ConversationByID(t.Context(), v.conv)
	must(t, err)
	last := conv.Last
	for _, tt := range []struct {
		behind int64
		code   int
	}{{257, websocket.CloseTryAgainLater}, {256, 0}} {
		ws := a.socket(map[string]string{"t": "hello", "csrf": a.csrf})
		must(t, ws.WriteJSON(map[string]any{"t": "watch", "conv": v.conv, "last": last - tt.behind}))
		if tt.code != 0 {
			if code, _ := closed(ws); code != tt.code {
				t.Errorf("%d lines behind: closed with %d, want %d", tt.behind, code, tt.code)
			}
			continue
		}
		ws.SetReadDeadline(time.Now().Add(10 * time.Second))
		for id := int64(0); id < last; {
			var f struct{ ID int64 }
			if err := ws.ReadJSON(&f); err != nil {
				t.Fatalf("%d lines behind: %v after line %d", tt.behind, err, id)
			}
			id = max(id, f.ID)
		}
	}
}

// A database that does not answer for a moment logs nobody out.
func TestAgentSocketOutage(t *testing.T) {
	w := newWorld(t, nil, nil)
	w.agent("李敏", false)
	a := w.login("李敏")
	ws := a.socket(map[string]string{"t": "hello", "csrf": a.csrf})
	for range 2 { // welcome, and how he stands
		must(t, ws.ReadJSON(&struct{}{}))
	}
	must(t, w.store.Close())
	time.Sleep(4 * time.Second) // longer than from one check to the next
	must(t, ws.WriteJSON(map[string]string{"t": "ping"}))
	ws.SetReadDeadline(time.Now().Add(5 * time.Second))
	var f struct{ T string }
	if err := ws.ReadJSON(&f); err != nil || f.T != "pong" {
		t.Errorf("got %+v, %v", f, err)
	}
	if !strings.Contains(w.logs.String(), "checking the session of a console") {
		t.Error("the log does not tell of the outage")
	}
}

// A stopping server says good-bye to the consoles too.
func TestAgentSocketStop(t *testing.T) {
	w := newWorld(t, nil, nil)
	w.agent("李敏", false)
	a := w.login("李敏")
	ws := a.socket(map[string]string{"t": "hello", "csrf": a.csrf})
	for range 2 { // welcome, and how he stands
		must(t, ws.ReadJSON(&struct{}{}))
	}
	start := time.Now()
	w.visitors.Stop()
	if took := time.Since(start); took > 900*time.Millisecond {
		t.Errorf("stopped after %v", took)
	}
	ws.SetReadDeadline(time.Now().Add(5 * time.Second))
	var f struct{ T, Code string }
	if err := ws.ReadJSON(&f); err != nil || f.T != "bye" || f.Code != "restart" {
		t.Errorf("instead of good-bye: %+v, %v", f, err)
	}
	if code, _ := closed(ws); code != websocket.CloseServiceRestart {
		t.Errorf("closed with %d, want 1012", code)
	}
}
