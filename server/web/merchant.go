package web

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/gin-gonic/gin"

	"posdoctor/bot"
	"posdoctor/bot/acquirer/contract"
)

// Records reads what the acquirer knows of a merchant, as bot.Acquirer does.
type Records interface {
	Record(ctx context.Context, merchant string) (bot.Record, error)
}

// Books are what an acquirer may be asked beside the record. Each is optional.
type (
	shops interface {
		Merchant(ctx context.Context, merchant string) (contract.Answer[contract.Merchant], error)
	}
	machines interface {
		Terminals(ctx context.Context, merchant string) (contract.Answer[contract.Terminals], error)
	}
	payouts interface {
		Settlements(ctx context.Context, merchant, from, to string) (contract.Answer[contract.Settlements], error)
	}
	forgetful interface{ Forget(merchant string) }
)

const (
	recordFor   = 12 * time.Second // an agent waits longer than a merchant does, and sees that it is looked up
	payoutsOf   = 7 * 24 * time.Hour
	mostPayouts = 5
	mostRecords = 500 // merchants whose last record is remembered
)

// panel is what the acquirer knows of the merchant of a conversation.
type panel struct {
	Bound        bool            `json:"bound"`            // false: nobody has proven for whom the conversation speaks, and nothing is read
	Name         string          `json:"name,omitempty"`   // of the shop
	MID          string          `json:"mid,omitempty"`    // merchant number, masked
	Status       string          `json:"status,omitempty"` // see bot.Record
	LicenceUntil string          `json:"licence_until,omitempty"`
	LastTrade    string          `json:"last_trade,omitempty"`
	Restrictions []limit         `json:"restrictions"`
	Terminals    []machine       `json:"terminals"`
	Account      *payeeAccount   `json:"account,omitempty"`
	Settlements  []payout        `json:"settlements"`
	Works        map[string]bool `json:"works,omitempty"` // what the merchant may do: collect, refund, withdraw, settle
	Observed     int64           `json:"observed,omitempty"`
	Stale        bool            `json:"stale"`            // from memory: observed says of when
	Unread       []string        `json:"unread,omitempty"` // parts that could not be read: nothing is known of them
	Failed       string          `json:"failed,omitempty"` // why nothing new could be read, as a code
}

type limit struct {
	Reason  string `json:"reason"`
	Text    string `json:"text,omitempty"`
	Recover string `json:"recover,omitempty"`
	Since   string `json:"since,omitempty"`
}

type machine struct {
	SN      string `json:"sn"` // its end
	TID     string `json:"tid,omitempty"`
	Status  string `json:"status"`
	Sign    string `json:"sign,omitempty"`
	Keys    string `json:"keys,omitempty"`
	SIM     string `json:"sim,omitempty"`
	Seen    int64  `json:"seen,omitempty"` // when it was heard of last
	Trade   int64  `json:"trade,omitempty"`
	Version string `json:"version,omitempty"`
}

type payeeAccount struct {
	Bank   string `json:"bank,omitempty"`
	No     string `json:"no,omitempty"` // masked
	Verify string `json:"verify"`
	Fail   string `json:"fail,omitempty"`
}

type payout struct {
	Date   string `json:"date"`
	Cycle  string `json:"cycle,omitempty"`
	Amount int64  `json:"amount"` // fen
	State  string `json:"state"`
	Fail   string `json:"fail,omitempty"`
}

// remembered are the last records of merchants, shown with their age when the acquirer does not answer.
type remembered struct {
	mu sync.Mutex
	by map[string]panel
}

func (r *remembered) put(merchant string, p panel) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.by == nil || len(r.by) >= mostRecords {
		r.by = map[string]panel{}
	}
	r.by[merchant] = p
}

func (r *remembered) get(merchant string) (panel, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	p, ok := r.by[merchant]
	return p, ok
}

