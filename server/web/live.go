package web

import (
	"context"
	"crypto/subtle"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/gorilla/websocket"

	"posdoctor/bot"
)

// live is the agents' side of the bus.
type live struct {
	up websocket.Upgrader
}

func newLive() *live {
	return &live{up: websocket.Upgrader{ReadBufferSize: 512, WriteBufferPool: &sync.Pool{}, HandshakeTimeout: 5 * time.Second,
		CheckOrigin: func(*http.Request) bool { return true }}} // checked before, see sameOrigin
}

const (
	liveSilence = 60 * time.Second
	liveWrite   = 10 * time.Second
	liveCheck   = 3 * time.Second        // how soon a void session closes its socket
	liveBehind  = 256                    // lines behind which a console reads pages instead
	liveLists   = 300 * time.Millisecond // changes of lists within this time are told once
)

// liveFrame is what a console sends.
type liveFrame struct {
	T    string `json:"t"` // hello, watch, ping
	CSRF string `json:"csrf"`
	Conv string `json:"conv"`
	Last int64  `json:"last"`
}

// liveEvent is a line of a watched conversation.
type liveEvent struct {
	T    string `json:"t"`
	Conv string `json:"conv"`
	*bot.Message
}

// socket tells a console what changes: that lists did, and the lines of the conversation it watches.
func (a *agents) socket(c *gin.Context) {
	agent, csrf := me(c), c.GetString("csrf")
	if !a.authorise(c, actConsole, bot.Conversation{}) {
		forbidden(c)
		return
	}
	ws, err := a.live.up.Upgrade(c.Writer, c.Request, nil)
	if err != nil {
		return
	}
	r := c.Request.Clone(context.WithoutCancel(c.Request.Context()))
	defer ws.Close()
	ws.SetReadLimit(16 << 10)
	ws.SetReadDeadline(time.Now().Add(5 * time.Second))
	var hello liveFrame
	if ws.ReadJSON(&hello) != nil || hello.T != "hello" || subtle.ConstantTimeCompare([]byte(hello.CSRF), []byte(csrf)) != 1 {
		ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(4401, "auth"), time.Now().Add(time.Second))
		return
	}
	in := make(chan liveFrame)
	done := make(chan struct{})
	defer close(done)
	go readFrames(ws, in, done)
	bye := func(code int, why string) {
		ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, why), time.Now().Add(time.Second))
	}
	put := func(v any) bool {
		ws.SetWriteDeadline(time.Now().Add(liveWrite))
		return ws.WriteJSON(v) == nil
	}
	if !put(gin.H{"t": "welcome", "agent": shown(agent), "hb": 25}) {
		return
	}
	stop, gone := a.d.Visitors.Stopping()
	defer gone()
	desk, cancelDesk := a.d.Bus.Subscribe(bot.TopicDesk)
	defer cancelDesk()
	check := time.NewTicker(liveCheck)
	defer check.Stop()
	var lists <-chan time.Time
	var wake <-chan struct{}
	cancelConv := func() {}
	defer func() { cancelConv() }()
	conv, cursor := "", int64(0)
	for {
		select {
		case f, ok := <-in:
			if !ok {
				return
			}
			switch f.T {
			case "ping":
				if !put(gin.H{"t": "pong"}) {
					return
				}
			case "watch":
				cancelConv()
				conv, cursor, wake, cancelConv = f.Conv, max(f.Last, 0), nil, func() {}
				if conv == "" {
					continue
				}
				switch err := a.readable(c, conv); {
				case errors.Is(err, bot.ErrNotFound):
					conv = ""
					if !put(gin.H{"t": "err", "code": "not_found", "conv": f.Conv}) {
						return
					}
				case err != nil:
					a.refuse(bye, conv, err)
					return
				default:
					wake, cancelConv = a.d.Bus.Subscribe(conv)
					if cursor, ok = a.tail(c, conv, cursor, put, bye); !ok {
						return
					}
				}
			}
		case <-wake:
			var ok bool
			if cursor, ok = a.tail(c, conv, cursor, put, bye); !ok {
				return
			}
		case <-desk:
			if lists == nil {
				lists = time.After(liveLists)
			}
		case <-lists:
			lists = nil
			if !put(gin.H{"t": "lists"}) {
				return
			}
		case <-check.C:
			now, _, err := a.who(r)
			if errors.Is(err, bot.ErrNotFound) {
				bye(4401, "auth")
				return
			}
			if err != nil { // says nothing about the session; the next check does
				a.d.Log.Error("checking the session of a console", "agent", agent.ID, "err", err)
				continue
			}
			c.Set(current, now)
			if !a.authorise(c, actConsole, bot.Conversation{}) {
				a.refuse(bye, "", errRole)
				return
			}
			a.d.Desk.Seen(agent.ID)
		case <-stop:
			put(gin.H{"t": "bye", "code": "restart"})
			bye(websocket.CloseServiceRestart, "restart")
			return
		}
	}
}

func readFrames(ws *websocket.Conn, in chan<- liveFrame, done <-chan struct{}) {
	defer close(in)
	for {
		ws.SetReadDeadline(time.Now().Add(liveSilence))
		var f liveFrame
		if ws.ReadJSON(&f) != nil {
			return
		}
		select {
		case in <- f:
		case <-done:
			return
		}
	}
}

// tail sends what stands behind the cursor of a watched conversation. Each time it asks anew whether the agent may read it: he may
// have held it when he began to watch, and no longer. Who is more than liveBehind lines behind is closed, reads pages and resumes.
func (a *agents) tail(c *gin.Context, id string, cursor int64, put func(any) bool, bye func(int, string)) (int64, bool) {
	for {
		lines, err := a.d.Store.Messages(context.Background(), id, cursor, liveBehind+1)
		if err != nil {
			a.d.Log.Error("reading for a console", "conversation", id, "err", err)
			return cursor, false
		}
		if len(lines) == 0 {
			return cursor, true
		}
		if len(lines) > liveBehind {
			bye(websocket.CloseTryAgainLater, "behind")
			return cursor, false
		}
		if err := a.readable(c, id); err != nil {
			a.refuse(bye, id, err)
			return cursor, false
		}
		for i := range lines {
			if !put(liveEvent{"ev", id, &lines[i]}) {
				return cursor, false
			}
			cursor = lines[i].Seq
		}
	}
}

// errRole refuses an agent what his role does not allow.
var errRole = errors.New("the role does not allow this")

// readable says, by no error, that the agent of a request may read a conversation now, and keeps the trace of it.
func (a *agents) readable(c *gin.Context, id string) error {
	conv, err := a.d.Store.ConversationByID(context.Background(), id)
	if err == nil && !a.authorise(c, actRead, conv) {
		err = errRole
	}
	return err
}

// refuse closes a socket that may not, or cannot, read on.
func (a *agents) refuse(bye func(int, string), id string, err error) {
	if errors.Is(err, errRole) {
		bye(websocket.ClosePolicyViolation, "role")
		return
	}
	a.d.Log.Error("reading for a console", "conversation", id, "err", err)
	bye(websocket.CloseInternalServerErr, "unavailable")
}
