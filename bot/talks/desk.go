package talks

import (
	"context"
	"strconv"
	"time"

	"posdoctor/bot"
)

// desk reads the lines that are about the desk and those who work at it; nil for any other.
func (s *Stage) desk(line string) func(context.Context) error {
	span := func(n, unit string) time.Duration {
		i, _ := strconv.Atoi(n)
		return time.Duration(i) * units[unit]
	}
	who := func(name string) *bot.AgentID { return &bot.AgentID{ID: name, Name: name} }
	act := func(ev func() bot.Event) func(context.Context) error {
		return func(ctx context.Context) error { return s.agent(ctx, ev()) }
	}
	if m := agentPass.FindStringSubmatch(line); m != nil {
		return act(func() bot.Event {
			return bot.Event{Kind: bot.EventTransfer, Agent: who(m[1]), To: who(m[2]), Until: s.clock.Add(31 * time.Second).UnixMilli()}
		})
	}
	if m := agentHold.FindStringSubmatch(line); m != nil {
		return act(func() bot.Event {
			return bot.Event{Kind: bot.EventHold, Agent: who(m[1]), Until: s.clock.Add(time.Second + span(m[2], m[3])).UnixMilli()}
		})
	}
	if m := offered.FindStringSubmatch(line); m != nil {
		return act(func() bot.Event {
			return bot.Event{Kind: bot.EventOffer, To: who(m[1]), Until: s.clock.Add(21 * time.Second).UnixMilli()}
		})
	}
	if m := allBusy.FindStringSubmatch(line); m != nil {
		n, _ := strconv.Atoi(m[1])
		return func(context.Context) error {
			s.stands = &bot.DeskStatus{Open: true, Waiting: n, ETA: 60, Why: "busy"}
			return nil
		}
	}
	if m := offDuty.FindStringSubmatch(line); m != nil {
		return func(context.Context) error {
			s.stands = &bot.DeskStatus{Why: "closed", Hours: "9:00–21:00", Back: m[1]}
			return nil
		}
	}
	if m := firstIn.FindStringSubmatch(line); m != nil {
		return func(context.Context) error { s.first = span(m[1], m[2]); return nil }
	}
	return nil
}
