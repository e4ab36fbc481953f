package wechat

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"posdoctor/bot"
)

// kfEntry is one entry of kf/sync_msg. An event has its account and customer inside.
//
//	{"msgid":"4Xb","open_kfid":"wkAJ","external_userid":"wmAJ","send_time":1700000000,"origin":3,"msgtype":"text",
//	 "text":{"content":"刷不了卡","menu_id":""}}
//	{"msgid":"4Xc","open_kfid":"wkAJ","external_userid":"wmAJ","send_time":1700000000,"origin":3,"msgtype":"image","image":{"media_id":"M"}}
//	{"msgid":"5Yc","send_time":1700000000,"origin":4,"msgtype":"event","event":{"event_type":"enter_session","open_kfid":"wkAJ",
//	 "external_userid":"wmAJ","scene":"shop42","scene_param":"","welcome_code":"WELCOME"}}
//	{"msgid":"6Zd","send_time":1700000000,"origin":4,"msgtype":"event","event":{"event_type":"session_status_change","open_kfid":"wkAJ",
//	 "external_userid":"wmAJ","change_type":3,"old_servicer_userid":"zhangsan","msg_code":"CODE"}}
//	{"msgid":"7Ae","send_time":1700000000,"origin":4,"msgtype":"event","event":{"event_type":"msg_send_fail","open_kfid":"wkAJ",
//	 "external_userid":"wmAJ","fail_msgid":"019a…","fail_type":4}}
type kfEntry struct {
	MsgID    string `json:"msgid"`
	User     string `json:"external_userid"`
	SendTime int64  `json:"send_time"` // seconds
	Origin   int    `json:"origin"`
	Servicer string `json:"servicer_userid"`
	MsgType  string `json:"msgtype"`
	Text     struct {
		Content string `json:"content"`
		MenuID  string `json:"menu_id"`
	} `json:"text"`
	Image struct {
		MediaID string `json:"media_id"`
	} `json:"image"`
	Voice struct {
		MediaID string `json:"media_id"`
	} `json:"voice"`
	Location struct{ Name, Address string } `json:"location"`
	Link     struct{ Title string }         `json:"link"`
	Event    kfEvent                        `json:"event"`
}

type kfEvent struct {
	Type        string `json:"event_type"`
	User        string `json:"external_userid"`
	WelcomeCode string `json:"welcome_code"`
	FailMsgID   string `json:"fail_msgid"`
	FailType    int    `json:"fail_type"`
	ChangeType  int    `json:"change_type"` // 1 taken from the pool, 2 passed on, 3 ended, 4 taken up again
	OldServicer string `json:"old_servicer_userid"`
	NewServicer string `json:"new_servicer_userid"`
	MsgCode     string `json:"msg_code"`
}

// Where an entry comes from.
const (
	originCustomer = 3
	originEvent    = 4
	originServicer = 5
)

const sessionEnded = 3 // a change_type

// parseEntry reads one entry; false for one that names nobody or has another form.
func parseEntry(data []byte) (kfEntry, bool) {
	var e kfEntry
	if err := json.Unmarshal(data, &e); err != nil {
		return e, false
	}
	if e.User == "" {
		e.User = e.Event.User
	}
	return e, e.MsgID != "" && e.User != "" && len(e.User) <= 128
}

// unread is what is known of a customer's entry whose content cannot be read: that there was something.
func (e kfEntry) unread() kfEntry {
	return kfEntry{MsgID: e.MsgID, User: e.User, SendTime: e.SendTime, Origin: e.Origin, MsgType: "unknown"}
}

// key tells an entry that is read again from a new one.
func (e kfEntry) key(account string) string {
	return fmt.Sprintf("kf:%d:%s:%s", e.SendTime, short(account), short(e.MsgID))
}

func (e kfEntry) at() time.Time { return time.Unix(e.SendTime, 0) }

// words are what an entry says, cut where nobody would read on.
func (e kfEntry) words() string {
	if r := []rune(e.Text.Content); len(r) > bot.MaxText {
		return string(r[:bot.MaxText])
	}
	return e.Text.Content
}

// kfMedia are the kinds of messages that are no text, with what stands for those that a person in WeCom sent. Others, as cards and mini
// programs, are told as unknown.
var kfMedia = map[string]string{"image": "[图片]", "voice": "[语音]", "video": "[视频]", "location": "[位置]", "link": "[链接]", "file": "[文件]", "unknown": "[附件]"}

func (e kfEntry) media() string {
	if kfMedia[e.MsgType] != "" {
		return e.MsgType
	}
	return "unknown"
}

// label is what a place or a link is called.
func (e kfEntry) label() string {
	return strings.TrimSpace(e.Location.Name + " " + e.Location.Address + e.Link.Title)
}

