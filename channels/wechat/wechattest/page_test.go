package wechattest

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"
)

func newPage(t *testing.T, kf bool) (*Page, string, *http.Client) {
	p, _, l := newPhone(t, aesKey, func(_ int, f map[string]string) (int, string) { return 200, "收到" + f["Content"] })
	page := &Page{API: l.API, Phone: p}
	if kf {
		url, client := serve(t, &callback{answer: always(200, "success")})
		page.KF = NewKFPhone(&KFPeer{URL: url, Token: pushToken, CorpID: l.CorpID, AESKey: aesKey, Client: client}, l.API, "", kfUser)
	}
	url, client := serve(t, page)
	return page, url, client
}

func post(t *testing.T, c *http.Client, url, path, body string, header ...string) (int, string) {
	t.Helper()
	req, _ := http.NewRequest("POST", url+path, strings.NewReader(body))
	req.Header.Set("Origin", url)
	req.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(header); i += 2 {
		if req.Header.Del(header[i]); header[i] == "Host" {
			req.Host = header[i+1]
		} else if header[i+1] != "" {
			req.Header.Set(header[i], header[i+1])
		}
	}
	res, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	data, _ := io.ReadAll(res.Body)
	return res.StatusCode, string(data)
}

// TestPageStrangers: nobody but this machine's own page gets in.
func TestPageStrangers(t *testing.T) {
	page, url, c := newPage(t, false)
	const say = `{"tab":"oa","do":"say","text":"转账"}`
	for name, header := range map[string][]string{
		"no origin":      {"Origin", ""},
		"other origin":   {"Origin", "http://evil.example"},
		"null":           {"Origin", "null"},
		"other port":     {"Origin", "http://127.0.0.1:1"},
		"https":          {"Origin", strings.Replace(url, "http:", "https:", 1)},
		"other name":     {"Host", "evil.example"},
		"both other":     {"Host", "evil.example", "Origin", "http://evil.example"},
		"begins with it": {"Host", "127.0.0.1.evil.example", "Origin", "http://127.0.0.1.evil.example"},
		"cross-site":     {"Sec-Fetch-Site", "cross-site"},
	} {
		if status, _ := post(t, c, url, "/act", say, header...); status != http.StatusForbidden {
			t.Errorf("%s: %d", name, status)
		}
	}
	if status, _ := post(t, c, url, "/act", say, "Content-Type", "text/plain"); status != http.StatusBadRequest {
		t.Errorf("a form: %d", status)
	}
	for _, remote := range []string{"192.0.2.7:1234", "", "[2001:db8::1]:9"} {
		req := httptest.NewRequest("GET", "http://127.0.0.1:8090/", nil)
		req.RemoteAddr = remote
		w := httptest.NewRecorder()
		if page.ServeHTTP(w, req); w.Code != http.StatusForbidden {
			t.Errorf("from %q: %d", remote, w.Code)
		}
	}
	if n := len(page.Phone.Screen()); n != 0 {
		t.Errorf("%d lines came of it", n)
	}
	if status, _ := post(t, c, url, "/act", say); status != http.StatusOK || len(page.Phone.Screen()) != 2 {
		t.Errorf("its own page: %d", status)
	}
}

// TestPageFiles: the page is whole, asks nobody else, and has nothing inline.
func TestPageFiles(t *testing.T) {
	_, url, c := newPage(t, false)
	elsewhere := regexp.MustCompile(`(?i)(src|href)="?(https?:)?//|@import|url\(|<style|<script>|\sstyle=|\son[a-z]+="|innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(`)
	err := fs.WalkDir(pageFiles, "page", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		path := strings.TrimPrefix(name, "page")
		if path == "/index.html" {
			path = "/"
		}
		res, err := c.Get(url + path)
		if err != nil {
			return err
		}
		defer res.Body.Close()
		data, _ := io.ReadAll(res.Body)
		if res.StatusCode != 200 || len(data) == 0 || !strings.Contains(res.Header.Get("Content-Security-Policy"), "default-src 'none'") {
			t.Errorf("%s: %d, %d bytes", path, res.StatusCode, len(data))
		}
		if bad := elsewhere.Find(data); bad != nil {
			t.Errorf("%s has %q", name, bad)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/../page.go", "/nothing.js", "/page/index.html", "/media?id=x", "/act"} {
		res, err := c.Get(url + path)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %d", path, res.StatusCode)
		}
	}
}

