package channels

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"posdoctor/bot"
)

// Dispatcher takes items from the outbox to those who deliver them, and brings what they answer back as events.
//
// A Deliverer answers with an event, which settles the item when it commits, or with one that is Trying, after which the item is handed
// out again later; with no event, when nothing is left to do; with a
// *bot.AcquirerError that is Retryable, after which the item is handed out again later; with a *bot.DelayError, which says when; or
// with any other error, which is logged and retried likewise, so that nothing is dropped. An item that was handed out and not settled (a crash) comes again after the lease; whoever delivers must first ask what
// became of it, see bot.Item.Attempts. While an item is under way it is not delivered a second time, whatever its lease says. A
// panic counts as an error of that one item.
type Dispatcher struct {
	Outbox  bot.Outbox
	Bus     bot.Bus
	Handle  func(context.Context, bot.Address, bot.Event) (bot.Turn, error)
	Targets map[string]bot.Deliverer
	Now     func() time.Time
	Log     *slog.Logger

	mu       sync.Mutex
	underWay map[string]bool // by item
}

const (
	lease      = 30 * time.Second
	deliverFor = 28 * time.Second // less than the lease, so that who honours its context is done by then
	workers    = 32               // items under way at once; a hanging acquirer takes no more
	sweep      = 2 * time.Second  // how long a lost wake may cost
)

// Run delivers until ctx is done, and then waits for what is under way.
func (d *Dispatcher) Run(ctx context.Context) {
	wake, cancel := d.Bus.Subscribe(bot.TopicOutbox)
	defer cancel()
	tick := time.NewTicker(sweep)
	defer tick.Stop()
	free := make(chan struct{}, workers)
	freed := make(chan struct{}, 1)
	var under sync.WaitGroup
	defer under.Wait()
	for {
		d.hand(ctx, free, &under, freed)
		select {
		case <-ctx.Done():
			return
		case <-wake:
		case <-freed:
		case <-tick.C:
		}
	}
}

// hand leases what is due, no more than there are free workers, and starts them.
func (d *Dispatcher) hand(ctx context.Context, busy chan struct{}, under *sync.WaitGroup, freed chan struct{}) {
	n := workers - len(busy)
	if n == 0 || ctx.Err() != nil {
		return
	}
	items, err := d.Outbox.Lease(ctx, d.Now(), lease, n)
	if err != nil {
		if ctx.Err() == nil {
			d.Log.Error("leasing from the outbox", "err", err)
		}
		return
	}
	for _, it := range items {
		if !d.begin(it.ID) {
			continue
		}
		busy <- struct{}{}
		under.Go(func() {
			defer func() {
				d.end(it.ID)
				<-busy
				select {
				case freed <- struct{}{}:
				default:
				}
			}()
			d.deliver(ctx, it)
		})
	}
}

// begin notes that an item is under way, unless it is.
func (d *Dispatcher) begin(item string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.underWay[item] {
		return false
	}
	if d.underWay == nil {
		d.underWay = map[string]bool{}
	}
	d.underWay[item] = true
	return true
}

func (d *Dispatcher) end(item string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.underWay, item)
}

// guarded turns a panic into an error. Its value is left out of the error: nobody knows what it holds.
func guarded[T any](f func() (T, error)) (out T, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic of type %T\n%s", p, debug.Stack())
		}
	}()
	return f()
}

func (d *Dispatcher) deliver(ctx context.Context, it bot.Item) {
	log := d.Log.With("item", it.ID, "conversation", it.Conversation)
	to, ok := d.Targets[it.Target]
	if !ok {
		log.Error("nobody delivers to this target", "target", it.Target)
		d.retry(it, "no deliverer")
		return
	}
	ev, err := guarded(func() (bot.Event, error) {
		ctx, cancel := context.WithTimeout(ctx, deliverFor)
		defer cancel()
		return to.Deliver(ctx, it)
	})
	var delay *bot.DelayError
	if errors.As(err, &delay) {
		d.giveBack(it, delay.Until, delay.Reason)
		return
	}
	if err != nil && ctx.Err() != nil {
		d.giveBack(it, d.Now(), "stopped") // whoever comes next goes on
		return
	}
	if err != nil {
		var far *bot.AcquirerError
		if !errors.As(err, &far) || !far.Retryable {
			log.Error("delivering", "attempt", it.Attempts, "err", err)
		}
		d.retry(it, reason(err))
		return
	}
	// What the far side answered must not be lost because the server is being stopped just now.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	if ev.Kind == "" {
		if err := d.Outbox.Done(ctx, it.ID); err != nil {
			log.Error("settling an item", "err", err) // it comes again and finds nothing to do
		}
		return
	}
	t, err := guarded(func() (bot.Turn, error) { return d.Handle(ctx, it.Address, ev) })
	if err == nil && ev.Trying {
		d.retry(it, "the outcome is not known")
		return
	}
	if err == nil && t.Repeated {
		err = d.Outbox.Done(ctx, it.ID)
	}
	if err != nil {
		log.Error("taking in an answer", "err", err)
		d.retry(it, "answer not taken in")
	}
}

// reason is what the outbox keeps of an error: its first line.
func reason(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}

// retry gives an item back with growing distance: 1, 2, 4 … 60 s, each up to half longer by chance.
func (d *Dispatcher) retry(it bot.Item, reason string) {
	wait := time.Second << min(max(it.Attempts-1, 0), 6)
	wait = min(wait, time.Minute)
	wait += time.Duration(rand.Int64N(int64(wait)/2 + 1))
	d.giveBack(it, d.Now().Add(wait), reason)
}

func (d *Dispatcher) giveBack(it bot.Item, until time.Time, reason string) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := d.Outbox.Retry(ctx, it.ID, until, reason); err != nil {
		d.Log.Error("giving an item back", "item", it.ID, "err", err)
	}
}
