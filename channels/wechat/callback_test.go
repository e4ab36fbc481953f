package wechat

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"posdoctor/bot"
	"posdoctor/channels/wechat/wechattest"
)

func TestEcho(t *testing.T) {
	for name, cfg := range map[string]Config{"plain": plain(), "safe": safe()} {
		t.Run(name, func(t *testing.T) {
			p := open(t, cfg, newDesk().deps())
			for _, echo := range []string{"5837397520665436224", "<script>alert(1)</script>"} {
				if r, err := p.Echo(echo); err != nil || r.Status != http.StatusOK {
					t.Errorf("echo %q: %d %v", echo, r.Status, err)
				}
			}
			p.Token = "another"
			if r, _ := p.Echo("leak"); r.Status != http.StatusForbidden || len(r.Body) > 0 {
				t.Errorf("wrong token: %d %q", r.Status, r.Body)
			}
		})
	}
}

// TestRefused: pushes that are not from WeChat or cannot be read get a status and nothing else, and nobody hears of them.
func TestRefused(t *testing.T) {
	textXML := func(p *wechattest.Peer, text string) []byte {
		return wechattest.XML(p.Message("o-openid", "text", field("Content", text))...)
	}
	type attempt func(p *wechattest.Peer) (url.Values, []byte)
	body := func(s string) attempt {
		return func(p *wechattest.Peer) (url.Values, []byte) { return p.Seal([]byte(s)) }
	}
	query := func(change func(q url.Values)) attempt {
		return func(p *wechattest.Peer) (url.Values, []byte) {
			q, b := p.Seal(textXML(p, "刷卡"))
			change(q)
			return q, b
		}
	}
	at := func(shift time.Duration) attempt {
		return func(p *wechattest.Peer) (url.Values, []byte) {
			p.Now = func() time.Time { return time.Now().Add(shift) }
			return p.Seal(textXML(p, "刷卡"))
		}
	}
	both, onlyPlain, onlySafe := []Config{plain(), safe()}, []Config{plain()}, []Config{safe()}
	for _, tc := range []struct {
		name    string
		cfgs    []Config
		attempt attempt
		status  int
	}{
		{"no query", both, query(func(q url.Values) { clear(q) }), 403},
		{"bad signature", both, query(func(q url.Values) { q.Set("signature", wechattest.Sign("x")) }), 403},
		{"empty signature", both, query(func(q url.Values) { q.Set("signature", "") }), 403},
		{"signature in capitals", both, query(func(q url.Values) { q.Set("signature", strings.ToUpper(q.Get("signature"))) }), 403},
		{"bad signature before the good one", both, query(func(q url.Values) { q["signature"] = []string{"bad", q.Get("signature")} }), 403},
		{"signed without token", both, query(func(q url.Values) { q.Set("signature", wechattest.Sign("", q.Get("timestamp"), q.Get("nonce"))) }), 403},
		{"an hour old", both, at(-time.Hour), 403},
		{"six minutes old", both, at(-6 * time.Minute), 403},
		{"tomorrow", both, at(24 * time.Hour), 403},
		{"timestamp in words", both, query(func(q url.Values) {
			q.Set("timestamp", "now")
			q.Set("signature", wechattest.Sign(testToken, "now", q.Get("nonce")))
		}), 403},
		{"timestamp with a plus", both, query(func(q url.Values) {
			q.Set("timestamp", "+"+q.Get("timestamp"))
			q.Set("signature", wechattest.Sign(testToken, q.Get("timestamp"), q.Get("nonce")))
		}), 403},

		{"in clear", onlySafe, func(p *wechattest.Peer) (url.Values, []byte) { return p.Query(), textXML(p, "刷卡") }, 403},
		{"in clear, named aes", onlySafe, func(p *wechattest.Peer) (url.Values, []byte) {
			q := p.Query()
			q.Set("encrypt_type", "aes")
			return q, textXML(p, "刷卡")
		}, 403},
		{"no msg_signature", onlySafe, query(func(q url.Values) { q.Del("msg_signature") }), 403},
		{"wrong msg_signature", onlySafe, query(func(q url.Values) { q.Set("msg_signature", q.Get("signature")) }), 403},
		{"fresh query, old msg_signature", onlySafe, func(p *wechattest.Peer) (url.Values, []byte) {
			old, b := p.Seal(textXML(p, "刷卡"))
			q := p.Query()
			q.Set("msg_signature", old.Get("msg_signature"))
			return q, b
		}, 403},
		{"tampered", onlySafe, func(p *wechattest.Peer) (url.Values, []byte) {
			q, b := p.Seal(textXML(p, "刷卡"))
			i := bytes.Index(b, []byte("<Encrypt>")) + 60
			b[i] ^= 1
			return q, b
		}, 403},
		{"other key", onlySafe, func(p *wechattest.Peer) (url.Values, []byte) {
			p.AESKey = otherKey
			return p.Seal(textXML(p, "刷卡"))
		}, 403},
		{"other AppID", onlySafe, func(p *wechattest.Peer) (url.Values, []byte) {
			p.AppID = "wxffffffffffffffff"
			return p.Seal(textXML(p, "刷卡"))
		}, 403},
		{"not base64", onlySafe, func(p *wechattest.Peer) (url.Values, []byte) {
			q := p.Query()
			q.Set("msg_signature", wechattest.Sign(testToken, q.Get("timestamp"), q.Get("nonce"), "%%%"))
			return q, wechattest.XML(field("Encrypt", "%%%"))
		}, 403},
		{"encrypted", onlyPlain, func(p *wechattest.Peer) (url.Values, []byte) {
			p.AESKey = testKey
			return p.Seal(textXML(p, "刷卡"))
		}, 400},

		{"broken XML", both, body("<xml><ToUserName>a</ToUser"), 400},
		{"crossed tags", both, body("<xml><FromUserName>o-openid</MsgType></xml>"), 400},
		{"empty", both, body(""), 400},
		{"JSON", both, body(`{"FromUserName":"o-openid","MsgType":"text","Content":"刷卡","MsgId":1,"CreateTime":1}`), 400},
		{"null", both, body("null"), 400},
		{"other root", both, body("<html><MsgType>text</MsgType></html>"), 400},
		{"DOCTYPE", both, body(`<?xml version="1.0"?><!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><xml><FromUserName>o-openid</FromUserName><MsgType>text</MsgType><MsgId>1</MsgId><Content>&x;</Content></xml>`), 400},
		{"unknown entity", both, body(`<xml><FromUserName>o-openid</FromUserName><MsgType>text</MsgType><MsgId>1</MsgId><Content>&x;</Content></xml>`), 400},
		{"other charset", both, body(`<?xml version="1.0" encoding="utf-16"?><xml><FromUserName>o-openid</FromUserName></xml>`), 400},
		{"deep nesting", both, body("<xml>" + strings.Repeat("<a>", 5000)), 400},
		{"deep nesting, closed", both, body("<xml>" + strings.Repeat("<a>", 3000) + strings.Repeat("</a>", 3000) + "</xml>"), 400},
		{"no sender", both, body("<xml><MsgType>text</MsgType><MsgId>1</MsgId><Content>x</Content></xml>"), 400},
		{"sender of a page", both, body("<xml><FromUserName>" + strings.Repeat("o", 200) + "</FromUserName><MsgType>text</MsgType><MsgId>1</MsgId></xml>"), 400},
		{"no kind", both, body("<xml><FromUserName>o-openid</FromUserName><MsgId>1</MsgId></xml>"), 400},
		{"no id", both, body("<xml><FromUserName>o-openid</FromUserName><MsgType>text</MsgType></xml>"), 400},
		{"event without name", both, body("<xml><FromUserName>o-openid</FromUserName><MsgType>event</MsgType><CreateTime>1</CreateTime></xml>"), 400},
		{"65 KiB", both, body("<xml><Content>" + strings.Repeat("x", 65<<10)), 413},
		{"5 MB", both, body("<xml><Content>" + strings.Repeat("x", 5<<20)), 413},
	} {
		for _, cfg := range tc.cfgs {
			t.Run(tc.name+"/"+cfg.withDefaults().Mode, func(t *testing.T) {
				d := newDesk()
				p := open(t, cfg, d.deps())
				q, b := tc.attempt(p)
				r, err := p.Post(q, b)
				if err != nil && tc.status != 413 || err == nil && (r.Status != tc.status || len(r.Body) > 0) {
					t.Errorf("answer %d %q %v, want %d", r.Status, r.Body, err, tc.status)
				}
				if got := d.handled(); len(got) > 0 {
					t.Errorf("handled: %+v", got)
				}
			})
		}
	}
}

