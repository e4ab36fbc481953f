package wechattest

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"
)

// What a Fault can do beside an errcode or a status.
const (
	Timeout   = "timeout" // no answer
	Reset     = "reset"   // the connection is torn
	BadAnswer = "badjson" // a page of a proxy instead of JSON
	Slow      = "slow"    // a good answer, after Delay
)

// Fault makes calls fail. Exactly one of Errcode, Status and Mode is set.
type Fault struct {
	Name    string // for ClearFault
	Path    string // end of the path, as "custom/send"; "" fails every call
	Times   int    // how many calls; 0 is one, negative until ClearFaults
	Errcode int
	Status  int
	Mode    string
	Delay   time.Duration // before the answer

	// Done: what the call asks for is done before the answer is lost by Status or Mode, so that its caller cannot know.
	Done bool
}

// String says what the fault does, as "errcode 45015" or "timeout".
func (f *Fault) String() string {
	switch {
	case f.Errcode != 0:
		return fmt.Sprintf("errcode %d", f.Errcode)
	case f.Status != 0:
		return fmt.Sprintf("status %d", f.Status)
	}
	return f.Mode
}

// Fail makes calls fail, after those that were asked to fail before.
func (a *API) Fail(f Fault) {
	if f.Times == 0 {
		f.Times = 1
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.faults = append(a.faults, &f)
}

// ClearFaults lets calls of paths with this end succeed again; "" lets all.
func (a *API) ClearFaults(path string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.faults = slices.DeleteFunc(a.faults, func(f *Fault) bool { return strings.HasSuffix(f.Path, path) })
}

// ClearFault takes back the faults of a name.
func (a *API) ClearFault(name string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.faults = slices.DeleteFunc(a.faults, func(f *Fault) bool { return f.Name == name })
}

// Faults are those still to come.
func (a *API) Faults() []Fault {
	a.mu.Lock()
	defer a.mu.Unlock()
	out := make([]Fault, 0, len(a.faults))
	for _, f := range a.faults {
		out = append(out, *f)
	}
	return out
}

// fault takes the fault of a call, nil for none.
func (a *API) fault(path string) *Fault {
	a.mu.Lock()
	defer a.mu.Unlock()
	for i, f := range a.faults {
		if !strings.HasSuffix(path, f.Path) {
			continue
		}
		taken := *f
		if f.Times > 0 {
			if f.Times--; f.Times == 0 {
				a.faults = slices.Delete(a.faults, i, i+1)
			}
		}
		return &taken
	}
	return nil
}

// stop waits for the delay and says whether the call gets no good answer.
func (f *Fault) stop(r *http.Request, most time.Duration) bool {
	if f.Delay > 0 {
		t := time.NewTimer(min(f.Delay, most))
		defer t.Stop()
		select {
		case <-t.C:
		case <-r.Context().Done():
		}
	}
	return f.Status != 0 || f.Mode == Timeout || f.Mode == Reset || f.Mode == BadAnswer
}

// lose answers as the fault says, or not at all.
func (f *Fault) lose(w http.ResponseWriter, r *http.Request, most time.Duration) {
	switch {
	case f.Status != 0:
		w.WriteHeader(f.Status)
	case f.Mode == BadAnswer:
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, "<html><body>502 Bad Gateway</body></html>")
	case f.Mode == Timeout:
		t := time.NewTimer(most)
		defer t.Stop()
		select {
		case <-t.C:
		case <-r.Context().Done():
		}
		panic(http.ErrAbortHandler)
	default:
		if h, ok := w.(http.Hijacker); ok {
			if conn, _, err := h.Hijack(); err == nil {
				if tcp, ok := conn.(*net.TCPConn); ok {
					_ = tcp.SetLinger(0) // so that the other side sees a reset and no end
				}
				_ = conn.Close()
				return
			}
		}
		panic(http.ErrAbortHandler)
	}
}
