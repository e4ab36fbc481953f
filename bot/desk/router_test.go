package desk_test

import (
	"slices"
	"strings"
	"testing"

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
		{"an offer that has ended", "c1 general since=990 expired=a", "a 0/6", nil, "c1>a"},
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
	if ahead, wait := d.At(2); ahead != 1 || wait != 15+2*60 {
		t.Errorf("%d ahead, %d s", ahead, wait)
	}
	if d.Free = 3; d.Wait(1) != 15 || d.Wait(4) != 15+2*60 {
		t.Errorf("with free agents: %d and %d s", d.Wait(1), d.Wait(4))
	}
}