// TestRefusedUnknownLength: a body that does not say how long it is gets the same limit.
func TestRefusedUnknownLength(t *testing.T) {
	d := newDesk()
	c, err := New(plain(), d.deps())
	if err != nil {
		t.Fatal(err)
	}
	p := wechattest.Peer{Token: testToken}
	r := httptest.NewRequest(http.MethodPost, "/?"+p.Query().Encode(), io.MultiReader(strings.NewReader("<xml>"), strings.NewReader(strings.Repeat(" ", 5<<20))))
	w := httptest.NewRecorder()
	c.ServeHTTP(w, r)
	if w.Code != http.StatusRequestEntityTooLarge || w.Body.Len() > 0 {
		t.Errorf("%d %q", w.Code, w.Body)
	}
}

func TestOtherMethods(t *testing.T) {
	p := open(t, safe(), newDesk().deps())
	for _, m := range []string{http.MethodPut, http.MethodHead, http.MethodDelete, http.MethodOptions} {
		req, _ := http.NewRequest(m, p.URL+"?"+p.Query().Encode(), nil)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != http.StatusMethodNotAllowed {
			t.Errorf("%s: %d", m, res.StatusCode)
		}
	}
}

// TestInbound: what WeChat pushes, and the event that it becomes.
func TestInbound(t *testing.T) {
	said := func(text string) *bot.Event {
		return &bot.Event{Kind: bot.EventSaid, Text: text, Trigger: bot.TriggerMessage}
	}
	media := func(kind string) *bot.Event {
		return &bot.Event{Kind: bot.EventMedia, Media: kind, Trigger: bot.TriggerMessage}
	}
	named := func(kind, name string) *bot.Event {
		return &bot.Event{Kind: bot.EventMedia, Media: kind, Text: name, Trigger: bot.TriggerMessage}
	}
	tapped := func(e bot.Event) *bot.Event { e.Trigger = bot.TriggerTap; return &e }
	event := func(name, key string, more ...wechattest.Field) []wechattest.Field {
		return append([]wechattest.Field{field("MsgType", "event"), field("Event", name), field("EventKey", key)}, more...)
	}
	scan := func(result string) []wechattest.Field {
		return event("scancode_waitmsg", "6", number("ScanCodeInfo", "<ScanType>qrcode</ScanType><ScanResult>"+result+"</ScanResult>"))
	}
	message := func(kind string, more ...wechattest.Field) []wechattest.Field {
		return append([]wechattest.Field{field("MsgType", kind)}, more...)
	}
	for name, tc := range map[string]struct {
		fields []wechattest.Field
		want   *bot.Event // nil: answered with success and not handled
	}{
		"text":                 {message("text", field("Content", "刷卡提示58")), said("刷卡提示58")},
		"text with marks":      {message("text", field("Content", "a]]>b & <c> 😀𠮷\n一")), said("a]]>b & <c> 😀𠮷\n一")},
		"text as entities":     {message("text", number("Content", "a &lt; b &amp;amp; &#20013;")), said("a < b &amp; 中")},
		"text with controls":   {message("text", field("Content", "刷\x00卡\x0b不\x1b行\ufffe")), said("刷卡不行")},
		"text with bad UTF-8":  {message("text", field("Content", "刷\xff\xfe卡")), said("刷\ufffd卡")},
		"text of nothing":      {message("text", field("Content", "")), nil},
		"text of white space":  {message("text", field("Content", " \n ")), nil},
		"text twice":           {message("text", field("Content", "一"), field("Content", "二")), said("一")},
		"text with a child":    {message("text", number("Content", "一<b>二</b>三")), said("一三")},
		"odd numbers":          {message("text", field("Content", "一"), number("Scale", "12abc"), number("Location_X", "")), said("一")},
		"tap, number":          {message("text", field("Content", "都不行"), number("bizmsgmenuid", "101")), tapped(bot.Event{Kind: bot.EventChose, Choice: "101", Text: "都不行"})},
		"tap, words":           {message("text", field("Content", "都不行"), number("bizmsgmenuid", "check:all=yes")), tapped(bot.Event{Kind: bot.EventChose, Choice: "check:all=yes", Text: "都不行"})},
		"image":                {message("image", field("PicUrl", "http://mmbiz.qpic.cn/x/0"), field("MediaId", "M")), media("image")},
		"voice":                {message("voice", field("MediaId", "M"), field("Format", "amr")), media("voice")},
		"voice not recognised": {message("voice", field("MediaId", "M"), field("Recognition", "")), media("voice")},
		"voice recognised": {message("voice", field("MediaId", "M"), field("Recognition", "刷不了卡")),
			&bot.Event{Kind: bot.EventSaid, Text: "刷不了卡", Spoken: true, Trigger: bot.TriggerMessage}},
		"video":                      {message("video", field("MediaId", "M"), field("ThumbMediaId", "T")), media("video")},
		"short video":                {message("shortvideo", field("MediaId", "M")), media("video")},
		"location":                   {message("location", field("Location_X", "23.13"), field("Label", "位置")), named("location", "位置")},
		"link":                       {message("link", field("Title", "t"), field("Url", "https://example.com")), named("link", "t")},
		"kind of tomorrow":           {message("hologram", field("MediaId", "M")), media("unknown")},
		"subscribe":                  {event("subscribe", ""), tapped(bot.Event{Kind: bot.EventFollowed})},
		"subscribe by QR code":       {event("subscribe", "qrscene_shop42", field("Ticket", "T")), tapped(bot.Event{Kind: bot.EventFollowed, Scene: "shop42"})},
		"scan":                       {event("SCAN", "shop42", field("Ticket", "T")), tapped(bot.Event{Kind: bot.EventFollowed, Scene: "shop42"})},
		"subscribe out of a payment": {event("subscribe", "last_trade_no_4200001"), tapped(bot.Event{Kind: bot.EventFollowed})},
		"unsubscribe":                {event("unsubscribe", ""), &bot.Event{Kind: bot.EventLeft}},
		"menu click":                 {event("CLICK", "转人工"), tapped(bot.Event{Kind: bot.EventSaid, Text: "转人工"})},
		"menu click, no key":         {event("CLICK", ""), nil},
		"menu view":                  {event("VIEW", "https://example.com/", field("MenuId", "1")), nil},
		"menu scan": {event("scancode_waitmsg", "6", number("ScanCodeInfo",
			"<ScanType><![CDATA[qrcode]]></ScanType><ScanResult><![CDATA[2]]></ScanResult><Content>no</Content>")), tapped(bot.Event{Kind: bot.EventSaid, Text: "2"})},
		"menu scan of a bar code": {event("scancode_waitmsg", "6", number("ScanCodeInfo", "<ScanResult>CODE_128,N300012345</ScanResult>")),
			tapped(bot.Event{Kind: bot.EventSaid, Text: "N300012345"})},
		"menu scan of an address":        {scan("https://evil.example/x"), tapped(bot.Event{Kind: bot.EventMedia, Media: "scan"})},
		"menu scan of a mail":            {scan("mailto://x"), tapped(bot.Event{Kind: bot.EventMedia, Media: "scan"})},
		"menu scan of a payer's code":    {scan("134567890123456789"), tapped(bot.Event{Kind: bot.EventMedia, Media: "scan"})},
		"menu scan of an Alipay code":    {scan("281234567890123456"), tapped(bot.Event{Kind: bot.EventMedia, Media: "scan"})},
		"menu scan of nothing":           {scan(""), tapped(bot.Event{Kind: bot.EventMedia, Media: "scan"})},
		"menu scan of a page":            {scan(strings.Repeat("x", 200)), tapped(bot.Event{Kind: bot.EventMedia, Media: "scan"})},
		"a scan result in another place": {event("scancode_waitmsg", "6", number("SendPicsInfo", "<ScanResult>2</ScanResult>")), tapped(bot.Event{Kind: bot.EventMedia, Media: "scan"})},
		"place, on its own":              {event("LOCATION", "", field("Latitude", "23.1")), nil},
		"WeChat's own desk":              {event("kf_create_session", "", field("KfAccount", "a@b")), nil},
		"event of next year":             {event("hologram", ""), nil},
	} {
		for _, cfg := range []Config{plain(), safe()} {
			t.Run(name+"/"+cfg.withDefaults().Mode, func(t *testing.T) {
				d := newDesk()
				if tc.want != nil {
					d.answers[subject(*tc.want)] = []bot.Message{says("好的")}
				}
				p := open(t, cfg, d.deps())
				push := []wechattest.Field{field("ToUserName", "gh_1a2b3c4d5e6f"), field("FromUserName", "o-openid"), number("CreateTime", "1700000000")}
				if tc.fields[0].Value != "event" {
					push = append(push, number("MsgId", "42"))
				}
				r, err := p.Push(append(push, tc.fields...)...)
				if err != nil || r.Status != http.StatusOK {
					t.Fatalf("%d %v", r.Status, err)
				}
				if tc.want == nil || tc.want.Kind == bot.EventLeft {
					if string(r.Body) != "success" {
						t.Errorf("answer %q, want success", r.Body)
					}
				} else if r.Text != "好的" {
					t.Errorf("answer %q", r.Text)
				}
				var got, want []bot.Event
				for _, e := range d.handled() {
					e.Key, e.CID = "", ""
					got = append(got, e)
				}
				if tc.want != nil {
					want = []bot.Event{*tc.want}
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("events (-want +got):\n%s", diff)
				}
			})
		}
	}
}

