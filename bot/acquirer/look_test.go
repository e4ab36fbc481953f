package acquirer_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"posdoctor/bot"
	"posdoctor/bot/acquirer"
	"posdoctor/bot/acquirer/contract"
	"posdoctor/bot/acquirer/nearby"
	"posdoctor/bot/acquirer/simulator"
)

var everything = []string{bot.LookComplaints, bot.LookLimits, bot.LookOnboarding, bot.LookPayment, bot.LookSettlements}

// What a record holds of the parts that are looked for, and which states its statements have. A part that fails is named and takes nothing
// from the rest; nothing is asked that nobody wants to know.
func TestLook(t *testing.T) {
	clock := time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC)
	ms := func(minutes int) int64 { return clock.Add(time.Duration(minutes) * time.Minute).UnixMilli() }
	paid := func(yuan int64, from, to int) *bot.Paid {
		return &bot.Paid{Amount: yuan * 100, From: ms(from), To: ms(to)}
	}
	cases := []struct {
		name     string
		merchant string
		look     bot.Look
		fault    *simulator.Fault
		want     string // states; read; unread
	}{
		{"nothing besides", "demo-1", bot.Look{}, nil, "; ; "},
		{"all of one with whom all is well", "demo-1", bot.Look{For: everything, Paid: paid(88, -20, 0)}, nil,
			"SETTLEMENT_SENT SETTLEMENT_PAID LIMITS ONBOARDING_FINISHED COMPLAINTS_NONE PAYMENT_SUCCESS; complaints limits onboarding payment settlements; "},
		{"an investigation belongs to every record", "demo-4", bot.Look{}, nil, "RISK CASE_PENDING; ; "},
		{"held payouts", "demo-4", bot.Look{For: []string{bot.LookSettlements}}, nil, "RISK CASE_PENDING SETTLEMENT_HELD; settlements; "},
		{"a returned payout", "demo-6", bot.Look{For: []string{bot.LookSettlements}}, nil, "SETTLE_ACCOUNT ACCOUNT_CHANGE_REJECTED SETTLEMENT_RETURNED SETTLEMENT_PAID; settlements; "},
		{"complaints", "demo-4", bot.Look{For: []string{bot.LookComplaints}}, nil, "RISK CASE_PENDING COMPLAINTS_OPEN; complaints; "},
		{"an application", "demo-3", bot.Look{For: []string{bot.LookOnboarding}}, nil, "NO_TRADE ONBOARDING_REJECTED; onboarding; "},

		{"a payment that failed", "demo-1", bot.Look{For: everything[3:4], Paid: paid(66, -20, 0)}, nil, "PAYMENT_FAILED; payment; "},
		{"one that was reversed", "demo-1", bot.Look{For: everything[3:4], Paid: paid(200, -20, 0)}, nil, "PAYMENT_REVERSED; payment; "},
		{"one that is not known yet", "demo-1", bot.Look{For: everything[3:4], Paid: paid(300, -20, 0)}, nil, "PAYMENT_UNKNOWN; payment; "},
		{"one of an hour ago", "demo-1", bot.Look{For: everything[3:4], Paid: paid(128, -100, -40)}, nil, "PAYMENT_SUCCESS; payment; "},
		{"one that nobody knows", "demo-1", bot.Look{For: everything[3:4], Paid: paid(77, -20, 0)}, nil, "PAYMENT_NONE; payment; "},
		{"one at another time", "demo-1", bot.Look{For: everything[3:4], Paid: paid(128, -20, 0)}, nil, "PAYMENT_NONE; payment; "},
		{"one that is not named", "demo-1", bot.Look{For: everything[3:4]}, nil, "; ; "},
		{"one for which too much would have to be asked", "demo-1", bot.Look{For: everything[3:4], Paid: paid(88, -600, 0)}, nil, "UNREAD_PAYMENT; ; payment"},
		{"the payment cannot be read", "demo-1", bot.Look{For: everything[3:4], Paid: paid(77, -20, 0)}, &simulator.Fault{Kind: simulator.Fault500, Op: contract.OpTransaction},
			"UNREAD_PAYMENT; ; payment"},

		{"payouts cannot be read", "demo-6", bot.Look{For: []string{bot.LookSettlements, bot.LookLimits}}, &simulator.Fault{Kind: simulator.FaultGarbage, Op: contract.OpSettlements},
			"SETTLE_ACCOUNT ACCOUNT_CHANGE_REJECTED LIMITS UNREAD_SETTLEMENTS; limits; settlements"},
		{"limits cannot be read", "demo-1", bot.Look{For: everything[1:2]}, &simulator.Fault{Kind: simulator.FaultReset, Op: contract.OpLimits}, "UNREAD_LIMITS; ; limits"},
		{"the application cannot be read", "demo-1", bot.Look{For: everything[2:3]}, &simulator.Fault{Kind: simulator.FaultWrongMerchant, Op: contract.OpOnboarding}, "UNREAD_ONBOARDING; ; onboarding"},
		{"complaints cannot be read", "demo-1", bot.Look{For: everything[:1]}, &simulator.Fault{Kind: simulator.FaultUnsigned, Op: contract.OpComplaints}, "UNREAD_COMPLAINTS; ; complaints"},
		{"investigations cannot be read: not normal", "demo-1", bot.Look{}, &simulator.Fault{Kind: simulator.Fault500, Op: contract.OpRiskCases}, "UNAVAILABLE"},
		{"investigations cannot be read, but a limit", "demo-2", bot.Look{}, &simulator.Fault{Kind: simulator.Fault500, Op: contract.OpRiskCases}, "DOCS_EXPIRED; ; listRiskCases"},
		{"notices cannot be read", "demo-1", bot.Look{}, &simulator.Fault{Kind: simulator.Fault500, Op: contract.OpNotices}, "; ; "},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s, err := nearby.Simulate(t.TempDir(), func() time.Time { return clock })
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			if c.fault != nil {
				s.SetFaults(*c.fault)
			}
			c.look.At = clock.UnixMilli()
			it := bot.Item{ID: "1", Target: bot.TargetAcquirer, Call: bot.Call{ID: "c", Op: bot.OpRecord, Merchant: c.merchant, Look: &c.look}}
			n := 0
			d := acquirer.NewDeliverer(s, func() time.Time { return clock }, func() string { n++; return string(rune('a' + n)) })
			ev, err := d.Deliver(t.Context(), it)
			if err != nil {
				t.Fatal(err)
			}
			if got := looked(ev); got != c.want {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
			for op, look := range map[contract.Operation]string{contract.OpSettlements: bot.LookSettlements, contract.OpLimits: bot.LookLimits, contract.OpOnboarding: bot.LookOnboarding,
				contract.OpComplaints: bot.LookComplaints, contract.OpTransaction: bot.LookPayment} {
				if s.Asked(op) > 0 && !slices.Contains(c.look.For, look) {
					t.Errorf("%s was asked, and nobody wanted to know", op)
				}
			}
		})
	}
}

