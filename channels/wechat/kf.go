package wechat

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"log/slog"
	"strings"
	"sync"

	"posdoctor/bot"
)

// KF is WeChat Customer Service: any number of its accounts, each an open_kfid. Its callback only says that there is something to
// fetch; Run fetches it.
type KF struct {
	cfg   KFConfig
	deps  Deps
	log   *slog.Logger
	owner string
	api   *API

	courier *courier
	fetcher *fetcher // nil: media are not fetched
	feeds   feeds
	locks   [256]sync.Mutex // by customer: who looks at or changes what is known of his session
	seed    maphash.Seed
}

// Name is the Channel of the addresses: Account is the open_kfid, User the external_userid.
func (*KF) Name() string { return "wechat-kf" }

// NewKF refuses a configuration that is not valid. Nothing is fetched until Run.
func NewKF(cfg KFConfig, deps Deps) (*KF, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("wechat-kf: %w", err)
	}
	if deps.Service == nil || deps.Messages == nil || deps.Deliveries == nil || deps.Leases == nil || deps.Notes == nil || deps.Bus == nil {
		return nil, errors.New("wechat-kf: Service, Messages, Deliveries, Leases, Notes and Bus are needed")
	}
	deps = deps.withDefaults()
	k := &KF{cfg: cfg.withDefaults(), deps: deps, owner: deps.NewID(), seed: maphash.MakeSeed()}
	k.log = deps.Log.With("channel", k.Name())
	var err error
	if k.api, err = newAPI(k.cfg.APIURL); err != nil {
		return nil, fmt.Errorf("wechat-kf-api-url: %w", err)
	}
	t := &tokens{name: "wechat-kf-token:" + cfg.CorpID, owner: k.owner, leases: deps.Leases, fetch: workToken(k.api, cfg.CorpID, cfg.Secret), now: deps.Now}
	k.api.token, k.api.stale = t.get, t.stale
	k.courier = &courier{deps: deps, log: k.log, menus: kfMenuHead, flights: map[string]*flight{}, send: k.send, chance: k.chance, repeat: k.repeat,
		fits: kfMenuFits, moves: kfMoves, advice: "CorpID, the app's Secret, its trusted IP addresses and that it may call Customer Service, at work.weixin.qq.com"}
	if deps.Files != nil {
		k.fetcher = newFetcher(k.Name(), k.api, k.courier)
	}
	k.feeds.lasts = syncLease
	return k, nil
}

// kfMoves are the errcodes of qyapi.weixin.qq.com that ask for something else than those of an Official Account.
var kfMoves = map[int64]move{
	40096: moveHold,   // no such customer
	45009: moveMinute, // its limits are by minute and hour
	45033: moveMinute, // too many at once
	48002: moveAlarm,  // the app may not call this
	60020: moveAlarm,  // the address is not on the app's list
	95004: moveAlarm,  // no such account
}

// handle takes an event in, even while the server is being stopped.
func (k *KF) handle(ctx context.Context, a bot.Address, ev bot.Event) (bot.Turn, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), handleTime)
	defer cancel()
	t, err := k.deps.Service.Handle(ctx, a, ev)
	if err != nil {
		return t, fmt.Errorf("handling %s: %w", ev.Kind, hidden{err, a.User})
	}
	return t, nil
}

// hidden is an error whose text does not name a customer.
type hidden struct {
	err  error
	user string
}

func (h hidden) Error() string { return without(h.err, h.user) }
func (h hidden) Unwrap() error { return h.err }

