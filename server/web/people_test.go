package web_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"posdoctor/bot"
	"posdoctor/bot/store"
	"posdoctor/server/web"
)

// greeting is a setting of these tests.
type greeting struct {
	Text string `json:"text"`
}

func (g greeting) Validate() error {
	if g.Text == "" {
		return errors.New("请写问候语。")
	}
	return nil
}

// tried stands for what tells agents outside of the console.
type tried struct{ ways []string }

func (n *tried) Ways() []string { return []string{"wecom", "webhook"} }
func (n *tried) Try(_ context.Context, way string) (bool, string) {
	n.ways = append(n.ways, way)
	return true, "对方已收到测试通知。"
}

func withSettings(d *web.Deps) {
	d.Settings = []web.Setting{web.SettingOf("greeting", greeting{"您好"}, web.ActSettingsSee, web.ActSettings),
		web.SettingOf("doors", greeting{"关"}, web.ActServer, web.ActServer)}
	d.Notices = &tried{}
}

// role adds an agent of a role and logs him in.
func (w *world) role(name, role string) *client {
	w.t.Helper()
	hash, err := hashed()
	must(w.t, err)
	must(w.t, w.store.AddAgent(w.t.Context(), store.Agent{ID: bot.NewID(), Name: name, Role: role, Password: hash}))
	return w.login(name)
}

// into reads an answer.
func into[T any](t *testing.T, r answer) T {
	t.Helper()
	var v T
	if err := json.Unmarshal([]byte(r.raw), &v); err != nil {
		t.Fatalf("%v in %s", err, r.raw)
	}
	return v
}

// want fails unless an answer has a status, and for a refusal a code and a sentence.
func (r answer) want(t *testing.T, status int, code string) answer {
	t.Helper()
	if r.status != status || r.Error.Code != code || status >= 400 && !strings.HasSuffix(r.Error.Message, "。") {
		t.Errorf("got %d %s, want %d %s", r.status, r.raw, status, code)
	}
	return r
}

type personAnswer struct {
	Person struct {
		ID       string
		Name     string
		Display  string
		Role     string
		Teams    []string
		Skills   []string
		Capacity int
		Disabled bool
	}
	Password string
}

// matrix says for every route below /api/a/v1 who gets in: a agent, l lead, e editor, m admin (the one who manages). Whoever is not
// named is refused with 403. Who is let in may be refused for other reasons: a body that is missing, a thing that is not there.
var matrix = map[string]string{
	"POST /login": "alem", "GET /me": "alem", "GET /ws": "alem", "POST /logout": "", "POST /logout/everywhere": "", "POST /password": "alem",

	"GET /conversations": "alm", "GET /conversations/:id": "alm", "GET /conversations/:id/events": "alm", "GET /conversations/:id/media/:media": "alm",
	"POST /conversations/:id/claim": "alm", "POST /conversations/:id/release": "alm", "POST /conversations/:id/transfer": "alm",
	"POST /conversations/:id/close": "alm", "POST /conversations/:id/messages": "alm", "POST /conversations/:id/pictures": "alm", "GET /ratings": "lm",

	"POST /conversations/:id/take": "lm", "POST /conversations/:id/decline": "alm", "POST /conversations/:id/hold": "alm", "POST /conversations/:id/resume": "alm",
	"POST /conversations/:id/typing": "alm", "GET /agents": "alm", "GET /desk": "alm", "GET /figures": "alm", "POST /me/status": "alm", "POST /me/here": "alem",

	"GET /conversations/:id/notes": "alm", "POST /conversations/:id/notes": "alm", "GET /conversations/:id/suggestions": "alm", "POST /conversations/:id/suggestions": "alm",
	"GET /conversations/:id/merchant": "alm", "GET /conversations/:id/earlier": "alm", "GET /search": "alm",

	"GET /people": "lm", "POST /people": "m", "PUT /people/:id": "m", "DELETE /people/:id": "m", "POST /people/:id/password": "m", "POST /people/:id/logout": "m",
	"GET /teams": "alem", "POST /teams": "m", "PUT /teams/:id": "m", "DELETE /teams/:id": "m",
	"GET /canned": "alem", "POST /canned": "lem", "PUT /canned/:id": "lem", "DELETE /canned/:id": "lem",
	"GET /tokens": "m", "POST /tokens": "m", "DELETE /tokens/:id": "m",
	"GET /audit": "m", "GET /audit/export": "m", "GET /export": "lm",
	"GET /settings/:name": "alem", "PUT /settings/:name": "lm",
	"GET /notices": "m", "POST /notices/test": "m",
	"GET /sites": "m", "POST /sites": "m", "PUT /sites/:id": "m", "DELETE /sites/:id": "m", "POST /sites/:id/keys": "m", "DELETE /sites/:id/keys/:kid": "m",
}

