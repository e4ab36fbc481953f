package acquirer

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"posdoctor/bot"
	"posdoctor/bot/acquirer/contract"
)

// What a Source may read besides. Each is asked only when it is among the capabilities.
type (
	// RiskSource reads investigations, which belong to every record.
	RiskSource interface {
		RiskCases(ctx context.Context, merchant string) (contract.Answer[contract.RiskCases], error)
	}
	// NoticeSource reads what concerns all merchants; it belongs to every record.
	NoticeSource interface {
		Notices(ctx context.Context) (contract.Answer[contract.Notices], error)
	}
	// SettlementSource reads payouts of some days.
	SettlementSource interface {
		Settlements(ctx context.Context, merchant, from, to string) (contract.Answer[contract.Settlements], error)
	}
	// LimitSource reads limits of amount.
	LimitSource interface {
		Limits(ctx context.Context, merchant string) (contract.Answer[contract.Limits], error)
	}
	// OnboardingSource reads how far an application is.
	OnboardingSource interface {
		Onboarding(ctx context.Context, merchant string) (contract.Answer[contract.Onboarding], error)
	}
	// ComplaintSource reads payers' complaints of some days, at most 30.
	ComplaintSource interface {
		Complaints(ctx context.Context, merchant, from, to string) (contract.Answer[contract.Complaints], error)
	}
	// PaymentSource finds a payment by terminal number, amount in fen and a time within ten minutes.
	PaymentSource interface {
		TransactionAt(ctx context.Context, merchant, tid string, amount int64, at time.Time) (contract.Answer[contract.Transaction], error)
	}
)

const (
	settlementDays = 7 // how far back payouts are read
	complaintDays  = 29
	maxPayouts     = 10
	maxProbes      = 12 // requests for one payment: it may be on several terminals, at an uncertain time
	probeWide      = 10 * time.Minute
)

// LooksOf names the parts of a Look that an acquirer can be asked for.
func LooksOf(s Source, caps contract.Capabilities) (parts []string) {
	add := func(part string, op contract.Operation, can bool) {
		if can && caps.Has(op) {
			parts = append(parts, part)
		}
	}
	_, settlements := s.(SettlementSource)
	_, limits := s.(LimitSource)
	_, onboarding := s.(OnboardingSource)
	_, complaints := s.(ComplaintSource)
	_, payment := s.(PaymentSource)
	add(bot.LookComplaints, contract.OpComplaints, complaints)
	add(bot.LookLimits, contract.OpLimits, limits)
	add(bot.LookOnboarding, contract.OpOnboarding, onboarding)
	add(bot.LookPayment, contract.OpTransaction, payment && caps.Has(contract.OpTerminals))
	add(bot.LookSettlements, contract.OpSettlements, settlements)
	return parts
}

// looking is the readings of a Look on their way.
type looking struct {
	look        bot.Look
	risks       *part[contract.RiskCases]
	notices     *part[contract.Notices]
	settlements *part[contract.Settlements]
	limits      *part[contract.Limits]
	onboarding  *part[contract.Onboarding]
	complaints  *part[contract.Complaints]
}

// startLook begins to read what a Look asks for. Nothing is read that the acquirer does not have.
func startLook(ctx context.Context, wg *sync.WaitGroup, s Source, caps contract.Capabilities, merchant string, l bot.Look) *looking {
	at := time.UnixMilli(l.At)
	from := func(days int) string { return date(at.AddDate(0, 0, -days)) }
	g := &looking{look: l}
	if x, ok := s.(RiskSource); ok {
		g.risks = start(ctx, wg, caps, contract.OpRiskCases, merchant, x.RiskCases)
	}
	if x, ok := s.(NoticeSource); ok {
		g.notices = start(ctx, wg, caps, contract.OpNotices, merchant, func(ctx context.Context, _ string) (contract.Answer[contract.Notices], error) { return x.Notices(ctx) })
	}
	wants := func(part string) bool { return slices.Contains(l.For, part) && l.At > 0 }
	if x, ok := s.(SettlementSource); ok && wants(bot.LookSettlements) {
		g.settlements = start(ctx, wg, caps, contract.OpSettlements, merchant, func(ctx context.Context, m string) (contract.Answer[contract.Settlements], error) {
			return x.Settlements(ctx, m, from(settlementDays), date(at))
		})
	}
	if x, ok := s.(LimitSource); ok && wants(bot.LookLimits) {
		g.limits = start(ctx, wg, caps, contract.OpLimits, merchant, x.Limits)
	}
	if x, ok := s.(OnboardingSource); ok && wants(bot.LookOnboarding) {
		g.onboarding = start(ctx, wg, caps, contract.OpOnboarding, merchant, x.Onboarding)
	}
	if x, ok := s.(ComplaintSource); ok && wants(bot.LookComplaints) {
		g.complaints = start(ctx, wg, caps, contract.OpComplaints, merchant, func(ctx context.Context, m string) (contract.Answer[contract.Complaints], error) {
			return x.Complaints(ctx, m, from(complaintDays), date(at))
		})
	}
	return g
}

