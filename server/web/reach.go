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

// Explainer is a Windower that tells people why something did not get to the merchant, and what to do.
type Explainer interface {
	Explain(bot.Delivery) string     // "" for a delivery that went out, or is about to
	ExplainWindow(bot.Window) string // "" while something may be sent
}

// reach is how an agent's lines get to the merchant, where the channel does not always carry them.
type reach struct {
	bot.Window
	Message    string      `json:"message,omitempty"` // why nothing can be sent now, and what to do
	Upto       int64       `json:"upto"`              // newer lines have not gone out
	Deliveries []delivered `json:"deliveries"`        // of the last days, oldest first
}

// delivered is a delivery with what an agent should know of it.
type delivered struct {
	bot.Delivery
	Message string `json:"message,omitempty"`
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
	says, explains := ch.(Explainer)
	r := &reach{Window: w, Upto: shown.Upto, Deliveries: []delivered{}}
	if explains {
		r.Message = says.ExplainWindow(w)
	}
	for _, d := range shown.Pushes {
		out := delivered{Delivery: d}
		if explains {
			out.Message = says.Explain(d)
		}
		r.Deliveries = append(r.Deliveries, out)
	}
	return r, nil
}
