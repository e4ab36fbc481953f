package main

import (
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp/kb"

	"posdoctor/bot/acquirer/simulator"
)

// What merchants and agents write stays text, in the chat and in the console.
func TestTextIsText(t *testing.T) {
	long := strings.Repeat("机具故障0", 400)
	wide := strings.Repeat("W", 2000)
	tries := []struct{ said, read string }{
		{`<img src=x onerror=alert(1)>`, ""},
		{`<script>alert(1)</script><b>粗体</b>`, ""},
		{`javascript:alert(1) <a href="javascript:alert(1)">点我</a> [点我](javascript:alert(1))`, ""},
		{"收款单\u202egnp.exe\u202c 打不开", "收款单gnp.exe 打不开"},
		{"مرحبا 商户状态异常", ""},
		{`{{7*7}} ${7*7} &lt;i&gt; %3Cscript%3E`, ""},
		{long, ""},
		{wide, ""},
	}
	s := startServer(t)
	m := openWidget(t, s, desktop)
	m.click(".pd-escalate", "转人工")
	m.find(".pd-queue", "")
	a := agentAt(t, s, "agent", "admin", adminPassword, desktop)
	a.click(".row", "")
	a.click(".talk-head button", "接入")
	a.find("#composer", "")
	m.find(".pd-holder", "人工客服")

	for _, try := range tries {
		want := try.read
		if want == "" {
			want = try.said
		}
		m.ask(try.said)
		m.until("its own line as text", `all('.pd-from-user').pop()?.textContent === `+quoted(want))
		a.until("the merchant's line as text", `all('.msg.user .bubble').pop()?.textContent === `+quoted(want))
		a.reply(try.said)
		m.until("the agent's line as text", `all('.pd-from-agent').pop()?.textContent === `+quoted(want))
		a.until("its own line as text", `all('.msg.agent .bubble').pop()?.textContent === `+quoted(want))
	}
	m.settled()
	for _, b := range []*tab{m, a} {
		log := map[bool]string{true: ".pd-log", false: ".log"}[b == m]
		if n := eval[int](b, `all('`+log+` img, `+log+` script, `+log+` a, `+log+` b, `+log+` i, `+log+` iframe').filter((el) => !el.closest('.msg-who')).length`); n != 0 {
			t.Errorf("%s: %d elements were made from text", b.who, n)
		}
		b.noOverflow()
		if wide := eval[int](b, `Math.max(...all('`+log+`').map((el) => el.scrollWidth - el.clientWidth))`); wide > 0 {
			t.Errorf("%s: the log is %d px wider than its place", b.who, wide)
		}
	}

	// One character too many is told, and stays in the composer.
	m.click(".pd-composer textarea", "")
	m.write(strings.Repeat("字", 2001))
	m.find(".pd-count", "最多 2000 字，多了 1 字")
	m.press("Enter")
	if n := eval[int](m, `find('.pd-composer textarea', '')[0].value.length`); n != 2001 {
		t.Errorf("the composer keeps %d characters, want 2001", n)
	}
}

// The acquirer's own page for what its record says is a link, for the merchant and for the agent; what is no plain https address is none.
func TestFactLink(t *testing.T) {
	stage, _, _ := stages(t)
	b := openTab(t, stage, "card", desktop)
	b.stage("card-links", "")
	if got := eval[string](b, `all('.pd-card a').map((a) => [a.href, a.target, a.rel, a.textContent].join(' ')).join('\n')`); got != "https://help.lanqiao.example/recover _blank noopener noreferrer 办理入口（help.lanqiao.example）" {
		t.Errorf("the links of the card are %s", got)
	}
	b.find(".pd-source", "来源：知识库「证照登记已过期」· 2026-11-02 更新")

	s := startServer(t)
	m := openWidget(t, s, desktop)
	m.ask("演示商户 2")
	m.ask("POS机显示商户状态异常")
	m.find(".pd-card .pd-way", "办理入口（"+simulator.HelpHost+"）")
	m.find(".pd-source", "来源：知识库「")
	m.click(".pd-escalate", "转人工")
	m.find(".pd-queue", "")
	a := agentAt(t, s, "agent", "admin", adminPassword, desktop)
	a.click(".row", "")
	a.find(".facts a", simulator.HelpHost)
	if got := eval[string](a, `[...new Set(all('.facts a').map((a) => [a.href, a.target, a.rel].join(' ')))].join('\n')`); got != "https://"+simulator.HelpHost+"/recover _blank noopener noreferrer" {
		t.Errorf("the agent's links are %s", got)
	}
}

