package bot

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"
)

// Service is the one door through which events reach conversations.
type Service struct {
	Store  Store // nil: Try alone works
	Bus    Bus
	Finder Finder
	Engine *Engine
	Desk   Desk            // nil: nobody is ever there
	Desks  map[string]Desk // by channel: people who are not at our desk answer there
	Binder Binder          // nil: no words bind
	// NoTickets says that the acquirer takes none: nobody is promised one, and who wants one is handed to people.
	NoTickets bool
	// Binds says whether the acquirer can prove who asks, by a code. nil: it cannot.
	Binds func() bool
	// Looks says which parts of a record the acquirer can be asked for besides, see Look. nil: none.
	Looks func() []string
	// Pushes are the channels that must be asked to carry lines, with the time in which they carry the answer to what their user did
	// by themselves; 0 for those that never do.
	Pushes map[string]time.Duration
	// CSAT is what operators set about asking how it was; nil: nobody is asked.
	CSAT func(ctx context.Context) (CSAT, error)
	// Shown says whether a line has reached a user of a channel that pushes; nil: it has.
	Shown func(ctx context.Context, conversation string, seq int64) (bool, error)
	Now   func() time.Time
	NewID func() string
	Log   *slog.Logger

	proving sync.Mutex // held by a turn that may try a merchant number, so that two do not count as one
	filing  filing
	mu      sync.Mutex
	current string // version of the playbook that new episodes pin
	busy    map[Address]*lock
}

// lock is the right to change one conversation; it is taken by filling held.
type lock struct {
	held  chan struct{}
	users int
	lines []string // keys of merchants' lines that wait for it
}

// NewID returns a UUIDv7 as text.
func NewID() string { return uuid.Must(uuid.NewV7()).String() }

// Publish makes a playbook the one that new episodes pin. Dialogues under way keep theirs.
func (s *Service) Publish(ctx context.Context, b *Playbook) error {
	data, err := b.Encode()
	if err != nil {
		return err
	}
	if s.Store != nil {
		if err := s.Store.SavePlaybook(ctx, b.Version, data); err != nil {
			return fmt.Errorf("keeping playbook %s: %w", b.Version, err)
		}
	}
	s.Engine.Add(b)
	s.mu.Lock()
	s.current = b.Version
	s.mu.Unlock()
	return nil
}

// Current is the version of the playbook that new episodes pin.
func (s *Service) Current() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.current
}

// PlaybookOf loads the playbook a conversation pins.
func (s *Service) PlaybookOf(ctx context.Context, version string) (*Playbook, error) {
	if b := s.Engine.book(version); b != nil {
		return b, nil
	}
	data, err := s.Store.Playbook(ctx, version)
	if err != nil {
		return nil, fmt.Errorf("playbook %s: %w", version, err)
	}
	b, err := DecodePlaybook(version, data)
	if err != nil {
		return nil, err
	}
	s.Engine.Add(b)
	return b, nil
}

// tries is how often a turn is decided anew when another process changed the conversation meanwhile.
const tries = 5

// Handle takes one event to the conversation of an address: it cleans and masks the text, lets the Finder read it, decides the
// turn, commits it and wakes the readers. When it returns nil, everything is durable. A repeated event returns what the first one
// said, with Repeated set. Errors: ErrEmpty, ErrTooLong and ErrNotUTF8 refuse the text, *NotHolderError an agent's act.
func (s *Service) Handle(ctx context.Context, a Address, ev Event) (Turn, error) {
	if err := s.prepare(&ev); err != nil {
		return Turn{}, err
	}
	unlock, err := s.lock(ctx, a, ev)
	if err != nil {
		return Turn{}, err
	}
	defer unlock()
	for range tries {
		t, err := s.turn(ctx, a, &ev)
		switch {
		case err == nil:
			s.Bus.Publish(topics(t)...)
			return t, nil
		case errors.Is(err, ErrDuplicate):
			return s.repeated(ctx, a, ev)
		case !errors.Is(err, ErrConflict):
			return Turn{}, err
		}
	}
	return Turn{}, fmt.Errorf("%w %d times in a row", ErrConflict, tries)
}

