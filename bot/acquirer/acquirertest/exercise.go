// Package acquirertest is the suite that each bot.Acquirer must pass. The far side has to know the demo merchants.
package acquirertest

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"regexp"
	"slices"
	"sync"
	"testing"
	"time"

	"posdoctor/bot"
)

// quick is how long an answer may take at most that the suite does not mean to be slow.
const quick = 5 * time.Second

// expected says what the demo merchants must show. demo-7 is left out: its record is slow on purpose.
var expected = []struct {
	merchant, status, reason, terminal, verify string
	states                                     []string // of the facts, in order
}{
	{"demo-1", "ACTIVE", "", "ACTIVE", "OK", nil},
	{"demo-2", "DOCS_EXPIRED", "DOCS_EXPIRED", "ACTIVE", "OK", []string{"DOCS_EXPIRED"}},
	{"demo-3", "DORMANT", "NO_TRADE", "ACTIVE", "OK", []string{"NO_TRADE"}},
	{"demo-4", "RISK_HOLD", "RISK", "ACTIVE", "OK", []string{"RISK"}},
	{"demo-5", "ACTIVE", "", "BOUND_ELSEWHERE", "OK", []string{"BOUND_ELSEWHERE"}},
	{"demo-6", "ACTIVE", "", "ACTIVE", "FAILED", []string{"SETTLE_ACCOUNT"}},
}

var longNumber = regexp.MustCompile(`[0-9]{8,}`)

// Exercise runs the suite. open is called more than once in a test, and each acquirer it returns must lead to the same far side;
// one that is an io.Closer is closed before the next is opened, as at a restart.
func Exercise(t *testing.T, open func(*testing.T) bot.Acquirer) {
	t.Run("records", func(t *testing.T) { records(t, started(t, open)) })
	t.Run("unknown merchant", func(t *testing.T) { unknownMerchant(t, started(t, open)) })
	t.Run("one ticket per request", func(t *testing.T) { oneTicket(t, started(t, open)) })
	t.Run("another body", func(t *testing.T) { anotherBody(t, started(t, open)) })
	t.Run("ticket by request", func(t *testing.T) { byRequest(t, started(t, open)) })
	t.Run("cancelled", func(t *testing.T) { cancelled(t, started(t, open)) })
	t.Run("restart", func(t *testing.T) { restart(t, open) })
}

func records(t *testing.T, a bot.Acquirer) {
	for _, want := range expected {
		t.Run(want.merchant, func(t *testing.T) {
			r, err := a.Record(within(t, quick), want.merchant)
			if err != nil {
				t.Fatal(err)
			}
			if r.Merchant != want.merchant {
				t.Errorf("asked for %s, got the record of %q", want.merchant, r.Merchant)
			}
			if r.Provider == "" || r.ObservedAt <= 0 || r.Name == "" {
				t.Errorf("provider %q, observed at %d, name %q: none may be empty", r.Provider, r.ObservedAt, r.Name)
			}
			reason, recovery := "", ""
			for _, x := range r.Restrictions {
				reason, recovery = x.Reason, x.Recover
			}
			if len(r.Restrictions) > 1 || reason != want.reason || (reason != "" && recovery == "") {
				t.Errorf("restrictions %+v, want %q and how to recover", r.Restrictions, want.reason)
			}
			if r.Status != want.status {
				t.Errorf("status %q, want %q", r.Status, want.status)
			}
			if len(r.Terminals) == 0 || r.Terminals[0].Status != want.terminal {
				t.Errorf("terminals %+v, want the first %s", r.Terminals, want.terminal)
			}
			for _, x := range r.Terminals {
				if len([]rune(x.SN)) > 4 {
					t.Errorf("serial number %q has more than its last 4", x.SN)
				}
			}
			if r.Settlement == nil || r.Settlement.Verify != want.verify || longNumber.MatchString(r.Settlement.No) {
				t.Errorf("settlement account %+v, want verify %s and a masked number", r.Settlement, want.verify)
			}
			var states []string
			for _, f := range r.Facts(func(state string) string { return state }) {
				states = append(states, f.State)
			}
			if !slices.Equal(states, want.states) {
				t.Errorf("facts %v, want %v", states, want.states)
			}
		})
	}
}

func unknownMerchant(t *testing.T, a bot.Acquirer) {
	for _, merchant := range []string{"demo-8", "demo-0", "demo-11", "DEMO-1", "", "../demo-1", "demo-1?x=1"} {
		_, err := a.Record(within(t, quick), merchant)
		wantCode(t, err, bot.CodeNotFound, "record of "+merchant)
		_, err = a.OpenTicket(within(t, quick), bot.TicketRequest{Request: number(), Merchant: merchant, Title: "t", Body: "b"})
		wantCode(t, err, bot.CodeNotFound, "ticket of "+merchant)
		_, err = a.TicketByRequest(within(t, quick), merchant, number())
		wantCode(t, err, bot.CodeNotFound, "request of "+merchant)
	}
}

func oneTicket(t *testing.T, a bot.Acquirer) {
	req := request("demo-2")
	const n = 50
	var got [n]bot.Ticket
	var errs [n]error
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { got[i], errs[i] = a.OpenTicket(within(t, 6*quick), req) })
	}
	wg.Wait()
	for i := range n {
		switch {
		case errs[i] != nil:
			t.Errorf("call %d: %v", i, errs[i])
		case got[i].No == "" || got[i].No != got[0].No || got[i].Request != req.Request || got[i].Status != "OPEN":
			t.Errorf("call %d got %+v, the first %+v", i, got[i], got[0])
		}
	}
	other := openTicket(t, a, request("demo-2"))
	if other.No == got[0].No {
		t.Errorf("two requests got one ticket %s", other.No)
	}
}

