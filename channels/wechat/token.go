package wechat

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"sync"
	"time"

	"posdoctor/bot"
)

const (
	tokenLease = 10 * time.Second
	tokenEarly = 5 * time.Minute // WeChat accepts the old token so long beside the new one
	tokenPause = 2 * time.Second // after a failed fetch, nobody else tries for so long
)

// tokens keeps the access token of one account. However many ask at once, one request fetches it, and no two processes at a time.
//
// The SDK's source of tokens is not used: it cannot be told that a token was refused, and its requests cannot be given up.
type tokens struct {
	name   string // of the lease
	owner  string
	leases bot.Leases
	fetch  func(ctx context.Context) (token string, lasts time.Duration, err error)
	now    func() time.Time

	mu      sync.Mutex
	token   accessToken
	last    string    // text of the newest token
	settled time.Time // before then a refusal is believed to be about something else
	until   time.Time
	failed  error
	wait    time.Time
	flight  chan struct{} // closed when the fetch under way is over
}

// accessToken is a token, and which one it is: WeChat may give the same text again.
type accessToken struct {
	text string
	n    int64 // counts the fetches
}

// get returns a token that was good the last time anybody looked.
func (t *tokens) get(ctx context.Context) (accessToken, error) {
	for {
		t.mu.Lock()
		now := t.now()
		switch {
		case t.token.text != "" && now.Before(t.until):
			defer t.mu.Unlock()
			return t.token, nil
		case t.flight == nil && t.failed != nil && now.Before(t.wait):
			defer t.mu.Unlock()
			return accessToken{}, t.failed
		}
		if t.flight == nil {
			t.flight = make(chan struct{})
			go t.refresh(context.WithoutCancel(ctx), t.flight)
		}
		done := t.flight
		t.mu.Unlock()
		select {
		case <-done:
		case <-ctx.Done():
			return accessToken{}, errors.New("gave up waiting for an access token")
		}
	}
}

// stale says that WeChat refused a token. It is fetched anew, once for all who were refused with it; when WeChat gives the same one
// again, it is not asked a third time for a while.
func (t *tokens) stale(token accessToken) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.token.n == token.n && !t.now().Before(t.settled) {
		t.token.text = ""
	}
}

func (t *tokens) refresh(ctx context.Context, done chan struct{}) {
	ctx, cancel := context.WithTimeout(ctx, tokenLease)
	defer cancel()
	token, lasts, err := t.leased(ctx)
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.failed = err; err == nil {
		if token == t.last {
			t.settled = t.now().Add(tokenWait)
		}
		t.last = token
		t.token, t.until = accessToken{token, t.token.n + 1}, t.now().Add(max(lasts-tokenEarly, lasts/2))
	} else {
		t.wait = t.now().Add(tokenPause)
	}
	t.flight = nil
	close(done)
}

// leased fetches while it holds the lease; who crashed with it blocks the others for as long as it lasts.
func (t *tokens) leased(ctx context.Context) (string, time.Duration, error) {
	for {
		ok, err := t.leases.Acquire(ctx, t.name, t.owner, t.now(), tokenLease)
		if err != nil {
			return "", 0, fmt.Errorf("leasing the access token: %w", err)
		}
		if ok {
			defer func() {
				ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
				defer cancel()
				t.leases.Release(ctx, t.name, t.owner) // otherwise it ends by itself
			}()
			return t.fetch(ctx)
		}
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
			return "", 0, errors.New("another process has been fetching the access token for too long")
		}
	}
}

// answerToken is {"access_token":"…","expires_in":7200}, or {"errcode":40125,"errmsg":"invalid appsecret rid: …"}.
type answerToken struct {
	Token   string `json:"access_token"`
	Expires int64  `json:"expires_in"`
	Code    int64  `json:"errcode"`
}

// readToken reads an answer.
func readToken(path string, data []byte) (string, time.Duration, error) {
	var a answerToken
	err := json.Unmarshal(data, &a)
	switch {
	case err != nil:
		return "", 0, fmt.Errorf("%s: the answer is not JSON", path)
	case a.Code != 0:
		return "", 0, &APIError{path, a.Code}
	case a.Token == "" || a.Expires <= 0:
		return "", 0, fmt.Errorf("%s: an answer without a token", path)
	}
	return a.Token, time.Duration(a.Expires) * time.Second, nil
}

// stableToken asks for the token of an Official Account. It is the same for all who ask, so nobody's request spoils another's; the
// secret is in the body, not in the address.
func stableToken(api *API, appID, secret string) func(context.Context) (string, time.Duration, error) {
	const path = "/cgi-bin/stable_token"
	return func(ctx context.Context) (string, time.Duration, error) {
		body, err := json.Marshal(map[string]any{"grant_type": "client_credential", "appid": appID, "secret": secret, "force_refresh": false})
		if err != nil {
			return "", 0, err
		}
		data, err := api.once(ctx, "POST", path, "", nil, payload{jsonKind, unescaped(body)})
		if err != nil {
			return "", 0, err
		}
		return readToken(path, data)
	}
}

// workToken asks for the token of an app in WeCom. Its secret is in the address, which once never passes on.
func workToken(api *API, corpID, secret string) func(context.Context) (string, time.Duration, error) {
	const path = "/cgi-bin/gettoken"
	return func(ctx context.Context) (string, time.Duration, error) {
		data, err := api.once(ctx, "GET", path, "", url.Values{"corpid": {corpID}, "corpsecret": {secret}}, payload{})
		if err != nil {
			return "", 0, err
		}
		return readToken(path, data)
	}
}
