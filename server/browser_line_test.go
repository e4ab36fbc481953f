package main

import (
	"bytes"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
)

// What Chromium reports when the server is away.
var awayFaults = []string{"net::ERR_", "WebSocket connection to"}

// sameAsStore holds that the page shows each line of the store once and in the same order.
func sameAsStore(m *tab) {
	m.t.Helper()
	m.settled()
	c := m.visitor()
	var got []int64
	waitFor(m.t, "the page to show what the store has", func() bool {
		var want []int64
		for _, l := range c.history() {
			want = append(want, l.ID)
		}
		got = m.rows()
		return slices.Equal(got, want)
	}, func() string { return fmt.Sprintf("shown %v, in the store %+v", got, c.history()) })
	said := map[string]int{}
	for i, l := range c.history() {
		if l.ID != int64(i+1) {
			m.t.Errorf("line %d has the number %d", i+1, l.ID)
		}
		if l.From == "user" {
			if said[l.CID]++; said[l.CID] > 1 {
				m.t.Errorf("%q is there twice", l.Text)
			}
		}
	}
}

// The server dies in the middle of a talk: the page comes back by itself, and nothing is lost or doubled.
func TestKilledServerInTheTalk(t *testing.T) {
	s := startServer(t)
	m := openWidget(t, s, desktop, awayFaults...)
	m.ask("POS机显示商户状态异常")
	m.find(".pd-choices .pd-chip", "")
	sameAsStore(m)

	// Between two lines.
	s.kill()
	start := time.Now()
	s.start()
	up := time.Since(start)
	m.ask("刷卡提示51，顾客说卡里有钱")
	sameAsStore(m)
	t.Logf("server up after %s, the next line answered after %s", up, time.Since(start))

	// While a line is written: it waits in the page.
	s.kill()
	m.ask("今天的钱没到账")
	m.find(".pd-sending", "今天的钱没到账")
	s.start()
	sameAsStore(m)

	// Somewhere while a line is on its way.
	for n := range 3 {
		m.ask(fmt.Sprintf("第 %d 次：刷卡没反应", n+1))
		time.Sleep(rand.N(15 * time.Millisecond))
		s.kill()
		s.start()
		sameAsStore(m)
	}
	said := 0
	for _, l := range m.visitor().history() {
		if l.From == "user" {
			said++
		}
	}
	if said != 6 {
		t.Errorf("the store has %d lines of the merchant, want 6", said)
	}

	// The page anew: the same talk.
	want := m.rows()
	m.visitPage("/")
	m.click(".pd-launcher", "")
	m.find("[data-id]", "")
	waitFor(t, "the talk after a reload", func() bool { return slices.Equal(m.rows(), want) }, func() string { return fmt.Sprint(m.rows(), want) })
}

// Killed right after the tap that orders a ticket: afterwards there is exactly one, here and at the acquirer.
func TestKilledServerAtTheTicket(t *testing.T) {
	s := startServer(t)
	rounds := 3
	if testing.Short() {
		rounds = 1
	}
	for n := range rounds {
		// Each time another shop, because a shop has one open ticket for one thing.
		shop := []string{"演示商户 2", "演示商户 4", "演示商户 6"}[n]
		m := openWidget(t, s, desktop, awayFaults...)
		m.ask(shop)
		m.find("[data-id]", "为您服务")
		m.ask([]string{"商户状态异常", "商户状态异常", "昨天的钱还没到账"}[n])
		m.find(".pd-chip", "提交工单")
		m.choose("提交工单")
		m.find(".pd-chip", "确认提交")
		m.choose("确认提交")
		time.Sleep(time.Duration(n) * 4 * time.Millisecond) // before, in and after the turn
		s.kill()
		s.start()
		m.find(".pd-ticket-no b", "LQ")
		sameAsStore(m)
		tickets := 0
		for _, l := range m.visitor().history() {
			if l.Type == "ticket" {
				tickets++
			}
		}
		if tickets != 1 {
			t.Errorf("%s: %d tickets in the talk, want 1", shop, tickets)
		}
	}
	files, err := filepath.Glob(filepath.Join(s.data, "simulator", "*"))
	if err != nil {
		t.Fatal(err)
	}
	accepted := 0
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		accepted += bytes.Count(data, []byte(`"request":`))
	}
	if accepted != rounds {
		t.Errorf("the acquirer accepted %d tickets, want %d", accepted, rounds)
	}
}

