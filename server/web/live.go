package web

import (
	"context"
	"crypto/subtle"
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
	put := func(v any) bool {
		ws.SetWriteDeadline(time.Now().Add(liveWrite))
		return ws.WriteJSON(v) == nil
	}
	if !put(gin.H{"t": "welcome", "agent": shown(agent), "hb": 25}) {
		return
	}
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
				if conv != "" {
					wake, cancelConv = a.d.Bus.Subscribe(conv)
					if cursor, ok = a.tail(conv, cursor, put); !ok {
						return
					}
				}
			}
		case <-wake:
			var ok bool
			if cursor, ok = a.tail(conv, cursor, put); !ok {
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
			if _, _, err := a.who(r); err != nil {
				ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(4401, "auth"), time.Now().Add(time.Second))
				return
			}
			a.d.Desk.Seen(agent.ID)
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

func (a *agents) tail(conv string, cursor int64, put func(any) bool) (int64, bool) {
	for {
		lines, err := a.d.Store.Messages(context.Background(), conv, cursor, 200)
		if err != nil {
			a.d.Log.Error("reading for a console", "conversation", conv, "err", err)
			return cursor, false
		}
		if len(lines) == 0 {
			return cursor, true
		}
		for i := range lines {
			if !put(liveEvent{"ev", conv, &lines[i]}) {
				return cursor, false
			}
			cursor = lines[i].Seq
		}
	}
}
