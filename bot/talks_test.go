package bot_test

import (
	"flag"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"posdoctor/bot/bottest"
	"posdoctor/flows"
)

var update = flag.Bool("update", false, "write the talks anew")

// TestTalks plays every talk. They tell how the bot behaves; see package talks for how they read. Together they take the transitions
// of the dialogue's table, but for a few.
func TestTalks(t *testing.T) {
	files, err := filepath.Glob("testdata/talks/*.txt")
	if err != nil || len(files) < 60 {
		t.Fatalf("%d talks: %v", len(files), err)
	}
	lib := bottest.Shipped(t)
	var mu sync.Mutex
	var moves []flows.Move
	played := 0
	ok := t.Run("all", func(t *testing.T) {
		for _, file := range files {
			t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
				t.Parallel()
				took := bottest.Play(t, lib, file, *update)
				mu.Lock()
				defer mu.Unlock()
				moves = append(moves, took...)
				played++
			})
		}
	})
	if c := lib.Flow().Coverage(moves); ok && played == len(files) && !c.Enough(95) {
		t.Errorf("the talks take %d of %d transitions, and 95 %% are wanted; write talks for %v", c.Transitions, c.OfTransitions, c.Missing)
	}
}
