package web

import (
	"context"
	"fmt"
	"sync"
	"time"

	"posdoctor/bot"
	"posdoctor/bot/desk"
	"posdoctor/bot/store"
)

// Presence knows which agents are there: by their live connections with a heartbeat, and by what they do. It implements desk.Roster.
type Presence struct {
	Now     func() time.Time
	Staff   Staff  // nil: nobody is known by skill or capacity
	Changed func() // somebody came, went or changed how he stands; may be nil

	once    sync.Once
	started time.Time
	keeping sync.Mutex // held while a choice is kept, so that what is kept last is what stands
	mu      sync.Mutex
	seen    map[string]time.Time  // by agent
	at      map[string]*attendant // by agent, who has or lately had a live connection
	chosen  map[string]string     // by agent: what he chose, or stoodDown
	read    bool                  // chosen was read from what is kept
	touched map[string]time.Time  // by agent and conversation
	acted   map[string]time.Time  // by agent: when he last did anything by hand
}

// Staff is what Presence asks of the store.
type Staff interface {
	Agents(ctx context.Context) ([]store.Agent, error)
	Note(ctx context.Context, name string) (string, error)
	SetNote(ctx context.Context, n bot.Note) error
}

// attendant is an agent with live connections. One login may write, the first that came; the others read until it is gone or one of them
// takes its place.
type attendant struct {
	logins []*login // live, the first that came first
	writer string   // session of the login that may write
	gone   time.Time
}

type login struct {
	session string
	open    int // connections: the tabs of one browser are one login
}

const (
	presentFor = 60 * time.Second // an agent who did nothing for so long, without a live connection, is not there
	reloadFor  = 10 * time.Second // a page that is loaded anew comes back within this and may write again
	maxTouched = 10_000
)

func (p *Presence) start() { p.once.Do(func() { p.started = p.Now() }) }

// Seen notes that an agent is there now.
func (p *Presence) Seen(agent string) {
	p.mu.Lock()
	p.start()
	if p.seen == nil {
		p.seen = map[string]time.Time{}
	}
	now := p.Now()
	was, ok := p.seen[agent]
	p.seen[agent] = now
	p.mu.Unlock()
	if !ok || now.Sub(was) > presentFor {
		p.changed()
	}
}

// Gone notes that an agent left, wherever he was logged in.
func (p *Presence) Gone(agent string) {
	p.mu.Lock()
	delete(p.seen, agent)
	p.mu.Unlock()
	p.changed()
}

// Leave notes that an agent logged one login out; he is there as long as another one lives.
func (p *Presence) Leave(agent, session string) {
	p.mu.Lock()
	left := 0
	if a := p.at[agent]; a != nil {
		a.drop(session)
		if left = len(a.logins); a.writer == session {
			a.writer = ""
		}
	}
	if left == 0 {
		delete(p.seen, agent)
	}
	p.mu.Unlock()
	p.changed()
}

func (p *Presence) changed() {
	if p.Changed != nil {
		p.Changed()
	}
}

// Connect notes a live connection of an agent, until leave is called.
func (p *Presence) Connect(agent, session string) (leave func()) {
	p.mu.Lock()
	p.start()
	if p.at == nil {
		p.at = map[string]*attendant{}
	}
	a := p.at[agent]
	if a == nil {
		a = &attendant{}
		p.at[agent] = a
	}
	l := a.login(session)
	if l == nil {
		l = &login{session: session}
		a.logins = append(a.logins, l)
	}
	l.open++
	a.elect(p.Now())
	p.mu.Unlock()
	p.Seen(agent)
	p.changed()
	return sync.OnceFunc(func() {
		p.mu.Lock()
		if l.open--; l.open <= 0 && a.login(session) == l {
			a.drop(session)
			if a.writer == session {
				a.gone = p.Now()
			}
		}
		p.mu.Unlock()
		p.changed()
	})
}

func (a *attendant) login(session string) *login {
	for _, l := range a.logins {
		if l.session == session {
			return l
		}
	}
	return nil
}

func (a *attendant) drop(session string) {
	for i, l := range a.logins {
		if l.session == session {
			a.logins = append(a.logins[:i:i], a.logins[i+1:]...)
			return
		}
	}
}

// elect gives the right to write to the login that came first, when who had it is gone for good.
func (a *attendant) elect(now time.Time) {
	if a.writer != "" && (a.login(a.writer) != nil || now.Sub(a.gone) < reloadFor) {
		return
	}
	a.writer = ""
	if len(a.logins) > 0 {
		a.writer = a.logins[0].session
	}
}

// Take gives the right to write to a login; who had it reads from now on. It reports false for a login that is not live.
func (p *Presence) Take(agent, session string) bool {
	p.mu.Lock()
	a := p.at[agent]
	live := a != nil && a.login(session) != nil
	if live {
		a.writer = session
	}
	p.mu.Unlock()
	if live {
		p.changed()
	}
	return live
}

// Readonly says that a login of an agent may only read: it is live, and another one may write.
func (p *Presence) Readonly(agent, session string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	a := p.at[agent]
	if a == nil || a.login(session) == nil {
		return false
	}
	a.elect(p.Now())
	return a.writer != session
}