// Every route lets in whom it should and nobody else. A route that the matrix does not name fails.
func TestRoleMatrix(t *testing.T) {
	w := newWorld(t, withSettings, nil)
	v := w.visitor()
	v.says("转人工")
	roles := map[string]*client{"a": w.role("a", store.RoleAgent), "l": w.role("l", store.RoleLead), "e": w.role("e", store.RoleEditor), "m": w.role("m", store.RoleAdmin), "": w.role("x", "intern")}
	nobody := w.client()
	seen := map[string]bool{}
	for _, r := range w.engine.Routes() {
		path, ok := strings.CutPrefix(r.Path, api)
		if !ok {
			continue
		}
		key := r.Method + " " + path
		in, known := matrix[key]
		if !known {
			t.Errorf("nobody said who may %s", key)
			continue
		}
		seen[key] = true
		if path == "/login" || in == "" { // logging out ends what the rest needs; see TestLogout and TestSessionsEnd
			continue
		}
		at := r.Path
		for from, to := range map[string]string{":media": "none", ":name": "greeting"} {
			at = strings.ReplaceAll(at, from, to)
		}
		id := "none"
		if strings.HasPrefix(path, "/conversations") {
			id = v.conv
		}
		at = strings.ReplaceAll(at, ":id", id)
		for role, c := range roles {
			got := c.do(r.Method, at, body(r.Method))
			may := role != "" && strings.Contains(in, role) || path == "/me" || path == "/password"
			if refused := got.status == 403 && got.Error.Code == "role"; refused == may {
				t.Errorf("%q, %s: %d %s", role, key, got.status, got.raw)
			}
		}
		if got := nobody.do(r.Method, at, body(r.Method)); got.status != 401 {
			t.Errorf("a stranger, %s: %d", key, got.status)
		}
		if r.Method != "GET" {
			if got := roles["m"].do(r.Method, at, body(r.Method), "X-CSRF-Token", ""); got.status != 403 || got.Error.Code != "csrf" {
				t.Errorf("without the page's token, %s: %d %s", key, got.status, got.raw)
			}
			if got := roles["m"].do(r.Method, at, body(r.Method), "Origin", "https://evil.example"); got.status != 403 || got.Error.Code != "origin" {
				t.Errorf("a foreign page, %s: %d %s", key, got.status, got.raw)
			}
		}
	}
	for key := range matrix {
		if !seen[key] {
			t.Errorf("the matrix names %s, which is no route", key)
		}
	}
	roles["a"].do("GET", api+"/settings/doors", nil).want(t, 403, "role")
	roles["l"].do("PUT", api+"/settings/doors", map[string]any{"value": greeting{"开"}, "version": 0}).want(t, 403, "role")
}

