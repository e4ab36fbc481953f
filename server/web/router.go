package web

import (
	"context"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"posdoctor/bot"
	"posdoctor/bot/desk"
	"posdoctor/bot/store"
	"posdoctor/channels/media"
	visitors "posdoctor/channels/web"
)

// Deps is what the routes need.
type Deps struct {
	Service   *bot.Service
	Store     *store.Store
	Bus       bot.Bus
	Desk      *Presence
	Work      *desk.Desk // brings people and conversations together; nil: made of the rest, and nothing is offered
	Visitors  *visitors.Channel
	WeChat    http.Handler                // nil: not configured, its routes answer 404
	WeChatKF  http.Handler                // nil: likewise
	Acquirer  http.Handler                // its events; nil: likewise
	WeChatPay http.Handler                // nil: likewise; its notices are signed, sealed and answered in another way than the acquirer's events
	SitesDone func(context.Context) error // takes in the sites after they were changed here; nil: nothing waits for that
	Portal    *Portal                     // nil: there is no simulator to show it with
	Records   Records                     // nil: there is no acquirer to ask about merchants
	Windows   map[string]Windower         // by channel: those that may not always write to their users
	Ready     func(context.Context) error
	Room      func() bool // whether there is room for pictures; nil: always

	ConsolePage []byte
	ConsoleDist fs.FS

	TrustedProxies []string
	Secure         bool // reached over https: cookies say so
	PublicURL      string
	Now            func() time.Time
	Log            *slog.Logger

	Settings []Setting // what operators may change in the console
	Notices  Notices   // tells agents outside of the console; nil: nothing does
	Changed  func()    // is told that people or settings were changed; nil: nobody wants to know
}

