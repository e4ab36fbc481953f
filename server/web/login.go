package web

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"
	"github.com/alexedwards/scs/v2"
	"github.com/gin-gonic/gin"

	"posdoctor/bot"
	"posdoctor/bot/store"
	visitors "posdoctor/channels/web"
)

// agents serves the API of the desk.
type agents struct {
	d        Deps
	sessions *scs.SessionManager
	live     *live
	reads    traces
	failures traces
	calls    visitors.Limiter // of tokens
	exports  chan struct{}    // exports at once
	records  remembered
	typists  typists
	offers   offers
	marks    marks

	tries    visitors.Limiter // logins by address and name, and guesses of an old password by agent
	doors    visitors.Limiter // logins by address, whatever the names
	names    visitors.Limiter // logins by name, wherever from
	familiar familiar
	hashing  chan struct{} // passwords being hashed at once; each takes 64 MB
	reserve  chan struct{} // one more, for those who come from where they got in before
}

func newAgents(d Deps) *agents {
	return &agents{d: d, sessions: newSessions(d), live: newLive(),
		tries:   visitors.Limiter{Burst: 10, Every: 30 * time.Second, Now: d.Now},
		doors:   visitors.Limiter{Burst: 30, Every: 10 * time.Second, Now: d.Now},
		names:   visitors.Limiter{Burst: 50, Every: 30 * time.Second, Now: d.Now},
		calls:   visitors.Limiter{Burst: 120, Every: 250 * time.Millisecond, Now: d.Now},
		exports: make(chan struct{}, 2),
		hashing: make(chan struct{}, 4), reserve: make(chan struct{}, 1)}
}

// familiar are the addresses from which agents got in since the start. A stranger who tries a name from everywhere uses up the
// limit of the name and the places for hashing; the agent himself is not held up by that where he was before.
type familiar struct {
	mu sync.Mutex
	at map[string]struct{} // address and name
}

const maxFamiliar = 10_000

func (f *familiar) add(try string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.at) >= maxFamiliar {
		clear(f.at) // costs a comfort, no safety
	}
	if f.at == nil {
		f.at = map[string]struct{}{}
	}
	f.at[try] = struct{}{}
}

func (f *familiar) has(try string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	_, ok := f.at[try]
	return ok
}

const (
	cookieName  = "posdoctor_agent"
	sessionFor  = 12 * time.Hour
	leastSecret = 10  // characters of a password
	mostSecret  = 256 // bytes of a password
)

func newSessions(d Deps) *scs.SessionManager {
	// Not scs.New: it begins with a store in memory, whose goroutine would stay for good.
	return &scs.SessionManager{Store: d.Store.Sessions(), Codec: scs.GobCodec{}, Lifetime: sessionFor}
}

// HashPassword hashes a password for the store, or says why it will not do.
func HashPassword(password string) (string, error) {
	if utf8.RuneCountInString(password) < leastSecret || len(password) > mostSecret {
		return "", errors.New("a password needs 10 characters or more, and at most 256")
	}
	return argon2id.CreateHash(password, argon2id.DefaultParams)
}

// nobody is compared with when there is no such agent, so that a wrong name takes as long as a wrong password.
var nobody = sync.OnceValue(func() string {
	h, err := argon2id.CreateHash("nobody has this password", argon2id.DefaultParams)
	if err != nil {
		panic(err)
	}
	return h
})

// current is the agent of a request, put there by session.
const current = "agent"

func me(c *gin.Context) store.Agent { return c.MustGet(current).(store.Agent) }

func (a *agents) login(c *gin.Context) {
	var in struct {
		Name     string `json:"name"`
		Password string `json:"password"`
	}
	if !bind(c, &in) {
		return
	}
	if in.Name == "" || len(in.Name) > 128 || len(in.Password) > mostSecret {
		fail(c, http.StatusBadRequest, "bad_request", "请填写用户名和密码。")
		return
	}
	door := visitors.ClientKey(c.ClientIP())
	try := door + " " + in.Name
	known := a.familiar.has(try)
	wait := a.doors.Take(door)
	if wait == 0 {
		wait = a.tries.Take(try)
	}
	if wait == 0 && !known {
		wait = a.names.Take(in.Name)
	}
	if wait > 0 {
		retryAfter(c, wait)
		fail(c, http.StatusTooManyRequests, "rate_limited", "尝试太多次了，请半分钟后再试。")
		return
	}
	agent, err := a.d.Store.AgentByName(c.Request.Context(), in.Name)
	hash := agent.Password
	if errors.Is(err, bot.ErrNotFound) {
		hash = nobody()
	} else if err != nil {
		a.broken(c, err)
		return
	}
	right, err := a.matches(c.Request.Context(), known, in.Password, hash)
	if err != nil {
		a.busy(c)
		return
	}
	if !right || agent.ID == "" || agent.Disabled {
		who := agent.ID
		if who == "" { // the name is not kept: people type passwords there
			who = store.NobodyAgent
		}
		a.failed(c, who, "login.failed")
		fail(c, http.StatusUnauthorized, "login", "用户名或密码不对。")
		return
	}
	a.tries.Forget(try)
	a.doors.Return(door) // not Forget: who has one account must not get at others with it
	if !known {
		a.names.Return(in.Name)
		a.familiar.add(try)
	}
	ctx, err := a.sessions.Load(c.Request.Context(), "") // always a new session: an old id is never taken over
	if err != nil {
		a.broken(c, err)
		return
	}
	csrf := secret()
	a.sessions.Put(ctx, "agent", agent.ID)
	a.sessions.Put(ctx, "changed", agent.Changed)
	a.sessions.Put(ctx, "csrf", csrf)
	token, expires, err := a.sessions.Commit(ctx)
	if err != nil {
		a.broken(c, err)
		return
	}
	a.cookie(c, token, expires)
	a.d.Desk.Seen(agent.ID)
	a.audit(c.Request.Context(), agent.ID, "login", "", "")
	c.JSON(http.StatusOK, gin.H{"agent": shown(agent), "csrf": csrf})
}

