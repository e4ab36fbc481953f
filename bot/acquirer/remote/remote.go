package remote

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/sony/gobreaker/v2"

	"posdoctor/bot"
	"posdoctor/bot/acquirer"
	"posdoctor/bot/acquirer/contract"
	"posdoctor/bot/acquirer/signing"
)

// Limits of one acquirer.
const (
	connectFor = time.Second
	readFor    = 3 * time.Second  // a read, its repetitions included
	ticketFor  = 10 * time.Second // opening a ticket
	maxAnswer  = 256 << 10        // bytes
	tries      = 3                // of a read
)

// Config is how an acquirer is reached.
type Config struct {
	URL string // e.g. https://acquirer.example.com/posdoctor
	Key signing.Key

	Now       func() time.Time  // nil: time.Now
	Transport http.RoundTripper // nil: TCP with a time-out for connecting
	TicketFor time.Duration     // how long opening a ticket may take; 0: 10 s
	OpenFor   time.Duration     // how long the breaker stays open; 0: 30 s
}

// Client asks one acquirer. It is safe for concurrent use.
type Client struct {
	cfg     Config
	base    string
	http    *http.Client
	breaker *gobreaker.TwoStepCircuitBreaker[any]
	cache   cache
}

var (
	_ bot.Acquirer    = (*Client)(nil)
	_ acquirer.Source = (*Client)(nil)
	_ bot.Looker      = (*Client)(nil)

	_ acquirer.RiskSource       = (*Client)(nil)
	_ acquirer.NoticeSource     = (*Client)(nil)
	_ acquirer.SettlementSource = (*Client)(nil)
	_ acquirer.LimitSource      = (*Client)(nil)
	_ acquirer.OnboardingSource = (*Client)(nil)
	_ acquirer.ComplaintSource  = (*Client)(nil)
	_ acquirer.PaymentSource    = (*Client)(nil)
)

// New returns a client. It asks nothing yet.
func New(cfg Config) (*Client, error) {
	u, err := url.Parse(cfg.URL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.RawQuery != "" || u.User != nil {
		return nil, errors.New("the acquirer's address is no URL like https://acquirer.example.com/posdoctor")
	}
	if u.Scheme == "http" && !loopback(u.Hostname()) {
		return nil, errors.New("the acquirer is reached over https; http is for this machine alone")
	}
	if cfg.Key.ID == "" {
		return nil, errors.New("the acquirer's key is missing: requests are signed and answers verified")
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.TicketFor == 0 {
		cfg.TicketFor = ticketFor
	}
	if cfg.Transport == nil {
		cfg.Transport = &http.Transport{Proxy: http.ProxyFromEnvironment, DialContext: (&net.Dialer{Timeout: connectFor}).DialContext,
			TLSHandshakeTimeout: connectFor, DisableCompression: true, MaxResponseHeaderBytes: 16 << 10, MaxIdleConnsPerHost: 16,
			MaxConnsPerHost: 64, IdleConnTimeout: time.Minute, ForceAttemptHTTP2: true}
	}
	c := &Client{cfg: cfg, base: strings.TrimSuffix(u.String(), "/"), cache: cache{now: cfg.Now}}
	c.http = &http.Client{Transport: cfg.Transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	c.breaker = acquirer.NewBreaker(u.Host, cfg.OpenFor, answered)
	return c, nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Close gives up idle connections.
func (c *Client) Close() error {
	c.http.CloseIdleConnections()
	return nil
}

// Record composes what the acquirer knows of a merchant. See acquirer.Compose.
func (c *Client) Record(ctx context.Context, merchant string) (bot.Record, error) {
	if err := proper(merchant); err != nil {
		return bot.Record{}, acquirer.Failed(err)
	}
	return acquirer.Compose(ctx, c, merchant, bot.Look{})
}

// Look is Record with what is looked for besides.
func (c *Client) Look(ctx context.Context, merchant string, l bot.Look) (bot.Record, error) {
	if err := proper(merchant); err != nil {
		return bot.Record{}, acquirer.Failed(err)
	}
	return acquirer.Compose(ctx, c, merchant, l)
}

// OpenTicket opens a ticket, once for a request number.
func (c *Client) OpenTicket(ctx context.Context, t bot.TicketRequest) (bot.Ticket, error) {
	if proper(t.Merchant) != nil {
		return bot.Ticket{}, acquirer.Failed(proper(t.Merchant))
	}
	a, err := c.Open(ctx, caseOf(t))
	if err != nil {
		return bot.Ticket{}, acquirer.Failed(err)
	}
	return ticketOf(a.Data), nil
}

// TicketByRequest finds a ticket by the number with which it was opened.
func (c *Client) TicketByRequest(ctx context.Context, merchant, request string) (bot.Ticket, error) {
	a, err := c.Ticket(ctx, merchant, request)
	if err != nil {
		return bot.Ticket{}, acquirer.Failed(err)
	}
	return ticketOf(a.Data), nil
}

// Forget drops the cached answers about a merchant, of whom the acquirer has reported a change.
func (c *Client) Forget(merchant string) { c.cache.forget(merchant) }

// caseOf is a request as the contract has it. It depends on the request alone, so that a repetition has the same body.
func caseOf(t bot.TicketRequest) contract.Case {
	title := strings.Join(strings.Fields(t.Title), " ")
	return contract.Case{Request: t.Request, Merchant: t.Merchant, Title: cut(title, 200), Body: cut(t.Body, 8000), At: t.At, Terminal: cut(t.Terminal, 4), ResponseCode: cut(t.Code, 8)}
}

func cut(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:n-1]) + "…"
}

func ticketOf(t contract.Ticket) bot.Ticket {
	return bot.Ticket{Request: t.Request, No: t.No, Status: string(t.Status), At: t.ChangedAt, Note: t.Note, Due: t.DueAt}
}

// proper refuses a reference that no acquirer can have, without asking: it could lead to another path.
func proper(merchant string) error {
	if !contract.IsRef(merchant) {
		return contract.Fail(contract.CodeNotFound, "this is no merchant's reference")
	}
	return nil
}

// answered says whether somebody was there: an answer, or a refusal that makes sense.
func answered(err error) bool {
	switch contract.CodeOf(err) {
	case "", contract.CodeNotFound, contract.CodeNotYours, contract.CodeInvalid, contract.CodeUnsupported, contract.CodeRateLimited, contract.CodeAuth:
		return true
	}
	return false
}

// String names the client without its key.
func (c *Client) String() string { return fmt.Sprintf("acquirer at %s", c.base) }
