package web

import (
	"context"
	"sync"
	"time"

	"github.com/gin-gonic/gin"

	"posdoctor/bot"
	"posdoctor/bot/store"
)

// What agents do with conversations, beside the kinds of their events.
const (
	actList    = "list" // the rows of lists, without what was said
	actRead    = "read"
	actHeld    = "held"    // the list of what colleagues hold
	actFigures = "figures" // of everybody; one's own everybody may see
)

// may says what a role allows. It is the only place that knows roles: an agent, a lead and an admin may read and take every
// conversation now, because anybody at the desk may have to step in, while only leads and admins take one over that a colleague holds; any other role, a misspelt one too, may nothing. Whether an
// agent holds what he acts on is the engine's to judge.
func may(role, act string) bool {
	lead := role == store.RoleLead || role == store.RoleAdmin
	switch act {
	case bot.EventTake, actHeld, actFigures:
		return lead
	}
	return lead || role == store.RoleAgent
}

// authorise says whether the agent of a request may do an act with a conversation. That he reads one he does not hold is kept in
// the audit log before he gets to see it; acts that change something are kept when they are done, see audit.
func (a *agents) authorise(c *gin.Context, act string, conv bot.Conversation) bool {
	agent := me(c)
	if !may(agent.Role, act) {
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

const (
	traceFor  = 10 * time.Minute // reads within this time are one line of the audit log
	maxTraces = 10_000
)

// traces remembers which reads stand in the audit log already. What it forgets is written twice.
type traces struct {
	mu sync.Mutex
	at map[string]time.Time // by agent and conversation
}

// fresh says whether a read must be written, and takes note of it.
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
