package bot_test

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"posdoctor/bot"
	"posdoctor/bot/live"
	"posdoctor/bot/store"
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
