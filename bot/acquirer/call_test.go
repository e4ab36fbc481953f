package acquirer_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"posdoctor/bot"
	"posdoctor/bot/acquirer"
	"posdoctor/bot/acquirer/nearby"
	"posdoctor/bot/acquirer/simulator"
)

// noon is 12:00 in Beijing on 2026-11-23.
var noon = time.Date(2026, 11, 23, 4, 0, 0, 0, time.UTC)

// bubble is when time begins under testing/synctest.
var bubble = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

func ticketRequest(n int) bot.TicketRequest {
	return bot.TicketRequest{Request: fmt.Sprintf("R%04d", n), Merchant: "demo-2", Title: "证照过期", Body: "所有卡都不行", At: bubble.UnixMilli()}
}

func code(err error) string {
	var e *bot.AcquirerError
	if errors.As(err, &e) {
		return e.Code
	}
	return fmt.Sprint(err)
}

// answer is what the scripted acquirer does with one request.
type answer struct {
	call   string // record, query or open; the script fails on another one
	record bot.Record
	ticket bot.Ticket
	err    error
	panics any
	hangs  bool // until ctx is done
}

// script is a bot.Acquirer that plays answers in order.
type script struct {
	t       *testing.T
	answers []answer
}

func (s *script) next(ctx context.Context, call string) answer {
	if len(s.answers) == 0 || s.answers[0].call != call {
		s.t.Errorf("unexpected %s, left are %+v", call, s.answers)
		return answer{err: errors.New("not in the script")}
	}
	a := s.answers[0]
	s.answers = s.answers[1:]
	if a.panics != nil {
		panic(a.panics)
	}
	if a.hangs {
		<-ctx.Done()
		a.err = ctx.Err()
	}
	return a
}

func (s *script) Record(ctx context.Context, _ string) (bot.Record, error) {
	a := s.next(ctx, "record")
	return a.record, a.err
}

func (s *script) OpenTicket(ctx context.Context, _ bot.TicketRequest) (bot.Ticket, error) {
	a := s.next(ctx, "open")
	return a.ticket, a.err
}

func (s *script) TicketByRequest(ctx context.Context, _, _ string) (bot.Ticket, error) {
	a := s.next(ctx, "query")
	return a.ticket, a.err
}

const secret = "6217000011112222"

func fails(code string, retryable bool) error {
	return &bot.AcquirerError{Code: code, Retryable: retryable, Detail: "merchant demo-2 card " + secret}
}

func recordItem() bot.Item {
	return bot.Item{ID: "i1", Target: bot.TargetAcquirer, Attempts: 1, Call: bot.Call{ID: "c1", Op: bot.OpRecord, Merchant: "demo-2"}}
}

func ticketItem(attempts int) bot.Item {
	r := ticketRequest(1)
	return bot.Item{ID: "i1", Target: bot.TargetAcquirer, Attempts: attempts, Call: bot.Call{ID: "c1", Op: bot.OpTicket, Merchant: r.Merchant, Ticket: &r}}
}

func progressItem() bot.Item {
	it := ticketItem(1)
	it.Call.Op = bot.OpProgress
	return it
}

