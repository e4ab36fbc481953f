package wechat

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
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
	MsgID    string
	User     string
	SendTime int64 // seconds
	Origin   int
	Servicer string
	MsgType  string

	Text, MenuID  string
	MediaID       string // of an image or a voice
	Name, Address string // of a place
	Title         string // of a link
	Event         kfEvent
}

type kfEvent struct {
	Type        string
	User        string
	Scene       string // of the link or code by which the customer came
	WelcomeCode string
	FailMsgID   string
	FailType    int
	ChangeType  int // 1 taken from the pool, 2 passed on, 3 ended, 4 taken up again
	OldServicer string
	NewServicer string
	MsgCode     string
}

// Where an entry comes from.
const (
	originCustomer = 3
	originEvent    = 4
	originServicer = 5
)

const sessionEnded = 3 // a change_type

// parseEntry reads one entry; false for one that names nobody or has no time. Over any other field of another form than it should have,
// an entry is not lost: of a text that cannot be read it is known that there was one.
func parseEntry(data []byte) (kfEntry, bool) {
	in := object(data)
	e := kfEntry{MsgID: in.word("msgid"), User: in.word("external_userid"), Origin: int(in.number("origin")), Servicer: in.word("servicer_userid"),
		MsgType: in.word("msgtype"), SendTime: in.number("send_time")}
	switch content := object(in[e.MsgType]); e.MsgType {
	case "text":
		e.Text, e.MenuID = content.word("content"), content.word("menu_id")
		if !content.has("content") {
			e = e.unread()
		}
	case "image", "voice":
		e.MediaID = content.word("media_id")
	case "location":
		e.Name, e.Address = content.word("name"), content.word("address")
	case "link":
		e.Title = content.word("title")
	case "event":
		e.Event = kfEvent{Type: content.word("event_type"), User: content.word("external_userid"), Scene: content.word("scene"),
			WelcomeCode: content.word("welcome_code"),
			FailMsgID:   content.word("fail_msgid"), FailType: int(content.number("fail_type")), ChangeType: int(content.number("change_type")),
			OldServicer: content.word("old_servicer_userid"), NewServicer: content.word("new_servicer_userid"), MsgCode: content.word("msg_code")}
		if e.User == "" {
			e.User = e.Event.User
		}
	}
	return e, e.MsgID != "" && e.User != "" && len(e.User) <= 128 && e.SendTime > 0
}

// fields are those of a JSON object. Of the far side's, each is read by itself, be it a text or a number.
type fields map[string]json.RawMessage

// object reads a JSON object; anything else has no fields.
func object(data []byte) (f fields) {
	if json.Unmarshal(data, &f) != nil {
		return nil
	}
	return f
}

// word is a text, or a number as it is written; "" for anything else.
func (f fields) word(name string) string {
	var text string
	if json.Unmarshal(f[name], &text) == nil {
		return text
	}
	var n json.Number
	_ = json.Unmarshal(f[name], &n)
	return n.String()
}

// number is a whole number, or one written as a text; 0 for anything else.
func (f fields) number(name string) int64 {
	n, err := strconv.ParseFloat(f.word(name), 64)
	if err != nil || n != math.Trunc(n) || math.Abs(n) > 1<<53 {
		return 0
	}
	return int64(n)
}

// has says that there is a text or a number of this name.
func (f fields) has(name string) bool {
	var text string
	var n json.Number
	return f[name] != nil && string(f[name]) != "null" && (json.Unmarshal(f[name], &text) == nil || json.Unmarshal(f[name], &n) == nil)
}

// unread is what is known of an entry whose content cannot be read: that there was something.
func (e kfEntry) unread() kfEntry {
	return kfEntry{MsgID: e.MsgID, User: e.User, SendTime: e.SendTime, Origin: e.Origin, Servicer: e.Servicer, MsgType: "unknown"}
}

// key tells an entry that is read again from a new one.
func (e kfEntry) key(account string) string {
	return fmt.Sprintf("kf:%d:%s:%s", e.SendTime, short(account), short(e.MsgID))
}

func (e kfEntry) at() time.Time { return time.Unix(e.SendTime, 0) }

// words are what an entry says, cut where nobody would read on.
func (e kfEntry) words() string {
	if r := []rune(e.Text); len(r) > bot.MaxText {
		return string(r[:bot.MaxText])
	}
	return e.Text
}

// media is the kind of a message that is no text. Others, as cards and mini programs, are told as unknown.
func (e kfEntry) media() string {
	switch e.MsgType {
	case "image", "voice", "video", "location", "link", "file":
		return e.MsgType
	}
	return "unknown"
}

// label is what a place or a link is called.
func (e kfEntry) label() string {
	return strings.Join(strings.Fields(e.Name+" "+e.Address+" "+e.Title), " ")
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
			ev.Fetch = k.fetcher.of(e.MediaID, ev)
		case e.MenuID != "":
			ev.Kind, ev.Choice, ev.Text = bot.EventChose, e.MenuID, e.words()
		default:
			ev.Kind, ev.Text = bot.EventSaid, e.words()
		}
	case e.Origin == originServicer:
		ev.Kind, ev.Agent, ev.Outside, ev.Seen = bot.EventReply, person(e.Servicer), true, true
		if ev.Text = e.words(); e.MsgType != "text" {
			ev.Text = bot.MediaName(e.media())
		}
		next = s.with(e.Servicer, k.deps.Now())
	case e.Event.Type == "enter_session" && e.Event.WelcomeCode != "":
		ev.Kind, ev.CID, ev.Scene = bot.EventFollowed, "", e.Event.Scene
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
		return s, fmt.Errorf("reading the conversation: %w", hidden{err, a.User})
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
