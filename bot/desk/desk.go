package desk

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"posdoctor/bot"
	"posdoctor/flows"
)

// Store is what the desk reads. bot/store implements it.
type Store interface {
	// Ahead says how many come before a conversation in the queue, and, by priority, how many before one that joins it now.
	Ahead(ctx context.Context, conversation string) (ahead int, before []int, err error)
	// Taken says when each agent took the conversations that he holds, in milliseconds.
	Taken(ctx context.Context) (map[string][]int64, error)
	// Queue and Held return conversations in the queue, in the order in which people are served, and those that an agent holds.
	Queue(ctx context.Context, limit int) ([]bot.Conversation, error)
	Held(ctx context.Context, agent string, limit int) ([]bot.Conversation, error)
	// Served returns the newest stints in which an agent served a case to its end.
	Served(ctx context.Context, limit int) ([]bot.Stint, error)
	// SettingValue returns what is set under a name, "" for nothing.
	SettingValue(ctx context.Context, name string) (string, error)
}

// Roster knows the agents and which of them are here. Load and Capacity of an Agent are the desk's to fill and to complete.
type Roster interface {
	Agents(ctx context.Context) ([]Agent, error)
	// Touched is when an agent last did something about a conversation that is no event of it, such as typing; milliseconds, 0 for never.
	Touched(agent, conversation string) int64
	// Away sets an agent busy who does not answer offers. He takes it back himself.
	Away(ctx context.Context, agent string) error
}

// Desk brings people and conversations together. It implements bot.Desk and bot.SiteDesk; Run makes offers and takes back what agents
// have left. All it does are events of the conversations, so any number of claims may cross it.
type Desk struct {
	Store  Store
	Roster Roster
	Handle func(ctx context.Context, conversation string, ev bot.Event) (bot.Turn, error) // Service.HandleID
	Bus    bot.Bus
	Leases bot.Leases // nil: no other process does the same
	Tells  bool       // somebody takes notices
	Now    func() time.Time
	Log    *slog.Logger
	// Owner names this process in the lease.
	Owner   string
	until   time.Time // the lease; of the goroutine that runs Once
	ignored ignored

	mu       sync.Mutex
	settings Settings
	read     time.Time // when the settings were
	faulty   map[string]string
	work     Measured
	measured time.Time
	assigned map[string]int64
	cached   snapshot
	ahead    Forecast
	sees     bool
	foreseen int64 // milliseconds
	waited   int   // so many waited then
	busy     map[string]int64
	breaks   []int64 // how long agents were busy, the newest last
}

// snapshot is the desk as it was a moment ago: every turn asks how it stands.
type snapshot struct {
	at     time.Time
	agents []Agent
}

const (
	readEvery    = 2 * time.Second        // another process may have changed the settings
	measureEvery = 30 * time.Second       //
	foreseeEvery = time.Second            //
	fresh        = 100 * time.Millisecond // how old a snapshot may be
	passEvery    = time.Second
	passRest     = 100 * time.Millisecond // between two passes
	mostOffered  = 200                    // conversations that are looked at in one pass
	mostHeld     = 500
	mostBreaks   = 50
	leaseFor     = 15 * time.Second
)

// Settings returns what operators have set. One that is not sound, which only another program can have written, is left out and logged
// once; what was set before stays.
func (d *Desk) Settings(ctx context.Context) (Settings, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if now := d.Now(); d.read.IsZero() || now.Sub(d.read) >= readEvery || now.Before(d.read) {
		s := d.settings
		if d.read.IsZero() {
			s = Defaults()
		}
		for _, name := range []string{SettingHours, SettingRouting, SettingSLA} {
			value, err := d.Store.SettingValue(ctx, name)
			if err != nil {
				return d.settings, fmt.Errorf("reading the desk's settings: %w", err)
			}
			was := s
			if err := s.Read(name, value); err != nil {
				s = was
				if d.faulty[name] != value {
					d.Log.Error("a setting of the desk is not sound and left out", "setting", name, "err", err)
				}
				if d.faulty == nil {
					d.faulty = map[string]string{}
				}
				d.faulty[name] = value
			}
		}
		d.settings, d.read = s, now
	}
	return d.settings, nil
}

// Changed lets the desk read its settings, and who is here, anew.
func (d *Desk) Changed() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.read.IsZero() {
		d.read = time.Unix(1, 0)
	}
	d.cached = snapshot{}
}

