package web

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"posdoctor/bot"
)

// Close codes that say what a client should do.
const (
	closeAuth     = 4401 // get a new session
	closeOrigin   = 4403 // never come back
	closeReplaced = 4409 // stay away until somebody looks: newer ones took the place
	closeSlow     = websocket.CloseTryAgainLater
	closeStop     = websocket.CloseServiceRestart
)

const (
	helloFor  = 5 * time.Second  // the first frame must come by then
	silentFor = 60 * time.Second // a socket that says nothing for so long is gone
	writeFor  = 10 * time.Second // a client that takes nothing for so long is closed
	beat      = 25               // seconds between a client's pings
	behind    = 256              // lines behind which a client reads the history instead
	perVisit  = 8                // sockets of one conversation; the oldest makes room
)

var upgrader = websocket.Upgrader{
	ReadBufferSize:   512,
	WriteBufferPool:  &sync.Pool{},
	HandshakeTimeout: helloFor,
	Subprotocols:     []string{"posdoctor.v1"},
	CheckOrigin:      func(*http.Request) bool { return true }, // checked before, see Channel.socket
}

// sockets are all open ones, so that they can be told to come back when the server stops.
type sockets struct {
	mu     sync.Mutex
	open   map[*socket]struct{}
	of     map[string][]*socket // by conversation, the oldest first
	others int                  // that are not visitors', see Stopping
	stop   chan struct{}
	done   bool
}

func (s *sockets) stopping() chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stop == nil {
		s.stop = make(chan struct{})
	}
	return s.stop
}

// Stop closes every socket and poll with "come back soon", and waits at most a second until all have been told.
func (c *Channel) Stop() {
	stop := c.socks.stopping()
	c.socks.mu.Lock()
	if !c.socks.done {
		c.socks.done = true
		close(stop)
	}
	c.socks.mu.Unlock()
	for end := time.Now().Add(time.Second); c.socks.left() > 0 && time.Now().Before(end); {
		time.Sleep(5 * time.Millisecond)
	}
}

// Stopping is for the sockets of others: stop is closed when the server stops, and Stop waits for them too until gone is called.
func (c *Channel) Stopping() (stop <-chan struct{}, gone func()) {
	stop = c.socks.stopping()
	c.socks.count(1)
	return stop, sync.OnceFunc(func() { c.socks.count(-1) })
}

func (s *sockets) count(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.others += n
}

func (s *sockets) left() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.open) + s.others
}

// Sockets counts the open ones.
func (c *Channel) Sockets() int {
	c.socks.mu.Lock()
	defer c.socks.mu.Unlock()
	return len(c.socks.open)
}

// socket is one connection of one visitor.
type socket struct {
	c    *Channel
	ws   *websocket.Conn
	v    Visitor
	out  chan any // answers that belong to no line: ack, err, pong
	done chan struct{}
	once sync.Once
}

func (c *Channel) socket(w http.ResponseWriter, r *http.Request) error {
	// The token comes in the first frame, so the origin is held against every site now and against the visitor's site then.
	known := c.allowed(r, nil)
	sites := c.all()
	for i := range sites {
		known = known || c.allowed(r, &sites[i])
	}
	if !known {
		return refuse(http.StatusForbidden, "origin", textOrigin)
	}
	ws, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return nil // answered by the upgrader
	}
	s := &socket{c: c, ws: ws, out: make(chan any, 32), done: make(chan struct{})}
	site := func(id string) bool { return c.allowed(r, c.site(id)) }
	go s.run(site) // the handler returns, and with it goes the request's memory
	return nil
}

func (s *socket) run(allowed func(site string) bool) {
	defer s.ws.Close()
	s.ws.SetReadLimit(maxFrame)
	s.ws.SetReadDeadline(time.Now().Add(helloFor))
	in, ok := s.next()
	if !ok {
		return
	}
	v, err := s.c.tokens.read(in.Token, 0)
	if in.T != "hello" || err != nil || !s.c.current(v) || in.Conv != "" && in.Conv != v.Conversation {
		s.bye(closeAuth, "auth")
		return
	}
	if !allowed(v.Site) {
		s.bye(closeOrigin, "origin")
		return
	}
	s.v = v
	if old := s.c.socks.add(s); old != nil {
		old.bye(closeReplaced, "replaced")
		old.stop()
		old.ws.Close()
	}
	defer s.c.socks.remove(s)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.write(in)
	}()
	s.read()
	s.stop()
	<-ended
}

// survive keeps a panic on one connection from ending the server; the connection ends. The log says where it was and not what its
// value is, which may hold a merchant's words.
func (s *socket) survive() {
	if p := recover(); p != nil {
		s.c.log.Error("panic on a socket", "conversation", s.v.Conversation, "type", fmt.Sprintf("%T", p), "stack", string(debug.Stack()))
		s.bye(websocket.CloseInternalServerErr, "internal")
	}
}

// add notes a socket, and returns the one that must make room for it.
func (s *sockets) add(x *socket) (old *socket) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open == nil {
		s.open, s.of = map[*socket]struct{}{}, map[string][]*socket{}
	}
	s.open[x] = struct{}{}
	of := append(s.of[x.v.Conversation], x)
	if len(of) > perVisit {
		old, of = of[0], slices.Clone(of[1:])
	}
	s.of[x.v.Conversation] = of
	return old
}

// all are the open ones.
func (s *sockets) all() []*socket {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Collect(maps.Keys(s.open))
}

func (s *sockets) remove(x *socket) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.open, x)
	of := slices.DeleteFunc(s.of[x.v.Conversation], func(y *socket) bool { return y == x })
	if s.of[x.v.Conversation] = of; len(of) == 0 {
		delete(s.of, x.v.Conversation)
	}
}

