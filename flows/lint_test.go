package flows

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestSound: the shipped flow has no fault, whatever way it is looked at.
func TestSound(t *testing.T) {
	whole(t)
	if faults := flow(t).Audit(1200); len(faults) > 0 {
		t.Errorf("the shipped flow is not sound:\n%s", strings.Join(faults, "\n"))
	}
}

// TestFaults breaks the shipped flow in one place each and reads what is said about it.
func TestFaults(t *testing.T) {
	whole(t)
	for _, c := range []struct{ name, from, to, want string }{
		// what every start refuses
		{"no such state to go to", "to: diagnosing,", "to: diagnosis,", `event ask: there is no state "diagnosis" to go to`},
		{"no such state to come from", "from: [person], to: escalating", "from: [persons], to: escalating", `event write: there is no state "persons" to come from`},
		{"no such start", "start: greeting", "start: hello", `start: there is no state "hello"`},
		{"unreachable state", "to: escalating,", "to: person,", "state escalating cannot be reached"},
		{"dead end", "escalating, acquirer, closed, person], to: person", "acquirer, closed, person], to: person", "state escalating has no way to a person"},
		{"dead end by every way", "confirming, escalating, acquirer, closed, person], to: person}\n  - {name: close,    from: [greeting, understanding, clarifying, diagnosing, proposing, filing, verifying, confirming, escalating,",
			"confirming, acquirer, closed, person], to: person}\n  - {name: close,    from: [greeting, understanding, clarifying, diagnosing, proposing, filing, verifying, confirming,", "state escalating is a dead end"},
		{"no way to a person", "name: handover, from: [greeting, ", "name: handover, from: [", "state greeting has no way to a person"},
		{"guarded way to a person", "closed, person], to: person}", "closed, person], to: person, guard: bound}", "the way to a person must be open always"},
		{"event that the code takes", "name: write,", "name: writes,", "there is no event write"},
		{"edge twice", "from: [person], to: escalating", "from: [person, person], to: escalating", "event write leaves state person twice"},
		{"unknown guard", "guard: bound", "guard: known", `event consult: there is no guard "known"; rules.go has bound, checking`},
		{"unknown count", "counts: questions", "counts: sheep", `event ask counts "sheep", which is no limit; rules.go has misses, questions, tried`},
		{"question loop without a count", ", counts: questions", "", "event ask: the question of state diagnosing is asked again on the way back to understanding, and no limit counts it"},
		{"state that does not say it asks", "answer\n    asks: true\n    timers: {remind: {after: 10m, do: ask}, idle", "answer\n    timers: {idle", "state diagnosing does not say that it asks"},
		{"no timeout", "timers: {waiting: {after: 3m, do: offer}}", "timers: {}", "state person waits without a timeout"},
		{"only a reminder", "{remind: {after: 10m, do: ask}, idle: {after: 24h, do: close}}", "{remind: {after: 10m, do: ask}}", "state diagnosing waits without a timeout"},
		{"unknown timer", "{record: {after: 15s", "{clock: {after: 15s", `state acquirer: there is no timer "clock"; there are remind, idle, waiting, record`},
		{"timer without a time", "after: 15s", "after: 0s", "state acquirer: timer record needs a time"},
		{"timer that does nothing known", "do: go on", "do: jump", `state acquirer: timer record does "jump"`},
		{"timer without its edge", "confirming, escalating, acquirer, person], to: closed", "confirming, escalating, person], to: closed", "state acquirer: timer idle closes the episode, and no edge close leads out"},
		{"reminder of no question", "timers: {waiting: {after: 10m, do: offer}}", "timers: {waiting: {after: 10m, do: offer}, remind: {after: 5m, do: ask}}", "state escalating: a timer that asks again"},
		{"unknown escalation", "escalation: not answered", "escalation: bored", `state diagnosing: escalation "bored" is no reason that the desk knows`},
		{"no escalation", "    escalation: not answered\n", "", "state diagnosing: the bot may fail to understand here"},
		{"empty choice", "solved:   {text: 解决了,", "solved:   {text: '',", "choice solved has no text"},
		{"intent without words", "bye:\n    whole: [再见, 拜拜, 88, bye, 好的再见]", "bye:\n    whole: []", "intent bye has no words"},
		{"bad limit", "misses: 2", "misses: 0", "limits: each must be set"},
		{"a wait too long", "wait: 1200", "wait: 12000", "a wait of 12000 ms"},
		{"a time that answers nothing", "worked-lately: {days: 7", "all-cards: {days: 0", "times: all-cards needs"},
		{"unknown field", "start: greeting", "begin: greeting", "field begin not found"},
		{"unknown text", "\nclarify: ", "\nclarified: ", "text clarify is said by the code and not in texts.yaml"},
		{"empty text", `bye: "再见，有问题随时来。"`, `bye: ""`, "text bye is empty"},
		{"empty wording", `  - "应该的。"`, `  - ""`, "text thanks is empty"},

		// what `flows check` finds beyond
		{"unused text", "\nbye: ", "\nextra: 多余\nbye: ", "text extra is never said"},
		{"edge that the code takes", "confirming, acquirer], to: diagnosing", "confirming], to: diagnosing", "state acquirer, a clear record: dialogue doctor: event ask inappropriate in current state acquirer"},
		{"guard that does not hold", "to: acquirer, guard: bound", "to: acquirer, guard: waited", "guard waited does not hold"},
		{"edge never taken", "confirming, acquirer], to: diagnosing", "confirming, acquirer, closed], to: diagnosing", "edge ask of state closed is never taken"},
		{"too many messages", "message: 5", "message: 3", "WeChat carries 3 after a message, and a path needs more: 4 messages from greeting by sends a voice with words, then says 留言: media.listening |"},
		{"too many messages after a tap", "tap: 3", "tap: 2", "WeChat carries 2 after a tap"},
		{"quota that is not set", "quota: {message: 5, tap: 3}", "quota: {message: 5}", "quota: tap must be set"},
	} {
		got := faults(strings.Replace(string(dialogueYAML), c.from, c.to, 1), strings.Replace(string(textsYAML), c.from, c.to, 1))
		if c.want == "" {
			if len(got) > 0 {
				t.Errorf("%s: %v", c.name, got)
			}
			continue
		}
		if !strings.Contains(string(dialogueYAML)+string(textsYAML), c.from) {
			t.Errorf("%s: the text to break is not there", c.name)
		}
		if !slices.ContainsFunc(got, func(f string) bool { return strings.Contains(f, c.want) }) {
			t.Errorf("%s: %s\nwant %q", c.name, strings.Join(got, "\n"), c.want)
		}
	}
}

