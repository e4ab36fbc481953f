package acquirertest

import (
	"context"
	"strings"
	"testing"
	"time"

	"posdoctor/bot/acquirer"
	"posdoctor/bot/acquirer/contract"
)

// Operations are all operations of the contract. An adapter that has only some of them answers the others with UNSUPPORTED and does
// not name them among its capabilities.
type Operations interface {
	acquirer.Source
	Terminal(ctx context.Context, merchant, terminal string) (contract.Answer[contract.Terminal], error)
	Settlements(ctx context.Context, merchant, from, to string) (contract.Answer[contract.Settlements], error)
	Transaction(ctx context.Context, merchant, ref string) (contract.Answer[contract.Transaction], error)
	TransactionAt(ctx context.Context, merchant, tid string, amount int64, at time.Time) (contract.Answer[contract.Transaction], error)
	Limits(ctx context.Context, merchant string) (contract.Answer[contract.Limits], error)
	RiskCases(ctx context.Context, merchant string) (contract.Answer[contract.RiskCases], error)
	Complaints(ctx context.Context, merchant, from, to string) (contract.Answer[contract.Complaints], error)
	Onboarding(ctx context.Context, merchant string) (contract.Answer[contract.Onboarding], error)
	Notices(ctx context.Context) (contract.Answer[contract.Notices], error)
	Open(ctx context.Context, c contract.Case) (contract.Answer[contract.Ticket], error)
	Ticket(ctx context.Context, merchant, request string) (contract.Answer[contract.Ticket], error)
	acquirer.Binder
}

// ExerciseOperations asks every operation about a merchant who has something of everything, and about one who is not there. terminal is
// a number of his, payment a reference.
func ExerciseOperations(t *testing.T, o Operations, merchant, terminal, payment string, now time.Time) {
	from, to := now.AddDate(0, 0, -7).Format(time.DateOnly), now.AddDate(0, 0, 1).Format(time.DateOnly)
	answer, err := o.Capabilities(within(t, quick))
	if err != nil {
		t.Fatal(err)
	}
	if answer.Operation != contract.OpCapabilities || answer.Merchant != "" || answer.Provider == "" || answer.ReceivedAt == 0 {
		t.Errorf("the envelope is %+v", answer)
	}
	caps := answer.Data
	ask := func(op contract.Operation, call func(t *testing.T, merchant string) error) {
		t.Run(string(op), func(t *testing.T) {
			if caps.Has(op) {
				if err := call(t, merchant); err != nil {
					t.Errorf("of %s: %v", merchant, err)
				}
				if op == contract.OpNotices {
					return
				}
				for _, nobody := range []string{"nobody-here", "../" + merchant, "", strings.Repeat("a", 65)} {
					if code := contract.CodeOf(call(t, nobody)); code != contract.CodeNotFound && code != contract.CodeNotYours && code != contract.CodeInvalid {
						t.Errorf("of %q: code %q, want NOT_FOUND", nobody, code)
					}
				}
				return
			}
			if code := contract.CodeOf(call(t, merchant)); code != contract.CodeUnsupported {
				t.Errorf("it is not among the capabilities and says %q, want UNSUPPORTED", code)
			}
		})
	}
	ask(contract.OpMerchant, one(o.Merchant))
	ask(contract.OpRestrictions, one(o.Restrictions))
	ask(contract.OpTerminals, one(o.Terminals))
	ask(contract.OpTerminal, one(func(ctx context.Context, m string) (contract.Answer[contract.Terminal], error) {
		return o.Terminal(ctx, m, terminal)
	}))
	ask(contract.OpSettlementAccount, one(o.SettlementAccount))
	ask(contract.OpSettlements, one(func(ctx context.Context, m string) (contract.Answer[contract.Settlements], error) {
		return o.Settlements(ctx, m, from, to)
	}))
	ask(contract.OpTransaction, one(func(ctx context.Context, m string) (contract.Answer[contract.Transaction], error) {
		a, err := o.Transaction(ctx, m, payment)
		if err != nil {
			return a, err
		}
		x := a.Data
		b, err := o.TransactionAt(ctx, m, terminal, x.Amount, time.UnixMilli(x.Time).Add(9*time.Minute))
		if err == nil && b.Data.Ref != x.Ref {
			t.Errorf("by terminal, amount and time it is payment %q, by reference %q", b.Data.Ref, x.Ref)
		}
		return a, err
	}))
	ask(contract.OpLimits, one(o.Limits))
	ask(contract.OpRiskCases, one(o.RiskCases))
	ask(contract.OpComplaints, one(func(ctx context.Context, m string) (contract.Answer[contract.Complaints], error) {
		return o.Complaints(ctx, m, from, to)
	}))
	ask(contract.OpOnboarding, one(o.Onboarding))
	ask(contract.OpNotices, func(t *testing.T, _ string) error { _, err := o.Notices(within(t, quick)); return err })
	request := number()
	ask(contract.OpOpenTicket, one(func(ctx context.Context, m string) (contract.Answer[contract.Ticket], error) {
		return o.Open(ctx, contract.Case{Request: request, Merchant: m, Title: "t", Body: "b"})
	}))
	ask(contract.OpTicket, one(func(ctx context.Context, m string) (contract.Answer[contract.Ticket], error) {
		return o.Ticket(ctx, m, request)
	}))
	t.Run("unsupported binding", func(t *testing.T) {
		start, err := o.StartBinding(within(t, quick), contract.BindingStart{Request: number(), Number: "822100000000000"})
		code, no := o.ConfirmBinding(within(t, quick), contract.BindingCode{Request: number(), Code: "000000"})
		switch {
		case caps.Has(contract.OpStartBinding) != caps.Has(contract.OpConfirmBinding):
			t.Error("only one half of a binding is among the capabilities")
		case !caps.Has(contract.OpStartBinding) && (contract.CodeOf(err) != contract.CodeUnsupported || contract.CodeOf(no) != contract.CodeUnsupported):
			t.Errorf("it is not among the capabilities and says %v and %v, want UNSUPPORTED", err, no)
		case caps.Has(contract.OpStartBinding) && (err != nil || no != nil || start.Merchant != "" || code.Data.Outcome != contract.BindingRefused):
			t.Errorf("of a number that nobody has: %+v %v, %+v %v", start, err, code, no)
		}
	})
}

// one asks one operation about a merchant and looks at the envelope.
func one[T any](read func(context.Context, string) (contract.Answer[T], error)) func(*testing.T, string) error {
	return func(t *testing.T, merchant string) error {
		a, err := read(within(t, quick), merchant)
		if err != nil {
			return err
		}
		if a.Merchant != merchant || a.Provider == "" || a.ObservedAt == 0 || a.ReceivedAt == 0 || a.TraceID == "" {
			t.Errorf("the envelope is %+v", a)
		}
		return contract.Check(a)
	}
}
