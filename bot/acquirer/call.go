package acquirer

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"time"

	"posdoctor/bot"
)

const (
	callTimeout    = 12 * time.Second // of one request to the acquirer; a ticket that is queried first makes two
	ticketAttempts = 5                // a ticket without an answer is tried again so often, then its outcome is told as unknown
	ticketFor      = 20 * time.Hour   // … and it is tried for so long: acquirers know a request number for a day at least
)

// Deliverer takes the outbox's calls to the acquirer.
type Deliverer struct {
	Links Links // whose links merchants are shown; those of other hosts are dropped

	acquirer bot.Acquirer
	now      func() time.Time
	newID    func() string
}

var _ bot.Deliverer = (*Deliverer)(nil)

// NewDeliverer returns a Deliverer for items of bot.TargetAcquirer.
func NewDeliverer(a bot.Acquirer, now func() time.Time, newID func() string) *Deliverer {
	return &Deliverer{acquirer: a, now: now, newID: newID}
}

// Deliver makes the call of an item and returns its outcome as an event, failures included; one that is Trying tells how it stands, and
// the item has to be handed out again. Neither event nor error: nothing is left to do. An error comes without an event and is a
// *bot.AcquirerError: with Retryable the item has to be handed out again later; otherwise the item makes no sense and never will
// (another target, an operation that does not exist). Errors carry codes only, nothing of the merchant.
func (d *Deliverer) Deliver(ctx context.Context, it bot.Item) (bot.Event, error) {
	if it.Target != bot.TargetAcquirer {
		return bot.Event{}, &bot.AcquirerError{Code: bot.CodeUnsupported, Detail: "the item has another target"}
	}
	switch it.Call.Op {
	case bot.OpRecord:
		return d.record(ctx, it)
	case bot.OpTicket:
		return d.ticket(ctx, it)
	case bot.OpProgress:
		return d.progress(ctx, it)
	case bot.OpStart, bot.OpConfirm:
		return d.proof(ctx, it)
	}
	return bot.Event{}, &bot.AcquirerError{Code: bot.CodeUnsupported, Detail: "the call has an unknown operation"}
}

// record reads once: a merchant who waits is better served by going on without the record than by a second try.
func (d *Deliverer) record(ctx context.Context, it bot.Item) (bot.Event, error) {
	ev := d.event(it, bot.EventRecord)
	r, err := guarded(ctx, bot.CodeUnavailable, func(ctx context.Context) (bot.Record, error) {
		if l, ok := d.acquirer.(bot.Looker); ok && it.Call.Look != nil {
			return l.Look(ctx, it.Call.Merchant, *it.Call.Look)
		}
		return d.acquirer.Record(ctx, it.Call.Merchant)
	})
	if err == nil && r.Merchant != it.Call.Merchant {
		err = failure(bot.CodeInvalid, "the record is of another merchant")
	}
	switch {
	case err == nil:
		ev.At = d.now().UnixMilli()
		r = d.Links.keep(tidy(r))
		if r.ObservedAt == 0 {
			r.ObservedAt = ev.At
		}
		ev.Record = &r
	case stopped(ctx):
		return bot.Event{}, again(err)
	default:
		ev.At, ev.Error = d.now().UnixMilli(), err.Code
	}
	return ev, nil
}

// ticket opens a ticket, and first asks what became of it when the item was handed out before.
func (d *Deliverer) ticket(ctx context.Context, it bot.Item) (bot.Event, error) {
	ev := d.event(it, bot.EventTicket)
	if it.Call.Ticket == nil || it.Call.Ticket.Request == "" || it.Call.Ticket.Merchant != it.Call.Merchant {
		ev.Error = bot.CodeInvalid
		return ev, nil
	}
	t, err := d.openOnce(ctx, *it.Call.Ticket, it.Attempts > 1)
	ev.At = d.now().UnixMilli()
	switch {
	case err == nil:
		ev.Ticket = &t
	case stopped(ctx), err.Retryable && it.Attempts <= ticketAttempts:
		return bot.Event{}, again(err)
	case err.Retryable:
		ev.Error = bot.CodeTimeout
		if ev.At-it.Call.Ticket.At < ticketFor.Milliseconds() {
			ev.Trying = true
			ev.Key += ":unknown" // told once, and what comes of it in the end again
		}
	default:
		ev.Error = err.Code
	}
	return ev, nil
}

