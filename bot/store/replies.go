package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
)

// Carried returns the answer that was given under a key. See bot.Replies.
func (s *Store) Carried(ctx context.Context, key string) ([]byte, bool, error) {
	var body string
	err := s.read.QueryRowContext(ctx, `SELECT body FROM carried WHERE request = $1`, key).Scan(&body)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, false, nil
	}
	return []byte(body), err == nil, err
}

// Carry keeps an answer under a key. See bot.Replies.
func (s *Store) Carry(ctx context.Context, key, conversation string, upto int64, body []byte) ([]byte, error) {
	kept := string(body)
	err := s.w.do(ctx, func(t *tx) error {
		done, err := t.exec(`INSERT INTO carried (request, conversation, upto, body) VALUES ($1, $2, $3, $4) ON CONFLICT (request) DO NOTHING`,
			key, conversation, upto, kept)
		if err != nil || done == 1 {
			return err
		}
		return t.each(func(row []driver.Value) error {
			kept = row[0].(string)
			return nil
		}, `SELECT body FROM carried WHERE request = $1`, key)
	})
	return []byte(kept), err
}

// CarriedUpTo returns the highest seq carried. See bot.Replies.
func (s *Store) CarriedUpTo(ctx context.Context, conversation string) (int64, error) {
	var upto int64
	err := s.read.QueryRowContext(ctx, `SELECT COALESCE(MAX(upto), 0) FROM carried WHERE conversation = $1`, conversation).Scan(&upto)
	return upto, err
}
