package web_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/gorilla/websocket"
	"go.uber.org/goleak"

	"posdoctor/bot"
	"posdoctor/bot/acquirer/nearby"
	"posdoctor/bot/desk"
	"posdoctor/bot/live"
	"posdoctor/bot/store"
	"posdoctor/channels/web"
	"posdoctor/knowledge"
)

// shipped is the library with its index, built once for all tests.
var shipped struct {
	once  sync.Once
	lib   knowledge.Library
	index *knowledge.Index
	err   error
}

func TestMain(m *testing.M) {
	before := goleak.IgnoreCurrent() // the index library keeps workers from its start on
	code := m.Run()
	if shipped.index != nil {
		shipped.index.Close()
	}
	if code == 0 {
		if err := goleak.Find(before); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

// world is the channel with everything real behind it: service, library, simulator, SQLite. Only its clock can be turned.
type world struct {
	t       *testing.T
	ahead   atomic.Int64 // how far the clock is turned
	store   *store.Store
	service *bot.Service
	channel *web.Channel
	server  *httptest.Server
	open    atomic.Bool                // somebody is at the desk
	week    atomic.Pointer[desk.Hours] // when people serve; nil: always
	broken  atomic.Bool                // a turn panics
	full    atomic.Bool                // the disk
	logs    logs
}

// logs keeps what is logged.
type logs struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

const (
	epoch   = "e-test"
	shop    = "https://shop.example"
	foreign = "https://evil.example"
)

var key = []byte("a key that only this test knows!")

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func newWorld(t *testing.T) *world {
	t.Helper()
	shipped.once.Do(func() {
		if shipped.lib, shipped.err = knowledge.Embedded(); shipped.err == nil {
			shipped.index, shipped.err = knowledge.NewIndex(shipped.lib)
		}
	})
	must(t, shipped.err)
	w := &world{t: t}
	dir := t.TempDir()
	st, err := store.Open(t.Context(), filepath.Join(dir, "posdoctor.db"))
	must(t, err)
	t.Cleanup(func() { st.Close() })
	sim, err := nearby.Simulate(filepath.Join(dir, "simulator"), w.now)
	must(t, err)
	t.Cleanup(func() { sim.Close() })
	bus, log := &live.Bus{}, slog.New(slog.NewTextHandler(&w.logs, nil))
	w.store = st
	w.service = &bot.Service{Store: st, Bus: bus, Finder: bot.LibraryFinder{Index: shipped.index}, Engine: bot.NewEngine(), Desk: w, Binder: sim,
		CSAT: func(context.Context) (bot.CSAT, error) { return bot.DefaultCSAT(), nil }, Now: w.now, NewID: bot.NewID, Log: log}
	book, err := bot.NewPlaybook(shipped.lib)
	must(t, err)
	must(t, w.service.Publish(t.Context(), book))
	w.channel = web.New(web.Config{Epoch: epoch, Key: key, Once: st.UseIdentity, Room: func() bool { return !w.full.Load() }, Sites: []web.Site{
		{ID: "demo", Title: "机具助手", Greeting: "您好", Topics: []string{"刷卡没反应"}}, {ID: "shop", Origins: []string{shop}}}},
		w.service, st, bus, w, w.now, log)
	w.channel.Suggester, w.channel.Records, w.channel.Notes = web.LibrarySuggester{Index: shipped.index}, sim, st
	w.server = httptest.NewUnstartedServer(w.channel)
	w.server.Config.ConnState = func(c net.Conn, s http.ConnState) {
		if tcp, ok := c.(*net.TCPConn); ok && s == http.StateNew {
			tcp.SetWriteBuffer(4 << 10) // so that a slow reader is felt soon
		}
	}
	w.server.Start()
	t.Cleanup(func() { w.channel.Stop(); w.server.Close() })
	return w
}

func (w *world) now() time.Time { return time.Now().Add(time.Duration(w.ahead.Load())) }

func (w *world) turn(d time.Duration) { w.ahead.Add(int64(d)) }

// Status implements bot.Desk.
func (w *world) Status(ctx context.Context, except string) (bot.DeskStatus, error) {
	if w.broken.Load() {
		panic("a bug in a turn")
	}
	n, err := w.store.Waiting(ctx, except)
	st := bot.DeskStatus{Open: w.open.Load(), Waiting: n, ETA: 180}
	if h := w.week.Load(); h != nil {
		cal, now := h.At(""), w.now()
		if at, ok := cal.Opens(now); ok && !cal.Open(now) {
			st.Open, st.Why, st.Hours, st.Back, st.Opens = false, "closed", cal.Told(now), cal.Back(now), at.UnixMilli()
		}
	}
	return st, err
}

// HoursAt implements web.Hours.
func (w *world) HoursAt(context.Context, bot.Address) (string, error) {
	if h := w.week.Load(); h != nil {
		return h.At("").Told(w.now()), nil
	}
	return "", nil
}

// request is what a visitor's page sends. Empty fields are left out; the address is this machine unless told.
type request struct {
	method, path, token, origin, kind, from string
	body                                    any // a string is sent as it is
	header                                  map[string]string
}

// reply is what comes back.
type reply struct {
	status int
	header http.Header
	raw    string

	T          string        `json:"t"`
	Code       string        `json:"code"`
	Message    string        `json:"message"`
	RetryMS    int           `json:"retry_ms"`
	CID        string        `json:"cid"`
	ID         int64         `json:"id"`
	Token      string        `json:"token"`
	Conv       string        `json:"conv"`
	Epoch      string        `json:"epoch"`
	Last       int64         `json:"last"`
	ServerTime int64         `json:"server_time"`
	Events     []bot.Message `json:"events"`
	More       bool          `json:"more"`
	Gap        bool          `json:"gap"`
	State      web.State     `json:"state"`
}

func (w *world) do(r request) reply {
	w.t.Helper()
	var body io.Reader
	switch b := r.body.(type) {
	case nil:
	case string:
		body = strings.NewReader(b)
	default:
		data, err := json.Marshal(b)
		must(w.t, err)
		body = bytes.NewReader(data)
	}
	q := httptest.NewRequest(r.method, "http://127.0.0.1:8080/api/w/v1"+r.path, body).WithContext(w.t.Context())
	q.RemoteAddr = "127.0.0.1:50000"
	if r.from != "" {
		q.RemoteAddr = r.from
	}
	if r.kind == "" && body != nil {
		r.kind = "application/json"
	}
	for k, v := range map[string]string{"Content-Type": r.kind, "Origin": r.origin} {
		if v != "" {
			q.Header.Set(k, v)
		}
	}
	if r.token != "" {
		q.Header.Set("Authorization", "Bearer "+r.token)
	}
	for k, v := range r.header {
		if k == "Host" {
			q.Host = v
			continue
		}
		q.Header.Set(k, v)
	}
	rec := httptest.NewRecorder()
	w.channel.ServeHTTP(rec, q)
	out := reply{status: rec.Code, header: rec.Header(), raw: rec.Body.String()}
	if rec.Body.Len() > 0 {
		if err := json.Unmarshal(rec.Body.Bytes(), &out); err != nil {
			w.t.Fatalf("%s %s answers %d with what is no JSON: %q", r.method, r.path, rec.Code, rec.Body)
		}
	}
	return out
}

// visitor is one with a session.
type visitor struct {
	*world
	token, conv string
	cids        int
}

func (w *world) visitor() *visitor {
	w.t.Helper()
	s := w.do(request{method: "POST", path: "/session", body: map[string]string{"site": "demo"}})
	if s.status != 200 || s.Token == "" || s.Conv == "" {
		w.t.Fatalf("session: %d %s", s.status, s.raw)
	}
	return &visitor{world: w, token: s.Token, conv: s.Conv}
}

func (v *visitor) send(body any) reply {
	v.t.Helper()
	return v.do(request{method: "POST", path: "/send", token: v.token, body: body})
}

// says sends a line that must be taken, and returns its number.
func (v *visitor) says(text string) int64 {
	v.t.Helper()
	v.cids++
	cid := fmt.Sprintf("c%d", v.cids)
	r := v.send(map[string]string{"t": "msg", "cid": cid, "text": text})
	if r.status != 200 || r.T != "ack" || r.CID != cid || r.ID == 0 {
		v.t.Fatalf("sending %q: %d %s", text, r.status, r.raw)
	}
	return r.ID
}

func (v *visitor) get(path string) reply {
	v.t.Helper()
	return v.do(request{method: "GET", path: path, token: v.token})
}

// lines are all lines of the conversation.
func (v *visitor) lines() []bot.Message {
	v.t.Helper()
	out, err := v.store.Messages(v.t.Context(), v.conv, 0, 1000)
	must(v.t, err)
	return out
}

var agent = &bot.AgentID{ID: "agent-1", Name: "李敏"}

// desk lets an agent act on the conversation at its present epoch.
func (v *visitor) desk(kind, text string) {
	v.t.Helper()
	c, err := v.store.ConversationByID(v.t.Context(), v.conv)
	must(v.t, err)
	_, err = v.service.HandleID(v.t.Context(), v.conv, bot.Event{Kind: kind, Agent: agent, Epoch: c.Epoch, Text: text})
	must(v.t, err)
}

// claims are those of a token.
func claims(v *visitor, from time.Time) jwt.MapClaims {
	return jwt.MapClaims{"iss": "posdoctor", "sub": "somebody", "site": "demo", "conv": v.conv, "iat": from.Unix(), "exp": from.Add(12 * time.Hour).Unix()}
}

func sign(t *testing.T, m jwt.SigningMethod, key any, c jwt.MapClaims) string {
	t.Helper()
	s, err := jwt.NewWithClaims(m, c).SignedString(key)
	must(t, err)
	return s
}

// wire is a visitor's socket.
type wire struct {
	t  *testing.T
	ws *websocket.Conn
}

// dial opens a socket and sends its first frame unless that is nil.
func (w *world) dial(origin string, hello any) *wire {
	w.t.Helper()
	d := websocket.Dialer{Subprotocols: []string{"posdoctor.v1"}, NetDial: func(network, addr string) (net.Conn, error) {
		c, err := net.Dial(network, addr)
		if err == nil {
			c.(*net.TCPConn).SetReadBuffer(4 << 10)
		}
		return c, err
	}}
	h := http.Header{}
	if origin != "" {
		h.Set("Origin", origin)
	}
	ws, _, err := d.DialContext(w.t.Context(), "ws"+strings.TrimPrefix(w.server.URL, "http")+"/api/w/v1/ws", h)
	must(w.t, err)
	w.t.Cleanup(func() { ws.Close() })
	x := &wire{w.t, ws}
	if hello != nil {
		x.put(hello)
	}
	return x
}

func (v *visitor) hello(last int64) map[string]any {
	return map[string]any{"t": "hello", "token": v.token, "conv": v.conv, "last": last, "epoch": epoch, "tab": "a1"}
}

// live opens a socket that is welcomed.
func (v *visitor) live(last int64) (*wire, frame) {
	v.t.Helper()
	x := v.dial("", v.hello(last))
	f := x.next()
	if f.T != "welcome" {
		v.t.Fatalf("instead of a welcome: %s", f.raw)
	}
	return x, f
}

// frame is what a socket receives.
type frame struct {
	raw string
	bot.Message
	T       string    `json:"t"`
	Code    string    `json:"code"`
	CID     string    `json:"cid"`
	Epoch   string    `json:"epoch"`
	Conv    string    `json:"conv"`
	Last    int64     `json:"last"`
	Replay  int64     `json:"replay"`
	Gap     bool      `json:"gap"`
	HB      int       `json:"hb"`
	State   web.State `json:"state"`
	Who     string    `json:"who"`
	On      bool      `json:"on"`
	RetryMS int       `json:"retry_ms"`
}

func (x *wire) put(v any) {
	x.t.Helper()
	must(x.t, x.ws.WriteJSON(v))
}

// next reads one frame; it must come within ten seconds.
func (x *wire) next() frame {
	x.t.Helper()
	f, err := x.read()
	must(x.t, err)
	return f
}

func (x *wire) read() (frame, error) {
	x.ws.SetReadDeadline(time.Now().Add(10 * time.Second))
	_, data, err := x.ws.ReadMessage()
	if err != nil {
		return frame{}, err
	}
	f := frame{raw: string(data)}
	return f, json.Unmarshal(data, &f)
}

// until reads frames up to the first for which want holds, and returns all it read.
func (x *wire) until(what string, want func(frame) bool) []frame {
	x.t.Helper()
	var all []frame
	for {
		f, err := x.read()
		if err != nil {
			var seen []string
			for _, f := range all {
				seen = append(seen, f.raw)
			}
			x.t.Fatalf("waiting for %s: %v after\n%s", what, err, strings.Join(seen, "\n"))
		}
		all = append(all, f)
		if want(f) {
			return all
		}
	}
}

// both reads until a frame has come for either condition, in whatever order, and returns the two: who holds a conversation is read after
// its lines, so a line that comes between the two readings is sent after the state.
func (x *wire) both(what string, one, other func(frame) bool) (frame, frame) {
	x.t.Helper()
	var first, second *frame
	x.until(what, func(f frame) bool {
		if first == nil && one(f) {
			first = &f
		}
		if second == nil && other(f) {
			second = &f
		}
		return first != nil && second != nil
	})
	return *first, *second
}

// closed reads until the connection ends and returns the code of its end, -1 without one.
func (x *wire) closed() int {
	x.t.Helper()
	for {
		_, err := x.read()
		var c *websocket.CloseError
		if asClose(err, &c) {
			return c.Code
		}
		if err != nil {
			return -1
		}
	}
}
