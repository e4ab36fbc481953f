package wechat

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"posdoctor/bot"
)

// Handler takes events in. *bot.Service is one.
type Handler interface {
	Handle(ctx context.Context, a bot.Address, e bot.Event) (bot.Turn, error)
}

// Reader reads conversations. bot.Store is one.
type Reader interface {
	Conversation(ctx context.Context, a bot.Address) (bot.Conversation, error)
	ConversationByID(ctx context.Context, id string) (bot.Conversation, error)
	// Messages returns lines with seq > after, oldest first, at most limit.
	Messages(ctx context.Context, conversation string, after int64, limit int) ([]bot.Message, error)
}

// Deps is what a channel stands on. Leases serve for tokens and for the feeds of Customer Service, Outbox for pushing, Notes for Customer Service, Files for pictures and voices;
// without it they are not fetched, and without a Recogniser a voice is asked to be typed. Now, NewID and Log may be left out.
type Deps struct {
	Service    Handler
	Messages   Reader
	Deliveries bot.Deliveries
	Leases     bot.Leases
	Outbox     bot.Outbox
	Notes      bot.Notes
	Files      bot.Files
	Recogniser Recogniser
	Bus        bot.Bus
	Now        func() time.Time
	NewID      func() string
	Log        *slog.Logger
}

// Channel is the callback of one Official Account. It serves requests concurrently.
type Channel struct {
	cfg  Config
	deps Deps
	log  *slog.Logger
	seen signatures // plain mode only

	mu      sync.Mutex
	flights map[string]*flight // by event key: pushes being worked on

	courier *courier
	api     *API     // nil: passive replies only
	fetcher *fetcher // nil: media are not fetched
}

// Name is the Channel of the addresses.
func (*Channel) Name() string { return "wechat" }

// New refuses a configuration that is not valid.
func New(cfg Config, deps Deps) (*Channel, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("wechat: %w", err)
	}
	if deps.Service == nil || deps.Messages == nil || deps.Deliveries == nil || deps.Bus == nil {
		return nil, errors.New("wechat: Service, Messages, Deliveries and Bus are needed")
	}
	deps = deps.withDefaults()
	c := &Channel{cfg: cfg.withDefaults(), deps: deps, flights: map[string]*flight{}}
	c.log = deps.Log.With("channel", c.Name())
	c.courier = &courier{deps: deps, log: c.log, menus: maxText, flights: map[string]*flight{},
		advice: "AppID, AppSecret, the list of allowed IP addresses and the account's state at mp.weixin.qq.com"}
	c.courier.chance = func(_ context.Context, p pending) (chance, error) {
		return chance{Window: window(p.conversation.Reach, p.shown.Pushes, deps.Now())}, nil
	}
	if c.cfg.Mode == ModePlain {
		c.log.Warn("wechat pushes are not encrypted; set wechat-aes-key and choose the safe mode at mp.weixin.qq.com")
	}
	if cfg.AppSecret != "" {
		if deps.Leases == nil || deps.Outbox == nil {
			return nil, errors.New("wechat: Leases and Outbox are needed to push")
		}
		var err error
		if c.api, err = c.cfg.api(deps.Leases, deps.NewID(), deps.Now); err != nil {
			return nil, err
		}
		c.courier.send = c.send
		if deps.Files != nil {
			c.fetcher = newFetcher(c.Name(), c.api, c.courier)
		}
	}
	return c, nil
}

func (d Deps) withDefaults() Deps {
	if d.Now == nil {
		d.Now = time.Now
	}
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	if d.NewID == nil {
		d.NewID = bot.NewID
	}
	return d
}

// api is the API with the tokens of the account.
func (c Config) api(leases bot.Leases, owner string, now func() time.Time) (*API, error) {
	api, err := newAPI(c.APIURL)
	if err != nil {
		return nil, fmt.Errorf("wechat-api-url: %w", err)
	}
	tokens := &tokens{name: "wechat-token:" + c.AppID, owner: owner, leases: leases, fetch: stableToken(api, c.AppID, c.AppSecret), now: now}
	api.token, api.stale = tokens.get, tokens.stale
	return api, nil
}

// Pushes is how long a reply may take to carry the lines of a turn, after which they are pushed; false for an account that only
// replies.
func (c *Channel) Pushes() (time.Duration, bool) { return firstWait, c.api != nil }

// Deliver pushes what the user of an item's conversation has not been shown. See bot.Deliverer.
func (c *Channel) Deliver(ctx context.Context, it bot.Item) (bot.Event, error) {
	return c.courier.deliver(ctx, it)
}

// Window tells what may be pushed to the user of a conversation now.
func (c *Channel) Window(ctx context.Context, conv bot.Conversation) (bot.Window, error) {
	if c.courier.passive() {
		return bot.Window{Why: "passive"}, nil
	}
	now := c.deps.Now()
	shown, err := c.deps.Deliveries.Shown(ctx, conv.ID, now.Add(-messageGrant.lasts).UnixMilli())
	if err != nil {
		return bot.Window{}, err
	}
	return window(conv.Reach, shown.Pushes, now), nil
}