// listen reads server-sent events until one makes it stop.
func listen(t *testing.T, c *http.Client, url string, stop func(event, data string) bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	req, _ := http.NewRequestWithContext(ctx, "GET", url+"/live", nil)
	res, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	lines := bufio.NewScanner(res.Body)
	lines.Buffer(nil, 1<<20)
	event := ""
	for lines.Scan() {
		if e, ok := strings.CutPrefix(lines.Text(), "event: "); ok {
			event = e
		} else if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok && stop(event, data) {
			return
		}
	}
	t.Fatalf("the line ended: %v", lines.Err())
}

// TestPageLive: a page that opens sees what was, and then what happens.
func TestPageLive(t *testing.T) {
	page, url, c := newPage(t, true)
	if _, err := page.Phone.Say("以前"); err != nil {
		t.Fatal(err)
	}
	var seen []string
	var state pageState
	ready := 0
	listen(t, c, url, func(event, data string) bool {
		switch event {
		case "entry":
			var d struct {
				Tab   string
				Entry Entry
			}
			_ = json.Unmarshal([]byte(data), &d)
			seen = append(seen, d.Tab+" "+d.Entry.Text)
		case "push":
			var d struct {
				Tab  string
				Push Push
			}
			_ = json.Unmarshal([]byte(data), &d)
			seen = append(seen, d.Tab+" push "+d.Push.Outcome)
		case "state":
			_ = json.Unmarshal([]byte(data), &state)
		case "ready":
			ready = len(seen)
			if status, body := post(t, c, url, "/act", `{"tab":"oa","do":"say","text":"现在"}`); status != 200 {
				t.Errorf("%d %s", status, body)
			}
			if status, body := post(t, c, url, "/act", `{"tab":"kf","do":"say","text":"客服"}`); status != 200 {
				t.Errorf("%d %s", status, body)
			}
		}
		return len(seen) == 3+4+3 && state.KF != nil && state.KF.Quota.Left == 5
	})
	all := strings.Join(seen, ", ")
	for _, want := range []string{"oa 以前", "oa 收到以前", "oa 现在", "oa 收到现在", "kf 客服", "oa push pending", "oa push passive", "kf push success"} {
		if !strings.Contains(all, want) {
			t.Errorf("%q is not in %s", want, all)
		}
	}
	if ready != 3 || state.Quota.Left != 5 || state.Account != "verified" || state.KF.State != KFNew {
		t.Errorf("%d before ready, %+v", ready, state)
	}
}

