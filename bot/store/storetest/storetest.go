// Package storetest is the suite that every implementation of the durable ports must pass.
package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"posdoctor/bot"
)

// Full is what one database has to offer.
type Full interface {
	bot.Store
	bot.Outbox
	bot.Timers
	bot.Deliveries
	bot.Leases
	bot.Notes
	bot.Files
	bot.Tickets
	bot.Ratings
	bot.Bindings
	ForgetNotes(ctx context.Context, prefix, before string, n int) (int64, error)
	Close() error
}

// Exercise runs the suite. open returns an empty store; the suite closes it.
func Exercise(t *testing.T, open func(t *testing.T) Full) {
	for _, c := range []struct {
		name string
		run  func(t *testing.T, s Full)
	}{
		{"a new conversation", newConversation},
		{"who speaks for a merchant", whoSpeaks},
		{"news for others", tellsOthers},
		{"old notes", oldNotes},
		{"compare and set", compareAndSet},
		{"a duplicate key", duplicateKey},
		{"a duplicate key three times at once", duplicateAtOnce},
		{"neighbours in a batch", neighbours},
		{"one winner per version", oneWinner},
		{"messages", messages},
		{"a seq that is taken is a conflict", takenSeq},
		{"outbox order", outboxOrder},
		{"outbox order within a turn", outboxOrderInTurn},
		{"outbox lease", outboxLease},
		{"outbox settled by event", outboxSettled},
		{"outbox leased by many", outboxMany},
		{"a call that goes on", callGoesOn},
		{"a call that is stuck", stuckCall},
		{"whose ticket it is", whoseTicket},
		{"timers", timers},
		{"timers leased and settled", timersLeased},
		{"playbooks", playbooks},
		{"deliveries", deliveries},
		{"pushes", pushes},
		{"fetches", fetches},
		{"files", files},
		{"a file with its turn", fileWithTurn},
		{"ratings", ratings},
		{"leases", leases},
		{"notes", notes},
		{"a closed store", closedStore},
		{"a cancelled context", cancelled},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := open(t)
			t.Cleanup(func() { s.Close() })
			c.run(t, s)
		})
	}
}

var ctx = context.Background()

// base is the time at which the suite's events happen.
const base = int64(1_800_000_000_000)

func at(ms int64) time.Time { return time.UnixMilli(base + ms) }

// Next returns the commit that leads from a conversation to its next version, with lines said by the bot.
func Next(c bot.Conversation, key string, lines ...string) bot.Commit {
	c.Version++
	c.Updated = base + c.Version
	out := bot.Commit{Event: bot.Event{ID: "ev-" + key, Key: key, At: base + c.Version, Kind: bot.EventSaid, Text: key}}
	for _, text := range lines {
		c.Last++
		out.Effects = append(out.Effects, bot.Effect{Say: &bot.Message{Seq: c.Last, At: out.Event.At, Type: bot.TypeMessage, From: bot.FromBot, Text: text}})
	}
	out.Next = c
	return out
}

// Fresh returns a conversation that has not begun.
func Fresh(id string) bot.Conversation {
	return bot.Conversation{ID: id, Address: bot.Address{Channel: "web", Account: "demo", User: "user-" + id},
		Holder: bot.Holder{Kind: bot.HolderBot}, Opened: base, Since: base}
}

func with(c bot.Commit, effects ...bot.Effect) bot.Commit {
	c.Effects = append(c.Effects, effects...)
	return c
}

func call(id string) bot.Effect {
	return bot.Effect{Call: &bot.Call{ID: id, Op: bot.OpRecord, Merchant: "m-1"}}
}
func set(kind string, ms int64) bot.Effect {
	return bot.Effect{Set: &bot.Timer{Kind: kind, At: base + ms}}
}
func cancel(kind string) bot.Effect { return bot.Effect{Cancel: kind} }
func push(key, target string, ms int64) bot.Effect {
	return bot.Effect{Push: &bot.Push{ID: bot.PushID(key), Target: target, At: base + ms}}
}

// must commits and returns the conversation as it is then.
func must(t *testing.T, s Full, c bot.Commit) bot.Conversation {
	t.Helper()
	if err := s.Commit(ctx, c); err != nil {
		t.Fatalf("commit %s: %v", c.Event.Key, err)
	}
	return c.Next
}

func refused(t *testing.T, s Full, c bot.Commit, want error) {
	t.Helper()
	if err := s.Commit(ctx, c); !errors.Is(err, want) {
		t.Fatalf("commit %s: %v, want %v", c.Event.Key, err, want)
	}
}

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Fatalf("%s (-want +got):\n%s", what, d)
	}
}

func texts(t *testing.T, lines []bot.Message, err error) []string {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	out := []string{}
	for _, m := range lines {
		out = append(out, fmt.Sprintf("%d %s", m.Seq, m.Text))
	}
	return out
}

func newConversation(t *testing.T, s Full) {
	c := Fresh("c1")
	if _, err := s.Conversation(ctx, c.Address); !errors.Is(err, bot.ErrNotFound) {
		t.Fatalf("before the first turn: %v", err)
	}
	if _, err := s.ConversationByID(ctx, c.ID); !errors.Is(err, bot.ErrNotFound) {
		t.Fatalf("before the first turn: %v", err)
	}
	c.Holder = bot.Holder{Kind: bot.HolderAgent, Agent: &bot.AgentID{ID: "a1", Name: "小王"}}
	c.Binding = &bot.Binding{Merchant: "898440048160001", Proof: "demo", At: base}
	c.Tickets = []bot.TicketRef{{Request: "R1", Status: "UNKNOWN", Title: "解冻", At: base}}
	c.Dialogue.At, c.Preview = "greeting", "您好 🧾 '; DROP TABLE messages; --"
	c = must(t, s, Next(c, "k1", "您好"))
	for _, other := range []bot.Address{{Channel: "wechat", Account: "demo", User: c.Address.User}, {Channel: "web", Account: "x", User: c.Address.User},
		{Channel: "web", Account: "demo", User: "x"}} {
		if _, err := s.Conversation(ctx, other); !errors.Is(err, bot.ErrNotFound) {
			t.Fatalf("address %v: %v", other, err)
		}
	}
	got, err := s.Conversation(ctx, c.Address)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "by address", got, c)
	if got, err = s.ConversationByID(ctx, c.ID); err != nil {
		t.Fatal(err)
	}
	same(t, "by id", got, c)
}

