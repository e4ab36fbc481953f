package web_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"posdoctor/bot"
	"posdoctor/bot/store"
	"posdoctor/server/web"
)

// deskPage is an agent's page: its socket, and what came over it.
type deskPage struct {
	*client
	ws *websocket.Conn
}

func (c *client) console() *deskPage {
	c.t.Helper()
	ws := c.socket(map[string]string{"t": "hello", "csrf": c.csrf})
	c.t.Cleanup(func() { ws.Close() })
	out := &deskPage{c, ws}
	out.until("welcome", func(map[string]any) bool { return true })
	return out
}

// until reads frames until one of a type that fits has come.
func (c *deskPage) until(typ string, fits func(map[string]any) bool) map[string]any {
	c.t.Helper()
	c.ws.SetReadDeadline(time.Now().Add(10 * time.Second))
	for {
		var f map[string]any
		if err := c.ws.ReadJSON(&f); err != nil {
			c.t.Fatalf("waiting for %s: %v", typ, err)
		}
		if f["t"] == typ && fits(f) {
			return f
		}
	}
}

// fields reads an answer whose shape the tests' answer does not know.
func fields(r answer) map[string]any {
	var out map[string]any
	json.Unmarshal([]byte(r.raw), &out)
	return out
}

// An editor serves nobody: nothing is passed on to him, and what is offered to his group, with the note to colleagues, is not told to him.
func TestNoOffersForEditors(t *testing.T) {
	w := newWorld(t, nil, nil)
	w.agent("李敏", false)
	x := w.agent("编辑", false)
	w.promote("编辑", store.RoleEditor)
	must(t, w.store.SaveTeam(t.Context(), store.Team{ID: "t1", Name: "结算组"}, time.Now().UnixMilli()))
	_, err := w.open().Exec(`UPDATE agents SET teams = '["t1"]' WHERE id = $1`, x.ID)
	must(t, err)
	a, e := w.login("李敏"), w.login("编辑").console()
	v := w.visitor()
	v.says("转人工")
	if r := a.act(v.conv, "claim"); r.status != 200 {
		t.Fatalf("claim: %d %s", r.status, r.raw)
	}
	path := api + "/conversations/" + v.conv + "/transfer"
	if r := a.do("POST", path, map[string]any{"epoch": w.epoch(v.conv), "to": x.ID, "note": "只给同事看"}); r.status != 400 || r.Error.Code != "no_agent" {
		t.Errorf("to an editor: %d %s", r.status, r.raw)
	}
	if r := a.do("POST", path, map[string]any{"epoch": w.epoch(v.conv), "team": "t1", "note": "只给同事看"}); r.status != 200 {
		t.Fatalf("to his group: %d %s", r.status, r.raw)
	}
	e.ws.SetReadDeadline(time.Now().Add(4 * time.Second)) // longer than it takes to look for offers
	for {
		var f map[string]any
		if e.ws.ReadJSON(&f) != nil {
			break
		}
		if f["t"] == "offer" {
			t.Fatalf("the editor was told %v", f)
		}
	}
}

// work lets the desk do its work as the server does.
func (w *world) work() {
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); w.desk.Run(ctx) }()
	w.t.Cleanup(func() { stop(); <-done })
}

