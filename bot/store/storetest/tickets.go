package storetest

import (
	"errors"
	"testing"
	"time"

	"posdoctor/bot"
)

func ticket(id, request string) bot.Effect {
	return bot.Effect{Call: &bot.Call{ID: id, Op: bot.OpTicket, Merchant: "m-1", Ticket: &bot.TicketRequest{Request: request, Merchant: "m-1", Title: "t", Body: "b"}}}
}

func whoseTicket(t *testing.T, s Full) {
	a := must(t, s, with(Next(Fresh("a"), "k1"), ticket("call-1", "R1"), ticket("call-2", "R2")))
	must(t, s, with(Next(Fresh("b"), "k2"), ticket("call-3", "R3")))
	refused(t, s, with(Next(bot.Conversation{ID: "a", Version: 7}, "k3"), ticket("call-4", "R4")), bot.ErrConflict)
	a = must(t, s, Next(a, "k4", "later"))
	for request, want := range map[string]string{"R1": "a", "R2": "a", "R3": "b", "R4": "", "R5": "", "": "", "%": ""} {
		c, err := s.ConversationByTicket(ctx, request)
		if want == "" {
			if !errors.Is(err, bot.ErrNotFound) {
				t.Errorf("ticket %q: %v, want ErrNotFound", request, err)
			}
			continue
		}
		if err != nil || c.ID != want {
			t.Errorf("ticket %q is of %q (%v), want %q", request, c.ID, err, want)
		}
		if want == "a" && c.Version != a.Version {
			t.Errorf("ticket %q leads to version %d of its conversation, want %d", request, c.Version, a.Version)
		}
	}
}

// stuckCall: calls wait for the one before, but not for one that was tried many times and waits for its next turn.
func stuckCall(t *testing.T, s Full) {
	must(t, s, with(Next(Fresh("a"), "k1"), ticket("call-1", "R1"), call("call-2")))
	for try := range 6 {
		now := at(int64(1000 * (try + 1)))
		items, err := s.Lease(ctx, now, 500*time.Millisecond, 10)
		if err != nil || len(items) != 1 || items[0].ID != "call-1" {
			t.Fatalf("try %d: %+v, %v", try, items, err)
		}
		if err := s.Retry(ctx, "call-1", now.Add(time.Second), "busy"); err != nil {
			t.Fatal(err)
		}
	}
	if items, err := s.Lease(ctx, at(6500), time.Second, 10); err != nil || len(items) != 1 || items[0].ID != "call-2" {
		t.Errorf("while the first waits: %+v, %v", items, err)
	}
}

// callGoesOn: what is told of a call under way leaves its item in the outbox.
func callGoesOn(t *testing.T, s Full) {
	c := must(t, s, with(Next(Fresh("a"), "k1"), ticket("call-1", "R1")))
	for _, trying := range []bool{true, false} {
		next := Next(c, "answer")
		if trying {
			next = Next(c, "meanwhile")
		}
		next.Event.Kind, next.Event.Call, next.Event.Trying = bot.EventTicket, "call-1", trying
		c = must(t, s, next)
		items, err := s.Lease(ctx, at(1000), time.Second, 10)
		if err != nil {
			t.Fatal(err)
		}
		if got := len(items) == 1; got != trying {
			t.Errorf("while trying is %t there are %d items", trying, len(items))
		}
	}
}
