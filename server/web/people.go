package web

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"posdoctor/bot"
	"posdoctor/bot/store"
	"posdoctor/flows"
)

// Roles are the roles an agent may have.
var Roles = []string{store.RoleAgent, store.RoleLead, store.RoleEditor, store.RoleAdmin}

const (
	mostName     = 32 // characters of the name somebody logs in with
	mostDisplay  = 20 // characters of the name that merchants read
	mostCapacity = 50
	mostTeams    = 20
)

// Errors of names; people read their texts.
var (
	errName    = errors.New("用户名要 1 到 32 个字符，只能用文字、数字和 . _ - @，中间可以有空格。")
	errDisplay = errors.New("显示名最多 20 个字，不能有看不见的字符，也不能叫智能助手、机器人或系统。")
)

// CheckName returns a name to log in with as it is kept, or says why it will not do: letters and digits of any script, . _ - @, and
// single spaces inside.
func CheckName(name string) (string, error) {
	name = strings.Join(strings.Fields(name), " ")
	if n := utf8.RuneCountInString(name); n < 1 || n > mostName || !utf8.ValidString(name) {
		return "", errName
	}
	for _, r := range name {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("._-@ ", r) {
			return "", errName
		}
	}
	return name, nil
}

// CheckDisplay returns a display name as it is kept, or says why it will not do. Merchants read it, so it must not pass for the bot.
func CheckDisplay(name string) (string, error) {
	name = strings.Join(strings.Fields(name), " ")
	if utf8.RuneCountInString(name) > mostDisplay || !plainText(name) {
		return "", errDisplay
	}
	for _, taken := range []string{"智能助手", "机器人", "系统"} {
		if strings.Contains(name, taken) {
			return "", errDisplay
		}
	}
	return name, nil
}

// plainText says that every character of a text can be seen, or is a space.
func plainText(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return r != ' ' && !unicode.IsGraphic(r) || r == '\u3164' || r == '\u2800' })
}

// OneTime returns a password to be told once, 100 bits strong.
func OneTime() string {
	const readable = "abcdefghijkmnpqrstuvwxyz23456789" // 32, none of which looks like another
	b := make([]byte, 20)
	rand.Read(b)
	for i := range b {
		b[i] = readable[b[i]%byte(len(readable))]
	}
	return string(b)
}

// person is an agent as admins see him.
type person struct {
	ID         string   `json:"id"`
	Name       string   `json:"name"`
	Display    string   `json:"display"`
	Role       string   `json:"role"`
	Teams      []string `json:"teams"`
	Skills     []string `json:"skills"`
	Capacity   int      `json:"capacity"`
	Disabled   bool     `json:"disabled"`
	MustChange bool     `json:"must_change"`
}

func personOf(a store.Agent) person {
	list := func(l []string) []string { return append([]string{}, l...) }
	return person{a.ID, a.Name, a.Display, a.Role, list(a.Teams), list(a.Skills), a.Capacity, a.Disabled, a.Temporary}
}

func (a *agents) people(c *gin.Context) {
	all, err := a.d.Store.Agents(c.Request.Context())
	if err != nil {
		a.broken(c, err)
		return
	}
	out := make([]person, 0, len(all))
	for _, x := range all {
		out = append(out, personOf(x))
	}
	c.JSON(http.StatusOK, gin.H{"people": out, "roles": Roles, "skills": flows.Skills})
}