func compareAndSet(t *testing.T, s Full) {
	c1 := must(t, s, Next(Fresh("c1"), "k1", "one"))
	c2 := must(t, s, Next(c1, "k2", "two"))
	other := Fresh("other")
	other.Address = c1.Address
	ahead := c2
	ahead.Version = 7
	for _, c := range []bot.Commit{
		Next(c1, "late", "never"),                     // version 2 is there
		Next(ahead, "early", "never"),                 // version 8 has no 7
		Next(Fresh("c1"), "again", "never"),           // version 1 is there
		Next(other, "taken", "never"),                 // the address has a conversation
		with(Next(c1, "acts", "never"), call("call")), // its call is not made either
		with(Next(c1, "sets", "never"), set("idle", 1)),
	} {
		refused(t, s, c, bot.ErrConflict)
		if lines, err := s.MessagesOf(ctx, c.Event.Key); err != nil || len(lines) > 0 {
			t.Fatalf("%s left %v, %v", c.Event.Key, lines, err)
		}
	}
	lines, err := s.Messages(ctx, "c1", 0, 10)
	same(t, "lines", texts(t, lines, err), []string{"1 one", "2 two"})
	if items, err := s.Lease(ctx, at(1000), time.Second, 10); err != nil || len(items) > 0 {
		t.Fatalf("a refused turn left calls: %v, %v", items, err)
	}
	if _, open, err := s.NextDue(ctx); err != nil || open {
		t.Fatalf("a refused turn left a timer: %v", err)
	}
	must(t, s, Next(c2, "late", "three")) // a refused key is free
}

func duplicateKey(t *testing.T, s Full) {
	c1 := must(t, s, Next(Fresh("c1"), "k1", "one", "two"))
	refused(t, s, Next(c1, "k1", "never"), bot.ErrDuplicate)
	refused(t, s, Next(Fresh("c1"), "k1", "never"), bot.ErrDuplicate)
	refused(t, s, Next(Fresh("c2"), "k1", "never"), bot.ErrDuplicate)
	if _, err := s.ConversationByID(ctx, "c2"); !errors.Is(err, bot.ErrNotFound) {
		t.Fatalf("a duplicate began a conversation: %v", err)
	}
	lines, err := s.MessagesOf(ctx, "k1")
	same(t, "lines of the first", texts(t, lines, err), []string{"1 one", "2 two"})
	must(t, s, Next(c1, "k2"))
	lines, err = s.MessagesOf(ctx, "k2")
	same(t, "lines of a silent event", texts(t, lines, err), []string{})
	lines, err = s.MessagesOf(ctx, "nobody")
	same(t, "lines of no event", texts(t, lines, err), []string{})
}

func duplicateAtOnce(t *testing.T, s Full) {
	for round := range 20 {
		c := Fresh(fmt.Sprint("c", round))
		errs := atOnce(3, func(i int) error { return s.Commit(ctx, Next(c, fmt.Sprint("k", round), fmt.Sprint("by ", i))) })
		var won, dup int
		for _, err := range errs {
			switch {
			case err == nil:
				won++
			case errors.Is(err, bot.ErrDuplicate):
				dup++
			default:
				t.Fatal(err)
			}
		}
		if won != 1 || dup != 2 {
			t.Fatalf("%d won, %d were duplicates: %v", won, dup, errs)
		}
		if lines, err := s.Messages(ctx, c.ID, 0, 10); err != nil || len(lines) != 1 {
			t.Fatalf("%d lines, %v", len(lines), err)
		}
	}
}

func atOnce(n int, do func(i int) error) []error {
	errs := make([]error, n)
	start := make(chan struct{})
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			<-start
			errs[i] = do(i)
		})
	}
	close(start)
	wg.Wait()
	return errs
}

// neighbours lets 64 callers mix good turns, conflicts and duplicates, so that they share transactions.
func neighbours(t *testing.T, s Full) {
	const callers, turns = 64, 12
	must(t, s, Next(Fresh("shared"), "shared", "x"))
	errs := atOnce(callers, func(i int) error {
		c := Fresh(fmt.Sprint("c", i))
		for n := range turns {
			next := Next(c, fmt.Sprintf("%d-%d", i, n), fmt.Sprint("line ", n+1))
			if err := s.Commit(ctx, next); err != nil {
				return fmt.Errorf("turn %d: %w", n, err)
			}
			if err := s.Commit(ctx, Next(next.Next, next.Event.Key, "never")); !errors.Is(err, bot.ErrDuplicate) {
				return fmt.Errorf("turn %d repeated: %v", n, err)
			}
			if err := s.Commit(ctx, Next(c, next.Event.Key+"-stale", "never")); !errors.Is(err, bot.ErrConflict) {
				return fmt.Errorf("turn %d stale: %v", n, err)
			}
			if err := s.Commit(ctx, Next(Fresh("x"), "shared", "never")); !errors.Is(err, bot.ErrDuplicate) {
				return fmt.Errorf("turn %d shared: %v", n, err)
			}
			c = next.Next
		}
		return nil
	})
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	for i := range callers {
		id := fmt.Sprint("c", i)
		got, err := s.ConversationByID(ctx, id)
		if err != nil || got.Version != turns {
			t.Fatalf("%s stands at %d, %v", id, got.Version, err)
		}
		lines, err := s.Messages(ctx, id, 0, 100)
		if err != nil || len(lines) != turns {
			t.Fatalf("%s has %d lines, %v", id, len(lines), err)
		}
		for n, m := range lines {
			if m.Seq != int64(n+1) || m.Text != fmt.Sprint("line ", n+1) {
				t.Fatalf("%s line %d is %d %q", id, n+1, m.Seq, m.Text)
			}
		}
	}
}

