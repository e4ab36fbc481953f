package wechattest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// clock is one that tests move.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

const (
	openid = "oABCDEFGHIJKLMNOPQRSTUVWXYZ0"
	wechat = "/cgi-bin/message/custom/send"
)

// lab is an API with a moving clock, and a client with a token of each side.
type lab struct {
	*API
	*clock
	t    *testing.T
	url  string
	http *http.Client
}

func newLab(t *testing.T) *lab {
	l := &lab{clock: &clock{now: time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)}, t: t,
		API: &API{AppID: "wx0123456789abcdef", AppSecret: "the-app-secret", CorpID: "ww0123456789abcdef", CorpSecret: "the-corp-secret"}}
	l.API.Now = l.clock.Now
	srv := httptest.NewServer(l.API)
	l.url, l.http = srv.URL, &http.Client{Transport: &http.Transport{}, Timeout: 10 * time.Second}
	t.Cleanup(func() {
		l.http.CloseIdleConnections()
		srv.Close()
		l.API.Wait()
	})
	return l
}

// do sends a request and returns its JSON.
func (l *lab) do(method, path, body string) map[string]any {
	l.t.Helper()
	out, err := l.try(method, path, body)
	if err != nil {
		l.t.Fatalf("%s %s: %v", method, path, err)
	}
	return out
}

func (l *lab) try(method, path, body string) (map[string]any, error) {
	req, err := http.NewRequest(method, l.url+path, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	res, err := l.http.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, err
	}
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("status %d", res.StatusCode)
	}
	var out map[string]any
	return out, json.Unmarshal(data, &out)
}

func (l *lab) stable() string {
	l.t.Helper()
	out := l.do("POST", "/cgi-bin/stable_token", `{"grant_type":"client_credential","appid":"wx0123456789abcdef","secret":"the-app-secret"}`)
	tok, _ := out["access_token"].(string)
	if tok == "" {
		l.t.Fatalf("no token: %v", out)
	}
	return tok
}

func (l *lab) corp() string {
	l.t.Helper()
	return l.do("GET", "/cgi-bin/gettoken?corpid=ww0123456789abcdef&corpsecret=the-corp-secret", "")["access_token"].(string)
}

func errcode(out map[string]any) int {
	code, _ := out["errcode"].(float64)
	return int(code)
}

// want calls a path with a fresh token and compares the errcode.
func (l *lab) want(code int, method, path, body string) map[string]any {
	l.t.Helper()
	tok := l.stable()
	if isWork(path) {
		tok = l.corp()
	}
	sep := "?"
	if strings.Contains(path, "?") {
		sep = "&"
	}
	out := l.do(method, path+sep+"access_token="+tok, body)
	if got := errcode(out); got != code {
		l.t.Errorf("%s %s: errcode %d (%v), want %d", path, body, got, out["errmsg"], code)
	}
	return out
}

func text(to, content string) string {
	return asJSON(map[string]any{"touser": to, "msgtype": "text", "text": map[string]string{"content": content}})
}

// asJSON writes <, > and & as they are.
func asJSON(v any) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(v)
	return strings.TrimSpace(b.String())
}

func menuMessage(items int) string {
	list := make([]string, items)
	for i := range list {
		list[i] = fmt.Sprintf(`{"id":"%d","content":"第 %d 项"}`, i+1, i+1)
	}
	return `{"touser":"` + openid + `","msgtype":"msgmenu","msgmenu":{"head_content":"选一项","list":[` + strings.Join(list, ",") + `],"tail_content":"谢谢"}}`
}