// An admin adds, changes and disables people; what is wrong is refused with a sentence.
func TestPeople(t *testing.T) {
	w := newWorld(t, withSettings, nil)
	admin := w.role("admin", store.RoleAdmin)
	team := into[struct{ ID string }](t, admin.do("POST", api+"/teams", map[string]any{"name": " 结算组 "}).want(t, 201, ""))
	admin.do("POST", api+"/teams", map[string]any{"name": "结算组"}).want(t, 409, "taken")
	added := into[personAnswer](t, admin.do("POST", api+"/people", map[string]any{"name": "limin", "display": "李敏", "teams": []string{team.ID}, "skills": []string{"risk", "risk"}}).want(t, 201, ""))
	if p := added.Person; p.Role != "agent" || p.Capacity != store.DefaultCapacity || !slices.Equal(p.Skills, []string{"risk"}) || len(added.Password) != 20 {
		t.Errorf("added %+v", added)
	}
	for name, in := range map[string]map[string]any{
		"no name":             {},
		"a long name":         {"name": strings.Repeat("x", 33)},
		"markup":              {"name": "<b>x"},
		"an invisible letter": {"name": "li\u200bmin"},
		"turned around":       {"name": "x", "display": "x\u202ey"},
		"the bot":             {"name": "x", "display": "智能助手"},
		"a role":              {"name": "x", "role": "root"},
		"a skill":             {"name": "x", "skills": []string{"cooking"}},
		"a team":              {"name": "x", "teams": []string{"none"}},
		"no capacity":         {"name": "x", "capacity": 0},
		"much capacity":       {"name": "x", "capacity": 51},
	} {
		if r := admin.do("POST", api+"/people", in); r.status != 400 || r.Error.Code != "bad_request" {
			t.Errorf("%s: %d %s", name, r.status, r.raw)
		}
	}
	admin.do("POST", api+"/people", map[string]any{"name": "limin"}).want(t, 409, "taken")

	// He has to choose a password of his own first.
	li := w.client()
	r := li.do("POST", api+"/login", map[string]string{"name": "limin", "password": added.Password}).want(t, 200, "")
	li.csrf, li.id = r.CSRF, r.Agent.ID
	li.do("GET", api+"/conversations", nil).want(t, 403, "must_change")
	li.do("POST", api+"/password", map[string]string{"old": added.Password, "new": password}).want(t, 204, "")
	li.do("GET", api+"/conversations", nil).want(t, 200, "")

	// Merchants read his display name.
	v := w.visitor()
	v.says("转人工")
	li.act(v.conv, "claim").want(t, 200, "")
	if m := v.waits(bot.TypeJoined); m.Agent == nil || m.Agent.Name != "李敏" {
		t.Errorf("joined %+v", m.Agent)
	}

	// While he may serve, nothing is taken from him.
	must(t, web.GiveBack(t.Context(), web.Deps{Store: w.store, Service: w.service, Now: time.Now, Log: w.service.Log}))
	if c, err := w.store.ConversationByID(t.Context(), v.conv); err != nil || c.Holder.Kind != bot.HolderAgent {
		t.Errorf("the merchant is held by %+v, %v", c.Holder, err)
	}

	// Disabled, he is out at once, and what he held waits for another.
	ws := li.socket(map[string]string{"t": "hello", "csrf": li.csrf})
	reads(t, ws, "welcome")
	path := api + "/people/" + li.id
	admin.do("PUT", path, map[string]any{"disabled": true}).want(t, 200, "")
	li.do("GET", api+"/conversations", nil).want(t, 401, "auth")
	if code, took := closed(ws); code != 4401 || took > 5*time.Second {
		t.Errorf("his socket closed with %d after %v", code, took)
	}
	w.client().do("POST", api+"/login", map[string]string{"name": "limin", "password": password}).want(t, 401, "login")
	if c, err := w.store.ConversationByID(t.Context(), v.conv); err != nil || c.Holder.Kind != bot.HolderQueue {
		t.Errorf("the merchant is held by %+v, %v", c.Holder, err)
	}
	admin.do("PUT", path, map[string]any{"disabled": false, "role": "lead", "capacity": 3}).want(t, 200, "")
	again := w.login("limin")
	again.do("GET", api+"/people", nil).want(t, 200, "")
	admin.do("DELETE", path, nil).want(t, 409, "in_use")
	admin.do("PUT", api+"/people/none", map[string]any{}).want(t, 404, "not_found")

	// One who never did anything can go, whatever somebody tried with his name; a group leaves its members.
	typo := into[personAnswer](t, admin.do("POST", api+"/people", map[string]any{"name": "limim"}).want(t, 201, ""))
	w.client().do("POST", api+"/login", map[string]string{"name": "limim", "password": password}).want(t, 401, "login")
	admin.do("DELETE", api+"/people/"+typo.Person.ID, nil).want(t, 204, "")
	admin.do("DELETE", api+"/teams/"+team.ID, nil).want(t, 204, "")
	for _, p := range into[struct{ People []struct{ Teams []string } }](t, admin.do("GET", api+"/people", nil)).People {
		if len(p.Teams) > 0 {
			t.Errorf("still in a group that is gone: %v", p.Teams)
		}
	}
	got := w.audited(admin.id)
	for _, act := range []string{"team.add ", "people.add ", "people.change ", "transfer " + v.conv, "people.remove ", "team.remove "} {
		if !slices.Contains(got, act) {
			t.Errorf("the audit log lacks %q: %v", act, got)
		}
	}
}

