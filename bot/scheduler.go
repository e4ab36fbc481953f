package bot

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"
)

// Scheduler hands timers back as events when they come up. Its lease keeps a second one from doing the same.
type Scheduler struct {
	Timers Timers
	Bus    Bus
	Handle func(context.Context, Address, Event) (Turn, error)
	Now    func() time.Time
	Log    *slog.Logger
}

const (
	timerLease = 30 * time.Second
	timerBatch = 64
	longest    = 30 * time.Second // sleeps no longer, so that a lost wake costs no more
)

// Run works until ctx is done.
func (s *Scheduler) Run(ctx context.Context) {
	wake, cancel := s.Bus.Subscribe(TopicTimers)
	defer cancel()
	for ctx.Err() == nil {
		n, err := s.Once(ctx)
		if err != nil && ctx.Err() == nil {
			s.Log.Error("handling timers", "err", err)
		}
		if n == timerBatch && err == nil {
			continue
		}
		sleep := longest
		if err != nil {
			sleep = time.Second
		} else if next, ok, err := s.Timers.NextDue(ctx); err == nil && ok {
			sleep = min(max(next.Sub(s.Now()), 10*time.Millisecond), longest)
		}
		t := time.NewTimer(sleep)
		select {
		case <-ctx.Done():
		case <-wake:
		case <-t.C:
		}
		t.Stop()
	}
}

// Once handles what is due now and says how many timers that were.
func (s *Scheduler) Once(ctx context.Context) (int, error) {
	due, err := s.Timers.Due(ctx, s.Now(), timerLease, timerBatch)
	if err != nil {
		return 0, err
	}
	for _, d := range due {
		if err := s.handle(ctx, d); err != nil {
			s.Log.Error("handling a timer", "conversation", d.Conversation, "timer", d.Timer.Kind, "err", err)
		}
	}
	return len(due), nil
}

// handle hands one timer back. A panic in its turn costs that turn; the timer comes again after its lease.
func (s *Scheduler) handle(ctx context.Context, d DueTimer) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic of type %T\n%s", p, debug.Stack()) // without its value: nobody knows what it holds
		}
	}()
	_, err = s.Handle(ctx, d.Address, Event{Kind: EventTimer, Timer: d.Timer.Kind})
	return err
}
