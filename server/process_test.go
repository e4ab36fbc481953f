package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// reExec makes this test binary behave as the server's: the server under test is a process of its own, started, stopped and
// killed as in life, and built once.
const reExec = "POSDOCTOR_TEST_RUN"

const adminPassword = "correct horse battery"

func TestMain(m *testing.M) {
	if os.Getenv(reExec) != "" {
		if os.Getenv(reExec) == "serve" {
			go func() { // no server outlives the tests, however they end
				io.Copy(io.Discard, os.Stdin)
				os.Exit(3)
			}()
		}
		main()
		return
	}
	code := m.Run()
	closeBrowser()
	os.Exit(code)
}

// server is the program, serving from a folder of its own.
type server struct {
	t    *testing.T
	data string
	addr string // after the first start the same, so that pages find it again
	url  string

	cmd  *exec.Cmd
	hold io.Closer
	out  *output
	logs *output
	env  []string // options beside the usual ones
}

// output keeps what a process writes.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// startServer starts the program on a free port and ends it with the test.
func startServer(t *testing.T, env ...string) *server {
	t.Helper()
	s := &server{t: t, data: t.TempDir(), addr: "127.0.0.1:0", logs: &output{}, env: env}
	s.start()
	t.Cleanup(func() {
		s.stop()
		log := s.logs.String()
		for _, bad := range []string{"level=ERROR", "panic", "DATA RACE"} {
			if strings.Contains(log, bad) {
				t.Errorf("the server's log has %q", bad)
			}
		}
		if t.Failed() {
			t.Logf("the server's log:\n%s", log)
		}
	})
	return s
}

// command prepares the program with arguments, in the data folder and without this process's options.
func (s *server) command(args ...string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], args...)
	cmd.Dir = s.data
	for _, e := range os.Environ() {
		if !strings.HasPrefix(e, "POSDOCTOR_") {
			cmd.Env = append(cmd.Env, e)
		}
	}
	cmd.Env = append(cmd.Env, reExec+"=command", "POSDOCTOR_ADMIN_PASSWORD="+adminPassword, "POSDOCTOR_DATA="+s.data)
	return cmd
}

var supportPage = regexp.MustCompile(`http://(127\.0\.0\.1:\d+)/\s`)

func (s *server) start() {
	s.t.Helper()
	s.out = &output{}
	s.cmd = s.command("serve", "--listen", s.addr)
	s.cmd.Env = append(append(s.cmd.Env, reExec+"=serve"), s.env...)
	s.cmd.Stdout, s.cmd.Stderr = s.out, s.logs
	in, err := s.cmd.StdinPipe()
	if err == nil {
		s.hold, err = in, s.cmd.Start()
	}
	if err != nil {
		s.t.Fatalf("starting the server: %v", err)
	}
	waitFor(s.t, "the server's start", func() bool {
		at := supportPage.FindStringSubmatch(s.out.String())
		if at == nil {
			return false
		}
		if s.url == "" { // read by others from now on
			s.addr, s.url = at[1], "http://"+at[1]
		}
		res, err := http.Get(s.url + "/readyz")
		if err != nil {
			return false
		}
		res.Body.Close()
		return res.StatusCode == http.StatusOK
	}, func() string { return s.logs.String() })
}

// kill ends the server as a power cut would.
func (s *server) kill() {
	s.t.Helper()
	if err := s.cmd.Process.Kill(); err != nil {
		s.t.Fatalf("killing the server: %v", err)
	}
	s.cmd.Wait()
	s.hold.Close()
	s.cmd = nil
}

// stop asks the server to end; it must do so in good order within ten seconds.
func (s *server) stop() {
	if s.cmd == nil {
		return
	}
	cmd := s.cmd
	s.cmd = nil
	defer s.hold.Close()
	start := time.Now()
	cmd.Process.Signal(syscall.SIGTERM)
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case err := <-ended:
		if err != nil {
			s.t.Errorf("the server ended badly on SIGTERM: %v", err)
		}
		if took := time.Since(start); took > 10*time.Second {
			s.t.Errorf("the server took %s to stop", took)
		}
	case <-time.After(20 * time.Second):
		s.t.Error("the server did not stop on SIGTERM")
		cmd.Process.Kill()
		<-ended
	}
}