func TestKey(t *testing.T) {
	long := strings.Repeat("9", 5000)
	for _, tc := range []struct {
		push     push
		key, cid string
	}{
		{push{FromUserName: "oA", MsgType: "text", MsgId: "42", CreateTime: "17", Content: "x"}, "wechat:17:wx1:oA:42", "42"},
		{push{FromUserName: "oA", MsgType: "text", MsgId: "not-a-number", CreateTime: "17", Content: "x"}, "wechat:17:wx1:oA:not-a-number", "not-a-number"},
		{push{FromUserName: "oA", MsgType: "text", MsgId: long, CreateTime: "17", Content: "x"}, "wechat:17:wx1:oA:" + short(long), short(long)},
		{push{FromUserName: "oA", MsgType: "image", MsgId: "42", CreateTime: "17"}, "wechat:17:wx1:oA:42", ""},
		{push{FromUserName: "oA", MsgType: "event", Event: "CLICK", EventKey: "转人工", CreateTime: "17"}, "wechat:17:wx1:oA:CLICK:转人工", "17:转人工"},
		{push{FromUserName: "oA", MsgType: "event", Event: "subscribe", CreateTime: "17"}, "wechat:17:wx1:oA:subscribe:", ""},
	} {
		e := tc.push.event("wx1")
		if e.Key != tc.key || e.CID != tc.cid || len(e.Key) > 500 {
			t.Errorf("key %q, cid %q, want %q, %q", e.Key, e.CID, tc.key, tc.cid)
		}
	}
}

