package flows

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func TestNext(t *testing.T) {
	first := small()
	first.Checks[1].First = true
	first.Checks = append(first.Checks, Check{ID: "no-network", Cost: 1, Answers: first.Checks[0].Answers})
	for _, c := range []struct {
		name  string
		table Table
		st    State
		limit int
		want  string
	}{
		{"what tells most", small(), State{}, 5, "all-cards"},
		{"first things first", first, State{}, 5, "all-terminals"},
		{"but not what is known", first, State{Evidence: []Evidence{{Check: "all-terminals", Answer: "no"}}}, 5, "all-cards"},
		{"asked already", small(), State{Asked: []string{"all-cards"}}, 5, "all-terminals"},
		{"nothing left that tells", small(), State{Asked: []string{"all-cards", "all-terminals"}}, 5, ""},
		{"an answer that changes nothing", small(), State{Evidence: []Evidence{{Check: "all-cards", Answer: "no"}}}, 5, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, err := Embedded(c.table)
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			if check := f.next(c.st, c.limit, 0.8); check != nil {
				got = check.ID
			}
			if got != c.want {
				t.Errorf("asks %q, want %q", got, c.want)
			}
		})
	}
}

// A check whose answer follows from what is known is not asked, by whatever it would tell.
func TestPointless(t *testing.T) {
	table := small()
	table.Checks[0].Skip = []Evidence{{Check: "money-missing", Answer: "yes"}}
	f, err := Embedded(table)
	if err != nil {
		t.Fatal(err)
	}
	if c := f.next(State{Evidence: []Evidence{{Check: "money-missing", Answer: "yes"}}}, 5, 0.8); c == nil || c.ID == "all-cards" {
		t.Errorf("asks %v", c)
	}
}

// A dear question must tell more than a cheap one.
func TestCost(t *testing.T) {
	table := small()
	table.Checks[0].Cost = 100
	f, err := Embedded(table)
	if err != nil {
		t.Fatal(err)
	}
	if c := f.next(State{}, 5, 0.8); c == nil || c.ID != "all-terminals" {
		t.Errorf("asks %v", c)
	}
}

// TestTellApart: causes of one group are told apart only where something else is done about each.
func TestTellApart(t *testing.T) {
	table := small()
	table.Causes[2].Group = "self" // with payer
	table.Causes[0].Prior = 0.01
	f, err := Embedded(table)
	if err != nil {
		t.Fatal(err)
	}
	if c := f.inside(State{}, 0.2); c == nil || c.ID != "all-cards" && c.ID != "all-terminals" {
		t.Errorf("asks %v", c)
	}
	for i := range table.Causes {
		table.Causes[i].Ticket = true
	}
	if f, err = Embedded(table); err != nil {
		t.Fatal(err)
	}
	if c := f.inside(State{}, 0.2); c != nil {
		t.Errorf("asks %s, though a ticket is all that can be done", c.ID)
	}
	if c := f.telling(State{}); c == nil {
		t.Error("asks nothing that would help the ticket")
	}
}

func TestShares(t *testing.T) {
	table := small()
	post := table.Posterior(State{Topic: &Topic{Shares: map[string]float64{"payer": 0.5, "keys": 0.4}}})
	want := map[string]float64{"payer": 0.5, "keys": 0.4, "documents": 0.1}
	for _, l := range post {
		if math.Abs(l.P-want[l.ID]) > 1e-9 {
			t.Errorf("%s %.3f, want %.3f", l.ID, l.P, want[l.ID])
		}
	}
}

func TestIncident(t *testing.T) {
	table := small()
	post := table.Posterior(State{Incident: &Incident{Causes: []string{"keys"}, Weight: 1e9}})
	if want := 0.2 * clip / (0.2*clip + 0.8); post[0].ID != "keys" || math.Abs(post[0].P-want) > 1e-9 {
		t.Errorf("%+v, want keys %.3f: no single piece of evidence may settle it", post, want)
	}
}

// random is a table of any size with random likelihoods.
func random(causes, checks int) Table {
	r := rand.New(rand.NewPCG(1, 1))
	var t Table
	ids := []string{"money-missing", "all-cards", "status-word", "device-text"} // the dialogue names them
	for i := range checks {
		t.Checks = append(t.Checks, Check{ID: append(ids, fmt.Sprint("check-", i))[min(i, len(ids))], Cost: 1 + r.Float64(), Answers: []CheckAnswer{{ID: "yes"}, {ID: "no"}, {ID: "unknown"}}})
	}
	for i := range causes {
		c := Cause{ID: fmt.Sprint("cause-", i), Brief: "b", Object: fmt.Sprint(i % 4), Group: fmt.Sprint(i % 5), Prior: 0.1 + r.Float64(), Yes: map[string]float64{}}
		for _, k := range t.Checks {
			c.Yes[k.ID] = r.Float64()
		}
		t.Causes = append(t.Causes, c)
	}
	return t
}

// TestPosteriorIsAProbability on tables and answers of any kind.
func TestPosteriorIsAProbability(t *testing.T) {
	table := random(40, 40)
	r := rand.New(rand.NewPCG(2, 2))
	for range 200 {
		var st State
		for _, k := range table.Checks[:r.IntN(len(table.Checks)+1)] {
			st.Evidence = append(st.Evidence, Evidence{Check: k.ID, Answer: []string{"yes", "no", "unknown", "perhaps"}[r.IntN(4)]})
		}
		post := table.Posterior(st)
		var sum float64
		for _, l := range post {
			if math.IsNaN(l.P) || l.P < 0 {
				t.Fatalf("%s %v", l.ID, l.P)
			}
			sum += l.P
		}
		if math.Abs(sum-1) > 1e-9 || !slices.IsSortedFunc(post, func(a, b Likely) int { return cmp.Compare(b.P, a.P) }) {
			t.Fatalf("sum %v, %v", sum, post)
		}
	}
}

// TestTooManyGroups: a table that the chooser cannot hold is refused.
func TestTooManyGroups(t *testing.T) {
	table := random(maxGroups+1, 4)
	for i := range table.Causes {
		table.Causes[i].Group = fmt.Sprint("group-", i)
	}
	if _, err := Embedded(table); err == nil || !strings.Contains(err.Error(), "17 action groups") {
		t.Errorf("%v", err)
	}
}

// BenchmarkDecision is one decision about what to ask, over 40 causes and 40 checks, with nothing known and with two answers.
func BenchmarkDecision(b *testing.B) {
	f, err := Embedded(random(40, 40))
	if err != nil {
		b.Fatal(err)
	}
	for name, st := range map[string]State{"nothing known": {}, "two answers": {Evidence: []Evidence{{Check: "all-cards", Answer: "yes"}, {Check: "check-7", Answer: "no"}}}} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				f.next(st, 5, 0.8)
			}
		})
	}
}