func looked(ev bot.Event) string {
	if ev.Record == nil {
		return ev.Error
	}
	var states []string
	for _, f := range ev.Record.Statements(func(s string) string { return s }) {
		states = append(states, f.State)
	}
	slices.Sort(ev.Record.Looked.Read)
	return strings.Join(states, " ") + "; " + strings.Join(ev.Record.Looked.Read, " ") + "; " + strings.Join(ev.Record.Unread, " ")
}

// A link is kept when its host may be shown, and dropped when not; the rest of the record is the same.
func TestRecordLinks(t *testing.T) {
	s, err := nearby.Simulate(t.TempDir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for host, want := range map[string]string{simulator.HelpHost: "https://help.example.com/recover", "kf.qq.com": ""} {
		d := acquirer.NewDeliverer(s, time.Now, bot.NewID)
		d.Links = acquirer.Links{host}
		ev, err := d.Deliver(t.Context(), bot.Item{Target: bot.TargetAcquirer, Call: bot.Call{ID: "c", Op: bot.OpRecord, Merchant: "demo-2"}})
		if err != nil || ev.Record == nil {
			t.Fatalf("%+v, %v", ev, err)
		}
		if x := ev.Record.Restrictions[0]; x.Link != want || x.Recover != "提交新营业执照" {
			t.Errorf("with %s: %+v", host, x)
		}
	}
}

// What an acquirer can be asked for besides follows from its capabilities.
func TestLooksOf(t *testing.T) {
	s, err := nearby.Simulate(t.TempDir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	caps := contract.Capabilities{Operations: []contract.Operation{contract.OpMerchant, contract.OpTransaction, contract.OpLimits}}
	if got := acquirer.LooksOf(s.Client, caps); !slices.Equal(got, []string{bot.LookLimits}) {
		t.Errorf("without terminals no payment is found: %v", got)
	}
	a, err := s.Capabilities(t.Context())
	if got := acquirer.LooksOf(s.Client, a.Data); err != nil || !slices.Equal(got, everything) {
		t.Errorf("got %v, %v", got, err)
	}
	if got := acquirer.LooksOf(parts{}, a.Data); got != nil {
		t.Errorf("an adapter without them has %v", got)
	}
}
