package main

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

// A lead sets hours, routing and targets; the desk goes by them, and a change that somebody else was quicker with is not lost.
func TestDeskSettings(t *testing.T) {
	s := startServer(t)
	admin := s.login("admin", adminPassword)
	a := agentAt(t, s, "admin", "admin", adminPassword, desktop)
	type setting struct {
		Value   map[string]any
		Version int64
	}
	read := func(name string) (x setting) {
		admin.do(http.MethodGet, "/api/a/v1/settings/"+name, nil, 200, &x)
		return x
	}

	kept := func(name string, version int64) {
		t.Helper()
		waitFor(t, name+" kept", func() bool { return read(name).Version == version }, func() string { return "" })
	}

	a.visitPage("/console#/settings/hours")
	a.find(".tick", "24 小时服务")
	a.click(".tick", "24 小时服务")
	a.find(".shifts", "周一")
	a.accessible("hours")
	a.allowing("400")
	a.until("a field", `all('.clock').length > 0`)
	eval[bool](a, `(() => { const f = document.querySelector('.clock'); f.focus(); f.select(); return true })()`)
	a.write("22:00")
	a.click(".save-bar button", "保存")
	a.find(".save-bar [role=alert]", "周一")
	eval[bool](a, `(() => { const f = document.querySelector('.clock'); f.focus(); f.select(); return true })()`)
	a.write("08:30")
	a.click(".save-bar button", "保存")
	kept("hours", 1)
	if x := read("hours"); !strings.Contains(jsonOf(t, x.Value), `"from":"08:30"`) {
		t.Errorf("hours are %+v", x)
	}

	a.visitPage("/console#/settings/routing")
	a.find(".tick", "自动分配")
	a.accessible("routing")
	a.fill(".settings", "接入倒计时", "45")
	// Somebody else is quicker.
	other := read("routing")
	other.Value["grace_s"] = 240
	admin.do(http.MethodPut, "/api/a/v1/settings/routing", map[string]any{"value": other.Value, "version": other.Version}, 200, nil)
	a.allowing("409")
	a.click(".save-bar button", "保存")
	a.find(".save-bar [role=alert]", "刚被别人改过")
	a.click(".save-bar button", "看新的内容")
	a.until("what is there now", `all('input[type=number]').some((f) => f.value === '240')`)
	a.fill(".settings", "接入倒计时", "45")
	a.click(".save-bar button", "保存")
	kept("routing", 2)
	if x := read("routing"); x.Value["offer_s"] != 45.0 || x.Value["grace_s"] != 240.0 {
		t.Errorf("routing is %+v", x)
	}

	a.visitPage("/console#/settings/sla")
	a.find("legend", "综合")
	a.click("[aria-label='单独设置 风控']", "")
	a.accessible("targets")
	a.click(".save-bar button", "保存")
	kept("sla", 1)
	if x := read("sla"); !strings.Contains(jsonOf(t, x.Value), `"risk"`) {
		t.Errorf("targets are %+v", x)
	}

	p := openConsole(t, s, "phone", look{width: 320, height: 568, touch: true, dark: true}, "AudioContext")
	p.logIn("admin", adminPassword)
	p.find(".tab", "排队")
	for page, what := range map[string]string{"hours": ".shifts", "routing": ".save-bar", "sla": "legend"} {
		p.visitPage("/console#/settings/" + page)
		p.find(what, "")
		p.accessible("phone " + page)
		p.fits("phone " + page)
	}
}

// jsonOf is a value as JSON.
func jsonOf(t *testing.T, v any) string {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
