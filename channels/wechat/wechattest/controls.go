package wechattest

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"time"
)

const controlPath = "/__ctl/"

// control is the Go methods over HTTP, for a server under test that is a process of its own:
//
//	POST /__ctl/fail    {"path":"custom/send","times":1,"errcode":45015}   or "status":502 or "mode":"timeout|reset|badjson|slow",
//	                    and "delay_ms":3000, "done":true
//	POST /__ctl/clear   {"path":""}                    faults with this end of the path, and the call log
//	POST /__ctl/expire  {"code":40001}                 every token that was given out
//	POST /__ctl/media   {"media_id":"M","content_type":"image/jpeg","data":"base64"}
//	POST /__ctl/grant   {"openid":"oABC","kind":"message|click|follow|scan"}
//	POST /__ctl/leave   {"openid":"oABC"}
//	POST /__ctl/account {"kind":"service|subscription|test","unverified":true}
//	POST /__ctl/kf      {"open_kfid":"wkAJ","message":{"msgtype":"text",…}}   -> {"token":"ENC…"}
//	POST /__ctl/clock   {"advance_ms":60000}
//	POST /__ctl/calls   {}                             -> [Call …]
//
// The answer is {"ok":true} where none is named. They are there when API.Controls is true, and nobody is asked who he is.
func (a *API) control(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Fault
		DelayMS     int64     `json:"delay_ms"`
		Code        int       `json:"code"`
		MediaID     string    `json:"media_id"`
		ContentType string    `json:"content_type"`
		Data        []byte    `json:"data"`
		OpenID      string    `json:"openid"`
		Kind        string    `json:"kind"`
		Unverified  bool      `json:"unverified"`
		OpenKfID    string    `json:"open_kfid"`
		Message     KFMessage `json:"message"`
		AdvanceMS   int64     `json:"advance_ms"`
	}
	if r.Method != http.MethodPost {
		http.Error(w, "POST", http.StatusMethodNotAllowed)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxCall*2))
	if err != nil || len(body) > 0 && json.Unmarshal(body, &in) != nil {
		http.Error(w, "no JSON", http.StatusBadRequest)
		return
	}
	var out any = map[string]bool{"ok": true}
	switch strings.TrimPrefix(r.URL.Path, controlPath) {
	case "fail":
		in.Delay = time.Duration(in.DelayMS) * time.Millisecond
		a.Fail(in.Fault)
	case "clear":
		a.ClearFaults(in.Path)
		a.ClearCalls()
	case "expire":
		or(&in.Code, BadCredential)
		a.ExpireTokens(in.Code)
	case "media":
		a.AddMediaAs(in.MediaID, in.ContentType, in.Data)
	case "grant":
		a.Grant(in.OpenID, in.Kind)
	case "leave":
		a.Leave(in.OpenID)
	case "account":
		a.SetAccount(Account{Kind: in.Kind, Unverified: in.Unverified})
	case "kf":
		out = map[string]string{"token": a.AddKFMessage(in.OpenKfID, in.Message)}
	case "clock":
		a.Advance(time.Duration(in.AdvanceMS) * time.Millisecond)
	case "calls":
		out = a.Calls()
	default:
		http.NotFound(w, r)
		return
	}
	writeJSON(w, out)
}
