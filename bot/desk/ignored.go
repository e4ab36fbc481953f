package desk

import (
	"context"
	"slices"

	"posdoctor/bot"
)

// ignoredMost is how many offers in a row an agent may let pass by. Then he is taken to be away from his place, and merchants no longer
// wait for him.
const ignoredMost = 2

// ignored keeps count of offers that nobody answered. It is of the process that makes the offers and of the goroutine that runs Once;
// after a restart it begins anew.
type ignored struct {
	made  map[string]made  // by conversation: the offer whose end is not known yet
	times map[string]int   // by agent: how many in a row
	since map[string]int64 // by agent: when the first of them was made, milliseconds
}

type made struct {
	to        string
	epoch     int64
	at, until int64
}

func (g *ignored) offered(p Proposal, at, until int64) {
	if g.made == nil {
		g.made, g.times, g.since = map[string]made{}, map[string]int{}, map[string]int64{}
	}
	g.made[p.Conversation] = made{p.To.ID, p.Epoch, at, until}
}

// away learns from the queue what became of the offers, and names the agents who let too many pass by. Who accepts one, declines one,
// takes a conversation from the list, does anything else by hand, is cut off or chooses not to be asked is not away.
func (g *ignored) away(queue []bot.Conversation, agents []Agent) (out []string) {
	for id, o := range g.made {
		i := slices.IndexFunc(queue, func(c bot.Conversation) bool { return c.ID == id && c.Epoch == o.epoch && c.Case != nil })
		if i < 0 { // somebody has taken it, or the merchant wants nobody
			delete(g.made, id)
			continue
		}
		k := queue[i].Case
		if k.Offer != nil && k.Offer.Until == o.until {
			continue // it stands, or its timer is about to take it back
		}
		delete(g.made, id)
		if n := len(k.Passed); n == 0 || k.Passed[n-1] != o.to || k.Rest < o.until {
			delete(g.times, o.to) // declined
			continue
		}
		if g.times[o.to] == 0 {
			g.since[o.to] = o.at
		}
		g.times[o.to]++
	}
	for _, a := range agents {
		took := slices.ContainsFunc(a.Held, func(at int64) bool { return at >= g.since[a.ID] })
		switch {
		case took || a.Acted >= g.since[a.ID] || !a.Live || a.Status != Online:
			delete(g.times, a.ID)
		case g.times[a.ID] >= ignoredMost:
			delete(g.times, a.ID)
			out = append(out, a.ID)
		}
	}
	return out
}

// standDown sets those busy who let offers pass by.
func (d *Desk) standDown(ctx context.Context, queue []bot.Conversation, agents []Agent) error {
	for _, id := range d.ignored.away(queue, agents) {
		if err := d.Roster.Away(ctx, id); err != nil {
			return err
		}
		d.Log.Info("an agent let offers pass by and is set to busy", "agent", id, "offers", ignoredMost)
		for i := range agents {
			if agents[i].ID == id {
				agents[i].Status = Busy
			}
		}
	}
	return nil
}