// personIn reads what is to become of an agent, or answers what is wrong with it.
func (a *agents) personIn(c *gin.Context, to *store.Agent) bool {
	in := personOf(*to)
	if !bind(c, &in) {
		return false
	}
	bad := func(message string) bool {
		fail(c, http.StatusBadRequest, "bad_request", message)
		return false
	}
	var err error
	if to.Name == "" || in.Name != to.Name { // an older name may break today's rules, and stays
		if to.Name, err = CheckName(in.Name); err != nil {
			return bad(err.Error())
		}
	}
	if to.Display, err = CheckDisplay(in.Display); err != nil {
		return bad(err.Error())
	}
	if !slices.Contains(Roles, in.Role) {
		return bad("没有这个角色。")
	}
	if in.Capacity < 1 || in.Capacity > mostCapacity {
		return bad("同时接待数要在 1 到 50 之间。")
	}
	for _, s := range in.Skills {
		if !slices.Contains(flows.Skills, s) {
			return bad("没有这项技能：" + clip(s) + "。")
		}
	}
	known, err := a.d.Store.Teams(c.Request.Context())
	if err != nil {
		a.broken(c, err)
		return false
	}
	for _, id := range in.Teams {
		if !slices.ContainsFunc(known, func(t store.Team) bool { return t.ID == id }) {
			return bad("没有这个分组，请刷新后再试。")
		}
	}
	to.Role, to.Capacity, to.Disabled = in.Role, in.Capacity, in.Disabled
	to.Skills, to.Teams = distinct(in.Skills), distinct(in.Teams)
	if len(to.Teams) > mostTeams {
		return bad("一个人最多属于 20 个分组。")
	}
	return true
}