// noOverflow holds that nothing sticks out of the page sideways.
func (b *tab) noOverflow() {
	b.t.Helper()
	out := eval[[]string](b, `[
		...(document.documentElement.scrollWidth > innerWidth ? ['the page is ' + document.documentElement.scrollWidth + ' px wide'] : []),
		...all('*').filter((el) => !el.closest('.sr, .pd-sr, .skip') && (el.getBoundingClientRect().right > innerWidth + 1 || el.getBoundingClientRect().left < -1))
			.map((el) => el.tagName + '.' + el.getAttribute('class') + ' ' + JSON.stringify(el.getBoundingClientRect())).slice(0, 5)]`)
	if len(out) > 0 {
		b.t.Errorf("%s: wider than the screen: %s", b.who, strings.Join(out, "; "))
	}
}

// newestInSight waits until the end of the newest line can be read.
func (b *tab) newestInSight() {
	b.t.Helper()
	b.until("the newest line in sight", `(() => {
		const line = all('[data-id]').pop().getBoundingClientRect(), log = all('.pd-log')[0].getBoundingClientRect()
		return line.bottom <= log.bottom + 1 && line.bottom > log.top
	})()`)
}

// On a phone the chat is a page of its own: all of it in sight, nothing sideways.
func TestPhone(t *testing.T) {
	s := startServer(t)
	for _, l := range []look{{width: 390, height: 844, touch: true}, {width: 320, height: 568, touch: true}} {
		m := openTab(t, s, "merchant", l)
		m.visitPage("/chat")
		m.find(".pd-topics button", "")
		m.noOverflow()
		if eval[bool](m, `active().tagName === 'TEXTAREA'`) {
			t.Errorf("%d px: the keyboard comes up by itself", l.width)
		}
		m.click(".pd-topics button", "商户状态异常")
		m.find(".pd-choices .pd-chip", "")
		m.noOverflow()
		m.toCard()
		m.settled()
		m.noOverflow()
		m.click(".pd-escalate", "转人工")
		m.find(".pd-queue", "")
		m.settled()
		m.newestInSight()
		m.noOverflow()
		m.ask("我在店里等")
		m.newestInSight()
		bad := eval[[]string](m, `[
			...all('input, textarea').filter((el) => parseFloat(getComputedStyle(el).fontSize) < 16).map((el) => 'letters below 16 px in ' + el.tagName),
			...all('.pd button').filter((el) => { const r = el.getBoundingClientRect(); return r.height < 43.5 && !el.matches('.pd-link, .pd-retry') })
				.map((el) => words(el) + ' is ' + el.getBoundingClientRect().height + ' px high'),
			...(all('.pd-composer')[0].getBoundingClientRect().bottom > innerHeight + 1 ? ['the composer is out of sight'] : [])]`)
		for _, b := range bad {
			t.Errorf("%d px: %s", l.width, b)
		}
	}
}

