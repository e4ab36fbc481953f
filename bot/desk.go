package bot

import (
	"fmt"

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
	if ev.Epoch != c.Epoch || (ev.Kind != EventClaim && !mine) || (ev.Kind == EventClaim && c.Holder.Kind == HolderAgent) {
		return &NotHolderError{Holder: c.Holder, Epoch: c.Epoch}
	}
	name := map[string]string{"agent": ev.Agent.Name}
	switch ev.Kind {
	case EventClaim:
		return t.claim()
	case EventReply:
		t.reply()
		return nil
	case EventRelease:
		t.hold(Holder{Kind: HolderBot})
		c.Reason = ""
		t.say(Message{Type: TypeLeft, From: FromSystem, Text: t.book.Flow.Text("left", name)})
		t.watch()
		return t.tell(flows.Released)
	case EventTransfer:
		t.say(Message{Type: TypeMessage, From: FromSystem, Text: t.book.Flow.Text("transferred", name)})
		if ev.To != nil {
			t.hold(Holder{Kind: HolderAgent, Agent: ev.To})
			t.say(Message{Type: TypeJoined, From: FromSystem, Agent: &AgentID{Name: ev.To.Name},
				Text: t.book.Flow.Text("joined", map[string]string{"agent": ev.To.Name})})
			return nil
		}
		t.hold(Holder{Kind: HolderQueue})
		c.Reason = "transferred"
		if err := t.tell(flows.Queued); err != nil {
			return err
		}
		t.start(TimerWaiting)
		return nil
	default: // EventClose
		return t.end()
	}
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
	if t.next.Holder.Kind == HolderClosed {
		t.next.Served = nil
	}
	t.hold(Holder{Kind: HolderAgent, Agent: a})
	t.cancel(TimerWaiting)
	t.say(Message{Type: TypeJoined, From: FromSystem, Agent: &AgentID{Name: a.Name}, Text: t.book.Flow.Text("joined", map[string]string{"agent": a.Name})})
	return t.tell(flows.Claimed)
}

func (t *turn) reply() {
	m := Message{Type: TypeMessage, From: FromAgent, Name: t.ev.Agent.Name, CID: t.ev.CID, Text: t.ev.Text}
	if f := t.ev.File; f != nil {
		m.Text, m.Media = titled(f.Kind, t.ev.Text), &Media{ID: f.ID, Kind: f.Kind}
	}
	t.say(m)
	t.next.Served = t.ev.Agent
}

func (t *turn) end() error {
	t.hold(Holder{Kind: HolderClosed})
	t.next.Reason = ""
	t.say(Message{Type: TypeEnded, From: FromSystem, Text: t.book.Flow.Text("ended", nil)})
	if err := t.tell(flows.Closed); err != nil {
		return err
	}
	if t.next.Served != nil {
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
