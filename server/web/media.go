package web

import (
	"errors"
	"mime"
	"net/http"

	"github.com/gin-gonic/gin"

	"posdoctor/bot"
)

// media gives a picture or a voice of a merchant's to who may read his conversation. What a page may not show is for saving: it comes
// under a name of ours, for the bytes are a stranger's.
func (a *agents) media(c *gin.Context) {
	conv, ok := a.find(c, actRead)
	if !ok {
		return
	}
	f, err := a.d.Store.File(c.Request.Context(), conv.ID, c.Param("media"))
	if errors.Is(err, bot.ErrNotFound) {
		fail(c, http.StatusNotFound, "not_found", "这个文件还没有取到，或者已经过期。")
		return
	}
	if err != nil {
		a.broken(c, err)
		return
	}
	disposition := "inline"
	if !f.Shown() {
		disposition = mime.FormatMediaType("attachment", map[string]string{"filename": f.Kind + extension[f.MIME]})
	}
	c.Header("Content-Disposition", disposition)
	c.Header("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; sandbox")
	c.Header("Cross-Origin-Resource-Policy", "same-origin")
	c.Data(http.StatusOK, f.MIME, f.Data)
}

var extension = map[string]string{"image/webp": ".webp", "audio/amr": ".amr", "audio/mpeg": ".mp3", "application/octet-stream": ".bin"}
