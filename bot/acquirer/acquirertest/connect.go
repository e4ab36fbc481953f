package acquirertest

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"time"

	"posdoctor/bot/acquirer/remote"
	"posdoctor/bot/acquirer/signing"
	"posdoctor/bot/acquirer/simulator"
)

// Key is the key that tests share with their simulator.
func Key() signing.Key {
	k, err := signing.Secret("posdoctor-test", "a secret that is only for tests, 32 bytes and more")
	if err != nil {
		panic(err)
	}
	return k
}

// Simulated is a simulator with the client that reaches it, over HTTP and signed, without a socket in between.
type Simulated struct {
	*remote.Client
	*simulator.Simulator
}

// Close closes both.
func (s Simulated) Close() error {
	s.Client.Close()
	return s.Simulator.Close()
}

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
	return remote.New(remote.Config{URL: "http://localhost", Key: Key(), Now: now, Transport: InMemory{h}})
}

// InMemory carries requests to a handler in the same process. It works under testing/synctest, where sockets do not.
type InMemory struct{ Handler http.Handler }

// RoundTrip implements http.RoundTripper.
func (m InMemory) RoundTrip(r *http.Request) (*http.Response, error) {
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
	in := httptest.NewRequestWithContext(r.Context(), r.Method, r.URL.RequestURI(), bytes.NewReader(body))
	in.Header, in.Host, in.RemoteAddr = r.Header.Clone(), r.URL.Host, "127.0.0.1:9"
	rec := httptest.NewRecorder()
	ended := make(chan any, 1)
	go func() {
		defer func() { ended <- recover() }()
		m.Handler.ServeHTTP(rec, in)
	}()
	select {
	case p := <-ended:
		if p != nil {
			return nil, io.ErrUnexpectedEOF // http.ErrAbortHandler: the connection was cut
		}
		return rec.Result(), nil
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
}
