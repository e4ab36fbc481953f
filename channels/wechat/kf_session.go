package wechat

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"posdoctor/bot"
)

// States of a session (document/path/94669 at developer.work.weixin.qq.com). Messages may be sent in the first two.
const (
	kfUnknown = -1
	kfNew     = 0 // nobody serves the customer
	kfBot     = 1
	kfPool    = 2 // he waits for a person in WeCom
	kfHuman   = 3 // a person in WeCom serves him
	kfEnded   = 4 // ended, or not begun
)

// forAny is the state of a code that counts in every state.
const forAny = -1

// kfSession is what is known of a customer's session. It stands in a note for each customer:
//
//	kf-state:wkAJ:wmAJ  {"state":3,"servicer":"zhangsan","at":1700000000000}
//	kf-state:wkAJ:wmAJ  {"state":4,"at":1700000000000,"code":"…","for":4,"until":1700000020000}
type kfSession struct {
	State    int    `json:"state"`
	Servicer string `json:"servicer,omitempty"` // userid, in kfHuman
	At       int64  `json:"at"`                 // when that was learnt, milliseconds

	// A code allows one message, in one state, for a while.
	Code  string `json:"code,omitempty"`
	For   int    `json:"for,omitempty"`
	Until int64  `json:"until,omitempty"`
}

// How long codes are good (path/94698, 96427).
const (
	welcomeFor = 20 * time.Second // of a welcome, and of an end
	poolFor    = 48 * time.Hour
)

// trusted is how long a session is believed to be with people in WeCom. When its customer writes after that, WeCom is asked: news of its
// end may have been lost, and he would wait for ever.
const trusted = 10 * time.Minute

const (
	askTime   = 2 * time.Second // for what is asked of WeCom while others wait for it
	lookPause = time.Minute     // after a question for a state that was not answered
)

func noteOf(a bot.Address) string { return "kf-state:" + a.Account + ":" + a.User }

func (k *KF) session(ctx context.Context, a bot.Address) (kfSession, error) {
	v, err := k.deps.Notes.Note(ctx, noteOf(a))
	if err != nil {
		return kfSession{State: kfUnknown}, fmt.Errorf("reading the state of a session: %w", hidden{err, a.User})
	}
	s := kfSession{State: kfUnknown}
	if v != "" && json.Unmarshal([]byte(v), &s) != nil {
		return kfSession{State: kfUnknown}, nil
	}
	return s, nil
}

func (s kfSession) note(a bot.Address) bot.Note {
	data, _ := json.Marshal(s) // plain fields
	return bot.Note{Name: noteOf(a), Value: string(data)}
}

func (k *KF) keep(ctx context.Context, a bot.Address, s kfSession) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := k.deps.Notes.SetNote(ctx, s.note(a)); err != nil {
		return fmt.Errorf("keeping the state of a session: %w", hidden{err, a.User})
	}
	return nil
}

// in is the session in another state. Codes of the one before are void.
func (s kfSession) in(state int, now time.Time) kfSession {
	if s.For == forAny && s.Code != "" {
		return kfSession{State: state, At: now.UnixMilli(), Code: s.Code, For: s.For, Until: s.Until}
	}
	return kfSession{State: state, At: now.UnixMilli()}
}

func (s kfSession) withCode(code string, state int, until time.Time) kfSession {
	if code != "" {
		s.Code, s.For, s.Until = code, state, until.UnixMilli()
	}
	return s
}

// open says that kf/send_msg may be used, as far as is known.
func (s kfSession) open() bool { return s.State == kfUnknown || s.State == kfNew || s.State == kfBot }

// elsewhere says that people in WeCom have the session.
func (s kfSession) elsewhere() bool { return s.State == kfPool || s.State == kfHuman }

// code is the one that may be used now, "" for none.
func (s kfSession) code(now time.Time) string {
	if s.Code == "" || s.For != forAny && s.For != s.State || now.Add(graceTime).UnixMilli() >= s.Until {
		return ""
	}
	return s.Code
}

