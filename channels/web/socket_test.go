package web_test

import (
	"encoding/json"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"posdoctor/bot"
)

func isEvent(typ, from string) func(frame) bool {
	return func(f frame) bool { return f.T == "ev" && f.Type == typ && f.From == from }
}

func mode(want string) func(frame) bool {
	return func(f frame) bool { return f.T == "state" && f.State.Mode == want }
}

// A socket that does not say who it is within five seconds, or says something else, is closed.
func TestSocketHello(t *testing.T) {
	w := newWorld(t)
	v := w.visitor()
	t.Run("silence", func(t *testing.T) {
		start := time.Now()
		x := w.dial("", nil)
		_, err := x.read()
		if took := time.Since(start); err == nil || took < 4*time.Second || took > 8*time.Second {
			t.Errorf("ended after %v with %v", took, err)
		}
	})
	for name, first := range map[string]any{
		"ping first":             map[string]string{"t": "ping"},
		"a line first":           map[string]string{"t": "msg", "cid": "a", "text": "x", "token": v.token},
		"no token":               map[string]string{"t": "hello"},
		"a token that is no one": map[string]string{"t": "hello", "token": "x.y.z"},
	} {
		t.Run(name, func(t *testing.T) {
			if code := w.dial("", first).closed(); code != 4401 {
				t.Errorf("closed with %d, want 4401", code)
			}
		})
	}
	if n := w.channel.Sockets(); n != 0 {
		t.Errorf("%d sockets are open", n)
	}
}

func TestSocketWelcome(t *testing.T) {
	v := newWorld(t).visitor()
	v.says("提示 58")
	lines := v.lines()
	last := int64(len(lines))
	for _, tt := range []struct {
		name   string
		hello  map[string]any
		replay int64
		gap    bool
	}{
		{"from the start", v.hello(0), last, false},
		{"all but one missed", v.hello(1), last - 1, false},
		{"nothing missed", v.hello(last), 0, false},
		{"a number never given", v.hello(last + 1), 0, true},
		{"below zero", v.hello(-5), last, false},
		{"another epoch", map[string]any{"t": "hello", "token": v.token, "last": 1, "epoch": "e-older"}, 0, true},
		{"no epoch", map[string]any{"t": "hello", "token": v.token}, last, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			x := v.dial("", tt.hello)
			f := x.next()
			if f.T != "welcome" || f.Last != last || f.Replay != tt.replay || f.Gap != tt.gap || f.Epoch != epoch || f.HB != 25 || f.State.Mode != "bot" {
				t.Fatalf("welcome is %s", f.raw)
			}
			for _, want := range lines[last-tt.replay:] {
				if got := x.next(); got.T != "ev" || got.Seq != want.Seq || got.Text != want.Text || got.Type != want.Type {
					t.Errorf("line %d came as %s", want.Seq, got.raw)
				}
			}
			x.put(map[string]string{"t": "ping"})
			if f := x.next(); f.T != "pong" {
				t.Errorf("after the replay came %s", f.raw)
			}
		})
	}
}

func TestSocketGap(t *testing.T) {
	v := newWorld(t).visitor()
	v.says("转人工")
	v.desk(bot.EventClaim, "")
	for range 205 {
		v.desk(bot.EventReply, "请稍等")
	}
	last := int64(len(v.lines()))
	if _, f := v.live(last - 201); !f.Gap || f.Replay != 0 || f.Last != last {
		t.Errorf("201 lines behind: %s", f.raw)
	}
	x, f := v.live(last - 200)
	if f.Gap || f.Replay != 200 {
		t.Errorf("200 lines behind: %s", f.raw)
	}
	for i := last - 199; i <= last; i++ {
		if got := x.next(); got.Seq != i {
			t.Fatalf("instead of line %d came %s", i, got.raw)
		}
	}
}

