package acquirer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"time"
	"unicode/utf8"

	"posdoctor/bot"
)

const (
	ticketsFile   = "simulator-tickets.jsonl"
	progressAfter = 2 * time.Minute // a ticket is OPEN, then IN_PROGRESS

	maxRequest = 128       // bytes of a request number
	maxTitle   = 1 << 10   // bytes
	maxBody    = 128 << 10 // bytes
)

// Simulator is an acquirer with seven demo merchants. It keeps its tickets in a file of its own, so that they outlive a crash.
type Simulator struct {
	now func() time.Time

	mu        sync.Mutex // guards all below, and is held while a line is written
	journal   *journal
	tickets   []accepted
	byRequest map[string]int // index into tickets
	count     map[string]int // last number of a day, by 20060102
}

var (
	_ bot.Acquirer = (*Simulator)(nil)
	_ bot.Binder   = (*Simulator)(nil)
)

// accepted is one line of the file:
//
//	{"no":"LQ20261123-0007","at":1795392000000,"request":"R0193…","merchant":"demo-2","title":"证照过期","body":"…"}
type accepted struct {
	No       string `json:"no"`
	At       int64  `json:"at"` // accepted, milliseconds
	Request  string `json:"request"`
	Merchant string `json:"merchant"`
	Title    string `json:"title"`
	Body     string `json:"body"`
}

// TicketEntry is a ticket as a page of the simulator lists it.
type TicketEntry struct {
	No       string `json:"no"`
	Status   string `json:"status"`
	Merchant string `json:"merchant"`
	Name     string `json:"name"`
	Title    string `json:"title"`
	Body     string `json:"body"`
	At       int64  `json:"at"`
}

// NewSimulator opens the simulator whose tickets stand below dir. now nil means time.Now.
func NewSimulator(dir string, now func() time.Time) (*Simulator, error) {
	if now == nil {
		now = time.Now
	}
	j, err := openJournal(filepath.Join(dir, ticketsFile))
	if err != nil {
		return nil, fmt.Errorf("opening the simulator's tickets: %w", err)
	}
	s := &Simulator{now: now, journal: j, byRequest: map[string]int{}, count: map[string]int{}}
	if err := s.refresh(); err != nil {
		return nil, errors.Join(fmt.Errorf("reading the simulator's tickets: %w", err), j.f.Close())
	}
	return s, nil
}

// Close closes the file. Calls after it fail as UNAVAILABLE.
func (s *Simulator) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.journal.f.Close()
}

// Record returns the record of a demo merchant; that of demo-7 takes 8 seconds.
func (s *Simulator) Record(ctx context.Context, merchant string) (bot.Record, error) {
	m, ok := demoMerchant(merchant)
	if !ok {
		return bot.Record{}, refused(bot.CodeNotFound, "there is no such demo merchant")
	}
	if m.Ref == "demo-7" {
		wait := time.NewTimer(slowRecord)
		defer wait.Stop()
		select {
		case <-wait.C:
		case <-ctx.Done():
		}
	}
	if ctx.Err() != nil {
		return bot.Record{}, gaveUp(ctx)
	}
	return demoRecord(m, s.now()), nil
}

