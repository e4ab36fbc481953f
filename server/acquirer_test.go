package main

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// says sends a line and waits for an answer behind it that fits a pattern.
func (c *client) says(text, want string) line {
	c.s.t.Helper()
	cid := fmt.Sprint("says-", time.Now().UnixNano())
	c.do(http.MethodPost, "/api/w/v1/send", map[string]string{"t": "msg", "cid": cid, "text": text}, http.StatusOK, nil)
	return c.reads(cid, want)
}

// reads waits for a line that fits a pattern, behind the line with a cid where one is named.
func (c *client) reads(cid, want string) (found line) {
	c.s.t.Helper()
	var all []line
	pattern := regexp.MustCompile(want)
	waitFor(c.s.t, want, func() bool {
		time.Sleep(250 * time.Millisecond) // a visitor may not ask as often as he likes
		all = c.history()
		behind := cid == ""
		for _, l := range all {
			if behind && pattern.MatchString(l.Text) {
				found = l
				return true
			}
			behind = behind || l.CID == cid
		}
		return false
	}, func() string { return fmt.Sprintf("%+v\n%s", all, c.s.logs.String()) })
	return found
}

var simPage = regexp.MustCompile(`http://127\.0\.0\.1:\d+/   模拟的`)

// control posts to the simulator's page.
func control(t *testing.T, sim, path string, form url.Values) {
	t.Helper()
	res, err := http.PostForm(sim+path, form)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusOK { // of the page behind it
		t.Fatalf("%s: status %d", path, res.StatusCode)
	}
}

// The default server reaches its simulator over HTTP; a ticket that is moved there is told here, at once and once.
func TestSimulatorInside(t *testing.T) {
	s := startServer(t)
	sim := strings.TrimSuffix(strings.Fields(simPage.FindString(s.out.String()))[0], "/")
	v := s.visitor("")
	v.says("演示商户 6", "绿田蔬果")
	v.says("昨天的钱没到账", "户名不符")
	v.says("提交工单", "要报给收单机构的内容")
	no := v.says("确认提交", "已提交给收单机构").No
	control(t, sim, "/control/ticket", url.Values{"no": {no}, "status": {"IN_PROGRESS"}, "note": {"在核对户名"}})
	v.reads("", "有进展：收单机构处理中。收单机构说明：在核对户名")
	control(t, sim, "/control/ticket", url.Values{"no": {no}, "status": {"DONE"}})
	v.reads("", "工单 "+no+" 已办结")
	v.says("查进度", "已办结")

	// While nothing comes from there, the bot says so and nothing else.
	control(t, sim, "/control/fault", url.Values{"kind": {"reset"}})
	w := s.visitor("")
	w.says("演示商户 1", "晨光便利店")
	w.says("商户状态异常", "没能查成")
	control(t, sim, "/control/fault", url.Values{"kind": {"none"}})
	if n := len(v.history()); n == 0 {
		t.Error("nothing was said")
	}

	res, err := http.Post(s.url+"/acquirer/events", "application/json", strings.NewReader(`{"id":"1"}`))
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusUnauthorized {
		t.Errorf("an unsigned event: status %d", res.StatusCode)
	}
}

// startOutside starts the simulator as a process of its own, with a key of each side, and the server that reaches it.
func startOutside(t *testing.T) (s *server, sim string) {
	t.Helper()
	dir := t.TempDir()
	ours, theirs := keyFiles(t, dir)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := l.Addr().String()
	l.Close()
	s = startServer(t, "POSDOCTOR_ACQUIRER=http", "POSDOCTOR_ACQUIRER_URL=http://"+at, "POSDOCTOR_ACQUIRER_KEY_ID=posdoctor-1", "POSDOCTOR_ACQUIRER_KEY_FILE="+ours,
		"POSDOCTOR_ACQUIRER_LINK_HOSTS=help.example.com")
	if simPage.MatchString(s.out.String()) {
		t.Error("there is a simulator inside")
	}
	cmd := s.command("acquirer-sim", "--sim-listen", at, "--events-url", s.url)
	cmd.Env = append(cmd.Env, "POSDOCTOR_DATA="+dir, "POSDOCTOR_ACQUIRER_KEY_ID=posdoctor-1", "POSDOCTOR_ACQUIRER_KEY_FILE="+theirs)
	out := &output{}
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Signal(syscall.SIGTERM)
		if err := cmd.Wait(); err != nil {
			t.Errorf("the simulator ended badly: %v\n%s", err, out)
		}
	})
	waitFor(t, "the simulator's start", func() bool { return strings.Contains(out.String(), at) }, out.String)
	return s, "http://" + at
}

// The simulator as a process of its own; nobody binds by words.
func TestSimulatorOutside(t *testing.T) {
	s, sim := startOutside(t)

	// Nobody binds by words here: only the simulator inside has demo merchants to bind to.
	v := s.visitor("")
	v.says("演示商户 2", "")
	for _, l := range v.history() {
		if strings.Contains(l.Text, "为您服务") {
			t.Errorf("bound by words: %q", l.Text)
		}
	}
	res, err := http.Get(sim + "/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var doc struct {
		OpenAPI string `json:"openapi"`
	}
	if err := json.NewDecoder(res.Body).Decode(&doc); err != nil || doc.OpenAPI != "3.1.0" {
		t.Errorf("the document says it is %q, %v", doc.OpenAPI, err)
	}
}

// keyFiles writes what each side holds: its own private key and the other's public one.
func keyFiles(t *testing.T, dir string) (ours, theirs string) {
	t.Helper()
	var keys [2]*rsa.PrivateKey
	for i := range keys {
		var err error
		if keys[i], err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
			t.Fatal(err)
		}
	}
	var names [2]string
	for i := range names {
		private, err := x509.MarshalPKCS8PrivateKey(keys[i])
		if err != nil {
			t.Fatal(err)
		}
		public, err := x509.MarshalPKIXPublicKey(&keys[1-i].PublicKey)
		if err != nil {
			t.Fatal(err)
		}
		names[i] = filepath.Join(dir, fmt.Sprintf("key-%d.pem", i))
		text := append(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}), pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public})...)
		if err := os.WriteFile(names[i], text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return names[0], names[1]
}
