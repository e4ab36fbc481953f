package web

import (
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	visitors "posdoctor/channels/web"
)

// Portal is the server part of a make-believe merchant portal: who logs in there, and what it signs for him. It stands beside the
// simulator only.
type Portal struct {
	Merchants []PortalMerchant
	Sign      func(ref string) (jwt string, err error)
}

// PortalMerchant is one who can log in.
type PortalMerchant struct {
	Ref  string `json:"ref"`
	Shop string `json:"shop"`
}

// demos are the demonstration pages, and the portal's server part where there is one.
func demos(r *gin.Engine, d Deps) {
	for _, name := range visitors.DemoPages {
		path := "/demo/" + name
		switch {
		case name == "index":
			path = "/demo"
		case name == "guide":
			path = "/guide"
		case d.Portal == nil && (name == "portal" || name == "inside"):
			continue
		}
		r.GET(path, demoPage(d, name))
	}
	r.GET("/favicon.ico", func(c *gin.Context) { c.Status(http.StatusNoContent) }) // the page with the strict policy names none
	if d.Portal == nil {
		return
	}
	r.GET("/demo/portal/merchants", noStore, func(c *gin.Context) { c.JSON(http.StatusOK, gin.H{"merchants": d.Portal.Merchants}) })
	r.POST("/demo/portal/login", limited(1<<10), noStore, func(c *gin.Context) {
		var in struct {
			Merchant string `json:"merchant"`
		}
		if !bind(c, &in) {
			return
		}
		for _, m := range d.Portal.Merchants {
			if m.Ref != in.Merchant {
				continue
			}
			jwt, err := d.Portal.Sign(m.Ref)
			if err != nil {
				d.Log.Error("signing for a demo merchant", "err", err)
				fail(c, http.StatusInternalServerError, "internal", "系统出错了，请稍后再试。")
				return
			}
			c.JSON(http.StatusOK, gin.H{"jwt": jwt})
			return
		}
		fail(c, http.StatusNotFound, "not_found", "没有这家演示商户。")
	})
}

// demoPage serves one, with the policy that it is about.
func demoPage(d Deps, name string) gin.HandlerFunc {
	return func(c *gin.Context) {
		base := baseOf(d, c)
		switch name {
		case "csp":
			c.Header("Content-Security-Policy", visitors.StrictPolicy(base)+"; frame-ancestors 'none'")
		case "frame":
			c.Header("Content-Security-Policy", policy+"; frame-src 'self'")
		case "inside":
			c.Header("Content-Security-Policy", strings.Replace(policy, "frame-ancestors 'none'", "frame-ancestors 'self'", 1))
		}
		c.Header("Cache-Control", "no-cache")
		c.Data(http.StatusOK, "text/html; charset=utf-8", visitors.DemoPage(name, base, d.Portal != nil))
	}
}
