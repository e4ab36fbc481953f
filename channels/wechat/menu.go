package wechat

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"posdoctor/bot"
)

// Menu is what stands below the chat, in the platform's form:
//
//	{"button":[{"type":"click","name":"查进度","key":"查进度"},
//	           {"name":"更多","sub_button":[{"type":"view","name":"官网","url":"https://example.com/"}]}]}
type Menu struct {
	Buttons []Button `json:"button"`
}

// Button does something, or has up to five others below it. The key of a click is the words that a tap stands for: it is as if the
// merchant had written them.
type Button struct {
	Type      string   `json:"type,omitempty"`
	Name      string   `json:"name"`
	Key       string   `json:"key,omitempty"`
	URL       string   `json:"url,omitempty"`
	MediaID   string   `json:"media_id,omitempty"`
	ArticleID string   `json:"article_id,omitempty"`
	AppID     string   `json:"appid,omitempty"`
	PagePath  string   `json:"pagepath,omitempty"`
	Sub       []Button `json:"sub_button,omitempty"`
}

// Menus sets the menu of an account. It works beside a running server: both get the same token, one at a time.
type Menus struct{ api *API }

// NewMenus needs AppID and AppSecret of the configuration, and no more.
func NewMenus(cfg Config, leases bot.Leases) (*Menus, error) {
	if cfg.AppID == "" || cfg.AppSecret == "" {
		return nil, errors.New("menus are set through WeChat's API: set wechat-app-id and wechat-app-secret")
	}
	api, err := cfg.withDefaults().api(leases, bot.NewID(), time.Now)
	if err != nil {
		return nil, err
	}
	return &Menus{api}, nil
}

// Push replaces the menu. See Advice for its errors and those of the others.
func (m *Menus) Push(ctx context.Context, menu Menu) error {
	return m.api.post(ctx, "/cgi-bin/menu/create", menu, nil)
}

// noMenu is the errcode of an account without a menu.
const noMenu = 46003

// Show returns the menu as JSON, in the form that Push takes; nil when there is none.
func (m *Menus) Show(ctx context.Context) (json.RawMessage, error) {
	var out struct {
		Menu json.RawMessage `json:"menu"`
	}
	err := m.api.get(ctx, "/cgi-bin/menu/get", nil, &out)
	if code, _ := codeOf(err); code == noMenu {
		return nil, nil
	}
	return out.Menu, err
}

// Delete takes the menu away; that there is none is no error.
func (m *Menus) Delete(ctx context.Context) error {
	err := m.api.get(ctx, "/cgi-bin/menu/delete", nil, nil)
	if code, _ := codeOf(err); code == noMenu {
		return nil
	}
	return err
}

// advice is what to do about an errcode of a call about menus.
var advice = map[int64]string{
	-1:    "WeChat is busy; try again in a minute",
	40001: "AppSecret or token is not valid any more; check wechat-app-secret at mp.weixin.qq.com",
	40013: "there is no account with this wechat-app-id",
	40014: "the token was refused twice; check wechat-app-id and wechat-app-secret",
	40016: "a number of buttons that it does not take: 1 to 3, and 1 to 5 below each",
	40017: "a type of button that it does not know or that this account may not have",
	40018: "the name of a button at the top: up to 16 bytes, 5 Chinese characters",
	40019: "the key of a button at the top: up to 128 bytes",
	40020: "the url of a button at the top: up to 1024 bytes",
	40023: "a number of buttons below a button that it does not take: 1 to 5",
	40024: "a type of button below a button that it does not know or that this account may not have",
	40025: "the name of a button below a button: up to 60 bytes, 20 Chinese characters",
	40026: "the key of a button below a button: up to 128 bytes",
	40027: "the url of a button below a button: up to 1024 bytes",
	40054: "the url of a button below a button is on a domain that it does not allow",
	40055: "the url of a button at the top is on a domain that it does not allow",
	40007: "a media_id or article_id that is not there any more",
	40125: "wechat-app-secret is wrong; reset it at mp.weixin.qq.com if nobody knows it",
	40164: "the address of this machine is not in the list of allowed IP addresses; add it at mp.weixin.qq.com under 设置与开发 → 基本配置 → IP白名单",
	42001: "the token was refused twice; try again in a minute",
	45009: "the calls of this day are used up; they begin anew at midnight in Beijing",
	45010: "the menu was set too often; wait a while",
	45011: "too many calls in this minute; wait one",
	48001: "this account may not set menus through the API: an unverified subscription account sets them at mp.weixin.qq.com",
	50002: "the account is restricted; look at mp.weixin.qq.com",
	85005: "a mini program that is not linked to this account; link it at mp.weixin.qq.com first",
}

// Advice is a sentence for who called: what went wrong, and what to do.
func Advice(err error) string {
	code, refused := codeOf(err)
	var unsent *notSentError
	switch {
	case refused && advice[code] != "":
		return fmt.Sprintf("WeChat refused it with errcode %d: %s", code, advice[code])
	case refused:
		return fmt.Sprintf("WeChat refused it with errcode %d, which the list of global return codes in its documents explains", code)
	case errors.As(err, &unsent):
		return fmt.Sprintf("nothing was changed: %v; check the network and wechat-api-url", err)
	}
	return fmt.Sprintf("nobody knows whether it was done (%v); look with `wechat menu show`", err)
}
