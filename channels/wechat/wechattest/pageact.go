package wechattest

import (
	"errors"
	"net/http"
	"time"
	"unicode/utf8"
)

// The tabs of the page.
const (
	tabAccount = "oa"
	tabKF      = "kf"
)

// act is what a person did on the page.
type act struct {
	Tab  string   `json:"tab"`
	Do   string   `json:"do"`
	Text string   `json:"text"` // say, type: words; click: key; follow, enter: scene; fault: name; account: kind
	Item MenuItem `json:"item"` // tap
	On   bool     `json:"on"`   // fault
	MS   int64    `json:"ms"`   // clock
	Who  string   `json:"who"`  // take, type, end: the servicer
}

var errNoSuchAct = errors.New("没有这个操作")

func (p *Page) act(w http.ResponseWriter, r *http.Request) {
	var in act
	if !readJSON(w, r, &in) {
		return
	}
	if !utf8.ValidString(in.Text) || len(in.Text) > 8<<10 {
		pageFault(w, http.StatusBadRequest, "太长了。")
		return
	}
	if p.set(in) {
		writeJSON(w, map[string]bool{"ok": true})
		return
	}
	if in.Tab == tabKF {
		if p.KF == nil {
			pageFault(w, http.StatusConflict, "微信客服没有接上。")
			return
		}
		p.finish(w, func() (Push, error) { return p.actKF(in) })
		return
	}
	p.finish(w, func() (Push, error) { return p.actAccount(in) })
}

func (p *Page) actAccount(in act) (Push, error) {
	switch in.Do {
	case "say":
		return p.Phone.Say(in.Text)
	case "tap":
		return p.Phone.Tap(in.Item)
	case "click":
		return p.Phone.Click(in.Text)
	case "follow":
		return p.Phone.Follow(in.Text)
	case "unfollow":
		return p.Phone.Unfollow()
	case "voice":
		return p.Phone.SendVoice(sampleVoice)
	}
	return Push{}, errNoSuchAct
}

func (p *Page) actKF(in act) (Push, error) {
	switch in.Do {
	case "say":
		return p.KF.Say(in.Text)
	case "tap":
		return p.KF.Tap(in.Item)
	case "enter":
		return p.KF.Enter(in.Text)
	case "voice":
		return p.KF.SendVoice(sampleVoice)
	case "take":
		return p.KF.TakeOver(in.Who)
	case "type":
		return p.KF.ServicerSays(in.Who, in.Text)
	case "end":
		return p.KF.End(in.Who)
	}
	return Push{}, errNoSuchAct
}

// sampleVoice is an AMR file without a sound.
var sampleVoice = []byte("#!AMR\n\x0c\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00")

// set does what changes WeChat itself, and says whether it was that.
func (p *Page) set(in act) bool {
	switch in.Do {
	case "menu":
		p.API.PutMenu(SampleMenu)
	case "nomenu":
		p.API.mu.Lock()
		p.API.menu = nil
		p.API.mu.Unlock()
	case "account":
		p.API.SetAccount(map[string]Account{"unverified": {Unverified: true}, "subscription": {Kind: Subscription}}[in.Text])
	case "clock":
		p.API.Advance(min(max(time.Duration(in.MS)*time.Millisecond, 0), 72*time.Hour))
	case "expire":
		p.API.ExpireTokens(BadCredential)
	case "refuse":
		if p.KF != nil {
			p.KF.RefuseNext(10)
		}
	case "fault":
		p.API.ClearFault(in.Text)
		for _, f := range switches[in.Text] {
			if f.Name, f.Times = in.Text, -1; in.On {
				p.API.Fail(f)
			}
		}
	default:
		return false
	}
	return true
}

// switches are the faults that the page turns on and off.
var switches = map[string][]Fault{
	"slow":    {{Path: "custom/send", Mode: Slow, Delay: 6 * time.Second}, {Path: "kf/send_msg", Mode: Slow, Delay: 6 * time.Second}},
	"timeout": {{Path: "custom/send", Mode: Timeout}, {Path: "kf/send_msg", Mode: Timeout}},
	"lost":    {{Path: "custom/send", Mode: Reset, Done: true}, {Path: "kf/send_msg", Mode: Reset, Done: true}},
	"busy":    {{Path: "custom/send", Errcode: Busy}, {Path: "kf/send_msg", Errcode: Busy}},
	"45015":   {{Path: "custom/send", Errcode: WindowOver}},
	"45047":   {{Path: "custom/send", Errcode: QuotaUsed}},
	"95018":   {{Path: "kf/send_msg", Errcode: KFBadState}},
	"95001":   {{Path: "kf/send_msg", Errcode: KFQuotaUsed}},
}

// SampleMenu is a menu for the chat of a support assistant.
var SampleMenu = Menu{Buttons: []Button{
	{Type: "click", Name: "查进度", Key: "查进度"},
	{Type: "click", Name: "转人工", Key: "转人工"},
	{Name: "常见问题", Sub: []Button{
		{Type: "click", Name: "商户状态异常", Key: "POS机显示商户状态异常"},
		{Type: "click", Name: "钱没到账", Key: "今天的钱没到账"},
		{Type: "click", Name: "刷卡没反应", Key: "刷卡没反应"},
		{Type: "view", Name: "官网", URL: "https://example.com/"},
	}},
}}