// HandleID is Handle for those who know a conversation by its id.
func (s *Service) HandleID(ctx context.Context, conversation string, ev Event) (Turn, error) {
	c, err := s.Store.ConversationByID(ctx, conversation)
	if err != nil {
		return Turn{}, err
	}
	return s.Handle(ctx, c.Address, ev)
}

// prepare completes an event and takes personal data out of its text, before anything else sees it.
func (s *Service) prepare(ev *Event) error {
	ev.At = s.Now().UnixMilli()
	ev.ID = s.NewID()
	if ev.Key == "" {
		ev.Key = ev.ID
	}
	if ev.File != nil {
		f := *ev.File
		f.ID, f.At = ev.ID+"-media", ev.At
		ev.File = &f
	}
	switch {
	case ev.Kind == EventReply && ev.File != nil && ev.Text == "": // the picture says it
	case ev.Kind == EventMedia: // whatever it is called, it came
		ev.Text, ev.Masked = label(ev.Text)
	case ev.Kind == EventSaid || ev.Kind == EventReply || ev.Text != "":
		text, err := clean(ev.Text)
		if err != nil {
			return err
		}
		if ev.Kind == EventSaid {
			ev.Typed = uncode(text)
		}
		ev.Text, ev.Masked = Mask(text)
	}
	ev.Scene, _ = label(ev.Scene)
	ev.Remark = remark(ev.Remark)
	ev.Unproven = ev.Unproven.clean()
	if ev.CID != "" && !PlainID(ev.CID) {
		ev.CID = ""
	}
	if ev.Choice != "" && !PlainID(ev.Choice) {
		ev.Choice = "none" // none of ours: answered like any that is not on the screen
	}
	if ev.Kind == EventSaid && s.Binder != nil {
		if b, ok := s.Binder.Bind(ev.Text); ok {
			ev.Kind, ev.Binding = EventBound, &b
		}
	}
	return nil
}

func (s *Service) turn(ctx context.Context, a Address, ev *Event) (Turn, error) {
	c, err := s.Store.Conversation(ctx, a)
	switch {
	case errors.Is(err, ErrNotFound):
		if ev.Agent != nil && !ev.Outside || ev.Call != "" || ev.Kind == EventTimer || ev.Kind == EventNews {
			return Turn{}, err
		}
		c = Conversation{ID: ev.Conversation, Address: a}
		if c.ID == "" {
			c.ID = s.NewID()
		}
	case err != nil:
		return Turn{}, err
	}
	apart(c, ev)
	if number, _ := c.typed(ev.Text); number != "" || c.asksProof() || ev.Kind == EventProof || c.reproves() {
		s.proving.Lock()
		defer s.proving.Unlock()
	}
	if m := s.filing.hold(c); m != nil {
		defer m.Unlock()
	}
	number, err := s.triesOf(ctx, c, ev)
	if err != nil {
		return Turn{}, err
	}
	if ev.Others, err = s.others(ctx, c, *ev); err != nil {
		return Turn{}, err
	}
	if ev.Elsewhere, err = s.elsewhere(ctx, c, *ev); err != nil {
		return Turn{}, err
	}
	t, err := s.decide(ctx, c, ev)
	if err != nil {
		return Turn{}, err
	}
	s.count(number, ev, t)
	carry(*ev, t)
	if p, ok := s.push(a, *ev, t); ok {
		t.Effects = append(t.Effects, Effect{Push: &p})
	}
	return t, s.Store.Commit(ctx, Commit{Event: *ev, Next: t.Next, Effects: t.Effects})
}

// push asks the channel for the lines of a turn, if it has any for the user and the channel is one that is asked. It is also asked when its
// user opened the right to push: lines may have waited for that, and more than the channel's own answer carries.
func (s *Service) push(a Address, ev Event, t Turn) (Push, bool) {
	wait, ok := s.Pushes[a.Channel]
	lines := slices.ContainsFunc(t.Messages(), func(m Message) bool { return m.From != FromUser && !m.Seen })
	if !ok || !lines && ev.Trigger == "" {
		return Push{}, false
	}
	p := Push{ID: PushID(ev.Key), Target: a.Channel, At: ev.At}
	if ev.Trigger != "" {
		p.At += wait.Milliseconds()
	}
	return p, true
}

