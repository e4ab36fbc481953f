package acquirer

import (
	"context"
	"errors"
	"time"

	"github.com/sony/gobreaker/v2"
)

// When a provider is left alone, and for how long.
const (
	TripAfter  = 5 // failures …
	TripWithin = 10 * time.Second
	OpenFor    = 30 * time.Second // then one request tries
)

// NewBreaker returns the breaker of one provider. It opens when five requests that began within ten seconds have failed, either in a row
// or no fewer than were answered; after half a minute it lets one request try, and closes when that one is answered. answered says of an
// outcome whether somebody was there. One that we ourselves gave up (context.Canceled) counts for nothing. openFor 0 means OpenFor.
func NewBreaker(name string, openFor time.Duration, answered func(error) bool) *gobreaker.TwoStepCircuitBreaker[any] {
	if openFor == 0 {
		openFor = OpenFor
	}
	return gobreaker.NewTwoStepCircuitBreaker[any](gobreaker.Settings{Name: name, MaxRequests: 1, Interval: TripWithin, BucketPeriod: time.Second,
		Timeout: openFor,
		ReadyToTrip: func(n gobreaker.Counts) bool {
			return n.ConsecutiveFailures >= TripAfter || n.TotalFailures >= TripAfter && n.TotalFailures >= n.TotalSuccesses
		},
		IsSuccessful: answered, IsExcluded: func(err error) bool { return errors.Is(err, context.Canceled) }})
}
