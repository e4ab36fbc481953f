package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/chromedp"
)

func TestLoginRefused(t *testing.T) {
	s := startServer(t)
	a := openConsole(t, s, "agent", desktop, "/api/a/v1/login")
	a.logIn("admin", "wrong password")
	a.find("[role=alert]", "用户名或密码不对")
	a.until("the focus in the password", `active().name === 'password'`)
	if a.has(".tabs", "") {
		t.Error("the lists are shown to a stranger")
	}
	a.logIn("admin", adminPassword)
	a.find(".tab", "排队")
	if cookies := eval[string](a, `document.cookie`); cookies != "" {
		t.Errorf("scripts can read the cookie %q", cookies)
	}
	// A reload keeps the session, signing out ends it.
	a.visitPage("/console")
	a.find(".tab", "排队")
	a.see("实时连接")
	a.allowing("401 "+s.url+"/api/a/v1/conversations", "401 (Unauthorized) "+s.url+"/api/a/v1/conversations") // a list may be on its way
	a.click(".menu-button", "")
	a.click("[role=menuitem]", "退出登录")
	a.find("input[name=password]", "")
	a.visitPage("/console")
	a.find("input[name=password]", "")
}

// An agent with a printed password has to choose one first.
func TestOneTimePassword(t *testing.T) {
	s := startServer(t)
	out, err := s.command("agent", "add", "李敏").Output()
	if err != nil {
		t.Fatal(err)
	}
	_, once, _ := strings.Cut(strings.TrimSpace(string(out)), "one-time password ")
	a := openConsole(t, s, "agent", desktop, "403") // the lists are closed until then
	a.logIn("李敏", once)
	a.find("dialog", "请先换成您自己的")
	a.press("Escape")
	a.find("dialog", "请先换成您自己的")
	for name, text := range map[string]string{"old": once, "new": "my own password", "again": "my own password"} {
		a.click("dialog input[name="+name+"]", "")
		a.write(text)
	}
	a.allowing("/api/a/v1/ws' failed: HTTP Authentication failed") // a socket that is just being opened: the session changes under it
	a.click("dialog button[type=submit]", "")
	a.see("密码已修改")
	a.until("no dialog", `all('dialog').length === 0`)
	a.find(".empty-head", "暂无排队")
	s.login("李敏", "my own password")
}

// routing sets how conversations are given out.
func (s *server) routing(name string, value int) {
	s.t.Helper()
	admin := s.login("admin", adminPassword)
	var set struct {
		Value   map[string]any `json:"value"`
		Version int64          `json:"version"`
	}
	admin.do(http.MethodGet, "/api/a/v1/settings/routing", nil, http.StatusOK, &set)
	set.Value[name] = value
	admin.do(http.MethodPut, "/api/a/v1/settings/routing", set, http.StatusOK, nil)
}

// An agent who lets two offers pass by is set to busy, reads it and comes back with one tap.
func TestAwayAgent(t *testing.T) {
	s := startServer(t)
	s.routing("offer_s", 5)
	a := agentAt(t, s, "admin", "admin", adminPassword, desktop)
	s.waiting("刷卡没反应")
	a.find(".banner", "连续两次未接入")
	a.until("he is busy", `document.querySelector('.status select').value === 'busy'`)
	a.accessible("away")
	a.click(".banner button", "恢复在线")
	a.until("he is back", `document.querySelector('.status select').value === 'online' && all('.banner').length === 0`)
	a.visitPage("/console")
	a.find(".row", "刷卡")
	if a.has(".banner", "连续两次") {
		t.Error("who came back is still told that he was away")
	}
}

