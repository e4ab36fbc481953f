package desk_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"posdoctor/bot"
	"posdoctor/bot/desk"
)

// Who is offered a conversation and does not take it in time loses it to the next; who declines at once too.
func TestOfferGoesOn(t *testing.T) {
	f := newFloor(t, "a 0/6", "b 1/6", "c 2/6")
	f.says("m", "转人工")
	f.pass(time.Second)
	f.is("first", f.offered("m"), "a")
	f.pass(18 * time.Second)
	f.is("while it stands", f.offered("m"), "a")
	f.pass(4 * time.Second)
	f.is("after 20 seconds", f.offered("m"), "b")
	f.must(f.act("b", "m", bot.Event{Kind: bot.EventPass}))
	f.pass(time.Second)
	f.is("declined", f.offered("m"), "c")
	if err := f.act("a", "m", bot.Event{Kind: bot.EventPass}); err == nil {
		t.Error("a declined what c was offered")
	}
	f.must(f.act("b", "m", bot.Event{Kind: bot.EventClaim})) // the list stays open to all
	f.pass(2 * time.Second)
	c := f.state("m")
	if c.Holder.Agent == nil || c.Holder.Agent.ID != "b" || c.Case.Offer != nil || len(c.Case.Passed) > 0 {
		t.Errorf("%+v %+v", c.Holder, c.Case)
	}
	f.must(f.act("b", "m", bot.Event{Kind: bot.EventReply, Text: "您好"}))
	f.must(f.act("b", "m", bot.Event{Kind: bot.EventClose, Reason: bot.ClosedSolved}))
	f.says("m", "转人工") // the last agent first, though he has more to do
	f.pass(time.Second)
	f.is("again", f.offered("m"), "b")
	if k := f.state("m").Case; k.Priority != 1 || strings.Join(k.Why, " ") != "repeat" {
		t.Errorf("who comes again: %+v", k)
	}
}

// Who takes nobody any more is not waited for.
func TestOfferWithdrawn(t *testing.T) {
	for _, status := range []string{desk.Busy, desk.Offline} {
		f := newFloor(t, "a 0/6", "b 1/6")
		f.says("m", "转人工")
		f.pass(time.Second)
		f.is("first", f.offered("m"), "a")
		f.change("a", func(a *desk.Agent) { a.Status = status })
		f.pass(2 * time.Second)
		f.is("after a is "+status, f.offered("m"), "b")
		f.change("a", func(a *desk.Agent) { a.Status = desk.Online })
		f.change("b", func(a *desk.Agent) { a.Status = status })
		f.pass(2 * time.Second)
		f.is("nobody else is there, and a was just asked", f.offered("m"), "")
		f.pass(16 * time.Second)
		f.is("a is back", f.offered("m"), "a")
	}
}

// Who lets two offers in a row pass by is busy from then on, whether a pass comes before or after the timer that takes the offer back. Who
// declines, accepts, takes one from the list, is cut off or chooses not to be asked meanwhile is not.
func TestAway(t *testing.T) {
	claims := func(f *floor) { f.must(f.act("a", "m", bot.Event{Kind: bot.EventClaim})) }
	lets := func(f *floor) {
		f.is("asked again", f.offered("m"), "a")
		f.pass(21 * time.Second)
	}
	for what, c := range map[string]struct {
		then func(f *floor)
		want string
	}{
		"nothing":  {lets, desk.Busy},
		"declines": {func(f *floor) { f.must(f.act("a", "m", bot.Event{Kind: bot.EventPass})); f.pass(21 * time.Second) }, desk.Online},
		"accepts, and gives it back": {func(f *floor) {
			for range 2 {
				claims(f)
				f.pass(2 * time.Second)
				f.must(f.act("a", "m", bot.Event{Kind: bot.EventTransfer}))
				f.pass(20 * time.Second)
			}
		}, desk.Online},
		"accepts and closes, then lets one pass": {func(f *floor) {
			claims(f)
			f.pass(2 * time.Second)
			f.must(f.act("a", "m", bot.Event{Kind: bot.EventClose, Reason: bot.ClosedSolved}))
			f.says("m", "转人工")
			f.pass(21 * time.Second)
		}, desk.Online},
		"takes another": {func(f *floor) {
			f.says("n", "转人工")
			f.must(f.act("a", "n", bot.Event{Kind: bot.EventClaim}))
			f.pass(21 * time.Second)
		}, desk.Online},
		"answers others": {func(f *floor) {
			f.change("a", func(a *desk.Agent) { a.Acted = f.clock.UnixMilli() })
			f.pass(21 * time.Second)
		}, desk.Online},
		"is cut off for the second": {func(f *floor) {
			f.change("a", func(a *desk.Agent) { a.Live = false })
			f.pass(21 * time.Second)
			f.change("a", func(a *desk.Agent) { a.Live = true })
			f.pass(time.Second)
		}, desk.Online},
		"is offline for a while": {func(f *floor) {
			f.change("a", func(a *desk.Agent) { a.Status = desk.Offline })
			f.pass(2 * time.Second)
			f.change("a", func(a *desk.Agent) { a.Status = desk.Online })
			f.pass(22 * time.Second)
		}, desk.Online},
	} {
		for _, first := range []string{"timers", "desk"} {
			t.Run(what+"/"+first+" first", func(t *testing.T) {
				f := newFloor(t, "a 0/6")
				f.deskFirst = first == "desk"
				f.says("m", "转人工")
				f.pass(21 * time.Second)
				f.pass(17 * time.Second)
				f.is("after one", f.stands("a"), desk.Online)
				c.then(f)
				f.is("then", f.stands("a"), c.want)
			})
		}
	}
}

