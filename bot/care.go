package bot

import (
	"fmt"
	"slices"
	"time"

	"posdoctor/flows"
)

// Case is what the desk knows of a conversation from when people are wanted until they are done with it. It is nil while only the bot
// speaks.
type Case struct {
	Epoch    int64    `json:"epoch"`              // at which it began: with the conversation's id it names the case
	Skill    string   `json:"skill"`              // settlement, risk, terminal or general
	Priority int      `json:"priority,omitempty"` // 0..3, the highest first
	Why      []string `json:"why,omitempty"`      // what made it so: money, unknown, complaint, repeat, late
	Since    int64    `json:"since"`              // when people were wanted, milliseconds; a transfer does not change it
	Asked    int64    `json:"asked,omitempty"`    // since when the merchant waits for a person's words; 0 when they spoke last
	Unread   int      `json:"unread,omitempty"`   // lines of the merchant since then
	First    int64    `json:"first,omitempty"`    // when a person first wrote
	Left     int64    `json:"left,omitempty"`     // when the merchant left a message, instead of waiting
	Team     string   `json:"team,omitempty"`     // in the queue: whose it is first
	Offer    *Offer   `json:"offer,omitempty"`
	Passed   []string `json:"passed,omitempty"` // agents who were offered it and did not take it, the newest last, at most 8
	Rest     int64    `json:"rest,omitempty"`   // when the last of them did not
	Paused   int64    `json:"paused,omitempty"` // held by its agent until then, milliseconds
	// Targets of the first answer and of the end, and which were missed.
	FirstDue Due `json:"first_due,omitzero"`
	EndDue   Due `json:"end_due,omitzero"`
	Reply    Due `json:"reply,omitzero"`   // of each answer after the first: milliseconds since it was asked for
	Missed   int `json:"missed,omitempty"` // missedFirst, missedEnd
}

// Due is when something should have happened, milliseconds: from Amber on it is urgent, from Red on late. 0 is never.
type Due struct {
	Amber int64 `json:"amber"`
	Red   int64 `json:"red"`
}

// Targets are the targets of a case that begins now, for one skill; "" stands for every other.
type Targets struct {
	Skill string `json:"skill,omitempty"`
	First Due    `json:"first,omitzero"`
	End   Due    `json:"end,omitzero"`
	Reply Due    `json:"reply,omitzero"` // milliseconds since the merchant asked
}

const (
	missedFirst = 1
	missedEnd   = 2
	mostPassed  = 8
)

// Due is what is due next: the target that runs, or the answer that the merchant waits for.
func (k Case) Due() Due {
	d := k.target()
	if k.First > 0 && k.Asked > 0 && k.Reply.Red > 0 {
		if r := (Due{k.Asked + k.Reply.Amber, k.Asked + k.Reply.Red}); d.Red == 0 || r.Red < d.Red {
			return r
		}
	}
	return d
}

// target is the one that runs now.
func (k Case) target() Due {
	if k.First == 0 {
		return k.FirstDue
	}
	return k.EndDue
}

// Offer proposes a conversation to an agent, or to a team, until a time. In the queue it comes from the desk; By is the agent who
// passes the conversation on, and holds it until it is accepted.
type Offer struct {
	To    *AgentID `json:"to,omitempty"`
	Team  string   `json:"team,omitempty"`
	Until int64    `json:"until"`
	By    *AgentID `json:"by,omitempty"`
	Note  string   `json:"note,omitempty"` // of the giver to who takes over, masked
}

// For says that an offer is made to an agent, who belongs to teams.
func (o *Offer) For(agent string, teams []string) bool {
	if o == nil {
		return false
	}
	return o.To != nil && o.To.ID == agent || o.To == nil && slices.Contains(teams, o.Team)
}

// Served is who was with the merchant last.
type Served struct {
	Agent  AgentID `json:"agent"`
	Skill  string  `json:"skill,omitempty"`
	At     int64   `json:"at"`               // until when, milliseconds
	Reason string  `json:"reason,omitempty"` // closed: how it ended
	Gap    bool    `json:"gap,omitempty"`    // closed: the library lacks what would have helped
	Note   string  `json:"note,omitempty"`   // closed: of the agent, for colleagues
}

