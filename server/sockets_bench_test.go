package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"posdoctor/channels/wechat/wechattest"
)

// idleVisitors is how many BenchmarkIdle connects; the limit of open files of this machine may allow fewer.
var idleVisitors = flag.Int("visitors", 10_000, "sockets of BenchmarkIdle")

// BenchmarkIdle connects many visitors to the server, a process of its own, and says what each of them costs it while they are silent.
// Then the server is started anew: all come back by themselves, each when its jitter is over, while WeChat goes on pushing. Metrics:
//
//	B/visitor    resident memory of the server with them, less that without, after its collector has run
//	storm-s      seconds until the last one is welcomed again, from the moment when the server serves
//	push-p99-ms  how long WeChat waited for an answer meanwhile
//	refused      pushes that were not answered by 200, of `pushes`
//
//	go test ./server -run '^$' -bench Idle -benchtime 1x
func BenchmarkIdle(b *testing.B) {
	for range b.N {
		idle(b, *idleVisitors)
	}
}

const benchToken = "bench-token"

func idle(b *testing.B, n int) {
	s := startServer(b, "POSDOCTOR_WECHAT_APP_ID=wx-bench", "POSDOCTOR_WECHAT_TOKEN="+benchToken)
	crowd := &crowd{b: b, url: s.url}
	crowd.visit(n)
	before := s.resident()
	crowd.connect()
	with := s.resident()
	b.ReportMetric(float64(with-before)/float64(n), "B/visitor")
	b.ReportMetric(float64(before)/1e6, "MB-without")

	crowd.storm.Store(true)
	s.stop()
	s.start()
	begun := time.Now()
	pushes := crowd.push(s.url)
	waitFor(b, "everybody to come back", func() bool { return crowd.back.Load() == int64(n) }, func() string {
		return fmt.Sprintf("%d of %d are back", crowd.back.Load(), n)
	})
	b.ReportMetric(time.Since(begun).Seconds(), "storm-s")
	took, refused := pushes()
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1e3, "push-p99-ms")
	b.ReportMetric(float64(len(took)), "pushes")
	b.ReportMetric(float64(refused), "refused")
	if refused > 0 {
		b.Errorf("%d pushes of WeChat were refused during the storm", refused)
	}
	crowd.leave()
}

// resident is the memory of the server that is in RAM, in bytes, once it no longer falls.
func (s *server) resident() int64 {
	s.t.Helper()
	least := int64(1 << 62)
	for still := 0; still < 5; time.Sleep(500 * time.Millisecond) {
		if now := s.vmRSS(); now < least-least/200 {
			least, still = now, 0
		} else {
			still++
		}
	}
	return least
}

func (s *server) vmRSS() int64 {
	s.t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	if err != nil {
		s.t.Fatal(err)
	}
	for _, l := range strings.Split(string(status), "\n") {
		if rest, ok := strings.CutPrefix(l, "VmRSS:"); ok {
			kb, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			if err != nil {
				s.t.Fatal(err)
			}
			return kb << 10
		}
	}
	s.t.Fatal("no VmRSS")
	return 0
}

// crowd are visitors that say nothing.
type crowd struct {
	b      *testing.B
	url    string
	tokens []string
	storm  atomic.Bool // who is cut off comes back, and is counted
	back   atomic.Int64
	over   atomic.Bool
	mu     sync.Mutex
	open   map[*websocket.Conn]struct{}
	done   sync.WaitGroup
}

// visit gives each of n visitors a token.
func (c *crowd) visit(n int) {
	c.tokens, c.open = make([]string, n), map[*websocket.Conn]struct{}{}
	c.each(func(i int) error {
		res, err := direct.Post(c.url+"/api/w/v1/session", "application/json", strings.NewReader(`{"site":"demo"}`))
		if err != nil {
			return err
		}
		defer res.Body.Close()
		var out struct{ Token string }
		if err := json.NewDecoder(res.Body).Decode(&out); err != nil || out.Token == "" {
			return fmt.Errorf("no token: %d, %v", res.StatusCode, err)
		}
		c.tokens[i] = out.Token
		return nil
	})
}

