package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"posdoctor/bot"
)

const deliveryColumns = `id, conversation, first_seq, last_seq, sender, path, state, reason, words, body, at, carries`

// Delivery returns one delivery. See bot.Deliveries.
func (s *Store) Delivery(ctx context.Context, id string) (bot.Delivery, error) {
	d, err := delivery(s.row(ctx, `SELECT `+deliveryColumns+` FROM deliveries WHERE id = $1`, id))
	if errors.Is(err, sql.ErrNoRows) {
		return d, bot.ErrNotFound
	}
	return d, wrapped("reading a delivery", err)
}

func delivery(row interface{ Scan(...any) error }) (d bot.Delivery, err error) {
	var body string
	err = row.Scan(&d.ID, &d.Conversation, &d.First, &d.Last, &d.From, &d.Path, &d.State, &d.Reason, &d.Text, &body, &d.At, &d.Carries)
	if body != "" {
		d.Body = []byte(body)
	}
	return d, err
}

func wrapped(doing string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// Shown returns how far the lines of a conversation are decided. See bot.Deliveries.
func (s *Store) Shown(ctx context.Context, conversation string, since int64) (bot.Shown, error) {
	var out bot.Shown
	err := s.row(ctx, `SELECT version, shown_seq FROM conversations WHERE id = $1`, conversation).Scan(&out.Version, &out.Upto)
	if errors.Is(err, sql.ErrNoRows) {
		return out, bot.ErrNotFound
	}
	if err != nil {
		return out, wrapped("reading what was shown", err)
	}
	rows, err := s.query(ctx, `SELECT `+deliveryColumns+` FROM deliveries WHERE conversation = $1 AND (path = 'push' OR state <> 'sent')
		AND (at >= $2 OR state NOT IN ('sent', 'moved')) ORDER BY at, id`, conversation, since)
	if err != nil {
		return out, wrapped("reading deliveries", err)
	}
	defer rows.Close()
	for rows.Next() {
		d, err := delivery(rows)
		if err != nil {
			return out, wrapped("reading deliveries", err)
		}
		if d.State == bot.DeliveryHeld {
			out.Held = append(out.Held, d)
		}
		if d.Path == bot.PathPush || d.State == bot.DeliveryHeld {
			out.Pushes = append(out.Pushes, d)
		}
	}
	slices.SortStableFunc(out.Held, func(a, b bot.Delivery) int { return cmp.Compare(a.First, b.First) }) // whatever the clock did
	return out, wrapped("reading deliveries", rows.Err())
}

// Begin claims lines for deliveries. See bot.Deliveries.
func (s *Store) Begin(ctx context.Context, c bot.Claim) error {
	return s.w.do(ctx, func(t *tx) error {
		done, err := t.exec(`UPDATE conversations SET shown_seq = $2 WHERE id = $1 AND version = $3 AND shown_seq = $4`, c.Conversation, c.Upto, c.Version, c.After)
		if err != nil {
			return err
		}
		if done == 0 {
			return bot.ErrConflict
		}
		for _, d := range c.Deliveries {
			done, err := t.exec(`INSERT INTO deliveries (`+deliveryColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT (id) DO NOTHING`,
				d.ID, c.Conversation, d.First, d.Last, d.From, d.Path, d.State, d.Reason, d.Text, string(d.Body), d.At, d.Carries)
			if err != nil {
				return err
			}
			if done == 0 {
				return bot.ErrDuplicate
			}
		}
		for state, ids := range map[string][]string{bot.DeliveryMoved: c.Moves, bot.DeliveryDropped: c.Drops} {
			for _, id := range ids {
				if done, err := t.exec(`UPDATE deliveries SET state = $2 WHERE id = $1 AND state = 'held'`, id, state); err != nil {
					return err
				} else if done == 0 {
					return bot.ErrConflict // somebody else carries it
				}
			}
		}
		if c.Settles != "" {
			_, err = t.exec(`DELETE FROM outbox WHERE id = $1`, c.Settles)
		}
		return err
	})
}

// Settle writes how a delivery has ended. See bot.Deliveries.
func (s *Store) Settle(ctx context.Context, id, state, reason string) error {
	return s.w.do(ctx, func(t *tx) error {
		_, err := t.exec(`UPDATE deliveries SET state = $2, reason = $3 WHERE id = $1 AND (state = 'begun' OR state IN ('sent', 'unsure') AND $2 = 'held')`, id, state, reason)
		return err
	})
}

// ForgetPushes removes messages that went out before a time, in milliseconds, and returns how many that were; at most n at once. No
// quota is counted by them any more, and nobody looks what became of them.
func (s *Store) ForgetPushes(ctx context.Context, before int64, n int) (int64, error) {
	return s.forgetDeliveries(ctx, bot.PathPush, before, n)
}

// ForgetReplies removes answers that no repeated request can ask for any more, those before a time in milliseconds, and returns how
// many that were; at most n at once, so that nobody waits for it.
func (s *Store) ForgetReplies(ctx context.Context, before int64, n int) (int64, error) {
	return s.forgetDeliveries(ctx, bot.PathReply, before, n)
}

func (s *Store) forgetDeliveries(ctx context.Context, path string, before int64, n int) (int64, error) {
	var done int64
	err := s.w.do(ctx, func(t *tx) (err error) {
		done, err = t.exec(`DELETE FROM deliveries WHERE id IN (SELECT id FROM deliveries WHERE at < $1 AND path = $3
			AND state IN ('sent', 'moved', 'dropped') ORDER BY at LIMIT $2)`, before, n, path)
		return err
	})
	return done, err
}

// Acquire takes or prolongs a lease. See bot.Leases.
func (s *Store) Acquire(ctx context.Context, name, owner string, now time.Time, lasts time.Duration) (bool, error) {
	var done int64
	err := s.w.do(ctx, func(t *tx) (err error) {
		done, err = t.exec(`INSERT INTO leases (name, owner, until) VALUES ($1, $2, $3)
			ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, until = excluded.until WHERE leases.owner = excluded.owner OR leases.until <= $4`,
			name, owner, now.Add(lasts).UnixMilli(), now.UnixMilli())
		return err
	})
	return done > 0, err
}

// Release gives a lease back. See bot.Leases.
func (s *Store) Release(ctx context.Context, name, owner string) error {
	return s.w.do(ctx, func(t *tx) error {
		_, err := t.exec(`DELETE FROM leases WHERE name = $1 AND owner = $2`, name, owner)
		return err
	})
}

// Note returns a note of a channel. See bot.Notes.
func (s *Store) Note(ctx context.Context, name string) (string, error) {
	var v string
	err := s.row(ctx, `SELECT value FROM notes WHERE name = $1`, name).Scan(&v)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return v, err
}

// SetNote writes a note of a channel. See bot.Notes.
func (s *Store) SetNote(ctx context.Context, n bot.Note) error {
	return s.w.do(ctx, func(t *tx) error { return note(t, n) })
}

func note(t *tx, n bot.Note) error {
	_, err := t.exec(`INSERT INTO notes (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value`, n.Name, n.Value)
	return err
}