// D3: a network that lets no WebSocket through: lines come by long poll.
func TestAcceptD3(t *testing.T) {
	s := startServer(t, "POSDOCTOR_TRUSTED_PROXIES=127.0.0.1")
	to, err := url.Parse(s.url)
	if err != nil {
		t.Fatal(err)
	}
	forward := httputil.NewSingleHostReverseProxy(to)
	forward.ErrorLog = log.New(io.Discard, "", 0) // polls end with the tab
	var mended, upgraded atomic.Bool
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Upgrade") != "" && mended.Load() {
			upgraded.Store(true)
		} else if r.Header.Get("Upgrade") != "" {
			http.Error(w, "no sockets here", http.StatusForbidden)
			return
		}
		forward.ServeHTTP(w, r) // keeps Host, so that the page's origin stays the server's own
	}))
	t.Cleanup(proxy.Close)
	behind := *s
	behind.url, behind.addr = proxy.URL, proxy.Listener.Addr().String()

	m := openWidget(t, &behind, desktop, "WebSocket connection to", "answer 403 ws")
	m.ask("POS机显示商户状态异常")
	m.find(".pd-choices .pd-chip", "")
	m.choose("")
	m.click(".pd-escalate", "转人工")
	m.find(".pd-queue", "")

	a := s.login("admin", adminPassword)
	conv := m.visitor().conv
	var claimed struct {
		Epoch int64 `json:"epoch"`
	}
	a.do(http.MethodGet, "/api/a/v1/conversations/"+conv, nil, http.StatusOK, &claimed)
	a.do(http.MethodPost, "/api/a/v1/conversations/"+conv+"/claim", map[string]any{"epoch": claimed.Epoch}, http.StatusOK, &claimed)
	start := time.Now()
	a.do(http.MethodPost, "/api/a/v1/conversations/"+conv+"/messages",
		map[string]any{"cid": "1", "text": "您好，请稍等，我在查。", "epoch": claimed.Epoch}, http.StatusOK, nil)
	m.see("请稍等，我在查。")
	took := time.Since(start)
	t.Logf("by long poll an agent's line is read after %s", took)
	if took > 2*time.Second {
		t.Errorf("by long poll an agent's line took %s", took)
	}
	sameAsStore(m)

	// After two minutes it tries a socket again.
	mended.Store(true)
	eval[bool](m, `(Date.now = ((now) => () => now() + 125000)(Date.now)) > 0 || true`)
	a.do(http.MethodPost, "/api/a/v1/conversations/"+conv+"/messages",
		map[string]any{"cid": "2", "text": "查到了。", "epoch": claimed.Epoch}, http.StatusOK, nil)
	m.see("查到了。")
	waitFor(t, "a socket again", upgraded.Load, func() string { return "" })
	a.do(http.MethodPost, "/api/a/v1/conversations/"+conv+"/messages",
		map[string]any{"cid": "3", "text": "请先扫码收款。", "epoch": claimed.Epoch}, http.StatusOK, nil)
	m.see("请先扫码收款。")
	sameAsStore(m)
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.polls < 2 {
		t.Errorf("%d long polls were answered, want at least 2", m.polls)
	}
}

// offline takes the network from a tab, or gives it back.
func (b *tab) offline(on bool) {
	b.t.Helper()
	none := &network.Conditions{Offline: on, DownloadThroughput: -1, UploadThroughput: -1}
	b.do(call(network.EmulateNetworkConditionsByRule, network.EmulateNetworkConditionsByRuleParams{MatchedNetworkConditions: []*network.Conditions{none}}),
		call(network.OverrideNetworkState, network.OverrideNetworkStateParams{Offline: on, DownloadThroughput: -1, UploadThroughput: -1}))
}

