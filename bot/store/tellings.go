package store

import (
	"context"
	"fmt"

	"posdoctor/bot"
)

// tellingsKept is how many ended tellings can be looked at.
const tellingsKept = 1000

// AddTellings puts tellings into the outbox. See bot.Tellings.
func (s *Store) AddTellings(ctx context.Context, list []bot.Telling) error {
	return s.w.do(ctx, func(t *tx) error {
		for _, n := range list {
			done, err := t.exec(`INSERT INTO tellings (id, told, target, kind, conversation, state, attempts, reason, done) VALUES ($1, $2, $3, $4, $5, 'waiting', 0, '', 0)
				ON CONFLICT (id) DO NOTHING`, n.ID, n.Told, n.Target, n.Kind, n.Conversation)
			if err != nil {
				return fmt.Errorf("telling agents: %w", err)
			}
			if done == 0 {
				continue
			}
			if _, err := t.exec(`INSERT INTO outbox (id, conversation, seq, target, data, attempts, due_at, reason) VALUES ($1, $2, $3, $4, $5, 0, $3, '')`,
				n.ID, n.Conversation, n.Told, n.Target, n.Body); err != nil {
				return fmt.Errorf("telling agents: %w", err)
			}
		}
		_, err := t.exec(`DELETE FROM tellings WHERE state <> 'waiting' AND told < COALESCE((SELECT told FROM tellings ORDER BY told DESC LIMIT 1 OFFSET $1), 0)`, tellingsKept)
		return err
	})
}

// EndTelling says how an attempt to tell went. See bot.Tellings.
func (s *Store) EndTelling(ctx context.Context, id, state, reason string, attempts int, at int64) error {
	return s.w.do(ctx, func(t *tx) error {
		if state == bot.TellingWaiting {
			_, err := t.exec(`UPDATE tellings SET attempts = $2, reason = $3 WHERE id = $1 AND state = 'waiting'`, id, attempts, reason)
			return err
		}
		if _, err := t.exec(`UPDATE tellings SET state = $2, attempts = $3, reason = $4, done = $5 WHERE id = $1 AND state = 'waiting'`, id, state, attempts, reason, at); err != nil {
			return err
		}
		_, err := t.exec(`DELETE FROM outbox WHERE id = $1`, id)
		return err
	})
}

// Tellings returns the newest tellings.
func (s *Store) Tellings(ctx context.Context, limit int) ([]bot.Telling, error) {
	found, err := s.query(ctx, `SELECT id, told, target, kind, conversation, state, attempts, reason, done FROM tellings ORDER BY told DESC, id DESC LIMIT $1`, limit)
	if err != nil {
		return nil, fmt.Errorf("reading the tellings: %w", err)
	}
	defer found.Close()
	var out []bot.Telling
	for found.Next() {
		var n bot.Telling
		if err := found.Scan(&n.ID, &n.Told, &n.Target, &n.Kind, &n.Conversation, &n.State, &n.Attempts, &n.Reason, &n.Done); err != nil {
			return nil, fmt.Errorf("reading the tellings: %w", err)
		}
		out = append(out, n)
	}
	return out, found.Err()
}
