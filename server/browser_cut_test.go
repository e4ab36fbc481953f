package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/heapprofiler"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// cutter stands between a page and the server as a bad line does: it lets bytes through, holds them back, and breaks.
type cutter struct {
	to string

	mu    sync.Mutex
	conns map[net.Conn]struct{}
	away  bool // new connections break at once
	mute  bool // what the server says is lost
	down  int  // so many bytes of the server come through before everything breaks; 0: all
	up    int  // so many bytes of the page
}

// behind puts a cutter before the server. The page is opened through it; s stays the way round it.
func behind(t *testing.T, s *server) (*server, *cutter) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &cutter{to: s.addr, conns: map[net.Conn]struct{}{}}
	t.Cleanup(func() { l.Close(); c.set(func() { c.away = true }); c.cut() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go c.carry(conn)
		}
	}()
	far := &server{t: s.t, data: s.data, url: "http://" + l.Addr().String(), addr: l.Addr().String(), logs: s.logs, out: s.out}
	return far, c
}

func (c *cutter) set(change func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	change()
}

// cut breaks every connection there is.
func (c *cutter) cut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for conn := range c.conns {
		conn.(*net.TCPConn).SetLinger(0)
		conn.Close()
	}
}

func (c *cutter) carry(near net.Conn) {
	defer near.Close()
	far, err := net.Dial("tcp", c.to)
	if err != nil {
		return
	}
	defer far.Close()
	c.mu.Lock()
	away := c.away
	c.conns[near] = struct{}{}
	c.mu.Unlock()
	defer c.set(func() { delete(c.conns, near) })
	if away {
		return
	}
	done := make(chan struct{}, 2)
	pass := func(to io.Writer, from io.Reader, left *int, mute *bool) {
		defer func() { done <- struct{}{} }()
		buf := make([]byte, 2048)
		for {
			n, err := from.Read(buf)
			if n > 0 {
				c.mu.Lock()
				part, lost, broken := buf[:n], mute != nil && *mute, false
				if *left > 0 {
					if *left -= n; *left <= 0 {
						part, *left, broken = buf[:max(0, n+*left)], 0, true
					}
				}
				c.mu.Unlock()
				if !lost {
					to.Write(part)
				}
				if broken {
					c.cut()
					return
				}
			}
			if err != nil {
				return
			}
		}
	}
	go pass(far, near, &c.up, nil)
	go pass(near, far, &c.down, &c.mute)
	<-done
}

// said counts the lines of the merchant that hold a text, in the store.
func (c *client) said(text string) (n int) {
	for _, l := range c.history() {
		if l.From == "user" && strings.Contains(l.Text, text) {
			n++
		}
	}
	return n
}

// D1: the line breaks at five points; nothing is lost, nothing is there twice, the order is the server's.
func TestAcceptD1(t *testing.T) {
	s := startServer(t)
	far, c := behind(t, s)
	m := openWidget(t, far, desktop, awayFaults...)
	m.ask("POS机显示商户状态异常")
	m.find(".pd-choices .pd-chip", "")
	sameAsStore(m)
	v := s.visitor(eval[string](m, `localStorage.getItem('posdoctor:demo:token')`))

	t.Run("before the acknowledgement", func(t *testing.T) {
		c.set(func() { c.mute = true })
		m.ask("扫码也不行")
		waitFor(t, "the line in the store", func() bool { return v.said("扫码也不行") == 1 }, func() string { return "" })
		m.find(".pd-sending", "扫码也不行")
		c.set(func() { c.mute = false })
		c.cut()
		sameAsStore(m)
	})
	t.Run("after the acknowledgement", func(t *testing.T) {
		m.ask("刷卡提示51")
		m.until("acknowledged", `all('.pd-sending').length === 0`)
		c.cut()
		sameAsStore(m)
	})
	t.Run("in the middle of an answer", func(t *testing.T) {
		for n := range 3 {
			c.set(func() { c.down = 150 + 200*n })
			m.ask(fmt.Sprintf("第 %d 次：昨天的钱没到账", n+1))
			waitFor(t, "the break", func() bool { c.mu.Lock(); defer c.mu.Unlock(); return c.down == 0 }, func() string { return "" })
			sameAsStore(m)
		}
	})
	t.Run("in the middle of the replay", func(t *testing.T) {
		c.set(func() { c.away = true })
		c.cut()
		m.find(".pd-bar", "正在重连")
		for n := range 12 {
			v.do(http.MethodPost, "/api/w/v1/send", map[string]string{"t": "msg", "cid": fmt.Sprint("replay-", n), "text": fmt.Sprintf("断线时的第 %d 句：机器没反应", n+1)}, http.StatusOK, nil)
		}
		all := int64(len(v.history()))
		for _, bytes := range []int{900, 1200, 1500} { // the welcome has about 600
			c.set(func() { c.away, c.down = false, bytes })
			waitFor(t, "the break", func() bool {
				c.mu.Lock()
				defer c.mu.Unlock()
				return c.down == 0
			}, func() string { return "" })
			if rows := m.rows(); rows[len(rows)-1] == all {
				t.Errorf("after %d bytes nothing was left to replay", bytes)
			}
		}
		sameAsStore(m)
	})
	t.Run("during an upload", func(t *testing.T) {
		c.set(func() { c.up = 60_000 })
		m.upload(1600, 1200)
		waitFor(t, "the break", func() bool { c.mu.Lock(); defer c.mu.Unlock(); return c.up == 0 }, func() string { return "" })
		m.until("the picture, tried again as often as it fails", `(() => { all('.pd-failed .pd-retry')[0]?.click()
			return all('.pd-picture img').length > 0 && all('.pd-progress, .pd-failed').length === 0 })()`)
		sameAsStore(m)
		pictures := 0
		for _, l := range v.history() {
			if l.Media != nil {
				pictures++
			}
		}
		if pictures != 1 {
			t.Errorf("the store has %d pictures, want 1", pictures)
		}
	})
}

