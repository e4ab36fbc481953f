package main

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"posdoctor/bot"
	"posdoctor/knowledge"
)

// command runs one command line and returns what it wrote to stdout, the message of its error, and the exit code.
func command(t *testing.T, stdin string, args ...string) (out, fault string, code int) {
	t.Helper()
	root := commands()
	var buf bytes.Buffer
	root.SetOut(&buf)
	root.SetIn(strings.NewReader(stdin))
	root.SetArgs(args)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute) // all talks, on a busy machine
	defer cancel()
	err := root.ExecuteContext(ctx)
	if err != nil {
		fault = err.Error()
	}
	return buf.String(), fault, exitCode(err)
}

// The help of a command has its own options, and those of the server where it serves.
func TestHelp(t *testing.T) {
	for _, c := range []struct {
		command string
		has     string
		options bool
	}{
		{"", "--listen", true},
		{"serve", "--listen", true},
		{"agent add", "--skill", false},
		{"wechat menu push", "server help", false},
	} {
		out, fault, code := command(t, "", append(strings.Fields(c.command), "--help")...)
		if code != 0 || !strings.Contains(out, c.has) || strings.Contains(out, "--wechat-app-secret") != c.options {
			t.Errorf("%q --help: %d %s\n%s", c.command, code, fault, out)
		}
	}
}

