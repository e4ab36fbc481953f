package wechat

import (
	"errors"
	"fmt"
)

// APIError is an answer of WeChat that refuses: nothing was done. Its text names the code only, for WeChat's own may hold addresses.
type APIError struct {
	Path string // of the operation, without its query
	Code int64
}

func (e *APIError) Error() string {
	return fmt.Sprintf("WeChat refused %s with errcode %d", e.Path, e.Code)
}

// notSentError means that the operation itself was not sent; its token may have been asked for, and refused.
type notSentError struct{ err error }

func (e *notSentError) Error() string { return e.err.Error() }
func (e *notSentError) Unwrap() error { return e.err }

// move is what an errcode asks for.
type move int

const (
	moveHold     move = iota // the lines wait; somebody has to look at it: our fault, or a code that nobody knows
	moveAgain                // WeChat is busy: soon again, three times
	moveMinute               // too many in this minute
	moveDay                  // too many on this day
	moveToken                // another token, once
	moveShorter              // the text is too long
	movePlain                // the account may not send menus
	moveList                 // this message may not be a menu
	movePassive              // the account may not send at all
	moveClosed               // the window is shut, or the quota used: wait for the user
	moveGone                 // no such follower
	movePictures             // the account may not upload pictures
	moveAlarm                // the configuration is wrong or the account restricted: stop for a while and say so
)

// moves are the errcodes that are acted on (global return codes; facts in the documents of each operation).
var moves = map[int64]move{
	-1:    moveAgain,
	40001: moveToken, 40014: moveToken, 42001: moveToken,
	40003: moveGone, 43004: moveGone,
	40013: moveAlarm, 40125: moveAlarm, 40164: moveAlarm, 50002: moveAlarm,
	40200: movePlain,
	48001: movePassive,
	45002: moveShorter, 40058: moveShorter,
	45009: moveDay, 45011: moveMinute,
	45015: moveClosed, 45047: moveClosed, 95001: moveClosed, 95018: moveClosed,
	45008: moveHold, 45098: moveList, 40033: moveHold, 47001: moveHold, 40007: moveHold,
}

// Reasons that window reads.
const (
	reasonClosed = "45015"
	reasonUsed   = "45047"
)

// codeOf is the errcode of an error, if WeChat gave one.
func codeOf(err error) (int64, bool) {
	var e *APIError
	if errors.As(err, &e) {
		return e.Code, true
	}
	return 0, false
}

// surelyNot says that an error leaves no doubt that nothing was done.
func surelyNot(err error) bool {
	var unsent *notSentError
	_, refused := codeOf(err)
	return refused || errors.As(err, &unsent)
}
