package main

import (
	"context"
	"sync"
	"time"

	"posdoctor/bot/acquirer"
	"posdoctor/bot/acquirer/contract"
)

// binds says whether an acquirer can prove who asks, and what else it can be asked, by its capabilities. They are asked for in the background, when somebody wants to
// know: no merchant waits for them, and until they are known nothing is offered.
type binds struct {
	from acquirer.Source
	now  func() time.Time

	mu    sync.Mutex
	can   bool
	looks []string
	asked time.Time
	known bool // it has answered once
	again bool // it will be asked by itself
}

// How old capabilities may be, and how long an acquirer that does not answer is left alone.
// One that has never answered may just be starting.
const (
	bindsFor  = 10 * time.Minute
	capsWait  = 5 * time.Second
	capsAgain = 30 * time.Second
	capsFirst = 500 * time.Millisecond // … by who wants to know, while it has never answered
	capsRetry = 10 * time.Second       // … by itself, until it has
)

// Can is what was answered last.
func (b *binds) Can() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.refresh()
	return b.can
}

// Looks are the parts of a Look that were among the capabilities last.
func (b *binds) Looks() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.refresh()
	return b.looks
}

// refresh asks again when it is time. The caller holds mu.
func (b *binds) refresh() {
	if b.now().Sub(b.asked) >= bindsFor {
		b.asked = b.now()
		go b.ask()
	}
}

func (b *binds) ask() {
	ctx, cancel := context.WithTimeout(context.Background(), capsWait)
	defer cancel()
	a, err := b.from.Capabilities(ctx)
	b.mu.Lock()
	defer b.mu.Unlock()
	if err != nil {
		rest := capsAgain // what was known holds until it answers
		if !b.known {
			rest = capsFirst
			if !b.again {
				b.again = true
				time.AfterFunc(capsRetry, func() {
					b.mu.Lock()
					b.again = false
					b.mu.Unlock()
					b.ask()
				})
			}
		}
		b.asked = b.now().Add(rest - bindsFor)
		return
	}
	b.known = true
	b.can = a.Data.Has(contract.OpStartBinding) && a.Data.Has(contract.OpConfirmBinding)
	b.looks = acquirer.LooksOf(b.from, a.Data)
}
