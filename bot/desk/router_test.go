package desk_test

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"posdoctor/bot"
	"posdoctor/bot/desk"
)

func sorted(s []string) []string {
	s = slices.Clone(s)
	slices.Sort(s)
	return s
}

// waiting is a conversation in the queue, in a few words: "c1 risk 100" waits for the skill risk since second 100; more words add to it.
func waiting(words string) bot.Conversation {
	f := strings.Fields(words)
	c := bot.Conversation{ID: f[0], Holder: bot.Holder{Kind: bot.HolderQueue}, Epoch: 1, Case: &bot.Case{Skill: f[1]}}
	for _, w := range f[2:] {
		k, v, _ := strings.Cut(w, "=")
		switch k {
		case "since":
			c.Since = seconds(v)
			c.Case.Since = c.Since
		case "last":
			c.Served = &bot.Served{Agent: bot.AgentID{ID: v}}
		case "passed":
			c.Case.Passed = append(c.Case.Passed, v)
		case "rest":
			c.Case.Rest = seconds(v)
		case "team":
			c.Case.Team = v
		case "offered":
			c.Case.Offer = &bot.Offer{To: &bot.AgentID{ID: v}, Until: 2_000_000}
		case "expired":
			c.Case.Offer = &bot.Offer{To: &bot.AgentID{ID: v}, Until: 1}
		}
	}
	return c
}

func seconds(s string) int64 {
	n := int64(0)
	for _, d := range s {
		n = n*10 + int64(d-'0')
	}
	return n * 1000
}

// agent is one who is there: "a 2/6 risk" holds two of six and has the skill risk.
func agent(words string) desk.Agent {
	f := strings.Fields(words)
	load, capacity, _ := strings.Cut(f[1], "/")
	a := desk.Agent{ID: f[0], Name: f[0], Status: desk.Online, Live: true, Load: int(seconds(load) / 1000), Capacity: int(seconds(capacity) / 1000)}
	for _, w := range f[2:] {
		k, v, _ := strings.Cut(w, "=")
		switch {
		case k == "team":
			a.Teams = append(a.Teams, v)
		case k == "at":
			a.Assigned = seconds(v)
		case w == "busy":
			a.Status = desk.Busy
		case w == "gone":
			a.Live = false
		default:
			a.Skills = append(a.Skills, w)
		}
	}
	return a
}