// Agents are the agents as they stand now, with their load.
func (d *Desk) Agents(ctx context.Context) ([]Agent, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := d.Now()
	if age := now.Sub(d.cached.at); !d.cached.at.IsZero() && age >= 0 && age < fresh {
		return d.cached.agents, nil
	}
	agents, err := d.Roster.Agents(ctx)
	if err != nil {
		return nil, err
	}
	taken, err := d.Store.Taken(ctx)
	if err != nil {
		return nil, err
	}
	for i := range agents {
		a := &agents[i]
		a.Held, a.Assigned = taken[a.ID], d.assigned[a.ID]
		a.Load = len(a.Held)
		if a.Capacity <= 0 {
			a.Capacity = max(1, d.settings.Routing.Capacity)
		}
	}
	d.watch(agents, now.UnixMilli())
	d.cached = snapshot{now, agents}
	return agents, nil
}

// watch notes since when agents are busy, and how long they were when they take people again.
func (d *Desk) watch(agents []Agent, now int64) {
	if d.busy == nil {
		d.busy = map[string]int64{}
	}
	for i := range agents {
		a := &agents[i]
		since, was := d.busy[a.ID]
		switch {
		case a.Status == Busy && !was:
			since, d.busy[a.ID] = now, now
		case a.Status != Busy && was:
			if delete(d.busy, a.ID); a.Status == Online {
				d.breaks = append(d.breaks[max(0, len(d.breaks)-mostBreaks+1):], now-since)
			}
		}
		a.Busy = since
	}
}

// Measured is how the desk works, measured now and then.
func (d *Desk) Measured(ctx context.Context) (Measured, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if now := d.Now(); d.measured.IsZero() || now.Sub(d.measured) >= measureEvery || now.Before(d.measured) {
		stints, err := d.Store.Served(ctx, mostStints)
		if err != nil {
			return Measured{}, err
		}
		d.work, d.measured = Measure(stints, d.breaks, now.UnixMilli()), now
	}
	return d.work, nil
}

// foresee is Foresee, of a moment ago where many ask.
func (d *Desk) foresee(ctx context.Context, f Floor, m Measured, waiting int) (Forecast, bool, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	age := time.Duration(f.Now-d.foreseen) * time.Millisecond
	if age >= 0 && (age < fresh || age < foreseeEvery && waiting == d.waited) {
		return d.ahead, d.sees, nil
	}
	queue, err := d.Store.Queue(ctx, mostOffered)
	if err != nil {
		return Forecast{}, false, err
	}
	f.Queue = queue
	d.ahead, d.sees = Foresee(f, m)
	d.foreseen, d.waited = f.Now, waiting
	return d.ahead, d.sees, nil
}

// Status implements bot.Desk, for who has no hours of his own.
func (d *Desk) Status(ctx context.Context, except string) (bot.DeskStatus, error) {
	return d.StatusAt(ctx, bot.Address{}, except)
}

// StatusAt implements bot.SiteDesk.
func (d *Desk) StatusAt(ctx context.Context, a bot.Address, except string) (bot.DeskStatus, error) {
	var out bot.DeskStatus
	set, err := d.Settings(ctx)
	if err != nil {
		return out, err
	}
	agents, err := d.Agents(ctx)
	if err != nil {
		return out, err
	}
	work, err := d.Measured(ctx)
	if err != nil {
		return out, err
	}
	if out.Waiting, out.Before, err = d.Store.Ahead(ctx, except); err != nil {
		return out, err
	}
	if len(out.Before) > 0 && out.Before[0] == 0 {
		out.Before = nil // nobody waits
	}
	now := d.Now()
	cal := set.Hours.At(a.Account)
	here, free, eta := Pace(agents, work.Serves)
	out.ETA, out.Free, out.Pickup, out.Tells = eta, free, pickup, d.Tells
	out.Open = here > 0 && cal.Open(now)
	switch {
	case !cal.Open(now):
		out.Why, out.Hours, out.Back = "closed", cal.Told(now), cal.Back(now)
		if at, ok := cal.Opens(now); ok {
			out.Opens = at.UnixMilli()
		}
	case here == 0:
		out.Why = "nobody"
	case free == 0:
		out.Why = "busy"
	}
	out.Targets = set.SLA.From(now, cal)
	if free > 0 || here == 0 {
		return out, nil
	}
	f, ok, err := d.foresee(ctx, Floor{Agents: agents, Targets: out.Targets, Widen: set.Routing.Widen, Now: now.UnixMilli()}, work, out.Waiting)
	if err != nil || !ok {
		return out, err
	}
	out.Waits = f.New
	if own, ok := f.Own[except]; ok {
		out.Waits = map[string][]int{}
		for _, skill := range flows.Skills {
			out.Waits[skill] = slices.Repeat([]int{own}, flows.MostUrgent+1)
		}
	}
	return out, nil
}

