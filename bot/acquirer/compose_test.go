package acquirer_test

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"posdoctor/bot"
	"posdoctor/bot/acquirer"
	"posdoctor/bot/acquirer/contract"
)

// parts is a source of which each part may fail.
type parts struct {
	fails map[contract.Operation]contract.Code
	lacks []contract.Operation
	with  func(*contract.Merchant)
	limit bool // there is a restriction

	machines []contract.Terminal // nil: one of which nothing more is known
}

func part[T any](p parts, op contract.Operation, data T) (contract.Answer[T], error) {
	if code := p.fails[op]; code != "" {
		return contract.Answer[T]{}, contract.Fail(code, "")
	}
	seen := map[contract.Operation]int64{contract.OpMerchant: 30, contract.OpRestrictions: 20, contract.OpTerminals: 10, contract.OpSettlementAccount: 40}
	return contract.Answer[T]{Provider: "p", Operation: op, Merchant: "m", ObservedAt: seen[op], TraceID: "t-" + string(op), Data: data}, nil
}

func (p parts) Capabilities(context.Context) (contract.Answer[contract.Capabilities], error) {
	var c contract.Capabilities
	for _, op := range []contract.Operation{contract.OpMerchant, contract.OpRestrictions, contract.OpTerminals, contract.OpSettlementAccount} {
		lacks := false
		for _, l := range p.lacks {
			lacks = lacks || l == op
		}
		if !lacks {
			c.Operations = append(c.Operations, op)
		}
	}
	return part(p, contract.OpCapabilities, c)
}

func (p parts) Merchant(context.Context, string) (contract.Answer[contract.Merchant], error) {
	m := contract.Merchant{Name: "店", Status: contract.MerchantActive}
	if p.with != nil {
		p.with(&m)
	}
	return part(p, contract.OpMerchant, m)
}

func (p parts) Restrictions(context.Context, string) (contract.Answer[contract.Restrictions], error) {
	var r contract.Restrictions
	if p.limit {
		r.Items = []contract.Restriction{{CaseID: "1", ReasonType: contract.ReasonRisk}, {CaseID: "2", ReasonType: contract.ReasonNoTrade, LiftedAt: 1}}
	}
	return part(p, contract.OpRestrictions, r)
}

func (p parts) Terminals(context.Context, string) (contract.Answer[contract.Terminals], error) {
	if p.machines != nil {
		return part(p, contract.OpTerminals, contract.Terminals{Items: p.machines})
	}
	return part(p, contract.OpTerminals, contract.Terminals{Items: []contract.Terminal{{SNMasked: "****4101", Status: contract.TerminalActive}}})
}

func (p parts) SettlementAccount(context.Context, string) (contract.Answer[contract.SettlementAccount], error) {
	return part(p, contract.OpSettlementAccount, contract.SettlementAccount{VerifyState: contract.VerifyOK, MaskedNo: "****6621"})
}

type failing = map[contract.Operation]contract.Code

