// Package live carries wakes between those who write and those who wait. The bus in memory serves one node; a second node will
// need one over the network behind the same port.
package live

import (
	"slices"
	"sync"
)

// Bus is a bot.Bus in memory. The zero value is ready.
//
// Each subscriber has a channel of one place: a wake that finds it full is dropped, because the one in it already says "read
// again". So publishing never waits, and a slow reader costs nothing but its own delay. Thousands of visitors are notified instead,
// without a channel and a goroutine that waits for it.
type Bus struct {
	mu   sync.RWMutex
	subs map[string][]*subscriber
}

type subscriber struct{ wake func() }

// Publish wakes the subscribers of each topic.
func (b *Bus) Publish(topics ...string) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	for _, topic := range topics {
		for _, s := range b.subs[topic] {
			s.wake()
		}
	}
}

// Subscribe returns a channel that gets a value after each Publish of the topic; cancel ends it and may be called twice.
func (b *Bus) Subscribe(topic string) (<-chan struct{}, func()) {
	c := make(chan struct{}, 1)
	return c, b.Notify(topic, func() {
		select {
		case c <- struct{}{}:
		default:
		}
	})
}

// Notify calls wake at each Publish of the topic until cancel, which may be called twice. One call may still be under way when cancel
// is called, but none when it returns.
func (b *Bus) Notify(topic string, wake func()) (cancel func()) {
	s := &subscriber{wake}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.subs == nil {
		b.subs = map[string][]*subscriber{}
	}
	b.subs[topic] = append(b.subs[topic], s)
	return func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		left := slices.DeleteFunc(b.subs[topic], func(x *subscriber) bool { return x == s })
		if len(left) == 0 {
			delete(b.subs, topic)
			return
		}
		b.subs[topic] = left
	}
}
