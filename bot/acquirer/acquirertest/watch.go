package acquirertest

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"

	"posdoctor/bot/acquirer/contract"
)

// Watch holds all that passes between a client and a handler against the OpenAPI document of the contract. What does not fit it fails the
// test; done says which operations passed with status 200.
type Watch struct {
	t      testing.TB
	next   http.Handler
	router routers.Router

	mu      sync.Mutex
	seen    map[string]bool
	collect bool
	unfit   map[string]bool // while collecting: paths of answers that did not fit
}

// NewWatch stands in front of a handler.
func NewWatch(t testing.TB, next http.Handler) *Watch {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData(contract.Document())
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range doc.Components.Schemas { // for the test: a field that is not documented is a fault
		if len(s.Value.Properties) > 0 {
			no := false
			s.Value.AdditionalProperties.Has = &no
		}
	}
	w := &Watch{t: t, next: next, seen: map[string]bool{}}
	if w.router, err = legacy.NewRouter(doc); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *Watch) ServeHTTP(out http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, "/control/") {
		w.next.ServeHTTP(out, r)
		return
	}
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	rec := httptest.NewRecorder()
	w.next.ServeHTTP(rec, r)
	r.Body = io.NopCloser(bytes.NewReader(body))
	if err := w.judge(r, rec); err != nil && !w.keep(r) {
		w.t.Errorf("%s %s -> %d does not fit the document: %v\n%s", r.Method, r.URL, rec.Code, err, rec.Body)
	}
	for k, v := range rec.Header() {
		out.Header()[k] = v
	}
	out.WriteHeader(rec.Code)
	out.Write(rec.Body.Bytes())
}

func (w *Watch) judge(r *http.Request, rec *httptest.ResponseRecorder) error {
	route, params, err := w.router.FindRoute(r)
	if err != nil {
		return err
	}
	options := &openapi3filter.Options{IncludeResponseStatus: true, MultiError: true}
	in := &openapi3filter.RequestValidationInput{Request: r, PathParams: params, Route: route, Options: options}
	if rec.Code < 400 {
		if err := openapi3filter.ValidateRequest(r.Context(), in); err != nil {
			return fmt.Errorf("the request: %w", err)
		}
	}
	if err := openapi3filter.ValidateResponse(r.Context(), &openapi3filter.ResponseValidationInput{RequestValidationInput: in, Status: rec.Code,
		Header: rec.Header(), Body: io.NopCloser(bytes.NewReader(rec.Body.Bytes())), Options: options}); err != nil {
		return fmt.Errorf("the answer: %w", err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.seen[fmt.Sprintf("%s %d", route.Operation.OperationID, rec.Code)] = true
	return nil
}

// Collect makes the watch note what does not fit from now on instead of failing the test, and returns what was noted since the last call:
// paths as they were asked.
func (w *Watch) Collect() map[string]bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	noted := w.unfit
	w.collect, w.unfit = true, map[string]bool{}
	return noted
}

func (w *Watch) keep(r *http.Request) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.collect {
		w.unfit[r.URL.Path] = true
	}
	return w.collect
}

// Seen says whether an operation was answered with a status.
func (w *Watch) Seen(op contract.Operation, status int) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.seen[fmt.Sprintf("%s %d", op, status)]
}
