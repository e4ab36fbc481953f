package knowledge

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestGrade(t *testing.T) {
	questions, err := ReadQuestions(strings.NewReader(`{"id":"a","text":"right","expected":"answer","article":"x y","say":["^ye"],"never":["no"]}
{"id":"b","text":"wrong","expected":"diagnose","accept":["acquirer"],"article":"x","never":["no"]}

{"id":"c","text":"asks","expected":"diagnose","article":"x"}
{"id":"d","text":"untrue","expected":"human","note":"not read","accept":["answer"]}
{"id":"e","text":"quiet","expected":"human"}`))
	if err != nil {
		t.Fatal(err)
	}
	got, err := Grade(questions, func(text string) (Decided, error) {
		return map[string]Decided{"right": {Answer, "y", "yes"}, "wrong": {Human, "z", "no"}, "asks": {Clarify, "", ""},
			"untrue": {Answer, "x", ""}, "quiet": {Human, "", ""}}[text], nil
	})
	if err != nil {
		t.Fatal(err)
	}
	want := Grades{Questions: 5, Accepted: .8, MacroRecall: .667, Answerable: 3, Answered: .667, Precision: .5, False: .5, NeverSaid: 1,
		Classes:    map[Move]ClassGrade{Answer: {1, 1, 1}, Diagnose: {2, .5, .5}, Human: {2, .5, 1}},
		Confusions: map[string][]string{"diagnose>human": {"b"}},
		Faults: []string{"b: got z instead of x: wrong", "b: the reply says what it never may: no",
			"d: got x, nobody can answer it: untrue"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	// Recalls of which the sum depends on the order, in its last digit and so in the third of the mean.
	questions = nil
	for m, n := range map[Move][2]int{Answer: {1, 16}, Diagnose: {1, 25}, Acquirer: {1, 5}, Human: {3, 5}, Reject: {4, 5}} {
		for i := range n[1] {
			q := Question{ID: "q", Text: string(m), Expected: m}
			if i >= n[0] {
				q.Text = "wrong"
			}
			questions = append(questions, q)
		}
	}
	first := 0.0
	for i := range 200 {
		g, err := Grade(questions, func(text string) (Decided, error) { return Decided{Move: Move(text)}, nil })
		if i == 0 {
			first = g.MacroRecall
		}
		if err != nil || g.MacroRecall != first {
			t.Fatalf("%v and then %v, %v", first, g.MacroRecall, err)
		}
	}
	for _, bad := range []string{`{"id":"a"}`, `{`, `{"id":"a","text":"b","say":["("]}`} {
		if _, err := ReadQuestions(strings.NewReader("\n" + bad)); err == nil || !strings.Contains(err.Error(), "line 2") {
			t.Errorf("%s: %v", bad, err)
		}
	}
}
