package wechat

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"posdoctor/bot"
)

// kfMessage is a message to a customer, by kf/send_msg or, with a code instead of addresses, by kf/send_msg_on_event:
//
//	{"touser":"wmAJ","open_kfid":"wkAJ","msgid":"019a…","msgtype":"text","text":{"content":"请先换一张卡试试。"}}
//	{"touser":"wmAJ","open_kfid":"wkAJ","msgid":"019a…","msgtype":"msgmenu","msgmenu":{"head_content":"所有卡都这样吗？",
//	  "list":[{"type":"click","click":{"id":"all-cards:yes","content":"都不行"}}]}}
//	{"touser":"wmAJ","open_kfid":"wkAJ","msgid":"019a…","msgtype":"image","image":{"media_id":"MEDIA_ID"}}
//	{"code":"WELCOME","msgid":"019a…","msgtype":"text","text":{"content":"您好"}}
//
// The answer is {"errcode":0,"errmsg":"ok","msgid":"019a…"}, and no proof that the message arrives: see failed.
type kfMessage struct {
	To      string        `json:"touser,omitempty"`
	Account string        `json:"open_kfid,omitempty"`
	Code    string        `json:"code,omitempty"`
	ID      string        `json:"msgid"`
	Type    string        `json:"msgtype"`
	Text    *messageText  `json:"text,omitempty"`
	Menu    *kfMenu       `json:"msgmenu,omitempty"`
	Image   *messageImage `json:"image,omitempty"`
}

type kfMenu struct {
	Head string       `json:"head_content"`
	List []kfMenuItem `json:"list"`
}

type kfMenuItem struct {
	Type  string   `json:"type"`
	Click menuItem `json:"click"`
}

const (
	kfSendPath  = "/cgi-bin/kf/send_msg"
	kfEventPath = "/cgi-bin/kf/send_msg_on_event"
	badState    = 95018
	kfMenuHead  = 1024 // bytes above a menu

	sendTries = 3
	sendPause = 300 * time.Millisecond
)

// send makes one message of a delivery. Its msgid makes a repetition harmless, so an outcome that is not known is asked for by sending
// again; only when that brings no certainty either does nobody know.
func (k *KF) send(ctx context.Context, to bot.Address, m outgoing) error {
	if m.picture != "" {
		return k.sendPicture(ctx, to, m.id, m.conversation, m.picture)
	}
	out := kfMessage{ID: msgid(m.id), Type: "text", Text: &messageText{m.text}}
	if m.menu != nil {
		out.Type, out.Text, out.Menu = "msgmenu", nil, &kfMenu{Head: m.text}
		for _, c := range m.menu {
			out.Menu.List = append(out.Menu.List, kfMenuItem{"click", menuItem{c.ID, neutral(c.Text)}})
		}
	}
	return k.sendOut(ctx, to, out, m.code)
}

// repeat sends a delivery again whose sender was lost, under its own msgid: nil when it has arrived, now or the first time. A menu is
// told as a list then. A code is for what was said since the session is what it is; words from before do not spend it.
func (k *KF) repeat(ctx context.Context, to bot.Address, d bot.Delivery) error {
	s, err := k.session(ctx, to)
	if err != nil {
		return &notSentError{err}
	}
	if d.Carries != "" && d.Carries != bot.CarriesRating {
		return k.sendPicture(ctx, to, d.ID, d.Conversation, d.Carries)
	}
	code := ""
	if !s.open() && d.At >= s.At {
		code = s.code(k.deps.Now())
	}
	return k.sendOut(ctx, to, kfMessage{ID: msgid(d.ID), Type: "text", Text: &messageText{d.Text}}, code)
}

// sendPicture sends a picture under the msgid of its delivery. No code carries one.
func (k *KF) sendPicture(ctx context.Context, to bot.Address, delivery, conversation, picture string) error {
	return k.deps.withPicture(ctx, k.api, conversation, picture, func(media string) error {
		return k.sendOut(ctx, to, kfMessage{ID: msgid(delivery), Type: "image", Image: &messageImage{media}}, "")
	})
}

