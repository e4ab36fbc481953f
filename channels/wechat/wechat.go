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
	ConversationByID(ctx context.Context, id string) (bot.Conversation, error)
	// Messages returns lines with seq > after, oldest first, at most limit.
	Messages(ctx context.Context, conversation string, after int64, limit int) ([]bot.Message, error)
}

// Deps is what the channel stands on. Leases and Outbox serve for pushing only; Now, NewID and Log may be left out.
type Deps struct {
	Service    Handler
	Messages   Reader
	Deliveries bot.Deliveries
	Leases     bot.Leases
	Outbox     bot.Outbox
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
	api     *API // nil: passive replies only
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
	if deps.Now == nil {
		deps.Now = time.Now
	}
	if deps.Log == nil {
		deps.Log = slog.New(slog.DiscardHandler)
	}
	if deps.NewID == nil {
		deps.NewID = bot.NewID
	}
	c := &Channel{cfg: cfg.withDefaults(), deps: deps, flights: map[string]*flight{}}
	c.log = deps.Log.With("channel", c.Name())
	c.courier = &courier{deps: deps, log: c.log, label: cfg.Label, menus: maxText, flights: map[string]*flight{}, window: windowOf}
	if c.cfg.Mode == ModePlain {
		c.log.Warn("wechat pushes are not encrypted; set wechat-aes-key and choose the safe mode at mp.weixin.qq.com")
	}
	if cfg.AppSecret != "" {
		if deps.Leases == nil || deps.Outbox == nil {
			return nil, errors.New("wechat: Leases and Outbox are needed to push")
		}
		var err error
		if c.api, err = newAPI(c.cfg.APIURL); err != nil {
			return nil, fmt.Errorf("wechat-api-url: %w", err)
		}
		tokens := &tokens{name: "wechat-token:" + cfg.AppID, owner: deps.NewID(), leases: deps.Leases, fetch: stableToken(c.api, cfg.AppID, cfg.AppSecret), now: deps.Now}
		c.api.token, c.api.stale = tokens.get, tokens.stale
		c.courier.send = c.send
	}
	return c, nil
}

func windowOf(c bot.Conversation, pushes []bot.Delivery, now time.Time) bot.Window {
	return window(c.Reach, pushes, now)
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
	return windowOf(conv, shown.Pushes, now), nil
}
