package main

import (
	"encoding/json"
	"net/http"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// An admin makes a site in the console, gives it a key and takes it away again; its page works at once.
func TestSitesPage(t *testing.T) {
	s := startServer(t)
	h := newHost(t, s)
	a := agentAt(t, s, "admin", "admin", adminPassword, desktop)
	a.js(`location.hash = '#/settings/sites'`)
	a.find("h2", "站点")
	a.find(".card-row", "演示站点")
	a.accessible("sites")
	a.click(".settings-page > .acts .button", "添加站点")
	a.fill("dialog", "名字", "商户平台")
	a.fill("dialog", "来源", "https://*.example.com")
	a.allowing("422")
	a.click("dialog button[type=submit]", "保存")
	a.find("dialog [role=alert]", "不带路径和通配符")
	a.fill("dialog", "来源", h.url)
	a.click("dialog summary", "外观和文字")
	a.fill("dialog", "颜色", "#ffee00")
	a.click("dialog button[type=submit]", "保存")
	a.find("dialog [role=alert]", "白字要看得清")
	a.fill("dialog", "颜色", "#7a1f5c")
	a.accessible("a site's form")
	a.fits("a site's form")
	a.click("dialog button[type=submit]", "保存")
	a.find(".card-row", "商户平台")

	card := `all('.site-card').find((c) => words(c).includes('商户平台'))`
	a.js(card + `.querySelectorAll('details').forEach((d) => { d.open = true })`)
	a.until("the snippet", card+`.innerText.includes('data-color="#7a1f5c" async')`)
	id := eval[string](a, card+`.querySelector('.tag').innerText.trim()`)
	a.click(".button", "添加密钥 商户平台")
	a.click("dialog button[type=submit]", "添加")
	a.find(".secret", "只显示这一次")
	secret := eval[string](a, `all('.secret').find((x) => words(x).includes('只显示')).querySelector('code').innerText`)
	kid := eval[string](a, card+`.querySelector('li:not(.site-card) > .card-main > code').innerText`)
	a.accessible("a key that was made")

	// The page of the site, with a merchant whom its server signs for.
	h.site = id
	b := h.at(t, h.page("/", "", strings.Replace("@SCRIPT@", "@SCRIPT@", `<script src="@BASE@/w/loader.js" data-site="`+id+`" data-color="#7a1f5c" async></script>`, 1), "<h1>平台</h1>"), desktop)
	b.find(".pd-launcher", "")
	now := time.Now()
	j := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{"aud": id, "sub": "demo-2", "name": "川味小馆", "iat": now.Unix(), "exp": now.Add(time.Hour).Unix()})
	j.Header["kid"] = kid
	token, err := j.SignedString([]byte(secret))
	if err != nil {
		t.Fatal(err)
	}
	b.js(`posdoctor('identify', ` + quoted(token) + `)`)
	b.click(".pd-launcher", "")
	b.see("川味小馆，您好")
	if got := eval[string](b, `getComputedStyle(host.shadowRoot.querySelector('.pd-launcher')).backgroundColor`); got != "rgb(122, 31, 92)" {
		t.Errorf("the launcher is %s", got)
	}

	// The key goes, and with it the session that came by it.
	b.allowing("401")
	a.click(".button", "删除密钥 "+kid)
	a.click("dialog .button", "删除密钥")
	a.until("no key", card+`.innerText.includes('还没有密钥')`)
	status, _ := (&client{s: s, url: s.url}).try(http.MethodPost, "/api/w/v1/session", map[string]string{"site": id, "jwt": token}, nil)
	if status != http.StatusUnauthorized {
		t.Errorf("the key that is gone still signs: %d", status)
	}
	a.click(".button", "删除 商户平台")
	a.click("dialog .button", "删除站点")
	a.until("no site", `!all('.site-card').some((c) => words(c).includes('商户平台'))`)
}