// upload chooses a picture of noise, which no encoder makes small.
func (b *tab) upload(width, height int) {
	b.t.Helper()
	b.attach(fmt.Sprintf(`await (async () => {
		const canvas = document.createElement('canvas')
		canvas.width = %d
		canvas.height = %d
		const draw = canvas.getContext('2d'), noise = draw.createImageData(canvas.width, canvas.height)
		for (let i = 0; i < noise.data.length; i++) noise.data[i] = i %% 4 === 3 ? 255 : Math.random() * 256
		draw.putImageData(noise, 0, 0)
		return new Promise((done) => canvas.toBlob(done, 'image/jpeg', 0.95))
	})()`, width, height), "IMG_0001.jpg", "image/jpeg")
}

// attach chooses a file; part is what stands in it, as JavaScript.
func (b *tab) attach(part, name, mime string) {
	b.t.Helper()
	eval[bool](b, fmt.Sprintf(`(async () => {
		const data = new DataTransfer()
		data.items.add(new File([%s], %s, { type: %s }))
		const input = roots.flatMap((r) => [...r.querySelectorAll('input[type=file]')]).pop()
		input.files = data.files
		return input.dispatchEvent(new Event('change', { bubbles: true }))
	})()`, part, quoted(name), quoted(mime)))
}

// D2: the server starts anew: the page is back within five seconds, in the same stream.
func TestAcceptD2(t *testing.T) {
	s := startServer(t)
	m := openWidget(t, s, desktop, awayFaults...)
	m.ask("刷卡没反应")
	sameAsStore(m)
	epoch := func() string {
		var out struct{ Epoch string }
		m.visitor().do(http.MethodGet, "/api/w/v1/poll?last=0", nil, http.StatusOK, &out)
		return out.Epoch
	}
	before := epoch()
	s.stop()
	s.start()
	up := time.Now()
	m.ask("提示 58")
	sameAsStore(m)
	if took := time.Since(up); took > 5*time.Second {
		t.Errorf("back after %s", took)
	} else {
		t.Logf("back after %s", took)
	}
	if after := epoch(); after != before || before == "" {
		t.Errorf("the epoch was %q and is %q", before, after)
	}
}

// D4: a page that the browser has frozen catches up within three seconds.
func TestAcceptD4(t *testing.T) {
	s := startServer(t)
	m := openWidget(t, s, desktop, awayFaults...)
	m.ask("刷卡没反应")
	sameAsStore(m)
	v := m.visitor()
	freeze := func(state page.SetWebLifecycleStateState) {
		m.do(call(page.SetWebLifecycleState, page.SetWebLifecycleStateParams{State: state}))
	}
	freeze(page.SetWebLifecycleStateStateFrozen)
	for n := range 3 {
		v.do(http.MethodPost, "/api/w/v1/send", map[string]string{"t": "msg", "cid": fmt.Sprint("frozen-", n), "text": "提示 58"}, http.StatusOK, nil)
	}
	cold := 30 * time.Second
	if testing.Short() {
		cold = 3 * time.Second
	}
	time.Sleep(cold)
	freeze(page.SetWebLifecycleStateStateActive)
	start := time.Now()
	sameAsStore(m)
	if took := time.Since(start); took > 3*time.Second {
		t.Errorf("caught up after %s", took)
	}
}

