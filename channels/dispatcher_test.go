package channels_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"posdoctor/bot"
	"posdoctor/bot/live"
	"posdoctor/channels"
)

// desk is an outbox in memory, with a far side that answers each item by a script. Times are those of the test's own clock.
type desk struct {
	mu      sync.Mutex
	start   time.Time
	items   []*row
	script  map[string][]string // by item: what becomes of each attempt, the last for all further ones; none: "ok"
	log     []string            // what was delivered when: "2s a1 try 2"
	settled []string            // items in the order in which they were settled
	reasons map[string]string   // last reason an item was given back for
	running map[string]int
	most    int // deliveries under way at once
	twice   bool
	cancel  context.CancelFunc
}

type row struct {
	it  bot.Item
	due time.Time
}

func newDesk(script map[string][]string, items ...string) *desk {
	d := &desk{start: time.Now(), script: script, reasons: map[string]string{}, running: map[string]int{}}
	for _, name := range items { // "a1" is an item of conversation "a"
		d.items = append(d.items, &row{bot.Item{ID: name, Conversation: name[:1], Target: bot.TargetAcquirer, Call: bot.Call{ID: name}}, d.start})
	}
	return d
}

func (d *desk) Lease(_ context.Context, now time.Time, lease time.Duration, n int) ([]bot.Item, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	var out []bot.Item
	seen := map[string]bool{}
	for _, r := range d.items {
		first := !seen[r.it.Conversation]
		seen[r.it.Conversation] = true
		if first && !r.due.After(now) && len(out) < n {
			r.it.Attempts++
			r.due = now.Add(lease)
			out = append(out, r.it)
		}
	}
	return out, nil
}

func (d *desk) Retry(_ context.Context, id string, at time.Time, reason string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.reasons[id] = reason
	for _, r := range d.items {
		if r.it.ID == id {
			r.due = at
		}
	}
	return nil
}

func (d *desk) Done(_ context.Context, id string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.settled = append(d.settled, id)
	d.items = slices.DeleteFunc(d.items, func(r *row) bool { return r.it.ID == id })
	return nil
}

func (d *desk) outcome(it bot.Item, attempt int) string {
	s := d.script[it.ID]
	if len(s) == 0 {
		return "ok"
	}
	return s[min(attempt, len(s))-1]
}

// Deliver does what the script says of this attempt.
func (d *desk) Deliver(ctx context.Context, it bot.Item) (bot.Event, error) {
	d.mu.Lock()
	d.log = append(d.log, fmt.Sprintf("%v %s try %d", time.Since(d.start).Truncate(time.Second), it.ID, it.Attempts))
	d.running[it.ID]++
	d.twice = d.twice || d.running[it.ID] > 1
	n := 0
	for _, c := range d.running {
		n += c
	}
	d.most = max(d.most, n)
	d.mu.Unlock()
	defer func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.running[it.ID]--
	}()
	ev := bot.Event{Kind: bot.EventRecord, Call: it.ID, Key: "call:" + it.ID, Error: fmt.Sprint(it.Attempts)}
	switch d.outcome(it, it.Attempts) {
	case "busy":
		return bot.Event{}, &bot.AcquirerError{Code: bot.CodeUnavailable, Retryable: true, Detail: "busy"}
	case "senseless":
		return bot.Event{}, &bot.AcquirerError{Code: bot.CodeUnsupported, Detail: "senseless"}
	case "plain error":
		return bot.Event{}, errors.New("no route to host")
	case "panic":
		panic("a bug in an adapter")
	case "hang": // until told to stop
		<-ctx.Done()
		return bot.Event{}, ctx.Err()
	case "stubborn": // hears nothing
		time.Sleep(100 * time.Second)
	case "nothing":
		return bot.Event{}, nil
	case "not yet":
		return bot.Event{}, &bot.DelayError{Until: time.Now().Add(10 * time.Second), Reason: "minute quota"}
	case "trying":
		ev.Trying = true
	case "slow":
		time.Sleep(5 * time.Second)
	case "stop meanwhile":
		d.cancel()
		time.Sleep(5 * time.Second)
	}
	return ev, nil
}