// What a page calls and what it is told, on another origin.
func TestEmbedCalls(t *testing.T) {
	s := startServer(t)
	h := newHost(t, s, "--color", "#7a1f5c")
	b := h.at(t, h.page("/", strict(s), "@SCRIPT@", "<h1>交易</h1>"), desktop)
	b.find(".pd-launcher", "在线客服")
	b.js(`window.told = []; for (const e of ['ready','open','close','unread','message','escalated','queued','statechange','ended','error'])
		posdoctor('on', e, (v) => told.push([e, v])); window.stop = posdoctor('on', 'open', () => told.push(['twice'])); stop()`)
	b.js(`posdoctor('setContext', { sn: 'N910-1', name: '张三', lastError: '58', page: location.href + '?token=x' })`)
	b.js(`posdoctor('open', { code: '58' })`)
	b.until("the code in the composer", `find('.pd-composer textarea', '')[0].value === '故障码 58'`)
	b.press("Enter")
	b.until("an answer", `all('[data-id]').length > 1`)
	b.settled()
	told := eval[string](b, `JSON.stringify(told)`)
	for _, want := range []string{`["ready",null]`, `["open",null]`, `"type":"message","from":"user"`} {
		if !strings.Contains(told, want) {
			t.Errorf("not told: %s in %s", want, told)
		}
	}
	if strings.Contains(told, "故障码") || strings.Contains(told, "twice") {
		t.Errorf("told too much: %s", told)
	}
	if got := eval[string](b, `getComputedStyle(host.shadowRoot.querySelector('.pd-panel')).getPropertyValue('--accent').trim()`); got != "#7a1f5c" {
		t.Errorf("the site's colour is not worn: %q", got)
	}

	// What was said without a signature stands before the agent as unverified.
	var list struct {
		Conversations []struct {
			Title, Site string
			Verified    bool
			Unverified  map[string]string
		}
	}
	s.login("admin", adminPassword).do(http.MethodGet, "/api/a/v1/conversations?state=bot", nil, http.StatusOK, &list)
	if len(list.Conversations) != 1 || list.Conversations[0].Title != "张三（未验证）" || list.Conversations[0].Verified || list.Conversations[0].Unverified["sn"] != "N910-1" ||
		list.Conversations[0].Unverified["page"] != h.url+"/" || list.Conversations[0].Site != h.site {
		t.Errorf("the row: %+v", list)
	}

	b.js(`posdoctor('setLocale', 'en')`)
	b.find(".pd-composer", "")
	b.until("English", `screen().includes('Assistant')`)
	b.js(`posdoctor('setTheme', 'dark')`)
	b.until("dark", `getComputedStyle(host.shadowRoot.querySelector('.pd-panel')).getPropertyValue('--ground').trim() === '#0f1719'`)
	b.js(`posdoctor('close'); posdoctor('hide')`)
	b.until("nothing seen", `all('.pd-launcher, .pd-panel').length === 0`)
	b.js(`posdoctor('show'); posdoctor('toggle')`)
	b.until("open again", `all('.pd-panel').length === 1`)
	b.js(`posdoctor('prefill', 'hello')`)
	b.until("prefilled", `find('.pd-composer textarea', '')[0].value === 'hello'`)
	b.js(`posdoctor('send', '转人工')`)
	b.until("queued", `told.some((x) => x[0] === 'queued') && told.some((x) => x[0] === 'escalated') && told.some((x) => x[0] === 'statechange' && x[1] === 'queue')`)
	if n := eval[int](b, `told.filter((x) => x[0] === 'error').length`); n != 0 {
		t.Errorf("%d errors were told", n)
	}
}

// An identity that expires is replaced by the page without a word to the merchant; where the page has none he is told.
func TestIdentityExpiresInTheTalk(t *testing.T) {
	s := startServer(t)
	h := newHost(t, s)
	out, err := s.command("site", "key", "add", h.site).Output()
	key := regexp.MustCompile(`kid (\S+), HS256\nsecret (\S+)\n`).FindStringSubmatch(string(out))
	if err != nil || key == nil {
		t.Fatalf("site key add: %v %s", err, out)
	}
	sign := func(lasts time.Duration) string {
		now := time.Now()
		j := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{"aud": h.site, "sub": "demo-2", "name": "川味小馆", "iat": now.Unix(), "exp": now.Add(lasts).Unix()})
		j.Header["kid"] = key[1]
		token, err := j.SignedString([]byte(key[2]))
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	waitFor(t, "the key to be taken in", func() bool {
		status, _ := (&client{s: s, url: s.url}).try(http.MethodPost, "/api/w/v1/session", map[string]string{"site": h.site, "jwt": sign(time.Hour)}, nil)
		return status == http.StatusOK
	}, func() string { return "" })

	b := h.at(t, h.page("/", "", "@SCRIPT@", "<h1>交易</h1>"), desktop)
	b.find(".pd-launcher", "")
	b.js(`window.asked = 0; window.posdoctorSettings = { onTokenExpired: () => { asked++; return ` + quoted(sign(time.Hour)) + ` } }`)
	b.js(`posdoctor('identify', ` + quoted(sign(6*time.Second)) + `)`)
	b.click(".pd-launcher", "")
	b.see("川味小馆，您好")
	b.ask("POS机显示商户状态异常")
	b.until("an answer", `all('[data-id]').length > 1`)
	b.until("the page was asked", `asked === 1`)
	b.ask("还在吗")
	b.settled()
	b.see("还在吗")
	if n := eval[int](b, `asked`); n != 1 {
		t.Errorf("the page was asked %d times", n)
	}

	c := h.at(t, h.page("/none", "", "@SCRIPT@", "<h1>交易</h1>"), desktop, "401")
	c.find(".pd-launcher", "")
	c.js(`posdoctor('identify', ` + quoted(sign(4*time.Second)) + `)`)
	c.click(".pd-launcher", "")
	c.see("POS机显示商户状态异常")
	c.see("登录已过期")
	if eval[bool](c, `host.shadowRoot.querySelector('.pd-log') !== null`) {
		t.Error("what was said is still on the screen")
	}
}

