package wechat

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"posdoctor/bot"
	"posdoctor/bot/live"
	"posdoctor/bot/store"
	"posdoctor/channels"
	"posdoctor/channels/wechat/wechattest"
	"posdoctor/knowledge"
)

var (
	_ channels.Channel = (*KF)(nil)
	_ bot.Deliverer    = (*KF)(nil)
)

const (
	kfCorp     = "ww0123456789abcdef"
	kfSecret   = "s3cr3t-of-the-app"
	kfToken    = "tok-kf"
	kfCustomer = "wmAJ2GCAAAme1XQRC-NI-q0_ZM9ukoAw"
	kfAccount  = wechattest.DefaultOpenKfID
	zhang      = "zhangsan"
)

// kfConfigured is what the server passes; a test may change its copy.
func kfConfigured() KFConfig {
	return KFConfig{CorpID: kfCorp, Secret: kfSecret, Token: kfToken, AESKey: testKey}
}

// kfPlaybook is the dialogue, read once; nobody searches the library here, so that a stage is set up at once.
var kfPlaybook = sync.OnceValues(func() (*bot.Playbook, error) {
	lib, err := knowledge.Embedded()
	if err != nil {
		return nil, err
	}
	return bot.NewPlaybook(lib)
})

// blank is a library in which nothing is found.
type blank struct{}

func (blank) Find(context.Context, string) (bot.Finding, error) { return bot.Finding{}, nil }
func (blank) Entry(context.Context, string) (bot.Finding, error) {
	return bot.Finding{}, bot.ErrNotFound
}

// clock is moved by the test, for both sides.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// kfStage is Customer Service with a real bot on a real database, and WeCom on the other side. Nothing goes on by itself: settle fetches
// what there is and sends what is due.
type kfStage struct {
	t       testing.TB
	cfg     KFConfig
	clock   *clock
	api     *wechattest.API
	file    string
	store   *store.Store
	service *bot.Service
	kf      *KF
	url     string // of the callback
	fails   func(bot.Event) error
	close   func()

	mu      sync.Mutex
	handler http.Handler
	logged  *lockedBuffer
	errs    []string
}

func newKFStage(t testing.TB, change ...func(*kfStage)) *kfStage {
	t.Helper()
	s := &kfStage{t: t, cfg: kfConfigured(), clock: &clock{at: time.Date(2026, 11, 26, 9, 0, 0, 0, beijing)}, logged: &lockedBuffer{},
		file: filepath.Join(t.TempDir(), "posdoctor.db")}
	s.api = &wechattest.API{CorpID: kfCorp, CorpSecret: kfSecret, Now: s.clock.now, Limits: wechattest.Limits{KFWithoutToken: 1 << 20, Calls: 1 << 20}}
	for _, c := range change {
		c(s)
	}
	far := httptest.NewServer(s.api)
	near := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		h := s.handler
		s.mu.Unlock()
		h.ServeHTTP(w, r)
	}))
	s.cfg.APIURL, s.url = far.URL, near.URL
	s.start()
	s.close = sync.OnceFunc(func() {
		s.api.Wait()
		near.Close()
		far.Close()
		_ = s.store.Close()
		s.discreet()
	})
	t.Cleanup(s.close)
	return s
}

// start is the server's start, also after a stop.
func (s *kfStage) start() {
	s.t.Helper()
	if s.store != nil {
		if err := s.store.Close(); err != nil {
			s.t.Fatal(err)
		}
	}
	var err error
	if s.store, err = store.Open(context.Background(), s.file); err != nil {
		s.t.Fatal(err)
	}
	book, err := kfPlaybook()
	if err != nil {
		s.t.Fatal(err)
	}
	s.service = &bot.Service{Store: s.store, Bus: &live.Bus{}, Finder: blank{}, Engine: bot.NewEngine(), Pushes: map[string]time.Duration{"wechat-kf": 0},
		Now: s.clock.now, NewID: bot.NewID}
	if err := s.service.Publish(context.Background(), book); err != nil {
		s.t.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(s.logged, &slog.HandlerOptions{Level: slog.LevelDebug}))
	kf, err := NewKF(s.cfg, Deps{Service: s, Messages: s.store, Deliveries: s.store, Leases: s.store, Notes: s.store, Files: s.store,
		Bus: s.service.Bus, Now: s.clock.now, Log: log})
	if err != nil {
		s.t.Fatal(err)
	}
	if d := kf.Desk(); d != nil {
		s.service.Desks = map[string]bot.Desk{kf.Name(): d}
	}
	kf.feeds.lasts = time.Minute
	s.mu.Lock()
	s.kf, s.handler = kf, kf
	s.mu.Unlock()
}

// Handle is the bot, which may be made to fail.
func (s *kfStage) Handle(ctx context.Context, a bot.Address, e bot.Event) (bot.Turn, error) {
	if s.fails != nil {
		if err := s.fails(e); err != nil {
			return bot.Turn{}, err
		}
	}
	return s.service.Handle(ctx, a, e)
}

// phone is a customer's, with the person who may serve him.
func (s *kfStage) phone(user string) *wechattest.KFPhone {
	return wechattest.NewKFPhone(s.peer(), s.api, kfAccount, user)
}

