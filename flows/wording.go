// What a text says: its wordings, and which of them.

package flows

import (
	"fmt"
	"maps"
	"sort"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"
)

// wordings is a text as texts.yaml writes it: one sentence, or a list of them that mean the same.
type wordings []string

// UnmarshalYAML takes a sentence or a list.
func (w *wordings) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.SequenceNode {
		return n.Decode((*[]string)(w))
	}
	var one string
	if err := n.Decode(&one); err != nil {
		return err
	}
	*w = wordings{one}
	return nil
}

// readTexts returns the first wording of each text, and the others of those that have several.
func readTexts(data []byte) (first map[string]string, more map[string][]string, err error) {
	var all map[string]wordings
	if err := yaml.Unmarshal(data, &all); err != nil {
		return nil, nil, fmt.Errorf("reading the texts: %w", err)
	}
	first, more = map[string]string{}, map[string][]string{}
	for key, w := range all {
		if len(w) == 0 {
			w = wordings{""} // Check reports it
		}
		first[key] = w[0]
		if len(w) > 1 {
			more[key] = w[1:]
		}
	}
	return first, more, nil
}

// shipped are the texts of this program.
var shipped = sync.OnceValue(func() map[string]string {
	texts, _, _ := readTexts(textsYAML) // the tests would know
	return texts
})

// Text renders a text of the flow in its first wording. A flow that was pinned under an older program has no words for what that
// could not do: they are the shipped ones. Unknown keys are a fault that tests find, so they show as themselves.
func (f *Flow) Text(key string, args map[string]string) string { return f.Wording(key, 0, args) }

// Wording renders the nth wording of a text, counted from 0 and from the start again after the last; see Step.Nth.
func (f *Flow) Wording(key string, nth int, args map[string]string) string {
	t, ok := f.Texts[key]
	if !ok {
		if t, ok = shipped()[key]; !ok {
			return key
		}
	}
	if more := f.More[key]; len(more) > 0 {
		if i := nth % (len(more) + 1); i > 0 {
			t = more[i-1]
		}
	}
	if len(args) == 0 || !strings.Contains(t, "{") {
		return t
	}
	names := make([]string, 0, len(args))
	for n := range args {
		names = append(names, n)
	}
	sort.Strings(names)
	pairs := make([]string, 0, 2*len(names))
	for _, n := range names {
		pairs = append(pairs, "{"+n+"}", args[n])
	}
	return strings.NewReplacer(pairs...).Replace(t)
}

// vary chooses the wordings of what is said, so that nobody reads the same sentence twice in a row: the state keeps how often a text
// with several was said, which is all that the choice depends on. The count outlives a fresh start, for the sentence is still on the
// screen then.
func (d *talk) vary(before map[string]int) {
	times, own := before, false
	for i := range d.out.Steps {
		for _, key := range strings.Split(d.out.Steps[i].Say, "\n") {
			n := len(d.f.More[key]) + 1
			if n == 1 {
				continue
			}
			if !own {
				if times, own = maps.Clone(times), true; times == nil {
					times = map[string]int{}
				}
			}
			if nth := times[key] % n; nth > 0 {
				if d.out.Steps[i].Nth == nil {
					d.out.Steps[i].Nth = map[string]int{}
				}
				d.out.Steps[i].Nth[key] = nth
			}
			times[key] = (times[key] + 1) % n
		}
	}
	d.st.Times = times
}
