package desk_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"posdoctor/bot"
	"posdoctor/bot/desk"
	"posdoctor/bot/live"
	"posdoctor/bot/store"
	"posdoctor/knowledge"
)

// floor is a whole desk on a real database with a clock of its own, and agents who do as the test says.
type floor struct {
	t       testing.TB
	store   *store.Store
	service *bot.Service
	desk    *desk.Desk
	sched   *bot.Scheduler
	told    []bot.Notice
	// deskFirst: a pass of the desk comes before the timers of the same moment.
	deskFirst bool

	mu     sync.Mutex
	clock  time.Time
	agents []desk.Agent
	touch  map[string]int64
	ids    int
}

// nothing understands no message, so that only people can help, but for two that are theirs by themselves.
type nothing struct{}

var theirs = map[string]*knowledge.Article{
	"我的货款被冻结了":  {ID: "funds-frozen", Title: "货款被冻结", Object: knowledge.Settlement, Move: knowledge.Human, Remedy: knowledge.Remedy{Brief: "冻结多由风控或司法引起。"}, Causes: []string{"risk", "settlement-account"}},
	"机器昨晚被人偷走了": {ID: "machine-lost", Title: "机器丢失或被盗", Object: knowledge.Terminal, Move: knowledge.Human, Remedy: knowledge.Remedy{Brief: "先挂失这台机器。"}, Causes: []string{"binding"}},
}

func (nothing) Find(_ context.Context, text string) (bot.Finding, error) {
	if a := theirs[text]; a != nil {
		return bot.Finding{Top: a, P: 0.99, Hits: []knowledge.Hit{{Article: a.ID, Title: a.Title, P: 0.99}}}, nil
	}
	return bot.Finding{}, nil
}
func (nothing) Entry(context.Context, string) (bot.Finding, error) {
	return bot.Finding{}, bot.ErrNotFound
}

var book = sync.OnceValues(func() (*bot.Playbook, error) {
	lib, err := knowledge.Embedded()
	if err != nil {
		return nil, err
	}
	return bot.NewPlaybook(lib)
})

// newFloor is open from Monday morning on, with agents that agent reads, one a word list.
func newFloor(t testing.TB, agents ...string) *floor {
	t.Helper()
	f := &floor{t: t, clock: time.Date(2026, 11, 23, 9, 0, 0, 0, desk.Beijing), touch: map[string]int64{}}
	st, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "desk.db"))
	f.must(err)
	t.Cleanup(func() { st.Close() })
	f.store = st
	t.Cleanup(f.replay)
	log := slog.New(slog.DiscardHandler)
	f.desk = &desk.Desk{Store: st, Roster: f, Bus: &live.Bus{}, Now: f.now, Log: log, Owner: "test", Leases: st, Tells: true}
	f.service = &bot.Service{Store: st, Bus: f.desk.Bus, Finder: nothing{}, Engine: bot.NewEngine(), Desk: f.desk, Now: f.now, Log: log, NewID: f.newID}
	f.desk.Handle = f.service.HandleID
	f.sched = &bot.Scheduler{Timers: st, Bus: f.desk.Bus, Handle: f.service.Handle, Now: f.now, Log: log}
	b, err := book()
	f.must(err)
	f.must(f.service.Publish(t.Context(), b))
	for _, a := range agents {
		f.agents = append(f.agents, agent(a))
	}
	for i := range f.agents {
		f.agents[i].Seen = f.clock.UnixMilli()
	}
	return f
}

// replay decides what happened again, from the stored events alone, and holds the outcome against what is stored.
func (f *floor) replay() {
	ctx := context.Background()
	ids, err := f.store.IDs(ctx, "", 50)
	f.must(err)
	for _, id := range ids {
		want, err := f.store.ConversationByID(ctx, id)
		f.must(err)
		events, err := f.store.Events(ctx, id)
		f.must(err)
		c := bot.Conversation{ID: id, Address: want.Address}
		for i, ev := range events {
			t, err := f.service.Engine.Turn(c, ev)
			if err != nil {
				f.t.Fatalf("%s: event %d (%s) is refused when it is replayed: %v", id, i+1, ev.Kind, err)
			}
			c = t.Next
		}
		got, err1 := json.Marshal(c)
		was, err2 := json.Marshal(want)
		f.must(errors.Join(err1, err2))
		if string(got) != string(was) {
			f.t.Errorf("%s replays to something else:\nstored: %s\nnow:    %s", id, was, got)
		}
	}
}

