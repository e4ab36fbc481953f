package web

import (
	"context"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"posdoctor/bot"
	"posdoctor/bot/store"
	visitors "posdoctor/channels/web"
)

// Deps is what the routes need.
type Deps struct {
	Service  *bot.Service
	Store    *store.Store
	Bus      bot.Bus
	Desk     *Presence
	Visitors *visitors.Channel
	WeChat   http.Handler // nil: not configured, its routes answer 404
	Ready    func(context.Context) error

	ConsolePage []byte
	ConsoleDist fs.FS

	TrustedProxies []string
	Secure         bool // reached over https: cookies say so
	PublicURL      string
	Now            func() time.Time
	Log            *slog.Logger
}

// New returns the server's handler. These are all its doors.
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
	r.GET("/", page(visitors.SupportPage()))
	r.GET("/chat", page(visitors.ChatPage()))
	r.GET("/console", page(d.ConsolePage))
	r.GET("/console/", func(c *gin.Context) { c.Redirect(http.StatusPermanentRedirect, "/console") })
	r.GET("/console/:file", assets.serve)
	r.GET("/w/:file", assets.serve)

	// Visitors.
	v := r.Group("/api/w/v1", fromClient, gin.WrapH(d.Visitors))
	for _, route := range []string{"/session", "/send", "/poll", "/history", "/ws"} {
		v.Any(route)
	}

	// WeChat.
	if d.WeChat != nil {
		r.Any("/wechat/callback", gin.WrapH(d.WeChat))
	}

	// Agents.
	a := &agents{d: d, sessions: newSessions(d), logins: visitors.Limiter{Burst: 10, Every: 30 * time.Second, Now: d.Now}, live: newLive(),
		hashing: make(chan struct{}, 4)}
	r.GET("/api/openapi.json", openapi)
	api := r.Group("/api/a/v1", limited(64<<10), noStore)
	api.POST("/login", a.sameOrigin, a.login)
	in := api.Group("", a.session)
	in.GET("/me", a.me)
	in.GET("/ws", a.settled, a.sameOrigin, a.socket)
	write := in.Group("", a.sameOrigin, a.csrf)
	write.POST("/logout", a.logout)
	write.POST("/password", a.password)
	desk := in.Group("", a.settled)
	desk.GET("/conversations", a.list)
	desk.GET("/conversations/:id", a.conversation)
	desk.GET("/conversations/:id/events", a.events)
	act := desk.Group("", a.sameOrigin, a.csrf)
	act.POST("/conversations/:id/claim", a.act(bot.EventClaim))
	act.POST("/conversations/:id/release", a.act(bot.EventRelease))
	act.POST("/conversations/:id/transfer", a.act(bot.EventTransfer))
	act.POST("/conversations/:id/close", a.act(bot.EventClose))
	act.POST("/conversations/:id/messages", a.reply)

	r.NoRoute(func(c *gin.Context) { fail(c, http.StatusNotFound, "not_found", "没有这个地址。") })
	r.NoMethod(func(c *gin.Context) {
		fail(c, http.StatusMethodNotAllowed, "method", "这个地址不支持这种请求。")
	})
	return r, nil
}

// fromClient names the client as the sender of a request that came through a trusted proxy: limits and the loopback rule are about
// the client.
func fromClient(c *gin.Context) {
	if host, _, err := net.SplitHostPort(c.Request.RemoteAddr); err == nil && host != c.ClientIP() {
		c.Request.RemoteAddr = net.JoinHostPort(c.ClientIP(), "0")
	}
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
