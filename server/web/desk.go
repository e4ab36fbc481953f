package web

import (
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"posdoctor/bot"
	"posdoctor/bot/store"
	visitors "posdoctor/channels/web"
)

// row is a conversation in a list.
type row struct {
	ID       string     `json:"id"`
	Channel  string     `json:"channel"`
	Title    string     `json:"title"`
	Verified bool       `json:"verified"`
	Topic    string     `json:"topic"`
	Codes    []string   `json:"codes"`
	State    string     `json:"state"`
	Holder   bot.Holder `json:"holder"`
	Epoch    int64      `json:"epoch"`
	Last     int64      `json:"last"`
	Since    int64      `json:"since"`
	Updated  int64      `json:"updated"`
	Preview  string     `json:"preview"`
	Reason   string     `json:"reason"`

	Site       string        `json:"site,omitempty"`       // of a visitor of a page
	Unverified *bot.Unproven `json:"unverified,omitempty"` // what his page says of him without a signature
}

// states are how lists call who holds a conversation.
var states = map[string]string{bot.HolderBot: "bot", bot.HolderQueue: "queued", bot.HolderAgent: "agent", bot.HolderClosed: "closed"}

func rowOf(c bot.Conversation) row {
	r := row{ID: c.ID, Channel: c.Address.Channel, Topic: c.Topic, Codes: c.Dialogue.Codes, State: states[c.Holder.Kind], Holder: c.Holder,
		Epoch: c.Epoch, Last: c.Last, Since: c.Since, Updated: c.Updated, Preview: c.Preview, Reason: c.Reason}
	if r.Codes == nil {
		r.Codes = []string{}
	}
	if c.Binding != nil {
		r.Title, r.Verified = c.Binding.Name, true
	} else {
		id := strings.ReplaceAll(c.ID, "-", "")
		r.Title = "访客 " + id[max(0, len(id)-4):]
		if u := c.Unproven; u != nil && u.Name != "" {
			r.Title = u.Name + "（未验证）"
		}
	}
	if r.Unverified = c.Unproven; c.Address.Channel == visitors.Name {
		r.Site = c.Address.Account
	}
	return r
}

const listLimit = 50

func (a *agents) list(c *gin.Context) {
	ctx, agent := c.Request.Context(), me(c)
	if !a.authorise(c, actList, bot.Conversation{}) {
		forbidden(c)
		return
	}
	list, after := c.DefaultQuery("state", store.ListQueued), c.Query("after")
	switch list {
	case store.ListQueued, store.ListMine, store.ListBot, store.ListClosed:
	default:
		fail(c, http.StatusBadRequest, "bad_request", "没有这个列表：state 只能是 queued、mine、bot、closed。")
		return
	}
	if !isCursor(after) {
		fail(c, http.StatusBadRequest, "bad_request", "after 要用上一页的 next。")
		return
	}
	convs, next, err := a.d.Store.List(ctx, list, agent.ID, after, listLimit)
	if err != nil {
		a.broken(c, err)
		return
	}
	counts, err := a.d.Store.Counts(ctx, agent.ID)
	if err != nil {
		a.broken(c, err)
		return
	}
	rows := make([]row, 0, len(convs))
	for _, conv := range convs {
		rows = append(rows, rowOf(conv))
	}
	c.JSON(http.StatusOK, gin.H{"conversations": rows, "counts": counts, "next": next})
}

// isCursor says whether a text can be the next of a page: a time, a dot and an id.
func isCursor(s string) bool {
	at, _, ok := strings.Cut(s, ".")
	_, err := strconv.ParseInt(at, 10, 64)
	return s == "" || ok && err == nil
}

// find reads the conversation that the path names, for an act that the agent may do with it; otherwise it answers why not.
func (a *agents) find(c *gin.Context, act string) (bot.Conversation, bool) {
	conv, err := a.d.Store.ConversationByID(c.Request.Context(), c.Param("id"))
	if errors.Is(err, bot.ErrNotFound) {
		fail(c, http.StatusNotFound, "not_found", "没有这段会话。")
		return conv, false
	}
	if err != nil {
		a.broken(c, err)
		return conv, false
	}
	if !a.authorise(c, act, conv) {
		forbidden(c)
		return conv, false
	}
	return conv, true
}

