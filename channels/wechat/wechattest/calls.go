package wechattest

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Call is one call as the log keeps it. Tokens and secrets are left out.
type Call struct {
	N       int             `json:"n"` // counts the calls
	At      time.Time       `json:"at"`
	Method  string          `json:"method"`
	Path    string          `json:"path"`
	Query   string          `json:"query,omitempty"`
	Body    json.RawMessage `json:"body,omitempty"`   // JSON as it came; other bodies as their size
	Answer  json.RawMessage `json:"answer,omitempty"` // nil: there was none
	Errcode int             `json:"errcode"`
	Status  int             `json:"status"` // 0: the connection ended without an answer
	MS      int64           `json:"ms"`
	Fault   string          `json:"fault,omitempty"` // what was done to the call on purpose
}

// Calls are the last calls, oldest first.
func (a *API) Calls() []Call {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.calls)
}

// CallsTo are the last calls of a path, as /cgi-bin/message/custom/send.
func (a *API) CallsTo(path string) []Call {
	return slices.DeleteFunc(a.Calls(), func(c Call) bool { return c.Path != path })
}

// ClearCalls forgets the calls so far.
func (a *API) ClearCalls() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.calls = nil
}

// Subscribe returns the calls from now on. The channel is closed by cancel, and when its reader is 1024 calls behind.
func (a *API) Subscribe() (calls <-chan Call, cancel func()) { return a.feed.subscribe() }

func (a *API) log(c *call, start time.Time, v any, f *Fault) {
	line := Call{Method: c.Method, Path: c.URL.Path, Query: withoutSecrets(c.URL.Query()), MS: time.Since(start).Milliseconds(), Status: 200}
	if f != nil {
		line.Fault = f.String()
	}
	switch {
	case len(c.raw) == 0:
	case json.Valid(c.raw) && !strings.HasPrefix(c.Header.Get("Content-Type"), "multipart/"):
		line.Body = redact(c.raw)
	default:
		line.Body, _ = json.Marshal(fmt.Sprintf("<%d bytes>", len(c.raw)))
	}
	switch v := v.(type) {
	case nil:
		line.Status = f.Status
	case media:
		line.Answer, _ = json.Marshal(fmt.Sprintf("<%d bytes, %s>", len(v.data), v.contentType))
	default:
		data, _ := json.Marshal(v)
		line.Answer = redact(data)
	}
	if r, ok := v.(reply); ok {
		line.Errcode = r.code()
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.called++
	line.N, line.At = a.called, a.now()
	a.calls = append(a.calls, line)
	if over := len(a.calls) - a.limits().Calls; over > 0 {
		a.calls = slices.Delete(a.calls, 0, over)
	}
	a.feed.publish(line)
}

// secret are the parameters and fields that nobody should read in a log.
func secret(name string) bool {
	switch strings.ToLower(name) {
	case "access_token", "secret", "corpsecret", "token":
		return true
	}
	return false
}

const hidden = "…"

func withoutSecrets(q url.Values) string {
	var parts []string
	for k, vs := range q {
		for _, v := range vs {
			if secret(k) {
				v = hidden
			}
			parts = append(parts, k+"="+v)
		}
	}
	slices.Sort(parts)
	return strings.Join(parts, "&")
}

func redact(data []byte) json.RawMessage {
	var v map[string]any
	if json.Unmarshal(data, &v) != nil {
		return data
	}
	found := false
	for k := range v {
		if secret(k) {
			v[k], found = hidden, true
		}
	}
	if !found {
		return slices.Clone(data)
	}
	out, _ := json.Marshal(v)
	return out
}
