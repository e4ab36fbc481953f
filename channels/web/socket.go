package web

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/gorilla/websocket"
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
		for s := range c.socks.open {
			s.wake(due{restart: true})
		}
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

// socket is one connection of one visitor. One goroutine waits for what comes in; what goes out is written by a second one that lives
// only while there is something to write, see speak.
type socket struct {
	c     *Channel
	ws    *websocket.Conn
	v     Visitor
	hello frame

	mu       sync.Mutex
	out      []any // answers that belong to no line: ack, err, pong
	due      due
	speaking bool // the second goroutine is there
	ended    bool

	// Of the second goroutine alone.
	cursor int64
	st     State
	typing bool
	desk   func() // ends the wakes of the desk, which only who waits in the queue needs; nil: there are none
}

// due is what has to be looked after, beside answers.
type due struct {
	welcome, lines, state, restart, expired bool
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
	s := &socket{c: c, ws: ws}
	site := func(id string) bool { return c.allowed(r, c.site(id)) }
	go s.run(site) // the handler returns, and with it goes the request's memory
	return nil
}

func (s *socket) run(allowed func(site string) bool) {
	defer s.ws.Close()
	s.ws.SetReadLimit(maxFrame)
	s.ws.SetReadDeadline(time.Now().Add(helloFor))
	var ok bool
	apart(func() { defer s.survive(); ok = s.greeted(allowed) })
	if !ok {
		return
	}
	defer s.c.socks.remove(s)
	cancel := s.c.bus.Notify(s.v.Conversation, func() { s.wake(due{lines: true, state: true}) })
	defer cancel()
	defer s.stop()
	expiry := time.AfterFunc(s.v.Until.Sub(s.c.tokens.now()), func() { s.wake(due{expired: true}) })
	defer expiry.Stop()
	s.wake(due{welcome: true})
	s.read()
}

// greeted reads the hello, and makes the socket one of its visitor's.
func (s *socket) greeted(allowed func(site string) bool) bool {
	in, ok := s.next()
	if !ok {
		return false
	}
	v, err := s.c.tokens.read(in.Token, 0)
	if in.T != "hello" || err != nil || !s.c.current(v) || in.Conv != "" && in.Conv != v.Conversation {
		s.bye(closeAuth, "auth")
		return false
	}
	if !allowed(v.Site) {
		s.bye(closeOrigin, "origin")
		return false
	}
	s.v, s.hello = v, in
	s.hello.Token = ""
	old, ok := s.c.socks.add(s)
	if !ok {
		s.bye(closeStop, "restart")
		return false
	}
	if old != nil {
		old.bye(closeReplaced, "replaced")
		old.stop()
		old.ws.Close()
	}
	if !s.c.current(v) { // revoked after it was read, and before SetSites could see this socket
		s.c.socks.remove(s)
		s.bye(closeAuth, "revoked")
		return false
	}
	return true
}

// apart does something on a goroutine of its own and waits for it. Stacks grow with what they once had to hold and stay large: a goroutine
// that only waits for the next frame does the work of each on another stack, and keeps its own small for the hours in between.
func apart(do func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		do()
	}()
	<-done
}

// survive keeps a panic on one connection from ending the server; the connection ends. The log says where it was and not what its
// value is, which may hold a merchant's words.
func (s *socket) survive() {
	if p := recover(); p != nil {
		s.panicked(p)
	}
}

func (s *socket) panicked(p any) {
	s.c.log.Error("panic on a socket", "conversation", s.v.Conversation, "type", fmt.Sprintf("%T", p), "stack", string(debug.Stack()))
	s.bye(websocket.CloseInternalServerErr, "internal")
}

// add notes a socket, and returns the one that must make room for it. false: the server stops.
func (s *sockets) add(x *socket) (old *socket, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.done {
		return nil, false
	}
	if s.open == nil {
		s.open, s.of = map[*socket]struct{}{}, map[string][]*socket{}
	}
	s.open[x] = struct{}{}
	of := append(s.of[x.v.Conversation], x)
	if len(of) > perVisit {
		old, of = of[0], slices.Clone(of[1:])
	}
	s.of[x.v.Conversation] = of
	return old, true
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

// next reads one frame. A frame that is not understood is answered and skipped.
func (s *socket) next() (frame, bool) {
	for {
		kind, data, err := s.ws.ReadMessage()
		if err != nil {
			return frame{}, false
		}
		if in, ok := s.decoded(kind, data); ok || kind != websocket.TextMessage {
			return in, ok
		}
	}
}

// decoded reads a frame. One that is not understood is answered, and counted like a line; one that is no text ends the connection.
func (s *socket) decoded(kind int, data []byte) (in frame, ok bool) {
	if kind != websocket.TextMessage {
		s.bye(websocket.CloseUnsupportedData, "text only")
		return in, false
	}
	if f := decode(data, &in); f != nil {
		s.strange(f)
		return in, false
	}
	return in, true
}

// read takes the visitor's frames until the connection ends.
func (s *socket) read() {
	defer s.survive()
	for {
		s.ws.SetReadDeadline(time.Now().Add(silentFor))
		kind, data, err := s.ws.ReadMessage()
		if err != nil {
			return
		}
		ok := false
		apart(func() { defer s.survive(); ok = s.frame(kind, data) })
		if !ok {
			return
		}
	}
}

// frame handles one frame, and says whether another may follow.
func (s *socket) frame(kind int, data []byte) bool {
	in, ok := s.decoded(kind, data)
	if !ok {
		return kind == websocket.TextMessage
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
	return true
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

func (s *socket) bye(code int, why string) {
	s.ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, why), time.Now().Add(time.Second))
}
