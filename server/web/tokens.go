package web

import (
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"posdoctor/bot"
	"posdoctor/bot/store"
	visitors "posdoctor/channels/web"
)

// roleToken is no role of an agent and allows nothing by itself: a token may what its scopes say.
const roleToken = "token"

const (
	mostTokens  = 100
	tokenBegins = "pdt_"
	tokenUsed   = time.Minute // how exactly it is known when a token was used
)

// theToken is the token of a request, put there by token.
const theToken = "token"

func tokenOf(c *gin.Context) (store.Token, bool) {
	v, ok := c.Get(theToken)
	if !ok {
		return store.Token{}, false
	}
	return v.(store.Token), true
}

// bearer is the token that a request shows instead of a cookie.
func bearer(c *gin.Context) (string, bool) {
	kind, secret, ok := strings.Cut(c.GetHeader("Authorization"), " ")
	return strings.TrimSpace(secret), ok && strings.EqualFold(kind, "Bearer")
}

// forTokens begin the paths that tokens may ask for; what a person does with his own account is none of them.
var forTokens = []string{"/conversations", "/canned", "/figures", "/export"}

// token lets a request through that shows a good token. What it may do is for authorise to say.
func (a *agents) token(c *gin.Context, secret string) {
	door := visitors.ClientKey(c.ClientIP())
	now := a.d.Now()
	t, err := a.d.Store.TokenBySecret(c.Request.Context(), secret, now.UnixMilli())
	if errors.Is(err, bot.ErrNotFound) {
		if wait := a.calls.Take("door " + door); wait > 0 {
			tooMany(c, wait)
			return
		}
		c.Header("WWW-Authenticate", "Bearer")
		fail(c, http.StatusUnauthorized, "auth", "接口令牌无效：不存在、已过期或已吊销。")
		return
	}
	if err != nil {
		a.broken(c, err)
		return
	}
	if wait := a.calls.Take(t.ID); wait > 0 {
		tooMany(c, wait)
		return
	}
	path := strings.TrimPrefix(c.FullPath(), "/api/a/v1")
	if !slices.ContainsFunc(forTokens, func(p string) bool { return path == p || strings.HasPrefix(path, p+"/") }) {
		fail(c, http.StatusForbidden, "role", "接口令牌不能用在这个地址。")
		return
	}
	if now.UnixMilli()-t.Used >= tokenUsed.Milliseconds() {
		if err := a.d.Store.UseToken(c.Request.Context(), t.ID, now.UnixMilli()); err != nil {
			a.d.Log.Error("noting the use of a token", "token", t.ID, "err", err)
		}
	}
	c.Set(theToken, t)
	c.Set(current, store.Agent{ID: store.TokenAgent(t.ID), Name: t.Name, Role: roleToken})
}

func tooMany(c *gin.Context, wait time.Duration) {
	retryAfter(c, wait)
	fail(c, http.StatusTooManyRequests, "rate_limited", "请求太快了，请稍后再试。")
}

// tokenRow is a token as admins see it; what it was given is never shown again.
type tokenRow struct {
	ID      string   `json:"id"`
	Name    string   `json:"name"`
	Scopes  []string `json:"scopes"`
	Created int64    `json:"created"`
	Creator string   `json:"creator"`
	Expires int64    `json:"expires"`
	Used    int64    `json:"used"`
	State   string   `json:"state"`
}

func tokenRowOf(t store.Token, now int64) tokenRow {
	state := "good"
	switch {
	case t.Revoked > 0:
		state = "revoked"
	case t.Expires > 0 && t.Expires <= now:
		state = "expired"
	}
	return tokenRow{t.ID, t.Name, append([]string{}, t.Scopes...), t.Created, t.Creator, t.Expires, t.Used, state}
}

func (a *agents) tokens(c *gin.Context) {
	all, err := a.d.Store.Tokens(c.Request.Context())
	if err != nil {
		a.broken(c, err)
		return
	}
	out := make([]tokenRow, 0, len(all))
	for _, t := range all {
		out = append(out, tokenRowOf(t, a.d.Now().UnixMilli()))
	}
	c.JSON(http.StatusOK, gin.H{"tokens": out, "scopes": slices.Sorted(maps.Keys(scopes))})
}

func (a *agents) addToken(c *gin.Context) {
	var in struct {
		Name    string   `json:"name"`
		Scopes  []string `json:"scopes"`
		Expires int64    `json:"expires"`
	}
	if !bind(c, &in) {
		return
	}
	bad := func(message string) { fail(c, http.StatusBadRequest, "bad_request", message) }
	now := a.d.Now().UnixMilli()
	name := strings.Join(strings.Fields(in.Name), " ")
	if name == "" || utf8.RuneCountInString(name) > mostName || !plainText(name) {
		bad("请给令牌起个名称，最多 32 个字。")
		return
	}
	if in.Expires != 0 && in.Expires <= now {
		bad("有效期要在今天以后。")
		return
	}
	granted := distinct(in.Scopes)
	for _, s := range granted {
		if _, ok := scopes[s]; !ok {
			bad("没有这项权限：" + clip(s) + "。")
			return
		}
	}
	if len(granted) == 0 {
		bad("请至少选一项权限。")
		return
	}
	all, err := a.d.Store.Tokens(c.Request.Context())
	if err != nil {
		a.broken(c, err)
		return
	}
	good := 0
	for _, t := range all {
		if state := tokenRowOf(t, now).State; state == "good" {
			good++
		}
	}
	if good >= mostTokens {
		fail(c, http.StatusConflict, "too_many", "有效的令牌已有 100 个，请先吊销不用的。")
		return
	}
	t := store.Token{ID: bot.NewID(), Name: name, Scopes: granted, Created: now, Creator: me(c).Shown(), Expires: in.Expires}
	given := tokenBegins + secret() + secret()
	if err := a.d.Store.AddToken(c.Request.Context(), t, given, a.trace(c, "token.add", name+": "+strings.Join(granted, " "))); err != nil {
		a.broken(c, err)
		return
	}
	c.JSON(http.StatusCreated, struct {
		tokenRow
		Secret string `json:"secret"`
	}{tokenRowOf(t, now), given})
}

func (a *agents) revokeToken(c *gin.Context) {
	ctx, id := c.Request.Context(), c.Param("id")
	all, err := a.d.Store.Tokens(ctx)
	if err != nil {
		a.broken(c, err)
		return
	}
	named := ""
	for _, t := range all {
		if t.ID == id {
			named = t.Name
		}
	}
	tr := a.trace(c, "token.revoke", named)
	err = a.d.Store.RevokeToken(ctx, id, tr.At, tr)
	if errors.Is(err, bot.ErrNotFound) {
		fail(c, http.StatusNotFound, "not_found", "没有这个令牌，或已经吊销。")
		return
	}
	if err != nil {
		a.broken(c, err)
		return
	}
	c.Status(http.StatusNoContent)
}
