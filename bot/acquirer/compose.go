package acquirer

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"posdoctor/bot"
	"posdoctor/bot/acquirer/contract"
)

// Source reads the parts that a record is composed of. Each method may fail with *contract.Error; one that is not among the capabilities
// is not called.
type Source interface {
	Capabilities(ctx context.Context) (contract.Answer[contract.Capabilities], error)
	Merchant(ctx context.Context, merchant string) (contract.Answer[contract.Merchant], error)
	Restrictions(ctx context.Context, merchant string) (contract.Answer[contract.Restrictions], error)
	Terminals(ctx context.Context, merchant string) (contract.Answer[contract.Terminals], error)
	SettlementAccount(ctx context.Context, merchant string) (contract.Answer[contract.SettlementAccount], error)
}

// Compose reads all parts at once, and those that l looks for besides, and makes one record of them. A part that cannot be read is UNKNOWN
// and named in Unread. When the others hold nothing against the merchant, the whole reading fails: who could not look must not say that
// there is nothing. A part that is looked for besides fails by itself.
func Compose(ctx context.Context, s Source, merchant string, l bot.Look) (bot.Record, error) {
	caps, err := s.Capabilities(ctx)
	if err != nil {
		return bot.Record{}, Failed(err)
	}
	var wg sync.WaitGroup
	m := start(ctx, &wg, caps.Data, contract.OpMerchant, merchant, s.Merchant)
	r := start(ctx, &wg, caps.Data, contract.OpRestrictions, merchant, s.Restrictions)
	t := start(ctx, &wg, caps.Data, contract.OpTerminals, merchant, s.Terminals)
	a := start(ctx, &wg, caps.Data, contract.OpSettlementAccount, merchant, s.SettlementAccount)
	g := startLook(ctx, &wg, s, caps.Data, merchant, l)
	wg.Wait()

	out := &composed{Record: bot.Record{Merchant: merchant}}
	if take(out, m, func(x contract.Merchant) { out.merchant(x, m.answer.RawStatus) }) {
		out.Status = string(contract.MerchantUnknown)
	}
	take(out, r, out.restrictions)
	take(out, t, out.terminals)
	if take(out, a, out.account) {
		out.Settlement = &bot.SettlementAccount{Verify: string(contract.VerifyUnknown)}
	}
	out.look(g)
	out.payment(ctx, s, caps.Data, merchant, l, t)
	return out.outcome()
}

// part is one reading.
type part[T any] struct {
	op     contract.Operation
	asked  bool
	answer contract.Answer[T]
	err    error
}

func start[T any](ctx context.Context, wg *sync.WaitGroup, caps contract.Capabilities, op contract.Operation, merchant string,
	read func(context.Context, string) (contract.Answer[T], error)) *part[T] {
	p := &part[T]{op: op, asked: caps.Has(op)}
	if p.asked {
		wg.Go(func() { p.answer, p.err = read(ctx, merchant) })
	}
	return p
}

// composed is a record on its way.
type composed struct {
	bot.Record
	read   int
	absent error // a part that the merchant does not have
	failed error // of the part that matters most
}

// take puts a part into the record, and says whether it should have been there and is not.
func take[T any](c *composed, p *part[T], put func(T)) (missing bool) {
	switch {
	case !p.asked:
		return false
	case (p.op == contract.OpTerminals || p.op == contract.OpSettlementAccount) && contract.CodeOf(p.err) == contract.CodeNotFound:
		c.absent = p.err
		return false
	case p.err != nil:
		c.Unread = append(c.Unread, string(p.op))
		if c.failed == nil {
			c.failed = p.err
		}
		return true
	}
	c.read++
	put(p.answer.Data)
	c.Provider = cmp.Or(c.Provider, p.answer.Provider)
	c.Trace = cmp.Or(c.Trace, p.answer.TraceID)
	c.seen(p.answer.Stale, p.answer.ObservedAt)
	return false
}

