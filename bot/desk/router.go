package desk

import (
	"slices"

	"posdoctor/bot"
	"posdoctor/flows"
)

// How an agent stands at the desk.
const (
	Online  = "online"
	Busy    = "busy" // is there and takes nothing new
	Offline = "offline"
)

// Agent is an agent as the desk sees him now.
type Agent struct {
	ID, Name string
	Role     string
	Status   string // chosen by him, and offline while he is not there
	Live     bool   // a console of his is connected, so an offer reaches him
	Capacity int
	Load     int     // conversations he holds, those put aside too
	Held     []int64 // when he took each of them, milliseconds
	Busy     int64   // since when he is seen to be busy, milliseconds
	Teams    []string
	Skills   []string // none: everything
	Acted    int64    // when he last did anything by hand, milliseconds; 0 for never
	Seen     int64    // his last sign of life, milliseconds; for one who has not come since the start, the start
	Assigned int64    // when he was last offered something
}

// ID names an agent to others.
func (a Agent) AgentID() *bot.AgentID { return &bot.AgentID{ID: a.ID, Name: a.Name} }

// free is how many more he may have.
func (a Agent) free() int {
	if a.Status != Online {
		return 0
	}
	return max(0, a.Capacity-a.Load)
}

// can says that he has a skill.
func (a Agent) can(skill string) bool {
	return len(a.Skills) == 0 || skill == flows.SkillGeneral || slices.Contains(a.Skills, skill)
}

// Proposal is what the router wants offered to whom.
type Proposal struct {
	Conversation string
	Epoch        int64
	To           Agent
}

// Propose decides what is offered to whom now. queue is in the order in which people are served; a conversation that is offered already
// counts for who has the offer. Each agent has one offer at a time, unless what he is offered is his at once.
//
// Of those who have the skill, are of the team, are free and did not just decline, it is the one who served the merchant last, or else
// the one with the least load for his capacity, and among these the one who waits longest. Who lacks skill or team comes in after
// widen_s; who declined comes again when nobody else is left.
func (r Routing) Propose(queue []bot.Conversation, agents []Agent, now int64) []Proposal {
	if !r.Offers {
		return nil
	}
	agents = slices.Clone(agents)
	offered := map[string]int{}
	for _, c := range queue {
		if o := offerOf(c, now); o != nil && o.To != nil {
			offered[o.To.ID]++
		}
	}
	var out []Proposal
	for _, c := range queue {
		if c.Case != nil && c.Case.Offer != nil {
			continue // one whose time is over is taken back by its timer, which notes who let it pass by
		}
		best := -1
		for i := range agents {
			if !r.may(agents[i], c, offered[agents[i].ID], now) {
				continue
			}
			if best < 0 || r.before(agents[i], agents[best], c, offered) {
				best = i
			}
		}
		if best < 0 {
			continue
		}
		a := &agents[best]
		out = append(out, Proposal{Conversation: c.ID, Epoch: c.Epoch, To: *a})
		offered[a.ID]++
		a.Assigned = now
	}
	return out
}

func offerOf(c bot.Conversation, now int64) *bot.Offer {
	if c.Case == nil || c.Case.Offer == nil || c.Case.Offer.Until <= now {
		return nil
	}
	return c.Case.Offer
}

// restFor is how long one who declined is not asked about the same again, milliseconds.
const restFor = 15_000

// may says whether a conversation may be offered to an agent.
func (r Routing) may(a Agent, c bot.Conversation, offered int, now int64) bool {
	if !a.Live || a.free()-offered <= 0 || offered > 0 && !r.AutoAccept {
		return false
	}
	k := c.Case
	if k == nil {
		return true
	}
	if slices.Contains(k.Passed, a.ID) && now-k.Rest < restFor {
		return false
	}
	wide := now-max(k.Since, c.Since) >= int64(r.Widen)*1000 || r.last(a, c)
	return wide || a.can(k.Skill) && (k.Team == "" || slices.Contains(a.Teams, k.Team))
}

// last says that an agent served the merchant last.
func (r Routing) last(a Agent, c bot.Conversation) bool {
	return r.LastAgent && c.Served != nil && c.Served.Agent.ID == a.ID && (c.Case == nil || !slices.Contains(c.Case.Passed, a.ID))
}

// before says that a comes before b for a conversation which both may be offered.
func (r Routing) before(a, b Agent, c bot.Conversation, offered map[string]int) bool {
	passed := func(x Agent) bool { return c.Case != nil && slices.Contains(c.Case.Passed, x.ID) }
	fits := func(x Agent) bool {
		k := c.Case
		return k == nil || x.can(k.Skill) && (k.Team == "" || slices.Contains(x.Teams, k.Team))
	}
	for _, better := range []func(Agent) bool{func(x Agent) bool { return r.last(x, c) }, func(x Agent) bool { return !passed(x) }, fits} {
		if x, y := better(a), better(b); x != y {
			return x
		}
	}
	x, y := (a.Load+offered[a.ID])*b.Capacity, (b.Load+offered[b.ID])*a.Capacity
	switch {
	case x != y:
		return x < y
	case a.Assigned != b.Assigned:
		return a.Assigned < b.Assigned
	}
	return a.ID < b.ID
}
