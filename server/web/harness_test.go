package web_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"go.uber.org/goleak"

	"posdoctor/bot"
	"posdoctor/bot/acquirer"
	"posdoctor/bot/acquirer/nearby"
	"posdoctor/bot/desk"
	"posdoctor/bot/live"
	"posdoctor/bot/store"
	"posdoctor/channels"
	visitors "posdoctor/channels/web"
	"posdoctor/knowledge"
	"posdoctor/server/console"
	"posdoctor/server/web"
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

// world is a whole server in the process: library, SQLite, simulator, dispatcher, all routes.
type world struct {
	t        *testing.T
	file     string // the database
	store    *store.Store
	service  *bot.Service
	presence *web.Presence
	desk     *desk.Desk
	visitors *visitors.Channel
	engine   *gin.Engine
	server   *httptest.Server
	logs     *logs
}

// logs keeps what is logged, at every level.
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

const password = "correct horse battery"

var hashed = sync.OnceValues(func() (string, error) { return web.HashPassword(password) })

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// newWorld starts a server. change may alter its parts, around may stand between server and routes.
func newWorld(t *testing.T, change func(*web.Deps), around func(http.Handler) http.Handler) *world {
	t.Helper()
	shipped.once.Do(func() {
		if shipped.lib, shipped.err = knowledge.Embedded(); shipped.err == nil {
			shipped.index, shipped.err = knowledge.NewIndex(shipped.lib)
		}
	})
	must(t, shipped.err)
	w := &world{t: t, logs: &logs{}}
	log := slog.New(slog.NewTextHandler(w.logs, &slog.HandlerOptions{Level: slog.LevelDebug}))
	dir := t.TempDir()
	w.file = filepath.Join(dir, "posdoctor.db")
	st, err := store.Open(t.Context(), w.file)
	must(t, err)
	t.Cleanup(func() { st.Close() })
	sim, err := nearby.Simulate(filepath.Join(dir, "simulator"), time.Now)
	must(t, err)
	t.Cleanup(func() { sim.Close() })
	bus := &live.Bus{}
	w.store = st
	w.presence = &web.Presence{Now: time.Now}
	w.desk = &desk.Desk{Store: st, Roster: w.presence, Bus: bus, Now: time.Now, Log: log}
	w.service = &bot.Service{Store: st, Bus: bus, Finder: bot.LibraryFinder{Index: shipped.index}, Engine: bot.NewEngine(), Desk: w.desk,
		Binder: sim, Now: time.Now, NewID: bot.NewID, Log: log}
	w.desk.Handle = w.service.HandleID
	book, err := bot.NewPlaybook(shipped.lib)
	must(t, err)
	must(t, w.service.Publish(t.Context(), book))
	ch := visitors.New(visitors.Config{Epoch: "e-test", Key: []byte("a key that only this test knows!"), Sites: []visitors.Site{
		{ID: "demo", Title: "机具助手", Greeting: "您好", Topics: []string{"刷卡没反应"}}}}, w.service, st, bus, w.desk, time.Now, log)
	ch.Suggester, ch.Records, ch.Notes = visitors.LibrarySuggester{Index: shipped.index}, sim, st
	w.visitors = ch
	d := web.Deps{Service: w.service, Store: st, Bus: bus, Desk: w.presence, Work: w.desk, Visitors: ch, Ready: st.Ping, ConsolePage: console.Index,
		ConsoleDist: console.Dist, Records: sim, Now: time.Now, Log: log}
	if change != nil {
		change(&d)
	}
	h, err := web.New(d)
	must(t, err)
	w.engine = h.(*gin.Engine)
	if around != nil {
		h = around(h)
	}
	w.server = httptest.NewServer(h)
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		(&channels.Dispatcher{Outbox: st, Bus: bus, Handle: w.service.Handle, Now: time.Now, Log: log,
			Targets: map[string]bot.Deliverer{bot.TargetAcquirer: acquirer.NewDeliverer(sim, time.Now, bot.NewID)}}).Run(ctx)
	})
	t.Cleanup(func() { stop(); running.Wait(); ch.Stop(); w.server.Close() })
	return w
}

