package wechattest

import (
	"encoding/base64"
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// DefaultOpenKfID is the Customer Service account when API.OpenKfIDs is empty.
const DefaultOpenKfID = "wkAJ2GCAAAZSfhHCt7IFSvLKtMPxyJTw"

// Where a Customer Service message comes from.
const (
	OriginCustomer = 3
	OriginEvent    = 4
	OriginServicer = 5
)

// KFMessage is one entry of kf/sync_msg. Of an event the outer open_kfid and external_userid are missing, they stand inside.
//
//	{"msgid":"4Xb","open_kfid":"wkAJ","external_userid":"wmAJ","send_time":1700000000,"origin":3,"msgtype":"text","text":{"content":"刷不了卡"}}
//	{"msgid":"5Yc","send_time":1700000000,"origin":4,"msgtype":"event","event":{"event_type":"enter_session","open_kfid":"wkAJ",
//	 "external_userid":"wmAJ","scene":"shop42","scene_param":"","welcome_code":"WELCOME"}}
type KFMessage struct {
	MsgID          string   `json:"msgid"`
	OpenKfID       string   `json:"open_kfid,omitempty"`
	ExternalUserID string   `json:"external_userid,omitempty"`
	SendTime       int64    `json:"send_time"`
	Origin         int      `json:"origin"`
	ServicerUserID string   `json:"servicer_userid,omitempty"`
	MsgType        string   `json:"msgtype"`
	Text           *KFText  `json:"text,omitempty"`
	Image          *KFMedia `json:"image,omitempty"`
	Voice          *KFMedia `json:"voice,omitempty"`
	Event          *KFEvent `json:"event,omitempty"`

	of string // the account, for events too
}

// KFText is a text; MenuID is set when it is a tap on a menu message.
type KFText struct {
	Content string `json:"content"`
	MenuID  string `json:"menu_id,omitempty"`
}

// KFMedia is a picture or a voice, to be fetched by media/get.
type KFMedia struct {
	MediaID string `json:"media_id"`
}

// KFEvent is what happened.
type KFEvent struct {
	Type           string `json:"event_type"` // enter_session, msg_send_fail, session_status_change
	OpenKfID       string `json:"open_kfid"`
	ExternalUserID string `json:"external_userid"`

	Scene       string `json:"scene,omitempty"`
	SceneParam  string `json:"scene_param,omitempty"`
	WelcomeCode string `json:"welcome_code,omitempty"`

	FailMsgID string `json:"fail_msgid,omitempty"`
	FailType  int    `json:"fail_type,omitempty"` // 4 over 48 h, 5 closed, 6 over five messages, 10 refused by the customer

	ChangeType  int    `json:"change_type,omitempty"` // 1 taken from the queue, 2 passed on, 3 ended, 4 taken up again
	OldServicer string `json:"old_servicer_userid,omitempty"`
	NewServicer string `json:"new_servicer_userid,omitempty"`
	MsgCode     string `json:"msg_code,omitempty"` // with 1 and 3
}

// kfData is what Customer Service keeps.
type kfData struct {
	messages  []KFMessage
	tokens    map[string]kfToken // of pushes
	free      []time.Time        // fetches without a token
	empty     int                // empty pages to come
	customers map[string]*customer
	codes     map[string]kfCode
	msgids    map[string]bool // by account
}

type kfToken struct {
	account string
	until   time.Time
}

// customer is one at one account.
type customer struct {
	account, id string
	state       int
	servicer    string
	wrote       time.Time
	left        int
	welcomed    time.Time
	phone       *KFPhone
	refuse      []int // fail types of the messages to come
}

func (a *API) customer(account, id string) *customer {
	k := account + " " + id
	u := a.kf.customers[k]
	if u == nil {
		u = &customer{account: account, id: id, state: KFEnded}
		if a.kf.customers == nil {
			a.kf.customers = map[string]*customer{}
		}
		a.kf.customers[k] = u
	}
	return u
}

func (a *API) openKfIDs() []string {
	if len(a.OpenKfIDs) == 0 {
		return []string{DefaultOpenKfID}
	}
	return a.OpenKfIDs
}

// add appends a message to what can be fetched and returns the token of the push that tells of it.
func (a *API) add(account string, m KFMessage) (token string) {
	m.of, m.SendTime = account, a.now().Unix()
	if m.MsgID == "" {
		m.MsgID = newKFMsgID()
	}
	if m.Event == nil {
		m.OpenKfID = account
	} else {
		m.MsgType, m.Origin, m.Event.OpenKfID = "event", OriginEvent, account
	}
	a.kf.messages = append(a.kf.messages, m)
	token = "ENC" + base64.RawURLEncoding.EncodeToString(random(33))
	if a.kf.tokens == nil {
		a.kf.tokens = map[string]kfToken{}
	}
	for t, k := range a.kf.tokens {
		if !a.now().Before(k.until) {
			delete(a.kf.tokens, t)
		}
	}
	a.kf.tokens[token] = kfToken{account, a.now().Add(a.limits().KFMsgToken)}
	return token
}

func newKFMsgID() string { return base64.RawURLEncoding.EncodeToString(random(24)) }

// AddKFMessage puts a message or an event into what can be fetched, as if it had happened, and returns the token of its push.
func (a *API) AddKFMessage(account string, m KFMessage) (token string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if m.Origin == OriginCustomer {
		a.wrote(a.customer(account, m.ExternalUserID))
	}
	return a.add(account, m)
}

// wrote is what a message of the customer does: it opens a session that ended, and allows five messages in 48 hours.
func (a *API) wrote(u *customer) {
	if a.stateOf(u) == KFEnded {
		u.state = KFNew
	}
	u.wrote, u.left = a.now(), a.limits().KF.Count
}

// EmptyPages makes the next n fetches return no message, and has_more: the documents say that this happens.
func (a *API) EmptyPages(n int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.kf.empty = n
}

// kfSync gives the messages behind a cursor, oldest first, without those sent by API.
//
//	POST /cgi-bin/kf/sync_msg?access_token=…
//	{"cursor":"4gw7","token":"ENCApHx","limit":1000,"voice_format":0,"open_kfid":"wkAJ"}
//	  -> {"errcode":0,"errmsg":"ok","next_cursor":"4gw8","has_more":1,"msg_list":[…]}
func (a *API) kfSync(c *call) any {
	var in struct {
		Cursor   string `json:"cursor"`
		Token    string `json:"token"`
		Limit    *int   `json:"limit"`
		Voice    int    `json:"voice_format"`
		OpenKfID string `json:"open_kfid"`
	}
	if !c.decode(&in) {
		return refuse(BadJSON)
	}
	l, now := a.limits(), a.now()
	limit := l.KFPage
	if in.Limit != nil && *in.Limit > 0 {
		limit = min(limit, *in.Limit)
	}
	if in.Limit != nil && (*in.Limit < 0 || *in.Limit > 1000) || in.Voice < 0 || in.Voice > 1 {
		return refuse(BadArgument)
	}
	if in.OpenKfID != "" && !slices.Contains(a.openKfIDs(), in.OpenKfID) {
		return refuse(KFUnknownAccount)
	}
	from := 0
	if in.Cursor != "" {
		account, n, ok := openCursor(in.Cursor)
		if !ok || account != in.OpenKfID || n > len(a.kf.messages) {
			return refuse(BadArgument)
		}
		from = n
	}
	if in.Token != "" {
		if t, ok := a.kf.tokens[in.Token]; !ok || !now.Before(t.until) {
			return refuse(KFBadToken)
		}
	} else {
		a.kf.free = slices.DeleteFunc(a.kf.free, func(t time.Time) bool { return now.Sub(t) >= time.Minute })
		if len(a.kf.free) >= l.KFWithoutToken {
			return refuse(TooManyCalls)
		}
		a.kf.free = append(a.kf.free, now)
	}
	list, to := []KFMessage{}, from
	if a.kf.empty > 0 {
		a.kf.empty--
		return reply{"errcode": OK, "errmsg": "ok", "next_cursor": cursor(in.OpenKfID, from), "has_more": 1, "msg_list": list}
	}
	oldest := now.Add(-l.KFHistory).Unix()
	for to < len(a.kf.messages) && len(list) < limit {
		m := a.kf.messages[to]
		to++
		if m.SendTime >= oldest && (in.OpenKfID == "" || m.of == in.OpenKfID) {
			list = append(list, m)
		}
	}
	more := 0
	for _, m := range a.kf.messages[to:] {
		if in.OpenKfID == "" || m.of == in.OpenKfID {
			more = 1
		}
	}
	return reply{"errcode": OK, "errmsg": "ok", "next_cursor": cursor(in.OpenKfID, to), "has_more": more, "msg_list": list}
}

// cursor is opaque to its owner; inside it is the account and how far it was read.
func cursor(account string, n int) string {
	return base64.RawURLEncoding.EncodeToString([]byte(strconv.Itoa(n) + " " + account))
}

func openCursor(s string) (account string, n int, ok bool) {
	data, err := base64.RawURLEncoding.DecodeString(s)
	number, account, found := strings.Cut(string(data), " ")
	n, err2 := strconv.Atoi(number)
	return account, n, err == nil && err2 == nil && found && n >= 0
}

// kfMsgID is what a msgid may be.
var kfMsgID = regexp.MustCompile(`^[0-9a-zA-Z_-]{1,32}$`)

// rawObject says that the JSON of a field is an object.
func rawObject(data json.RawMessage) bool {
	return len(data) > 0 && strings.HasPrefix(strings.TrimSpace(string(data)), "{")
}
