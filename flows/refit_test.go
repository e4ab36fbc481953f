package flows

import (
	"math"
	"testing"
)

func TestRefit(t *testing.T) {
	table := small()
	asked := func(check, answer string) []Evidence { return []Evidence{{Check: check, Answer: answer, Asked: true}} }
	var cases []Case
	for range 50 {
		cases = append(cases, Case{"payer", asked("all-cards", "no")}, Case{"keys", []Evidence{{Check: "all-cards", Answer: "no"}}}, Case{"gone", asked("all-cards", "yes")})
	}
	fresh, changes := table.Refit(cases, 50)
	for _, c := range []struct {
		what      string
		got, want float64
	}{
		{"prior of payer: 50 of 100 cases and .3 of 50", fresh.cause("payer").Prior, (50 + 15) / 150.0},
		{"prior of documents falls", fresh.cause("documents").Prior, 25 / 150.0},
		{"likelihood of payer", fresh.cause("payer").Yes["all-cards"], 0.05 * 50 / 100},
		{"what was said unasked does not count", fresh.cause("keys").Yes["all-cards"], 0.9},
		{"nor an answer of another cause", fresh.cause("documents").Yes["all-cards"], 0.9},
	} {
		if math.Abs(c.got-c.want) > 0.001 {
			t.Errorf("%s: %.4f, want %.4f", c.what, c.got, c.want)
		}
	}
	if len(changes) != 4 {
		t.Errorf("%+v", changes)
	}
	if same, changes := table.Refit(nil, 50); len(changes) != 0 || same.Causes[0].Prior != table.Causes[0].Prior {
		t.Errorf("without cases: %+v", changes)
	}
}
