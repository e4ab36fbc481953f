package remote_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"posdoctor/bot/acquirer/acquirertest"
	"posdoctor/bot/acquirer/contract"
	"posdoctor/bot/acquirer/nearby"
	"posdoctor/bot/acquirer/simulator"
)

func TestBindings(t *testing.T) {
	clock := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	s, err := nearby.Simulate(t.TempDir(), func() time.Time { return clock })
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	acquirertest.ExerciseBindings(t, s, acquirertest.Phone{Number: "822100058120002", Merchant: "demo-2",
		Code: func() string { return s.Sent()[0].Code }, Codes: func() int { return len(s.Sent()) }, Wait: func(d time.Duration) { clock = clock.Add(d) }})
}

// The simulator has no telephone: its page shows the code.
func TestCodeOnPage(t *testing.T) {
	s, err := nearby.Simulate(t.TempDir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.StartBinding(t.Context(), contract.BindingStart{Request: "R1", Number: "822100058120002"}); err != nil {
		t.Fatal(err)
	}
	rec := httptest.NewRecorder()
	s.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/", nil))
	if page := rec.Body.String(); !strings.Contains(page, "<td>"+s.Sent()[0].Code) || !strings.Contains(page, "商户号 822100058120002") {
		t.Error("the page shows no code, or no merchant numbers")
	}
}

// Whatever breaks on the way, a binding is asked for once, and what is not known is TIMEOUT or UNAVAILABLE and never a proof.
func TestBindingFaults(t *testing.T) {
	for _, kind := range []string{simulator.Fault500, simulator.FaultReset, simulator.FaultCommitReset, simulator.FaultGarbage, simulator.FaultHTML,
		simulator.FaultWrongMerchant, simulator.FaultUnsigned, simulator.FaultBadSignature, simulator.FaultHuge} {
		t.Run(kind, func(t *testing.T) {
			s, err := nearby.Simulate(t.TempDir(), nil)
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			if _, err := s.StartBinding(t.Context(), contract.BindingStart{Request: "R1", Number: "822100058120002"}); err != nil {
				t.Fatal(err)
			}
			code := s.Sent()[0].Code
			s.SetFaults(simulator.Fault{Kind: kind, Times: 2})
			a, err := s.ConfirmBinding(t.Context(), contract.BindingCode{Request: "R1", Code: code})
			if c := contract.CodeOf(err); a.Data.Merchant != "" || c != contract.CodeTimeout && c != contract.CodeUnavailable {
				t.Errorf("confirming: %+v %v", a.Data, err)
			}
			_, err = s.StartBinding(t.Context(), contract.BindingStart{Request: "R2", Number: "822100058120003"})
			if c := contract.CodeOf(err); c != contract.CodeTimeout && c != contract.CodeUnavailable {
				t.Errorf("starting: %v", err)
			}
			if n, m := s.Asked(contract.OpConfirmBinding), s.Asked(contract.OpStartBinding); n != 1 || m != 2 {
				t.Errorf("asked %d and %d times, want 1 and 2", n, m)
			}
		})
	}
}