func (f *floor) must(err error) {
	f.t.Helper()
	if err != nil {
		f.t.Fatal(err)
	}
}

func (f *floor) now() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.clock
}

func (f *floor) newID() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ids++
	return fmt.Sprintf("id-%09d", f.ids)
}

// Agents implements desk.Roster.
func (f *floor) Agents(context.Context) ([]desk.Agent, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	out := slices.Clone(f.agents)
	for i := range out {
		if out[i].Live {
			out[i].Seen = f.clock.UnixMilli()
			f.agents[i].Seen = out[i].Seen
		}
	}
	return out, nil
}

// Touched implements desk.Roster.
func (f *floor) Touched(agent, conversation string) int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.touch[agent+" "+conversation]
}

// Away implements desk.Roster.
func (f *floor) Away(_ context.Context, agent string) error {
	f.change(agent, func(a *desk.Agent) { a.Status = desk.Busy })
	return nil
}

func (f *floor) change(id string, do func(*desk.Agent)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range f.agents {
		if f.agents[i].ID == id {
			do(&f.agents[i])
		}
	}
}

func (f *floor) stands(agent string) (status string) {
	f.change(agent, func(a *desk.Agent) { status = a.Status })
	return status
}

func address(user string) bot.Address {
	return bot.Address{Channel: "web", Account: "shop", User: user}
}

// says lets a merchant write.
func (f *floor) says(user, text string) bot.Turn {
	f.t.Helper()
	t, err := f.service.Handle(f.t.Context(), address(user), bot.Event{Kind: bot.EventSaid, Text: text, Whole: true})
	f.must(err)
	return t
}

// state is where a merchant's conversation stands.
func (f *floor) state(user string) bot.Conversation {
	f.t.Helper()
	c, err := f.store.Conversation(f.t.Context(), address(user))
	f.must(err)
	return c
}

// act lets an agent act on a merchant's conversation at its present epoch.
func (f *floor) act(agent, user string, ev bot.Event) error {
	c := f.state(user)
	ev.Agent, ev.Epoch = &bot.AgentID{ID: agent, Name: agent}, c.Epoch
	_, err := f.service.Handle(f.t.Context(), address(user), ev)
	return err
}

// pass lets time go by, second by second: timers come up and the desk does its work.
func (f *floor) pass(d time.Duration) {
	f.t.Helper()
	for end := f.now().Add(d); f.now().Before(end); {
		f.mu.Lock()
		f.clock = f.clock.Add(time.Second)
		f.mu.Unlock()
		f.work()
	}
}

func (f *floor) work() {
	f.t.Helper()
	if f.deskFirst {
		f.must(f.desk.Once(f.t.Context()))
	}
	_, err := f.sched.Once(f.t.Context())
	f.must(err)
	if !f.deskFirst {
		f.must(f.desk.Once(f.t.Context()))
	}
	items, err := f.store.Lease(f.t.Context(), f.now(), time.Minute, 100)
	f.must(err)
	for _, it := range items {
		if it.Notice != nil {
			f.told = append(f.told, *it.Notice)
		}
		f.must(f.store.Done(f.t.Context(), it.ID))
	}
}

// offered is who is offered a merchant's conversation, "" for nobody.
func (f *floor) offered(user string) string {
	f.t.Helper()
	c := f.state(user)
	if c.Case == nil || c.Case.Offer == nil || c.Case.Offer.To == nil {
		return ""
	}
	return c.Case.Offer.To.ID
}

func (f *floor) is(what, got, want string) {
	f.t.Helper()
	if got != want {
		f.t.Errorf("%s: %q, want %q", what, got, want)
	}
}

func (f *floor) set(name, value string) {
	f.t.Helper()
	s, err := f.store.Setting(f.t.Context(), name)
	f.must(err)
	_, err = f.store.SetSetting(f.t.Context(), store.Setting{Name: name, Value: value, Version: s.Version})
	f.must(err)
	f.desk.Changed()
}
