package notice

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"time"

	"posdoctor/bot"
	"posdoctor/bot/desk"
)

// The ways, and the outbox's names for them.
const (
	wayWeCom   = "wecom"
	wayWebhook = "webhook"
)

// Teller tells agents outside of the console. It implements desk.Teller; New makes one.
type Teller struct {
	Config
	paced         pace
	open, guarded *http.Client
}

// Config is what a Teller needs.
type Config struct {
	Store    bot.Tellings
	Bus      bot.Bus
	Settings func(context.Context) (string, error) // the kept value, "" for none
	Link     func(conversation string) string      // into the console; nil: there is none
	WeComURL string                                // e.g. https://qyapi.weixin.qq.com
	Hosts    []string                              // webhooks may go there although they lie inside of the network
	Now      func() time.Time
	Log      *slog.Logger
}

// New returns a Teller.
func New(c Config) *Teller {
	return &Teller{Config: c, open: client(false), guarded: client(true)}
}

// message is what is told, as the webhook gets it.
type message struct {
	ID           string `json:"id"`
	Kind         string `json:"kind"`
	At           int64  `json:"at"`
	Conversation string `json:"conversation,omitempty"`
	Topic        string `json:"topic,omitempty"`
	Skill        string `json:"skill,omitempty"`
	Text         string `json:"text"`
	Link         string `json:"link,omitempty"`
}

const kindTest = "test"

// texts say what a notice is about.
var texts = map[string]string{
	bot.NoticeQueued: "有商户在等人工",
	bot.NoticeLate:   "有会话已超时",
	bot.NoticeLeft:   "有商户在非工作时间留言",
	bot.NoticeUnsure: "有工单或消息的结果不明，需要人工核实",
	bot.NoticeRated:  "有商户对服务不满意",
	kindTest:         "这是一条测试通知",
}

var skills = map[string]string{"settlement": "结算", "risk": "风控", "terminal": "机具", "general": "综合"}

// body is what the outbox keeps of a notice.
type body struct {
	desk.Notice
	Told int64 `json:"told"`
}

// Tell implements desk.Teller. A notice that nobody wants to hear of is nothing.
func (t *Teller) Tell(ctx context.Context, n desk.Notice) error {
	s, err := t.settings(ctx)
	if err != nil {
		return err
	}
	if !slices.Contains(s.Kinds, n.Kind) {
		return nil
	}
	now := t.Now().UnixMilli()
	if !s.Topic {
		n.Topic = "" // not even kept
	}
	data, err := json.Marshal(body{n, now})
	if err != nil {
		return fmt.Errorf("telling agents: %w", err)
	}
	var list []bot.Telling
	for _, way := range s.ways() {
		list = append(list, bot.Telling{ID: idOf(n, way), Told: now, Target: bot.TargetTelling + way, Kind: n.Kind, Conversation: n.Conversation, Body: string(data)})
	}
	if len(list) == 0 {
		return nil
	}
	if err := t.Store.AddTellings(ctx, list); err != nil {
		return err
	}
	t.Bus.Publish(bot.TopicOutbox)
	return nil
}

// sameFor is the length of the windows, by the clock, in each of which a conversation that comes into the queue is told of once: who taps
// 转人工 and 取消 by turns must not use up what a group takes in a minute, which is everybody's. Windows need no memory over a restart.
const sameFor = 2 * time.Minute

