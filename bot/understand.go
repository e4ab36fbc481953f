package bot

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"posdoctor/flows"
	"posdoctor/knowledge"
)

// understand puts into the event what the engine may know and cannot look up: what the words mean, together with those held before
// them, and how the desk stands.
func (s *Service) understand(ctx context.Context, c Conversation, ev *Event) error {
	if c.Holder.Kind == HolderAgent {
		switch ev.Kind {
		case EventTransfer, EventLost, EventTimer:
			return s.askDesk(ctx, c, ev)
		}
		return nil
	}
	f := s.Engine.book(ev.Playbook).Flow
	unbroken(f, c, ev)
	if err := s.find(ctx, f, c, ev); err != nil {
		return fmt.Errorf("searching the library: %w", err)
	}
	ev.NoTickets, ev.Binds = s.NoTickets, s.Binds != nil && s.Binds()
	return s.askDesk(ctx, c, ev)
}

// askDesk asks those who answer on the conversation's channel how they stand.
func (s *Service) askDesk(ctx context.Context, c Conversation, ev *Event) error {
	desk := s.Desk
	if d, ok := s.Desks[c.Address.Channel]; ok {
		desk = d
	}
	ev.Desk = &DeskStatus{}
	if desk != nil {
		st, err := StatusAt(ctx, desk, c.Address, c.ID)
		if err != nil {
			return fmt.Errorf("asking the desk: %w", err)
		}
		ev.Desk = &st
	}
	return nil
}

// find asks the Finder for all that this event may need.
func (s *Service) find(ctx context.Context, f *flows.Flow, c Conversation, ev *Event) error {
	var err error
	said := ev.Kind == EventSaid || ev.Joined != ""
	text := cmp.Or(ev.Joined, ev.Text)
	article, tapped := strings.CutPrefix(ev.Choice, "article:")
	if said && !tapped {
		article, tapped = strings.CutPrefix(f.Fit(c.Dialogue, text), "article:")
	}
	topic := c.Dialogue.Topic
	switch {
	case tapped:
		ev.Finding, err = s.entry(ctx, article)
	case said && topic != nil && (f.Repeats(text) || f.AsksAbout(text)):
		ev.Finding, err = s.entry(ctx, topic.ID)
	case said:
		err = s.read(ctx, text, c, ev)
	case (ev.Kind == EventRecord || ev.Timer == TimerRecord) && topic != nil:
		ev.Finding, err = s.entry(ctx, topic.ID) // told once the record has spoken
	}
	if n := len(c.Dialogue.Frames); n > 0 && err == nil {
		ev.Aside, err = s.entry(ctx, c.Dialogue.Frames[n-1].Topic.ID)
	}
	return err
}

// entry is the finding of one entry, nil for one that is gone.
func (s *Service) entry(ctx context.Context, article string) (*Finding, error) {
	f, err := s.Finder.Entry(ctx, article)
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &f, nil
}

// read lets the Finder read what was said: as one message with the lines before it, and part by part where it may bring two troubles.
func (s *Service) read(ctx context.Context, text string, c Conversation, ev *Event) error {
	whole, err := s.Finder.Find(ctx, text)
	if err != nil {
		return err
	}
	if text != ev.Text && ev.Kind == EventSaid && len(whole.Codes) == 0 {
		last, err := s.Finder.Find(ctx, ev.Text)
		if err != nil {
			return err
		}
		if len(last.Codes) > 0 { // 「机器」「58」: a code is one only by itself
			whole.Codes, whole.Top, whole.P = last.Codes, last.Top, last.P
		}
	}
	if c.Dialogue.Topic != nil && !whole.trouble() {
		if err := s.gist(ctx, text, &whole); err != nil {
			return err
		}
	}
	ev.Finding = &whole
	if err := s.both(ctx, text, ev); err != nil {
		return err
	}
	if ago, ok := knowledge.ReadAgo(text, time.UnixMilli(ev.At)); ok {
		ev.Finding.Ago = &ago
	}
	return nil
}

// both looks whether the message brings two troubles, each sure by itself, and puts the one that cannot wait first.
func (s *Service) both(ctx context.Context, text string, ev *Event) error {
	whole := *ev.Finding
	for _, parts := range knowledge.Halves(text) {
		first, err := s.part(ctx, parts[0])
		if err != nil {
			return err
		}
		if !first.trouble() {
			continue
		}
		second, err := s.part(ctx, parts[1])
		if err != nil {
			return err
		}
		if !second.trouble() || !flows.Apart(topicOf(first.Top), topicOf(second.Top), true) {
			continue
		}
		if top := whole.Top; top != nil && whole.P >= overCode && top.ID != first.Top.ID && top.ID != second.Top.ID {
			return nil // one entry is about the two together
		}
		if second.urgency() < first.urgency() {
			first, second, parts = second, first, [2]string{parts[1], parts[0]}
		}
		ev.Finding, ev.Also = &first, &Also{Text: parts[1], Finding: second}
		return nil
	}
	return nil
}

// part reads a part of a message as one of its own.
func (s *Service) part(ctx context.Context, text string) (Finding, error) {
	f, err := s.Finder.Find(ctx, text)
	if err == nil && !f.trouble() {
		err = s.gist(ctx, text, &f)
	}
	return f, err
}

// gist looks whether words of a second trouble are surely found once what ties them to the first is left out.
func (s *Service) gist(ctx context.Context, text string, f *Finding) error {
	g := knowledge.Gist(text)
	if g == text || len(f.Codes) > 0 || utf8.RuneCountInString(g) < 4 {
		return nil
	}
	bare, err := s.Finder.Find(ctx, g)
	if err != nil {
		return err
	}
	if bare.trouble() {
		f.Top, f.P, f.Hits = bare.Top, bare.P, bare.Hits
	}
	return nil
}

// trouble says that a part of a message surely is about a trouble that can be worked on. What goes to people, or is refused, is so
// for the whole message.
func (f Finding) trouble() bool {
	return f.Top != nil && f.P >= max(f.tell(), tellOver) && f.Top.Object != "" &&
		(f.Top.Move == knowledge.Answer || f.Top.Move == knowledge.Diagnose || f.Top.Move == knowledge.Acquirer)
}

// openOutcome says that an entry is about a payment of which nobody knows whether it went through.
func openOutcome(a *knowledge.Article) bool { return a.Unknown || a.Retry == "query" }

// urgency orders two troubles: a payment with an unknown outcome before all, for a second charge must not happen meanwhile; then
// payments that fail and money that is missing; then the rest.
func (f Finding) urgency() int {
	a := f.Top
	switch {
	case openOutcome(a):
		return 0
	case a.Move == knowledge.Diagnose, len(a.Causes) > 0 && a.Move == knowledge.Acquirer, len(a.Codes) > 0, a.Object == knowledge.Settlement, a.Object == knowledge.Payer:
		return 1
	}
	return 2
}
