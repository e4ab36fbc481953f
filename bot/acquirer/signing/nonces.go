package signing

import (
	"sync"
	"time"
)

// maxNonces bounds what is remembered: 100 requests a second for as long as a timestamp may hold.
const maxNonces = 60_000

// Nonces remembers the nonces of requests for as long as their timestamps may hold. The zero value is ready.
type Nonces struct {
	mu    sync.Mutex
	until map[string]time.Time
	swept time.Time
}

// use takes a nonce, once.
func (n *Nonces) use(nonce string, now time.Time) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.until == nil {
		n.until = map[string]time.Time{}
	}
	if now.Sub(n.swept).Abs() > Skew/10 || len(n.until) >= maxNonces {
		for old, until := range n.until {
			if now.After(until) {
				delete(n.until, old)
			}
		}
		n.swept = now
	}
	if _, ok := n.until[nonce]; ok {
		return ErrReplayed
	}
	if len(n.until) >= maxNonces {
		return ErrBusy
	}
	n.until[nonce] = now.Add(2*Skew + time.Second) // a timestamp may lie ahead as far as behind
	return nil
}
