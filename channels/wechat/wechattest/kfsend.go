package wechattest

import (
	"encoding/json"
	"slices"
	"time"
)

// kfBody is what both ways of sending have in common.
type kfBody struct {
	ToUser   string  `json:"touser"`
	OpenKfID string  `json:"open_kfid"`
	Code     string  `json:"code"` // send_msg_on_event
	MsgID    *string `json:"msgid"`
	MsgType  string  `json:"msgtype"`
	Text     struct {
		Content string `json:"content"`
	} `json:"text"`
	Image   mediaRef `json:"image"`
	Voice   mediaRef `json:"voice"`
	Video   mediaRef `json:"video"`
	File    mediaRef `json:"file"`
	MsgMenu struct {
		Head string       `json:"head_content"`
		List []kfMenuItem `json:"list"`
		Tail string       `json:"tail_content"`
	} `json:"msgmenu"`
}

type kfMenuItem struct {
	Type  string `json:"type"`
	Click struct {
		ID      string `json:"id"`
		Content string `json:"content"`
	} `json:"click"`
	View struct {
		URL     string `json:"url"`
		Content string `json:"content"`
	} `json:"view"`
	Mini struct {
		AppID    string `json:"appid"`
		PagePath string `json:"pagepath"`
		Content  string `json:"content"`
	} `json:"miniprogram"`
	Text struct {
		Content string `json:"content"`
	} `json:"text"`
}

// kfKinds are the message types of the documents.
var kfKinds = []string{"text", "image", "voice", "video", "file", "link", "miniprogram", "msgmenu", "location", "ca_link"}

// kfSend sends a message to a customer whose session nobody serves, or a bot. What it returns is no proof that the message arrived.
//
//	POST /cgi-bin/kf/send_msg?access_token=…
//	{"touser":"wmAJ","open_kfid":"wkAJ","msgid":"a1","msgtype":"text","text":{"content":"请先换一张卡试试。"}}
//	{"touser":"wmAJ","open_kfid":"wkAJ","msgtype":"msgmenu","msgmenu":{"head_content":"解决了吗?",
//	  "list":[{"type":"click","click":{"id":"101","content":"解决了"}}],"tail_content":"谢谢"}}
//	  -> {"errcode":0,"errmsg":"ok","msgid":"a1"}
func (a *API) kfSend(c *call) any {
	in, m, code := a.kfRead(c, kfKinds)
	if code != OK {
		return refuse(code)
	}
	if !slices.Contains(a.openKfIDs(), in.OpenKfID) {
		return refuse(KFUnknownAccount)
	}
	u := a.kf.customers[in.OpenKfID+" "+in.ToUser]
	if u == nil {
		return refuse(BadExternalUser)
	}
	if a.kf.msgids[in.OpenKfID+" "+m.ID] {
		return a.kfRepeated(m.ID)
	}
	if s := a.stateOf(u); s != KFNew && s != KFBot {
		return refuse(KFBadState)
	}
	if u.left <= 0 {
		return refuse(KFQuotaUsed)
	}
	u.left--
	a.kfShow(u, m)
	return kfSent(m.ID)
}

func kfSent(msgid string) reply { return reply{"errcode": OK, "errmsg": "ok", "msgid": msgid} }

func (a *API) kfRepeated(msgid string) any {
	if a.KFRepeat != 0 {
		return refuse(a.KFRepeat)
	}
	return kfSent(msgid)
}

// kfShow brings a message to the customer's phone, or the news to the account that it could not be brought.
func (a *API) kfShow(u *customer, m Message) {
	if a.kf.msgids == nil {
		a.kf.msgids = map[string]bool{}
	}
	a.kf.msgids[u.account+" "+m.ID] = true
	if len(u.refuse) > 0 {
		failed := u.refuse[0]
		u.refuse = u.refuse[1:]
		a.tell(u, KFMessage{Event: &KFEvent{Type: "msg_send_fail", ExternalUserID: u.id, FailMsgID: m.ID, FailType: failed}})
		return
	}
	if u.phone != nil {
		u.phone.receive(m, a.now())
	}
}

// tell puts a message into what can be fetched and pushes that there is one, from where the customer's phone stands.
func (a *API) tell(u *customer, m KFMessage) {
	token := a.add(u.account, m)
	if p := u.phone; p != nil {
		a.work.Go(func() { _, _ = p.notify(what(m), "", token) })
	}
}

// what names a message for the record of a push.
func what(m KFMessage) string {
	if m.Event != nil {
		return "event " + m.Event.Type
	}
	return m.MsgType
}

