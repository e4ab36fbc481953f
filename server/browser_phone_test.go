package main

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/page"
)

// onNew runs a script before those of every page that the tab opens.
func (b *tab) onNew(script string) {
	b.t.Helper()
	b.do(call(page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: script}))
}

// D5: two tabs of one visitor show the same lines, one of them makes one sound, and what is read in one is read in the other.
func TestAcceptD5(t *testing.T) {
	s := startServer(t)
	const silent = `window.rings = 0
		window.AudioContext = class {
			currentTime = 0
			createGain() { return { gain: { setValueAtTime() {}, exponentialRampToValueAtTime() {} }, connect() {} } }
			createOscillator() { return { frequency: { setValueAtTime() {} }, connect() {}, start() { window.rings++ }, stop() {} } }
		}`
	one := openTab(t, s, "one", desktop)
	two := one.beside("two", desktop)
	for _, b := range []*tab{one, two} {
		b.onNew(silent)
		b.visitPage("/")
		b.click(".pd-launcher", "")
		if b == one {
			b.find(".pd-topics button", "")
			b.click(".pd-escalate", "转人工")
		}
		b.find(".pd-queue", "")
		if b == one {
			b.settled()
		}
	}
	one.ask("店里有人排队，麻烦快一点")
	two.see("麻烦快一点")
	sameAsStore(one)
	sameAsStore(two)
	for _, b := range []*tab{one, two} {
		b.press("Escape")
		b.find(".pd-launcher", "")
	}
	a := s.login("admin", adminPassword)
	var held struct {
		Epoch int64 `json:"epoch"`
	}
	path := "/api/a/v1/conversations/" + one.visitor().conv
	a.do(http.MethodGet, path, nil, http.StatusOK, &held)
	a.do(http.MethodPost, path+"/claim", map[string]any{"epoch": held.Epoch}, http.StatusOK, &held)
	rings := func() int { return eval[int](one, `rings`) + eval[int](two, `rings`) }
	waitFor(t, "the sound for the agent's coming", func() bool { return rings() > 0 }, func() string { return "" })
	time.Sleep(500 * time.Millisecond) // one that was under way before
	before := rings()
	a.do(http.MethodPost, path+"/messages", map[string]any{"cid": "hello", "text": "您好，我在查。", "epoch": held.Epoch}, http.StatusOK, nil)
	for _, b := range []*tab{one, two} {
		b.find(".pd-preview", "我在查")
		b.find(".pd-badge", "")
		b.until("the count in the title", `/^\(\d+\) /.test(document.title)`)
	}
	waitFor(t, "the sound", func() bool { return rings() > before }, func() string { return "" })
	time.Sleep(500 * time.Millisecond)
	if n := rings() - before; n != 1 {
		t.Errorf("%d sounds for one line in two tabs", n)
	}
	two.click(".pd-preview-open", "")
	two.find(".pd-from-agent", "我在查")
	for _, b := range []*tab{one, two} {
		b.until("nothing unread", `all('.pd-badge').length === 0 && !/^\(/.test(document.title)`)
	}
	if one.has(".pd-preview", "") {
		t.Error("the preview stays in a tab after the line was read in another")
	}
}

// F1: while an input method composes, the suggestions take no key from it; chosen by arrow, one is sent once.
func TestAcceptF1Suggestions(t *testing.T) {
	s := startServer(t)
	m := openWidget(t, s, desktop)
	m.click(".pd-composer textarea", "")
	m.write("商户状态")
	m.find(".pd-suggest [role=option]", "")
	m.do(call(input.ImeSetComposition, input.ImeSetCompositionParams{Text: "yi", SelectionStart: 2, SelectionEnd: 2}))
	for _, key := range []string{"ArrowDown", "Enter"} {
		m.do(call(input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeRawKeyDown, WindowsVirtualKeyCode: 229, Key: key}))
	}
	if n := eval[int](m, `all('.pd-from-user').length + all('.pd-suggest [aria-selected=true]').length`); n != 0 {
		t.Error("the suggestions took a key of the input method")
	}
	m.write("异常")
	m.find(".pd-suggest [role=option]", "")
	time.Sleep(500 * time.Millisecond) // nobody reads faster
	m.do(call(input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeRawKeyDown, WindowsVirtualKeyCode: 40, Key: "ArrowDown", Code: "ArrowDown"}))
	m.find(".pd-suggest [aria-selected=true]", "")
	chosen := eval[string](m, `find('.pd-suggest [aria-selected=true]', '')[0].innerText`)
	if id := eval[string](m, `all('.pd-composer textarea')[0].getAttribute('aria-activedescendant')`); id == "" {
		t.Error("the field does not name the chosen suggestion")
	}
	m.press("Enter")
	m.find(".pd-from-user", chosen)
	sameAsStore(m)
	if n := m.visitor().said(chosen); n != 1 {
		t.Errorf("%q was sent %d times", chosen, n)
	}
	// Without the arrow, Enter sends what was typed.
	m.ask("刷卡没反")
	m.find(".pd-from-user", "刷卡没反")
}

