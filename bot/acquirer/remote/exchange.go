package remote

import (
	"bytes"
	"context"
	"errors"
	"io"
	"mime"
	"net"
	"net/http"
	"strconv"
	"time"

	"posdoctor/bot"
	"posdoctor/bot/acquirer/contract"
	"posdoctor/bot/acquirer/signing"
)

// How long the acquirer may have us wait before the same question.
const (
	minAgain = 50 * time.Millisecond
	maxAgain = 2 * time.Second
)

// pendingError is a read that takes longer.
type pendingError struct{ after time.Duration }

func (*pendingError) Error() string { return "the acquirer is still looking it up" }

func isPending(err error) bool {
	var p *pendingError
	return errors.As(err, &p)
}

// errOpen is a request that was not made, because those before it failed.
var errOpen = contract.Fail(contract.CodeUnavailable, "not asked: the acquirer did not answer before")

// exchange makes one request, if the breaker lets it, and hands the verified body to take. Errors are *contract.Error or pending.
func (c *Client) exchange(ctx context.Context, route contract.Route, uri string, body []byte, take func([]byte) error) error {
	done, err := c.breaker.Allow()
	if err != nil {
		return errOpen
	}
	err = c.ask(ctx, route, uri, body, take)
	switch {
	case isPending(err):
		done(nil)
	case err != nil && errors.Is(ctx.Err(), context.Canceled):
		done(context.Canceled) // we gave up; that says nothing about the acquirer
	default:
		done(err)
	}
	return err
}

func (c *Client) ask(ctx context.Context, route contract.Route, uri string, body []byte, take func([]byte) error) error {
	req, err := http.NewRequestWithContext(ctx, route.Method, c.base+uri, bytes.NewReader(body))
	if err != nil {
		return contract.Fail(contract.CodeInvalid, "the request cannot be written")
	}
	req.Header.Set("Accept", "application/json")
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	} else {
		// The transport repeats a GET without a body by itself when a connection breaks, with the same nonce, which is refused as a
		// replay. One whose body merely turns out to be empty it leaves to us.
		req.Body, req.GetBody = io.NopCloser(bytes.NewReader(nil)), nil
	}
	if err := signing.Request(c.cfg.Key, req, body, c.cfg.Now()); err != nil {
		return contract.Fail(contract.CodeAuth, "the request cannot be signed")
	}
	res, err := c.http.Do(req)
	if err != nil {
		return unreached(ctx, err)
	}
	defer res.Body.Close()
	data, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	switch {
	case err != nil:
		return unreached(ctx, err)
	case len(data) > maxAnswer:
		return status(res, garbled("the answer is larger than "+strconv.Itoa(maxAnswer>>10)+" KiB"))
	}
	verified := signing.VerifyAnswer(c.cfg.Key, res.Header, res.StatusCode, req.Header, data, c.cfg.Now())
	return status(res, judge(res, data, verified, take))
}

// judge says what an answer means. What is not signed is believed only where it says that something is wrong over there.
func judge(res *http.Response, data []byte, verified error, take func([]byte) error) error {
	code := res.StatusCode
	switch {
	case code == http.StatusTooManyRequests:
		e := contract.Fail(contract.CodeRateLimited, "")
		e.RetryAfter = retryAfter(res.Header)
		return e
	case code >= 500 && verified != nil:
		if code == http.StatusGatewayTimeout {
			return contract.Fail(contract.CodeTimeout, "")
		}
		return contract.Fail(contract.CodeUnavailable, "")
	case code == http.StatusUnauthorized && verified != nil:
		return contract.Fail(contract.CodeBadSignature, "our signature was refused: check acquirer-key-id, the key and the clocks")
	case verified != nil:
		return contract.Fail(contract.CodeBadSignature, verified.Error())
	case !isJSON(res.Header):
		return garbled("the answer is no JSON")
	case code == http.StatusAccepted:
		var p contract.Pending
		if err := contract.Decode(data, &p); err != nil {
			return garbled(err.Error())
		}
		return &pendingError{min(max(time.Duration(p.RetryAfter)*time.Millisecond, minAgain), maxAgain)}
	case code == http.StatusOK:
		return take(data)
	case code >= 400:
		return refusal(code, data)
	}
	return garbled("the answer has a status that is not agreed on")
}

// refusal is a signed error. Its words are masked: they go into logs.
func refusal(code int, data []byte) error {
	e := &contract.Error{}
	if err := contract.Decode(data, e); err != nil {
		return garbled(err.Error())
	}
	if final := !contract.Fail(e.Code, "").Retryable; final && code >= 500 && code != http.StatusNotImplemented {
		return garbled("the answer says that something broke and names a refusal")
	}
	e.UpstreamMsg, _ = bot.Mask(e.UpstreamMsg)
	e.UpstreamCode, _ = bot.Mask(e.UpstreamCode)
	e.Retryable = contract.Fail(e.Code, "").Retryable // by our own rules
	e.RetryAfter = min(e.RetryAfter, maxAgain.Milliseconds())
	return e
}

// decode reads an answer and holds it against what was asked.
func decode[T any](data []byte, a *contract.Answer[T], op contract.Operation, merchant string) error {
	if err := contract.Decode(data, a); err != nil {
		return garbled(err.Error())
	}
	switch {
	case a.Operation != op:
		return garbled("the answer is to another operation")
	case a.Merchant != merchant:
		e := contract.Fail(contract.CodeInvalid, "the answer is about another merchant")
		if op == contract.OpOpenTicket || op == contract.OpStartBinding || op == contract.OpConfirmBinding {
			e = contract.Fail(contract.CodeTimeout, e.UpstreamMsg) // the ticket may be there, the code sent or used
		}
		return e
	}
	return nil
}

// garbled is an answer that is none.
func garbled(why string) error { return contract.Fail(contract.CodeUnavailable, why) }

// status notes the HTTP status in an error.
func status(res *http.Response, err error) error {
	var e *contract.Error
	if errors.As(err, &e) {
		e.UpstreamHTTP = res.StatusCode
	}
	return err
}

func isJSON(h http.Header) bool {
	kind, _, err := mime.ParseMediaType(h.Get("Content-Type"))
	return err == nil && kind == "application/json"
}

// retryAfter reads seconds, at most as long as we would wait.
func retryAfter(h http.Header) int64 {
	n, err := strconv.Atoi(h.Get("Retry-After"))
	if err != nil || n < 0 {
		return 0
	}
	return min(time.Duration(n)*time.Second, maxAgain).Milliseconds()
}

// unreached is a request without an answer. Errors of the transport name addresses and are left out.
func unreached(ctx context.Context, err error) error {
	var timeout net.Error
	if ctx.Err() != nil || errors.As(err, &timeout) && timeout.Timeout() {
		return contract.Fail(contract.CodeTimeout, "no answer in time")
	}
	return contract.Fail(contract.CodeUnavailable, "the connection failed")
}
