package bot

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// What News are about.
const (
	NewsLimited = "limited" // the acquirer has taken a measure
	NewsChanged = "changed" // what is limited has changed; how, the record says
	NewsAppeal  = "appeal"  // an appeal has moved
	NewsDevice  = "device"  // another address has proven that it speaks for the merchant
)

// News is something that a merchant hears of unasked, at every address that speaks for him.
type News struct {
	Merchant string `json:"merchant"`
	What     string `json:"what"`
	Reason   string `json:"reason,omitempty"` // limited: neutral, see Restriction; "" where it is not known
	Text     string `json:"text,omitempty"`   // in the acquirer's words
	Since    int64  `json:"since,omitempty"`  // limited: since when, milliseconds
	Person   bool   `json:"person,omitempty"` // only people may speak about it, or it has words that nobody here knows
}

// Bound writes for which merchant a conversation speaks into the index of those who do; "" ends it.
type Bound struct {
	Merchant string `json:"merchant,omitempty"`
	Proof    string `json:"proof,omitempty"`
	At       int64  `json:"at,omitempty"`
}

// Tell has news told to all other addresses that speak for its merchant. Its ID names it in the outbox.
type Tell struct {
	ID   string `json:"id"`
	News News   `json:"news"`
}

// Speaker is a conversation whose address speaks for a merchant.
type Speaker struct {
	Conversation string
	Address      Address
	Proof        string
	At           int64
}

// TargetSpeakers is the outbox's name for those who tell news to the other addresses of a merchant.
const TargetSpeakers = "speakers"

// speakersMost is to how many addresses news go: those that were bound last. A shop has a few; the words of a demo merchant are
// known to everybody.
const speakersMost = 200

// index keeps the index of who speaks for whom in step with the conversation. A binding from before there was one comes into it with the
// first turn.
func (t *turn) index(was *Binding) {
	switch b := t.next.Binding; {
	case b == nil && was != nil:
		t.effects = append(t.effects, Effect{Bound: &Bound{}})
	case b != nil && !b.Listed:
		own := *b
		own.Listed = true
		t.next.Binding = &own
		t.effects = append(t.effects, Effect{Bound: &Bound{Merchant: b.Merchant, Proof: b.Proof, At: b.At}})
	}
}

// warnOthers tells the addresses that spoke for the merchant before that another one does now. Only a proof by code tells: the words of a
// demo merchant prove nothing, and on a page its owner knows his people.
func (t *turn) warnOthers(b Binding) {
	if b.Proof != "acquirer" || t.ev.Others == 0 {
		return
	}
	t.effects = append(t.effects, Effect{Tell: &Tell{ID: t.ev.ID + "-device", News: News{Merchant: b.Merchant, What: NewsDevice}}})
}

// news tells news, if the address still speaks for its merchant. The system says it, whoever holds the conversation: it is a fact
// from outside, and the bot adds nothing to it. What only people may explain brings it before them.
func (t *turn) news() error {
	n, b := t.ev.News, t.next.Binding
	if n == nil || b == nil || b.Merchant != n.Merchant || n.What == NewsDevice && b.Proof == "demo" {
		return nil
	}
	f := t.book.Flow
	t.say(Message{Type: TypeMessage, From: FromSystem, Text: t.newsText(*n, *b)})
	if n.What == NewsDevice {
		return nil
	}
	t.next.Dialogue = f.Told(t.next.Dialogue, t.ev.At)
	if k := t.next.Holder.Kind; n.people() && (k == HolderBot || k == HolderClosed) {
		return t.dialogue()
	}
	return nil
}

// judicial is a reason of which only people speak, and no line names it.
const judicial = "JUDICIAL"

// people says that only people may explain news.
func (n News) people() bool { return n.Person || n.Reason == judicial }

// newsText is one line: what happened, what to do now, and how to hear more.
func (t *turn) newsText(n News, b Binding) string {
	f := t.book.Flow
	switch n.What {
	case NewsDevice:
		return f.Text("news.device", map[string]string{"shop": b.Name})
	case NewsAppeal:
		return f.Text("news.appeal", nil) + f.Text("news.ask", nil)
	case NewsChanged:
		return f.Text("news.changed", nil) + f.Text("news.ask", nil)
	}
	if n.Reason == judicial {
		return f.Text("news.person", nil)
	}
	what := factName(func(state string) string { return f.Text("fact."+state, nil) }, known(n.Reason, reasonStates))
	if n.Since > 0 {
		what += "，自 " + time.UnixMilli(n.Since).In(beijing).Format(time.DateOnly) + " 起"
	}
	text := f.Text("news.limited", map[string]string{"what": what})
	if words := foreign(n.Text); words != "" {
		text += f.Text("ticket.note", map[string]string{"note": words})
	}
	if n.people() {
		return text
	}
	return text + f.Text("news.ask", nil)
}

// others counts the addresses beside this one that have proven that they speak for the merchant of an event's binding.
func (s *Service) others(ctx context.Context, c Conversation, ev Event) (int, error) {
	b := ev.Binding
	store, ok := s.Store.(Bindings)
	if b == nil || b.Proof != "acquirer" || !ok || c.Binding != nil && c.Binding.Merchant == b.Merchant {
		return 0, nil
	}
	all, err := store.BoundTo(ctx, b.Merchant, speakersMost)
	if err != nil {
		return 0, err
	}
	all = slices.DeleteFunc(all, func(x Speaker) bool { return x.Conversation == c.ID || x.Proof == "demo" })
	return len(all), nil
}

// Tell tells news at every address that speaks for its merchant, but for one conversation, "" for none. key names them: what was
// told under it is not told again. An error means that some have not been told; telling it once more tells those.
func (s *Service) Tell(ctx context.Context, n News, key, except string) (told int, err error) {
	store, ok := s.Store.(Bindings)
	if !ok || n.Merchant == "" {
		return 0, nil
	}
	n.Text, _ = label(n.Text)
	all, err := store.BoundTo(ctx, n.Merchant, speakersMost)
	if err != nil {
		return 0, err
	}
	var failed []error
	for _, x := range all {
		if x.Conversation == except {
			continue
		}
		if _, err := s.Handle(ctx, x.Address, Event{Kind: EventNews, Key: "news:" + key + ":" + x.Conversation, News: &n}); err != nil {
			failed = append(failed, err)
			continue
		}
		told++
	}
	if len(failed) > 0 {
		return told, fmt.Errorf("telling news at %d of %d addresses: %w", told, len(all), failed[0])
	}
	return told, nil
}

// Speakers is the Deliverer that tells the news of turns.
type Speakers struct{ Service *Service }

// Deliver implements Deliverer.
func (s Speakers) Deliver(ctx context.Context, it Item) (Event, error) {
	if it.Tell == nil {
		return Event{}, nil
	}
	_, err := s.Service.Tell(ctx, it.Tell.News, it.Tell.ID, it.Conversation)
	return Event{}, err
}

var _ Deliverer = Speakers{}