// E2: everything goes by keyboard, and the focus is never lost.
func TestAcceptE2(t *testing.T) {
	s := startServer(t)
	m := openTab(t, s, "merchant", desktop)
	m.visitPage("/")
	m.find(".pd-launcher", "")
	tabTo := func(what, expr string, mods ...kb.Modifier) {
		t.Helper()
		for range 60 {
			if eval[bool](m, expr) {
				return
			}
			m.press("Tab", mods...)
		}
		t.Fatalf("no way to %s by keyboard", what)
	}
	tabTo("the launcher", `active().matches('.pd-launcher')`)
	m.press("Enter")
	m.until("the focus in the composer", `active().matches('.pd-composer textarea')`)
	m.write("POS机显示商户状态异常")
	m.press("Enter")
	m.find(".pd-choices .pd-chip", "")
	m.settled()
	if !eval[bool](m, `active().matches('.pd-composer textarea')`) {
		t.Error("the focus left the composer when a line was sent")
	}
	tabTo("the answers", `active().matches('.pd-chip')`, kb.ModifierShift)
	if !eval[bool](m, `(() => { const r = active().getBoundingClientRect(); const hit = at(r.x + r.width / 2, r.y + r.height / 2); return active() === hit || active().contains(hit) })()`) {
		t.Error("the answer with the focus is covered")
	}
	n := eval[int](m, `all('[data-id]').length`)
	m.press(" ")
	m.until("an answer to the tap", `all('[data-id]').length > `+strconv.Itoa(n)+` + 1`)
	m.settled()
	m.until("the focus inside the chat", `!!active().closest('.pd')`)
	tabTo("the way to a person", `active().matches('.pd-escalate')`, kb.ModifierShift)
	m.press("Enter")
	m.find(".pd-queue", "")
	// Rated once an agent has ended it.
	v, a := m.visitor(), s.login("admin", adminPassword)
	var held struct {
		Epoch int64 `json:"epoch"`
	}
	path := "/api/a/v1/conversations/" + v.conv
	a.do(http.MethodGet, path, nil, http.StatusOK, &held)
	a.do(http.MethodPost, path+"/claim", map[string]any{"epoch": held.Epoch}, http.StatusOK, &held)
	a.do(http.MethodPost, path+"/messages", map[string]any{"cid": "1", "text": "已经帮您处理好了。", "epoch": held.Epoch}, http.StatusOK, nil)
	a.do(http.MethodPost, path+"/close", map[string]any{"epoch": held.Epoch, "reason": "solved"}, http.StatusOK, nil)
	m.find(".pd-rating", "")
	tabTo("the ratings", `active().matches('.pd-scores .pd-chip')`, kb.ModifierShift)
	m.press(" ")
	m.find(".pd-rating textarea", "")
	tabTo("the button that sends the rating", `active().matches('.pd-rating [type=submit]')`)
	m.press("Enter")
	m.find(".pd-system", "已评价")
	m.until("the focus inside the chat after rating", `!!active().closest('.pd')`)
	m.press("Escape")
	m.until("the focus back on the launcher", `active().matches('.pd-launcher') && all('.pd-panel').length === 0`)
	m.press("Enter")
	m.find(".pd-ended", "")
	m.until("the focus in the composer again", `active().matches('.pd-composer textarea')`)
}

// F1: the Enter that picks a word in an input method sends nothing; the next one sends once.
func TestAcceptF1(t *testing.T) {
	s := startServer(t)
	m := openWidget(t, s, desktop)
	a := agentAt(t, s, "agent", "admin", adminPassword, desktop)
	m.click(".pd-escalate", "转人工")
	a.click(".row", "")
	a.click(".talk-head button", "接入")
	a.find("#composer", "")

	compose := func(b *tab, field string, sendBy ...kb.Modifier) {
		t.Helper()
		b.click(field, "")
		b.do(call(input.ImeSetComposition, input.ImeSetCompositionParams{Text: "shuaka", SelectionStart: 6, SelectionEnd: 6}))
		b.until("the composition", `find(`+quoted(field)+`, '')[0].value === 'shuaka'`)
		p := input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeRawKeyDown, Key: "Enter", Code: "Enter", WindowsVirtualKeyCode: 229}
		for _, mod := range sendBy {
			p.Modifiers |= int64(mod)
		}
		up := p
		up.Type = input.DispatchKeyEventTypeKeyUp
		b.do(call(input.DispatchKeyEvent, p), call(input.DispatchKeyEvent, up))
		b.do(call(input.InsertText, input.InsertTextParams{Text: "刷卡没反应"})) // the word that was picked
		b.until("the picked word, not sent", `find(`+quoted(field)+`, '')[0].value === '刷卡没反应'`)
		eval[int](b, `new Promise((done) => setTimeout(() => done(1)))`) // the page lets the key pass that ends a composition
		b.press("Enter", sendBy...)
		b.until("it sent", `find(`+quoted(field)+`, '')[0].value === ''`)
	}
	compose(m, ".pd-composer textarea")
	compose(a, "#composer", kb.ModifierCtrl)
	m.find(".pd-from-agent", "刷卡没反应")
	m.settled()
	count := map[string]int{}
	for _, l := range m.visitor().history() {
		if strings.Contains(l.Text, "shuaka") {
			t.Errorf("the composition was sent: %q", l.Text)
		}
		if l.Text == "刷卡没反应" {
			count[l.From]++
		}
	}
	if count["user"] != 1 || count["agent"] != 1 {
		t.Errorf("sent %v times, want once each", count)
	}
}