// Deliver carries what the customer of an item's conversation has not been shown, where the state of his session allows it. What it does
// not allow waits. See bot.Deliverer.
func (k *KF) Deliver(ctx context.Context, it bot.Item) (bot.Event, error) {
	read := k.feeds.letRead(ctx, it.Address)
	c, err := k.deps.Messages.ConversationByID(ctx, it.Conversation)
	if err != nil {
		return bot.Event{}, fmt.Errorf("reading the conversation: %w", err)
	}
	if !read {
		if err := k.lookFirst(ctx, c); err != nil {
			return bot.Event{}, err
		}
	}
	if k.cfg.Desk != DeskWeCom {
		return k.courier.deliver(ctx, it)
	}
	var outside error // the pool does not take him now: he is told what there is to tell, and it is tried again
	if c.Holder.Kind == bot.HolderQueue {
		if err := k.findLost(ctx, it, c); err != nil {
			return bot.Event{}, err
		}
		outside = k.handOver(ctx, c)
	}
	ev, err := k.courier.deliver(ctx, it)
	if err == nil {
		err = k.silence(ctx, it.Address)
	}
	if err == nil {
		err = outside
	}
	return ev, err
}

// findLost finds out what became of messages whose sender was killed, while the session lets them be sent again: in the pool there is one
// message left, and that is the one which says so.
func (k *KF) findLost(ctx context.Context, it bot.Item, c bot.Conversation) error {
	if !k.courier.pausedUntil().IsZero() {
		return nil
	}
	shown, err := k.deps.Deliveries.Shown(ctx, c.ID, k.deps.Now().Add(-messageGrant.lasts).UnixMilli())
	if err != nil {
		return fmt.Errorf("reading what was shown: %w", err)
	}
	return k.courier.findLost(ctx, it, shown, c)
}

// Fetcher returns who fetches media, under a name of the outbox's; nil for an account that does not.
func (k *KF) Fetcher() (target string, d bot.Deliverer) { return k.fetcher.deliverer() }

// Window tells what may be sent to the customer of a conversation now, as far as is known here.
func (k *KF) Window(ctx context.Context, c bot.Conversation) (bot.Window, error) {
	now := k.deps.Now()
	shown, err := k.deps.Deliveries.Shown(ctx, c.ID, now.Add(-messageGrant.lasts).UnixMilli())
	if err != nil {
		return bot.Window{}, err
	}
	s, err := k.session(ctx, c.Address)
	return s.chance(c.Reach, shown.Pushes, now).Window, err
}

// Desk is the desk for conversations that people in WeCom answer; nil where ours does.
func (k *KF) Desk() bot.Desk {
	if k.cfg.Desk == DeskWeCom {
		return pool{}
	}
	return nil
}

// pool is the queue of people in WeCom. WeCom does not tell how long it is.
type pool struct{}

func (pool) Status(context.Context, string) (bot.DeskStatus, error) {
	return bot.DeskStatus{Open: true, Waiting: -1}, nil
}

// msgid is the id under which a delivery goes out: a msgid has up to 32 letters, digits, - and _, and no two messages have the same.
func msgid(delivery string) string { return strings.ReplaceAll(delivery, "-", "") }

// deliveryOf is the delivery that went out under a msgid; ids are UUIDs.
func deliveryOf(msgid string) string {
	if len(msgid) != 32 {
		return msgid
	}
	return strings.Join([]string{msgid[:8], msgid[8:12], msgid[12:16], msgid[16:20], msgid[20:]}, "-")
}

// kfMenuFits says that choices may be a menu: an id of 1 to 64 bytes, words of 1 to 128.
func kfMenuFits(choices []bot.Choice) bool {
	for _, c := range choices {
		if c.ID == "" || len(c.ID) > 64 || c.Text == "" || len(neutral(c.Text)) > 128 {
			return false
		}
	}
	return true
}

// lock gives the right to look at or change what is known of a customer's session.
func (k *KF) lock(a bot.Address) (unlock func()) {
	mu := &k.locks[maphash.String(k.seed, a.Account+" "+a.User)%uint64(len(k.locks))]
	mu.Lock()
	return mu.Unlock
}

// lockBriefly is lock for those who ask WeCom meanwhile. The context ends when others, the account's feed among them, have waited enough.
func (k *KF) lockBriefly(ctx context.Context, a bot.Address) (_ context.Context, unlock func()) {
	leave := k.lock(a)
	ctx, cancel := context.WithTimeout(ctx, askTime)
	return ctx, func() { cancel(); leave() }
}
