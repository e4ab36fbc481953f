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
	if err := r.conversation(t, n, c.Event.At); err != nil {
		return err
	}
	if err := r.messages(t, c); err != nil {
		return err
	}
	call := 0
	for _, e := range c.Effects {
		switch {
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

// messages writes the lines of a turn, all in one statement as a rule.
func (r encoded) messages(t *tx, c bot.Commit) error {
	args := make([]any, 0, 7*len(r.lines))
	line := 0
	for _, e := range c.Effects {
		if m := e.Say; m != nil {
			args = append(args, c.Next.ID, m.Seq, m.At, m.Type, m.From, m.CID, r.lines[line])
			line++
		}
	}
	for len(args) > 0 {
		rows := min(len(args)/7, len(insertMessages))
		if _, err := t.exec(insertMessages[rows-1], args[:7*rows]...); err != nil {
			return taken(err)
		}
		args = args[7*rows:]
	}
	return nil
}

// insertMessages are the statements for one to four rows.
var insertMessages = func() (out [4]string) {
	text := "INSERT INTO messages (conversation, seq, at, kind, sender, cid, data) VALUES "
	for i := range out {
		if i > 0 {
			text += ", "
		}
		text += fmt.Sprintf("($%d, $%d, $%d, $%d, $%d, $%d, $%d)", 7*i+1, 7*i+2, 7*i+3, 7*i+4, 7*i+5, 7*i+6, 7*i+7)
		out[i] = text
	}
	return out
}()

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

func (r encoded) conversation(t *tx, n bot.Conversation, at int64) error {
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
	if n.Since != at {
		// The holder stays: the columns of the lists' index are left alone, which spares writing it with every word.
		done, err := t.exec(`UPDATE conversations SET version = $2, updated = $3, data = $4 WHERE id = $1 AND version = $5 AND holder = $6 AND agent = $7`,
			n.ID, n.Version, n.Updated, r.state, n.Version-1, n.Holder.Kind, agent)
		if err != nil || done == 1 {
			return err
		}
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