// The last admin who may log in stays one, whichever way somebody tries.
func TestLastAdmin(t *testing.T) {
	w := newWorld(t, nil, nil)
	admin := w.role("admin", store.RoleAdmin)
	second := w.role("second", store.RoleAdmin)
	admin.do("PUT", api+"/people/"+second.id, map[string]any{"disabled": true}).want(t, 200, "")
	path := api + "/people/" + admin.id
	for name, change := range map[string]map[string]any{"disabled": {"disabled": true}, "demoted": {"role": "lead"}} {
		t.Run(name, func(t *testing.T) { admin.do("PUT", path, change).want(t, 409, "last_admin") })
	}
	admin.do("DELETE", path, nil).want(t, 409, "last_admin")
	admin.do("PUT", path, map[string]any{"display": "小管"}).want(t, 200, "")
	admin.do("PUT", api+"/people/"+second.id, map[string]any{"disabled": false}).want(t, 200, "")
	admin.do("PUT", path, map[string]any{"role": "agent"}).want(t, 200, "")
	admin.do("GET", api+"/people", nil).want(t, 403, "role")
}

// A changed password, a reset one, logging out everywhere and a lost role are effective over HTTP at once and on sockets within five
// seconds.
func TestSessionsEnd(t *testing.T) {
	w := newWorld(t, nil, nil)
	admin := w.role("admin", store.RoleAdmin)
	for name, end := range map[string]func(c *client){
		"reset":      func(c *client) { admin.do("POST", api+"/people/"+c.id+"/password", nil).want(t, 200, "") },
		"logged out": func(c *client) { admin.do("POST", api+"/people/"+c.id+"/logout", nil).want(t, 204, "") },
		"everywhere": func(c *client) {
			other := w.login(name2(c))
			other.do("POST", api+"/logout/everywhere", nil).want(t, 204, "")
			other.do("GET", api+"/me", nil).want(t, 401, "auth")
		},
		"password": func(c *client) {
			w.login(name2(c)).do("POST", api+"/password", map[string]string{"old": password, "new": "another long one"}).want(t, 204, "")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := w.role("agent "+name, store.RoleAgent)
			ws := c.socket(map[string]string{"t": "hello", "csrf": c.csrf})
			reads(t, ws, "welcome")
			end(c)
			c.do("GET", api+"/me", nil).want(t, 401, "auth")
			if code, took := closed(ws); code != 4401 || took > 5*time.Second {
				t.Errorf("the socket closed with %d after %v", code, took)
			}
		})
	}
	admin.do("POST", api+"/people/"+admin.id+"/password", nil).want(t, 400, "bad_request")
}

// name2 is the name of a client's agent.
func name2(c *client) string {
	c.t.Helper()
	a, err := c.store.AgentByID(c.t.Context(), c.id)
	must(c.t, err)
	return a.Name
}