// HoursAt says when people are there for an address, for merchants: 9:00–21:00; "" when that is always.
func (d *Desk) HoursAt(ctx context.Context, a bot.Address) (string, error) {
	set, err := d.Settings(ctx)
	if err != nil {
		return "", err
	}
	cal := set.Hours.At(a.Account)
	if cal.week.Always {
		return "", nil
	}
	return cal.Told(d.Now()), nil
}

// Run offers conversations and takes back what agents have left, until ctx is done.
func (d *Desk) Run(ctx context.Context) {
	wake, cancel := d.Bus.Subscribe(bot.TopicDesk)
	defer cancel()
	tick := time.NewTicker(passEvery)
	defer tick.Stop()
	for ctx.Err() == nil {
		if err := d.Once(ctx); err != nil && ctx.Err() == nil {
			d.Log.Error("at the desk", "err", err)
		}
		rest := time.NewTimer(passRest)
		select {
		case <-ctx.Done():
		case <-rest.C:
			select {
			case <-ctx.Done():
			case <-wake:
			case <-tick.C:
			}
		}
		rest.Stop()
	}
	if d.Leases != nil {
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		if err := d.Leases.Release(last, leaseName, d.Owner); err != nil {
			d.Log.Error("giving the desk to another process", "err", err)
		}
	}
}

const leaseName = "desk"

// Once makes the offers that are to be made now, and takes back what is to be taken back.
func (d *Desk) Once(ctx context.Context) error {
	if d.Leases != nil && !d.leased(ctx) {
		return nil
	}
	set, err := d.Settings(ctx)
	if err != nil {
		return err
	}
	d.mu.Lock()
	d.cached = snapshot{} // what happened a moment ago counts
	d.mu.Unlock()
	return errors.Join(d.reclaim(ctx, set.Routing), d.propose(ctx, set))
}

// leased says that this process does the desk's work. It asks for the lease anew only when a third of it is left.
func (d *Desk) leased(ctx context.Context) bool {
	now := d.Now()
	if now.Before(d.until.Add(-leaseFor/3)) && !now.Before(d.until.Add(-leaseFor)) {
		return true
	}
	ok, err := d.Leases.Acquire(ctx, leaseName, d.Owner, now, leaseFor)
	if d.until = (time.Time{}); err == nil && ok {
		d.until = now.Add(leaseFor)
	}
	return err == nil && ok
}

// propose makes the offers of a moment. One that comes too late, since somebody claimed it or it was given up, is refused by the engine,
// and the next pass sees it.
func (d *Desk) propose(ctx context.Context, set Settings) error {
	if !set.Routing.Offers {
		return nil
	}
	queue, err := d.Store.Queue(ctx, mostOffered)
	if err != nil || len(queue) == 0 && len(d.ignored.made) == 0 {
		return err
	}
	agents, err := d.Agents(ctx)
	if err != nil {
		return err
	}
	agents, err = d.withoutPaused(ctx, agents)
	if err != nil {
		return err
	}
	if err := d.standDown(ctx, queue, agents); err != nil {
		return err
	}
	now := d.Now()
	errs := []error{d.withdraw(ctx, queue, agents, now.UnixMilli())}
	open := queue[:0]
	calendars := map[string]bool{}
	for _, c := range queue {
		is, known := calendars[c.Address.Account]
		if !known {
			is = set.Hours.At(c.Address.Account).Open(now)
			calendars[c.Address.Account] = is
		}
		if is {
			open = append(open, c)
		}
	}
	for _, p := range set.Routing.Propose(open, agents, now.UnixMilli()) {
		ev := bot.Event{Kind: bot.EventOffer, Key: fmt.Sprintf("offer:%d:%s:%d:%s", now.UnixMilli(), p.Conversation, p.Epoch, p.To.ID), Epoch: p.Epoch,
			To: p.To.AgentID(), Until: now.Add(time.Duration(set.Routing.OfferFor) * time.Second).UnixMilli()}
		if set.Routing.AutoAccept {
			ev = bot.Event{Kind: bot.EventClaim, Key: ev.Key, Epoch: p.Epoch, Agent: p.To.AgentID()}
		}
		_, err := d.Handle(ctx, p.Conversation, ev)
		var held *bot.NotHolderError
		switch {
		case err == nil:
			d.mu.Lock()
			if d.assigned == nil {
				d.assigned = map[string]int64{}
			}
			d.assigned[p.To.ID] = now.UnixMilli()
			d.mu.Unlock()
			if ev.Kind == bot.EventOffer {
				d.ignored.offered(p, now.UnixMilli(), ev.Until)
			}
		case !errors.As(err, &held) && !errors.Is(err, bot.ErrNotFound):
			errs = append(errs, fmt.Errorf("offering %s: %w", p.Conversation, err))
		}
	}
	return errors.Join(errs...)
}

