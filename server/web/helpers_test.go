package web_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"posdoctor/bot"
	"posdoctor/bot/store"
)

// helpers does what stands beside the chat, with one conversation that is over and one of a bound merchant.
func helpers(a, v, m *client) {
	path := api + "/conversations/"
	for _, conv := range []string{v.conv, m.conv, "none"} {
		a.do("GET", path+conv+"/notes", nil)
		a.do("GET", path+conv+"/suggestions", nil)
		a.do("GET", path+conv+"/suggestions?q=POS机显示商户状态异常", nil)
		a.do("GET", path+conv+"/merchant", nil)
		a.do("GET", path+conv+"/merchant?refresh=1", nil)
		a.do("GET", path+conv+"/earlier", nil)
		a.do("POST", path+conv+"/notes", map[string]any{"text": "@王强 麻烦看一下"})
		a.do("POST", path+conv+"/suggestions", map[string]any{"article": "code-58", "use": "unfit"})
	}
	a.do("POST", path+v.conv+"/suggestions", map[string]any{"article": suggested(a.do("GET", path+v.conv+"/suggestions?q=POS机显示商户状态异常", nil))[0], "use": "insert"})
	a.do("POST", path+v.conv+"/suggestions", map[string]any{"article": "none", "use": "maybe"})
	a.do("POST", path+v.conv+"/notes", map[string]any{"text": " "})
	a.do("POST", path+v.conv+"/notes", map[string]any{"text": strings.Repeat("长", 2001)})
	for _, q := range []string{"川味小馆", "58", "状态异常", "x", "没有人说过这句话"} {
		a.do("GET", api+"/search?q="+q, nil)
	}
	a.do("GET", api+"/search?q=58&after=none", nil)
}

func suggested(r answer) []string {
	var body struct {
		Suggestions []bot.Suggestion `json:"suggestions"`
	}
	json.Unmarshal([]byte(r.raw), &body)
	var out []string
	for _, s := range body.Suggestions {
		out = append(out, s.Article)
	}
	return out
}

// Notes are for colleagues: they reach consoles that watch and those who are named, and never the merchant.
func TestNotes(t *testing.T) {
	w := newWorld(t, nil, nil)
	w.agent("李敏", false)
	w.agent("王强", false)
	w.agent("王强强", false)
	a, b := w.login("李敏"), w.login("王强强")
	v := w.visitor()
	v.says("转人工")
	before := len(v.lines())
	path := api + "/conversations/" + v.conv + "/notes"
	wsA, wsB := a.socket(map[string]any{"t": "hello", "csrf": a.csrf}), b.socket(map[string]any{"t": "hello", "csrf": b.csrf})
	wait(t, wsA, "welcome")
	wait(t, wsB, "welcome")
	wsA.WriteJSON(map[string]any{"t": "watch", "conv": v.conv, "last": before})
	time.Sleep(50 * time.Millisecond) // the watch is under way
	note := map[string]any{"id": "n1", "text": "@王强强 他的卡号是 6222021234567894 @没有这人"}
	for range 2 {
		r := a.do("POST", path, note)
		var got store.InternalNote
		must(t, json.Unmarshal([]byte(r.raw), &got))
		if r.status != 200 || got.ID != "n1" || got.Agent.Name != "李敏" || len(got.Mentions) != 1 || got.Mentions[0].Name != "王强强" {
			t.Fatalf("the note is %d %s", r.status, r.raw)
		}
		if strings.Contains(got.Text, "6222021234567894") {
			t.Errorf("a card number stands in the note: %s", got.Text)
		}
	}
	if f := wait(t, wsA, "note"); f["conv"] != v.conv || f["id"] != "n1" || f["mention"] != false {
		t.Errorf("who watches got %v", f)
	}
	if f := wait(t, wsB, "note"); f["conv"] != v.conv || f["mention"] != true || f["by"] != "李敏" {
		t.Errorf("who is named got %v", f)
	}
	var list struct{ Notes []store.InternalNote }
	must(t, json.Unmarshal([]byte(b.do("GET", path, nil).raw), &list))
	if len(list.Notes) != 1 {
		t.Errorf("%d notes, want 1: a repetition is none", len(list.Notes))
	}
	if n := len(v.lines()); n != before {
		t.Errorf("the merchant reads %d lines, had %d", n, before)
	}
	if _, err := w.open().Exec(`UPDATE agents SET role = 'guest' WHERE name = '李敏'`); err != nil {
		t.Fatal(err)
	}
	for _, r := range []answer{a.do("GET", path, nil), a.do("POST", path, note)} {
		if r.status != 403 {
			t.Errorf("who may nothing got %d", r.status)
		}
	}
}

