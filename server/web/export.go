package web

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"posdoctor/bot"
)

const (
	mostExport   = 93 * 24 * time.Hour // the longest period of one export
	exportPage   = 100                 // conversations read at once
	exportWrites = 30 * time.Second    // how long a reader may take for what was written
)

// exported is a conversation in an export, with its lines of the period. It has no more of the merchant's address than lists show.
type exported struct {
	row
	Lines []bot.Message `json:"lines"`
}

// export answers with the conversations of a period as they are stored, that is masked: JSON Lines, one conversation a line and a last
// line that says that all is there, or CSV, one row a message. It is written while it is read, so its size costs no memory, and kept
// in the audit log before the first line goes.
func (a *agents) export(c *gin.Context) {
	from, to, err := period(c)
	format := c.DefaultQuery("format", "jsonl")
	if err != nil || from == 0 || to == 0 || format != "jsonl" && format != "csv" {
		fail(c, http.StatusBadRequest, "bad_request", "请带上 from 和 to（毫秒），format 是 jsonl 或 csv。")
		return
	}
	if time.Duration(to-from)*time.Millisecond > mostExport {
		fail(c, http.StatusBadRequest, "too_long", "一次最多导出 93 天，请分几次导出。")
		return
	}
	select {
	case a.exports <- struct{}{}:
		defer func() { <-a.exports }()
	default:
		tooMany(c, 10*time.Second)
		return
	}
	if !a.audit(c.Request.Context(), me(c).ID, actExport, "", format+" "+periodText(from, to)) {
		a.busy(c)
		return
	}
	var w exportWriter
	if format == "csv" {
		w = newRows(a.download(c, "text/csv; charset=utf-8", "conversations", "csv"))
	} else {
		w = &jsonLines{out: json.NewEncoder(a.download(c, "application/x-ndjson; charset=utf-8", "conversations", "jsonl"))}
	}
	ctx := c.Request.Context()
	for after := ""; ; {
		convs, err := a.d.Store.ConversationsSince(ctx, from, after, exportPage)
		if err != nil {
			a.torn(c, err)
		}
		for _, conv := range convs {
			after = conv.ID
			x := exported{row: rowOf(conv), Lines: []bot.Message{}}
			for seq := int64(0); ; {
				lines, err := a.d.Store.Messages(ctx, conv.ID, seq, 500)
				if err != nil {
					a.torn(c, err)
				}
				for _, l := range lines {
					seq = l.Seq
					if l.At >= from && l.At < to {
						x.Lines = append(x.Lines, l)
					}
				}
				// A long conversation goes out in parts, each a line of its own.
				if len(x.Lines) >= 2000 || len(lines) < 500 && len(x.Lines) > 0 {
					if w.write(x) != nil {
						return // nobody reads on
					}
					x.Lines = x.Lines[:0]
				}
				if len(lines) < 500 {
					break
				}
			}
		}
		if len(convs) < exportPage {
			w.end()
			return
		}
	}
}

// download begins an answer that is a file. What is written has so long to get to its reader; the whole file has no limit.
func (a *agents) download(c *gin.Context, kind, name, ext string) io.Writer {
	c.Header("Content-Type", kind)
	c.Header("Content-Disposition", fmt.Sprintf(`attachment; filename="posdoctor-%s-%s.%s"`, name, a.d.Now().In(beijing).Format("20060102-150405"), ext))
	c.Status(http.StatusOK)
	return patientWriter{c.Writer, http.NewResponseController(c.Writer)}
}

type patientWriter struct {
	io.Writer
	control *http.ResponseController
}

func (w patientWriter) Write(p []byte) (int, error) {
	w.control.SetWriteDeadline(time.Now().Add(exportWrites)) // one that knows none has none
	return w.Writer.Write(p)
}

// torn ends an answer in the middle so that its reader sees that it is not whole.
func (a *agents) torn(c *gin.Context, err error) {
	if c.Request.Context().Err() == nil {
		a.d.Log.Error("exporting", "route", c.FullPath(), "err", err)
	}
	panic(http.ErrAbortHandler)
}

type exportWriter interface {
	write(exported) error
	end()
}

// jsonLines: {"id":"0198…","title":"川味小馆",…,"lines":[…]} and at last {"end":true,"conversations":3,"lines":41}
type jsonLines struct {
	out           *json.Encoder
	last          string
	conversations int
	lines         int
}

func (w *jsonLines) write(x exported) error {
	if x.ID != w.last {
		w.conversations++
	}
	w.last = x.ID
	w.lines += len(x.Lines)
	return w.out.Encode(x)
}

func (w *jsonLines) end() {
	w.out.Encode(gin.H{"end": true, "conversations": w.conversations, "lines": w.lines})
}

// csvRows is CSV for spreadsheets.
type csvRows struct{ out *csv.Writer }

func newRows(to io.Writer) csvRows {
	io.WriteString(to, bom)
	w := csvRows{csv.NewWriter(to)}
	w.out.Write([]string{"会话", "渠道", "商户", "已验证", "主题", "序号", "时间", "类型", "来自", "名称", "内容"})
	return w
}

func (w csvRows) write(x exported) error {
	verified := map[bool]string{true: "是", false: "否"}[x.Verified]
	for _, l := range x.Lines {
		name := l.Name
		if l.Agent != nil {
			name = l.Agent.Name
		}
		w.out.Write(inert(x.ID, x.Channel, x.Title, verified, x.Topic, strconv.FormatInt(l.Seq, 10), stampOf(l.At), l.Type, l.From, name, l.Text))
	}
	w.out.Flush()
	return w.out.Error()
}

func (w csvRows) end() { w.out.Flush() }
