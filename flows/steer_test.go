package flows

import (
	"strings"
	"testing"
)

// standing are all states of the machine as a merchant may find them, with what is known and asked there.
func standing(f *Flow) map[string]State {
	topic := &Topic{ID: "status", Title: "商户状态异常", Object: "merchant", Move: "diagnose", Causes: []string{"documents"}}
	check := &Prompt{Kind: PromptCheck, Ref: "all-terminals", Choices: []Choice{{"all-terminals:yes", "都不行"}, {"all-terminals:no", "只有这张卡"}, {"all-terminals:unknown", "没试过"}}}
	known := []Evidence{{Check: "all-cards", Answer: "yes", Asked: true}}
	queue := &Prompt{Kind: PromptLeave, Choices: f.choice("leave", "again", "cancel")}
	return map[string]State{
		"greeting":      {At: "greeting"},
		"understanding": {At: "understanding"},
		"clarifying":    {At: "clarifying", Pending: &Prompt{Kind: PromptObject, Choices: []Choice{{"object:merchant", "机器提示商户不正常"}}}},
		"diagnosing":    {At: "diagnosing", Topic: topic, Evidence: known, Asked: []string{"all-cards", "all-terminals"}, Pending: check},
		"proposing":     {At: "proposing", Topic: topic, Evidence: known, Asked: []string{"all-cards"}, Told: "documents", Pending: &Prompt{Kind: PromptDecide, Choices: f.choice("request", "unsolved", "human")}},
		"confirming":    {At: "confirming", Topic: topic, Evidence: known, Asked: []string{"all-cards"}, Told: "keys", Pending: &Prompt{Kind: PromptConfirm, Choices: f.choice("solved", "unsolved", "human")}},
		"verifying":     {At: "verifying", Topic: topic, Evidence: known, Asked: []string{"all-cards"}, Told: "documents", Pending: &Prompt{Kind: PromptNumber, Choices: f.choice("later", "request", "human")}},
		"laid aside":    {At: "diagnosing", Topic: &Topic{ID: "money", Title: "钱没到账", Object: "settlement", Move: "diagnose"}, Pending: check, Frames: []Frame{{Topic: topic, Evidence: known, Asked: []string{"all-terminals"}, Pending: check}}},
		"reading":       {At: "acquirer", Topic: topic, Read: "waiting", Waits: "record"},
		"filing":        {At: "filing", Topic: topic, Evidence: known, Asked: []string{"all-cards"}, Told: "documents", Pending: &Prompt{Kind: PromptFile, Choices: f.choice("submit", "add", "notyet")}},
		"sending":       {At: "acquirer", Topic: topic, Told: "documents", Waits: "ticket"},
		"queue":         {At: "person", Topic: topic, Pending: queue},
		"agent":         {At: "person", Topic: topic},
		"escalating":    {At: "escalating", Topic: topic, Pending: queue},
		"closed":        {At: "closed", Topic: topic, Result: "solved", Ended: 1, Helped: "keys"},
	}
}

// TestSteering: the words that steer a dialogue work wherever it stands. A line reads: what is said, and the state it leads to.
func TestSteering(t *testing.T) {
	f := flow(t)
	words := []string{"说错了", "上一步", "取消", "再说一遍", "重新开始", "查进度", "转人工"}
	want := map[string][]string{
		"greeting":      {"correct.none understanding", "correct.none understanding", "cancel understanding", "repeat.none understanding", "restart understanding", "progress.none, again greeting", "queued.closed person"},
		"understanding": {"correct.none understanding", "correct.none understanding", "cancel understanding", "repeat.none understanding", "restart understanding", "progress.none, again understanding", "queued.closed person"},
		"clarifying":    {"correct.none, clarify.ask clarifying", "correct.none, clarify.ask clarifying", "cancel understanding", "clarify.ask clarifying", "restart understanding", "progress.none, clarify.ask clarifying", "queued.closed person"},
		"diagnosing":    {"correct diagnosing", "correct diagnosing", "cancel understanding", "asking.next diagnosing", "restart understanding", "progress.none, asking.back diagnosing", "queued.closed person"},
		"proposing":     {"correct diagnosing", "correct diagnosing", "cancel understanding", "propose, decide.request proposing", "restart understanding", "progress.none, decide.request proposing", "queued.closed person"},
		"confirming":    {"correct diagnosing", "correct diagnosing", "cancel understanding", "propose, confirm confirming", "restart understanding", "progress.none, confirm confirming", "queued.closed person"},
		"verifying":     {"correct diagnosing", "correct diagnosing", "cancel understanding", "verify.number verifying", "restart understanding", "progress.none, verify.number verifying", "queued.closed person"},
		"laid aside":    {"correct.none, asking.back diagnosing", "correct.none, asking.back diagnosing", "cancel.next + aside.back + asking.next diagnosing", "asking.next diagnosing", "restart understanding", "progress.none, asking.back diagnosing", "queued.closed person"},
		"reading":       {"correct.none understanding", "correct.none understanding", "cancel understanding", "record.still acquirer", "restart understanding", "progress.none, again acquirer", "queued.closed person"},
		"filing":        {"file.correct filing", "file.correct filing", "file.not understanding", "file + file.body + file.ask filing", "restart understanding", "progress.none, file + file.body + file.ask filing", "queued.closed person"},
		"sending":       {"correct.none understanding", "correct.none understanding", "cancel understanding", "ticket.pending acquirer", "restart understanding", "progress.none, again acquirer", "queued.closed person"},
		"queue":         {"queued.correct person", "queued.correct person", "dequeued understanding", "queued.already person", "restart understanding", "progress.none person", "queued.already person"},
		"agent":         {"person", "person", "person", "person", "person", "person", "person"},
		"escalating":    {"queued.already person", "queued.already person", "dequeued understanding", "leave.ask escalating", "restart understanding", "progress.none, leave.ask escalating", "leave.ask escalating"},
		"closed":        {"correct.reopen + confirm confirming", "correct.reopen + confirm confirming", "cancel understanding", "repeat.none understanding", "restart understanding", "progress.none, again understanding", "queued.closed person"},
	}
	if len(standing(f)) != len(want) {
		t.Fatal("a state has no row")
	}
	for name, st := range standing(f) {
		for i, word := range words {
			next, out, err := f.Next(st, Input{Kind: Said, At: 1000, Text: word})
			if err != nil {
				t.Errorf("%s, %s: %v", name, word, err)
				continue
			}
			var says []string
			for _, s := range out.Steps {
				says = append(says, strings.ReplaceAll(s.Say, "\n", " + "))
			}
			got := strings.TrimSpace(strings.Join(says, ", ") + " " + next.At)
			if i >= len(want[name]) || got != want[name][i] {
				t.Errorf("%s, %s: %q", name, word, got)
			}
			if asked := questions(out); asked > 1 {
				t.Errorf("%s, %s: %d questions on the screen", name, word, asked)
			}
		}
	}
}

// questions counts what waits for an answer among the lines.
func questions(out Outcome) (n int) {
	for _, s := range out.Steps {
		if len(s.Choices) > 0 {
			n++
		}
	}
	return n
}

// TestSteeringCoversStates: a state that is added needs a row above.
func TestSteeringCoversStates(t *testing.T) {
	f := flow(t)
	seen := map[string]bool{}
	for _, st := range standing(f) {
		seen[st.At] = true
	}
	for name := range f.States {
		if !seen[name] {
			t.Errorf("state %s is not tried with the words that steer", name)
		}
	}
}