// Reasons of a close.
const (
	ClosedSolved     = "solved"
	ClosedUnsolvable = "unsolvable"
	ClosedDuplicate  = "duplicate"
	ClosedNoReply    = "no_reply"
)

// How a stint ends.
const (
	HowClaimed     = "claimed"     // of the queue: an agent took it
	HowLeft        = "left"        // of the queue: the merchant gave up waiting
	HowTransferred = "transferred" // another agent accepted it
	HowQueued      = "queued"      // it was put back into the queue
	HowTaken       = "taken"       // a lead took it over
	HowLost        = "lost"        // the agent was gone or silent for too long
	HowReleased    = "released"    // back to the bot
	HowClosed      = "closed"
)

// Stint is one period of a case with one holder, kept when it is over: the raw rows of all figures of the desk.
type Stint struct {
	Case     string   `json:"case"`   // conversation, a colon and the epoch at which the case began
	Holder   string   `json:"holder"` // queue or agent
	Agent    *AgentID `json:"agent,omitempty"`
	Skill    string   `json:"skill"`
	Priority int      `json:"priority"`
	From     int64    `json:"from"` // milliseconds
	To       int64    `json:"to"`
	Opened   int64    `json:"opened"`          // when the case began
	First    int64    `json:"first,omitempty"` // when the case got its first answer, in the stint in which it did
	How      string   `json:"how"`
	Reason   string   `json:"reason,omitempty"` // closed: see Served
	Gap      bool     `json:"gap,omitempty"`
	Over     bool     `json:"over,omitempty"` // the case ended with it
	FirstDue int64    `json:"first_due,omitempty"`
	EndDue   int64    `json:"end_due,omitempty"`
	Answered bool     `json:"answered,omitempty"` // the case had an answer by the end of the stint
}

// repeatFor is how long after people were done with a merchant he counts as one who comes again.
const repeatFor = 24 * time.Hour

// own makes a case of the turn's own to change.
func (t *turn) own() {
	if k := t.next.Case; k != nil {
		mine := *k
		mine.Why, mine.Passed = slices.Clone(k.Why), slices.Clone(k.Passed)
		t.next.Case = &mine
	}
}

// caller is what the desk knows of the merchant.
func (t *turn) caller() flows.Caller {
	c := &t.next
	out := flows.Caller{Reason: c.Reason, Repeat: c.Served != nil && t.ev.At-c.Served.At < repeatFor.Milliseconds()}
	for _, r := range c.Tickets {
		out.Unknown = out.Unknown || r.Status == "UNKNOWN"
	}
	return out
}

// open begins a case where people hold the conversation from now on, and notes a message that was left.
func (t *turn) open() {
	c := &t.next
	if c.Holder.Kind != HolderQueue && c.Holder.Kind != HolderAgent {
		return
	}
	if c.Case == nil {
		care := t.book.Flow.Care(c.Dialogue, t.caller())
		k := &Case{Epoch: c.Epoch, Skill: care.Skill, Priority: care.Priority, Why: care.Why, Since: t.ev.At}
		c.Case = k
		if c.Holder.Kind == HolderQueue {
			k.Asked = t.ev.At
			kind := NoticeQueued
			if c.Reason == ReasonUnsure || c.Reason == flows.ReasonTicketUnknown {
				kind = NoticeUnsure
			}
			t.notice(kind, t.ev.At)
		}
		if d := t.ev.Desk; d != nil {
			for _, x := range d.Targets {
				if x.Skill == k.Skill || x.Skill == "" && k.FirstDue == (Due{}) && k.EndDue == (Due{}) {
					k.FirstDue, k.EndDue, k.Reply = x.First, x.End, x.Reply
				}
			}
		}
		if k.FirstDue.Red > 0 {
			t.setAt(TimerTarget, k.FirstDue.Red)
		}
	} else if c.Holder.Kind == HolderQueue {
		t.learn()
	}
	if t.outcome.Left && c.Case.Left == 0 {
		c.Case.Left = t.ev.At
		t.notice(NoticeLeft, t.ev.At)
	}
}

