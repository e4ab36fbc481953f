package wechattest

import (
	"slices"
	"sync"
	"time"
)

// Who a line of a screen is from.
const (
	FromMe      = "me"
	FromAccount = "account"
	FromSystem  = "system" // grey, in the middle
)

// How a line came to the phone.
const (
	Passive  = "passive"  // in the answer to a push
	Custom   = "custom"   // by the API
	System   = "system"   // by WeChat itself
	ByPerson = "servicer" // Customer Service: typed by a person in WeCom
)

// FailureNotice is what WeChat shows when the callback gave no answer in three attempts, or one that is none.
const FailureNotice = "该公众号提供的服务出现故障,请稍后再试"

// Entry is one line of a screen.
type Entry struct {
	N        int          `json:"n"` // counts the lines
	At       time.Time    `json:"at"`
	From     string       `json:"from"`
	Kind     string       `json:"kind"` // text, image, voice, msgmenu, event …
	Text     string       `json:"text,omitempty"`
	Menu     *MenuMessage `json:"menu,omitempty"`
	Media    string       `json:"media,omitempty"` // media_id
	Path     string       `json:"path,omitempty"`
	Attempts int          `json:"attempts,omitempty"` // passive and failures: which attempt it was
	MS       int64        `json:"ms,omitempty"`       // passive and failures: since the user acted
	Agent    string       `json:"agent,omitempty"`    // whose name stands beside it
	AI       bool         `json:"ai,omitempty"`
}

// How a push ended.
const (
	OutcomePassive = "passive" // the answer had something to show
	OutcomeSuccess = "success" // the answer was "success", or empty
	OutcomeError   = "error"
	OutcomePending = "pending" // WeChat still waits
)

// Attempt is one request of a push.
type Attempt struct {
	MS     int64  `json:"ms"`
	Status int    `json:"status"` // 0: none in time
	Fault  string `json:"fault,omitempty"`
}

// Push is what one act of the user did to the callback.
type Push struct {
	N        int       `json:"n"`
	At       time.Time `json:"at"`
	What     string    `json:"what"` // as "text", "event CLICK"
	Text     string    `json:"text,omitempty"`
	Attempts []Attempt `json:"attempts"`
	Outcome  string    `json:"outcome"`
	Reply    string    `json:"reply,omitempty"`
}

// MS is how long the user waited.
func (p Push) MS() (ms int64) {
	for _, a := range p.Attempts {
		ms += a.MS
	}
	return ms
}

// screen is what a phone shows, and the pushes that it made. Its zero value is empty.
type screen struct {
	mu      sync.Mutex
	entries []Entry
	pushes  []Push
	lines   feed[Entry]
	wire    feed[Push]
}

func (s *screen) show(e Entry) Entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	e.N = len(s.entries) + 1
	s.entries = append(s.entries, e)
	s.lines.publish(e)
	return e
}

// begin records a push that has no answer yet, and gives it its number.
func (s *screen) begin(p *Push) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p.N = len(s.pushes) + 1
	s.pushes = append(s.pushes, *p)
	s.wire.publish(*p)
}

// goesOn records what became of it so far.
func (s *screen) goesOn(p Push) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p.Attempts = slices.Clone(p.Attempts)
	s.pushes[p.N-1] = p
	s.wire.publish(p)
}

// Screen is everything on it, oldest first.
func (s *screen) Screen() []Entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.entries)
}

// Pushes are those so far, in the order in which they began.
func (s *screen) Pushes() []Push {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.pushes)
}

// Subscribe returns the lines from now on. The channel is closed by cancel, and when its reader is 1024 lines behind.
func (s *screen) Subscribe() (lines <-chan Entry, cancel func()) { return s.lines.subscribe() }

// SubscribePushes returns the pushes from now on: each when it begins, after an attempt that failed, and when it ends.
func (s *screen) SubscribePushes() (pushes <-chan Push, cancel func()) { return s.wire.subscribe() }

// Last is the newest line that the account wrote, the zero Entry when there is none.
func (s *screen) Last() Entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := len(s.entries) - 1; i >= 0; i-- {
		if s.entries[i].From == FromAccount {
			return s.entries[i]
		}
	}
	return Entry{}
}
