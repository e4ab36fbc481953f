package wechat

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"strings"
	"unicode/utf8"

	"posdoctor/bot"
)

// push is what WeChat sends, every field as the text that stood there:
//
//	<xml><ToUserName><![CDATA[gh_1a2b]]></ToUserName><FromUserName><![CDATA[oABC]]></FromUserName>
//	<CreateTime>1700000000</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[刷卡提示58]]></Content>
//	<MsgId>1234567890123456</MsgId></xml>
//
//	… <MsgType><![CDATA[voice]]></MsgType><MediaId><![CDATA[99_x]]></MediaId><Format><![CDATA[amr]]></Format> …
//	… <MsgType><![CDATA[location]]></MsgType><Location_X>23.13</Location_X><Location_Y>113.36</Location_Y><Label><![CDATA[人民路 1 号]]></Label> …
//	… <MsgType><![CDATA[event]]></MsgType><Event><![CDATA[subscribe]]></Event><EventKey><![CDATA[qrscene_shop42]]></EventKey> …
//	… <Event><![CDATA[scancode_waitmsg]]></Event><EventKey><![CDATA[scan]]></EventKey><ScanCodeInfo><ScanType><![CDATA[barcode]]></ScanType>
//	<ScanResult><![CDATA[CODE_128,N300012345]]></ScanResult></ScanCodeInfo></xml>
//
// PicUrl and the other addresses are not read: what is fetched is fetched by MediaId. Format is not, for the bytes say it.
type push struct {
	ToUserName, FromUserName, CreateTime, MsgType, MsgId string
	Content, Recognition                                 string
	BizMsgMenuID                                         string // the tapped item of a menu message; any text
	Event, EventKey                                      string
	MediaId                                              string // of an image or a voice
	Title, Label                                         string // of a link or file; of a place
	ScanResult                                           string // inside ScanCodeInfo
	Encrypt                                              string // safe mode: all of the above
}

func (p *push) field(name string) *string {
	switch name {
	case "ToUserName":
		return &p.ToUserName
	case "FromUserName":
		return &p.FromUserName
	case "CreateTime":
		return &p.CreateTime
	case "MsgType":
		return &p.MsgType
	case "MsgId":
		return &p.MsgId
	case "Content":
		return &p.Content
	case "Recognition":
		return &p.Recognition
	case "bizmsgmenuid":
		return &p.BizMsgMenuID
	case "Event":
		return &p.Event
	case "EventKey":
		return &p.EventKey
	case "MediaId":
		return &p.MediaId
	case "Title":
		return &p.Title
	case "Label":
		return &p.Label
	case "ScanCodeInfo/ScanResult":
		return &p.ScanResult
	case "Encrypt":
		return &p.Encrypt
	}
	return nil
}

const maxDepth = 16

// parsePush reads the children of <xml>, and theirs where field knows them. What it does not know, and what is nested deeper, is passed
// over; of a field that comes twice the first counts. Characters that XML forbids are dropped beforehand: merchants paste them, and a message is not lost over one.
func parsePush(body []byte) (push, error) {
	body = cleanBytes(body)
	if start := bytes.TrimLeft(body, " \t\r\n"); len(start) == 0 || start[0] != '<' {
		return push{}, malformed("not XML; choose XML as the message format at mp.weixin.qq.com")
	}
	var (
		p     push
		value strings.Builder
		at    *string // the field being read
		in    int     // its depth
		child string  // of <xml>, the one being read
		depth int
		known [16]*string
		n     int
	)
	d := xml.NewDecoder(bytes.NewReader(body))
	d.CharsetReader = func(string, io.Reader) (io.Reader, error) { return nil, errors.New("charset") }
	for {
		t, err := d.Token()
		if err != nil {
			return push{}, malformed("broken XML")
		}
		switch t := t.(type) {
		case xml.Directive:
			return push{}, malformed("XML with a DOCTYPE")
		case xml.StartElement:
			depth++
			switch {
			case depth == 1 && t.Name.Local != "xml":
				return push{}, malformed("not a push")
			case depth == 2 || depth == 3 && at == nil:
				name := t.Name.Local
				if depth == 2 {
					child = name
				} else {
					name = child + "/" + name
				}
				at, in = p.field(name), depth
				for _, k := range known[:n] {
					if k == at {
						at = nil
					}
				}
				value.Reset()
			case depth > maxDepth:
				return push{}, malformed("XML nested too deep")
			}
		case xml.CharData:
			if at != nil && depth == in {
				value.Write(t)
			}
		case xml.EndElement:
			if at != nil && depth == in {
				*at = strings.TrimSpace(value.String())
				known[n], n, at = at, n+1, nil
			}
			if depth--; depth == 0 {
				return p, nil
			}
		}
	}
}

// cleanBytes makes valid UTF-8 without the characters that XML 1.0 forbids.
func cleanBytes(b []byte) []byte {
	for i := 0; i < len(b); {
		r, size := utf8.DecodeRune(b[i:])
		if !allowed(r) || r == utf8.RuneError && size == 1 {
			return []byte(clean(string(b)))
		}
		i += size
	}
	return b
}

