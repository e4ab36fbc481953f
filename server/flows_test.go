package main

import (
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"posdoctor/bot"
	"posdoctor/bot/live"
	"posdoctor/bot/store"
	"posdoctor/knowledge"
)

// TestFlowsTest: the talks are found in a checkout, go as written and take nearly all of the table; elsewhere it is said where they are.
func TestFlowsTest(t *testing.T) {
	out, fault, code := command(t, "", "flows", "test", "--talks", "../bot/testdata/talks")
	if code != 0 || !strings.Contains(out, "0 of them went differently") || !strings.Contains(out, "states: 12 of 12") {
		t.Errorf("%d %s\n%s", code, fault, out)
	}
	dir := t.TempDir()
	if _, fault, code := command(t, "", "flows", "test", "--talks", dir); code != exitFinding || !strings.Contains(fault, "run this in a checkout") {
		t.Errorf("%d %s", code, fault)
	}
	if err := os.WriteFile(filepath.Join(dir, "short.txt"), []byte("商户：转人工\n    医生：好\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	out, fault, code = command(t, "", "flows", "test", "--talks", dir)
	if code != exitFinding || !strings.Contains(fault, "1 of 1 talks went differently") || !strings.Contains(out, "not taken: diagnosing --ask--> diagnosing") || !strings.Contains(out, "not entered: proposing") {
		t.Errorf("%d %s\n%s", code, fault, out)
	}
}

// TestFlowsDraw: the picture that is written is the one that is checked in.
func TestFlowsDraw(t *testing.T) {
	file := filepath.Join(t.TempDir(), "x.svg")
	if _, fault, code := command(t, "", "flows", "draw", "--svg", file); code != 0 {
		t.Fatal(fault)
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if want, err := os.ReadFile("../flows/dialogue.svg"); err != nil || string(want) != string(got) {
		t.Errorf("flows/dialogue.svg is not current: %v", err)
	}
}

func TestFlowsSimulate(t *testing.T) {
	out, fault, code := command(t, "", "flows", "simulate", "--n", "50", "--seed", "7")
	if code != 0 || !strings.Contains(out, `"action_group"`) || !strings.Contains(out, `"optimum"`) {
		t.Errorf("%d %s\n%s", code, fault, out)
	}
	if again, _, _ := command(t, "", "flows", "simulate", "--n", "50", "--seed", "7"); again != out {
		t.Error("the same seed gives other figures")
	}
	if _, fault, code := command(t, "", "flows", "simulate", "--n", "0"); code != exitUsage || !strings.Contains(fault, "at least 1") {
		t.Errorf("%d %s", code, fault)
	}
}

// TestFlowsRefit: what helped merchants speaks for other numbers; they are only said, unless a file is asked for, which is part of a library.
func TestFlowsRefit(t *testing.T) {
	dir := t.TempDir()
	st, err := store.Open(t.Context(), filepath.Join(dir, "posdoctor.db"))
	if err != nil {
		t.Fatal(err)
	}
	lib, err := knowledge.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	index, err := knowledge.NewIndex(lib)
	if err != nil {
		t.Fatal(err)
	}
	defer index.Close()
	book, err := bot.NewPlaybook(lib)
	if err != nil {
		t.Fatal(err)
	}
	svc := &bot.Service{Store: st, Bus: &live.Bus{}, Finder: bot.LibraryFinder{Index: index}, Engine: bot.NewEngine(), Now: time.Now, NewID: bot.NewID,
		Log: slog.New(slog.DiscardHandler)}
	if err := svc.Publish(t.Context(), book); err != nil {
		t.Fatal(err)
	}
	for _, talk := range [][]string{
		{"机器没信号了", "好了"},
		{"机器没信号了", "解决了", "机器没信号了", "解决了"}, // two episodes
		{"机器没信号了", "好了", "没解决"},            // it had not helped after all
		{"机器没信号了", "没解决"},                  // nobody knows
	} {
		user := bot.NewID()
		for _, words := range talk {
			if _, err := svc.Handle(t.Context(), bot.Address{Channel: "test", User: user}, bot.Event{Kind: bot.EventSaid, Text: words}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "refitted.yaml")
	out, fault, code := command(t, "", "flows", "refit", "--data", dir, "--out", file)
	var got struct {
		Cases   int
		Unread  int
		Changes []struct {
			Cause, Check string
			Old, New     float64
		}
	}
	if err := json.Unmarshal([]byte(out), &got); err != nil || code != 0 {
		t.Fatalf("%v %d %s\n%s", err, code, fault, out)
	}
	if got.Cases != 3 || got.Unread != 0 {
		t.Errorf("%s", out)
	}
	up := map[string]bool{}
	for _, c := range got.Changes {
		if c.Check == "" {
			up[c.Cause] = c.New > c.Old
		}
	}
	if !up["network"] || up["risk"] {
		t.Errorf("%s", out)
	}
	written, err := knowledge.LoadDir(lib, filepath.Dir(file))
	if err != nil || len(written.Causes) != len(lib.Causes) {
		t.Fatalf("%d causes, %v", len(written.Causes), err)
	}
	if _, err := os.Stat(filepath.Join(dir, libraryFolder)); err == nil {
		t.Error("the library in use was changed")
	}
}
