package remote_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"posdoctor/bot"
	"posdoctor/bot/acquirer/acquirertest"
	"posdoctor/bot/acquirer/contract"
	"posdoctor/bot/acquirer/nearby"
	"posdoctor/bot/acquirer/remote"
	"posdoctor/bot/acquirer/simulator"
)

// served is a simulator on a socket of this machine, with what passes held against the document.
func served(t *testing.T, dir string) (*remote.Client, *acquirertest.Watch, *simulator.Simulator) {
	t.Helper()
	sim, err := simulator.New(simulator.Config{Dir: dir, Key: nearby.Key()})
	if err != nil {
		t.Fatal(err)
	}
	watch := acquirertest.NewWatch(t, sim)
	srv := httptest.NewServer(watch)
	c, err := remote.New(remote.Config{URL: srv.URL, Key: nearby.Key()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(); srv.Close(); sim.Close() })
	return c, watch, sim
}

// The simulator and this adapter pass the suite together, over TCP, each byte between them as the document says.
func TestConforms(t *testing.T) {
	dir := t.TempDir()
	acquirertest.Exercise(t, func(t *testing.T) bot.Acquirer { c, _, _ := served(t, dir); return c })
}

func TestConformsInMemory(t *testing.T) {
	dir := t.TempDir()
	acquirertest.Exercise(t, func(t *testing.T) bot.Acquirer {
		s, err := nearby.Simulate(dir, nil)
		if err != nil {
			t.Fatal(err)
		}
		return s
	})
}

// Every operation, and every word of the contract, passes as the document says.
func TestOperations(t *testing.T) {
	c, watch, _ := served(t, t.TempDir())
	acquirertest.ExerciseOperations(t, c, "demo-4", "20264104", "T4-1", time.Now())
	for _, r := range contract.Routes {
		if !watch.Seen(r.Op, http.StatusOK) {
			t.Errorf("%s was never answered", r.Op)
		}
	}
	for _, m := range simulator.Samples() {
		if m == simulator.ForeignWords {
			continue // the document has none of its words
		}
		if _, err := c.Record(t.Context(), m); err != nil {
			t.Errorf("%s: %v", m, err)
		}
		from, to := "2020-01-01", "2099-12-31"
		for what, err := range map[string]error{"settlements": last(c.Settlements(t.Context(), m, from, to)), "limits": last(c.Limits(t.Context(), m)),
			"risk cases": last(c.RiskCases(t.Context(), m)), "complaints": last(c.Complaints(t.Context(), m, from, to)), "onboarding": last(c.Onboarding(t.Context(), m))} {
			if err != nil {
				t.Errorf("%s of %s: %v", what, m, err)
			}
		}
	}
}

func last[T any](_ T, err error) error { return err }

// A connection that breaks under a request is repeated by us, signed anew, and not by the transport with the nonce that was used.
func TestBrokenConnection(t *testing.T) {
	c, _, sim := served(t, t.TempDir())
	for range 4 {
		if _, err := c.Ticket(t.Context(), "demo-2", "R1"); contract.CodeOf(err) != contract.CodeNotFound { // there is a connection now
			t.Fatal(err)
		}
		sim.SetFaults(simulator.Fault{Kind: simulator.FaultReset, Times: 1})
		if _, err := c.Ticket(t.Context(), "demo-2", "R1"); contract.CodeOf(err) != contract.CodeNotFound {
			t.Error(err)
		}
	}
	if n := sim.Asked(contract.OpTicket); n != 12 {
		t.Errorf("asked %d times, want 12", n)
	}
}
