package web_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"posdoctor/bot"
)

// Of a hundred who claim at once one gets the conversation; the others learn who.
func TestClaimRace(t *testing.T) {
	w := newWorld(t, nil, nil)
	v := w.visitor()
	v.says("转人工")
	var agents []*client
	for i := range 5 {
		name := fmt.Sprintf("客服%d", i)
		w.agent(name, false)
		agents = append(agents, w.login(name))
	}
	epoch := w.epoch(v.conv)
	answers := make([]answer, 100)
	start := make(chan struct{})
	var all sync.WaitGroup
	for i := range answers {
		all.Go(func() {
			<-start
			r, err := agents[i%len(agents)].try("POST", api+"/conversations/"+v.conv+"/claim", map[string]any{"epoch": epoch})
			if err != nil {
				t.Error(err)
			}
			answers[i] = r
		})
	}
	close(start)
	all.Wait()
	conv, err := w.store.ConversationByID(t.Context(), v.conv)
	must(t, err)
	won := 0
	for i, r := range answers {
		switch r.status {
		case 200:
			won++
			if id := agents[i%len(agents)].id; conv.Holder.Agent == nil || conv.Holder.Agent.ID != id {
				t.Errorf("the winner is not the holder")
			}
		case 409:
			if r.Holder == nil || r.Holder.Kind != bot.HolderAgent || r.Holder.Agent == nil || r.Holder.Agent.ID != conv.Holder.Agent.ID ||
				r.Epoch != float64(conv.Epoch) || r.Error.Code != "conflict" || !strings.Contains(r.Error.Message, conv.Holder.Agent.Name) {
				t.Errorf("a loser got %s", r.raw)
			}
		default:
			t.Errorf("claim: %d %s", r.status, r.raw)
		}
	}
	if won != 1 || conv.Epoch != epoch+1 {
		t.Errorf("%d won, the epoch went from %d to %d", won, epoch, conv.Epoch)
	}
	joined := 0
	for _, l := range v.lines() {
		if l.Type == bot.TypeJoined {
			joined++
		}
	}
	if joined != 1 {
		t.Errorf("the merchant was told %d times that somebody came", joined)
	}
}