// learn takes into a case what a waiting merchant has added: it may need other people then, or be more urgent, and never less.
func (t *turn) learn() {
	k := t.next.Case
	care := t.book.Flow.Care(t.next.Dialogue, t.caller())
	if care.Skill != flows.SkillGeneral {
		k.Skill = care.Skill
	}
	k.Priority = max(k.Priority, care.Priority)
	for _, why := range care.Why {
		if !slices.Contains(k.Why, why) {
			k.Why = append(k.Why, why)
		}
	}
}

// stint keeps the period of the holder before the next one, and with the last of a case what the desk knew of it goes.
func (t *turn) stint(next Holder) {
	c := &t.next
	was, k := c.Holder, c.Case
	if k == nil || was.Kind != HolderQueue && was.Kind != HolderAgent {
		return
	}
	over := next.Kind == HolderBot || next.Kind == HolderClosed
	s := &Stint{Case: fmt.Sprintf("%s:%d", c.ID, k.Epoch), Holder: was.Kind, Agent: was.Agent, Skill: k.Skill, Priority: k.Priority, From: c.Since, To: t.ev.At,
		Opened: k.Since, How: t.how(was), Over: over, FirstDue: k.FirstDue.Red, EndDue: k.EndDue.Red, Answered: k.First > 0}
	if k.First >= c.Since && was.Kind == HolderAgent {
		s.First = k.First
	}
	if t.ev.Kind == EventClose {
		s.Reason, s.Gap = t.ev.Reason, t.ev.Gap
	}
	t.effects = append(t.effects, Effect{Stint: s})
	if was.Agent != nil {
		c.Served = &Served{Agent: *was.Agent, Skill: k.Skill, At: t.ev.At}
		if t.ev.Kind == EventClose {
			c.Served.Reason, c.Served.Gap, c.Served.Note = t.ev.Reason, t.ev.Gap, t.ev.Remark
		}
	}
	t.unoffer()
	t.unpause()
	if over {
		if k.target().Red > 0 {
			t.cancel(TimerTarget)
		}
		c.Case = nil
	}
}

func (t *turn) how(was Holder) string {
	switch t.ev.Kind {
	case EventClaim, EventReply:
		if was.Kind == HolderAgent {
			return HowTransferred
		}
		return HowClaimed
	case EventTake:
		return HowTaken
	case EventTransfer:
		return HowQueued
	case EventLost:
		return HowLost
	case EventRelease:
		return HowReleased
	case EventClose:
		return HowClosed
	}
	return HowLeft
}

func (t *turn) unoffer() {
	if k := t.next.Case; k != nil && k.Offer != nil {
		k.Offer = nil
		t.cancel(TimerOffer)
	}
}

func (t *turn) unpause() {
	if k := t.next.Case; k != nil && k.Paused > 0 {
		k.Paused = 0
		t.cancel(TimerPause)
	}
}

// heard notes that the merchant waits for a person's words; what he says ends a pause.
func (t *turn) heard() {
	k := t.next.Case
	if k == nil {
		return
	}
	if k.Asked == 0 {
		k.Asked = t.ev.At
	}
	k.Unread++
	t.unpause()
}

// answered notes that a person has spoken.
func (t *turn) answered() {
	k := t.next.Case
	if k == nil {
		return
	}
	k.Asked, k.Unread = 0, 0
	if k.First == 0 {
		k.First = t.ev.At
		switch {
		case k.EndDue.Red > t.ev.At:
			t.setAt(TimerTarget, k.EndDue.Red)
		case k.EndDue.Red > 0:
			t.setAt(TimerTarget, t.ev.At+1)
		case k.FirstDue.Red > 0:
			t.cancel(TimerTarget)
		}
	}
}

// offer proposes a waiting conversation to an agent. Where it waits no longer, or is offered to somebody, it is refused.
func (t *turn) offer() error {
	c, ev := &t.next, t.ev
	if ev.Epoch != c.Epoch || c.Holder.Kind != HolderQueue || c.Case == nil || ev.To == nil || c.Case.Offer != nil && c.Case.Offer.Until > ev.At {
		return &NotHolderError{Holder: c.Holder, Epoch: c.Epoch}
	}
	c.Case.Offer = &Offer{To: ev.To, Until: ev.Until}
	t.setAt(TimerOffer, ev.Until)
	return nil
}

