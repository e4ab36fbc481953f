package web_test

import (
	"strings"
	"testing"

	"posdoctor/channels/web"
)

// Without the portal no demonstration leads to a page that only it has.
func TestDemoPages(t *testing.T) {
	for _, name := range web.DemoPages {
		if name == "portal" || name == "inside" {
			continue
		}
		with, without := string(web.DemoPage(name, "https://help.example.com", true)), string(web.DemoPage(name, "https://help.example.com", false))
		for _, path := range []string{"/demo/portal", "/demo/inside"} {
			if leads := map[string]string{"/demo/portal": "index", "/demo/inside": "frame"}[path] == name; strings.Contains(with, `"`+path+`"`) != leads {
				t.Errorf("%s leads to %s: %t", name, path, !leads)
			}
			if strings.Contains(without, `"`+path+`"`) {
				t.Errorf("without the portal %s leads to %s", name, path)
			}
		}
	}
}
