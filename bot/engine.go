package bot

import (
	"cmp"
	"errors"
	"fmt"
	"sync"
	"unicode/utf8"

	"posdoctor/flows"
)

// Engine decides turns. It holds the playbooks that conversations pin and nothing else.
type Engine struct {
	mu    sync.RWMutex
	books map[string]*Playbook
}

// NewEngine returns an engine with these playbooks.
func NewEngine(books ...*Playbook) *Engine {
	e := &Engine{books: map[string]*Playbook{}}
	for _, b := range books {
		e.Add(b)
	}
	return e
}

// Add makes a playbook known.
func (e *Engine) Add(b *Playbook) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.books[b.Version] = b
}

func (e *Engine) book(version string) *Playbook {
	e.mu.RLock()
	defer e.mu.RUnlock()
	return e.books[version]
}

// NotHolderError refuses a write by one who does not hold the conversation, or whose epoch is old. It names who does.
type NotHolderError struct {
	Holder Holder
	Epoch  int64
}

func (e *NotHolderError) Error() string {
	return fmt.Sprintf("the conversation is held by %s since epoch %d", e.Holder.Kind, e.Epoch)
}

// errNoPlaybook means that the service did not load what the conversation pins.
var errNoPlaybook = errors.New("the conversation's playbook is not loaded")

// Turn decides one event. It is a pure function of its arguments and the pinned playbook.
func (e *Engine) Turn(c Conversation, ev Event) (Turn, error) {
	b := e.book(ev.Playbook)
	if b == nil {
		return Turn{}, fmt.Errorf("%w: %q", errNoPlaybook, ev.Playbook)
	}
	t := &turn{book: b, ev: ev, next: c}
	t.next.Tickets = append([]TicketRef(nil), c.Tickets...)
	t.own()
	t.next.Playbook = ev.Playbook
	t.next.Version++
	t.next.Updated = ev.At
	t.reach()
	t.expireBinding()
	if ev.Scene != "" {
		t.next.Scene = ev.Scene
	}
	if ev.Unproven != nil {
		t.next.Unproven = ev.Unproven
	}
	if t.next.Opened == 0 {
		t.next.Opened, t.next.Since = ev.At, ev.At
		t.next.Holder = Holder{Kind: HolderBot}
		t.next.Dialogue = flows.State{At: b.Flow.Start}
	}
	if err := t.run(); err != nil {
		return Turn{}, err
	}
	t.open()
	t.index(c.Binding)
	return Turn{Next: t.next, Effects: t.effects, Decision: t.outcome.Decision, Article: t.outcome.Topic, Moves: t.moves}, nil
}

// turn is one call of Engine.Turn on its way.
type turn struct {
	book    *Playbook
	ev      Event
	next    Conversation
	effects []Effect
	outcome flows.Outcome
	moves   []flows.Move
	unbound bool               // the merchant took his binding back in this turn
	overdue *flows.TicketState // the ticket whose time has passed in this turn
}

func (t *turn) run() error {
	switch t.ev.Kind {
	case EventChose, EventClaim, EventReply, EventClose, EventTake: // a tap or a person answers it
		t.letGo()
	}
	if r, ok := t.rates(); ok {
		return t.rate(r)
	}
	switch t.ev.Kind {
	case EventSaid:
		return t.said()
	case EventChose, EventMedia:
		t.hear()
		if t.next.Holder.Kind == HolderAgent {
			return nil
		}
		return t.dialogue()
	case EventTimer:
		if t.ev.Timer == TimerTicket {
			t.askTickets()
			return nil
		}
		if t.ev.Timer == TimerPromise {
			return t.promises()
		}
		if t.ev.Timer == TimerBurst {
			return t.alone()
		}
		if at, ok := deskTimers[t.ev.Timer]; ok {
			at(t)
			return nil
		}
		if t.ev.Timer == TimerIdle && !t.idle() || t.ev.Timer == TimerRemind && !t.reminds() {
			return nil
		}
		return t.dialogue()
	case EventTicket:
		return t.ticketEvent()
	case EventFollowed, EventRecord, EventBound, EventUnheard, EventProof:
		if t.signedIn() {
			return nil
		}
		if t.ev.Kind == EventBound {
			if h := t.next.Held; h != nil && t.book.Flow.Greets(h.Text) {
				t.letGo()
			}
			t.hear()
		}
		return t.dialogue()
	case EventNews:
		return t.news()
	case EventLeft:
		t.watch()
		return nil
	case EventContext:
		return nil
	case EventUnsure:
		return t.unsure()
	case EventOffer:
		return t.offer()
	case EventClaim, EventReply, EventRelease, EventTransfer, EventClose, EventTake, EventPass, EventHold, EventResume, EventLost:
		return t.desk()
	}
	return fmt.Errorf("there is no event %q", t.ev.Kind)
}