// handle stands for bot.Service: what it takes in settles the item in the same commit.
func (d *desk) handle(ctx context.Context, _ bot.Address, ev bot.Event) (bot.Turn, error) {
	if ctx.Err() != nil {
		return bot.Turn{}, ctx.Err()
	}
	var attempt int
	fmt.Sscan(ev.Error, &attempt)
	switch d.outcome(bot.Item{ID: ev.Call}, attempt) {
	case "repeated":
		return bot.Turn{Repeated: true}, nil
	case "database locked":
		return bot.Turn{}, errors.New("database is locked")
	case "panic in the turn":
		panic("a bug in the engine")
	}
	if ev.Trying {
		return bot.Turn{}, nil
	}
	return bot.Turn{}, d.Done(ctx, ev.Call)
}

func TestDispatcher(t *testing.T) {
	tests := []struct {
		name    string
		items   []string
		script  map[string][]string
		run     time.Duration // 20 s if 0
		log     []string
		settled []string
		reasons map[string]string
	}{
		{name: "each conversation keeps its order, and none waits for another",
			items:   []string{"a1", "a2", "a3", "b1"},
			script:  map[string][]string{"a1": {"slow"}},
			log:     []string{"0s a1 try 1", "0s b1 try 1", "5s a2 try 1", "5s a3 try 1"},
			settled: []string{"b1", "a1", "a2", "a3"}},
		{name: "a failure that may be repeated comes later, and what stands behind it waits",
			items:   []string{"a1", "a2"},
			script:  map[string][]string{"a1": {"busy", "busy", "busy", "ok"}},
			log:     []string{"0s a1 try 1", "2s a1 try 2", "6s a1 try 3", "12s a1 try 4", "12s a2 try 1"},
			settled: []string{"a1", "a2"},
			reasons: map[string]string{"a1": "acquirer: UNAVAILABLE: busy"}},
		{name: "a failure for good is never dropped, and not hammered",
			items:   []string{"a1"},
			script:  map[string][]string{"a1": {"senseless"}},
			log:     []string{"0s a1 try 1", "2s a1 try 2", "6s a1 try 3", "12s a1 try 4"},
			reasons: map[string]string{"a1": "acquirer: UNSUPPORTED: senseless"}},
		{name: "an error without a code is repeated",
			items:   []string{"a1"},
			script:  map[string][]string{"a1": {"plain error", "ok"}},
			log:     []string{"0s a1 try 1", "2s a1 try 2"},
			settled: []string{"a1"},
			reasons: map[string]string{"a1": "no route to host"}},
		{name: "a panic of a deliverer costs only its own item a try",
			items:   []string{"a1", "b1"},
			script:  map[string][]string{"a1": {"panic", "ok"}},
			log:     []string{"0s a1 try 1", "0s b1 try 1", "2s a1 try 2"},
			settled: []string{"b1", "a1"},
			reasons: map[string]string{"a1": "panic of type string"}},
		{name: "a panic while the answer is taken in costs only a try",
			items:   []string{"a1"},
			script:  map[string][]string{"a1": {"panic in the turn", "ok"}},
			log:     []string{"0s a1 try 1", "2s a1 try 2"},
			settled: []string{"a1"},
			reasons: map[string]string{"a1": "answer not taken in"}},
		{name: "an answer that could not be written comes again",
			items:   []string{"a1"},
			script:  map[string][]string{"a1": {"database locked", "ok"}},
			log:     []string{"0s a1 try 1", "2s a1 try 2"},
			settled: []string{"a1"},
			reasons: map[string]string{"a1": "answer not taken in"}},
		{name: "an answer that was taken in before settles its item",
			items:   []string{"a1"},
			script:  map[string][]string{"a1": {"repeated"}},
			log:     []string{"0s a1 try 1"},
			settled: []string{"a1"}},
		{name: "one that goes on comes again after what it tells was taken in",
			items:   []string{"a1"},
			script:  map[string][]string{"a1": {"trying", "ok"}},
			log:     []string{"0s a1 try 1", "2s a1 try 2"},
			settled: []string{"a1"},
			reasons: map[string]string{"a1": "the outcome is not known"}},
		{name: "one with nothing left to do is settled",
			items:   []string{"a1"},
			script:  map[string][]string{"a1": {"nothing"}},
			log:     []string{"0s a1 try 1"},
			settled: []string{"a1"}},
		{name: "one that says when comes then",
			items:   []string{"a1"},
			script:  map[string][]string{"a1": {"not yet", "ok"}},
			log:     []string{"0s a1 try 1", "10s a1 try 2"},
			settled: []string{"a1"},
			reasons: map[string]string{"a1": "minute quota"}},
		{name: "one that hangs is given up before its lease ends",
			items:   []string{"a1"},
			script:  map[string][]string{"a1": {"hang", "ok"}},
			run:     40 * time.Second,
			log:     []string{"0s a1 try 1", "30s a1 try 2"},
			settled: []string{"a1"},
			reasons: map[string]string{"a1": "context deadline exceeded"}},
		{name: "one that cannot be given up is not delivered beside itself",
			items:   []string{"a1", "b1"},
			script:  map[string][]string{"a1": {"stubborn"}},
			run:     200 * time.Second,
			log:     []string{"0s a1 try 1", "0s b1 try 1"},
			settled: []string{"b1", "a1"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := newDesk(tt.script, tt.items...)
				stop := run(t, d)
				time.Sleep(max(tt.run, 20*time.Second))
				stop()
				slices.SortStableFunc(d.log, bySecond)
				if diff := cmp.Diff(tt.log, d.log); diff != "" {
					t.Errorf("deliveries (-want +got):\n%s", diff)
				}
				if diff := cmp.Diff(tt.settled, d.settled); diff != "" {
					t.Errorf("settled (-want +got):\n%s", diff)
				}
				for item, want := range tt.reasons {
					if d.reasons[item] != want {
						t.Errorf("%s was given back for %q, want %q", item, d.reasons[item], want)
					}
				}
				if d.twice {
					t.Error("an item was under way twice at once")
				}
			})
		})
	}
}