// D6: after 201 missed lines the page reads the history anew: the newest ones, in order, and the older ones on demand.
func TestAcceptD6(t *testing.T) {
	s := startServer(t)
	far, c := behind(t, s)
	m := openWidget(t, far, desktop, awayFaults...)
	m.click(".pd-escalate", "转人工")
	m.find(".pd-queue", "")
	sameAsStore(m)
	v := s.visitor(eval[string](m, `localStorage.getItem('posdoctor:demo:token')`))
	c.set(func() { c.away = true })
	c.cut()
	m.find(".pd-bar", "正在重连")

	a := s.login("admin", adminPassword)
	var held struct {
		Epoch int64 `json:"epoch"`
	}
	path := "/api/a/v1/conversations/" + v.conv
	a.do(http.MethodGet, path, nil, http.StatusOK, &held)
	a.do(http.MethodPost, path+"/claim", map[string]any{"epoch": held.Epoch}, http.StatusOK, &held)
	for n := range 205 {
		a.do(http.MethodPost, path+"/messages", map[string]any{"cid": fmt.Sprint("m", n), "text": fmt.Sprintf("第 %d 句", n+1), "epoch": held.Epoch}, http.StatusOK, nil)
	}
	c.set(func() { c.away = false })
	m.see("第 205 句")
	var want []int64
	for _, l := range v.history() {
		want = append(want, l.ID)
	}
	got := m.rows()
	if len(got) == 0 || len(got) >= len(want) || !slices.Equal(got, want[len(want)-len(got):]) {
		t.Errorf("after the gap %d rows, want the newest ones of %d in order", len(got), len(want))
	}
	for range 6 {
		if !m.has(".pd-older button", "") {
			break
		}
		n := len(m.rows())
		m.click(".pd-older button", "")
		m.until("older lines", fmt.Sprintf(`all('[data-id]').length > %d`, n))
	}
	if got := m.rows(); !slices.Equal(got, want) {
		t.Errorf("with all older lines %d rows, want %d in order", len(got), len(want))
	}
}

// D8: once an agent has joined the bot is silent, whatever the merchant says or presses.
func TestAcceptD8(t *testing.T) {
	s := startServer(t)
	m := openWidget(t, s, desktop)
	m.ask("POS机显示商户状态异常")
	m.find(".pd-choices .pd-chip", "")
	m.click(".pd-escalate", "转人工")
	m.find(".pd-queue", "")
	v, a := m.visitor(), s.login("admin", adminPassword)
	var held struct {
		Epoch int64 `json:"epoch"`
	}
	path := "/api/a/v1/conversations/" + v.conv
	a.do(http.MethodGet, path, nil, http.StatusOK, &held)
	a.do(http.MethodPost, path+"/claim", map[string]any{"epoch": held.Epoch}, http.StatusOK, &held)
	m.find(".pd-system-strong", "已接入")
	for _, words := range []string{"刷卡提示51", "转人工", "好了", "查进度"} {
		m.ask(words)
	}
	m.settled()
	v.do(http.MethodPost, "/api/w/v1/send", map[string]string{"t": "act", "cid": "tap", "name": "solved"}, http.StatusOK, nil)
	sameAsStore(m)
	for _, l := range after(v.history(), "joined") {
		if l.From == "bot" {
			t.Errorf("the bot said %q", l.Text)
		}
	}
}

// G5: a page that stays open for a day of talk does not grow: ten thousand lines of an agent, while the visitor looks on.
func TestAcceptG5(t *testing.T) {
	s := startServer(t)
	s.agent("李敏", "a password of 李敏")
	m := openWidget(t, s, desktop)
	m.ask("转人工")
	m.find(".pd-queue", "")
	conv := m.visitor().conv
	agent := s.login("李敏", "a password of 李敏")
	agent.do(http.MethodPost, "/api/a/v1/conversations/"+conv+"/claim", map[string]any{"epoch": epochOf(agent, conv)}, http.StatusOK, nil)
	epoch := epochOf(agent, conv)
	said := 0
	say := func(n int) {
		for range n {
			said++
			agent.do(http.MethodPost, "/api/a/v1/conversations/"+conv+"/messages",
				map[string]any{"cid": fmt.Sprint("g5-", said), "text": fmt.Sprintf("第 %d 句：请看一下屏幕上的代码，再试一次。", said), "epoch": epoch}, http.StatusOK, nil)
			if said%50 == 0 { // no faster than it is read
				m.find(".pd-from-agent", fmt.Sprintf("第 %d 句", said))
			}
		}
	}
	heap := func() (used float64) {
		m.do(call(heapprofiler.CollectGarbage, cdp.Empty{}), chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
			r, err := cdp.Call(ctx, t, runtime.GetHeapUsage, cdp.Empty{})
			if err == nil {
				used = r.UsedSize + r.EmbedderHeapUsedSize
			}
			return err
		}))
		return used
	}
	say(500)
	before := heap()
	say(10_000)
	after := heap()
	rows := eval[int](m, `all('.pd-log [data-id]').length`)
	t.Logf("the heap is %.1f MB after 500 lines and %.1f MB after 10,000 more, with %d rows drawn", before/1e6, after/1e6, rows)
	if rows > 400 {
		t.Errorf("%d rows are drawn", rows)
	}
	if grown := after - before; grown > 20e6 {
		t.Errorf("it grew by %.1f MB", grown/1e6)
	}
	if n := len(m.visitor().history()); n < 10_500 {
		t.Errorf("the store has %d lines", n)
	}
	if !m.has("button", "加载更早消息") {
		t.Error("what was let go of cannot be loaded again")
	}
}
