package remote

import (
	"strings"
	"sync"
	"time"

	"posdoctor/bot/acquirer/contract"
)

const (
	cachedFor = 60 * time.Second
	knownFor  = 10 * time.Minute // what an acquirer can be asked: no state of a merchant, so nobody is told its age
	maxCached = 2000             // answers
)

// cache keeps answers for a minute, capabilities for ten. They stay what they were, with the time at which the acquirer saw it so.
type cache struct {
	now func() time.Time

	mu sync.Mutex
	by map[cacheKey]cached
}

type cacheKey struct{ merchant, question string }

type cached struct {
	answer any
	since  time.Time
}

func (c *cache) get(merchant, question string) (any, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	x, ok := c.by[cacheKey{merchant, question}]
	if age := c.now().Sub(x.since); !ok || age >= keptFor(merchant, question) || age < 0 {
		return nil, false
	}
	return x.answer, true
}

// keptFor is how long an answer is kept.
func keptFor(merchant, question string) time.Duration {
	if merchant == "" && strings.HasPrefix(question, string(contract.OpCapabilities)+"?") {
		return knownFor
	}
	return cachedFor
}

func (c *cache) put(merchant, question string, answer any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.by == nil {
		c.by = map[cacheKey]cached{}
	}
	if len(c.by) >= maxCached {
		for k, x := range c.by {
			if c.now().Sub(x.since).Abs() >= keptFor(k.merchant, k.question) {
				delete(c.by, k)
			}
		}
		if len(c.by) >= maxCached {
			clear(c.by) // a crowd of merchants within a minute: asking again is what would happen without a cache
		}
	}
	c.by[cacheKey{merchant, question}] = cached{answer, c.now()}
}

func (c *cache) forget(merchant string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for k := range c.by {
		if k.merchant == merchant {
			delete(c.by, k)
		}
	}
}