// A token may what its scopes say, needs no cookie and stands in the audit log under its name; revoked or expired it is refused.
func TestTokens(t *testing.T) {
	var ahead time.Duration
	w := newWorld(t, func(d *web.Deps) { withSettings(d); d.Now = func() time.Time { return time.Now().Add(ahead) } }, nil)
	admin := w.role("admin", store.RoleAdmin)
	v := w.visitor()
	v.says("转人工")
	path := api + "/conversations/" + v.conv
	type made struct{ ID, Secret string }
	token := func(name string, scopes ...string) (made, func(method, path string, body any) answer) {
		m := into[made](t, admin.do("POST", api+"/tokens", map[string]any{"name": name, "scopes": scopes, "expires": time.Now().Add(time.Hour).UnixMilli()}).want(t, 201, ""))
		c := w.client()
		c.token = m.Secret
		return m, func(method, path string, body any) answer { return c.do(method, path, body) }
	}
	crm, read := token("CRM", "read:conversations")
	_, write := token("小票系统", "read:conversations", "write:messages")
	read("GET", api+"/conversations", nil).want(t, 200, "")
	read("GET", path, nil).want(t, 200, "")
	read("GET", path+"/events", nil).want(t, 200, "")
	read("POST", path+"/claim", map[string]any{"epoch": w.epoch(v.conv)}).want(t, 403, "role")
	read("GET", path+"/notes", nil).want(t, 200, "")
	read("POST", path+"/notes", map[string]any{"id": bot.NewID(), "text": "x"}).want(t, 403, "role")
	read("POST", path+"/suggestions", map[string]any{"article": "x", "use": "unfit"}).want(t, 403, "role")
	write("POST", path+"/notes", map[string]any{"id": bot.NewID(), "text": "客户已在 CRM 登记"}).want(t, 200, "")
	for _, closedTo := range []string{"/people", "/me", "/audit", "/tokens", "/settings/greeting", "/export?from=1&to=2", "/figures", "/ws", "/canned"} {
		read("GET", api+closedTo, nil).want(t, 403, "role")
	}
	read("POST", api+"/logout", nil).want(t, 403, "role")
	read("POST", api+"/password", map[string]string{}).want(t, 403, "role")
	write("POST", path+"/claim", map[string]any{"epoch": w.epoch(v.conv)}).want(t, 200, "")
	write("POST", path+"/messages", map[string]any{"cid": "1", "text": "您好", "epoch": w.epoch(v.conv)}).want(t, 200, "")
	if m := v.waits(bot.TypeJoined); m.Agent.Name != "小票系统" {
		t.Errorf("joined %+v", m.Agent)
	}
	if got := w.audited(store.TokenAgent(crm.ID)); !slices.Equal(got, []string{"read " + v.conv}) {
		t.Errorf("the audit log has %v", got)
	}
	lines := into[struct {
		Lines []struct {
			Agent  bot.AgentID
			Act    string
			Detail string
		}
	}](t, admin.do("GET", api+"/audit?agent="+store.TokenAgent(crm.ID), nil).want(t, 200, ""))
	if len(lines.Lines) != 1 || lines.Lines[0].Agent.Name != "CRM" {
		t.Errorf("the audit log says %+v", lines)
	}

	// The secret is told once, and not kept.
	all := admin.do("GET", api+"/tokens", nil).want(t, 200, "")
	if strings.Contains(all.raw, crm.Secret) || !strings.Contains(all.raw, `"used":1`) {
		t.Errorf("the tokens are %s", all.raw)
	}
	for _, suffix := range []string{"", "-wal"} {
		if data, err := os.ReadFile(w.file + suffix); err == nil && bytes.Contains(data, []byte(crm.Secret)) {
			t.Errorf("the secret stands in the database%s", suffix)
		}
	}
	if strings.Contains(w.logs.String(), crm.Secret) {
		t.Error("the secret stands in the log")
	}
	ahead = 2 * time.Hour // the token that holds the conversation has expired: the merchant does not wait for it
	must(t, web.GiveBack(t.Context(), web.Deps{Store: w.store, Service: w.service, Now: func() time.Time { return time.Now().Add(ahead) }, Log: w.service.Log}))
	if c, err := w.store.ConversationByID(t.Context(), v.conv); err != nil || c.Holder.Kind != bot.HolderQueue {
		t.Errorf("the merchant is held by %+v, %v", c.Holder, err)
	}
	ahead = 0
	admin.do("DELETE", api+"/tokens/"+crm.ID, nil).want(t, 204, "")
	admin.do("DELETE", api+"/tokens/"+crm.ID, nil).want(t, 404, "not_found")
	read("GET", path, nil).want(t, 401, "auth")
	ahead = 2 * time.Hour
	write("GET", path, nil).want(t, 401, "auth")
	ahead = 0
	write("GET", path, nil).want(t, 200, "")
	for name, in := range map[string]map[string]any{"no name": {"scopes": []string{"export"}}, "no scope": {"name": "x"}, "a scope": {"name": "x", "scopes": []string{"root"}},
		"a past end": {"name": "x", "scopes": []string{"export"}, "expires": 1}} {
		if r := admin.do("POST", api+"/tokens", in); r.status != 400 {
			t.Errorf("%s: %d %s", name, r.status, r.raw)
		}
	}
	last := answer{}
	for range 140 {
		if last = write("GET", api+"/conversations", nil); last.status != 200 {
			break
		}
	}
	if last.status != 429 || last.header.Get("Retry-After") == "" {
		t.Errorf("140 requests at once: %d", last.status)
	}
}