// When all have declined, the first is asked again after a rest: nothing is dropped.
func TestOfferComesRound(t *testing.T) {
	f := newFloor(t, "a 0/6")
	f.says("m", "转人工")
	asked := 0
	for range 120 {
		f.pass(time.Second)
		if f.offered("m") == "a" {
			asked++
			f.must(f.act("a", "m", bot.Event{Kind: bot.EventPass}))
		}
	}
	if asked < 6 || asked > 9 {
		t.Errorf("asked %d times in two minutes", asked)
	}
}

// An agent who is disconnected keeps what he holds for three minutes, and loses it to the front of the queue then.
func TestGrace(t *testing.T) {
	f := newFloor(t, "a 0/6", "b 6/6")
	f.says("m", "转人工")
	f.must(f.act("a", "m", bot.Event{Kind: bot.EventClaim}))
	f.must(f.act("a", "m", bot.Event{Kind: bot.EventReply, Text: "您好"}))
	f.change("a", func(a *desk.Agent) { a.Live = false })
	f.pass(2*time.Minute + 50*time.Second)
	f.change("a", func(a *desk.Agent) { a.Live = true }) // back within the grace
	f.pass(5 * time.Minute)
	f.is("who came back", f.state("m").Holder.Kind, bot.HolderAgent)
	f.says("waits", "转人工")
	f.change("a", func(a *desk.Agent) { a.Live, a.Status = false, desk.Offline })
	f.pass(2*time.Minute + 58*time.Second)
	f.is("within the grace", f.state("m").Holder.Kind, bot.HolderAgent)
	f.pass(4 * time.Second)
	c := f.state("m")
	f.is("after it", c.Holder.Kind, bot.HolderQueue)
	lines, err := f.store.Messages(t.Context(), c.ID, 0, 100)
	f.must(err)
	last := lines[len(lines)-1]
	if last.Type != bot.TypeQueued || !strings.Contains(last.Text, "暂时离开") || last.Pos != 1 {
		t.Errorf("the merchant reads %+v", last)
	}
	queue, err := f.store.Queue(t.Context(), 10)
	f.must(err)
	if len(queue) != 2 || queue[0].ID != c.ID {
		t.Errorf("it is not the first of %d", len(queue))
	}
	if err := f.act("a", "m", bot.Event{Kind: bot.EventReply, Text: "我在"}); err == nil {
		t.Error("who lost it still writes")
	}
}

// A server that starts anew gives everybody the whole grace: nobody is there in its first moment.
func TestGraceOverRestart(t *testing.T) {
	f := newFloor(t, "a 0/6")
	f.says("m", "转人工")
	f.must(f.act("a", "m", bot.Event{Kind: bot.EventClaim}))
	f.must(f.act("a", "m", bot.Event{Kind: bot.EventReply, Text: "您好"}))
	f.mu.Lock()
	f.clock = f.clock.Add(time.Hour)
	f.mu.Unlock()
	f.change("a", func(a *desk.Agent) { a.Live, a.Status, a.Seen = false, desk.Offline, f.clock.UnixMilli() }) // as a fresh Presence says
	f.pass(2*time.Minute + 55*time.Second)
	f.is("within the grace", f.state("m").Holder.Kind, bot.HolderAgent)
	f.pass(10 * time.Second)
	f.is("after it", f.state("m").Holder.Kind, bot.HolderQueue)
}

