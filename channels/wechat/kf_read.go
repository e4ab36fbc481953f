package wechat

import (
	"context"
	"time"

	"posdoctor/bot"
)

const (
	tokenGood  = 9 * time.Minute // the token of a push fetches for 10
	letReadFor = 2 * time.Second
)

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

// mayLook says that WeCom may be asked who serves a customer of this account.
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