func TestCustomSend(t *testing.T) {
	for name, tc := range map[string]struct {
		body string
		code int
		set  func(l *lab)
	}{
		"text":                   {text(openid, "您好"), OK, nil},
		"text with an agent":     {`{"touser":"` + openid + `","msgtype":"text","text":{"content":"您好"},"customservice":{"kf_account":"limin@pos"}}`, OK, nil},
		"text by an AI":          {`{"touser":"` + openid + `","msgtype":"text","text":{"content":"您好"},"aimsgcontext":{"is_ai_msg":1}}`, OK, nil},
		"text with a line break": {`{"touser":"` + openid + `","msgtype":"text","text":{"content":"a\nb\u0009c"}}`, OK, nil},
		"2048 bytes":             {text(openid, strings.Repeat("x", 2048)), OK, nil},
		"2049 bytes":             {text(openid, strings.Repeat("啊", 683)), ContentTooLong, nil},
		"empty":                  {text(openid, ""), EmptyContent, nil},
		"no text":                {`{"touser":"` + openid + `","msgtype":"text"}`, EmptyContent, nil},
		"text is null":           {`{"touser":"` + openid + `","msgtype":"text","text":null}`, EmptyContent, nil},
		"escaped":                {`{"touser":"` + openid + `","msgtype":"text","text":{"content":"\u4f60"}}`, BadCharset, nil},
		"escaped angle":          {`{"touser":"` + openid + `","msgtype":"text","text":{"content":"a\u003cb"}}`, BadCharset, nil},
		"escaped backslash":      {`{"touser":"` + openid + `","msgtype":"text","text":{"content":"C:\\user"}}`, OK, nil},
		"no JSON":                {`touser=` + openid, BadJSON, nil},
		"no UTF-8":               {"{\"touser\":\"" + openid + "\",\"msgtype\":\"text\",\"text\":{\"content\":\"\xff\"}}", BadJSON, nil},
		"no body":                {"", EmptyBody, nil},
		"bad openid":             {text("merchant 1", "您好"), BadOpenID, nil},
		"no openid":              {text("", "您好"), BadOpenID, nil},
		"stranger":               {text("oStranger", "您好"), WindowOver, nil},
		"unknown kind":           {`{"touser":"` + openid + `","msgtype":"card"}`, BadMessageType, nil},
		"bad agent":              {`{"touser":"` + openid + `","msgtype":"text","text":{"content":"您好"},"customservice":{"kf_account":"limin"}}`, BadAgent, nil},
		"menu":                   {menuMessage(10), OK, nil},
		"menu too long":          {menuMessage(11), TooManyItems, nil},
		"menu without items":     {menuMessage(0), TooManyItems, nil},
		"menu with number ids":   {strings.Replace(menuMessage(2), `"id":"1"`, `"id":1`, 1), BadJSON, nil},
		"menu, subscription":     {menuMessage(2), BadAccountType, func(l *lab) { l.SetAccount(Account{Kind: Subscription}) }},
		"menu, test account":     {menuMessage(2), BadAccountType, func(l *lab) { l.SetAccount(Account{Kind: Test}) }},
		"not verified":           {text(openid, "您好"), Unauthorized, func(l *lab) { l.SetAccount(Account{Unverified: true}) }},
		"picture":                {`{"touser":"` + openid + `","msgtype":"image","image":{"media_id":"M"}}`, OK, func(l *lab) { l.AddMediaAs("M", "image/png", []byte{1}) }},
		"picture unknown":        {`{"touser":"` + openid + `","msgtype":"image","image":{"media_id":"N"}}`, BadMediaID, nil},
		"picture after 3 days": {`{"touser":"` + openid + `","msgtype":"image","image":{"media_id":"M"}}`, BadMediaID, func(l *lab) {
			l.AddMediaAs("M", "image/png", []byte{1})
			l.advance(72 * time.Hour)
			l.Grant(openid, Wrote)
		}},
		"two articles": {`{"touser":"` + openid + `","msgtype":"news","news":{"articles":[{},{}]}}`, TooManyArticles, nil},
		"left":         {text(openid, "您好"), WindowOver, func(l *lab) { l.Leave(openid) }},
		"left, 43004": {text(openid, "您好"), NeedFollower, func(l *lab) {
			l.Left = NeedFollower
			l.Leave(openid)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			l.Grant(openid, Wrote)
			if tc.set != nil {
				tc.set(l)
			}
			out := l.want(tc.code, "POST", wechat, tc.body)
			if msg := out["errmsg"].(string); tc.code != OK && !strings.Contains(msg, " rid: ") || tc.code == OK && msg != "ok" {
				t.Errorf("errmsg %q", msg)
			}
		})
	}
}

