package web

import (
	"context"
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
	about, found, err := a.question(ctx, asked, q != "")
	if err != nil {
		a.broken(c, err)
		return
	}
	out, err := book.Suggest(conv, found, entry, unfit, suggestMost)
	if err != nil {
		a.broken(c, err)
		return
	}
	if q == "" { // beside what fits, chance is only in the way
		out = slices.DeleteFunc(out, func(s bot.Suggestion) bool { return s.P < suggestFrom })
	}
	c.JSON(http.StatusOK, gin.H{"suggestions": out, "about": about})
}

// How likely an entry must be: for a line to be taken as the question while the trouble itself was told before, and at all.
const (
	suggestSure = 0.6
	suggestFrom = 0.15
)

// question picks what is asked out of the merchant's lines, the newest first, and his first words about the trouble, the last: a new line
// that clearly asks something, else the trouble, else whatever is likely. What an agent asks himself is taken as it is.
func (a *agents) question(ctx context.Context, asked []string, own bool) (string, bot.Finding, error) {
	var about string
	var best bot.Finding
	for i, text := range asked {
		f, err := a.d.Service.Finder.Find(ctx, text)
		if err != nil {
			return "", f, err
		}
		switch {
		case own, f.Top != nil && f.P >= suggestSure:
			return text, f, nil
		case f.Top != nil && f.P >= suggestFrom && (about == "" || i == len(asked)-1):
			about, best = text, f
		}
	}
	return about, best, nil
}

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
