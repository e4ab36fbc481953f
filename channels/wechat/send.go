package wechat

import (
	"context"
	"time"

	"posdoctor/bot"
)

// customerMessage is a customer-service message:
//
//	{"touser":"oABC","msgtype":"text","text":{"content":"…"},"aimsgcontext":{"is_ai_msg":1}}
//	{"touser":"oABC","msgtype":"msgmenu","msgmenu":{"head_content":"…","list":[{"id":"all-cards:yes","content":"都不行"}],"tail_content":""}}
//	{"touser":"oABC","msgtype":"image","image":{"media_id":"MEDIA_ID"}}
type customerMessage struct {
	To    string        `json:"touser"`
	Type  string        `json:"msgtype"`
	Text  *messageText  `json:"text,omitempty"`
	Menu  *messageMenu  `json:"msgmenu,omitempty"`
	Image *messageImage `json:"image,omitempty"`
	AI    *messageAI    `json:"aimsgcontext,omitempty"`
}

type messageText struct {
	Content string `json:"content"`
}

type messageMenu struct {
	Head string     `json:"head_content"`
	List []menuItem `json:"list"`
	Tail string     `json:"tail_content"`
}

type messageImage struct {
	MediaID string `json:"media_id"`
}

type menuItem struct {
	ID      string `json:"id"`
	Content string `json:"content"`
}

type messageAI struct {
	IsAI int `json:"is_ai_msg"`
}

// send pushes one message to a follower.
func (c *Channel) send(ctx context.Context, to bot.Address, m outgoing) error {
	const path = "/cgi-bin/message/custom/send"
	if m.picture != "" {
		return c.deps.withPicture(ctx, c.api, m.conversation, m.picture, func(media string) error {
			return c.api.post(ctx, path, customerMessage{To: to.User, Type: "image", Image: &messageImage{media}}, nil)
		})
	}
	out := customerMessage{To: to.User, Type: "text", Text: &messageText{m.text}}
	if m.menu != nil {
		out.Type, out.Text, out.Menu = "msgmenu", nil, &messageMenu{Head: m.text, List: []menuItem{}}
		for _, choice := range m.menu {
			out.Menu.List = append(out.Menu.List, menuItem{choice.ID, neutral(choice.Text)})
		}
	}
	if m.byBot && c.cfg.Label {
		out.AI = &messageAI{1}
	}
	return c.api.post(ctx, path, out, nil)
}

// typing shows the follower that somebody is at work, for up to 15 seconds. Nothing depends on it.
func (c *Channel) typing(ctx context.Context, openid string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
	go func() {
		defer cancel()
		body := map[string]string{"touser": openid, "command": "Typing"}
		if err := c.api.post(ctx, "/cgi-bin/message/custom/typing", body, nil); err != nil {
			c.log.Debug("no typing shown", "err", err)
		}
	}()
}
