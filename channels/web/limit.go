package web

import (
	"net/netip"
	"sync"
	"time"
)

// Limiter lets each key act so often: burst at once, then one per every.
type Limiter struct {
	Burst int
	Every time.Duration
	Now   func() time.Time

	mu    sync.Mutex
	keys  map[string]time.Time // when the key's bucket will be full again
	swept time.Time
}

// Forget gives a key back all it used.
func (l *Limiter) Forget(key string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.keys, key)
}

// Return gives a key back one act that it took.
func (l *Limiter) Return(key string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if full, ok := l.keys[key]; ok {
		l.keys[key] = full.Add(-l.Every)
	}
}

const (
	maxKeys   = 100_000 // bounds the memory; full buckets are forgotten first
	whenFull  = time.Second
	sweepEach = time.Second // a sweep looks at every key, so a flood must not buy one with every request
)

// Take uses one act of a key, or says how long to wait. When there is no room for another key, the new one waits: to forget those
// that are held back would be what a flood is after.
func (l *Limiter) Take(key string) (wait time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.Now()
	if l.keys == nil {
		l.keys = map[string]time.Time{}
	}
	full, known := l.keys[key]
	if full.Before(now) {
		full = now
	}
	if over := full.Add(l.Every).Sub(now) - time.Duration(l.Burst)*l.Every; over > 0 {
		return over
	}
	if !known && len(l.keys) >= maxKeys {
		l.sweep(now)
		if len(l.keys) >= maxKeys {
			return whenFull
		}
	}
	l.keys[key] = full.Add(l.Every)
	return 0
}

// sweep forgets the keys that used nothing.
func (l *Limiter) sweep(now time.Time) {
	if now.Sub(l.swept) < sweepEach {
		return
	}
	l.swept = now
	for k, t := range l.keys {
		if !t.After(now) {
			delete(l.keys, k)
		}
	}
}

// ClientKey is what a limit knows a client by: its IPv4 address, or the /64 of its IPv6 address, because one subscriber has as many
// addresses there as it likes. addr is host or host:port.
func ClientKey(addr string) string {
	ip, err := netip.ParseAddr(addr)
	if err != nil {
		port, err := netip.ParseAddrPort(addr)
		if err != nil {
			return addr
		}
		ip = port.Addr()
	}
	ip = ip.Unmap().WithZone("")
	if ip.Is4() {
		return ip.String()
	}
	return netip.PrefixFrom(ip, 64).Masked().String()
}
