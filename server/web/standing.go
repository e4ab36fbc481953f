package web

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/gin-gonic/gin"

	"posdoctor/bot"
	"posdoctor/bot/desk"
	"posdoctor/bot/store"
	"posdoctor/flows"
)

// TopicPresence wakes consoles when somebody comes, goes or changes how he stands.
const TopicPresence = "presence"

// complete makes what the desk needs of the parts that are given.
func (d Deps) complete() Deps {
	if d.Desk.Staff == nil {
		d.Desk.Staff = d.Store
	}
	if d.Work == nil {
		d.Work = &desk.Desk{Store: d.Store, Roster: d.Desk, Handle: d.Service.HandleID, Bus: d.Bus, Now: d.Now, Log: d.Log}
	}
	if d.Desk.Changed == nil {
		d.Desk.Changed = func() {
			d.Work.Changed()
			d.Bus.Publish(TopicPresence, bot.TopicDesk)
		}
	}
	return d
}

// writer keeps the second login of an agent from changing anything. Who changes something is at his place.
func (a *agents) writer(c *gin.Context) {
	if a.d.Desk.Readonly(me(c).ID, c.GetString("session")) {
		fail(c, http.StatusForbidden, "readonly", "已在另一处登录，本页只读。")
		return
	}
	a.d.Desk.Acted(me(c).ID)
}

// here lets an agent work where he is now; his other logins read.
func (a *agents) here(c *gin.Context) {
	if !a.authorise(c, actConsole, bot.Conversation{}) {
		forbidden(c)
		return
	}
	if !a.d.Desk.Take(me(c).ID, c.GetString("session")) {
		fail(c, http.StatusConflict, "not_live", "本页还没有连上服务器，请稍后再试。")
		return
	}
	a.d.Desk.Acted(me(c).ID)
	a.stands(c)
}

// mine is how an agent stands at the desk, as his console shows it.
func (a *agents) mine(ctx context.Context, agent bot.AgentID, session string) (gin.H, error) {
	all, err := a.d.Work.Agents(ctx)
	if err != nil {
		return nil, err
	}
	out := gin.H{"display": agent.Name, "status": desk.Offline, "capacity": 0, "load": 0, "teams": []string{}, "skills": []string{},
		"readonly": a.d.Desk.Readonly(agent.ID, session), "away": a.d.Desk.StoodDown(agent.ID)}
	if i := slices.IndexFunc(all, func(x desk.Agent) bool { return x.ID == agent.ID }); i >= 0 {
		x := all[i]
		out["status"], out["capacity"], out["load"], out["teams"], out["skills"] = x.Status, x.Capacity, x.Load, list(x.Teams), list(x.Skills)
	}
	return out, nil
}

func list(s []string) []string {
	if s == nil {
		return []string{}
	}
	return s
}

// status lets an agent choose how he stands.
func (a *agents) status(c *gin.Context) {
	if !a.authorise(c, actList, bot.Conversation{}) {
		forbidden(c)
		return
	}
	var in struct {
		Status string `json:"status"`
	}
	if !bind(c, &in) {
		return
	}
	if in.Status != desk.Online && in.Status != desk.Busy && in.Status != desk.Offline {
		fail(c, http.StatusBadRequest, "bad_request", "status 只能是 online、busy 或 offline。")
		return
	}
	if err := a.d.Desk.Choose(c.Request.Context(), me(c).ID, in.Status); err != nil {
		a.broken(c, err)
		return
	}
	a.stands(c)
}

// stands answers with how the agent stands.
func (a *agents) stands(c *gin.Context) {
	mine, err := a.mine(c.Request.Context(), *name(me(c)), c.GetString("session"))
	if err != nil {
		a.broken(c, err)
		return
	}
	c.JSON(http.StatusOK, mine)
}

// colleague is an agent in the list of those at the desk.
type colleague struct {
	ID       string   `json:"id"`
	Name     string   `json:"name"`
	Role     string   `json:"role"`
	Status   string   `json:"status"`
	Capacity int      `json:"capacity"`
	Load     int      `json:"load"`
	Teams    []string `json:"teams"`
	Skills   []string `json:"skills"`
}

// colleagues are the agents: who is there first.
func (a *agents) colleagues(c *gin.Context) {
	if !a.authorise(c, actList, bot.Conversation{}) {
		forbidden(c)
		return
	}
	all, err := a.d.Work.Agents(c.Request.Context())
	if err != nil {
		a.broken(c, err)
		return
	}
	order := []string{desk.Online, desk.Busy, desk.Offline}
	all = slices.Clone(all)
	slices.SortStableFunc(all, func(x, y desk.Agent) int { return slices.Index(order, x.Status) - slices.Index(order, y.Status) })
	out := make([]colleague, 0, len(all))
	for _, x := range all {
		out = append(out, colleague{x.ID, x.Name, x.Role, x.Status, x.Capacity, x.Load, list(x.Teams), list(x.Skills)})
	}
	c.JSON(http.StatusOK, gin.H{"agents": out})
}

