package wechattest

import (
	"encoding/base64"
	"slices"
	"time"
)

// Kinds of tokens: of the Official Account, and of the corporation with Customer Service. The first come from two endpoints which
// do not know of each other.
const (
	tokenAccount = "account"
	tokenWork    = "work"
)

type token struct {
	value, kind, from string
	until             time.Time
	dead              int // errcode of a token that was made invalid
}

// tokens keeps those issued, oldest first.
type tokens struct {
	all    []token
	forced []time.Time // forced renewals of the last day
	fetchd []time.Time // fetches of the classic token of the last day
}

// checkToken returns the kind of a token, or the errcode that it deserves.
func (a *API) checkToken(value, kind string) (string, int) {
	if value == "" {
		return "", TokenMissing
	}
	for _, t := range a.tokens.all {
		if t.value != value || kind != eitherToken && t.kind != kind {
			continue
		}
		switch {
		case t.dead != 0:
			return "", t.dead
		case !a.now().Before(t.until):
			return "", TokenExpired
		}
		return t.kind, OK
	}
	if kind == tokenWork {
		return "", BadToken
	}
	return "", BadCredential
}

// current returns the newest good token of an endpoint.
func (a *API) current(from string) *token {
	for i := len(a.tokens.all) - 1; i >= 0; i-- {
		if t := &a.tokens.all[i]; t.from == from && t.dead == 0 && a.now().Before(t.until) {
			return t
		}
	}
	return nil
}

// issue makes a token. What the endpoint gave out before is good for overlap more.
func (a *API) issue(kind, from string, overlap time.Duration) *token {
	now := a.now()
	for i := range a.tokens.all {
		if t := &a.tokens.all[i]; t.from == from && t.until.After(now.Add(overlap)) {
			t.until = now.Add(overlap)
			if overlap == 0 && t.dead == 0 {
				t.dead = BadCredential
			}
		}
	}
	if n := len(a.tokens.all); n > 100 {
		a.tokens.all = slices.Delete(a.tokens.all, 0, n-100)
	}
	a.tokens.all = append(a.tokens.all, token{value: "99_" + base64.RawURLEncoding.EncodeToString(random(96)), kind: kind, from: from, until: now.Add(a.limits().Token)})
	return &a.tokens.all[len(a.tokens.all)-1]
}

func (a *API) answerToken(t *token) reply {
	return reply{"access_token": t.value, "expires_in": int((t.until.Sub(a.now()) + time.Second - 1) / time.Second)}
}

// within drops times older than a day.
func within(times []time.Time, now time.Time) []time.Time {
	return slices.DeleteFunc(times, func(t time.Time) bool { return now.Sub(t) >= 24*time.Hour })
}

// classicToken: every fetch makes a new token; the one before is good for five minutes more.
//
//	GET /cgi-bin/token?grant_type=client_credential&appid=APPID&secret=SECRET -> {"access_token":"99_…","expires_in":7200}
func (a *API) classicToken(c *call) any {
	switch {
	case c.query["grant_type"] != "client_credential":
		return refuse(BadGrantType)
	case c.query["appid"] != a.AppID:
		return refuse(BadAppID)
	case c.query["secret"] != a.AppSecret:
		return refuse(BadSecret)
	}
	l := a.limits()
	if a.tokens.fetchd = within(a.tokens.fetchd, a.now()); len(a.tokens.fetchd) >= l.TokenFetches {
		return refuse(TooManyCalls)
	}
	a.tokens.fetchd = append(a.tokens.fetchd, a.now())
	return a.answerToken(a.issue(tokenAccount, "classic", l.Overlap))
}

// stableToken gives the same token until five minutes before its end, unless a renewal is forced.
//
//	POST /cgi-bin/stable_token {"grant_type":"client_credential","appid":"APPID","secret":"SECRET","force_refresh":false}
//	  -> {"access_token":"99_…","expires_in":7200}
func (a *API) stableToken(c *call) any {
	var in struct {
		Grant  string `json:"grant_type"`
		AppID  string `json:"appid"`
		Secret string `json:"secret"`
		Force  bool   `json:"force_refresh"`
	}
	switch {
	case !c.decode(&in):
		return refuse(BadJSON)
	case in.Grant != "client_credential":
		return refuse(BadGrantType)
	case in.AppID != a.AppID:
		return refuse(BadAppID)
	case in.Secret != a.AppSecret:
		return refuse(BadSecret)
	}
	l, now, have := a.limits(), a.now(), a.current("stable")
	if in.Force {
		a.tokens.forced = within(a.tokens.forced, now)
		n := len(a.tokens.forced)
		switch {
		case n >= l.Forced:
			return refuse(TooManyCalls)
		case n > 0 && now.Sub(a.tokens.forced[n-1]) < l.ForcedApart && have != nil:
			return a.answerToken(have)
		}
		a.tokens.forced = append(a.tokens.forced, now)
		return a.answerToken(a.issue(tokenAccount, "stable", 0))
	}
	if have != nil && have.until.Sub(now) > l.Overlap {
		return a.answerToken(have)
	}
	return a.answerToken(a.issue(tokenAccount, "stable", l.Overlap))
}

// workToken gives the same token as long as it is good.
//
//	GET /cgi-bin/gettoken?corpid=ID&corpsecret=SECRET -> {"errcode":0,"errmsg":"ok","access_token":"…","expires_in":7200}
func (a *API) workToken(c *call) any {
	switch {
	case c.query["corpid"] != a.CorpID:
		return refuseWith(BadAppID, "invalid corpid")
	case c.query["corpsecret"] != a.CorpSecret:
		return refuseWith(BadCredential, "invalid credential")
	}
	t := a.current("work")
	if t == nil {
		t = a.issue(tokenWork, "work", 0)
	}
	out := a.answerToken(t)
	out["errcode"], out["errmsg"] = OK, "ok"
	return out
}

// ExpireTokens makes every token that was given out bad, with this errcode: BadCredential, BadToken or TokenExpired. What is 40001 at
// the one host is 40014 at the other.
func (a *API) ExpireTokens(errcode int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for i := range a.tokens.all {
		t := &a.tokens.all[i]
		if t.dead = errcode; errcode == BadCredential && t.kind == tokenWork {
			t.dead = BadToken
		}
	}
}
