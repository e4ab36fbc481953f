package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

var phonePage = regexp.MustCompile(`模拟微信\s+(http://127\.0\.0\.1:\d+)/`)

// TestDemo: the command says where the phones are, what is said there goes through the bot, and what was set for a real WeChat does not
// count.
func TestDemo(t *testing.T) {
	s := &server{t: t, data: t.TempDir(), out: &output{}, logs: &output{}}
	s.cmd = s.command("demo", "--listen", "127.0.0.1:0", "--demo-listen", "127.0.0.1:0")
	s.cmd.Env = append(s.cmd.Env, reExec+"=serve", "POSDOCTOR_WECHAT_APP_ID=wx-of-a-real-account", "POSDOCTOR_WECHAT_TOKEN=real", "POSDOCTOR_WECHAT_MODE=plain",
		"POSDOCTOR_WECHAT_KF_AES_KEY_PREVIOUS=of-a-real-account")
	s.cmd.Stdout, s.cmd.Stderr = s.out, s.logs
	in, err := s.cmd.StdinPipe()
	if err == nil {
		s.hold, err = in, s.cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	defer s.stop()
	waitFor(t, "the demo's start", func() bool { return phonePage.MatchString(s.out.String()) }, s.logs.String)
	at := phonePage.FindStringSubmatch(s.out.String())[1]
	res, err := http.Get(at + "/")
	if err != nil {
		t.Fatal(err)
	}
	page, _ := io.ReadAll(res.Body)
	res.Body.Close()
	if !bytes.Contains(page, []byte("模拟微信")) || !strings.Contains(res.Header.Get("Content-Security-Policy"), "script-src 'self'") {
		t.Errorf("page: %d %.100s", res.StatusCode, page)
	}
	req, _ := http.NewRequest("POST", at+"/act", strings.NewReader(`{"tab":"oa","do":"say","text":"POS机显示商户状态异常"}`))
	req.Header.Set("Origin", at)
	req.Header.Set("Content-Type", "application/json")
	client := &http.Client{Timeout: 30 * time.Second}
	res, err = client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var push struct{ Outcome, Reply string }
	if err := json.NewDecoder(res.Body).Decode(&push); err != nil || push.Outcome != "passive" || !strings.Contains(push.Reply, "商户状态异常") {
		t.Errorf("said and heard: %+v %v\n%s", push, err, s.logs)
	}

	live, err := http.Get(at + "/live") // an open page does not keep the program from ending
	if err != nil {
		t.Fatal(err)
	}
	defer live.Body.Close()
	start := time.Now()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, live.Body); err != nil {
		t.Logf("the line ended: %v", err)
	}
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("it took %s to let go of the page", took)
	}
}
