package main

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// pictures are where the pictures of the README lie.
var pictures = "../.github/pictures"

const largestPicture = 200_000

// shoot writes a picture of the page, or of one thing in it.
func (b *tab) shoot(name, css string) {
	b.t.Helper()
	b.do(chromedp.MouseEvent("mouseMoved", 2, 2)) // nothing is pointed at
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	p := page.CaptureScreenshotParams{Format: page.CaptureScreenshotFormatPng}
	if css != "" {
		r := eval[struct{ X, Y, W, H float64 }](b, `(() => { const r = all(`+quoted(css)+`)[0].getBoundingClientRect(); return { X: r.x - 16, Y: r.y - 16, W: r.width + 32, H: r.height + 32 } })()`)
		p.Clip = &page.Viewport{X: max(r.X, 0), Y: max(r.Y, 0), Width: r.W, Height: r.H, Scale: 1}
	}
	res, err := chromedp.Call(ctx, page.CaptureScreenshot, p)
	if err != nil {
		b.t.Fatalf("picture %s: %v", name, err)
	}
	data, err := smaller(res.Data)
	if err != nil {
		b.t.Fatalf("picture %s: %v", name, err)
	}
	if len(data) > largestPicture {
		b.t.Errorf("picture %s has %d bytes, more than %d", name, len(data), largestPicture)
	}
	if err := os.WriteFile(filepath.Join(pictures, name+".png"), data, 0o644); err != nil {
		b.t.Fatal(err)
	}
}

// smaller makes a picture one of at most 256 colours, which the pages nearly have: the most frequent ones, and for the edges of
// letters the nearest of them.
func smaller(data []byte) ([]byte, error) {
	img, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	count := map[color.RGBA]int{}
	at := img.Bounds()
	for y := at.Min.Y; y < at.Max.Y; y++ {
		for x := at.Min.X; x < at.Max.X; x++ {
			count[color.RGBAModel.Convert(img.At(x, y)).(color.RGBA)]++
		}
	}
	byCount := slices.SortedFunc(maps.Keys(count), func(a, b color.RGBA) int {
		return cmp.Or(cmp.Compare(count[b], count[a]), cmp.Compare(a.R, b.R), cmp.Compare(a.G, b.G), cmp.Compare(a.B, b.B))
	})
	var few color.Palette
	for _, near := range []int{24, 0} { // first colours that differ, so that rare ones find one like them
		for _, c := range byCount {
			if len(few) == 256 || near == 0 && slices.Contains(few, color.Color(c)) {
				continue
			}
			if near == 0 || !slices.ContainsFunc(few, func(f color.Color) bool { return distance(f.(color.RGBA), c) < near }) {
				few = append(few, c)
			}
		}
	}
	flat := image.NewPaletted(at, few)
	index := map[color.RGBA]uint8{}
	for c := range count {
		index[c] = uint8(few.Index(c))
	}
	for y := at.Min.Y; y < at.Max.Y; y++ {
		for x := at.Min.X; x < at.Max.X; x++ {
			flat.SetColorIndex(x, y, index[color.RGBAModel.Convert(img.At(x, y)).(color.RGBA)])
		}
	}
	var out bytes.Buffer
	err = (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&out, flat)
	return out.Bytes(), err
}

func distance(a, b color.RGBA) int {
	abs := func(n int) int { return max(n, -n) }
	return abs(int(a.R)-int(b.R)) + abs(int(a.G)-int(b.G)) + abs(int(a.B)-int(b.B))
}

