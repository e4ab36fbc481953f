package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"posdoctor/knowledge"
)

// files writes files of lines and returns their names.
func files(t *testing.T, texts ...string) []string {
	t.Helper()
	dir, names := t.TempDir(), []string{}
	for i, text := range texts {
		name := filepath.Join(dir, string(rune('a'+i))+".jsonl")
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
	}
	return names
}

func TestEvalRetrieval(t *testing.T) {
	f := files(t, `{"id":"net","question":"机器连不上网","aliases":["没有信号","网络断了"]}
{"id":"paper","question":"打印机不出纸","aliases":["小票打不出来"]}`,
		`{"id":"1","text":"没有信号","relevant":["net"]}
{"id":"2","text":"小票出不来","relevant":["paper"]}`,
		`{"a":"没有信号","b":"连不上网"}`)
	out, fault, code := command(t, "", "eval", "retrieval", "--corpus", f[0], "--queries", f[1], "--train", f[2], "--baseline")
	if code != 0 {
		t.Fatal(fault)
	}
	var got map[string]any
	if err := json.Unmarshal([]byte(out), &got); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"recall@1", "recall@3", "mrr@10", "p50_ms", "p99_ms", "build_ms", "heap_mb", "baseline"} {
		if _, ok := got[name]; !ok {
			t.Errorf("%s is missing in %s", name, out)
		}
	}
	if got["recall@1"] != 1.0 {
		t.Errorf("%s", out)
	}
	for _, args := range [][]string{{}, {"--corpus", f[0]}} {
		if _, fault, code := command(t, "", append([]string{"eval", "retrieval"}, args...)...); code != exitUsage || !strings.Contains(fault, "name the file") {
			t.Errorf("%v: %d %s", args, code, fault)
		}
	}
	if _, fault, code := command(t, "", "eval", "retrieval", "--corpus", f[1], "--queries", f[1]); code != exitFinding || !strings.Contains(fault, "line 1") {
		t.Errorf("a corpus without questions: %d %s", code, fault)
	}
}

func TestEvalTriage(t *testing.T) {
	f := files(t, `{"id":"1","text":"转人工","expected":"human"}
{"id":"2","text":"POS机显示商户状态异常","expected":"answer","accept":["diagnose"]}`)
	out, fault, code := command(t, "", "eval", "triage", "--questions", f[0])
	if code != 0 {
		t.Fatal(fault)
	}
	var got knowledge.Grades
	if err := json.Unmarshal([]byte(out), &got); err != nil {
		t.Fatal(err)
	}
	if got.Accepted != 1 || got.MacroRecall != .5 || got.Classes[knowledge.Human].Recall != 1 || len(got.Confusions) != 0 {
		t.Errorf("%s", out)
	}
}

func TestSearchExplains(t *testing.T) {
	out, fault, code := command(t, "", "knowledge", "search", "--explain", "机子一直连不上网咋整")
	if code != 0 {
		t.Fatal(fault)
	}
	for _, part := range []string{"words  ", "score  ", "p      ", "meaning ", "told from p 0.7"} {
		if !strings.Contains(out, part) {
			t.Errorf("%q is missing in %s", part, out)
		}
	}
}

func TestPrecisionIsAShare(t *testing.T) {
	for _, name := range []string{"--answer-precision", "--offer-precision"} {
		for _, value := range []string{"2", "0", "-1", "NaN", "most"} {
			if _, fault, code := command(t, "", "ask", "在吗", name, value); code != exitUsage || !strings.Contains(fault, "no share") {
				t.Errorf("%s %s: %d %s", name, value, code, fault)
			}
		}
	}
}
