package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"posdoctor/bot"
)

// Conversation returns the conversation of an address. See bot.Store.
func (s *Store) Conversation(ctx context.Context, a bot.Address) (bot.Conversation, error) {
	return conversation(s.read.QueryRowContext(ctx, `SELECT data FROM conversations WHERE channel = $1 AND account = $2 AND username = $3`,
		a.Channel, a.Account, a.User))
}

// ConversationByID returns a conversation by its id. See bot.Store.
func (s *Store) ConversationByID(ctx context.Context, id string) (bot.Conversation, error) {
	return conversation(s.read.QueryRowContext(ctx, `SELECT data FROM conversations WHERE id = $1`, id))
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
	return s.messages(ctx, `SELECT data FROM messages WHERE conversation = $1 AND seq > $2 ORDER BY seq LIMIT $3`, conversation, after, limit)
}

// MessagesBefore returns the newest lines before a seq. See bot.Store.
func (s *Store) MessagesBefore(ctx context.Context, conversation string, before int64, limit int) ([]bot.Message, error) {
	out, err := s.messages(ctx, `SELECT data FROM messages WHERE conversation = $1 AND seq < $2 ORDER BY seq DESC LIMIT $3`, conversation, before, limit)
	slices.Reverse(out)
	return out, err
}

// MessagesOf returns the lines of one event. See bot.Store.
func (s *Store) MessagesOf(ctx context.Context, key string) ([]bot.Message, error) {
	return s.messages(ctx, `SELECT m.data FROM events e JOIN messages m ON m.conversation = e.conversation
		AND m.seq >= e.first_seq AND m.seq <= e.last_seq WHERE e.dup = $1 ORDER BY m.seq`, key)
}

func (s *Store) messages(ctx context.Context, query string, args ...any) ([]bot.Message, error) {
	rows, err := s.read.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("reading messages: %w", err)
	}
	defer rows.Close()
	var out []bot.Message
	for rows.Next() {
		var data string
		if err := rows.Scan(&data); err != nil {
			return nil, fmt.Errorf("reading messages: %w", err)
		}
		var m bot.Message
		if err := json.Unmarshal([]byte(data), &m); err != nil {
			return nil, fmt.Errorf("reading messages: %w", err)
		}
		out = append(out, m)
	}
	return out, rows.Err()
}

// Events returns the events of a conversation in the order they were handled, for a replay. It reads all events to find them: an
// index for it would be one more page to write with every turn, and replays are rare.
func (s *Store) Events(ctx context.Context, conversation string) ([]bot.Event, error) {
	rows, err := s.read.QueryContext(ctx, `SELECT data FROM events WHERE conversation = $1 ORDER BY version`, conversation)
	if err != nil {
		return nil, fmt.Errorf("reading events: %w", err)
	}
	defer rows.Close()
	var out []bot.Event
	for rows.Next() {
		var data string
		var ev bot.Event
		if err := rows.Scan(&data); err != nil {
			return nil, fmt.Errorf("reading events: %w", err)
		}
		if err := json.Unmarshal([]byte(data), &ev); err != nil {
			return nil, fmt.Errorf("reading events: %w", err)
		}
		out = append(out, ev)
	}
	return out, rows.Err()
}

// SavePlaybook keeps a playbook. See bot.Store.
func (s *Store) SavePlaybook(ctx context.Context, version string, data []byte) error {
	var n int
	if err := s.read.QueryRowContext(ctx, `SELECT count(*) FROM playbooks WHERE version = $1`, version).Scan(&n); err != nil || n > 0 {
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
	err := s.read.QueryRowContext(ctx, `SELECT data FROM playbooks WHERE version = $1`, version).Scan(&data)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, bot.ErrNotFound
	}
	return []byte(data), err
}
