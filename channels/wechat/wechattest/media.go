package wechattest

import (
	"bytes"
	"encoding/base64"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// media is a picture or a voice.
type media struct {
	id, kind, owner string // owner: which token may fetch it
	contentType     string
	data            []byte
	until           time.Time
}

// name is what WeChat calls the file, after its id.
func (m media) name() string {
	ext := map[string]string{"image/jpeg": ".jpg", "image/png": ".png", "image/gif": ".gif", "voice/amr": ".amr", "audio/amr": ".amr", "video/mp4": ".mp4"}[m.contentType]
	return m.id + ext
}

// typeOf is the content type that the API gives a file: pictures and AMR by what they begin with.
func typeOf(data []byte) string {
	if bytes.HasPrefix(data, []byte("#!AMR")) {
		return "voice/amr"
	}
	kind, _, _ := mime.ParseMediaType(http.DetectContentType(data))
	return kind
}

// AddMedia stores a file of a follower and returns its media_id. KFPhone stores its own.
func (a *API) AddMedia(kind string, data []byte) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.store(kind, tokenAccount, data)
}

// AddMediaAs stores a file under an id of the caller's, with a content type of the caller's.
func (a *API) AddMediaAs(id, contentType string, data []byte) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.put(media{id: id, kind: "image", owner: eitherToken, contentType: contentType, data: data})
}

func (a *API) store(kind, owner string, data []byte) string {
	id := base64.RawURLEncoding.EncodeToString(random(48))
	a.put(media{id: id, kind: kind, owner: owner, contentType: typeOf(data), data: data})
	return id
}

func (a *API) put(m media) {
	if a.media == nil {
		a.media = map[string]media{}
	}
	m.until = a.now().Add(a.limits().Media)
	a.media[m.id] = m
}

// stored returns a file that is not too old, to who may have it.
func (a *API) stored(id, owner string) (media, bool) {
	m, ok := a.media[id]
	return m, ok && a.now().Before(m.until) && (m.owner == owner || m.owner == eitherToken)
}

// Media returns a stored file and its content type, whoever it belongs to.
func (a *API) Media(id string) (data []byte, contentType string, ok bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	m, ok := a.media[id]
	return m.data, m.contentType, ok
}

// mediaGet gives the bytes, or what is wrong as JSON with status 200.
//
//	GET /cgi-bin/media/get?access_token=…&media_id=ID -> Content-Type: image/jpeg, Content-Disposition: attachment; filename=ID.jpg
//	  -> {"errcode":40007,"errmsg":"invalid media_id rid: …"}
func (a *API) mediaGet(c *call) any {
	if c.query["media_id"] == "" {
		return refuse(MediaIDMissing)
	}
	m, ok := a.stored(c.query["media_id"], c.token)
	if !ok {
		return refuse(BadMediaID)
	}
	return m
}

// mediaSizes are the largest files of a kind.
var mediaSizes = map[string]int{"image": 10 << 20, "voice": 2 << 20, "video": 10 << 20, "thumb": 64 << 10}

// workPicture are the pictures that qyapi.weixin.qq.com takes.
var workPicture = map[string]bool{"image/jpeg": true, "image/png": true}

// mediaUpload keeps a file for three days.
//
//	POST /cgi-bin/media/upload?access_token=…&type=image, multipart/form-data with a part "media" that has a file name
//	  -> {"type":"image","media_id":"ID","created_at":1700000000,"item":[]}
//	  -> {"errcode":0,"errmsg":"ok","type":"image","media_id":"ID","created_at":"1700000000"} of qyapi.weixin.qq.com, where a file has more
//	     than 5 bytes and a picture is JPG or PNG (document/path/90253)
func (a *API) mediaUpload(c *call) any {
	kind := c.query["type"]
	most, ok := mediaSizes[kind]
	if !ok {
		return refuse(BadMediaType)
	}
	_, params, err := mime.ParseMediaType(c.Header.Get("Content-Type"))
	if err != nil || params["boundary"] == "" {
		return refuse(MediaMissing)
	}
	parts := multipart.NewReader(bytes.NewReader(c.raw), params["boundary"])
	for {
		p, err := parts.NextPart()
		if err != nil {
			return refuse(MediaMissing)
		}
		if p.FormName() != "media" || p.FileName() == "" {
			continue
		}
		data, err := io.ReadAll(p)
		switch {
		case err != nil || len(data) == 0:
			return refuse(MediaMissing)
		case len(data) > most:
			return refuse(MediaTooBig)
		case kind == "image" && !strings.HasPrefix(typeOf(data), "image/"), kind == "image" && c.token == tokenWork && !workPicture[typeOf(data)]:
			return refuse(40113)
		case c.token == tokenWork && len(data) <= 5:
			return refuse(BadMediaSize)
		}
		id := a.store(kind, c.token, data)
		if c.token == tokenWork {
			return reply{"errcode": OK, "errmsg": "ok", "type": kind, "media_id": id, "created_at": strconv.FormatInt(a.now().Unix(), 10)}
		}
		return reply{"type": kind, "media_id": id, "created_at": a.now().Unix(), "item": []any{}}
	}
}