// failed keeps in the audit log that a password was wrong, once in a while for each who and where: whoever guesses could fill the log.
func (a *agents) failed(c *gin.Context, who, act string) {
	key := act + " " + who + " " + visitors.ClientKey(c.ClientIP())
	if a.failures.fresh(key, a.d.Now()) && !a.audit(c.Request.Context(), who, act, "", c.ClientIP()) {
		a.failures.forget(key)
	}
}

// hashFor is how long a password waits until it may be compared.
const hashFor = 2 * time.Second

// errBusy means that too many passwords were waiting.
var errBusy = errors.New("too many passwords are being compared")

// matches compares a password with its hash, a few at a time: each comparison costs much memory. It gives up when no place gets
// free in time, so that a crowd of guesses is turned away instead of queueing up. known has one place that the crowd cannot take.
func (a *agents) matches(ctx context.Context, known bool, password, hash string) (bool, error) {
	if len(password) > mostSecret {
		return false, nil
	}
	ctx, cancel := context.WithTimeout(ctx, hashFor)
	defer cancel()
	var reserve chan struct{}
	if known {
		reserve = a.reserve
	}
	select {
	case a.hashing <- struct{}{}:
		defer func() { <-a.hashing }()
	case reserve <- struct{}{}:
		defer func() { <-a.reserve }()
	case <-ctx.Done():
		return false, errBusy
	}
	ok, err := argon2id.ComparePasswordAndHash(password, hash)
	return ok && err == nil, nil
}

// busy answers who could not be served in time.
func (a *agents) busy(c *gin.Context) {
	retryAfter(c, hashFor)
	fail(c, http.StatusServiceUnavailable, "unavailable", "系统忙，请稍后再试。")
}

func retryAfter(c *gin.Context, wait time.Duration) {
	c.Header("Retry-After", strconv.Itoa(int((wait+time.Second-1)/time.Second)))
}

func secret() string {
	b := make([]byte, 24)
	rand.Read(b)
	return base64.RawURLEncoding.EncodeToString(b)
}

func shown(a store.Agent) gin.H {
	return gin.H{"id": a.ID, "name": a.Name, "role": a.Role, "must_change": a.Temporary}
}

func (a *agents) cookie(c *gin.Context, token string, expires time.Time) {
	http.SetCookie(c.Writer, &http.Cookie{Name: cookieName, Value: token, Path: "/", Expires: expires, HttpOnly: true, Secure: a.d.Secure,
		SameSite: http.SameSiteStrictMode})
}

// session lets only a request with a valid session through.
func (a *agents) session(c *gin.Context) {
	if secret, ok := bearer(c); ok {
		a.token(c, secret)
		return
	}
	agent, csrf, err := a.who(c.Request)
	if err != nil {
		if !errors.Is(err, bot.ErrNotFound) {
			a.broken(c, err)
			return
		}
		fail(c, http.StatusUnauthorized, "auth", "请先登录。")
		return
	}
	c.Set(current, agent)
	c.Set("csrf", csrf)
	c.Set("session", sessionOf(c.Request))
	a.d.Desk.Seen(agent.ID)
}

// who reads the agent of a request from its session; one begun before the password was changed is void, and so are all of an agent
// who was disabled.
func (a *agents) who(r *http.Request) (store.Agent, string, error) {
	cookie, err := r.Cookie(cookieName)
	if err != nil || cookie.Value == "" {
		return store.Agent{}, "", bot.ErrNotFound
	}
	ctx, err := a.sessions.Load(r.Context(), cookie.Value)
	if err != nil {
		return store.Agent{}, "", err
	}
	id := a.sessions.GetString(ctx, "agent")
	if id == "" {
		return store.Agent{}, "", bot.ErrNotFound
	}
	agent, err := a.d.Store.AgentByID(ctx, id)
	if err == nil && (agent.Disabled || agent.Changed != a.sessions.GetInt64(ctx, "changed")) {
		err = bot.ErrNotFound
	}
	return agent, a.sessions.GetString(ctx, "csrf"), err
}

