// Package bottest holds talks against what came of them before. How talks read, and what plays them, is package talks.
package bottest

import (
	"os"
	"testing"

	"posdoctor/bot/talks"
	"posdoctor/flows"
)

// Shipped indexes the shipped library once for all talks of a test.
func Shipped(t testing.TB) *talks.Library {
	t.Helper()
	lib, err := talks.Shipped()
	must(t, err)
	t.Cleanup(func() { lib.Close() })
	return lib
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// NewStage sets up a bot with an empty database.
func NewStage(t testing.TB, lib *talks.Library) *talks.Stage {
	t.Helper()
	s, err := talks.NewStage(t.Context(), lib, t.TempDir())
	must(t, err)
	t.Cleanup(func() { s.Close() })
	return s
}

// Play runs the talk in a file and compares what came of it; with update it writes the file anew. It returns the edges of the
// dialogue's table that were taken.
func Play(t *testing.T, lib *talks.Library, file string, update bool) []flows.Move {
	t.Helper()
	data, err := os.ReadFile(file)
	must(t, err)
	s := NewStage(t, lib)
	got, err := s.Play(t.Context(), string(data))
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	if update {
		must(t, os.WriteFile(file, []byte(got), 0o644))
	} else if got != string(data) {
		t.Errorf("%s: the talk went differently; look at the difference and run `go test ./bot -run Talks -update` if it is meant so\n%s", file, talks.Difference(string(data), got))
	}
	return s.Moves
}