// Canned replies belong to all or to a group, and hold only variables that are filled in.
func TestCanned(t *testing.T) {
	w := newWorld(t, nil, nil)
	admin := w.role("admin", store.RoleAdmin)
	editor, agent := w.role("editor", store.RoleEditor), w.role("agent", store.RoleAgent)
	team := into[struct{ ID string }](t, admin.do("POST", api+"/teams", map[string]any{"name": "结算组"}))
	one := into[store.Canned](t, editor.do("POST", api+"/canned", map[string]any{"path": "/到账 / T+1/", "title": "到账时间", "text": "{{商户}}您好，我是{{ 客服 }}。\r\n通常 T+1 到账。"}).want(t, 201, ""))
	if one.Path != "到账/T+1" || one.Text != "{{商户}}您好，我是{{ 客服 }}。\n通常 T+1 到账。" {
		t.Errorf("kept %+v", one)
	}
	editor.do("POST", api+"/canned", map[string]any{"team": team.ID, "title": "结算组内部", "text": "x"}).want(t, 201, "")
	editor.do("POST", api+"/canned", map[string]any{"path": "到账/T+1", "title": "到账时间", "text": "x"}).want(t, 409, "taken")
	editor.do("POST", api+"/canned", map[string]any{"team": "none", "title": "x", "text": "x"}).want(t, 404, "not_found")
	for name, text := range map[string]string{"unknown": "{{密码}}", "one brace": "{{商户}", "none": " ", "long": strings.Repeat("长", 2001), "nothing": "{{}}"} {
		if r := editor.do("POST", api+"/canned", map[string]any{"title": name, "text": text}); r.status != 400 || !strings.HasSuffix(r.Error.Message, "。") {
			t.Errorf("%s: %d %s", name, r.status, r.raw)
		}
	}
	titles := func(c *client, query string) []string {
		var out []string
		for _, x := range into[struct{ Canned []store.Canned }](t, c.do("GET", api+"/canned"+query, nil).want(t, 200, "")).Canned {
			out = append(out, x.Title)
		}
		return out
	}
	if got := titles(agent, ""); !slices.Equal(got, []string{"到账时间"}) {
		t.Errorf("an agent of no group has %v", got)
	}
	if got := titles(agent, "?all=1"); len(got) != 1 {
		t.Errorf("an agent asks for all and has %v", got)
	}
	if got := titles(editor, "?all=1"); len(got) != 2 {
		t.Errorf("the editor has %v", got)
	}
	admin.do("PUT", api+"/people/"+agent.id, map[string]any{"teams": []string{team.ID}}).want(t, 200, "")
	if got := titles(agent, ""); len(got) != 2 {
		t.Errorf("an agent of the group has %v", got)
	}
	agent.do("DELETE", api+"/canned/"+one.ID, nil).want(t, 403, "role")
	admin.do("DELETE", api+"/teams/"+team.ID, nil).want(t, 409, "in_use")
	editor.do("PUT", api+"/canned/"+one.ID, map[string]any{"title": "到账", "text": "好的"}).want(t, 200, "")
	editor.do("PUT", api+"/canned/none", map[string]any{"title": "到账", "text": "好的"}).want(t, 404, "not_found")
	editor.do("DELETE", api+"/canned/"+one.ID, nil).want(t, 204, "")
	editor.do("GET", api+"/conversations", nil).want(t, 403, "role")
}

// Settings are checked by their owner and written over the version that was seen.
func TestSettings(t *testing.T) {
	w := newWorld(t, withSettings, nil)
	lead, agent := w.role("lead", store.RoleLead), w.role("agent", store.RoleAgent)
	path := api + "/settings/greeting"
	type setting struct {
		Value     greeting
		Version   int64
		By        string
		MayChange bool `json:"may_change"`
	}
	if s := into[setting](t, agent.do("GET", path, nil).want(t, 200, "")); s.Value.Text != "您好" || s.Version != 0 || s.MayChange {
		t.Errorf("the default is %+v", s)
	}
	put := func(value any, version int64) answer {
		return lead.do("PUT", path, map[string]any{"value": value, "version": version})
	}
	put(greeting{""}, 0).want(t, 400, "bad_request")
	put(map[string]any{"text": "x", "more": 1}, 0).want(t, 400, "bad_request")
	put([]int{1}, 0).want(t, 400, "bad_request")
	lead.do("PUT", path, map[string]any{"value": greeting{"x"}}).want(t, 400, "bad_request")
	if s := into[setting](t, put(greeting{"早上好"}, 0).want(t, 200, "")); s.Version != 1 || s.By != "lead" || !s.MayChange {
		t.Errorf("after a change %+v", s)
	}
	if s := into[setting](t, put(greeting{"晚上好"}, 0).want(t, 409, "conflict")); s.Version != 1 || s.Value.Text != "早上好" {
		t.Errorf("a stale change shows %+v", s)
	}
	put(greeting{"晚上好"}, 1).want(t, 200, "")
	lead.do("GET", api+"/settings/none", nil).want(t, 404, "not_found")
	if got := w.audited(lead.id); !slices.Equal(got, []string{"setting.change ", "setting.change "}) {
		t.Errorf("the audit log has %v", got)
	}
}

