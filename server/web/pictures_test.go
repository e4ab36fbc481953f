package web_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"strings"
	"testing"
	"time"

	"posdoctor/bot"
	"posdoctor/bot/desk"
	"posdoctor/bot/store"
	"posdoctor/server/web"
)

// aPhoto is a picture as a camera makes one.
func aPhoto(t testing.TB) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, 64, 40))
	for y := range 40 {
		for x := range 64 {
			img.Set(x, y, color.RGBA{uint8(4 * x), uint8(6 * y), 90, 255})
		}
	}
	var b bytes.Buffer
	must(t, jpeg.Encode(&b, img, nil))
	return b.Bytes()
}

// An agent who holds a conversation sends a picture, once; the merchant sees it, and nobody else's.
func TestAgentPicture(t *testing.T) {
	full := false
	w := newWorld(t, func(d *web.Deps) { d.Room = func() bool { return !full } }, nil)
	w.agent("李敏", false)
	w.agent("王强", false)
	v, other := w.visitor(), w.visitor()
	v.says("转人工")
	li, wang := w.login("李敏"), w.login("王强")
	path := func(cid string, epoch int64) string {
		return fmt.Sprintf("%s/conversations/%s/pictures?cid=%s&epoch=%d", api, v.conv, cid, epoch)
	}
	send := func(c *client, cid string, epoch int64, data []byte, header ...string) answer {
		return c.do("POST", path(cid, epoch), string(data), append([]string{"Content-Type", "image/jpeg"}, header...)...)
	}
	photo := aPhoto(t)
	if r := send(li, "p0", w.epoch(v.conv), photo); r.status != 409 || r.Error.Code != "conflict" {
		t.Errorf("before the claim: %d %s", r.status, r.raw)
	}
	li.act(v.conv, "claim")
	epoch := w.epoch(v.conv)
	first := send(li, "p1", epoch, photo)
	if first.status != 200 || first.CID != "p1" || first.ID == nil {
		t.Fatalf("%d %s", first.status, first.raw)
	}
	line := v.lines()[len(v.lines())-1]
	if line.From != bot.FromAgent || line.Name != "李敏" || line.Media == nil || line.Media.Kind != bot.MediaImage || line.Text != "[图片]" || line.CID != "p1" {
		t.Errorf("%+v", line)
	}
	for name, tc := range map[string]struct {
		c      *client
		path   string
		status int
	}{
		"the merchant":        {v, "/api/w/v1/media/" + line.Media.ID, 200},
		"the agent":           {li, api + "/conversations/" + v.conv + "/media/" + line.Media.ID, 200},
		"another merchant":    {other, "/api/w/v1/media/" + line.Media.ID, 404},
		"nobody":              {w.client(), "/api/w/v1/media/" + line.Media.ID, 401},
		"the other's by path": {other, "/api/w/v1/media/..%2F" + line.Media.ID, 404},
	} {
		r := tc.c.do("GET", tc.path, nil)
		if r.status != tc.status || (tc.status == 200) != strings.Contains(r.header.Get("Content-Type"), "image/jpeg") || tc.status == 200 && r.header.Get("Cache-Control") != "no-store" || r.header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %d %v", name, r.status, r.header)
		}
		if tc.status == 200 && r.header.Get("Content-Security-Policy") != "default-src 'none'; frame-ancestors 'none'; sandbox" {
			t.Errorf("%s: %q", name, r.header.Get("Content-Security-Policy"))
		}
	}
	for name, tc := range map[string]struct {
		r      answer
		status int
		code   string
	}{
		"an old epoch":      {send(li, "p2", epoch-1, photo), 409, "conflict"},
		"another agent":     {send(wang, "p2", epoch, photo), 409, "conflict"},
		"no CSRF token":     {send(li, "p2", epoch, photo, "X-CSRF-Token", ""), 403, "csrf"},
		"from another page": {send(li, "p2", epoch, photo, "Origin", "https://evil.example"), 403, "origin"},
		"not logged in":     {send(w.client(), "p2", epoch, photo), 401, "auth"},
		"SVG":               {send(li, "p2", epoch, []byte("<svg/>")), 415, "bad_type"},
		"broken":            {send(li, "p2", epoch, photo[:100]), 422, "unreadable"},
		"nothing":           {send(li, "p2", epoch, nil), 400, "empty"},
		"11 MB":             {send(li, "p2", epoch, append(bytes.Clone(photo), make([]byte, 11<<20)...)), 413, "too_large"},
		"no cid":            {send(li, "", epoch, photo), 400, "bad_request"},
		"no epoch":          {li.do("POST", api+"/conversations/"+v.conv+"/pictures?cid=p2", string(photo)), 400, "bad_request"},
		"no conversation":   {li.do("POST", api+"/conversations/none/pictures?cid=p2&epoch=1", string(photo)), 404, "not_found"},
	} {
		if tc.r.status != tc.status || tc.r.Error.Code != tc.code || tc.r.Error.Message == "" {
			t.Errorf("%s: %d %s", name, tc.r.status, tc.r.raw)
		}
	}
	full = true
	if r := send(li, "p2", epoch, photo); r.status != 503 || r.Error.Code != "no_space" {
		t.Errorf("with a full disk: %d %s", r.status, r.raw)
	}
	full = false
	lines := len(v.lines())
	li.act(v.conv, "release")
	if r := send(li, "p1", epoch, photo); r.status != 200 || r.ID != first.ID { // its answer was lost
		t.Errorf("again, after giving it back: %d %s", r.status, r.raw)
	}
	for _, l := range v.lines()[lines:] {
		if l.Media != nil {
			t.Errorf("a second picture: %+v", l)
		}
	}
	acts := w.audited(li.id)
	if n := strings.Count(strings.Join(acts, "\n"), bot.EventReply+" "); n != 1 {
		t.Errorf("audited: %q", acts)
	}
}

