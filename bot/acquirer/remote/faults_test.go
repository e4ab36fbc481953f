package remote_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"posdoctor/bot/acquirer/contract"
	"posdoctor/bot/acquirer/nearby"
	"posdoctor/bot/acquirer/remote"
	"posdoctor/bot/acquirer/signing"
	"posdoctor/bot/acquirer/simulator"
)

// inBubble runs a test with a clock of its own, against a simulator without a socket.
func inBubble(t *testing.T, test func(*testing.T, nearby.Simulated)) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(time.Date(2026, 11, 23, 4, 0, 0, 0, time.UTC))) // a bubble begins in 2000
		s, err := nearby.Simulate(t.TempDir(), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		test(t, s)
	})
}

func opening(request string) contract.Case {
	return contract.Case{Request: request, Merchant: "demo-2", Title: "证照过期", Body: "所有卡都不行"}
}

// Each fault: what a read says, after how many requests and how much time; and what opening a ticket says, with how many tickets there.
func TestFaults(t *testing.T) {
	cases := []struct {
		fault   simulator.Fault
		code    contract.Code // of the read
		asked   int
		within  time.Duration
		tickets int
	}{
		{simulator.Fault{Kind: simulator.Fault500}, contract.CodeUnavailable, 3, 3 * time.Second, 0},
		{simulator.Fault{Kind: simulator.Fault500, Times: 2}, "", 3, 3 * time.Second, 0},
		{simulator.Fault{Kind: simulator.FaultGarbage}, contract.CodeUnavailable, 3, 3 * time.Second, 1},
		{simulator.Fault{Kind: simulator.FaultHTML}, contract.CodeBadSignature, 1, 0, 1},
		{simulator.Fault{Kind: simulator.FaultHuge}, contract.CodeUnavailable, 3, 3 * time.Second, 1},
		{simulator.Fault{Kind: simulator.FaultReset}, contract.CodeUnavailable, 3, 3 * time.Second, 0},
		{simulator.Fault{Kind: simulator.FaultCommitReset, Times: 1}, "", 2, time.Second, 1},
		{simulator.Fault{Kind: simulator.FaultCommitTimeout}, contract.CodeTimeout, 1, 3 * time.Second, 1},
		{simulator.Fault{Kind: simulator.FaultSlow}, contract.CodeTimeout, 1, 3 * time.Second, 1},
		{simulator.Fault{Kind: simulator.FaultSlow, Delay: 2 * time.Second}, "", 1, 2 * time.Second, 1},
		{simulator.Fault{Kind: simulator.FaultWrongMerchant}, contract.CodeInvalid, 1, 0, 1},
		{simulator.Fault{Kind: simulator.FaultBadSignature}, contract.CodeBadSignature, 1, 0, 1},
		{simulator.Fault{Kind: simulator.FaultUnsigned}, contract.CodeBadSignature, 1, 0, 1},
		{simulator.Fault{Kind: simulator.Fault429}, contract.CodeRateLimited, 3, 3 * time.Second, 0},
	}
	for _, c := range cases {
		t.Run(c.fault.Kind, func(t *testing.T) {
			inBubble(t, func(t *testing.T, s nearby.Simulated) {
				s.SetFaults(c.fault)
				begin := time.Now()
				_, err := s.Merchant(t.Context(), "demo-2")
				if got := contract.CodeOf(err); got != c.code {
					t.Errorf("reading says %q, want %q: %v", got, c.code, err)
				}
				if n := s.Asked(contract.OpMerchant); n != c.asked {
					t.Errorf("it was asked %d times, want %d", n, c.asked)
				}
				if d := time.Since(begin); d > c.within {
					t.Errorf("it took %v, want at most %v", d, c.within)
				}

				s.SetFaults(c.fault)
				_, err = s.Open(t.Context(), opening("R1"))
				good := c.fault.Kind == simulator.FaultSlow
				var e *contract.Error
				if good != (err == nil) || !good && (!errors.As(err, &e) || !e.Retryable || e.Code != contract.CodeTimeout && e.Code != contract.CodeUnavailable) {
					t.Errorf("opening says %v, want an unknown outcome", err)
				}
				if n := s.Asked(contract.OpOpenTicket); n != 1 {
					t.Errorf("opening was sent %d times", n)
				}
				if n := len(s.Tickets()); n != c.tickets {
					t.Errorf("%d tickets are there, want %d", n, c.tickets)
				}

				// The same number and body afterwards: one ticket, whatever happened.
				s.SetFaults()
				if _, err := s.Open(t.Context(), opening("R1")); err != nil {
					t.Error(err)
				}
				if n := len(s.Tickets()); n != 1 {
					t.Errorf("%d tickets in the end, want 1", n)
				}
			})
		})
	}
}

