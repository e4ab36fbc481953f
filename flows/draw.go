package flows

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"sort"
	"strings"
	"time"
)

// Mermaid draws the table of states as a Markdown page with a Mermaid diagram. The same flow always gives the same text.
func (f *Flow) Mermaid() string {
	var b strings.Builder
	b.WriteString("# The dialogue\n\nDrawn from `dialogue.yaml` by `go run ./server flows draw`. Do not edit. As a picture: [dialogue.svg](dialogue.svg).\n\n```mermaid\nstateDiagram-v2\n")
	core := f.core()
	if slices.Contains(core, f.Start) {
		fmt.Fprintf(&b, "    [*] --> bot\n    state \"the bot speaks\" as bot {\n        [*] --> %s\n", f.Start)
	} else {
		fmt.Fprintf(&b, "    [*] --> %s\n    state \"the bot speaks\" as bot {\n", f.Start)
	}
	for _, s := range core {
		fmt.Fprintf(&b, "        %s: %s<br/>%s\n", s, s, f.States[s].About)
	}
	b.WriteString("    }\n")
	for _, s := range f.stateNames() {
		if !slices.Contains(core, s) {
			fmt.Fprintf(&b, "    %s: %s<br/>%s\n", s, s, f.States[s].About)
		}
	}
	edges := map[string][]string{}
	for _, e := range f.Events {
		from := slices.Clone(e.From)
		if all(core, from) {
			from = slices.DeleteFunc(from, func(s string) bool { return slices.Contains(core, s) })
			from = append(from, "bot")
		}
		for _, s := range from {
			if s != e.To {
				edges[s+" --> "+e.To] = append(edges[s+" --> "+e.To], e.label())
			}
		}
	}
	keys := make([]string, 0, len(edges))
	for k := range edges {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	for _, k := range keys {
		fmt.Fprintf(&b, "    %s: %s\n", k, strings.Join(edges[k], ", "))
	}
	b.WriteString("```\n\nAn edge from the frame leaves any state in it; [what stands in brackets] must hold.\n\n")
	b.WriteString("| state | after silence of | not understood: the reason for the desk |\n|---|---|---|\n")
	for _, s := range f.stateNames() {
		def := f.States[s]
		var after []string
		for _, t := range def.inOrder() {
			after = append(after, span(t.After)+" "+t.Do)
		}
		fmt.Fprintf(&b, "| %s | %s | %s |\n", s, strings.Join(after, ", "), def.Escalation)
	}
	return b.String()
}

// inOrder are the timers of a state, the first to come up first.
func (d StateDef) inOrder() []TimerDef {
	return slices.SortedFunc(maps.Values(d.Timers), func(a, b TimerDef) int { return cmp.Or(cmp.Compare(a.After, b.After), cmp.Compare(a.Do, b.Do)) })
}

// label is an event with its guard: consult [bound].
func (e *EventDef) label() string {
	if e.Guard == "" {
		return e.Name
	}
	return e.Name + " [" + e.Guard + "]"
}

// span writes a duration without its noughts: 24h, 10m.
func span(d time.Duration) string {
	s := strings.TrimSuffix(d.String(), "m0s")
	if s != d.String() {
		s += "m"
	}
	if h, ok := strings.CutSuffix(s, "h0m"); ok {
		s = h + "h"
	}
	return s
}

// core are the states that share their ways out: a merchant may change the subject in each of them.
func (f *Flow) core() []string {
	core := f.stateNames()
	for _, e := range f.Events {
		if len(e.From) > len(f.States)/2 {
			core = slices.DeleteFunc(core, func(s string) bool { return !slices.Contains(e.From, s) })
		}
	}
	return core
}

func all(some, in []string) bool {
	for _, s := range some {
		if !slices.Contains(in, s) {
			return false
		}
	}
	return len(some) > 0
}