// phoneless is a channel that carries no pictures just now.
type phoneless struct{ why string }

func (p phoneless) Window(context.Context, bot.Conversation) (bot.Window, error) {
	return bot.Window{Why: "used"}, nil
}
func (p phoneless) NoPictures(context.Context, bot.Conversation) string { return p.why }
func (p phoneless) Explain(d bot.Delivery) string                       { return "因为" + d.Reason }
func (p phoneless) ExplainWindow(w bot.Window) string                   { return "没有条数了" }

// What cannot carry a picture says so before, and a message that did not arrive says why.
func TestNoPictures(t *testing.T) {
	w := newWorld(t, func(d *web.Deps) { d.Windows = map[string]web.Windower{"wechat": phoneless{"只能回复"}} }, nil)
	w.agent("李敏", false)
	li := w.login("李敏")
	for channel, want := range map[string]string{"wechat": "只能回复", "terminal": "发不了图片", "web": ""} {
		turn, err := w.service.Handle(t.Context(), bot.Address{Channel: channel, Account: "a", User: "u"}, bot.Event{Kind: bot.EventSaid, Text: "转人工"})
		must(t, err)
		id := turn.Next.ID
		li.act(id, "claim")
		must(t, w.store.Begin(t.Context(), bot.Claim{Conversation: id, Version: turn.Next.Version + 1, Upto: 2, Deliveries: []bot.Delivery{{ID: "d-" + channel, First: 1, Last: 2,
			Path: bot.PathPush, State: bot.DeliveryHeld, Reason: "45047", At: time.Now().UnixMilli()}}}))
		r := li.do("GET", api+"/conversations/"+id, nil)
		var got struct {
			NoPictures string `json:"no_pictures"`
			Reach      *struct {
				Message    string `json:"message"`
				Deliveries []struct {
					Message string `json:"message"`
					Reason  string `json:"reason"`
				} `json:"deliveries"`
			} `json:"reach"`
		}
		must(t, json.Unmarshal([]byte(r.raw), &got))
		if !strings.Contains(got.NoPictures, want) || (want == "") != (got.NoPictures == "") {
			t.Errorf("%s: %q", channel, got.NoPictures)
		}
		if channel == "wechat" && (got.Reach == nil || got.Reach.Message != "没有条数了" || len(got.Reach.Deliveries) != 1 || got.Reach.Deliveries[0].Message != "因为45047") {
			t.Errorf("%s: %s", channel, r.raw)
		}
		sent := li.do("POST", fmt.Sprintf("%s/conversations/%s/pictures?cid=p&epoch=%d", api, id, w.epoch(id)), string(aPhoto(t)))
		if ok := sent.status == 200; ok != (want == "") || !ok && (sent.status != 422 || sent.Error.Code != "no_pictures" || !strings.Contains(sent.Error.Message, want)) {
			t.Errorf("%s: %d %s", channel, sent.status, sent.raw)
		}
	}
}