// TestScreens walks through every state that has a picture. With POSDOCTOR_SHOTS=1 it takes the pictures of the README anew.
func TestScreens(t *testing.T) {
	if os.Getenv("POSDOCTOR_SHOTS") != "1" {
		pictures = t.TempDir()
	}
	if err := os.MkdirAll(pictures, 0o755); err != nil {
		t.Fatal(err)
	}
	s := startServer(t)
	const panel = ".pd-panel"
	shop := look{width: 1280, height: 800}
	wide := look{width: 1440, height: 900}

	m := openWidget(t, s, shop)
	m.shoot("widget-home", "")
	m.ask("POS机显示商户状态异常")
	m.find(".pd-choices .pd-chip", "")
	m.settled()
	m.shoot("widget-choices", panel)
	m.toCard()
	m.find(".pd-choices .pd-chip", "")
	m.settled()
	m.shoot("widget-card", panel)
	dark := shop
	dark.dark = true
	d := openWidget(t, s, dark)
	d.ask("POS机显示商户状态异常")
	d.toCard()
	d.find(".pd-choices .pd-chip", "")
	d.settled()
	d.shoot("widget-card-dark", panel)

	k := openWidget(t, s, shop)
	k.ask("演示商户 2")
	k.see("川味小馆")
	k.ask("商户状态异常")
	k.find(".pd-chip", "提交工单")
	k.choose("提交工单")
	k.find(".pd-chip", "确认提交")
	k.choose("确认提交")
	k.find(".pd-ticket-no b", "LQ")
	k.settled()
	k.shoot("widget-ticket", panel)

	l := openConsole(t, s, "login", wide)
	l.shoot("console-login", "")
	s.agent("李敏", "a password of 李敏")
	s.routing("offer_s", 90) // the picture by night is taken while one still stands
	a := agentAt(t, s, "agent", "李敏", "a password of 李敏", wide)
	for _, words := range []string{"今天的钱没到账", "二维码扫不了"} { // company in the queue
		v := s.visitor("")
		for i, text := range []string{words, "转人工"} {
			v.do("POST", "/api/w/v1/send", map[string]string{"t": "msg", "cid": string(rune('a' + i)), "text": text}, 200, nil)
		}
	}
	m.click(".pd-escalate", "转人工")
	m.find(".pd-queue", "")
	m.settled()
	m.shoot("widget-queued", panel)
	k.click(".pd-escalate", "转人工")
	k.find(".pd-queue", "")
	a.find(".row", "川味小馆")
	a.until("four waiting", `all('.row').length === 4`)
	a.click(".row[data-id='"+m.visitor().conv+"']", "")
	a.find(".talk-head button", "接入")
	a.find(".helper blockquote", "")
	a.until("no notice over the page", `all('.toast').length === 0`)
	a.shoot("console-queue", "")
	a.click(".talk-head button", "接入")
	a.find("#composer", "")
	m.find(".pd-holder", "人工客服 李敏")
	a.reply("您好，我是李敏。您前面回答的我都看到了，我先帮您查一下商户的登记状态。")
	m.see("登记状态。")
	m.ask("好的，麻烦快一点，店里有人排队")
	a.find(".log .bubble", "店里有人排队")
	a.reply("查到了：长期没有交易，商户被停用。请先扫码收款，我把重新启用要交的资料发给您。")
	m.see("发给您。")
	m.settled()
	m.shoot("widget-agent", panel)
	a.until("nothing on its way", `all('.msg.pending').length === 0`)
	a.shoot("console-chat", "")

	a.click(".helper [role=tab]", "商户与机具")
	a.find(".helper", "")
	a.click(".modes button", "备注")
	a.click("#composer", "")
	a.write("已请商户扫码收款，等他补资料")
	a.press("Enter", kb.ModifierCtrl)
	a.find(".note-line", "等他补资料")
	a.click(".modes button", "回复商户")
	a.click(".helper [role=tab]", "建议答案")
	a.find(".suggestion", "")
	a.shoot("console-helper", "")
	a.click(".tab", "即将超时")
	a.until("nothing due", `all('.empty').length > 0 || all('.row').length > 0`)
	a.visitPage("/") // a second page of one agent only reads

	night := wide
	night.dark = true
	b := agentAt(t, s, "agent at night", "李敏", "a password of 李敏", night)
	b.click(".tab", "我的")
	b.click(".row", "")
	b.find(".log .bubble", "发给您。")
	b.find("#composer", "")
	b.shoot("console-chat-dark", "")

	b.visitPage("/")

	quiet(t, wide)

	o := openWidget(t, s, shop, awayFaults...)
	o.ask("刷卡没反应")
	o.settled()
	o.offline(true)
	o.ask("提示 58")
	o.find(".pd-bar", "正在重连")
	o.shoot("widget-offline", panel)
	o.offline(false)
	o.settled()

	p := openTab(t, s, "phone", look{width: 390, height: 844, touch: true})
	p.visitPage("/chat")
	p.click(".pd-topics button", "提示 58")
	p.find("[data-id]", "")
	p.settled()
	p.until("an answer", `all('[data-id]').length > 1`)
	time.Sleep(300 * time.Millisecond) // the finger's mark fades
	p.shoot("chat-phone", "")
}

// quiet are the states of a console in which little happens: nobody waits, out of hours, the server is away.
func quiet(t *testing.T, l look) {
	t.Helper()
	s := startServer(t)
	a := agentAt(t, s, "quiet agent", "admin", adminPassword, l, awayFaults...)
	a.asks(`{"open":true,"waiting":0,"eta_s":0,"reason":"","closes_at":null,"opens_at":null}`)
	a.visitPage("/console")
	a.find(".empty-head", "暂无排队")
	a.until("no word about hours", `all('.standing').length === 0`)
	a.shoot("console-empty", "")
	next := time.Now().Add(20 * time.Hour)
	nine := time.Date(next.Year(), next.Month(), next.Day(), 9, 0, 0, 0, next.Location())
	a.asks(fmt.Sprintf(`{"open":false,"waiting":0,"eta_s":0,"reason":"closed","closes_at":null,"opens_at":%d}`, nine.UnixMilli()))
	a.visitPage("/console")
	a.find(".standing", "不在人工服务时间")
	a.shoot("console-hours", "")
	a.asks("")
	a.offline(true)
	a.find(".banner", "网络已断开")
	a.click(".tab", "机器人")
	a.find(".list-error", "列表没有加载成功")
	a.shoot("console-error", "")
	a.offline(false)
}

// asks answers the page's question how the desk stands, so that a picture is the same at any hour; "" lets the server answer.
func (b *tab) asks(desk string) {
	b.t.Helper()
	b.do(call(fetch.Disable, cdp.Empty{}))
	if desk == "" {
		return
	}
	b.answers = desk
	if !b.answering {
		b.answering = true
		if err := chromedp.Listen(b.ctx, func(ev any) {
			if p, ok := ev.(*fetch.EventRequestPaused); ok {
				go func() {
					if err := b.run(call(fetch.FulfillRequest, fetch.FulfillRequestParams{RequestID: p.RequestID, ResponseCode: 200,
						ResponseHeaders: []*fetch.HeaderEntry{{Name: "Content-Type", Value: "application/json"}}, Body: []byte(b.answers)})); err != nil {
						b.t.Errorf("answering for the server: %v", err)
					}
				}()
			}
		}); err != nil {
			b.t.Fatal(err)
		}
	}
	b.do(call(fetch.Enable, fetch.EnableParams{Patterns: []*fetch.RequestPattern{{URLPattern: "*/api/a/v1/desk"}}}))
}
