package main

import (
	"cmp"
	"context"
	"encoding/json"
	"net/url"
	"time"

	"posdoctor/bot"
	"posdoctor/bot/desk"
	"posdoctor/channels/notice"
	"posdoctor/server/web"
)

// operatorSettings are the documents that operators change in the console. Whoever owns one says here who may read and change it.
func operatorSettings() []web.Setting {
	return []web.Setting{
		web.SettingOf(desk.SettingHours, desk.DefaultHours(), web.ActSettingsSee, web.ActSettings),
		web.SettingOf(desk.SettingRouting, desk.DefaultRouting(), web.ActSettingsSee, web.ActSettings),
		web.SettingOf(desk.SettingSLA, desk.DefaultSLA(), web.ActSettingsSee, web.ActSettings),
		web.SettingOf(bot.SettingCSAT, bot.DefaultCSAT(), web.ActSettingsSee, web.ActSettings),
		{Name: notice.Name, Default: document(notice.Default()), See: web.ActServer, Change: web.ActServer, Check: notice.Check, Shown: notice.Shown},
	}
}

// document is a default as it would be kept.
func document(v any) json.RawMessage {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err) // a type that cannot be kept is a mistake in the program
	}
	return data
}

// newTeller tells agents outside of the console, as operators set it there.
func (a *app) newTeller() *notice.Teller {
	at := cmp.Or(a.s.publicURL, a.s.eventsAt)
	return notice.New(notice.Config{Store: a.store, Bus: a.bus, WeComURL: a.s.noticeWeCom, Hosts: a.s.noticeHosts, Now: time.Now, Log: a.log,
		Settings: func(ctx context.Context) (string, error) {
			s, err := a.store.Setting(ctx, notice.Name)
			return s.Value, err
		},
		Link: func(conversation string) string { return at + "/console#/queued/" + url.PathEscape(conversation) }})
}

const giveBackEvery = 15 * time.Second

// giveBack brings conversations back whose holder may no longer serve, also when a command or the clock said so.
func (a *app) giveBack(ctx context.Context) {
	tick := time.NewTicker(giveBackEvery)
	defer tick.Stop()
	for {
		if err := web.GiveBack(ctx, web.Deps{Store: a.store, Service: a.service, Now: time.Now, Log: a.log}); err != nil && ctx.Err() == nil {
			a.log.Error("looking for holders who may no longer serve", "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