// An agent who leaves a merchant without an answer loses him; who types, answers or puts the conversation aside does not.
func TestSilent(t *testing.T) {
	f := newFloor(t, "a 0/6")
	for _, m := range []string{"silent", "answered", "typed", "aside", "content"} {
		f.says(m, "转人工")
		f.must(f.act("a", m, bot.Event{Kind: bot.EventClaim}))
		f.must(f.act("a", m, bot.Event{Kind: bot.EventReply, Text: "您好"}))
		if m != "content" {
			f.says(m, "在吗")
		}
	}
	f.must(f.act("a", "aside", bot.Event{Kind: bot.EventHold, Until: f.now().Add(time.Hour).UnixMilli()}))
	f.pass(150 * time.Second)
	f.must(f.act("a", "answered", bot.Event{Kind: bot.EventReply, Text: "在的"}))
	f.mu.Lock()
	f.touch["a "+f.state2("typed").ID] = f.clock.UnixMilli()
	f.mu.Unlock()
	f.pass(35 * time.Second)
	for m, want := range map[string]string{"silent": bot.HolderQueue, "answered": bot.HolderAgent, "typed": bot.HolderAgent, "aside": bot.HolderAgent, "content": bot.HolderAgent} {
		f.is(m, f.state(m).Holder.Kind, want)
	}
	f.pass(time.Hour)
	k := f.state("aside").Case
	if k == nil || k.Paused != 0 {
		t.Errorf("the reminder of what was put aside did not come: %+v", k)
	}
}

// state2 is state for who holds the floor's lock.
func (f *floor) state2(user string) bot.Conversation {
	f.mu.Unlock()
	defer f.mu.Lock()
	return f.state(user)
}

// Waiting too long makes it more urgent step by step, and the lead is told once; what was late, the first answer too.
func TestLateRises(t *testing.T) {
	f := newFloor(t)
	f.says("m", "转人工")
	var last int
	for minute := range 30 {
		f.pass(time.Minute)
		k := f.state("m").Case
		if k.Priority < last || k.Priority > last+1 {
			t.Errorf("minute %d: from %d to %d", minute, last, k.Priority)
		}
		last = k.Priority
	}
	if last != 3 {
		t.Errorf("after half an hour the priority is %d", last)
	}
	var late []bot.Notice
	for _, n := range f.told {
		if n.Kind == bot.NoticeLate {
			late = append(late, n)
		}
	}
	if len(late) != 1 || late[0].Skill != "general" || late[0].At != f.state("m").Case.FirstDue.Red {
		t.Errorf("told: %+v", f.told)
	}
	page, _, err := f.store.DueSoon(t.Context(), f.now().UnixMilli(), "", 10)
	if n, err2 := f.store.CountDue(t.Context(), f.now().UnixMilli()); err != nil || err2 != nil || n != 1 || len(page) != 1 {
		t.Errorf("due are %d, %v %v", n, err, err2)
	}
	f.must(f.act("a", "m", bot.Event{Kind: bot.EventClaim}))
	f.must(f.act("a", "m", bot.Event{Kind: bot.EventReply, Text: "您好"}))
	if n, _ := f.store.CountDue(t.Context(), f.now().UnixMilli()); n != 0 {
		t.Errorf("answered, and %d are due", n)
	}
	f.pass(2 * time.Hour) // and the end
	late = late[:0]
	for _, n := range f.told {
		if n.Kind == bot.NoticeLate {
			late = append(late, n)
		}
	}
	if len(late) != 2 {
		t.Errorf("told: %+v", late)
	}
}

// Outside the hours nothing is offered and the merchant knows when people come; at the next opening what waited is offered, in order.
func TestClosed(t *testing.T) {
	f := newFloor(t, "a 0/6")
	f.set("hours", `{"desk":{"always":false,"days":[[{"from":"10:00","to":"12:00"}],[],[],[],[],[],[]]}}`)
	turn := f.says("m", "转人工")
	lines := turn.Messages()
	if q := lines[len(lines)-1]; q.Type != bot.TypeQueued || q.Open || !strings.Contains(q.Text, "10:00–12:00（北京时间）") || !strings.Contains(q.Text, "我们今早 10 点后回复") ||
		len(q.Choices) != 3 || q.Choices[0].ID != "leave" {
		t.Errorf("it says %+v", q)
	}
	monday := time.Date(2026, 11, 23, 10, 0, 0, 0, desk.Beijing)
	for monday.Before(f.now()) {
		monday = monday.AddDate(0, 0, 7)
	}
	st, err := f.desk.StatusAt(t.Context(), bot.Address{Channel: "web", Account: "demo"}, "")
	f.must(err)
	if st.Why == "closed" || st.Opens != 0 {
		t.Errorf("the demo site is always open, and stands at %+v", st)
	}
	st, err = f.desk.Status(t.Context(), "")
	f.must(err)
	if st.Why != "closed" || st.Opens != monday.UnixMilli() {
		t.Errorf("it opens at %d, want %d", st.Opens, monday.UnixMilli())
	}
	for site, want := range map[string]string{"": "今天 10:00–12:00", "demo": ""} {
		if got, err := f.desk.HoursAt(t.Context(), bot.Address{Account: site}); err != nil || got != want {
			t.Errorf("the hours of %q are %q, %v", site, got, err)
		}
	}
	f.says("m", "留言")
	f.says("m", "明天上午找我")
	f.pass(20 * time.Minute)
	f.is("closed", f.offered("m"), "")
	if k := f.state("m").Case; k.Left == 0 || k.FirstDue.Red != f.now().Truncate(time.Hour).Add(time.Hour+3*time.Minute).UnixMilli() {
		t.Errorf("the message box: %+v", k)
	}
	var left int
	for _, n := range f.told {
		if n.Kind == bot.NoticeLeft {
			left++
		}
	}
	if left != 1 {
		t.Errorf("told of the message %d times", left)
	}
	f.pass(40*time.Minute + time.Second)
	f.is("open", f.offered("m"), "a")
}