// merchant gives what the acquirer knows of the merchant for whom a conversation speaks; refresh asks it anew. A failure is no answer
// about the merchant: what was read before comes with its age, and failed says why there is nothing newer.
func (a *agents) merchant(c *gin.Context) {
	conv, ok := a.find(c, actRead)
	if !ok {
		return
	}
	b := conv.Speaks(a.d.Now().UnixMilli())
	if b == nil || a.d.Records == nil {
		c.JSON(http.StatusOK, panel{Restrictions: []limit{}, Terminals: []machine{}, Settlements: []payout{}})
		return
	}
	ctx, cancel := context.WithTimeout(c.Request.Context(), recordFor)
	defer cancel()
	if f, ok := a.d.Records.(forgetful); ok && c.Query("refresh") == "1" {
		f.Forget(b.Merchant)
	}
	p, err := a.read(ctx, *b)
	if err != nil {
		var refused *bot.AcquirerError
		code := bot.CodeUnavailable
		if errors.As(err, &refused) {
			code = refused.Code
		}
		a.d.Log.Warn("reading a merchant's record for an agent", "conversation", conv.ID, "err", err)
		if old, ok := a.records.get(b.Merchant); ok {
			p = old
			p.Stale = true
		}
		p.Failed = code
	} else {
		a.records.put(b.Merchant, p)
	}
	c.JSON(http.StatusOK, p)
}

// read asks for all parts at once; only the record must come.
func (a *agents) read(ctx context.Context, b bot.Binding) (panel, error) {
	p := panel{Bound: true, Name: b.Name, Restrictions: []limit{}, Terminals: []machine{}, Settlements: []payout{}}
	var r bot.Record
	var failed error
	var shop *contract.Merchant
	var pos []contract.Terminal
	var all sync.WaitGroup
	all.Go(func() { r, failed = a.d.Records.Record(ctx, b.Merchant) })
	if x, ok := a.d.Records.(shops); ok {
		all.Go(func() {
			if m, err := x.Merchant(ctx, b.Merchant); err == nil {
				shop = &m.Data
			}
		})
	}
	if x, ok := a.d.Records.(machines); ok {
		all.Go(func() {
			if t, err := x.Terminals(ctx, b.Merchant); err == nil {
				pos = t.Data.Items
			}
		})
	}
	noPayouts := false
	if x, ok := a.d.Records.(payouts); ok {
		all.Go(func() {
			now := a.d.Now()
			s, err := x.Settlements(ctx, b.Merchant, now.Add(-payoutsOf).Format(time.DateOnly), now.Format(time.DateOnly))
			noPayouts = err != nil && contract.CodeOf(err) != contract.CodeUnsupported && contract.CodeOf(err) != contract.CodeNotFound
			for _, i := range s.Data.Items[:min(len(s.Data.Items), mostPayouts)] {
				p.Settlements = append(p.Settlements, payout{i.Date, i.Cycle, i.Amount, string(i.State), i.FailReason})
			}
		})
	}
	all.Wait()
	if failed == nil && r.Merchant != b.Merchant {
		failed = &bot.AcquirerError{Code: bot.CodeInvalid, Detail: "the record is of another merchant"}
	}
	if failed != nil {
		return p, failed
	}
	p.Name, p.Status, p.LicenceUntil, p.LastTrade = cmp.Or(b.Name, r.Name), r.Status, r.LicenceUntil, r.LastTrade
	p.Observed, p.Stale, p.Unread = cmp.Or(r.ObservedAt, a.d.Now().UnixMilli()), r.Stale, slices.Clone(r.Unread)
	for _, x := range r.Restrictions {
		p.Restrictions = append(p.Restrictions, limit{x.Reason, x.Text, x.Recover, x.Since})
	}
	if s := r.Settlement; s != nil {
		p.Account = &payeeAccount{s.Bank, s.No, s.Verify, s.Fail}
	}
	if shop != nil {
		p.MID = shop.MIDMasked
		p.Works = map[string]bool{}
		for what, can := range map[string]contract.Switch{"collect": shop.Functions.Collect, "refund": shop.Functions.Refund, "withdraw": shop.Functions.Withdraw, "settle": shop.Functions.Settle} {
			if can != contract.Undecided && can != "" { // what is not known is not said
				p.Works[what] = can == contract.Yes
			}
		}
	}
	for _, t := range pos {
		p.Terminals = append(p.Terminals, machine{SN: last(t.SNMasked, 4), TID: t.TID, Status: string(t.Status), Sign: string(t.SignState), Keys: string(t.KeyState),
			SIM: string(t.SIMStatus), Seen: t.LastActivity, Trade: t.LastTxn, Version: t.AppVersion})
	}
	if len(pos) == 0 {
		for _, t := range r.Terminals {
			p.Terminals = append(p.Terminals, machine{SN: last(t.SN, 4), Status: t.Status})
		}
	}
	if noPayouts {
		p.Unread = append(p.Unread, string(contract.OpSettlements))
	}
	return p, nil
}

// last is the end of a text.
func last(s string, n int) string {
	r := []rune(s)
	return string(r[max(0, len(r)-n):])
}