// idOf names a notice on one way: it is the same when it is told again after a crash.
func idOf(n desk.Notice, way string) string {
	at := n.At
	if n.Kind == bot.NoticeQueued {
		at -= at % sameFor.Milliseconds()
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %s %d %s", n.Conversation, n.Kind, at, way))
	return hex.EncodeToString(sum[:16])
}

func (s Settings) ways() []string {
	var out []string
	if s.WeCom.On {
		out = append(out, wayWeCom)
	}
	if s.Webhook.On {
		out = append(out, wayWebhook)
	}
	return out
}

// Ways are the ways there are.
func (t *Teller) Ways() []string { return []string{wayWeCom, wayWebhook} }

func (t *Teller) settings(ctx context.Context) (Settings, error) {
	value, err := t.Settings(ctx)
	if err != nil {
		return Settings{}, err
	}
	return read(value)
}

// Targets are the outbox's names of the ways, for the dispatcher.
func (t *Teller) Targets() map[string]bot.Deliverer {
	out := map[string]bot.Deliverer{}
	for _, way := range t.Ways() {
		out[bot.TargetTelling+way] = t
	}
	return out
}

// refusal is an answer that is no success: what operators read of it, and whether or when to try again.
type refusal struct {
	text  string
	final bool
	after time.Duration
}

func (r *refusal) Error() string { return r.text }

// giveUp is how old a notice may get.
const giveUp = 24 * time.Hour

// Deliver implements bot.Deliverer.
func (t *Teller) Deliver(ctx context.Context, it bot.Item) (bot.Event, error) {
	way := strings.TrimPrefix(it.Target, bot.TargetTelling)
	end := func(state, reason string) (bot.Event, error) {
		return bot.Event{}, t.Store.EndTelling(context.WithoutCancel(ctx), it.ID, state, reason, it.Attempts, t.Now().UnixMilli())
	}
	var b body
	if err := json.Unmarshal([]byte(it.Telling), &b); err != nil {
		return end(bot.TellingFailed, "通知的内容看不懂")
	}
	s, err := t.settings(ctx)
	if err != nil {
		return bot.Event{}, err
	}
	if !slices.Contains(s.ways(), way) {
		return end(bot.TellingFailed, "发出之前，这种通知已被关闭")
	}
	err = t.send(ctx, s, way, t.message(it.ID, b.Notice))
	if err == nil {
		return end(bot.TellingSent, "")
	}
	if ctx.Err() != nil {
		return bot.Event{}, err // the server stops; whoever comes next goes on
	}
	var r *refusal
	known := errors.As(err, &r)
	switch {
	case known && r.final:
		return end(bot.TellingFailed, r.text)
	case t.Now().UnixMilli()-b.Told >= giveUp.Milliseconds():
		return end(bot.TellingFailed, "一天内没有送达："+reasonOf(err))
	}
	if err := t.Store.EndTelling(ctx, it.ID, bot.TellingWaiting, reasonOf(err), it.Attempts, 0); err != nil {
		return bot.Event{}, err
	}
	wait := again(it.Attempts)
	if known {
		wait = max(wait, r.after)
	}
	return bot.Event{}, &bot.DelayError{Until: t.Now().Add(wait), Reason: reasonOf(err)}
}

// again is how long to wait after so many attempts: 5, 10, 20 … s, at most 15 minutes, each up to a quarter longer by chance.
func again(attempts int) time.Duration {
	wait := min(5*time.Second<<min(max(attempts-1, 0), 10), 15*time.Minute)
	return wait + rand.N(wait/4)
}

// reasonOf says what went wrong, without an address.
func reasonOf(err error) string {
	var r *refusal
	if errors.As(err, &r) {
		return r.text
	}
	if errors.Is(err, context.DeadlineExceeded) || isTimeout(err) {
		return "对方没有及时应答"
	}
	return "连不上对方的地址"
}

func isTimeout(err error) bool {
	var t interface{ Timeout() bool }
	return errors.As(err, &t) && t.Timeout()
}

func (t *Teller) message(id string, n desk.Notice) message {
	m := message{ID: id, Kind: n.Kind, At: n.At, Conversation: n.Conversation, Topic: n.Topic, Skill: n.Skill, Text: texts[n.Kind]}
	if t.Link != nil && n.Conversation != "" {
		m.Link = t.Link(n.Conversation)
	}
	return m
}

func (t *Teller) send(ctx context.Context, s Settings, way string, m message) error {
	if way == wayWeCom {
		return t.robot(ctx, s.WeCom, m)
	}
	return t.hook(ctx, s.Webhook, m)
}

// Try sends a test by one way at once, whether it is on or not, and says in words for operators what became of it.
func (t *Teller) Try(ctx context.Context, way string) (bool, string) {
	s, err := t.settings(ctx)
	switch {
	case err != nil:
		t.Log.Error("trying a notice", "err", err)
		return false, "设置没有读出来，请稍后再试。"
	case way == wayWeCom && s.WeCom.Key == "" || way == wayWebhook && (s.Webhook.URL == "" || s.Webhook.Secret == ""):
		return false, "请先填写并保存地址。"
	}
	now := t.Now().UnixMilli()
	if err := t.send(ctx, s, way, t.message(bot.NewID(), desk.Notice{Kind: kindTest, At: now})); err != nil {
		t.Log.Warn("trying a notice", "way", way, "err", err)
		return false, "没有送达：" + reasonOf(err) + "。"
	}
	return true, "对方已收到测试通知。"
}