// New returns the server's handler. These, with settingsRoutes and siteRoutes below, are all its doors.
func New(d Deps) (http.Handler, error) {
	gin.SetMode(gin.ReleaseMode)
	r := gin.New()
	if err := r.SetTrustedProxies(d.TrustedProxies); err != nil {
		return nil, err
	}
	r.HandleMethodNotAllowed = true
	r.RedirectTrailingSlash = false // gin would redirect without headers and without a log line
	r.Use(logged(d.Log), recovered(d.Log), headers(d.Secure))

	r.GET("/healthz", healthz)
	r.GET("/readyz", readyz(d.Ready))

	// Pages. Assets carry an ETag; none holds data of a person.
	assets := newAssets(visitors.Dist(), d.ConsoleDist)
	r.GET("/", page(visitors.SupportPage(d.Portal != nil)))
	r.GET("/chat", framed(d.Visitors), page(visitors.ChatPage()))
	demos(r, d)
	r.GET("/console", page(d.ConsolePage))
	r.GET("/console/", func(c *gin.Context) { c.Redirect(http.StatusPermanentRedirect, "/console") })
	r.GET("/console/:file", assets.serve)
	r.GET("/w/:file", assets.serve)

	// Visitors.
	trusted, err := networks(d.TrustedProxies)
	if err != nil {
		return nil, err
	}
	v := r.Group("/api/w/v1", fromClient(trusted), gin.WrapH(d.Visitors))
	for _, route := range []string{"/session", "/identify", "/context", "/send", "/upload", "/poll", "/history", "/media/:media", "/suggest", "/terminals", "/ws"} {
		v.Any(route)
	}

	// WeChat.
	if d.WeChat != nil {
		r.Any("/wechat/callback", gin.WrapH(d.WeChat))
	}
	if d.WeChatKF != nil {
		r.Any("/wechat/kf/callback", gin.WrapH(d.WeChatKF))
	}

	// The acquirer.
	if d.Acquirer != nil {
		r.POST("/acquirer/events", gin.WrapH(d.Acquirer))
	}
	if d.WeChatPay != nil {
		r.POST("/acquirer/wechatpay/notices", gin.WrapH(d.WeChatPay))
	}

	// Agents.
	a := newAgents(d.complete())
	r.GET("/api/openapi.json", openapi)
	api := r.Group("/api/a/v1", limited(64<<10), noStore)
	api.POST("/login", a.sameOrigin, a.login)
	in := api.Group("", a.session)
	in.GET("/me", a.me)
	in.GET("/ws", a.settled, a.sameOrigin, a.socket)
	write := in.Group("", a.sameOrigin, a.csrf)
	write.POST("/logout", a.logout)
	write.POST("/logout/everywhere", a.logoutEverywhere)
	write.POST("/password", a.password)
	desk := in.Group("", a.settled)
	desk.GET("/conversations", a.list)
	desk.GET("/conversations/:id", a.conversation)
	desk.GET("/conversations/:id/events", a.events)
	desk.GET("/conversations/:id/media/:media", a.media)
	desk.GET("/ratings", a.ratings)
	desk.GET("/conversations/:id/notes", a.notes)
	desk.GET("/conversations/:id/suggestions", a.suggestions)
	desk.GET("/conversations/:id/merchant", a.merchant)
	desk.GET("/conversations/:id/earlier", a.earlier)
	desk.GET("/search", a.search)
	desk.GET("/agents", a.colleagues)
	desk.GET("/desk", a.standing)
	desk.GET("/figures", a.figures)
	desk.POST("/me/here", a.sameOrigin, a.csrf, a.here)
	act := desk.Group("", a.sameOrigin, a.csrf, a.writer)
	act.POST("/me/status", a.status)
	act.POST("/conversations/:id/claim", a.act(bot.EventClaim))
	act.POST("/conversations/:id/release", a.act(bot.EventRelease))
	act.POST("/conversations/:id/transfer", a.act(bot.EventTransfer))
	act.POST("/conversations/:id/close", a.act(bot.EventClose))
	act.POST("/conversations/:id/take", a.act(bot.EventTake))
	act.POST("/conversations/:id/decline", a.act(bot.EventPass))
	act.POST("/conversations/:id/hold", a.act(bot.EventHold))
	act.POST("/conversations/:id/resume", a.act(bot.EventResume))
	act.POST("/conversations/:id/messages", a.reply)
	act.POST("/conversations/:id/notes", a.note)
	act.POST("/conversations/:id/suggestions", a.judge)
	act.POST("/conversations/:id/typing", a.typing)
	pictures := r.Group("/api/a/v1", limited(media.MaxIn), noStore, a.session, a.settled, a.sameOrigin, a.csrf, a.writer)
	pictures.POST("/conversations/:id/pictures", a.picture)
	a.settingsRoutes(desk, act)
	a.siteRoutes(desk, act)

	r.NoRoute(func(c *gin.Context) { fail(c, http.StatusNotFound, "not_found", "没有这个地址。") })
	r.NoMethod(func(c *gin.Context) {
		fail(c, http.StatusMethodNotAllowed, "method", "这个地址不支持这种请求。")
	})
	return r, nil
}

// settingsRoutes are the doors to people, groups, ready replies, tokens, the audit log, exports, settings and notices. see is for what
// reads, act for what changes.
func (a *agents) settingsRoutes(see, act *gin.RouterGroup) {
	see.GET("/people", a.allowed(actPeopleSee), a.people)
	act.POST("/people", a.allowed(actPeople), a.addPerson)
	act.PUT("/people/:id", a.allowed(actPeople), a.changePerson)
	act.DELETE("/people/:id", a.allowed(actPeople), a.removePerson)
	act.POST("/people/:id/password", a.allowed(actPeople), a.resetPassword)
	act.POST("/people/:id/logout", a.allowed(actPeople), a.endSessions)

	see.GET("/teams", a.allowed(actTeamsSee), a.teams)
	act.POST("/teams", a.allowed(actTeams), a.addTeam)
	act.PUT("/teams/:id", a.allowed(actTeams), a.changeTeam)
	act.DELETE("/teams/:id", a.allowed(actTeams), a.removeTeam)

	see.GET("/canned", a.allowed(actCannedSee), a.canned)
	act.POST("/canned", a.allowed(actCanned), a.addCanned)
	act.PUT("/canned/:id", a.allowed(actCanned), a.changeCanned)
	act.DELETE("/canned/:id", a.allowed(actCanned), a.removeCanned)

	see.GET("/tokens", a.allowed(actTokens), a.tokens)
	act.POST("/tokens", a.allowed(actTokens), a.addToken)
	act.DELETE("/tokens/:id", a.allowed(actTokens), a.revokeToken)

	see.GET("/audit", a.allowed(actAudit), a.auditLog)
	see.GET("/audit/export", a.allowed(actAudit), a.auditExport)
	see.GET("/export", a.allowed(actExport), a.export)

	see.GET("/settings/:name", a.setting)
	act.PUT("/settings/:name", a.changeSetting)

	see.GET("/notices", a.allowed(actNotices), a.notices)
	act.POST("/notices/test", a.allowed(actNotices), a.testNotice)
}

