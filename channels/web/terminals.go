package web

import (
	"context"
	"errors"
	"net/http"
	"time"

	"posdoctor/bot"
)

// Records reads what the acquirer knows of a merchant; bot.Acquirer does.
type Records interface {
	Record(ctx context.Context, merchant string) (bot.Record, error)
}

const (
	terminalsFor = 10 * time.Second // a page waits for the acquirer
	maxAsking    = 3                // pages of one conversation at once: connections to the acquirer are few, and are everybody's
)

// terminalRow is a machine as a visitor sees it. What the record does not say is left out, never guessed.
type terminalRow struct {
	SNTail   string `json:"sn_tail"`
	Status   string `json:"status"` // see bot.Terminal
	Model    string `json:"model,omitempty"`
	Online   *bool  `json:"online,omitempty"`
	SignedIn int64  `json:"signed_in_at,omitempty"` // milliseconds
	LastDay  string `json:"last_day,omitempty"`     // 2006-01-02, last seen by the acquirer
	LastCode string `json:"last_code,omitempty"`    // that this talk was about, when there is one machine
}

// terminals lists the machines of the merchant for whom the visitor speaks. Without a binding, or with a record that only
// people may speak about, there is no merchant and no machine; a record that cannot be read is a failure and no empty list.
//
//	GET /terminals -> {"merchant":{"name":"川味小馆"},"terminals":[{"sn_tail":"4102","status":"ACTIVE","model":"N910","online":true,"signed_in_at":1795413600000}],"observed":1795420800000}
func (c *Channel) terminals(w http.ResponseWriter, r *http.Request) error {
	v, err := c.reader(r)
	if err != nil {
		return err
	}
	conv, err := c.read.ConversationByID(r.Context(), v.Conversation)
	if err != nil && !errors.Is(err, bot.ErrNotFound) {
		return err
	}
	rows := []terminalRow{}
	nobody := func() error {
		answer(w, http.StatusOK, map[string]any{"merchant": nil, "terminals": rows, "observed": 0})
		return nil
	}
	b := conv.Speaks(c.tokens.now().UnixMilli())
	if b == nil || c.Records == nil {
		return nobody()
	}
	if !c.asking.begin(v.Conversation, maxAsking) {
		return tooFast(time.Second)
	}
	defer c.asking.end(v.Conversation)
	ctx, cancel := context.WithTimeout(r.Context(), terminalsFor)
	defer cancel()
	record, err := c.Records.Record(ctx, b.Merchant)
	if err != nil || record.Merchant != b.Merchant {
		c.log.Debug("no record for a visitor's page", "conversation", v.Conversation, "err", err)
		return noRecord()
	}
	if conv, err = c.read.ConversationByID(r.Context(), v.Conversation); err != nil {
		return err
	}
	still := conv.Speaks(c.tokens.now().UnixMilli())                                    // the acquirer may have taken its time
	if still == nil || still.Merchant != b.Merchant || !c.current(v) || record.Person { // what only people may speak about is on no page
		return nobody()
	}
	for _, t := range record.Terminals {
		row := terminalRow{SNTail: t.SN, Status: t.Status, Model: t.Model, SignedIn: t.SignedInAt, LastDay: t.Last}
		switch {
		case t.Online == "NO", t.Status == "OFFLINE": // the two may be of different age; the worse one is told
			row.Online = new(false)
		case t.Online == "YES":
			row.Online = new(true)
		}
		rows = append(rows, row)
	}
	if len(rows) == 1 {
		if rows[0].LastCode, err = c.lastCode(r.Context(), conv); err != nil {
			return err
		}
	}
	answer(w, http.StatusOK, map[string]any{"merchant": map[string]string{"name": b.Name}, "terminals": rows, "observed": record.ObservedAt})
	return nil
}

func noRecord() *fault {
	f := refuse(http.StatusServiceUnavailable, "no_record", textNoRecord)
	f.Retry = 5000
	return f
}

// lastCode is the code of the newest card in sight of the conversation's end.
func (c *Channel) lastCode(ctx context.Context, conv bot.Conversation) (string, error) {
	lines, err := c.read.MessagesBefore(ctx, conv.ID, conv.Last+1, 50)
	if err != nil {
		return "", err
	}
	for i := len(lines) - 1; i >= 0; i-- {
		if lines[i].Card != nil && lines[i].Card.Code != "" {
			return lines[i].Card.Code, nil
		}
	}
	return "", nil
}
