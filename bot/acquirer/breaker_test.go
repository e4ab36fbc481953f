package acquirer_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"posdoctor/bot/acquirer"
)

// The breaker by the clock: what happens after how long, and whether the next request is let through.
func TestBreakerByTheClock(t *testing.T) {
	const s = time.Second
	failed, none := errors.New("no answer"), error(nil)
	type step struct {
		after time.Duration
		times int
		end   error
		open  bool // afterwards
	}
	cases := []struct {
		name  string
		steps []step
	}{
		{"five at once", []step{{0, 4, failed, false}, {0, 1, failed, true}}},
		{"five within ten seconds", []step{{0, 1, failed, false}, {2 * s, 1, failed, false}, {2 * s, 1, failed, false}, {2 * s, 1, failed, false}, {2 * s, 1, failed, true}}},
		{"five over more than ten seconds", []step{{0, 1, failed, false}, {3 * s, 1, failed, false}, {3 * s, 1, failed, false}, {3 * s, 1, failed, false},
			{3 * s, 1, failed, false}, {3 * s, 1, failed, false}, {3 * s, 1, failed, false}}},
		{"four, and long after one more", []step{{0, 4, failed, false}, {11 * s, 1, failed, false}, {0, 3, failed, false}, {0, 1, failed, true}}},
		{"some failures among many answers", []step{{0, 100, none, false}, {s, 4, failed, false}, {0, 1, none, false}, {s, 4, failed, false}, {0, 1, none, false}}},
		{"all well until now", []step{{0, 100, none, false}, {s, 4, failed, false}, {0, 1, failed, true}}},
		{"answers between them do not hide them", []step{{0, 3, failed, false}, {s, 2, none, false}, {s, 2, failed, true}}},
		{"we gave up", []step{{0, 50, context.Canceled, false}}},
		{"one tries after half a minute, and fails", []step{{0, 5, failed, true}, {29 * s, 0, nil, true}, {2 * s, 1, failed, true}, {29 * s, 0, nil, true}}},
		{"one tries after half a minute, and is answered", []step{{0, 5, failed, true}, {31 * s, 1, none, false}, {0, 4, failed, false}, {0, 1, failed, true}}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := acquirer.NewBreaker("test", 0, func(err error) bool { return err == nil })
				for i, x := range c.steps {
					time.Sleep(x.after)
					for range x.times {
						done, err := b.Allow()
						if err != nil {
							t.Fatalf("step %d: not let through: %v", i, err)
						}
						done(x.end)
					}
					if open := b.State().String() == "open"; open != x.open {
						t.Errorf("step %d: open is %t, want %t: %+v", i, open, x.open, b.Counts())
					}
				}
			})
		})
	}
}