// An export holds the lines of a period, masked as they are stored, and stands in the audit log; a spreadsheet runs nothing of it.
func TestExport(t *testing.T) {
	w := newWorld(t, nil, nil)
	lead := w.role("lead", store.RoleLead)
	v, other := w.visitor(), w.visitor()
	v.says("=HYPERLINK(\"https://evil.example\")")
	v.says("卡号 6222021234567894 刷不了")
	other.says("刷卡没反应")
	from, to := time.Now().Add(-time.Hour).UnixMilli(), time.Now().Add(time.Hour).UnixMilli()
	path := func(format string, from, to int64) string {
		return fmt.Sprintf("%s/export?format=%s&from=%d&to=%d", api, format, from, to)
	}

	r := lead.do("GET", path("jsonl", from, to), nil).want(t, 200, "")
	lines := strings.Split(strings.TrimSpace(r.raw), "\n")
	var end struct {
		End                  bool
		Conversations, Lines int
	}
	must(t, json.Unmarshal([]byte(lines[len(lines)-1]), &end))
	count := 0
	for _, l := range lines[:len(lines)-1] {
		var x struct {
			ID    string
			Lines []bot.Message
		}
		must(t, json.Unmarshal([]byte(l), &x))
		count += len(x.Lines)
	}
	if !end.End || end.Conversations != 2 || end.Lines != count || count < 6 || len(lines) != 3 {
		t.Errorf("%d lines in %d conversations; the end says %+v", count, len(lines)-1, end)
	}
	if strings.Contains(r.raw, "6222021234567894") || !strings.Contains(r.header.Get("Content-Disposition"), "attachment") {
		t.Error("the export is not masked, or no file")
	}
	c := lead.do("GET", path("csv", from, to), nil).want(t, 200, "")
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(c.raw, "\ufeff"))).ReadAll()
	must(t, err)
	if len(rows) != count+1 {
		t.Errorf("%d rows, want %d", len(rows), count+1)
	}
	inert := false
	for _, row := range rows {
		for _, field := range row {
			if field != "" && strings.ContainsAny(field[:1], "=+-@\t\r") {
				t.Errorf("a spreadsheet would run %q", field)
			}
			inert = inert || strings.HasPrefix(field, "'=HYPERLINK")
		}
	}
	if !inert {
		t.Error("the formula is gone")
	}
	if r := lead.do("GET", path("jsonl", from-2*int64(time.Hour/time.Millisecond), from), nil); strings.Count(r.raw, "\n") != 1 {
		t.Errorf("a period without lines: %s", r.raw)
	}
	lead.do("GET", path("xml", from, to), nil).want(t, 400, "bad_request")
	lead.do("GET", path("csv", from, from), nil).want(t, 400, "bad_request")
	lead.do("GET", path("csv", 1, to), nil).want(t, 400, "too_long")
	lead.do("GET", api+"/export", nil).want(t, 400, "bad_request")
	if got := w.audited(lead.id); !slices.Equal(got, []string{"export ", "export ", "export "}) {
		t.Errorf("the audit log has %v", got)
	}
}

// The audit log is read in pages, by agent, act and period, and taken out as CSV; nothing in the program changes a line of it.
func TestAuditLog(t *testing.T) {
	w := newWorld(t, nil, nil)
	admin := w.role("admin", store.RoleAdmin)
	for i := range 120 {
		must(t, w.store.Audit(t.Context(), bot.NewID(), int64(1000+i), "=cmd", "act", "", "@SUM(1)"))
	}
	type page struct {
		Lines []struct {
			ID  string
			At  int64
			Act string
		}
		Next string
		Acts []string
	}
	seen := map[string]bool{}
	pages, last := 0, int64(1<<62)
	for next := ""; ; pages++ {
		p := into[page](t, admin.do("GET", api+"/audit?act=act&after="+next, nil).want(t, 200, ""))
		for _, l := range p.Lines {
			if seen[l.ID] || l.At > last {
				t.Fatalf("line %s at %d after %d, seen %v", l.ID, l.At, last, seen[l.ID])
			}
			seen[l.ID], last = true, l.At
		}
		if next = p.Next; next == "" {
			break
		}
	}
	if len(seen) != 120 || pages != 2 {
		t.Errorf("%d lines on %d pages", len(seen), pages+1)
	}
	if p := into[page](t, admin.do("GET", api+"/audit?from=1010&to=1020", nil).want(t, 200, "")); len(p.Lines) != 10 || !slices.Contains(p.Acts, "login") {
		t.Errorf("a period has %+v", p)
	}
	admin.do("GET", api+"/audit?from=x", nil).want(t, 400, "bad_request")
	admin.do("GET", api+"/audit?after=x", nil).want(t, 400, "bad_request")
	r := admin.do("GET", api+"/audit/export?act=act", nil).want(t, 200, "")
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(r.raw, "\ufeff"))).ReadAll()
	must(t, err)
	if len(rows) != 121 || rows[1][1] != "'=cmd" || rows[1][5] != "'@SUM(1)" {
		t.Errorf("%d rows, the first %q", len(rows), rows[1])
	}
	if got := w.audited(admin.id); !slices.Contains(got, "audit.export ") {
		t.Errorf("the audit log has %v", got)
	}
}