func oneWinner(t *testing.T, s Full) {
	c := must(t, s, Next(Fresh("c1"), "k0", "x"))
	for round := range 10 {
		errs := atOnce(8, func(i int) error {
			return s.Commit(ctx, Next(c, fmt.Sprintf("k%d-%d", round, i), fmt.Sprint("by ", i)))
		})
		winner := -1
		for i, err := range errs {
			switch {
			case err == nil && winner < 0:
				winner = i
			case err == nil:
				t.Fatalf("%d and %d both won", winner, i)
			case !errors.Is(err, bot.ErrConflict):
				t.Fatal(err)
			}
		}
		got, err := s.ConversationByID(ctx, "c1")
		if err != nil || winner < 0 || got.Version != c.Version+1 {
			t.Fatalf("winner %d, version %d after %d, %v", winner, got.Version, c.Version, err)
		}
		lines, err := s.MessagesBefore(ctx, "c1", got.Last+1, 1)
		same(t, "newest line", texts(t, lines, err), []string{fmt.Sprintf("%d by %d", got.Last, winner)})
		c = got
	}
}

func messages(t *testing.T, s Full) {
	c := must(t, s, Next(Fresh("c1"), "k1", "a", "b"))
	c = must(t, s, Next(c, "silent"))
	c = must(t, s, Next(c, "k2", "c"))
	c = must(t, s, Next(c, "k3", "d", "e"))
	must(t, s, Next(c, "silent too"))
	must(t, s, Next(Fresh("c2"), "k4", "other"))
	for _, x := range []struct {
		name string
		get  func() ([]bot.Message, error)
		want []string
	}{
		{"all", func() ([]bot.Message, error) { return s.Messages(ctx, "c1", 0, 10) }, []string{"1 a", "2 b", "3 c", "4 d", "5 e"}},
		{"after 2", func() ([]bot.Message, error) { return s.Messages(ctx, "c1", 2, 10) }, []string{"3 c", "4 d", "5 e"}},
		{"after 2, two", func() ([]bot.Message, error) { return s.Messages(ctx, "c1", 2, 2) }, []string{"3 c", "4 d"}},
		{"after the last", func() ([]bot.Message, error) { return s.Messages(ctx, "c1", 5, 10) }, []string{}},
		{"before 4", func() ([]bot.Message, error) { return s.MessagesBefore(ctx, "c1", 4, 10) }, []string{"1 a", "2 b", "3 c"}},
		{"before 4, two", func() ([]bot.Message, error) { return s.MessagesBefore(ctx, "c1", 4, 2) }, []string{"2 b", "3 c"}},
		{"before 5, within a turn", func() ([]bot.Message, error) { return s.MessagesBefore(ctx, "c1", 5, 1) }, []string{"4 d"}},
		{"before one that is not there yet", func() ([]bot.Message, error) { return s.MessagesBefore(ctx, "c1", 99, 2) }, []string{"4 d", "5 e"}},
		{"after 1, within a turn", func() ([]bot.Message, error) { return s.Messages(ctx, "c1", 1, 2) }, []string{"2 b", "3 c"}},
		{"before the first", func() ([]bot.Message, error) { return s.MessagesBefore(ctx, "c1", 1, 2) }, []string{}},
		{"of k1", func() ([]bot.Message, error) { return s.MessagesOf(ctx, "k1") }, []string{"1 a", "2 b"}},
		{"of k2", func() ([]bot.Message, error) { return s.MessagesOf(ctx, "k2") }, []string{"3 c"}},
		{"of nobody", func() ([]bot.Message, error) { return s.Messages(ctx, "c3", 0, 10) }, []string{}},
	} {
		lines, err := x.get()
		same(t, x.name, texts(t, lines, err), x.want)
	}
	full := bot.Message{Type: bot.TypeDiag, From: bot.FromBot, Title: "证件过期", Text: "【证件过期】", Seq: 6, At: base,
		Card: &bot.Card{Article: "a", Cause: "c", Steps: []string{"1", "2"}, Facts: []bot.Fact{{State: "DOCS_EXPIRED", Text: "x", At: base}}}}
	c, err := s.ConversationByID(ctx, "c1")
	if err != nil {
		t.Fatal(err)
	}
	next := Next(c, "k5")
	next.Next.Last = 6
	must(t, s, with(next, bot.Effect{Say: &full}))
	lines, err := s.MessagesOf(ctx, "k5")
	if err != nil {
		t.Fatal(err)
	}
	same(t, "a card", lines, []bot.Message{full})
}

func takenSeq(t *testing.T, s Full) {
	c := must(t, s, Next(Fresh("c1"), "k1", "one"))
	c.Last = 0 // a turn decided on a state that was never stored
	refused(t, s, Next(c, "k2", "never"), bot.ErrConflict)
}

func ids(t *testing.T, items []bot.Item, err error) []string {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	out := []string{}
	for _, it := range items {
		out = append(out, fmt.Sprintf("%s/%d", it.ID, it.Attempts))
	}
	return out
}

func outboxOrder(t *testing.T, s Full) {
	c := must(t, s, with(Next(Fresh("c1"), "k1"), call("z-first")))
	c = must(t, s, with(Next(c, "k2"), call("m-second")))
	must(t, s, with(Next(c, "k3"), call("a-third")))
	must(t, s, with(Next(Fresh("c2"), "k4"), call("other")))
	items, err := s.Lease(ctx, at(100), time.Minute, 10)
	same(t, "first", ids(t, items, err), []string{"other/1", "z-first/1"})
	want := bot.Item{ID: "z-first", Conversation: "c1", Address: Fresh("c1").Address, Target: bot.TargetAcquirer, Attempts: 1,
		Call: bot.Call{ID: "z-first", Op: bot.OpRecord, Merchant: "m-1"}}
	same(t, "item", items[1], want)
	items, err = s.Lease(ctx, at(200), time.Minute, 10)
	same(t, "while both are out", ids(t, items, err), []string{})
	for i, id := range []string{"z-first", "m-second", "a-third"} {
		if err := s.Done(ctx, id); err != nil {
			t.Fatal(err)
		}
		items, err = s.Lease(ctx, at(300), time.Minute, 10)
		same(t, "after "+id, ids(t, items, err), [][]string{{"m-second/1"}, {"a-third/1"}, {}}[i])
	}
}

