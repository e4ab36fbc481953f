package main

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/runtime"
)

// accessible holds that axe finds nothing to object to in what is shown now.
func (b *tab) accessible(state string) {
	b.t.Helper()
	for _, v := range b.violations(state) {
		b.t.Errorf("%s: %s", state, v)
	}
}

// violations are what axe objects to.
func (b *tab) violations(state string) []string {
	b.t.Helper()
	if !eval[bool](b, `typeof axe === 'object'`) {
		axe, err := os.ReadFile("testdata/axe/axe.min.js")
		if err != nil {
			b.t.Fatal(err)
		}
		b.do(call(runtime.Evaluate, runtime.EvaluateParams{Expression: string(axe)}))
	}
	type result struct {
		Passes     int
		Violations []string
	}
	r := eval[result](b, `axe.run(document, { resultTypes: ['violations'], runOnly: { type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] } })
		.then((r) => ({ Passes: r.passes.length, Violations: r.violations.flatMap((v) => v.nodes.map((n) => v.id + ' (' + v.impact + '): ' + v.help + '\n    ' + n.target.flat().join(' ') + '\n    ' + n.html.slice(0, 200) + '\n    ' + n.failureSummary)) }))`)
	if r.Passes < 10 {
		b.t.Errorf("%s: axe held only %d rules against the page", state, r.Passes)
	}
	return r.Violations
}

// The checker looks into the widget's shadow root: a fault put there is found.
func TestAxeSeesTheWidget(t *testing.T) {
	s := startServer(t)
	m := openWidget(t, s, desktop)
	eval[bool](m, `all('.pd-log-inner')[0].append(document.createElement('button')) === undefined`)
	found := m.violations("a button without a name")
	if len(found) != 1 || !strings.HasPrefix(found[0], "button-name ") {
		t.Errorf("axe found %q, want the button without a name", found)
	}
}

// The widget and the console in their states, by day and by night.
func TestAccessible(t *testing.T) {
	s := startServer(t)
	for _, dark := range []bool{false, true} {
		name := map[bool]string{false: "light", true: "dark"}[dark]
		l := look{width: 1440, height: 900, dark: dark}
		m := openWidget(t, s, l)
		m.accessible(name + " home")
		m.ask("POS机显示商户状态异常")
		m.find(".pd-choices .pd-chip", "")
		m.settled()
		m.accessible(name + " choices")
		m.toCard()
		m.find(".pd-choices .pd-chip", "")
		m.settled()
		m.accessible(name + " card")
		m.click(".pd-escalate", "转人工")
		m.find(".pd-queue", "")
		m.settled()
		m.accessible(name + " queued")

		a := openConsole(t, s, "agent", l)
		a.accessible(name + " login")
		a.logIn("admin", adminPassword)
		a.find(".row", "商户状态异常")
		a.see("实时连接")
		a.accessible(name + " list")
		a.click(".row", "商户状态异常")
		a.click(".talk-head button", "接入")
		a.find("#composer", "")
		a.reply("您好，我看到了。")
		a.until("nothing on its way", `all('.msg.pending').length === 0`)
		a.accessible(name + " chat")
		m.find(".pd-from-agent", "我看到了")
		m.accessible(name + " agent")
		a.click(".talk-head button", "结束")
		a.find("dialog", "结束这个会话")
		a.accessible(name + " end dialog")
		a.click(".option", "已解决")
		a.click("dialog button", "结束会话")
		a.find(".held", "已结束")
		m.find(".pd-ended", "")
		m.accessible(name + " ended")
		a.visitPage("/") // a second page of one agent only reads
	}
	p := openTab(t, s, "phone", look{width: 320, height: 568, touch: true})
	p.visitPage("/chat")
	p.find(".pd-topics button", "")
	p.accessible("phone home")
	p.click(".pd-topics button", "提示 58")
	p.until("an answer", `all('[data-id]').length > 1`)
	p.settled()
	p.accessible("phone chat")
}

// The checker is the one that its README names, unmodified.
func TestAxeChecksums(t *testing.T) {
	readme, err := os.ReadFile("testdata/axe/README.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := regexp.MustCompile("(?m)^\\| `([^`]+)` \\| `([0-9a-f]{64})` \\|$").FindAllStringSubmatch(string(readme), -1)
	if len(rows) != 2 {
		t.Fatalf("the README names %d files, want 2", len(rows))
	}
	for _, row := range rows {
		data, err := os.ReadFile(filepath.Join("testdata/axe", row[1]))
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(data)
		if got := hex.EncodeToString(sum[:]); got != row[2] {
			t.Errorf("%s has the checksum %s, the README says %s", row[1], got, row[2])
		}
		if row[1] == "axe.min.js" && !strings.HasPrefix(string(data), "/*! axe v4.14.1\n") {
			t.Errorf("%s is of another version", row[1])
		}
	}
}
