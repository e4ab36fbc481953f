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
	ListQueued = "queued" // waiting for a person, in the order in which they are served
	ListMine   = "mine"   // held by one agent
	ListBot    = "bot"    // held by the bot, the newest first
	ListClosed = "closed" // closed, the last closed first
	ListHeld   = "held"   // held by any agent, the longest first
	ListDue    = "due"    // with people, and a target is missed or soon will be; see DueSoon
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
		query = `SELECT data, rank, id FROM conversations WHERE holder = 'queue' AND (rank > $1 OR rank = $1 AND id > $2) ORDER BY rank, id LIMIT $3`
	case ListHeld:
		query = `SELECT data, since, id FROM conversations WHERE holder = 'agent' AND (since > $1 OR since = $1 AND id > $2) ORDER BY since, id LIMIT $3`
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
	return s.page(ctx, list, limit, query, args...)
}

// page reads a page of a list: state, what it is ordered by, id.
func (s *Store) page(ctx context.Context, list string, limit int, query string, args ...any) ([]bot.Conversation, string, error) {
	rows, err := s.query(ctx, query, args...)
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

// CountCap is where Counts stops counting what is with the bot or closed: these grow with the years, and people read "many".
const CountCap = 1000

// Counts returns how long the lists are: the queue and what the agent holds to the one, the others up to CountCap.
func (s *Store) Counts(ctx context.Context, agent string) (map[string]int, error) {
	var queued, mine, held, closed, all int
	err := s.row(ctx, `SELECT (SELECT count(*) FROM conversations WHERE holder = 'queue'),
		(SELECT count(*) FROM conversations WHERE holder = 'agent' AND agent = $1),
		(SELECT count(*) FROM conversations WHERE holder = 'agent'),
		(SELECT count(*) FROM (SELECT 1 FROM conversations WHERE holder = 'bot' LIMIT $2) AS held),
		(SELECT count(*) FROM (SELECT 1 FROM conversations WHERE holder = 'none' LIMIT $2) AS closed)`, agent, CountCap).Scan(&queued, &mine, &all, &held, &closed)
	if err != nil {
		return nil, fmt.Errorf("counting conversations: %w", err)
	}
	return map[string]int{ListQueued: queued, ListMine: mine, ListBot: held, ListClosed: closed, ListHeld: all}, nil
}

// Waiting counts the conversations in the queue, except one.
func (s *Store) Waiting(ctx context.Context, except string) (int, error) {
	var n int
	err := s.row(ctx, `SELECT count(*) FROM conversations WHERE holder = 'queue' AND id <> $1`, except).Scan(&n)
	return n, err
}