func TestCompose(t *testing.T) {
	const m, r, tm, a = contract.OpMerchant, contract.OpRestrictions, contract.OpTerminals, contract.OpSettlementAccount
	cases := []struct {
		name string
		from parts
		want string // "status verify terminals restrictions; facts; unread", or a code
	}{
		{"all is well", parts{}, "ACTIVE OK 1 0; ; "},
		{"limited", parts{limit: true}, "ACTIVE OK 1 1; RISK; "},
		{"the merchant cannot be read", parts{fails: failing{m: contract.CodeTimeout}}, "TIMEOUT"},
		{"restrictions cannot be read: not normal", parts{fails: failing{r: contract.CodeUnavailable}}, "UNAVAILABLE"},
		{"terminals cannot be read: not normal", parts{fails: failing{tm: contract.CodeBadSignature}}, "BAD_SIGNATURE"},
		{"the account cannot be read: not normal", parts{fails: failing{a: contract.CodeTimeout}}, "TIMEOUT"},
		{"the merchant cannot be read, but a limit", parts{limit: true, fails: failing{m: contract.CodeTimeout}}, "UNKNOWN OK 1 1; RISK; getMerchant"},
		{"terminals and account cannot be read, but a limit", parts{limit: true, fails: failing{tm: contract.CodeTimeout, a: contract.CodeTimeout}},
			"ACTIVE UNKNOWN 0 1; RISK; listTerminals getSettlementAccount"},
		{"there is no such merchant", parts{fails: failing{m: contract.CodeNotFound, r: contract.CodeNotFound, tm: contract.CodeNotFound, a: contract.CodeNotFound}}, "NOT_FOUND"},
		{"not ours", parts{limit: true, fails: failing{m: contract.CodeNotYours}}, "NOT_YOURS"},
		{"no account, no terminals", parts{fails: failing{tm: contract.CodeNotFound, a: contract.CodeNotFound}}, "ACTIVE - 0 0; ; "},
		{"only restrictions are offered", parts{limit: true, lacks: []contract.Operation{m, tm, a}}, " - 0 1; RISK; "},
		{"only restrictions are offered, none", parts{lacks: []contract.Operation{m, tm, a}}, " - 0 0; ; "},
		{"only the account is offered, none", parts{lacks: []contract.Operation{m, r, tm}, fails: failing{a: contract.CodeNotFound}}, "NOT_FOUND"},
		{"nothing is offered", parts{lacks: []contract.Operation{m, r, tm, a}}, "UNSUPPORTED"},
		{"capabilities cannot be read", parts{fails: failing{contract.OpCapabilities: contract.CodeTimeout}}, "TIMEOUT"},
		{"active, but takes no payments", parts{with: func(m *contract.Merchant) { m.Functions.Collect = contract.No }}, "SUSPENDED OK 1 0; SUSPENDED; "},
		{"active, but is not paid out", parts{with: func(m *contract.Merchant) { m.Functions.Settle = contract.No }}, "FUNDS_HELD OK 1 0; FUNDS_HELD; "},
		{"a word nobody knows", parts{with: func(m *contract.Merchant) { m.Status, m.Raw = contract.MerchantUnknown, "ODD" }}, "UNKNOWN OK 1 0; UNKNOWN; "},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, err := acquirer.Compose(t.Context(), c.from, "m", bot.Look{})
			if s := composed(got, err); s != c.want {
				t.Errorf("got %q, want %q", s, c.want)
			}
			if err == nil && len(c.from.lacks)+len(c.from.fails) == 0 && (got.ObservedAt != 10 || got.Trace != "t-getMerchant" || got.Merchant != "m") {
				t.Errorf("observed at %d, trace %q: want the oldest part and the merchant's", got.ObservedAt, got.Trace)
			}
		})
	}
}

// What an acquirer says of a machine comes through, and of a machine that another merchant has now nothing that is his.
func TestComposeTerminals(t *testing.T) {
	x := contract.Terminal{SNMasked: "****4101", Model: "N910", Status: contract.TerminalActive, Online: contract.Yes, SignedInAt: 1_795_413_600_000}
	elsewhere := x
	elsewhere.BoundHere = contract.No
	got, err := acquirer.Compose(t.Context(), parts{machines: []contract.Terminal{x, elsewhere, {SNMasked: "****4102", Status: contract.TerminalActive}}}, "m", bot.Look{})
	if err != nil {
		t.Fatal(err)
	}
	want := []bot.Terminal{
		{SN: "4101", Status: "ACTIVE", Model: "N910", Online: "YES", SignedInAt: 1_795_413_600_000},
		{SN: "4101", Status: "BOUND_ELSEWHERE", Model: "N910"},
		{SN: "4102", Status: "ACTIVE"},
	}
	if diff := cmp.Diff(want, got.Terminals); diff != "" {
		t.Error(diff)
	}
}

func composed(r bot.Record, err error) string {
	if err != nil {
		return code(err)
	}
	verify := "-"
	if r.Settlement != nil {
		verify = r.Settlement.Verify
	}
	var facts []string
	for _, f := range r.Facts(func(s string) string { return s }) {
		facts = append(facts, f.State)
	}
	return r.Status + " " + verify + " " + string(rune('0'+len(r.Terminals))) + " " + string(rune('0'+len(r.Restrictions))) + "; " +
		strings.Join(facts, " ") + "; " + strings.Join(r.Unread, " ")
}
