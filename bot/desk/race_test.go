package desk_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"sync"
	"testing"
	"time"

	"posdoctor/bot"
)

// interleavings is how often bot and agent race; all of them with POSDOCTOR_TEST_ALL=1, best under -race. What checks SQLite's pointers,
// which -race switches on too, takes two fifths of the time and finds nothing about who writes:
//
//	POSDOCTOR_TEST_ALL=1 go test -race -gcflags=all=-d=checkptr=0 ./bot/desk -run NoBotLine
func interleavings() int {
	if os.Getenv("POSDOCTOR_TEST_ALL") != "" && !testing.Short() {
		return 10_000
	}
	return 500
}

// racing is how many conversations are raced at once, on one store: the more there are, the more writes share a commit.
const racing = 16

// inMemory lets the disk be memory where there is such a disk: what is raced is who writes, not how fast a disk is.
func inMemory(t *testing.T) {
	if dir, err := os.MkdirTemp("/dev/shm", "posdoctor"); err == nil {
		t.Cleanup(func() { os.RemoveAll(dir) })
		t.Setenv("TMPDIR", dir)
	}
}

// The bot answers, a timer comes up, a courier sends and an agent claims, all at once on one database, and in every order: after the
// claim has committed no line of the bot is written, and none is begun to be sent.
func TestNoBotLineAfterClaim(t *testing.T) {
	inMemory(t)
	f := newFloor(t)
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	n, done := interleavings(), make(chan int)
	var workers sync.WaitGroup
	orders := struct {
		sync.Mutex
		before, after, refused, sent, dropped int
	}{}
	for range racing {
		workers.Go(func() {
			for i := range done {
				r := rand.New(rand.NewPCG(seed, uint64(i)))
				before, after, refused, sent, dropped, err := f.race(fmt.Sprint("m", i), r)
				if err != nil {
					t.Errorf("interleaving %d of seed %d: %v", i, seed, err)
				}
				orders.Lock()
				orders.before, orders.after, orders.refused = orders.before+before, orders.after+after, orders.refused+refused
				orders.sent, orders.dropped = orders.sent+sent, orders.dropped+dropped
				orders.Unlock()
			}
		})
	}
	for i := range n {
		done <- i
	}
	close(done)
	workers.Wait()
	t.Logf("%d interleavings: %d lines were answered before the claim and %d met it; %d claims came with an old epoch; %d messages went out, %d were held back",
		n, orders.before, orders.after, orders.refused, orders.sent, orders.dropped)
	if orders.before == 0 || orders.after == 0 || orders.sent == 0 {
		t.Error("the race went one way only")
	}
}

// race lets them all run at one conversation and says what came of it.
func (f *floor) race(user string, r *rand.Rand) (before, after, refused, sent, dropped int, err error) {
	ctx, a := f.t.Context(), address(user)
	first := "您好"
	if r.IntN(2) == 0 {
		first = "转人工"
	}
	if _, err := f.service.Handle(ctx, a, bot.Event{Kind: bot.EventSaid, Text: first, Whole: true}); err != nil {
		return 0, 0, 0, 0, 0, err
	}
	c, err := f.store.Conversation(ctx, a)
	if err != nil {
		return 0, 0, 0, 0, 0, err
	}
	var all sync.WaitGroup
	var mu sync.Mutex
	fail := func(e error) {
		mu.Lock()
		defer mu.Unlock()
		err = errors.Join(err, e)
	}
	run := func(yields int, do func() error) {
		all.Go(func() {
			for range yields {
				runtime.Gosched()
			}
			if e := do(); e != nil {
				fail(e)
			}
		})
	}
	claimed := int64(0) // version of the claim
	run(r.IntN(60), func() error {
		for range 20 {
			now, err := f.store.Conversation(ctx, a)
			if err != nil {
				return err
			}
			t, err := f.service.Handle(ctx, a, bot.Event{Kind: bot.EventClaim, Agent: &bot.AgentID{ID: "a", Name: "李敏"}, Epoch: now.Epoch})
			var held *bot.NotHolderError
			if errors.As(err, &held) {
				mu.Lock()
				refused++
				mu.Unlock()
				continue
			}
			if err == nil {
				mu.Lock()
				claimed = t.Next.Version
				mu.Unlock()
			}
			return err
		}
		return errors.New("never claimed")
	})
	lines := []string{"转人工", "你好", "不懂", "留言", "继续自助", "重新开始", "提示 58"}
	for range 3 {
		text := lines[r.IntN(len(lines))]
		run(r.IntN(80), func() error {
			_, err := f.service.Handle(ctx, a, bot.Event{Kind: bot.EventSaid, Text: text, Whole: true})
			return err
		})
	}
	timer := []string{bot.TimerWaiting, bot.TimerRemind, bot.TimerTarget, bot.TimerIdle}[r.IntN(4)]
	run(r.IntN(80), func() error {
		_, err := f.service.Handle(ctx, a, bot.Event{Kind: bot.EventTimer, Timer: timer})
		return err
	})
	begun := []int64{} // versions at which a message with a line of the bot was begun
	run(r.IntN(80), func() error {
		for range 6 {
			v, gone, err := f.carry(c.ID, fmt.Sprintf("%s-%d", user, r.Uint64()))
			if err != nil {
				return err
			}
			mu.Lock()
			if v > 0 {
				begun, sent = append(begun, v), sent+1
			}
			dropped += gone
			mu.Unlock()
			runtime.Gosched()
		}
		return nil
	})
	all.Wait()
	if err != nil {
		return before, after, refused, sent, dropped, err
	}
	said, err := f.store.Messages(ctx, c.ID, 0, 1000)
	if err != nil {
		return before, after, refused, sent, dropped, err
	}
	joined := false
	for _, m := range said {
		switch {
		case m.Type == bot.TypeJoined:
			joined = true
		case joined && m.From == bot.FromBot:
			return before, after, refused, sent, dropped, fmt.Errorf("the bot said %q after the claim", m.Text)
		case joined && m.From == bot.FromUser:
			after++
		case m.From == bot.FromUser:
			before++
		}
	}
	if !joined {
		return before, after, refused, sent, dropped, errors.New("nobody joined")
	}
	for _, v := range begun {
		if v >= claimed {
			return before, after, refused, sent, dropped, fmt.Errorf("a line of the bot went out at version %d, the claim is %d", v, claimed)
		}
	}
	return before, after, refused, sent, dropped, nil
}