func outboxOrderInTurn(t *testing.T, s Full) {
	must(t, s, with(Next(Fresh("c1"), "k1"), call("b-first"), call("a-second")))
	items, err := s.Lease(ctx, at(100), time.Minute, 10)
	same(t, "first", ids(t, items, err), []string{"b-first/1"})
	if err := s.Done(ctx, "b-first"); err != nil {
		t.Fatal(err)
	}
	items, err = s.Lease(ctx, at(100), time.Minute, 10)
	same(t, "second", ids(t, items, err), []string{"a-second/1"})
}

func outboxLease(t *testing.T, s Full) {
	c := must(t, s, with(Next(Fresh("c1"), "k1"), call("one")))
	must(t, s, with(Next(c, "k2"), call("two")))
	lease := func(ms int64, want ...string) {
		t.Helper()
		items, err := s.Lease(ctx, at(ms), 10*time.Second, 10)
		same(t, fmt.Sprint("at ", ms), ids(t, items, err), append([]string{}, want...))
	}
	lease(-1000) // not yet
	lease(1000, "one/1")
	lease(10_999)
	lease(11_000, "one/2") // the lease is over
	if err := s.Retry(ctx, "one", at(15_000), "TIMEOUT"); err != nil {
		t.Fatal(err)
	}
	lease(14_999) // the second waits too
	lease(15_000, "one/3")
	for _, id := range []string{"one", "one", "nobody"} { // settling twice is nothing
		if err := s.Done(ctx, id); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Retry(ctx, "one", at(15_000), "late"); err != nil { // nor does a late retry bring it back
		t.Fatal(err)
	}
	lease(15_000, "two/1")
	must(t, s, with(Next(Fresh("c2"), "k3"), call("three")))
	must(t, s, with(Next(Fresh("c3"), "k4"), call("four")))
	items, err := s.Lease(ctx, at(16_000), time.Minute, 1)
	same(t, "one of two", len(ids(t, items, err)), 1)
}

func outboxSettled(t *testing.T, s Full) {
	c := must(t, s, with(Next(Fresh("c1"), "k1"), call("one")))
	answer := Next(c, "answer", "found")
	answer.Event.Kind, answer.Event.Call = bot.EventRecord, "one"
	stale := answer
	stale.Next.Version = 9
	stale.Event.Key = "stale"
	refused(t, s, stale, bot.ErrConflict)
	items, err := s.Lease(ctx, at(100), time.Minute, 10)
	same(t, "after a refused answer", ids(t, items, err), []string{"one/1"})
	c = must(t, s, with(answer, call("two")))
	items, err = s.Lease(ctx, at(1_000_000), time.Minute, 10)
	same(t, "after the answer", ids(t, items, err), []string{"two/1"})
	again := Next(c, "answer")
	again.Event.Call = "one"
	refused(t, s, again, bot.ErrDuplicate)
}

func outboxMany(t *testing.T, s Full) {
	for i := range 40 {
		must(t, s, with(Next(Fresh(fmt.Sprint("c", i)), fmt.Sprint("k", i)), call(fmt.Sprint("call", i))))
	}
	var mu sync.Mutex
	seen := map[string]int{}
	errs := atOnce(8, func(int) error {
		for range 10 {
			items, err := s.Lease(ctx, at(100), time.Minute, 3)
			if err != nil {
				return err
			}
			mu.Lock()
			for _, it := range items {
				seen[it.ID]++
			}
			mu.Unlock()
		}
		return nil
	})
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	for id, n := range seen {
		if n != 1 {
			t.Fatalf("%s was handed out %d times", id, n)
		}
	}
	if len(seen) != 40 {
		t.Fatalf("%d of 40 were handed out", len(seen))
	}
}

func due(t *testing.T, s Full, ms int64, n int) []string {
	t.Helper()
	list, err := s.Due(ctx, at(ms), 10*time.Second, n)
	if err != nil {
		t.Fatal(err)
	}
	out := []string{}
	for _, d := range list {
		if d.Address != Fresh(d.Conversation).Address {
			t.Fatalf("timer of %s has address %v", d.Conversation, d.Address)
		}
		out = append(out, fmt.Sprintf("%s %s %d", d.Conversation, d.Timer.Kind, d.Timer.At-base))
	}
	return out
}

func nextDue(t *testing.T, s Full, want int64) {
	t.Helper()
	got, open, err := s.NextDue(ctx)
	if err != nil || !open || got.UnixMilli()-base != want {
		t.Fatalf("next at %d (%v), %v; want %d", got.UnixMilli()-base, open, err, want)
	}
}

func timers(t *testing.T, s Full) {
	if _, open, err := s.NextDue(ctx); open || err != nil {
		t.Fatalf("an empty store has a timer: %v", err)
	}
	c := must(t, s, with(Next(Fresh("c1"), "k1"), set("idle", 5000), set("record", 3000)))
	must(t, s, with(Next(Fresh("c2"), "k2"), set("idle", 4000)))
	nextDue(t, s, 3000)
	c = must(t, s, with(Next(c, "k3"), set("record", 6000))) // replaced
	nextDue(t, s, 4000)
	same(t, "too early", due(t, s, 3999, 10), []string{})
	c = must(t, s, with(Next(c, "k4"), cancel("record"), cancel("never set")))
	c = must(t, s, with(Next(c, "k5"), cancel("idle"), set("idle", 7000))) // in order
	c = must(t, s, with(Next(c, "k6"), set("waiting", 1), cancel("waiting")))
	same(t, "all", due(t, s, 9000, 10), []string{"c2 idle 4000", "c1 idle 7000"})
	must(t, s, with(Next(c, "k7"), cancel("idle")))
	same(t, "cancelled while out", due(t, s, 1_000_000, 10), []string{"c2 idle 4000"})
}

func timersLeased(t *testing.T, s Full) {
	c := must(t, s, with(Next(Fresh("c1"), "k1"), set("idle", 1000)))
	must(t, s, with(Next(Fresh("c2"), "k2"), set("idle", 2000)))
	same(t, "one at a time", due(t, s, 2000, 1), []string{"c1 idle 1000"})
	same(t, "the other", due(t, s, 2000, 10), []string{"c2 idle 2000"})
	same(t, "both are out", due(t, s, 11_999, 10), []string{})
	nextDue(t, s, 12_000)
	same(t, "the lease is over", due(t, s, 12_000, 10), []string{"c1 idle 1000", "c2 idle 2000"}) // the time it was set for stays
	fired := Next(c, "fired")
	fired.Event.Kind, fired.Event.Timer, fired.Event.At = bot.EventTimer, "idle", base+12_000
	c = must(t, s, fired)
	same(t, "settled", due(t, s, 30_000, 10), []string{"c2 idle 2000"})
	c = must(t, s, with(Next(c, "k3"), set("idle", 40_000)))
	again := Next(c, "again")
	again.Event.Kind, again.Event.Timer, again.Event.At = bot.EventTimer, "idle", base+30_000
	c = must(t, s, again)
	same(t, "one that was moved meanwhile stays", due(t, s, 40_000, 1), []string{"c1 idle 40000"})
	anew := with(Next(c, "anew"), set("idle", 90_000))
	anew.Event.Kind, anew.Event.Timer, anew.Event.At = bot.EventTimer, "idle", base+50_000
	must(t, s, anew)
	same(t, "one that sets itself anew stays", due(t, s, 90_000, 10), []string{"c2 idle 2000", "c1 idle 90000"})
}

func playbooks(t *testing.T, s Full) {
	if _, err := s.Playbook(ctx, "v1"); !errors.Is(err, bot.ErrNotFound) {
		t.Fatalf("none yet: %v", err)
	}
	for _, data := range []string{`{"a":"一"}`, `{"a":"other"}`} { // the first stays
		if err := s.SavePlaybook(ctx, "v1", []byte(data)); err != nil {
			t.Fatal(err)
		}
	}
	got, err := s.Playbook(ctx, "v1")
	if err != nil || string(got) != `{"a":"一"}` {
		t.Fatalf("%s, %v", got, err)
	}
	errs := atOnce(8, func(int) error { return s.SavePlaybook(ctx, "v2", []byte("{}")) })
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

func reply(id string, first, last int64) bot.Delivery {
	return bot.Delivery{ID: id, Conversation: "c1", First: first, Last: last, From: bot.FromBot, Path: bot.PathReply, State: bot.DeliverySent, Body: []byte("<xml>" + id + "</xml>"), At: base}
}

func pushed(id string, first, last int64, state string, at int64) bot.Delivery {
	return bot.Delivery{ID: id, Conversation: "c1", First: first, Last: last, From: bot.FromAgent, Path: bot.PathPush, State: state, Text: "words of " + id, At: base + at, Carries: "file of " + id}
}

func deliveries(t *testing.T, s Full) {
	if _, err := s.Delivery(ctx, "r1"); !errors.Is(err, bot.ErrNotFound) {
		t.Fatalf("none yet: %v", err)
	}
	if _, err := s.Shown(ctx, "c1", 0); !errors.Is(err, bot.ErrNotFound) {
		t.Fatalf("no conversation yet: %v", err)
	}
	c := must(t, s, with(Next(Fresh("c1"), "k1", "a", "b"), push("k1", "wechat", 0)))
	shown := func(want bot.Shown) {
		t.Helper()
		got, err := s.Shown(ctx, "c1", base)
		if err != nil {
			t.Fatal(err)
		}
		same(t, "shown", got, want)
	}
	shown(bot.Shown{Version: 1})
	claim := func(want error, after, upto int64, c bot.Claim) {
		t.Helper()
		c.Conversation, c.After, c.Upto = "c1", after, upto
		if c.Version == 0 {
			c.Version = 1
		}
		if err := s.Begin(ctx, c); !errors.Is(err, want) {
			t.Fatalf("begin: %v, want %v", err, want)
		}
	}
	r1 := reply("r1", 1, 2)
	claim(bot.ErrConflict, 1, 2, bot.Claim{Deliveries: []bot.Delivery{r1}})             // the cursor stands at 0
	claim(bot.ErrConflict, 0, 2, bot.Claim{Deliveries: []bot.Delivery{r1}, Version: 2}) // there is no version 2
	claim(nil, 0, 2, bot.Claim{Deliveries: []bot.Delivery{r1}, Settles: bot.PushID("k1")})
	claim(bot.ErrConflict, 0, 2, bot.Claim{Deliveries: []bot.Delivery{reply("r2", 1, 2)}}) // they are carried
	claim(bot.ErrDuplicate, 2, 2, bot.Claim{Deliveries: []bot.Delivery{r1}})
	if got, err := s.Delivery(ctx, "r1"); err != nil {
		t.Fatal(err)
	} else {
		same(t, "kept", got, r1)
	}
	if items, err := s.Lease(ctx, at(1000), time.Minute, 10); err != nil || len(items) > 0 {
		t.Fatalf("the item was not settled: %v, %v", items, err)
	}
	shown(bot.Shown{Version: 1, Upto: 2})

	c = must(t, s, Next(c, "k2", "c", "d", "e"))
	p1, p2 := pushed("p1", 3, 3, bot.DeliveryBegun, 10), pushed("p2", 4, 5, bot.DeliveryHeld, 11)
	claim(nil, 2, 5, bot.Claim{Version: 2, Deliveries: []bot.Delivery{p1, p2}})
	shown(bot.Shown{Version: 2, Upto: 5, Held: []bot.Delivery{p2}, Pushes: []bot.Delivery{p1, p2}})
	for _, x := range []struct{ id, state, reason string }{{"p1", bot.DeliverySent, ""}, {"p1", bot.DeliveryUnsure, "late"}, {"nobody", bot.DeliverySent, ""}} {
		if err := s.Settle(ctx, x.id, x.state, x.reason); err != nil {
			t.Fatal(err)
		}
	}
	p1.State = bot.DeliverySent                                       // the first end counts
	if err := s.Settle(ctx, "p2", bot.DeliverySent, ""); err != nil { // it is held, and nothing was sent since
		t.Fatal(err)
	}
	shown(bot.Shown{Version: 2, Upto: 5, Held: []bot.Delivery{p2}, Pushes: []bot.Delivery{p1, p2}})
	later, err := s.Shown(ctx, "c1", base+100)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "what is held stays, however old", later, bot.Shown{Version: 2, Upto: 5, Held: []bot.Delivery{p2}, Pushes: []bot.Delivery{p2}})
	r3 := reply("r3", 4, 5)
	claim(bot.ErrConflict, 5, 5, bot.Claim{Version: 2, Deliveries: []bot.Delivery{r3}, Moves: []string{"p1"}}) // it is not held
	claim(nil, 5, 5, bot.Claim{Version: 2, Deliveries: []bot.Delivery{r3}, Moves: []string{"p2"}})
	claim(bot.ErrConflict, 5, 5, bot.Claim{Version: 2, Deliveries: []bot.Delivery{reply("r4", 4, 5)}, Moves: []string{"p2"}})
	p2.State = bot.DeliveryMoved
	shown(bot.Shown{Version: 2, Upto: 5, Pushes: []bot.Delivery{p1, p2}})
	p3 := pushed("p3", 5, 5, bot.DeliveryHeld, 12)
	claim(nil, 5, 5, bot.Claim{Version: 2, Deliveries: []bot.Delivery{p3}})
	claim(bot.ErrConflict, 5, 5, bot.Claim{Version: 2, Drops: []string{"p2"}})
	claim(nil, 5, 5, bot.Claim{Version: 2, Drops: []string{"p3"}})
	p3.State = bot.DeliveryDropped
	shown(bot.Shown{Version: 2, Upto: 5, Pushes: []bot.Delivery{p1, p2, p3}})

	for i := range 2 { // news of a loss that come twice are one
		if err := s.Settle(ctx, "p1", bot.DeliveryHeld, "lost"); err != nil {
			t.Fatal(err)
		}
		p1.State, p1.Reason = bot.DeliveryHeld, "lost"
		if i == 1 {
			claim(nil, 5, 5, bot.Claim{Version: 2, Deliveries: []bot.Delivery{reply("r5", 3, 3)}, Moves: []string{"p1"}})
			p1.State = bot.DeliveryMoved
			if err := s.Settle(ctx, "p1", bot.DeliveryHeld, "lost again"); err != nil {
				t.Fatal(err)
			}
		}
	}
	shown(bot.Shown{Version: 2, Upto: 5, Pushes: []bot.Delivery{p1, p2, p3}})

	p4 := pushed("p4", 5, 5, bot.DeliveryUnsure, 13) // nobody knew, and now it is known that it did not arrive
	claim(nil, 5, 5, bot.Claim{Version: 2, Deliveries: []bot.Delivery{p4}})
	if later, err = s.Shown(ctx, "c1", base+100); err != nil {
		t.Fatal(err)
	}
	same(t, "what may not have arrived stays, however old", later, bot.Shown{Version: 2, Upto: 5, Pushes: []bot.Delivery{p3, p4}})
	for _, state := range []string{bot.DeliverySent, bot.DeliveryHeld} {
		if err := s.Settle(ctx, "p4", state, "lost"); err != nil {
			t.Fatal(err)
		}
	}
	p4.State, p4.Reason = bot.DeliveryHeld, "lost"
	shown(bot.Shown{Version: 2, Upto: 5, Held: []bot.Delivery{p4}, Pushes: []bot.Delivery{p1, p2, p3, p4}})

	must(t, s, Next(c, "k3", "f"))
	errs := atOnce(8, func(i int) error { // by whatever path: one carries a line
		return s.Begin(ctx, bot.Claim{Conversation: "c1", Version: 3, After: 5, Upto: 6, Deliveries: []bot.Delivery{reply(fmt.Sprint("race", i), 6, 6)}})
	})
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
		} else if !errors.Is(err, bot.ErrConflict) {
			t.Fatal(err)
		}
	}
	if won != 1 {
		t.Fatalf("%d carry the line", won)
	}
}