func TestPageActs(t *testing.T) {
	page, url, c := newPage(t, true)
	for _, step := range []struct {
		body   string
		status int
		check  func() bool
	}{
		{`{"do":"menu"}`, 200, func() bool { return page.API.TheMenu() != nil }},
		{`{"tab":"oa","do":"click","text":"查进度"}`, 200, func() bool { return page.API.Quota(openid).Left == 3 }},
		{`{"do":"nomenu"}`, 200, func() bool { return page.API.TheMenu() == nil }},
		{`{"do":"account","text":"unverified"}`, 200, func() bool { return page.state().Account == "unverified" }},
		{`{"do":"account","text":"subscription"}`, 200, func() bool { return page.state().Account == "subscription" }},
		{`{"do":"account","text":"verified"}`, 200, func() bool { return page.state().Account == "verified" }},
		{`{"do":"fault","text":"slow","on":true}`, 200, func() bool { return len(page.API.Faults()) == 2 && page.state().Faults[0] == "slow" }},
		{`{"do":"fault","text":"slow","on":true}`, 200, func() bool { return len(page.API.Faults()) == 2 }},
		{`{"do":"fault","text":"45015","on":true}`, 200, func() bool { return len(page.state().Faults) == 2 }},
		{`{"do":"fault","text":"slow","on":false}`, 200, func() bool { return fmt.Sprint(page.state().Faults) == "[45015]" }},
		{`{"do":"fault","text":"nothing","on":true}`, 200, func() bool { return len(page.API.Faults()) == 1 }},
		{`{"tab":"oa","do":"tap","item":{"id":"2","text":"就这一台"}}`, 200, func() bool { return page.Phone.Last().Text == "收到就这一台" }},
		{`{"tab":"oa","do":"voice"}`, 200, func() bool { return page.API.Quota(openid).By == Wrote }},
		{`{"tab":"oa","do":"unfollow"}`, 200, func() bool { return !page.Phone.Following() }},
		{`{"tab":"oa","do":"say","text":"在吗"}`, 409, nil},
		{`{"tab":"oa","do":"follow","text":"shop42"}`, 200, page.Phone.Following},
		{`{"tab":"oa","do":"dance"}`, 409, nil},
		{`{"do":"clock","ms":172800000}`, 200, func() bool { return page.API.Quota(openid).Until.IsZero() }},
		{`{"tab":"kf","do":"enter"}`, 200, func() bool { return len(page.KF.Screen()) == 1 }},
		{`{"tab":"kf","do":"say","text":"在吗"}`, 200, func() bool { return page.KF.State() == KFNew }},
		{`{"tab":"kf","do":"tap","item":{"id":"2","text":"就这一台"}}`, 200, nil},
		{`{"tab":"kf","do":"end","who":"zhangsan"}`, 409, nil},
		{`{"tab":"kf","do":"take","who":"zhangsan"}`, 200, func() bool { return page.state().KF.Servicer == "zhangsan" }},
		{`{"tab":"kf","do":"type","who":"zhangsan","text":"您好"}`, 200, func() bool { return page.KF.Last().Text == "您好" }},
		{`{"tab":"kf","do":"end","who":"zhangsan"}`, 200, func() bool { return page.KF.State() == KFEnded }},
		{`{"tab":"kf","do":"voice"}`, 200, nil},
		{`{"do":"refuse"}`, 200, nil},
		{`{"do":"expire"}`, 200, nil},
		{`{"tab":"oa","do":"say","text":"` + strings.Repeat("x", 9<<10) + `"}`, 400, nil},
		{`{`, 400, nil},
	} {
		if status, body := post(t, c, url, "/act", step.body); status != step.status || step.check != nil && !step.check() {
			t.Errorf("%.80s: %d %s", step.body, status, body)
		}
	}
	if status, _ := post(t, c, url, "/image?tab=oa", string(png)); status != 200 {
		t.Errorf("picture: %d", status)
	}
	if status, _ := post(t, c, url, "/image?tab=oa", "<svg onload=alert(1)>"); status != 400 {
		t.Errorf("no picture: %d", status)
	}
	if status, _ := post(t, c, url, "/image?tab=oa", string(append(png, bytes.Repeat([]byte{0}, 2<<20)...))); status != 413 {
		t.Errorf("large picture: %d", status)
	}
	id := ""
	for _, e := range page.Phone.Screen() {
		if e.Kind == "image" {
			id = e.Media
		}
	}
	res, err := c.Get(url + "/media?id=" + id)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != 200 || res.Header.Get("Content-Type") != "image/png" || res.Header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("%d %v", res.StatusCode, res.Header)
	}
	none, url, c := newPage(t, false)
	if status, _ := post(t, c, url, "/act", `{"tab":"kf","do":"say","text":"在吗"}`); status != 409 || none.state().KF != nil {
		t.Errorf("without Customer Service: %d", status)
	}
}
