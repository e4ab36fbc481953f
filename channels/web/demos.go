package web

import (
	"embed"
	"html"
	"strings"
)

//go:embed pages/demo
var demos embed.FS

// DemoPages are the names of the demonstration pages, one per way of embedding; "index" lists them and "guide" tells how it is done.
var DemoPages = []string{"index", "plain", "spa", "csp", "frame", "inside", "h5", "portal", "guide"}

// DemoPage is one of them, as it is served from a base such as https://help.example.com. Without the portal, which signs in demo merchants,
// nothing leads to what only works with it.
func DemoPage(name, base string, portal bool) []byte {
	data, err := demos.ReadFile("pages/demo/" + name + ".html")
	if err != nil {
		panic(err) // the names are above, the folder is embedded
	}
	page := strings.ReplaceAll(string(data), "@POLICY@", html.EscapeString(StrictPolicy(base)))
	if portal {
		return []byte(page)
	}
	var out strings.Builder
	for line := range strings.Lines(page) {
		if !strings.Contains(line, `"/demo/portal"`) && !strings.Contains(line, `"/demo/inside"`) {
			out.WriteString(line)
		}
	}
	return []byte(out.String())
}

// StrictPolicy is the strictest policy that a page with the widget may have.
func StrictPolicy(base string) string {
	return "default-src 'none'; " + HostPolicy(base) + "; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'"
}