// One talk over two sockets of one visitor: both get every line once and in order, the one that sends also its acknowledgement.
func TestSocketTalk(t *testing.T) {
	w := newWorld(t)
	v := w.visitor()
	a, _ := v.live(0)
	b, _ := v.live(0)
	other, _ := w.visitor().live(0)

	a.put(map[string]string{"t": "msg", "cid": "m1", "text": "刷卡没反应"})
	var id, seq int64
	got := a.until("the bot's question", func(f frame) bool { return f.T == "ev" && len(f.Choices) > 0 })
	acked := slices.ContainsFunc(got, func(f frame) bool { return f.T == "ack" })
	if !acked {
		got = append(got, a.until("the ack", func(f frame) bool { return f.T == "ack" })...)
	}
	for _, f := range got {
		switch {
		case f.T == "ack" && f.CID == "m1":
			var raw struct{ ID int64 }
			must(t, json.Unmarshal([]byte(f.raw), &raw))
			id = raw.ID
		case f.T == "ev" && f.From == bot.FromUser && f.CID == "m1":
			seq = f.Seq
		}
	}
	if id != 1 || seq != 1 {
		t.Errorf("acknowledged as %d, came as %d", id, seq)
	}

	var question frame
	for _, f := range got {
		if len(f.Choices) > 0 {
			question = f
		}
	}
	choice := question.Choices[0]
	a.put(map[string]string{"t": "act", "cid": "m2", "name": "choose", "choice": choice.ID})
	tap := a.until("the tap", func(f frame) bool { return f.T == "ev" && f.From == bot.FromUser })
	if f := tap[len(tap)-1]; f.Text != choice.Text {
		t.Errorf("the tap on %q stands as %q", choice.Text, f.Text)
	}

	b.put(map[string]string{"t": "act", "cid": "m3", "name": "escalate"})
	f, _ := b.both("the queue, and a line that says that the visitor waits", mode("queue"), func(f frame) bool { return f.T == "ev" && f.Type == bot.TypeQueued })
	if f.State.Queue == nil || f.State.Queue.Pos != 1 || f.State.Agent != nil {
		t.Errorf("state %s", f.raw)
	}
	v.desk(bot.EventClaim, "")
	joined := b.until("the agent", mode("agent"))
	if f := joined[len(joined)-1]; f.State.Agent == nil || f.State.Agent.Name != agent.Name || f.State.Agent.ID != "" || f.State.Queue != nil {
		t.Errorf("state %s", f.raw)
	}
	v.desk(bot.EventReply, "我是李敏，看到您的问题了")
	line := b.until("the agent's line", isEvent(bot.TypeMessage, bot.FromAgent))
	if f := line[len(line)-1]; f.Name != agent.Name || f.Text != "我是李敏，看到您的问题了" {
		t.Errorf("line %s", f.raw)
	}
	v.desk(bot.EventRelease, "")
	b.until("the bot again", mode("bot"))
	v.says("转人工")
	v.desk(bot.EventClaim, "")
	v.desk(bot.EventClose, "")
	b.both("the end", mode("closed"), func(f frame) bool { return f.T == "ev" && f.Type == bot.TypeEnded })

	other.put(map[string]string{"t": "ping"})
	if f := other.next(); f.T != "pong" {
		t.Errorf("another visitor got %s", f.raw)
	}
}

// While a fragment waits for the rest of its message the visitor sees that somebody is typing, until it is answered.
func TestSocketTypingWhileHeld(t *testing.T) {
	v := newWorld(t).visitor()
	x, _ := v.live(0)
	typing := func(on bool) func(frame) bool {
		return func(f frame) bool { return f.T == "eph" && f.Type == "typing" && f.Who == "bot" && f.On == on }
	}
	v.says("你好")
	x.until("typing", typing(true))
	v.says("提示58")
	x.until("no typing", typing(false))
}

// Both sockets of a visitor get all lines, in order and once.
func TestSocketBothGetAll(t *testing.T) {
	v := newWorld(t).visitor()
	wires := make([]*wire, 2)
	for i := range wires {
		wires[i], _ = v.live(0)
	}
	for _, text := range []string{"刷卡没反应", "提示 58", "转人工", "还在吗"} {
		v.says(text)
	}
	want := v.lines()
	for i, x := range wires {
		var got []int64
		x.until("the last line", func(f frame) bool {
			if f.T == "ev" {
				got = append(got, f.Seq)
			}
			return f.T == "ev" && f.Seq == int64(len(want))
		})
		for j, seq := range got {
			if seq != int64(j+1) {
				t.Fatalf("socket %d got %v", i, got)
			}
		}
	}
}

