package web

import (
	"context"
	"sync"
	"time"

	"posdoctor/bot"
)

// Presence knows which agents are there, and from that how the desk stands. It implements bot.Desk.
type Presence struct {
	Waiting func(ctx context.Context, except string) (int, error)
	Now     func() time.Time

	mu   sync.Mutex
	seen map[string]time.Time // by agent
}

const (
	presentFor = 60 * time.Second // an agent who did nothing for so long, without a live connection, is not there
	serveFor   = 3 * 60           // seconds a conversation takes, until it is measured
)

// Seen notes that an agent is there now.
func (p *Presence) Seen(agent string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.seen == nil {
		p.seen = map[string]time.Time{}
	}
	p.seen[agent] = p.Now()
}

// Gone notes that an agent left.
func (p *Presence) Gone(agent string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.seen, agent)
}

// Present counts the agents who are there.
func (p *Presence) Present() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := 0
	for agent, at := range p.seen {
		if p.Now().Sub(at) > presentFor {
			delete(p.seen, agent)
			continue
		}
		n++
	}
	return n
}

// Status implements bot.Desk.
func (p *Presence) Status(ctx context.Context, except string) (bot.DeskStatus, error) {
	n := p.Present()
	waiting, err := p.Waiting(ctx, except)
	return bot.DeskStatus{Open: n > 0, Waiting: waiting, ETA: serveFor / max(n, 1)}, err
}
