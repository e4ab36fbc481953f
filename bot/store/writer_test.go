package store

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
)

func TestOlder(t *testing.T) {
	for _, c := range []struct {
		version string
		old     bool
	}{
		{"3.51.2", true}, {"3.51.3", false}, {"3.51.10", false}, {"3.9.9", true}, {"3.54.1", false}, {"4.0.0", false}, {"2.99.99", true},
		{"3.51", true}, {"3.52", false}, {"", true}, {"garbage", true},
	} {
		if got := older(c.version, leastSQLite); got != c.old {
			t.Errorf("older(%q) = %v", c.version, got)
		}
	}
}

// TestFailedCommit has a batch whose commit fails: all its jobs must fail, also those that were refused because of a neighbour's
// row, and the next batch goes on.
func TestFailedCommit(t *testing.T) {
	s, err := Open(context.Background(), filepath.Join(t.TempDir(), "p.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	insert := func(t *tx) error {
		_, err := t.exec(`INSERT INTO meta (name, value) VALUES ('x', 'y')`)
		return err
	}
	refusal := errors.New("the row is there")
	conn := make(chan *tx, 1)
	if err := s.w.do(context.Background(), func(t *tx) error { conn <- t; return nil }); err != nil {
		t.Fatal(err)
	}
	w := <-conn // the writer is idle now
	run := func(f func(*tx) error) *job { return &job{ctx: context.Background(), do: f} }
	jobs := []*job{
		run(insert),
		run(func(t *tx) error {
			if insert(t) == nil {
				return errors.New("inserted twice")
			}
			return refusal
		}),
		run(func(t *tx) error { // a row that breaks a promise which is checked at the commit
			if _, err := t.exec(`CREATE TABLE child (parent text REFERENCES meta (name) DEFERRABLE INITIALLY DEFERRED)`); err != nil {
				return err
			}
			_, err := t.exec(`INSERT INTO child VALUES ('nobody')`)
			return err
		}),
	}
	w.batch(jobs)
	for i, j := range jobs {
		if j.err == nil || errors.Is(j.err, refusal) {
			t.Errorf("job %d of a commit that failed: %v", i, j.err)
		}
	}
	after := []*job{run(insert), run(func(t *tx) error { panic("oh") }), run(func(t *tx) error { return insert(t) })}
	w.batch(after)
	if after[0].err != nil || after[1].err == nil || after[2].err == nil {
		t.Errorf("afterwards: %v, %v, %v", after[0].err, after[1].err, after[2].err)
	}
}