func TestPropose(t *testing.T) {
	now := int64(1_000_000)
	for _, tt := range []struct {
		name          string
		queue, agents string
		change        func(*desk.Routing)
		want          string
	}{
		{"the least load", "c1 general since=990", "a 2/6|b 1/6", nil, "c1>b"},
		{"by capacity", "c1 general since=990", "a 2/10|b 1/4", nil, "c1>a"},
		{"round robin", "c1 general since=990", "a 0/6 at=50|b 0/6 at=40", nil, "c1>b"},
		{"one offer each", "c1 general since=980|c2 general since=990|c3 general since=991", "a 0/6|b 0/6", nil, "c1>a c2>b"},
		{"all at once where it is theirs at once", "c1 general since=980|c2 general since=990|c3 general since=991", "a 0/2|b 0/6", func(r *desk.Routing) { r.AutoAccept = true }, "c1>a c2>b c3>b"},
		{"full", "c1 general since=990", "a 6/6|b 5/5", nil, ""},
		{"busy or not connected", "c1 general since=990", "a 0/6 busy|b 0/6 gone", nil, ""},
		{"by skill", "c1 risk since=990", "a 0/6 terminal|b 4/6 risk", nil, "c1>b"},
		{"who has none has all", "c1 risk since=990", "a 0/6 terminal|b 4/6", nil, "c1>b"},
		{"everybody does general", "c1 general since=990", "a 0/6 terminal|b 4/6 risk", nil, "c1>a"},
		{"nobody has the skill, and it has not waited long", "c1 risk since=990", "a 0/6 terminal", nil, ""},
		{"… and after two minutes", "c1 risk since=880", "a 0/6 terminal", nil, "c1>a"},
		{"… who has it still comes first", "c1 risk since=880", "a 0/6 terminal|b 5/6 risk", nil, "c1>b"},
		{"last agent first", "c1 risk since=990 last=a", "a 5/6 terminal|b 0/6 risk", nil, "c1>a"},
		{"last agent full", "c1 risk since=990 last=a", "a 6/6 risk|b 3/6 risk", nil, "c1>b"},
		{"last agent declined", "c1 risk since=900 last=a passed=a rest=900", "a 0/6 risk|b 3/6 risk", nil, "c1>b"},
		{"last agent does not matter", "c1 risk since=990 last=a", "a 5/6 risk|b 0/6 risk", func(r *desk.Routing) { r.LastAgent = false }, "c1>b"},
		{"who declined rests", "c1 general since=990 passed=a rest=990", "a 0/6", nil, ""},
		{"… and is asked again when nobody else is left", "c1 general since=900 passed=a rest=980", "a 0/6|b 6/6", nil, "c1>a"},
		{"team", "c1 general since=990 team=vip", "a 0/6|b 3/6 team=vip", nil, "c1>b"},
		{"team too late", "c1 general since=800 team=vip", "a 0/6|b 6/6 team=vip", nil, "c1>a"},
		{"offered already", "c1 general since=990 offered=a|c2 general since=991", "a 0/6|b 0/6", nil, "c2>b"},
		{"an offer that its timer is about to take back", "c1 general since=990 expired=a", "a 0/6", nil, ""},
		{"off", "c1 general since=990", "a 0/6", func(r *desk.Routing) { r.Offers = false }, ""},
		{"in the queue's order", "c1 risk since=999|c2 risk since=900", "a 0/6 risk", nil, "c1>a"},
		{"what one cannot take keeps nobody else waiting", "c1 risk since=990|c2 terminal since=991", "a 0/6 terminal", nil, "c2>a"},
	} {
		r := desk.DefaultRouting()
		if tt.change != nil {
			tt.change(&r)
		}
		var queue []bot.Conversation
		var agents []desk.Agent
		for _, w := range strings.Split(tt.queue, "|") {
			queue = append(queue, waiting(w))
		}
		for _, w := range strings.Split(tt.agents, "|") {
			agents = append(agents, agent(w))
		}
		var got []string
		for _, p := range r.Propose(queue, agents, now) {
			got = append(got, p.Conversation+">"+p.To.ID)
		}
		if strings.Join(got, " ") != tt.want {
			t.Errorf("%s: %v, want %q", tt.name, got, tt.want)
		}
	}
}

