package web

import (
	"context"
	"encoding/json"
	"time"

	"github.com/gorilla/websocket"

	"posdoctor/bot"
)

// maxAnswers is how many answers may wait for a client to take them.
const maxAnswers = 32

// wake has something looked after, at once and by the one goroutine that writes. It neither waits nor writes.
func (s *socket) wake(what due) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.due.welcome = s.due.welcome || what.welcome
	s.due.lines = s.due.lines || what.lines
	s.due.state = s.due.state || what.state
	s.due.restart = s.due.restart || what.restart
	s.due.expired = s.due.expired || what.expired
	s.start()
}

// answer has a frame written; a client that does not take its answers is too slow.
func (s *socket) answer(v any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.out) == maxAnswers {
		s.ended = true
		go func() { // the writer may hold the connection for as long as a write takes
			s.bye(closeSlow, "slow")
			s.ws.Close()
		}()
		return
	}
	s.out = append(s.out, v)
	s.start()
}

// hint has a frame written that is worth nothing later: a client with other things to read goes without.
func (s *socket) hint(v any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.out) < maxAnswers/2 {
		s.out = append(s.out, v)
		s.start()
	}
}

// start begins to write, unless that is under way. Before the hello it does nothing: nobody is known to write to.
func (s *socket) start() {
	if !s.speaking && !s.ended {
		s.speaking = true
		go s.speak()
	}
}

// stop has nothing more written.
func (s *socket) stop() {
	s.mu.Lock()
	s.ended = true
	speaking := s.speaking
	s.mu.Unlock()
	if !speaking {
		s.leaveDesk()
	}
}

// leaveDesk ends the wakes of the desk. It is called by who writes, or when nobody does or ever will again, and never under the lock:
// a wake takes it while the bus waits.
func (s *socket) leaveDesk() {
	if s.desk != nil {
		s.desk()
		s.desk = nil
	}
}

// speak writes what is due, and ends when nothing is: a visitor who reads and says nothing has no goroutine that writes.
func (s *socket) speak() {
	defer func() {
		if p := recover(); p != nil {
			s.panicked(p)
			s.ws.Close()
			s.mu.Lock()
			s.ended = true
			s.mu.Unlock()
			s.leaveDesk()
		}
	}()
	for {
		out, d, ended := s.take()
		if ended {
			s.leaveDesk()
			return
		}
		if len(out) == 0 && d == (due{}) {
			return
		}
		if !s.say(out, d) {
			s.ws.Close()
			s.stop()
		}
	}
}

// take hands over what has to be written. With nothing, or after the end, whoever asked has to go.
func (s *socket) take() (out []any, d due, ended bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	out, d = s.out, s.due
	s.out, s.due = nil, due{}
	if s.ended {
		return nil, due{}, true // speaking stays: nobody begins again
	}
	s.speaking = len(out) > 0 || d != (due{})
	return out, d, false
}

// say writes answers and what is due. false: the connection has ended, or must.
func (s *socket) say(out []any, d due) bool {
	if d.restart {
		s.put(map[string]any{"t": "bye", "code": "restart", "retry_ms": 500})
		s.bye(closeStop, "restart")
		return false
	}
	if d.expired {
		s.bye(closeAuth, "expired")
		return false
	}
	if d.welcome {
		if !s.welcome(s.hello) || !s.tail() {
			return false
		}
		s.hello = frame{}
		if s.typing = s.st.Busy; s.typing && !s.put(typingFrame(true)) {
			return false
		}
	}
	for _, v := range out {
		if !s.put(v) {
			return false
		}
	}
	if d.lines && !s.tail() {
		return false
	}
	return !d.state || s.tellState()
}

// tellState says who speaks now, where that has changed.
func (s *socket) tellState() bool {
	now, _, err := s.c.state(context.Background(), s.v)
	if err != nil {
		return true
	}
	if now.Busy != s.typing {
		s.typing = now.Busy
		if !s.put(typingFrame(s.typing)) {
			return false
		}
	}
	if same(s.st, now) {
		return true
	}
	s.st = now
	s.follow()
	return s.put(map[string]any{"t": "state", "state": now})
}

// follow listens to the desk while the visitor waits in its queue.
func (s *socket) follow() {
	switch waits := s.st.Mode == "queue"; {
	case waits && s.desk == nil:
		s.desk = s.c.bus.Notify(bot.TopicDesk, func() { s.wake(due{state: true}) })
	case !waits:
		s.leaveDesk()
	}
}

func typingFrame(on bool) any {
	return map[string]any{"t": "eph", "type": "typing", "who": "bot", "on": on}
}

func same(a, b State) bool {
	x, _ := json.Marshal(a)
	y, _ := json.Marshal(b)
	return string(x) == string(y)
}

// welcome says where the conversation stands and from which line on the client will get it.
func (s *socket) welcome(hello frame) bool {
	st, last, err := s.c.state(context.Background(), s.v)
	if err != nil {
		s.bye(websocket.CloseInternalServerErr, "unavailable")
		return false
	}
	cursor := max(hello.Last, 0)
	gap := hello.Epoch != "" && hello.Epoch != s.c.cfg.Epoch || cursor > last || last-cursor > pageLimit
	if gap {
		cursor = last
	}
	s.cursor, s.st = cursor, st
	s.follow()
	return s.put(map[string]any{"t": "welcome", "epoch": s.c.cfg.Epoch, "conv": s.v.Conversation, "last": last, "replay": last - cursor,
		"gap": gap, "state": st, "hb": beat})
}

// event is a line on the wire.
type event struct {
	T string `json:"t"`
	*bot.Message
}

// tail sends what stands behind the cursor.
func (s *socket) tail() bool {
	for {
		lines, err := s.c.read.Messages(context.Background(), s.v.Conversation, s.cursor, behind+1)
		if err != nil {
			s.c.log.Error("reading for a socket", "conversation", s.v.Conversation, "err", err)
			return false
		}
		if len(lines) > behind {
			s.bye(closeSlow, "behind")
			return false
		}
		if len(lines) == 0 {
			return true
		}
		for i := range lines {
			if !s.put(event{"ev", &lines[i]}) {
				return false
			}
			s.cursor = lines[i].Seq
		}
	}
}

// put writes one frame. It is called by the writing goroutine alone.
func (s *socket) put(v any) bool {
	s.ws.SetWriteDeadline(time.Now().Add(writeFor))
	return s.ws.WriteJSON(v) == nil
}
