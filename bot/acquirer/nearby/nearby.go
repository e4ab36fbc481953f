// Package nearby puts a simulator and the client that reaches it into one process, over HTTP and signed, without a socket in between:
// for talks and tests, whose clock is not the machine's.
package nearby

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"time"

	"posdoctor/bot/acquirer/remote"
	"posdoctor/bot/acquirer/signing"
	"posdoctor/bot/acquirer/simulator"
)

// Simulated is a simulator with its client.
type Simulated struct {
	*remote.Client
	*simulator.Simulator
}

// Close closes both.
func (s Simulated) Close() error { return errors.Join(s.Client.Close(), s.Simulator.Close()) }

// Simulate opens a simulator whose tickets stand below dir. now nil means time.Now.
func Simulate(dir string, now func() time.Time) (Simulated, error) {
	sim, err := simulator.New(simulator.Config{Dir: dir, Key: Key(), Now: now})
	if err != nil {
		return Simulated{}, err
	}
	client, err := Connect(sim, now)
	return Simulated{client, sim}, err
}

// Connect returns a client of a handler that serves the contract.
func Connect(h http.Handler, now func() time.Time) (*remote.Client, error) {
	return remote.New(remote.Config{URL: "http://localhost", Key: Key(), Now: now, Transport: Transport{h}})
}

// Key is what both sides share here. It keeps nothing secret: nobody else is reached with it.
func Key() signing.Key {
	k, err := signing.Secret("nearby", "both sides are in the same process, so this is not a secret")
	if err != nil {
		panic(err)
	}
	return k
}

// Transport carries requests to a handler in the same process. It works under testing/synctest, where sockets do not.
type Transport struct{ Handler http.Handler }

// RoundTrip implements http.RoundTripper.
func (t Transport) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		var err error
		body, err = io.ReadAll(r.Body)
		r.Body.Close()
		if err != nil {
			return nil, err
		}
	}
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	in := r.Clone(r.Context())
	in.Body, in.ContentLength, in.RequestURI = io.NopCloser(bytes.NewReader(body)), int64(len(body)), r.URL.RequestURI()
	in.Host, in.RemoteAddr = r.URL.Host, "127.0.0.1:9"
	out := &answer{header: http.Header{}}
	ended := make(chan any, 1)
	go func() {
		defer func() { ended <- recover() }()
		t.Handler.ServeHTTP(out, in)
	}()
	select {
	case p := <-ended:
		if p != nil {
			return nil, io.ErrUnexpectedEOF // http.ErrAbortHandler: the connection was cut
		}
		return out.response(r), nil
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
}

// answer takes what a handler writes.
type answer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (a *answer) Header() http.Header { return a.header }

func (a *answer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
}

func (a *answer) Write(p []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	return a.body.Write(p)
}

func (a *answer) response(r *http.Request) *http.Response {
	a.WriteHeader(http.StatusOK)
	return &http.Response{StatusCode: a.status, Status: http.StatusText(a.status), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: a.header.Clone(),
		Body: io.NopCloser(&a.body), ContentLength: int64(a.body.Len()), Request: r}
}
