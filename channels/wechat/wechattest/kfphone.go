package wechattest

import (
	"fmt"
	"slices"
	"time"
)

// KFPhone is the phone of a customer with the chat of a Customer Service account open, and the desk of the person in WeCom who may
// serve him. What happens goes into kf/sync_msg, and the callback is told that there is something to fetch. Make one with NewKFPhone.
// It is safe for concurrent use.
type KFPhone struct {
	screen
	Peer     *KFPeer
	API      *API
	OpenKfID string
	User     string // external_userid, wm…
}

// NewKFPhone returns the phone of a customer who has not entered yet. account may be "" for the API's first.
func NewKFPhone(p *KFPeer, api *API, account, user string) *KFPhone {
	api.mu.Lock()
	defer api.mu.Unlock()
	if account == "" {
		account = api.openKfIDs()[0]
	}
	ph := &KFPhone{Peer: p, API: api, OpenKfID: account, User: user}
	api.customer(account, user).phone = ph
	return ph
}

// Enter opens the chat, from a link with a scene. The event has a welcome code when the customer was not welcomed and did not write in
// the last 48 hours.
func (p *KFPhone) Enter(scene string) (Push, error) {
	a := p.API
	a.mu.Lock()
	u, l, now := a.customer(p.OpenKfID, p.User), a.limits(), a.now()
	ev := &KFEvent{Type: "enter_session", ExternalUserID: p.User, Scene: scene}
	if now.Sub(u.welcomed) >= l.KFWelcomeAgain && now.Sub(u.wrote) >= l.KFWelcomeAgain {
		ev.WelcomeCode = a.newCode(u, anyState, l.KFWelcome)
	}
	token := a.add(p.OpenKfID, KFMessage{Event: ev})
	a.mu.Unlock()
	p.system("你进入了客服会话")
	return p.notify("event enter_session", scene, token)
}

// Say sends a text.
func (p *KFPhone) Say(text string) (Push, error) {
	return p.write(Entry{Kind: "text", Text: text}, KFMessage{MsgType: "text", Text: &KFText{Content: text}})
}

// Tap taps an item of a menu message. Items that are links or lines send nothing. Here a tap is a message of the customer like any.
func (p *KFPhone) Tap(item MenuItem) (Push, error) {
	if item.Kind != "" && item.Kind != "click" {
		return Push{}, fmt.Errorf("an item of kind %s sends nothing", item.Kind)
	}
	return p.write(Entry{Kind: "text", Text: item.Text}, KFMessage{MsgType: "text", Text: &KFText{Content: item.Text, MenuID: item.ID}})
}

// SendImage sends a picture.
func (p *KFPhone) SendImage(data []byte) (Push, error) {
	id := p.store("image", data)
	return p.write(Entry{Kind: "image", Media: id}, KFMessage{MsgType: "image", Image: &KFMedia{id}})
}

// SendVoice sends a voice message.
func (p *KFPhone) SendVoice(data []byte) (Push, error) {
	id := p.store("voice", data)
	return p.write(Entry{Kind: "voice", Media: id}, KFMessage{MsgType: "voice", Voice: &KFMedia{id}})
}

func (p *KFPhone) store(kind string, data []byte) string {
	p.API.mu.Lock()
	defer p.API.mu.Unlock()
	return p.API.store(kind, tokenWork, data)
}

// write is a message of the customer.
func (p *KFPhone) write(own Entry, m KFMessage) (Push, error) {
	a := p.API
	a.mu.Lock()
	a.wrote(a.customer(p.OpenKfID, p.User))
	m.Origin, m.ExternalUserID = OriginCustomer, p.User
	token := a.add(p.OpenKfID, m)
	own.At, own.From = a.now(), FromMe
	p.show(own)
	a.mu.Unlock()
	return p.notify(what(m), own.Text, token)
}

// TakeOver lets a person serve the customer, from the queue or out of the hands of the bot.
func (p *KFPhone) TakeOver(servicer string) (Push, error) {
	return p.desk(servicer, func(u *customer) ([]KFMessage, error) {
		old, change := u.servicer, 1
		switch p.API.stateOf(u) {
		case KFEnded:
			change = 4
		case KFHuman:
			change = 2
		}
		ev := &KFEvent{Type: "session_status_change", ExternalUserID: p.User, ChangeType: change, OldServicer: old, NewServicer: servicer}
		u.state, u.servicer = KFHuman, servicer
		if change == 1 {
			ev.MsgCode = p.API.newCode(u, KFHuman, p.API.limits().KFQueueCode)
		}
		return []KFMessage{{Event: ev}}, nil
	})
}