// OpenTicket accepts a request once: the same request gets the same ticket, another body under its number is INVALID.
func (s *Simulator) OpenTicket(ctx context.Context, t bot.TicketRequest) (bot.Ticket, error) {
	switch {
	case ctx.Err() != nil:
		return bot.Ticket{}, gaveUp(ctx)
	case t.Request == "" || len(t.Request) > maxRequest || len(t.Title) > maxTitle || len(t.Body) > maxBody:
		return bot.Ticket{}, refused(bot.CodeInvalid, "request number, title or body is missing or too long")
	case !utf8.ValidString(t.Request) || !utf8.ValidString(t.Title) || !utf8.ValidString(t.Body):
		return bot.Ticket{}, refused(bot.CodeInvalid, "request number, title or body is not UTF-8")
	}
	if _, ok := demoMerchant(t.Merchant); !ok {
		return bot.Ticket{}, refused(bot.CodeNotFound, "there is no such demo merchant")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	a, err := s.accept(t)
	if err != nil {
		return bot.Ticket{}, err
	}
	return s.ticket(a), nil
}

// TicketByRequest finds an accepted request.
func (s *Simulator) TicketByRequest(ctx context.Context, merchant, request string) (bot.Ticket, error) {
	if ctx.Err() != nil {
		return bot.Ticket{}, gaveUp(ctx)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.catchUp(); err != nil {
		return bot.Ticket{}, err
	}
	i, ok := s.byRequest[request]
	switch {
	case !ok:
		return bot.Ticket{}, refused(bot.CodeNotFound, "there is no ticket for this request number")
	case s.tickets[i].Merchant != merchant:
		return bot.Ticket{}, refused(bot.CodeNotYours, "the request number is of another merchant")
	}
	return s.ticket(s.tickets[i]), nil
}

// Tickets lists all tickets, the newest first.
func (s *Simulator) Tickets() []TicketEntry {
	s.mu.Lock()
	defer s.mu.Unlock()
	_ = s.catchUp() // what is known already is still true
	out := make([]TicketEntry, 0, len(s.tickets))
	for _, a := range slices.Backward(s.tickets) {
		m, _ := demoMerchant(a.Merchant)
		out = append(out, TicketEntry{No: a.No, Status: s.ticket(a).Status, Merchant: a.Merchant, Name: m.Name(), Title: a.Title,
			Body: a.Body, At: a.At})
	}
	return out
}

// Bind knows the words 「演示商户 3」 in any spelling, as the whole message.
func (s *Simulator) Bind(text string) (bot.Binding, bool) {
	m, ok := demoNamed(text)
	if !ok {
		return bot.Binding{}, false
	}
	return bot.Binding{Merchant: m.Ref, Name: m.Name(), Proof: "demo", At: s.now().UnixMilli()}, true
}

// accept finds the ticket of a request or opens it. The caller holds mu.
func (s *Simulator) accept(t bot.TicketRequest) (accepted, error) {
	if err := s.journal.lock(); err != nil {
		return accepted{}, brokenFile()
	}
	defer s.journal.unlock()
	if err := s.load(); err != nil {
		return accepted{}, brokenFile()
	}
	if i, ok := s.byRequest[t.Request]; ok {
		a := s.tickets[i]
		if a.Merchant != t.Merchant || a.Title != t.Title || a.Body != t.Body {
			return accepted{}, refused(bot.CodeInvalid, "the request number was used with another body")
		}
		return a, nil
	}
	now := s.now()
	date := now.In(beijing).Format("20060102")
	a := accepted{No: fmt.Sprintf("LQ%s-%04d", date, s.count[date]+1), At: now.UnixMilli(), Request: t.Request, Merchant: t.Merchant,
		Title: t.Title, Body: t.Body}
	line, err := json.Marshal(a)
	if err == nil {
		err = s.journal.append(line)
	}
	if err != nil {
		return accepted{}, brokenFile()
	}
	s.keep(a)
	return a, nil
}

// catchUp reads what another process has accepted. The caller holds mu.
func (s *Simulator) catchUp() error {
	if s.journal.grown() && s.refresh() != nil {
		return brokenFile()
	}
	return nil
}

func (s *Simulator) refresh() error {
	if err := s.journal.lock(); err != nil {
		return err
	}
	defer s.journal.unlock()
	return s.load()
}

// load takes in the lines that are new. A damaged last line is a write that was cut off and so never answered: it does not count.
func (s *Simulator) load() error {
	start := s.journal.size
	lines, err := s.journal.read()
	if err != nil {
		return err
	}
	for i, line := range lines {
		var a accepted
		if err := json.Unmarshal(line, &a); err != nil || a.Request == "" || a.No == "" {
			if i == len(lines)-1 {
				s.journal.unread(line)
				return nil
			}
			s.journal.size = start
			return fmt.Errorf("ticket %d of %s is damaged; move the file away to start without tickets", len(s.tickets)+1, s.journal.f.Name())
		}
		s.keep(a)
	}
	return nil
}

func (s *Simulator) keep(a accepted) {
	if _, ok := s.byRequest[a.Request]; ok {
		return
	}
	s.byRequest[a.Request] = len(s.tickets)
	s.tickets = append(s.tickets, a)
	var date string
	var n int
	if _, err := fmt.Sscanf(a.No, "LQ%8s-%d", &date, &n); err == nil {
		s.count[date] = max(s.count[date], n)
	}
}

// ticket is the answer for an accepted request; tickets move with the clock.
func (s *Simulator) ticket(a accepted) bot.Ticket {
	status := "OPEN"
	if s.now().Sub(time.UnixMilli(a.At)) >= progressAfter {
		status = "IN_PROGRESS"
	}
	return bot.Ticket{Request: a.Request, No: a.No, Status: status}
}

func refused(code, detail string) error { return &bot.AcquirerError{Code: code, Detail: detail} }

func gaveUp(ctx context.Context) error {
	return &bot.AcquirerError{Code: bot.CodeTimeout, Retryable: true, Detail: ctx.Err().Error()}
}

func brokenFile() error {
	return &bot.AcquirerError{Code: bot.CodeUnavailable, Retryable: true, Detail: "the simulator cannot use its file of tickets"}
}