func TestDeliver(t *testing.T) {
	opened := bot.Ticket{Request: "R0001", No: "LQ20261123-0001", Status: "OPEN"}
	foreign := bot.Ticket{Request: "R9999", No: "LQ20261123-0009", Status: "OPEN"}
	odd := bot.Ticket{Request: "R0001", No: "LQ20261123-0001", Status: "审核中"}
	noNumber := bot.Ticket{Request: "R0001", Status: "OPEN"}
	mine := bot.Record{Merchant: "demo-2", ObservedAt: 7, Status: "ACTIVE"}
	noTicket := ticketItem(1)
	noTicket.Call.Ticket = nil
	otherMerchant := ticketItem(1)
	otherMerchant.Call.Merchant = "demo-4"
	old := ticketItem(900)
	old.Call.Ticket.At = bubble.Add(-20 * time.Hour).UnixMilli()
	otherTarget := recordItem()
	otherTarget.Target = "wechat"
	otherOp := recordItem()
	otherOp.Call.Op = "refund"

	cases := []struct {
		name    string
		item    bot.Item
		answers []answer
		want    string // "KIND outcome", or "again CODE", "never CODE" for an error
		takes   time.Duration
	}{
		{name: "record", item: recordItem(), answers: []answer{{call: "record", record: mine}}, want: "record ok"},
		{name: "record of another merchant", item: recordItem(), answers: []answer{{call: "record", record: bot.Record{Merchant: "demo-1"}}}, want: "record INVALID"},
		{name: "record without merchant", item: recordItem(), answers: []answer{{call: "record"}}, want: "record INVALID"},
		{name: "record not found", item: recordItem(), answers: []answer{{call: "record", err: fails(bot.CodeNotFound, false)}}, want: "record NOT_FOUND"},
		{name: "record is not tried again", item: recordItem(), answers: []answer{{call: "record", err: fails(bot.CodeUnavailable, true)}}, want: "record UNAVAILABLE"},
		{name: "record hangs", item: recordItem(), answers: []answer{{call: "record", hangs: true}}, want: "record TIMEOUT", takes: 12 * time.Second},
		{name: "record panics", item: recordItem(), answers: []answer{{call: "record", panics: secret}}, want: "record UNAVAILABLE"},
		{name: "record fails without code", item: recordItem(), answers: []answer{{call: "record", err: errors.New(secret)}}, want: "record UNAVAILABLE"},
		{name: "record fails with an odd code", item: recordItem(), answers: []answer{{call: "record", err: fails("card "+secret, false)}}, want: "record UNAVAILABLE"},

		{name: "ticket", item: ticketItem(1), answers: []answer{{call: "open", ticket: opened}}, want: "ticket LQ20261123-0001 OPEN"},
		{name: "ticket with an odd status", item: ticketItem(1), answers: []answer{{call: "open", ticket: odd}}, want: "ticket LQ20261123-0001 OPEN"},
		{name: "ticket refused", item: ticketItem(1), answers: []answer{{call: "open", err: fails(bot.CodeInvalid, false)}}, want: "ticket INVALID"},
		{name: "ticket unsupported", item: ticketItem(1), answers: []answer{{call: "open", err: fails(bot.CodeUnsupported, false)}}, want: "ticket UNSUPPORTED"},
		{name: "ticket hangs", item: ticketItem(1), answers: []answer{{call: "open", hangs: true}}, want: "again TIMEOUT", takes: 12 * time.Second},
		{name: "ticket times out", item: ticketItem(1), answers: []answer{{call: "open", err: fails(bot.CodeTimeout, false)}}, want: "again TIMEOUT"},
		{name: "ticket unavailable", item: ticketItem(1), answers: []answer{{call: "open", err: fails(bot.CodeUnavailable, false)}}, want: "again UNAVAILABLE"},
		{name: "ticket panics", item: ticketItem(1), answers: []answer{{call: "open", panics: errors.New(secret)}}, want: "again TIMEOUT"},
		{name: "ticket of another request", item: ticketItem(1), answers: []answer{{call: "open", ticket: foreign}}, want: "again TIMEOUT"},
		{name: "ticket without number", item: ticketItem(1), answers: []answer{{call: "open", ticket: noNumber}}, want: "again TIMEOUT"},

		{name: "second try finds the ticket", item: ticketItem(2), answers: []answer{{call: "query", ticket: opened}}, want: "ticket LQ20261123-0001 OPEN"},
		{name: "second try opens what was never accepted", item: ticketItem(2), answers: []answer{{call: "query", err: fails(bot.CodeNotFound, false)},
			{call: "open", ticket: opened}}, want: "ticket LQ20261123-0001 OPEN"},
		{name: "second try refused", item: ticketItem(2), answers: []answer{{call: "query", err: fails(bot.CodeNotFound, false)},
			{call: "open", err: fails(bot.CodeInvalid, false)}}, want: "ticket INVALID"},
		{name: "query unavailable: nothing is repeated", item: ticketItem(2), answers: []answer{{call: "query", err: fails(bot.CodeUnavailable, true)}}, want: "again UNAVAILABLE"},
		{name: "query panics: nothing is repeated", item: ticketItem(2), answers: []answer{{call: "query", panics: 1}}, want: "again TIMEOUT"},
		{name: "query refused for our key: nothing is repeated", item: ticketItem(2), answers: []answer{{call: "query", err: fails(bot.CodeAuth, false)}}, want: "again TIMEOUT"},
		{name: "query with a wrong signature: nothing is repeated", item: ticketItem(2), answers: []answer{{call: "query", err: fails(bot.CodeBadSignature, false)}}, want: "again TIMEOUT"},
		{name: "query impossible: nothing is repeated", item: ticketItem(2), answers: []answer{{call: "query", err: fails(bot.CodeUnsupported, false)}}, want: "ticket TIMEOUT"},
		{name: "query of another merchant: unknown", item: ticketItem(2), answers: []answer{{call: "query", err: fails(bot.CodeNotYours, false)}}, want: "ticket TIMEOUT"},
		{name: "fifth try", item: ticketItem(5), answers: []answer{{call: "query", err: fails(bot.CodeTimeout, true)}}, want: "again TIMEOUT"},
		{name: "sixth try", item: ticketItem(6), answers: []answer{{call: "query", err: fails(bot.CodeUnavailable, true)}}, want: "ticket TIMEOUT, and goes on"},
		{name: "sixth try opens in vain", item: ticketItem(6), answers: []answer{{call: "query", err: fails(bot.CodeNotFound, false)},
			{call: "open", err: fails(bot.CodeUnavailable, true)}}, want: "ticket TIMEOUT, and goes on"},
		{name: "after 20 hours", item: old, answers: []answer{{call: "query", err: fails(bot.CodeUnavailable, true)}}, want: "ticket TIMEOUT"},
		{name: "after 20 hours it is found", item: old, answers: []answer{{call: "query", ticket: opened}}, want: "ticket LQ20261123-0001 OPEN"},
		{name: "sixth try succeeds", item: ticketItem(6), answers: []answer{{call: "query", ticket: opened}}, want: "ticket LQ20261123-0001 OPEN"},

		{name: "how a ticket goes on", item: progressItem(), answers: []answer{{call: "query", ticket: opened}}, want: "ticket LQ20261123-0001 OPEN"},
		{name: "how a ticket goes on, of another request", item: progressItem(), answers: []answer{{call: "query", ticket: foreign}}, want: "nothing"},
		{name: "how a ticket goes on, not now", item: progressItem(), answers: []answer{{call: "query", err: fails(bot.CodeUnavailable, true)}}, want: "nothing"},
		{name: "how a ticket goes on, not at all", item: progressItem(), answers: []answer{{call: "query", err: fails(bot.CodeUnsupported, false)}}, want: "nothing"},

		{name: "no ticket in the item", item: noTicket, want: "ticket INVALID"},
		{name: "ticket for another merchant", item: otherMerchant, want: "ticket INVALID"},
		{name: "another target", item: otherTarget, want: "never UNSUPPORTED"},
		{name: "another operation", item: otherOp, want: "never UNSUPPORTED"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &script{t: t, answers: c.answers}
				begin := time.Now()
				ev, err := acquirer.NewDeliverer(s, time.Now, func() string { return "e1" }).Deliver(t.Context(), c.item)
				if got := outcome(t, ev, err); got != c.want {
					t.Errorf("got %q, want %q", got, c.want)
				}
				key := "call:c1"
				if ev.Trying {
					key += ":unknown"
				}
				if err == nil && ev.Kind != "" && (ev.ID != "e1" || ev.Key != key || ev.Call != "c1" || ev.At != time.Now().UnixMilli()) {
					t.Errorf("the event is %+v", ev)
				}
				if len(s.answers) > 0 {
					t.Errorf("not called: %+v", s.answers)
				}
				if d := time.Since(begin); d != c.takes {
					t.Errorf("it took %v, want %v", d, c.takes)
				}
			})
		})
	}
}