func TestQuota(t *testing.T) {
	send := func(l *lab, codes ...int) {
		l.t.Helper()
		for _, code := range codes {
			l.want(code, "POST", wechat, text(openid, "您好"))
		}
	}
	t.Run("message", func(t *testing.T) {
		l := newLab(t)
		send(l, WindowOver)
		l.Grant(openid, Wrote)
		send(l, 0, 0, 0, 0, 0, QuotaUsed)
		l.advance(48*time.Hour - time.Second)
		send(l, QuotaUsed)
		l.advance(time.Second)
		send(l, WindowOver)
		l.Grant(openid, Wrote)
		send(l, 0, 0)
		l.Grant(openid, Wrote)
		send(l, 0, 0, 0, 0, 0, QuotaUsed)
	})
	for _, kind := range []string{Clicked, Followed, Scanned} {
		t.Run(kind, func(t *testing.T) {
			l := newLab(t)
			l.Grant(openid, kind)
			send(l, 0, 0, 0, QuotaUsed)
			l.Grant(openid, kind)
			l.advance(time.Minute)
			send(l, WindowOver)
		})
	}
	t.Run("they do not add up", func(t *testing.T) {
		l := newLab(t)
		l.Grant(openid, Wrote)
		l.Grant(openid, Clicked)
		send(l, 0, 0, 0, 0, 0, QuotaUsed)
		l.Grant(openid, Clicked)
		if q := l.Quota(openid); q.Left != 3 || q.Of != 3 || q.By != Clicked || !q.Until.Equal(l.clock.Now().Add(time.Minute)) {
			t.Errorf("quota %+v", q)
		}
		send(l, 0)
		l.advance(time.Minute)
		if q := l.Quota(openid); q.Left != 0 || q.Of != 5 {
			t.Errorf("quota %+v", q)
		}
		send(l, QuotaUsed)
	})
	t.Run("refused messages cost nothing", func(t *testing.T) {
		l := newLab(t)
		l.Grant(openid, Wrote)
		l.want(ContentTooLong, "POST", wechat, text(openid, strings.Repeat("x", 3000)))
		l.Fail(Fault{Path: "custom/send", Errcode: Busy})
		send(l, Busy, 0, 0, 0, 0, 0, QuotaUsed)
	})
}

func TestTyping(t *testing.T) {
	l := newLab(t)
	typing := func(code int, command string) {
		t.Helper()
		l.want(code, "POST", "/cgi-bin/message/custom/typing", `{"touser":"`+openid+`","command":"`+command+`"}`)
	}
	typing(TypingTooLate, "Typing")
	l.Grant(openid, Wrote)
	typing(BadTypingCommand, "typing")
	typing(OK, "Typing")
	typing(TypingAlready, "Typing")
	typing(OK, "CancelTyping")
	typing(OK, "Typing")
	l.advance(15 * time.Second)
	typing(OK, "Typing")
	l.want(OK, "POST", wechat, text(openid, "您好"))
	if l.Typing(openid) {
		t.Error("typing after the message came")
	}
	typing(OK, "Typing")
	l.advance(31 * time.Second)
	typing(TypingTooLate, "Typing")
	l.SetAccount(Account{Unverified: true})
	typing(Unauthorized, "Typing")
}