// chance is what may be sent: five messages in 48 hours while nobody in WeCom has the session, else one by a code.
func (s kfSession) chance(r bot.Reach, pushes []bot.Delivery, now time.Time) chance {
	w := window(r, pushes, now)
	if s.open() && w.Left > 0 {
		return chance{Window: w}
	}
	if code := s.code(now); code != "" {
		return chance{Window: bot.Window{Left: 1, Of: 1, Until: s.Until}, mute: s.For == kfPool, code: code}
	}
	if !s.open() && w.Left > 0 {
		w.Left, w.Until, w.Why = 0, 0, "closed"
	}
	return chance{Window: w}
}

// agentPrefix begins the ids of people who answer in WeCom.
const agentPrefix = "wecom:"

func person(userid string) *bot.AgentID {
	return &bot.AgentID{ID: agentPrefix + short(userid), Name: short(userid)}
}

// holder is who has the session in WeCom.
func (s kfSession) holder() *bot.AgentID {
	if s.State == kfHuman {
		return person(s.Servicer)
	}
	return &bot.AgentID{ID: agentPrefix, Name: textPool}
}

func heldOutside(c bot.Conversation) bool {
	return c.Holder.Agent != nil && strings.HasPrefix(c.Holder.Agent.ID, agentPrefix)
}

// chance tells what may be sent of what is pending. What is not known of the session is asked for, and a new one becomes the bot's, so
// that WeCom gives it to nobody else.
func (k *KF) chance(ctx context.Context, p pending) (chance, error) {
	a, now := p.conversation.Address, k.deps.Now()
	ctx, unlock := k.lockBriefly(ctx, a)
	defer unlock()
	s, err := k.session(ctx, a)
	if err != nil {
		return chance{}, err
	}
	open := window(p.conversation.Reach, p.shown.Pushes, now).Left > 0
	if open && s.State == kfUnknown {
		if s, err = k.look(ctx, a, s); err != nil {
			return chance{}, k.refused(err)
		}
	}
	if open && s.State == kfNew {
		if s, err = k.move(ctx, a, s, kfBot); err != nil {
			if _, refused := codeOf(err); !refused {
				return chance{}, err
			}
			k.log.Warn("a session did not become the bot's; it is answered all the same", "conversation", p.conversation.ID, "err", err)
		}
	}
	return s.chance(p.conversation.Reach, p.shown.Pushes, now), nil
}

// refused is when a refused question, or change, is asked for again: after a refusal of the whole app later than after others.
func (k *KF) refused(err error) error {
	var e *APIError
	if !errors.As(err, &e) {
		return err
	}
	code := e.Code
	until := k.deps.Now().Add(time.Minute)
	if m := k.courier.move(code); m == moveAlarm || m == moveToken {
		k.courier.pause(code)
		until = k.deps.Now().Add(alarmPause)
	} else {
		what := "WeCom does not tell the state of a session"
		if e.Path == transPath {
			what = "WeCom does not take a customer into its pool; he is answered meanwhile"
		}
		k.log.Error(what, "errcode", code)
	}
	return &bot.DelayError{Until: until, Reason: strconv.FormatInt(code, 10)}
}

// look asks WeCom who serves a customer, keeps that, and brings the conversation in line with it. The caller holds the lock.
//
//	POST /cgi-bin/kf/service_state/get {"open_kfid":"wkAJ","external_userid":"wmAJ"}
//	  -> {"errcode":0,"errmsg":"ok","service_state":3,"servicer_userid":"zhangsan"}
func (k *KF) look(ctx context.Context, a bot.Address, s kfSession) (kfSession, error) {
	var out struct {
		State    *int   `json:"service_state"`
		Servicer string `json:"servicer_userid"`
	}
	const path = "/cgi-bin/kf/service_state/get"
	err := k.api.post(ctx, path, map[string]string{"open_kfid": a.Account, "external_userid": a.User}, &out)
	if err != nil {
		return s, err
	}
	if out.State == nil || *out.State < kfNew || *out.State > kfEnded {
		return s, fmt.Errorf("%s: an answer without a state", path)
	}
	if *out.State != s.State || out.Servicer != s.Servicer {
		s = s.in(*out.State, k.deps.Now())
		s.Servicer = out.Servicer
	}
	s.At = k.deps.Now().UnixMilli()
	if err := k.keep(ctx, a, s); err != nil {
		return s, err
	}
	return s, k.agree(ctx, a, s)
}