// standing is how the desk stands for a merchant who asks for people now.
func (a *agents) standing(c *gin.Context) {
	if !a.authorise(c, actList, bot.Conversation{}) {
		forbidden(c)
		return
	}
	ctx := c.Request.Context()
	st, err := a.d.Work.Status(ctx, "")
	if err != nil {
		a.broken(c, err)
		return
	}
	set, err := a.d.Work.Settings(ctx)
	if err != nil {
		a.broken(c, err)
		return
	}
	now := a.d.Now()
	cal := set.Hours.At("")
	_, wait := st.At(flows.SkillGeneral, 0)
	out := gin.H{"open": st.Open, "waiting": st.Waiting, "eta_s": wait, "reason": st.Why, "closes_at": nil, "opens_at": nil}
	if at, ok := cal.Closes(now); ok {
		out["closes_at"] = at.UnixMilli()
	}
	if at, ok := cal.Opens(now); ok && at.After(now) {
		out["opens_at"] = at.UnixMilli()
	}
	c.JSON(http.StatusOK, out)
}

// mostFigures is the longest time over which figures are counted at once.
const mostFigures = 92 * 24 * time.Hour

// figures are counted from the raw rows of a time, today's in Beijing unless it is named. Who is no lead sees his own and the queues'.
func (a *agents) figures(c *gin.Context) {
	all := a.authorise(c, actFigures, bot.Conversation{})
	_, token := tokenOf(c) // has nothing of its own
	if !all && (token || !a.authorise(c, actList, bot.Conversation{})) {
		forbidden(c)
		return
	}
	now := a.d.Now()
	y, m, day := now.In(desk.Beijing).Date()
	from, to := time.Date(y, m, day, 0, 0, 0, 0, desk.Beijing).UnixMilli(), now.UnixMilli()
	for name, at := range map[string]*int64{"from": &from, "to": &to} {
		if s := c.Query(name); s != "" {
			n, err := strconv.ParseInt(s, 10, 64)
			if err != nil || n < 0 {
				fail(c, http.StatusBadRequest, "bad_request", "from 和 to 要是毫秒时间。")
				return
			}
			*at = n
		}
	}
	if to < from || to-from > mostFigures.Milliseconds() {
		fail(c, http.StatusBadRequest, "bad_request", "时间段最长 92 天，to 不能早于 from。")
		return
	}
	stints, err := a.d.Store.Stints(c.Request.Context(), from, to)
	if err != nil {
		a.broken(c, err)
		return
	}
	sums, err := a.d.Store.RatingSums(c.Request.Context(), from, to)
	if err != nil {
		a.broken(c, err)
		return
	}
	out := desk.Count(stints, from, to)
	out.Rate(sums)
	if !all {
		out.Agents = slices.DeleteFunc(out.Agents, func(x desk.AgentFigures) bool { return x.Agent.ID != me(c).ID })
	}
	c.JSON(http.StatusOK, out)
}

// marks remember up to which line agents have read what they hold. They are a comfort: what is forgotten counts as unread.
type marks struct {
	mu sync.Mutex
	at map[string]int64 // by agent and conversation
}

const maxMarks = 20_000

func (m *marks) read(agent, conversation string, upto int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.at) >= maxMarks {
		clear(m.at)
	}
	if m.at == nil {
		m.at = map[string]int64{}
	}
	key := agent + " " + conversation
	m.at[key] = max(m.at[key], upto)
}

func (m *marks) upto(agent, conversation string) int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.at[agent+" "+conversation]
}

// offerRow is an offer as consoles see it.
type offerRow struct {
	Agent    *bot.AgentID `json:"agent"`
	Until    int64        `json:"until"`
	Transfer bool         `json:"transfer"`
	By       *bot.AgentID `json:"by,omitempty"`
	Team     string       `json:"team,omitempty"`
	Note     string       `json:"note,omitempty"`
}

func offerOf(o *bot.Offer) *offerRow {
	if o == nil {
		return nil
	}
	return &offerRow{o.To, o.Until, o.By != nil, o.By, o.Team, o.Note}
}

// offers are the open ones, read once for all consoles that a change wakes.
type offers struct {
	mu  sync.Mutex
	at  time.Time
	all []openOffer
}

type openOffer struct {
	conv  string
	epoch int64
	offer *bot.Offer
}

const (
	offersFor  = 200 * time.Millisecond
	mostOffers = 500 // conversations of the queue, and of those with agents, in which offers are looked for
)

// open returns the open offers.
func (o *offers) open(ctx context.Context, d Deps) ([]openOffer, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	now := d.Now()
	if age := now.Sub(o.at); age >= 0 && age < offersFor {
		return o.all, nil
	}
	queue, err := d.Store.Queue(ctx, mostOffers)
	if err != nil {
		return nil, err
	}
	held, _, err := d.Store.List(ctx, store.ListHeld, "", "", mostOffers)
	if err != nil {
		return nil, err
	}
	var out []openOffer
	for _, c := range append(queue, held...) {
		if c.Case != nil && c.Case.Offer != nil && c.Case.Offer.Until > now.UnixMilli() {
			out = append(out, openOffer{c.ID, c.Epoch, c.Case.Offer})
		}
	}
	o.at, o.all = now, out
	return out, nil
}
