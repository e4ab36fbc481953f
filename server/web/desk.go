package web

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"posdoctor/bot"
	"posdoctor/bot/desk"
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

	// While people hold it.
	Skill      string      `json:"skill"`       // "" while only the bot speaks
	Priority   int         `json:"priority"`    // 0..3
	Why        []string    `json:"why"`         // what made it so
	WaitsSince *int64      `json:"waits_since"` // since when the merchant waits for a person's words
	DueAt      *int64      `json:"due_at"`      // when a target is missed, or the next answer is late
	SLA        string      `json:"sla"`         // "", ok, amber, red
	Offer      *offerRow   `json:"offer"`
	HoldUntil  *int64      `json:"hold_until"`
	LeftAt     *int64      `json:"left_at"` // a message was left
	LostAt     *int64      `json:"lost_at"` // its agent is gone or silent, and loses it then
	Unread     int         `json:"unread"`
	Ticket     *ticketTail `json:"ticket,omitempty"`
	Site       string      `json:"site,omitempty"`
	Served     *served     `json:"served,omitempty"` // who was with it last

	Unverified *bot.Unproven `json:"unverified,omitempty"` // what the visitor's page says of him without a signature
}

// ticketTail is the newest ticket of a conversation, in a list.
type ticketTail struct {
	No     string `json:"no"`
	Status string `json:"status"`
}

// served is who was with a conversation last, and how he closed it.
type served struct {
	Agent  bot.AgentID `json:"agent"`
	At     int64       `json:"at"`
	Reason string      `json:"reason,omitempty"`
	Gap    bool        `json:"gap,omitempty"`
	Note   string      `json:"note,omitempty"`
}

// states are how lists call who holds a conversation.
var states = map[string]string{bot.HolderBot: "bot", bot.HolderQueue: "queued", bot.HolderAgent: "agent", bot.HolderClosed: "closed"}

func rowOf(c bot.Conversation) row {
	r := row{ID: c.ID, Channel: c.Address.Channel, Topic: c.Topic, Codes: c.Dialogue.Codes, State: states[c.Holder.Kind], Holder: c.Holder,
		Epoch: c.Epoch, Last: c.Last, Since: c.Since, Updated: c.Updated, Preview: c.Preview, Reason: c.Reason}
	if r.Codes == nil {
		r.Codes = []string{}
	}
	r.Why = []string{}
	r.care(c)
	if c.Binding != nil {
		r.Title, r.Verified = c.Binding.Name, true
	} else {
		id := strings.ReplaceAll(c.ID, "-", "")
		r.Title = "访客 " + id[max(0, len(id)-4):]
		if u := c.Unproven; u != nil && u.Name != "" {
			r.Title = u.Name + "（未验证）"
		}
	}
	r.Unverified = c.Unproven
	return r
}

// care fills in what the desk knows.
func (r *row) care(c bot.Conversation) {
	if c.Address.Channel == visitors.Name {
		r.Site = c.Address.Account
	}
	if n := len(c.Tickets); n > 0 {
		r.Ticket = &ticketTail{c.Tickets[n-1].No, c.Tickets[n-1].Status}
	}
	if s := c.Served; s != nil {
		r.Served = &served{s.Agent, s.At, s.Reason, s.Gap, s.Note}
	}
	k := c.Case
	if k == nil {
		return
	}
	when := func(at int64) *int64 {
		if at == 0 {
			return nil
		}
		return &at
	}
	r.Skill, r.Priority, r.Unread, r.Offer = k.Skill, k.Priority, k.Unread, offerOf(k.Offer)
	r.Why = append(r.Why, k.Why...)
	r.WaitsSince, r.DueAt, r.HoldUntil, r.LeftAt = when(k.Asked), when(k.Due().Red), when(k.Paused), when(k.Left)
	if c.Holder.Kind == bot.HolderQueue {
		r.WaitsSince = when(k.Since)
	}
}

