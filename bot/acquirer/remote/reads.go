package remote

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/cenkalti/backoff/v5"

	"posdoctor/bot/acquirer/contract"
)

// Capabilities says which operations the acquirer answers.
func (c *Client) Capabilities(ctx context.Context) (contract.Answer[contract.Capabilities], error) {
	return read[contract.Capabilities](ctx, c, contract.OpCapabilities, "", nil)
}

// Merchant reads the merchant's state.
func (c *Client) Merchant(ctx context.Context, merchant string) (contract.Answer[contract.Merchant], error) {
	return read[contract.Merchant](ctx, c, contract.OpMerchant, merchant, nil)
}

// Restrictions reads what is limited and why.
func (c *Client) Restrictions(ctx context.Context, merchant string) (contract.Answer[contract.Restrictions], error) {
	return read[contract.Restrictions](ctx, c, contract.OpRestrictions, merchant, nil)
}

// Terminals reads the merchant's machines.
func (c *Client) Terminals(ctx context.Context, merchant string) (contract.Answer[contract.Terminals], error) {
	return read[contract.Terminals](ctx, c, contract.OpTerminals, merchant, nil)
}

// Terminal reads one machine by serial number or terminal number.
func (c *Client) Terminal(ctx context.Context, merchant, terminal string) (contract.Answer[contract.Terminal], error) {
	if !contract.IsRef(terminal) {
		return contract.Answer[contract.Terminal]{}, contract.Fail(contract.CodeNotFound, "this is no terminal's number")
	}
	return read[contract.Terminal](ctx, c, contract.OpTerminal, merchant, url.Values{"{terminal}": {terminal}})
}

// SettlementAccount reads where the money goes.
func (c *Client) SettlementAccount(ctx context.Context, merchant string) (contract.Answer[contract.SettlementAccount], error) {
	return read[contract.SettlementAccount](ctx, c, contract.OpSettlementAccount, merchant, nil)
}

// Settlements reads the payouts of some days, such as 2026-11-01 to 2026-11-05.
func (c *Client) Settlements(ctx context.Context, merchant, from, to string) (contract.Answer[contract.Settlements], error) {
	return read[contract.Settlements](ctx, c, contract.OpSettlements, merchant, url.Values{"from": {from}, "to": {to}})
}

// Transaction reads what became of a payment, by its reference. It never comes out of the cache.
func (c *Client) Transaction(ctx context.Context, merchant, ref string) (contract.Answer[contract.Transaction], error) {
	return fresh[contract.Transaction](ctx, c, contract.OpTransaction, merchant, url.Values{"ref": {ref}})
}

// TransactionAt is Transaction by terminal, amount in fen and time.
func (c *Client) TransactionAt(ctx context.Context, merchant, tid string, amount int64, at time.Time) (contract.Answer[contract.Transaction], error) {
	return fresh[contract.Transaction](ctx, c, contract.OpTransaction, merchant,
		url.Values{"tid": {tid}, "amount": {strconv.FormatInt(amount, 10)}, "at": {strconv.FormatInt(at.UnixMilli(), 10)}})
}

// Limits reads limits of amount.
func (c *Client) Limits(ctx context.Context, merchant string) (contract.Answer[contract.Limits], error) {
	return read[contract.Limits](ctx, c, contract.OpLimits, merchant, nil)
}

// RiskCases reads investigations.
func (c *Client) RiskCases(ctx context.Context, merchant string) (contract.Answer[contract.RiskCases], error) {
	return read[contract.RiskCases](ctx, c, contract.OpRiskCases, merchant, nil)
}

// Complaints reads payers' complaints of some days.
func (c *Client) Complaints(ctx context.Context, merchant, from, to string) (contract.Answer[contract.Complaints], error) {
	return read[contract.Complaints](ctx, c, contract.OpComplaints, merchant, url.Values{"from": {from}, "to": {to}})
}

// Onboarding reads how far the merchant's application is.
func (c *Client) Onboarding(ctx context.Context, merchant string) (contract.Answer[contract.Onboarding], error) {
	return read[contract.Onboarding](ctx, c, contract.OpOnboarding, merchant, nil)
}

// Notices reads what concerns all merchants.
func (c *Client) Notices(ctx context.Context) (contract.Answer[contract.Notices], error) {
	return read[contract.Notices](ctx, c, contract.OpNotices, "", nil)
}

// Ticket reads a ticket by its request number. It never comes out of the cache.
func (c *Client) Ticket(ctx context.Context, merchant, request string) (contract.Answer[contract.Ticket], error) {
	a, err := fresh[contract.Ticket](ctx, c, contract.OpTicket, merchant, url.Values{"request": {request}})
	if err == nil && a.Data.Request != request {
		return a, garbled("the answer is about another request")
	}
	return a, err
}