func TestHandOver(t *testing.T) {
	w := newWorld(t, nil, nil)
	w.asks()
	w.agent("李敏", false)
	wang := w.agent("王强", false)
	a, b := w.login("李敏"), w.login("王强")
	v := w.visitor()
	v.says("转人工")
	path := api + "/conversations/" + v.conv
	say := func(c *client, cid, text string, epoch int64) answer {
		t.Helper()
		return c.do("POST", path+"/messages", map[string]any{"cid": cid, "text": text, "epoch": epoch})
	}
	is := func(what string, r answer, status int, code string) {
		t.Helper()
		if r.status != status || r.Error.Code != code {
			t.Errorf("%s: %d %s, want %d %s", what, r.status, r.raw, status, code)
		}
	}
	queued := w.epoch(v.conv)
	is("a reply before the claim", say(a, "1", "您好", queued), 409, "conflict")
	is("a claim with an old epoch", a.do("POST", path+"/claim", map[string]any{"epoch": queued - 1}), 409, "conflict")
	is("a release of what is queued", a.act(v.conv, "release"), 409, "conflict")
	is("the claim", a.act(v.conv, "claim"), 200, "")
	held := w.epoch(v.conv)
	is("a reply with the old epoch", say(a, "2", "您好", queued), 409, "conflict")
	is("a reply of another", say(b, "3", "我来", held), 409, "conflict")
	is("a release by another", b.act(v.conv, "release"), 409, "conflict")
	is("a close by another", b.act(v.conv, "close"), 409, "conflict")
	is("a transfer by another", b.act(v.conv, "transfer"), 409, "conflict")
	is("an empty reply", say(a, "4", " \u200b ", held), 400, "empty")
	is("a long reply", say(a, "4", strings.Repeat("长", 2001), held), 413, "too_long")
	is("a reply without a cid", say(a, "", "x", held), 400, "bad_request")
	is("a reply without an epoch", a.do("POST", path+"/messages", map[string]any{"cid": "4", "text": "x"}), 400, "bad_request")
	is("a reply that is not UTF-8", a.do("POST", path+"/messages", "{\"cid\":\"4\",\"epoch\":1,\"text\":\"\xff\"}"), 400, "not_utf8")

	r := say(a, "5", "<b>您好</b>，卡号 6222021234567890128 请不要发", held)
	is("the reply", r, 200, "")
	first := r.ID
	if r = say(a, "5", "别的话", held); r.status != 200 || r.ID != first {
		t.Errorf("the repeated reply: %d %s", r.status, r.raw)
	}
	lines := v.lines()
	last := lines[len(lines)-1]
	if last.From != bot.FromAgent || last.Name != "李敏" || !strings.HasPrefix(last.Text, "<b>您好</b>") || strings.Contains(last.Text, "6222021234567890128") || float64(last.Seq) != first {
		t.Errorf("the merchant reads %+v", last)
	}

	// While an agent holds it the bot is silent.
	v.says("POS机显示商户状态异常")
	v.says("提示 58")
	v.frame(map[string]string{"t": "act", "name": "escalate"})
	for _, l := range v.lines()[len(lines):] {
		if l.From != bot.FromUser {
			t.Errorf("somebody else spoke: %+v", l)
		}
	}

	is("a transfer to nobody", a.do("POST", path+"/transfer", map[string]any{"epoch": held, "to": "none"}), 400, "no_agent")
	is("a transfer to a group that is not there", a.do("POST", path+"/transfer", map[string]any{"epoch": held, "team": "none"}), 400, "no_team")
	is("a transfer to himself", a.do("POST", path+"/transfer", map[string]any{"epoch": held, "to": a.id}), 400, "bad_request")
	is("a transfer to another", a.do("POST", path+"/transfer", map[string]any{"epoch": held, "to": wang.ID}), 200, "")
	is("a reply while the other thinks", say(a, "5b", "请稍等", held), 200, "")
	is("the acceptance", b.act(v.conv, "claim"), 200, "")
	is("a reply after it", say(a, "6", "x", held), 409, "conflict")
	if r = say(a, "5", "您好", held); r.status != 200 || r.ID != first {
		t.Errorf("a reply repeated after the transfer: %d %s", r.status, r.raw)
	}
	is("a reply of the new holder", say(b, "7", "我是王强", w.epoch(v.conv)), 200, "")
	is("a transfer to the queue", b.do("POST", path+"/transfer", map[string]any{"epoch": w.epoch(v.conv), "to": "queue"}), 200, "")
	is("the claim", a.act(v.conv, "claim"), 200, "")
	is("the release", a.act(v.conv, "release"), 200, "")
	before := len(v.lines())
	v.says("提示 58")
	if lines := v.lines()[before:]; !slices.ContainsFunc(lines, func(m bot.Message) bool { return m.From == bot.FromBot }) {
		t.Errorf("after the release the bot is silent: %+v", lines)
	}
	is("a claim from the bot", b.act(v.conv, "claim"), 200, "")
	is("the close", b.act(v.conv, "close"), 200, "")
	if lines = v.lines(); lines[len(lines)-2].Type != bot.TypeEnded || lines[len(lines)-1].Type != bot.TypeCSAT {
		t.Errorf("the last lines are %+v", lines[len(lines)-2:])
	}
}

func TestLists(t *testing.T) {
	w := newWorld(t, nil, nil)
	w.agent("李敏", false)
	w.agent("王强", false)
	a, b := w.login("李敏"), w.login("王强")
	const n = 60
	var queued []string
	for range n {
		v := w.visitor()
		v.says("转人工")
		queued = append(queued, v.conv)
	}
	for range 3 {
		w.visitor().says("您好")
	}
	var got []string
	after, pages := "", 0
	for {
		r := a.do("GET", api+"/conversations?state=queued&after="+after, nil)
		if r.status != 200 {
			t.Fatalf("list: %d %s", r.status, r.raw)
		}
		pages++
		for _, c := range r.Conversations {
			got = append(got, c.ID)
			if c.State != "queued" || c.Holder.Kind != bot.HolderQueue || !strings.HasPrefix(c.Title, "访客 ") {
				t.Errorf("row %+v", c)
			}
		}
		if after = r.Next; after == "" {
			break
		}
	}
	if !slices.Equal(got, queued) || pages != 2 {
		t.Errorf("%d rows on %d pages, want %d on 2, the longest waiting first", len(got), pages, n)
	}
	a.act(queued[0], "claim")
	b.act(queued[1], "claim")
	b.act(queued[2], "claim")
	b.act(queued[2], "close")
	for _, tt := range []struct {
		c                       *client
		queued, mine, bot, done int
	}{{a, n - 3, 1, 3, 1}, {b, n - 3, 1, 3, 1}} {
		for list, want := range map[string]int{"queued": tt.queued, "mine": tt.mine, "bot": tt.bot, "closed": tt.done} {
			r := tt.c.do("GET", api+"/conversations?state="+list, nil)
			if r.Counts[list] != want || len(r.Conversations) != min(want, 50) {
				t.Errorf("%s: %d rows and counts %v, want %d", list, len(r.Conversations), r.Counts, want)
			}
		}
	}
	if r := a.do("GET", api+"/conversations?state=mine", nil); r.Conversations[0].ID != queued[0] {
		t.Error("mine is not mine")
	}
	for _, q := range []string{"state=agent", "state=' OR 1=1", "after=x", "after=1", "after=x.y", "state=bot&after=" + strings.Repeat("9", 30) + ".a"} {
		if r := a.do("GET", api+"/conversations?"+strings.ReplaceAll(q, " ", "%20"), nil); r.status != 400 || r.Error.Code != "bad_request" {
			t.Errorf("%s: %d %s", q, r.status, r.raw)
		}
	}
}

