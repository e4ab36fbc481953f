package wechat

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"posdoctor/bot"
	"posdoctor/channels/wechat/wechattest"
)

func (s *kfStage) peer() *wechattest.KFPeer {
	return &wechattest.KFPeer{URL: s.url, Token: kfToken, CorpID: kfCorp, AESKey: testKey, Now: s.clock.now}
}

// pending says whether a push woke the feed of an account.
func (s *kfStage) pending(account string) bool {
	s.kf.feeds.mu.Lock()
	defer s.kf.feeds.mu.Unlock()
	f := s.kf.feeds.all[account]
	return f != nil && f.pending
}

func TestKFEcho(t *testing.T) {
	s := newKFStage(t)
	p := s.peer()
	for _, echo := range []string{"1616140317555161061", "<script>alert(1)</script>"} {
		if r, err := p.Echo(echo); err != nil || r.Status != http.StatusOK {
			t.Errorf("echo %q: %d %v", echo, r.Status, err)
		}
	}
	for name, wrong := range map[string]func(p *wechattest.KFPeer){
		"token": func(p *wechattest.KFPeer) { p.Token = "another" },
		"key":   func(p *wechattest.KFPeer) { p.AESKey = otherKey },
		"corp":  func(p *wechattest.KFPeer) { p.CorpID = "wwffffffffffffffff" },
		"clock": func(p *wechattest.KFPeer) { p.Now = func() time.Time { return s.clock.now().Add(-6 * time.Minute) } },
	} {
		p := s.peer()
		wrong(p)
		if r, _ := p.Echo("leak"); r.Status != http.StatusForbidden || len(r.Body) > 0 {
			t.Errorf("wrong %s: %d %q", name, r.Status, r.Body)
		}
	}
}

// TestKFRefused: what is not from WeCom or cannot be read gets a status and nothing else, and wakes nobody.
func TestKFRefused(t *testing.T) {
	type attempt func(p *wechattest.KFPeer) (url.Values, []byte)
	good := func(p *wechattest.KFPeer) (url.Values, []byte) { return p.Seal(p.Event(kfAccount, "ENC1")) }
	query := func(change func(q url.Values)) attempt {
		return func(p *wechattest.KFPeer) (url.Values, []byte) {
			q, b := good(p)
			change(q)
			return q, b
		}
	}
	as := func(change func(p *wechattest.KFPeer)) attempt {
		return func(p *wechattest.KFPeer) (url.Values, []byte) {
			change(p)
			return good(p)
		}
	}
	inner := func(message string) attempt {
		return func(p *wechattest.KFPeer) (url.Values, []byte) { return p.Seal([]byte(message)) }
	}
	body := func(b string) attempt {
		return func(p *wechattest.KFPeer) (url.Values, []byte) {
			q, _ := good(p)
			return q, []byte(b)
		}
	}
	at := func(shift time.Duration) attempt {
		return func(p *wechattest.KFPeer) (url.Values, []byte) {
			now := p.Now
			p.Now = func() time.Time { return now().Add(shift) }
			return good(p)
		}
	}
	for _, tc := range []struct {
		name    string
		attempt attempt
		status  int
		wakes   bool
	}{
		{"good", good, 200, true},
		{"four minutes old", at(-4 * time.Minute), 200, true},
		{"the key before", as(func(p *wechattest.KFPeer) { p.AESKey = otherKey }), 200, true},
		{"another event", inner(`<xml><Event>change_contact</Event></xml>`), 200, false},

		{"no query", query(func(q url.Values) { clear(q) }), 403, false},
		{"no msg_signature", query(func(q url.Values) { q.Del("msg_signature") }), 403, false},
		{"signature for msg_signature", query(func(q url.Values) {
			q.Set("msg_signature", wechattest.Sign(kfToken, q.Get("timestamp"), q.Get("nonce")))
		}), 403, false},
		{"msg_signature in capitals", query(func(q url.Values) { q.Set("msg_signature", strings.ToUpper(q.Get("msg_signature"))) }), 403, false},
		{"msg_signature of another", query(func(q url.Values) { q.Set("nonce", "1") }), 403, false},
		{"another token", as(func(p *wechattest.KFPeer) { p.Token = "another" }), 403, false},
		{"another corp", as(func(p *wechattest.KFPeer) { p.CorpID = "wwffffffffffffffff" }), 403, false},
		{"six minutes old", at(-6 * time.Minute), 403, false},
		{"tomorrow", at(24 * time.Hour), 403, false},
		{"in clear", func(p *wechattest.KFPeer) (url.Values, []byte) {
			q, _ := good(p)
			return q, p.Event(kfAccount, "ENC1")
		}, 400, false},
		{"tampered", func(p *wechattest.KFPeer) (url.Values, []byte) {
			q, b := good(p)
			b[bytes.Index(b, []byte("<Encrypt>"))+60] ^= 1
			return q, b
		}, 403, false},
		{"an echostr for a push", query(func(q url.Values) { q.Set("echostr", "1") }), 200, true},
		{"empty", body(""), 400, false},
		{"no XML", body(`{"Encrypt":"x"}`), 400, false},
		{"broken", body("<xml><Encrypt>"), 400, false},
		{"a bomb", body(`<!DOCTYPE x [<!ENTITY a "b">]><xml><Encrypt>&a;</Encrypt></xml>`), 400, false},
		{"too long", body("<xml>" + strings.Repeat("a", maxBody) + "</xml>"), 413, false},
		{"sealed, no XML", inner("刷卡"), 400, false},
		{"sealed, no account", inner(`<xml><Event>kf_msg_or_event</Event><Token>ENC1</Token></xml>`), 400, false},
		{"sealed, an account without end", inner(`<xml><Event>kf_msg_or_event</Event><OpenKfId>` + strings.Repeat("a", 200) + `</OpenKfId></xml>`), 400, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newKFStage(t, func(s *kfStage) { s.cfg.AESKeyPrevious = otherKey })
			p := s.peer()
			q, b := tc.attempt(p)
			r, err := p.Post(q, b)
			if err != nil && tc.status != 413 { // the connection is closed before all is sent
				t.Fatal(err)
			}
			if err == nil && r.Status != tc.status || tc.status >= 400 && len(r.Body) > 0 {
				t.Errorf("status %d %q, want %d", r.Status, r.Body, tc.status)
			}
			if got := s.pending(kfAccount); got != tc.wakes {
				t.Errorf("woken: %t", got)
			}
		})
	}
	s := newKFStage(t)
	req, err := http.NewRequest(http.MethodPut, s.url, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil || res.StatusCode != http.StatusMethodNotAllowed || res.Header.Get("Allow") == "" {
		t.Errorf("PUT: %v %v", res, err)
	}
	_ = res.Body.Close()
}

