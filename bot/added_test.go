package bot_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"posdoctor/bot"
	"posdoctor/bot/live"
	"posdoctor/bot/store"
)

// A card number that is added to a ticket in two lines is none in either, and is masked in the ticket.
func TestAddedInPieces(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	st, err := store.Open(ctx, filepath.Join(t.TempDir(), "p.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	now := time.UnixMilli(1_800_000_000_000)
	s := &bot.Service{Store: st, Bus: &live.Bus{}, Finder: w.finder, Engine: bot.NewEngine(), Now: func() time.Time { return now }, NewID: bot.NewID}
	if err := s.Publish(ctx, w.book); err != nil {
		t.Fatal(err)
	}
	var last bot.Call
	handle := func(ev bot.Event) {
		t.Helper()
		turn, err := s.Handle(ctx, bot.Address{Channel: "web", Account: "demo", User: "u"}, ev)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range turn.Effects {
			if e.Call != nil {
				last = *e.Call
			}
		}
	}
	chose := func(what string) { handle(bot.Event{Kind: bot.EventChose, Choice: what}) }
	said := func(text string) { handle(bot.Event{Kind: bot.EventSaid, Text: text, Whole: true}) }
	handle(bot.Event{Kind: bot.EventBound, Binding: &bot.Binding{Merchant: "m-1", Name: "川味小馆", Proof: "page", At: now.UnixMilli()}})
	said("POS机显示商户状态异常")
	handle(bot.Event{Kind: bot.EventRecord, Call: last.ID, Record: &bot.Record{Merchant: "m-1", Status: "DORMANT", ObservedAt: now.UnixMilli(),
		Restrictions: []bot.Restriction{{Case: "1", Reason: "NO_TRADE", Text: "暂停收款", Since: "2026-09-01"}}}})
	chose("ticket")
	chose("add")
	said("客户的卡是 6222 0212")
	chose("add")
	said("3456 7894")
	chose("submit")
	if last.Op != bot.OpTicket || !strings.Contains(last.Ticket.Body, "客户的卡是 622202******7894") {
		t.Errorf("%s says %q", last.Op, last.Ticket.Body)
	}
	chose("submit") // a second tap opens no second ticket
	c, err := st.Conversation(ctx, bot.Address{Channel: "web", Account: "demo", User: "u"})
	if err != nil || len(c.Tickets) != 1 {
		t.Errorf("%d tickets, %v", len(c.Tickets), err)
	}
}
