package web

import (
	"encoding/csv"
	"io"
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"posdoctor/bot"
)

// rating is how the merchant of a conversation found the help of an episode.
type rating struct {
	ID     string       `json:"id"`
	Asked  int64        `json:"asked"`           // milliseconds
	At     int64        `json:"at,omitempty"`    // of the newest answer
	Score  int          `json:"score,omitempty"` // 5 is best; left out while there is no answer
	Solved *bool        `json:"solved,omitempty"`
	Text   string       `json:"text,omitempty"`
	Agent  *bot.AgentID `json:"agent,omitempty"` // nil: the bot alone
	Skill  string       `json:"skill"`
}

func ratingOf(r bot.Rating) *rating {
	return &rating{r.ID, r.Asked, r.At, r.Score, r.Solved, r.Text, r.Agent, r.Skill}
}

// ratedRow is a rating in the list.
type ratedRow struct {
	rating
	Conversation string `json:"conversation"`
	Channel      string `json:"channel"`
}

const (
	ratingsLimit = 50
	csvLimit     = 5000
)

// ratings lists the answers, the newest first; as a table of comma-separated values with format=csv.
func (a *agents) ratings(c *gin.Context) {
	if !a.authorise(c, actRatings, bot.Conversation{}) {
		forbidden(c)
		return
	}
	after := c.Query("after")
	if !isCursor(after) {
		fail(c, http.StatusBadRequest, "bad_request", "after 要用上一页的 next。")
		return
	}
	limit := ratingsLimit
	switch c.Query("format") {
	case "", "json":
	case "csv":
		limit = csvLimit
	default:
		fail(c, http.StatusBadRequest, "bad_request", "format 只能是 json 或 csv。")
		return
	}
	list, next, err := a.d.Store.Ratings(c.Request.Context(), after, limit)
	if err != nil {
		a.broken(c, err)
		return
	}
	if !a.audit(c.Request.Context(), me(c).ID, actRatings, "", c.Query("format")) {
		a.busy(c)
		return
	}
	if limit == csvLimit {
		a.ratingsTable(c, list)
		return
	}
	rows := make([]ratedRow, 0, len(list))
	for _, r := range list {
		rows = append(rows, ratedRow{*ratingOf(r.Rating), r.Conversation, r.Channel})
	}
	c.JSON(http.StatusOK, gin.H{"ratings": rows, "next": next})
}

// ratingsTable answers with a table that programs for tables open as text.
func (a *agents) ratingsTable(c *gin.Context, list []bot.Rated) {
	out := a.download(c, "text/csv; charset=utf-8", "ratings", "csv")
	_, _ = io.WriteString(out, bom)
	w := csv.NewWriter(out)
	_ = w.Write([]string{"时间", "分数", "问题解决了", "评价", "客服", "技能组", "渠道", "会话"})
	for _, r := range list {
		solved, agent := "", "智能助手"
		if r.Solved != nil {
			solved = map[bool]string{true: "是", false: "否"}[*r.Solved]
		}
		if r.Agent != nil {
			agent = r.Agent.Name
		}
		_ = w.Write(inert(stampOf(r.At), strconv.Itoa(r.Score), solved, r.Text, agent, r.Skill, r.Channel, r.Conversation))
	}
	w.Flush()
}
