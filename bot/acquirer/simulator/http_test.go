package simulator_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"posdoctor/bot/acquirer/contract"
	"posdoctor/bot/acquirer/nearby"
	"posdoctor/bot/acquirer/signing"
	"posdoctor/bot/acquirer/simulator"
)

// inbox takes events as posdoctor would; the first tries of each fail.
type inbox struct {
	mu     sync.Mutex
	fails  int // how often each event is not taken
	tries  map[string]int
	events []contract.Event
	faults []string
}

func (b *inbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	var ev contract.Event
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := signing.VerifyRequest(nearby.Key(), r, body, time.Now(), nil); err != nil {
		b.faults = append(b.faults, err.Error())
	}
	if err := contract.Decode(body, &ev); err != nil {
		b.faults = append(b.faults, err.Error())
	}
	if b.tries == nil {
		b.tries = map[string]int{}
	}
	if b.tries[ev.ID]++; b.tries[ev.ID] <= b.fails {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	b.events = append(b.events, ev)
	w.WriteHeader(http.StatusNoContent)
}

// states are what was reported, in the order it was taken.
func (b *inbox) states() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	var out []string
	for _, ev := range b.events {
		out = append(out, ev.Ticket.Request+" "+string(ev.Ticket.Status))
	}
	return out
}

// Each step of a ticket is reported once it comes, signed, until it is taken; after a restart the last one is reported again.
func TestEvents(t *testing.T) {
	dir := t.TempDir()
	b := &inbox{fails: 1}
	far := httptest.NewServer(b)
	defer far.Close()
	start := func() (s nearby.Simulated, stop func()) {
		t.Helper()
		sim, err := simulator.New(simulator.Config{Dir: dir, Key: nearby.Key(), EventsURL: far.URL + contract.EventsPath})
		if err != nil {
			t.Fatal(err)
		}
		client, err := nearby.Connect(sim, nil)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); sim.Run(ctx) }()
		return nearby.Simulated{Client: client, Simulator: sim}, func() { cancel(); <-done; client.Close(); sim.Close() }
	}
	wait := func(want ...string) {
		t.Helper()
		for end := time.Now().Add(10 * time.Second); !slices.Equal(b.states(), want); time.Sleep(10 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("reported was %v, want %v", b.states(), want)
			}
		}
	}
	s, stop := start()
	r := ticketRequest(1)
	no := mustOpen(t, s, r).No
	if err := s.Move(no, contract.TicketInProgress, "已受理"); err != nil {
		t.Fatal(err)
	}
	wait("R0001 IN_PROGRESS")
	if err := s.Move(no, contract.TicketDone, "已办结"); err != nil {
		t.Fatal(err)
	}
	wait("R0001 IN_PROGRESS", "R0001 DONE")
	stop()
	s, stop = start()
	defer stop()
	wait("R0001 IN_PROGRESS", "R0001 DONE", "R0001 DONE")
	if got := mustOpen(t, s, r); got.No != no || got.Status != "DONE" || got.Note != "已办结" {
		t.Errorf("after the restart the ticket is %+v", got)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.faults) > 0 || b.events[1].ID != b.events[2].ID || b.events[0].ID == b.events[1].ID {
		t.Errorf("faults %v, ids %s %s %s", b.faults, b.events[0].ID, b.events[1].ID, b.events[2].ID)
	}
	for i, ev := range b.events {
		if ev.Merchant != r.Merchant || ev.Ticket.No != no || ev.Ticket.ChangedAt != ev.At {
			t.Errorf("event %d is %+v with %+v", i, ev, ev.Ticket)
		}
	}
}

// What was ordered for a merchant comes when it is due: documents are accepted after two minutes.
func TestChanges(t *testing.T) {
	c := &clock{t: noon}
	s := open(t, t.TempDir(), c.now)
	for _, x := range []struct {
		merchant, what string
		after          time.Duration
	}{{"demo-2", simulator.ChangeAccepted, 2 * time.Minute}, {"demo-1", simulator.ChangeExpired, time.Minute}, {"demo-1", simulator.ChangeRisk, 3 * time.Minute}} {
		if err := s.Change(x.merchant, x.what, x.after); err != nil {
			t.Fatal(err)
		}
	}
	if s.Change("demo-9", simulator.ChangeRisk, 0) == nil || s.Change("demo-1", "refund", 0) == nil {
		t.Error("a change of nobody, or of nothing, was taken")
	}
	steps := []struct {
		wait               time.Duration
		two, one           string
		twoLimits, oneFact int
	}{{0, "DOCS_EXPIRED", "ACTIVE", 1, 0}, {90 * time.Second, "DOCS_EXPIRED", "DOCS_EXPIRED", 1, 1}, {time.Minute, "ACTIVE", "DOCS_EXPIRED", 0, 1}, {time.Minute, "ACTIVE", "RISK_HOLD", 0, 2}}
	for i, x := range steps {
		c.add(x.wait)
		s.Forget("demo-1")
		s.Forget("demo-2")
		two, err := s.Record(t.Context(), "demo-2")
		if err != nil {
			t.Fatal(err)
		}
		one, err := s.Record(t.Context(), "demo-1")
		if err != nil {
			t.Fatal(err)
		}
		if two.Status != x.two || one.Status != x.one || len(two.Restrictions) != x.twoLimits || len(one.Restrictions) != x.oneFact {
			t.Errorf("step %d: demo-2 is %s with %d limits, demo-1 %s with %d", i, two.Status, len(two.Restrictions), one.Status, len(one.Restrictions))
		}
		if two.Name != "演示商户 2 · 川味小馆" {
			t.Errorf("step %d: the name is %q", i, two.Name)
		}
	}
}

