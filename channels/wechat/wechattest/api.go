package wechattest

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

// Kinds of Official Accounts.
const (
	Service      = "service"
	Subscription = "subscription"
	Test         = "test"
)

// Account is what the account may do. The zero value is a verified service account.
type Account struct {
	Kind       string // Service, Subscription or Test; "" is Service
	Unverified bool   // no customer-service messages
}

// API plays api.weixin.qq.com and the Customer Service part of qyapi.weixin.qq.com, on one address. Fill in what is needed and serve it;
// the zero value of a field is its default. It is safe for concurrent use; fields are not changed once it serves.
type API struct {
	AppID, AppSecret   string
	CorpID, CorpSecret string
	Account            Account // to begin with; see SetAccount
	Limits             Limits
	OpenKfIDs          []string // the Customer Service accounts; one of the name DefaultOpenKfID when empty
	Servicers          []string // who may serve there; zhangsan and lisi when empty
	Now                func() time.Time

	// Left is the errcode of a message to a user who does not follow any more: WindowOver, or NeedFollower when set so.
	Left int
	// KFRepeat is the errcode of a msgid that was used before. 0 is a success that shows nothing twice. The documents say that the
	// call returns an error without naming it, so a client should live with both.
	KFRepeat int

	mu      sync.Mutex
	shift   time.Duration
	account Account
	set     bool // account counts, and not Account
	tokens  tokens
	users   map[string]*user // by openid
	menu    *Menu
	media   map[string]media
	faults  []*Fault
	kf      kfData
	calls   []Call
	called  int // calls ever
	feed    feed[Call]
	work    sync.WaitGroup // pushes that a call brought about
}

// maxCall is the largest body that is read, a little more than the largest upload.
const maxCall = 11 << 20

// call is a request to the API as the routes see it.
type call struct {
	*http.Request
	query map[string]string
	raw   []byte // the body
	token string // kind of token it came with
}

// decode reads the JSON body into v.
func (c *call) decode(v any) bool { return utf8.Valid(c.raw) && json.Unmarshal(c.raw, v) == nil }

// route is one entry of the API.
type route struct {
	method string
	token  string // kind of token that it needs, "" for none; eitherToken
	serve  func(*API, *call) any
}

const eitherToken = "either"

var routes = map[string]route{
	"/cgi-bin/token":                  {"GET", "", (*API).classicToken},
	"/cgi-bin/stable_token":           {"POST", "", (*API).stableToken},
	"/cgi-bin/message/custom/send":    {"POST", tokenAccount, (*API).customSend},
	"/cgi-bin/message/custom/typing":  {"POST", tokenAccount, (*API).customTyping},
	"/cgi-bin/menu/create":            {"POST", tokenAccount, (*API).menuCreate},
	"/cgi-bin/menu/get":               {"GET", tokenAccount, (*API).menuGet},
	"/cgi-bin/menu/delete":            {"GET", tokenAccount, (*API).menuDelete},
	"/cgi-bin/media/upload":           {"POST", eitherToken, (*API).mediaUpload},
	"/cgi-bin/media/get":              {"GET", eitherToken, (*API).mediaGet},
	"/cgi-bin/user/info":              {"GET", tokenAccount, (*API).userInfo},
	"/cgi-bin/gettoken":               {"GET", "", (*API).workToken},
	"/cgi-bin/kf/sync_msg":            {"POST", tokenWork, (*API).kfSync},
	"/cgi-bin/kf/send_msg":            {"POST", tokenWork, (*API).kfSend},
	"/cgi-bin/kf/send_msg_on_event":   {"POST", tokenWork, (*API).kfSendOnEvent},
	"/cgi-bin/kf/service_state/get":   {"POST", tokenWork, (*API).kfStateGet},
	"/cgi-bin/kf/service_state/trans": {"POST", tokenWork, (*API).kfStateTrans},
}

// isWork says that a path is one of qyapi.weixin.qq.com.
func isWork(path string) bool {
	return path == "/cgi-bin/gettoken" || strings.HasPrefix(path, "/cgi-bin/kf/")
}

// ServeHTTP answers a call as WeChat does: with status 200 and an errcode, whatever is wrong with it.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	start := time.Now()
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxCall))
	c := &call{Request: r, query: map[string]string{}, raw: raw}
	for k := range r.URL.Query() {
		c.query[k] = r.URL.Query().Get(k)
	}
	if err != nil {
		if tooBig := (*http.MaxBytesError)(nil); errors.As(err, &tooBig) {
			a.answer(w, c, start, refuse(MediaTooBig), nil)
		}
		return
	}
	f := a.fault(r.URL.Path)
	if f != nil && f.stop(r, a.limits().Hang) {
		if f.Done {
			a.handle(c)
		}
		a.log(c, start, nil, f)
		f.lose(w, r, a.limits().Hang)
		return
	}
	if f != nil && f.Errcode != 0 {
		a.answer(w, c, start, a.words(c, refuse(f.Errcode)), f)
		return
	}
	a.answer(w, c, start, a.handle(c), f)
}

// handle does what a call asks for. The order of the checks is WeChat's: path, method, token, body.
func (a *API) handle(c *call) any {
	rt, ok := routes[c.URL.Path]
	if !ok {
		return refuse(BadURL)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	v := func() any {
		switch {
		case c.Method != rt.method && rt.method == "POST":
			return refuse(NeedPOST)
		case c.Method != rt.method:
			return refuse(NeedGET)
		}
		if rt.token != "" {
			kind, code := a.checkToken(c.query["access_token"], rt.token)
			if code != OK {
				return refuse(code)
			}
			c.token = kind
		}
		if rt.method == "POST" && len(c.raw) == 0 {
			return refuse(EmptyBody)
		}
		return rt.serve(a, c)
	}()
	if r, ok := v.(reply); ok {
		return a.words(c, r)
	}
	return v
}

// words ends the errmsg as the host does that a call would go to.
func (a *API) words(c *call, r reply) reply {
	if isWork(c.URL.Path) || c.token == tokenWork {
		return r.asWork()
	}
	return r
}

// answer sends v, a reply or media, and logs the call.
func (a *API) answer(w http.ResponseWriter, c *call, start time.Time, v any, f *Fault) {
	a.log(c, start, v, f)
	if m, ok := v.(media); ok {
		w.Header().Set("Content-Type", m.contentType)
		w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": m.name()}))
		_, _ = w.Write(m.data)
		return
	}
	writeJSON(w, v)
}

// writeJSON leaves <, > and & as they are, as WeChat does.
func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json; encoding=utf-8")
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	_ = e.Encode(v)
}

func (a *API) limits() Limits { return a.Limits.withDefaults() }

// now is the API's clock, which Advance moves. Callers hold the lock.
func (a *API) now() time.Time {
	if a.Now != nil {
		return a.Now().Add(a.shift)
	}
	return time.Now().Add(a.shift)
}

// Clock is the time at the API.
func (a *API) Clock() time.Time {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.now()
}

// Advance moves the API's clock: windows close, tokens and media expire.
func (a *API) Advance(d time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.shift += d
}

// SetAccount changes what the account may do.
func (a *API) SetAccount(acc Account) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.account, a.set = acc, true
}

// TheAccount is what the account may do.
func (a *API) TheAccount() Account {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.may()
}

func (a *API) may() Account {
	acc := a.Account
	if a.set {
		acc = a.account
	}
	if acc.Kind == "" {
		acc.Kind = Service
	}
	return acc
}

// Wait waits for the pushes that calls brought about, as that of a message that could not be delivered.
func (a *API) Wait() { a.work.Wait() }