// open reads and writes the database beside the server.
func (w *world) open() *sql.DB {
	w.t.Helper()
	db, err := sql.Open("sqlite", "file:"+w.file+"?_pragma=busy_timeout(5000)")
	must(w.t, err)
	w.t.Cleanup(func() { db.Close() })
	return db
}

// audited are an agent's acts in the audit log, beside his login.
func (w *world) audited(agent string) []string {
	w.t.Helper()
	rows, err := w.open().Query(`SELECT act || ' ' || conversation FROM audit WHERE agent = $1 AND act <> 'login' ORDER BY at, id`, agent)
	must(w.t, err)
	defer rows.Close()
	var out []string
	for rows.Next() {
		var s string
		must(w.t, rows.Scan(&s))
		out = append(out, s)
	}
	must(w.t, rows.Err())
	return out
}

// agent adds an agent who has the common password.
func (w *world) agent(name string, temporary bool) store.Agent {
	w.t.Helper()
	hash, err := hashed()
	must(w.t, err)
	a := store.Agent{ID: bot.NewID(), Name: name, Role: store.RoleAgent, Password: hash, Temporary: temporary}
	must(w.t, w.store.AddAgent(w.t.Context(), a))
	return a
}

// asks lets merchants be asked how the help was.
func (w *world) asks() {
	w.service.CSAT = func(context.Context) (bot.CSAT, error) { return bot.DefaultCSAT(), nil }
}

// promote gives an agent another role.
func (w *world) promote(name, role string) {
	w.t.Helper()
	_, err := w.open().Exec(`UPDATE agents SET role = $2 WHERE name = $1`, name, role)
	must(w.t, err)
}

// client is a browser: it keeps cookies and knows what it was given.
type client struct {
	*world
	http  *http.Client
	csrf  string
	token string // of a visitor
	conv  string
	id    string // of an agent
	cids  int
}

func (w *world) client() *client {
	w.t.Helper()
	jar, err := cookiejar.New(nil)
	must(w.t, err)
	tr := &http.Transport{MaxIdleConnsPerHost: 1}
	w.t.Cleanup(tr.CloseIdleConnections)
	return &client{world: w, http: &http.Client{Jar: jar, Transport: tr, Timeout: 40 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	}}}
}

// answer is what a request got.
type answer struct {
	status int
	header http.Header
	raw    string

	CSRF          string        `json:"csrf"`
	Token         string        `json:"token"`
	Conv          string        `json:"conv"`
	CID           string        `json:"cid"`
	ID            any           `json:"id"`
	Epoch         any           `json:"epoch"`
	Holder        *bot.Holder   `json:"holder"`
	Events        []bot.Message `json:"events"`
	Last          int64         `json:"last"`
	Next          string        `json:"next"`
	State         any           `json:"state"`
	Card          *bot.Summary  `json:"card"`
	Conversations []struct {
		ID     string     `json:"id"`
		Title  string     `json:"title"`
		State  string     `json:"state"`
		Holder bot.Holder `json:"holder"`
		Epoch  int64      `json:"epoch"`
	} `json:"conversations"`
	Counts map[string]int `json:"counts"`
	Agent  struct {
		ID         string `json:"id"`
		Name       string `json:"name"`
		Role       string `json:"role"`
		MustChange bool   `json:"must_change"`
	} `json:"agent"`
	Error struct {
		Code    string `json:"code"`
		Message string `json:"message"`
	} `json:"error"`
}

// do sends a request. A string body goes as it is, all else as JSON; header pairs come last and win.
func (c *client) do(method, path string, body any, header ...string) answer {
	c.t.Helper()
	out, err := c.try(method, path, body, header...)
	must(c.t, err)
	return out
}

