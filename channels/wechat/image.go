package wechat

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"time"

	"posdoctor/bot"
)

// Pictures of agents to users: a message of its own, which costs one of those that may be sent. Its file is given to WeChat first, which
// keeps it for three days; that may be done again, for nobody sees it. Only what follows is sent once.

const (
	uploadPath  = "/cgi-bin/media/upload"
	uploadTime  = 15 * time.Second
	pictureTime = 26 * time.Second // of the file and the message, tries included

	reasonGone = "gone" // of a picture that is not kept any more
)

// errNoFile means that a picture waited for longer than it is kept.
var errNoFile = errors.New("the picture is not there any more")

// badPicture are the errcodes that refuse the file itself (global return codes): another try with it ends the same.
var badPicture = map[int64]bool{
	40004: true, // type of media
	40005: true, // type of file
	40006: true, // size of file
	40007: true, // media_id, also of a file that was uploaded a moment ago
	40009: true, // size of picture
	40113: true, // type of file
	41005: true, // no file
	44001: true, // empty file
	45001: true, // size of file
	87014: true, // risky content
	87009: true, // likewise
}

// unsendable says why a picture will never go out, so that what follows it is not kept for ever.
func (c *courier) unsendable(m outgoing, err error) (reason string, ok bool) {
	if m.picture == "" {
		return "", false
	}
	if errors.Is(err, errNoFile) {
		return reasonGone, true
	}
	var e *APIError
	if !errors.As(err, &e) {
		return "", false
	}
	if e.Path == uploadPath && c.move(e.Code) == movePassive { // it may send, and not upload
		c.turnOff(movePictures, e.Code)
		return strconv.FormatInt(e.Code, 10), true
	}
	return strconv.FormatInt(e.Code, 10), badPicture[e.Code]
}

// noPictures says for an agent why no picture can be sent, "" when one can.
func (c *courier) noPictures() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.deps.Now()
	switch {
	case c.send == nil || now.Before(c.off[movePassive]):
		return "这个公众号只能回复商户的消息，发不了图片，请用文字说明。"
	case c.deps.Files == nil || now.Before(c.off[movePictures]):
		return "这个账号没有上传图片的权限，请用文字说明，并告诉管理员。"
	}
	return ""
}

// NoPictures says for an agent why no picture can be sent to the user of a conversation. See server/web.
func (c *Channel) NoPictures(context.Context, bot.Conversation) string { return c.courier.noPictures() }

// NoPictures says for an agent why no picture can be sent to the customer of a conversation. See server/web.
func (k *KF) NoPictures(context.Context, bot.Conversation) string { return k.courier.noPictures() }

// planPicture makes a message of the first line, which is a picture. A code allows text and menus only, so it waits.
func (c *courier) planPicture(p pending, ch chance) (bot.Claim, outgoing) {
	l := p.lines[0]
	if ch.Left <= 0 || ch.code != "" {
		return bot.Claim{}, outgoing{}
	}
	g := page{text: l.words, lines: p.lines[:1], more: len(p.lines) > 1}
	now := c.deps.Now().UnixMilli()
	d := bot.Delivery{ID: c.deps.NewID(), First: p.shown.Upto + 1, Last: g.last(), Path: bot.PathPush, State: bot.DeliveryBegun, Text: l.words,
		Carries: l.picture, At: now}
	return p.claim(g, d, c.deps.NewID, now), outgoing{id: d.ID, text: l.words, picture: l.picture, conversation: p.conversation.ID}
}

// upload gives a picture of a conversation to WeChat and returns its media_id. An error that is no refusal means that the message which
// was to carry it was not sent.
//
//	POST /cgi-bin/media/upload?access_token=…&type=image, multipart/form-data with one part "media"
//	  -> {"type":"image","media_id":"MEDIA_ID","created_at":1700000000}
func (d Deps) upload(ctx context.Context, api *API, conversation, id string) (string, error) {
	if d.Files == nil {
		return "", errNoFile
	}
	f, err := d.Files.File(ctx, conversation, id)
	switch {
	case errors.Is(err, bot.ErrNotFound):
		return "", errNoFile
	case err != nil:
		return "", &notSentError{fmt.Errorf("reading a picture: %w", err)}
	case !f.Shown():
		return "", errNoFile
	}
	var out struct {
		MediaID string `json:"media_id"`
	}
	name := map[string]string{"image/jpeg": "picture.jpg", "image/png": "picture.png"}[f.MIME]
	err = api.upload(ctx, uploadPath, url.Values{"type": {"image"}}, "media", name, f.MIME, f.Data, &out)
	if _, refused := codeOf(err); err != nil && !refused {
		return "", &notSentError{err}
	}
	if err == nil && !mediaID.MatchString(out.MediaID) {
		return "", &notSentError{fmt.Errorf("%s: an answer without a media_id", uploadPath)}
	}
	return out.MediaID, err
}

// withPicture sends a picture by a function that sends a media_id. One that is not known there, though it was given a moment ago, is given
// once more.
func (d Deps) withPicture(ctx context.Context, api *API, conversation, id string, send func(mediaID string) error) error {
	for again := false; ; again = true {
		media, err := d.upload(ctx, api, conversation, id)
		if err != nil {
			return err
		}
		err = send(media)
		if code, _ := codeOf(err); code != expired || again {
			return err
		}
	}
}
