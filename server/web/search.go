package web

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"posdoctor/bot"
	"posdoctor/bot/store"
)

const (
	searchPage   = 20
	searchWords  = 2   // characters that a search needs
	searchMost   = 100 // characters of it
	searchBudget = 300 * time.Millisecond
	snippetSides = 24 // characters around what was found
)

// hit is a conversation that a search found.
type hit struct {
	row
	Match match `json:"match"`
}

type match struct {
	Kind string `json:"kind"`           // merchant, code, ticket, text
	ID   int64  `json:"id,omitempty"`   // text: number of the line
	At   int64  `json:"at,omitempty"`   // text: when it was written
	From string `json:"from,omitempty"` // text: by whom
	Text string `json:"text,omitempty"` // text: the words around, masked
}

// search finds conversations by what was said, merchant, code or ticket. It answers within its time: where that is over, next goes on and
// upto says how far back it has looked.
func (a *agents) search(c *gin.Context) {
	agent := me(c)
	if !a.authorise(c, actList, bot.Conversation{}) {
		forbidden(c)
		return
	}
	q, after := strings.TrimSpace(c.Query("q")), c.Query("after")
	if n := utf8.RuneCountInString(q); n < searchWords || n > searchMost || !utf8.ValidString(q) {
		fail(c, http.StatusBadRequest, "bad_request", "请写 2 到 100 个字。")
		return
	}
	if !isCursor(after) {
		fail(c, http.StatusBadRequest, "bad_request", "after 要用上一页的 next。")
		return
	}
	q, _ = bot.Mask(q) // what is masked in the lines is found by its mask
	ctx := c.Request.Context()
	page, err := a.d.Store.Find(ctx, store.Search{Words: q, After: after, Limit: searchPage, Until: time.Now().Add(searchBudget),
		Readable: func(conv bot.Conversation) bool { return findable(agent, conv) }})
	if err != nil {
		a.broken(c, err)
		return
	}
	if !a.audit(ctx, agent.ID, "search", "", q) {
		a.busy(c)
		return
	}
	hits := make([]hit, 0, len(page.Matches))
	for _, m := range page.Matches {
		h := hit{row: a.row(ctx, m.Conversation), Match: match{Kind: m.Kind}}
		if l := m.Line; l != nil {
			h.Match.ID, h.Match.At, h.Match.From = l.Seq, l.At, l.From
			h.Match.Text, _ = bot.Mask(around(l.Text, q))
		}
		hits = append(hits, h)
	}
	c.JSON(http.StatusOK, gin.H{"hits": hits, "next": page.Next, "upto": page.Upto})
}

// findable says whose conversations an agent finds: what waits, what the bot has, what is over and his own. Who may list what colleagues
// hold finds that too.
func findable(agent store.Agent, conv bot.Conversation) bool {
	return may(agent.Role, actRead) && (conv.Holder.Kind != bot.HolderAgent || mine(conv, agent) || may(agent.Role, actHeld))
}

// around cuts a text to what stands around some words of it.
func around(text, words string) string {
	text = strings.Join(strings.Fields(text), " ")
	r := []rune(text)
	low, want := []rune(strings.ToLower(text)), []rune(strings.ToLower(strings.Join(strings.Fields(words), " ")))
	if len(low) != len(r) { // a letter that has another length in lower case
		low = r
	}
	at := strings.Index(string(low), string(want))
	if at < 0 {
		at = 0
	} else {
		at = utf8.RuneCountInString(string(low)[:at])
	}
	from, to := max(0, at-snippetSides), min(len(r), at+len(want)+2*snippetSides)
	out := string(r[from:to])
	if from > 0 {
		out = "…" + out
	}
	if to < len(r) {
		out += "…"
	}
	return out
}

// earlier gives the episodes of a merchant beside the one at hand: of this conversation, and of others that are bound to the same
// merchant. The one at hand comes by itself, with who served it and why a person was asked for.
func (a *agents) earlier(c *gin.Context) {
	conv, ok := a.find(c, actRead)
	if !ok {
		return
	}
	ctx := c.Request.Context()
	own, err := a.d.Store.Episodes(ctx, conv.ID, earlierMost)
	if err != nil {
		a.broken(c, err)
		return
	}
	out := struct {
		Current *episode  `json:"current"`
		Earlier []episode `json:"earlier"`
	}{Earlier: []episode{}}
	if len(own) > 0 && (own[0].Ended == 0 || conv.Holder.Kind == bot.HolderClosed) {
		out.Current = &episode{own[0], conv.Address.Channel}
		own = own[1:]
	}
	for _, e := range own {
		out.Earlier = append(out.Earlier, episode{e, conv.Address.Channel})
	}
	if b := conv.Binding; b != nil {
		others, err := a.d.Store.OfMerchant(ctx, b.Merchant, earlierMost)
		if err != nil {
			a.broken(c, err)
			return
		}
		for _, o := range others {
			if o.ID == conv.ID || !findable(me(c), o) || o.Binding == nil || o.Binding.Merchant != b.Merchant {
				continue // of another merchant by now
			}
			es, err := a.d.Store.Episodes(ctx, o.ID, 5)
			if err != nil {
				a.broken(c, err)
				return
			}
			if len(es) == 0 {
				es = []store.Episode{{Conversation: o.ID, First: 1, Last: o.Last, Opened: o.Opened, Topic: o.Topic, Agents: []bot.AgentID{}}}
			}
			for _, e := range es {
				out.Earlier = append(out.Earlier, episode{e, o.Address.Channel})
			}
		}
	}
	slices.SortStableFunc(out.Earlier, func(a, b episode) int { return cmp.Compare(b.Opened, a.Opened) })
	out.Earlier = out.Earlier[:min(len(out.Earlier), earlierMost)]
	c.JSON(http.StatusOK, out)
}

const earlierMost = 20

// episode is one of them with where it was held.
type episode struct {
	store.Episode
	Channel string `json:"channel"`
}
