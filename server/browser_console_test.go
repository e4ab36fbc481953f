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

// An agent who lets two offers pass by is set to busy, reads it and comes back with one tap.
func TestAwayAgent(t *testing.T) {
	s := startServer(t)
	admin := s.login("admin", adminPassword)
	var routing struct {
		Value   map[string]any `json:"value"`
		Version int64          `json:"version"`
	}
	admin.do(http.MethodGet, "/api/a/v1/settings/routing", nil, http.StatusOK, &routing)
	routing.Value["offer_s"] = 5
	admin.do(http.MethodPut, "/api/a/v1/settings/routing", routing, http.StatusOK, nil)
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

// An offer comes at any moment: what is just about to be pressed stays where it is, and the press is not the offer's.
func TestOfferMovesNothing(t *testing.T) {
	s := startServer(t)
	a := agentAt(t, s, "admin", "admin", adminPassword, desktop)
	status := func(to string) {
		a.js(`const s = document.querySelector('.status select'); s.value = ` + quoted(to) + `; s.dispatchEvent(new Event('change', { bubbles: true }))`)
		a.find(".status."+to, "")
	}
	for _, c := range []struct {
		panes   string
		width   int64
		pressed string
	}{
		{"three", 1440, ".lists .tab, .talk-head .primary, .readonly button"},
		{"two", 920, ".lists .tab, .talk-head .primary, .readonly button"},
		{"one", 320, ".readonly button"},
	} {
		status("busy")
		s.waiting("刷卡没反应")
		a.size(1440, 800, false)
		a.click(".tab", "排队")
		a.click(".row", "刷不了卡")
		a.size(c.width, 800, false)
		places := fmt.Sprintf(`all(%s).map((el) => { const r = el.getBoundingClientRect(); return [el.className, r.x, r.y, r.width, r.height] }).join('\n')`, quoted(c.pressed))
		a.until("the page stands still", `innerWidth === `+fmt.Sprint(c.width)+` && (() => { const p = `+places+`, still = p === window.places; window.places = p; return still && p.includes('primary') })()`)
		before := eval[string](a, places)
		a.js(`window.taken = ''; const seen = new MutationObserver(() => { const o = document.querySelector('.offer'); if (o) { window.taken = getComputedStyle(o).pointerEvents; seen.disconnect() } }); seen.observe(document.body, { subtree: true, childList: true })`)
		status("online")
		a.find(".offer", "刷不了卡")
		if after := eval[string](a, places); after != before {
			t.Errorf("%s panes: moved from\n%s\nto\n%s", c.panes, before, after)
		}
		if taken := eval[string](a, `window.taken`); taken != "none" {
			t.Errorf("%s panes: an offer took a press as it came, pointer-events %q", c.panes, taken)
		}
		a.until("it takes one soon after", `getComputedStyle(all('.offer')[0]).pointerEvents === 'auto'`)
		a.accessible("an offer beside " + c.panes)
		a.picture("offer-" + c.panes)
		a.click(".offer button", "接受")
		a.find("#composer", "")
	}
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