// A merchant asks for people; the desk offers him to the one agent who is online, who hears of it, and takes him.
func TestOffers(t *testing.T) {
	w := newWorld(t, nil, nil)
	w.agent("李敏", false)
	w.agent("王强", false)
	w.work()
	a, b := w.login("李敏").console(), w.login("王强").console()
	if r := b.do("POST", api+"/me/status", map[string]string{"status": "busy"}); r.status != 200 || fields(r)["status"] != "busy" {
		t.Fatalf("busy: %d %s", r.status, r.raw)
	}
	b.until("me", func(f map[string]any) bool { return f["status"] == "busy" })
	a.until("presence", func(map[string]any) bool { return true })
	v := w.visitor()
	v.says("转人工")
	f := a.until("offer", func(f map[string]any) bool { return f["conv"] == v.conv && f["offer"] != nil })
	if o := f["offer"].(map[string]any); f["sound"] != true || o["agent"].(map[string]any)["name"] != "李敏" || o["transfer"] != false || f["epoch"] != float64(w.epoch(v.conv)) {
		t.Errorf("the offer is %v", f)
	}
	if r := a.do("GET", api+"/conversations", nil); !strings.Contains(r.raw, `"offer":{"agent":{"id":"`+a.id+`"`) || !strings.Contains(r.raw, `"sla":"ok"`) {
		t.Errorf("the row: %s", r.raw)
	}
	if r := b.act(v.conv, "decline"); r.status != 409 {
		t.Errorf("declined what was not his: %d %s", r.status, r.raw)
	}
	if r := a.act(v.conv, "claim"); r.status != 200 {
		t.Fatalf("claim: %d %s", r.status, r.raw)
	}
	a.until("me", func(f map[string]any) bool { return f["load"] == 1.0 })
	a.until("offer", func(f map[string]any) bool { return f["conv"] == v.conv && f["offer"] == nil })

	// A transfer reaches the colleague as an offer with the note; he accepts.
	r := a.do("POST", api+"/conversations/"+v.conv+"/transfer", map[string]any{"epoch": w.epoch(v.conv), "to": b.id, "note": "请看结算账户"})
	if r.status != 200 || !strings.Contains(r.raw, `"transfer":true`) {
		t.Fatalf("transfer: %d %s", r.status, r.raw)
	}
	f = b.until("offer", func(f map[string]any) bool { return f["offer"] != nil })
	if o := f["offer"].(map[string]any); o["note"] != "请看结算账户" || f["epoch"] != float64(w.epoch(v.conv)) || o["by"].(map[string]any)["name"] != "李敏" {
		t.Errorf("the transfer is %v", f)
	}
	if r := b.act(v.conv, "claim"); r.status != 200 {
		t.Fatalf("accepting: %d %s", r.status, r.raw)
	}
	if r := a.do("POST", api+"/conversations/"+v.conv+"/messages", map[string]any{"cid": "x1", "text": "x", "epoch": w.epoch(v.conv)}); r.status != 409 {
		t.Errorf("the giver still writes: %d", r.status)
	}

	// Colleagues who watch see who types, and so does the merchant.
	must(t, a.ws.WriteJSON(map[string]any{"t": "watch", "conv": v.conv}))
	a.until("ev", func(f map[string]any) bool { return f["type"] == "joined" })
	must(t, b.ws.WriteJSON(map[string]any{"t": "watch", "conv": v.conv}))
	b.until("ev", func(f map[string]any) bool { return f["type"] == "joined" })
	must(t, b.ws.WriteJSON(map[string]any{"t": "typing", "conv": v.conv, "on": true}))
	if f := a.until("typing", func(f map[string]any) bool { return f["conv"] == v.conv }); f["on"] != true || f["agent"].(map[string]any)["name"] != "王强" {
		t.Errorf("typing: %v", f)
	}
	if r := b.do("POST", api+"/conversations/"+v.conv+"/typing", map[string]any{"on": false}); r.status != 204 {
		t.Errorf("typing: %d %s", r.status, r.raw)
	}
	a.until("typing", func(f map[string]any) bool { return f["on"] == false })
}

