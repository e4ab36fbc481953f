package wechat

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// leases is one table of leases in memory.
type leases struct {
	mu    sync.Mutex
	owner map[string]string
	until map[string]time.Time
}

func (l *leases) Acquire(_ context.Context, name, owner string, now time.Time, lasts time.Duration) (bool, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.owner == nil {
		l.owner, l.until = map[string]string{}, map[string]time.Time{}
	}
	if o := l.owner[name]; o != "" && o != owner && now.Before(l.until[name]) {
		return false, nil
	}
	l.owner[name], l.until[name] = owner, now.Add(lasts)
	return true, nil
}

func (l *leases) Release(_ context.Context, name, owner string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.owner[name] == owner {
		delete(l.owner, name)
	}
	return nil
}

// TestTokens: however many ask, and however many processes, one fetches at a time; a refused token is fetched anew once.
func TestTokens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shared := &leases{}
		var fetched, under atomic.Int64
		var fail atomic.Bool
		fetch := func(ctx context.Context) (string, time.Duration, error) {
			if under.Add(1) > 1 {
				t.Error("two fetch at once")
			}
			defer under.Add(-1)
			time.Sleep(50 * time.Millisecond)
			if fail.Load() {
				return "", 0, &APIError{"/cgi-bin/stable_token", 40164}
			}
			return fmt.Sprint("token ", fetched.Add(1)), 2 * time.Hour, nil
		}
		node := func(owner string) *tokens {
			return &tokens{name: "t", owner: owner, leases: shared, fetch: fetch, now: time.Now}
		}
		a := node("a")
		all := func(n int, tk *tokens, want string, code int64) {
			t.Helper()
			var wg sync.WaitGroup
			for range n {
				wg.Go(func() {
					got, err := tk.get(t.Context())
					if c, _ := codeOf(err); got.text != want || c != code {
						t.Errorf("%q, %v; want %q", got.text, err, want)
					}
				})
			}
			wg.Wait()
		}
		all(100, a, "token 1", 0)
		all(100, a, "token 1", 0)
		for range 100 { // all hundred sends were refused with the same token
			a.stale(accessToken{"token 1", 1})
		}
		all(100, a, "token 2", 0)
		a.stale(accessToken{"token 1", 1}) // a late one
		all(1, a, "token 2", 0)
		time.Sleep(2*time.Hour - tokenEarly - time.Second)
		all(1, a, "token 2", 0)
		time.Sleep(2 * time.Second)
		all(100, a, "token 3", 0)

		b := node("b")
		var wg sync.WaitGroup
		a.stale(accessToken{"token 3", 3})
		wg.Go(func() { a.get(t.Context()) })
		wg.Go(func() { b.get(t.Context()) })
		wg.Wait()
		if n := fetched.Load(); n != 5 {
			t.Errorf("fetched %d times, want 5: two nodes, one after the other", n)
		}

		fail.Store(true)
		a.mu.Lock()
		a.token.text = ""
		a.mu.Unlock()
		all(100, a, "", 40164)
		before := time.Now()
		all(100, a, "", 40164) // told at once, asked by nobody
		if took := time.Since(before); took > 0 {
			t.Errorf("took %s", took)
		}
		fail.Store(false)
		time.Sleep(tokenPause)
		all(1, a, "token 6", 0)

		// Who died with the lease holds the others up for as long as it lasts.
		shared.Acquire(t.Context(), "t", "dead", time.Now(), tokenLease)
		a.stale(a.token)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := a.get(ctx); err == nil || errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v", err)
		}
		time.Sleep(tokenLease + tokenPause)
		all(1, a, "token 7", 0)
	})
}
