package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"
)

// groupRobot stands for WeCom's robot and for a webhook: it keeps what it was told.
type groupRobot struct {
	*httptest.Server
	mu   sync.Mutex
	told []string
}

func newGroupRobot(t *testing.T) *groupRobot {
	t.Helper()
	g := &groupRobot{}
	g.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		g.mu.Lock()
		g.told = append(g.told, r.URL.Path+"?"+r.URL.RawQuery+" "+r.Header.Get("X-Posdoctor-Signature")+" "+string(body))
		g.mu.Unlock()
		io.WriteString(w, `{"errcode":0,"errmsg":"ok"}`)
	}))
	t.Cleanup(g.Close)
	return g
}

func (g *groupRobot) heard() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return append([]string(nil), g.told...)
}

// fill writes into the field with a label.
func (b *tab) fill(within, label, text string) {
	b.t.Helper()
	b.until("a field "+label, `all(`+quoted(within+" label")+`).some((l) => words(l) === `+quoted(label)+` && l.control)`)
	eval[bool](b, `(() => { const f = all(`+quoted(within+" label")+`).find((l) => words(l) === `+quoted(label)+` && l.control).control; f.scrollIntoView({ block: 'center' }); f.focus(); if (f.select) f.select(); return true })()`)
	b.write(text)
}

// sees320 holds that nothing stands over the edge of the page.
func (b *tab) fits(state string) {
	b.t.Helper()
	if over := eval[string](b, `[...document.querySelectorAll('.settings-place, dialog[open]')].filter((el) => el.scrollWidth > el.clientWidth + 1).map((el) => el.className + ' ' + el.scrollWidth + ' > ' + el.clientWidth).join(', ')`); over != "" {
		b.t.Errorf("%s: wider than the page: %s", state, over)
	}
}

// An admin goes through the settings: people, groups, canned replies, notices, tokens, the audit log, an export.
func TestSettingsPages(t *testing.T) {
	g := newGroupRobot(t)
	s := startServer(t, "POSDOCTOR_NOTICE_WECOM_URL="+g.URL, "POSDOCTOR_NOTICE_HOSTS=127.0.0.1")
	a := agentAt(t, s, "admin", "admin", adminPassword, desktop)
	a.click(".menu-button", "")
	a.click("[role=menuitem]", "设置")
	a.find("h2", "人员")

	// People.
	a.click(".settings-page .button", "添加人员")
	a.find("dialog", "添加人员")
	a.fill("dialog", "用户名", "admin")
	a.allowing("409")
	a.click("dialog button[type=submit]", "添加")
	a.find("dialog [role=alert]", "已有人使用")
	a.fill("dialog", "用户名", "limin")
	a.fill("dialog", "显示名", "李敏")
	a.accessible("a person")
	a.click("dialog button[type=submit]", "添加")
	a.find(".secret", "一次性密码")
	once := eval[string](a, `all('.secret code')[0].innerText`)
	a.find(".card-row", "李敏")
	a.accessible("people")
	// The new one has to change the password; then merchants read the display name.
	li := openConsole(t, s, "limin", desktop, "403", "HTTP Authentication failed")
	li.logIn("limin", once)
	for name, text := range map[string]string{"old": once, "new": "my own password", "again": "my own password"} {
		li.click("dialog input[name="+name+"]", "")
		li.write(text)
	}
	li.click("dialog button[type=submit]", "")
	li.see("密码已修改")
	li.click(".menu-button", "")
	if li.has("[role=menuitem]", "设置") {
		t.Error("an agent has a door to the settings")
	}
	li.press("Escape")
	m := openWidget(t, s, desktop)
	m.ask("POS机显示商户状态异常")
	m.click(".pd-escalate", "转人工")
	m.find(".pd-queue", "")
	li.click(".row", "商户状态异常")
	li.click(".talk-head button", "接入")
	m.find(".pd-holder", "李敏")

	// Groups.
	a.click(".settings-nav a", "分组")
	a.find("h2", "分组")
	a.until("the focus on the new page", `active().id === 'settings-title'`)
	a.fill(".settings", "新分组", "结算组")
	a.press("Enter")
	a.find(".card-row", "结算组")
	a.accessible("groups")

	// Disabled, he is out within five seconds, and the merchant waits again.
	a.click(".settings-nav a", "人员")
	a.click(".card-row [aria-label='编辑 limin']", "")
	a.click("dialog .tick", "停用")
	li.allowing("401")
	a.click("dialog button[type=submit]", "保存")
	a.find(".card-row", "已停用")
	start := time.Now()
	li.find("input[name=password]", "")
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("he was out after %v", took)
	}
	m.find(".pd-queue", "")

	// Canned replies.
	a.click(".settings-nav a", "快捷回复")
	a.click(".settings-page .button", "添加快捷回复")
	a.fill("dialog", "标题", "T+1 到账")
	a.fill("dialog", "目录", "到账")
	a.fill("dialog", "内容", "您好，{{密码}}")
	a.allowing("400")
	a.click("dialog button[type=submit]", "保存")
	a.find("dialog [role=alert]", "不认识变量 {{密码}}")
	a.fill("dialog", "内容", "")
	a.press("a", kb.ModifierCtrl)
	a.write("通常 T+1 到账，")
	a.click("dialog .button", "{{商户}}")
	a.accessible("a canned reply")
	a.click("dialog button[type=submit]", "保存")
	a.find(".card-row", "通常 T+1 到账，{{商户}}")
	a.accessible("canned replies")

	// Notices.
	a.click(".settings-nav a", "通知")
	a.find("legend", "企业微信群")
	a.click("fieldset.part .tick", "启用") // the webhook, the last one
	a.click(".save-bar button", "保存")
	a.find(".save-bar [role=alert]", "请填写地址和签名密钥")
	a.fill(".settings", "地址", g.URL+"/hook")
	a.click(".settings .button", "生成密钥")
	a.fill(".settings", "群机器人的 Webhook 地址", "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=693a91f6-7aaa-4bc4-97a0-0ec2sifa5aaa")
	a.click(".save-bar button", "保存")
	a.see("已保存")
	a.until("a covered key", `all('input[name=key]')[0].value === '••••5aaa'`)
	for _, way := range []string{"企业微信群", "Webhook"} {
		a.click("[aria-label='发送测试 "+way+"']", "")
		a.find("[role=status]", "对方已收到测试通知")
	}
	a.until("both said", `find('[role=status]', '对方已收到测试通知').length === 2`)
	if told := g.heard(); len(told) != 2 || !strings.Contains(told[0], "key=693a91f6") || !strings.Contains(told[1], "/hook? v1=") {
		t.Errorf("they were told %q", told)
	}
	a.accessible("notices")

	// Tokens.
	a.click(".settings-nav a", "接口令牌")
	a.click(".settings-page .button", "新建令牌")
	a.fill("dialog", "名称", "CRM")
	a.click("dialog .tick", "查看会话")
	a.accessible("a token")
	a.click("dialog button[type=submit]", "添加")
	a.find(".secret", "只显示这一次")
	token := eval[string](a, `all('.secret code')[0].innerText`)
	q, err := http.NewRequest(http.MethodGet, s.url+"/api/a/v1/conversations", nil)
	if err != nil {
		t.Fatal(err)
	}
	q.Header.Set("Authorization", "Bearer "+token)
	if r, err := http.DefaultClient.Do(q); err != nil || r.StatusCode != http.StatusOK {
		t.Errorf("the token: %v, %v", r, err)
	}
	a.accessible("tokens")
	a.click(".card-row .button", "吊销")
	a.click("dialog .button", "吊销")
	a.find(".card-row", "已吊销")
	if r, err := http.DefaultClient.Do(q); err != nil || r.StatusCode != http.StatusUnauthorized {
		t.Errorf("the revoked token: %v, %v", r, err)
	}

	// The audit log has it all; an export is one click.
	a.click(".settings-nav a", "审计日志")
	for _, act := range []string{"吊销令牌", "测试通知", "添加快捷回复", "修改人员", "添加分组", "登录"} {
		a.find("td", act)
	}
	a.accessible("the audit log")
	a.click(".settings-nav a", "导出")
	a.find("form .button", "导出")
	a.accessible("export")

	// Back to the conversations, and by the address to the settings again; in English, too.
	a.click(".settings-back", "")
	a.find(".tab", "排队")
	a.visitPage("/console#/settings/tokens")
	a.find("h2", "接口令牌")
	a.click(".top-tools .text-button", "English")
	a.find("h2", "API tokens")
	a.find(".settings-nav a", "Audit log")
	if words := eval[string](a, `all('.settings')[0].innerText`); strings.ContainsAny(words, "令牌设置返回") {
		t.Errorf("Chinese words in English: %s", words)
	}
}