// lookFirst asks for the state of a session before something is sent while its news could not be read.
func (k *KF) lookFirst(ctx context.Context, c bot.Conversation) error {
	ctx, unlock := k.lockBriefly(ctx, c.Address)
	defer unlock()
	s, err := k.session(ctx, c.Address)
	if err != nil {
		return err
	}
	if !s.open() || k.deps.Now().Sub(time.UnixMilli(c.Reach.Message)) >= messageGrant.lasts {
		return nil // nothing can be sent that would be refused
	}
	if _, err = k.look(ctx, c.Address, s); err != nil {
		return k.refused(err)
	}
	return nil
}

// agree lets the conversation be held by who has the session: nobody speaks here while people in WeCom do, and none of them holds it
// when they do not.
func (k *KF) agree(ctx context.Context, a bot.Address, s kfSession) error {
	c, err := k.deps.Messages.Conversation(ctx, a)
	exists := err == nil
	if err != nil && !errors.Is(err, bot.ErrNotFound) {
		return fmt.Errorf("reading the conversation: %w", hidden{err, a.User})
	}
	ev := bot.Event{Kind: bot.EventClaim, Outside: true, Seen: true, Key: fmt.Sprintf("kf:%d:held:%s", k.deps.Now().Unix(), k.deps.NewID())}
	switch {
	case s.elsewhere() && c.Holder.Kind == bot.HolderAgent && (s.State == kfPool || c.Holder.Agent.ID == s.holder().ID):
		return nil
	case s.elsewhere():
		ev.Agent = s.holder()
	case exists && heldOutside(c):
		ev.Kind, ev.Agent = bot.EventClose, c.Holder.Agent
	default:
		return nil
	}
	_, err = k.handle(ctx, a, ev)
	return err
}

// silence lets people in WeCom hold the conversation when they have the session.
func (k *KF) silence(ctx context.Context, a bot.Address) error {
	defer k.lock(a)()
	s, err := k.session(ctx, a)
	if err != nil || !s.elsewhere() {
		return err
	}
	return k.agree(ctx, a, s)
}

// handOver brings a customer who waits for a person into the pool of WeCom. After that nothing is said here but what the code allows.
func (k *KF) handOver(ctx context.Context, c bot.Conversation) error {
	ctx, unlock := k.lockBriefly(ctx, c.Address)
	defer unlock()
	s, err := k.session(ctx, c.Address)
	if err != nil {
		return err
	}
	if s.State == kfUnknown {
		if s, err = k.look(ctx, c.Address, s); err != nil {
			return k.refused(err)
		}
	}
	if !s.open() || k.deps.Now().Sub(time.UnixMilli(c.Reach.Message)) >= messageGrant.lasts {
		return nil // they have him already, or he has to write first
	}
	if _, err = k.move(ctx, c.Address, s, kfPool); err != nil {
		return k.refused(err)
	}
	return nil
}

const transPath = "/cgi-bin/kf/service_state/trans"

// move changes the state of a session to kfBot or kfPool. When the state turns out to be another one, that is what is returned. The
// caller holds the lock.
//
//	POST /cgi-bin/kf/service_state/trans {"open_kfid":"wkAJ","external_userid":"wmAJ","service_state":2}
//	  -> {"errcode":0,"errmsg":"ok","msg_code":"MSG_CODE"}
func (k *KF) move(ctx context.Context, a bot.Address, s kfSession, state int) (kfSession, error) {
	var out struct {
		Code string `json:"msg_code"`
	}
	in := map[string]any{"open_kfid": a.Account, "external_userid": a.User, "service_state": state}
	err := k.api.post(ctx, transPath, in, &out)
	code, refused := codeOf(err)
	var unsent *notSentError
	switch {
	case err == nil:
		s = s.in(state, k.deps.Now())
		if state == kfPool {
			s = s.withCode(out.Code, kfPool, k.deps.Now().Add(poolFor))
		}
		return s, k.keep(ctx, a, s)
	case code == 95016: // there is no way from the state that it is in
		return k.look(ctx, a, s)
	case refused, errors.As(err, &unsent):
		return s, err
	}
	s = s.in(kfUnknown, k.deps.Now()) // it may have changed
	if err := k.keep(ctx, a, s); err != nil {
		return s, err
	}
	return s, err
}
