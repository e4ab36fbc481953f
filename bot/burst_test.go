package bot_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"posdoctor/bot"
	"posdoctor/bot/live"
	"posdoctor/bot/store"
	"posdoctor/knowledge"
)

// shop is the real service on a real database with a clock of its own; start makes it anew on the same database, as after a kill.
type shop struct {
	*testing.T
	service *bot.Service
	store   *store.Store
	sched   bot.Scheduler
	finder  bot.Finder
	book    *bot.Playbook
	file    string
	clock   time.Time
	ids     int
	address bot.Address
}

func newShop(t *testing.T, channel string) *shop {
	t.Helper()
	lib, err := knowledge.Embedded()
	must(t, err)
	index, err := knowledge.NewIndex(lib)
	must(t, err)
	t.Cleanup(func() { index.Close() })
	book, err := bot.NewPlaybook(lib)
	must(t, err)
	s := &shop{T: t, finder: bot.LibraryFinder{Index: index}, book: book, file: filepath.Join(t.TempDir(), "shop.db"),
		clock: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC), address: bot.Address{Channel: channel, Account: "a", User: "u"}}
	s.start()
	t.Cleanup(func() { s.store.Close() })
	return s
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (s *shop) start() {
	s.Helper()
	st, err := store.Open(s.Context(), s.file)
	must(s, err)
	now := func() time.Time { return s.clock }
	log := slog.New(slog.DiscardHandler)
	s.store = st
	s.service = &bot.Service{Store: st, Bus: &live.Bus{}, Finder: s.finder, Engine: bot.NewEngine(), Now: now, Log: log,
		NewID: func() string { s.ids++; return fmt.Sprintf("id-%04d", s.ids) }}
	must(s, s.service.Publish(s.Context(), s.book))
	s.sched = bot.Scheduler{Timers: st, Bus: &live.Bus{}, Handle: s.service.Handle, Now: now, Log: log}
}

func (s *shop) says(text string) bot.Turn {
	s.Helper()
	t, err := s.service.Handle(s.Context(), s.address, bot.Event{Kind: bot.EventSaid, Text: text})
	must(s, err)
	return t
}

// pass lets time go by and timers come up.
func (s *shop) pass(d time.Duration) {
	s.Helper()
	s.clock = s.clock.Add(d)
	_, err := s.sched.Once(s.Context())
	must(s, err)
}

func (s *shop) conversation() bot.Conversation {
	s.Helper()
	c, err := s.store.Conversation(s.Context(), s.address)
	must(s, err)
	return c
}

// answers are the lines that are not the merchant's.
func (s *shop) answers() (out []string) {
	s.Helper()
	lines, err := s.store.Messages(s.Context(), s.conversation().ID, 0, 100)
	must(s, err)
	for _, m := range lines {
		if m.From != bot.FromUser {
			out = append(out, m.Text)
		}
	}
	return out
}

// TestBurstWaits: a fragment is kept at once and answered when its time is over, which differs by channel.
func TestBurstWaits(t *testing.T) {
	for channel, wait := range map[string]time.Duration{"web": 1200 * time.Millisecond, "terminal": 1200 * time.Millisecond, "wechat": 2 * time.Second, "wechat-kf": 2 * time.Second} {
		t.Run(channel, func(t *testing.T) {
			s := newShop(t, channel)
			turn := s.says("你好")
			if len(turn.Messages()) != 1 || turn.Next.Held == nil || s.conversation().Held == nil {
				t.Fatalf("said %v, held %v", turn.Messages(), turn.Next.Held)
			}
			if s.pass(wait - time.Millisecond); len(s.answers()) != 0 {
				t.Errorf("answered too early: %v", s.answers())
			}
			if s.pass(time.Millisecond); len(s.answers()) != 1 || s.conversation().Held != nil {
				t.Errorf("after %s: %v", wait, s.answers())
			}
			if s.pass(time.Minute); len(s.answers()) != 1 {
				t.Errorf("answered twice: %v", s.answers())
			}
		})
	}
}