// wait reads frames until one of a type comes.
func wait(t *testing.T, ws *websocket.Conn, kind string) map[string]any {
	t.Helper()
	ws.SetReadDeadline(time.Now().Add(10 * time.Second))
	for {
		var f map[string]any
		if err := ws.ReadJSON(&f); err != nil {
			t.Fatalf("no frame %s came: %v", kind, err)
		}
		if f["t"] == kind {
			return f
		}
	}
}

type found struct {
	Hits []struct {
		ID    string `json:"id"`
		Match struct {
			Kind, From, Text string
			ID               int64
		} `json:"match"`
	} `json:"hits"`
	Next string `json:"next"`
	Upto int64  `json:"upto"`
}

func (c *client) finds(q string) found {
	c.t.Helper()
	r := c.do("GET", api+"/search?q="+q, nil)
	var out found
	if r.status != 200 {
		c.t.Fatalf("search %s: %d %s", q, r.status, r.raw)
	}
	must(c.t, json.Unmarshal([]byte(r.raw), &out))
	return out
}

func TestSearch(t *testing.T) {
	w := newWorld(t, nil, nil)
	w.agent("李敏", false)
	boss := w.agent("组长", false)
	if _, err := w.open().Exec(`UPDATE agents SET role = 'lead' WHERE id = $1`, boss.ID); err != nil {
		t.Fatal(err)
	}
	v, m, held := w.visitor(), w.visitor(), w.visitor()
	v.says("刷卡提示 58")
	v.says("就剩 100%_好")
	m.says("演示商户 2")
	m.says("我的卡号 6222021234567894 刷不了")
	held.says("老板说的暗号芝麻开门")
	held.says("转人工")
	a, lead := w.login("李敏"), w.login("组长")
	lead.act(held.conv, "claim")
	for _, tc := range []struct {
		who  *client
		q    string
		want []string // conversation and kind
	}{
		{a, "川味小馆", []string{m.conv + " merchant"}},
		{a, "demo-2", []string{m.conv + " merchant"}},
		{a, "58", []string{v.conv + " code"}},
		{a, "100%25_好", []string{v.conv + " text"}}, // %25 is a percent sign: no pattern
		{a, "1000_好", nil},
		{a, "卡号", []string{m.conv + " text"}},
		{a, "\"from\"", nil}, // words of the form are no words of a line
		{a, "芝麻开门", nil},     // a colleague has it
		{lead, "芝麻开门", []string{held.conv + " text"}},
	} {
		got := tc.who.finds(tc.q)
		var have []string
		for _, h := range got.Hits {
			have = append(have, h.ID+" "+h.Match.Kind)
			if strings.Contains(h.Match.Text, "6222021234567894") {
				t.Errorf("a card number is shown: %s", h.Match.Text)
			}
		}
		if !slices.Equal(have, tc.want) || got.Next != "" || got.Upto != 0 {
			t.Errorf("%s finds %v, want %v (%+v)", tc.q, have, tc.want, got)
		}
	}
}

// A conversation is found by its merchant whatever clock told when that was proven, and his other ones stand beside it.
func TestFoundByMerchant(t *testing.T) {
	w := newWorld(t, nil, nil)
	var convs []string
	for _, proof := range []string{"acquirer", bot.ProofPage} {
		v := w.visitor()
		v.says("您好")
		_, err := w.service.HandleID(t.Context(), v.conv, bot.Event{Kind: bot.EventBound,
			Binding: &bot.Binding{Merchant: "1900013511", Name: "芝麻铺", Proof: proof, At: time.Now().Add(-time.Second).UnixMilli()}})
		must(t, err)
		convs = append(convs, v.conv)
	}
	all, err := w.store.OfMerchant(t.Context(), "1900013511", 10)
	must(t, err)
	var got []string
	for _, c := range all {
		got = append(got, c.ID)
	}
	slices.Sort(got)
	slices.Sort(convs)
	if !slices.Equal(got, convs) {
		t.Errorf("of the merchant are %v, want %v", got, convs)
	}
}

// A search that is out of time says how far it came, and goes on from there.
func TestSearchGoesOn(t *testing.T) {
	w := newWorld(t, nil, nil)
	var all []string
	for i := range 7 {
		v := w.visitor()
		v.says(fmt.Sprintf("芝麻开门 %d 次", i))
		all = append(all, v.conv)
	}
	var got []string
	after := ""
	for pages := 0; ; pages++ {
		page, err := w.store.Find(t.Context(), store.Search{Words: "芝麻", After: after, Limit: 3, Until: time.Now().Add(time.Minute), Readable: func(bot.Conversation) bool { return true }})
		must(t, err)
		for _, m := range page.Matches {
			got = append(got, m.Conversation.ID)
		}
		if page.Next == "" {
			break
		}
		if page.Upto == 0 || pages > 5 {
			t.Fatalf("page %d says it came up to %d", pages, page.Upto)
		}
		after = page.Next
	}
	slices.Reverse(got) // the newest come first
	if !slices.Equal(got, all) {
		t.Errorf("found %v, want %v", got, all)
	}
	page, err := w.store.Find(t.Context(), store.Search{Words: "芝麻", Limit: 3, Readable: func(bot.Conversation) bool { return true }})
	must(t, err)
	if len(page.Matches) != 0 || page.Next == "" {
		t.Errorf("without time it found %d, next %q", len(page.Matches), page.Next)
	}
}

