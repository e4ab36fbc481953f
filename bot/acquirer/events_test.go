package acquirer_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"posdoctor/bot"
	"posdoctor/bot/acquirer"
	"posdoctor/bot/acquirer/contract"
	"posdoctor/bot/acquirer/nearby"
	"posdoctor/bot/acquirer/signing"
	"posdoctor/bot/talks"
)

// The tests of reports share one library.
func TestEvents(t *testing.T) {
	lib, err := talks.Shipped()
	if err != nil {
		t.Fatal(err)
	}
	defer lib.Close()
	t.Run("reports in any order", func(t *testing.T) { reportsInAnyOrder(t, lib) })
	t.Run("a report before the answer", func(t *testing.T) { reportBeforeAnswer(t, lib) })
	t.Run("the door", func(t *testing.T) { eventsDoor(t, lib) })
	t.Run("restrictions", func(t *testing.T) { restrictionsTold(t, lib) })
	t.Run("people", func(t *testing.T) { reportsAndPeople(t, lib) })
}

// filed is a bot whose merchant has just opened a ticket, and the door for events about it.
type filed struct {
	*talks.Stage
	t      *testing.T
	events *acquirer.Events
	ticket bot.TicketRef
	forgot []string
	fails  bool
}

func newStage(t *testing.T, lib *talks.Library) *talks.Stage {
	t.Helper()
	s, err := talks.NewStage(t.Context(), lib, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func newFiled(t *testing.T, lib *talks.Library) *filed {
	t.Helper()
	f := &filed{Stage: newStage(t, lib), t: t}
	for _, ev := range []bot.Event{{Kind: bot.EventSaid, Text: "演示商户 2"}, {Kind: bot.EventSaid, Text: "商户状态异常"}, {Kind: bot.EventChose, Choice: "ticket"}, {Kind: bot.EventChose, Choice: "submit"}} {
		if err := f.Handle(t.Context(), ev); err != nil {
			t.Fatal(err)
		}
	}
	f.ticket = f.conversation().Tickets[0]
	f.events = &acquirer.Events{Key: nearby.Key(), Tickets: f.Store, Tell: f.Service.Tell, Forget: func(m string) { f.forgot = append(f.forgot, m) }, Now: time.Now, Log: slog.New(slog.DiscardHandler),
		Handle: func(ctx context.Context, a bot.Address, ev bot.Event) (bot.Turn, error) {
			if f.fails {
				return bot.Turn{}, errors.New("database is locked")
			}
			return f.Service.Handle(ctx, a, ev)
		}}
	f.lines() // what was said until now
	return f
}

func (f *filed) conversation() bot.Conversation {
	c, err := f.Store.Conversation(f.t.Context(), f.Address)
	if err != nil {
		f.t.Fatal(err)
	}
	return c
}

// lines are what was said since the last call.
func (f *filed) lines() []string {
	lines, err := f.New(f.t.Context())
	if err != nil {
		f.t.Fatal(err)
	}
	var out []string
	for _, m := range lines {
		out = append(out, m.Text)
	}
	return out
}

// report is an event that the ticket came to a state some seconds after it was opened.
func (f *filed) report(id string, to contract.TicketStatus, after int64) contract.Event {
	at := f.ticket.Moved + after*1000
	return contract.Event{ID: id, Type: contract.EventTicket, Merchant: "demo-2", At: at, Ticket: &contract.Ticket{Request: f.ticket.Request, No: f.ticket.No,
		Status: to, OpenedAt: f.ticket.Moved, ChangedAt: at}}
}

// post sends a signed event and returns the status.
func (f *filed) post(ev contract.Event, change ...func(*http.Request)) int {
	f.t.Helper()
	body, err := json.Marshal(ev)
	if err != nil {
		f.t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, contract.EventsPath, bytes.NewReader(body))
	if err := signing.Request(nearby.Key(), r, body, time.Now()); err != nil {
		f.t.Fatal(err)
	}
	for _, c := range change {
		c(r)
	}
	return f.send(r)
}

func (f *filed) send(r *http.Request) int {
	rec := httptest.NewRecorder()
	f.events.ServeHTTP(rec, r)
	return rec.Code
}

// Reports come in any order, twice, and late: the newest holds, and each state is told once.
func reportsInAnyOrder(t *testing.T, lib *talks.Library) {
	progress, done := "工单 NO 有进展：收单机构处理中。", "工单 NO 已办结。"
	type r struct {
		id    string
		to    contract.TicketStatus
		after int64
	}
	cases := []struct {
		name    string
		reports []r
		status  string
		told    []string
	}{
		{"in order", []r{{"1", "IN_PROGRESS", 60}, {"2", "DONE", 120}}, "DONE", []string{progress, done}},
		{"overtaken", []r{{"2", "DONE", 120}, {"1", "IN_PROGRESS", 60}}, "DONE", []string{done}},
		{"twice under one id", []r{{"1", "IN_PROGRESS", 60}, {"1", "IN_PROGRESS", 60}}, "IN_PROGRESS", []string{progress}},
		{"twice under two ids", []r{{"1", "IN_PROGRESS", 60}, {"2", "IN_PROGRESS", 60}}, "IN_PROGRESS", []string{progress}},
		{"that it was opened, late", []r{{"1", "IN_PROGRESS", 60}, {"0", "OPEN", 0}}, "IN_PROGRESS", []string{progress}},
		{"opened anew", []r{{"1", "DONE", 60}, {"2", "IN_PROGRESS", 120}, {"3", "DONE", 180}}, "DONE", []string{done, progress, done}},
		{"opened anew, backwards", []r{{"3", "DONE", 180}, {"2", "IN_PROGRESS", 120}, {"1", "DONE", 60}}, "DONE", []string{done}},
		{"at the same time, the later state", []r{{"1", "DONE", 60}, {"2", "IN_PROGRESS", 60}}, "DONE", []string{done}},
		{"a state nobody knows", []r{{"1", "LOST", 60}}, "OPEN", nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			f := newFiled(t, lib)
			for _, x := range c.reports {
				if status := f.post(f.report(x.id, x.to, x.after)); status != http.StatusNoContent {
					t.Fatalf("report %s: status %d", x.id, status)
				}
			}
			if got := f.conversation().Tickets[0].Status; got != c.status {
				t.Errorf("the ticket is %s, want %s", got, c.status)
			}
			var want []string
			for _, line := range c.told {
				want = append(want, strings.Replace(line, "NO", f.ticket.No, 1))
			}
			if diff := cmp.Diff(want, f.lines()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A report that comes before the answer to the opening is that answer; the answer itself then says nothing new.
func reportBeforeAnswer(t *testing.T, lib *talks.Library) {
	f := &filed{Stage: newStage(t, lib), t: t}
	handle := func(ev bot.Event) bot.Turn {
		t.Helper()
		turn, err := f.Service.Handle(t.Context(), f.Address, ev)
		if err != nil {
			t.Fatal(err)
		}
		return turn
	}
	if err := f.Handle(t.Context(), bot.Event{Kind: bot.EventSaid, Text: "演示商户 2"}); err != nil {
		t.Fatal(err)
	}
	if err := f.Handle(t.Context(), bot.Event{Kind: bot.EventSaid, Text: "商户状态异常"}); err != nil {
		t.Fatal(err)
	}
	handle(bot.Event{Kind: bot.EventChose, Choice: "ticket"})
	r := handle(bot.Event{Kind: bot.EventChose, Choice: "submit"}).Next.Tickets[0] // and nobody delivers
	f.lines()
	handle(bot.Event{Kind: bot.EventTicket, Key: "acquirer:1", Ticket: &bot.Ticket{Request: r.Request, No: "LQ1", Status: "IN_PROGRESS", At: 20}})
	handle(bot.Event{Kind: bot.EventTicket, Key: "call:" + r.Call, Call: r.Call, Ticket: &bot.Ticket{Request: r.Request, No: "LQ1", Status: "OPEN", At: 10}})
	if got := f.conversation().Tickets[0]; got.Status != "IN_PROGRESS" || got.No != "LQ1" {
		t.Errorf("the ticket is %+v", got)
	}
	if n, err := f.Store.Pending(t.Context()); n != 0 || err != nil {
		t.Errorf("%d items are open: %v", n, err)
	}
	if lines := f.lines(); len(lines) != 1 || !strings.Contains(lines[0], "工单 LQ1 已提交") {
		t.Errorf("told was %q", lines)
	}
}

// What the door for events refuses, and what it takes without doing anything.
func eventsDoor(t *testing.T, lib *talks.Library) {
	f := newFiled(t, lib)
	good := f.report("1", contract.TicketInProgress, 60)
	header := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	other := func(change func(*contract.Event)) contract.Event {
		ev := good
		ticket := *good.Ticket
		ev.Ticket = &ticket
		change(&ev)
		return ev
	}
	cases := []struct {
		name   string
		ev     contract.Event
		change func(*http.Request)
		want   int
	}{
		{"read", good, func(r *http.Request) { r.Method = http.MethodGet }, http.StatusMethodNotAllowed},
		{"unsigned", good, func(r *http.Request) { r.Header = http.Header{} }, http.StatusUnauthorized},
		{"a wrong signature", good, header(signing.HeaderSignature, "AAAA"), http.StatusUnauthorized},
		{"another body", good, func(r *http.Request) { r.Body = http.NoBody }, http.StatusUnauthorized},
		{"another path", good, func(r *http.Request) { r.URL.Path = "/" }, http.StatusUnauthorized},
		{"too large", other(func(e *contract.Event) { e.Raw = strings.Repeat("x", 70<<10) }), nil, http.StatusRequestEntityTooLarge},
		{"no id", other(func(e *contract.Event) { e.ID = "" }), nil, http.StatusBadRequest},
		{"a ticket number of two lines", other(func(e *contract.Event) { e.Ticket.No = "a\nb" }), nil, http.StatusBadRequest},
		{"a ticket of nobody", other(func(e *contract.Event) { e.Ticket.Request = "R9" }), nil, http.StatusNoContent},
		{"another merchant", other(func(e *contract.Event) { e.Merchant = "demo-3" }), nil, http.StatusNoContent},
		{"no merchant", other(func(e *contract.Event) { e.Merchant = "" }), nil, http.StatusNoContent},
		{"another number", other(func(e *contract.Event) { e.Ticket.No = "LQ-other" }), nil, http.StatusNoContent},
		{"no ticket", other(func(e *contract.Event) { e.Ticket = nil }), nil, http.StatusNoContent},
		{"a type nobody knows", other(func(e *contract.Event) { e.Type = "moon.rises" }), nil, http.StatusNoContent},
	}
	for i, c := range cases {
		if c.ev.ID != "" {
			c.ev.ID = "case-" + string(rune('a'+i))
		}
		var change []func(*http.Request)
		if c.change != nil {
			change = append(change, c.change)
		}
		if got := f.post(c.ev, change...); got != c.want {
			t.Errorf("%s: status %d, want %d", c.name, got, c.want)
		}
	}
	if got := f.conversation().Tickets[0].Status; got != "OPEN" || len(f.lines()) != 0 {
		t.Errorf("after all that the ticket is %s", got)
	}

	// While the database is away, it is asked for again; the same bytes a second time are a replay, signed anew they are not.
	f.fails = true
	if got := f.post(good); got != http.StatusServiceUnavailable {
		t.Errorf("while nothing can be written: status %d", got)
	}
	f.fails = false
	body, _ := json.Marshal(good)
	r := httptest.NewRequest(http.MethodPost, contract.EventsPath, bytes.NewReader(body))
	signing.Request(nearby.Key(), r, body, time.Now())
	if got := f.send(r); got != http.StatusNoContent {
		t.Errorf("afterwards: status %d", got)
	}
	r.Body = httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(body)).Body
	if got := f.send(r); got != http.StatusUnauthorized {
		t.Errorf("the same request again: status %d", got)
	}
	if got := f.conversation().Tickets[0].Status; got != "IN_PROGRESS" || len(f.lines()) != 1 {
		t.Errorf("in the end the ticket is %s", got)
	}
	if len(f.forgot) == 0 || f.forgot[len(f.forgot)-1] != "demo-2" {
		t.Errorf("forgotten were %v", f.forgot)
	}
}

// What changes of a merchant's restrictions is told to who speaks for him, once, and drops what was read of him.
func restrictionsTold(t *testing.T, lib *talks.Library) {
	f := newFiled(t, lib)
	at := f.ticket.Moved + 1000
	for _, ev := range []contract.Event{
		{ID: "r1", Type: contract.EventRestriction, Merchant: "demo-2", At: at}, {ID: "r1", Type: contract.EventRestriction, Merchant: "demo-2", At: at},
		{ID: "r2", Type: contract.EventRestriction, Merchant: "demo-3", At: at}, {ID: "r3", Type: contract.EventRestriction, At: at},
		{ID: "r4", Type: contract.EventSettlement, Merchant: "demo-2", At: at},
	} {
		if got := f.post(ev); got != http.StatusNoContent {
			t.Errorf("%s: status %d", ev.ID, got)
		}
	}
	if told := f.lines(); len(told) != 1 || !strings.Contains(told[0], "限制情况有变化") || !strings.Contains(told[0], "查进度") {
		t.Errorf("told was %q", told)
	}
	if len(f.forgot) != 4 {
		t.Errorf("forgotten were %v", f.forgot)
	}
}

// While an agent speaks, the system tells what a report says, and the bot nothing; a rejected ticket comes before people.
func reportsAndPeople(t *testing.T, lib *talks.Library) {
	f := newFiled(t, lib)
	agent := &bot.AgentID{ID: "a", Name: "小李"}
	if err := f.Handle(t.Context(), bot.Event{Kind: bot.EventClaim, Agent: agent, Epoch: f.conversation().Epoch}); err != nil {
		t.Fatal(err)
	}
	f.lines()
	f.post(f.report("1", contract.TicketInProgress, 60))
	told, err := f.New(t.Context())
	if c := f.conversation(); c.Tickets[0].Status != "IN_PROGRESS" || err != nil || len(told) != 1 || told[0].From != bot.FromSystem || told[0].Type != bot.TypeTicket {
		t.Errorf("with an agent the ticket is %s, told was %+v, %v", c.Tickets[0].Status, told, err)
	}
	g := newFiled(t, lib)
	ev := g.report("1", contract.TicketRejected, 60)
	ev.Ticket.Note = "卡号 6217000010000000003 对不上"
	g.post(ev)
	c, all := g.conversation(), strings.Join(g.lines(), "\n")
	if c.Holder.Kind != bot.HolderQueue || !strings.Contains(all, "没有被收单机构受理") || !strings.Contains(all, "收单机构说明") || strings.Contains(all, "62170000100") {
		t.Errorf("held by %s, told was %q", c.Holder.Kind, all)
	}
}