// carry sends what has not been shown, as a channel does that pushes: it reads, decides, and claims the lines for the version that it
// read. It returns that version where a line of the bot went out, 0 else.
func (f *floor) carry(conversation, id string) (version int64, dropped int, err error) {
	ctx := f.t.Context()
	c, err := f.store.ConversationByID(ctx, conversation)
	if err != nil {
		return 0, 0, err
	}
	shown, err := f.store.Shown(ctx, conversation, 0)
	if err != nil || shown.Version != c.Version {
		return 0, 0, err
	}
	lines, err := f.store.Messages(ctx, conversation, shown.Upto, 100)
	if err != nil || len(lines) == 0 {
		return 0, 0, err
	}
	state, byBot := bot.DeliveryBegun, false
	for _, m := range lines {
		byBot = byBot || m.From == bot.FromBot
	}
	if byBot && c.Holder.Kind == bot.HolderAgent {
		state = bot.DeliveryDropped
	}
	last := lines[len(lines)-1].Seq
	err = f.store.Begin(ctx, bot.Claim{Conversation: conversation, Version: c.Version, After: shown.Upto, Upto: last,
		Deliveries: []bot.Delivery{{ID: id, First: lines[0].Seq, Last: last, From: bot.FromBot, Path: bot.PathPush, State: state, At: 1}}})
	switch {
	case errors.Is(err, bot.ErrConflict):
		return 0, 0, nil
	case err != nil:
		return 0, 0, err
	case state == bot.DeliveryDropped:
		return 0, 1, nil
	case byBot:
		return c.Version, 0, nil
	}
	return 0, 0, nil
}

// A hundred claims of one conversation at once: one agent has it, ninety-nine are told who.
func TestHundredClaims(t *testing.T) {
	f := newFloor(t)
	for round := range 5 {
		user := fmt.Sprint("m", round)
		f.says(user, "转人工")
		epoch := f.state(user).Epoch
		var all sync.WaitGroup
		errs := make([]error, 100)
		for i := range errs {
			all.Go(func() {
				id := fmt.Sprint("a", i)
				_, errs[i] = f.service.Handle(t.Context(), address(user), bot.Event{Kind: bot.EventClaim, Agent: &bot.AgentID{ID: id, Name: id}, Epoch: epoch})
			})
		}
		all.Wait()
		won := 0
		holder := f.state(user).Holder.Agent.ID
		for i, err := range errs {
			var held *bot.NotHolderError
			switch {
			case err == nil:
				if won++; holder != fmt.Sprint("a", i) {
					t.Errorf("a%d won and %s holds it", i, holder)
				}
			case !errors.As(err, &held):
				t.Errorf("a%d: %v", i, err)
			case held.Holder.Agent == nil || held.Holder.Agent.ID != holder:
				t.Errorf("a%d is told of %+v", i, held.Holder)
			}
		}
		if won != 1 {
			t.Errorf("%d won", won)
		}
	}
}