// Without a network the page says so and keeps what is written; it goes out once when the network is back.
func TestOffline(t *testing.T) {
	s := startServer(t)
	m := openWidget(t, s, desktop, awayFaults...)
	m.ask("刷卡没反应")
	sameAsStore(m)
	m.offline(true)
	m.ask("提示 58")
	start := time.Now()
	m.find(".pd-bar", "正在重连")
	t.Logf("the page says that it is offline after %s", time.Since(start))
	m.find(".pd-sending", "提示 58")
	if n := len(m.visitor().history()); n == 0 {
		t.Error("the store lost the talk")
	}
	m.offline(false)
	m.until("no bar", `all('.pd-bar').length === 0`)
	sameAsStore(m)
	said := 0
	for _, l := range m.visitor().history() {
		if l.From == "user" && l.Text == "提示 58" {
			said++
		}
	}
	if said != 1 {
		t.Errorf("the line written offline is %d times in the store, want once", said)
	}
}

// A line that was given up while there was no network goes out when there is one, and one that a reload has cut off goes out after it.
func TestGivenUp(t *testing.T) {
	s := startServer(t)
	m := openWidget(t, s, desktop, awayFaults...)
	m.ask("刷卡没反应")
	sameAsStore(m)
	times := func(text string) (n int) {
		for _, l := range m.visitor().history() {
			if l.From == "user" && l.Text == text {
				n++
			}
		}
		return n
	}
	m.offline(true)
	m.ask("提示 58")
	eval[bool](m, `(Date.now = ((now) => () => now() + 40_000)(Date.now), true)`)
	m.find(".pd-failed", "提示 58")
	m.offline(false)
	m.until("nothing that failed", `all('.pd-failed, .pd-sending').length === 0`)
	sameAsStore(m)
	if n := times("提示 58"); n != 1 {
		t.Errorf("the line that was given up is %d times in the store, want once", n)
	}

	m.offline(true)
	m.ask("今天的钱没到账")
	m.find(".pd-sending", "今天的钱没到账")
	if !eval[bool](m, `Object.values(sessionStorage).some((v) => v.includes('今天的钱没到账'))`) {
		t.Error("a reload would lose the line")
	}
	held := eval[string](m, `JSON.stringify(sessionStorage)`)
	m.offline(false)
	m.until("it is sent", `all('.pd-sending').length === 0`)
	if eval[int](m, `sessionStorage.length`) != 0 {
		t.Error("a line that was sent is still kept")
	}
	// As if the reload had come first: the same line, under its id, once.
	eval[bool](m, fmt.Sprintf(`(Object.assign(sessionStorage, JSON.parse(%q)), true)`, held))
	m.visitPage("/")
	m.click(".pd-launcher", "")
	m.see("今天的钱没到账")
	m.until("nothing is kept", `sessionStorage.length === 0 && all('.pd-sending').length === 0`)
	sameAsStore(m)
	if n := times("今天的钱没到账"); n != 1 {
		t.Errorf("the line of before the reload is %d times in the store, want once", n)
	}

	// What a tap asked for was of its moment: it does not come hours later into another talk.
	m.offline(true)
	m.click(".pd-escalate", "转人工")
	eval[bool](m, `(Date.now = ((now) => () => now() + 40_000)(Date.now), true)`)
	m.find(".pd-retry", "转人工")
	m.offline(false)
	m.until("the line is there again", `all('.pd-bar').length === 0`)
	m.ask("提示 51")
	m.until("it is sent", `all('.pd-sending, .pd-sent').length === 0`)
	if m.has(".pd-queue", "") {
		t.Error("what was tapped long ago has put him into the queue")
	}

	// One that never arrived.
	line := strings.ReplaceAll(held, "今天的钱没到账", "扫码不行，刷卡可以")
	cid := regexp.MustCompile(`cid\\":\\"([0-9a-f-]+)`).FindStringSubmatch(line)
	if cid == nil {
		t.Fatalf("no line in %s", line)
	}
	line = strings.Replace(line, cid[1], "00000000-0000-7000-8000-000000000001", 1)
	eval[bool](m, fmt.Sprintf(`(Object.assign(sessionStorage, JSON.parse(%q)), true)`, line))
	m.visitPage("/")
	m.click(".pd-launcher", "")
	m.see("扫码不行，刷卡可以")
	m.until("it is sent", `sessionStorage.length === 0 && all('.pd-sending').length === 0`)
	if n := times("扫码不行，刷卡可以"); n != 1 {
		t.Errorf("the line that a reload cut off is %d times in the store, want once", n)
	}
}
