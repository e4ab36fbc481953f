package web

import (
	"fmt"
	"html"
	"net/url"
	"strings"
)

// Snippet is what a site's page includes: one script tag, without inline code. base is the server's address, without a slash at the end. What
// is set here is what the launcher shows before anything else is fetched.
//
//	<script src="https://help.example.com/w/loader.js" data-site="st_9f3k2m7q4w8x" async></script>
func Snippet(base string, s Site) string {
	var b strings.Builder
	fmt.Fprintf(&b, `<script src="%s/w/loader.js" data-site="%s"`, html.EscapeString(base), html.EscapeString(s.ID))
	label := s.Launcher
	if label == "-" {
		label = ""
		b.WriteString(` data-launcher="false"`)
	}
	for _, a := range [][2]string{{"color", s.Color}, {"position", s.Position}, {"theme", s.Theme}, {"locale", s.Locale}, {"label", label}} {
		if a[1] != "" {
			fmt.Fprintf(&b, ` data-%s="%s"`, a[0], html.EscapeString(a[1]))
		}
	}
	b.WriteString(` async></script>`)
	return b.String()
}

// HostPolicy is what a page with a Content-Security-Policy of its own has to allow for the widget. Nothing inline, no eval, no fonts;
// style-src is for browsers without constructable style sheets.
func HostPolicy(base string) string {
	socket := strings.Replace(base, "http", "ws", 1)
	if u, err := url.Parse(base); err == nil {
		socket = map[string]string{"https": "wss", "http": "ws"}[u.Scheme] + "://" + u.Host
	}
	return fmt.Sprintf("script-src %s; connect-src %s %s; img-src %s blob:; style-src %s", base, base, socket, base, base)
}
