package web

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"posdoctor/bot"
	"posdoctor/bot/store"
	visitors "posdoctor/channels/web"
)

// siteView is a site as admins see it: the keys by name, never what they hold.
type siteView struct {
	visitors.Site
	Version int64     `json:"version"`
	At      int64     `json:"at"`
	Keys    []keyView `json:"keys"`
	Snippet string    `json:"snippet"` // to be pasted into the page
	CSP     string    `json:"csp"`     // what the page's own policy has to allow
	Chat    string    `json:"chat"`    // the full page, for menus and for pages that allow no scripts
}

type keyView struct {
	KID string `json:"kid"`
	Alg string `json:"alg"`
	At  int64  `json:"at"`
}

func viewOf(x store.Site, base string) (siteView, error) {
	s, err := visitors.Decode(x.ID, x.Value)
	if err != nil {
		return siteView{}, err
	}
	if s.Origins == nil {
		s.Origins = []string{}
	}
	v := siteView{Site: s, Version: x.Version, At: x.At, Keys: []keyView{}, Snippet: visitors.Snippet(base, s), CSP: visitors.HostPolicy(base),
		Chat: base + "/chat?site=" + s.ID}
	for _, k := range x.Keys {
		v.Keys = append(v.Keys, keyView{k.KID, k.Alg, k.At})
	}
	return v, nil
}

// base is the server's address as others reach it.
func (a *agents) base(c *gin.Context) string { return baseOf(a.d, c) }

func baseOf(d Deps, c *gin.Context) string {
	scheme := "http"
	if c.Request.TLS != nil || d.Secure {
		scheme = "https"
	}
	return cmp.Or(strings.TrimSuffix(d.PublicURL, "/"), scheme+"://"+c.Request.Host)
}

func (a *agents) sites(c *gin.Context) {
	list, err := a.d.Store.Sites(c.Request.Context())
	if err != nil {
		a.broken(c, err)
		return
	}
	out := make([]siteView, 0, len(list))
	for _, x := range list {
		v, err := viewOf(x, a.base(c))
		if err != nil {
			a.broken(c, err)
			return
		}
		out = append(out, v)
	}
	c.JSON(http.StatusOK, gin.H{"sites": out})
}

// siteIn is what an admin sends: the site, and the version he saw.
type siteIn struct {
	visitors.Site
	Version int64 `json:"version"`
}

func (a *agents) addSite(c *gin.Context) {
	var in siteIn
	if !bind(c, &in) {
		return
	}
	in.ID, in.Version = visitors.NewSiteID(), 0
	a.saveSite(c, in, http.StatusCreated, "site.add")
}

func (a *agents) setSite(c *gin.Context) {
	var in siteIn
	if !bind(c, &in) {
		return
	}
	if in.ID = c.Param("id"); in.Version < 1 {
		fail(c, http.StatusBadRequest, "bad_request", "请带上看到的 version。")
		return
	}
	a.saveSite(c, in, http.StatusOK, "site.change")
}

func (a *agents) saveSite(c *gin.Context, in siteIn, status int, act string) {
	if err := in.Site.Validate(); err != nil {
		badSite(c, err)
		return
	}
	value, err := json.Marshal(in.Site)
	if err != nil {
		a.broken(c, err)
		return
	}
	_, err = a.d.Store.SaveSite(c.Request.Context(), store.Site{ID: in.ID, Value: string(value), Version: in.Version, At: a.d.Now().UnixMilli(), Agent: me(c).ID},
		a.trace(c, act, strings.TrimSpace(in.ID+" "+strings.Join(in.Origins, " "))))
	if errors.Is(err, bot.ErrConflict) {
		fail(c, http.StatusConflict, "conflict", "站点已被别人修改或删除，请刷新后再改。")
		return
	}
	if err != nil {
		a.broken(c, err)
		return
	}
	a.sitesChanged(c)
	a.answerSite(c, status, in.ID, "")
}

func badSite(c *gin.Context, err error) {
	if e := visitors.IsSiteError(err); e != nil {
		fail(c, http.StatusUnprocessableEntity, "bad_"+e.Field, e.Message)
		return
	}
	fail(c, http.StatusUnprocessableEntity, "bad_site", "站点的内容不对。")
}

