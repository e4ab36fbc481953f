package wechat

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"net/url"
	"strings"
	"sync"
	"time"
)

const (
	connectTime = 3 * time.Second
	callTime    = 8 * time.Second
	maxAnswer   = 1 << 20
)

// API speaks with api.weixin.qq.com, or qyapi.weixin.qq.com, and nobody else. It follows no redirect.
type API struct {
	base   string
	client *http.Client
	token  func(ctx context.Context) (accessToken, error)
	stale  func(token accessToken) // the token was refused
}

// newAPI returns a client of the API below an address.
func newAPI(base string) (*API, error) {
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.User != nil || u.RawQuery != "" {
		return nil, errors.New("the address of WeChat's API must look like https://api.weixin.qq.com")
	}
	if bare(u) {
		return nil, errors.New("WeChat's API is reached over https; http serves on this machine only")
	}
	return &API{base: strings.TrimSuffix(base, "/"), client: newClient(callTime, 32, 20*time.Second)}, nil
}

// bare says that what is sent to an address could be read on its way.
func bare(u *url.URL) bool {
	ip := net.ParseIP(u.Hostname())
	return u.Scheme == "http" && u.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback())
}

// newClient returns a client that follows no redirect: what it carries is for one address only.
func newClient(timeout time.Duration, perHost int, idle time.Duration) *http.Client {
	return &http.Client{
		Timeout: timeout,
		Transport: &http.Transport{Proxy: http.ProxyFromEnvironment, DialContext: (&net.Dialer{Timeout: connectTime}).DialContext,
			TLSHandshakeTimeout: connectTime, MaxIdleConnsPerHost: perHost, IdleConnTimeout: idle},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// post calls an operation with a JSON body and reads the answer into out, which may be nil. A refused token is fetched anew, once.
// Errors: *APIError when WeChat refused, *notSentError when nothing was sent; after any other the outcome is not known. None of
// them holds an address, a token or a text.
func (a *API) post(ctx context.Context, path string, body, out any) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false) // WeChat would show \u003c as it stands
	if err := enc.Encode(body); err != nil {
		return &notSentError{fmt.Errorf("%s: writing the request: %w", path, err)}
	}
	return a.call(ctx, http.MethodPost, path, nil, payload{jsonKind, unescaped(b.Bytes())}, out)
}

// upload calls an operation with a file as the only part of a form. Errors are those of post.
func (a *API) upload(ctx context.Context, path string, q url.Values, part, name, kind string, data []byte, out any) error {
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	w, err := form.CreatePart(textproto.MIMEHeader{"Content-Type": {kind},
		"Content-Disposition": {fmt.Sprintf(`form-data; name=%q; filename=%q; filelength=%d`, part, name, len(data))}})
	if err == nil {
		_, err = w.Write(data)
	}
	if err = errors.Join(err, form.Close()); err != nil {
		return &notSentError{fmt.Errorf("%s: writing the request: %w", path, err)}
	}
	patient := *a
	patient.client = &http.Client{Timeout: uploadTime, Transport: a.client.Transport, CheckRedirect: a.client.CheckRedirect}
	return patient.call(ctx, http.MethodPost, path, q, payload{form.FormDataContentType(), b.Bytes()}, out)
}

// payload is the body of a request.
type payload struct {
	kind string // its Content-Type
	data []byte // nil: there is none
}

const jsonKind = "application/json; charset=utf-8"

// get calls an operation without a body.
func (a *API) get(ctx context.Context, path string, q url.Values, out any) error {
	return a.call(ctx, http.MethodGet, path, q, payload{}, out)
}

// errTooLarge means that what was asked for is larger than the asker takes.
var errTooLarge = errors.New("larger than allowed")

// download gets a file of at most so many bytes, in at most so long. Errors are those of post, and errTooLarge. What went wrong may be
// asked for again: reading changes nothing there.
func (a *API) download(ctx context.Context, path string, q url.Values, most int64, lasts time.Duration) ([]byte, error) {
	patient := *a
	patient.client = &http.Client{Timeout: lasts, Transport: a.client.Transport, CheckRedirect: a.client.CheckRedirect}
	for again := false; ; again = true {
		token, err := a.token(ctx)
		if err != nil {
			return nil, &notSentError{err}
		}
		data, err := patient.file(ctx, path, token.text, q, most)
		if err != nil {
			return nil, err
		}
		code := refusalIn(data)
		switch {
		case code == 0:
			return data, nil
		case moves[code] == moveToken && !again:
			a.stale(token)
		default:
			return nil, &APIError{path, code}
		}
	}
}

