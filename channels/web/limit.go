package web

import (
	"sync"
	"time"
)

// Limiter lets each key act so often: burst at once, then one per every.
type Limiter struct {
	Burst int
	Every time.Duration
	Now   func() time.Time

	mu   sync.Mutex
	keys map[string]time.Time // when the key's bucket will be full again
}

// Forget gives a key back all it used.
func (l *Limiter) Forget(key string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.keys, key)
}

// maxKeys bounds the memory; full buckets are forgotten first.
const maxKeys = 100_000

// Take uses one act of a key, or says how long to wait.
func (l *Limiter) Take(key string) (wait time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.Now()
	if l.keys == nil {
		l.keys = map[string]time.Time{}
	}
	full := l.keys[key]
	if full.Before(now) {
		full = now
	}
	if over := full.Add(l.Every).Sub(now) - time.Duration(l.Burst)*l.Every; over > 0 {
		return over
	}
	if len(l.keys) >= maxKeys {
		for k, t := range l.keys {
			if !t.After(now) {
				delete(l.keys, k)
			}
		}
		if len(l.keys) >= maxKeys {
			clear(l.keys)
		}
	}
	l.keys[key] = full.Add(l.Every)
	return 0
}
