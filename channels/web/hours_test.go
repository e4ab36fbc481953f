package web_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"posdoctor/bot/desk"
	"posdoctor/channels/web"
)

// When people are there is said before the first word, and to who waits out of hours with the next opening, from the one calendar; a
// site's own words go before it.
func TestHours(t *testing.T) {
	w := newWorld(t)
	hours := func(site string) string {
		r := w.do(request{method: "POST", path: "/session", body: map[string]any{"site": site}})
		var got struct {
			Config struct{ Hours *struct{ Text string } }
		}
		must(t, json.Unmarshal([]byte(r.raw), &got))
		if got.Config.Hours == nil {
			return ""
		}
		return got.Config.Hours.Text
	}
	if got := hours("demo"); got != "" {
		t.Errorf("nobody has set hours, and visitors read %q", got)
	}
	set := desk.DefaultHours()
	set.Desk.Always, set.Calendar = false, nil
	w.week.Store(&set)
	if got := hours("demo"); got != "人工服务 9:00–21:00（北京时间）" {
		t.Errorf("visitors read %q", got)
	}

	now := time.Now().In(desk.Beijing)
	night := time.Date(now.Year(), now.Month(), now.Day()+1, 23, 30, 0, 0, desk.Beijing)
	w.turn(night.Sub(w.now()))
	v := w.visitor()
	v.says("转人工")
	st := v.get("/poll").State
	opens := night.Add(9*time.Hour + 30*time.Minute).UnixMilli()
	if q := st.Queue; q == nil || q.Open || q.Opens != opens || q.Text != "人工服务 9:00–21:00（北京时间）。机器人随时可用，也可以留言，我们明早 9 点后回复。" {
		t.Errorf("at half past eleven who waits is told %+v", q)
	}
	w.turn(2 * time.Hour)
	if q := v.get("/poll").State.Queue; q == nil || !strings.Contains(q.Text, "我们今早 9 点后回复") {
		t.Errorf("after midnight %+v", q)
	}
	v.says("留言")
	v.says("机器换过电池，还是开不了机")
	if q := v.get("/poll").State.Queue; q == nil || q.Opens != opens || q.Text != "人工服务 9:00–21:00（北京时间）。留言已收到，客服会按顺序回复您。" {
		t.Errorf("who has left a message is told %+v", q)
	}
	w.turn(8 * time.Hour)
	w.open.Store(true)
	if q := v.get("/poll").State.Queue; q == nil || !q.Open || q.Text != "留言已收到，客服会按顺序回复您。" || q.Opens != 0 {
		t.Errorf("in the morning %+v", q)
	}
	x := w.visitor()
	x.says("转人工")
	if q := x.get("/poll").State.Queue; q == nil || !q.Open || q.Text != "" || q.Opens != 0 {
		t.Errorf("who comes in the morning is told %+v", q)
	}

	w.channel.SetSites([]web.Site{{ID: "demo", Title: "机具助手", Hours: "客服 8 点到 20 点。"}})
	if got := hours("demo"); got != "客服 8 点到 20 点。" {
		t.Errorf("the site's own words became %q", got)
	}
	w.turn(14 * time.Hour)
	v = w.visitor() // the token of the night before has run out
	v.says("转人工")
	if q := v.get("/poll").State.Queue; q == nil || !strings.HasPrefix(q.Text, "客服 8 点到 20 点。机器人随时可用") {
		t.Errorf("the site's own words in the queue: %+v", q)
	}
}