func TestTokens(t *testing.T) {
	t.Run("stable", func(t *testing.T) {
		l := newLab(t)
		first := l.stable()
		if l.stable() != first {
			t.Error("another token at once")
		}
		l.advance(2*time.Hour - 5*time.Minute - time.Second)
		if l.stable() != first {
			t.Error("another token before the last five minutes")
		}
		l.advance(time.Second)
		second := l.stable()
		if second == first {
			t.Fatal("the same token in the last five minutes")
		}
		send := func(code int, token string) {
			t.Helper()
			if out := l.do("POST", wechat+"?access_token="+token, text(openid, "您好")); errcode(out) != code {
				t.Errorf("%v, want %d", out, code)
			}
		}
		l.Grant(openid, Wrote)
		send(OK, first)
		send(OK, second)
		l.advance(5 * time.Minute)
		send(TokenExpired, first)
		send(OK, second)
		send(TokenMissing, "")
		send(BadCredential, "99_forged")
		send(BadCredential, l.corp())
		l.ExpireTokens(TokenExpired)
		send(TokenExpired, second)
		if l.stable() == second {
			t.Error("the token that was made bad is given out again")
		}
		send(OK, l.stable())
	})
	t.Run("forced", func(t *testing.T) {
		l := newLab(t)
		force := func() map[string]any {
			return l.do("POST", "/cgi-bin/stable_token", `{"grant_type":"client_credential","appid":"wx0123456789abcdef","secret":"the-app-secret","force_refresh":true}`)
		}
		first := l.stable()
		second := force()["access_token"].(string)
		if second == first {
			t.Error("not renewed")
		}
		if out := l.do("GET", "/cgi-bin/menu/get?access_token="+first, ""); errcode(out) != BadCredential {
			t.Errorf("the token before: %v", out)
		}
		if again := force()["access_token"]; again != second {
			t.Error("renewed twice within 30 s")
		}
		for range 19 {
			l.advance(30 * time.Second)
			if out := force(); errcode(out) != OK {
				t.Fatal(out)
			}
		}
		l.advance(30 * time.Second)
		if out := force(); errcode(out) != TooManyCalls {
			t.Errorf("the 21st: %v", out)
		}
		l.advance(24 * time.Hour)
		if out := force(); errcode(out) != OK {
			t.Errorf("the next day: %v", out)
		}
	})
	t.Run("classic", func(t *testing.T) {
		l := newLab(t)
		l.Limits.TokenFetches = 3
		get := func() map[string]any {
			return l.do("GET", "/cgi-bin/token?grant_type=client_credential&appid=wx0123456789abcdef&secret=the-app-secret", "")
		}
		first, second := get()["access_token"].(string), get()["access_token"].(string)
		if first == second || l.stable() == second {
			t.Error("the endpoints know of each other, or give a token twice")
		}
		l.advance(5 * time.Minute)
		if out := l.do("GET", "/cgi-bin/menu/get?access_token="+first, ""); errcode(out) != TokenExpired {
			t.Errorf("the token before, after five minutes: %v", out)
		}
		get()
		if out := get(); errcode(out) != TooManyCalls {
			t.Errorf("over the day's number: %v", out)
		}
	})
	t.Run("refused", func(t *testing.T) {
		l := newLab(t)
		for _, c := range []struct {
			method, path, body string
			code               int
		}{
			{"GET", "/cgi-bin/token?grant_type=x&appid=wx0123456789abcdef&secret=the-app-secret", "", BadGrantType},
			{"GET", "/cgi-bin/token?grant_type=client_credential&appid=wx&secret=the-app-secret", "", BadAppID},
			{"GET", "/cgi-bin/token?grant_type=client_credential&appid=wx0123456789abcdef&secret=x", "", BadSecret},
			{"POST", "/cgi-bin/token", "{}", NeedGET},
			{"POST", "/cgi-bin/stable_token", `{"grant_type":"client_credential","appid":"wx","secret":"the-app-secret"}`, BadAppID},
			{"POST", "/cgi-bin/stable_token", `{"grant_type":"client_credential","appid":"wx0123456789abcdef","secret":"x"}`, BadSecret},
			{"POST", "/cgi-bin/stable_token", `{"appid":"wx0123456789abcdef","secret":"the-app-secret"}`, BadGrantType},
			{"POST", "/cgi-bin/stable_token", `x`, BadJSON},
			{"GET", "/cgi-bin/stable_token", "", NeedPOST},
			{"GET", "/cgi-bin/gettoken?corpid=ww&corpsecret=the-corp-secret", "", BadAppID},
			{"GET", "/cgi-bin/gettoken?corpid=ww0123456789abcdef&corpsecret=x", "", BadCredential},
			{"GET", "/cgi-bin/nothing", "", BadURL},
			{"GET", wechat, "", NeedPOST},
			{"POST", "/cgi-bin/kf/send_msg?access_token=x", "{}", BadToken},
		} {
			if out := l.do(c.method, c.path, c.body); errcode(out) != c.code {
				t.Errorf("%s %s %s: %v, want %d", c.method, c.path, c.body, out, c.code)
			}
		}
	})
}

