package store

import (
	"path/filepath"
	"testing"
	"time"

	"posdoctor/bot"
)

// TestResume: after a crash the acquirer is asked again at once, and the timer that gives the record up waits for the answer.
func TestResume(t *testing.T) {
	ctx := t.Context()
	s, err := Open(ctx, filepath.Join(t.TempDir(), "p.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	at := func(ms int64) time.Time { return time.UnixMilli(1_800_000_000_000 + ms) }
	c := bot.Conversation{ID: "a", Address: bot.Address{Channel: "web", Account: "demo", User: "u"}, Version: 1}
	err = s.Commit(ctx, bot.Commit{Event: bot.Event{ID: "1", Key: "k", At: at(0).UnixMilli()}, Next: c, Effects: []bot.Effect{
		{Call: &bot.Call{ID: "call", Op: bot.OpRecord, Merchant: "m"}}, {Set: &bot.Timer{Kind: bot.TimerRecord, At: at(15_000).UnixMilli()}},
		{Set: &bot.Timer{Kind: bot.TimerIdle, At: at(16_000).UnixMilli()}}}})
	if err != nil {
		t.Fatal(err)
	}
	leased := func(ms int64) int {
		t.Helper()
		items, err := s.Lease(ctx, at(ms), 30*time.Second, 10)
		if err != nil {
			t.Fatal(err)
		}
		return len(items)
	}
	due := func(ms int64) (kinds string) {
		t.Helper()
		timers, err := s.Due(ctx, at(ms), time.Millisecond, 10)
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range timers {
			kinds += x.Timer.Kind + " "
		}
		return kinds
	}
	if n := leased(0); n != 1 {
		t.Fatalf("%d items", n)
	}
	if n := leased(20_000); n != 0 { // and the process ends
		t.Fatalf("%d items under way were handed out", n)
	}
	if err := s.Resume(ctx, at(20_000), 5*time.Second); err != nil {
		t.Fatal(err)
	}
	if n := leased(20_000); n != 1 {
		t.Errorf("%d items come again", n)
	}
	if got := due(20_001); got != "idle " {
		t.Errorf("timers: %s", got)
	}
	if got := due(25_001); got != "idle record " && got != "record idle " {
		t.Errorf("timers later: %s", got)
	}
}