// row is a row as it looks now: how late it is, what of it its agent has read, and whether he is about to lose it.
func (a *agents) row(ctx context.Context, c bot.Conversation) row {
	r, now := rowOf(c), a.d.Now().UnixMilli()
	k := c.Case
	if k == nil {
		return r
	}
	switch d := k.Due(); {
	case d.Red == 0:
	case now >= d.Red:
		r.SLA = "red"
	case now >= d.Amber:
		r.SLA = "amber"
	default:
		r.SLA = "ok"
	}
	if r.Offer != nil && r.Offer.Until <= now {
		r.Offer = nil
	}
	if h := c.Holder.Agent; c.Holder.Kind == bot.HolderAgent && h != nil {
		r.Unread = min(r.Unread, int(c.Last-a.marks.upto(h.ID, c.ID)))
		set, err1 := a.d.Work.Settings(ctx)
		all, err2 := a.d.Work.Agents(ctx)
		if i := slices.IndexFunc(all, func(x desk.Agent) bool { return x.ID == h.ID }); err1 == nil && err2 == nil && i >= 0 {
			if at, why := set.Routing.LostAt(all[i], c, a.d.Desk.Touched(h.ID, c.ID)); why == "gone" || at > 0 && at-now <= lostSoon {
				r.LostAt = &at
			}
		}
	}
	return r
}

// lostSoon is how long before an agent loses a conversation by his silence the console says so, milliseconds.
const lostSoon = 90_000

const listLimit = 50

func (a *agents) list(c *gin.Context) {
	ctx, agent := c.Request.Context(), me(c)
	if !a.authorise(c, actList, bot.Conversation{}) {
		forbidden(c)
		return
	}
	list, after := c.DefaultQuery("state", store.ListQueued), c.Query("after")
	switch list {
	case store.ListQueued, store.ListMine, store.ListBot, store.ListClosed, store.ListDue:
	case store.ListHeld:
		if !a.authorise(c, actHeld, bot.Conversation{}) {
			forbidden(c)
			return
		}
	default:
		fail(c, http.StatusBadRequest, "bad_request", "没有这个列表：state 只能是 queued、mine、due、bot、closed、held。")
		return
	}
	if !isCursor(after) {
		fail(c, http.StatusBadRequest, "bad_request", "after 要用上一页的 next。")
		return
	}
	now := a.d.Now().UnixMilli()
	var convs []bot.Conversation
	var next string
	var err error
	if list == store.ListDue {
		convs, next, err = a.d.Store.DueSoon(ctx, now, after, listLimit)
	} else {
		convs, next, err = a.d.Store.List(ctx, list, agent.ID, after, listLimit)
	}
	if err != nil {
		a.broken(c, err)
		return
	}
	counts, err := a.d.Store.Counts(ctx, agent.ID)
	if err == nil {
		counts[store.ListDue], err = a.d.Store.CountDue(ctx, now)
	}
	if err != nil {
		a.broken(c, err)
		return
	}
	rows := make([]row, 0, len(convs))
	for _, conv := range convs {
		rows = append(rows, a.row(ctx, conv))
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
	}{a.row(c.Request.Context(), conv), known, out, a.noPictures(c.Request.Context(), conv)})
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
	Due     int64  `json:"due,omitempty"`
	Late    bool   `json:"late,omitempty"`
}

