package store

import (
	"context"
	"encoding/json"
	"fmt"

	"posdoctor/bot"
)

// Commit writes the whole outcome of one turn. See bot.Store.
func (s *Store) Commit(ctx context.Context, c bot.Commit) error {
	rows, err := encode(c)
	if err != nil {
		return err
	}
	return s.w.do(ctx, func(t *tx) error { return rows.write(t, c) })
}

// encoded is what of a commit can be made ready outside the writer.
type encoded struct {
	state, event string
	lines        []string
	calls        []string
}

func encode(c bot.Commit) (encoded, error) {
	var out encoded
	var err error
	text := func(v any) string {
		data, e := json.Marshal(v)
		if e != nil && err == nil {
			err = fmt.Errorf("encoding a turn: %w", e)
		}
		return string(data)
	}
	out.state, out.event = text(c.Next), text(c.Event)
	for _, e := range c.Effects {
		if e.Say != nil {
			out.lines = append(out.lines, text(e.Say))
		}
		if e.Call != nil {
			out.calls = append(out.calls, text(e.Call))
		}
	}
	return out, err
}

// callBits is the room in an item's seq for its place among the calls of its turn.
const callBits = 16

func (r encoded) write(t *tx, c bot.Commit) error {
	n := c.Next
	first, last := seqs(c.Effects)
	done, err := t.exec(`INSERT INTO events (dup, conversation, version, at, kind, data, first_seq, last_seq)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (dup) DO NOTHING`,
		c.Event.Key, n.ID, n.Version, c.Event.At, c.Event.Kind, r.event, first, last)
	if err != nil {
		return conflict(err)
	}
	if done == 0 {
		return bot.ErrDuplicate
	}
	if err := r.conversation(t, n); err != nil {
		return err
	}
	line, call := 0, 0
	for _, e := range c.Effects {
		switch {
		case e.Say != nil:
			m := e.Say
			_, err = t.exec(`INSERT INTO messages (conversation, seq, at, kind, sender, cid, data) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
				n.ID, m.Seq, m.At, m.Type, m.From, m.CID, r.lines[line])
			line++
			err = taken(err)
		case e.Call != nil:
			_, err = t.exec(`INSERT INTO outbox (id, conversation, seq, target, data, attempts, due_at, reason) VALUES ($1, $2, $3, $4, $5, 0, $6, '')`,
				e.Call.ID, n.ID, n.Version<<callBits+int64(call), bot.TargetAcquirer, r.calls[call], c.Event.At)
			call++
		case e.Set != nil:
			_, err = t.exec(`INSERT INTO due (conversation, kind, at, due_at) VALUES ($1, $2, $3, $3)
				ON CONFLICT (conversation, kind) DO UPDATE SET at = excluded.at, due_at = excluded.due_at`, n.ID, e.Set.Kind, e.Set.At)
		case e.Cancel != "":
			_, err = t.exec(`DELETE FROM due WHERE conversation = $1 AND kind = $2`, n.ID, e.Cancel)
		}
		if err != nil {
			return err
		}
	}
	return settle(t, c)
}

// settle removes what this event answers: the call in the outbox, the timer that came up.
func settle(t *tx, c bot.Commit) error {
	if c.Event.Call != "" {
		if _, err := t.exec(`DELETE FROM outbox WHERE id = $1`, c.Event.Call); err != nil {
			return err
		}
	}
	if c.Event.Timer != "" && c.Event.Kind == bot.EventTimer {
		if _, err := t.exec(`DELETE FROM due WHERE conversation = $1 AND kind = $2 AND at <= $3`, c.Next.ID, c.Event.Timer, c.Event.At); err != nil {
			return err
		}
	}
	return nil
}

func (r encoded) conversation(t *tx, n bot.Conversation) error {
	agent := ""
	if n.Holder.Agent != nil {
		agent = n.Holder.Agent.ID
	}
	if n.Version == 1 {
		_, err := t.exec(`INSERT INTO conversations (id, channel, account, username, version, holder, agent, since, updated, data)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
			n.ID, n.Address.Channel, n.Address.Account, n.Address.User, n.Version, n.Holder.Kind, agent, n.Since, n.Updated, r.state)
		return conflict(err)
	}
	done, err := t.exec(`UPDATE conversations SET version = $2, holder = $3, agent = $4, since = $5, updated = $6, data = $7
		WHERE id = $1 AND version = $8`, n.ID, n.Version, n.Holder.Kind, agent, n.Since, n.Updated, r.state, n.Version-1)
	if err != nil {
		return err
	}
	if done == 0 {
		return bot.ErrConflict
	}
	return nil
}

func seqs(effects []bot.Effect) (first, last int64) {
	for _, e := range effects {
		if e.Say != nil {
			if first == 0 {
				first = e.Say.Seq
			}
			last = e.Say.Seq
		}
	}
	return first, last
}