// decide completes the event with all that the engine may know, and lets it decide.
func (s *Service) decide(ctx context.Context, c Conversation, ev *Event) (Turn, error) {
	ev.Finding, ev.Also, ev.Aside, ev.Joined, ev.Crossed, ev.Desk = nil, nil, nil, "", false, nil // of an earlier try, when the conversation stood elsewhere
	ev.Playbook = c.Playbook
	if c.Playbook == "" || c.Holder.Kind == HolderClosed {
		ev.Playbook = s.Current()
	}
	if _, err := s.PlaybookOf(ctx, ev.Playbook); err != nil {
		return Turn{}, err
	}
	if err := s.understand(ctx, c, ev); err != nil {
		return Turn{}, err
	}
	ev.More = ev.Kind == EventSaid && s.more(c.Address, ev.Key)
	if err := s.rating(ctx, c, ev); err != nil {
		return Turn{}, err
	}
	return s.Engine.Turn(c, *ev)
}

// Try decides an event for a conversation and writes nothing.
func (s *Service) Try(ctx context.Context, c Conversation, ev Event) (Turn, Event, error) {
	if err := s.prepare(&ev); err != nil {
		return Turn{}, ev, err
	}
	ev.Whole = true
	apart(c, &ev)
	t, err := s.decide(ctx, c, &ev)
	return t, ev, err
}

// repeated answers a duplicate with what the first one did.
func (s *Service) repeated(ctx context.Context, a Address, ev Event) (Turn, error) {
	c, err := s.Store.Conversation(ctx, a)
	if err != nil {
		return Turn{}, err
	}
	lines, err := s.Store.MessagesOf(ctx, ev.Key)
	if err != nil {
		return Turn{}, err
	}
	t := Turn{Next: c, Repeated: true}
	for i := range lines {
		t.Effects = append(t.Effects, Effect{Say: &lines[i]})
	}
	return t, nil
}

// more says that another line of the merchant has come in and waits for its turn: it is decided together with the one at hand.
func (s *Service) more(a Address, key string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.busy[a]
	return l != nil && slices.ContainsFunc(l.lines, func(k string) bool { return k != key })
}

// lock lets one turn of an address run at a time. Who has given up does not wait.
func (s *Service) lock(ctx context.Context, a Address, ev Event) (unlock func(), err error) {
	s.mu.Lock()
	if s.busy == nil {
		s.busy = map[Address]*lock{}
	}
	l := s.busy[a]
	if l == nil {
		l = &lock{held: make(chan struct{}, 1)}
		s.busy[a] = l
	}
	l.users++
	if ev.Kind == EventSaid && !ev.Spoken {
		l.lines = append(l.lines, ev.Key)
	}
	s.mu.Unlock()
	come := func() { // it waits no longer
		s.mu.Lock()
		if i := slices.Index(l.lines, ev.Key); i >= 0 {
			l.lines = slices.Delete(l.lines, i, i+1)
		}
		s.mu.Unlock()
	}
	leave := func() {
		s.mu.Lock()
		if l.users--; l.users == 0 {
			delete(s.busy, a)
		}
		s.mu.Unlock()
	}
	select {
	case l.held <- struct{}{}:
		come()
		return func() { <-l.held; leave() }, nil
	case <-ctx.Done():
		come()
		leave()
		return nil, ctx.Err()
	}
}

func topics(t Turn) []string {
	out := []string{t.Next.ID, TopicDesk}
	for _, e := range t.Effects {
		switch {
		case e.Call != nil, e.Fetch != nil, e.Notice != nil, e.Tell != nil, e.Push != nil && e.Push.At <= t.Next.Updated:
			out = append(out, TopicOutbox)
		case e.Set != nil:
			out = append(out, TopicTimers)
		}
	}
	return out
}