// A second login of the same agent only reads, until the first is gone; two tabs of one browser are one login.
func TestSecondLogin(t *testing.T) {
	var later atomic.Int64
	w := newWorld(t, func(d *web.Deps) {
		d.Desk.Now = func() time.Time { return time.Now().Add(time.Duration(later.Load())) }
	}, nil)
	w.agent("李敏", false)
	v := w.visitor()
	v.says("转人工")
	first := w.login("李敏")
	one := first.console()
	two := first.console() // another tab
	second := w.login("李敏")
	if r := second.do("GET", api+"/me", nil); fields(r)["readonly"] != false {
		t.Errorf("not connected yet: %s", r.raw)
	}
	other := second.console()
	other.until("readonly", func(map[string]any) bool { return true })
	if r := second.do("GET", api+"/me", nil); fields(r)["readonly"] != true {
		t.Errorf("the second: %s", r.raw)
	}
	if r := second.act(v.conv, "claim"); r.status != 403 || r.Error.Code != "readonly" || r.Error.Message != "已在另一处登录，本页只读。" {
		t.Errorf("the second claims: %d %s", r.status, r.raw)
	}
	if r := second.do("GET", api+"/conversations/"+v.conv, nil); r.status != 200 {
		t.Errorf("the second reads: %d", r.status)
	}
	one.ws.Close()
	time.Sleep(50 * time.Millisecond)
	if r := second.act(v.conv, "claim"); r.status != 403 {
		t.Errorf("one tab of the first is still open: %d", r.status)
	}
	two.ws.Close()
	time.Sleep(100 * time.Millisecond)
	if r := second.act(v.conv, "claim"); r.status != 403 {
		t.Errorf("the first is only loading its page anew: %d", r.status)
	}
	later.Store(int64(11 * time.Second))
	if r := second.act(v.conv, "claim"); r.status != 200 {
		t.Errorf("the first is gone for good: %d %s", r.status, r.raw)
	}
	other.until("me", func(f map[string]any) bool { return f["readonly"] == false })
	third := first.console()
	third.until("readonly", func(map[string]any) bool { return true })

	// Who sits down at the other one takes his place with him.
	if r := first.do("POST", api+"/me/here", nil); r.status != 200 || fields(r)["readonly"] != false {
		t.Errorf("taking the place: %d %s", r.status, r.raw)
	}
	other.until("me", func(f map[string]any) bool { return f["readonly"] == true })
	if r := second.act(v.conv, "release"); r.status != 403 {
		t.Errorf("the one that was left acts: %d %s", r.status, r.raw)
	}
	if r := first.act(v.conv, "release"); r.status != 200 {
		t.Errorf("the one that was taken cannot act: %d %s", r.status, r.raw)
	}
	apart := w.login("李敏")
	if r := apart.do("POST", api+"/me/here", nil); r.status != 409 || r.Error.Code != "not_live" {
		t.Errorf("without a live connection: %d %s", r.status, r.raw)
	}
	if r := second.act(v.conv, "claim"); r.status != 403 {
		t.Errorf("a login without a live connection took the place away: %d", r.status)
	}

	// Who serves nobody has pages too.
	w.agent("编辑", false)
	w.promote("编辑", store.RoleEditor)
	desk, home := w.login("编辑"), w.login("编辑")
	desk.console()
	home.console().until("readonly", func(map[string]any) bool { return true })
	if r := home.do("POST", api+"/me/here", nil); r.status != 200 || fields(r)["readonly"] != false {
		t.Errorf("an editor: %d %s", r.status, r.raw)
	}
}

// What an agent chose holds over a restart; who is not there is offline whatever he chose.
func TestStatusIsKept(t *testing.T) {
	w := newWorld(t, nil, nil)
	w.agent("李敏", false)
	a := w.login("李敏")
	status := func() string { return fields(a.do("GET", api+"/me", nil))["status"].(string) }
	if got := status(); got != "online" {
		t.Errorf("at first %s", got)
	}
	if r := a.do("POST", api+"/me/status", map[string]string{"status": "busy"}); r.status != 200 {
		t.Fatalf("%d %s", r.status, r.raw)
	}
	fresh := &web.Presence{Now: time.Now, Staff: w.store}
	stands := func() string {
		all, err := fresh.Agents(t.Context())
		must(t, err)
		return all[0].Status
	}
	if got := stands(); got != "offline" {
		t.Errorf("after a restart, not there: %s", got)
	}
	leave := fresh.Connect(a.id, "s")
	if got := stands(); got != "busy" {
		t.Errorf("… and there again: %s", got)
	}
	leave()
	if r := a.do("GET", api+"/desk", nil); fields(r)["open"] != true || fields(r)["reason"] != "busy" || fields(r)["opens_at"] != nil {
		t.Errorf("the desk: %s", r.raw)
	}
	if r := a.do("POST", api+"/logout", nil); r.status != 204 {
		t.Fatal(r.status)
	}
	b := w.agent("王强", false)
	w.login("王强")
	w.presence.Gone(b.ID)
	if st, err := w.desk.Status(t.Context(), ""); err != nil || st.Open || st.Why != "nobody" {
		t.Errorf("everybody left: %+v %v", st, err)
	}
}

