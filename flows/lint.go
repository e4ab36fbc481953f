package flows

import (
	_ "embed"
	"fmt"
	"maps"
	"slices"
	"sort"
	"strings"
)

// said in conduct.go and reply.go; Check makes sure that the data has them.
var (
	needChoices = []string{"solved", "unsolved", "human", "ticket", "request", "leave", "again", "cancel", "verify", "later"}
	needEvents  = []string{"listen", "clarify", "ask", "propose", "tell", "consult", "write", "handover", "close", "verify"}
	// families are texts whose key is made of a name that comes from elsewhere: fact.RISK.
	families = []string{"fact", "status", "masked", "media", "ruled"}
)

// keys.txt lists the texts that the Go code says, made from it by `go test ./flows -update`; a test proves it current.
//
//go:embed keys.txt
var keysTXT string

// Check lists what is unsound about a flow, a sentence each that says where and what to do. A sound flow has none. It reads the data
// alone and takes a moment, so every start does it; Walk also runs the flow.
func (f *Flow) Check() []string {
	l := &lint{Flow: f, out: map[string][]string{}, names: map[string]*EventDef{}}
	l.table()
	l.ways()
	l.timers()
	l.loops()
	l.texts()
	l.words()
	l.diagnosis()
	l.care()
	l.faults = append(l.faults, l.checkTalk()...)
	sort.Strings(l.faults)
	return slices.Compact(l.faults)
}

// lint is one call of Check.
type lint struct {
	*Flow
	faults []string
	out    map[string][]string  // state -> where its edges lead
	names  map[string]*EventDef // event -> one of its edges
}

func (l *lint) add(format string, a ...any) { l.faults = append(l.faults, fmt.Sprintf(format, a...)) }

// table looks at each edge by itself.
func (l *lint) table() {
	if _, ok := l.States[l.Start]; !ok {
		l.add("start: there is no state %q", l.Start)
	}
	once := map[string]bool{}
	for i := range l.Events {
		e := &l.Events[i]
		l.names[e.Name] = e
		if _, ok := l.States[e.To]; !ok {
			l.add("event %s: there is no state %q to go to", e.Name, e.To)
		}
		if guards[e.Guard] == nil && e.Guard != "" {
			l.add("event %s: there is no guard %q; rules.go has %s", e.Name, e.Guard, list(guards))
		}
		if _, ok := counters[e.Counts]; !ok && e.Counts != "" {
			l.add("event %s counts %q, which is no limit; rules.go has %s", e.Name, e.Counts, list(counters))
		}
		for _, from := range e.From {
			if _, ok := l.States[from]; !ok {
				l.add("event %s: there is no state %q to come from", e.Name, from)
			}
			if once[from+" "+e.Name] {
				l.add("event %s leaves state %s twice: where it leads must be certain", e.Name, from)
			}
			once[from+" "+e.Name] = true
			l.out[from] = append(l.out[from], e.To)
		}
	}
	for _, n := range needEvents {
		if l.names[n] == nil {
			l.add("there is no event %s, which the code takes", n)
		}
	}
}

// ways finds states that cannot be reached or left, and those without a way to a person.
func (l *lint) ways() {
	seen := l.from(l.Start)
	for _, s := range l.stateNames() {
		if s != l.Start && !seen[s] {
			l.add("state %s cannot be reached", s)
		}
		if !slices.ContainsFunc(l.out[s], func(to string) bool { return to != s }) {
			l.add("state %s is a dead end: no edge leads to another state", s)
		}
		if l.edge(s, "handover") == nil {
			l.add("state %s has no way to a person (event handover)", s)
		} else if l.edge(s, "handover").Guard != "" {
			l.add("event handover has a guard: the way to a person must be open always")
		}
		if r := l.States[s].Escalation; r != "" && !slices.Contains(reasons, r) {
			l.add("state %s: escalation %q is no reason that the desk knows; it knows %s", s, r, strings.Join(reasons, ", "))
		} else if r == "" && l.edge(s, "tell") != nil {
			l.add("state %s: the bot may fail to understand here, and no escalation says what the desk is told", s)
		}
	}
}

// from are the states that can be reached from one in a step or more.
func (l *lint) from(state string) map[string]bool {
	seen := map[string]bool{}
	for todo := []string{state}; len(todo) > 0; todo = todo[1:] {
		for _, to := range l.out[todo[0]] {
			if !seen[to] {
				seen[to] = true
				todo = append(todo, to)
			}
		}
	}
	return seen
}

