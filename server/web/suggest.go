package web

import (
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"posdoctor/bot"
	"posdoctor/bot/store"
)

const (
	suggestMost = 3
	suggestLook = 40 // lines that are looked back for what the merchant asked last
	suggestLine = 4  // characters of a line that asks something
)

// suggestions are answers from the library to what the merchant said last, or to q, found as the bot finds them. An entry that was called
// unfit in this conversation does not come again.
func (a *agents) suggestions(c *gin.Context) {
	conv, ok := a.find(c, actRead)
	if !ok {
		return
	}
	ctx := c.Request.Context()
	q := strings.TrimSpace(c.Query("q"))
	if !utf8.ValidString(q) || utf8.RuneCountInString(q) > 200 {
		fail(c, http.StatusBadRequest, "bad_request", "q 最多 200 个字。")
		return
	}
	var asked []string
	if q, _ = bot.Mask(q); q != "" {
		asked = []string{q}
	} else {
		lines, err := a.d.Store.MessagesBefore(ctx, conv.ID, conv.Last+1, suggestLook)
		if err != nil {
			a.broken(c, err)
			return
		}
		asked = questions(lines, conv.Dialogue.Said)
	}
	judged, err := a.d.Store.Verdicts(ctx, conv.ID, conv.Opened)
	if err != nil {
		a.broken(c, err)
		return
	}
	book, err := a.d.Service.PlaybookOf(ctx, conv.Playbook)
	if err != nil {
		a.broken(c, err)
		return
	}
	entry := func(article string) (bot.Finding, error) { return a.d.Service.Finder.Entry(ctx, article) }
	unfit := func(article string) bool { return judged[article] == store.VerdictUnfit }
	out, about := []bot.Suggestion{}, ""
	for _, text := range asked { // the newest line first; one that finds nothing likely says little by itself
		f, err := a.d.Service.Finder.Find(ctx, text)
		if err != nil {
			a.broken(c, err)
			return
		}
		if f.Top == nil || f.P < suggestFrom && q == "" {
			continue
		}
		if out, err = book.Suggest(conv, f, entry, unfit, suggestMost); err != nil {
			a.broken(c, err)
			return
		}
		if len(out) > 0 {
			about = text
			break
		}
	}
	c.JSON(http.StatusOK, gin.H{"suggestions": out, "about": about})
}

// suggestFrom is how likely the best entry for a line must be for the line to be taken as the question.
const suggestFrom = 0.15

// questions are what may be asked now: the merchant's newest lines that say something, then his first words about the trouble.
func questions(lines []bot.Message, said string) []string {
	var out []string
	for i := len(lines) - 1; i >= 0 && len(out) < 3; i-- {
		m := lines[i]
		if m.From == bot.FromUser && m.Type == bot.TypeMessage && m.Media == nil && utf8.RuneCountInString(m.Text) >= suggestLine {
			out = append(out, m.Text)
		}
	}
	if said != "" && !slices.Contains(out, said) {
		out = append(out, said)
	}
	return out
}

// judge keeps what an agent made of a suggestion.
func (a *agents) judge(c *gin.Context) {
	var in struct {
		Article string `json:"article"`
		Use     string `json:"use"`
	}
	if !bind(c, &in) {
		return
	}
	conv, ok := a.find(c, actRead)
	if !ok {
		return
	}
	if !slices.Contains([]string{store.VerdictInsert, store.VerdictEdit, store.VerdictUnfit}, in.Use) {
		fail(c, http.StatusBadRequest, "bad_request", "use 只能是 insert、edit、unfit。")
		return
	}
	ctx := c.Request.Context()
	if _, err := a.d.Service.Finder.Entry(ctx, in.Article); err != nil {
		fail(c, http.StatusBadRequest, "no_article", "知识库里没有这一条。")
		return
	}
	v := store.Suggested{ID: bot.NewID(), At: a.d.Now().UnixMilli(), Agent: me(c).ID, Conversation: conv.ID, Article: in.Article, Verdict: in.Use}
	if err := a.d.Store.Judge(ctx, v); err != nil {
		a.broken(c, err)
		return
	}
	c.Status(http.StatusNoContent)
}