// An offer comes at any moment: what is just about to be pressed stays where it is, and a press that was aimed at something else is not the
// offer's. A second offer leaves the first one in its place.
func TestOfferMovesNothing(t *testing.T) {
	s := startServer(t)
	s.routing("offer_s", 120)
	s.agent("李敏", "a password of 李敏")
	a := agentAt(t, s, "admin", "admin", adminPassword, desktop)
	status := func(to string) {
		a.js(`const s = document.querySelector('.status select'); s.value = ` + quoted(to) + `; s.dispatchEvent(new Event('change', { bubbles: true }))`)
		a.find(".status."+to, "")
	}
	places := func(css, text string) string {
		return fmt.Sprintf(`find(%s, %s).map((el) => { const r = el.getBoundingClientRect(); return [el.className, r.x, r.y, r.width, r.height] }).join('\n')`, quoted(css), quoted(text))
	}
	still := func(pressed string) string {
		t.Helper()
		a.until("the page stands still", `(() => { const p = `+pressed+`, still = p && p === window.places; window.places = p; return still })()`)
		return eval[string](a, pressed)
	}
	free := "the offer takes a press soon after"
	for _, c := range []struct {
		panes   string
		width   int64
		open    bool
		pressed string
	}{
		{"three panes", 1440, true, ".lists .tab, .talk-head .primary, .readonly button"},
		{"two panes", 920, true, ".lists .tab, .talk-head .primary, .readonly button"},
		{"one pane, a chat", 320, true, ".readonly button"},
		{"one pane, the lists", 320, false, ".lists .tab, .row-title"},
	} {
		status("busy")
		a.until("no offer", `all('.offer').length === 0`)
		s.waiting("刷卡没反应")
		a.size(1440, 800, false)
		a.click(".tab", "排队")
		a.click(".row", "刷不了卡")
		if !c.open {
			a.js(`location.hash = '#/queued'`)
			a.until("the chat is shut", `all('.talk').length === 0`)
		}
		a.size(c.width, 800, false)
		a.until("the size", fmt.Sprint("innerWidth === ", c.width))
		before := still(places(c.pressed, ""))
		a.js(`window.early = ''; const watch = new MutationObserver(() => {
			const o = document.querySelector('.offer')
			if (!o) return
			watch.disconnect()
			const r = o.getBoundingClientRect(), hit = document.elementFromPoint(r.x + r.width / 2, r.y + r.height / 2)
			window.early = hit && !hit.closest('.offer') ? 'passed' : 'taken'
		}); watch.observe(document.body, { subtree: true, childList: true })`)
		status("online")
		a.find(".offer", "刷不了卡")
		if after := eval[string](a, places(c.pressed, "")); after != before {
			t.Errorf("%s: moved from\n%s\nto\n%s", c.panes, before, after)
		}
		if a.has(".toast", "新的排队") {
			t.Errorf("%s: what is offered is told of twice", c.panes)
		}
		if early := eval[string](a, `window.early`); early != "passed" {
			t.Errorf("%s: a press as the offer came was %s", c.panes, early)
		}
		a.until(free, `getComputedStyle(all('.offer')[0]).pointerEvents === 'auto'`)
		a.accessible("an offer beside " + c.panes)
		a.picture("offer-" + c.panes)
		a.click(".offer button", "接受")
		a.find("#composer", "")
	}

	a.size(1440, 800, false)
	s.waiting("刷卡没反应")
	a.find(".offer", "刷不了卡")
	a.until(free, `getComputedStyle(all('.offer')[0]).pointerEvents === 'auto'`)
	first := places(".offer", "分给您")
	before := still(first)
	li := s.login("李敏", "a password of 李敏")
	var me struct {
		Agent struct{ ID string }
	}
	s.login("admin", adminPassword).do(http.MethodGet, "/api/a/v1/me", nil, http.StatusOK, &me)
	path := "/api/a/v1/conversations/" + s.waiting("今天的钱没到账").conv
	var held struct {
		Epoch int64 `json:"epoch"`
	}
	li.do(http.MethodGet, path, nil, http.StatusOK, &held)
	li.do(http.MethodPost, path+"/claim", held, http.StatusOK, &held)
	li.do(http.MethodPost, path+"/transfer", map[string]any{"epoch": held.Epoch, "to": me.Agent.ID}, http.StatusOK, nil)
	a.find(".offer", "李敏 转给您")
	if after := eval[string](a, first); after != before {
		t.Errorf("a second offer moved the first from\n%s\nto\n%s", before, after)
	}
	a.picture("offer-two")
}

// Two agents press 接入 at once: one has the conversation, the other is told who.
func TestTwoAgentsClaim(t *testing.T) {
	s := startServer(t)
	s.agent("李敏", "a password of 李敏")
	m := openWidget(t, s, desktop)
	m.ask("POS机显示商户状态异常")
	m.click(".pd-escalate", "转人工")
	m.find(".pd-queue", "")
	first := agentAt(t, s, "admin", "admin", adminPassword, desktop)
	second := agentAt(t, s, "李敏", "李敏", "a password of 李敏", desktop, "409")
	first.click(".row", "商户状态异常")
	second.click(".row", "商户状态异常")

	// The second agent's request is held on its way until the first one's is through.
	paused := make(chan *fetch.EventRequestPaused, 1)
	if err := chromedp.Listen(second.ctx, func(ev any) {
		if p, ok := ev.(*fetch.EventRequestPaused); ok {
			paused <- p
		}
	}); err != nil {
		t.Fatal(err)
	}
	second.do(call(fetch.Enable, fetch.EnableParams{Patterns: []*fetch.RequestPattern{{URLPattern: "*/claim"}}}))
	second.click(".talk-head button", "接入")
	var held *fetch.EventRequestPaused
	select {
	case held = <-paused:
	case <-time.After(patience):
		t.Fatal("the second agent's claim did not leave the page")
	}
	first.click(".talk-head button", "接入")
	first.find("#composer", "")
	second.do(call(fetch.ContinueRequest, fetch.ContinueRequestParams{RequestID: held.RequestID}), call(fetch.Disable, cdp.Empty{}))
	second.find(".notice-place", "已由 admin 接入")
	second.find(".readonly", "admin 正在接待")
	if second.has("#composer", "") {
		t.Error("the agent who came second can write")
	}
	// Whoever lost cannot write past the page either.
	li := s.login("李敏", "a password of 李敏")
	li.do(http.MethodPost, "/api/a/v1/conversations/"+m.visitor().conv+"/messages",
		map[string]any{"cid": "1", "text": "我也来", "epoch": 99}, http.StatusConflict, nil)
	m.find(".pd-holder", "人工客服 admin")
	joined := 0
	for _, l := range m.visitor().history() {
		if l.Type == "joined" {
			joined++
		}
	}
	if joined != 1 {
		t.Errorf("%d agents joined, want 1", joined)
	}
}