func pushes(t *testing.T, s Full) {
	c := must(t, s, with(Next(Fresh("c1"), "k1", "a"), call("call"), push("k1", "wechat", 500)))
	c = must(t, s, with(Next(c, "k2", "b"), push("k2", "wechat", 0)))
	items, err := s.Lease(ctx, at(-1), time.Minute, 10)
	same(t, "none is due", ids(t, items, err), []string{})
	items, err = s.Lease(ctx, at(400), time.Minute, 10)
	same(t, "one that is not due keeps nobody up, and each target has an order of its own", ids(t, items, err), []string{bot.PushID("k2") + "/1", "call/1"})
	same(t, "item", items[0], bot.Item{ID: bot.PushID("k2"), Conversation: "c1", Address: c.Address, Target: "wechat", Attempts: 1})
	items, err = s.Lease(ctx, at(600), time.Minute, 10)
	same(t, "one at a time", ids(t, items, err), []string{})
	if err := s.Retry(ctx, bot.PushID("k2"), at(5_000), "later"); err != nil {
		t.Fatal(err)
	}
	items, err = s.Lease(ctx, at(700), time.Minute, 10)
	same(t, "who waits to be tried again keeps its place", ids(t, items, err), []string{})
	items, err = s.Lease(ctx, at(5_000), time.Minute, 10)
	same(t, "the first that is due", ids(t, items, err), []string{bot.PushID("k1") + "/1"})
	if err := s.Done(ctx, bot.PushID("k1")); err != nil {
		t.Fatal(err)
	}
	items, err = s.Lease(ctx, at(5_000), time.Minute, 10)
	same(t, "then the other", ids(t, items, err), []string{bot.PushID("k2") + "/2"})
}

