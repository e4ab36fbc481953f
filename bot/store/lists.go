package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"posdoctor/bot"
)

// Lists of the desk.
const (
	ListQueued = "queued" // waiting for a person, the longest first
	ListMine   = "mine"   // held by one agent
	ListBot    = "bot"    // held by the bot, the newest first
	ListClosed = "closed" // closed, the last closed first
)

// List returns one page of a list, and the cursor of the next, "" at the end. agent matters for ListMine only.
func (s *Store) List(ctx context.Context, list, agent, after string, limit int) ([]bot.Conversation, string, error) {
	at, id, err := cursor(after)
	if err != nil {
		return nil, "", err
	}
	var query string
	args := []any{at, id, limit + 1}
	switch list {
	case ListQueued:
		query = `SELECT data, since, id FROM conversations WHERE holder = 'queue' AND (since > $1 OR since = $1 AND id > $2) ORDER BY since, id LIMIT $3`
	case ListMine:
		query = `SELECT data, since, id FROM conversations WHERE holder = 'agent' AND agent = $4 AND (since > $1 OR since = $1 AND id > $2) ORDER BY since, id LIMIT $3`
		args = append(args, agent)
	case ListBot, ListClosed:
		holder := map[string]string{ListBot: "bot", ListClosed: "none"}[list]
		if after == "" {
			args[0] = int64(1) << 62
		}
		query = `SELECT data, since, id FROM conversations WHERE holder = $4 AND (since < $1 OR since = $1 AND id > $2) ORDER BY since DESC, id LIMIT $3`
		args = append(args, holder)
	default:
		return nil, "", fmt.Errorf("there is no list %q", list)
	}
	rows, err := s.read.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, "", fmt.Errorf("reading the list %s: %w", list, err)
	}
	defer rows.Close()
	var out []bot.Conversation
	next := ""
	for rows.Next() {
		var data, rowID string
		var rowAt int64
		if err := rows.Scan(&data, &rowAt, &rowID); err != nil {
			return nil, "", fmt.Errorf("reading the list %s: %w", list, err)
		}
		if len(out) == limit {
			return out, next, nil
		}
		var c bot.Conversation
		if err := json.Unmarshal([]byte(data), &c); err != nil {
			return nil, "", fmt.Errorf("reading the list %s: %w", list, err)
		}
		out = append(out, c)
		next = strconv.FormatInt(rowAt, 10) + "." + rowID
	}
	return out, "", rows.Err()
}

func cursor(s string) (int64, string, error) {
	if s == "" {
		return 0, "", nil
	}
	at, id, ok := strings.Cut(s, ".")
	n, err := strconv.ParseInt(at, 10, 64)
	if !ok || err != nil {
		return 0, "", fmt.Errorf("%q is no cursor of a list", s)
	}
	return n, id, nil
}

// Counts returns how long the lists are; agent matters for ListMine.
func (s *Store) Counts(ctx context.Context, agent string) (map[string]int, error) {
	out := map[string]int{ListQueued: 0, ListMine: 0, ListBot: 0, ListClosed: 0}
	rows, err := s.read.QueryContext(ctx, `SELECT CASE holder WHEN 'queue' THEN 'queued' WHEN 'agent' THEN 'mine' WHEN 'none' THEN 'closed' ELSE 'bot' END, count(*)
		FROM conversations WHERE holder <> 'agent' OR agent = $1 GROUP BY holder`, agent)
	if err != nil {
		return nil, fmt.Errorf("counting conversations: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var list string
		var n int
		if err := rows.Scan(&list, &n); err != nil {
			return nil, fmt.Errorf("counting conversations: %w", err)
		}
		out[list] = n
	}
	return out, rows.Err()
}

// Waiting counts the conversations in the queue, except one.
func (s *Store) Waiting(ctx context.Context, except string) (int, error) {
	var n int
	err := s.read.QueryRowContext(ctx, `SELECT count(*) FROM conversations WHERE holder = 'queue' AND id <> $1`, except).Scan(&n)
	return n, err
}
