package knowledge

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// Question is one message with what ought to be made of it, a line of JSON in a set of questions.
type Question struct {
	ID       string   `json:"id"`
	Text     string   `json:"text"`
	Expected Move     `json:"expected"`          // the best first move
	Accept   []Move   `json:"accept,omitempty"`  // other first moves that are right too
	Article  string   `json:"article,omitempty"` // the entry that answers it, or several with spaces between; none: nobody can answer it
	Say      []string `json:"say,omitempty"`     // expressions of which each must match the reply
	Never    []string `json:"never,omitempty"`   // expressions of which none may match the reply
}

// Decided is what became of a question.
type Decided struct {
	Move    Move
	Article string // the entry that was told or started from, "" for none
	Reply   string
}

// Grades are the results of a set of questions.
type Grades struct {
	Questions   int                 `json:"questions"`
	Accepted    float64             `json:"accepted"`     // share whose first move is expected or accepted
	MacroRecall float64             `json:"macro_recall"` // mean over the expected moves of the share that got just that
	Classes     map[Move]ClassGrade `json:"classes"`
	Confusions  map[string][]string `json:"confusions"` // "expected>decided": ids that are not accepted
	Answerable  int                 `json:"answerable"`
	Answered    float64             `json:"answered"`      // share of the answerable for which an entry was told or started from
	Precision   float64             `json:"precision"`     // share of these that got the right entry; 1 when none was answered
	False       float64             `json:"false_answers"` // share of the unanswerable that got an entry
	Faults      []string            `json:"faults"`        // wrong entries, false answers, texts missed and texts that may never be said
	NeverSaid   int                 `json:"never_matched"` // replies with a text that may never be said
}

// ClassGrade counts the questions of one expected move.
type ClassGrade struct {
	Questions int     `json:"questions"`
	Recall    float64 `json:"recall"`   // share that got the expected move
	Accepted  float64 `json:"accepted"` // share that got an accepted one
}

// ReadQuestions reads a set of questions, one JSON object a line. Fields that it does not know are left out.
func ReadQuestions(r io.Reader) ([]Question, error) {
	var list []Question
	err := eachLine(r, func(line []byte) error {
		var q Question
		if err := json.Unmarshal(line, &q); err != nil {
			return err
		}
		if q.ID == "" || q.Text == "" {
			return fmt.Errorf("a question needs id and text")
		}
		for _, e := range slices.Concat(q.Say, q.Never) {
			if _, err := regexp.Compile(e); err != nil {
				return fmt.Errorf("question %s: %w", q.ID, err)
			}
		}
		list = append(list, q)
		return nil
	})
	return list, err
}

// eachLine calls f with each line that is not blank; an error names the line.
func eachLine(r io.Reader, f func([]byte) error) error {
	s := bufio.NewScanner(r)
	s.Buffer(make([]byte, 0, 64<<10), 4<<20)
	for n := 1; s.Scan(); n++ {
		if len(strings.TrimSpace(s.Text())) == 0 {
			continue
		}
		if err := f(s.Bytes()); err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
	}
	return s.Err()
}

// class is the move as it is counted: to ask which topic is meant is to diagnose.
func class(m Move) Move {
	if m == Clarify {
		return Diagnose
	}
	return m
}

// Grade decides every question and counts how well. Entries are graded only when some question names one.
func Grade(questions []Question, decide func(text string) (Decided, error)) (Grades, error) {
	g := Grades{Questions: len(questions), Classes: map[Move]ClassGrade{}, Confusions: map[string][]string{}, Faults: []string{}}
	fault := func(q Question, format string, args ...any) {
		g.Faults = append(g.Faults, q.ID+": "+fmt.Sprintf(format, args...))
	}
	named := slices.ContainsFunc(questions, func(q Question) bool { return q.Article != "" })
	accepted, answered, right, unanswerable, untrue := 0, 0, 0, 0, 0
	for _, q := range questions {
		d, err := decide(q.Text)
		if err != nil {
			return g, fmt.Errorf("question %s: %w", q.ID, err)
		}
		want, got := class(q.Expected), class(d.Move)
		c := g.Classes[want]
		c.Questions++
		if got == want {
			c.Recall++
		}
		if got == want || slices.ContainsFunc(q.Accept, func(m Move) bool { return class(m) == got }) {
			c.Accepted++
			accepted++
		} else {
			key := fmt.Sprintf("%s>%s", want, got)
			g.Confusions[key] = append(g.Confusions[key], q.ID)
		}
		g.Classes[want] = c

		entries := strings.Fields(q.Article)
		switch {
		case !named:
		case len(entries) == 0:
			unanswerable++
			if d.Article != "" {
				untrue++
				fault(q, "got %s, nobody can answer it: %s", d.Article, q.Text)
			}
		case d.Article != "":
			answered++
			if slices.Contains(entries, d.Article) {
				right++
			} else {
				fault(q, "got %s instead of %s: %s", d.Article, q.Article, q.Text)
			}
		}
		for _, e := range q.Say {
			if ok, err := regexp.MatchString(e, d.Reply); err != nil || !ok {
				fault(q, "the reply does not say %s", e)
			}
		}
		if slices.ContainsFunc(q.Never, func(e string) bool {
			ok, err := regexp.MatchString(e, d.Reply)
			return err != nil || ok
		}) {
			g.NeverSaid++
			fault(q, "the reply says what it never may: %s", strings.Join(q.Never, ", "))
		}
	}
	share := func(n, of int, none float64) float64 {
		if of == 0 {
			return none
		}
		return round3(float64(n) / float64(of))
	}
	if named {
		g.Answerable = len(questions) - unanswerable
	}
	g.Accepted = share(accepted, len(questions), 0)
	g.Answered = share(answered, g.Answerable, 0)
	g.Precision = share(right, answered, 1)
	g.False = share(untrue, unanswerable, 0)
	for _, m := range slices.Sorted(maps.Keys(g.Classes)) { // in order, or the last digit of the sum is a matter of luck
		c := g.Classes[m]
		n := float64(c.Questions)
		g.MacroRecall += c.Recall / n / float64(len(g.Classes))
		c.Recall, c.Accepted = round3(c.Recall/n), round3(c.Accepted/n)
		g.Classes[m] = c
	}
	g.MacroRecall = round3(g.MacroRecall)
	return g, nil
}

func round3(x float64) float64 { return float64(int(x*1000+.5)) / 1000 }