func TestMenu(t *testing.T) {
	l := newLab(t)
	l.want(NoMenu, "GET", "/cgi-bin/menu/get", "")
	for name, tc := range map[string]struct {
		body string
		code int
	}{
		"none":             {`{"button":[]}`, 40016},
		"four":             {`{"button":[{"type":"click","name":"a","key":"a"},{"type":"click","name":"a","key":"a"},{"type":"click","name":"a","key":"a"},{"type":"click","name":"a","key":"a"}]}`, 40016},
		"six below":        {`{"button":[{"name":"a","sub_button":[{},{},{},{},{},{}]}]}`, 40023},
		"no type":          {`{"button":[{"name":"a"}]}`, 40017},
		"no name":          {`{"button":[{"type":"click","key":"a"}]}`, 40018},
		"long name":        {`{"button":[{"type":"click","name":"查询工单进度","key":"a"}]}`, 40018},
		"no key":           {`{"button":[{"type":"click","name":"a"}]}`, 40019},
		"long key":         {`{"button":[{"type":"click","name":"a","key":"` + strings.Repeat("k", 129) + `"}]}`, 40019},
		"no url":           {`{"button":[{"type":"view","name":"a"}]}`, 40020},
		"below, no type":   {`{"button":[{"name":"a","sub_button":[{"name":"a"}]}]}`, 40024},
		"below, long name": {`{"button":[{"name":"a","sub_button":[{"type":"click","key":"a","name":"` + strings.Repeat("a", 61) + `"}]}]}`, 40025},
		"below, no key":    {`{"button":[{"name":"a","sub_button":[{"type":"click","name":"a"}]}]}`, 40026},
		"below, no url":    {`{"button":[{"name":"a","sub_button":[{"type":"view","name":"a"}]}]}`, 40027},
		"escaped":          {`{"button":[{"type":"click","name":"\u67e5","key":"a"}]}`, BadCharset},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			l.want(tc.code, "POST", "/cgi-bin/menu/create", tc.body)
			l.want(NoMenu, "GET", "/cgi-bin/menu/get", "")
		})
	}
	l.want(OK, "POST", "/cgi-bin/menu/create", `{"button":[{"type":"click","name":"查进度","key":"查进度"},{"name":"更多","sub_button":[{"type":"view","name":"官网","url":"https://example.com/"}]}]}`)
	out, _ := json.Marshal(l.want(OK, "GET", "/cgi-bin/menu/get", "")["menu"])
	if want := `{"button":[{"key":"查进度","name":"查进度","sub_button":[],"type":"click"},{"name":"更多","sub_button":[{"name":"官网","sub_button":[],"type":"view","url":"https://example.com/"}]}]}`; string(out) != want {
		t.Errorf("menu %s", out)
	}
	l.want(OK, "GET", "/cgi-bin/menu/delete", "")
	l.want(NoMenu, "GET", "/cgi-bin/menu/get", "")
	l.SetAccount(Account{Kind: Subscription, Unverified: true})
	l.want(Unauthorized, "POST", "/cgi-bin/menu/create", `{"button":[{"type":"click","name":"a","key":"a"}]}`)
}

var png = []byte("\x89PNG\r\n\x1a\n0000IHDR")

