package main

import (
	"encoding/json"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"posdoctor/channels/wechat"
	"posdoctor/channels/wechat/wechattest"
)

// TestMenuCommands: a menu is set, shown and taken away, also while a server works on the same data folder.
func TestMenuCommands(t *testing.T) {
	api := &wechattest.API{AppID: "wx0123456789abcdef", AppSecret: "the-app-secret"}
	far := httptest.NewServer(api)
	defer far.Close()
	account := []string{"POSDOCTOR_WECHAT_APP_ID=" + api.AppID, "POSDOCTOR_WECHAT_APP_SECRET=" + api.AppSecret, "POSDOCTOR_WECHAT_TOKEN=tok", "POSDOCTOR_WECHAT_API_URL=" + far.URL}
	s := startServer(t, account...)
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	example := regexp.MustCompile("(?s)```yaml\n# menu.yaml.*?```").FindString(string(readme))
	file, bad := filepath.Join(t.TempDir(), "menu.yaml"), filepath.Join(t.TempDir(), "bad.yaml")
	for name, text := range map[string]string{file: strings.TrimSuffix(strings.TrimPrefix(example, "```yaml\n"), "```"), bad: "button:\n  - name: 一二三四五六\n    type: click\n    key: x\n"} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	run := func(code int, want string, args ...string) string {
		t.Helper()
		cmd := s.command(append([]string{"wechat", "menu"}, args...)...)
		cmd.Env = append(cmd.Env, account...)
		var out, fault strings.Builder
		cmd.Stdout, cmd.Stderr = &out, &fault
		err := cmd.Run()
		if got := cmd.ProcessState.ExitCode(); got != code || !strings.Contains(out.String()+fault.String(), want) {
			t.Errorf("%q: exit %d, %v, %s%s; want %d, %q", args, got, err, out.String(), fault.String(), code, want)
		}
		for _, secret := range []string{api.AppSecret, "access_token"} {
			if strings.Contains(out.String()+fault.String(), secret) {
				t.Errorf("%q printed %s", args, secret)
			}
		}
		return out.String()
	}
	if out := run(0, "this account has no menu", "show"); out != "" {
		t.Errorf("stdout has %q", out)
	}
	run(1, bad+":2: the name", "push", bad)
	if n := len(api.CallsTo("/cgi-bin/menu/create")); n != 0 {
		t.Errorf("a bad menu led to %d calls", n)
	}
	run(1, "the menu cannot be read", "push", file+".none")
	run(2, "needs a file", "push")
	run(2, "needs one of: delete, push, show")
	run(0, "the menu is set, with 3 buttons", "push", file)
	shown := run(0, "", "show")
	if _, err := wechat.ParseMenu("shown.json", []byte(shown)); err != nil || !json.Valid([]byte(shown)) {
		t.Errorf("shown %s: %v", shown, err)
	}
	api.Fail(wechattest.Fault{Path: "menu/create", Errcode: 40164})
	run(1, "is not in the list of allowed IP addresses", "push", file)
	run(0, "no menu any more", "delete")
	if api.TheMenu() != nil {
		t.Error("it is still there")
	}
	if _, fault, code := command(t, "", "wechat", "menu", "show", "--data", t.TempDir()); code != exitUsage || !strings.Contains(fault, "wechat-app-secret") {
		t.Errorf("without an account: exit %d, %s", code, fault)
	}
}