// TestBurstEnds: fragments one after the other do not put the answer off for ever.
func TestBurstEnds(t *testing.T) {
	s := newShop(t, "web")
	for range 6 {
		s.says("那个，")
		s.pass(time.Second)
	}
	if len(s.answers()) == 0 {
		t.Error("not answered after 6 s of fragments")
	}
}

// TestBurstJoins: what follows is decided together with the fragment, once, and the fragment's timer is gone.
func TestBurstJoins(t *testing.T) {
	for name, lines := range map[string][]string{
		"greeting": {"你好", "提示58"}, "comma": {"机器，", "提示58"}, "a code that is one only by itself": {"机器", "58"}, "three": {"在吗", "机器", "提示58"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newShop(t, "web")
			for i, l := range lines {
				if turn := s.says(l); i < len(lines)-1 && len(turn.Messages()) != 1 {
					t.Fatalf("%s was answered: %v", l, turn.Messages())
				}
			}
			before := s.answers()
			if len(before) == 0 || !strings.HasPrefix(before[0], "58 有好几种原因") {
				t.Errorf("answered %q", before)
			}
			if s.pass(5 * time.Second); len(s.answers()) != len(before) {
				t.Errorf("the timer answered again: %v", s.answers())
			}
		})
	}
}

// TestBurstSurvivesKill: the fragment is in the database and so is its timer.
func TestBurstSurvivesKill(t *testing.T) {
	s := newShop(t, "web")
	s.says("商户状态异常，")
	must(t, s.store.Close())
	s.start()
	s.pass(time.Minute)
	if a := s.answers(); len(a) != 1 || !strings.Contains(a[0], "店里其他机器也刷不了吗") {
		t.Errorf("after the restart: %v", a)
	}
}

// TestBurstOfWholeLines: a line that comes in while the one before is being decided is decided together with it.
func TestBurstOfWholeLines(t *testing.T) {
	s := newShop(t, "web")
	slow := &slowFinder{Finder: s.finder, began: make(chan struct{}), release: make(chan struct{})}
	s.service.Finder = slow
	done := make(chan error, 2)
	say := func(ctx context.Context, key, text string) {
		_, err := s.service.Handle(ctx, s.address, bot.Event{Kind: bot.EventSaid, Key: key, Text: text})
		done <- err
	}
	go say(t.Context(), "1", "刷不了卡怎么办")
	<-slow.began
	waits := &watched{Context: t.Context(), asked: make(chan struct{})}
	go say(waits, "2", "换了好几张卡都一样")
	<-waits.asked
	close(slow.release)
	for range 2 {
		must(t, <-done)
	}
	if a := s.answers(); len(a) != 1 || s.conversation().Held != nil {
		t.Errorf("answered %d times: %v", len(a), a)
	}
	if ev := s.conversation().Dialogue.Evidence; len(ev) == 0 || ev[0].Check != "all-cards" {
		t.Errorf("learnt %v", ev)
	}
}

// slowFinder holds the first search until it is released.
type slowFinder struct {
	bot.Finder
	began, release chan struct{}
	calls          int
}

func (f *slowFinder) Find(ctx context.Context, text string) (bot.Finding, error) {
	if f.calls++; f.calls == 1 { // turns of one address come one after the other
		close(f.began)
		<-f.release
	}
	return f.Finder.Find(ctx, text)
}

// watched tells when somebody begins to wait on it.
type watched struct {
	context.Context
	asked chan struct{}
	once  bool
}

func (w *watched) Done() <-chan struct{} {
	if !w.once {
		w.once = true
		close(w.asked)
	}
	return w.Context.Done()
}