func TestMedia(t *testing.T) {
	l := newLab(t)
	form := func(name, file string, data []byte) (string, string) {
		var b bytes.Buffer
		w := multipart.NewWriter(&b)
		p, _ := w.CreateFormFile(name, file)
		_, _ = p.Write(data)
		_ = w.Close()
		return b.String(), w.FormDataContentType()
	}
	upload := func(code int, kind, name string, data []byte) map[string]any {
		t.Helper()
		body, contentType := form(name, "a.png", data)
		res, err := l.http.Post(l.url+"/cgi-bin/media/upload?type="+kind+"&access_token="+l.stable(), contentType, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		var out map[string]any
		if err := json.NewDecoder(res.Body).Decode(&out); err != nil || errcode(out) != code {
			t.Errorf("%s %s: %v %v, want %d", kind, name, out, err, code)
		}
		return out
	}
	id, _ := upload(OK, "image", "media", png)["media_id"].(string)
	upload(BadMediaType, "paper", "media", png)
	upload(MediaMissing, "image", "file", png)
	upload(40113, "image", "media", []byte("hello"))
	upload(MediaTooBig, "thumb", "media", append(png, make([]byte, 64<<10)...))
	l.want(MediaMissing, "POST", "/cgi-bin/media/upload?type=image", "x")

	res, err := l.http.Get(l.url + "/cgi-bin/media/get?media_id=" + id + "&access_token=" + l.stable())
	if err != nil {
		t.Fatal(err)
	}
	data, _ := io.ReadAll(res.Body)
	res.Body.Close()
	if !bytes.Equal(data, png) || res.Header.Get("Content-Type") != "image/png" || !strings.Contains(res.Header.Get("Content-Disposition"), id+".png") {
		t.Errorf("%d bytes, %v", len(data), res.Header)
	}
	l.want(BadMediaID, "GET", "/cgi-bin/media/get?media_id=other", "")
	l.want(MediaIDMissing, "GET", "/cgi-bin/media/get", "")
	if out := l.do("GET", "/cgi-bin/media/get?media_id="+id+"&access_token="+l.corp(), ""); errcode(out) != BadMediaID {
		t.Errorf("the corporation gets the account's picture: %v", out)
	}
	l.advance(72 * time.Hour)
	l.want(BadMediaID, "GET", "/cgi-bin/media/get?media_id="+id, "")
}

func TestUserInfo(t *testing.T) {
	l := newLab(t)
	l.want(OpenIDMissing, "GET", "/cgi-bin/user/info", "")
	l.want(BadOpenID, "GET", "/cgi-bin/user/info?openid=x", "")
	if out := l.want(OK, "GET", "/cgi-bin/user/info?openid="+openid, ""); out["subscribe"] != 0.0 {
		t.Errorf("a stranger: %v", out)
	}
	l.Grant(openid, Followed)
	out := l.want(OK, "GET", "/cgi-bin/user/info?openid="+openid, "")
	if out["subscribe"] != 1.0 || out["nickname"] != nil || len(out["unionid"].(string)) != 28 {
		t.Errorf("a follower: %v", out)
	}
	l.Leave(openid)
	if out := l.want(OK, "GET", "/cgi-bin/user/info?openid="+openid, ""); out["subscribe"] != 0.0 || out["unionid"] != nil {
		t.Errorf("one who left: %v", out)
	}
}

func TestFaults(t *testing.T) {
	l := newLab(t)
	l.Grant(openid, Wrote)
	tok := l.stable()
	try := func() (int, error) {
		out, err := l.try("POST", wechat+"?access_token="+tok, text(openid, "您好"))
		return errcode(out), err
	}
	l.Fail(Fault{Path: "custom/send", Times: 2, Errcode: WindowOver})
	l.Fail(Fault{Path: "custom/send", Status: 502})
	l.Fail(Fault{Path: "custom/send", Mode: Reset})
	l.Fail(Fault{Path: "custom/send", Mode: BadAnswer, Done: true})
	l.Fail(Fault{Path: "custom/send", Mode: Slow, Delay: 50 * time.Millisecond})
	for i, want := range []string{"45015", "45015", "status 502", "reset", "invalid character", "0", "0"} {
		start := time.Now()
		code, err := try()
		if got := fmt.Sprintf("%d %v", code, err); !strings.Contains(got, want) {
			t.Errorf("call %d: %s, want %s", i, got, want)
		}
		if i == 5 && time.Since(start) < 50*time.Millisecond {
			t.Error("not slow")
		}
	}
	if q := l.Quota(openid); q.Left != 2 {
		t.Errorf("%d left, want 2: the one whose answer was lost was sent", q.Left)
	}

	l.Fail(Fault{Mode: Timeout, Times: -1})
	l.http.Timeout = 100 * time.Millisecond
	for range 2 {
		if _, err := try(); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v", err)
		}
	}
	if f := l.Faults(); len(f) != 1 || f[0].String() != "timeout" {
		t.Errorf("faults %+v", f)
	}
	l.ClearFaults("")
	l.http.Timeout = 10 * time.Second
	if code, err := try(); code != OK || err != nil {
		t.Errorf("after clearing: %d %v", code, err)
	}
}

func TestCalls(t *testing.T) {
	l := newLab(t)
	l.Limits.Calls = 6
	seen, cancel := l.Subscribe()
	defer cancel()
	l.do("GET", "/cgi-bin/token?grant_type=client_credential&appid=wx0123456789abcdef&secret=the-app-secret", "")
	tok := l.stable()
	corp := l.corp()
	l.Grant(openid, Wrote)
	l.do("POST", wechat+"?access_token="+tok, text(openid, "<a> & 您好"))
	l.do("POST", "/cgi-bin/kf/sync_msg?access_token="+corp, `{"token":"ENCsecret","limit":5}`)
	all, _ := json.Marshal(l.Calls())
	for _, secret := range []string{tok, corp, "the-app-secret", "the-corp-secret", "ENCsecret"} {
		if bytes.Contains(all, []byte(secret)) {
			t.Errorf("%q is in the log", secret)
		}
	}
	sent := l.CallsTo(wechat)
	if len(sent) != 1 || string(sent[0].Body) != text(openid, "<a> & 您好") || sent[0].Errcode != OK || sent[0].Status != 200 || sent[0].Query != "access_token=…" {
		t.Errorf("%+v", sent)
	}
	if c := <-seen; c.N != 1 || c.Path != "/cgi-bin/token" {
		t.Errorf("first seen %+v", c)
	}
	for range 4 {
		l.stable()
	}
	if c := l.Calls(); len(c) != 6 || c[5].N != 9 {
		t.Errorf("%d calls kept", len(c))
	}
}