// outcome puts an event or error into one line, and fails when words of the adapter came through.
func outcome(t *testing.T, ev bot.Event, err error) string {
	t.Helper()
	if err != nil {
		var e *bot.AcquirerError
		if !errors.As(err, &e) {
			t.Fatalf("error %v is no *bot.AcquirerError", err)
		}
		if strings.Contains(err.Error(), secret) || strings.Contains(err.Error(), "demo-") {
			t.Errorf("the error tells of the merchant: %v", err)
		}
		if diff := cmp.Diff(bot.Event{}, ev); diff != "" {
			t.Errorf("an error came with an event: %s", diff)
		}
		if e.Retryable {
			return "again " + e.Code
		}
		return "never " + e.Code
	}
	switch {
	case ev.Kind == "":
		return "nothing"
	case ev.Error != "" && ev.Record == nil && ev.Ticket == nil && ev.Trying:
		return ev.Kind + " " + ev.Error + ", and goes on"
	case ev.Error != "" && ev.Record == nil && ev.Ticket == nil:
		return ev.Kind + " " + ev.Error
	case ev.Error == "" && ev.Record != nil && ev.Ticket == nil:
		return ev.Kind + " ok"
	case ev.Error == "" && ev.Ticket != nil && ev.Record == nil:
		return ev.Kind + " " + ev.Ticket.No + " " + ev.Ticket.Status
	}
	t.Fatalf("the event has no clear outcome: %+v", ev)
	return ""
}

// A shutdown says nothing about the acquirer: the item is handed out again, even after the last attempt.
func TestDeliverAtShutdown(t *testing.T) {
	for _, item := range []bot.Item{recordItem(), ticketItem(1), ticketItem(9)} {
		synctest.Test(t, func(t *testing.T) {
			call := map[bool]string{true: "record", false: "open"}[item.Call.Op == bot.OpRecord]
			if item.Attempts > 1 {
				call = "query"
			}
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(time.Second, cancel)
			s := &script{t: t, answers: []answer{{call: call, hangs: true}}}
			ev, err := acquirer.NewDeliverer(s, time.Now, func() string { return "e1" }).Deliver(ctx, item)
			if got := outcome(t, ev, err); got != "again TIMEOUT" {
				t.Errorf("%s at attempt %d: got %q", item.Call.Op, item.Attempts, got)
			}
		})
	}
}