// The breaker opens after five failures within ten seconds, lets one try after half a minute, and closes when that one is answered.
func TestBreaker(t *testing.T) {
	inBubble(t, func(t *testing.T, s nearby.Simulated) {
		s.SetFaults(simulator.Fault{Kind: simulator.FaultReset})
		ask := func() contract.Code {
			_, err := s.Ticket(t.Context(), "demo-2", "R1")
			return contract.CodeOf(err)
		}
		steps := []struct {
			wait  time.Duration
			asked int // in all
			code  contract.Code
			mend  bool
		}{
			{0, 3, contract.CodeUnavailable, false},
			{0, 5, contract.CodeUnavailable, false}, // open
			{0, 5, contract.CodeUnavailable, false},
			{29 * time.Second, 5, contract.CodeUnavailable, false},
			{2 * time.Second, 6, contract.CodeUnavailable, false}, // one try, and open again
			{29 * time.Second, 6, contract.CodeUnavailable, true},
			{2 * time.Second, 7, contract.CodeNotFound, false}, // a refusal: somebody is there
			{0, 8, contract.CodeNotFound, false},
		}
		for i, x := range steps {
			time.Sleep(x.wait)
			if got := ask(); got != x.code {
				t.Errorf("step %d says %q, want %q", i, got, x.code)
			}
			if n := s.Asked(contract.OpTicket); n != x.asked {
				t.Errorf("step %d: asked %d times in all, want %d", i, n, x.asked)
			}
			if x.mend {
				s.SetFaults()
			}
		}

		// Whoever gives up by himself says nothing about the acquirer.
		s.SetFaults(simulator.Fault{Kind: simulator.FaultSlow})
		for range 10 {
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(10*time.Millisecond, cancel)
			s.Ticket(ctx, "demo-2", "R1")
		}
		s.SetFaults()
		if got := ask(); got != contract.CodeNotFound {
			t.Errorf("after ten that gave up it says %q", got)
		}
	})
}

// While the acquirer hangs, a reading costs three seconds at most, and nothing once the breaker is open.
func TestHanging(t *testing.T) {
	inBubble(t, func(t *testing.T, s nearby.Simulated) {
		if _, err := s.Record(t.Context(), "demo-1"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Minute) // nothing is cached but what it can be asked
		s.SetFaults(simulator.Fault{Kind: simulator.FaultCommitTimeout})
		for i := range 10 {
			begin := time.Now()
			_, err := s.Record(t.Context(), "demo-1")
			most := 3 * time.Second
			if i > 1 { // a reading begins with several requests: two of them are five failures at least
				most = 0
			}
			if d := time.Since(begin); err == nil || d > most {
				t.Errorf("reading %d took %v and says %v", i, d, err)
			}
		}
	})
}