func cardOf(s bot.Summary) card {
	out := card{Summary: s}
	if t := s.Ticket; t != nil {
		out.Ticket = &ticket{t.Request, t.Call, t.No, t.Status, t.Title, t.At, t.Due, t.Late}
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

// acting is what an act says beside its name.
type acting struct {
	Epoch  *int64 `json:"epoch"`
	To     string `json:"to"`     // transfer: an agent, or queue
	Team   string `json:"team"`   // transfer
	Note   string `json:"note"`   // transfer, close
	Until  int64  `json:"until"`  // hold
	Reason string `json:"reason"` // close
	Gap    bool   `json:"gap"`    // close
}

// longestHold is how long a conversation may be put aside.
const longestHold = 7 * 24 * time.Hour

// complete puts into an agent's act what its kind needs; otherwise it answers what is missing.
func (a *agents) complete(c *gin.Context, in acting, ev *bot.Event, conv bot.Conversation) bool {
	ctx, now := c.Request.Context(), a.d.Now()
	bad := func(code, text string) bool {
		fail(c, http.StatusBadRequest, code, text)
		return false
	}
	set, err := a.d.Work.Settings(ctx)
	if err != nil {
		a.broken(c, err)
		return false
	}
	switch ev.Kind {
	case bot.EventClaim, bot.EventPass:
		if k := conv.Case; k != nil && k.Offer != nil && k.Offer.To == nil && slices.Contains(me(c).Teams, k.Offer.Team) {
			ev.Team = k.Offer.Team
		}
	case bot.EventTransfer:
		ev.Team, ev.Remark = in.Team, in.Note
		if in.Team != "" {
			teams, err := a.d.Store.Teams(ctx)
			if err != nil {
				a.broken(c, err)
				return false
			}
			if !slices.ContainsFunc(teams, func(t store.Team) bool { return t.ID == in.Team }) {
				return bad("no_team", "没有这个组。")
			}
		}
		if in.To == "queue" || in.To == "" && in.Team == "" {
			return true
		}
		ev.Until = now.Add(time.Duration(set.Routing.TransferTo) * time.Second).UnixMilli()
		if in.To == "" {
			return true
		}
		ev.Team = ""
		to, err := a.d.Store.AgentByID(ctx, in.To)
		if err != nil && !errors.Is(err, bot.ErrNotFound) {
			a.broken(c, err)
			return false
		}
		if err != nil || !serves(to) {
			return bad("no_agent", "没有这位客服。")
		}
		if to.ID == me(c).ID {
			return bad("bad_request", "不能转给自己。")
		}
		ev.To = name(to)
	case bot.EventHold:
		at := time.UnixMilli(in.Until)
		if !at.After(now) || at.Sub(now) > longestHold {
			return bad("bad_request", "请选一个提醒时间，最晚 7 天后。")
		}
		ev.Until = in.Until
	case bot.EventClose:
		switch in.Reason {
		case "":
			if conv.Holder.Kind == bot.HolderAgent {
				return bad("no_reason", "请选一个结束原因：reason 可以是 solved、unsolvable、duplicate 或 no_reply。")
			}
		case bot.ClosedSolved, bot.ClosedUnsolvable, bot.ClosedDuplicate, bot.ClosedNoReply:
		default:
			return bad("bad_request", "关闭原因只能是 solved、unsolvable、duplicate 或 no_reply。")
		}
		ev.Reason, ev.Gap, ev.Remark = in.Reason, in.Gap, in.Note
	}
	return true
}

// act lets an agent claim, release, transfer, close and so on.
func (a *agents) act(kind string) gin.HandlerFunc {
	return func(c *gin.Context) {
		var in acting
		if !bind(c, &in) {
			return
		}
		if in.Epoch == nil {
			fail(c, http.StatusBadRequest, "bad_request", "请带上看到的 epoch。")
			return
		}
		conv, ok := a.find(c, kind)
		if !ok {
			return
		}
		ev := bot.Event{Kind: kind, Agent: name(me(c)), Epoch: *in.Epoch}
		if !a.complete(c, in, &ev, conv) {
			return
		}
		t, ok := a.handle(c, ev)
		if !ok {
			return
		}
		a.audit(c.Request.Context(), me(c).ID, kind, t.Next.ID, in.Reason)
		out := gin.H{"epoch": t.Next.Epoch}
		if k := t.Next.Case; kind == bot.EventTransfer && k != nil {
			out["offer"] = offerOf(k.Offer)
		}
		c.JSON(http.StatusOK, out)
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
