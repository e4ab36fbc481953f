package web

import (
	"context"
	"encoding/json"

	"github.com/gin-gonic/gin"

	"posdoctor/bot"
	"posdoctor/bot/store"
)

// place is where the agent of one console stands: what was told to it last, so that it hears of changes only.
type place struct {
	a       *agents
	agent   store.Agent
	session string
	put     func(any) bool

	me       string
	readonly bool
	offers   map[string]int64 // by conversation: until when
}

// tell sends what has changed for this agent, and all of it at first, for much may have changed since the page asked: his own place, whether
// this page may only read, and what he is offered. It reports false when the connection is lost.
func (p *place) tell() bool {
	ctx := context.Background()
	mine, err := p.a.mine(ctx, *name(p.agent), p.session)
	if err != nil {
		p.a.d.Log.Error("telling an agent how he stands", "agent", p.agent.ID, "err", err)
		return true
	}
	readonly := mine["readonly"] == true
	if readonly && !p.readonly && !p.put(gin.H{"t": "readonly"}) {
		return false
	}
	p.readonly = readonly
	mine["t"] = "me"
	data, err := json.Marshal(mine)
	if err == nil && string(data) != p.me {
		p.me = string(data)
		if !p.put(mine) {
			return false
		}
	}
	return p.offered(ctx)
}

// offered tells of offers that have come, with the epoch to accept them at and a sound where this page may act on them, and of those that
// are gone:
//
//	{"t":"offer","conv":"…","epoch":3,"offer":{"agent":{"id":"…","name":"李敏"},"until":1795420860000,"transfer":false},"sound":true}
//	{"t":"offer","conv":"…","offer":null,"sound":false}
func (p *place) offered(ctx context.Context) bool {
	open, err := p.a.offers.open(ctx, p.a.d)
	if err != nil {
		p.a.d.Log.Error("reading offers", "agent", p.agent.ID, "err", err)
		return true
	}
	now := map[string]int64{}
	for _, o := range open {
		if !may(p.agent.Role, bot.EventClaim) {
			break // to one who serves nobody nothing is offered, and no note is shown
		}
		if !o.offer.For(p.agent.ID, p.agent.Teams) || o.offer.By != nil && o.offer.By.ID == p.agent.ID {
			continue
		}
		now[o.conv] = o.offer.Until
		if p.offers[o.conv] != o.offer.Until && !p.put(gin.H{"t": "offer", "conv": o.conv, "epoch": o.epoch, "offer": offerOf(o.offer), "sound": !p.readonly}) {
			return false
		}
	}
	for conv := range p.offers {
		if _, still := now[conv]; !still && !p.put(gin.H{"t": "offer", "conv": conv, "offer": nil, "sound": false}) {
			return false
		}
	}
	p.offers = now
	return true
}
