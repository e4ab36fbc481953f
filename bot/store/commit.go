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
	state, event, lines string
	calls, fetches      []string
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
	lines := []*bot.Message{}
	for _, e := range c.Effects {
		if e.Say != nil {
			lines = append(lines, e.Say)
		}
		if e.Call != nil {
			out.calls = append(out.calls, text(e.Call))
		}
		if e.Fetch != nil {
			out.fetches = append(out.fetches, text(e.Fetch))
		}
	}
	out.state, out.event, out.lines = text(c.Next), text(c.Event), text(lines)
	return out, err
}

// callBits is the room in an item's seq for its place among the calls, or the fetches, of its turn.
const callBits = 16

func (r encoded) write(t *tx, c bot.Commit) error {
	n := c.Next
	first := firstSeq(c)
	done, err := t.exec(`INSERT INTO turns (dup, conversation, version, at, kind, data, lines, first_seq, last_seq)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (dup) DO NOTHING`,
		c.Event.Key, n.ID, n.Version, c.Event.At, c.Event.Kind, r.event, r.lines, first, n.Last)
	if err != nil {
		return conflict(err)
	}
	if done == 0 {
		return bot.ErrDuplicate
	}
	if err := r.conversation(t, n, c.Event.At, first-1); err != nil {
		return err
	}
	call, fetch := 0, 0
	for _, e := range c.Effects {
		switch {
		case e.Call != nil:
			_, err = t.exec(`INSERT INTO outbox (id, conversation, seq, target, data, attempts, due_at, reason) VALUES ($1, $2, $3, $4, $5, 0, $6, '')`,
				e.Call.ID, n.ID, n.Version<<callBits+int64(call), bot.TargetAcquirer, r.calls[call], c.Event.At)
			if err == nil && e.Call.Op == bot.OpTicket && e.Call.Ticket != nil {
				_, err = t.exec(`INSERT INTO tickets (request, conversation) VALUES ($1, $2)`, e.Call.Ticket.Request, n.ID)
			}
			call++
		case e.Fetch != nil:
			_, err = t.exec(`INSERT INTO outbox (id, conversation, seq, target, data, attempts, due_at, reason) VALUES ($1, $2, $3, $4, $5, 0, $6, '')`,
				e.Fetch.ID, n.ID, n.Version<<callBits+int64(fetch), e.Fetch.Target, r.fetches[fetch], c.Event.At)
			fetch++
		case e.Push != nil:
			_, err = t.exec(`INSERT INTO outbox (id, conversation, seq, target, data, attempts, due_at, reason) VALUES ($1, $2, $3, $4, '', 0, $5, '')
				ON CONFLICT (id) DO NOTHING`, e.Push.ID, n.ID, n.Version<<callBits, e.Push.Target, e.Push.At)
		case e.Set != nil:
			_, err = t.exec(`INSERT INTO due (conversation, kind, at, due_at) VALUES ($1, $2, $3, $3)
				ON CONFLICT (conversation, kind) DO UPDATE SET at = excluded.at, due_at = excluded.due_at`, n.ID, e.Set.Kind, e.Set.At)
		case e.Rate != nil:
			err = rate(t, n, *e.Rate)
		case e.Cancel != "":
			_, err = t.exec(`DELETE FROM due WHERE conversation = $1 AND kind = $2`, n.ID, e.Cancel)
		}
		if err != nil {
			return err
		}
	}
	return settle(t, c)
}

// firstSeq is the seq of the first line of a turn, or the one that its next line would get.
func firstSeq(c bot.Commit) int64 {
	for _, e := range c.Effects {
		if e.Say != nil {
			return e.Say.Seq
		}
	}
	return c.Next.Last + 1
}

// settle removes what this event answers, the call in the outbox, the timer that came up, and keeps what came with it.
func settle(t *tx, c bot.Commit) error {
	if c.Event.Call != "" && !c.Event.Trying {
		if _, err := t.exec(`DELETE FROM outbox WHERE id = $1`, c.Event.Call); err != nil {
			return err
		}
	}
	if c.Event.Timer != "" && c.Event.Kind == bot.EventTimer {
		if _, err := t.exec(`DELETE FROM due WHERE conversation = $1 AND kind = $2 AND at <= $3`, c.Next.ID, c.Event.Timer, c.Event.At); err != nil {
			return err
		}
	}
	if f := c.Event.File; f != nil {
		f := *f
		f.Conversation = c.Next.ID
		if err := keep(t, f); err != nil {
			return err
		}
	}
	for _, n := range c.Event.Notes {
		if err := note(t, n); err != nil {
			return err
		}
	}
	return nil
}

// conversation writes the new state over the one with the version before and the seq up to which that one had counted.
func (r encoded) conversation(t *tx, n bot.Conversation, at, last int64) error {
	agent := ""
	if n.Holder.Agent != nil {
		agent = n.Holder.Agent.ID
	}
	if n.Version == 1 {
		if last != 0 {
			return bot.ErrConflict
		}
		_, err := t.exec(`INSERT INTO conversations (id, channel, account, username, version, last_seq, holder, agent, since, updated, data)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
			n.ID, n.Address.Channel, n.Address.Account, n.Address.User, n.Version, n.Last, n.Holder.Kind, agent, n.Since, n.Updated, r.state)
		return conflict(err)
	}
	if n.Since != at {
		// The holder stays: the columns of the lists' index are left alone, which spares writing it with every word.
		done, err := t.exec(`UPDATE conversations SET version = $2, last_seq = $3, updated = $4, data = $5
			WHERE id = $1 AND version = $6 AND last_seq = $7 AND holder = $8 AND agent = $9`,
			n.ID, n.Version, n.Last, n.Updated, r.state, n.Version-1, last, n.Holder.Kind, agent)
		if err != nil || done == 1 {
			return err
		}
	}
	done, err := t.exec(`UPDATE conversations SET version = $2, last_seq = $3, holder = $4, agent = $5, since = $6, updated = $7, data = $8
		WHERE id = $1 AND version = $9 AND last_seq = $10`,
		n.ID, n.Version, n.Last, n.Holder.Kind, agent, n.Since, n.Updated, r.state, n.Version-1, last)
	if err != nil {
		return err
	}
	if done == 0 {
		return bot.ErrConflict
	}
	return nil
}