func forbidden(c *gin.Context) {
	fail(c, http.StatusForbidden, "role", "您的账号没有这个权限，请联系管理员。")
}

func (a *agents) conversation(c *gin.Context) {
	conv, ok := a.find(c, actRead)
	if !ok {
		return
	}
	book, err := a.d.Service.PlaybookOf(c.Request.Context(), conv.Playbook)
	if err != nil {
		a.broken(c, err)
		return
	}
	out, err := a.reachOf(c.Request.Context(), conv)
	if err != nil {
		a.broken(c, err)
		return
	}
	known := cardOf(book.Summarize(conv))
	if conv.Rating != nil {
		known.Rating = ratingOf(*conv.Rating)
	}
	c.JSON(http.StatusOK, struct {
		row
		Card       card   `json:"card"`
		Reach      *reach `json:"reach,omitempty"`
		NoPictures string `json:"no_pictures,omitempty"`
	}{rowOf(conv), known, out, a.noPictures(c.Request.Context(), conv)})
}

// card is what is known, as the desk sees it: of the merchant no more than the name and the end of the reference.
type card struct {
	bot.Summary
	Merchant *merchant `json:"merchant"`
	Ticket   *ticket   `json:"ticket,omitempty"`
	Rating   *rating   `json:"rating,omitempty"` // of the episode that ended last, where the merchant was asked
}

type merchant struct {
	ID   string `json:"id"`
	Name string `json:"name"`

	Proof string `json:"proof"`           // demo, page: signed by the page's server, acquirer: by a code
	Phone string `json:"phone,omitempty"` // masked
	SNs   string `json:"sns,omitempty"`   // of the terminals that the signature names, with spaces between
}

// ticket is a bot.TicketRef without the merchant's reference, which is shown cut short above.
type ticket struct {
	Request string `json:"request"`
	Call    string `json:"call"`
	No      string `json:"no,omitempty"`
	Status  string `json:"status"`
	Title   string `json:"title"`
	At      int64  `json:"at"`
}

func cardOf(s bot.Summary) card {
	out := card{Summary: s}
	if t := s.Ticket; t != nil {
		out.Ticket = &ticket{t.Request, t.Call, t.No, t.Status, t.Title, t.At}
	}
	if b := s.Merchant; b != nil {
		id := []rune(b.Merchant)
		if len(id) > 8 {
			id = append([]rune("…"), id[len(id)-4:]...)
		}
		out.Merchant = &merchant{string(id), b.Name, b.Proof, b.Phone, b.SNs}
	}
	return out
}

func (a *agents) events(c *gin.Context) {
	conv, ok := a.find(c, actRead)
	if !ok {
		return
	}
	after, err1 := strconv.ParseInt(c.DefaultQuery("after", "0"), 10, 64)
	limit, err2 := strconv.Atoi(c.DefaultQuery("limit", "200"))
	if err1 != nil || err2 != nil || after < 0 || limit < 1 {
		fail(c, http.StatusBadRequest, "bad_request", "after 和 limit 要是数字。")
		return
	}
	lines, err := a.d.Store.Messages(c.Request.Context(), conv.ID, after, min(limit, 500))
	if err != nil {
		a.broken(c, err)
		return
	}
	if lines == nil {
		lines = []bot.Message{}
	}
	last := after
	if n := len(lines); n > 0 {
		last = lines[n-1].Seq
	}
	c.JSON(http.StatusOK, gin.H{"events": lines, "last": last})
}

// act lets an agent claim, release, transfer or close.
func (a *agents) act(kind string) gin.HandlerFunc {
	return func(c *gin.Context) {
		var in struct {
			Epoch *int64 `json:"epoch"`
			To    string `json:"to"`
		}
		if !bind(c, &in) {
			return
		}
		if in.Epoch == nil {
			fail(c, http.StatusBadRequest, "bad_request", "请带上看到的 epoch。")
			return
		}
		if _, ok := a.find(c, kind); !ok {
			return
		}
		ev := bot.Event{Kind: kind, Agent: name(me(c)), Epoch: *in.Epoch}
		if kind == bot.EventTransfer && in.To != "" && in.To != "queue" {
			to, err := a.d.Store.AgentByID(c.Request.Context(), in.To)
			if errors.Is(err, bot.ErrNotFound) {
				fail(c, http.StatusBadRequest, "no_agent", "没有这位客服。")
				return
			}
			if err != nil {
				a.broken(c, err)
				return
			}
			ev.To = name(to)
		}
		t, ok := a.handle(c, ev)
		if !ok {
			return
		}
		a.audit(c.Request.Context(), me(c).ID, kind, t.Next.ID, "")
		c.JSON(http.StatusOK, gin.H{"epoch": t.Next.Epoch})
	}
}

