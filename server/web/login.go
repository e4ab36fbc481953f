package web

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
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
	logins   visitors.Limiter
	live     *live
	hashing  chan struct{} // passwords being hashed at once; each takes 64 MB
}

const (
	cookieName  = "posdoctor_agent"
	sessionFor  = 12 * time.Hour
	leastSecret = 10 // characters of a password
)

func newSessions(d Deps) *scs.SessionManager {
	// Not scs.New: it begins with a store in memory, whose goroutine would stay for good.
	return &scs.SessionManager{Store: d.Store.Sessions(), Codec: scs.GobCodec{}, Lifetime: sessionFor}
}

// HashPassword hashes a password for the store, or says why it will not do.
func HashPassword(password string) (string, error) {
	if utf8.RuneCountInString(password) < leastSecret || len(password) > 256 {
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
	if in.Name == "" || len(in.Name) > 128 || len(in.Password) > 256 {
		fail(c, http.StatusBadRequest, "bad_request", "请填写用户名和密码。")
		return
	}
	tries := c.ClientIP() + " " + in.Name
	if wait := a.logins.Take(tries); wait > 0 {
		c.Header("Retry-After", "30")
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
	if !a.matches(c.Request.Context(), in.Password, hash) || agent.ID == "" {
		fail(c, http.StatusUnauthorized, "login", "用户名或密码不对。")
		return
	}
	a.logins.Forget(tries)
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

// matches compares a password with its hash, a few at a time: each comparison costs much memory.
func (a *agents) matches(ctx context.Context, password, hash string) bool {
	select {
	case a.hashing <- struct{}{}:
		defer func() { <-a.hashing }()
	case <-ctx.Done():
		return false
	}
	ok, err := argon2id.ComparePasswordAndHash(password, hash)
	return ok && err == nil
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
	a.d.Desk.Seen(agent.ID)
}

// who reads the agent of a request from its session; a session begun before the password was changed is void.
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
	if err == nil && agent.Changed != a.sessions.GetInt64(ctx, "changed") {
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
	c.JSON(http.StatusOK, gin.H{"agent": shown(me(c)), "csrf": c.GetString("csrf")})
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
	a.d.Desk.Gone(me(c).ID)
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
	if len(in.Old) > 256 || !a.matches(c.Request.Context(), in.Old, agent.Password) {
		fail(c, http.StatusForbidden, "login", "旧密码不对。")
		return
	}
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

func (a *agents) audit(ctx context.Context, agent, act, conversation, detail string) {
	if err := a.d.Store.Audit(ctx, bot.NewID(), a.d.Now().UnixMilli(), agent, act, conversation, detail); err != nil {
		a.d.Log.Error("writing the audit log", "act", act, "err", err)
	}
}
