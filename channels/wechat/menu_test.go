package wechat

import (
	"context"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"posdoctor/channels/wechat/wechattest"
)

const goodMenu = `# 底部菜单
button:
  - name: 查进度
    type: click
    key: 查进度
  - name: 机器
    sub_button:
      - {name: 扫机身条码, type: scancode_waitmsg, key: scan}
      - {name: 帮助, type: view, url: "https://help.example.com/chat?a=1&b=<2>"}
      - {name: 小程序, type: miniprogram, url: https://help.example.com/, appid: wx1, pagepath: pages/index}
  - name: 转人工
    type: click
    key: 转人工
`

// TestParseMenu: what is good, in both spellings, and every fault with its line.
func TestParseMenu(t *testing.T) {
	long := func(n int) string { return strings.Repeat("x", n) }
	button := func(fields string) string { return "button:\n  - " + strings.ReplaceAll(fields, "\n", "\n    ") + "\n" }
	below := func(fields string) string {
		return "button:\n  - name: a\n    sub_button:\n      - " + strings.ReplaceAll(fields, "\n", "\n        ") + "\n"
	}
	for name, tc := range map[string]struct {
		data string
		want []string // of the faults, in order; none for a good one
	}{
		"good":                  {goodMenu, nil},
		"JSON":                  {"{\n\t\"button\": [\n\t\t{\"type\": \"click\", \"name\": \"查进度\", \"key\": \"查进度\", \"sub_button\": []}\n\t]\n}", nil},
		"with a mark":           {"\xef\xbb\xbf" + goodMenu, nil},
		"16 bytes":              {button("name: " + long(16) + "\ntype: click\nkey: k"), nil},
		"60 bytes below":        {below("name: " + long(60) + "\ntype: click\nkey: k"), nil},
		"key of 128 bytes":      {button("name: a\ntype: click\nkey: " + long(128)), nil},
		"a number for a key":    {button("name: a\ntype: click\nkey: 58"), nil},
		"every type":            {"button:\n  - name: a\n    sub_button:\n      - {name: a, type: pic_sysphoto, key: k}\n      - {name: a, type: location_select, key: k}\n      - {name: a, type: media_id, media_id: m}\n      - {name: a, type: article_id, article_id: x}\n      - {name: a, type: view_limited, media_id: m}\n", nil},
		"empty":                 {"", []string{"m.yaml:1: the file is empty"}},
		"comment only":          {"# x\n", []string{"m.yaml:1: the file is empty"}},
		"broken":                {"button:\n  - name: [\n", []string{"m.yaml: neither YAML nor JSON: line"}},
		"broken JSON":           {`{"button":[}`, []string{"neither YAML nor JSON"}},
		"a list":                {"- name: a\n", []string{"m.yaml:1: a menu has fields"}},
		"no button":             {"{}", []string{"m.yaml:1: there is no button:"}},
		"misspelt":              {"buttons:\n  - name: a\n", []string{`m.yaml:2: a menu has no field "buttons"`}},
		"for some":              {goodMenu + "matchrule:\n  tag_id: 2\n", []string{"m.yaml:15: menus for some followers only"}},
		"none":                  {"button: []\n", []string{"m.yaml:1: a menu has 1 to 3 buttons; here are 0"}},
		"four":                  {"button:\n" + strings.Repeat("  - {name: a, type: click, key: k}\n", 4), []string{"m.yaml:2: a menu has 1 to 3 buttons; here are 4"}},
		"a text for buttons":    {"button: x\n", []string{"m.yaml:1: a menu has 1 to 3 buttons: a list"}},
		"a text for a button":   {"button:\n  - x\n", []string{"m.yaml:2: a button has fields"}},
		"no name":               {button("type: click\nkey: k"), []string{"m.yaml:2: the button needs a name"}},
		"empty name":            {button("name: \"  \"\ntype: click\nkey: k"), []string{"m.yaml:2: the button needs a name"}},
		"17 bytes":              {button("name: " + long(17) + "\ntype: click\nkey: k"), []string{"m.yaml:2: the name \"xxxxxxxxxxxxxxxxx\" has 17 bytes; a button at the top has up to 16, which are 5 Chinese"}},
		"six characters":        {button("type: click\nname: 查询工单进度\nkey: k"), []string{`m.yaml:3: the name "查询工单进度" has 18 bytes`}},
		"61 bytes below":        {below("name: " + long(61) + "\ntype: click\nkey: k"), []string{"m.yaml:4: the name"}},
		"two lines":             {button("name: \"a\\nb\"\ntype: click\nkey: k"), []string{"m.yaml:2: the name must be one line"}},
		"no type":               {button("name: a\nkey: k"), []string{"m.yaml:2: the button needs a type"}},
		"other type":            {button("name: a\ntype: clik\nkey: k"), []string{`m.yaml:3: there is no type "clik"`}},
		"no key":                {button("name: a\ntype: click"), []string{"m.yaml:2: a button of type click needs key"}},
		"null key":              {button("name: a\ntype: click\nkey: null"), []string{"m.yaml:4: a button of type click needs key"}},
		"key of 129 bytes":      {button("name: a\ntype: click\nkey: " + long(129)), []string{"m.yaml:4: the key has 129 bytes"}},
		"key of nothing":        {button("name: a\ntype: click\nkey: \"\\u200b\""), []string{"m.yaml:4: the key of a click is what the merchant says"}},
		"no url":                {button("name: a\ntype: view\nkey: k"), []string{"m.yaml:2: a button of type view needs url"}},
		"http":                  {button("name: a\ntype: view\nurl: http://example.com"), []string{"m.yaml:4: the url must begin with https://"}},
		"javascript":            {button("name: a\ntype: view\nurl: \"javascript:alert(1)\""), []string{"m.yaml:4: the url must begin with https://"}},
		"no host":               {button("name: a\ntype: view\nurl: https:///x"), []string{"m.yaml:4: the url must begin"}},
		"url of 1025 bytes":     {button("name: a\ntype: view\nurl: https://e.com/" + long(1011)), []string{"m.yaml:4: the url has 1025 bytes"}},
		"half a mini program":   {button("name: a\ntype: miniprogram\nurl: https://e.com/"), []string{"needs appid", "needs pagepath"}},
		"unknown field":         {button("name: a\ntype: click\nkey: k\nkeys: k"), []string{`m.yaml:5: a button has no field "keys"`}},
		"twice":                 {button("name: a\ntype: click\nkey: k\nkey: l"), []string{"m.yaml:5: key stands there twice"}},
		"a list for a name":     {button("name: [a]\ntype: click\nkey: k"), []string{"m.yaml:2: name must be a text", "needs a name"}},
		"both":                  {button("name: a\ntype: click\nkey: k\nsub_button:\n  - {name: b, type: click, key: k}"), []string{"m.yaml:3: a button with others below it does nothing itself"}},
		"six below":             {below("{name: a, type: click, key: k}") + strings.Repeat("      - {name: a, type: click, key: k}\n", 5), []string{"m.yaml:4: a button has 1 to 5 below it; here are 6"}},
		"a third row":           {below("name: a\nsub_button:\n  - {name: b, type: click, key: k}"), []string{"m.yaml:6: there is no third row"}},
		"nothing below":         {button("name: a\nsub_button: []"), []string{"m.yaml:2: the button needs a type"}},
		"a text for sub_button": {button("name: a\nsub_button: x"), []string{"m.yaml:3: a button has 1 to 5 below it: a list"}},
		"an alias":              {"button:\n  - &a {name: a, type: click, key: k}\n  - *a\n", []string{"m.yaml:3: a button has fields"}},
		"several":               {"button:\n  - {name: a}\n  - {name: b, type: view, url: ftp://x}\n  - {type: click, key: k}\n", []string{"m.yaml:2: ", "m.yaml:3: ", "m.yaml:4: "}},
		"larger than any menu":  {strings.Repeat("#\n", 40<<10), []string{"m.yaml:1: the file is larger"}},
	} {
		t.Run(name, func(t *testing.T) {
			m, err := ParseMenu("m.yaml", []byte(tc.data))
			if len(tc.want) == 0 {
				if err != nil || len(m.Buttons) == 0 {
					t.Fatalf("%+v, %v", m, err)
				}
				return
			}
			if err == nil {
				t.Fatal("it was taken")
			}
			got := strings.Split(err.Error(), "\n")
			for i, want := range tc.want {
				if i >= len(got) || !strings.Contains(got[i], want) {
					t.Errorf("fault %d: %q, want %q", i, got, want)
				}
			}
			if len(got) > len(tc.want) {
				t.Errorf("more faults: %q", got)
			}
		})
	}
}