// Open opens a ticket. Unless the acquirer has refused it in a signed answer, an error says that the outcome is not known.
func (c *Client) Open(ctx context.Context, t contract.Case) (contract.Answer[contract.Ticket], error) {
	var a contract.Answer[contract.Ticket]
	if err := contract.Check(t); err != nil {
		return a, contract.Fail(contract.CodeInvalid, err.Error())
	}
	body, err := json.Marshal(t)
	if err != nil {
		return a, contract.Fail(contract.CodeInvalid, "the ticket cannot be written")
	}
	ctx, cancel := context.WithTimeout(ctx, c.cfg.TicketFor)
	defer cancel()
	route, _ := contract.RouteOf(contract.OpOpenTicket)
	err = c.exchange(ctx, route, route.Path, body, func(data []byte) error {
		a = contract.Answer[contract.Ticket]{}
		if err := decode(data, &a, route.Op, t.Merchant); err != nil {
			return err
		}
		if a.Data.Request != t.Request {
			return garbled("the answer is about another request")
		}
		return nil
	})
	a.ReceivedAt = c.cfg.Now().UnixMilli()
	return a, unknown(err)
}

// unknown makes TIMEOUT of what says nothing about whether a ticket was opened.
func unknown(err error) error {
	var e *contract.Error
	if err == nil || !errors.As(err, &e) {
		return err
	}
	switch e.Code {
	case contract.CodeNotFound, contract.CodeNotYours, contract.CodeInvalid, contract.CodeUnsupported, contract.CodeAuth, contract.CodeUnavailable, contract.CodeTimeout:
		return err
	}
	out := *e
	out.Code, out.Retryable = contract.CodeTimeout, true
	return &out
}

// read returns a cached answer, marked as stale, or a fresh one.
func read[T any](ctx context.Context, c *Client, op contract.Operation, merchant string, query url.Values) (contract.Answer[T], error) {
	key := string(op) + "?" + query.Encode()
	if a, ok := c.cache.get(merchant, key); ok {
		hit := a.(contract.Answer[T])
		hit.Stale = true
		return hit, nil
	}
	a, err := fresh[T](ctx, c, op, merchant, query)
	if err == nil {
		c.cache.put(merchant, key, a)
	}
	return a, err
}

// fresh asks the acquirer, and asks again while it says that it takes longer.
func fresh[T any](ctx context.Context, c *Client, op contract.Operation, merchant string, query url.Values) (contract.Answer[T], error) {
	var a contract.Answer[T]
	route, _ := contract.RouteOf(op)
	if strings.Contains(route.Path, "{merchant}") {
		if err := proper(merchant); err != nil {
			return a, err
		}
	}
	uri := path(route, merchant, query)
	for {
		err := c.repeated(ctx, route, uri, func(data []byte) error {
			a = contract.Answer[T]{}
			return decode(data, &a, op, merchant)
		})
		var wait *pendingError
		if !errors.As(err, &wait) {
			a.ReceivedAt = c.cfg.Now().UnixMilli()
			return a, err
		}
		if err := sleep(ctx, wait.after); err != nil {
			return a, err
		}
	}
}

// repeated asks up to three times, within the time of a read.
func (c *Client) repeated(ctx context.Context, route contract.Route, uri string, take func([]byte) error) error {
	short, cancel := context.WithTimeout(ctx, readFor)
	defer cancel()
	pause := backoff.NewExponentialBackOff()
	pause.InitialInterval, pause.MaxInterval = 100*time.Millisecond, time.Second
	var last error
	_, err := backoff.Retry(short, func() (struct{}, error) {
		last = c.exchange(short, route, uri, nil, take)
		var e *contract.Error
		switch {
		case errors.As(last, &e) && !e.Retryable, e == errOpen, isPending(last):
			return struct{}{}, backoff.Permanent(last)
		case e != nil && e.RetryAfter > 0:
			return struct{}{}, &backoff.RetryAfterError{Duration: e.Wait()}
		}
		return struct{}{}, last
	}, backoff.WithBackOff(pause), backoff.WithMaxTries(tries))
	if err != nil {
		return last // and not what the waiting between two tries ran into
	}
	return nil
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return contract.Fail(contract.CodeTimeout, "nobody waits for the answer any more")
	}
}

// path fills a route. What goes into a path was checked to be safe there.
func path(r contract.Route, merchant string, query url.Values) string {
	p := strings.ReplaceAll(r.Path, "{merchant}", merchant)
	p = strings.ReplaceAll(p, "{terminal}", query.Get("{terminal}"))
	q := url.Values{}
	for name, v := range query {
		if !strings.HasPrefix(name, "{") {
			q[name] = v
		}
	}
	if len(q) > 0 {
		p += "?" + q.Encode()
	}
	return p
}