// TestPreviousKey: while the account changes over, both keys open a push, and the reply is sealed with the one that did.
func TestPreviousKey(t *testing.T) {
	cfg := safe()
	cfg.AESKeyPrevious = otherKey
	d := newDesk()
	d.answers["刷卡"] = []bot.Message{says("好的")}
	p := open(t, cfg, d.deps())
	for _, key := range []string{testKey, otherKey} {
		p.AESKey = key
		if r, err := p.Text("o-openid", "刷卡"); err != nil || r.Text != "好的" {
			t.Errorf("%q %v", r.Text, err)
		}
	}
}

// TestCompatible: of a body that has both, only the encrypted part is read.
func TestCompatible(t *testing.T) {
	d := newDesk()
	p := open(t, safe(), d.deps())
	q, sealed := p.Seal(wechattest.XML(p.Message("o-openid", "text", field("Content", "真"))...))
	forged := wechattest.XML(p.Message("o-victim", "text", field("Content", "假"))...)
	both := append(bytes.TrimSuffix(forged, []byte("</xml>")), bytes.TrimPrefix(sealed, []byte("<xml>"))...)
	if r, err := p.Post(q, both); err != nil || !r.Silent() {
		t.Fatalf("%d %v", r.Status, err)
	}
	if got := d.handled(); len(got) != 1 || got[0].Text != "真" {
		t.Errorf("handled %+v", got)
	}
}