// file makes one request and returns the body of an answer with status 200, as long as it is no longer than that.
func (a *API) file(ctx context.Context, path, token string, q url.Values, most int64) ([]byte, error) {
	res, err := a.send(ctx, http.MethodGet, path, token, q, payload{})
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: status %d", path, res.StatusCode)
	}
	if res.ContentLength > most {
		return nil, fmt.Errorf("%s: %w", path, errTooLarge)
	}
	data, err := io.ReadAll(io.LimitReader(res.Body, most+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s: the answer broke off", path)
	case int64(len(data)) > most:
		return nil, fmt.Errorf("%s: %w", path, errTooLarge)
	}
	return data, nil
}

// refusalIn is the errcode of a body that is a refusal and no file: {"errcode":40007,"errmsg":"invalid media_id rid: …"}. The status is
// 200 for both, and the Content-Type not to be relied on; no picture and no voice begins with a brace.
func refusalIn(body []byte) int64 {
	var e struct {
		Code int64 `json:"errcode"`
	}
	if body = bytes.TrimLeft(body[:min(len(body), maxAnswer)], " \t\r\n"); len(body) == 0 || body[0] != '{' || json.Unmarshal(body, &e) != nil {
		return 0
	}
	return e.Code
}

// unescaped undoes the one thing that encoding/json always escapes.
func unescaped(b []byte) []byte {
	b = bytes.ReplaceAll(b, []byte(`\u2028`), []byte("\u2028"))
	return bytes.ReplaceAll(b, []byte(`\u2029`), []byte("\u2029"))
}

func (a *API) call(ctx context.Context, method, path string, q url.Values, body payload, out any) error {
	for again := false; ; again = true {
		token, err := a.token(ctx)
		if err != nil {
			return &notSentError{err}
		}
		data, err := a.once(ctx, method, path, token.text, q, body)
		if err != nil {
			return err
		}
		var e struct {
			Code *int64 `json:"errcode"`
		}
		if err := json.Unmarshal(data, &e); err != nil {
			return fmt.Errorf("%s: the answer is not JSON", path)
		}
		if e.Code != nil && *e.Code != 0 {
			if moves[*e.Code] == moveToken && !again {
				a.stale(token)
				continue
			}
			return &APIError{path, *e.Code}
		}
		if out == nil {
			return nil
		}
		if err := json.Unmarshal(data, out); err != nil {
			return fmt.Errorf("%s: the answer has another form", path)
		}
		return nil
	}
}

// once makes one request and returns the body of an answer with status 200.
func (a *API) once(ctx context.Context, method, path, token string, q url.Values, body payload) ([]byte, error) {
	res, err := a.send(ctx, method, path, token, q, body)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	data, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s: the answer broke off", path)
	case res.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("%s: status %d", path, res.StatusCode)
	case len(data) > maxAnswer:
		return nil, fmt.Errorf("%s: the answer is too long", path)
	}
	return data, nil
}

// send makes one request. Errors of net/http name the whole address, token included, so only their kind is passed on.
func (a *API) send(ctx context.Context, method, path, token string, q url.Values, body payload) (*http.Response, error) {
	values := url.Values{}
	for k, v := range q {
		values[k] = v
	}
	if token != "" {
		values.Set("access_token", token)
	}
	var mu sync.Mutex
	sent := false
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { mu.Lock(); sent = true; mu.Unlock() }})
	address := a.base + path
	if len(values) > 0 {
		address += "?" + values.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(body.data))
	if err != nil {
		return nil, &notSentError{fmt.Errorf("%s: no request can be made of it", path)}
	}
	if body.data != nil {
		req.Header.Set("Content-Type", body.kind)
	}
	res, err := a.client.Do(req)
	if err == nil {
		return res, nil
	}
	kind := "the connection broke"
	var timeout interface{ Timeout() bool }
	if errors.As(err, &timeout) && timeout.Timeout() {
		kind = "no answer in time"
	}
	mu.Lock()
	defer mu.Unlock()
	if !sent {
		return nil, &notSentError{fmt.Errorf("%s: WeChat cannot be reached", path)}
	}
	return nil, fmt.Errorf("%s: %s", path, kind)
}
