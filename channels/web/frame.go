package web

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"unicode/utf8"

	"posdoctor/bot"
)

// maxFrame is how many bytes a frame or request may have.
const maxFrame = 16 << 10

// frame is what a visitor sends.
type frame struct {
	T      string        `json:"t"` // msg, act, hello, ping, read
	CID    string        `json:"cid"`
	Text   string        `json:"text"`
	Name   string        `json:"name"`   // act
	Choice string        `json:"choice"` // act choose
	Score  int           `json:"score"`  // act csat: 1 to 5, 5 is best
	Solved *bool         `json:"solved"` // act csat
	Token  string        `json:"token"`  // hello
	Conv   string        `json:"conv"`   // hello
	Last   int64         `json:"last"`   // hello
	Epoch  string        `json:"epoch"`  // hello
	Upto   int64         `json:"upto"`   // read
	Ctx    *bot.Unproven `json:"ctx"`    // msg, act: what the page says of its visitor, when that has changed
}

// fault is an answer that refuses: the code for programs, the message for people.
type fault struct {
	Status  int    `json:"-"`
	T       string `json:"t"`
	CID     string `json:"cid,omitempty"`
	Code    string `json:"code"`
	Message string `json:"message"`
	Retry   int    `json:"retry_ms,omitempty"`
}

func (f *fault) Error() string { return f.Code }

func refuse(status int, code, message string) *fault {
	return &fault{Status: status, T: "err", Code: code, Message: message}
}

// choices that acts stand for.
var acts = map[string]string{"escalate": "human", "solved": "solved", "unsolved": "unsolved", "cancel_queue": "cancel", "leave_message": "leave", "end": "end"}

// event turns a frame of type msg or act into an event.
func (f frame) event(v Visitor) (bot.Event, *fault) {
	if !bot.PlainID(f.CID) {
		return bot.Event{}, refuse(http.StatusBadRequest, "bad_cid", textBadCID)
	}
	ev := bot.Event{Key: lineKey(f.CID, v), CID: f.CID, Conversation: v.Conversation, Text: f.Text, Unproven: f.Ctx}
	switch {
	case f.T == "msg":
		ev.Kind = bot.EventSaid
	case f.T == "act" && f.Name == "choose" && f.Choice != "" && len(f.Choice) <= 128:
		ev.Kind, ev.Choice, ev.Text = bot.EventChose, f.Choice, ""
	case f.T == "act" && f.Name == "csat" && f.Score >= 1 && f.Score <= 5:
		ev.Kind, ev.Score, ev.Solved = bot.EventRated, f.Score, f.Solved
	case f.T == "act" && acts[f.Name] != "":
		ev.Kind, ev.Choice = bot.EventChose, acts[f.Name]
		if f.Name != "leave_message" {
			ev.Text = ""
		}
	default:
		return bot.Event{}, refuse(http.StatusBadRequest, "bad_frame", textBadFrame)
	}
	return ev, nil
}

// lineKey is the duplicate key of a visitor's line.
func lineKey(cid string, v Visitor) string { return "web:" + cid + ":" + v.Conversation }

// readJSON reads a body of at most maxFrame bytes into v. Bytes that are no UTF-8 are refused, where encoding/json would replace
// them unseen. What the body says it is does not matter: the Origin and the token decide who may send.
func readJSON(w http.ResponseWriter, r *http.Request, v any) *fault {
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxFrame))
	var big *http.MaxBytesError
	switch {
	case errors.As(err, &big):
		return refuse(http.StatusRequestEntityTooLarge, "too_long", textTooLong)
	case err != nil:
		return refuse(http.StatusBadRequest, "bad_frame", textBadFrame)
	}
	return decode(data, v)
}

func decode(data []byte, v any) *fault {
	if !utf8.Valid(data) {
		return refuse(http.StatusBadRequest, "not_utf8", textNotUTF8)
	}
	if err := json.Unmarshal(data, v); err != nil {
		return refuse(http.StatusBadRequest, "bad_frame", textBadFrame)
	}
	return nil
}

// faultOf maps an error of the service to what a visitor is told.
func faultOf(err error) *fault {
	switch {
	case errors.Is(err, bot.ErrEmpty):
		return refuse(http.StatusBadRequest, "empty", textEmpty)
	case errors.Is(err, bot.ErrTooLong):
		return refuse(http.StatusRequestEntityTooLarge, "too_long", textTooLong)
	case errors.Is(err, bot.ErrNotUTF8):
		return refuse(http.StatusBadRequest, "not_utf8", textNotUTF8)
	case errors.Is(err, bot.ErrNotAsked):
		return refuse(http.StatusConflict, "not_asked", textNotAsked)
	case errors.Is(err, bot.ErrTooLate):
		return refuse(http.StatusConflict, "too_late", textRatedLate)
	}
	f := refuse(http.StatusServiceUnavailable, "unavailable", textUnavailable)
	f.Retry = 2000
	return f
}