// ServicerSays lets the person who serves the customer write to him. In a session that ended this takes it up again.
func (p *KFPhone) ServicerSays(servicer, text string) (Push, error) {
	return p.desk(servicer, func(u *customer) ([]KFMessage, error) {
		said := KFMessage{MsgType: "text", Origin: OriginServicer, ExternalUserID: p.User, ServicerUserID: servicer, Text: &KFText{Content: text}}
		out := []KFMessage{said}
		switch s := p.API.stateOf(u); {
		case s == KFEnded && !u.wrote.IsZero():
			u.state, u.servicer = KFHuman, servicer
			out = append(out, KFMessage{Event: &KFEvent{Type: "session_status_change", ExternalUserID: p.User, ChangeType: 4, NewServicer: servicer}})
		case s != KFHuman || u.servicer != servicer:
			return nil, fmt.Errorf("%s does not serve the customer", servicer)
		}
		p.show(Entry{At: p.API.now(), From: FromAccount, Kind: "text", Text: text, Path: ByPerson, Agent: servicer})
		return out, nil
	})
}

// End lets the person end the session.
func (p *KFPhone) End(servicer string) (Push, error) {
	return p.desk(servicer, func(u *customer) ([]KFMessage, error) {
		if p.API.stateOf(u) != KFHuman || u.servicer != servicer {
			return nil, fmt.Errorf("%s does not serve the customer", servicer)
		}
		u.state, u.servicer = KFEnded, ""
		return []KFMessage{{Event: &KFEvent{Type: "session_status_change", ExternalUserID: p.User, ChangeType: 3, OldServicer: servicer,
			MsgCode: p.API.newCode(u, KFEnded, p.API.limits().KFWelcome)}}}, nil
	})
}

// desk does what a person does, and pushes once for all that came of it.
func (p *KFPhone) desk(servicer string, act func(u *customer) ([]KFMessage, error)) (Push, error) {
	a := p.API
	a.mu.Lock()
	if !a.isServicer(servicer) {
		a.mu.Unlock()
		return Push{}, fmt.Errorf("%s is no servicer", servicer)
	}
	list, err := act(a.customer(p.OpenKfID, p.User))
	token, name := "", ""
	for _, m := range list {
		token, name = a.add(p.OpenKfID, m), what(m)
	}
	a.mu.Unlock()
	if err != nil {
		return Push{}, err
	}
	return p.notify(name, "", token)
}

// RefuseNext lets the next messages of the API be lost on their way, each with a fail type: 4, 5, 6 or 10. The call succeeds, and an
// event msg_send_fail tells of it.
func (p *KFPhone) RefuseNext(failTypes ...int) {
	p.API.mu.Lock()
	defer p.API.mu.Unlock()
	p.API.customer(p.OpenKfID, p.User).refuse = slices.Clone(failTypes)
}

// notify pushes that there is something to fetch. The customer sees nothing of how that goes.
func (p *KFPhone) notify(name, text, token string) (Push, error) {
	record := Push{At: p.API.Clock(), What: name, Text: text, Outcome: OutcomePending}
	p.begin(&record)
	var err error
	record.Outcome = OutcomeSuccess
	if record.Attempts, err = p.Peer.Insist(p.OpenKfID, token); err != nil {
		record.Outcome = OutcomeError
	}
	p.goesOn(record)
	return record, err
}

func (p *KFPhone) receive(m Message, at time.Time) {
	p.show(Entry{At: at, From: FromAccount, Kind: m.Kind, Text: m.Text, Menu: m.Menu, Media: m.Media, Path: Custom})
}

func (p *KFPhone) system(text string) {
	p.show(Entry{At: p.API.Clock(), From: FromSystem, Kind: "event", Text: text, Path: System})
}

// State is who serves the customer: KFNew … KFEnded.
func (p *KFPhone) State() int {
	_, state := p.API.KFAllowance(p.OpenKfID, p.User)
	return state
}
