package simulator

import (
	"sync"
	"time"

	"posdoctor/bot/acquirer/contract"
)

// promised is within which time a ticket is said to be settled.
const promised = 24 * time.Hour

// step is something that happens in a ticket's life.
type step struct {
	at   int64 // milliseconds
	to   contract.TicketStatus
	note string
}

// script is what a ticket's life is by itself: after how long it comes to what. Those of demo-4 are turned down, those
// of demo-2 stay in progress until somebody moves them.
func script(merchant string) []struct {
	after time.Duration
	to    contract.TicketStatus
	note  string
} {
	type s = struct {
		after time.Duration
		to    contract.TicketStatus
		note  string
	}
	taken := s{2 * time.Minute, contract.TicketInProgress, "已受理，经办人在核对"}
	switch merchant {
	case "demo-2":
		return []s{taken}
	case "demo-4":
		return []s{taken, {10 * time.Minute, contract.TicketRejected, "交易凭证不全，请补齐后重新提交"}}
	}
	return []s{taken, {10 * time.Minute, contract.TicketDone, "结果以商户平台显示为准"}}
}

// life is all that happens to a ticket, in order: by its script until somebody moves it by hand.
func (t *ticket) life() []step {
	out := []step{{at: t.At, to: contract.TicketOpen}}
	for _, s := range script(t.Merchant) {
		at := t.At + s.after.Milliseconds()
		if len(t.moves) > 0 && at >= t.moves[0].At {
			break
		}
		out = append(out, step{at, s.to, s.note})
	}
	for _, m := range t.moves {
		out = append(out, step{m.At, contract.TicketStatus(m.Moved), m.Note})
	}
	return out
}

// Changes that can be ordered for a merchant. They are forgotten when the simulator ends.
const (
	ChangeAccepted = "accepted" // what was handed in is accepted: everything is normal from then on
	ChangeExpired  = "expired"  // the documents expire
	ChangeRisk     = "risk"     // a risk hold begins
)

// changes are what was ordered.
type changes struct {
	mu sync.Mutex
	by map[string][]change // by merchant, in the order they were given
}

type change struct {
	what string
	at   time.Time
}

// Change orders a change of a merchant after a while, e.g. "documents accepted after 2 minutes".
func (s *Simulator) Change(merchant, what string, after time.Duration) error {
	switch what {
	case ChangeAccepted, ChangeExpired, ChangeRisk:
	default:
		return contract.Fail(contract.CodeInvalid, "there is no such change; use accepted, expired or risk")
	}
	if _, ok := known(merchant, s.now()); !ok {
		return contract.Fail(contract.CodeNotFound, "there is no such merchant")
	}
	s.changes.mu.Lock()
	defer s.changes.mu.Unlock()
	if s.changes.by == nil {
		s.changes.by = map[string][]change{}
	}
	s.changes.by[merchant] = append(s.changes.by[merchant], change{what, s.now().Add(after)})
	return nil
}

// current is what the acquirer knows of a merchant now.
func (s *Simulator) current(merchant string) (knowledge, bool) {
	now := s.now()
	k, ok := known(merchant, now)
	s.changes.mu.Lock()
	defer s.changes.mu.Unlock()
	for _, c := range s.changes.by[merchant] {
		if !now.Before(c.at) {
			k.change(c.what, c.at, now)
		}
	}
	return k, ok
}

func (k *knowledge) change(what string, at, now time.Time) {
	switch what {
	case ChangeAccepted:
		name, mid := k.merchant.Name, k.merchant.MIDMasked
		*k = normal(now, k.number)
		k.merchant.Name, k.merchant.MIDMasked = name, mid
	case ChangeExpired:
		k.merchant.Status, k.merchant.Raw = contract.MerchantDocsExpired, "LICENSE_EXPIRED"
		k.restrict(contract.ReasonDocsExpired, "暂停收款", "提交新营业执照", at)
	case ChangeRisk:
		k.merchant.Status, k.merchant.Raw = contract.MerchantRiskHold, "RISK_CONTROL"
		k.restrict(contract.ReasonRisk, "暂停收款，结算资金暂缓", "提交交易凭证", at)
	}
}