// fetches have an order of their own, and a slow one holds up neither pushes nor calls.
func fetches(t *testing.T, s Full) {
	fetch := func(id string) bot.Fetch {
		return bot.Fetch{ID: id, Target: "wechat-media", MediaID: "M-" + id, Kind: bot.MediaVoice, Words: true}
	}
	one, two := fetch("f1"), fetch("f2")
	c := must(t, s, with(Next(Fresh("c1"), "k1", "a"), call("call"), push("k1", "wechat", 0), bot.Effect{Fetch: &one}))
	c = must(t, s, with(Next(c, "k2", "b"), bot.Effect{Fetch: &two}))
	items, err := s.Lease(ctx, at(100), time.Minute, 10)
	same(t, "none waits for another target", ids(t, items, err), []string{bot.PushID("k1") + "/1", "call/1", "f1/1"})
	same(t, "item", items[2], bot.Item{ID: "f1", Conversation: "c1", Address: c.Address, Target: "wechat-media", Attempts: 1, Fetch: &one})
	answer := Next(c, "voice:f1", "heard")
	answer.Event.Call = "f1"
	must(t, s, answer)
	items, err = s.Lease(ctx, at(200), time.Minute, 10)
	same(t, "settled by its words", ids(t, items, err), []string{"f2/1"})
}

