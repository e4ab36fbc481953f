package store

import (
	"context"
	"database/sql/driver"
	"encoding/json"
	"strings"
	"time"

	"posdoctor/bot"
)

// Lease hands out items, of each conversation and target one at a time. Calls to the acquirer come in their order, one after the
// other; a ticket whose outcome stays open does not keep what is asked after it. Whoever pushes takes all that is pending, so there the
// first that is due is enough, and one that waits for its time keeps nobody up. See bot.Outbox.
func (s *Store) Lease(ctx context.Context, now time.Time, lease time.Duration, n int) ([]bot.Item, error) {
	var open bool
	if err := s.row(ctx, `SELECT EXISTS (SELECT 1 FROM outbox WHERE due_at <= $1)`, now.UnixMilli()).Scan(&open); err != nil || !open {
		return nil, err // an idle outbox costs a read, not a write
	}
	var out []bot.Item
	err := s.w.do(ctx, func(t *tx) error {
		out = out[:0]
		err := t.each(func(row []driver.Value) error {
			it := bot.Item{ID: row[0].(string), Conversation: row[1].(string), Target: row[2].(string), Attempts: int(row[4].(int64)) + 1,
				Address: bot.Address{Channel: row[5].(string), Account: row[6].(string), User: row[7].(string)}}
			data := []byte(row[3].(string))
			var err error
			switch {
			case it.Target == bot.TargetAcquirer:
				err = json.Unmarshal(data, &it.Call)
			case it.Target == bot.TargetNotice:
				err = json.Unmarshal(data, &it.Notice)
			case strings.HasPrefix(it.Target, bot.TargetTelling):
				it.Telling = string(data)
			case it.Target == bot.TargetSpeakers:
				err = json.Unmarshal(data, &it.Tell)
			case len(data) > 0: // a push needs none
				err = json.Unmarshal(data, &it.Fetch)
			}
			if err != nil {
				return err
			}
			out = append(out, it)
			return nil
		}, `SELECT o.id, o.conversation, o.target, o.data, o.attempts, c.channel, c.account, c.username
			FROM outbox o JOIN conversations c ON c.id = o.conversation
			WHERE o.due_at <= $1 AND NOT EXISTS (SELECT 1 FROM outbox p WHERE p.conversation = o.conversation AND p.target = o.target AND p.id <> o.id
				AND (p.seq < o.seq AND (o.target = 'acquirer' AND p.attempts <= 5 OR p.due_at <= $1) OR o.target <> 'acquirer' AND p.attempts > 0 AND p.due_at > $1))
			ORDER BY o.due_at, o.id LIMIT $2`, now.UnixMilli(), n)
		if err != nil {
			return err
		}
		for _, it := range out {
			if _, err := t.exec(`UPDATE outbox SET attempts = $2, due_at = $3 WHERE id = $1`, it.ID, it.Attempts, now.Add(lease).UnixMilli()); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// Retry gives an item back. See bot.Outbox.
func (s *Store) Retry(ctx context.Context, id string, at time.Time, reason string) error {
	return s.w.do(ctx, func(t *tx) error {
		_, err := t.exec(`UPDATE outbox SET due_at = $2, reason = $3 WHERE id = $1`, id, at.UnixMilli(), reason)
		return err
	})
}

// Done settles an item. See bot.Outbox.
func (s *Store) Done(ctx context.Context, id string) error {
	return s.w.do(ctx, func(t *tx) error {
		_, err := t.exec(`DELETE FROM outbox WHERE id = $1`, id)
		return err
	})
}

// Pending counts the open items, for readiness and metrics.
func (s *Store) Pending(ctx context.Context) (int, error) {
	var n int
	err := s.row(ctx, `SELECT count(*) FROM outbox`).Scan(&n)
	return n, err
}