// menusAt gives the menus of an account at the fake WeChat.
func menusAt(t *testing.T) (*Menus, *wechattest.API) {
	t.Helper()
	api := &wechattest.API{AppID: testApp, AppSecret: testSecret}
	far := httptest.NewServer(api)
	t.Cleanup(far.Close)
	_, st := house(t)
	m, err := NewMenus(Config{AppID: testApp, AppSecret: testSecret, APIURL: far.URL}, st)
	if err != nil {
		t.Fatal(err)
	}
	return m, api
}

// TestMenus: a menu goes there and comes back as it was, and goes away.
func TestMenus(t *testing.T) {
	menus, api := menusAt(t)
	if data, err := menus.Show(t.Context()); data != nil || err != nil {
		t.Fatalf("before: %s, %v", data, err)
	}
	m, err := ParseMenu("menu.yaml", []byte(goodMenu))
	if err != nil {
		t.Fatal(err)
	}
	if err := menus.Push(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	if there := api.TheMenu(); len(there.Buttons) != 3 || there.Buttons[1].Sub[1].URL != "https://help.example.com/chat?a=1&b=<2>" {
		t.Errorf("there is %+v", there)
	}
	data, err := menus.Show(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	again, err := ParseMenu("shown.json", data)
	if diff := cmp.Diff(m, again); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
	for range 2 {
		if err := menus.Delete(t.Context()); err != nil || api.TheMenu() != nil {
			t.Errorf("%v, there is %+v", err, api.TheMenu())
		}
	}
	if n := len(api.CallsTo("/cgi-bin/stable_token")); n != 1 {
		t.Errorf("%d tokens were fetched", n)
	}
}

// TestMenuRefused: whatever is refused or lost, the caller reads a sentence without a secret, and what he may do.
func TestMenuRefused(t *testing.T) {
	m := Menu{Buttons: []Button{{Type: "click", Name: "a", Key: "k"}}}
	for name, tc := range map[string]struct {
		fault wechattest.Fault
		want  string
	}{
		"address":       {wechattest.Fault{Path: "stable_token", Errcode: 40164}, "errcode 40164: the address of this machine is not in the list of allowed IP addresses"},
		"secret":        {wechattest.Fault{Path: "stable_token", Errcode: 40125}, "wechat-app-secret is wrong"},
		"no right":      {wechattest.Fault{Path: "menu/create", Errcode: 48001}, "may not set menus through the API"},
		"token twice":   {wechattest.Fault{Path: "menu/create", Errcode: 42001, Times: 2}, "the token was refused twice"},
		"domain":        {wechattest.Fault{Path: "menu/create", Errcode: 40054}, "on a domain that it does not allow"},
		"other errcode": {wechattest.Fault{Path: "menu/create", Errcode: 65301}, "errcode 65301, which the list of global return codes"},
		"torn":          {wechattest.Fault{Path: "menu/create", Mode: wechattest.Reset}, "nobody knows whether it was done"},
		"502":           {wechattest.Fault{Path: "menu/create", Status: 502}, "nobody knows whether it was done"},
		"a page":        {wechattest.Fault{Path: "menu/create", Mode: wechattest.BadAnswer}, "nobody knows whether it was done"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			menus, api := menusAt(t)
			api.Fail(tc.fault)
			err := menus.Push(t.Context(), m)
			if err == nil {
				t.Fatal("no error")
			}
			got := Advice(err)
			if !strings.Contains(got, tc.want) || strings.Contains(got, testSecret) || strings.Contains(got, "access_token") || strings.Contains(got, "127.0.0.1") {
				t.Errorf("%s", got)
			}
		})
	}
	menus, api := menusAt(t)
	api.Fail(wechattest.Fault{Path: "menu/create", Errcode: 40001}) // a token that was refused once is fetched anew
	if err := menus.Push(t.Context(), m); err != nil {
		t.Error(err)
	}
	away, err := NewMenus(Config{AppID: "wx1", AppSecret: "s", APIURL: "http://127.0.0.1:9"}, freeLease{})
	if err != nil {
		t.Fatal(err)
	}
	if got := Advice(away.Delete(t.Context())); !strings.Contains(got, "nothing was changed") {
		t.Error(got)
	}
	if _, err := NewMenus(Config{AppID: "wx1"}, freeLease{}); err == nil {
		t.Error("no secret, and no error")
	}
	if _, err := NewMenus(Config{AppID: "wx1", AppSecret: "s", APIURL: "http://example.com"}, freeLease{}); err == nil {
		t.Error("the secret would go out in clear")
	}
}

// freeLease is had by whoever asks.
type freeLease struct{}

func (freeLease) Acquire(context.Context, string, string, time.Time, time.Duration) (bool, error) {
	return true, nil
}
func (freeLease) Release(context.Context, string, string) error { return nil }
