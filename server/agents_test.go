package main

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

// Agents are added, listed and disabled by command; the last admin is not.
func TestAgentCommand(t *testing.T) {
	data := t.TempDir()
	run := func(args ...string) (string, string, int) {
		return command(t, "", append(append([]string{"agent"}, args...), "--data", data)...)
	}
	out, fault, code := run("add", "limin", "--display", "李敏", "--team", "结算组", "--team", "夜班", "--skill", "settlement,risk", "--capacity", "3", "--role", "lead")
	if code != 0 || !strings.HasPrefix(out, "agent limin (lead), one-time password ") {
		t.Fatalf("add: %d %s %s", code, out, fault)
	}
	if out, fault, code = run("add", "root", "--role", "admin", "--team", "夜班"); code != 0 {
		t.Fatalf("add: %d %s %s", code, out, fault)
	}
	for name, args := range map[string][]string{"a role": {"add", "x", "--role", "root"}, "a skill": {"add", "x", "--skill", "cooking"}, "a name": {"add", "<b>"},
		"a display name": {"add", "x", "--display", "系统"}, "a capacity": {"add", "x", "--capacity", "0"}, "a team": {"add", "x", "--team", strings.Repeat("组", 21)}} {
		if _, fault, code := run(args...); code != exitUsage || fault == "" {
			t.Errorf("%s: %d %s", name, code, fault)
		}
	}
	if _, fault, code := run("add", "limin"); code != exitFinding || !strings.Contains(fault, "already") {
		t.Errorf("a taken name: %d %s", code, fault)
	}
	if _, fault, code := run("disable", "root"); code != exitFinding || !strings.Contains(fault, "last admin") {
		t.Errorf("the last admin: %d %s", code, fault)
	}
	if _, fault, code := run("disable", "nobody"); code != exitFinding || !strings.Contains(fault, "no agent") {
		t.Errorf("nobody: %d %s", code, fault)
	}
	if out, fault, code := run("disable", "limin"); code != 0 || out != "agent limin is disabled\n" {
		t.Errorf("disable: %d %s %s", code, out, fault)
	}
	type line struct {
		Name, Display, Role string
		Teams, Skills       []string
		Capacity            int
		Disabled            bool
	}
	var list struct{ Agents []line }
	out, _, _ = run("list", "--json")
	if err := json.Unmarshal([]byte(out), &list); err != nil || len(list.Agents) != 2 {
		t.Fatalf("list: %v %s", err, out)
	}
	slices.Sort(list.Agents[0].Teams)
	if a := list.Agents[0]; a.Name != "limin" || a.Display != "李敏" || a.Role != "lead" || !slices.Equal(a.Teams, []string{"夜班", "结算组"}) ||
		!slices.Equal(a.Skills, []string{"settlement", "risk"}) || a.Capacity != 3 || !a.Disabled {
		t.Errorf("listed %+v", a)
	}
	if out, _, code := run("list"); code != 0 || !strings.Contains(out, "limin  李敏") || !strings.Contains(out, "disabled") {
		t.Errorf("list: %d\n%s", code, out)
	}
	if out, _, code := run("disable", "limin", "--undo"); code != 0 || out != "agent limin is enabled\n" {
		t.Errorf("undo: %d %s", code, out)
	}
}