// F2: the keyboard comes up: composer and newest line stay in what is left of the screen.
func TestAcceptF2(t *testing.T) {
	s := startServer(t)
	m := openTab(t, s, "merchant", look{width: 390, height: 844, touch: true})
	for _, where := range []string{"/chat", "/"} {
		m.size(390, 844, true)
		m.visitPage(where)
		if where == "/" {
			m.click(".pd-launcher", "")
			m.find("[data-id]", "")
		} else {
			m.click(".pd-topics button", "刷卡没反应")
			m.until("an answer", `all('[data-id]').length > 1`)
			m.settled()
		}
		m.click(".pd-composer textarea", "")
		m.size(390, 440, true)
		m.until("composer and newest line in sight", `(() => {
			const c = all('.pd-composer')[0].getBoundingClientRect(), l = all('[data-id]').pop().getBoundingClientRect(), log = all('.pd-log')[0].getBoundingClientRect()
			return c.bottom <= visualViewport.height + 1 && c.top > 0 && l.bottom <= log.bottom + 1 && l.bottom > log.top && scrollY === 0
		})()`)
		m.noOverflow()
	}
}

// F3, F4: no field makes a phone zoom in, the keyboard never comes by itself, and pictures are asked for in the one way that works.
func TestAcceptF3F4(t *testing.T) {
	s, names, _ := stages(t)
	b := openTab(t, s, "finger", look{width: 390, height: 844, touch: true})
	files := 0
	for _, name := range names {
		b.stage(name, "")
		for _, f := range eval[[]string](b, `all('input:not([type=file]), textarea, select').filter((el) => parseFloat(getComputedStyle(el).fontSize) < 16).map((el) => el.outerHTML.slice(0, 90))`) {
			t.Errorf("%s: letters below 16 px: %s", name, f)
		}
		for _, f := range eval[[]string](b, `roots.flatMap((r) => [...r.querySelectorAll('input[type=file]')]).map((el) => el.getAttributeNames().filter((n) => !['type', 'class', 'aria-label'].includes(n)).map((n) => n + '=' + el.getAttribute(n)).join(' '))`) {
			files++
			if f != "accept=image/*" {
				t.Errorf("%s: the field for pictures has %q", name, f)
			}
		}
	}
	if files == 0 {
		t.Error("there is no field for pictures")
	}
	live := startServer(t)
	m := openTab(t, live, "merchant", look{width: 390, height: 844, touch: true})
	m.visitPage("/")
	m.click(".pd-launcher", "")
	m.find(".pd-topics button", "")
	if eval[bool](m, `/^(INPUT|TEXTAREA)$/.test(active().tagName)`) {
		t.Error("the keyboard comes up by itself")
	}
}

// F5: in WeChat the chat is a page of its own, and the page is put right after the keyboard on iOS only.
func TestAcceptF5(t *testing.T) {
	s := startServer(t)
	for _, phone := range []struct {
		agent string
		nudge bool
	}{
		{"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 MicroMessenger/8.0.50(0x18003230) NetType/WIFI Language/zh_CN", true},
		{"Mozilla/5.0 (Linux; Android 14; V2309A) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36 MicroMessenger/8.0.50 NetType/WIFI Language/zh_CN", false},
		{"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1", false},
	} {
		m := openTab(t, s, "merchant", look{width: 390, height: 844, touch: true})
		m.do(call(emulation.SetUserAgentOverride, emulation.SetUserAgentOverrideParams{UserAgent: phone.agent}))
		m.onNew(`window.nudges = 0; window.scrollTo = () => { window.nudges++ }`)
		m.visitPage("/chat")
		m.find(".pd-topics button", "")
		if !eval[bool](m, `(() => { const r = all('.pd-page')[0].getBoundingClientRect(); return r.width === innerWidth && r.height === innerHeight })()`) {
			t.Errorf("%s: not a full page", phone.agent)
		}
		m.click(".pd-composer textarea", "")
		eval[bool](m, `active().blur() === undefined`)
		time.Sleep(250 * time.Millisecond)
		if n := eval[int](m, `nudges`); (n > 0) != phone.nudge {
			t.Errorf("%s: the page was put right %d times", phone.agent, n)
		}
	}
}

