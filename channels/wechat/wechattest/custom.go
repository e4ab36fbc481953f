package wechattest

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"
)

// MenuMessage is a message with items to tap.
type MenuMessage struct {
	Head  string     `json:"head,omitempty"`
	Items []MenuItem `json:"items"`
	Tail  string     `json:"tail,omitempty"`
}

// MenuItem is one of them. A tap sends its text back, with its id.
type MenuItem struct {
	ID   string `json:"id,omitempty"`
	Text string `json:"text"`
	Kind string `json:"kind,omitempty"` // Customer Service: click, view, miniprogram or text; "" is click
	URL  string `json:"url,omitempty"`
}

// Message is what an account sent to a phone.
type Message struct {
	Kind  string       `json:"kind"` // text, image, voice, msgmenu …
	Text  string       `json:"text,omitempty"`
	Menu  *MenuMessage `json:"menu,omitempty"`
	Media string       `json:"media,omitempty"` // media_id
	Agent string       `json:"agent,omitempty"` // kf_account whose name and face are shown
	AI    bool         `json:"ai,omitempty"`    // "内容由第三方AI生成" stands below it
	ID    string       `json:"id,omitempty"`    // msgid, Customer Service only
}

// customKinds are the message types of the documents.
var customKinds = map[string]bool{"text": true, "image": true, "voice": true, "video": true, "music": true, "news": true, "mpnews": true,
	"mpnewsarticle": true, "msgmenu": true, "wxcard": true, "miniprogrampage": true, "link": true}

// customBody is the body of message/custom/send.
type customBody struct {
	ToUser  string `json:"touser"`
	MsgType string `json:"msgtype"`
	Text    struct {
		Content string `json:"content"`
	} `json:"text"`
	Image   mediaRef `json:"image"`
	Voice   mediaRef `json:"voice"`
	Video   mediaRef `json:"video"`
	MsgMenu struct {
		Head string `json:"head_content"`
		List []struct {
			ID      string `json:"id"`
			Content string `json:"content"`
		} `json:"list"`
		Tail string `json:"tail_content"`
	} `json:"msgmenu"`
	News struct {
		Articles []json.RawMessage `json:"articles"`
	} `json:"news"`
	CustomService struct {
		Account string `json:"kf_account"`
	} `json:"customservice"`
	AI struct {
		IsAI int `json:"is_ai_msg"`
	} `json:"aimsgcontext"`
}

type mediaRef struct {
	ID string `json:"media_id"`
}

// customSend sends a customer-service message to a follower.
//
//	POST /cgi-bin/message/custom/send?access_token=…
//	{"touser":"oABC","msgtype":"text","text":{"content":"工单已受理"},"customservice":{"kf_account":"limin@pos"},"aimsgcontext":{"is_ai_msg":1}}
//	{"touser":"oABC","msgtype":"msgmenu","msgmenu":{"head_content":"解决了吗?","list":[{"id":"101","content":"解决了"}],"tail_content":"谢谢"}}
//	  -> {"errcode":0,"errmsg":"ok"}
func (a *API) customSend(c *call) any {
	if a.may().Unverified {
		return refuse(Unauthorized)
	}
	if escaped(c.raw) {
		return refuse(BadCharset)
	}
	var in customBody
	var fields map[string]json.RawMessage
	if !c.decode(&in) || !c.decode(&fields) {
		return refuse(BadJSON)
	}
	if !openID.MatchString(in.ToUser) {
		return refuse(BadOpenID)
	}
	if !customKinds[in.MsgType] {
		return refuse(BadMessageType)
	}
	if !rawObject(fields[in.MsgType]) {
		return refuse(EmptyContent)
	}
	if acc := in.CustomService.Account; acc != "" && !kfAccount.MatchString(acc) {
		return refuse(BadAgent)
	}
	m := Message{Kind: in.MsgType, Agent: in.CustomService.Account, AI: in.AI.IsAI == 1}
	l := a.limits()
	switch in.MsgType {
	case "text":
		if m.Text = in.Text.Content; m.Text == "" {
			return refuse(EmptyContent)
		}
		if len(m.Text) > l.Text {
			return refuse(ContentTooLong)
		}
	case "image", "voice", "video":
		m.Media = map[string]mediaRef{"image": in.Image, "voice": in.Voice, "video": in.Video}[in.MsgType].ID
		if _, ok := a.stored(m.Media, tokenAccount); !ok {
			return refuse(BadMediaID)
		}
	case "msgmenu":
		if a.may().Kind != Service {
			return refuse(BadAccountType)
		}
		if n := len(in.MsgMenu.List); n == 0 || n > l.MenuItems {
			return refuse(TooManyItems)
		}
		m.Menu = &MenuMessage{Head: in.MsgMenu.Head, Tail: in.MsgMenu.Tail}
		for _, it := range in.MsgMenu.List {
			if it.ID == "" || it.Content == "" {
				return refuse(EmptyContent)
			}
			m.Menu.Items = append(m.Menu.Items, MenuItem{ID: it.ID, Text: it.Content})
		}
		if len(m.Menu.Head)+len(m.Menu.Tail) > l.Text {
			return refuse(ContentTooLong)
		}
	case "news":
		if len(in.News.Articles) > 1 {
			return refuse(TooManyArticles)
		}
	}
	if code := a.spend(in.ToUser); code != OK {
		return refuse(code)
	}
	if p := a.user(in.ToUser).phone; p != nil {
		p.receive(m, a.now())
	}
	return done()
}

var kfAccount = regexp.MustCompile(`^[0-9A-Za-z_]{1,10}@\S+$`)

var escape = regexp.MustCompile(`\\(.)([0-9A-Fa-f]{4})?`)

// escaped says that a body has \uxxxx for a character that JSON lets stand as it is. WeChat shows it, or refuses it.
func escaped(body []byte) bool {
	if !bytes.Contains(body, []byte(`\u`)) {
		return false
	}
	for _, m := range escape.FindAllStringSubmatch(string(body), -1) {
		if m[1] == "u" && !strings.HasPrefix(m[2], "00") || m[1] == "u" && m[2] >= "0020" {
			return true
		}
	}
	return false
}