// While the acquirer's record is read the visitor sees that somebody is typing; a socket that comes meanwhile too.
func TestSocketTyping(t *testing.T) {
	v := newWorld(t).visitor()
	x, _ := v.live(0)
	v.says("演示商户 7")
	v.says("POS机显示商户状态异常")
	typing := func(on bool) func(frame) bool {
		return func(f frame) bool { return f.T == "eph" && f.Type == "typing" && f.Who == "bot" && f.On == on }
	}
	x.until("typing", typing(true))
	y, _ := v.live(int64(len(v.lines())))
	y.until("typing", typing(true))
	c, err := v.store.ConversationByID(t.Context(), v.conv)
	must(t, err)
	_, err = v.service.Handle(t.Context(), c.Address, bot.Event{Kind: bot.EventRecord, Call: c.Awaits, Key: "call:" + c.Awaits, Error: bot.CodeUnavailable})
	must(t, err)
	x.until("no typing", typing(false))
	y.until("no typing", typing(false))
	for _, l := range v.lines() {
		if strings.Contains(l.Text, "typing") {
			t.Error("typing became a line")
		}
	}
}

func TestSocketBadFrames(t *testing.T) {
	w := newWorld(t)
	v := w.visitor()
	x, _ := v.live(0)
	for _, tt := range []struct{ sent, code string }{
		{`{"t":"msg","cid":"a","text":"   "}`, "empty"},
		{`{"t":"msg","text":"x"}`, "bad_cid"},
		{`{"t":"welcome"}`, "bad_frame"},
		{`{"t":`, "bad_frame"},
		{`null`, "bad_frame"},
		{"{\"t\":\"ping\xff\"}", "not_utf8"},
		{`[]`, "bad_frame"},
		{`{"t":"act","cid":"a","name":"claim"}`, "bad_frame"},
		{`{"t":"msg","cid":"a","text":"x","conv":"` + w.visitor().conv + `"}`, "foreign"},
	} {
		must(t, x.ws.WriteMessage(websocket.TextMessage, []byte(tt.sent)))
		if f := x.next(); f.T != "err" || f.Code != tt.code {
			t.Errorf("%s was answered with %s, want %s", tt.sent, f.raw, tt.code)
		}
	}
	for range 25 {
		x.put(map[string]string{"t": "msg", "cid": "same", "text": "您好"})
	}
	limited := x.until("the limit", func(f frame) bool { return f.Code == "rate_limited" })
	if f := limited[len(limited)-1]; f.RetryMS <= 0 || f.CID != "same" {
		t.Errorf("limit %s", f.raw)
	}

	x, _ = v.live(int64(len(v.lines())))
	x.put(map[string]string{"t": "msg", "cid": "b", "text": strings.Repeat("x", 16<<10)})
	if code := x.closed(); code != websocket.CloseMessageTooBig {
		t.Errorf("more than 16 kB: closed with %d, want 1009", code)
	}
	x, _ = v.live(int64(len(v.lines())))
	must(t, x.ws.WriteMessage(websocket.BinaryMessage, []byte(`{"t":"ping"}`)))
	if code := x.closed(); code != websocket.CloseUnsupportedData {
		t.Errorf("binary: closed with %d, want 1003", code)
	}
}

// A reader that takes nothing is closed once it is too far behind; nobody else feels it.
func TestSocketSlowReader(t *testing.T) {
	w := newWorld(t)
	slow := w.visitor()
	slow.says("转人工")
	slow.desk(bot.EventClaim, "")
	x, _ := slow.live(int64(len(slow.lines())))
	must(t, x.ws.NetConn().(*net.TCPConn).SetReadBuffer(4<<10)) // or the kernel takes it all in for the client
	fast := w.visitor()
	y, _ := fast.live(0)

	long := strings.Repeat("这一条很长。", 300)
	began := time.Now()
	var writing sync.WaitGroup
	writing.Go(func() {
		for range 640 { // more than 256 beyond what the kernel and a page under way can hold
			slow.desk(bot.EventReply, long)
		}
	})
	var worst time.Duration
	for i := range 10 {
		start := time.Now()
		cid := fmt.Sprint("f", i)
		y.put(map[string]string{"t": "msg", "cid": cid, "text": "您好"})
		y.until("an ack", func(f frame) bool { return f.T == "ack" && f.CID == cid })
		worst = max(worst, time.Since(start))
	}
	writing.Wait()
	if worst > 2*time.Second {
		t.Errorf("another visitor waited %v", worst)
	}
	// A client that took nothing for ten seconds is cut off in the middle of a frame, without a code.
	code, took := x.closed(), time.Since(began)
	cut := (code == -1 || code == websocket.CloseAbnormalClosure) && took >= 10*time.Second && took < 50*time.Second // not for its silence
	if code != websocket.CloseTryAgainLater && !cut {
		t.Errorf("closed with %d after %v, want 1013", code, took)
	}
	// It comes back and reads on.
	again, f := slow.live(int64(len(slow.lines())) - 10)
	if f.Gap || f.Replay != 10 {
		t.Errorf("back again: %s", f.raw)
	}
	again.next()
}

