package web

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/gin-gonic/gin"

	"posdoctor/bot"
	"posdoctor/bot/store"
)

// What agents do with conversations, beside the kinds of their events.
const (
	actList = "list" // the rows of lists, without what was said
	actRead = "read"
	actHeld = "held" // the list of what colleagues hold
)

// What else is done.
const (
	actNote        = "note"         // what is written beside a conversation
	actConsole     = "console"      // to sit at it: the socket that tells what changes
	actRatings     = "ratings"      // how merchants found the help, over all conversations
	actFigures     = "figures"      // counts and times of everybody; one's own everybody may see
	actPeopleSee   = "people.see"   // the accounts, without their passwords
	actPeople      = "people"       // change them
	actTeamsSee    = "teams.see"    // the names of the groups
	actTeams       = "teams"        // change them
	actCannedSee   = "canned.see"   // ready replies
	actCanned      = "canned"       // change them
	actTokens      = "tokens"       // what other systems may do here
	actAudit       = "audit"        // read who did what
	actExport      = "export"       // take conversations out
	actNotices     = "notices"      // try what tells agents outside of the console
	ActSettingsSee = "settings.see" // read what the desk goes by
	ActSettings    = "settings"     // change it
	actSites       = "sites"        // change the pages on which the widget may stand
	ActServer      = "server"       // read and change what holds secrets or opens doors
)

// atDesk are those who may do all acts with conversations; leads, admins and anyone some others. others are the acts beside them, by role.
var (
	atDesk = []string{store.RoleAgent, store.RoleLead, store.RoleAdmin}
	leads  = []string{store.RoleLead, store.RoleAdmin}
	admins = []string{store.RoleAdmin}
	anyone = []string{store.RoleAgent, store.RoleLead, store.RoleEditor, store.RoleAdmin}
	others = map[string][]string{
		actConsole: anyone, actTeamsSee: anyone, actCannedSee: anyone, ActSettingsSee: anyone,
		actCanned:     {store.RoleLead, store.RoleEditor, store.RoleAdmin},
		bot.EventTake: leads, actHeld: leads, actRatings: leads, actFigures: leads, actExport: leads, actPeopleSee: leads, ActSettings: leads,
		actPeople: admins, actTeams: admins, actTokens: admins, actAudit: admins, actNotices: admins, actSites: admins, ActServer: admins,
	}
)

// may says what a role allows. It is the only place that knows roles: an agent, a lead and an admin may read and take every
// conversation, because anybody at the desk may have to step in; an editor writes what is told and reads no conversation; any other
// role, a misspelt one too, may nothing. Whether an agent holds what he acts on is the engine's to judge.
func may(role, act string) bool {
	if roles, ok := others[act]; ok {
		return slices.Contains(roles, role)
	}
	return slices.Contains(atDesk, role)
}

// Scopes are what a token may be allowed, and the acts that each opens. Acts that stand in none are closed to tokens.
var scopes = map[string][]string{
	"read:conversations": {actList, actRead},
	"write:messages":     {bot.EventClaim, bot.EventReply, bot.EventRelease, bot.EventTransfer, bot.EventClose, bot.EventHold, bot.EventResume, bot.EventPass, actNote},
	"read:canned":        {actCannedSee},
	"read:figures":       {actFigures},
	"export":             {actExport},
}

// authorise says whether who sent a request may do an act, with a conversation if it is one of those. That somebody reads one he does
// not hold is kept in the audit log before he gets to see it; acts that change something are kept when they are done, see audit.
func (a *agents) authorise(c *gin.Context, act string, conv bot.Conversation) bool {
	agent := me(c)
	if t, ok := tokenOf(c); ok {
		wants := act
		if act == actRead && c.Request.Method != http.MethodGet {
			wants = actNote // who may read a conversation leaves notes in it; a token that may only read does not
		}
		if !slices.ContainsFunc(t.Scopes, func(s string) bool { return slices.Contains(scopes[s], wants) }) {
			return false
		}
	} else if !may(agent.Role, act) {
		return false
	}
	if act == actRead && !mine(conv, agent) {
		key := agent.ID + " " + conv.ID
		if a.reads.fresh(key, a.d.Now()) && !a.audit(c.Request.Context(), agent.ID, act, conv.ID, "") {
			a.reads.forget(key)
		}
	}
	return true
}

// allowed lets only those through who may do an act that is not about one conversation.
func (a *agents) allowed(act string) gin.HandlerFunc {
	return func(c *gin.Context) {
		if !a.authorise(c, act, bot.Conversation{}) {
			forbidden(c)
		}
	}
}

func mine(conv bot.Conversation, agent store.Agent) bool {
	return conv.Holder.Kind == bot.HolderAgent && conv.Holder.Agent != nil && conv.Holder.Agent.ID == agent.ID
}

// audit keeps that an agent did something, and says whether it was kept. Who hangs up in the middle leaves the trace all the same.
func (a *agents) audit(ctx context.Context, agent, act, conversation, detail string) bool {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	err := a.d.Store.Audit(ctx, bot.NewID(), a.d.Now().UnixMilli(), agent, act, conversation, detail)
	if err != nil {
		a.d.Log.Error("writing the audit log", "agent", agent, "act", act, "conversation", conversation, "err", err)
	}
	return err == nil
}

// trace is a line of the audit log that is to be written with what it tells of.
func (a *agents) trace(c *gin.Context, act, detail string) store.Trace {
	return store.Trace{ID: bot.NewID(), At: a.d.Now().UnixMilli(), Agent: me(c).ID, Act: act, Detail: detail}
}

const (
	traceFor  = 10 * time.Minute // what comes again within this time is one line of the audit log
	maxTraces = 10_000
)

// traces remembers what stands in the audit log already: reads, wrong passwords. What it forgets is written twice.
type traces struct {
	mu sync.Mutex
	at map[string]time.Time // by who and what
}

// fresh says whether something must be written, and takes note of it.
func (t *traces) fresh(key string, now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if at, ok := t.at[key]; ok && now.Sub(at) < traceFor {
		return false
	}
	if len(t.at) >= maxTraces {
		clear(t.at)
	}
	if t.at == nil {
		t.at = map[string]time.Time{}
	}
	t.at[key] = now
	return true
}

func (t *traces) forget(key string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.at, key)
}