// answerSite answers with the site as it is now, and with a secret that is shown this once.
func (a *agents) answerSite(c *gin.Context, status int, id, secret string) {
	list, err := a.d.Store.Sites(c.Request.Context())
	for _, x := range list {
		if err != nil || x.ID != id {
			continue
		}
		var v siteView
		if v, err = viewOf(x, a.base(c)); err == nil {
			out := gin.H{"site": v}
			if secret != "" {
				out["secret"] = secret
			}
			c.JSON(status, out)
			return
		}
	}
	if err == nil {
		err = fmt.Errorf("the site %s: %w", id, bot.ErrNotFound)
	}
	a.broken(c, err)
}

// sitesChanged lets the visitors' side take a change in at once.
func (a *agents) sitesChanged(c *gin.Context) {
	if a.d.SitesDone == nil {
		return
	}
	if err := a.d.SitesDone(c.Request.Context()); err != nil {
		a.d.Log.Error("taking in the sites", "err", err) // they are read again within two seconds
	}
}

// DemoSite is the site that exists from the first start. It stays: the support page stands on it.
const DemoSite = "demo"

func (a *agents) removeSite(c *gin.Context) {
	id := c.Param("id")
	if id == DemoSite {
		fail(c, http.StatusConflict, "built_in", "内置站点不能删除，可以清空它的来源。")
		return
	}
	if !a.siteDone(c, a.d.Store.RemoveSite(c.Request.Context(), id, a.trace(c, "site.remove", id))) {
		return
	}
	a.sitesChanged(c)
	c.Status(http.StatusNoContent)
}

// siteDone answers what went wrong with a site or a key, if something did.
func (a *agents) siteDone(c *gin.Context, err error) bool {
	switch {
	case err == nil:
		return true
	case errors.Is(err, bot.ErrNotFound):
		fail(c, http.StatusNotFound, "not_found", "没有这个站点或密钥。")
	case errors.Is(err, store.ErrKeys):
		fail(c, http.StatusConflict, "keys", "已有两把密钥。请先删除不再使用的那一把，再添加新的。")
	default:
		a.broken(c, err)
	}
	return false
}

func (a *agents) addSiteKey(c *gin.Context) {
	var in struct {
		Alg    string `json:"alg"`
		Public string `json:"public"`
	}
	if !bind(c, &in) {
		return
	}
	k, secret, err := visitors.NewKey(in.Alg, in.Public)
	if err != nil {
		badSite(c, err)
		return
	}
	err = a.d.Store.AddSiteKey(c.Request.Context(), c.Param("id"), store.SiteKey{KID: k.KID, Alg: k.Alg, Secret: k.Secret, At: a.d.Now().UnixMilli(), Agent: me(c).ID},
		a.trace(c, "site.key.add", c.Param("id")+" "+k.KID))
	if !a.siteDone(c, err) {
		return
	}
	a.sitesChanged(c)
	a.answerSite(c, http.StatusCreated, c.Param("id"), secret)
}

func (a *agents) removeSiteKey(c *gin.Context) {
	if !a.siteDone(c, a.d.Store.RemoveSiteKey(c.Request.Context(), c.Param("id"), c.Param("kid"), a.trace(c, "site.key.remove", c.Param("id")+" "+c.Param("kid")))) {
		return
	}
	a.sitesChanged(c)
	c.Status(http.StatusNoContent)
}

// framed says who may show the chat's full page in a frame: the origins of the site that the address names, and nobody for one that
// is not there.
func framed(v *visitors.Channel) gin.HandlerFunc {
	return func(c *gin.Context) {
		who := v.Ancestors(c.DefaultQuery("site", DemoSite))
		if len(who) == 0 {
			who = []string{"'none'"}
		}
		c.Header("Content-Security-Policy", strings.Replace(policy, "frame-ancestors 'none'", "frame-ancestors "+strings.Join(who, " "), 1))
		c.Header("Cross-Origin-Opener-Policy", "unsafe-none") // in a frame it means nothing, and a window that the portal opened stays its own
	}
}

// ReadSites returns the sites of the database with their keys. One that cannot be read is left out and logged; the others go on.
func ReadSites(ctx context.Context, st *store.Store, log *slog.Logger) ([]visitors.Site, error) {
	rows, err := st.Sites(ctx)
	if err != nil {
		return nil, err
	}
	var out []visitors.Site
	for _, x := range rows {
		s, err := visitors.Decode(x.ID, x.Value)
		if err != nil {
			log.Error("a site is left out", "site", x.ID, "err", err)
			continue
		}
		for _, k := range x.Keys {
			s.Keys = append(s.Keys, visitors.Key{KID: k.KID, Alg: k.Alg, Secret: k.Secret})
		}
		out = append(out, s)
	}
	return out, nil
}
