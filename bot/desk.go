package bot

import (
	"fmt"
	"slices"

	"posdoctor/flows"
)

// desk handles what an agent does. Every act names the epoch the agent saw; an old one is refused.
func (t *turn) desk() error {
	ev, c := t.ev, &t.next
	if ev.Agent == nil {
		return fmt.Errorf("event %s names no agent", ev.Kind)
	}
	mine := c.Holder.Kind == HolderAgent && c.Holder.Agent != nil && c.Holder.Agent.ID == ev.Agent.ID
	if ev.Outside {
		return t.outside(mine)
	}
	if ev.Epoch != c.Epoch || !t.allowed(mine) {
		return &NotHolderError{Holder: c.Holder, Epoch: c.Epoch}
	}
	name := map[string]string{"agent": ev.Agent.Name}
	switch ev.Kind {
	case EventClaim:
		return t.claim()
	case EventTake:
		return t.take()
	case EventPass:
		t.pass()
		return nil
	case EventReply:
		t.reply()
		return nil
	case EventHold:
		if c.Case != nil && c.Case.Paused == 0 {
			t.say(Message{Type: TypeMessage, From: FromSystem, Text: t.book.Flow.Text("paused", name)})
		}
		t.pause()
		return nil
	case EventResume:
		t.unpause()
		return nil
	case EventLost:
		return t.lost()
	case EventRelease:
		t.hold(Holder{Kind: HolderBot})
		c.Reason = ""
		t.say(Message{Type: TypeLeft, From: FromSystem, Text: t.book.Flow.Text("left", name)})
		t.watch()
		return t.tell(flows.Released)
	case EventTransfer:
		return t.transfer()
	default: // EventClose
		return t.end()
	}
}

// allowed says whether the holder of the conversation leaves the act to this agent.
func (t *turn) allowed(mine bool) bool {
	ev, c := t.ev, &t.next
	var o *Offer
	if c.Case != nil {
		o = c.Case.Offer
	}
	switch ev.Kind {
	case EventClaim: // what an agent holds only where he offers it
		return c.Holder.Kind != HolderAgent || o != nil && ev.At <= o.Until && o.For(ev.Agent.ID, []string{ev.Team})
	case EventTake:
		return c.Holder.Kind == HolderAgent && !mine
	case EventPass:
		return o.For(ev.Agent.ID, []string{ev.Team})
	}
	return mine
}

// outside keeps up with a person who answers in a program of his own.
func (t *turn) outside(mine bool) error {
	switch t.ev.Kind {
	case EventClose:
		if t.next.Holder.Kind == HolderClosed {
			return nil
		}
		return t.end()
	case EventClaim, EventReply:
		if !mine {
			if err := t.claim(); err != nil {
				return err
			}
		}
		if t.ev.Kind == EventReply {
			t.reply()
		}
		return nil
	}
	return fmt.Errorf("nobody does %s outside", t.ev.Kind)
}

func (t *turn) claim() error {
	a := t.ev.Agent
	if k := t.next.Case; k != nil && k.Offer != nil && k.Offer.By != nil && !t.ev.Outside {
		t.say(Message{Type: TypeMessage, From: FromSystem, Text: t.book.Flow.Text("transferred.to", map[string]string{"agent": k.Offer.By.Name, "to": a.Name})})
	}
	t.seize(t.book.Flow.Text("joined", map[string]string{"agent": a.Name}))
	return t.tell(flows.Claimed)
}

// take lets a lead take over from an agent.
func (t *turn) take() error {
	t.seize(t.book.Flow.Text("taken", map[string]string{"to": t.ev.Agent.Name}))
	return t.tell(flows.Claimed)
}

// seize makes the agent of the event the holder.
func (t *turn) seize(words string) {
	a := t.ev.Agent
	t.hold(Holder{Kind: HolderAgent, Agent: a})
	t.cancel(TimerWaiting)
	if k := t.next.Case; k != nil {
		k.Passed, k.Rest, k.Team = nil, 0, ""
	}
	t.say(Message{Type: TypeJoined, From: FromSystem, Agent: &AgentID{Name: a.Name}, Text: words})
}

