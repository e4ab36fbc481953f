package web

import (
	"encoding/csv"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"posdoctor/bot"
	"posdoctor/bot/store"
)

// auditRow is a line of the audit log as admins read it.
type auditRow struct {
	ID           string      `json:"id"`
	At           int64       `json:"at"`
	Agent        bot.AgentID `json:"agent"`
	Act          string      `json:"act"`
	Conversation string      `json:"conversation,omitempty"`
	Detail       string      `json:"detail,omitempty"`
}

// auditQuery reads which lines of the audit log are asked for, or answers what is wrong with it.
func auditQuery(c *gin.Context) (store.AuditQuery, bool) {
	q := store.AuditQuery{Agent: c.Query("agent"), Act: c.Query("act"), Conversation: c.Query("conversation")}
	from, to, err := period(c)
	if err != nil || !isCursor(c.Query("after")) || len(q.Agent)+len(q.Act)+len(q.Conversation) > 300 {
		fail(c, http.StatusBadRequest, "bad_request", "from 和 to 要是毫秒时间，after 要用上一页的 next。")
		return q, false
	}
	q.From, q.To = from, to
	return q, true
}

// period reads from and to, in milliseconds; 0 is open.
func period(c *gin.Context) (from, to int64, err error) {
	from, err1 := strconv.ParseInt(c.DefaultQuery("from", "0"), 10, 64)
	to, err2 := strconv.ParseInt(c.DefaultQuery("to", "0"), 10, 64)
	if from < 0 || to < 0 || to > 0 && to <= from {
		err = errors.New("the period is empty")
	}
	return from, to, errors.Join(err, err1, err2)
}

func (a *agents) auditLog(c *gin.Context) {
	q, ok := auditQuery(c)
	if !ok {
		return
	}
	lines, next, err := a.d.Store.Audited(c.Request.Context(), q, c.Query("after"), listLimit)
	if err != nil {
		a.broken(c, err)
		return
	}
	acts, err := a.d.Store.Acts(c.Request.Context())
	if err != nil {
		a.broken(c, err)
		return
	}
	out := make([]auditRow, 0, len(lines))
	for _, x := range lines {
		out = append(out, auditRow{x.ID, x.At, bot.AgentID{ID: x.Agent, Name: auditName(x)}, x.Act, x.Conversation, x.Detail})
	}
	if acts == nil {
		acts = []string{}
	}
	c.JSON(http.StatusOK, gin.H{"lines": out, "next": next, "acts": acts})
}

func auditName(x store.Trace) string {
	switch {
	case x.Name != "":
		return x.Name
	case x.Agent == store.CommandAgent:
		return "命令行"
	case x.Agent == store.NobodyAgent:
		return "未知账号"
	}
	return x.Agent
}

const mostAudit = 100_000 // lines of one export of the audit log

// auditExport answers with the audit log as CSV, the newest first. That it was taken out stands in it before the first line goes.
func (a *agents) auditExport(c *gin.Context) {
	q, ok := auditQuery(c)
	if !ok {
		return
	}
	if !a.audit(c.Request.Context(), me(c).ID, "audit.export", "", periodText(q.From, q.To)) {
		a.busy(c)
		return
	}
	out := a.download(c, "text/csv; charset=utf-8", "audit", "csv")
	w := csv.NewWriter(out)
	out.Write([]byte(bom))
	w.Write([]string{"时间", "账号", "名称", "操作", "会话", "说明"})
	lines := 0
	for after := ""; ; {
		page, next, err := a.d.Store.Audited(c.Request.Context(), q, after, 500)
		if err != nil {
			a.torn(c, err)
		}
		for _, x := range page {
			w.Write(inert(stampOf(x.At), x.Agent, auditName(x), x.Act, x.Conversation, x.Detail))
		}
		if w.Flush(); w.Error() != nil {
			return // nobody reads on
		}
		if lines += len(page); lines >= mostAudit {
			w.Write([]string{fmt.Sprintf("只导出最近 %d 行，其余请分时间段导出。", lines)})
			w.Flush()
			return
		}
		if after = next; after == "" {
			return
		}
	}
}

// bom tells spreadsheets that a CSV file is UTF-8.
const bom = "\ufeff"

// inert makes the fields of a CSV row safe: a spreadsheet takes what begins with one of these for a formula and runs it.
func inert(fields ...string) []string {
	for i, f := range fields {
		if f != "" && strings.ContainsRune("=+-@\t\r\n＝＋－＠", []rune(f)[0]) {
			fields[i] = "'" + f
		}
	}
	return fields
}

var beijing = time.FixedZone("CST", 8*60*60)

func stampOf(ms int64) string { return time.UnixMilli(ms).In(beijing).Format("2006-01-02 15:04:05") }

func periodText(from, to int64) string {
	text := func(ms int64) string {
		if ms == 0 {
			return "…"
		}
		return stampOf(ms)
	}
	return text(from) + " – " + text(to)
}
