package web

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"posdoctor/bot"
	"posdoctor/channels/media"
	visitors "posdoctor/channels/web"
)

// Pictured is a Windower that tells whether a picture can be sent to its users: why not and what to do, or "".
type Pictured interface {
	NoPictures(ctx context.Context, c bot.Conversation) string
}

// noPictures says why an agent cannot send a picture to the merchant of a conversation, and what to do; "" when he can.
func (a *agents) noPictures(ctx context.Context, c bot.Conversation) string {
	if c.Address.Channel == visitors.Name {
		return ""
	}
	if ch, ok := a.d.Windows[c.Address.Channel].(Pictured); ok {
		return ch.NoPictures(ctx, c)
	}
	return "这个渠道发不了图片，请用文字说明。"
}

const pictureFor = time.Minute // that an agent's browser may take to send a picture

// sending holds who reads a picture: each takes up to media.MaxIn of memory.
var sending = make(chan struct{}, 8)

// picture lets the holder send a picture to the merchant: POST …/pictures?cid=…&epoch=… with its bytes as the body. It is drawn anew and
// kept with its line. The answer is that of reply.
func (a *agents) picture(c *gin.Context) {
	defer func() {
		if c.Writer.Status() >= http.StatusBadRequest {
			media.Drain(c.Writer, c.Request.Body)
		}
	}()
	conv, ok := a.find(c, bot.EventReply)
	if !ok {
		return
	}
	cid := c.Query("cid")
	epoch, err := strconv.ParseInt(c.Query("epoch"), 10, 64)
	if err != nil || !bot.PlainID(cid) {
		fail(c, http.StatusBadRequest, "bad_request", "请带上 cid 和看到的 epoch。")
		return
	}
	if why := a.noPictures(c.Request.Context(), conv); why != "" {
		fail(c, http.StatusUnprocessableEntity, "no_pictures", why)
		return
	}
	if a.d.Room != nil && !a.d.Room() {
		fail(c, http.StatusServiceUnavailable, "no_space", "服务器的磁盘快满了，暂时收不了图片，请先用文字说明，并告诉管理员。")
		return
	}
	select {
	case sending <- struct{}{}:
		defer func() { <-sending }()
	case <-c.Request.Context().Done():
		return
	}
	data, ok := readPicture(c)
	if !ok {
		return
	}
	key := replyKey(cid, conv.ID)
	// A picture that was taken stays taken when it is sent again after the agent has given the conversation away.
	if old, err := a.d.Store.MessagesOf(c.Request.Context(), key); err != nil {
		a.broken(c, err)
		return
	} else if len(old) > 0 {
		c.JSON(http.StatusOK, gin.H{"cid": cid, "id": old[0].Seq, "epoch": conv.Epoch})
		return
	}
	drawn, err := media.Draw(c.Request.Context(), data)
	var pixels *media.PixelsError
	switch {
	case errors.As(err, &pixels):
		fail(c, http.StatusRequestEntityTooLarge, "too_many_pixels", "这张图片的像素太多了，最多 4000 万像素，请缩小后再发。")
		return
	case errors.Is(err, media.ErrUnread):
		fail(c, http.StatusUnprocessableEntity, "unreadable", "这张图片打不开，请换一张再发。")
		return
	case err != nil:
		a.broken(c, err)
		return
	}
	t, ok := a.handle(c, bot.Event{Kind: bot.EventReply, Key: key, CID: cid, Agent: name(me(c)), Epoch: epoch,
		File: &bot.File{Kind: bot.MediaImage, MIME: drawn.MIME, Data: drawn.Data}})
	if ok {
		a.replied(c, cid, t)
	}
}

// readPicture reads a body that begins as a picture, or answers why it cannot.
func readPicture(c *gin.Context) ([]byte, bool) {
	deadlines := http.NewResponseController(c.Writer)
	_ = deadlines.SetReadDeadline(time.Now().Add(pictureFor)) // where there is no connection, in tests, nothing is slow
	_ = deadlines.SetWriteDeadline(time.Now().Add(pictureFor + 20*time.Second))
	data, err := io.ReadAll(c.Request.Body)
	var big *http.MaxBytesError
	switch {
	case errors.As(err, &big):
		fail(c, http.StatusRequestEntityTooLarge, "too_large", "图片最大 10 MB，请换一张小一点的再发。")
	case err != nil:
		fail(c, http.StatusBadRequest, "broke_off", "图片没有传完，请再发一次。")
	case len(data) == 0:
		fail(c, http.StatusBadRequest, "empty", "没有收到图片，请再选一次。")
	case !media.IsPicture(data):
		fail(c, http.StatusUnsupportedMediaType, "bad_type", "只能发 JPG、PNG、GIF 或 WebP 图片，请换一张再发。")
	default:
		return data, true
	}
	return nil, false
}
