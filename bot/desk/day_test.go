package desk_test

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"posdoctor/bot"
	"posdoctor/bot/desk"
)

// day is a day at the desk, simulated: merchants come by chance, agents take what they are offered, write, close, go to lunch, and one of
// them vanishes. Everything goes through the real service, store, engine, router and timers; the clock alone is not real. What happens
// is also written down here, so that the figures can be counted a second time by hand.
type day struct {
	*floor
	r       *rand.Rand
	visits  map[string]*visit
	todo    map[string][]job // by agent
	waiting []string
	ended   []bot.Stint // as the figures should see them
	open    map[string]*bot.Stint
}

// visit is one merchant, as the simulation saw him.
type visit struct {
	user                  string
	came, claimed, closed time.Time
	first                 time.Time
	told                  int // seconds
	skill                 string
	busy                  bool // nobody was free when he came
	left                  bool
	patience              time.Duration
}

// job is what an agent is about to do.
type job struct {
	at   time.Time
	user string
	what string // accept, reply, close
}

const dayAgents = 12

// hours of the simulated day, full or, without POSDOCTOR_TEST_ALL=1 and where it has to be short, the middle of it with lunch and the
// agent who vanishes.
func dayHours() (from, to int) {
	if os.Getenv("POSDOCTOR_TEST_ALL") != "" && !testing.Short() {
		return 9, 21
	}
	return 12, 14
}

// perHour is how many merchants ask for people in each hour from 9 on: a busy desk, over its means while half of it is at lunch.
var perHour = []float64{60, 95, 105, 95, 100, 100, 90, 100, 110, 90, 70, 50}

func TestDay(t *testing.T) {
	var agents []string
	skills := []string{"", "", "", "risk", "risk settlement", "settlement", "settlement", "terminal", "terminal", "terminal risk", "", "settlement terminal"}
	for i := range dayAgents {
		agents = append(agents, fmt.Sprintf("a%02d 0/1 %s", i, skills[i]))
	}
	d := &day{floor: newFloor(t, agents...), r: rand.New(rand.NewPCG(7, 2026)), visits: map[string]*visit{}, todo: map[string][]job{}, open: map[string]*bot.Stint{}}
	d.set("sla", `{"targets":{"general":{"first_s":120,"resolve_s":1200},"risk":{"first_s":60,"resolve_s":1800}},"amber":70,"reply_amber_s":90,"reply_red_s":600}`)
	d.set("routing", `{"offers":true,"last_agent":true,"offer_s":20,"transfer_s":30,"grace_s":180,"silent_s":600,"widen_s":120,"capacity":1}`)
	from, to := dayHours()
	d.clock = time.Date(2026, 11, 24, from, 0, 0, 0, desk.Beijing)
	begin := d.clock
	arrivals := d.arrivals(from, to)
	vanishes := time.Date(2026, 11, 24, 13, 20, 0, 0, desk.Beijing)
	vanished, lostTo := "a05", ""
	longest := 0
	for next := 0; ; {
		d.clock = d.clock.Add(2 * time.Second)
		now := d.clock
		for next < len(arrivals) && !arrivals[next].came.After(now) {
			d.comes(arrivals[next])
			next++
		}
		// Half of the agents are at lunch at a time; they end what they have begun.
		for i := range dayAgents {
			lunch := now.Hour() == 12 && (now.Minute() < 30) == (i%2 == 0)
			d.change(fmt.Sprintf("a%02d", i), func(a *desk.Agent) {
				a.Status = desk.Online
				if lunch {
					a.Status = desk.Busy
				}
				if a.ID == vanished && now.After(vanishes) {
					a.Live, a.Status = false, desk.Offline
				}
			})
		}
		if lostTo == "" && now.After(vanishes) {
			if held, err := d.store.Held(t.Context(), vanished, 1); err == nil && len(held) == 1 {
				lostTo = held[0].Address.User
			} else {
				lostTo = "-"
			}
			delete(d.todo, vanished)
		}
		d.work()
		d.agentsAct(vanished, vanishes)
		d.giveUp()
		d.follow()
		longest = max(longest, len(d.waiting))
		if next == len(arrivals) && len(d.waiting) == 0 && d.idle() || now.Sub(begin) > 20*time.Hour {
			break
		}
	}
	d.judge(begin, longest, vanished, lostTo)
}