// What is read of many merchants at once is not read where no trace of it can be kept.
func TestUntraced(t *testing.T) {
	w := newWorld(t, nil, nil)
	w.agent("王强", false)
	w.promote("王强", store.RoleLead)
	lead := w.login("王强")
	_, err := w.open().Exec(`CREATE TRIGGER full BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'full'); END`)
	must(t, err)
	for _, path := range []string{"/ratings", "/ratings?format=csv", "/search?q=刷卡", "/export?from=1&to=2"} {
		if r := lead.do("GET", api+path, nil); r.status != 503 {
			t.Errorf("%q without a trace: %d %s", path, r.status, r.raw)
		}
	}
}

// Leads read how merchants found the help, agents what is said of the conversation before them; in a table nothing is a formula.
func TestRatings(t *testing.T) {
	w := newWorld(t, nil, nil)
	w.asks()
	w.agent("李敏", false)
	li, lead := w.login("李敏"), w.role("组长", "lead")
	texts := []string{"=HYPERLINK(\"http://evil.example\")", "+1", "-1", "@SUM(A1)", "\t=1", "　＝1+1", "师傅, 很\"耐心\"\n谢谢", ""}
	for i, text := range texts {
		v := w.visitor()
		v.says("转人工")
		li.act(v.conv, "claim")
		li.do("POST", api+"/conversations/"+v.conv+"/messages", map[string]any{"cid": "r", "text": "好了", "epoch": w.epoch(v.conv)})
		li.act(v.conv, "close")
		if r := v.do("POST", "/api/w/v1/send", map[string]any{"t": "act", "name": "csat", "cid": "c", "score": i%5 + 1, "text": text}); r.status != 200 {
			t.Fatalf("%d %s", r.status, r.raw)
		}
		r := li.do("GET", api+"/conversations/"+v.conv, nil)
		if !strings.Contains(r.raw, fmt.Sprintf(`"score":%d`, i%5+1)) || !strings.Contains(r.raw, `"rating":{`) {
			t.Errorf("the card has no rating: %s", r.raw)
		}
	}
	if r := li.do("GET", api+"/ratings", nil); r.status != 403 {
		t.Errorf("an agent: %d", r.status)
	}
	if r := w.client().do("GET", api+"/ratings", nil); r.status != 401 {
		t.Errorf("nobody: %d", r.status)
	}
	var page struct {
		Ratings []struct {
			Score int
			Text  string
			Agent *bot.AgentID
		}
		Next string
	}
	r := lead.do("GET", api+"/ratings", nil)
	must(t, json.Unmarshal([]byte(r.raw), &page))
	if len(page.Ratings) != len(texts) || page.Next != "" || page.Ratings[len(texts)-1].Text != texts[0] || page.Ratings[0].Agent.Name != "李敏" {
		t.Errorf("%s", r.raw)
	}
	// In the figures they stand beside who served, and what was needed.
	want := desk.RatingFigures{Asked: 8, Answered: 8, Score: 21, Good: 2}
	var figures desk.Figures
	must(t, json.Unmarshal([]byte(li.do("GET", fmt.Sprint(api, "/figures?to=", time.Now().Add(time.Minute).UnixMilli()), nil).raw), &figures))
	if len(figures.Agents) != 1 || figures.Agents[0].Ratings != want {
		t.Errorf("the agent's figures: %+v", figures.Agents)
	}
	for _, q := range figures.Queues {
		if all := q.Skill == "" || q.Skill == "general"; all && q.Ratings != want || !all && q.Ratings != (desk.RatingFigures{}) {
			t.Errorf("the figures of queue %q: %+v", q.Skill, q.Ratings)
		}
	}
	r = lead.do("GET", api+"/ratings?format=csv", nil)
	if r.status != 200 || !strings.HasPrefix(r.header.Get("Content-Type"), "text/csv") || !strings.Contains(r.header.Get("Content-Disposition"), "posdoctor-ratings-") {
		t.Fatalf("%d %v", r.status, r.header)
	}
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(r.raw, "\uFEFF"))).ReadAll()
	must(t, err)
	if len(rows) != len(texts)+1 {
		t.Fatalf("%d rows", len(rows))
	}
	for _, row := range rows[1:] {
		for _, cell := range row {
			if bare := cell; bare != "" && strings.ContainsAny(string([]rune(bare)[0]), "=+-@＝＋－＠") {
				t.Errorf("a formula: %q", cell)
			}
		}
	}
	for _, q := range []string{"?after=x", "?format=xlsx"} {
		if r := lead.do("GET", api+"/ratings"+q, nil); r.status != 400 {
			t.Errorf("%s: %d", q, r.status)
		}
	}
	if acts := w.audited(lead.id); len(acts) != 2 {
		t.Errorf("audited: %q", acts)
	}
}
