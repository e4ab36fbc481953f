package wechattest

import "sync"

// feed gives what happens to those who listen. Its zero value is ready.
type feed[T any] struct {
	mu   sync.Mutex
	subs map[chan T]bool
}

// feedRoom is how far a listener may be behind.
const feedRoom = 1024

// subscribe returns what happens from now on. The channel is closed by cancel, and when the listener falls so far behind that
// something would be lost.
func (f *feed[T]) subscribe() (<-chan T, func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.subs == nil {
		f.subs = map[chan T]bool{}
	}
	c := make(chan T, feedRoom)
	f.subs[c] = true
	return c, func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.drop(c)
	}
}

func (f *feed[T]) drop(c chan T) {
	if f.subs[c] {
		delete(f.subs, c)
		close(c)
	}
}

func (f *feed[T]) publish(v T) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for c := range f.subs {
		select {
		case c <- v:
		default:
			f.drop(c)
		}
	}
}
