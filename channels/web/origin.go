package web

import (
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// opaque is the Origin of pages that have none: a frame with sandbox="allow-scripts", a file on the disk. Anybody can make such a page, so
// it is never allowed by what stands in a list of origins.
const opaque = "null"

// allowed says whether a request may come from where it says it comes from: the server's own address, its own host on loopback,
// or one of the site's origins. Without an Origin it must bear a token or come from this machine. site may be nil.
func (c *Channel) allowed(r *http.Request, site *Site) bool {
	origin := r.Header.Get("Origin")
	if origin == "" {
		return strings.HasPrefix(r.Header.Get("Authorization"), "Bearer ") || c.local(r)
	}
	if c.cfg.PublicURL != "" && origin == strings.TrimSuffix(c.cfg.PublicURL, "/") {
		return true
	}
	if u, err := url.Parse(origin); err == nil && u.Host == r.Host && u.Scheme == scheme(r) && c.local(r) {
		return true
	}
	if origin == opaque {
		return site != nil && site.Opaque
	}
	return site != nil && slices.Contains(site.Origins, origin)
}

func scheme(r *http.Request) string {
	if r.TLS != nil {
		return "https"
	}
	return "http"
}

// forwarding are the headers by which a proxy names its client.
var forwarding = []string{"Forwarded", "X-Forwarded-For", "X-Real-Ip"}

// local says whether a request was made on this machine, to this machine. A proxy on this machine speaks from loopback for
// everybody, so an address alone proves nothing: what bears a forwarding header is not local. Who knows the proxy, and that it
// names a client on this machine, takes the headers off before (server/web does).
func (c *Channel) local(r *http.Request) bool {
	if u, err := url.Parse(c.cfg.PublicURL); c.cfg.PublicURL != "" && (err != nil || !loopback(u.Host)) {
		return false // browsers reach it from elsewhere, so somebody stands in between
	}
	for _, name := range forwarding {
		if len(r.Header.Values(name)) > 0 {
			return false
		}
	}
	return loopback(r.RemoteAddr) && loopback(r.Host)
}

// loopback says whether host or host:port is this machine.
func loopback(hostport string) bool {
	host := hostport
	if h, _, err := net.SplitHostPort(hostport); err == nil {
		host = h
	}
	host = strings.Trim(host, "[]")
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