func files(t *testing.T, s Full) {
	file := func(id string, n int64) bot.File {
		return bot.File{ID: id, Conversation: "c1", Kind: bot.MediaImage, MIME: "image/png", Data: []byte("\x00\xff'" + id), At: base + n}
	}
	for _, f := range []bot.File{file("a", 1), {ID: "a", Conversation: "c1", Kind: bot.MediaImage, MIME: "text/html", Data: []byte("later"), At: base}} {
		if err := s.KeepFile(ctx, f); err != nil {
			t.Fatal(err)
		}
	}
	got, err := s.File(ctx, "c1", "a")
	if err != nil {
		t.Fatal(err)
	}
	same(t, "the first of an id counts", got, file("a", 1))
	for _, x := range [][2]string{{"c2", "a"}, {"c1", "b"}, {"", "a"}} {
		if _, err := s.File(ctx, x[0], x[1]); !errors.Is(err, bot.ErrNotFound) {
			t.Fatalf("%s of %s: %v", x[1], x[0], err)
		}
	}
	other := file("z", 0)
	other.Conversation = "c2"
	if err := s.KeepFile(ctx, other); err != nil {
		t.Fatal(err)
	}
	for i := range int64(60) {
		if err := s.KeepFile(ctx, file(fmt.Sprintf("n%02d", i), 10+i)); err != nil {
			t.Fatal(err)
		}
	}
	for id, want := range map[string]error{"a": bot.ErrNotFound, "n00": bot.ErrNotFound, "n59": nil} {
		if _, err := s.File(ctx, "c1", id); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v: the newest have room", id, err, want)
		}
	}
	if _, err := s.File(ctx, "c2", "z"); err != nil {
		t.Errorf("a neighbour's went: %v", err)
	}
}

// fileWithTurn: what comes with an event is kept with its turn, both or neither.
func fileWithTurn(t *testing.T, s Full) {
	sent := func(c bot.Commit, id string) bot.Commit {
		c.Event.File = &bot.File{ID: id, Kind: bot.MediaImage, MIME: "image/png", Data: []byte("\x00\xff" + id), At: base}
		return c
	}
	c := must(t, s, sent(Next(Fresh("c1"), "k1", "[图片]"), "f1"))
	got, err := s.File(ctx, "c1", "f1")
	if err != nil {
		t.Fatal(err)
	}
	same(t, "the file", got, bot.File{ID: "f1", Conversation: "c1", Kind: bot.MediaImage, MIME: "image/png", Data: []byte("\x00\xfff1"), At: base})
	refused(t, s, sent(Next(c, "k1", "again"), "f2"), bot.ErrDuplicate)
	refused(t, s, sent(Next(Fresh("c1"), "k3", "late"), "f3"), bot.ErrConflict)
	for _, id := range []string{"f2", "f3"} {
		if _, err := s.File(ctx, "c1", id); !errors.Is(err, bot.ErrNotFound) {
			t.Errorf("%s of a turn that was refused: %v", id, err)
		}
	}
	// Sixty at once in one batch, every second one of them a duplicate.
	errs := atOnce(60, func(i int) error {
		return s.Commit(ctx, sent(Next(Fresh(fmt.Sprint("x", i)), fmt.Sprint("dup", i/2), "[图片]"), fmt.Sprint("x", i)))
	})
	for i, err := range errs {
		_, found := s.File(ctx, fmt.Sprint("x", i), fmt.Sprint("x", i))
		if err == nil != (found == nil) {
			t.Errorf("commit %d said %v, reading its file %v", i, err, found)
		}
	}
}

