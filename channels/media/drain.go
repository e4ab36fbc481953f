package media

import (
	"io"
	"net/http"
	"time"
)

const (
	drainFor  = 5 * time.Second
	drainMost = 16 << 20
)

// Drain reads what is left of an upload that is refused, for a while: a browser that is cut off while it sends never sees the answer.
func Drain(w http.ResponseWriter, body io.Reader) {
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(drainFor)) // where there is no connection, in tests, nothing is slow
	_, _ = io.CopyN(io.Discard, body, drainMost)
}