// A cached answer says so and keeps its time; it is gone after a minute, or when the acquirer reports a change.
func TestCache(t *testing.T) {
	inBubble(t, func(t *testing.T, s nearby.Simulated) {
		begin := time.Now()
		steps := []struct {
			wait  time.Duration
			stale bool
			seen  time.Duration // after the begin
			then  func()
		}{
			{0, false, 0, nil},
			{time.Second, true, 0, nil},
			{58 * time.Second, true, 0, nil},
			{time.Second, false, 60 * time.Second, nil},
			{time.Second, true, 60 * time.Second, func() { s.Forget("demo-1") }},
			{0, true, 60 * time.Second, func() { s.Forget("demo-2") }},
			{0, false, 61 * time.Second, func() { s.SetFaults(simulator.Fault{Kind: simulator.Fault500}) }},
			{time.Second, true, 61 * time.Second, nil},
		}
		for i, x := range steps {
			time.Sleep(x.wait)
			a, err := s.Merchant(t.Context(), "demo-2")
			if err != nil {
				t.Fatal(err)
			}
			if a.Stale != x.stale || a.ObservedAt != begin.Add(x.seen).UnixMilli() || a.ReceivedAt != a.ObservedAt {
				t.Errorf("step %d: stale %t, seen at %v", i, a.Stale, time.UnixMilli(a.ObservedAt).Sub(begin))
			}
			if x.then != nil {
				x.then()
			}
		}
		s.SetFaults()
		for range 2 { // what may have just changed is never remembered
			if a, err := s.Transaction(t.Context(), "demo-2", "T2-1"); err != nil || a.Stale {
				t.Errorf("stale %t, %v", a.Stale, err)
			}
		}
		if s.Asked(contract.OpTransaction) != 2 {
			t.Error("a payment came out of the cache")
		}
	})
}

// hostile answers as it likes, with a right signature unless it says otherwise.
type hostile struct {
	status int
	kind   string // content type
	body   string
	naked  bool // unsigned
	old    bool // signed as the answer to an earlier request
	header http.Header
}

func (h hostile) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	kind := h.kind
	if kind == "" {
		kind = "application/json"
	}
	w.Header().Set("Content-Type", kind)
	for k, v := range h.header {
		w.Header()[k] = v
	}
	asked := r.Header
	if h.old {
		asked = http.Header{signing.HeaderNonce: {"AAAAAAAAAAAAAAAAAAAA"}}
	}
	if !h.naked {
		signing.Answer(nearby.Key(), w.Header(), h.status, asked, []byte(h.body), time.Now())
	}
	w.WriteHeader(h.status)
	io.WriteString(w, h.body)
}