// arrivals come by chance, so many an hour.
func (d *day) arrivals(from, to int) []*visit {
	var out []*visit
	at := time.Date(2026, 11, 24, from, 0, 0, 0, desk.Beijing)
	for end := at.Add(time.Duration(to-from) * time.Hour); ; {
		rate := perHour[at.Hour()-9] / 3600
		at = at.Add(time.Duration(d.r.ExpFloat64() / rate * float64(time.Second)))
		if !at.Before(end) {
			return out
		}
		out = append(out, &visit{user: fmt.Sprintf("m%04d", len(out)), came: at, patience: time.Duration(20+d.r.ExpFloat64()*40) * time.Minute})
	}
}

// limits are the targets of a skill, in seconds.
func limits(skill string) (first, end int64) {
	if skill == "risk" {
		return 60, 1800
	}
	return 120, 1200
}

// comes lets a merchant ask for people: most ask for no more, some have money that is frozen, which is urgent, or lost their machine.
func (d *day) comes(v *visit) {
	d.visits[v.user] = v
	v.came = d.clock
	text := "转人工"
	v.skill = "general"
	switch n := d.r.IntN(10); {
	case n < 2:
		text, v.skill = "我的货款被冻结了", "risk"
	case n < 4:
		text, v.skill = "机器昨晚被人偷走了", "terminal"
	}
	turn := d.says(v.user, text)
	if k := turn.Next.Case; k == nil || k.Skill != v.skill || k.Priority != map[string]int{"risk": 2}[v.skill] {
		d.t.Fatalf("%s is taken for %+v", text, k)
	}
	for _, m := range turn.Messages() {
		if m.Type == bot.TypeQueued {
			v.told, v.busy = m.ETA, m.ETA > 15
		}
	}
	d.waiting = append(d.waiting, v.user)
	first, end := limits(v.skill)
	d.open[v.user] = &bot.Stint{Holder: bot.HolderQueue, Skill: v.skill, From: v.came.UnixMilli(), Opened: v.came.UnixMilli(),
		FirstDue: v.came.UnixMilli() + first*1000, EndDue: v.came.UnixMilli() + end*1000}
}

// takes is how long a conversation takes: most a few minutes, some very long.
func (d *day) takes() time.Duration {
	return time.Duration(math.Exp(5.55+0.6*d.r.NormFloat64())*1000) * time.Millisecond // median 257 s, mean 308 s
}

// agentsAct lets each agent do what is next: accept after some seconds, write first, then close. Some offers are overlooked.
func (d *day) agentsAct(vanished string, vanishes time.Time) {
	queue, err := d.store.Queue(d.t.Context(), 1000)
	d.must(err)
	for _, a := range d.agents {
		if a.ID == vanished && d.clock.After(vanishes) {
			continue
		}
		for _, c := range queue {
			if k := c.Case; k == nil || k.Offer == nil || k.Offer.To == nil || k.Offer.To.ID != a.ID {
				continue
			}
			user := c.Address.User
			if !slices.ContainsFunc(d.todo[a.ID], func(j job) bool { return j.user == user && j.what == "accept" }) {
				after := time.Duration(2+d.r.IntN(12)) * time.Second
				if d.r.IntN(40) == 0 {
					after = time.Minute // overlooked: it goes on to the next
				}
				d.todo[a.ID] = append(d.todo[a.ID], job{d.clock.Add(after), user, "accept"})
			}
		}
		jobs := d.todo[a.ID]
		d.todo[a.ID] = nil
		for _, j := range jobs {
			if j.at.After(d.clock) {
				d.todo[a.ID] = append(d.todo[a.ID], j)
				continue
			}
			d.does(a.ID, j)
		}
	}
}

func (d *day) does(agent string, j job) {
	v, s := d.visits[j.user], d.open[j.user]
	if s == nil {
		return
	}
	now := d.clock.UnixMilli()
	c := d.state(j.user)
	switch j.what {
	case "accept":
		if c.Case == nil || c.Case.Offer == nil || c.Case.Offer.To.ID != agent {
			return // it went on to another
		}
		d.must(d.act(agent, j.user, bot.Event{Kind: bot.EventClaim}))
		d.close(j.user, bot.HowClaimed, false)
		d.open[j.user] = &bot.Stint{Holder: bot.HolderAgent, Agent: &bot.AgentID{ID: agent, Name: agent}, Skill: s.Skill, From: now, Opened: s.Opened, FirstDue: s.FirstDue, EndDue: s.EndDue, Answered: s.Answered}
		if v.claimed.IsZero() {
			v.claimed = d.clock
		}
		d.waiting = slices.DeleteFunc(d.waiting, func(u string) bool { return u == j.user })
		reply := d.clock.Add(time.Duration(3+d.r.IntN(20)) * time.Second)
		d.todo[agent] = append(d.todo[agent], job{reply, j.user, "reply"}, job{reply.Add(d.takes()), j.user, "close"})
	case "reply", "close":
		if c.Holder.Agent == nil || c.Holder.Agent.ID != agent {
			return // he lost it
		}
		ev := bot.Event{Kind: bot.EventReply, Text: "您好"}
		if j.what == "close" {
			ev = bot.Event{Kind: bot.EventClose, Reason: bot.ClosedSolved}
		}
		err := d.act(agent, j.user, ev)
		var held *bot.NotHolderError
		if errors.As(err, &held) {
			return
		}
		d.must(err)
		if j.what == "close" {
			v.closed = d.clock
			d.close(j.user, bot.HowClosed, true)
			return
		}
		if !s.Answered {
			s.First, s.Answered = now, true
			v.first = d.clock
		}
	}
}