// settingsTraffic walks through everything of the area 设置.
func settingsTraffic(t *testing.T, w *world) {
	admin := w.role("主管", store.RoleAdmin)
	nobody := w.client()
	agent := w.role("小周", store.RoleAgent)
	team := into[struct{ ID string }](t, admin.do("POST", api+"/teams", map[string]any{"name": "结算组"}))
	admin.do("GET", api+"/teams", nil)
	admin.do("PUT", api+"/teams/"+team.ID, map[string]any{"name": "结算一组"})
	admin.do("PUT", api+"/teams/none", map[string]any{"name": "结算一组"})
	p := into[personAnswer](t, admin.do("POST", api+"/people", map[string]any{"name": "新同事", "teams": []string{team.ID}, "skills": []string{"risk"}}))
	person := api + "/people/" + p.Person.ID
	admin.do("GET", api+"/people", nil)
	admin.do("PUT", person, map[string]any{"id": p.Person.ID, "name": "新同事", "role": "agent", "teams": []string{team.ID}, "skills": []string{}, "capacity": 2, "disabled": false})
	admin.do("PUT", person, map[string]any{"display": "小新", "role": "lead"})
	admin.do("PUT", api+"/people/"+admin.id, map[string]any{"disabled": true})
	admin.do("POST", person+"/password", nil)
	admin.do("POST", person+"/logout", nil)
	admin.do("DELETE", person, nil)
	admin.do("DELETE", person, nil)
	canned := into[store.Canned](t, admin.do("POST", api+"/canned", map[string]any{"path": "到账", "title": "T+1", "text": "{{商户}}您好"}))
	admin.do("GET", api+"/canned?all=1", nil)
	admin.do("PUT", api+"/canned/"+canned.ID, canned)
	admin.do("POST", api+"/canned", map[string]any{"path": "到账", "title": "T+1", "text": "x"})
	admin.do("DELETE", api+"/canned/"+canned.ID, nil)
	admin.do("DELETE", api+"/teams/"+team.ID, nil)
	tok := into[struct{ ID, Secret string }](t, admin.do("POST", api+"/tokens", map[string]any{"name": "CRM", "scopes": []string{"read:conversations", "export"}}))
	admin.do("GET", api+"/tokens", nil)
	crm := w.client()
	crm.token = tok.Secret
	crm.do("GET", api+"/conversations", nil)
	crm.do("GET", api+"/people", nil)
	crm.do("GET", api+"/export?from=1&to=1000", nil)
	admin.do("DELETE", api+"/tokens/"+tok.ID, nil)
	crm.do("GET", api+"/conversations", nil)
	now := time.Now().UnixMilli()
	for _, format := range []string{"jsonl", "csv"} {
		admin.do("GET", fmt.Sprintf("%s/export?format=%s&from=%d&to=%d", api, format, now-3600_000, now+1000), nil)
	}
	admin.do("GET", api+"/audit", nil)
	admin.do("GET", api+"/audit/export", nil)
	setting := api + "/settings/greeting"
	admin.do("GET", setting, nil)
	admin.do("PUT", setting, map[string]any{"value": greeting{"早"}, "version": 0})
	admin.do("PUT", setting, map[string]any{"value": greeting{"晚"}, "version": 0})
	admin.do("GET", api+"/settings/none", nil)
	must(t, w.store.AddTellings(t.Context(), []bot.Telling{{ID: bot.NewID(), Told: now, Target: bot.TargetTelling + "wecom", Kind: "queued", Conversation: "none"}}))
	admin.do("GET", api+"/notices", nil)
	admin.do("POST", api+"/notices/test", map[string]string{"way": "wecom"})
	admin.do("POST", api+"/notices/test", map[string]string{"way": "pigeon"})
	for _, c := range []*client{nobody, agent} {
		for _, r := range w.engine.Routes() {
			if strings.HasPrefix(r.Path, api+"/people") || strings.HasPrefix(r.Path, api+"/tokens") || strings.HasPrefix(r.Path, api+"/audit") || strings.HasPrefix(r.Path, api+"/notices") {
				c.do(r.Method, strings.ReplaceAll(r.Path, ":id", "none"), body(r.Method))
			}
		}
	}
	admin.do("POST", api+"/logout/everywhere", nil)
}