func TestHostileAnswers(t *testing.T) {
	const right = `{"provider":"p","operation":"getRestrictions","merchant":"demo-2","observed_at":1795392000000,"stale":false,"data":{"items":[]}}`
	cases := []struct {
		name   string
		answer hostile
		want   contract.Code
	}{
		{"as it should be", hostile{status: 200, body: right}, ""},
		{"an answer to an earlier request", hostile{status: 200, body: right, old: true}, contract.CodeBadSignature},
		{"to another operation", hostile{status: 200, body: strings.Replace(right, "getRestrictions", "getLimits", 1)}, contract.CodeUnavailable},
		{"about another merchant", hostile{status: 200, body: strings.Replace(right, "demo-2", "demo-3", 1)}, contract.CodeInvalid},
		{"about nobody", hostile{status: 200, body: strings.Replace(right, `"merchant":"demo-2",`, "", 1)}, contract.CodeInvalid},
		{"no list", hostile{status: 200, body: strings.Replace(right, `[]`, `{}`, 1)}, contract.CodeUnavailable},
		{"a long list", hostile{status: 200, body: strings.Replace(right, `[]`, `[`+strings.Repeat(`{},`, 200)+`{}]`, 1)}, contract.CodeUnavailable},
		{"deep", hostile{status: 200, body: strings.Replace(right, `[]`, strings.Repeat(`[`, 5000)+strings.Repeat(`]`, 5000), 1)}, contract.CodeUnavailable},
		{"a page", hostile{status: 200, kind: "text/html", body: "<html>"}, contract.CodeUnavailable},
		{"nothing", hostile{status: 200}, contract.CodeUnavailable},
		{"created", hostile{status: 201, body: right}, contract.CodeUnavailable},
		{"elsewhere", hostile{status: 302, body: right, header: http.Header{"Location": {"http://169.254.169.254/"}}}, contract.CodeUnavailable},
		{"not found, by a proxy", hostile{status: 404, body: `{"code":"NOT_FOUND","retryable":false}`, naked: true}, contract.CodeBadSignature},
		{"not found", hostile{status: 404, body: `{"code":"NOT_FOUND","retryable":true}`}, contract.CodeNotFound},
		{"an unknown code", hostile{status: 400, body: `{"code":"TEAPOT","retryable":false}`}, contract.CodeUnavailable},
		{"broken, and not found", hostile{status: 500, body: `{"code":"NOT_FOUND","retryable":false}`}, contract.CodeUnavailable},
		{"not supported", hostile{status: 501, body: `{"code":"UNSUPPORTED","retryable":false}`}, contract.CodeUnsupported},
		{"a gateway's time-out", hostile{status: 504, naked: true}, contract.CodeTimeout},
		{"refused signature", hostile{status: 401, naked: true}, contract.CodeBadSignature},
		{"wait for an hour", hostile{status: 429, naked: true, header: http.Header{"Retry-After": {"3600"}}}, contract.CodeRateLimited},
		{"wait for a negative time", hostile{status: 429, naked: true, header: http.Header{"Retry-After": {"-1"}}}, contract.CodeRateLimited},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, _ nearby.Simulated) {
				client, err := nearby.Connect(c.answer, nil)
				if err != nil {
					t.Fatal(err)
				}
				_, err = client.Restrictions(t.Context(), "demo-2")
				if got := contract.CodeOf(err); got != c.want {
					t.Errorf("got %q, want %q: %v", got, c.want, err)
				}
				if err != nil && (strings.Contains(err.Error(), "demo-") || strings.Contains(err.Error(), "169.254")) {
					t.Errorf("the error tells too much: %v", err)
				}
			})
		})
	}
}

// Who never gets done looking it up is asked for as long as somebody waits, and no longer.
func TestPendingForEver(t *testing.T) {
	inBubble(t, func(t *testing.T, _ nearby.Simulated) {
		client, err := nearby.Connect(hostile{status: 202, body: `{"retry_after":0}`}, nil)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 12*time.Second)
		defer cancel()
		begin := time.Now()
		_, err = client.Restrictions(ctx, "demo-2")
		if contract.CodeOf(err) != contract.CodeTimeout || time.Since(begin) != 12*time.Second {
			t.Errorf("after %v it says %v", time.Since(begin), err)
		}
	})
}

// Words that the contract does not know arrive as text, and never as "normal".
func TestForeignWords(t *testing.T) {
	s, err := nearby.Simulate(t.TempDir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	r, err := s.Record(t.Context(), simulator.ForeignWords)
	if err != nil {
		t.Fatal(err)
	}
	if r.Status != "UNKNOWN" || r.Raw != "FROZEN_SOLID" || r.Restrictions[0].Reason != "OTHER" || r.Restrictions[0].Text != "ALIENS" || r.Terminals[0].Status != "UNKNOWN" {
		t.Errorf("got %+v", r)
	}
	if len(r.Facts(func(s string) string { return s })) == 0 {
		t.Error("nothing is told of it")
	}
}

func TestNew(t *testing.T) {
	for _, c := range []struct {
		url, want string
		key       signing.Key
	}{
		{"https://acquirer.example.com/posdoctor/", "", nearby.Key()},
		{"http://127.0.0.1:8070", "", nearby.Key()},
		{"http://acquirer.example.com", "over https", nearby.Key()},
		{"ftp://127.0.0.1", "no URL", nearby.Key()},
		{"https://user:pass@acquirer.example.com", "no URL", nearby.Key()},
		{"", "no URL", nearby.Key()},
		{"https://acquirer.example.com", "key is missing", signing.Key{}},
	} {
		_, err := remote.New(remote.Config{URL: c.url, Key: c.key})
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.url, err, c.want)
		}
	}
}