// close ends a stint in the hand count.
func (d *day) close(user, how string, over bool) {
	s := *d.open[user]
	s.To, s.How, s.Over = d.clock.UnixMilli(), how, over
	if how == bot.HowClosed {
		s.Reason = bot.ClosedSolved
	}
	d.ended = append(d.ended, s)
	delete(d.open, user)
}

// giveUp lets those whose patience is over leave the queue.
func (d *day) giveUp() {
	for _, user := range slices.Clone(d.waiting) {
		v := d.visits[user]
		if d.clock.Sub(v.came) < v.patience {
			continue
		}
		if c := d.says(user, "不排了").Next; c.Holder.Kind != bot.HolderBot {
			d.t.Errorf("%s left the queue and is held by %s", user, c.Holder.Kind)
		}
		v.left = true
		d.close(user, bot.HowLeft, true)
		d.waiting = slices.DeleteFunc(d.waiting, func(u string) bool { return u == user })
	}
}

// follow sees what the desk took back.
func (d *day) follow() {
	queue, err := d.store.Queue(d.t.Context(), 1000)
	d.must(err)
	for _, c := range queue {
		user := c.Address.User
		if s := d.open[user]; s != nil && s.Holder == bot.HolderAgent {
			d.close(user, bot.HowLost, false)
			d.open[user] = &bot.Stint{Holder: bot.HolderQueue, Skill: s.Skill, From: d.clock.UnixMilli(), Opened: s.Opened, FirstDue: s.FirstDue, EndDue: s.EndDue, Answered: s.Answered}
			d.waiting = append(d.waiting, user)
		}
	}
}

func (d *day) idle() bool { return len(d.open) == 0 }