// besides puts a part of a Look into the record. One that cannot be read is named in Unread and takes nothing from the rest.
func besides[T any](c *composed, look string, p *part[T], put func(T)) {
	switch {
	case p == nil || !p.asked:
	case p.err != nil && contract.CodeOf(p.err) != contract.CodeNotFound:
		c.Unread = append(c.Unread, look)
	case p.err != nil: // there is nothing of the kind
		c.Looked.Read = append(c.Looked.Read, look)
	default:
		c.Looked.Read = append(c.Looked.Read, look)
		put(p.answer.Data)
		c.seen(p.answer.Stale, p.answer.ObservedAt)
	}
}

func (c *composed) look(g *looking) {
	if g.risks != nil && contract.CodeOf(g.risks.err) != contract.CodeNotFound { // that none are known is no failure
		take(c, g.risks, c.cases)
	}
	if p := g.notices; p != nil && p.asked && p.err == nil {
		c.notices(p.answer.Data, p.answer.ObservedAt)
	}
	besides(c, bot.LookSettlements, g.settlements, c.payouts)
	besides(c, bot.LookLimits, g.limits, c.limits)
	besides(c, bot.LookOnboarding, g.onboarding, c.applied)
	besides(c, bot.LookComplaints, g.complaints, c.complained)
}

func (c *composed) cases(x contract.RiskCases) {
	for _, r := range x.Items {
		if r.State == contract.CaseRecovered || len(c.Cases) == maxRestrictions {
			continue
		}
		c.Cases = append(c.Cases, bot.RiskCase{Case: r.CaseID, State: string(r.State), Text: r.Text, Needs: r.Needs, Since: day(r.OpenedAt), Until: day(r.DueAt)})
	}
}

// notices keeps what is under way.
func (c *composed) notices(x contract.Notices, now int64) {
	for _, n := range x.Items {
		if (n.StartAt == 0 || n.StartAt <= now) && (n.EndAt == 0 || n.EndAt >= now) && len(c.Notices) < 5 {
			c.Notices = append(c.Notices, bot.Announcement{Kind: string(n.Kind), Title: n.Title})
		}
	}
}

func (c *composed) payouts(x contract.Settlements) {
	items := slices.Clone(x.Items)
	slices.SortStableFunc(items, func(a, b contract.Settlement) int { return strings.Compare(b.Date, a.Date) })
	for _, s := range items[:min(len(items), maxPayouts)] {
		c.Payouts = append(c.Payouts, bot.Payout{Day: s.Date, Amount: s.Amount, State: string(s.State), Fail: s.FailReason, Expected: day(s.ExpectedAt)})
	}
}

func (c *composed) limits(x contract.Limits) {
	for _, l := range x.Items {
		c.Looked.Limits = append(c.Looked.Limits, bot.Limit{Kind: string(l.Kind), On: l.On, Most: l.Most, Used: l.Used})
	}
}

func (c *composed) applied(x contract.Onboarding) {
	var faults []string
	for _, f := range x.Faults {
		faults = append(faults, f.Field+"（"+f.Reason+"）")
	}
	c.Onboarding = &bot.Onboarding{State: string(x.State), Text: x.Text, Link: x.SignURL, Faults: strings.Join(faults, "、")}
	if x.State == contract.OnboardingUnknown && x.Text == "" {
		c.Onboarding.Text = x.Raw
	}
}

func (c *composed) complained(x contract.Complaints) {
	for _, p := range x.Items {
		c.Complaints = append(c.Complaints, bot.Complaint{State: string(p.State), Until: day(p.DueAt)})
	}
}