// A stopping server says good-bye to sockets and polls, so that they come back soon.
func TestStop(t *testing.T) {
	w := newWorld(t)
	v := w.visitor()
	x, _ := v.live(0)
	polled := make(chan reply)
	go func() { polled <- v.get("/poll?wait=20") }()
	time.Sleep(100 * time.Millisecond)
	start := time.Now()
	w.channel.Stop()
	if took := time.Since(start); took > 900*time.Millisecond || w.channel.Sockets() != 0 {
		t.Errorf("stopped after %v with %d sockets", took, w.channel.Sockets())
	}
	if f := x.next(); f.T != "bye" || f.Code != "restart" || f.RetryMS <= 0 {
		t.Errorf("instead of good-bye: %s", f.raw)
	}
	if code := x.closed(); code != websocket.CloseServiceRestart {
		t.Errorf("closed with %d, want 1012", code)
	}
	if r := <-polled; r.status != 200 || time.Since(start) > 5*time.Second {
		t.Errorf("the poll got %d after %v", r.status, time.Since(start))
	}
	w.channel.Stop() // twice is nothing
}

// A panic in a turn ends the one connection and nothing else.
func TestSocketSurvives(t *testing.T) {
	w := newWorld(t)
	v := w.visitor()
	x, _ := v.live(0)
	w.broken.Store(true)
	x.put(map[string]string{"t": "msg", "cid": "a", "text": "您好"})
	if code := x.closed(); code != websocket.CloseInternalServerErr {
		t.Errorf("closed with %d, want 1011", code)
	}
	if log := w.logs.String(); !strings.Contains(log, "panic on a socket") || !strings.Contains(log, "harness_test.go") || strings.Contains(log, "a bug in a turn") {
		t.Errorf("the log does not tell where it was, or tells what it held:\n%s", log)
	}
	w.broken.Store(false)
	w.visitor().says("您好")
}

// A visitor has eight sockets; a ninth takes the place of the oldest. Other visitors do not feel it.
func TestSocketsOfOneVisitor(t *testing.T) {
	w := newWorld(t)
	v, other := w.visitor(), w.visitor()
	o, _ := other.live(0)
	var wires []*wire
	for range 8 {
		x, _ := v.live(0)
		wires = append(wires, x)
	}
	for i := range 2 {
		x, _ := v.live(0)
		wires = append(wires, x)
		if code := wires[i].closed(); code != 4409 {
			t.Errorf("socket %d: closed with %d, want 4409", i+1, code)
		}
	}
	for i, x := range append(wires[2:], o) {
		x.put(map[string]string{"t": "ping"})
		if f := x.next(); f.T != "pong" {
			t.Errorf("socket %d got %s", i+3, f.raw)
		}
	}
	for end := time.Now().Add(5 * time.Second); w.channel.Sockets() != 9 && time.Now().Before(end); {
		time.Sleep(5 * time.Millisecond)
	}
	if n := w.channel.Sockets(); n != 9 {
		t.Errorf("%d sockets are open, want 8 and another visitor's", n)
	}
}

// Frames that nobody knows count like lines.
func TestSocketStrangeFrames(t *testing.T) {
	for name, sent := range map[string]string{"unknown": `{"t":"x"}`, "no JSON": `{`, "without a cid": `{"t":"msg","text":"x"}`} {
		t.Run(name, func(t *testing.T) {
			v := newWorld(t).visitor()
			x, _ := v.live(0)
			limited := 0
			for range 60 {
				must(t, x.ws.WriteMessage(websocket.TextMessage, []byte(sent)))
				if f := x.next(); f.Code == "rate_limited" {
					limited++
				}
			}
			if limited < 20 {
				t.Errorf("%d of 60 were held back", limited)
			}
		})
	}
}