// timers finds states that wait for ever. Only where an episode has ended nobody is waited for.
func (l *lint) timers() {
	rest := ""
	if e := l.names["close"]; e != nil {
		rest = e.To
	}
	for _, s := range l.stateNames() {
		ends := false
		for kind, t := range l.States[s].Timers {
			switch {
			case !slices.Contains(timerKinds, kind):
				l.add("state %s: there is no timer %q; there are %s", s, kind, strings.Join(timerKinds, ", "))
			case t.After <= 0:
				l.add("state %s: timer %s needs a time in after, such as 10m", s, kind)
			case actions[t.Do] == nil:
				l.add("state %s: timer %s does %q, which is nothing; it may do %s", s, kind, t.Do, list(actions))
			case t.Do == "close" && l.edge(s, "close") == nil:
				l.add("state %s: timer %s closes the episode, and no edge close leads out", s, kind)
			case (t.Do == "ask") != (kind == TimerRemind) || t.Do == "ask" && !l.States[s].Asks:
				l.add("state %s: a timer that asks again is called %s and belongs to a state that asks", s, TimerRemind)
			}
			ends = ends || t.Do != "ask" && t.Do != "nothing"
		}
		if !ends && s != rest {
			l.add("state %s waits without a timeout: give it a timer that does more than ask again", s)
		}
	}
}

// loops finds cycles on which a question can be asked again and again.
func (l *lint) loops() {
	for _, e := range l.Events {
		if !l.States[e.To].Asks || e.Counts != "" {
			continue
		}
		for _, s := range e.From {
			if s == e.To || l.from(e.To)[s] {
				l.add("event %s: the question of state %s is asked again on the way back to %s, and no limit counts it (counts)", e.Name, e.To, s)
				break
			}
		}
	}
	for _, n := range []string{"clarify", "ask", "propose", "tell", "verify"} {
		if e := l.names[n]; e != nil && !l.States[e.To].Asks {
			l.add("event %s puts a question on the screen, and state %s does not say that it asks", n, e.To)
		}
	}
}

// texts finds sentences that are missing or empty.
func (l *lint) texts() {
	for _, key := range strings.Fields(keysTXT) {
		if _, ok := l.Texts[key]; !ok {
			l.add("text %s is said by the code and not in texts.yaml: write it there", key)
		}
	}
	for key, t := range l.Texts {
		for _, w := range append(slices.Clone(l.More[key]), t) {
			if w == "" {
				l.add("text %s is empty", key)
			}
		}
	}
}

// Unsaid lists the texts that nothing says.
func (f *Flow) Unsaid() []string {
	var faults []string
	said := strings.Fields(keysTXT)
	for _, key := range slices.Sorted(maps.Keys(f.Texts)) {
		if family, _, _ := strings.Cut(key, "."); !slices.Contains(said, key) && !slices.Contains(families, family) {
			faults = append(faults, fmt.Sprintf("text %s is never said: delete it, or run `go test ./flows -run Keys -update` when the code says it now", key))
		}
	}
	return faults
}

// words looks at what merchants say and tap.
func (l *lint) words() {
	for _, c := range needChoices {
		if l.Choices[c].Text == "" {
			l.add("choice %s has no text", c)
		}
	}
	for _, n := range order {
		if len(l.Intents[n].Whole)+len(l.Intents[n].Within) == 0 {
			l.add("intent %s has no words", n)
		}
	}
}

// diagnosis looks at the limits, the quota and at the causes and checks of the library.
func (l *lint) diagnosis() {
	if m := l.Limits; m.Misses < 1 || m.Questions < 1 || m.Tried < 1 || m.Enough <= 0 || m.Enough > 1 || m.Sure <= 0 || m.Sure > 1 {
		l.add("limits: each must be set; enough and sure are probabilities")
	}
	for _, grant := range []string{"message", "tap"} {
		if l.Quota[grant] < 1 {
			l.add("quota: %s must be set to how many messages WeChat carries after one", grant)
		}
	}
	for _, c := range l.Table.Checks {
		if n := len(c.Answers); n < 2 || c.Answers[n-1].ID != "unknown" {
			l.add("check %s needs two answers or more, the last of them unknown", c.ID)
		}
	}
	groups := map[string]bool{}
	for _, c := range l.Table.Causes {
		groups[c.Group] = true
		if c.Prior <= 0 || c.Brief == "" || c.Group == "" {
			l.add("cause %s needs a prior, a brief and a group", c.ID)
		}
	}
	if len(groups) > maxGroups {
		l.add("causes have %d action groups, at most %d can be told apart; join some", len(groups), maxGroups)
	}
	for _, o := range l.Objects {
		if l.Table.check(o.Check) == nil && len(l.Table.Checks) > 0 {
			l.add("object %s: there is no check %s", o.ID, o.Check)
		}
	}
}

// list names the keys of a table.
func list[T any](m map[string]T) string { return strings.Join(slices.Sorted(maps.Keys(m)), ", ") }

func (f *Flow) stateNames() []string {
	names := make([]string, 0, len(f.States))
	for s := range f.States {
		names = append(names, s)
	}
	sort.Strings(names)
	return names
}
