package wechat

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"posdoctor/bot"
)

// TestRecorded: a push of every kind, written as the examples of the vendor's documents are ("Receiving standard messages", "Receiving
// event pushes", "Event pushes of custom menus": doc/offiaccount/Message_Management, Custom_Menus at developers.weixin.qq.com), by an
// account that fetches media. White space between elements stands there as it does in the examples.
func TestRecorded(t *testing.T) {
	message := func(kind, rest string) string {
		return `<xml>
  <ToUserName><![CDATA[gh_1a2b3c4d5e6f]]></ToUserName>
  <FromUserName><![CDATA[o-openid]]></FromUserName>
  <CreateTime>1348831860</CreateTime>
  <MsgType><![CDATA[` + kind + `]]></MsgType>
` + rest + `
  <MsgId>1234567890123456</MsgId>
  <MsgDataId>2247483647</MsgDataId>
  <Idx>1</Idx>
</xml>`
	}
	event := func(name, rest string) string {
		return `<xml><ToUserName><![CDATA[gh_1a2b3c4d5e6f]]></ToUserName>
<FromUserName><![CDATA[o-openid]]></FromUserName>
<CreateTime>1408090502</CreateTime>
<MsgType><![CDATA[event]]></MsgType>
<Event><![CDATA[` + name + `]]></Event>
` + rest + `
</xml>`
	}
	fetch := func(kind string) *bot.Fetch {
		return &bot.Fetch{Target: "wechat-media", MediaID: "media_id_1-x", Kind: kind}
	}
	const byMessage, byTap = bot.TriggerMessage, bot.TriggerTap
	for name, tc := range map[string]struct {
		xml  string
		want *bot.Event
	}{
		"text": {message("text", `  <Content><![CDATA[this is a test]]></Content>`), &bot.Event{Kind: bot.EventSaid, Text: "this is a test", Trigger: byMessage}},
		"text, tapped in a menu message": {message("text", `  <Content><![CDATA[满意]]></Content><bizmsgmenuid>all-cards:yes</bizmsgmenuid>`),
			&bot.Event{Kind: bot.EventChose, Choice: "all-cards:yes", Text: "满意", Trigger: byTap}},
		"image": {message("image", `  <PicUrl><![CDATA[http://169.254.169.254/latest/meta-data]]></PicUrl>
  <MediaId><![CDATA[media_id_1-x]]></MediaId>`), &bot.Event{Kind: bot.EventMedia, Media: "image", Fetch: fetch("image"), Trigger: byMessage}},
		"image without id": {message("image", `  <PicUrl><![CDATA[http://127.0.0.1:1/]]></PicUrl>`), &bot.Event{Kind: bot.EventMedia, Media: "image", Trigger: byMessage}},
		"image with an odd id": {message("image", `  <MediaId><![CDATA[../../x?y=1&access_token=z]]></MediaId>`),
			&bot.Event{Kind: bot.EventMedia, Media: "image", Trigger: byMessage}},
		"voice": {message("voice", `  <MediaId><![CDATA[media_id_1-x]]></MediaId>
  <Format><![CDATA[amr]]></Format>
  <MediaId16K><![CDATA[media_id_16k]]></MediaId16K>
  <Recognition><![CDATA[]]></Recognition>`), &bot.Event{Kind: bot.EventMedia, Media: "voice", Fetch: fetch("voice"), Trigger: byMessage}},
		"voice with words": {message("voice", `  <MediaId><![CDATA[media_id_1-x]]></MediaId><Format><![CDATA[speex]]></Format>
  <Recognition><![CDATA[腾讯微信团队]]></Recognition>`), &bot.Event{Kind: bot.EventSaid, Text: "腾讯微信团队", Spoken: true, Trigger: byMessage}},
		"video": {message("video", `  <MediaId><![CDATA[media_id_1-x]]></MediaId>
  <ThumbMediaId><![CDATA[thumb_media_id]]></ThumbMediaId>`), &bot.Event{Kind: bot.EventMedia, Media: "video", Trigger: byMessage}},
		"short video": {message("shortvideo", `  <MediaId><![CDATA[media_id_1-x]]></MediaId><ThumbMediaId><![CDATA[thumb]]></ThumbMediaId>`),
			&bot.Event{Kind: bot.EventMedia, Media: "video", Trigger: byMessage}},
		"location": {message("location", `  <Location_X>23.134521</Location_X>
  <Location_Y>113.358803</Location_Y>
  <Scale>20</Scale>
  <Label><![CDATA[广州市海珠区客村艺苑路 11 号]]></Label>`), &bot.Event{Kind: bot.EventMedia, Media: "location", Text: "广州市海珠区客村艺苑路 11 号", Trigger: byMessage}},
		"link": {message("link", `  <Title><![CDATA[公众平台官网链接]]></Title>
  <Description><![CDATA[公众平台官网链接]]></Description>
  <Url><![CDATA[http://127.0.0.1:1/]]></Url>`), &bot.Event{Kind: bot.EventMedia, Media: "link", Text: "公众平台官网链接", Trigger: byMessage}},
		"file": {message("file", `  <Title><![CDATA[小票.pdf]]></Title><Description><![CDATA[]]></Description><FileKey><![CDATA[k]]></FileKey><FileTotalLen>12345</FileTotalLen>`),
			&bot.Event{Kind: bot.EventMedia, Media: "file", Text: "小票.pdf", Trigger: byMessage}},
		"kind that is not documented": {message("emotion", `  <Thing><![CDATA[x]]></Thing>`), &bot.Event{Kind: bot.EventMedia, Media: "unknown", Trigger: byMessage}},

		"subscribe":   {event("subscribe", ``), &bot.Event{Kind: bot.EventFollowed, Trigger: byTap}},
		"unsubscribe": {event("unsubscribe", ``), &bot.Event{Kind: bot.EventLeft}},
		"subscribe by a code": {event("subscribe", `<EventKey><![CDATA[qrscene_123123]]></EventKey>
<Ticket><![CDATA[TICKET]]></Ticket>`), &bot.Event{Kind: bot.EventFollowed, Scene: "123123", Trigger: byTap}},
		"scan": {event("SCAN", `<EventKey><![CDATA[SCENE_VALUE]]></EventKey>
<Ticket><![CDATA[TICKET]]></Ticket>`), &bot.Event{Kind: bot.EventFollowed, Scene: "SCENE_VALUE", Trigger: byTap}},
		"place, told by itself": {event("LOCATION", `<Latitude>23.137466</Latitude><Longitude>113.352425</Longitude><Precision>119.385040</Precision>`), nil},
		"menu: words":           {event("CLICK", `<EventKey><![CDATA[查进度]]></EventKey>`), &bot.Event{Kind: bot.EventSaid, Text: "查进度", Trigger: byTap}},
		"menu: page":            {event("VIEW", `<EventKey><![CDATA[www.qq.com]]></EventKey><MenuId>MENUID</MenuId>`), nil},
		"menu: scan": {event("scancode_push", `<EventKey><![CDATA[6]]></EventKey>
<ScanCodeInfo><ScanType><![CDATA[qrcode]]></ScanType>
<ScanResult><![CDATA[1]]></ScanResult>
</ScanCodeInfo>`), nil},
		"menu: scan and wait": {event("scancode_waitmsg", `<EventKey><![CDATA[6]]></EventKey>
<ScanCodeInfo><ScanType><![CDATA[barcode]]></ScanType>
<ScanResult><![CDATA[CODE_128,N3000123456]]></ScanResult>
</ScanCodeInfo>`), &bot.Event{Kind: bot.EventSaid, Text: "N3000123456", Trigger: byTap}},
		"menu: photo": {event("pic_sysphoto", `<EventKey><![CDATA[6]]></EventKey>
<SendPicsInfo><Count>1</Count>
<PicList><item><PicMd5Sum><![CDATA[1b5f7c23b5bf75682a53e7b6d163e185]]></PicMd5Sum>
</item>
</PicList>
</SendPicsInfo>`), nil},
		"menu: photo or album":    {event("pic_photo_or_album", `<EventKey><![CDATA[6]]></EventKey><SendPicsInfo><Count>1</Count><PicList><item><PicMd5Sum><![CDATA[5a]]></PicMd5Sum></item></PicList></SendPicsInfo>`), nil},
		"menu: photo of WeChat's": {event("pic_weixin", `<EventKey><![CDATA[6]]></EventKey><SendPicsInfo><Count>1</Count><PicList><item><PicMd5Sum><![CDATA[5a]]></PicMd5Sum></item></PicList></SendPicsInfo>`), nil},
		"menu: place": {event("location_select", `<EventKey><![CDATA[6]]></EventKey>
<SendLocationInfo><Location_X><![CDATA[23]]></Location_X>
<Location_Y><![CDATA[113]]></Location_Y>
<Scale><![CDATA[15]]></Scale>
<Label><![CDATA[ 广州市海珠区客村艺苑路 106号]]></Label>
<Poiname><![CDATA[]]></Poiname>
</SendLocationInfo>`), nil},
		"menu: mini program":    {event("view_miniprogram", `<EventKey><![CDATA[pages/index/index]]></EventKey><MenuId>MENUID</MenuId>`), nil},
		"template message sent": {event("TEMPLATESENDJOBFINISH", `<MsgID>200163836</MsgID><Status><![CDATA[success]]></Status>`), nil},
	} {
		for _, cfg := range []Config{plain(), safe()} {
			t.Run(name+"/"+cfg.withDefaults().Mode, func(t *testing.T) {
				d := newDesk()
				cfg.AppSecret, cfg.APIURL = "secret", "http://127.0.0.1:9"
				deps := d.deps()
				deps.Leases, deps.Outbox, deps.Files = nowhere{}, nowhere{}, nowhere{}
				p := open(t, cfg, deps)
				r, err := p.PushXML([]byte(tc.xml))
				if err != nil || r.Status != http.StatusOK {
					t.Fatalf("%d %v", r.Status, err)
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

// nowhere is for tests in which nothing is sent or fetched.
type nowhere struct {
	bot.Leases
	bot.Outbox
	bot.Files
}
