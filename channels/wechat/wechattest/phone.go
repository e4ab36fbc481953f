package wechattest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// ErrNotFollowing: only who follows can write to an account.
var ErrNotFollowing = errors.New("the phone does not follow the account")

// Phone is a follower's phone with the chat of the account open. What it does is pushed to the callback as WeChat pushes it, and what
// comes back stands on its screen, beside what the API sends to it. Make one with NewPhone. It is safe for concurrent use.
type Phone struct {
	screen
	Peer   *Peer
	API    *API
	OpenID string

	state     sync.Mutex
	following bool
}

// NewPhone returns the phone of a follower who has not written yet. Messages of the API to the openid come to it; api may be nil.
func NewPhone(p *Peer, api *API, openid string) *Phone {
	ph := &Phone{Peer: p, API: api, OpenID: openid, following: true}
	if api != nil {
		api.mu.Lock()
		defer api.mu.Unlock()
		api.user(openid).phone = ph
	}
	return ph
}

// Following says that the phone follows the account.
func (p *Phone) Following() bool {
	p.state.Lock()
	defer p.state.Unlock()
	return p.following
}

func (p *Phone) follow(yes bool) (was bool) {
	p.state.Lock()
	defer p.state.Unlock()
	was, p.following = p.following, yes
	return was
}

// Say sends a text and waits until WeChat is through with it.
func (p *Phone) Say(text string) (Push, error) {
	return p.send("text", Entry{Kind: "text", Text: text}, Wrote, Field{"Content", text, false})
}

// Tap taps an item of a menu message: its words go out as a text that carries its id.
func (p *Phone) Tap(item MenuItem) (Push, error) {
	return p.send("text", Entry{Kind: "text", Text: item.Text}, Clicked, Field{"Content", item.Text, false}, Field{"bizmsgmenuid", item.ID, digits(item.ID)})
}

// SendImage sends a picture. The callback gets its media_id, and an address that is Tencent's and not to be fetched.
func (p *Phone) SendImage(data []byte) (Push, error) {
	id := p.store("image", data)
	return p.send("image", Entry{Kind: "image", Media: id}, Wrote, Field{"PicUrl", "http://mmbiz.qpic.cn/mmbiz_jpg/" + id[:16] + "/0", false}, Field{"MediaId", id, false})
}

// SendVoice sends a voice message. WeChat writes down no words any more, the field is there and empty.
func (p *Phone) SendVoice(data []byte) (Push, error) {
	id := p.store("voice", data)
	return p.send("voice", Entry{Kind: "voice", Media: id}, Wrote, Field{"MediaId", id, false}, Field{"Format", "amr", false}, Field{"Recognition", "", false})
}

func (p *Phone) store(kind string, data []byte) string {
	if p.API == nil {
		return "MEDIA_" + NewMsgID()
	}
	return p.API.AddMedia(kind, data)
}

// send shows a line of the user's own and pushes it.
func (p *Phone) send(kind string, own Entry, grant string, fields ...Field) (Push, error) {
	if !p.Following() {
		return Push{}, ErrNotFollowing
	}
	own.At, own.From = p.now(), FromMe
	p.show(own)
	return p.push(kind, own.Text, grant, p.Peer.Message(p.OpenID, kind, fields...))
}

// Click taps a button of the menu below the chat that has a key.
func (p *Phone) Click(key string) (Push, error) {
	if !p.Following() {
		return Push{}, ErrNotFollowing
	}
	return p.push("event CLICK", key, Clicked, p.event("CLICK", key))
}

// Follow follows the account, over a QR code with a scene or without one. Who follows already scans it.
func (p *Phone) Follow(scene string) (Push, error) {
	var more []Field
	if scene != "" {
		more = []Field{{"Ticket", "gQ" + unionID(scene), false}}
	}
	if p.API != nil && scene != "" {
		p.API.mu.Lock()
		p.API.user(p.OpenID).scene = scene
		p.API.mu.Unlock()
	}
	if was := p.follow(true); was && scene != "" {
		p.show(Entry{At: p.now(), From: FromSystem, Kind: "event", Text: "你扫了二维码 " + scene, Path: System})
		return p.push("event SCAN", scene, Scanned, p.event("SCAN", scene, more...))
	}
	p.show(Entry{At: p.now(), From: FromSystem, Kind: "event", Text: "你已关注该公众号", Path: System})
	if scene != "" {
		scene = "qrscene_" + scene
	}
	return p.push("event subscribe", scene, Followed, p.event("subscribe", scene, more...))
}

