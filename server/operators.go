package main

import (
	"cmp"
	"context"
	"encoding/json"
	"net/url"
	"time"

	"posdoctor/channels/notice"
	"posdoctor/server/web"
)

// operatorSettings are the documents that operators change in the console. Whoever owns one says here who may read and change it.
func operatorSettings() []web.Setting {
	return []web.Setting{
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
