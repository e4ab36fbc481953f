package wechat

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"posdoctor/bot"
)

const (
	sweepFeeds = 5 * time.Minute // fetching without a token is limited: a lost push costs so long
	emptyMost  = 20              // pages in a row without an entry
	patienceOf = 3               // attempts at an entry that fails by itself
)

// feeds are what is fetched, by account.
type feeds struct {
	lasts time.Duration // of the lease

	mu      sync.Mutex
	all     map[string]*feed
	run     func(*feed)   // set while Run runs
	changed chan struct{} // closed when something has been read

	first sync.Mutex       // one at a time makes an account known
	since map[string]int64 // known accounts
}

// feed is the messages and events of one account.
type feed struct {
	account string
	wake    chan struct{}

	// Under feeds.mu:
	token    string
	tokenAt  time.Time
	pending  bool           // a push came, or the last attempt failed
	fetching bool           // a page is being fetched, or there are more
	ahead    map[string]int // by customer: entries that were fetched and not taken in
	lookAt   time.Time      // WeCom is not asked who serves a customer before

	failures map[string]int // by msgid; the one who fetches has it
}

// wake notes that there is something to fetch. That an account exists is kept, so that its messages are fetched after a restart; that one
// of them waits need not be, for they are fetched from where they were left whenever the server starts.
func (k *KF) wake(ctx context.Context, account, token string) error {
	if err := k.known(ctx, account); err != nil {
		return err
	}
	fs := &k.feeds
	fs.mu.Lock()
	defer fs.mu.Unlock()
	f := fs.feed(account)
	f.token, f.tokenAt, f.pending = token, k.deps.Now(), true
	select {
	case f.wake <- struct{}{}:
	default:
	}
	return nil
}

// feed returns the feed of an account, which is followed from now on. The caller holds mu.
func (fs *feeds) feed(account string) *feed {
	f := fs.all[account]
	if f == nil {
		if fs.all == nil {
			fs.all = map[string]*feed{}
		}
		f = &feed{account: account, wake: make(chan struct{}, 1), pending: true, failures: map[string]int{}}
		fs.all[account] = f
		if fs.run != nil {
			fs.run(f)
		}
	}
	return f
}

// Run fetches what there is, when a push says so, when it starts, and now and then, until ctx is done.
func (k *KF) Run(ctx context.Context) {
	fs := &k.feeds
	var running sync.WaitGroup
	defer running.Wait()
	for wait := time.Second; ; wait = min(2*wait, time.Minute) {
		err := k.recall(ctx)
		if err == nil {
			break
		}
		k.log.Error("Customer Service is not followed yet", "err", err)
		if !sleep(ctx, wait, nil) {
			return
		}
	}
	fs.mu.Lock()
	fs.run = func(f *feed) { running.Go(func() { k.follow(ctx, f) }) }
	for _, f := range fs.all {
		fs.run(f)
	}
	fs.first.Lock()
	accounts := slices.Sorted(maps.Keys(fs.since))
	fs.first.Unlock()
	for _, account := range accounts {
		fs.feed(account)
	}
	fs.mu.Unlock()
	<-ctx.Done()
	fs.mu.Lock()
	fs.run = nil
	fs.mu.Unlock()
}

// follow fetches what there is of one account, again and again.
func (k *KF) follow(ctx context.Context, f *feed) {
	failures := 0
	for ctx.Err() == nil {
		err := k.sync(ctx, f)
		switch {
		case err == nil:
			failures = 0
			sleep(ctx, sweepFeeds, f.wake)
		case errors.Is(err, errBusy):
			sleep(ctx, time.Second, nil)
		default:
			if ctx.Err() == nil {
				k.log.Error("fetching messages", "account", f.account, "err", err)
			}
			sleep(ctx, min(time.Second<<min(failures, 6), time.Minute), nil)
			failures++
		}
	}
}

// sleep waits for a time or for a wake; false when ctx is done.
func sleep(ctx context.Context, d time.Duration, wake <-chan struct{}) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-wake:
	case <-t.C:
	}
	return true
}

