package web

import (
	"errors"
	"net/http"

	"github.com/gin-gonic/gin"

	"posdoctor/bot"
	"posdoctor/channels/media"
)

// media gives a picture or a voice of a merchant's to who may read his conversation. See media.Serve.
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
	media.Serve(c.Writer, f)
}