// judge holds the day to what it should have been, and prints it.
func (d *day) judge(begin time.Time, longest int, vanished, lostTo string) {
	t := d.t
	var waits, told, errs, long []float64
	var served, left, worst float64
	for _, v := range d.visits {
		switch {
		case v.left:
			left++
		case v.closed.IsZero():
			t.Errorf("%s was dropped: %+v", v.user, *v)
		default:
			served++
		}
		if v.claimed.IsZero() {
			continue
		}
		wait := v.claimed.Sub(v.came).Seconds()
		worst = max(worst, wait)
		if v.busy {
			waits, told = append(waits, wait), append(told, float64(v.told))
			errs = append(errs, math.Abs(float64(v.told)-wait)/wait)
			if v.told >= 180 {
				long = append(long, errs[len(errs)-1])
			}
		}
	}
	median := func(x []float64) float64 {
		x = slices.Clone(x)
		slices.Sort(x)
		if len(x) == 0 {
			return 0
		}
		return x[len(x)/2]
	}
	t.Logf("%d merchants in %.1f h: %.0f served, %.0f gave up; longest queue %d, longest wait %.0f s", len(d.visits), d.clock.Sub(begin).Hours(), served, left, longest, worst)
	t.Logf("%d were told a wait: median told %.0f s, waited %.0f s; median of what each was wrong by %.0f %%, of who was told three minutes or more %.0f %%",
		len(waits), median(told), median(waits), 100*median(errs), 100*median(long))
	if len(waits) < 20 {
		t.Errorf("only %d had to wait: the day is no test", len(waits))
	}
	if off := math.Abs(median(told)-median(waits)) / median(waits); off > 0.3 {
		t.Errorf("the median wait is told wrong by %.0f %%", 100*off)
	}
	// When the next agent gets free is chance: who is told a minute cannot be told it much better. Who is told many can.
	if m := median(long); m > 0.25 {
		t.Errorf("half of those who were told a long wait were told it wrong by more than %.0f %%", 100*m)
	}
	if m := median(errs); m > 0.3 {
		t.Errorf("half of them were told a wait that was wrong by more than %.0f %%", 100*m)
	}
	if worst > time.Hour.Seconds() {
		t.Errorf("somebody waited for %.0f s", worst)
	}
	if lostTo == "-" || lostTo == "" {
		t.Error("the agent who vanished held nothing: the day is no test")
	} else if v := d.visits[lostTo]; v.closed.IsZero() {
		t.Errorf("%s, whom %s left, was never served to the end", lostTo, vanished)
	}

	// The figures, from the rows of the store, are what was counted by hand.
	rows, err := d.store.Stints(t.Context(), 0, math.MaxInt64)
	d.must(err)
	got := desk.Count(rows, 0, 1)
	for _, q := range got.Queues {
		if x := cmp.Diff(d.byHand(q.Skill), q); x != "" {
			t.Errorf("the figures of queue %q (want by hand, got from rows):\n%s", q.Skill, x)
		}
		t.Logf("%+v", q)
	}
	if len(rows) != len(d.ended) {
		t.Errorf("%d rows, %d periods by hand", len(rows), len(d.ended))
	}
	agents := d.agentsByHand()
	for _, a := range got.Agents {
		if x := cmp.Diff(agents[a.Agent.ID], [4]int{a.Served, a.Closed[bot.ClosedSolved], a.FirstKept, a.FirstMissed}); x != "" {
			t.Errorf("%s (served, closed, in time, late; want by hand):\n%s", a.Agent.ID, x)
		}
		t.Logf("%s served %3d, first answer P50 %3d s, P90 %3d s, in time %d of %d, lost %d", a.Agent.ID, a.Served, a.FirstP50, a.FirstP90, a.FirstKept, a.FirstKept+a.FirstMissed, a.Lost)
	}
}

// byHand counts the figures of a queue, or of all, from what the simulation wrote down, in the plainest way.
func (d *day) byHand(skill string) desk.QueueFigures {
	f := desk.QueueFigures{Skill: skill}
	var waits, firsts []int
	for _, v := range d.visits {
		if skill != "" && v.skill != skill {
			continue
		}
		a, b := limits(v.skill)
		inTime, solved := time.Duration(a)*time.Second, time.Duration(b)*time.Second
		f.Entered++
		if v.left && v.first.IsZero() {
			f.Abandoned++
			if d.leftAt(v).Sub(v.came) > inTime {
				f.FirstMissed++
			}
			continue
		}
		first := v.first.Sub(v.came)
		firsts = append(firsts, int(first/time.Second))
		if first <= inTime {
			f.FirstKept++
		} else {
			f.FirstMissed++
		}
		end := v.closed
		if v.left {
			end = d.leftAt(v)
		}
		if end.Sub(v.came) <= solved {
			f.EndKept++
		} else {
			f.EndMissed++
		}
	}
	for _, s := range d.ended {
		if s.How == bot.HowClaimed && (skill == "" || skill == s.Skill) {
			f.Taken++
			waits = append(waits, int((s.To-s.From)/1000))
		}
	}
	f.WaitP50, f.WaitP90 = nearest(waits, 0.5), nearest(waits, 0.9)
	f.FirstP50, f.FirstP90 = nearest(firsts, 0.5), nearest(firsts, 0.9)
	return f
}

// leftAt is when a merchant gave up.
func (d *day) leftAt(v *visit) time.Time {
	for _, s := range d.ended {
		if s.How == bot.HowLeft && s.Opened == v.came.UnixMilli() {
			return time.UnixMilli(s.To)
		}
	}
	return time.Time{}
}

// nearest is the smallest value that a part of all do not exceed.
func nearest(x []int, part float64) int {
	slices.Sort(x)
	for i := range x {
		if float64(i+1)/float64(len(x)) >= part {
			return x[i]
		}
	}
	return 0
}

// agentsByHand are served, closed, in time, late of each agent.
func (d *day) agentsByHand() map[string][4]int {
	out := map[string][4]int{}
	for _, s := range d.ended {
		if s.Agent == nil {
			continue
		}
		x := out[s.Agent.ID]
		x[0]++
		if s.How == bot.HowClosed {
			x[1]++
		}
		switch {
		case s.First == 0:
		case s.First <= s.FirstDue:
			x[2]++
		default:
			x[3]++
		}
		out[s.Agent.ID] = x
	}
	return out
}
