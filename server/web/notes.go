package web

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"posdoctor/bot"
	"posdoctor/bot/store"
)

// topicNotes wakes consoles when a colleague has written a note.
const topicNotes = "notes"

// notes gives what colleagues wrote to each other about a conversation.
func (a *agents) notes(c *gin.Context) {
	conv, ok := a.find(c, actRead)
	if !ok {
		return
	}
	notes, err := a.d.Store.InternalNotes(c.Request.Context(), conv.ID)
	if err != nil {
		a.broken(c, err)
		return
	}
	c.JSON(http.StatusOK, gin.H{"notes": notes})
}

// note keeps a note. Everybody who may read the conversation may write one, whoever holds it: it is no line, and no merchant reads it.
func (a *agents) note(c *gin.Context) {
	var in struct {
		ID   string `json:"id"` // the sender's own, so that a repetition changes nothing; may be left out
		Text string `json:"text"`
	}
	if !bind(c, &in) {
		return
	}
	conv, ok := a.find(c, actRead)
	if !ok {
		return
	}
	if in.ID != "" && !bot.PlainID(in.ID) {
		fail(c, http.StatusBadRequest, "bad_request", "id 只能是字母、数字和几种符号，最多 64 个。")
		return
	}
	text, err := bot.Written(in.Text)
	switch {
	case errors.Is(err, bot.ErrEmpty):
		fail(c, http.StatusBadRequest, "empty", "请先写点内容再保存。")
		return
	case errors.Is(err, bot.ErrTooLong):
		fail(c, http.StatusRequestEntityTooLarge, "too_long", "这条太长了，最多 2000 个字。")
		return
	case err != nil:
		fail(c, http.StatusBadRequest, "not_utf8", "这条里有无法识别的字符。")
		return
	}
	ctx := c.Request.Context()
	all, err := a.d.Store.Agents(ctx)
	if err != nil {
		a.broken(c, err)
		return
	}
	n := store.InternalNote{ID: in.ID, Conversation: conv.ID, At: a.d.Now().UnixMilli(), Agent: *name(me(c)), Text: text, Mentions: mentioned(text, all)}
	if n.ID == "" {
		n.ID = bot.NewID()
	}
	if err := a.d.Store.AddNote(ctx, n); err != nil {
		a.broken(c, err)
		return
	}
	a.audit(ctx, me(c).ID, "note", conv.ID, "")
	a.d.Bus.Publish(topicNotes)
	c.JSON(http.StatusOK, n)
}

// mentioned are the agents whom a text names behind an @. Of names that begin alike the longest is meant.
func mentioned(text string, all []store.Agent) []bot.AgentID {
	out := []bot.AgentID{}
	for {
		_, rest, found := strings.Cut(text, "@")
		if !found {
			return out
		}
		var who *store.Agent
		most := 0
		for i := range all {
			for _, name := range []string{all[i].Shown(), all[i].Name} {
				if n := utf8.RuneCountInString(name); !all[i].Disabled && n > most && strings.HasPrefix(rest, name) {
					who, most = &all[i], n
				}
			}
		}
		if who != nil && !slices.ContainsFunc(out, func(a bot.AgentID) bool { return a.ID == who.ID }) {
			out = append(out, *name(*who))
		}
		text = rest
	}
}

// noteFrame tells a console of a note: of the conversation it watches, or one that names its agent.
type noteFrame struct {
	T       string `json:"t"`
	Conv    string `json:"conv"`
	ID      string `json:"id"`
	Mention bool   `json:"mention"`
	By      string `json:"by"` // who wrote it
}

// noted follows the notes for one console. Wakes may be merged, so it reads what came since, a little over, and tells each once.
type noted struct {
	since int64
	told  []string
}

// overlap is how far back, in milliseconds, notes are read again: clocks of two writers may differ a little.
const overlap = 5_000

func (n *noted) news(ctx context.Context, a *agents, agent, watched string) ([]noteFrame, error) {
	notes, err := a.d.Store.NotesSince(ctx, n.since-overlap, 200)
	if err != nil {
		return nil, err
	}
	var out []noteFrame
	for _, x := range notes {
		n.since = max(n.since, x.At)
		if slices.Contains(n.told, x.ID) {
			continue
		}
		n.told = append(n.told, x.ID)
		mention := x.Agent.ID != agent && slices.ContainsFunc(x.Mentions, func(m bot.AgentID) bool { return m.ID == agent })
		if x.Conversation == watched || mention {
			out = append(out, noteFrame{"note", x.Conversation, x.ID, mention, x.Agent.Name})
		}
	}
	if len(n.told) > 1000 {
		n.told = slices.Clone(n.told[len(n.told)-500:])
	}
	return out, nil
}
