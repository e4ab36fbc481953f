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

// Reader reads the lines of a conversation with seq > after, oldest first, at most limit. bot.Store is one.
type Reader interface {
	Messages(ctx context.Context, conversation string, after int64, limit int) ([]bot.Message, error)
}

// Deps is what the channel stands on. Now and Log may be left out.
type Deps struct {
	Service  Handler
	Messages Reader
	Replies  bot.Replies
	Bus      bot.Bus
	Now      func() time.Time
	Log      *slog.Logger
}

// Channel is the callback of one Official Account. It serves requests concurrently.
type Channel struct {
	cfg  Config
	deps Deps
	log  *slog.Logger
	seen signatures // plain mode only

	mu      sync.Mutex
	flights map[string]*flight // by event key: pushes being worked on

	shelf [64]sync.Mutex // by conversation: one reply at a time decides what it carries
}

// Name is the Channel of the addresses.
func (*Channel) Name() string { return "wechat" }

// New refuses a configuration that is not valid.
func New(cfg Config, deps Deps) (*Channel, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("wechat: %w", err)
	}
	if deps.Service == nil || deps.Messages == nil || deps.Replies == nil || deps.Bus == nil {
		return nil, errors.New("wechat: Service, Messages, Replies and Bus are needed")
	}
	if deps.Now == nil {
		deps.Now = time.Now
	}
	if deps.Log == nil {
		deps.Log = slog.New(slog.DiscardHandler)
	}
	c := &Channel{cfg: cfg.withDefaults(), deps: deps, flights: map[string]*flight{}}
	c.log = deps.Log.With("channel", c.Name())
	if c.cfg.Mode == ModePlain {
		c.log.Warn("wechat pushes are not encrypted; set wechat-aes-key and choose the safe mode at mp.weixin.qq.com")
	}
	return c, nil
}
