package web

import (
	"context"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"posdoctor/bot"
)

// Notices tells agents outside of the console.
type Notices interface {
	// Try sends a test to one of the ways (wecom, webhook) at once and says, in words for operators, what became of it.
	Try(ctx context.Context, way string) (ok bool, detail string)
	// Ways are the ways there are.
	Ways() []string
}

// noticeRow is what was told, and how it went.
type noticeRow struct {
	ID           string `json:"id"`
	Told         int64  `json:"told"`
	Way          string `json:"way"`
	Kind         string `json:"kind"`
	Conversation string `json:"conversation"`
	State        string `json:"state"`
	Attempts     int    `json:"attempts"`
	Reason       string `json:"reason,omitempty"`
	Done         int64  `json:"done,omitempty"`
}

func (a *agents) notices(c *gin.Context) {
	list, err := a.d.Store.Tellings(c.Request.Context(), listLimit)
	if err != nil {
		a.broken(c, err)
		return
	}
	out := make([]noticeRow, 0, len(list))
	for _, n := range list {
		out = append(out, noticeRow{n.ID, n.Told, strings.TrimPrefix(n.Target, bot.TargetTelling), n.Kind, n.Conversation, n.State, n.Attempts, n.Reason, n.Done})
	}
	c.JSON(http.StatusOK, gin.H{"notices": out})
}

func (a *agents) testNotice(c *gin.Context) {
	var in struct {
		Way string `json:"way"`
	}
	if !bind(c, &in) {
		return
	}
	known := false
	if a.d.Notices != nil {
		for _, w := range a.d.Notices.Ways() {
			known = known || w == in.Way
		}
	}
	if !known {
		fail(c, http.StatusBadRequest, "bad_request", "没有这种通知方式。")
		return
	}
	if wait := a.calls.Take("notice"); wait > 0 {
		tooMany(c, wait)
		return
	}
	if !a.audit(c.Request.Context(), me(c).ID, "notice.test", "", in.Way) {
		a.busy(c)
		return
	}
	ok, detail := a.d.Notices.Try(c.Request.Context(), in.Way)
	c.JSON(http.StatusOK, gin.H{"ok": ok, "detail": detail})
}
