package wechat

import (
	"crypto/sha256"
	"sync"
	"time"
)

// signatures binds each signature to the first message that came with it. In plain mode the signature does not cover the body: a URL
// out of a log could carry any words. WeChat's own repetition has the same message, so it passes. The zero value is ready.
type signatures struct {
	mu       sync.Mutex
	now, old map[[16]byte][16]byte
	turned   time.Time
}

const (
	signatureLife = 2 * freshness // a timestamp may lie as far ahead as behind
	signatureMax  = 100_000       // of each generation: 8 MB at most together
)

// claim says whether the message may come with this signature.
func (s *signatures) claim(signature, message string, now time.Time) bool {
	sig, msg := digest(signature), digest(message)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.now == nil || now.Sub(s.turned) > signatureLife || len(s.now) >= signatureMax {
		s.old, s.now, s.turned = s.now, map[[16]byte][16]byte{}, now
	}
	first, ok := s.now[sig]
	if !ok {
		first, ok = s.old[sig]
	}
	if ok {
		return first == msg
	}
	s.now[sig] = msg
	return true
}

func digest(s string) [16]byte {
	sum := sha256.Sum256([]byte(s))
	return [16]byte(sum[:16])
}