func distinct(list []string) []string {
	var out []string
	for _, s := range list {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// clip is the beginning of a stranger's text, for a sentence about it.
func clip(s string) string {
	if r := []rune(s); len(r) > 30 {
		s = string(r[:30]) + "…"
	}
	return s
}

func (a *agents) addPerson(c *gin.Context) {
	x := store.Agent{ID: bot.NewID(), Role: store.RoleAgent, Capacity: store.DefaultCapacity, Temporary: true}
	if !a.personIn(c, &x) {
		return
	}
	once := OneTime()
	var err error
	if x.Password, err = HashPassword(once); err != nil {
		a.broken(c, err)
		return
	}
	if err := a.d.Store.AddAgent(c.Request.Context(), x, a.trace(c, "people.add", x.Name+" "+x.Role)); err != nil {
		a.refusePerson(c, err)
		return
	}
	a.changed()
	c.JSON(http.StatusCreated, gin.H{"person": personOf(x), "password": once})
}

// refusePerson answers why a change of people was not made.
func (a *agents) refusePerson(c *gin.Context, err error) {
	switch {
	case errors.Is(err, bot.ErrNotFound):
		fail(c, http.StatusNotFound, "not_found", "没有这个账号，可能已被删除。")
	case errors.Is(err, store.ErrTaken):
		fail(c, http.StatusConflict, "taken", "这个名称已有人使用，请换一个。")
	case errors.Is(err, store.ErrLastAdmin):
		fail(c, http.StatusConflict, "last_admin", "这是最后一位能登录的管理员。请先让另一位成为管理员。")
	case errors.Is(err, store.ErrInUse):
		fail(c, http.StatusConflict, "in_use", "这个账号已经使用过，记录要保留，不能删除。请改为停用。")
	default:
		a.broken(c, err)
	}
}

// thisPerson reads the agent that the path names.
func (a *agents) thisPerson(c *gin.Context) (store.Agent, bool) {
	x, err := a.d.Store.AgentByID(c.Request.Context(), c.Param("id"))
	if err != nil {
		a.refusePerson(c, err)
	}
	return x, err == nil
}

func (a *agents) changePerson(c *gin.Context) {
	x, ok := a.thisPerson(c)
	if !ok {
		return
	}
	was := x
	if !a.personIn(c, &x) {
		return
	}
	if err := a.d.Store.UpdateAgent(c.Request.Context(), x, a.trace(c, "people.change", changesOf(was, x))); err != nil {
		a.refusePerson(c, err)
		return
	}
	a.changed()
	if !serves(x) && serves(was) {
		a.standDown(c, x)
	}
	c.JSON(http.StatusOK, gin.H{"person": personOf(x)})
}

func serves(a store.Agent) bool { return !a.Disabled && may(a.Role, bot.EventReply) }

// changesOf names what was changed of an agent, for the audit log.
func changesOf(was, is store.Agent) string {
	out := []string{is.Name}
	add := func(what, from, to string) {
		if from != to {
			out = append(out, what+" "+cmp.Or(from, "-")+" → "+cmp.Or(to, "-"))
		}
	}
	state := map[bool]string{true: "disabled", false: "enabled"}
	add("name", was.Name, is.Name)
	add("display", was.Display, is.Display)
	add("role", was.Role, is.Role)
	add("state", state[was.Disabled], state[is.Disabled])
	if !slices.Equal(was.Teams, is.Teams) {
		out = append(out, "teams")
	}
	add("skills", strings.Join(was.Skills, " "), strings.Join(is.Skills, " "))
	if was.Capacity != is.Capacity {
		out = append(out, "capacity")
	}
	return strings.Join(out, "; ")
}

// standDown gives what an agent holds, who may no longer serve, back to the queue, so that no merchant waits for him.
func (a *agents) standDown(c *gin.Context, x store.Agent) {
	a.d.Desk.Gone(x.ID)
	a.giveBack(c.Request.Context(), *name(x), me(c).ID)
}

// GiveBack brings conversations back into the queue whose holder may no longer serve: an agent who was disabled by command, or became
// an editor, and a token that was revoked or has expired. Holders that are neither, such as people in WeCom, are no business of its.
func GiveBack(ctx context.Context, d Deps) error {
	a := &agents{d: d}
	holders, err := d.Store.Holders(ctx)
	if err != nil || len(holders) == 0 {
		return err
	}
	all, err := d.Store.Agents(ctx)
	if err != nil {
		return err
	}
	for _, x := range all {
		if !serves(x) && slices.Contains(holders, x.ID) {
			a.giveBack(ctx, *name(x), store.CommandAgent)
		}
	}
	if !slices.ContainsFunc(holders, func(id string) bool { return strings.HasPrefix(id, store.TokenAgent("")) }) {
		return nil
	}
	tokens, err := d.Store.Tokens(ctx)
	if err != nil {
		return err
	}
	for _, t := range tokens {
		if id := store.TokenAgent(t.ID); slices.Contains(holders, id) && tokenRowOf(t, d.Now().UnixMilli()).State != "good" {
			a.giveBack(ctx, bot.AgentID{ID: id, Name: t.Name}, store.CommandAgent)
		}
	}
	return nil
}

// giveBack passes all that a holder has to the queue; by stands in the audit log.
func (a *agents) giveBack(ctx context.Context, holder bot.AgentID, by string) {
	for after := ""; ; {
		held, next, err := a.d.Store.List(ctx, store.ListMine, holder.ID, after, listLimit)
		if err != nil {
			a.d.Log.Error("reading what somebody holds who may no longer serve", "agent", holder.ID, "err", err)
			return
		}
		for _, conv := range held {
			if _, err := a.d.Service.HandleID(ctx, conv.ID, bot.Event{Kind: bot.EventTransfer, Agent: &holder, Epoch: conv.Epoch}); err != nil {
				a.d.Log.Error("giving back what somebody held who may no longer serve", "agent", holder.ID, "conversation", conv.ID, "err", err)
				continue
			}
			a.audit(ctx, by, bot.EventTransfer, conv.ID, "from "+holder.Name+" to the queue")
		}
		if after = next; after == "" {
			return
		}
	}
}

func (a *agents) removePerson(c *gin.Context) {
	x, ok := a.thisPerson(c)
	if !ok {
		return
	}
	if err := a.d.Store.RemoveAgent(c.Request.Context(), x.ID, a.trace(c, "people.remove", x.Name)); err != nil {
		a.refusePerson(c, err)
		return
	}
	c.Status(http.StatusNoContent)
}

// resetPassword gives an agent a one-time password, which is told once. His sessions end.
func (a *agents) resetPassword(c *gin.Context) {
	x, ok := a.thisPerson(c)
	if !ok {
		return
	}
	if x.ID == me(c).ID {
		fail(c, http.StatusBadRequest, "bad_request", "自己的密码请在菜单里用「修改密码」。")
		return
	}
	once := OneTime()
	hash, err := HashPassword(once)
	if err == nil {
		err = a.d.Store.SetPassword(c.Request.Context(), x.ID, hash, true, a.trace(c, "people.password", x.Name))
	}
	if err != nil {
		a.refusePerson(c, err)
		return
	}
	a.d.Desk.Gone(x.ID)
	c.JSON(http.StatusOK, gin.H{"password": once})
}

// endSessions logs an agent out everywhere.
func (a *agents) endSessions(c *gin.Context) {
	x, ok := a.thisPerson(c)
	if !ok {
		return
	}
	if err := a.d.Store.EndSessions(c.Request.Context(), x.ID, a.trace(c, "people.logout", x.Name)); err != nil {
		a.refusePerson(c, err)
		return
	}
	a.d.Desk.Gone(x.ID)
	c.Status(http.StatusNoContent)
}

// logoutEverywhere ends all of one's own sessions, this one too.
func (a *agents) logoutEverywhere(c *gin.Context) {
	if err := a.d.Store.EndSessions(c.Request.Context(), me(c).ID, a.trace(c, "logout.everywhere", "")); err != nil {
		a.broken(c, err)
		return
	}
	a.logout(c)
}

// team is a group with how many belong to it.
type team struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Members int    `json:"members"`
}

func (a *agents) teams(c *gin.Context) {
	ctx := c.Request.Context()
	teams, err := a.d.Store.Teams(ctx)
	if err != nil {
		a.broken(c, err)
		return
	}
	people, err := a.d.Store.Agents(ctx)
	if err != nil {
		a.broken(c, err)
		return
	}
	out := make([]team, 0, len(teams))
	for _, t := range teams {
		x := team{ID: t.ID, Name: t.Name}
		for _, p := range people {
			if !p.Disabled && slices.Contains(p.Teams, t.ID) {
				x.Members++
			}
		}
		out = append(out, x)
	}
	c.JSON(http.StatusOK, gin.H{"teams": out})
}

// saveTeam adds a group or renames it.
func (a *agents) saveTeam(c *gin.Context, id, act string, status int) {
	var in struct {
		Name string `json:"name"`
	}
	if !bind(c, &in) {
		return
	}
	name := strings.Join(strings.Fields(in.Name), " ")
	if name == "" || utf8.RuneCountInString(name) > mostDisplay || !plainText(name) {
		fail(c, http.StatusBadRequest, "bad_request", "分组名称要 1 到 20 个字，不能有看不见的字符。")
		return
	}
	tr := a.trace(c, act, name)
	if err := a.d.Store.SaveTeam(c.Request.Context(), store.Team{ID: id, Name: name}, tr.At, tr); err != nil {
		a.refusePerson(c, err)
		return
	}
	c.JSON(status, gin.H{"id": id, "name": name})
}

func (a *agents) addTeam(c *gin.Context) { a.saveTeam(c, bot.NewID(), "team.add", http.StatusCreated) }

// thisTeam reads the group that the path names.
func (a *agents) thisTeam(c *gin.Context) (store.Team, bool) {
	teams, err := a.d.Store.Teams(c.Request.Context())
	if err != nil {
		a.broken(c, err)
		return store.Team{}, false
	}
	i := slices.IndexFunc(teams, func(t store.Team) bool { return t.ID == c.Param("id") })
	if i < 0 {
		fail(c, http.StatusNotFound, "not_found", "没有这个分组，可能已被删除。")
		return store.Team{}, false
	}
	return teams[i], true
}

func (a *agents) changeTeam(c *gin.Context) {
	if t, ok := a.thisTeam(c); ok {
		a.saveTeam(c, t.ID, "team.change", http.StatusOK)
	}
}

func (a *agents) removeTeam(c *gin.Context) {
	t, ok := a.thisTeam(c)
	if !ok {
		return
	}
	err := a.d.Store.RemoveTeam(c.Request.Context(), t.ID, a.trace(c, "team.remove", t.Name))
	if errors.Is(err, store.ErrInUse) {
		fail(c, http.StatusConflict, "in_use", "这个分组还有快捷回复。请先删除它们，或改为所有人可用。")
		return
	}
	if err != nil {
		a.refusePerson(c, err)
		return
	}
	c.Status(http.StatusNoContent)
}
