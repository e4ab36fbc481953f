package web

import (
	"context"
	"errors"
	"io"
	"net/http"
	"path"
	"sync"
	"time"

	"posdoctor/bot"
	"posdoctor/channels/media"
)

const (
	uploadFor  = time.Minute      // a phone in a cellar may take so long to send a picture
	answerFor  = 15 * time.Second // … and the answer comes within so long
	maxUploads = 16               // under way at once: each holds up to media.MaxIn of memory
	maxOfOne   = 4                // … of one client
)

// upload takes a picture: POST upload?cid=… with its bytes as the body, whatever the request says they are. It is drawn anew and kept in
// the transaction of its line, so what is acknowledged is there. The answer is that of send: {"t":"ack","cid":"0198…","id":45}.
func (c *Channel) upload(w http.ResponseWriter, r *http.Request) (err error) {
	defer func() {
		if err != nil {
			media.Drain(w, r.Body)
		}
	}()
	v, err := c.visitor(r)
	if err != nil {
		return err
	}
	cid := r.URL.Query().Get("cid")
	if !bot.PlainID(cid) {
		return refuse(http.StatusBadRequest, "bad_cid", textBadCID)
	}
	a, f := c.picture(w, r, v, cid)
	if f != nil {
		f.CID = cid
		return f
	}
	answer(w, http.StatusOK, a)
	return nil
}

func (c *Channel) picture(w http.ResponseWriter, r *http.Request, v Visitor, cid string) (ack, *fault) {
	if wait := c.pictures.Take(v.Conversation); wait > 0 {
		return ack{}, tooFast(wait)
	}
	if c.cfg.Room != nil && !c.cfg.Room() {
		return ack{}, refuse(http.StatusServiceUnavailable, "no_space", textNoSpace)
	}
	client := ClientKey(r.RemoteAddr)
	if !c.uploads.begin(client) {
		return ack{}, tooFast(2 * time.Second)
	}
	defer c.uploads.end(client)
	data, f := readPicture(w, r)
	if f != nil {
		return ack{}, f
	}
	ev := bot.Event{Kind: bot.EventMedia, Media: bot.MediaImage, Key: lineKey(cid, v), CID: cid, Conversation: v.Conversation}
	if known, err := c.read.MessagesOf(r.Context(), ev.Key); err != nil {
		return ack{}, faultOf(err)
	} else if len(known) > 0 { // sent again, because its acknowledgement was lost
		return ackOf(cid, known, known[len(known)-1].Seq), nil
	}
	drawn, err := media.Draw(r.Context(), data)
	var pixels *media.PixelsError
	switch {
	case errors.As(err, &pixels):
		return ack{}, refuse(http.StatusRequestEntityTooLarge, "too_many_pixels", textPixels)
	case errors.Is(err, media.ErrUnread):
		return ack{}, refuse(http.StatusUnprocessableEntity, "unreadable", textUnreadable)
	case err != nil:
		return ack{}, faultOf(err)
	}
	ev.File = &bot.File{Kind: bot.MediaImage, MIME: drawn.MIME, Data: drawn.Data}
	// Who hangs up now has sent his picture all the same.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), answerFor)
	defer cancel()
	return c.handle(ctx, v, ev)
}

// readPicture reads a body that begins as a picture.
func readPicture(w http.ResponseWriter, r *http.Request) ([]byte, *fault) {
	if r.ContentLength > media.MaxIn {
		return nil, refuse(http.StatusRequestEntityTooLarge, "too_large", textPictureTooLarge)
	}
	deadlines := http.NewResponseController(w)
	_ = deadlines.SetReadDeadline(time.Now().Add(uploadFor)) // where there is no connection, in tests, nothing is slow
	_ = deadlines.SetWriteDeadline(time.Now().Add(uploadFor + answerFor))
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, media.MaxIn))
	var big *http.MaxBytesError
	switch {
	case errors.As(err, &big):
		return nil, refuse(http.StatusRequestEntityTooLarge, "too_large", textPictureTooLarge)
	case err != nil:
		return nil, refuse(http.StatusBadRequest, "broke_off", textBrokeOff)
	case len(data) == 0:
		return nil, refuse(http.StatusBadRequest, "empty", textNoPicture)
	case !media.IsPicture(data):
		return nil, refuse(http.StatusUnsupportedMediaType, "bad_type", textBadType)
	}
	return data, nil
}

// file gives a visitor a picture of his own conversation: GET media/{id}. Of any other's it says what it says of one that never was.
func (c *Channel) file(w http.ResponseWriter, r *http.Request) error {
	v, err := c.reader(r)
	if err != nil {
		return err
	}
	f, err := c.read.File(r.Context(), v.Conversation, path.Base(r.URL.Path))
	if errors.Is(err, bot.ErrNotFound) {
		return refuse(http.StatusNotFound, "not_found", textNoFile)
	}
	if err != nil {
		return err
	}
	media.Serve(w, f)
	return nil
}

// uploads counts pictures under way, by client.
type uploads struct {
	mu  sync.Mutex
	all int
	of  map[string]int
}

// begin reports false when there are as many as may be; after true comes end.
func (u *uploads) begin(client string) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.all >= maxUploads || u.of[client] >= maxOfOne {
		return false
	}
	if u.of == nil {
		u.of = map[string]int{}
	}
	u.all++
	u.of[client]++
	return true
}

func (u *uploads) end(client string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.all--
	if u.of[client]--; u.of[client] == 0 {
		delete(u.of, client)
	}
}