// siteRoutes are the doors to the sites. see is for what reads, act for what changes.
func (a *agents) siteRoutes(see, act *gin.RouterGroup) {
	see.GET("/sites", a.allowed(actSites), a.sites)
	act.POST("/sites", a.allowed(actSites), a.addSite)
	act.PUT("/sites/:id", a.allowed(actSites), a.setSite)
	act.DELETE("/sites/:id", a.allowed(actSites), a.removeSite)
	act.POST("/sites/:id/keys", a.allowed(actSites), a.addSiteKey)
	act.DELETE("/sites/:id/keys/:kid", a.allowed(actSites), a.removeSiteKey)
}

// fromClient names the client as the sender of a request that came through a trusted proxy: limits and the rule about this machine
// are about the client. Forwarding headers are taken off only where a trusted proxy names nobody but this machine in them; what
// bears one afterwards has no rights of this machine.
func fromClient(trusted []*net.IPNet) gin.HandlerFunc {
	return func(c *gin.Context) {
		r := c.Request
		proxy := net.ParseIP(c.RemoteIP())
		if !slices.ContainsFunc(trusted, func(n *net.IPNet) bool { return proxy != nil && n.Contains(proxy) }) {
			return
		}
		if c.ClientIP() != c.RemoteIP() {
			r.RemoteAddr = net.JoinHostPort(c.ClientIP(), "0")
		}
		for _, name := range []string{"X-Forwarded-For", "X-Real-Ip"} {
			if onlyHere(r.Header.Values(name)) {
				r.Header.Del(name)
			}
		}
	}
}

// onlyHere says whether a forwarding header names loopback addresses and nothing else.
func onlyHere(values []string) bool {
	for _, v := range values {
		for _, addr := range strings.Split(v, ",") {
			if ip := net.ParseIP(strings.TrimSpace(addr)); ip == nil || !ip.IsLoopback() {
				return false
			}
		}
	}
	return true
}

// networks reads addresses and networks as gin does.
func networks(list []string) ([]*net.IPNet, error) {
	var out []*net.IPNet
	for _, s := range list {
		if ip := net.ParseIP(s); ip != nil {
			bits := 8 * net.IPv6len
			if ip.To4() != nil {
				ip, bits = ip.To4(), 8*net.IPv4len
			}
			out = append(out, &net.IPNet{IP: ip, Mask: net.CIDRMask(bits, bits)})
			continue
		}
		_, n, err := net.ParseCIDR(s)
		if err != nil {
			return nil, err
		}
		out = append(out, n)
	}
	return out, nil
}

func healthz(c *gin.Context) { c.String(http.StatusOK, "ok\n") }

func readyz(ready func(context.Context) error) gin.HandlerFunc {
	return func(c *gin.Context) {
		ctx, cancel := context.WithTimeout(c.Request.Context(), 2*time.Second)
		defer cancel()
		if err := ready(ctx); err != nil {
			c.String(http.StatusServiceUnavailable, "not ready\n")
			return
		}
		c.String(http.StatusOK, "ready\n")
	}
}