// reach notes what opens or ends the right to push to the user.
func (t *turn) reach() {
	r, at := &t.next.Reach, t.ev.At
	if t.ev.Sent > 0 {
		at = min(at, t.ev.Sent)
	}
	switch {
	case t.ev.Kind == EventLeft:
		r.Gone = at
	case t.ev.Trigger == TriggerMessage:
		r.Message, r.Gone = max(r.Message, at), 0
	case t.ev.Trigger == TriggerTap:
		r.Tap, r.Gone = max(r.Tap, at), 0
	}
}

// unsure brings a conversation whose last words may not have arrived before people. Nobody may send them again by himself.
func (t *turn) unsure() error {
	if k := t.next.Holder.Kind; k != HolderBot && k != HolderClosed {
		return nil // the desk has it, and sees the state of the delivery
	}
	t.hold(Holder{Kind: HolderQueue})
	t.next.Reason = ReasonUnsure
	return t.tell(flows.Queued)
}

// hear puts what the merchant said or tapped into the conversation.
func (t *turn) hear() {
	t.next.Heard = t.ev.At
	t.heard()
	m := Message{Type: TypeMessage, From: FromUser, CID: t.ev.CID, Text: t.ev.Text}
	switch t.ev.Kind {
	case EventChose:
		if m.Text == "" {
			m.Text = t.label(t.ev.Choice)
		}
		if m.Text == "" {
			m.Text = "[选择]"
		}
	case EventMedia:
		m.Text = titled(t.ev.Media, t.ev.Text)
		if f := t.ev.Fetch; f != nil {
			m.Media = &Media{ID: t.fetch(*f), Kind: f.Kind}
		}
		if f := t.ev.File; f != nil {
			m.Media = &Media{ID: f.ID, Kind: f.Kind}
		}
	case EventSaid, EventBound:
		if t.ev.Spoken {
			m.Text = titled(MediaVoice, t.ev.Text)
		}
	}
	if m.Text == "" {
		return
	}
	t.say(m)
}

var mediaName = map[string]string{MediaImage: "[图片]", MediaVoice: "[语音]", "video": "[视频]", "location": "[位置]", "link": "[链接]", "scan": "[扫码]",
	"file": "[文件]"}

// MediaName is what stands for something that is no text: [图片], or [附件] for a kind that is not known.
func MediaName(kind string) string { return cmp.Or(mediaName[kind], "[附件]") }

// titled is a line that stands for something else than words: [位置] 人民路 1 号.
func titled(kind, text string) string {
	if text == "" {
		return MediaName(kind)
	}
	return MediaName(kind) + " " + text
}

// fetch asks for what the merchant sent. The id is made of the event's, so that a replay asks for the same.
func (t *turn) fetch(f Fetch) string {
	f.ID = t.ev.ID + "-media"
	t.effects = append(t.effects, Effect{Fetch: &f})
	return f.ID
}

// label is the text of a choice on the merchant's screen, or of one that the flow knows.
func (t *turn) label(id string) string {
	if p := t.next.Dialogue.Pending; p != nil {
		for _, c := range p.Choices {
			if c.ID == id {
				return c.Text
			}
		}
	}
	if f := t.ev.Finding; f != nil && f.Top != nil {
		return f.Top.Title
	}
	return t.book.Flow.Label(id)
}

// say numbers a line and keeps it.
func (t *turn) say(m Message) {
	t.next.Last++
	m.Seq, m.At = t.next.Last, t.ev.At
	m.Seen = t.ev.Seen && m.From != FromUser
	t.effects = append(t.effects, Effect{Say: &m})
	if m.From == FromAgent || m.From == FromUser && t.ev.Kind == EventSaid && !t.book.Flow.Steers(t.ev.Text) {
		t.next.Preview = cut(m.Text, 60) // a tap or 转人工 would tell an agent nothing
	}
}

// hold changes who speaks. What was closed and is held again is another episode, or people look into it anew: nobody has written in it.
func (t *turn) hold(h Holder) {
	t.stint(h)
	if t.next.Holder.Kind == HolderClosed && h.Kind != HolderClosed {
		t.next.Wrote = nil
	}
	t.next.Holder = h
	t.next.Epoch++
	t.next.Since = t.ev.At
}

func cut(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:n]) + "…"
}
