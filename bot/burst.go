package bot

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"posdoctor/flows"
)

// Held is the beginning of a message whose rest may be on its way: merchants write 「你好」「机器上」「提示 58」 in three lines. Its
// lines stand in the conversation; only the answer waits, for TimerBurst or for the next line, whichever comes first.
type Held struct {
	Text   string   `json:"text"` // masked
	Masked []string `json:"masked,omitempty"`
	Since  int64    `json:"since"` // milliseconds
	Until  int64    `json:"until"` // when it is answered as it is
}

// heldTimes is how many waits a burst of fragments may take in all.
const heldTimes = 2

// crossing is how long after a burst was answered a line of it may still come in, in milliseconds: nobody reads and writes so fast.
const crossing = 800

// crosses says that a line was written before the answer to the fragments before it can have been read, and goes with them.
func crosses(f *flows.Flow, c Conversation, ev *Event) bool {
	return c.Held == nil && c.Late != nil && ev.Kind == EventSaid && !ev.Spoken && ev.Trigger != TriggerTap && ev.At-c.Late.Until < crossing &&
		c.Holder.Kind == HolderBot && !f.Alone(c.Dialogue, ev.Text)
}

// unbroken puts the lines that were held before into the event, unless this one means something by itself.
func unbroken(f *flows.Flow, c Conversation, ev *Event) {
	if ev.Coded {
		return
	}
	if crosses(f, c, ev) {
		ev.Crossed, ev.Joined = true, ev.Text
		if !f.Greets(c.Late.Text) {
			ev.Joined = cut(glue(trimOpen(c.Late.Text), ev.Text), MaxText)
		}
		mask(ev, c.Late)
		return
	}
	if c.Held == nil {
		return
	}
	switch {
	case ev.Kind == EventTimer && ev.Timer == TimerBurst:
		ev.Joined = c.Held.Text
	case ev.Kind == EventSaid && !ev.Spoken:
		polite, follows := f.Follows(ev.Text)
		switch {
		case !follows && f.Alone(c.Dialogue, ev.Text):
			return
		case f.Greets(c.Held.Text): // a greeting would only hide what follows it
			ev.Joined = ev.Text
		case polite && utf8.RuneCountInString(c.Held.Text) >= f.Burst.Shorter: // 机器刷不了卡，/ 谢谢
			ev.Joined = trimOpen(c.Held.Text)
		default:
			ev.Joined = cut(glue(trimOpen(c.Held.Text), ev.Text), MaxText)
		}
	default:
		return
	}
	mask(ev, c.Held)
}

// mask takes out what is personal only once the lines stand together: a number may be spread over them.
func mask(ev *Event, h *Held) {
	var masked []string
	ev.Joined, masked = Mask(ev.Joined)
	for _, kind := range append(masked, h.Masked...) {
		if !slices.Contains(ev.Masked, kind) {
			ev.Masked = append(ev.Masked, kind)
		}
	}
}

// glue joins two lines as they would stand in one. A number that goes on is one number, so that it is masked as one.
func glue(a, b string) string {
	last, _ := utf8.DecodeLastRuneInString(a)
	first, _ := utf8.DecodeRuneInString(b)
	if unicode.IsDigit(last) && unicode.IsDigit(first) {
		return a + " " + b
	}
	return a + "，" + b
}

// trimOpen takes the comma or dots off the end of a fragment.
func trimOpen(s string) string {
	return strings.TrimRightFunc(s, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsPunct(r) })
}

// said handles a line of the merchant: it is decided, alone or with what was held before it, or held itself.
func (t *turn) said() error {
	t.hear()
	if t.book.Flow.Unbinds(t.ev.Text) {
		t.unbound = t.unbind()
	}
	if t.next.Holder.Kind == HolderAgent {
		if t.unbound {
			t.say(Message{Type: TypeMessage, From: FromSystem, Text: t.book.Flow.Text("unbind.done", nil)})
		}
		t.letGo()
		return nil
	}
	if t.holds() {
		return nil
	}
	t.unite()
	t.next.Late = nil
	if t.ev.Crossed { // its own rest may cross too
		t.next.Late = &Held{Text: t.ev.Text, Masked: t.ev.Masked, Until: t.ev.At}
	}
	return t.dialogue()
}

// holds keeps a fragment for what follows it and reports whether it did.
func (t *turn) holds() bool {
	c := &t.next
	text := cmp.Or(t.ev.Joined, t.ev.Text)
	wait := t.book.Flow.Wait(c.Address.Channel).Milliseconds()
	in := flows.Input{Text: text}
	if t.ev.Finding != nil {
		t.findings(&in, *t.ev.Finding)
	}
	// Who writes in pieces goes on so: another piece shows that he is at it.
	pieces := c.Held != nil && t.ev.Kind == EventSaid && utf8.RuneCountInString(t.ev.Text) < shortLine
	if t.ev.Whole || t.ev.Coded || t.ev.Spoken || t.ev.Trigger == TriggerTap || wait <= 0 || c.Holder.Kind == HolderQueue || !t.book.Flow.Fragment(c.Dialogue, in, t.ev.More || pieces) {
		return false
	}
	h := Held{Text: text, Masked: t.ev.Masked, Since: t.ev.At}
	if c.Held != nil {
		h.Since = c.Held.Since
	}
	if h.Until = min(t.ev.At+wait, h.Since+heldTimes*wait); h.Until <= t.ev.At {
		return false
	}
	c.Held = &h
	t.effects = append(t.effects, Effect{Set: &Timer{Kind: TimerBurst, At: h.Until}})
	if c.Holder.Kind == HolderBot {
		t.watch()
	}
	return true
}

// unite makes one message of this line and those held before it.
func (t *turn) unite() {
	h := t.next.Held
	if h == nil {
		if t.ev.Crossed {
			t.ev.Text = t.ev.Joined
		}
		return
	}
	if t.ev.Joined != "" {
		t.ev.Text = t.ev.Joined
	} else if st := &t.next.Dialogue; st.Said == "" && !t.book.Flow.Greets(h.Text) {
		st.Said = cut(h.Text, 80) // the line steers, or answers; what came before it is kept for people
	}
	t.letGo()
}

// letGo forgets what is held.
func (t *turn) letGo() {
	if t.next.Held != nil {
		t.next.Held = nil
		t.cancel(TimerBurst)
	}
}

// alone answers a fragment that nothing followed. To the dialogue it is what the merchant said.
func (t *turn) alone() error {
	if t.next.Held == nil || t.next.Holder.Kind == HolderAgent {
		t.next.Held = nil
		return nil
	}
	t.ev.Kind, t.ev.Text, t.ev.Timer = EventSaid, t.ev.Joined, ""
	late := *t.next.Held
	late.Until = t.ev.At
	t.next.Held, t.next.Late = nil, &late // its timer goes with the event
	return t.dialogue()
}