// ratings: asked for, answered and changed, each in one row.
func ratings(t *testing.T, s Full) {
	yes, no := true, false
	rate := func(c bot.Conversation, key string, r bot.Rating) bot.Conversation {
		t.Helper()
		return must(t, s, with(Next(c, key, "rated"), bot.Effect{Rate: &r}))
	}
	li, wang := &bot.AgentID{ID: "a1", Name: "李敏"}, &bot.AgentID{ID: "a2", Name: "王强"}
	c := rate(Fresh("c1"), "k1", bot.Rating{ID: "r1", Agent: li, Skill: "risk", Asked: base, Low: 2})
	if got, next, err := s.Ratings(ctx, "", 10); err != nil || len(got) != 0 || next != "" {
		t.Fatalf("a question is no answer: %+v %q %v", got, next, err)
	}
	first := bot.Rating{ID: "r1", Agent: li, Skill: "risk", Asked: base, Low: 2, Score: 1, Solved: &no, Text: "=1+1'", At: base + 5}
	c = rate(c, "k2", first)
	changed := first
	changed.Score, changed.Solved, changed.Text, changed.At = 2, &yes, "", base+6
	c = rate(c, "k3", changed)
	c = rate(c, "k4", bot.Rating{ID: "r2", Agent: wang, Skill: "risk", Asked: base + 10, Low: 2, Score: 5, At: base + 11})
	rate(c, "k5", bot.Rating{ID: "r3", Skill: "general", Asked: base + 20, Low: 2, Score: 4, At: base + 21})
	var pages []string
	after := ""
	for {
		got, next, err := s.Ratings(ctx, after, 1)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range got {
			pages = append(pages, r.ID)
			if r.ID == "r1" {
				changed.Seq = 0
				same(t, "the newest answer counts", r.Rating, changed)
				same(t, "whose", []string{r.Conversation, r.Channel}, []string{"c1", c.Address.Channel})
			}
		}
		if after = next; next == "" {
			break
		}
	}
	same(t, "newest first, page by page", pages, []string{"r3", "r2", "r1"})
	if _, _, err := s.Ratings(ctx, "x", 1); err == nil {
		t.Error("a cursor that is none")
	}
	for _, want := range []int{1, 0} { // told once
		low, err := s.LowRatings(ctx, 10)
		if err != nil || len(low) != want || want == 1 && low[0].ID != "r1" {
			t.Fatalf("low: %+v %v", low, err)
		}
		if err := s.ToldRating(ctx, "r1"); err != nil {
			t.Fatal(err)
		}
	}
	sums, err := s.RatingSums(ctx, base, base+20)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "sums of the episodes that ended then", sums, []bot.RatingSum{
		{Agent: *li, Skill: "risk", Channel: c.Address.Channel, Asked: 1, Answered: 1, Score: 2, Solved: 1},
		{Agent: *wang, Skill: "risk", Channel: c.Address.Channel, Asked: 1, Answered: 1, Score: 5, Good: 1}})
}

func leases(t *testing.T, s Full) {
	for i, x := range []struct {
		owner string
		ms    int64
		want  bool
	}{{"a", 0, true}, {"b", 1, false}, {"a", 5_000, true}, {"b", 14_999, false}, {"b", 15_000, true}, {"a", 15_001, false}} {
		if got, err := s.Acquire(ctx, "token", x.owner, at(x.ms), 10*time.Second); err != nil || got != x.want {
			t.Fatalf("%d: %s got %v, %v", i, x.owner, got, err)
		}
	}
	if got, err := s.Acquire(ctx, "other", "a", at(0), time.Second); err != nil || !got {
		t.Fatalf("another name: %v, %v", got, err)
	}
	for _, owner := range []string{"a", "b"} { // only the owner gives it back
		if err := s.Release(ctx, "token", owner); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Acquire(ctx, "token", "c", at(16_000), time.Second); err != nil || got != (owner == "b") {
			t.Fatalf("after release by %s: %v, %v", owner, got, err)
		}
	}
}

func notes(t *testing.T, s Full) {
	read := func(want string) {
		t.Helper()
		if got, err := s.Note(ctx, "cursor"); err != nil || got != want {
			t.Fatalf("%q, %v; want %q", got, err, want)
		}
	}
	read("")
	if err := s.SetNote(ctx, bot.Note{Name: "cursor", Value: "1"}); err != nil {
		t.Fatal(err)
	}
	read("1")
	c := Next(Fresh("c1"), "k1", "a")
	c.Event.Notes = []bot.Note{{Name: "state", Value: "open"}, {Name: "cursor", Value: "2"}}
	must(t, s, c)
	read("2")
	if got, err := s.Note(ctx, "state"); err != nil || got != "open" {
		t.Fatalf("the other note of the turn: %q, %v", got, err)
	}
	late := Next(Fresh("c1"), "k2", "never")
	late.Event.Notes = []bot.Note{{Name: "cursor", Value: "3"}}
	refused(t, s, late, bot.ErrConflict)
	read("2")
}

func closedStore(t *testing.T, s Full) {
	c := must(t, s, Next(Fresh("c1"), "k1", "x"))
	for range 2 {
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	for name, err := range map[string]error{
		"Commit":       s.Commit(ctx, Next(c, "k2", "y")),
		"Done":         s.Done(ctx, "x"),
		"Retry":        s.Retry(ctx, "x", at(0), ""),
		"SavePlaybook": s.SavePlaybook(ctx, "v", nil),
		"Conversation": func() error { _, err := s.Conversation(ctx, c.Address); return err }(),
		"Begin":        s.Begin(ctx, bot.Claim{Conversation: "c1", Version: 1}),
		"Settle":       s.Settle(ctx, "r", bot.DeliverySent, ""),
		"KeepFile":     s.KeepFile(ctx, bot.File{ID: "f"}),
	} {
		if err == nil || errors.Is(err, bot.ErrNotFound) || errors.Is(err, bot.ErrDuplicate) || errors.Is(err, bot.ErrConflict) {
			t.Errorf("%s on a closed store: %v", name, err)
		}
	}
}

func cancelled(t *testing.T, s Full) {
	gone, stop := context.WithCancel(ctx)
	stop()
	if err := s.Commit(gone, Next(Fresh("c1"), "k1", "x")); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if _, err := s.ConversationByID(ctx, "c1"); !errors.Is(err, bot.ErrNotFound) {
		t.Fatalf("it was written: %v", err)
	}
	must(t, s, Next(Fresh("c1"), "k1", "x"))
	// Cancelled while others write: what was refused for it is not there, what was acknowledged is.
	cs := make([]context.Context, 64)
	stops := make([]context.CancelFunc, 64)
	for i := range cs {
		cs[i], stops[i] = context.WithCancel(ctx)
		defer stops[i]()
	}
	errs := atOnce(64, func(i int) error {
		if i%2 == 1 {
			go stops[i]()
		}
		return s.Commit(cs[i], Next(Fresh(fmt.Sprint("x", i)), fmt.Sprint("x", i), "x"))
	})
	for i, err := range errs {
		_, found := s.ConversationByID(ctx, fmt.Sprint("x", i))
		if err == nil && found != nil || err != nil && !(errors.Is(err, context.Canceled) && errors.Is(found, bot.ErrNotFound)) {
			t.Fatalf("commit %d said %v, reading it %v", i, err, found)
		}
	}
}