func TestDeliverTidiesTheRecord(t *testing.T) {
	foreign := bot.Record{
		Provider: "岚桥\x00支付", Merchant: "demo-2", Status: "RISK_HOLD", Raw: strings.Repeat("字", 900),
		Restrictions: []bot.Restriction{{Reason: "RISK", Text: "卡号 6217000010000000003\u202e 的交易\r\n需核对", Since: "2026-11-01"}},
		Terminals:    []bot.Terminal{{SN: "N900-12345678", Status: "ACTIVE"}},
		Settlement:   &bot.SettlementAccount{No: "6217 0000 1000 0000 009", Verify: "OK"},
	}
	for range 500 {
		foreign.Restrictions = append(foreign.Restrictions, bot.Restriction{Reason: "OTHER"})
		foreign.Terminals = append(foreign.Terminals, bot.Terminal{Status: "OFFLINE"})
	}
	s := &script{t: t, answers: []answer{{call: "record", record: foreign}}}
	ev, err := acquirer.NewDeliverer(s, func() time.Time { return noon }, func() string { return "e1" }).Deliver(t.Context(), recordItem())
	if err != nil || ev.Record == nil {
		t.Fatalf("got %+v, %v", ev, err)
	}
	r := ev.Record
	if r.Provider != "岚桥支付" || len([]rune(r.Raw)) > 200 || r.ObservedAt != noon.UnixMilli() {
		t.Errorf("provider %q, raw of %d characters, observed at %d", r.Provider, len([]rune(r.Raw)), r.ObservedAt)
	}
	if x := r.Restrictions[0]; strings.Contains(x.Text, "62170000100") || strings.ContainsAny(x.Text, "\r\n\u202e") || x.Since != "2026-11-01" {
		t.Errorf("the restriction is %+v", x)
	}
	if len(r.Restrictions) != 20 || len(r.Terminals) != 100 {
		t.Errorf("%d restrictions, %d terminals", len(r.Restrictions), len(r.Terminals))
	}
	if r.Terminals[0].SN != "5678" || r.Settlement.No != "****0009" {
		t.Errorf("serial number %q, account number %q", r.Terminals[0].SN, r.Settlement.No)
	}
	if foreign.Terminals[0].SN != "N900-12345678" || foreign.Settlement.Verify != "OK" || foreign.Settlement.No[0] != '6' {
		t.Error("the adapter's own record was changed")
	}
}

// What the acquirer answers comes through unchanged, and an answer that was lost is found by its request number.
func TestDeliverFromTheSimulator(t *testing.T) {
	s, err := nearby.Simulate(t.TempDir(), func() time.Time { return noon })
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	d := acquirer.NewDeliverer(s, func() time.Time { return noon }, func() string { return "e1" })
	d.Links = acquirer.Links{simulator.HelpHost}
	for _, m := range simulator.Demo()[:6] {
		want, err := s.Record(t.Context(), m.Ref)
		if err != nil {
			t.Fatal(err)
		}
		item := recordItem()
		item.Call.Merchant = m.Ref
		ev, err := d.Deliver(t.Context(), item)
		if err != nil {
			t.Fatal(err)
		}
		ev.Record.Stale = want.Stale // the second one came out of the cache
		if diff := cmp.Diff(&want, ev.Record); diff != "" {
			t.Errorf("%s: %s", m.Ref, diff)
		}
	}
	ticketAt := func(attempt int) bot.Item {
		it := ticketItem(attempt)
		it.Call.Ticket.At = noon.UnixMilli()
		return it
	}
	first, err := d.Deliver(t.Context(), ticketAt(1))
	if err != nil {
		t.Fatal(err)
	}
	again, err := d.Deliver(t.Context(), ticketAt(2)) // we crashed before the first answer was stored
	if err != nil {
		t.Fatal(err)
	}
	if first.Ticket == nil || again.Ticket == nil || *first.Ticket != *again.Ticket || len(s.Tickets()) != 1 {
		t.Errorf("first %+v, again %+v, %d tickets", first.Ticket, again.Ticket, len(s.Tickets()))
	}
}

func TestNone(t *testing.T) {
	d := acquirer.NewDeliverer(acquirer.None{}, func() time.Time { return noon }, func() string { return "e1" })
	for _, item := range []bot.Item{recordItem(), ticketItem(1)} {
		ev, err := d.Deliver(t.Context(), item)
		if got, want := outcome(t, ev, err), item.Call.Op+" UNSUPPORTED"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if _, err := (acquirer.None{}).TicketByRequest(t.Context(), "demo-1", "R1"); code(err) != bot.CodeUnsupported {
		t.Errorf("by request: %v", err)
	}
}
