package simulator

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"posdoctor/bot/acquirer/contract"
)

const ticketsFile = "simulator-tickets.jsonl"

// ledger keeps the tickets.
type ledger struct {
	now func() time.Time

	mu        sync.Mutex // guards all below, and is held while a line is written
	journal   *journal
	tickets   []*ticket
	byRequest map[string]*ticket
	byNo      map[string]*ticket
	count     map[string]int // last number of a day, by 20060102
}

// ticket is an accepted case and what was done to it by hand.
type ticket struct {
	line
	moves []line
}

// line is one line of the file: a ticket that was accepted, or one that was moved by hand.
//
//	{"no":"LQ20261123-0007","at":1795392000000,"request":"R0193…","merchant":"demo-2","title":"证照过期","body":"…"}
//	{"no":"LQ20261123-0007","at":1795392060000,"moved":"DONE","note":"资料已更新"}
type line struct {
	No           string `json:"no"`
	At           int64  `json:"at"` // accepted or moved, milliseconds
	Request      string `json:"request,omitempty"`
	Merchant     string `json:"merchant,omitempty"`
	Title        string `json:"title,omitempty"`
	Body         string `json:"body,omitempty"`
	Asked        int64  `json:"asked,omitempty"` // At of the case
	Terminal     string `json:"terminal,omitempty"`
	ResponseCode string `json:"response_code,omitempty"`
	HappenedAt   int64  `json:"happened_at,omitempty"`
	Amount       int64  `json:"amount,omitempty"`

	Moved string `json:"moved,omitempty"`
	Note  string `json:"note,omitempty"`
}

// Entry is a ticket as the page lists it.
type Entry struct {
	contract.Ticket
	Merchant, Name, Title, Body string
}

func openLedger(path string, now func() time.Time) (*ledger, error) {
	j, err := openJournal(path)
	if err != nil {
		return nil, fmt.Errorf("opening the simulator's tickets: %w", err)
	}
	l := &ledger{now: now, journal: j, byRequest: map[string]*ticket{}, byNo: map[string]*ticket{}, count: map[string]int{}}
	if err := l.refresh(); err != nil {
		return nil, errors.Join(fmt.Errorf("reading the simulator's tickets: %w", err), j.f.Close())
	}
	return l, nil
}

func (l *ledger) close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.journal.f.Close()
}

// open accepts a case once: the same request gets the same ticket, another body under its number is INVALID.
func (l *ledger) open(c contract.Case) (contract.Ticket, error) {
	want := line{Request: c.Request, Merchant: c.Merchant, Title: c.Title, Body: c.Body, Asked: c.At, Terminal: c.Terminal,
		ResponseCode: c.ResponseCode, HappenedAt: c.HappenedAt, Amount: c.Amount}
	l.mu.Lock()
	defer l.mu.Unlock()
	var t *ticket
	err := l.write(func() (*line, error) {
		if t = l.byRequest[c.Request]; t != nil {
			was := t.line
			was.No, was.At = "", 0
			if was.Asked == 0 {
				want.Asked = 0 // a file of an older version
			}
			if was != want {
				return nil, contract.Fail(contract.CodeInvalid, "the request number was used with another body")
			}
			return nil, nil
		}
		now := l.now()
		date := now.In(beijing).Format("20060102")
		want.No, want.At = fmt.Sprintf("LQ%s-%04d", date, l.count[date]+1), now.UnixMilli()
		return &want, nil
	})
	if err != nil {
		return contract.Ticket{}, err
	}
	if t == nil {
		t = l.byRequest[c.Request]
	}
	return l.at(t), nil
}

// move moves a ticket by hand; it does not go on by itself after that.
func (l *ledger) move(no string, to contract.TicketStatus, note string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.write(func() (*line, error) {
		if l.byNo[no] == nil {
			return nil, contract.Fail(contract.CodeNotFound, "there is no ticket with this number")
		}
		return &line{No: no, At: l.now().UnixMilli(), Moved: string(to), Note: note}, nil
	})
}