// TestBurstAndPeople: an agent who comes meanwhile is not talked over; who waits for one is not made to wait for the bot too.
func TestBurstAndPeople(t *testing.T) {
	s := newShop(t, "web")
	s.says("你好")
	_, err := s.service.Handle(t.Context(), s.address, bot.Event{Kind: bot.EventClaim, Agent: agents[0], Epoch: s.conversation().Epoch})
	must(t, err)
	before := len(s.answers())
	if s.pass(time.Minute); len(s.answers()) != before {
		t.Errorf("the bot spoke: %v", s.answers())
	}
	q := newShop(t, "web")
	q.says("转人工")
	if turn := q.says("你好"); turn.Next.Held != nil || len(turn.Messages()) < 2 {
		t.Errorf("held while a person is waited for: %v", turn.Messages())
	}
}

// TestTryIsWhole: who tries one message gets its answer.
func TestTryIsWhole(t *testing.T) {
	s := newShop(t, "web")
	turn, _, err := s.service.Try(t.Context(), bot.Conversation{ID: "ask"}, bot.Event{Kind: bot.EventSaid, Text: "你好"})
	if err != nil || turn.Next.Held != nil || len(turn.Messages()) != 2 {
		t.Errorf("%v %v", turn.Messages(), err)
	}
}

// TestTapNeverWaits: the words of a menu are whole, however few.
func TestTapNeverWaits(t *testing.T) {
	s := newShop(t, "wechat")
	turn, err := s.service.Handle(t.Context(), s.address, bot.Event{Kind: bot.EventSaid, Text: "没电", Trigger: bot.TriggerTap})
	if err != nil || turn.Next.Held != nil || len(turn.Messages()) < 2 {
		t.Errorf("%v %v", turn.Messages(), err)
	}
}

// TestBurstReplays: the stored events give the same conversation again, without index or clock.
func TestBurstReplays(t *testing.T) {
	s := newShop(t, "web")
	for _, text := range []string{"你好", "机器", "打印机不出纸，另外上周的钱也没到账", "那个，", "没换过", "在吗", "好了", "再说一遍", "好了", "41111111，", "11111111"} {
		s.says(text)
		s.pass(700 * time.Millisecond)
	}
	s.pass(time.Minute)
	events, err := s.store.Events(t.Context(), s.conversation().ID)
	must(t, err)
	engine := bot.NewEngine(s.book)
	c := bot.Conversation{ID: s.conversation().ID, Address: s.address}
	for _, ev := range events {
		turn, err := engine.Turn(c, ev)
		must(t, err)
		c = turn.Next
	}
	want, _ := json.Marshal(s.conversation())
	if got, _ := json.Marshal(c); string(got) != string(want) {
		t.Errorf("replayed\n%s\nwant\n%s", got, want)
	}
	if strings.Contains(string(want), "41111111") && strings.Contains(string(want), "11111111，11111111") {
		t.Error("a card number in two lines was kept")
	}
}

// TestAgentSeesBoth: handed over in the middle of a second trouble, the card names both, and what was answered to which.
func TestAgentSeesBoth(t *testing.T) {
	s := newShop(t, "web")
	for _, text := range []string{"商户状态异常", "几台都刷不了", "另外钱没到账", "没换过", "转人工"} {
		s.says(text)
	}
	c := s.conversation()
	card := s.book.Summarize(c)
	if card.Topic != "钱没到账" || len(card.Aside) != 1 || card.Aside[0].Topic != "提示「商户状态异常」" || c.Topic != "钱没到账；提示「商户状态异常」" {
		t.Fatalf("card %+v, topic %q", card, c.Topic)
	}
	for _, a := range card.Asked {
		if a.Check == "all-terminals" {
			t.Error("an answer about one trouble stands under the other")
		}
	}
	found := false
	for _, a := range card.Aside[0].Asked {
		found = found || a.Check == "all-terminals" && a.Answer == "几台都刷不了"
		if a.Check == "changed" {
			t.Error("an answer about one trouble stands under the other")
		}
	}
	if !found {
		t.Errorf("the answers about the first trouble are lost: %+v", card.Aside[0])
	}
}