// agent adds an agent by the command, beside the running server, and gives it a password of its own.
func (s *server) agent(name, password string) {
	s.t.Helper()
	out, err := s.command("agent", "add", name).Output()
	if err != nil {
		s.t.Fatalf("agent add: %v", err)
	}
	_, once, ok := strings.Cut(strings.TrimSpace(string(out)), "one-time password ")
	if !ok {
		s.t.Fatalf("agent add printed %q", out)
	}
	a := s.login(name, once)
	a.do(http.MethodPost, "/api/a/v1/password", map[string]string{"old": once, "new": password}, http.StatusNoContent, nil)
}

// client speaks JSON with the server: a visitor with a token, or an agent with a cookie.
type client struct {
	s      *server
	url    string
	token  string
	conv   string
	cookie *http.Cookie
	csrf   string
}

var direct = &http.Client{Timeout: 30 * time.Second}

// try sends one request. status is 0 when there was no answer.
func (c *client) try(method, path string, in, out any) (status int, body []byte) {
	var r io.Reader
	if in != nil {
		data, err := json.Marshal(in)
		if err != nil {
			c.s.t.Error(err)
			return 0, nil
		}
		r = bytes.NewReader(data)
	}
	req, err := http.NewRequest(method, c.url+path, r)
	if err != nil {
		c.s.t.Error(err)
		return 0, nil
	}
	req.Header.Set("Content-Type", "application/json")
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	if c.cookie != nil {
		req.AddCookie(c.cookie)
		req.Header.Set("X-CSRF-Token", c.csrf)
	}
	res, err := direct.Do(req)
	if err != nil {
		return 0, nil
	}
	defer res.Body.Close()
	body, err = io.ReadAll(res.Body)
	if err != nil {
		return 0, nil
	}
	for _, k := range res.Cookies() {
		c.cookie = k
	}
	if out != nil && res.StatusCode < 300 {
		if err := json.Unmarshal(body, out); err != nil {
			c.s.t.Errorf("%s %s: %v in %s", method, path, err, body)
		}
	}
	return res.StatusCode, body
}

func (c *client) do(method, path string, in any, want int, out any) {
	c.s.t.Helper()
	if got, body := c.try(method, path, in, out); got != want {
		c.s.t.Fatalf("%s %s: %d %s, want %d", method, path, got, body, want)
	}
}

func (s *server) login(name, password string) *client {
	s.t.Helper()
	c := &client{s: s, url: s.url}
	var out struct {
		CSRF string `json:"csrf"`
	}
	c.do(http.MethodPost, "/api/a/v1/login", map[string]string{"name": name, "password": password}, http.StatusOK, &out)
	c.csrf = out.CSRF
	return c
}

// visitor begins a conversation, or goes on with the one of a token.
func (s *server) visitor(resume string) *client {
	s.t.Helper()
	c := &client{s: s, url: s.url}
	var out struct {
		Token string `json:"token"`
		Conv  string `json:"conv"`
	}
	c.do(http.MethodPost, "/api/w/v1/session", map[string]string{"site": "demo", "resume": resume}, http.StatusOK, &out)
	c.token, c.conv = out.Token, out.Conv
	return c
}

// line is an event of a conversation.
type line struct {
	ID   int64  `json:"id"`
	Type string `json:"type"`
	From string `json:"from"`
	Text string `json:"text"`
	CID  string `json:"cid"`
	No   string `json:"no"`

	Media *struct {
		ID string `json:"id"`
	} `json:"media"`
}

// history is the whole conversation as the store has it, oldest first.
func (c *client) history() []line {
	c.s.t.Helper()
	var all []line
	for before := int64(0); ; {
		var page struct {
			Events []line `json:"events"`
			More   bool   `json:"more"`
		}
		c.do(http.MethodGet, fmt.Sprintf("/api/w/v1/history?limit=200&before=%d", before), nil, http.StatusOK, &page)
		all = append(page.Events, all...)
		if !page.More {
			return all
		}
		before = page.Events[0].ID
	}
}

// patience is how long a condition may take on a machine that is busy with other things.
const patience = 90 * time.Second // longer than what a killed server had begun is left alone

// waitFor waits until ok, and tells what was the case when it never is.
func waitFor(t *testing.T, what string, ok func() bool, state func() string) {
	t.Helper()
	end := time.Now().Add(patience)
	for !ok() {
		if time.Now().After(end) {
			t.Fatalf("waited %s in vain for %s\n%s", patience, what, state())
		}
		time.Sleep(20 * time.Millisecond)
	}
}