// sendOut sends by a code, or without one where the session is open. The session may have changed since the message was planned, so
// what is known of it is looked at once more.
func (k *KF) sendOut(ctx context.Context, to bot.Address, m kfMessage, code string) error {
	s, err := k.session(ctx, to)
	if err != nil {
		return &notSentError{err}
	}
	path := kfSendPath
	if code != "" {
		path, m.Code = kfEventPath, code
		if s.code(k.deps.Now()) != code {
			return &APIError{path, badState}
		}
	} else {
		m.To, m.Account = to.User, to.Account
		if !s.open() {
			return &APIError{path, badState}
		}
	}
	err = k.postUntilKnown(ctx, path, m)
	refusal, refused := codeOf(err)
	var unsent *notSentError
	switch {
	case code != "" && !errors.As(err, &unsent) && !(refused && passing(k.courier.move(refusal))):
		k.spend(ctx, to, code)
		if refused { // whatever is wrong with it, nothing can be said by it any more
			return &APIError{path, badState}
		}
	case refusal == badState:
		k.lookAgain(ctx, to)
	}
	return err
}

// passing says that a refusal has nothing to do with the message.
func passing(m move) bool {
	return m == moveAgain || m == moveMinute || m == moveDay || m == moveAlarm || m == moveToken
}

// postUntilKnown repeats a request whose outcome is not known. A refusal of the repetition proves nothing: the first may have arrived, and
// the second be refused for that.
func (k *KF) postUntilKnown(ctx context.Context, path string, m kfMessage) error {
	first := k.api.post(ctx, path, m, nil)
	if first == nil || surelyNot(first) {
		return first
	}
	for i := 1; i < sendTries; i++ {
		t := time.NewTimer(sendPause * time.Duration(i))
		select {
		case <-ctx.Done():
		case <-t.C:
		}
		t.Stop()
		if ctx.Err() != nil {
			break
		}
		err := k.api.post(ctx, path, m, nil)
		if err == nil {
			return nil
		}
		if code, refused := codeOf(err); refused && !passing(k.courier.move(code)) {
			return fmt.Errorf("%w; sent again, it was refused with errcode %d", first, code)
		}
	}
	return fmt.Errorf("%w, %d times", first, sendTries)
}

// spend forgets a code that was used.
func (k *KF) spend(ctx context.Context, a bot.Address, code string) {
	defer k.lock(a)()
	s, err := k.session(ctx, a)
	if err == nil && s.Code == code {
		s.Code, s.For, s.Until = "", 0, 0
		err = k.keep(ctx, a, s)
	}
	if err != nil {
		k.log.Warn("a used code is still kept", "err", err) // using it again is refused
	}
}

// lookAgain asks for a state that turned out to be another one than was known. Until it is answered, nothing is.
func (k *KF) lookAgain(ctx context.Context, a bot.Address) {
	ctx, unlock := k.lockBriefly(ctx, a)
	defer unlock()
	s, err := k.session(ctx, a)
	if err == nil {
		s = s.in(kfUnknown, k.deps.Now())
		if _, err = k.look(ctx, a, s); err != nil {
			err = errors.Join(err, k.keep(ctx, a, s))
		}
	}
	if err != nil {
		k.log.Warn("the state of a session is not known", "err", err)
	}
}

// Fail types of msg_send_fail that are told apart (path/94670). Others are 0 unknown, 1 the account was deleted, 2 the app was closed.
const (
	failExpired = 4 // over 48 h
	failEnded   = 5 // the session has ended
	failUsed    = 6 // over five messages
	failRefused = 10
)

const failedMark = "fail:"

// failed is the reason of a delivery that was taken and turned out not to have arrived.
func failed(failType int) string { return failedMark + strconv.Itoa(failType) }

// lostMessage takes in that a message did not arrive: its lines wait, and show why.
func (k *KF) lostMessage(ctx context.Context, e kfEvent) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := k.deps.Deliveries.Settle(ctx, deliveryOf(e.FailMsgID), bot.DeliveryHeld, failed(e.FailType)); err != nil {
		return fmt.Errorf("taking back a delivery: %w", err)
	}
	k.deps.Bus.Publish(bot.TopicDesk)
	return nil
}
