package bot_test

import (
	"fmt"
	"testing"

	"posdoctor/bot"
	"posdoctor/flows"
)

// minute is a minute in milliseconds.
const minute = int64(60_000)

// TestReminder: an open question is asked once more after ten minutes, where that costs nobody a message; what happens in between puts
// it off.
func TestReminder(t *testing.T) {
	w := newWorld(t)
	prompt := &flows.Prompt{Kind: flows.PromptConfirm, At: 100 * minute, Choices: []flows.Choice{{ID: "solved", Text: "解决了"}}}
	reminded := *prompt
	reminded.Reminded = true
	asked := bot.Conversation{ID: "c", Opened: 1, Heard: 100 * minute, Holder: bot.Holder{Kind: bot.HolderBot}, Remind: 110 * minute,
		Dialogue: flows.State{At: "confirming", Pending: prompt}}
	for _, c := range []struct {
		name   string
		change func(*bot.Conversation)
		at     int64 // minutes
		says   bool
		remind int64 // minutes: when the timer comes up next, 0 for never
	}{
		{"in time", func(*bot.Conversation) {}, 110, true, 0},
		{"asked again since", func(c *bot.Conversation) { p := *prompt; p.At = 104 * minute; c.Dialogue.Pending = &p }, 110, false, 114},
		{"reminded already", func(c *bot.Conversation) { c.Dialogue.Pending = &reminded }, 110, false, 0},
		{"answered", func(c *bot.Conversation) { c.Dialogue = flows.State{At: "understanding"} }, 110, false, 0},
		{"a person is waited for", func(c *bot.Conversation) {
			c.Holder.Kind = bot.HolderQueue
			c.Dialogue = flows.State{At: "person", Pending: &flows.Prompt{Kind: flows.PromptLeave}}
		}, 110, false, 0},
		{"a person speaks", func(c *bot.Conversation) {
			c.Holder = bot.Holder{Kind: bot.HolderAgent, Agent: &bot.AgentID{ID: "a"}}
			c.Dialogue = flows.State{At: "person"}
		}, 110, false, 0},
		{"his channel counts messages", func(c *bot.Conversation) { c.Reach = bot.Reach{Message: 100 * minute} }, 110, false, 0},
		{"he has left the channel", func(c *bot.Conversation) { c.Reach = bot.Reach{Gone: 101 * minute} }, 110, false, 0},
		{"the episode is over", func(c *bot.Conversation) { c.Holder.Kind = bot.HolderClosed; c.Dialogue = flows.State{At: "closed"} }, 110, false, 0},
	} {
		conv := asked
		c.change(&conv)
		turn, err := w.engine.Turn(conv, bot.Event{ID: "e", Kind: bot.EventTimer, Timer: bot.TimerRemind, At: c.at * minute, Playbook: w.book.Version})
		if err != nil {
			t.Fatal(err)
		}
		if got := len(turn.Messages()) > 0; got != c.says {
			t.Errorf("%s: said %v, want %v", c.name, got, c.says)
		}
		if turn.Next.Remind != c.remind*minute {
			t.Errorf("%s: the timer comes up at minute %d, want %d", c.name, turn.Next.Remind/minute, c.remind)
		}
		if c.says && len(turn.Messages()[0].Choices) == 0 {
			t.Errorf("%s: the question came without its choices", c.name)
		}
	}
}

// TestOlderPlaybook: a conversation that began before timers, guards and wordings were data keeps to what held then.
func TestOlderPlaybook(t *testing.T) {
	w := newWorld(t)
	old := *w.book
	data, err := old.Encode()
	if err != nil {
		t.Fatal(err)
	}
	was, err := bot.DecodePlaybook("old", data)
	if err != nil {
		t.Fatal(err)
	}
	was.Flow.More, was.Flow.Quota = nil, nil
	for name := range was.Flow.States {
		was.Flow.States[name] = flows.StateDef{About: was.Flow.States[name].About}
	}
	for i := range was.Flow.Events {
		was.Flow.Events[i].Guard, was.Flow.Events[i].Counts = "", ""
	}
	w.engine.Add(was)
	c := bot.Conversation{ID: "c"}
	for i, ev := range []bot.Event{{Kind: bot.EventSaid, Text: "商户状态异常"}, {Kind: bot.EventSaid, Text: "1"}, {Kind: bot.EventTimer, Timer: bot.TimerRemind},
		{Kind: bot.EventSaid, Text: "转人工"}} {
		ev.ID, ev.At, ev.Playbook, ev.Desk = fmt.Sprint(i), int64(i+1)*20*minute, was.Version, &bot.DeskStatus{}
		if ev.Kind == bot.EventSaid {
			f, err := w.finder.Find(t.Context(), ev.Text)
			if err != nil {
				t.Fatal(err)
			}
			ev.Finding = &f
		}
		turn, err := w.engine.Turn(c, ev)
		if err != nil {
			t.Fatal(err)
		}
		if ev.Kind == bot.EventTimer && len(turn.Messages()) > 0 {
			t.Error("it reminds")
		}
		for _, e := range turn.Effects {
			if e.Set != nil && e.Set.Kind == bot.TimerRemind {
				t.Error("it sets a reminder")
			}
		}
		c = turn.Next
	}
	if c.Dialogue.Times != nil || c.Remind != 0 || c.Idle != 20*minute+24*60*minute {
		t.Errorf("%+v", c)
	}
}
