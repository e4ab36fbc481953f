package wechat

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"posdoctor/bot"
)

// push is what WeChat sends, every field as the text that stood there:
//
//	<xml><ToUserName><![CDATA[gh_1a2b]]></ToUserName><FromUserName><![CDATA[oABC]]></FromUserName>
//	<CreateTime>1700000000</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[刷卡提示58]]></Content>
//	<MsgId>1234567890123456</MsgId></xml>
type push struct {
	ToUserName, FromUserName, CreateTime, MsgType, MsgId string
	Content, Recognition                                 string
	BizMsgMenuID                                         string // the tapped item of a menu message; any text
	Event, EventKey                                      string
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
	case "Encrypt":
		return &p.Encrypt
	}
	return nil
}

const maxDepth = 16

// parsePush reads the children of <xml>. What it does not know, and what is nested deeper, is passed over; of a field that comes twice
// the first counts. Characters that XML forbids are dropped beforehand: merchants paste them, and a message is not lost over one.
func parsePush(body []byte) (push, error) {
	body = cleanBytes(body)
	if start := bytes.TrimLeft(body, " \t\r\n"); len(start) == 0 || start[0] != '<' {
		return push{}, malformed("not XML; choose XML as the message format at mp.weixin.qq.com")
	}
	var (
		p     push
		value strings.Builder
		at    *string // the field being read
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
			case depth == 2:
				at = p.field(t.Name.Local)
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
			if depth == 2 && at != nil {
				value.Write(t)
			}
		case xml.EndElement:
			if depth == 2 && at != nil {
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
		} else {
			media("voice")
		}
	case "image", "video", "location", "link":
		media(strings.ToLower(p.MsgType))
	case "shortvideo":
		media("video")
	case "event":
		e.Trigger = trigger[strings.ToLower(p.Event)]
		switch strings.ToLower(p.Event) {
		case "subscribe", "scan":
			e.Kind = bot.EventFollowed
		case "unsubscribe":
			e.Kind = bot.EventLeft
		case "click": // the key of a menu button is the words that a tap stands for
			said(p.EventKey, short(p.CreateTime+":"+p.EventKey))
		}
	default: // silence would be a dead end
		media("file")
	}
	return e
}