// Long lists are not counted to the end; the queue and what is an agent's own are.
func TestCountsAreCapped(t *testing.T) {
	w := newWorld(t, nil, nil)
	w.agent("李敏", false)
	a := w.login("李敏")
	db := w.open()
	for _, tt := range []struct {
		holder, agent string
		n             int
	}{{"bot", "", 1200}, {"none", "", 1001}, {"queue", "", 1100}, {"agent", a.id, 1050}, {"agent", "another", 3}} {
		_, err := db.Exec(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1)
			INSERT INTO conversations (id, channel, account, username, version, holder, agent, since, updated, data)
			SELECT $2 || $3 || i, 'web', 'demo', $2 || $3 || i, 1, $2, $3, i, i, '{}' FROM n`, tt.n, tt.holder, tt.agent)
		must(t, err)
	}
	got := a.do("GET", api+"/conversations", nil).Counts
	if want := map[string]int{"queued": 1100, "mine": 1050, "bot": 1000, "closed": 1000, "held": 1053, "due": 0}; !maps.Equal(got, want) {
		t.Errorf("counts %v, want %v", got, want)
	}
}

func TestUnknownConversations(t *testing.T) {
	w := newWorld(t, nil, nil)
	w.agent("李敏", false)
	a := w.login("李敏")
	for _, id := range []string{"none", "00000000-0000-7000-8000-000000000000", "%27%20OR%201=1", "..%2f..%2fme", "a%00b", strings.Repeat("x", 2000)} {
		for _, r := range []struct{ method, tail string }{{"GET", ""}, {"GET", "/events"}, {"POST", "/claim"}, {"POST", "/release"}, {"POST", "/transfer"}, {"POST", "/close"}, {"POST", "/messages"}} {
			got := a.do(r.method, api+"/conversations/"+id+r.tail, body(r.method))
			if got.status != 404 || got.Error.Code != "not_found" {
				t.Errorf("%s %.40s%s: %d %s", r.method, id, r.tail, got.status, got.raw)
			}
		}
	}
}

func TestEventsPage(t *testing.T) {
	w := newWorld(t, nil, nil)
	w.agent("李敏", false)
	a, v := w.login("李敏"), w.visitor()
	v.says("刷卡没反应")
	v.says("转人工")
	want := v.lines()
	path := api + "/conversations/" + v.conv + "/events"
	var got []int64
	after := int64(0)
	for {
		r := a.do("GET", fmt.Sprintf("%s?after=%d&limit=2", path, after), nil)
		for _, m := range r.Events {
			got = append(got, m.Seq)
		}
		if len(r.Events) == 0 {
			if r.Last != after || !strings.Contains(r.raw, `"events":[]`) {
				t.Errorf("at the end: %s", r.raw)
			}
			break
		}
		after = r.Last
	}
	if len(got) != len(want) || got[0] != 1 || !slices.IsSorted(got) {
		t.Errorf("pages give %v of %d lines", got, len(want))
	}
	for _, q := range []string{"after=x", "after=-1", "limit=0", "limit=x"} {
		if r := a.do("GET", path+"?"+q, nil); r.status != 400 {
			t.Errorf("%s: %d", q, r.status)
		}
	}
}