// transfer passes a conversation on. An agent or a team is asked and has until a time to accept; until then the giver holds it. The
// queue takes it at once.
func (t *turn) transfer() error {
	c, ev := &t.next, t.ev
	if ev.To != nil || ev.Team != "" && ev.Until > 0 {
		if c.Case == nil || ev.To != nil && ev.To.ID == ev.Agent.ID {
			return &NotHolderError{Holder: c.Holder, Epoch: c.Epoch}
		}
		c.Case.Offer = &Offer{To: ev.To, Team: ev.Team, Until: ev.Until, By: ev.Agent, Note: ev.Remark}
		t.setAt(TimerOffer, ev.Until)
		return nil
	}
	t.say(Message{Type: TypeMessage, From: FromSystem, Text: t.book.Flow.Text("transferred", map[string]string{"agent": ev.Agent.Name})})
	t.hold(Holder{Kind: HolderQueue})
	c.Reason = "transferred"
	if k := c.Case; k != nil {
		k.Team = ev.Team
		k.skip(ev.Agent.ID, ev.At)
		if k.Asked == 0 {
			k.Asked = ev.At
		}
	}
	if err := t.tell(flows.Queued); err != nil {
		return err
	}
	t.start(TimerWaiting)
	return nil
}

// lost takes a conversation from an agent who is gone or silent. It goes before all others: its merchant has been served and dropped.
func (t *turn) lost() error {
	c, gone := &t.next, t.ev.Agent
	t.hold(Holder{Kind: HolderQueue})
	c.Reason = "agent lost"
	if k := c.Case; k != nil {
		k.Priority = flows.MostUrgent
		if !slices.Contains(k.Why, flows.WhyRepeat) {
			k.Why = append(k.Why, flows.WhyRepeat)
		}
		k.skip(gone.ID, t.ev.At)
		if k.Asked == 0 {
			k.Asked = t.ev.At
		}
	}
	t.say(Message{Type: TypeQueued, From: FromSystem, Agent: &AgentID{Name: gone.Name}, Text: t.book.Flow.Text("lost", map[string]string{"agent": gone.Name}), QueueLine: t.place()})
	if err := t.tell(flows.Queued); err != nil {
		return err
	}
	t.start(TimerWaiting)
	return nil
}

// pause puts a conversation aside until a time; it stays with its agent.
func (t *turn) pause() {
	if k := t.next.Case; k != nil {
		k.Paused, k.Asked = t.ev.Until, 0
		t.setAt(TimerPause, t.ev.Until)
	}
}

func (t *turn) reply() {
	t.answered()
	t.unpause()
	m := Message{Type: TypeMessage, From: FromAgent, Name: t.ev.Agent.Name, CID: t.ev.CID, Text: t.ev.Text}
	if f := t.ev.File; f != nil {
		m.Text, m.Media = titled(f.Kind, t.ev.Text), &Media{ID: f.ID, Kind: f.Kind}
	}
	t.say(m)
	t.next.Wrote = t.ev.Agent
}

func (t *turn) end() error {
	t.hold(Holder{Kind: HolderClosed})
	t.next.Reason = ""
	t.say(Message{Type: TypeEnded, From: FromSystem, Text: t.book.Flow.Text("ended", nil)})
	if err := t.tell(flows.Closed); err != nil {
		return err
	}
	if why := t.ev.Reason; t.next.Wrote != nil && why != ClosedNoReply && why != ClosedDuplicate {
		t.ask()
	}
	return nil
}

// tell lets the flow know what the desk did.
func (t *turn) tell(kind string) error {
	st, out, err := t.book.Flow.Next(t.next.Dialogue, flows.Input{At: t.ev.At, Kind: kind})
	if err != nil {
		return err
	}
	t.next.Dialogue = st
	t.moves = append(t.moves, out.Moves...)
	for _, s := range out.Steps {
		t.step(s)
	}
	return nil
}
