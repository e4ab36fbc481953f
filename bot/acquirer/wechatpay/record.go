package wechatpay

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"

	"posdoctor/bot"
	"posdoctor/bot/acquirer"
	"posdoctor/bot/acquirer/contract"
)

var (
	_ bot.Acquirer    = (*Client)(nil)
	_ acquirer.Source = (*Client)(nil)
	_ bot.Looker      = (*Client)(nil)

	_ acquirer.ComplaintSource  = (*Client)(nil)
	_ acquirer.OnboardingSource = (*Client)(nil)
)

// Record composes what is limited, the settlement account and what the merchant has to hand in. A part that cannot be read is UNKNOWN,
// and the reading fails when the others hold nothing against the merchant; see acquirer.Compose.
func (c *Client) Record(ctx context.Context, merchant string) (bot.Record, error) {
	return c.Look(ctx, merchant, bot.Look{})
}

// Look is Record with what is looked for besides: complaints of payers, and whether the owner has confirmed the account.
func (c *Client) Look(ctx context.Context, merchant string, l bot.Look) (bot.Record, error) {
	if err := proper(merchant); err != nil {
		return bot.Record{}, acquirer.Failed(err)
	}
	s := &reading{Client: c, read: make(chan struct{})}
	var open []contract.RiskCase
	var strange bool
	var failed error
	var wg sync.WaitGroup
	wg.Go(func() {
		defer close(s.read)
		s.limits, s.failed = c.limitations(ctx, merchant)
	})
	wg.Go(func() { open, strange, _, failed = c.managed(ctx, merchant, investigation, "PENDING", 1) })
	r, err := acquirer.Compose(ctx, s, merchant, l)
	wg.Wait()
	if err != nil {
		return bot.Record{}, err
	}
	for _, x := range open {
		r.Restrictions = append(r.Restrictions, handIn(x))
	}
	if failed != nil && !absent(failed) {
		r.Unread = append(r.Unread, string(contract.OpRiskCases))
		if len(r.Facts(func(state string) string { return state })) == 0 {
			return bot.Record{}, acquirer.Failed(failed)
		}
	}
	r.Person = s.person.Load() || strange
	return r, nil
}

// handIn is an investigation that waits for papers of the merchant.
func handIn(x contract.RiskCase) bot.Restriction {
	todo := joined("、", x.Needs...)
	if until := day(x.DueAt); until != "" {
		todo = "在 " + until + " 前" + todo
	}
	return bot.Restriction{Case: x.CaseID, Reason: string(contract.ReasonInspection), Text: x.Text, Recover: todo, Since: day(x.OpenedAt)}
}

// reading is one record on its way: the limits are read once, though two parts of a record come of them.
type reading struct {
	*Client
	read   chan struct{} // closed once limits or failed is there
	limits limitations
	failed error
	person atomic.Bool
}

// Capabilities leaves out the investigations, which are read beside the parts: only those that wait for papers belong to a record.
func (r *reading) Capabilities(ctx context.Context) (contract.Answer[contract.Capabilities], error) {
	a, err := r.Client.Capabilities(ctx)
	a.Data.Operations = slices.DeleteFunc(a.Data.Operations, func(op contract.Operation) bool { return op == contract.OpRiskCases })
	return a, err
}

func (r *reading) Merchant(_ context.Context, merchant string) (contract.Answer[contract.Merchant], error) {
	if <-r.read; r.failed != nil {
		return contract.Answer[contract.Merchant]{}, r.failed
	}
	return answer(contract.OpMerchant, merchant, r.limits.received, r.limits.merchant())
}

func (r *reading) Restrictions(_ context.Context, merchant string) (contract.Answer[contract.Restrictions], error) {
	if <-r.read; r.failed != nil {
		return contract.Answer[contract.Restrictions]{}, r.failed
	}
	items, person := r.limits.restrictions()
	if person {
		r.person.Store(true)
	}
	return answer(contract.OpRestrictions, merchant, r.limits.received, items)
}

func (r *reading) SettlementAccount(ctx context.Context, merchant string) (contract.Answer[contract.SettlementAccount], error) {
	a, person, err := r.Client.settlementAccount(ctx, merchant)
	if person {
		r.person.Store(true)
	}
	return a, err
}

// OpenTicket is not possible: WeChat Pay takes no tickets.
func (c *Client) OpenTicket(context.Context, bot.TicketRequest) (bot.Ticket, error) {
	return bot.Ticket{}, noTickets()
}

// TicketByRequest is not possible either.
func (c *Client) TicketByRequest(context.Context, string, string) (bot.Ticket, error) {
	return bot.Ticket{}, noTickets()
}

func noTickets() error {
	return &bot.AcquirerError{Code: bot.CodeUnsupported, Detail: "WeChat Pay takes no tickets"}
}
