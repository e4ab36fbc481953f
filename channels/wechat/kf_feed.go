package wechat

import (
	"context"
	"encoding/json"
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
	pageSize   = 200             // entries asked for at once; what a killed process has to read again is no more
	tokenGood  = 9 * time.Minute // the token of a push fetches for 10
	sweepFeeds = 5 * time.Minute // fetching without a token is limited: a lost push costs so long
	youngest   = 10 * time.Minute
	letReadFor = 2 * time.Second
	emptyMost  = 20 // pages in a row without an entry
	patienceOf = 3  // attempts at an entry that fails by itself
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

// accounts are the known ones, each with the time before which its messages are none of ours, in milliseconds:
//
//	kf-accounts:ww12345678910  {"wkAJ":1700000000000}
func (k *KF) accounts(ctx context.Context) (map[string]int64, error) {
	out := map[string]int64{}
	v, err := k.deps.Notes.Note(ctx, "kf-accounts:"+k.cfg.CorpID)
	if err != nil {
		return nil, fmt.Errorf("reading the accounts: %w", err)
	}
	if v != "" {
		if err := json.Unmarshal([]byte(v), &out); err != nil {
			return nil, fmt.Errorf("reading the accounts: %w", err)
		}
	}
	return out, nil
}

// known keeps that an account exists, and from when on its messages are answered: WeCom gives those of three days to who asks for the
// first time.
func (k *KF) known(ctx context.Context, account string) error {
	fs := &k.feeds
	fs.first.Lock()
	defer fs.first.Unlock()
	if _, ok := fs.since[account]; ok {
		return nil
	}
	all, err := k.accounts(ctx)
	if err != nil {
		return err
	}
	if _, ok := all[account]; !ok {
		all[account] = k.deps.Now().Add(-youngest).UnixMilli()
		data, _ := json.Marshal(all) // text and numbers
		if err := k.deps.Notes.SetNote(ctx, bot.Note{Name: "kf-accounts:" + k.cfg.CorpID, Value: string(data)}); err != nil {
			return fmt.Errorf("keeping an account: %w", err)
		}
	}
	fs.since = all
	return nil
}

func (fs *feeds) begins(account string) time.Time {
	fs.first.Lock()
	defer fs.first.Unlock()
	return time.UnixMilli(fs.since[account])
}

// Run fetches what there is, when a push says so, when it starts, and now and then, until ctx is done.
func (k *KF) Run(ctx context.Context) {
	fs := &k.feeds
	var running sync.WaitGroup
	defer running.Wait()
	for wait := time.Second; ; wait = min(2*wait, time.Minute) {
		all, err := k.accounts(ctx)
		if err == nil {
			fs.first.Lock()
			fs.since = all
			fs.first.Unlock()
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

// errBusy means that another process fetches this account.
var errBusy = errors.New("another process is fetching")

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

// page is what one fetch brings.
type kfPage struct {
	entries []kfEntry
	cursor  string // behind it, "" for none
	before  string // the cursor that it was fetched with
	more    bool
}

func cursorOf(account string) string { return "kf-cursor:" + account }

// fetch gets what stands behind the cursor.
//
//	POST /cgi-bin/kf/sync_msg {"cursor":"4gw7","token":"ENCApHx","limit":200,"voice_format":0,"open_kfid":"wkAJ"}
//	  -> {"errcode":0,"errmsg":"ok","next_cursor":"4gw8","has_more":1,"msg_list":[…]}
func (k *KF) fetch(ctx context.Context, account, token string) (kfPage, error) {
	cursor, err := k.deps.Notes.Note(ctx, cursorOf(account))
	if err != nil {
		return kfPage{}, fmt.Errorf("reading the cursor: %w", err)
	}
	var out struct {
		Next string            `json:"next_cursor"`
		More int               `json:"has_more"`
		List []json.RawMessage `json:"msg_list"`
	}
	in := map[string]any{"cursor": cursor, "token": token, "limit": pageSize, "voice_format": 0, "open_kfid": account}
	for err = k.api.post(ctx, "/cgi-bin/kf/sync_msg", in, &out); err != nil; err = k.api.post(ctx, "/cgi-bin/kf/sync_msg", in, &out) {
		switch code, _ := codeOf(err); {
		case code == 95007 && in["token"] != "": // it was too old
			in["token"] = ""
		case code == 40058 && in["cursor"] != "": // what was read before is known by its keys
			k.log.Warn("WeCom does not know the cursor any more; the last three days are read again", "account", account)
			in["cursor"] = ""
		default:
			return kfPage{}, err
		}
	}
	p := kfPage{cursor: out.Next, before: cursor, more: out.More != 0}
	since := k.feeds.begins(account)
	for _, data := range out.List {
		e, ok := parseEntry(data)
		if !ok {
			k.log.Warn("an entry of Customer Service is left out: it names nobody, or no time", "account", account)
			continue
		}
		if e.at().Before(since) {
			continue
		}
		p.entries = append(p.entries, e)
	}
	return p, nil
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

func (fs *feeds) mayLook(account string, now time.Time) bool {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	return !now.Before(fs.feed(account).lookAt)
}

func (fs *feeds) lookLater(account string, until time.Time) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	fs.feed(account).lookAt = until
}

// begin says that a page is about to be fetched, and returns the token for it, "" for none.
func (fs *feeds) begin(f *feed, now time.Time) (token string) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	f.pending, f.fetching = false, true
	select {
	case <-f.wake: // whatever it is for, it is fetched now
	default:
	}
	if now.Sub(f.tokenAt) < tokenGood {
		token = f.token
	}
	return token
}

func (fs *feeds) fetched(f *feed, p kfPage) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	f.fetching, f.ahead = p.more, map[string]int{}
	for _, e := range p.entries {
		f.ahead[e.User]++
	}
	fs.tell()
}

func (fs *feeds) taken(f *feed, user string) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	if f.ahead[user]--; f.ahead[user] <= 0 {
		delete(f.ahead, user)
		fs.tell()
	}
}

// finished says whether there is nothing more to fetch.
func (fs *feeds) finished(f *feed, more bool) bool {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	f.fetching = more
	fs.tell()
	return !more && !f.pending
}

func (fs *feeds) fail(f *feed) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	f.pending, f.fetching, f.ahead = true, false, nil
	fs.tell()
}

// tell wakes those who wait in letRead. The caller holds mu.
func (fs *feeds) tell() {
	if fs.changed != nil {
		close(fs.changed)
		fs.changed = nil
	}
}

// letRead waits a little until what is known to have happened to a customer has been read: who was just taken over by a person should
// not be written to, and two questions in a row get one answer. It reports whether it was read.
func (fs *feeds) letRead(ctx context.Context, a bot.Address) bool {
	late := time.NewTimer(letReadFor)
	defer late.Stop()
	for {
		fs.mu.Lock()
		f := fs.all[a.Account]
		if f != nil && !f.pending && !f.fetching && f.ahead[a.User] == 0 { // none: the server has just started
			fs.mu.Unlock()
			return true
		}
		if fs.changed == nil {
			fs.changed = make(chan struct{})
		}
		changed := fs.changed
		fs.mu.Unlock()
		select {
		case <-changed:
		case <-late.C:
			return false
		case <-ctx.Done():
			return false
		}
	}
}