// settled keeps an agent with a printed password from anything but changing it.
func (a *agents) settled(c *gin.Context) {
	if me(c).Temporary {
		fail(c, http.StatusForbidden, "must_change", "请先修改初始密码。")
	}
}

// csrf lets a writing request through only with the token that the page got at login.
func (a *agents) csrf(c *gin.Context) {
	if _, ok := tokenOf(c); ok {
		return // no browser sends one by itself
	}
	want, got := c.GetString("csrf"), c.GetHeader("X-CSRF-Token")
	if want == "" || subtle.ConstantTimeCompare([]byte(want), []byte(got)) != 1 {
		fail(c, http.StatusForbidden, "csrf", "页面已过期，请刷新后再试。")
	}
}

// sameOrigin refuses what a foreign page sends with the agent's cookie.
func (a *agents) sameOrigin(c *gin.Context) {
	origin := c.GetHeader("Origin")
	if origin == "" {
		return // not a browser, or a plain GET of our own page
	}
	if a.d.PublicURL != "" && origin == a.d.PublicURL {
		return
	}
	if u, err := url.Parse(origin); err == nil && u.Host != "" && u.Host == c.Request.Host {
		return
	}
	fail(c, http.StatusForbidden, "origin", "请从本系统的页面操作。")
}

func (a *agents) me(c *gin.Context) {
	mine, err := a.mine(c.Request.Context(), *name(me(c)), c.GetString("session"))
	if err != nil {
		a.broken(c, err)
		return
	}
	mine["agent"], mine["csrf"] = shown(me(c)), c.GetString("csrf")
	c.JSON(http.StatusOK, mine)
}

func (a *agents) logout(c *gin.Context) {
	cookie, _ := c.Request.Cookie(cookieName)
	ctx, err := a.sessions.Load(c.Request.Context(), cookie.Value)
	if err == nil {
		err = a.sessions.Destroy(ctx)
	}
	if err != nil {
		a.broken(c, err)
		return
	}
	a.d.Desk.Leave(me(c).ID, c.GetString("session"))
	a.cookie(c, "", time.Unix(1, 0))
	c.Status(http.StatusNoContent)
}

func (a *agents) password(c *gin.Context) {
	var in struct {
		Old string `json:"old"`
		New string `json:"new"`
	}
	if !bind(c, &in) {
		return
	}
	agent := me(c)
	if wait := a.tries.Take("old " + agent.ID); wait > 0 { // a stolen cookie is no place to guess from
		retryAfter(c, wait)
		fail(c, http.StatusTooManyRequests, "rate_limited", "尝试太多次了，请半分钟后再试。")
		return
	}
	right, err := a.matches(c.Request.Context(), true, in.Old, agent.Password)
	if err != nil {
		a.busy(c)
		return
	}
	if !right {
		a.failed(c, agent.ID, "password.failed")
		fail(c, http.StatusForbidden, "login", "旧密码不对。")
		return
	}
	a.tries.Forget("old " + agent.ID)
	hash, err := HashPassword(in.New)
	if err != nil || in.New == in.Old {
		fail(c, http.StatusBadRequest, "weak", "新密码至少 10 个字符，且不能与旧密码相同。")
		return
	}
	ctx := c.Request.Context()
	if err := a.d.Store.SetPassword(ctx, agent.ID, hash, false); err != nil {
		a.broken(c, err)
		return
	}
	// The page that changed it stays logged in; every other session of this agent is void now.
	cookie, _ := c.Request.Cookie(cookieName)
	if ctx, err = a.sessions.Load(ctx, cookie.Value); err == nil {
		a.sessions.Put(ctx, "changed", agent.Changed+1)
		_, _, err = a.sessions.Commit(ctx)
	}
	if err != nil {
		a.broken(c, err)
		return
	}
	a.audit(c.Request.Context(), agent.ID, "password", "", "")
	c.Status(http.StatusNoContent)
}

// broken answers what is our own fault.
func (a *agents) broken(c *gin.Context, err error) {
	if c.Request.Context().Err() == nil {
		a.d.Log.Error("serving an agent", "route", c.FullPath(), "err", err)
	}
	fail(c, http.StatusServiceUnavailable, "unavailable", "系统忙，请稍后再试。")
}

// sessionOf names the login of a request, for those that must be told apart; "" for one without a cookie. It is not the token itself.
func sessionOf(r *http.Request) string {
	cookie, err := r.Cookie(cookieName)
	if err != nil || cookie.Value == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(cookie.Value))
	return base64.RawURLEncoding.EncodeToString(sum[:12])
}
