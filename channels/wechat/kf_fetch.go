package wechat

import (
	"context"
	"encoding/json"
	"fmt"
)

// pageSize is how many entries are asked for at once. What a killed process has to read again is no more.
const pageSize = 200

// kfPage is what one fetch brings.
type kfPage struct {
	entries []kfEntry
	cursor  string // behind it, "" for none
	before  string // the cursor that it was fetched with
	more    bool
}

func cursorOf(account string) string { return "kf-cursor:" + account }

// fetch gets what stands behind the cursor.
//
//	POST /cgi-bin/kf/sync_msg {"cursor":"4gw7","token":"ENCApHx","limit":200,"voice_format":0,"open_kfid":"wkAJ"}
//	  -> {"errcode":0,"errmsg":"ok","next_cursor":"4gw8","has_more":1,"msg_list":[…]}
func (k *KF) fetch(ctx context.Context, account, token string) (kfPage, error) {
	cursor, err := k.deps.Notes.Note(ctx, cursorOf(account))
	if err != nil {
		return kfPage{}, fmt.Errorf("reading the cursor: %w", err)
	}
	var out struct {
		Next string            `json:"next_cursor"`
		More int               `json:"has_more"`
		List []json.RawMessage `json:"msg_list"`
	}
	in := map[string]any{"cursor": cursor, "token": token, "limit": pageSize, "voice_format": 0, "open_kfid": account}
	for err = k.api.post(ctx, "/cgi-bin/kf/sync_msg", in, &out); err != nil; err = k.api.post(ctx, "/cgi-bin/kf/sync_msg", in, &out) {
		switch code, _ := codeOf(err); {
		case code == 95007 && in["token"] != "": // it was too old
			in["token"] = ""
		case code == 40058 && in["cursor"] != "": // what was read before is known by its keys
			k.log.Warn("WeCom does not know the cursor any more; the last three days are read again", "account", account)
			in["cursor"] = ""
		default:
			return kfPage{}, err
		}
	}
	p := kfPage{cursor: out.Next, before: cursor, more: out.More != 0}
	since := k.feeds.begins(account)
	for _, data := range out.List {
		e, ok := parseEntry(data)
		if !ok {
			k.log.Warn("an entry of Customer Service is left out: it names nobody, or no time", "account", account)
			continue
		}
		if e.at().Before(since) {
			continue
		}
		p.entries = append(p.entries, e)
	}
	return p, nil
}
