package bot_test

import (
	"flag"
	"path/filepath"
	"strings"
	"testing"

	"posdoctor/bot/bottest"
)

var update = flag.Bool("update", false, "write the talks anew")

// TestTalks plays every talk. They tell how the bot behaves; see package bottest for how they read.
func TestTalks(t *testing.T) {
	files, err := filepath.Glob("testdata/talks/*.txt")
	if err != nil || len(files) < 25 {
		t.Fatalf("%d talks: %v", len(files), err)
	}
	lib := bottest.Shipped(t)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			t.Parallel()
			bottest.Play(t, lib, file, *update)
		})
	}
}