func TestUsage(t *testing.T) {
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close()
	file := filepath.Join(t.TempDir(), "a file")
	if err := os.WriteFile(file, []byte("unknown-option: 1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	taken := t.TempDir()
	lock, err := lockFolder(taken)
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Close()
	for _, c := range []struct {
		args []string
		code int
		want string // part of the sentence
	}{
		{[]string{"--listen", "127.0.0.1:0", "--data", taken}, exitFinding, "another posdoctor works on the data folder"},
		{[]string{"talk", "--data", filepath.Join(taken, "none")}, exitFinding, "the data folder cannot be read"},
		{[]string{"knowledge", "check", "a", "b"}, exitUsage, "takes a folder at the most"},
		{[]string{"demo", "--demo-listen", "0.0.0.0:0"}, exitUsage, "no address of this machine alone"},
		{[]string{"nonsense"}, exitUsage, `no command or argument "nonsense"`},
		{[]string{"--nonsense"}, exitUsage, "unknown flag"},
		{[]string{"ask"}, exitUsage, "ask needs a message"},
		{[]string{"agent"}, exitUsage, "needs one of: add, disable, list, passwd"},
		{[]string{"--listen", "nowhere"}, exitUsage, "option listen"},
		{[]string{"--database-url", "postgres://x"}, exitUsage, "option database-url: PostgreSQL does not work yet"},
		{[]string{"--redis-url", "redis://x"}, exitUsage, "option redis-url"},
		{[]string{"--public-url", "help.example.com/x"}, exitUsage, "option public-url"},
		{[]string{"--trusted-proxies", "10.0.0.0/8, x"}, exitUsage, "option trusted-proxies"},
		{[]string{"--log-level", "loud"}, exitUsage, "option log-level"},
		{[]string{"--acquirer", "http"}, exitUsage, "option acquirer-url: is needed with acquirer http"},
		{[]string{"--acquirer", "wechatpay"}, exitUsage, "option wechatpay-mch-id: is needed with acquirer wechatpay"},
		{[]string{"--acquirer", "http", "--acquirer-url", "https://a.example.com"}, exitUsage, "option acquirer-key-id"},
		{[]string{"--acquirer", "http", "--acquirer-url", "https://a.example.com", "--acquirer-key-id", "k"}, exitUsage, "option acquirer-secret: either it or acquirer-key-file"},
		{[]string{"--acquirer", "http", "--acquirer-url", "https://a.example.com", "--acquirer-key-id", "k", "--acquirer-secret", "short"}, exitUsage, "use at least 32"},
		{[]string{"--acquirer", "http", "--acquirer-url", "https://a.example.com", "--acquirer-key-id", "k", "--acquirer-key-file", "/nowhere"}, exitUsage, "option acquirer-key-file"},
		{[]string{"--acquirer", "http", "--acquirer-url", "http://a.example.com", "--acquirer-key-id", "k", "--acquirer-secret", strings.Repeat("s", 32)}, exitUsage, "over https"},
		{[]string{"acquirer-sim"}, exitUsage, "option acquirer-key-id"},
		{[]string{"acquirer-sim", "--acquirer-key-id", "k", "--acquirer-secret", strings.Repeat("s", 32), "--events-url", "here"}, exitUsage, "option events-url"},
		{[]string{"--wechat-hold", "9s"}, exitUsage, "option wechat-hold"},
		{[]string{"--wechat-app-id", "wx1"}, exitUsage, "option wechat-token"},
		{[]string{"--wechat-kf-corp-id", "ww1"}, exitUsage, "option wechat-kf-secret"},
		{[]string{"--wechat-kf-corp-id", "ww1", "--wechat-kf-secret", "s", "--wechat-kf-token", "t", "--wechat-kf-aes-key", "short"}, exitUsage, "wechat-kf-aes-key must have 43"},
		{[]string{"--wechat-kf-corp-id", "ww1", "--wechat-kf-secret", "s", "--wechat-kf-token", "t", "--wechat-kf-aes-key", strings.Repeat("a", 43), "--wechat-kf-desk", "theirs"},
			exitUsage, "wechat-kf-desk must be own or wecom"},
		{[]string{"--speech-key", "k"}, exitUsage, "option speech-key: it needs speech-url"},
		{[]string{"--speech-url", "https://speech.example.com"}, exitUsage, "option speech-url: it needs wechat-app-secret"},
		{[]string{"--wechat-app-id", "wx1", "--wechat-token", "t", "--wechat-app-secret", "s", "--speech-url", "http://speech.example.com"}, exitUsage, "over https only"},
		{[]string{"--wechat-kf-corp-id", "ww1", "--wechat-kf-secret", "s", "--wechat-kf-token", "t", "--wechat-kf-aes-key", strings.Repeat("a", 43), "--speech-url", "http://speech.example.com"},
			exitUsage, "over https only"}, // Customer Service fetches voices too
		{[]string{"--config-file", file}, exitUsage, `there is no option "unknown-option"`},
		{[]string{"--config-file", file + ".none"}, exitUsage, "options file"},
		{[]string{"--listen", busy.Addr().String()}, exitFinding, "is in use by another program"},
		{[]string{"--listen", "127.0.0.1:0", "--data", filepath.Join(file, "below")}, exitFinding, "choose another one with --data"},
		{[]string{"knowledge", "check", file}, exitFinding, "is a file"},
		{[]string{"knowledge", "import"}, exitUsage, "import needs a file at least"},
		{[]string{"knowledge", "import", file + ".none", "--data", t.TempDir()}, exitFinding, "a file.none: no such file or directory"},
		{[]string{"knowledge", "drafts", "none", "--data", t.TempDir()}, exitFinding, `no draft and no import "none"`},
		{[]string{"knowledge", "publish", "--data", t.TempDir()}, exitUsage, "publish needs a draft or an import at least"},
		{[]string{"knowledge", "publish", "none", "--data", t.TempDir()}, exitFinding, `there is no draft "none"`},
		{[]string{"knowledge", "undo", "none", "--data", t.TempDir()}, exitFinding, `there is no import "none"`},
		{[]string{"knowledge", "export", "--out", taken}, exitFinding, "is not empty"},
		{[]string{"replay", "none", "--data", t.TempDir()}, exitFinding, `there is no conversation "none"`},
	} {
		_, fault, code := command(t, "", c.args...)
		if code != c.code || !strings.Contains(fault, c.want) {
			t.Errorf("%q: exit %d, %s; want %d, %q", c.args, code, fault, c.code, c.want)
		}
	}
}

// TestOptionsOrder: a flag goes before the environment, and that before the file.
func TestOptionsOrder(t *testing.T) {
	file := filepath.Join(t.TempDir(), "posdoctor.yaml")
	if err := os.WriteFile(file, []byte("listen: 127.0.0.1:1\ndata: from-file\nlog-level: warn\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("POSDOCTOR_DATA", "from-env")
	t.Setenv("POSDOCTOR_LISTEN", "127.0.0.1:2")
	root := commands()
	root.SetArgs([]string{"config", "--config-file", file, "--listen", "127.0.0.1:3"})
	cmd, args, err := root.Find([]string{"config"})
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.ParseFlags(append(args, "--config-file", file, "--listen", "127.0.0.1:3")); err != nil {
		t.Fatal(err)
	}
	s, err := read(cmd)
	if err != nil || s.listen != "127.0.0.1:3" || s.data != "from-env" || s.level.String() != "WARN" {
		t.Errorf("%+v %v", s, err)
	}
}

// TestConfigIsAFile: what `config` prints, with every line uncommented, is a file that is read.
func TestConfigIsAFile(t *testing.T) {
	out, _, code := command(t, "", "config")
	if code != 0 {
		t.Fatal(out)
	}
	var lines []string
	for _, line := range strings.Split(out, "\n") {
		if strings.HasPrefix(line, "#") && !strings.HasPrefix(line, "# ") {
			lines = append(lines, line[1:])
		}
	}
	if len(lines) != len(options)-1 {
		t.Errorf("%d options printed of %d", len(lines), len(options)-1)
	}
	file := filepath.Join(t.TempDir(), "posdoctor.yaml")
	if err := os.WriteFile(file, []byte(strings.Join(lines, "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, fault, code := command(t, "", "ask", "你好", "--config-file", file); code != 0 {
		t.Error(fault)
	}
}

func TestAsk(t *testing.T) {
	for text, want := range map[string]decision{
		"POS机显示商户状态异常":  {Decision: "diagnose", Article: "merchant-status-abnormal", Check: "all-terminals"},
		"刷卡提示51":        {Decision: "answer", Article: "code-51"},
		"机器报 Z9":        {Decision: "diagnose"},
		"转人工":           {Decision: "human"},
		"帮我套现":          {Decision: "reject", Article: "refuse-cash-out"},
		"提示97 终端未登记":    {Decision: "acquirer", Article: "code-97"},
		"紫色的大象会跳舞":      {Decision: "clarify"},
		"<b>刷卡提示51</b>": {Decision: "answer", Article: "code-51"},
	} {
		out, fault, code := command(t, "", "ask", text, "--json")
		var got decision
		if err := json.Unmarshal([]byte(out), &got); err != nil || code != 0 {
			t.Errorf("%s: %v %s\n%s", text, err, fault, out)
			continue
		}
		if got.Decision != want.Decision || got.Article != want.Article || want.Check != "" && got.Check != want.Check {
			t.Errorf("%s: %s %q %q, want %s %q %q", text, got.Decision, got.Article, got.Check, want.Decision, want.Article, want.Check)
		}
		if got.Reply == "" || got.Hits == nil || got.Causes == nil {
			t.Errorf("%s: a part is missing:\n%s", text, out)
		}
	}
	for text, want := range map[string]string{"": "empty", strings.Repeat("长", 2001): "2000 characters", "\xff\xfe": "UTF-8"} {
		if _, fault, code := command(t, "", "ask", text); code != exitFinding || !strings.Contains(fault, want) {
			t.Errorf("%.10q: exit %d, %s", text, code, fault)
		}
	}
}

// TestTalkAndReplay holds a conversation in the terminal up to a ticket, and decides it again from the database.
func TestTalkAndReplay(t *testing.T) {
	data := t.TempDir()
	out, fault, code := command(t, "演示商户 2\n商户状态异常\n提交工单\n确认提交\n查进度\n", "talk", "--data", data)
	if code != 0 {
		t.Fatal(fault)
	}
	for _, want := range []string{"川味小馆", "查到了：证照登记已过期", "1. 提交工单", "工单 LQ", "等收单机构受理"} {
		if !strings.Contains(out, want) {
			t.Errorf("the talk lacks %q:\n%s", want, out)
		}
	}
	a, err := newApp(t.Context(), settings{data: data, acquirer: "simulator"}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	convs, _, err := a.store.List(t.Context(), "bot", "", "", 10)
	if err != nil || len(convs) != 1 {
		t.Fatalf("%d conversations: %v", len(convs), err)
	}
	if err := a.close(); err != nil {
		t.Fatal(err)
	}
	out, fault, code = command(t, "", "replay", convs[0].ID, "--data", data)
	if code != 0 || !strings.Contains(out, "the same: ") {
		t.Errorf("exit %d, %s %s", code, out, fault)
	}
}

// TestLibraryOfTheOperator: files are taken in while the server runs; a faulty one never replaces a sound library.
func TestLibraryOfTheOperator(t *testing.T) {
	data := t.TempDir()
	a, err := newApp(t.Context(), settings{data: data, acquirer: "none"}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer a.close()
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); a.watch(ctx) }()
	write := func(text string) {
		t.Helper()
		dir := filepath.Join(data, libraryFolder)
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "ours.yaml"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	entry := func(brief string) string {
		return "articles:\n  - id: our-own\n    title: 小店专属问题\n    move: answer\n    wordings: [小店专属问题怎么办]\n    brief: " + brief + "\n"
	}
	brief := func() string {
		lib := a.index.Library()
		if e, ok := lib.Article("our-own"); ok {
			return e.Brief
		}
		return ""
	}
	await := func(want string) {
		t.Helper()
		for end := time.Now().Add(20 * time.Second); brief() != want; time.Sleep(20 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("the entry says %q, want %q", brief(), want)
			}
		}
	}
	write(entry("请看店里的说明"))
	await("请看店里的说明")
	hits, err := a.index.Search(knowledge.Query{Text: "小店专属问题怎么办", Limit: 1})
	if err != nil || len(hits) == 0 || hits[0].Article != "our-own" {
		t.Errorf("%+v %v", hits, err)
	}
	write(entry(strings.Repeat("太长了", 20)))
	if err := a.reload(t.Context()); err == nil || !strings.Contains(err.Error(), "ours.yaml:6") {
		t.Errorf("the fault has no file and line: %v", err)
	}
	if brief() != "请看店里的说明" {
		t.Errorf("a faulty file replaced the library: %q", brief())
	}
	write(entry("请问店长"))
	await("请问店长")
	stop()
	<-done
	if _, _, err := a.service.Try(t.Context(), bot.Conversation{ID: "x"}, bot.Event{Kind: bot.EventSaid, Text: "小店专属问题怎么办"}); err != nil {
		t.Error(err)
	}
}