// unanswered is a customer whose words were read and not yet answered, with how much he was shown before.
func (s *kfStage) unanswered() (p *wechattest.KFPhone, shown int) {
	s.t.Helper()
	p = s.phone(kfCustomer)
	s.do(p.Say("刷卡没反应"))
	s.settle()
	shown = len(shows(p))
	s.do(p.Say("还是不行"))
	if err := s.read(); err != nil {
		s.t.Fatal(err)
	}
	return p, shown
}

// do is what somebody does; it must be possible.
func (s *kfStage) do(_ wechattest.Push, err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// read fetches what there is. It returns the error of an account that could not be read.
func (s *kfStage) read() (err error) {
	s.api.Wait()
	fs := &s.kf.feeds
	fs.mu.Lock()
	var all []*feed
	for _, f := range fs.all {
		all = append(all, f)
	}
	fs.mu.Unlock()
	for _, f := range all {
		err = errors.Join(err, s.kf.sync(context.Background(), f))
	}
	return err
}

// deliver hands out what is due, as the dispatcher does, until nothing is.
func (s *kfStage) deliver() {
	s.t.Helper()
	ctx := context.Background()
	for range 100 {
		items, err := s.store.Lease(ctx, s.clock.now(), 30*time.Second, 10)
		if err != nil {
			s.t.Fatal(err)
		}
		if len(items) == 0 {
			return
		}
		for _, it := range items {
			to := bot.Deliverer(s.kf)
			if target, fetcher := s.kf.Fetcher(); it.Target == target {
				to = fetcher
			}
			ev, err := to.Deliver(ctx, it)
			var delay *bot.DelayError
			switch {
			case errors.As(err, &delay):
				err = s.store.Retry(ctx, it.ID, delay.Until, delay.Reason)
			case err != nil:
				s.note(err)
				err = s.store.Retry(ctx, it.ID, s.clock.now().Add(time.Second), "failed")
			case ev.Kind != "":
				s.t.Fatalf("an event %s", ev.Kind)
			default:
				err = s.store.Done(ctx, it.ID)
			}
			if err != nil {
				s.t.Fatal(err)
			}
		}
	}
	s.t.Fatal("there is always something to send")
}

func (s *kfStage) note(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.errs = append(s.errs, err.Error())
}

// settle lets both sides come to rest.
func (s *kfStage) settle() {
	s.t.Helper()
	for range 3 { // what is sent may bring news
		if err := s.read(); err != nil {
			s.t.Fatal(err)
		}
		s.deliver()
	}
}

func (s *kfStage) conversation(user string) bot.Conversation {
	s.t.Helper()
	c, err := s.store.Conversation(context.Background(), bot.Address{Channel: "wechat-kf", Account: kfAccount, User: user})
	if err != nil {
		s.t.Fatal(err)
	}
	return c
}

func (s *kfStage) holder(user string) string {
	c := s.conversation(user)
	if c.Holder.Agent != nil {
		return c.Holder.Agent.ID
	}
	return c.Holder.Kind
}

// lines are those of a conversation, as "from: text".
func (s *kfStage) lines(user string) (out []string) {
	s.t.Helper()
	all, err := s.store.Messages(context.Background(), s.conversation(user).ID, 0, 10_000)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, m := range all {
		out = append(out, m.From+": "+m.Text)
	}
	return out
}

// refusals are the calls that WeCom refused.
func (s *kfStage) refusals() (out []string) {
	for _, c := range s.api.Calls() {
		if c.Errcode != 0 {
			out = append(out, fmt.Sprintf("%s: %d %s", c.Path, c.Errcode, c.Body))
		}
	}
	return out
}

// discreet says that nothing was logged or returned that nobody should read.
func (s *kfStage) discreet() {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := s.logged.String() + strings.Join(s.errs, "\n")
	for _, secret := range []string{kfSecret, kfToken, testKey, "access_token", "corpsecret", kfCustomer, "wmOther", "刷卡", "人工", "您好", "ENC", "CODE"} {
		if strings.Contains(all, secret) {
			s.t.Errorf("%q was logged or returned:\n%s", secret, all)
		}
	}
}

// shows says what a phone shows of the account's, oldest first: "path: text".
func shows(p *wechattest.KFPhone) (out []string) {
	for _, e := range p.Screen() {
		if e.From != wechattest.FromAccount {
			continue
		}
		out = append(out, words(e))
	}
	return out
}

// last is the newest of them.
func last(p *wechattest.KFPhone) string {
	all := shows(p)
	if len(all) == 0 {
		return ""
	}
	return all[len(all)-1]
}

// wants says which of the texts are missing in what a phone shows, in order.
func wants(t testing.TB, p *wechattest.KFPhone, texts ...string) {
	t.Helper()
	all := shows(p)
	at := 0
	for _, text := range texts {
		i := slices.IndexFunc(all[at:], func(s string) bool { return strings.Contains(s, text) })
		if i < 0 {
			t.Fatalf("%q is not shown:\n%s", text, strings.Join(all, "\n"))
		}
		at += i + 1
	}
}
