package wechattest

import (
	"regexp"
	"time"
)

// What a user does that lets the account write to him. A tap on a menu message counts as a click.
const (
	Wrote    = "message"
	Clicked  = "click" // click, scancode_push and scancode_waitmsg of the menu; not view
	Followed = "follow"
	Scanned  = "scan"
)

// grant is what one kind of action allows. Another action of the kind takes its place.
type grant struct {
	at, until time.Time
	left      int
}

// user is a follower as the API knows him.
type user struct {
	left    bool // does not follow any more
	grants  map[string]grant
	contact time.Time // the last message either way
	typing  time.Time // until when
	since   time.Time // follows
	scene   string
	phone   *Phone
}

// user returns the follower of an openid, who is made known when he is not.
func (a *API) user(openid string) *user {
	u := a.users[openid]
	if u == nil {
		u = &user{grants: map[string]grant{}, since: a.now()}
		if a.users == nil {
			a.users = map[string]*user{}
		}
		a.users[openid] = u
	}
	return u
}

// Grant tells the API that a user did something: Wrote, Clicked, Followed or Scanned. Phones do so themselves.
func (a *API) Grant(openid, kind string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	q := a.limits().Tap
	if kind == Wrote {
		q = a.limits().Message
	}
	u, now := a.user(openid), a.now()
	u.grants[kind] = grant{at: now, until: now.Add(q.For), left: q.Count}
	u.contact = now
	if kind == Followed {
		u.left, u.since = false, now
	}
}

// Leave tells the API that a user does not follow any more. His grants are gone.
func (a *API) Leave(openid string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	u := a.user(openid)
	u.left = true
	clear(u.grants)
}

// Allowance is how many messages may still be sent to one user.
type Allowance struct {
	Left  int       `json:"left"`
	Of    int       `json:"of"`
	Until time.Time `json:"until"` // zero: no grant is alive
	By    string    `json:"by"`    // the action that allows it
}

// Quota is what may still be sent to a user: that of his grant with the most left.
func (a *API) Quota(openid string) Allowance {
	a.mu.Lock()
	defer a.mu.Unlock()
	var best Allowance
	u := a.users[openid]
	if u == nil || u.left {
		return best
	}
	l := a.limits()
	for kind, g := range u.grants {
		if !a.now().Before(g.until) {
			continue
		}
		of := l.Tap.Count
		if kind == Wrote {
			of = l.Message.Count
		}
		if best.Until.IsZero() || g.left > best.Left || g.left == best.Left && g.until.After(best.Until) {
			best = Allowance{Left: g.left, Of: of, Until: g.until, By: kind}
		}
	}
	return best
}

// spend takes one message from every grant that is alive: nothing says that they add up, and a client that believes so is told here.
func (a *API) spend(openid string) int {
	u := a.users[openid]
	switch {
	case u == nil:
		return WindowOver
	case u.left && a.Left != 0:
		return a.Left
	case u.left:
		return WindowOver
	}
	alive, most := 0, 0
	for _, g := range u.grants {
		if a.now().Before(g.until) {
			alive++
			most = max(most, g.left)
		}
	}
	switch {
	case alive == 0:
		return WindowOver
	case most == 0:
		return QuotaUsed
	}
	for kind, g := range u.grants {
		g.left = max(g.left-1, 0)
		u.grants[kind] = g
	}
	u.contact, u.typing = a.now(), time.Time{}
	return OK
}

var openID = regexp.MustCompile(`^o[0-9A-Za-z_-]{1,63}$`)
