package web

import (
	"context"
	"time"

	"posdoctor/bot"
)

// Windower tells what may be sent to the user of a conversation now.
type Windower interface {
	Window(ctx context.Context, c bot.Conversation) (bot.Window, error)
}

// reach is how an agent's lines get to the merchant, where the channel does not always carry them.
type reach struct {
	bot.Window
	Upto       int64          `json:"upto"`       // newer lines have not gone out
	Deliveries []bot.Delivery `json:"deliveries"` // of the last days, oldest first
}

// deliveriesOf is how far back deliveries are shown.
const deliveriesOf = 7 * 24 * time.Hour

// reachOf is nil for channels that carry every line at once.
func (a *agents) reachOf(ctx context.Context, c bot.Conversation) (*reach, error) {
	ch := a.d.Windows[c.Address.Channel]
	if ch == nil {
		return nil, nil
	}
	w, err := ch.Window(ctx, c)
	if err != nil {
		return nil, err
	}
	shown, err := a.d.Store.Shown(ctx, c.ID, a.d.Now().Add(-deliveriesOf).UnixMilli())
	if err != nil {
		return nil, err
	}
	r := &reach{Window: w, Upto: shown.Upto, Deliveries: shown.Pushes}
	if r.Deliveries == nil {
		r.Deliveries = []bot.Delivery{}
	}
	return r, nil
}
