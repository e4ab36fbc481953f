package storetest

import (
	"testing"

	"posdoctor/bot"
)

func bound(merchant, proof string, at int64) bot.Effect {
	return bot.Effect{Bound: &bot.Bound{Merchant: merchant, Proof: proof, At: at}}
}

// whoSpeaks: the index of who speaks for a merchant goes with the turns, and ends with the binding.
func whoSpeaks(t *testing.T, s Full) {
	a := must(t, s, with(Next(Fresh("a"), "k1"), bound("m-1", "acquirer", 10)))
	b := must(t, s, with(Next(Fresh("b"), "k2"), bound("m-1", "page", 20)))
	must(t, s, with(Next(Fresh("c"), "k3"), bound("m-2", "demo", 30)))
	refused(t, s, with(Next(bot.Conversation{ID: "a", Version: 7}, "k4"), bound("m-2", "acquirer", 40)), bot.ErrConflict)
	speaks := func(merchant string, limit int, want ...string) {
		t.Helper()
		got, err := s.BoundTo(ctx, merchant, limit)
		if err != nil || len(got) != len(want) {
			t.Fatalf("%s: %+v, %v; want %v", merchant, got, err, want)
		}
		for i, id := range want {
			if got[i].Conversation != id || got[i].Address.User == "" || got[i].Proof == "" || got[i].At == 0 {
				t.Errorf("%s: %+v, want %v", merchant, got[i], want)
			}
		}
	}
	speaks("m-1", 10, "b", "a")
	speaks("m-1", 1, "b")
	speaks("m-2", 10, "c")
	speaks("m-3", 10)
	speaks("", 10)
	a = must(t, s, with(Next(a, "k5"), bound("m-2", "acquirer", 50)))
	speaks("m-1", 10, "b")
	speaks("m-2", 10, "a", "c")
	must(t, s, with(Next(b, "k6"), bot.Effect{Bound: &bot.Bound{}}))
	speaks("m-1", 10)
	must(t, s, Next(a, "k7", "later"))
	speaks("m-2", 10, "a", "c")
}

// tellsOthers: news for others wait in the outbox with what they say.
func tellsOthers(t *testing.T, s Full) {
	must(t, s, with(Next(Fresh("a"), "k1"), bot.Effect{Tell: &bot.Tell{ID: "tell-1", News: bot.News{Merchant: "m-1", What: bot.NewsDevice}}}))
	items, err := s.Lease(ctx, at(1000), 1, 10)
	if err != nil || len(items) != 1 || items[0].Target != bot.TargetSpeakers || items[0].Tell == nil || items[0].Tell.News.Merchant != "m-1" || items[0].Conversation != "a" {
		t.Fatalf("%+v, %v", items, err)
	}
	if err := s.Done(ctx, "tell-1"); err != nil {
		t.Fatal(err)
	}
}

// oldNotes: notes of one kind go once they are old, and no others.
func oldNotes(t *testing.T, s Full) {
	for name, value := range map[string]string{"seen:1": "2026-10-01T00:00:00Z", "seen:2": "2026-10-02T00:00:00Z", "seen:3": "2026-11-01T00:00:00Z", "seem": "2026-10-01", "seen": "2026-10-01",
		"seen;": "2026-10-01"} {
		if err := s.SetNote(ctx, bot.Note{Name: name, Value: value}); err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []int64{1, 1, 0} {
		if n, err := s.ForgetNotes(ctx, "seen:", "2026-10-15T00:00:00Z", 1); err != nil || n != want {
			t.Errorf("%d went, %v; want %d", n, err, want)
		}
	}
	for name, there := range map[string]bool{"seen:1": false, "seen:2": false, "seen:3": true, "seem": true, "seen": true, "seen;": true} {
		if v, err := s.Note(ctx, name); err != nil || (v != "") != there {
			t.Errorf("%s: %q, %v", name, v, err)
		}
	}
}
