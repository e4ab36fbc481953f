package flows

import (
	"fmt"
	"slices"
	"sort"
	"strings"
)

// Mermaid draws the table of states as a Markdown page with a Mermaid diagram. The same flow always gives the same text.
func (f *Flow) Mermaid() string {
	var b strings.Builder
	b.WriteString("# The dialogue\n\nDrawn from `dialogue.yaml` by `go run ./server flows draw`. Do not edit.\n\n```mermaid\nstateDiagram-v2\n")
	fmt.Fprintf(&b, "    [*] --> %s\n", f.Start)
	edges := map[string][]string{}
	everywhere := map[string]bool{}
	for _, e := range f.Events {
		if len(e.From) >= len(f.States)-2 {
			everywhere[e.Name] = true
			continue
		}
		for _, from := range e.From {
			edges[from+" --> "+e.To] = append(edges[from+" --> "+e.To], e.Name)
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
	for _, s := range f.stateNames() {
		fmt.Fprintf(&b, "    note right of %s: %s\n", s, f.States[s].About)
	}
	b.WriteString("```\n")
	if len(everywhere) > 0 {
		b.WriteString("\nFrom almost every state:\n\n| event | leads to | not from |\n|---|---|---|\n")
		for _, e := range f.Events {
			if !everywhere[e.Name] {
				continue
			}
			var not []string
			for _, s := range f.stateNames() {
				if !slices.Contains(e.From, s) {
					not = append(not, s)
				}
			}
			fmt.Fprintf(&b, "| %s | %s | %s |\n", e.Name, e.To, strings.Join(not, ", "))
		}
	}
	return b.String()
}
