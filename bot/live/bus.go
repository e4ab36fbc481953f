// Package live carries wakes between those who write and those who wait. The bus in memory serves one node; a second node will
// need one over the network behind the same port.
package live

import "sync"

// Bus is a bot.Bus in memory. The zero value is ready.
//
// Each subscriber has a channel of one place: a wake that finds it full is dropped, because the one in it already says "read
// again". So publishing never waits, and a slow reader costs nothing but its own delay.
type Bus struct {
	mu   sync.RWMutex
	subs map[string]map[chan struct{}]struct{}
}

// Publish wakes the subscribers of each topic.
func (b *Bus) Publish(topics ...string) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	for _, topic := range topics {
		for c := range b.subs[topic] {
			select {
			case c <- struct{}{}:
			default:
			}
		}
	}
}

// Subscribe returns a channel that gets a value after each Publish of the topic; cancel ends it and may be called twice.
func (b *Bus) Subscribe(topic string) (<-chan struct{}, func()) {
	c := make(chan struct{}, 1)
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.subs == nil {
		b.subs = map[string]map[chan struct{}]struct{}{}
	}
	if b.subs[topic] == nil {
		b.subs[topic] = map[chan struct{}]struct{}{}
	}
	b.subs[topic][c] = struct{}{}
	return c, func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		delete(b.subs[topic], c)
		if len(b.subs[topic]) == 0 {
			delete(b.subs, topic)
		}
	}
}