func (c *client) try(method, path string, body any, header ...string) (answer, error) {
	var in io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		in = strings.NewReader(b)
	default:
		data, err := json.Marshal(b)
		if err != nil {
			return answer{}, err
		}
		in = bytes.NewReader(data)
	}
	q, err := http.NewRequestWithContext(c.t.Context(), method, c.server.URL+path, in)
	if err != nil {
		return answer{}, err
	}
	if in != nil {
		q.Header.Set("Content-Type", "application/json")
	}
	if c.csrf != "" && method != http.MethodGet {
		q.Header.Set("X-CSRF-Token", c.csrf)
	}
	if c.token != "" {
		q.Header.Set("Authorization", "Bearer "+c.token)
	}
	for i := 0; i+1 < len(header); i += 2 {
		q.Header.Set(header[i], header[i+1])
		if header[i+1] == "" {
			q.Header.Del(header[i])
		}
	}
	r, err := c.http.Do(q)
	if err != nil {
		return answer{}, err
	}
	defer r.Body.Close()
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		return answer{}, err
	}
	out := answer{status: r.StatusCode, header: r.Header, raw: string(raw)}
	if len(raw) > 0 && strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		if err := json.Unmarshal(raw, &out); err != nil {
			return out, fmt.Errorf("%s %s: %w in %s", method, path, err, raw)
		}
	}
	return out, nil
}

const api = "/api/a/v1"

// login logs an agent in.
func (w *world) login(name string) *client {
	w.t.Helper()
	c := w.client()
	r := c.do("POST", api+"/login", map[string]string{"name": name, "password": password})
	if r.status != 200 || r.CSRF == "" {
		w.t.Fatalf("login of %s: %d %s", name, r.status, r.raw)
	}
	c.csrf, c.id = r.CSRF, r.Agent.ID
	return c
}

// visitor begins a session.
func (w *world) visitor() *client {
	w.t.Helper()
	c := w.client()
	r := c.do("POST", "/api/w/v1/session", map[string]string{"site": "demo"})
	if r.status != 200 {
		w.t.Fatalf("session: %d %s", r.status, r.raw)
	}
	c.token, c.conv = r.Token, r.Conv
	return c
}

// says sends a visitor's line.
func (c *client) says(text string) {
	c.t.Helper()
	c.frame(map[string]string{"t": "msg", "text": text})
}

func (c *client) frame(f map[string]string) {
	c.t.Helper()
	c.cids++
	f["cid"] = fmt.Sprintf("cid-%d", c.cids)
	if r := c.do("POST", "/api/w/v1/send", f); r.status != 200 {
		c.t.Fatalf("sending %v: %d %s", f, r.status, r.raw)
	}
}

// taps chooses what stands on the newest line with choices.
func (c *client) taps(text string) {
	c.t.Helper()
	lines := c.lines()
	for i := len(lines) - 1; i >= 0; i-- {
		for _, choice := range lines[i].Choices {
			if choice.Text == text {
				c.frame(map[string]string{"t": "act", "name": "choose", "choice": choice.ID})
				return
			}
		}
	}
	c.t.Fatalf("nothing offers %q", text)
}

// lines are all lines of the visitor's conversation, as it reads them.
func (c *client) lines() []bot.Message {
	c.t.Helper()
	r := c.do("GET", "/api/w/v1/history?limit=200", nil)
	if r.status != 200 {
		c.t.Fatalf("history: %d %s", r.status, r.raw)
	}
	return r.Events
}

// waits reads on until a line of a type has come.
func (c *client) waits(typ string) bot.Message {
	c.t.Helper()
	last := int64(0)
	for end := time.Now().Add(15 * time.Second); time.Now().Before(end); {
		r := c.do("GET", fmt.Sprintf("/api/w/v1/poll?last=%d&epoch=e-test&wait=5", last), nil)
		if r.status != 200 {
			c.t.Fatalf("poll: %d %s", r.status, r.raw)
		}
		for _, m := range r.Events {
			if m.Type == typ {
				return m
			}
		}
		last = r.Last
	}
	c.t.Fatalf("no line of type %s came", typ)
	return bot.Message{}
}

// epoch reads how often the conversation changed hands.
func (w *world) epoch(conv string) int64 {
	w.t.Helper()
	c, err := w.store.ConversationByID(w.t.Context(), conv)
	must(w.t, err)
	return c.Epoch
}

// act lets an agent do something with a conversation at its present epoch.
func (c *client) act(conv, what string) answer {
	c.t.Helper()
	body := map[string]any{"epoch": c.epoch(conv)}
	if what == "close" {
		body["reason"] = bot.ClosedSolved
	}
	return c.do("POST", api+"/conversations/"+conv+"/"+what, body)
}