// faults are what is said of a flow, when it is read and when it is run.
func faults(dialogue, texts string) []string {
	f, err := Load([]byte(dialogue), []byte(texts), small())
	if err != nil {
		return []string{err.Error()}
	}
	return append(f.Unsaid(), f.walk(1200, 1).Faults...)
}

// TestWordings: a text with several wordings is not said twice in a row in the same words, and after the last comes the first.
func TestWordings(t *testing.T) {
	f := flow(t)
	st, last := State{At: "understanding"}, map[string]string{}
	for i := range 7 {
		next, out, err := f.Next(st, Input{At: int64(i), Kind: Said, Text: "重新开始"})
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range out.Steps {
			if got := f.Wording(s.Say, s.Nth[s.Say], s.Args); got == last[s.Say] && len(f.More[s.Say]) > 0 {
				t.Errorf("said twice in a row: %s", got)
			} else {
				last[s.Say] = got
			}
		}
		st = next
	}
	if len(st.Times) != 1 {
		t.Errorf("only what has several wordings is counted: %v", st.Times)
	}
	for nth, want := range []string{"甲一", "乙一", "丙一", "甲一", "乙一"} {
		g := Flow{Texts: map[string]string{"x": "甲{n}"}, More: map[string][]string{"x": {"乙{n}", "丙{n}"}}}
		if got := g.Wording("x", nth, map[string]string{"n": "一"}); got != want {
			t.Errorf("wording %d: %s, want %s", nth, got, want)
		}
	}
}

// TestGuards: an edge whose guard does not hold, or whose count is over its limit, is refused, and the dialogue stays where it is.
func TestGuards(t *testing.T) {
	f := flow(t)
	asking := func(kind string) State { return State{At: "understanding", Pending: &Prompt{Kind: kind}} }
	over := asking(PromptConfirm)
	over.Tried = []string{"a", "b", "c", "d"}
	for _, c := range []struct {
		event string
		st    State
		in    Input
		ok    bool
	}{
		{"consult", State{At: "understanding"}, Input{Bound: true}, true}, {"consult", State{At: "understanding"}, Input{}, false},
		{"ask", asking(PromptCheck), Input{}, true}, {"ask", asking(PromptConfirm), Input{}, false}, {"ask", State{At: "understanding"}, Input{}, false},
		{"propose", asking(PromptDecide), Input{}, true}, {"propose", asking(PromptCheck), Input{}, false},
		{"tell", asking(PromptConfirm), Input{}, true}, {"tell", asking(PromptDecide), Input{}, false}, {"tell", over, Input{}, false},
		{"clarify", asking(PromptObject), Input{}, true}, {"clarify", asking(PromptTopics), Input{}, true}, {"clarify", asking(PromptLeave), Input{}, false},
		{"write", State{At: "person", Pending: &Prompt{Kind: PromptLeave}}, Input{}, true}, {"write", State{At: "person"}, Input{}, false},
		{"close", State{At: "understanding"}, Input{}, true}, {"close", asking(PromptCheck), Input{}, false},
		{"handover", State{At: "understanding"}, Input{}, true},
	} {
		at, err := f.move(c.st, c.in, c.event)
		if (err == nil) != c.ok || err != nil && at != c.st.At {
			t.Errorf("%s with %+v: %s, %v", c.event, c.st.Pending, at, err)
		}
	}
	for name := range guards {
		if !slices.ContainsFunc(f.Events, func(e EventDef) bool { return e.Guard == name }) {
			t.Errorf("guard %s guards nothing", name)
		}
	}
	for name := range counters {
		if !slices.ContainsFunc(f.Events, func(e EventDef) bool { return e.Counts == name }) {
			t.Errorf("counter %s counts nothing", name)
		}
	}
}

// TestOlderFlows: a flow that was pinned before timers, guards and wordings were data behaves as it did.
func TestOlderFlows(t *testing.T) {
	f := Flow{ID: "old", Start: "greeting", States: map[string]StateDef{"greeting": {}, "person": {}}}
	for kind, want := range map[string]string{TimerRecord: "15s", TimerWaiting: "3m0s", TimerIdle: "24h0m0s", TimerRemind: "none"} {
		got := "none"
		if after, ok := f.After(State{At: "greeting"}, kind); ok {
			got = fmt.Sprint(after)
		}
		if got != want {
			t.Errorf("timer %s: %s, want %s", kind, got, want)
		}
	}
	if _, ok := f.Reminds(State{At: "diagnosing", Pending: &Prompt{Kind: PromptCheck}}); ok {
		t.Error("an older flow reminds")
	}
	if got := f.gaveUp("diagnosing"); got != "not understood" {
		t.Errorf("it gives up for %q", got)
	}
}

// whole skips a walk through all states where time is short: one goroutine does it, and the race detector makes it ten times as long.
func whole(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("walks through all states; run it without -short")
	}
}
