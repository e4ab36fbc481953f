package bot_test

import (
	"testing"

	"posdoctor/bot"
	"posdoctor/flows"
	"posdoctor/knowledge"
)

// TestSimulation: merchants drawn from the tables are understood with few questions. The bounds are what the dialogue is held to.
func TestSimulation(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	lib, err := knowledge.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	book, err := bot.NewPlaybook(lib)
	if err != nil {
		t.Fatal(err)
	}
	s, err := book.Flow.Simulate(10000, 1, bot.CodeTopics(lib))
	if err != nil {
		t.Fatal(err)
	}
	of := map[string]flows.Method{}
	for _, m := range s.Methods {
		of[m.Name] = m
		t.Logf("%-38s group %.3f top-1 %.3f top-3 %.3f questions %.2f, p90 %d", m.Name, m.Group, m.Top1, m.Top3, m.Mean, m.P90)
	}
	for _, c := range []struct {
		what  string
		holds bool
	}{
		{"0.75 right actions", of["dialogue"].Group >= 0.75},
		{"3.5 questions", of["dialogue"].Mean <= 3.5},
		{"five questions at most", of["dialogue"].P90 <= book.Flow.Limits.Questions},
		{"0.03 better than the fixed order", of["dialogue"].Group >= of["fixed order"].Group+0.03},
		{"better than a random order", of["dialogue"].Group > of["random order"].Group},
		{"0.90 right actions with the record", of["dialogue with record"].Group >= 0.90},
		{"2 questions with the record", of["dialogue with record"].Mean <= 2},
		{"hints save questions", of["dialogue, hints in the first message"].Mean < of["dialogue"].Mean},
		{"within 5 % of the optimum", s.Reduced[0].Group >= 0.95*s.Reduced[1].Group},
	} {
		if !c.holds {
			t.Errorf("missed: %s", c.what)
		}
	}
}
