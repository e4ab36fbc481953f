package bot_test

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"posdoctor/bot"
	"posdoctor/bot/live"
	"posdoctor/bot/store"
)

// elsewhere is a desk that is not ours.
type elsewhere struct{}

func (elsewhere) Status(context.Context, string) (bot.DeskStatus, error) {
	return bot.DeskStatus{Open: true, Waiting: -1}, nil
}

// TestOutside: what a person did in a program of his own is taken as it is, whoever was thought to speak, and is not carried to the user
// again; a channel that answers nothing by itself is asked whenever something may be pushed.
func TestOutside(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	st, err := store.Open(ctx, filepath.Join(t.TempDir(), "p.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	now := time.UnixMilli(1_800_000_000_000)
	s := &bot.Service{Store: st, Bus: &live.Bus{}, Finder: w.finder, Engine: bot.NewEngine(), Desks: map[string]bot.Desk{"kf": elsewhere{}},
		Pushes: map[string]time.Duration{"kf": 0}, Now: func() time.Time { return now }, NewID: bot.NewID}
	if err := s.Publish(ctx, w.book); err != nil {
		t.Fatal(err)
	}
	zhang, li := &bot.AgentID{ID: "wecom:zhangsan", Name: "zhangsan"}, &bot.AgentID{ID: "a1", Name: "李敏"}
	outside := func(kind, key string, who *bot.AgentID) bot.Event {
		return bot.Event{Kind: kind, Key: key, Agent: who, Outside: true, Seen: kind != bot.EventClose, Text: "您好，我看一下"}
	}
	said := func(key string) bot.Event {
		return bot.Event{Kind: bot.EventSaid, Key: key, Text: "转人工", Trigger: bot.TriggerMessage, Sent: now.UnixMilli() - 60_000}
	}
	for _, c := range []struct {
		ev     bot.Event
		holder string
		lines  []string
		pushes bool
	}{
		{outside(bot.EventReply, "1", zhang), "wecom:zhangsan", []string{"system joined seen", "agent message seen"}, false}, // nobody had written yet
		{outside(bot.EventReply, "2", zhang), "wecom:zhangsan", []string{"agent message seen"}, false},
		{outside(bot.EventReply, "2", zhang), "wecom:zhangsan", []string{"agent message seen"}, false}, // read again
		{said("3"), "wecom:zhangsan", []string{"user message"}, true},
		{outside(bot.EventClose, "4", zhang), "none", []string{"system ended"}, true},
		{outside(bot.EventClose, "5", zhang), "none", nil, false},
		{outside(bot.EventReply, "2", zhang), "none", []string{"agent message seen"}, false},
		{said("6"), "queue", []string{"user message", "system queued"}, true},
		{bot.Event{Kind: bot.EventClaim, Key: "7", Agent: li, Epoch: -1}, "a1", []string{"system joined"}, true},
		{outside(bot.EventClaim, "8", zhang), "wecom:zhangsan", []string{"system joined seen"}, false},
		{outside(bot.EventClaim, "9", zhang), "wecom:zhangsan", nil, false},
	} {
		a := bot.Address{Channel: "kf", Account: "wk", User: "wm"}
		if c.ev.Epoch < 0 {
			conv, err := st.Conversation(ctx, a)
			if err != nil {
				t.Fatal(err)
			}
			c.ev.Epoch = conv.Epoch
		}
		turn, err := s.Handle(ctx, a, c.ev)
		if err != nil {
			t.Fatalf("%s %s: %v", c.ev.Key, c.ev.Kind, err)
		}
		holder := turn.Next.Holder.Kind
		if x := turn.Next.Holder.Agent; x != nil {
			holder = x.ID
		}
		var lines []string
		pushes := false
		for _, e := range turn.Effects {
			pushes = pushes || e.Push != nil
			if m := e.Say; m != nil {
				line := m.From + " " + m.Type
				if m.Seen {
					line += " seen"
				}
				lines = append(lines, line)
			}
		}
		if d := cmp.Diff(c.lines, lines); d != "" || holder != c.holder || pushes != c.pushes {
			t.Errorf("%s %s: held by %s, want %s; pushes %t\n%s", c.ev.Key, c.ev.Kind, holder, c.holder, pushes, d)
		}
		if c.ev.Key == "3" && turn.Next.Reach.Message != now.UnixMilli()-60_000 {
			t.Errorf("he wrote at %d", turn.Next.Reach.Message)
		}
		if c.ev.Key == "6" {
			if m := turn.Messages()[1]; m.Text != "已为您转人工，客服按顺序接待。您先前说的都已带给客服，不用重复。" || m.Pos != 0 {
				t.Errorf("queued %d: %s", m.Pos, m.Text)
			}
		}
	}
}