// Touch notes that an agent does something about a conversation that is no event of it: he types, or reads on.
func (p *Presence) Touch(agent, conversation string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.touched) >= maxTouched {
		clear(p.touched) // costs an agent a warning too early at most
	}
	if p.touched == nil {
		p.touched = map[string]time.Time{}
	}
	p.touched[agent+" "+conversation] = p.Now()
	p.act(agent)
}

// Acted notes that an agent does something by hand.
func (p *Presence) Acted(agent string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.act(agent)
}

func (p *Presence) act(agent string) {
	if p.acted == nil {
		p.acted = map[string]time.Time{}
	}
	p.acted[agent] = p.Now()
}

// Touched implements desk.Roster. Nothing counts as untouched for longer than the server runs.
func (p *Presence) Touched(agent, conversation string) int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.start()
	at := p.touched[agent+" "+conversation]
	if at.Before(p.started) {
		at = p.started
	}
	return at.UnixMilli()
}

// live says that a connection of an agent is open.
func (p *Presence) live(agent string) bool {
	a := p.at[agent]
	return a != nil && len(a.logins) > 0
}

// here says that an agent is there, connected or by what he did.
func (p *Presence) here(agent string, now time.Time) bool {
	at, ok := p.seen[agent]
	return p.live(agent) || ok && now.Sub(at) <= presentFor
}

// Present counts the agents who are there.
func (p *Presence) Present() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	n, now := 0, p.Now()
	for agent, at := range p.seen {
		switch {
		case p.here(agent, now):
			n++
		case now.Sub(at) > 24*time.Hour:
			delete(p.seen, agent)
		}
	}
	return n
}

// statusNote is the name under which it is kept how an agent chose to stand.
func statusNote(agent string) string { return "desk:status:" + agent }

// stoodDown stands in place of what an agent chose: busy, and it was not he.
const stoodDown = desk.Busy + " away"

// Choose sets how an agent stands while he is there, and keeps it over a restart.
func (p *Presence) Choose(ctx context.Context, agent, status string) error {
	p.keeping.Lock()
	defer p.keeping.Unlock()
	return p.keep(ctx, agent, status)
}

// Away implements desk.Roster. Who has chosen otherwise meanwhile stands as he chose.
func (p *Presence) Away(ctx context.Context, agent string) error {
	p.keeping.Lock()
	defer p.keeping.Unlock()
	if err := p.recall(ctx); err != nil {
		return err
	}
	p.mu.Lock()
	was := p.chosen[agent]
	p.mu.Unlock()
	if was != "" && was != desk.Online {
		return nil
	}
	return p.keep(ctx, agent, stoodDown)
}

func (p *Presence) keep(ctx context.Context, agent, status string) error {
	if err := p.recall(ctx); err != nil {
		return err
	}
	if p.Staff != nil {
		if err := p.Staff.SetNote(ctx, bot.Note{Name: statusNote(agent), Value: status}); err != nil {
			return fmt.Errorf("keeping how an agent stands: %w", err)
		}
	}
	p.mu.Lock()
	p.chosen[agent] = status
	p.mu.Unlock()
	p.changed()
	return nil
}

// StoodDown says that an agent is busy because he did not answer offers, and has not chosen since.
func (p *Presence) StoodDown(agent string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.chosen[agent] == stoodDown
}

// recall reads once what agents chose before the server started.
func (p *Presence) recall(ctx context.Context) error {
	p.mu.Lock()
	done := p.read
	p.mu.Unlock()
	if done {
		return nil
	}
	kept := map[string]string{}
	if p.Staff != nil {
		all, err := p.Staff.Agents(ctx)
		if err != nil {
			return err
		}
		for _, a := range all {
			if kept[a.ID], err = p.Staff.Note(ctx, statusNote(a.ID)); err != nil {
				return err
			}
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.read {
		p.read, p.chosen = true, kept
	}
	return nil
}

// Agents implements desk.Roster: all who may log in.
func (p *Presence) Agents(ctx context.Context) ([]desk.Agent, error) {
	if p.Staff == nil {
		return nil, nil
	}
	if err := p.recall(ctx); err != nil {
		return nil, err
	}
	all, err := p.Staff.Agents(ctx)
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.start()
	now := p.Now()
	var out []desk.Agent
	for _, a := range all {
		if a.Disabled || !may(a.Role, bot.EventClaim) {
			continue
		}
		x := desk.Agent{ID: a.ID, Name: a.Shown(), Role: a.Role, Status: desk.Offline, Live: p.live(a.ID), Capacity: a.Capacity, Teams: a.Teams, Skills: a.Skills}
		if at := p.acted[a.ID]; !at.IsZero() {
			x.Acted = at.UnixMilli()
		}
		x.Seen = max(p.seen[a.ID].UnixMilli(), p.started.UnixMilli())
		if p.here(a.ID, now) {
			switch x.Status = p.chosen[a.ID]; x.Status {
			case "":
				x.Status = desk.Online
			case stoodDown:
				x.Status = desk.Busy
			}
		}
		out = append(out, x)
	}
	return out, nil
}
