package wechat

import (
	"crypto/subtle"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/silenceper/wechat/v2/util"

	"posdoctor/bot"
)

const (
	maxBody   = 64 << 10
	freshness = 5 * time.Minute
)

// refusal is why a push is not taken. The sender gets the status and an empty body.
type refusal struct {
	status int
	reason string
}

func (r *refusal) Error() string { return r.reason }

func forbidden(reason string) error { return &refusal{http.StatusForbidden, reason} }
func malformed(reason string) error { return &refusal{http.StatusBadRequest, reason} }

// ServeHTTP is the callback.
//
//	GET  ?signature=…&timestamp=1700000000&nonce=123&echostr=456                       -> 456, when the URL is set up
//	POST ?signature=…&timestamp=…&nonce=…&openid=…[&encrypt_type=aes&msg_signature=…]  -> a reply, or "success" for none
//
// 403, 400 and 413 mean that the push is not from WeChat or cannot be read, 503 that it could not be handled now. Their body is
// empty and nothing was handled.
func (c *Channel) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	start := time.Now()
	if r.Method != http.MethodGet && r.Method != http.MethodPost {
		w.Header().Set("Allow", "GET, POST")
		refuse(w, c.log, &refusal{http.StatusMethodNotAllowed, "method"})
		return
	}
	q := r.URL.Query()
	if err := c.checkQuery(q); err != nil {
		refuse(w, c.log, err)
		return
	}
	if r.Method == http.MethodGet {
		c.echo(w, q)
		return
	}
	p, env, err := c.receive(w, r, q)
	if err != nil {
		refuse(w, c.log, err)
		return
	}
	ev := p.event(c.cfg.AppID)
	ev.Fetch = c.fetcher.of(p.MediaId, ev)
	if c.cfg.Mode == ModePlain && !c.seen.claim(q.Get("signature"), ev.Key, c.deps.Now()) {
		refuse(w, c.log, forbidden("signature was used for another message"))
		return
	}
	if ev.Kind == "" {
		c.write(w, nil)
		return
	}
	a := bot.Address{Channel: c.Name(), Account: c.cfg.AppID, User: p.FromUserName}
	body, err := c.reply(r.Context(), start, a, ev, env)
	if err != nil {
		c.log.Error("wechat push not handled", slog.String("kind", ev.Kind), slog.String("err", without(err, p.FromUserName)))
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	c.write(w, body)
}

// checkQuery checks what WeChat signs with every request: sha1 over the sorted token, timestamp and nonce.
func (c *Channel) checkQuery(q url.Values) error {
	ts, nonce := q.Get("timestamp"), q.Get("nonce")
	if !same(q.Get("signature"), util.Signature(c.cfg.Token, ts, nonce)) {
		return forbidden("signature")
	}
	return fresh(ts, c.deps.Now())
}

// fresh checks that a timestamp, in seconds, is of these minutes.
func fresh(ts string, now time.Time) error {
	sec, err := strconv.ParseInt(ts, 10, 64)
	if err != nil || strconv.FormatInt(sec, 10) != ts {
		return forbidden("timestamp is not a number")
	}
	if age := now.Unix() - sec; age > int64(freshness/time.Second) || age < -int64(freshness/time.Second) {
		return forbidden("timestamp is not of the last 5 minutes; check the clock")
	}
	return nil
}

func same(got, want string) bool {
	return subtle.ConstantTimeCompare([]byte(got), []byte(want)) == 1
}

// echo answers the check of the URL. WeChat sends the echostr in clear in every mode of an Official Account.
func (c *Channel) echo(w http.ResponseWriter, q url.Values) {
	s := q.Get("echostr")
	if s == "" || len(s) > 1024 {
		refuse(w, c.log, malformed("echostr"))
		return
	}
	plainHeader(w)
	_, _ = io.WriteString(w, s)
}

// envelope is what a reply needs to know of its push.
type envelope struct {
	to, from string // the openid and the account's own name, gh_…
	key      string // the key that opened the push; empty in plain mode
}

// receive reads a push whose query is good. Beyond this point all strangers are out.
func (c *Channel) receive(w http.ResponseWriter, r *http.Request, q url.Values) (push, envelope, error) {
	body, err := bodyOf(w, r)
	if err != nil {
		return push{}, envelope{}, err
	}
	var key string
	if c.cfg.Mode == ModeSafe {
		if body, key, err = c.open(q, body); err != nil {
			return push{}, envelope{}, err
		}
	}
	p, err := parsePush(body)
	if err != nil {
		return push{}, envelope{}, err
	}
	if err := p.complete(); err != nil {
		return push{}, envelope{}, err
	}
	return p, envelope{to: p.FromUserName, from: p.ToUserName, key: key}, nil
}

// bodyOf reads a body that is not too long.
func bodyOf(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	if r.ContentLength > maxBody {
		w.Header().Set("Connection", "close")
		return nil, &refusal{http.StatusRequestEntityTooLarge, "body"}
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if tooBig := (*http.MaxBytesError)(nil); errors.As(err, &tooBig) {
		return nil, &refusal{http.StatusRequestEntityTooLarge, "body"}
	} else if err != nil {
		return nil, malformed("body broke off")
	}
	return body, nil
}

// open takes the message out of a safe-mode body: <xml><ToUserName>…</ToUserName><Encrypt>base64</Encrypt></xml>. What else stands
// in the body is signed by nobody and not looked at.
func (c *Channel) open(q url.Values, body []byte) (message []byte, key string, err error) {
	outer, err := parsePush(body)
	if err != nil {
		return nil, "", err
	}
	if outer.Encrypt == "" {
		return nil, "", forbidden("not encrypted, but wechat-mode is safe")
	}
	if !same(q.Get("msg_signature"), util.Signature(c.cfg.Token, q.Get("timestamp"), q.Get("nonce"), outer.Encrypt)) {
		return nil, "", forbidden("msg_signature")
	}
	if message, key, ok := decrypt(c.cfg.AppID, outer.Encrypt, c.cfg.keys()); ok {
		return message, key, nil
	}
	return nil, "", forbidden("not encrypted with wechat-aes-key for wechat-app-id")
}

// decrypt opens what is sealed for an AppID or CorpID with one of the keys.
func decrypt(id, sealed string, keys []string) (message []byte, key string, ok bool) {
	for _, key := range keys {
		// DecryptMsg compares the id inside too.
		if _, message, err := util.DecryptMsg(id, sealed, key); err == nil {
			return message, key, true
		}
	}
	return nil, "", false
}

func refuse(w http.ResponseWriter, log *slog.Logger, err error) {
	var why *refusal
	if !errors.As(err, &why) {
		why = &refusal{http.StatusBadRequest, "unreadable"}
	}
	log.Info("wechat push refused", slog.Int("status", why.status), slog.String("reason", why.reason))
	w.WriteHeader(why.status)
}

// write sends a reply, or "success" when there is nothing to say. An encrypted or empty reply instead would be shown to the merchant as
// a failure of the account.
func (c *Channel) write(w http.ResponseWriter, body []byte) {
	if body == nil {
		plainHeader(w)
		_, _ = io.WriteString(w, "success")
		return
	}
	w.Header().Set("Content-Type", "text/xml; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	_, _ = w.Write(body) // WeChat may have hung up: its next attempt gets the same bytes
}

func plainHeader(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
}
