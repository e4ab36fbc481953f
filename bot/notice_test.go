package bot_test

import (
	"context"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"posdoctor/bot"
	"posdoctor/bot/live"
	"posdoctor/bot/store"
	"posdoctor/flows"
)

// tellingDesk is closed, and somebody takes its notices.
type tellingDesk struct{}

func (tellingDesk) Status(context.Context, string) (bot.DeskStatus, error) {
	return bot.DeskStatus{Tells: true}, nil
}

// TestNoticeWakes: who takes notices to agents is woken by the turn that has one, and not found by a sweep some seconds later.
func TestNoticeWakes(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	st, err := store.Open(ctx, filepath.Join(t.TempDir(), "p.db"))
	must(t, err)
	t.Cleanup(func() { st.Close() })
	now := time.UnixMilli(1_800_000_000_000)
	bus := &live.Bus{}
	s := &bot.Service{Store: st, Bus: bus, Finder: w.finder, Engine: bot.NewEngine(), Desk: tellingDesk{}, Now: func() time.Time { return now }, NewID: bot.NewID}
	must(t, s.Publish(ctx, w.book))
	wake, cancel := bus.Subscribe(bot.TopicOutbox)
	defer cancel()
	turn, err := s.Handle(ctx, bot.Address{Channel: "web", Account: "demo", User: "u1"}, bot.Event{Kind: bot.EventSaid, Text: "转人工"})
	must(t, err)
	noticed := false
	for _, e := range turn.Effects {
		noticed = noticed || e.Notice != nil && e.Notice.Kind == bot.NoticeQueued
	}
	if !noticed {
		t.Fatal("nobody is told that a merchant waits")
	}
	select {
	case <-wake:
	default:
		t.Error("the outbox was not woken")
	}
	items, err := st.Lease(ctx, now, time.Minute, 10)
	must(t, err)
	if len(items) != 1 || items[0].Target != bot.TargetNotice || items[0].Notice == nil {
		t.Errorf("leased %+v", items)
	}
}

// TestNoticeUnsure: what comes before people because an outcome is not known is told as that, once.
func TestNoticeUnsure(t *testing.T) {
	w := newWorld(t)
	merchant := &bot.Binding{Merchant: "M1", Proof: "demo"}
	c := bot.Conversation{ID: "c1", Version: 3, Opened: 1, Holder: bot.Holder{Kind: bot.HolderBot}, Playbook: w.book.Version, Binding: merchant,
		Dialogue: flows.State{At: w.book.Flow.Start}, Tickets: []bot.TicketRef{{Request: "R1", Call: "k1", Status: "SENDING", Merchant: "M1", About: "x"}}}
	for name, ev := range map[string]bot.Event{
		"delivery": {Kind: bot.EventUnsure},
		"ticket":   {Kind: bot.EventTicket, Call: "k1", Error: bot.CodeTimeout},
	} {
		ev.ID, ev.At, ev.Playbook, ev.Desk = "e1", 1_800_000_000_000, w.book.Version, &bot.DeskStatus{Tells: true}
		turn, err := w.engine.Turn(c, ev)
		must(t, err)
		var kinds []string
		for _, e := range turn.Effects {
			if e.Notice != nil {
				kinds = append(kinds, e.Notice.Kind)
			}
		}
		if turn.Next.Holder.Kind != bot.HolderQueue || !slices.Equal(kinds, []string{bot.NoticeUnsure}) {
			t.Errorf("%s: held by %s, told %v", name, turn.Next.Holder.Kind, kinds)
		}
	}
}