// F6: a draft outlives closing, a new page and a broken line.
func TestAcceptF6(t *testing.T) {
	s := startServer(t)
	far, c := behind(t, s)
	m := openWidget(t, far, desktop, awayFaults...)
	const draft = "刚才刷卡的时候屏幕上写着"
	here := `all('.pd-composer textarea')[0]?.value === ` + quoted(draft)
	m.click(".pd-composer textarea", "")
	m.write(draft)
	m.press("Escape") // the suggestions, if there are some
	if m.has(".pd-panel", "") {
		m.press("Escape")
	}
	m.until("the chat closed", `all('.pd-panel').length === 0`)
	m.click(".pd-launcher", "")
	m.until("the draft after closing", here)
	time.Sleep(400 * time.Millisecond) // it is kept once the fingers rest
	m.visitPage("/")
	m.click(".pd-launcher", "")
	m.until("the draft on a new page", here)
	c.set(func() { c.away = true })
	c.cut()
	m.find(".pd-bar", "正在重连")
	c.set(func() { c.away = false })
	m.until("the line back", `all('.pd-bar').length === 0`)
	m.until("the draft after the break", here)
}

// The phone's back button closes what lies on top, one after the other, and only then leaves.
func TestBackButton(t *testing.T) {
	s := startServer(t)
	m := openTab(t, s, "merchant", look{width: 390, height: 844, touch: true})
	m.allowing("401")
	m.visitPage("/console")
	m.visitPage("/")
	m.click(".pd-launcher", "")
	m.find(".pd-topics button", "")
	m.click(".pd-topics button", "刷卡没反应")
	m.settled()
	m.upload(300, 200)
	m.find("button.pd-picture img", "")
	m.settled()
	m.click("button.pd-picture", "")
	m.find(".pd-lightbox img", "")
	back := func() { m.t.Helper(); eval[bool](m, `setTimeout(() => history.back()) > 0`) }
	back()
	m.until("the picture away, the chat there", `all('.pd-lightbox').length === 0 && all('.pd-panel').length === 1`)
	m.click(".pd-menu .pd-icon-button", "")
	m.find(".pd-menu-list", "")
	back()
	m.until("the menu away, the chat there", `all('.pd-menu-list').length === 0 && all('.pd-panel').length === 1`)
	back()
	m.until("the chat away, the page there", `all('.pd-panel').length === 0 && all('.pd-launcher').length === 1 && location.pathname === '/'`)
	back()
	m.until("the page before", `location.pathname === '/console'`)
}

// A merchant looks at another page and comes back: what was written meanwhile is there, and so is the line.
func TestPageKept(t *testing.T) {
	s := startServer(t)
	s.agent("李敏", "a password of 李敏")
	m := openWidget(t, s, desktop)
	m.ask("转人工")
	m.find(".pd-log", "转人工")
	a := agentAt(t, s, "李敏", "李敏", "a password of 李敏", desktop)
	a.click(".row", "")
	a.click("button", "接入")
	m.see("李敏")
	m.leave("/guide")
	a.reply("我在看您的账户")
	m.back()
	m.see("我在看您的账户")
	m.ask("好的")
	a.see("好的")
	a.reply("查到了")
	m.see("查到了")
}

// What is saved is the whole talk as text, as the store has it.
func TestSavedTalk(t *testing.T) {
	s := startServer(t)
	m := openWidget(t, s, desktop)
	m.onNew("")
	m.ask("卡号 6222021234567890128 刷不了")
	m.until("an answer", `all('[data-id]').length > 1`)
	sameAsStore(m)
	eval[bool](m, `(URL.createObjectURL = ((real) => (blob) => { blob.text().then((x) => { window.saved = x }); return real.call(URL, blob) })(URL.createObjectURL)) !== null`)
	eval[bool](m, `(HTMLAnchorElement.prototype.click = function () { window.savedAs = this.download }) !== null`)
	m.click(".pd-menu .pd-icon-button", "")
	m.click(".pd-menu-list button", "下载对话记录")
	m.until("the text", `!!window.saved && !!window.savedAs`)
	text := eval[string](m, `window.saved`)
	for _, l := range m.visitor().history() {
		if l.Text != "" && l.Type == "message" && !strings.Contains(strings.ReplaceAll(text, "\r\n", "\n"), l.Text) {
			t.Errorf("%q is missing in\n%s", l.Text, text)
		}
	}
	if strings.Contains(text, "6222021234567890128") {
		t.Error("the card's number is in the saved talk")
	}
}
