package web

import (
	"errors"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"posdoctor/bot"
	"posdoctor/bot/store"
)

// Variables are what a canned reply may leave open; the console fills them in: the merchant's name, the agent's, the ticket's number,
// what it is about, the response code.
var Variables = []string{"商户", "客服", "工单", "问题", "代码"}

var variable = regexp.MustCompile(`\{\{([^{}]*)\}\}`)

const (
	mostCanned      = 2000 // of them, and characters of one
	mostCannedTitle = 40
	mostCannedDepth = 5
)

func (a *agents) canned(c *gin.Context) {
	all, err := a.d.Store.Canned(c.Request.Context())
	if err != nil {
		a.broken(c, err)
		return
	}
	every := c.Query("all") == "1" && a.authorise(c, actCanned, bot.Conversation{})
	mine := me(c).Teams
	out := []store.Canned{}
	for _, x := range all {
		if every || x.Team == "" || slices.Contains(mine, x.Team) {
			out = append(out, x)
		}
	}
	c.JSON(http.StatusOK, gin.H{"canned": out, "variables": Variables})
}

// cannedIn reads a canned reply, or answers what is wrong with it.
func (a *agents) cannedIn(c *gin.Context, id string) (store.Canned, bool) {
	var in struct{ Team, Path, Title, Text string }
	if !bind(c, &in) {
		return store.Canned{}, false
	}
	x := store.Canned{ID: id, Team: in.Team, Title: strings.Join(strings.Fields(in.Title), " "), At: a.d.Now().UnixMilli(),
		Text: strings.TrimSpace(strings.ReplaceAll(in.Text, "\r\n", "\n"))}
	message := ""
	var parts []string
	for part := range strings.SplitSeq(in.Path, "/") {
		if part = strings.Join(strings.Fields(part), " "); part != "" {
			parts = append(parts, part)
		}
	}
	x.Path = strings.Join(parts, "/")
	switch {
	case x.Title == "" || utf8.RuneCountInString(x.Title) > mostCannedTitle || !plainText(x.Title):
		message = "标题要 1 到 40 个字。"
	case len(parts) > mostCannedDepth || utf8.RuneCountInString(x.Path) > 100 || !plainText(x.Path):
		message = "目录最多 5 层，共 100 个字，用 / 分开。"
	case x.Text == "":
		message = "请写回复的内容。"
	case utf8.RuneCountInString(x.Text) > mostCanned || !plainText(strings.NewReplacer("\n", " ", "\t", " ").Replace(x.Text)):
		message = "内容最多 2000 个字，不能有看不见的字符。"
	default:
		message = badVariables(x.Text)
	}
	if message != "" {
		fail(c, http.StatusBadRequest, "bad_request", message)
		return x, false
	}
	return x, true
}

// badVariables says which variables of a text nobody fills in, "" for none. A brace too few is one, too.
func badVariables(text string) string {
	rest := variable.ReplaceAllStringFunc(text, func(v string) string {
		if name := variable.FindStringSubmatch(v)[1]; slices.Contains(Variables, strings.TrimSpace(name)) {
			return ""
		}
		return v
	})
	if found := variable.FindString(rest); found != "" {
		return "不认识变量 " + clip(found) + "，可用的有 {{" + strings.Join(Variables, "}} {{") + "}}。"
	}
	if strings.Contains(rest, "{{") || strings.Contains(rest, "}}") {
		return "变量的括号不成对，请写成 {{商户}} 这样。"
	}
	return ""
}

func (a *agents) addCanned(c *gin.Context) {
	x, ok := a.cannedIn(c, bot.NewID())
	if !ok {
		return
	}
	all, err := a.d.Store.Canned(c.Request.Context())
	if err != nil {
		a.broken(c, err)
		return
	}
	if len(all) >= mostCanned {
		fail(c, http.StatusConflict, "too_many", "快捷回复已有 2000 条，请先删除不用的。")
		return
	}
	if err := a.d.Store.AddCanned(c.Request.Context(), x, a.trace(c, "canned.add", placeOf(x))); err != nil {
		a.refuseCanned(c, err)
		return
	}
	c.JSON(http.StatusCreated, x)
}

func (a *agents) changeCanned(c *gin.Context) {
	x, ok := a.cannedIn(c, c.Param("id"))
	if !ok {
		return
	}
	if err := a.d.Store.SaveCanned(c.Request.Context(), x, a.trace(c, "canned.change", placeOf(x))); err != nil {
		a.refuseCanned(c, err)
		return
	}
	c.JSON(http.StatusOK, x)
}

func (a *agents) removeCanned(c *gin.Context) {
	ctx, id := c.Request.Context(), c.Param("id")
	all, err := a.d.Store.Canned(ctx)
	if err != nil {
		a.broken(c, err)
		return
	}
	detail := id
	for _, x := range all {
		if x.ID == id {
			detail = placeOf(x)
		}
	}
	if err := a.d.Store.RemoveCanned(ctx, id, a.trace(c, "canned.remove", detail)); err != nil {
		a.refuseCanned(c, err)
		return
	}
	c.Status(http.StatusNoContent)
}

func placeOf(x store.Canned) string { return strings.TrimPrefix(x.Path+"/"+x.Title, "/") }

func (a *agents) refuseCanned(c *gin.Context, err error) {
	switch {
	case errors.Is(err, store.ErrTaken):
		fail(c, http.StatusConflict, "taken", "这个目录下已有同名的快捷回复，请换个标题。")
	case errors.Is(err, bot.ErrNotFound):
		fail(c, http.StatusNotFound, "not_found", "这条快捷回复或它的分组已被删除，请刷新后再试。")
	default:
		a.broken(c, err)
	}
}
