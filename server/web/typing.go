package web

import (
	"context"
	"net/http"
	"sync"

	"github.com/gin-gonic/gin"

	"posdoctor/bot"
	"posdoctor/bot/store"
)

// typists tell the consoles that watch a conversation who of their colleagues types. Nothing of it is kept.
type typists struct {
	mu   sync.Mutex
	subs map[string]map[chan typingFrame]string // by conversation: who listens, and which agent that is
}

// typingFrame says that a colleague types, or has stopped: {"t":"typing","conv":"…","agent":{"id":"…","name":"李敏"},"on":true}
type typingFrame struct {
	T     string       `json:"t"`
	Conv  string       `json:"conv"`
	Agent *bot.AgentID `json:"agent"`
	On    bool         `json:"on"`
}

func (t *typists) listen(conversation, agent string) (<-chan typingFrame, func()) {
	ch := make(chan typingFrame, 4)
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.subs == nil {
		t.subs = map[string]map[chan typingFrame]string{}
	}
	if t.subs[conversation] == nil {
		t.subs[conversation] = map[chan typingFrame]string{}
	}
	t.subs[conversation][ch] = agent
	return ch, func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		delete(t.subs[conversation], ch)
		if len(t.subs[conversation]) == 0 {
			delete(t.subs, conversation)
		}
	}
}

func (t *typists) tell(f typingFrame) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for ch, agent := range t.subs[f.Conv] {
		if agent == f.Agent.ID {
			continue
		}
		select {
		case ch <- f:
		default: // the next one says as much
		}
	}
}

// typing tells the merchant, and colleagues who watch, that the holder types or has stopped.
func (a *agents) typing(c *gin.Context) {
	var in struct {
		On bool `json:"on"`
	}
	if !bind(c, &in) {
		return
	}
	conv, ok := a.find(c, bot.EventReply)
	if !ok {
		return
	}
	a.typed(conv, me(c), in.On)
	c.Status(http.StatusNoContent)
}

// types is typing for a console that says so on its socket.
func (a *agents) types(agent store.Agent, conversation string, on bool) {
	conv, err := a.d.Store.ConversationByID(context.Background(), conversation)
	if err == nil && may(agent.Role, bot.EventReply) {
		a.typed(conv, agent, on)
	}
}

func (a *agents) typed(conv bot.Conversation, agent store.Agent, on bool) {
	a.d.Desk.Touch(agent.ID, conv.ID)
	a.typists.tell(typingFrame{"typing", conv.ID, name(agent), on})
	if mine(conv, agent) {
		a.d.Visitors.Typing(conv.ID, on)
	}
}
