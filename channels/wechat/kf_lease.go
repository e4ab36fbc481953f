package wechat

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// syncLease is how long the right to fetch an account's messages outlasts a process that was killed. It is prolonged while they are
// being fetched.
const syncLease = 5 * time.Second

// errBusy means that another process fetches this account.
var errBusy = errors.New("another process is fetching")

// hold takes a lease and prolongs it until release; when it is lost, the context ends.
func (k *KF) hold(ctx context.Context, name string) (_ context.Context, release func(), err error) {
	lasts := k.feeds.lasts
	if ok, err := k.deps.Leases.Acquire(ctx, name, k.owner, k.deps.Now(), lasts); err != nil {
		return ctx, nil, fmt.Errorf("leasing a feed: %w", err)
	} else if !ok {
		return ctx, nil, errBusy
	}
	held, cancel := context.WithCancel(ctx)
	var prolonging sync.WaitGroup
	prolonging.Go(func() {
		for sleep(held, lasts/3, nil) {
			if ok, err := k.deps.Leases.Acquire(held, name, k.owner, k.deps.Now(), lasts); err == nil && !ok {
				cancel()
			}
		}
	})
	return held, func() {
		cancel()
		prolonging.Wait()
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
		defer cancel()
		if err := k.deps.Leases.Release(ctx, name, k.owner); err != nil {
			k.log.Warn("giving a lease back", "err", err)
		}
	}, nil
}