// take takes one entry in. notes are written with its turn; it reports whether they were, which is not so when the entry was taken before
// or means nothing to a conversation.
func (k *KF) take(ctx context.Context, account string, e kfEntry, notes []bot.Note) (written bool, err error) {
	a := bot.Address{Channel: k.Name(), Account: account, User: e.User}
	defer k.lock(a)()
	s, err := k.session(ctx, a)
	if err != nil {
		return false, err
	}
	ev := bot.Event{Key: e.key(account), CID: e.MsgID}
	next := s
	switch {
	case e.Origin == originCustomer:
		if next, err = k.beforeCustomer(ctx, a, s); err != nil {
			return false, err
		}
		ev.Trigger, ev.Sent = bot.TriggerMessage, e.at().UnixMilli()
		switch {
		case e.MsgType != "text":
			ev.Kind, ev.Media, ev.Text = bot.EventMedia, e.media(), e.label()
			ev.Fetch = k.fetcher.of(e.Image.MediaID+e.Voice.MediaID, ev)
		case e.Text.MenuID != "":
			ev.Kind, ev.Choice, ev.Text = bot.EventChose, e.Text.MenuID, e.words()
		default:
			ev.Kind, ev.Text = bot.EventSaid, e.words()
		}
	case e.Origin == originServicer:
		ev.Kind, ev.Agent, ev.Outside, ev.Seen = bot.EventReply, person(e.Servicer), true, true
		if ev.Text = e.words(); e.MsgType != "text" {
			ev.Text = kfMedia[e.media()]
		}
		next = s.with(e.Servicer, k.deps.Now())
	case e.Event.Type == "enter_session" && e.Event.WelcomeCode != "":
		ev.Kind, ev.CID = bot.EventFollowed, ""
		next = s.withCode(e.Event.WelcomeCode, forAny, e.at().Add(welcomeFor))
	case e.Event.Type == "session_status_change" && e.Event.ChangeType == sessionEnded:
		next = s.in(kfEnded, k.deps.Now()).withCode(e.Event.MsgCode, kfEnded, e.at().Add(welcomeFor))
		ev.Kind, ev.CID, ev.Agent, ev.Outside = bot.EventClose, "", person(e.Event.OldServicer), true
		ev.Seen = next.code(k.deps.Now()) == "" // an end that is told late is told to somebody who comes with something new
	case e.Event.Type == "session_status_change" && e.Event.NewServicer != "":
		next = s.with(e.Event.NewServicer, k.deps.Now())
		ev.Kind, ev.CID, ev.Agent, ev.Outside, ev.Seen = bot.EventClaim, "", person(e.Event.NewServicer), true, true
	case e.Event.Type == "msg_send_fail":
		if err := k.lostMessage(ctx, e.Event); err != nil {
			return false, err
		}
		if t := e.Event.FailType; t == failExpired || t == failEnded {
			return false, k.keep(ctx, a, s.in(kfUnknown, k.deps.Now()))
		}
		return false, nil
	default:
		return false, nil
	}
	if next != s {
		notes = append(notes, next.note(a))
	}
	ev.Notes = notes
	t, err := k.handle(ctx, a, ev)
	if errors.Is(err, bot.ErrEmpty) || errors.Is(err, bot.ErrNotUTF8) {
		return false, nil // there is nothing to be seen in it
	}
	return err == nil && !t.Repeated, err
}

// with is the session in the hands of a person in WeCom.
func (s kfSession) with(servicer string, now time.Time) kfSession {
	if s.State == kfHuman && s.Servicer == servicer {
		s.At = now.UnixMilli()
		return s
	}
	s = s.in(kfHuman, now)
	s.Servicer = servicer
	return s
}

// beforeCustomer is the session when its customer writes. A session that ended begins anew, and WeCom may give it to whom it likes: what
// it is then is not known before WeCom was asked. While people in WeCom have it, they hold the conversation before the bot hears a word.
func (k *KF) beforeCustomer(ctx context.Context, a bot.Address, s kfSession) (kfSession, error) {
	c, err := k.deps.Messages.Conversation(ctx, a)
	if err != nil && !errors.Is(err, bot.ErrNotFound) {
		return s, fmt.Errorf("reading the conversation: %w", err)
	}
	now := k.deps.Now()
	age := now.Sub(time.UnixMilli(s.At))
	silent := now.Sub(time.UnixMilli(c.Reach.Message))
	switch {
	case s.State == kfEnded, s.open() && silent >= messageGrant.lasts:
		s = s.in(kfUnknown, now)
	}
	if s.elsewhere() && (age >= trusted || silent >= messageGrant.lasts) || s.State == kfUnknown && heldOutside(c) {
		if looked, ok := k.lookQuickly(ctx, a, s); ok {
			return looked, nil
		}
	}
	if s.elsewhere() {
		return s, k.agree(ctx, a, s)
	}
	return s, nil
}

// lookQuickly asks WeCom who serves a customer while the others of his account wait. When that fails, what was known counts on, and
// nobody of this account is asked about for a while.
func (k *KF) lookQuickly(ctx context.Context, a bot.Address, s kfSession) (kfSession, bool) {
	now := k.deps.Now()
	if !k.feeds.mayLook(a.Account, now) {
		return s, false
	}
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	looked, err := k.look(ctx, a, s)
	if err != nil {
		k.feeds.lookLater(a.Account, now.Add(lookPause))
		k.log.Warn("asking who serves a customer; what was known counts on", "account", a.Account, "err", err, "pause", lookPause)
		return s, false
	}
	return looked, true
}
