package web

import (
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Site is a page of the acquirer on which the widget may stand.
type Site struct {
	ID       string
	Origins  []string // beside the server's own
	Title    string   // head of the chat
	Greeting string
	Topics   []string // questions offered before the first word
	Phone    string   // shown when the chat cannot be loaded
}

// allowed says whether a request may come from where it says it comes from: the server's own address, its own host on loopback,
// or one of the site's origins. Without an Origin it must bear a token or come from loopback. site may be nil.
func (c *Channel) allowed(r *http.Request, site *Site) bool {
	origin := r.Header.Get("Origin")
	if origin == "" {
		return strings.HasPrefix(r.Header.Get("Authorization"), "Bearer ") || loopback(r.RemoteAddr)
	}
	if c.cfg.PublicURL != "" && origin == strings.TrimSuffix(c.cfg.PublicURL, "/") {
		return true
	}
	if u, err := url.Parse(origin); err == nil && u.Host == r.Host && u.Scheme == scheme(r) && loopback(u.Host) && loopback(r.RemoteAddr) {
		return true
	}
	return site != nil && slices.Contains(site.Origins, origin)
}

func scheme(r *http.Request) string {
	if r.TLS != nil {
		return "https"
	}
	return "http"
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
