package main

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"

	"posdoctor/channels/wechat/wechattest"
)

// TestCustomerServiceServed: with its options set, the program answers a customer of WeChat Customer Service, also what he wrote while
// it was away; a wrong one is refused, and without them there is no such route.
func TestCustomerServiceServed(t *testing.T) {
	api := &wechattest.API{CorpID: "ww0123456789abcdef", CorpSecret: "s3cr3t-of-the-app"}
	far := httptest.NewServer(api)
	defer far.Close()
	const key, token = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG", "tok-kf"
	s := startServer(t, "POSDOCTOR_WECHAT_KF_CORP_ID="+api.CorpID, "POSDOCTOR_WECHAT_KF_SECRET="+api.CorpSecret, "POSDOCTOR_WECHAT_KF_TOKEN="+token,
		"POSDOCTOR_WECHAT_KF_AES_KEY="+key, "POSDOCTOR_WECHAT_KF_API_URL="+far.URL, "POSDOCTOR_WECHAT_KF_DESK=wecom")
	peer := &wechattest.KFPeer{URL: s.url + "/wechat/kf/callback", Token: token, CorpID: api.CorpID, AESKey: key}
	if r, err := peer.Echo("1616140317555161061"); err != nil || r.Status != 200 {
		t.Fatalf("the URL's check: %d %v", r.Status, err)
	}
	p := wechattest.NewKFPhone(peer, api, "", "wmAJ2GCAAAme1XQRC")
	sees := func(text string) {
		t.Helper()
		waitFor(t, text, func() bool {
			for _, e := range p.Screen() {
				shown := e.Text
				if e.Menu != nil {
					shown = e.Menu.Head
				}
				if e.From == wechattest.FromAccount && strings.Contains(shown, text) {
					return true
				}
			}
			return false
		}, func() string {
			return fmt.Sprintf("state %d\nscreen %+v\ncalls %+v\n%s", p.State(), p.Screen(), api.Calls(), s.logs.String())
		})
	}
	act := func(_ wechattest.Push, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	act(p.Enter("shop42"))
	sees("您好")
	act(p.Say("刷卡提示58"))
	sees("58 有好几种原因")
	s.kill()
	if _, err := p.Say("转人工"); err == nil {
		t.Fatal("nobody is there to hear the push")
	}
	s.start()
	sees("客服按顺序接待")
	if p.State() != wechattest.KFQueue {
		t.Errorf("the session is in state %d", p.State())
	}
	for _, c := range api.Calls() {
		if c.Errcode != 0 {
			t.Errorf("refused: %s: %d", c.Path, c.Errcode)
		}
	}
	for _, secret := range []string{api.CorpSecret, token, key, p.User, "access_token", "刷卡"} {
		if strings.Contains(s.logs.String(), secret) {
			t.Errorf("%q was logged", secret)
		}
	}
}