// expired takes an offer back that nobody accepted in time. A conversation that was to be passed on stays with who holds it.
func (t *turn) expired() {
	k := t.next.Case
	if k == nil || k.Offer == nil || t.ev.At < k.Offer.Until {
		return
	}
	t.pass()
}

// pass takes an offer back and notes who did not take it.
func (t *turn) pass() {
	k := t.next.Case
	if o := k.Offer; o.By == nil && o.To != nil {
		k.skip(o.To.ID, t.ev.At)
	}
	t.unoffer()
}

// skip puts an agent last among those who are offered the case.
func (k *Case) skip(agent string, at int64) {
	k.Rest = at
	k.Passed = append(slices.DeleteFunc(k.Passed, func(id string) bool { return id == agent }), agent)
	k.Passed = k.Passed[max(0, len(k.Passed)-mostPassed):]
}

// resumed ends a pause whose time has come.
func (t *turn) resumed() {
	k := t.next.Case
	if k == nil || k.Paused == 0 || t.ev.At < k.Paused {
		return
	}
	k.Paused = 0
	if k.Asked == 0 {
		k.Asked = t.ev.At // somebody was to come back to him
	}
}

// late notes that a target was missed: leads are told, once, and the longer it waits in the queue the sooner it is taken, so that nothing
// that is more urgent can keep it there for ever.
func (t *turn) late() {
	c, k := &t.next, t.next.Case
	if k == nil {
		return
	}
	due, bit := k.target(), missedFirst
	if k.First > 0 {
		bit = missedEnd
	}
	switch {
	case due.Red == 0:
		return
	case t.ev.At < due.Red:
		t.setAt(TimerTarget, due.Red)
		return
	case k.Missed&bit == 0:
		k.Missed |= bit
		if !slices.Contains(k.Why, flows.WhyLate) {
			k.Why = append(k.Why, flows.WhyLate)
		}
		t.notice(NoticeLate, due.Red)
	}
	if c.Holder.Kind != HolderQueue || k.Priority >= flows.MostUrgent {
		return
	}
	k.Priority++
	if k.Priority < flows.MostUrgent {
		t.setAt(TimerTarget, t.ev.At+max(due.Red-k.Since, time.Minute.Milliseconds()))
	}
}

// place is where the conversation stands in the queue, by its priority.
func (t *turn) place() *QueueLine {
	d := t.ev.Desk
	if d == nil || t.next.Case == nil {
		return &QueueLine{Pos: 1}
	}
	ahead, wait := d.At(t.next.Case.Skill, t.next.Case.Priority)
	return &QueueLine{Pos: ahead + 1, ETA: wait, Open: d.Open}
}

// At is who would come before one who is handed over now, by the skill that he needs and his priority, and for how long he would wait, in
// seconds.
func (d DeskStatus) At(skill string, priority int) (ahead, wait int) {
	ahead = d.Waiting
	if priority < len(d.Before) {
		ahead = d.Before[priority]
	}
	if waits := d.Waits[skill]; priority < len(waits) {
		return ahead, waits[priority]
	}
	return ahead, d.wait(ahead)
}

// wait is how long one waits before whom come so many, in seconds.
func (d DeskStatus) wait(ahead int) int {
	return d.Pickup + max(0, ahead+1-d.Free)*d.ETA
}

// seen is what the flow sees of the desk.
func (d DeskStatus) seen() flows.Desk {
	_, wait := d.At(flows.SkillGeneral, 0)
	out := flows.Desk{Open: d.Open, Ahead: d.Waiting, ETA: wait, Before: d.Before, Waits: d.Waits, Why: d.Why, Hours: d.Hours, Back: d.Back}
	if d.Waits == nil && len(d.Before) > 0 {
		out.Waits = map[string][]int{}
		for _, skill := range flows.Skills {
			for _, n := range d.Before {
				out.Waits[skill] = append(out.Waits[skill], d.wait(n))
			}
		}
	}
	return out
}