func name(a store.Agent) *bot.AgentID { return &bot.AgentID{ID: a.ID, Name: a.Shown()} }

// reply lets the holder write to the merchant.
func (a *agents) reply(c *gin.Context) {
	var in struct {
		CID   string `json:"cid"`
		Text  string `json:"text"`
		Epoch *int64 `json:"epoch"`
	}
	if !bind(c, &in) {
		return
	}
	if in.Epoch == nil || !bot.PlainID(in.CID) {
		fail(c, http.StatusBadRequest, "bad_request", "请带上 cid、text 和看到的 epoch。")
		return
	}
	conv, ok := a.find(c, bot.EventReply)
	if !ok {
		return
	}
	id := conv.ID
	key := replyKey(in.CID, id)
	// A reply that was taken stays taken when it is repeated after the agent has given the conversation away.
	if old, err := a.d.Store.MessagesOf(c.Request.Context(), key); err != nil {
		a.broken(c, err)
		return
	} else if len(old) > 0 {
		c.JSON(http.StatusOK, gin.H{"cid": in.CID, "id": old[0].Seq, "epoch": conv.Epoch})
		return
	}
	t, ok := a.handle(c, bot.Event{Kind: bot.EventReply, Key: key, CID: in.CID, Text: in.Text, Agent: name(me(c)), Epoch: *in.Epoch})
	if ok {
		a.replied(c, in.CID, t)
	}
}

// replyKey is the duplicate key of an agent's line.
func replyKey(cid, conversation string) string { return "agent:" + cid + ":" + conversation }

// replied answers that a line of the holder was taken, and its number.
func (a *agents) replied(c *gin.Context, cid string, t bot.Turn) {
	if !t.Repeated {
		a.audit(c.Request.Context(), me(c).ID, bot.EventReply, t.Next.ID, "")
	}
	seq := t.Next.Last
	for _, m := range t.Messages() {
		if m.CID == cid {
			seq = m.Seq
		}
	}
	c.JSON(http.StatusOK, gin.H{"cid": cid, "id": seq, "epoch": t.Next.Epoch})
}

// handle takes an agent's act to the conversation of the path, and answers what was refused.
func (a *agents) handle(c *gin.Context, ev bot.Event) (bot.Turn, bool) {
	t, err := a.d.Service.HandleID(c.Request.Context(), c.Param("id"), ev)
	var held *bot.NotHolderError
	switch {
	case err == nil:
		return t, true
	case errors.As(err, &held):
		c.AbortWithStatusJSON(http.StatusConflict, gin.H{"holder": held.Holder, "epoch": held.Epoch,
			"error": gin.H{"code": "conflict", "message": conflictText(held.Holder)}})
	case errors.Is(err, bot.ErrNotFound):
		fail(c, http.StatusNotFound, "not_found", "没有这段会话。")
	case errors.Is(err, bot.ErrEmpty):
		fail(c, http.StatusBadRequest, "empty", "请先写点内容再发送。")
	case errors.Is(err, bot.ErrTooLong):
		fail(c, http.StatusRequestEntityTooLarge, "too_long", "这条太长了，最多 2000 个字。")
	case errors.Is(err, bot.ErrNotUTF8):
		fail(c, http.StatusBadRequest, "not_utf8", "这条里有无法识别的字符。")
	default:
		a.broken(c, err)
	}
	return t, false
}

func conflictText(h bot.Holder) string {
	switch h.Kind {
	case bot.HolderAgent:
		if h.Agent != nil {
			return "已由 " + h.Agent.Name + " 接入。"
		}
		return "已由其他客服接入。"
	case bot.HolderQueue:
		return "会话在排队，请先接入。"
	case bot.HolderClosed:
		return "会话已结束。"
	}
	return "会话已交还智能助手。"
}