// TestCapturedURL: in plain mode the signature of one message does not serve another, and WeChat's own repetition passes.
func TestCapturedURL(t *testing.T) {
	d := newDesk()
	d.answers["刷卡"] = []bot.Message{says("好的")}
	p := open(t, plain(), d.deps())
	q := p.Query()
	first := wechattest.XML(p.Message("o-openid", "text", field("Content", "刷卡"))...)
	for range 2 {
		if r, err := p.Post(q, first); err != nil || r.Text != "好的" {
			t.Fatalf("%q %v", r.Text, err)
		}
	}
	forged := wechattest.XML(p.Message("o-victim", "text", field("Content", "转账"))...)
	if r, err := p.Post(q, forged); err != nil || r.Status != http.StatusForbidden {
		t.Errorf("forged: %d %v", r.Status, err)
	}
	if n := len(d.handled()); n != 1 {
		t.Errorf("%d handled", n)
	}
}

func TestSignaturesForget(t *testing.T) {
	var s signatures
	now := time.Unix(1_700_000_000, 0)
	if !s.claim("a", "1", now) || s.claim("a", "2", now.Add(9*time.Minute)) || !s.claim("a", "1", now) {
		t.Error("not bound")
	}
	s.claim("b", "1", now.Add(11*time.Minute))
	if s.claim("a", "2", now.Add(11*time.Minute)) {
		t.Error("forgotten too early")
	}
	s.claim("c", "1", now.Add(22*time.Minute))
	if !s.claim("a", "2", now.Add(22*time.Minute)) {
		t.Error("never forgotten")
	}
}

// TestFailure: what could not be handled is not acknowledged, and WeChat's next attempt gets the reply.
func TestFailure(t *testing.T) {
	d := newDesk()
	d.answers["刷卡"] = []bot.Message{says("好的")}
	d.fails["刷卡"] = errors.New("disk full at o-openid")
	p := open(t, safe(), d.deps())
	push := p.Message("o-openid", "text", field("Content", "刷卡"))
	if r, err := p.Push(push...); err != nil || r.Status != http.StatusServiceUnavailable || len(r.Body) > 0 {
		t.Fatalf("%d %q %v", r.Status, r.Body, err)
	}
	delete(d.fails, "刷卡")
	if r, err := p.Push(push...); err != nil || r.Text != "好的" {
		t.Errorf("%q %v", r.Text, err)
	}
	d.fails["太长"] = bot.ErrTooLong
	if r, err := p.Text("o-openid", "太长"); err != nil || r.Text != textTooLong {
		t.Errorf("%q %v", r.Text, err)
	}
	d.fails["\u200b"] = bot.ErrEmpty
	if r, err := p.Text("o-openid", "\u200b"); err != nil || string(r.Body) != "success" {
		t.Errorf("%q %v", r.Body, err)
	}
}
