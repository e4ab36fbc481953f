package main

import (
	"context"
	"sync"
	"time"

	"posdoctor/bot"
	"posdoctor/bot/desk"
)

const settingFor = 2 * time.Second // how long what operators set is believed to be unchanged

// csat is what operators set about asking how it was.
type csat struct {
	a *app

	mu  sync.Mutex
	at  time.Time
	set bot.CSAT
}

// read returns the setting. One that cannot be read is told in the log and counts as it stands from the start.
func (c *csat) read(ctx context.Context) (bot.CSAT, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if time.Since(c.at) < settingFor {
		return c.set, nil
	}
	s, err := c.a.store.Setting(ctx, bot.SettingCSAT)
	if err != nil {
		return bot.CSAT{}, err
	}
	set, err := bot.ParseCSAT(s.Value)
	if err != nil {
		c.a.log.Error("the setting of ratings is not understood; what counts is the default", "version", s.Version, "err", err)
		set = bot.DefaultCSAT()
	}
	c.set, c.at = set, time.Now()
	return set, nil
}

const (
	lowEvery  = 30 * time.Second // how long a lost wake may cost
	lowAtOnce = 20
)

// tellLow tells the leads of low ratings until ctx is done. Which of them they know stands in the database, so none is lost and, unless
// the server dies between telling and noting it, none is told twice.
func (a *app) tellLow(ctx context.Context, to desk.Teller) {
	wake, cancel := a.bus.Subscribe(bot.TopicDesk)
	defer cancel()
	tick := time.NewTicker(lowEvery)
	defer tick.Stop()
	for {
		a.tellLowOnce(ctx, to)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-wake:
			select { // the desk changes with every turn: once a while is enough
			case <-ctx.Done():
				return
			case <-time.After(time.Second):
			}
		}
	}
}

func (a *app) tellLowOnce(ctx context.Context, to desk.Teller) {
	low, err := a.store.LowRatings(ctx, lowAtOnce)
	for _, r := range low {
		if err == nil {
			err = to.Tell(ctx, desk.Notice{Kind: bot.NoticeRated, Conversation: r.Conversation, Skill: r.Skill, At: r.At})
		}
		if err == nil {
			err = a.store.ToldRating(ctx, r.ID)
		}
	}
	if err != nil && ctx.Err() == nil {
		a.log.Error("telling the leads of low ratings", "err", err)
	}
}