func (c *composed) outcome() (bot.Record, error) {
	code := contract.CodeOf(c.failed)
	switch {
	case c.read == 0 && c.failed == nil && c.absent == nil:
		return bot.Record{}, Failed(contract.Fail(contract.CodeUnsupported, "the acquirer has no part of a record"))
	case c.read == 0:
		return bot.Record{}, Failed(cmp.Or(c.failed, c.absent))
	case code == contract.CodeNotFound, code == contract.CodeNotYours:
		return bot.Record{}, Failed(c.failed)
	case c.failed != nil && !c.holds():
		return bot.Record{}, Failed(c.failed)
	}
	return c.Record, nil
}

// holds says that what was read holds something against the merchant.
func (c *composed) holds() bool {
	return slices.ContainsFunc(c.Statements(func(state string) string { return state }), func(f bot.Fact) bool { return !f.Note })
}

func (c *composed) merchant(m contract.Merchant, raw string) {
	c.Name, c.Status, c.Raw = m.Name, string(m.Status), cmp.Or(m.Raw, raw)
	c.LicenceUntil, c.LastTrade = m.Docs.LicenceValidTo, day(m.LastTradeAt)
	if m.Status == contract.MerchantActive { // one who may not take payments, or does not get them, is not normal, whatever he is called
		switch {
		case m.Functions.Collect == contract.No:
			c.Status = string(contract.MerchantSuspended)
		case m.Functions.Settle == contract.No, m.Functions.Withdraw == contract.No:
			c.Status = string(contract.MerchantFundsHeld)
		}
	}
}

func (c *composed) restrictions(r contract.Restrictions) {
	for _, x := range r.Items {
		if x.LiftedAt == 0 {
			c.Restrictions = append(c.Restrictions, bot.Restriction{Case: x.CaseID, Reason: string(x.ReasonType),
				Text: cmp.Or(x.ReasonText, foreign(x.ReasonType, x.Raw)), Recover: x.RecoverWay, Link: x.HelpURL, Since: day(x.StartAt)})
		}
	}
}

// foreign is the provider's word where ours says nothing.
func foreign(reason contract.Reason, raw string) string {
	if reason == contract.ReasonOther {
		return raw
	}
	return ""
}

func (c *composed) terminals(t contract.Terminals) {
	for _, x := range t.Items {
		if x.BoundHere == contract.No && x.Status == contract.TerminalActive {
			x.Status = contract.TerminalBoundElsewhere
		}
		if x.Status == contract.TerminalBoundElsewhere {
			x.Online, x.SignedInAt = "", 0 // what it does now is another merchant's affair
		}
		c.Terminals = append(c.Terminals, bot.Terminal{SN: last4(x.SNMasked), Status: string(x.Status), Last: day(max(x.LastActivity, x.LastTxn)),
			Model: x.Model, Online: string(x.Online), SignedInAt: x.SignedInAt, Sign: string(x.SignState), Key: string(x.KeyState), SIM: string(x.SIMStatus)})
	}
}

func (c *composed) account(a contract.SettlementAccount) {
	c.Settlement = &bot.SettlementAccount{Bank: a.Bank, No: a.MaskedNo, Verify: string(a.VerifyState), Fail: a.FailReason, Change: string(a.PendingChange)}
}

// beijing is the time zone of days, without need of a zone database.
var beijing = time.FixedZone("UTC+8", 8*60*60)

func day(ms int64) string {
	if ms == 0 {
		return ""
	}
	return time.UnixMilli(ms).In(beijing).Format(time.DateOnly)
}

// Failed turns an error of the contract into the domain's.
func Failed(err error) error {
	var e *contract.Error
	if !errors.As(err, &e) {
		return &bot.AcquirerError{Code: bot.CodeUnavailable, Retryable: true, Detail: "the request failed without a code"}
	}
	return &bot.AcquirerError{Code: string(e.Code), Retryable: e.Retryable, Detail: e.Error()}
}
