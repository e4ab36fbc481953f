package remote_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"posdoctor/bot/acquirer/contract"
	"posdoctor/bot/acquirer/remote"
	"posdoctor/bot/acquirer/simulator"
)

// everyOperation asks for one thing each.
var everyOperation = map[contract.Operation]func(context.Context, *remote.Client, string) error{
	contract.OpCapabilities:      func(ctx context.Context, c *remote.Client, _ string) error { return last(c.Capabilities(ctx)) },
	contract.OpMerchant:          func(ctx context.Context, c *remote.Client, m string) error { return last(c.Merchant(ctx, m)) },
	contract.OpRestrictions:      func(ctx context.Context, c *remote.Client, m string) error { return last(c.Restrictions(ctx, m)) },
	contract.OpTerminals:         func(ctx context.Context, c *remote.Client, m string) error { return last(c.Terminals(ctx, m)) },
	contract.OpTerminal:          func(ctx context.Context, c *remote.Client, m string) error { return last(c.Terminal(ctx, m, "4104")) },
	contract.OpSettlementAccount: func(ctx context.Context, c *remote.Client, m string) error { return last(c.SettlementAccount(ctx, m)) },
	contract.OpSettlements: func(ctx context.Context, c *remote.Client, m string) error {
		return last(c.Settlements(ctx, m, "2026-11-01", "2026-11-20"))
	},
	contract.OpTransaction: func(ctx context.Context, c *remote.Client, m string) error {
		return last(c.Transaction(ctx, m, "T4-1"))
	},
	contract.OpLimits:    func(ctx context.Context, c *remote.Client, m string) error { return last(c.Limits(ctx, m)) },
	contract.OpRiskCases: func(ctx context.Context, c *remote.Client, m string) error { return last(c.RiskCases(ctx, m)) },
	contract.OpComplaints: func(ctx context.Context, c *remote.Client, m string) error {
		return last(c.Complaints(ctx, m, "2026-11-01", "2026-11-20"))
	},
	contract.OpOnboarding: func(ctx context.Context, c *remote.Client, m string) error { return last(c.Onboarding(ctx, m)) },
	contract.OpNotices:    func(ctx context.Context, c *remote.Client, _ string) error { return last(c.Notices(ctx)) },
	contract.OpOpenTicket: func(ctx context.Context, c *remote.Client, m string) error {
		x := opening("R9")
		x.Merchant = m
		return last(c.Open(ctx, x))
	},
	contract.OpTicket: func(ctx context.Context, c *remote.Client, m string) error { return last(c.Ticket(ctx, m, "R9")) },
	contract.OpStartBinding: func(ctx context.Context, c *remote.Client, _ string) error {
		return last(c.StartBinding(ctx, contract.BindingStart{Request: "B9", Number: "822100058120004"}))
	},
	contract.OpConfirmBinding: func(ctx context.Context, c *remote.Client, _ string) error {
		return last(c.ConfirmBinding(ctx, contract.BindingCode{Request: "B9", Code: "000000"}))
	},
}

// Under each fault the adapter takes no answer of any operation, and what the document calls no answer is none for the adapter either.
func TestDocumentAndFaults(t *testing.T) {
	for _, route := range contract.Routes {
		if everyOperation[route.Op] == nil {
			t.Errorf("%s is not asked for", route.Op)
		}
	}
	for _, kind := range simulator.FaultKinds {
		if kind == simulator.FaultSlow || kind == simulator.FaultCommitTimeout {
			continue // no answer to look at: see TestFaults
		}
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			for op, askFor := range everyOperation {
				if slow := kind == simulator.FaultHuge || kind == simulator.Fault429; slow && op != contract.OpMerchant && op != contract.OpOpenTicket {
					continue // of many bytes, or of many tries
				}
				c, watch, sim := served(t, t.TempDir()) // with a breaker of its own
				watch.Collect()
				sim.SetFaults(simulator.Fault{Kind: kind})
				err := askFor(t.Context(), c, "demo-4")
				unfit := len(watch.Collect()) > 0
				if nobody := op == contract.OpCapabilities || op == contract.OpNotices; kind == simulator.FaultWrongMerchant && nobody {
					continue // no merchant that could be another one
				}
				if err == nil {
					t.Errorf("%s took an answer", op)
				}
				switch kind { // of those that a schema can tell
				case simulator.FaultGarbage, simulator.FaultHTML, simulator.Fault500, simulator.Fault429:
					if !unfit {
						t.Errorf("%s fits the document", op)
					}
				}
			}
		})
	}
}

// Refusals and answers that take longer are as the document says too.
func TestDocumentAndRefusals(t *testing.T) {
	c, watch, _ := served(t, t.TempDir())
	for op, askFor := range everyOperation {
		if route, _ := contract.RouteOf(op); route.Path == "/v1/capabilities" || op == contract.OpNotices || op == contract.OpStartBinding || op == contract.OpConfirmBinding {
			continue
		}
		if code := contract.CodeOf(askFor(t.Context(), c, "demo-9")); code != contract.CodeNotFound {
			t.Errorf("%s of nobody: %s", op, code)
		}
		if !watch.Seen(op, http.StatusNotFound) {
			t.Errorf("%s was not refused as the document says", op)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
	defer cancel()
	if err := last(c.Merchant(ctx, "demo-7")); contract.CodeOf(err) != contract.CodeTimeout || !watch.Seen(contract.OpMerchant, http.StatusAccepted) {
		t.Errorf("what takes longer: %v", err)
	}
	if err := last(c.Open(t.Context(), opening("R1"))); err != nil {
		t.Fatal(err)
	}
	other := opening("R1")
	other.Body = "别的"
	if err := last(c.Open(t.Context(), other)); contract.CodeOf(err) != contract.CodeInvalid || !watch.Seen(contract.OpOpenTicket, http.StatusBadRequest) {
		t.Errorf("the same request with another body: %v", err)
	}
}
