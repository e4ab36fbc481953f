package wechat

import (
	"strings"
	"time"

	"posdoctor/bot"
)

// grant is what one thing that the user did allows: so many messages, for so long.
type grant struct {
	count int
	lasts time.Duration
}

// The grants of an Official Account, by trigger (doc/offiaccount/Customer_Service/Customer_Service_Messages.html). A tap on a menu
// message counts as a tap on the menu. WeChat Customer Service knows the first only.
var (
	messageGrant = grant{5, 48 * time.Hour}
	tapGrant     = grant{3, time.Minute}
)

// shut says why a delivery's reason shuts the window, whatever was counted: what WeChat refused, and what Customer Service took back
// later. "" if it does not.
func shut(reason string) string {
	switch reason {
	case reasonUsed, "95001", failed(failUsed):
		return "used"
	case failed(failRefused):
		return "gone"
	}
	if reason == reasonClosed || strings.HasPrefix(reason, failedMark) {
		return "closed"
	}
	return ""
}

// graceTime is how long before its end a grant is not used any more: the way there takes time, and clocks differ.
const graceTime = 2 * time.Second

// window tells what may still be pushed: what the user did, less what was sent since. Nothing says that grants add up, so each message
// counts against all that are open, and the best of them is what is left. A refusal for want of a grant closes them all until the user
// does something.
func window(r bot.Reach, pushes []bot.Delivery, now time.Time) bot.Window {
	w := bot.Window{Of: messageGrant.count}
	if r.Gone > 0 {
		w.Why = "gone"
		return w
	}
	message, tap := messageGrant.count, tapGrant.count
	for _, d := range pushes {
		switch d.State {
		case bot.DeliverySent, bot.DeliveryBegun, bot.DeliveryUnsure:
			if d.At >= r.Message {
				message--
			}
			if d.At >= r.Tap {
				tap--
			}
		case bot.DeliveryHeld, bot.DeliveryMoved:
			if d.At < max(r.Message, r.Tap) {
				continue
			}
			if w.Why = shut(d.Reason); w.Why != "" {
				return w
			}
		}
	}
	at := now.Add(graceTime).UnixMilli()
	best := func(since int64, g grant, left int) {
		until := since + g.lasts.Milliseconds()
		if since == 0 || at >= until {
			return
		}
		if left = max(left, 0); w.Until == 0 || left > w.Left || left == w.Left && until > w.Until {
			w.Left, w.Of, w.Until = left, g.count, until
		}
	}
	best(r.Message, messageGrant, message)
	best(r.Tap, tapGrant, tap)
	switch {
	case w.Until == 0:
		w.Why = "closed"
	case w.Left == 0:
		w.Why = "used"
	}
	return w
}
