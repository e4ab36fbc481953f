package web_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"posdoctor/bot"
	"posdoctor/bot/store"
	"posdoctor/server/web"
)

// watches opens a socket that watches a conversation, and reads up to a line of it.
func (c *client) watches(conv string) *websocket.Conn {
	c.t.Helper()
	ws := c.socket(map[string]string{"t": "hello", "csrf": c.csrf})
	must(c.t, ws.WriteJSON(map[string]any{"t": "watch", "conv": conv, "last": 0}))
	reads(c.t, ws, "ev")
	return ws
}

// reads reads frames up to one of a type.
func reads(t *testing.T, ws *websocket.Conn, typ string) {
	t.Helper()
	ws.SetReadDeadline(time.Now().Add(10 * time.Second))
	for {
		var f struct{ T string }
		if err := ws.ReadJSON(&f); err != nil {
			t.Fatalf("waiting for %s: %v", typ, err)
		}
		if f.T == typ {
			return
		}
	}
}

// Whichever way an agent reads a conversation that is not his, the audit log has it, once in ten minutes.
func TestReadsAreAudited(t *testing.T) {
	var ahead atomic.Int64
	w := newWorld(t, func(d *web.Deps) { d.Now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) } }, nil)
	v, other := w.visitor(), w.visitor()
	v.says("转人工")
	other.says("转人工")
	path := api + "/conversations/" + v.conv
	read := "read " + v.conv
	for way, look := range map[string]func(*client){
		"card":   func(c *client) { c.do("GET", path, nil) },
		"events": func(c *client) { c.do("GET", path+"/events", nil) },
		"watch":  func(c *client) { c.watches(v.conv) },
	} {
		t.Run(way, func(t *testing.T) {
			w.agent(way, false)
			c := w.login(way)
			c.do("GET", api+"/conversations", nil)
			if got := w.audited(c.id); len(got) != 0 {
				t.Errorf("before a look: %v", got)
			}
			look(c)
			if got := w.audited(c.id); !slices.Equal(got, []string{read}) {
				t.Errorf("after a look: %v", got)
			}
			look(c)
			c.do("GET", path, nil)
			c.do("GET", path+"/events", nil)
			if got := w.audited(c.id); len(got) != 1 {
				t.Errorf("after more within ten minutes: %v", got)
			}
			c.do("GET", api+"/conversations/"+other.conv, nil)
			ahead.Add(int64(11 * time.Minute))
			look(c)
			if got := w.audited(c.id); len(got) != 3 || !slices.Contains(got, "read "+other.conv) {
				t.Errorf("another conversation, and later again: %v", got)
			}
		})
	}
}

// The holder reads without a trace; what he does leaves one. Who goes on watching what he gave away reads what is not his.
func TestActsAreAudited(t *testing.T) {
	w := newWorld(t, nil, nil)
	w.agent("李敏", false)
	a := w.login("李敏")
	v := w.visitor()
	v.says("转人工")
	path := api + "/conversations/" + v.conv
	a.act(v.conv, "claim")
	a.do("GET", path, nil)
	a.do("GET", path+"/events", nil)
	ws := a.watches(v.conv)
	for range 2 { // the second is the same reply
		a.do("POST", path+"/messages", map[string]any{"cid": "r", "text": "您好", "epoch": w.epoch(v.conv)})
	}
	a.do("POST", path+"/messages", map[string]any{"cid": "s", "text": "您好", "epoch": 0}) // refused
	a.act(v.conv, "release")
	reads(t, ws, "ev")
	v.says("提示 58")
	want := []string{"claim " + v.conv, "reply " + v.conv, "release " + v.conv, "read " + v.conv}
	var got []string
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if got = w.audited(a.id); len(got) >= len(want) {
			break
		}
	}
	slices.Sort(got) // the socket is told of the release before its trace is written
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("the audit log has %v, want %v", got, want)
	}
}

