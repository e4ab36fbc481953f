package main

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"net/http/httptest"
	"testing"

	"posdoctor/channels/wechat/wechattest"
)

// startWithWeChat starts the program as the callback of an Official Account at the fake WeChat, and a follower's phone.
func startWithWeChat(t *testing.T, env ...string) (*server, *wechattest.API, *wechattest.Phone) {
	t.Helper()
	api := &wechattest.API{AppID: "wx0123456789abcdef", AppSecret: "the-app-secret"}
	far := httptest.NewServer(api)
	t.Cleanup(far.Close)
	s := startServer(t, append(env, "POSDOCTOR_WECHAT_APP_ID="+api.AppID, "POSDOCTOR_WECHAT_APP_SECRET="+api.AppSecret, "POSDOCTOR_WECHAT_TOKEN=tok",
		"POSDOCTOR_WECHAT_API_URL="+far.URL)...)
	return s, api, wechattest.NewPhone(&wechattest.Peer{URL: s.url + "/wechat/callback", Token: "tok", AppID: api.AppID}, api, "o-openid")
}

func aPicture(t *testing.T) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, 320, 200))
	for y := range 200 {
		for x := range 320 {
			img.Set(x, y, color.RGBA{uint8(x), uint8(y), 160, 255})
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// An agent sees the picture that a merchant sent from WeChat, also when it comes later than the line, and can save a voice.
func TestMediaInTheConsole(t *testing.T) {
	s, api, phone := startWithWeChat(t)
	if _, err := phone.Say("转人工"); err != nil {
		t.Fatal(err)
	}
	api.Fail(wechattest.Fault{Path: "media/get", Status: 502}) // the first picture comes with the second attempt
	if _, err := phone.SendImage(aPicture(t)); err != nil {
		t.Fatal(err)
	}
	if _, err := phone.SendVoice(append([]byte("#!AMR\n"), make([]byte, 3000)...)); err != nil {
		t.Fatal(err)
	}
	if _, err := phone.Peer.Push(phone.Peer.Message("o-openid", "image", wechattest.Field{Name: "MediaId", Value: "none"})...); err != nil {
		t.Fatal(err)
	}
	a := agentAt(t, s, "agent", "admin", adminPassword, desktop, "404") // what is not there yet
	a.click(".row", "")
	a.until("the picture", `all('.msg .file img').some((it) => it.complete && it.naturalWidth === 320 && it.alt.startsWith('商户发来的图片'))`)
	a.until("its link", `all('.file.image a').some((it) => /\/api\/a\/v1\/conversations\/[^/]+\/media\/[^/]+$/.test(it.href) && it.target === '_blank')`)
	a.find(".file.voice a[download$='.amr']", "保存语音（3 KB）")
	a.find(".file.image", "正在取") // of one that WeChat does not have
	if got := eval[float64](a, `all('.msg .file img').length`); got != 1 {
		t.Errorf("%v pictures", got)
	}
}

// An agent sees the picture that a merchant sent from the web chat.
func TestVisitorPictureInTheConsole(t *testing.T) {
	s := startServer(t)
	v := s.visitor("")
	v.do("POST", "/api/w/v1/send", map[string]string{"t": "act", "cid": "c1", "name": "escalate"}, 200, nil)
	if status, id := v.upload("c2", aPicture(t)); status != 200 || id == 0 {
		t.Fatalf("upload: %d", status)
	}
	a := agentAt(t, s, "agent", "admin", adminPassword, desktop)
	a.click(".row", "")
	a.until("the picture", `all('.msg .file img').some((it) => it.complete && it.naturalWidth === 320)`)
}
