package bot

import "time"

// The timers of a conversation. After how long each comes up is data of the flow, by the state of the dialogue.

// deskTimers are what the timers of a case do when they come up.
var deskTimers = map[string]func(*turn){TimerOffer: (*turn).expired, TimerPause: (*turn).resumed, TimerTarget: (*turn).late}

// watch sets the timers of one who speaks with the bot where they are not set yet. They are not moved with every word, which would
// cost a write each: when one comes up too early, it is set for the rest.
func (t *turn) watch() {
	if after, ok := t.book.Flow.After(t.next.Dialogue, TimerIdle); ok {
		if at := t.ev.At + after.Milliseconds(); t.next.Idle == 0 || t.next.Idle > at {
			t.next.Idle = at
			t.setAt(TimerIdle, at)
		}
	}
	if at, ok := t.book.Flow.Reminds(t.next.Dialogue); ok && t.next.Remind == 0 && t.next.Reach == (Reach{}) {
		t.next.Remind = at
		t.setAt(TimerRemind, at)
	}
}

// idle says whether the merchant has been away for long enough; if not, the timer is set for the rest.
func (t *turn) idle() bool {
	t.next.Idle = 0
	after, ok := t.book.Flow.After(t.next.Dialogue, TimerIdle)
	if !ok {
		return false
	}
	until := t.next.Heard + after.Milliseconds()
	if t.ev.At >= until {
		return true
	}
	t.next.Idle = until
	t.setAt(TimerIdle, until)
	return false
}

// reminds says whether it is time to ask the open question once more. When it was asked only since, the timer is set for the rest.
func (t *turn) reminds() bool {
	t.next.Remind = 0
	at, ok := t.book.Flow.Reminds(t.next.Dialogue)
	switch {
	case !ok || t.next.Holder.Kind != HolderBot || t.next.Reach != (Reach{}):
		return false
	case t.ev.At >= at:
		return true
	}
	t.next.Remind = at
	t.setAt(TimerRemind, at)
	return false
}

// start sets a timer that begins with the state which the dialogue has just entered. A flow without it has none.
func (t *turn) start(kind string) {
	if after, ok := t.book.Flow.After(t.next.Dialogue, kind); ok {
		t.set(kind, after)
	}
}

func (t *turn) set(kind string, after time.Duration) { t.setAt(kind, t.ev.At+after.Milliseconds()) }

func (t *turn) setAt(kind string, at int64) {
	t.effects = append(t.effects, Effect{Set: &Timer{Kind: kind, At: at}})
}

func (t *turn) cancel(kind string) { t.effects = append(t.effects, Effect{Cancel: kind}) }
