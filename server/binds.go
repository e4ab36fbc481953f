package main

import (
	"context"
	"sync"
	"time"

	"posdoctor/bot/acquirer"
	"posdoctor/bot/acquirer/contract"
)

// binds says whether an acquirer can prove who asks, by its capabilities. They are asked for in the background, when somebody wants to
// know: no merchant waits for them, and until they are known nothing is offered.
type binds struct {
	from acquirer.Source
	now  func() time.Time

	mu    sync.Mutex
	can   bool
	asked time.Time
}

// How old capabilities may be, and how long an acquirer that does not answer is left alone.
const (
	bindsFor  = 10 * time.Minute
	capsWait  = 5 * time.Second
	capsAgain = 30 * time.Second
)

// Can is what was answered last.
func (b *binds) Can() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.now().Sub(b.asked) >= bindsFor {
		b.asked = b.now()
		go b.ask()
	}
	return b.can
}

func (b *binds) ask() {
	ctx, cancel := context.WithTimeout(context.Background(), capsWait)
	defer cancel()
	a, err := b.from.Capabilities(ctx)
	b.mu.Lock()
	defer b.mu.Unlock()
	if err != nil {
		b.asked = b.now().Add(capsAgain - bindsFor) // what was known holds until it answers
		return
	}
	b.can = a.Data.Has(contract.OpStartBinding) && a.Data.Has(contract.OpConfirmBinding)
}