// With auto-accept who is offered one has it.
func TestAutoAccept(t *testing.T) {
	f := newFloor(t, "a 0/2", "b 0/2")
	f.set("routing", `{"auto_accept":true}`)
	for _, m := range []string{"1", "2", "3", "4", "5"} {
		f.says(m, "转人工")
	}
	f.pass(2 * time.Second)
	held := map[string]int{}
	for _, m := range []string{"1", "2", "3", "4", "5"} {
		if c := f.state(m); c.Holder.Kind == bot.HolderAgent {
			held[c.Holder.Agent.ID]++
		}
	}
	if held["a"] != 2 || held["b"] != 2 {
		t.Errorf("they hold %v", held)
	}
	f.must(f.act("a", f.of("a"), bot.Event{Kind: bot.EventHold, Until: f.now().Add(time.Hour).UnixMilli()}))
	f.pass(2 * time.Second) // what is put aside makes room
	f.is("the fifth", f.state("5").Holder.Kind, bot.HolderAgent)
}

// of is a merchant whose conversation an agent holds.
func (f *floor) of(agent string) string {
	f.t.Helper()
	held, err := f.store.Held(f.t.Context(), agent, 1)
	f.must(err)
	return held[0].Address.User
}

// The place in the queue is told by priority, and the wait by how many are served at once.
func TestPlace(t *testing.T) {
	f := newFloor(t, "a 0/1")
	f.says("held", "转人工")
	f.must(f.act("a", "held", bot.Event{Kind: bot.EventClaim}))
	for _, m := range []string{"1", "2", "3"} {
		f.says(m, "转人工")
	}
	f.desk.Changed() // the clock stands still, and so does what is known of the agents
	lines := f.says("4", "转人工").Messages()
	if q := lines[len(lines)-1]; q.Pos != 4 || q.ETA != 15+4*300 || !strings.Contains(q.Text, "客服都在忙，前面还有 3 位，约 21 分钟") {
		t.Errorf("told: %+v", q)
	}
	f.must(f.act("a", "held", bot.Event{Kind: bot.EventClose}))
	lines = f.says("held", "转人工").Messages() // who comes again goes first
	if q := lines[len(lines)-1]; q.Pos != 1 {
		t.Errorf("told: %+v", q)
	}
	st, err := f.desk.Status(t.Context(), f.state("4").ID)
	f.must(err)
	if st.Waiting != 4 || !st.Open || st.Before != nil {
		t.Errorf("%+v", st)
	}
	var held *bot.NotHolderError
	if err := f.act("a", "1", bot.Event{Kind: bot.EventReply, Text: "x"}); !errors.As(err, &held) {
		t.Errorf("a wrote where he was not: %v", err)
	}
}

// Transfers to a team: any of it accepts, nobody else.
func TestTeam(t *testing.T) {
	f := newFloor(t, "a 0/6", "b 0/6 team=vip", "c 0/6")
	f.says("m", "转人工")
	f.must(f.act("a", "m", bot.Event{Kind: bot.EventClaim}))
	until := f.now().Add(30 * time.Second).UnixMilli()
	f.must(f.act("a", "m", bot.Event{Kind: bot.EventTransfer, Team: "vip", Until: until, Remark: "卡号 6222021234567890128"}))
	if o := f.state("m").Case.Offer; o == nil || o.Team != "vip" || strings.Contains(o.Note, "6222021234567890128") {
		t.Errorf("%+v", o)
	}
	if err := f.act("c", "m", bot.Event{Kind: bot.EventClaim}); err == nil {
		t.Error("who is not of the team took it")
	}
	f.must(f.act("b", "m", bot.Event{Kind: bot.EventClaim, Team: "vip"}))
	f.must(f.act("b", "m", bot.Event{Kind: bot.EventTransfer, Team: "vip"})) // to the queue, for the team
	f.pass(time.Second)
	f.is("b gave it away", f.offered("m"), "")
	f.pass(16 * time.Second)
	f.is("and is the only one of the team", f.offered("m"), "b")
}
