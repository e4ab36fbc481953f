package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"time"

	"posdoctor/bot"
)

// Due hands out timers that came up. See bot.Timers.
func (s *Store) Due(ctx context.Context, now time.Time, lease time.Duration, n int) ([]bot.DueTimer, error) {
	next, ok, err := s.NextDue(ctx)
	if err != nil || !ok || next.After(now) {
		return nil, err
	}
	var out []bot.DueTimer
	err = s.w.do(ctx, func(t *tx) error {
		out = out[:0]
		err := t.each(func(row []driver.Value) error {
			out = append(out, bot.DueTimer{Conversation: row[0].(string), Timer: bot.Timer{Kind: row[1].(string), At: row[2].(int64)},
				Address: bot.Address{Channel: row[3].(string), Account: row[4].(string), User: row[5].(string)}})
			return nil
		}, `SELECT d.conversation, d.kind, d.at, c.channel, c.account, c.username FROM due d
			JOIN conversations c ON c.id = d.conversation WHERE d.due_at <= $1 ORDER BY d.due_at, d.conversation LIMIT $2`, now.UnixMilli(), n)
		if err != nil {
			return err
		}
		for _, d := range out {
			if _, err := t.exec(`UPDATE due SET due_at = $3 WHERE conversation = $1 AND kind = $2`, d.Conversation, d.Timer.Kind, now.Add(lease).UnixMilli()); err != nil {
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

// NextDue returns when the next timer comes up. See bot.Timers.
func (s *Store) NextDue(ctx context.Context) (time.Time, bool, error) {
	var at int64
	err := s.row(ctx, `SELECT due_at FROM due ORDER BY due_at LIMIT 1`).Scan(&at)
	if errors.Is(err, sql.ErrNoRows) {
		return time.Time{}, false, nil
	}
	return time.UnixMilli(at), err == nil, err
}
