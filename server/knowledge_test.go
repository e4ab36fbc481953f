package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestKnowledgeRoundabout: an article is imported, answers nobody, is published, answers, and is taken back.
func TestKnowledgeRoundabout(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	do := func(args ...string) string {
		t.Helper()
		out, fault, code := command(t, "", append(args, "--data", data)...)
		if code != 0 {
			t.Fatalf("%q: %s", args, fault)
		}
		return out
	}
	told := func() string {
		t.Helper()
		var d decision
		if err := json.Unmarshal([]byte(do("ask", "扫码盒子的支架断了一条腿", "--json")), &d); err != nil {
			t.Fatal(err)
		}
		return d.Article
	}
	file := filepath.Join(t.TempDir(), "article.txt")
	if err := os.WriteFile(file, []byte("扫码盒子常见问题\n\n1、扫码盒子的支架断了一条腿怎么换？\n\n答:请向服务商要一个新支架,自己用螺丝拧上。\n\n2、扫码盒子的灯一直是橙色说明什么？\n\n答:说明盒子正在升级,等灯变绿再收款。\n\n复制成功\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	out := do("knowledge", "import", file)
	m := regexp.MustCompile(`(?m)^import (\S+)$`).FindStringSubmatch(out)
	if m == nil || !strings.Contains(out, "2 drafts") {
		t.Fatal(out)
	}
	id := m[1] + "-1"
	if told() == id {
		t.Error("a draft answers")
	}
	if out := do("knowledge", "drafts", "--dropped"); !strings.Contains(out, id) || !strings.Contains(out, "复制成功  (copy button)") {
		t.Error(out)
	}
	if out := do("knowledge", "drafts", id); !strings.Contains(out, "title: 扫码盒子的支架断了一条腿怎么换？") {
		t.Error(out)
	}
	if out := do("knowledge", "import", file); !strings.Contains(out, "nothing new") {
		t.Error(out)
	}
	if out := do("knowledge", "publish", id); !strings.Contains(out, id+": published: ") {
		t.Error(out)
	}
	if got := told(); got != id {
		t.Errorf("told %q", got)
	}
	folder := filepath.Join(t.TempDir(), "export")
	revision := regexp.MustCompile(`revision (\w+)`)
	exported := revision.FindStringSubmatch(do("knowledge", "export", "--out", folder))
	if checked := revision.FindStringSubmatch(do("knowledge", "check", folder)); exported == nil || checked == nil || exported[1] != checked[1] {
		t.Errorf("exported %v, read %v", exported, checked)
	}
	if out := do("knowledge", "check"); !strings.Contains(out, "few wordings: "+id) {
		t.Error(out)
	}
	if _, _, code := command(t, "", "knowledge", "check", "--strict", "--data", data); code != exitFinding {
		t.Errorf("strict check: exit %d", code)
	}
	if out := do("knowledge", "undo", m[1]); !strings.Contains(out, "2 taken back, 0 stay") {
		t.Error(out)
	}
	if told() == id || !strings.Contains(do("knowledge", "drafts"), "no drafts") {
		t.Error("something was left")
	}
}

func TestBarLine(t *testing.T) {
	if s := barLine(1, 2); s != "["+strings.Repeat("#", 20)+strings.Repeat(" ", 20)+"]  50 %" {
		t.Errorf("%q", s)
	}
	if s := barLine(5, 4); !strings.HasSuffix(s, "] 100 %") {
		t.Errorf("%q", s)
	}
}