// withdraw takes back what was offered to agents who take nobody any more, so that the merchant does not wait for the offer to run out; the
// next pass offers it to others. It counts as declined. What a colleague hands over is not in the queue and stands: he chose whom to ask. Who
// only lost his connection may be loading the page anew.
func (d *Desk) withdraw(ctx context.Context, queue []bot.Conversation, agents []Agent, now int64) error {
	var errs []error
	for _, c := range queue {
		o := offerOf(c, now)
		if o == nil || o.To == nil || slices.ContainsFunc(agents, func(a Agent) bool { return a.ID == o.To.ID && a.Status == Online }) {
			continue
		}
		_, err := d.Handle(ctx, c.ID, bot.Event{Kind: bot.EventPass, Key: fmt.Sprintf("withdraw:%d:%s:%d", o.Until, c.ID, c.Epoch), Epoch: c.Epoch, Agent: o.To})
		var held *bot.NotHolderError
		if err != nil && !errors.As(err, &held) && !errors.Is(err, bot.ErrNotFound) {
			errs = append(errs, fmt.Errorf("taking back the offer of %s: %w", c.ID, err))
		}
	}
	return errors.Join(errs...)
}

// withoutPaused takes what agents have put aside out of the load of those who are full: it waits for others, not for them.
func (d *Desk) withoutPaused(ctx context.Context, agents []Agent) ([]Agent, error) {
	agents = append([]Agent(nil), agents...)
	for i := range agents {
		a := &agents[i]
		if a.Status != Online || !a.Live || a.Load == 0 {
			continue
		}
		held, err := d.Store.Held(ctx, a.ID, mostHeld)
		if err != nil {
			return nil, err
		}
		for _, c := range held {
			if c.Case != nil && c.Case.Paused > 0 {
				a.Load--
			}
		}
	}
	return agents, nil
}

// reclaim brings conversations back into the queue whose agent is gone, or silent, for too long.
func (d *Desk) reclaim(ctx context.Context, r Routing) error {
	agents, err := d.Agents(ctx)
	if err != nil {
		return err
	}
	now := d.Now().UnixMilli()
	var errs []error
	for _, a := range agents {
		if a.Load == 0 {
			continue
		}
		held, err := d.Store.Held(ctx, a.ID, mostHeld)
		if err != nil {
			return err
		}
		for _, c := range held {
			at, _ := r.LostAt(a, c, d.Roster.Touched(a.ID, c.ID))
			if at == 0 || now < at {
				continue
			}
			_, err := d.Handle(ctx, c.ID, bot.Event{Kind: bot.EventLost, Key: fmt.Sprintf("lost:%d:%s:%d", at, c.ID, c.Epoch), Epoch: c.Epoch, Agent: c.Holder.Agent})
			var held *bot.NotHolderError
			if err != nil && !errors.As(err, &held) {
				errs = append(errs, fmt.Errorf("taking %s back: %w", c.ID, err))
			}
		}
	}
	return errors.Join(errs...)
}

// LostAt is when an agent loses a conversation that he holds, in milliseconds, if nothing happens until then, and why: gone or silent.
// 0: there is no reason why he should. touched is when he last did something about it that is no event.
func (r Routing) LostAt(a Agent, c bot.Conversation, touched int64) (at int64, why string) {
	if !a.Live {
		at, why = a.Seen+int64(r.Grace)*1000, "gone"
	}
	k := c.Case
	if r.Silent > 0 && k != nil && k.Asked > 0 && k.Paused == 0 {
		if silent := max(k.Asked, c.Since, touched) + int64(r.Silent)*1000; at == 0 || silent < at {
			at, why = silent, "silent"
		}
	}
	return at, why
}