func TestSuggestions(t *testing.T) {
	w := newWorld(t, nil, nil)
	w.agent("李敏", false)
	a, v := w.login("李敏"), w.visitor()
	v.says("POS机显示商户状态异常")
	path := api + "/conversations/" + v.conv + "/suggestions"
	r := a.do("GET", path, nil)
	got := suggested(r)
	if len(got) == 0 || len(got) > 3 || !strings.Contains(r.raw, `"about":"POS机显示商户状态异常"`) {
		t.Fatalf("suggested are %s", r.raw)
	}
	if r := a.do("POST", path, map[string]any{"article": got[0], "use": "unfit"}); r.status != 204 {
		t.Fatalf("judging: %d %s", r.status, r.raw)
	}
	if again := suggested(a.do("GET", path, nil)); slices.Contains(again, got[0]) {
		t.Errorf("what does not fit is suggested again: %v", again)
	}
	if other := suggested(a.do("GET", path+"?q=打印机缺纸怎么换", nil)); len(other) == 0 || slices.Equal(other, got) {
		t.Errorf("to another question %v is suggested", other)
	}
}

// The panel of a merchant: only when bound, with what could not be read named, and never another's record.
func TestMerchantPanel(t *testing.T) {
	w := newWorld(t, nil, nil)
	w.agent("李敏", false)
	a, v, m := w.login("李敏"), w.visitor(), w.visitor()
	v.says("转人工")
	m.says("演示商户 2")
	read := func(conv string) (p struct {
		Bound        bool
		Name, MID    string
		Status       string
		Restrictions []struct{ Reason string }
		Terminals    []struct{ SN string }
		Observed     int64
	}) {
		t.Helper()
		r := a.do("GET", api+"/conversations/"+conv+"/merchant?refresh=1", nil)
		if r.status != 200 {
			t.Fatalf("%d %s", r.status, r.raw)
		}
		must(t, json.Unmarshal([]byte(r.raw), &p))
		return p
	}
	if p := read(v.conv); p.Bound || p.Name != "" || len(p.Terminals) != 0 {
		t.Errorf("of nobody is known %+v", p)
	}
	p := read(m.conv)
	if !p.Bound || p.Name != "演示商户 2 · 川味小馆" || p.Status != "DOCS_EXPIRED" || len(p.Restrictions) == 0 || p.Restrictions[0].Reason != "DOCS_EXPIRED" || p.Observed == 0 ||
		!strings.Contains(p.MID, "*") || len(p.Terminals) == 0 || len(p.Terminals[0].SN) != 4 {
		t.Errorf("of merchant 2 is known %+v", p)
	}
}

// Who served a closed conversation and why stays to be read, and the same merchant's other conversations are named.
func TestEarlier(t *testing.T) {
	w := newWorld(t, nil, nil)
	w.agent("李敏", false)
	a, v, m := w.login("李敏"), w.visitor(), w.visitor()
	for _, c := range []*client{v, m} {
		c.says("演示商户 3")
		c.says("POS机显示商户状态异常")
		c.frame(map[string]string{"t": "act", "name": "escalate"})
		c.waits(bot.TypeQueued)
	}
	a.act(v.conv, "claim")
	a.act(v.conv, "close")
	var got struct {
		Current *store.Episode
		Earlier []store.Episode
	}
	r := a.do("GET", api+"/conversations/"+v.conv+"/earlier", nil)
	must(t, json.Unmarshal([]byte(r.raw), &got))
	if c := got.Current; c == nil || c.Ended == 0 || len(c.Agents) != 1 || c.Agents[0].Name != "李敏" || c.Reason != "asked" || c.First != 1 || c.Topic == "" {
		t.Errorf("the episode is %s", r.raw)
	}
	if len(got.Earlier) != 1 || got.Earlier[0].Conversation != m.conv {
		t.Errorf("earlier are %s", r.raw)
	}
	v.says("刷卡没反应")
	v.frame(map[string]string{"t": "act", "name": "escalate"})
	a.act(v.conv, "claim")
	r = a.do("GET", api+"/conversations/"+v.conv+"/earlier", nil)
	must(t, json.Unmarshal([]byte(r.raw), &got))
	if c := got.Current; c == nil || c.Ended != 0 || c.First <= 1 {
		t.Errorf("the second episode is %s", r.raw)
	}
	if n := len(got.Earlier); n != 2 || !slices.ContainsFunc(got.Earlier, func(e store.Episode) bool { return e.Conversation == v.conv && e.Ended > 0 }) {
		t.Errorf("earlier are %s", r.raw)
	}
}
