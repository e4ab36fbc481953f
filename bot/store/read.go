package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"

	"posdoctor/bot"
)

// Conversation returns the conversation of an address. See bot.Store.
func (s *Store) Conversation(ctx context.Context, a bot.Address) (bot.Conversation, error) {
	return conversation(s.row(ctx, `SELECT data FROM conversations WHERE channel = $1 AND account = $2 AND username = $3`,
		a.Channel, a.Account, a.User))
}

// ConversationByID returns a conversation by its id. See bot.Store.
func (s *Store) ConversationByID(ctx context.Context, id string) (bot.Conversation, error) {
	return conversation(s.row(ctx, `SELECT data FROM conversations WHERE id = $1`, id))
}

// ConversationByTicket returns the conversation that asked for a ticket. See bot.Tickets.
func (s *Store) ConversationByTicket(ctx context.Context, request string) (bot.Conversation, error) {
	return conversation(s.row(ctx, `SELECT c.data FROM tickets t JOIN conversations c ON c.id = t.conversation WHERE t.request = $1`, request))
}

func conversation(row *sql.Row) (bot.Conversation, error) {
	var c bot.Conversation
	var data string
	err := row.Scan(&data)
	if errors.Is(err, sql.ErrNoRows) {
		return c, bot.ErrNotFound
	}
	if err != nil {
		return c, fmt.Errorf("reading a conversation: %w", err)
	}
	if err := json.Unmarshal([]byte(data), &c); err != nil {
		return c, fmt.Errorf("reading a conversation: %w", err)
	}
	return c, nil
}

// Messages returns lines after a seq. See bot.Store.
func (s *Store) Messages(ctx context.Context, conversation string, after int64, limit int) ([]bot.Message, error) {
	turns, err := s.lines(ctx, `SELECT lines FROM turns WHERE conversation = $1 AND last_seq > $2 AND first_seq <= last_seq
		ORDER BY last_seq LIMIT $3`, conversation, after, limit)
	out := between(turns, after, math.MaxInt64)
	return out[:min(limit, len(out))], err
}

// MessagesBefore returns the newest lines before a seq. See bot.Store.
func (s *Store) MessagesBefore(ctx context.Context, conversation string, before int64, limit int) ([]bot.Message, error) {
	turns, err := s.lines(ctx, `SELECT lines FROM turns WHERE conversation = $1 AND first_seq < $2 AND first_seq <= last_seq
		AND last_seq <= COALESCE((SELECT MIN(t.last_seq) FROM turns t WHERE t.conversation = $1 AND t.last_seq >= $2 - 1), $2)
		ORDER BY last_seq DESC LIMIT $3`, conversation, before, limit)
	slices.Reverse(turns)
	out := between(turns, 0, before)
	return out[max(0, len(out)-limit):], err
}

// MessagesOf returns the lines of one event. See bot.Store.
func (s *Store) MessagesOf(ctx context.Context, key string) ([]bot.Message, error) {
	turns, err := s.lines(ctx, `SELECT lines FROM turns WHERE dup = $1`, key)
	return between(turns, 0, math.MaxInt64), err
}

// lines reads the lines of turns, one element a turn.
func (s *Store) lines(ctx context.Context, query string, args ...any) ([][]bot.Message, error) {
	return rows[[]bot.Message](ctx, s, "messages", query, args...)
}

// between returns the lines of turns whose seq lies between two others.
func between(turns [][]bot.Message, after, before int64) []bot.Message {
	var out []bot.Message
	for _, lines := range turns {
		for _, m := range lines {
			if m.Seq > after && m.Seq < before {
				out = append(out, m)
			}
		}
	}
	return out
}

// Events returns the events of a conversation in the order they were handled, for a replay.
func (s *Store) Events(ctx context.Context, conversation string) ([]bot.Event, error) {
	return rows[bot.Event](ctx, s, "events", `SELECT data FROM turns WHERE conversation = $1 ORDER BY version`, conversation)
}

// rows reads the one JSON column of a query.
func rows[T any](ctx context.Context, s *Store, what, query string, args ...any) (out []T, err error) {
	defer func() {
		if err != nil {
			out, err = nil, fmt.Errorf("reading %s: %w", what, err)
		}
	}()
	found, err := s.query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer found.Close()
	for found.Next() {
		var data string
		if err := found.Scan(&data); err != nil {
			return nil, err
		}
		var v T
		if err := json.Unmarshal([]byte(data), &v); err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, found.Err()
}

// SavePlaybook keeps a playbook. See bot.Store.
func (s *Store) SavePlaybook(ctx context.Context, version string, data []byte) error {
	var n int
	if err := s.row(ctx, `SELECT count(*) FROM playbooks WHERE version = $1`, version).Scan(&n); err != nil || n > 0 {
		return err
	}
	return s.w.do(ctx, func(t *tx) error {
		_, err := t.exec(`INSERT INTO playbooks (version, data) VALUES ($1, $2) ON CONFLICT (version) DO NOTHING`, version, string(data))
		return err
	})
}

// Playbook returns a kept playbook, or bot.ErrNotFound.
func (s *Store) Playbook(ctx context.Context, version string) ([]byte, error) {
	var data string
	err := s.row(ctx, `SELECT data FROM playbooks WHERE version = $1`, version).Scan(&data)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, bot.ErrNotFound
	}
	return []byte(data), err
}

// IDs returns the ids of conversations behind one, in their order, at most limit; it walks all of them.
func (s *Store) IDs(ctx context.Context, after string, limit int) ([]string, error) {
	rows, err := s.query(ctx, `SELECT id FROM conversations WHERE id > $1 ORDER BY id LIMIT $2`, after, limit)
	if err != nil {
		return nil, fmt.Errorf("reading ids of conversations: %w", err)
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, fmt.Errorf("reading ids of conversations: %w", err)
		}
		out = append(out, id)
	}
	return out, rows.Err()
}
