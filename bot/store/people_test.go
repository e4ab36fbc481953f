package store_test

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"posdoctor/bot"
	"posdoctor/bot/store"
)

func openPeople(t *testing.T) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "posdoctor.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// A change and its line of the audit log are one transaction: what is refused leaves none.
func TestTracesGoWithTheChange(t *testing.T) {
	s, ctx := openPeople(t), context.Background()
	line := func(act string) store.Trace {
		return store.Trace{ID: bot.NewID(), At: 1, Agent: store.CommandAgent, Act: act}
	}
	a := store.Agent{ID: "a", Name: "a", Role: store.RoleAdmin, Password: "x"}
	if err := s.AddAgent(ctx, a, line("add")); err != nil {
		t.Fatal(err)
	}
	if err := s.AddAgent(ctx, store.Agent{ID: "b", Name: "a", Role: store.RoleAgent}, line("add twice")); !errors.Is(err, store.ErrTaken) {
		t.Errorf("a taken name: %v", err)
	}
	a.Disabled = true
	if err := s.UpdateAgent(ctx, a, line("disable the last")); !errors.Is(err, store.ErrLastAdmin) {
		t.Errorf("the last admin: %v", err)
	}
	if err := s.RemoveTeam(ctx, "none", line("remove none")); !errors.Is(err, bot.ErrNotFound) {
		t.Errorf("no team: %v", err)
	}
	if _, err := s.SetSetting(ctx, store.Setting{Name: "x", Value: "{}", Version: 7}, line("stale")); !errors.Is(err, bot.ErrConflict) {
		t.Errorf("a stale setting: %v", err)
	}
	got, _, err := s.Audited(ctx, store.AuditQuery{}, "", 10)
	if err != nil || len(got) != 1 || got[0].Act != "add" {
		t.Errorf("the audit log has %+v, %v", got, err)
	}
	kept, err := s.AgentByID(ctx, "a")
	if err != nil || kept.Capacity != store.DefaultCapacity || kept.Disabled {
		t.Errorf("kept %+v, %v", kept, err)
	}
}

// A telling is an item of the outbox until it has ended; the same one again is nothing; what ended stays to be seen.
func TestTellings(t *testing.T) {
	s, ctx := openPeople(t), context.Background()
	c := bot.Conversation{ID: "c1", Address: bot.Address{Channel: "web", User: "u"}, Version: 1}
	if err := s.Commit(ctx, bot.Commit{Event: bot.Event{Key: "k", Kind: bot.EventSaid}, Next: c}); err != nil {
		t.Fatal(err)
	}
	now := time.UnixMilli(5000)
	list := []bot.Telling{{ID: "n1", Told: 1000, Target: bot.TargetTelling + "wecom", Kind: "queued", Conversation: "c1", Body: "{1}"},
		{ID: "n2", Told: 1000, Target: bot.TargetTelling + "webhook", Kind: "queued", Conversation: "c1", Body: "{2}"}}
	for range 2 {
		if err := s.AddTellings(ctx, list); err != nil {
			t.Fatal(err)
		}
	}
	items, err := s.Lease(ctx, now, time.Minute, 10)
	slices.SortFunc(items, func(a, b bot.Item) int { return len(a.Target) - len(b.Target) })
	if err != nil || len(items) != 2 || items[0].Telling != "{1}" || items[1].Telling != "{2}" {
		t.Fatalf("leased %+v, %v", items, err)
	}
	if err := s.EndTelling(ctx, "n1", bot.TellingSent, "", 1, 6000); err != nil {
		t.Fatal(err)
	}
	if err := s.EndTelling(ctx, "n2", bot.TellingWaiting, "busy", 1, 0); err != nil {
		t.Fatal(err)
	}
	if n, err := s.Pending(ctx); err != nil || n != 1 {
		t.Errorf("%d items are open, %v", n, err)
	}
	if err := s.EndTelling(ctx, "n2", bot.TellingFailed, "gone", 2, 7000); err != nil {
		t.Fatal(err)
	}
	if err := s.EndTelling(ctx, "n2", bot.TellingSent, "", 3, 8000); err != nil { // an end is for good
		t.Fatal(err)
	}
	states := map[string]string{}
	seen, err := s.Tellings(ctx, 10)
	for _, n := range seen {
		states[n.ID] = n.State + " " + n.Reason
	}
	if err != nil || len(states) != 2 || states["n1"] != "sent " || states["n2"] != "failed gone" {
		t.Errorf("seen %v, %v", states, err)
	}
	if n, err := s.Pending(ctx); err != nil || n != 0 {
		t.Errorf("%d items are open, %v", n, err)
	}
}