// progress asks how a ticket goes on. Whoever cannot be reached is asked another time, by the timer of the conversation.
func (d *Deliverer) progress(ctx context.Context, it bot.Item) (bot.Event, error) {
	if it.Call.Ticket == nil {
		return bot.Event{}, nil
	}
	t, err := guarded(ctx, bot.CodeUnavailable, func(ctx context.Context) (bot.Ticket, error) {
		return d.acquirer.TicketByRequest(ctx, it.Call.Merchant, it.Call.Ticket.Request)
	})
	if err == nil {
		t, err = checked(t, *it.Call.Ticket)
	}
	switch {
	case stopped(ctx):
		return bot.Event{}, again(failure(bot.CodeTimeout, "nobody waits any more"))
	case err != nil:
		return bot.Event{}, nil
	}
	ev := d.event(it, bot.EventTicket)
	ev.Ticket = &t
	return ev, nil
}

// openOnce makes sure that there is one ticket for a request. query says that it may have been sent before.
func (d *Deliverer) openOnce(ctx context.Context, req bot.TicketRequest, query bool) (bot.Ticket, *bot.AcquirerError) {
	if query {
		t, err := guarded(ctx, bot.CodeTimeout, func(ctx context.Context) (bot.Ticket, error) {
			return d.acquirer.TicketByRequest(ctx, req.Merchant, req.Request)
		})
		switch {
		case err == nil:
			return checked(t, req)
		case err.Retryable:
			return bot.Ticket{}, err
		case err.Code == bot.CodeAuth, err.Code == bot.CodeBadSignature, err.Code == bot.CodeRateLimited:
			return bot.Ticket{}, &bot.AcquirerError{Code: bot.CodeTimeout, Retryable: true, Detail: "the query was not answered"} // a key or a clock can be set right
		case err.Code != bot.CodeNotFound:
			// Who cannot be asked has not said no: what was sent before may have been accepted.
			return bot.Ticket{}, failure(bot.CodeTimeout, "the outcome cannot be queried")
		}
	}
	t, err := guarded(ctx, bot.CodeTimeout, func(ctx context.Context) (bot.Ticket, error) {
		return d.acquirer.OpenTicket(ctx, req)
	})
	if err != nil {
		return bot.Ticket{}, err
	}
	return checked(t, req)
}

// checked takes a ticket only when it is the answer to the request; else the outcome is as unknown as without an answer.
func checked(t bot.Ticket, req bot.TicketRequest) (bot.Ticket, *bot.AcquirerError) {
	if t.Request != req.Request || !ticketNo.MatchString(t.No) {
		err := failure(bot.CodeTimeout, "the answer is of another request or has no number")
		err.Retryable = true
		return bot.Ticket{}, err
	}
	switch t.Status {
	case "OPEN", "IN_PROGRESS", "DONE", "REJECTED":
	default:
		t.Status = "OPEN" // it has a number, so it was accepted; more is not known
	}
	t.Note = words(t.Note)
	return t, nil
}

var (
	ticketNo  = regexp.MustCompile(`^[\p{L}\p{N}][\p{L}\p{N} ._:/#-]{0,63}$`)
	errorCode = regexp.MustCompile(`^[A-Z][A-Z_]{0,31}$`)
)

func (d *Deliverer) event(it bot.Item, kind string) bot.Event {
	return bot.Event{ID: d.newID(), Key: "call:" + it.Call.ID, At: d.now().UnixMilli(), Kind: kind, Call: it.Call.ID}
}

// guarded makes one request with the time-out. Whatever goes wrong comes back as an error with a code and without words of the
// adapter; unclear is the code of a failure that says nothing about the outcome, such as a panic.
func guarded[T any](ctx context.Context, unclear string, request func(context.Context) (T, error)) (answer T, failed *bot.AcquirerError) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			var none T
			answer, failed = none, &bot.AcquirerError{Code: unclear, Retryable: true, Detail: fmt.Sprintf("the adapter panicked (%T)", p)}
		}
	}()
	answer, err := request(ctx)
	if err == nil {
		return answer, nil
	}
	var none T
	var known *bot.AcquirerError
	switch {
	case errors.As(err, &known) && known != nil && errorCode.MatchString(known.Code):
		f := failure(known.Code, "the request failed")
		f.Retryable = known.Retryable || known.Code == bot.CodeTimeout || known.Code == bot.CodeUnavailable
		return none, f
	case ctx.Err() != nil, errors.Is(err, context.DeadlineExceeded):
		return none, &bot.AcquirerError{Code: bot.CodeTimeout, Retryable: true, Detail: "no answer in time"}
	}
	return none, &bot.AcquirerError{Code: unclear, Retryable: true, Detail: "the request failed without a code"}
}

func failure(code, detail string) *bot.AcquirerError {
	return &bot.AcquirerError{Code: code, Detail: detail}
}

// again is the error that has the item handed out another time.
func again(err *bot.AcquirerError) error {
	return &bot.AcquirerError{Code: err.Code, Retryable: true, Detail: err.Detail}
}

// stopped tells whether we ourselves gave up, as at a shutdown; that says nothing about the acquirer.
func stopped(ctx context.Context) bool { return errors.Is(ctx.Err(), context.Canceled) }