// hangUp is a bus that ends a request as soon as its turn is kept.
type hangUp struct {
	bot.Bus
	cancel atomic.Pointer[context.CancelFunc]
}

func (h *hangUp) Publish(topics ...string) {
	if cancel := h.cancel.Load(); cancel != nil {
		(*cancel)()
	}
	h.Bus.Publish(topics...)
}

// Hanging up in the middle leaves the trace.
func TestHangingUpLeavesTheTrace(t *testing.T) {
	w := newWorld(t, nil, nil)
	w.agent("李敏", false)
	a := w.login("李敏")
	v := w.visitor()
	v.says("转人工")
	bus := &hangUp{Bus: w.service.Bus}
	w.service.Bus = bus
	for _, tt := range []struct{ what, body string }{{"claim", `{"epoch":1}`}, {"messages", `{"epoch":2,"cid":"r","text":"您好"}`}} {
		ctx, cancel := context.WithCancel(t.Context())
		bus.cancel.Store(&cancel)
		q := httptest.NewRequestWithContext(ctx, "POST", api+"/conversations/"+v.conv+"/"+tt.what, strings.NewReader(tt.body))
		q.Header.Set("X-CSRF-Token", a.csrf)
		for _, c := range a.http.Jar.Cookies(address(t, w.server.URL)) {
			q.AddCookie(c)
		}
		rec := httptest.NewRecorder()
		w.engine.ServeHTTP(rec, q)
		if rec.Code != http.StatusOK || ctx.Err() == nil {
			t.Errorf("%s: %d %s", tt.what, rec.Code, rec.Body)
		}
		cancel()
	}
	bus.cancel.Store(nil)
	if got := w.audited(a.id); !slices.Equal(got, []string{"claim " + v.conv, "reply " + v.conv}) {
		t.Errorf("the audit log has %v", got)
	}
}

// The roles that exist may read everything; one that does not exist may nothing.
func TestRoles(t *testing.T) {
	w := newWorld(t, nil, nil)
	v := w.visitor()
	v.says("转人工")
	path := api + "/conversations/" + v.conv
	hash, err := hashed()
	must(t, err)
	login := func(role string) *client {
		must(t, w.store.AddAgent(t.Context(), store.Agent{ID: bot.NewID(), Name: "role " + role, Role: role, Password: hash}))
		return w.login("role " + role)
	}
	for _, role := range []string{store.RoleAgent, store.RoleLead, store.RoleAdmin} {
		c := login(role)
		for _, p := range []string{api + "/conversations", path, path + "/events"} {
			if r := c.do("GET", p, nil); r.status != 200 {
				t.Errorf("%s, %s: %d %s", role, p, r.status, r.raw)
			}
		}
		c.watches(v.conv)
	}
	for _, role := range []string{"", "intern", "Admin"} {
		c := login(role)
		for _, r := range w.engine.Routes() {
			if !strings.HasPrefix(r.Path, api+"/conversations") && r.Path != api+"/ws" {
				continue
			}
			got := c.do(r.Method, strings.ReplaceAll(r.Path, ":id", v.conv), body(r.Method))
			if got.status != 403 || got.Error.Code != "role" || !strings.HasSuffix(got.Error.Message, "。") {
				t.Errorf("%q, %s %s: %d %s", role, r.Method, r.Path, got.status, got.raw)
			}
		}
		if got := w.audited(c.id); len(got) != 0 {
			t.Errorf("%q: %v", role, got)
		}
	}
	// One who loses his role while he watches reads no further.
	c := w.login("role " + store.RoleLead)
	ws := c.watches(v.conv)
	_, err = w.open().Exec(`UPDATE agents SET role = 'none' WHERE id = $1`, c.id)
	must(t, err)
	time.Sleep(4 * time.Second) // longer than from one check to the next
	v.says("还在吗")
	if code, _ := closed(ws); code != websocket.ClosePolicyViolation {
		t.Errorf("closed with %d, want 1008", code)
	}
}