// bySecond orders lines of the log by time, those of one second by item: conversations run side by side.
func bySecond(a, b string) int {
	key := func(s string) string {
		at, item, _ := strings.Cut(s, " ")
		took, _ := time.ParseDuration(at)
		return fmt.Sprintf("%06.0f %s", took.Seconds(), item)
	}
	return strings.Compare(key(a), key(b))
}

// run starts a dispatcher for a desk; the returned function stops it and waits.
func run(t *testing.T, d *desk) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	d.cancel = cancel
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		(&channels.Dispatcher{Outbox: d, Bus: &live.Bus{}, Handle: d.handle, Targets: map[string]bot.Deliverer{bot.TargetAcquirer: d},
			Now: time.Now, Log: slog.New(slog.DiscardHandler)}).Run(ctx)
	}()
	return func() { cancel(); <-ended }
}

// Of forty deliveries that hang, 32 are under way; the others get their turn when those are given up, and so does a new one.
func TestDispatcherHanging(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		script := map[string][]string{}
		var items []string
		for i := range 40 {
			name := string(rune('A'+i)) + "1"
			items = append(items, name)
			script[name] = []string{"hang"}
		}
		d := newDesk(script, items...)
		stop := run(t, d)
		time.Sleep(time.Second)
		d.mu.Lock()
		d.items = append(d.items, &row{bot.Item{ID: "z1", Conversation: "z", Target: bot.TargetAcquirer}, time.Now()})
		if len(d.log) != 32 {
			t.Errorf("%d deliveries are under way, want 32", len(d.log))
		}
		d.mu.Unlock()
		time.Sleep(40 * time.Second)
		d.mu.Lock()
		if d.most != 32 || !slices.Equal(d.settled, []string{"z1"}) {
			t.Errorf("at most %d at once and settled %v, want 32 and the new one", d.most, d.settled)
		}
		for _, name := range items {
			if !slices.ContainsFunc(d.log, func(l string) bool { return strings.Contains(l, " "+name+" ") }) {
				t.Errorf("%s never got its turn", name)
			}
		}
		d.mu.Unlock()
		stop()
	})
}

// A stop waits for what is under way, and takes in what it brings.
func TestDispatcherStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(map[string][]string{"a1": {"stop meanwhile"}}, "a1", "a2")
		start := time.Now()
		stop := run(t, d)
		synctest.Wait()
		stop()
		if took := time.Since(start); took != 5*time.Second {
			t.Errorf("stopped after %v, want 5s", took)
		}
		if want := []string{"a1"}; !slices.Equal(d.settled, want) {
			t.Errorf("settled %v, want %v: nothing new begins while stopping", d.settled, want)
		}
	})
}

// A target that nobody delivers to is given back and does not stop the others.
func TestDispatcherNoDeliverer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(nil, "a1", "b1")
		d.items[0].it.Target = "nobody"
		stop := run(t, d)
		time.Sleep(time.Second)
		stop()
		if d.reasons["a1"] != "no deliverer" || !slices.Equal(d.settled, []string{"b1"}) {
			t.Errorf("reason %q, settled %v", d.reasons["a1"], d.settled)
		}
	})
}