func (s *socket) stop() { s.once.Do(func() { close(s.done) }) }

// next reads one frame. A frame that is not understood is answered, counted like a line, and skipped.
func (s *socket) next() (frame, bool) {
	for {
		kind, data, err := s.ws.ReadMessage()
		if err != nil {
			return frame{}, false
		}
		var in frame
		if kind != websocket.TextMessage {
			s.bye(websocket.CloseUnsupportedData, "text only")
			return frame{}, false
		}
		if f := decode(data, &in); f != nil {
			s.strange(f)
			continue
		}
		return in, true
	}
}

// read takes the visitor's frames until the connection ends.
func (s *socket) read() {
	defer s.survive()
	for {
		s.ws.SetReadDeadline(time.Now().Add(silentFor))
		in, ok := s.next()
		if !ok {
			return
		}
		switch in.T {
		case "ping":
			s.answer(map[string]string{"t": "pong"})
		case "msg", "act":
			ctx, cancel := context.WithTimeout(context.Background(), 15*time.Second)
			ack, f := s.c.take(ctx, s.v, in)
			cancel()
			if f != nil {
				s.answer(f)
			} else {
				s.answer(ack)
			}
		case "read":
			ctx, cancel := context.WithTimeout(context.Background(), 15*time.Second)
			s.c.taken(ctx, s.v, in) // refused or lost: the client tells again with the next line
			cancel()
		case "hello":
		default:
			s.strange(refuse(http.StatusBadRequest, "bad_frame", textBadFrame))
		}
	}
}

// strange answers what is no frame of ours. It counts against the visitor's lines; before the hello nobody is known to count for.
func (s *socket) strange(f *fault) {
	if s.v.Conversation != "" {
		if over := s.c.spend(s.v); over != nil {
			f = over
		}
	}
	s.answer(f)
}

// answer queues a frame for the writer; a client that does not take its answers is too slow.
func (s *socket) answer(v any) {
	select {
	case s.out <- v:
	default:
		s.bye(closeSlow, "slow")
		s.stop()
	}
}

func (s *socket) bye(code int, why string) {
	s.ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, why), time.Now().Add(time.Second))
}

// write sends the welcome, then each line behind the cursor as it comes.
func (s *socket) write(hello frame) {
	defer s.ws.Close()
	defer s.survive()
	wake, cancel := s.c.bus.Subscribe(s.v.Conversation)
	defer cancel()
	desk, cancelDesk := s.c.bus.Subscribe(bot.TopicDesk)
	defer cancelDesk()
	cursor, st, ok := s.welcome(hello)
	if !ok {
		return
	}
	if cursor, ok = s.tail(cursor); !ok {
		return
	}
	expired := time.NewTimer(s.v.Until.Sub(s.c.tokens.now()))
	defer expired.Stop()
	typing := st.Busy
	if typing && !s.put(typingFrame(true)) {
		return
	}
	for {
		var fresh bool
		select {
		case <-s.done:
			return
		case <-s.c.socks.stopping():
			s.put(map[string]any{"t": "bye", "code": "restart", "retry_ms": 500})
			s.bye(closeStop, "restart")
			return
		case <-expired.C:
			s.bye(closeAuth, "expired")
			return
		case v := <-s.out:
			if !s.put(v) {
				return
			}
			continue
		case <-wake:
			if cursor, ok = s.tail(cursor); !ok {
				return
			}
			fresh = true
		case <-desk:
			fresh = st.Mode == "queue"
		}
		if !fresh {
			continue
		}
		now, _, err := s.c.state(context.Background(), s.v)
		if err != nil {
			continue
		}
		if now.Busy != typing {
			typing = now.Busy
			if !s.put(typingFrame(typing)) {
				return
			}
		}
		if !same(st, now) {
			st = now
			if !s.put(map[string]any{"t": "state", "state": st}) {
				return
			}
		}
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
func (s *socket) welcome(hello frame) (cursor int64, st State, ok bool) {
	st, last, err := s.c.state(context.Background(), s.v)
	if err != nil {
		s.bye(websocket.CloseInternalServerErr, "unavailable")
		return 0, st, false
	}
	cursor = max(hello.Last, 0)
	gap := hello.Epoch != "" && hello.Epoch != s.c.cfg.Epoch || cursor > last || last-cursor > pageLimit
	if gap {
		cursor = last
	}
	ok = s.put(map[string]any{"t": "welcome", "epoch": s.c.cfg.Epoch, "conv": s.v.Conversation, "last": last, "replay": last - cursor,
		"gap": gap, "state": st, "hb": beat})
	return cursor, st, ok
}

// event is a line on the wire.
type event struct {
	T string `json:"t"`
	*bot.Message
}

// tail sends what stands behind the cursor.
func (s *socket) tail(cursor int64) (int64, bool) {
	for {
		lines, err := s.c.read.Messages(context.Background(), s.v.Conversation, cursor, behind+1)
		if err != nil {
			s.c.log.Error("reading for a socket", "conversation", s.v.Conversation, "err", err)
			return cursor, false
		}
		if len(lines) > behind {
			s.bye(closeSlow, "behind")
			return cursor, false
		}
		if len(lines) == 0 {
			return cursor, true
		}
		for i := range lines {
			if !s.put(event{"ev", &lines[i]}) {
				return cursor, false
			}
			cursor = lines[i].Seq
		}
	}
}

// put writes one frame. It is called by the writing goroutine alone.
func (s *socket) put(v any) bool {
	s.ws.SetWriteDeadline(time.Now().Add(writeFor))
	if err := s.ws.WriteJSON(v); err != nil {
		s.stop()
		return false
	}
	return true
}