// payment looks for the payment that a merchant names, on each of his terminals and over the time that he names. NONE means that all were
// asked and none knows of it; one request that failed leaves it open.
func (c *composed) payment(ctx context.Context, s Source, caps contract.Capabilities, merchant string, l bot.Look, terminals *part[contract.Terminals]) {
	x, ok := s.(PaymentSource)
	if !ok || !slices.Contains(l.For, bot.LookPayment) || l.Paid == nil || !caps.Has(contract.OpTransaction) || !terminals.asked {
		return
	}
	unread := func() { c.Unread = append(c.Unread, bot.LookPayment) }
	if terminals.err != nil {
		unread()
		return
	}
	var asks []func(context.Context) (contract.Answer[contract.Transaction], error)
	for _, t := range terminals.answer.Data.Items {
		if t.TID == "" {
			continue
		}
		for at := time.UnixMilli(l.Paid.From).Add(probeWide); ; at = at.Add(2 * probeWide) {
			tid, when := t.TID, at
			asks = append(asks, func(ctx context.Context) (contract.Answer[contract.Transaction], error) {
				return x.TransactionAt(ctx, merchant, tid, l.Paid.Amount, when)
			})
			if at.Add(probeWide).UnixMilli() >= l.Paid.To {
				break
			}
		}
	}
	if len(asks) == 0 || len(asks) > maxProbes {
		unread() // nowhere to look, or too much: a part of it would say nothing
		return
	}
	answers := make([]contract.Answer[contract.Transaction], len(asks))
	errs := make([]error, len(asks))
	var wg sync.WaitGroup
	for i := range asks {
		wg.Go(func() { answers[i], errs[i] = asks[i](ctx) })
	}
	wg.Wait()
	found := map[string]contract.Transaction{}
	failed := false
	for i, a := range answers {
		switch {
		case errs[i] == nil && a.Data.Amount == l.Paid.Amount:
			found[a.Data.Ref] = a.Data
			c.seen(a.Stale, a.ObservedAt)
		case errs[i] == nil || contract.CodeOf(errs[i]) != contract.CodeNotFound:
			failed = true
		}
	}
	switch {
	case failed || len(found) > 1: // two alike: whose outcome it is nobody can tell
		unread()
		return
	case len(found) == 0:
		c.Payment = &bot.Payment{State: "NONE", Amount: l.Paid.Amount}
	}
	for _, t := range found {
		c.Payment = &bot.Payment{State: string(t.FinalState), At: t.Time, Amount: t.Amount, Response: t.ResponseCode}
	}
	c.Looked.Read = append(c.Looked.Read, bot.LookPayment)
}

// seen makes the record as old as its oldest part.
func (c *composed) seen(stale bool, at int64) {
	c.Stale = c.Stale || stale
	if c.ObservedAt == 0 || at < c.ObservedAt {
		c.ObservedAt = at
	}
}

func date(t time.Time) string { return t.In(beijing).Format(time.DateOnly) }

// tidyLooked makes what was looked for fit to be stored, as tidy does with the rest.
func tidyLooked(l bot.Looked) bot.Looked {
	out := bot.Looked{Read: l.Read}
	for _, x := range l.Payouts[:min(len(l.Payouts), maxPayouts)] {
		x.Day, x.State, x.Fail, x.Expected = words(x.Day), words(x.State), words(x.Fail), words(x.Expected)
		out.Payouts = append(out.Payouts, x)
	}
	for _, x := range l.Limits[:min(len(l.Limits), 8)] {
		x.Kind, x.On = words(x.Kind), Line(x.On, 20)
		out.Limits = append(out.Limits, x)
	}
	for _, x := range l.Cases[:min(len(l.Cases), maxRestrictions)] {
		x.Case, x.State, x.Text, x.Since, x.Until = words(x.Case), words(x.State), words(x.Text), words(x.Since), words(x.Until)
		var needs []string
		for _, n := range x.Needs[:min(len(x.Needs), 20)] {
			if n = Line(n, 60); n != "" {
				needs = append(needs, n)
			}
		}
		x.Needs = needs
		out.Cases = append(out.Cases, x)
	}
	if l.Onboarding != nil {
		x := *l.Onboarding
		x.State, x.Text, x.Faults = words(x.State), words(x.Text), words(x.Faults)
		out.Onboarding = &x
	}
	for _, x := range l.Complaints[:min(len(l.Complaints), 100)] {
		x.State, x.Until = words(x.State), words(x.Until)
		out.Complaints = append(out.Complaints, x)
	}
	for _, x := range l.Notices[:min(len(l.Notices), 5)] {
		x.Kind, x.Title = words(x.Kind), words(x.Title)
		out.Notices = append(out.Notices, x)
	}
	if l.Payment != nil {
		x := *l.Payment
		x.State, x.Response = words(x.State), Line(x.Response, 8)
		out.Payment = &x
	}
	return out
}