// complete asks for what every push has. A name longer than any that WeChat gives is none.
func (p push) complete() error {
	switch {
	case p.FromUserName == "" && p.Encrypt != "":
		return malformed("encrypted, but wechat-mode is plain")
	case p.FromUserName == "" || len(p.FromUserName) > 128:
		return malformed("no FromUserName")
	case p.MsgType == "":
		return malformed("no MsgType")
	case p.MsgType == "event" && (p.Event == "" || p.CreateTime == ""):
		return malformed("no Event or CreateTime")
	case p.MsgType != "event" && p.MsgId == "" && p.CreateTime == "":
		return malformed("no MsgId and no CreateTime")
	}
	return nil
}

// key tells a repeated push from a new one. MsgId alone has been seen twice with different users; events have none, and two of them
// may come within one second.
func (p push) key(appID string) string {
	parts := []string{"wechat", short(p.CreateTime), appID, p.FromUserName}
	if p.MsgType == "event" {
		parts = append(parts, short(p.Event), short(p.EventKey))
	} else {
		parts = append(parts, short(p.MsgId))
	}
	return strings.Join(parts, ":")
}

// short keeps a key short whatever a push brings.
func short(s string) string {
	if len(s) <= 128 {
		return s
	}
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

// trigger is what an event allows to push. A tap on a link of the menu allows nothing.
var trigger = map[string]string{"subscribe": bot.TriggerTap, "scan": bot.TriggerTap, "click": bot.TriggerTap, "scancode_push": bot.TriggerTap,
	"scancode_waitmsg": bot.TriggerTap}

// event is what the push means to the conversation. Kind is empty for a push that means nothing to it; Key is always set.
func (p push) event(appID string) bot.Event {
	e := bot.Event{Key: p.key(appID), Trigger: bot.TriggerMessage}
	said := func(text, cid string) {
		if text != "" {
			e.Kind, e.Text, e.CID = bot.EventSaid, text, cid
		}
	}
	media := func(kind string) { e.Kind, e.Media = bot.EventMedia, kind }
	id := short(p.MsgId)

	switch strings.ToLower(p.MsgType) {
	case "text":
		if p.BizMsgMenuID != "" {
			e.Kind, e.Choice, e.Text, e.CID = bot.EventChose, p.BizMsgMenuID, p.Content, id
			e.Trigger = bot.TriggerTap
		} else {
			said(p.Content, id)
		}
	case "voice":
		if p.Recognition != "" {
			said(p.Recognition, id)
			e.Spoken = true
		} else {
			media("voice")
		}
	case "image", "video":
		media(strings.ToLower(p.MsgType))
	case "location":
		media("location")
		e.Text = p.Label
	case "link", "file":
		media(strings.ToLower(p.MsgType))
		e.Text = p.Title
	case "shortvideo":
		media("video")
	case "event":
		e.Trigger = trigger[strings.ToLower(p.Event)]
		switch strings.ToLower(p.Event) {
		case "subscribe", "scan":
			e.Kind, e.Scene = bot.EventFollowed, p.scene()
		case "unsubscribe":
			e.Kind = bot.EventLeft
		case "click": // the key of a menu button is the words that a tap stands for
			said(p.EventKey, short(p.CreateTime+":"+p.EventKey))
		case "scancode_waitmsg": // scancode_push opens what it read on the phone and waits for nobody
			if said(scanned(p.ScanResult), short(p.CreateTime+":"+p.EventKey)); e.Kind == "" {
				media("scan")
			}
		}
	default: // silence would be a dead end
		media("unknown")
	}
	return e
}

// scene is what the account's operator wrote into the QR code that was scanned. A new follower's comes with a prefix; without one, the
// key says something else, or nothing.
func (p push) scene() string {
	if strings.EqualFold(p.Event, "scan") {
		return p.EventKey
	}
	scene, ok := strings.CutPrefix(p.EventKey, "qrscene_")
	if !ok {
		return ""
	}
	return scene
}

// symbology is what WeChat puts before what a bar code says: CODE_128,N300012345.
var symbology = regexp.MustCompile(`^(?:CODE_\d+|EAN_\d+|UPC_[AE]|ITF|CODABAR|QR_CODE),`)

var (
	// plainCode is what may stand on a machine or a slip: a serial number, a merchant number, a few words.
	plainCode = regexp.MustCompile(`^[\p{L}\p{N}][ \p{L}\p{N}._/,:+*#-]{0,98}$`)
	// payCode is what a payer's phone shows to be scanned: money. WeChat Pay's has 18 digits, Alipay's up to 24.
	payCode = regexp.MustCompile(`^(?:1[0-5]\d{16}|(?:2[5-9]|30)\d{14,22})$`)
)

// scanned is what a scanned code says, as the merchant's words; "" when it is nothing to say: an address, or somebody's money.
func scanned(result string) string {
	result = symbology.ReplaceAllString(result, "")
	if !plainCode.MatchString(result) || payCode.MatchString(result) || strings.Contains(result, "//") {
		return ""
	}
	return result
}