func TestServes(t *testing.T) {
	stint := func(agent string, s int64) bot.Stint {
		return bot.Stint{Holder: bot.HolderAgent, Agent: &bot.AgentID{ID: agent}, From: 0, To: s * 1000}
	}
	for _, tt := range []struct {
		name   string
		stints []bot.Stint
		want   float64
	}{
		{"nothing measured", nil, 300},
		{"too little", []bot.Stint{stint("a", 10)}, 300},
		{"the mean", []bot.Stint{stint("a", 100), stint("a", 200), stint("a", 300), stint("a", 200), stint("a", 200)}, 200},
		{"one that stayed open over night", []bot.Stint{stint("a", 100), stint("a", 100), stint("a", 100), stint("a", 100), stint("a", 40_000)}, 160},
		{"each agent counts alike", []bot.Stint{stint("a", 100), stint("a", 100), stint("a", 100), stint("a", 100), stint("a", 100), stint("b", 300)}, 200},
	} {
		if got := desk.Serves(tt.stints).Seconds(); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
	here, free, eta := desk.Pace([]desk.Agent{agent("a 6/6"), agent("b 4/6"), agent("c 0/6 busy"), {Status: desk.Offline, Capacity: 6}}, 600e9)
	if here != 3 || free != 2 || eta != 50 {
		t.Errorf("%d here, %d free, %d s each", here, free, eta)
	}
	d := bot.DeskStatus{Waiting: 4, Free: 0, ETA: 60, Pickup: 15, Before: []int{4, 3, 1, 0}}
	if ahead, wait := d.At("risk", 2); ahead != 1 || wait != 15+2*60 {
		t.Errorf("%d ahead, %d s", ahead, wait)
	}
	d.Free = 3
	_, one := d.At("risk", 2)
	if _, all := d.At("risk", 0); one != 15 || all != 15+2*60 {
		t.Errorf("with free agents: %d and %d s", one, all)
	}
	d.Waits = map[string][]int{"risk": {300, 200, 100, 50}}
	if ahead, wait := d.At("risk", 2); ahead != 1 || wait != 100 {
		t.Errorf("foreseen: %d ahead, %d s", ahead, wait)
	}
}

// What is foreseen: who has been served for long is done sooner, skills count, breaks end, and the same desk foresees the same.
func TestForesee(t *testing.T) {
	const minute = int64(time.Minute / time.Millisecond)
	now := 1000 * minute
	var stints []bot.Stint
	for i := range int64(20) { // each takes ten minutes
		at := now - (40-i)*minute
		stints = append(stints, bot.Stint{Agent: &bot.AgentID{ID: fmt.Sprint("x", i%4)}, Skill: "general", From: at - 10*minute, To: at, Opened: at - 10*minute})
	}
	m := desk.Measure(stints, nil, now)
	serving := func(words string, minutes int64) desk.Agent {
		a := agent(words)
		a.Held = []int64{now - minutes*minute}
		return a
	}
	foresee := func(queue []bot.Conversation, agents ...desk.Agent) desk.Forecast {
		t.Helper()
		f, ok := desk.Foresee(desk.Floor{Agents: agents, Queue: queue, Now: now, Widen: 3600}, m)
		if !ok {
			t.Fatal("nothing is foreseen")
		}
		return f
	}
	soon, late := foresee(nil, serving("a 1/1", 9)), foresee(nil, serving("a 1/1", 1))
	if x, y := soon.New["general"][0], late.New["general"][0]; x < 60 || x > 90 || y < 540 || y > 570 {
		t.Errorf("one who has been served for nine minutes: %d s, for one: %d s", x, y)
	}
	skilled := foresee(nil, serving("a 1/1 terminal", 9), serving("b 1/1 risk", 5))
	if x, y := skilled.New["terminal"][0], skilled.New["risk"][0]; x > 90 || y < 300 || y > 330 {
		t.Errorf("each skill has its own agent: terminal %d s, risk %d s", x, y)
	}
	queue := []bot.Conversation{{ID: "c", Case: &bot.Case{Skill: "general", Since: now - minute}}}
	behind := foresee(queue, serving("a 1/1", 9))
	if own, next, urgent := behind.Own["c"], behind.New["general"][0], behind.New["general"][2]; own > 90 || next < 660 || urgent > 90 {
		t.Errorf("the first in the queue waits %d s, the next %d s, an urgent one %d s", own, next, urgent)
	}
	away := agent("b 0/1 busy")
	away.Busy = now - 29*minute
	if x := foresee(nil, serving("a 1/1", 1), away).New["general"][0]; x < 60 || x > 400 {
		t.Errorf("with one who comes back: %d s", x)
	}
	if again := foresee(queue, serving("a 1/1", 9)); !reflect.DeepEqual(again, behind) {
		t.Errorf("the same desk foresees %+v and %+v", behind, again)
	}
	if _, ok := desk.Foresee(desk.Floor{Agents: []desk.Agent{serving("a 1/1", 1)}, Now: now}, desk.Measure(nil, nil, now)); ok {
		t.Error("something is foreseen from nothing")
	}
}

func BenchmarkForesee(b *testing.B) {
	now := time.Now().UnixMilli()
	r := rand.New(rand.NewPCG(1, 1))
	var stints []bot.Stint
	for i := range int64(200) {
		at := now - i*30_000
		stints = append(stints, bot.Stint{Agent: &bot.AgentID{ID: fmt.Sprint(i % 12)}, Skill: "general", From: at - 1000*r.Int64N(600), To: at, Opened: at - 700_000})
	}
	m := desk.Measure(stints, nil, now)
	f := desk.Floor{Now: now, Widen: 60}
	for range 12 {
		a := agent("a 1/1")
		a.Held = []int64{now - 1000*r.Int64N(300)}
		f.Agents = append(f.Agents, a)
	}
	for i := range int64(30) {
		f.Queue = append(f.Queue, bot.Conversation{ID: fmt.Sprint(i), Case: &bot.Case{Skill: "general", Since: now - (30-i)*20_000}})
	}
	for b.Loop() {
		desk.Foresee(f, m)
	}
}