// sync fetches and takes in what there is of one account, in order. Nobody else does so at the same time.
func (k *KF) sync(ctx context.Context, f *feed) (err error) {
	ctx, release, err := k.hold(ctx, "kf-sync:"+f.account)
	if err != nil {
		return err
	}
	defer release()
	for empty := 0; ; {
		token := k.feeds.begin(f, k.deps.Now())
		page, err := k.fetch(ctx, f.account, token)
		if err != nil {
			k.feeds.fail(f)
			return err
		}
		k.feeds.fetched(f, page)
		if err := k.takeAll(ctx, f, page); err != nil {
			k.feeds.fail(f)
			return err
		}
		if empty++; len(page.entries) > 0 {
			empty = 0
		}
		if k.feeds.finished(f, page.more) {
			return nil
		}
		if empty > emptyMost {
			k.feeds.fail(f)
			return errors.New("there is said to be more, and nothing comes")
		}
		if empty > 0 && page.more && !sleep(ctx, time.Duration(min(10*empty, 100))*time.Millisecond, nil) {
			k.feeds.fail(f)
			return ctx.Err()
		}
	}
}

// takeAll takes a page in. The cursor behind it is written with the turn of its last entry.
func (k *KF) takeAll(ctx context.Context, f *feed, p kfPage) error {
	var cursor []bot.Note
	if p.cursor != "" && p.cursor != p.before {
		cursor = []bot.Note{{Name: cursorOf(f.account), Value: p.cursor}}
	}
	written := false
	for i, e := range p.entries {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		var notes []bot.Note
		if i == len(p.entries)-1 {
			notes = cursor
		}
		var err error
		if written, err = k.takeGuarded(ctx, f, e, notes); err != nil {
			return err
		}
		k.feeds.taken(f, e.User)
	}
	if written || cursor == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := k.deps.Notes.SetNote(ctx, cursor[0]); err != nil {
		return fmt.Errorf("keeping the cursor: %w", err)
	}
	return nil
}

// takeGuarded takes one entry in. One that fails again and again, and by itself, is left out: the others do not wait for it for ever. Of
// a customer's, people are told that there was something.
func (k *KF) takeGuarded(ctx context.Context, f *feed, e kfEntry, notes []bot.Note) (written bool, err error) {
	written, err = k.takeSafely(ctx, f.account, e, notes)
	if err == nil || !k.byItself(ctx, f.account, err) {
		return written, err
	}
	if f.failures[e.MsgID]++; f.failures[e.MsgID] < patienceOf {
		return false, err
	}
	k.log.Error("an entry of Customer Service is left out", "account", f.account, "kind", e.MsgType, "err", err)
	if e.Origin == originCustomer {
		written, err = k.takeSafely(ctx, f.account, e.unread(), notes)
		if err != nil && !k.byItself(ctx, f.account, err) {
			return false, err
		}
		if err != nil {
			k.log.Error("nobody is told of the entry that was left out", "account", f.account, "err", err)
		}
	}
	delete(f.failures, e.MsgID)
	return written && err == nil, nil
}

// takeSafely is take, with an error instead of a panic.
func (k *KF) takeSafely(ctx context.Context, account string, e kfEntry, notes []bot.Note) (written bool, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic of type %T\n%s", p, debug.Stack()) // without its value: nobody knows what it holds
		}
	}()
	return k.take(ctx, account, e, notes)
}

// byItself says that an entry failed by what it is: not because somebody gave up or another was faster, nor because nothing can be
// written, the lease of who asks neither.
func (k *KF) byItself(ctx context.Context, account string, err error) bool {
	if ctx.Err() != nil || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) || errors.Is(err, bot.ErrConflict) {
		return false
	}
	held, err := k.deps.Leases.Acquire(ctx, "kf-sync:"+account, k.owner, k.deps.Now(), k.feeds.lasts)
	return held && err == nil
}