// write appends what next decides after all that others have written was read. The caller holds mu.
func (l *ledger) write(next func() (*line, error)) error {
	if err := l.journal.lock(); err != nil {
		return brokenFile()
	}
	defer l.journal.unlock()
	if err := l.load(); err != nil {
		return brokenFile()
	}
	x, err := next()
	if err != nil || x == nil {
		return err
	}
	text, err := json.Marshal(x)
	if err == nil {
		err = l.journal.append(text)
	}
	if err != nil {
		return brokenFile()
	}
	l.keep(*x)
	return nil
}

// find returns a ticket of a merchant by its request number, or by its own.
func (l *ledger) find(merchant, request, no string) (contract.Ticket, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.catchUp(); err != nil {
		return contract.Ticket{}, err
	}
	t := l.byRequest[request]
	if request == "" {
		t = l.byNo[no]
	}
	switch {
	case t == nil:
		return contract.Ticket{}, contract.Fail(contract.CodeNotFound, "there is no such ticket")
	case t.Merchant != merchant:
		return contract.Ticket{}, contract.Fail(contract.CodeNotYours, "the ticket is of another merchant")
	}
	return l.at(t), nil
}

func (l *ledger) list() []Entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	_ = l.catchUp() // what is known already is still true
	out := make([]Entry, 0, len(l.tickets))
	for _, t := range slices.Backward(l.tickets) {
		m, _ := demoMerchant(t.Merchant)
		out = append(out, Entry{Ticket: l.at(t), Merchant: t.Merchant, Name: m.Name(), Title: t.Title, Body: t.Body})
	}
	return out
}

// catchUp reads what another process has accepted. The caller holds mu.
func (l *ledger) catchUp() error {
	if l.journal.grown() && l.refresh() != nil {
		return brokenFile()
	}
	return nil
}

func (l *ledger) refresh() error {
	if err := l.journal.lock(); err != nil {
		return err
	}
	defer l.journal.unlock()
	return l.load()
}

// load takes in the lines that are new. A damaged last line is a write that was cut off and so never answered: it does not count.
func (l *ledger) load() error {
	start := l.journal.size
	lines, err := l.journal.read()
	if err != nil {
		return err
	}
	for i, text := range lines {
		var x line
		if err := json.Unmarshal(text, &x); err != nil || x.No == "" || x.Request == "" && (x.Moved == "" || l.byNo[x.No] == nil) {
			if i == len(lines)-1 {
				l.journal.unread(text)
				return nil
			}
			l.journal.size = start
			return fmt.Errorf("line %d of %s is damaged; move the file away to start without tickets", len(l.tickets)+1, l.journal.f.Name())
		}
		l.keep(x)
	}
	return nil
}

func (l *ledger) keep(x line) {
	if x.Request == "" {
		t := l.byNo[x.No]
		t.moves = append(t.moves, x)
		return
	}
	if l.byRequest[x.Request] != nil {
		return
	}
	t := &ticket{line: x}
	l.byRequest[x.Request], l.byNo[x.No] = t, t
	l.tickets = append(l.tickets, t)
	var date string
	var n int
	if _, err := fmt.Sscanf(x.No, "LQ%8s-%d", &date, &n); err == nil {
		l.count[date] = max(l.count[date], n)
	}
}

// at is a ticket as it stands now.
func (l *ledger) at(t *ticket) contract.Ticket {
	steps := t.life()
	now := l.now().UnixMilli()
	s := steps[0]
	for _, x := range steps[1:] {
		if x.at <= now {
			s = x
		}
	}
	return t.as(s)
}

// as is a ticket at a step of its life.
func (t *ticket) as(s step) contract.Ticket {
	return contract.Ticket{Request: t.Request, No: t.No, Status: s.to, Note: s.note, OpenedAt: t.At, ChangedAt: s.at, DueAt: t.At + promised.Milliseconds()}
}

func brokenFile() error {
	return contract.Fail(contract.CodeUnavailable, "the simulator cannot use its file of tickets")
}