func anotherBody(t *testing.T, a bot.Acquirer) {
	req := request("demo-2")
	first := openTicket(t, a, req)
	for name, change := range map[string]func(*bot.TicketRequest){
		"body":     func(r *bot.TicketRequest) { r.Body += "，另有说明" },
		"title":    func(r *bot.TicketRequest) { r.Title = "别的" },
		"merchant": func(r *bot.TicketRequest) { r.Merchant = "demo-4" },
	} {
		changed := req
		change(&changed)
		_, err := a.OpenTicket(within(t, quick), changed)
		wantCode(t, err, bot.CodeInvalid, "another "+name)
	}
	if again := openTicket(t, a, req); again.No != first.No {
		t.Errorf("the first body now gets ticket %s instead of %s", again.No, first.No)
	}
}

func byRequest(t *testing.T, a bot.Acquirer) {
	req := request("demo-4")
	_, err := a.TicketByRequest(within(t, quick), req.Merchant, req.Request)
	wantCode(t, err, bot.CodeNotFound, "a request that was never sent")
	opened := openTicket(t, a, req)
	found, err := a.TicketByRequest(within(t, quick), req.Merchant, req.Request)
	if err != nil {
		t.Fatal(err)
	}
	if found.No != opened.No || found.Request != req.Request {
		t.Errorf("found %+v, opened %+v", found, opened)
	}
	if found, err := a.TicketByRequest(within(t, quick), "demo-1", req.Request); err == nil {
		t.Errorf("another merchant sees ticket %+v", found)
	}
}

func cancelled(t *testing.T, a bot.Acquirer) {
	done, cancel := context.WithCancel(t.Context())
	cancel()
	req := request("demo-1")
	calls := map[string]func(context.Context) error{
		"record":      func(ctx context.Context) error { _, err := a.Record(ctx, "demo-1"); return err },
		"open ticket": func(ctx context.Context) error { _, err := a.OpenTicket(ctx, req); return err },
		"by request":  func(ctx context.Context) error { _, err := a.TicketByRequest(ctx, "demo-1", req.Request); return err },
	}
	for name, call := range calls {
		wantStopped(t, call(done), name+" after the cancel")
	}

	// The record of demo-7 takes 8 seconds; a cancel and a deadline on the way must end it.
	slow, cancel := context.WithCancel(t.Context())
	defer time.AfterFunc(50*time.Millisecond, cancel).Stop()
	begin := time.Now()
	_, err := a.Record(slow, "demo-7")
	wantStopped(t, err, "a slow record, cancelled")
	_, err = a.Record(within(t, 50*time.Millisecond), "demo-7")
	wantStopped(t, err, "a slow record with a deadline")
	if d := time.Since(begin); d > 2*time.Second {
		t.Errorf("giving up took %v", d)
	}
}

func restart(t *testing.T, open func(*testing.T) bot.Acquirer) {
	a := open(t)
	req := request("demo-3")
	first := openTicket(t, a, req)
	stop(t, a)

	b := started(t, open)
	found, err := b.TicketByRequest(within(t, quick), req.Merchant, req.Request)
	if err != nil || found.No != first.No {
		t.Errorf("after the restart the request has ticket %+v (%v), before %+v", found, err, first)
	}
	if again := openTicket(t, b, req); again.No != first.No {
		t.Errorf("after the restart the request gets ticket %s, before %s", again.No, first.No)
	}
	if next := openTicket(t, b, request("demo-3")); next.No == first.No {
		t.Errorf("after the restart another request gets the old ticket %s", next.No)
	}
	changed := req
	changed.Body += "，另有说明"
	_, err = b.OpenTicket(within(t, quick), changed)
	wantCode(t, err, bot.CodeInvalid, "another body after the restart")
}

func started(t *testing.T, open func(*testing.T) bot.Acquirer) bot.Acquirer {
	a := open(t)
	t.Cleanup(func() { stop(t, a) })
	return a
}

func stop(t *testing.T, a bot.Acquirer) {
	if c, ok := a.(io.Closer); ok {
		if err := c.Close(); err != nil {
			t.Errorf("closing: %v", err)
		}
	}
}

func openTicket(t *testing.T, a bot.Acquirer, req bot.TicketRequest) bot.Ticket {
	t.Helper()
	got, err := a.OpenTicket(within(t, quick), req)
	if err != nil {
		t.Fatalf("opening a ticket: %v", err)
	}
	if got.No == "" || got.Request != req.Request {
		t.Fatalf("request %s got ticket %+v", req.Request, got)
	}
	return got
}

func request(merchant string) bot.TicketRequest {
	return bot.TicketRequest{Request: number(), Merchant: merchant, Title: "证照过期或资料变更", Body: "所有卡都刷不了，扫码也不行。\n已换过网络。", At: 1795392000000}
}

// number is a request number that no far side has seen, however long it keeps them.
func number() string { return "R" + rand.Text() }

func within(t *testing.T, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

func wantCode(t *testing.T, err error, code, what string) {
	t.Helper()
	var e *bot.AcquirerError
	if !errors.As(err, &e) || e.Code != code || e.Retryable {
		t.Errorf("%s: got error %v, want a permanent %s", what, err, code)
	}
}

func wantStopped(t *testing.T, err error, what string) {
	t.Helper()
	var e *bot.AcquirerError
	if !errors.As(err, &e) || e.Code != bot.CodeTimeout || !e.Retryable {
		t.Errorf("%s: got error %v, want a retryable %s", what, err, bot.CodeTimeout)
	}
}
