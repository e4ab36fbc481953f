package flows

import (
	"slices"
	"strings"
	"testing"
)

// says joins what an outcome says.
func says(out Outcome) string {
	var keys []string
	for _, s := range out.Steps {
		keys = append(keys, s.Say)
	}
	return strings.Join(keys, " ")
}

// TestLateUnknown: 没看清 tapped late on an older question takes back nothing that is known.
func TestLateUnknown(t *testing.T) {
	f := flow(t)
	st := standing(f)["diagnosing"]
	for _, c := range []struct {
		choice string
		want   Evidence
	}{
		{"all-cards:unknown", Evidence{Check: "all-cards", Answer: "yes", Asked: true}},
		{"all-cards:no", Evidence{Check: "all-cards", Answer: "no", Asked: true}},
		{"all-terminals:unknown", Evidence{Check: "all-terminals", Answer: "unknown", Asked: true}},
	} {
		next, _, err := f.Next(st, Input{Kind: Chose, Choice: c.choice})
		if err != nil || !slices.Contains(next.Evidence, c.want) {
			t.Errorf("%s: %v, %v", c.choice, next.Evidence, err)
		}
	}
}

// TestPatience: the first line that is not understood over a question is no miss; an empty desk is worth one more try.
func TestPatience(t *testing.T) {
	f := flow(t)
	for _, c := range []struct {
		open bool
		want int // lines until a person is called
	}{{true, 3}, {false, 4}} {
		st := standing(f)["diagnosing"]
		lines := 0
		var before string
		for st.At != "person" && lines < 9 {
			next, out, err := f.Next(st, Input{Kind: Said, Text: "紫色的大象在唱歌跳舞呢呀", Desk: Desk{Open: c.open}})
			if err != nil {
				t.Fatal(err)
			}
			said := f.Wording(out.Steps[0].Say, out.Steps[0].Nth["asking.again"], nil)
			if said == before {
				t.Errorf("said twice in a row: %s", said)
			}
			st, before = next, said
			lines++
		}
		if lines != c.want {
			t.Errorf("open %v: %d lines", c.open, lines)
		}
	}
}

// TestExplained: what an incident explains that was told is not asked.
func TestExplained(t *testing.T) {
	f := flow(t)
	f.Table.Causes[0].Yes = map[string]float64{"all-cards": 0.9, "all-terminals": 0.2}
	d := &talk{f: f, st: State{Incident: &Incident{ID: "i", Causes: []string{f.Table.Causes[0].ID}}}}
	if got := d.spared().Asked; !slices.Contains(got, "all-cards") || slices.Contains(got, "all-terminals") || len(d.st.Asked) > 0 {
		t.Error(got, d.st.Asked)
	}
}

// TestCrossed: a line that was written before the question could be read is not met by the same question.
func TestCrossed(t *testing.T) {
	f := flow(t)
	st := standing(f)["diagnosing"]
	next, out, err := f.Next(st, Input{Kind: Said, Text: "紫色的大象在唱歌跳舞呢呀", Crossed: true})
	if err != nil || len(out.Steps) > 0 || next.Misses+next.Unclear > 0 || next.Pending == nil {
		t.Error(says(out), next, err)
	}
	_, out, err = f.Next(st, Input{Kind: Said, Text: "转人工", Crossed: true})
	if err != nil || len(out.Steps) == 0 {
		t.Error(says(out), err)
	}
}