// The samples of the guide sign what the server takes.
func TestGuideSamples(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("node is not in PATH, so the sample for it is not run")
	}
	s := startServer(t)
	_, body := (&client{s: s, url: s.url}).try(http.MethodGet, "/guide", nil, nil)
	sample := regexp.MustCompile(`(?s)data-sample="node">(.*?)</code>`).FindSubmatch(body)
	if sample == nil {
		t.Fatal("the guide has no sample for Node.js")
	}
	h := newHost(t, s)
	out, err := s.command("site", "key", "add", h.site).Output()
	key := regexp.MustCompile(`kid (\S+), HS256\nsecret (\S+)\n`).FindStringSubmatch(string(out))
	if err != nil || key == nil {
		t.Fatalf("site key add: %v %s", err, out)
	}
	cmd := exec.Command(node, "-e", strings.ReplaceAll(string(sample[1]), "&gt;", ">")+"\nprocess.stdout.write(identity({ id: 'demo-2', name: '川味小馆' }))")
	cmd.Env = append(cmd.Environ(), "POSDOCTOR_SITE="+h.site, "POSDOCTOR_KID="+key[1], "POSDOCTOR_SECRET="+key[2])
	token, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var session struct {
		Verified bool
		Merchant struct{ Name string }
	}
	waitFor(t, "the identity to be taken", func() bool {
		status, body := (&client{s: s, url: s.url}).try(http.MethodPost, "/api/w/v1/session", map[string]string{"site": h.site, "jwt": string(token)}, nil)
		return status == http.StatusOK && json.Unmarshal(body, &session) == nil
	}, func() string { return string(token) })
	if !session.Verified || session.Merchant.Name != "川味小馆" {
		t.Errorf("the session: %+v", session)
	}
}

// The commands beside a running server.
func TestSiteCommands(t *testing.T) {
	s := startServer(t)
	run := func(want string, args ...string) string {
		t.Helper()
		out, err := s.command(append([]string{"site"}, args...)...).CombinedOutput()
		if !strings.Contains(string(out), want) {
			t.Errorf("site %s: %v %s, want %q", strings.Join(args, " "), err, out, want)
		}
		return string(out)
	}
	run("demo", "list")
	run(`data-site="shop"`, "add", "门店", "--id", "shop", "--origin", "https://shop.example")
	run("there is a site \"shop\" already", "add", "门店", "--id", "shop")
	run("https://b.example https://shop.example", "origin", "add", "shop", "https://B.example/")
	run("site shop: https://b.example", "origin", "remove", "shop", "https://shop.example")
	run("does not allow", "origin", "remove", "shop", "https://none.example")
	run("要写成", "origin", "add", "shop", "*.example.com")
	first := run("secret ", "key", "add", "shop")
	run("secret ", "key", "add", "shop")
	run("two keys already", "key", "add", "shop")
	kid := regexp.MustCompile(`kid (\S+),`).FindStringSubmatch(first)[1]
	run("is gone", "key", "remove", "shop", kid)
	run("has no key", "key", "remove", "shop", kid)
	if out := run("Content-Security-Policy: script-src", "show", "shop"); strings.Contains(out, "secret") || !strings.Contains(out, "/chat?site=shop") {
		t.Errorf("show prints %s", out)
	}
	run("1 key(s)", "list")
	run("stays", "remove", "demo")
	run("is gone", "remove", "shop")
	run("no site", "show", "shop")
}

// The full page takes the token out of its address before anything else can see it.
func TestChatPageWithIdentity(t *testing.T) {
	s := startServer(t)
	var login struct {
		JWT string `json:"jwt"`
	}
	(&client{s: s, url: s.url}).do(http.MethodPost, "/demo/portal/login", map[string]string{"merchant": "demo-2"}, http.StatusOK, &login)
	for _, path := range []string{"/chat?site=demo-portal#t=" + login.JWT, "/chat?t=" + login.JWT + "&site=demo-portal"} {
		b := openTab(t, s, "merchant", look{width: 390, height: 844, touch: true})
		b.visitPage(path)
		b.see("川味小馆，您好")
		if got := eval[string](b, `location.href`); got != s.url+"/chat?site=demo-portal" {
			t.Errorf("the address is %s", got)
		}
		if got := eval[string](b, `JSON.stringify([Object.entries(localStorage), history.state, document.referrer])`); strings.Contains(got, "eyJ") {
			t.Errorf("the token is kept: %s", got)
		}
	}
}