// The controls answer on this machine alone, and to no page of elsewhere.
func TestControls(t *testing.T) {
	s := open(t, t.TempDir(), nil)
	no := mustOpen(t, s, ticketRequest(1)).No
	send := func(path string, form url.Values, change func(*http.Request)) int {
		r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.RemoteAddr, r.Host = "127.0.0.1:1234", "127.0.0.1:8070"
		if change != nil {
			change(r)
		}
		rec := httptest.NewRecorder()
		s.ServeHTTP(rec, r)
		return rec.Code
	}
	origin := func(o string) func(*http.Request) { return func(r *http.Request) { r.Header.Set("Origin", o) } }
	cases := []struct {
		name, path, form string
		change           func(*http.Request)
		want             int
	}{
		{"a fault", "/control/fault", "kind=500&p=0.5&times=3&op=getMerchant&delay=1s", nil, 303},
		{"no faults", "/control/fault", "kind=none", nil, 303},
		{"the same page", "/control/fault", "kind=none", origin("http://127.0.0.1:8070"), 303},
		{"IPv6", "/control/fault", "kind=none", func(r *http.Request) { r.RemoteAddr, r.Host = "[::1]:9", "[::1]:8070" }, 303},
		{"a page of elsewhere", "/control/fault", "kind=500", origin("https://evil.example"), 403},
		{"a page without origin", "/control/fault", "kind=500", origin("null"), 403},
		{"another machine", "/control/fault", "kind=500", func(r *http.Request) { r.RemoteAddr = "10.0.0.7:9" }, 403},
		{"a name that leads here", "/control/fault", "kind=500", func(r *http.Request) { r.Host = "evil.example:8070" }, 403},
		{"an unknown fault", "/control/fault", "kind=earthquake", nil, 400},
		{"a probability of two", "/control/fault", "kind=500&p=2", nil, 400},
		{"an unknown operation", "/control/fault", "kind=500&op=refund", nil, 400},
		{"a long delay", "/control/fault", "kind=slow&delay=1h", nil, 400},
		{"read", "/control/fault", "", func(r *http.Request) { r.Method = http.MethodGet }, 405},
		{"a change", "/control/change", "merchant=demo-2&change=accepted&after=2m", nil, 303},
		{"a change of nobody", "/control/change", "merchant=x&change=accepted", nil, 404},
		{"a change at no time", "/control/change", "merchant=demo-2&change=accepted&after=soon", nil, 400},
		{"a ticket", "/control/ticket", "status=DONE&note=%E5%8A%9E%E7%BB%93&no=" + no, nil, 303},
		{"a ticket of nobody", "/control/ticket", "status=DONE&no=LQ1", nil, 404},
		{"a ticket to nowhere", "/control/ticket", "status=UNKNOWN&no=" + no, nil, 400},
		{"a note of two lines", "/control/ticket", "status=DONE&note=a%0Ab&no=" + no, nil, 400},
	}
	for _, c := range cases {
		form, err := url.ParseQuery(c.form)
		if err != nil {
			t.Fatal(err)
		}
		if got := send(c.path, form, c.change); got != c.want {
			t.Errorf("%s: status %d, want %d", c.name, got, c.want)
		}
	}
	if got := s.Tickets(); len(got) != 1 || got[0].Status != "DONE" || got[0].Note != "办结" {
		t.Errorf("the tickets are %+v", got)
	}
	if _, err := s.Merchant(t.Context(), "demo-1"); err != nil {
		t.Errorf("a fault stayed: %v", err)
	}
}

// The page shows tickets and merchants, and what merchants write in it is text.
func TestPage(t *testing.T) {
	s := open(t, t.TempDir(), nil)
	r := ticketRequest(1)
	r.Title = `<script>alert(1)</script>`
	mustOpen(t, s, r)
	rec := httptest.NewRecorder()
	s.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/", nil))
	page := rec.Body.String()
	for _, want := range []string{"LQ", "演示商户 2 · 川味小馆", "&lt;script&gt;alert(1)", "演示商户 7", "commit-timeout"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(page, "<script") || !strings.Contains(rec.Header().Get("Content-Security-Policy"), "default-src 'none'") {
		t.Error("a script could run on the page")
	}
	rec = httptest.NewRecorder()
	s.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/openapi.json", nil))
	if !json.Valid(rec.Body.Bytes()) {
		t.Error("the document is no JSON")
	}
}

// Without a signature nobody learns anything.
func TestUnsigned(t *testing.T) {
	s := open(t, t.TempDir(), nil)
	for _, r := range contract.Routes {
		path := strings.NewReplacer("{merchant}", "demo-2", "{terminal}", "4102").Replace(r.Path)
		rec := httptest.NewRecorder()
		s.ServeHTTP(rec, httptest.NewRequest(r.Method, path, strings.NewReader("{}")))
		var e contract.Error
		if err := contract.Decode(rec.Body.Bytes(), &e); err != nil || rec.Code != http.StatusUnauthorized || e.Code != contract.CodeBadSignature {
			t.Errorf("%s answers %d %s: %v", r.Op, rec.Code, rec.Body, err)
		}
	}
}