// Who may what: an agent sees neither what colleagues hold nor their figures, and does not take over.
func TestLeads(t *testing.T) {
	w := newWorld(t, nil, nil)
	w.agent("李敏", false)
	w.agent("王强", false)
	a, b, lead := w.login("李敏"), w.login("王强"), w.role("组长", "lead")
	v := w.visitor()
	v.says("转人工")
	a.act(v.conv, "claim")
	a.do("POST", api+"/conversations/"+v.conv+"/messages", map[string]any{"cid": "r1", "text": "您好", "epoch": w.epoch(v.conv)})
	if r := b.do("GET", api+"/conversations?state=held", nil); r.status != 403 {
		t.Errorf("an agent reads what all hold: %d", r.status)
	}
	if r := b.act(v.conv, "take"); r.status != 403 {
		t.Errorf("an agent takes over: %d", r.status)
	}
	if r := lead.do("GET", api+"/conversations?state=held", nil); len(r.Conversations) != 1 || r.Counts["held"] != 1 {
		t.Errorf("the lead reads %s", r.raw)
	}
	if r := lead.act(v.conv, "take"); r.status != 200 {
		t.Errorf("the lead takes over: %d %s", r.status, r.raw)
	}
	if r := lead.act(v.conv, "take"); r.status != 409 {
		t.Errorf("the lead takes over from himself: %d", r.status)
	}
	if r := lead.do("POST", api+"/conversations/"+v.conv+"/close", map[string]any{"epoch": w.epoch(v.conv), "reason": "annoyed"}); r.status != 400 {
		t.Errorf("a reason of his own: %d", r.status)
	}
	if r := lead.do("POST", api+"/conversations/"+v.conv+"/close", map[string]any{"epoch": w.epoch(v.conv)}); r.status != 400 || r.Error.Code != "no_reason" || !strings.Contains(r.Error.Message, "请选一个结束原因") {
		t.Errorf("no reason: %d %s", r.status, r.raw)
	}
	if r := lead.do("POST", api+"/conversations/"+v.conv+"/close", map[string]any{"epoch": w.epoch(v.conv), "reason": "unsolvable", "gap": true, "note": "卡号 6222021234567890128"}); r.status != 200 {
		t.Errorf("%d %s", r.status, r.raw)
	}
	r := a.do("GET", api+"/conversations?state=closed", nil)
	if !strings.Contains(r.raw, `"reason":"unsolvable","gap":true`) || strings.Contains(r.raw, "6222021234567890128") {
		t.Errorf("how it was closed: %s", r.raw)
	}
	names := func(c *client) (out []string) {
		for _, x := range fields(c.do("GET", fmt.Sprintf("%s/figures?from=0&to=%d", api, int64(90*24*time.Hour/time.Millisecond)), nil))["agents"].([]any) {
			out = append(out, x.(map[string]any)["agent"].(map[string]any)["name"].(string))
		}
		return out
	}
	if got := names(lead); len(got) != 0 {
		t.Errorf("long ago: %v", got)
	}
	count := func(c *client) (out []string) {
		time.Sleep(2 * time.Millisecond)
		for _, x := range fields(c.do("GET", api+"/figures", nil))["agents"].([]any) {
			out = append(out, x.(map[string]any)["agent"].(map[string]any)["name"].(string))
		}
		slices.Sort(out)
		return out
	}
	if got := count(lead); !slices.Equal(got, []string{"李敏", "组长"}) {
		t.Errorf("the lead's figures: %v", got)
	}
	if got := count(a); !slices.Equal(got, []string{"李敏"}) {
		t.Errorf("the agent's figures: %v", got)
	}
	if got := w.audited(lead.id); !slices.Contains(got, bot.EventTake+" "+v.conv) {
		t.Errorf("the audit log has %v", got)
	}
}

// Closed hours: the row, the desk and the merchant say so.
func TestClosedDesk(t *testing.T) {
	w := newWorld(t, nil, nil)
	w.agent("李敏", false)
	a := w.login("李敏")
	tomorrow := time.Now().In(time.FixedZone("", 8*3600)).AddDate(0, 0, 1)
	days := [7]string{"[]", "[]", "[]", "[]", "[]", "[]", "[]"}
	days[(int(tomorrow.Weekday())+6)%7] = `[{"from":"09:00","to":"10:00"}]`
	value := `{"desk":{"always":false,"days":[` + strings.Join(days[:], ",") + `]},"sites":{},"calendar":[]}`
	_, err := w.store.SetSetting(t.Context(), store.Setting{Name: "hours", Value: value})
	must(t, err)
	w.desk.Changed()
	v := w.visitor()
	v.says("转人工")
	q := v.waits(bot.TypeQueued)
	if q.Open || !strings.Contains(q.Text, "明早 9 点") || q.Choices[0].Text != "留言" {
		t.Errorf("the merchant reads %+v", q)
	}
	r := fields(a.do("GET", api+"/desk", nil))
	if r["open"] != false || r["reason"] != "closed" || r["opens_at"] == nil || r["closes_at"] != nil {
		t.Errorf("the desk is %v", r)
	}
	v.taps("留言")
	v.says("明天上午打我电话")
	if r := a.do("GET", api+"/conversations", nil); !strings.Contains(r.raw, `"left_at":1`) {
		t.Errorf("the message box: %s", r.raw)
	}
}
