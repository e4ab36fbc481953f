package bot_test

import (
	"context"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"posdoctor/bot"
	"posdoctor/bot/live"
	"posdoctor/bot/store"
	"posdoctor/flows"
)

// TestCSATSetting: what an operator may set, and what he is told.
func TestCSATSetting(t *testing.T) {
	for value, want := range map[string]string{
		``:             "",
		`{"on":false}`: "",
		`{"on":true,"text":"您对李敏的服务满意吗？","channels":["web"],"bot":true,"low":3}`: "",
		`{"channels":[]}`: "",
		`{"text":""}`:     "请填写",
		`{"text":"  "}`:   "请填写",
		`{"text":"` + strings.Repeat("满", 101) + `"}`: "最多 100 个字，现在有 101 个",
		`{"text":"一行\n两行"}`:                           "换行",
		`{"low":5}`:                                   "0 到 4",
		`{"low":-1}`:                                  "0 到 4",
		`{"channels":["sms"]}`:                        "web、wechat、wechat-kf",
		`{"channels":["web","web"]}`:                  "各选一次",
		`{"colour":"red"}`:                            "colour",
		`[]`:                                          "csat",
		`{"on":"yes"}`:                                "csat",
	} {
		c, err := bot.ParseCSAT(value)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v", value, err)
		}
		if want == "" && (c.Text == "" || value == "" && !c.On) {
			t.Errorf("%s: %+v", value, c)
		}
	}
}

// TestRatingUnshown: where the question has not reached the merchant, his number answers something else.
func TestRatingUnshown(t *testing.T) {
	w := newWorld(t)
	for name, shown := range map[string]bool{"shown": true, "waiting": false} {
		t.Run(name, func(t *testing.T) {
			st, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "d.db"))
			must(t, err)
			defer st.Close()
			at := time.UnixMilli(1_700_000_000_000)
			s := &bot.Service{Store: st, Bus: &live.Bus{}, Finder: w.finder, Engine: bot.NewEngine(), Pushes: map[string]time.Duration{"wechat": 0},
				CSAT:  func(context.Context) (bot.CSAT, error) { return bot.DefaultCSAT(), nil },
				Shown: func(context.Context, string, int64) (bool, error) { return shown, nil },
				Now:   func() time.Time { at = at.Add(time.Second); return at }, NewID: bot.NewID, Log: slog.New(slog.DiscardHandler)}
			must(t, s.Publish(t.Context(), w.book))
			a := bot.Address{Channel: "wechat", Account: "wx", User: "o"}
			agent := &bot.AgentID{ID: "a", Name: "李敏"}
			var turn bot.Turn
			for _, ev := range []bot.Event{{Kind: bot.EventSaid, Text: "转人工", Trigger: bot.TriggerMessage}, {Kind: bot.EventClaim, Agent: agent}, {Kind: bot.EventReply, Agent: agent, Text: "处理好了"},
				{Kind: bot.EventClose, Agent: agent}, {Kind: bot.EventSaid, Text: "１", Trigger: bot.TriggerMessage, Whole: true}} {
				ev.Epoch = turn.Next.Epoch
				turn, err = s.Handle(t.Context(), a, ev)
				must(t, err)
			}
			rated := turn.Messages()[0].Type == bot.TypeRated
			if rated != shown || rated && turn.Next.Rating.Score != 5 || !rated && turn.Next.Rating.Score != 0 {
				t.Errorf("%+v, %+v", turn.Messages()[0], turn.Next.Rating)
			}
			got, _, err := st.Ratings(t.Context(), "", 10)
			must(t, err)
			sums, err := st.RatingSums(t.Context(), 0, 1<<62)
			must(t, err)
			if len(sums) != 1 || sums[0].Asked != 1 || sums[0].Answered != len(got) || sums[0].Agent != *agent || len(got) != map[bool]int{true: 1, false: 0}[shown] {
				t.Errorf("%+v, %+v", got, sums)
			}
		})
	}
}

// TestRatedForWhatWasWritten: a closed conversation that comes before people again, and is closed without a word, asks for no rating.
func TestRatedForWhatWasWritten(t *testing.T) {
	w := newWorld(t)
	agent := &bot.AgentID{ID: "b", Name: "王强"}
	c := bot.Conversation{ID: "c1", Version: 3, Last: 4, Opened: 1, Epoch: 2, Holder: bot.Holder{Kind: bot.HolderClosed}, Playbook: w.book.Version,
		Dialogue: flows.State{At: "closed"}, Wrote: &bot.AgentID{ID: "a", Name: "李敏"}}
	for i, ev := range []bot.Event{{Kind: bot.EventUnsure}, {Kind: bot.EventClaim, Agent: agent}, {Kind: bot.EventClose, Agent: agent, Asks: &bot.Asks{Text: "？"}}} {
		ev.ID, ev.At, ev.Playbook, ev.Epoch = "e", 1_800_000_000_000+int64(i), w.book.Version, c.Epoch
		turn, err := w.engine.Turn(c, ev)
		must(t, err)
		c = turn.Next
	}
	if c.Holder.Kind != bot.HolderClosed || c.Rating != nil {
		t.Errorf("held by %s, asked %+v", c.Holder.Kind, c.Rating)
	}
}