// kfSendOnEvent answers an event with the code that came with it, once.
//
//	POST /cgi-bin/kf/send_msg_on_event?access_token=… {"code":"WELCOME","msgid":"a1","msgtype":"text","text":{"content":"您好"}}
//	  -> {"errcode":0,"errmsg":"ok","msgid":"a1"}
func (a *API) kfSendOnEvent(c *call) any {
	in, m, code := a.kfRead(c, []string{"text", "msgmenu"})
	if code != OK {
		return refuse(code)
	}
	k, ok := a.kf.codes[in.Code]
	if !ok || !a.now().Before(k.until) {
		return refuseWith(BadArgument, "invalid code: unknown, used or expired")
	}
	u := k.to
	if a.kf.msgids[u.account+" "+m.ID] {
		return a.kfRepeated(m.ID)
	}
	if k.state != anyState {
		if a.stateOf(u) != k.state {
			return refuse(KFBadState)
		}
		if m.Kind != "text" && k.state != KFEnded {
			return refuse(BadMessageType)
		}
	}
	delete(a.kf.codes, in.Code)
	if k.state == anyState {
		u.welcomed = a.now()
	}
	a.kfShow(u, m)
	return kfSent(m.ID)
}

// kfCode allows one message in answer to an event.
type kfCode struct {
	to    *customer
	state int // in which it may be used; anyState for a welcome
	until time.Time
}

const anyState = -1

func (a *API) newCode(u *customer, state int, good time.Duration) string {
	if a.kf.codes == nil {
		a.kf.codes = map[string]kfCode{}
	}
	code := "CODE" + newKFMsgID()
	a.kf.codes[code] = kfCode{u, state, a.now().Add(good)}
	return code
}

// kfRead reads and checks a message.
func (a *API) kfRead(c *call, kinds []string) (kfBody, Message, int) {
	var in kfBody
	var fields map[string]json.RawMessage
	if !c.decode(&in) || !c.decode(&fields) {
		return in, Message{}, BadJSON
	}
	m := Message{Kind: in.MsgType}
	switch {
	case !slices.Contains(kinds, in.MsgType):
		return in, m, BadMessageType
	case !rawObject(fields[in.MsgType]):
		return in, m, BadArgument
	case in.MsgID == nil:
		m.ID = newKFMsgID()
	case !kfMsgID.MatchString(*in.MsgID):
		return in, m, BadArgument
	default:
		m.ID = *in.MsgID
	}
	switch in.MsgType {
	case "text":
		if m.Text = in.Text.Content; m.Text == "" || len(m.Text) > a.limits().Text {
			return in, m, BadArgument
		}
	case "image", "voice", "video", "file":
		m.Media = map[string]mediaRef{"image": in.Image, "voice": in.Voice, "video": in.Video, "file": in.File}[in.MsgType].ID
		if _, ok := a.stored(m.Media, tokenWork); !ok {
			return in, m, BadMediaID
		}
	case "msgmenu":
		code := OK
		m.Menu, code = a.kfMenu(in)
		return in, m, code
	}
	return in, m, OK
}

// kfMenu checks a menu message. Head and tail are up to 1024 bytes; an item's id is up to 64 bytes, its words are up to 128, 1024 for
// an address and 256 for a line of text.
func (a *API) kfMenu(in kfBody) (*MenuMessage, int) {
	l := a.limits()
	out := &MenuMessage{Head: in.MsgMenu.Head, Tail: in.MsgMenu.Tail}
	if len(out.Head) > l.KFMenuHead || len(out.Tail) > l.KFMenuHead {
		return nil, BadArgument
	}
	if len(in.MsgMenu.List) > l.MenuItems {
		return nil, KFTooManyItems
	}
	fits := func(s string, most int) bool { return s != "" && len(s) <= most }
	for _, it := range in.MsgMenu.List {
		ok := false
		item := MenuItem{Kind: it.Type}
		switch it.Type {
		case "click":
			item.ID, item.Text = it.Click.ID, it.Click.Content
			ok = len(item.ID) <= 64 && fits(item.Text, 128)
		case "view":
			item.URL, item.Text = it.View.URL, it.View.Content
			ok = fits(item.URL, 2048) && fits(item.Text, 1024)
		case "miniprogram":
			item.Text = it.Mini.Content
			ok = fits(it.Mini.AppID, 32) && fits(it.Mini.PagePath, 1024) && fits(item.Text, 1024)
		case "text":
			item.Text = it.Text.Content
			ok = fits(item.Text, 256)
		default:
			return nil, KFBadItem
		}
		if !ok {
			return nil, BadArgument
		}
		out.Items = append(out.Items, item)
	}
	if out.Head == "" && len(out.Items) == 0 && out.Tail == "" {
		return nil, BadArgument
	}
	return out, OK
}
