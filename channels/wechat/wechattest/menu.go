package wechattest

import (
	"encoding/json"
	"slices"
	"strings"
)

// Menu is what stands below the chat.
type Menu struct {
	Buttons []Button `json:"button"`
}

// Button is one of its entries: something to do, or up to five below it.
type Button struct {
	Type     string   `json:"type,omitempty"`
	Name     string   `json:"name"`
	Key      string   `json:"key,omitempty"`
	URL      string   `json:"url,omitempty"`
	MediaID  string   `json:"media_id,omitempty"`
	AppID    string   `json:"appid,omitempty"`
	PagePath string   `json:"pagepath,omitempty"`
	Sub      []Button `json:"sub_button"`
}

// keyed are the types that push an event with their key.
var keyed = []string{"click", "scancode_push", "scancode_waitmsg", "pic_sysphoto", "pic_photo_or_album", "pic_weixin", "location_select"}

// menuCreate replaces the menu.
//
//	POST /cgi-bin/menu/create {"button":[{"type":"click","name":"查进度","key":"查进度"},
//	  {"name":"更多","sub_button":[{"type":"view","name":"官网","url":"https://example.com/"}]}]} -> {"errcode":0,"errmsg":"ok"}
func (a *API) menuCreate(c *call) any {
	if acc := a.may(); acc.Unverified && acc.Kind == Subscription {
		return refuse(Unauthorized)
	}
	if escaped(c.raw) {
		return refuse(BadCharset)
	}
	var m Menu
	if !c.decode(&m) {
		return refuse(BadJSON)
	}
	if n := len(m.Buttons); n < 1 || n > 3 {
		return refuse(40016)
	}
	for _, b := range m.Buttons {
		if len(b.Sub) > 5 {
			return refuse(40023)
		}
		if code := b.check(16, len(b.Sub) > 0); code != OK {
			return refuse(code)
		}
		for _, s := range b.Sub {
			if len(s.Sub) > 0 {
				return refuse(40023)
			}
			if code := s.check(60, false); code != OK {
				return refuse(below[code])
			}
		}
	}
	a.menu = &m
	return done()
}

// below is the errcode of a fault of a button, when it stands in the second row.
var below = map[int]int{40017: 40024, 40018: 40025, 40019: 40026, 40020: 40027}

func (b Button) check(name int, parent bool) int {
	switch {
	case strings.TrimSpace(b.Name) == "" || len(b.Name) > name:
		return 40018
	case parent:
		return OK
	case slices.Contains(keyed, b.Type):
		if b.Key == "" || len(b.Key) > 128 {
			return 40019
		}
	case b.Type == "view":
		if b.URL == "" || len(b.URL) > 1024 {
			return 40020
		}
	case b.Type == "miniprogram" && b.AppID != "" && b.URL != "", (b.Type == "media_id" || b.Type == "article_id") && b.MediaID != "":
	default:
		return 40017
	}
	return OK
}

// menuGet: GET /cgi-bin/menu/get -> {"menu":{"button":[{"type":"click","name":"查进度","key":"查进度","sub_button":[]}]}}
func (a *API) menuGet(*call) any {
	if a.menu == nil {
		return refuse(NoMenu)
	}
	return reply{"menu": a.menu.copy()}
}

// menuDelete: GET /cgi-bin/menu/delete -> {"errcode":0,"errmsg":"ok"}
func (a *API) menuDelete(*call) any {
	a.menu = nil
	return done()
}

// TheMenu is the menu now, nil for none.
func (a *API) TheMenu() *Menu {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.menu == nil {
		return nil
	}
	m := a.menu.copy()
	return &m
}

// PutMenu sets the menu as a call of menu/create with these buttons would, and returns its errcode.
func (a *API) PutMenu(m Menu) int {
	body, err := json.Marshal(m)
	if err != nil {
		return BadJSON
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.menuCreate(&call{raw: body}).(reply).code()
}

// copy has a list of sub-buttons at every button, as WeChat gives it.
func (m Menu) copy() Menu {
	out := Menu{Buttons: slices.Clone(m.Buttons)}
	for i := range out.Buttons {
		b := &out.Buttons[i]
		b.Sub = append([]Button{}, b.Sub...)
		for j := range b.Sub {
			b.Sub[j].Sub = []Button{}
		}
	}
	return out
}