// Every page, in the dark and on a narrow screen.
func TestSettingsLooks(t *testing.T) {
	s := startServer(t)
	if out, err := s.command("agent", "add", "新同事", "--display", "一位名字特别特别长的客服同事", "--team", "结算与风控一组", "--skill", "risk", "--skill", "settlement").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for name, l := range map[string]look{"dark": {width: 1280, height: 800, dark: true}, "phone": {width: 320, height: 568, touch: true}} {
		a := openConsole(t, s, name, l, "AudioContext")
		a.logIn("admin", adminPassword)
		a.find(".tab", "排队")
		for page, what := range map[string]string{"people": ".card-row", "teams": ".card-row", "canned": ".lead", "notices": ".save-bar", "tokens": ".lead", "audit": "td", "export": "form"} {
			a.visitPage("/console#/settings/" + page)
			a.find(what, "")
			a.until("the page "+page, `all('.settings-nav [aria-current=page]').length === 1`)
			a.accessible(name + " " + page)
			a.fits(name + " " + page)
		}
		a.visitPage("/console#/settings/people")
		a.click(".settings-page .button", "添加人员")
		a.find("dialog", "用户名")
		a.accessible(name + " a person")
		a.fits(name + " a person")
		a.press("Escape")
		a.until("no dialog", `all('dialog').length === 0`)
		a.until("the focus back", `words(active()) === '添加人员'`)
	}
}

// An editor has the canned replies and no conversation.
func TestEditorConsole(t *testing.T) {
	s := startServer(t)
	out, err := s.command("agent", "add", "小编", "--role", "editor").Output()
	if err != nil {
		t.Fatal(err)
	}
	_, once, _ := strings.Cut(strings.TrimSpace(string(out)), "one-time password ")
	a := openConsole(t, s, "editor", desktop, "HTTP Authentication failed")
	a.logIn("小编", once)
	for name, text := range map[string]string{"old": once, "new": "my own password", "again": "my own password"} {
		a.click("dialog input[name="+name+"]", "")
		a.write(text)
	}
	a.click("dialog button[type=submit]", "")
	a.find("h2", "快捷回复")
	if n := eval[int](a, `all('.settings-nav a').length`); n != 1 {
		t.Errorf("an editor has %d pages", n)
	}
	a.see("实时连接")
}