// Unfollow leaves the account. Nothing that the callback answers is shown.
func (p *Phone) Unfollow() (Push, error) {
	if !p.follow(false) {
		return Push{}, ErrNotFollowing
	}
	if p.API != nil {
		p.API.Leave(p.OpenID)
	}
	p.show(Entry{At: p.now(), From: FromSystem, Kind: "event", Text: "你已取消关注", Path: System})
	return p.push("event unsubscribe", "", "", p.event("unsubscribe", ""))
}

func (p *Phone) event(name, key string, more ...Field) []Field {
	return append(p.Peer.head(p.OpenID, "event"), append([]Field{{"Event", name, false}, {"EventKey", key, false}}, more...)...)
}

// push pushes up to three times, until there is an answer, and shows what it says. A refusal and silence are tried again, an answer
// that is none is not.
func (p *Phone) push(what, text, grant string, fields []Field) (Push, error) {
	if p.API != nil && grant != "" {
		p.API.Grant(p.OpenID, grant)
	}
	record := Push{At: p.now(), What: what, Text: text, Outcome: OutcomePending}
	p.begin(&record)
	var r Reply
	var err error
	for len(record.Attempts) < 3 {
		start := time.Now()
		r, err = p.Peer.Push(fields...)
		a := Attempt{MS: time.Since(start).Milliseconds(), Status: r.Status}
		switch {
		case err != nil:
			a.Fault = faultOf(err)
		case r.Status != http.StatusOK:
			err = fmt.Errorf("status %d", r.Status)
			a.Fault = err.Error()
		case r.Text != "" && r.To != p.OpenID:
			err = fmt.Errorf("the reply is addressed to another")
			a.Fault = err.Error()
		case r.Text != "":
			record.Outcome, record.Reply = OutcomePassive, r.Text
		default:
			record.Outcome = OutcomeSuccess
		}
		record.Attempts = append(record.Attempts, a)
		if err == nil || r.Status == http.StatusOK {
			break
		}
		p.goesOn(record)
	}
	if err != nil {
		record.Outcome = OutcomeError
	}
	shown := Entry{At: p.now(), From: FromAccount, Kind: "text", Text: r.Text, Path: Passive, Attempts: len(record.Attempts), MS: record.MS()}
	switch {
	case !p.Following():
	case record.Outcome == OutcomePassive:
		p.show(shown)
	case record.Outcome == OutcomeError:
		shown.From, shown.Kind, shown.Text, shown.Path = FromSystem, "notice", FailureNotice, System
		p.show(shown)
	}
	p.goesOn(record)
	return record, err
}

// faultOf says what went wrong without the address, which is signed.
func faultOf(err error) string {
	if errors.Is(err, context.DeadlineExceeded) {
		return "no answer in time"
	}
	if u := (*url.Error)(nil); errors.As(err, &u) {
		err = u.Err
	}
	return err.Error()
}

// digits says that WeChat would write s as a number.
func digits(s string) bool {
	for _, c := range s {
		if c < '0' || c > '9' {
			return false
		}
	}
	return s != ""
}

// receive shows a message of the API.
func (p *Phone) receive(m Message, at time.Time) {
	p.show(Entry{At: at, From: FromAccount, Kind: m.Kind, Text: m.Text, Menu: m.Menu, Media: m.Media, Path: Custom, Agent: m.Agent, AI: m.AI})
}

// now is the API's time, so that a screen and the calls beside it have one clock.
func (p *Phone) now() time.Time {
	if p.API != nil {
		return p.API.Clock()
	}
	return time.Now()
}