// deafNotes cannot keep anything.
type deafNotes struct{ bot.Notes }

func (deafNotes) SetNote(context.Context, bot.Note) error { return errors.New("disk full") }

// TestKFUnknownAccount: a push for an account that cannot be kept is not acknowledged, so WeCom comes again.
func TestKFUnknownAccount(t *testing.T) {
	s := newKFStage(t)
	kept := s.kf.deps.Notes
	s.kf.deps.Notes = deafNotes{kept}
	if r, err := s.peer().Notify(kfAccount, "ENC1"); err != nil || r.Status != http.StatusServiceUnavailable || len(r.Body) > 0 {
		t.Errorf("%d %q %v", r.Status, r.Body, err)
	}
	s.kf.deps.Notes = kept
	if r, err := s.peer().Notify(kfAccount, "ENC1"); err != nil || r.Status != http.StatusOK {
		t.Errorf("%d %v", r.Status, err)
	}
}

func TestKFConfig(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(c *KFConfig)
		want   string
	}{
		"good":        {func(*KFConfig) {}, ""},
		"no corp":     {func(c *KFConfig) { c.CorpID = "" }, "wechat-kf-corp-id"},
		"no secret":   {func(c *KFConfig) { c.Secret = "" }, "wechat-kf-secret"},
		"no token":    {func(c *KFConfig) { c.Token = "" }, "wechat-kf-token"},
		"no key":      {func(c *KFConfig) { c.AESKey = "" }, "wechat-kf-aes-key"},
		"a short key": {func(c *KFConfig) { c.AESKeyPrevious = "abc" }, "wechat-kf-aes-key-previous"},
		"a desk":      {func(c *KFConfig) { c.Desk = "theirs" }, "wechat-kf-desk"},
		"plain http":  {func(c *KFConfig) { c.APIURL = "http://qyapi.example" }, "wechat-kf-api-url"},
	} {
		c := kfConfigured()
		tc.change(&c)
		d := newDesk()
		_, err := NewKF(c, Deps{Service: d, Messages: d, Deliveries: d, Leases: &leases{}, Notes: deafNotes{}, Bus: &d.bus})
		if tc.want == "" && err != nil || tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want)) {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil && (strings.Contains(err.Error(), kfSecret) || strings.Contains(err.Error(), testKey)) {
			t.Errorf("%s: a secret in %v", name, err)
		}
	}
}