// each does something for every visitor, 32 at a time.
func (c *crowd) each(do func(i int) error) {
	c.b.Helper()
	var next atomic.Int64
	var wg sync.WaitGroup
	var failed atomic.Pointer[error]
	for range 32 {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(c.tokens) && failed.Load() == nil; i = int(next.Add(1)) - 1 {
				if err := do(i); err != nil {
					failed.Store(&err)
				}
			}
		})
	}
	wg.Wait()
	if err := failed.Load(); err != nil {
		c.b.Fatal(*err)
	}
}

// connect opens everybody's socket; each is kept alive, and comes back when it is cut off, until leave.
func (c *crowd) connect() {
	c.b.Helper()
	c.each(func(i int) error {
		ws, err := c.dial(i)
		if err == nil {
			c.done.Go(func() { c.live(i, ws) })
		}
		return err
	})
}

func (c *crowd) dial(i int) (*websocket.Conn, error) {
	d := websocket.Dialer{ReadBufferSize: 512, WriteBufferSize: 512, Subprotocols: []string{"posdoctor.v1"}, HandshakeTimeout: 10 * time.Second}
	ws, _, err := d.Dial("ws"+strings.TrimPrefix(c.url, "http")+"/api/w/v1/ws", http.Header{"Origin": {c.url}})
	if err != nil {
		return nil, err
	}
	var welcome struct{ T string }
	if err := errors.Join(ws.WriteJSON(map[string]any{"t": "hello", "token": c.tokens[i]}), ws.ReadJSON(&welcome)); err != nil || welcome.T != "welcome" {
		ws.Close()
		return nil, fmt.Errorf("answer %q to hello: %v", welcome.T, err)
	}
	c.mu.Lock()
	c.open[ws] = struct{}{}
	c.mu.Unlock()
	return ws, nil
}

// live keeps one visitor connected: a ping each 25 s, and full jitter 0.5 s x 2^n up to 30 s before it comes back, as in the widget.
func (c *crowd) live(i int, ws *websocket.Conn) {
	for tries := 0; ; {
		if ws != nil {
			tries = 0
			c.hear(ws)
		}
		if c.over.Load() {
			return
		}
		time.Sleep(rand.N(min(500*time.Millisecond<<tries, 30*time.Second)))
		tries = min(tries+1, 10)
		if ws, _ = c.dial(i); ws != nil && c.storm.Load() {
			c.back.Add(1)
		}
	}
}

func (c *crowd) hear(ws *websocket.Conn) {
	ping := time.NewTicker(25 * time.Second)
	gone := make(chan struct{})
	go func() {
		defer ping.Stop()
		for {
			select {
			case <-ping.C:
				ws.WriteJSON(map[string]string{"t": "ping"})
			case <-gone:
				return
			}
		}
	}()
	for {
		if _, _, err := ws.ReadMessage(); err != nil {
			break
		}
	}
	close(gone)
	ws.Close()
	c.mu.Lock()
	delete(c.open, ws)
	c.mu.Unlock()
}

func (c *crowd) leave() {
	c.over.Store(true)
	c.mu.Lock()
	for ws := range c.open {
		ws.Close()
	}
	c.mu.Unlock()
	c.done.Wait()
}

// push has WeChat push twenty messages a second until it is asked how long each took, in order, and how many were refused.
func (c *crowd) push(url string) func() (took []time.Duration, refused int) {
	peer := &wechattest.Peer{URL: url + "/wechat/callback", Token: benchToken, AppID: "wx-bench"}
	end := make(chan struct{})
	var wg sync.WaitGroup
	var mu sync.Mutex
	var took []time.Duration
	refused := 0
	wg.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-end:
				return
			case <-time.After(50 * time.Millisecond):
			}
			wg.Go(func() {
				at := time.Now()
				r, err := peer.Text(fmt.Sprintf("o-%d", i%200), "刷卡提示51")
				mu.Lock()
				defer mu.Unlock()
				took = append(took, time.Since(at))
				if err != nil || r.Status != http.StatusOK {
					refused++
				}
			})
		}
	})
	return func() ([]time.Duration, int) {
		close(end)
		wg.Wait()
		slices.Sort(took)
		return took, refused
	}
}
