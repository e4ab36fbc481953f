package wechatpay

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/sony/gobreaker/v2"
	"github.com/wechatpay-apiv3/wechatpay-go/core/auth/credentials"
	"github.com/wechatpay-apiv3/wechatpay-go/core/auth/signers"
	"github.com/wechatpay-apiv3/wechatpay-go/core/auth/validators"
	"github.com/wechatpay-apiv3/wechatpay-go/core/auth/verifiers"
	"github.com/wechatpay-apiv3/wechatpay-go/core/consts"

	"posdoctor/bot/acquirer"
	"posdoctor/bot/acquirer/contract"
)

// Limits of what is asked.
const (
	connectFor = time.Second
	readFor    = 3 * time.Second // a reading, its repetitions included
	maxAnswer  = 256 << 10       // bytes
	tries      = 3               // of a reading
)

// Client reads what WeChat Pay knows of a service provider's sub-merchants. It is safe for concurrent use.
type Client struct {
	cfg     Config
	base    string
	http    *http.Client
	sign    *credentials.WechatPayCredentials
	answers *validators.WechatPayResponseValidator
	notices *validators.WechatPayNotifyValidator
	breaker *gobreaker.TwoStepCircuitBreaker[any]
}

// New returns a client. It asks nothing yet.
func New(cfg Config) (*Client, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if cfg.URL == "" {
		cfg.URL = Server
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Transport == nil {
		cfg.Transport = &http.Transport{Proxy: http.ProxyFromEnvironment, DialContext: (&net.Dialer{Timeout: connectFor}).DialContext,
			TLSHandshakeTimeout: connectFor, DisableCompression: true, MaxResponseHeaderBytes: 16 << 10, MaxIdleConnsPerHost: 16,
			MaxConnsPerHost: 64, IdleConnTimeout: time.Minute, ForceAttemptHTTP2: true}
	}
	verifier := verifiers.NewSHA256WithRSAPubkeyVerifier(cfg.PublicKeyID, *cfg.PublicKey)
	return &Client{cfg: cfg, base: strings.TrimSuffix(cfg.URL, "/"),
		http:    &http.Client{Transport: cfg.Transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
		sign:    &credentials.WechatPayCredentials{Signer: &signers.SHA256WithRSASigner{MchID: cfg.MchID, CertificateSerialNo: cfg.Serial, PrivateKey: cfg.Key}},
		answers: validators.NewWechatPayResponseValidator(verifier),
		notices: validators.NewWechatPayNotifyValidator(verifier),
		breaker: acquirer.NewBreaker("wechatpay", 0, answered)}, nil
}

// Close gives up idle connections.
func (c *Client) Close() error {
	c.http.CloseIdleConnections()
	return nil
}

// reply is a verified answer.
type reply struct {
	trace string
	at    int64 // by WeChat Pay's clock, as signed, milliseconds
}

// get reads one path into v, again when that may help. Errors are *contract.Error.
func (c *Client) get(ctx context.Context, uri string, v any) (reply, error) {
	ctx, cancel := context.WithTimeout(ctx, readFor)
	defer cancel()
	wait := backoff.NewExponentialBackOff()
	wait.InitialInterval, wait.Multiplier, wait.RandomizationFactor, wait.MaxInterval = 150*time.Millisecond, 2, 0.5, time.Second
	var last error
	r, err := backoff.Retry(ctx, func() (reply, error) {
		var r reply
		r, last = c.exchange(ctx, uri, v)
		if last != nil && !again(last) {
			return r, backoff.Permanent(last)
		}
		return r, last
	}, backoff.WithBackOff(wait), backoff.WithMaxTries(tries), backoff.WithMaxElapsedTime(readFor))
	switch {
	case err == nil:
		return r, nil
	case last == nil, errors.Is(last, errNotAsked): // ended before anything was asked
		return reply{}, unreached(ctx, err)
	}
	switch contract.CodeOf(last) {
	case contract.CodeAuth, contract.CodeBadSignature: // somebody has to look at keys, clocks and the line
		c.cfg.Log.Error("WeChat Pay cannot be read: check wechatpay-mch-id, -serial, the keys and the clock", "err", last, "trace", trace(last))
	}
	return reply{}, last
}

func trace(err error) string {
	var e *contract.Error
	if errors.As(err, &e) {
		return e.TraceID
	}
	return ""
}

var (
	errNotAsked = errors.New("nobody waits for the answer") // never leaves the package
	errOpen     = errors.New("the breaker is open")         // repeating cannot help
)

// again says that repeating at once may help. Who is asked too often is not helped by more questions: WeChat Pay counts by the minute.
func again(err error) bool {
	var e *contract.Error
	return errors.As(err, &e) && e.Retryable && e.Code != contract.CodeRateLimited && !errors.Is(err, errOpen)
}

// exchange makes one request, if the breaker lets it, and reads the verified answer into v.
func (c *Client) exchange(ctx context.Context, uri string, v any) (reply, error) {
	if ctx.Err() != nil {
		return reply{}, errNotAsked
	}
	done, err := c.breaker.Allow()
	if err != nil {
		return reply{}, errors.Join(contract.Fail(contract.CodeUnavailable, "not asked: there was no answer before"), errOpen)
	}
	r, err := c.ask(ctx, uri, v)
	if err != nil && errors.Is(ctx.Err(), context.Canceled) {
		done(context.Canceled) // we gave up; that says nothing about WeChat Pay
	} else {
		done(err)
	}
	return r, err
}

func (c *Client) ask(ctx context.Context, uri string, v any) (reply, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+uri, nil)
	if err != nil {
		return reply{}, contract.Fail(contract.CodeInvalid, "the request cannot be written")
	}
	authorization, err := c.sign.GenerateAuthorizationHeader(ctx, req.Method, req.URL.RequestURI(), "")
	if err != nil {
		return reply{}, contract.Fail(contract.CodeAuth, "the request cannot be signed")
	}
	req.Header.Set(consts.Authorization, authorization)
	req.Header.Set(consts.Accept, consts.ApplicationJSON)
	req.Header.Set(consts.UserAgent, "posdoctor")
	req.Header.Set(consts.WechatPaySerial, c.cfg.PublicKeyID) // the key with which the answer shall be signed
	res, err := c.http.Do(req)
	if err != nil {
		return reply{}, unreached(ctx, err)
	}
	defer res.Body.Close()
	data, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	switch {
	case err != nil:
		return reply{}, unreached(ctx, err)
	case len(data) > maxAnswer:
		return reply{}, told(res, garbled("the answer is larger than "+strconv.Itoa(maxAnswer>>10)+" KiB"))
	}
	res.Body = io.NopCloser(bytes.NewReader(data))
	verified := c.answers.Validate(ctx, res) == nil
	if err := judge(res.StatusCode, verified, data, v); err != nil {
		return reply{}, told(res, err)
	}
	seconds, _ := strconv.ParseInt(res.Header.Get(consts.WechatPayTimestamp), 10, 64)
	return reply{trace: traceOf(res), at: seconds * 1000}, nil
}

// judge says what an answer means. What is not signed is believed only where it says that something is wrong over there, or with our
// signature: a proxy's "not found" is not WeChat Pay's word.
func judge(status int, verified bool, data []byte, v any) error {
	switch {
	case status == http.StatusOK && verified:
		if err := contract.Decode(data, v); err != nil {
			return garbled(err.Error())
		}
		return nil
	case verified && status >= 400, status == http.StatusTooManyRequests, status == http.StatusUnauthorized, status >= 500:
		return refusal(status, data)
	case !verified:
		return contract.Fail(contract.CodeBadSignature, "the answer is not signed with WeChat Pay's key, or is older than 5 minutes")
	}
	return garbled("the answer has a status that is not documented")
}

// refusal is an error as WeChat Pay words it: {"code":"NO_AUTH","message":"…"}. The message may name a merchant and stays out.
func refusal(status int, data []byte) error {
	var said struct {
		Code string `json:"code,omitempty"`
	}
	if contract.Decode(data, &said) != nil || !codeWord.MatchString(said.Code) {
		said.Code = ""
	}
	code, known := refusals[said.Code]
	if !known || status >= 500 {
		code = statusCodes[min(status, 500)]
	}
	if code == "" {
		code = contract.CodeInvalid
	}
	e := contract.Fail(code, "")
	e.UpstreamCode = said.Code
	return e
}

// garbled is an answer that is none. It would be the same again.
func garbled(why string) error {
	return &contract.Error{Code: contract.CodeUnavailable, UpstreamMsg: why}
}

// told notes in an error what came back.
func told(res *http.Response, err error) error {
	var e *contract.Error
	if errors.As(err, &e) {
		e.UpstreamHTTP, e.TraceID = res.StatusCode, traceOf(res)
	}
	return err
}

func traceOf(res *http.Response) string { return acquirer.Line(res.Header.Get(consts.RequestID), 128) }

// unreached is a request without an answer. Errors of the transport name addresses and are left out.
func unreached(ctx context.Context, err error) error {
	var timeout net.Error
	if ctx.Err() != nil || errors.As(err, &timeout) && timeout.Timeout() {
		return contract.Fail(contract.CodeTimeout, "no answer in time")
	}
	return contract.Fail(contract.CodeUnavailable, "the connection failed")
}

// answered says whether somebody was there: an answer, or a refusal that makes sense.
func answered(err error) bool {
	switch contract.CodeOf(err) {
	case contract.CodeTimeout, contract.CodeUnavailable, contract.CodeBadSignature:
		return false
	}
	return true
}
