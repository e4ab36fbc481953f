package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
)

const (
	ticketsFilled = "tickets-filled" // in meta: fillTickets is done
	fillPage      = 500              // conversations read at a time
)

// fillTickets puts the tickets of conversations that are older than the table of tickets into it, once: an acquirer reports about them too.
// It is Go and not a migration because the two databases read JSON in different words of SQL. What is cut short begins anew; what is there
// stays as it is. Tickets that a conversation no longer keeps are not looked for: nothing is told of them.
func fillTickets(ctx context.Context, db *sql.DB) error {
	var done string
	if err := db.QueryRowContext(ctx, "SELECT value FROM meta WHERE name = $1", ticketsFilled).Scan(&done); err == nil {
		return nil
	} else if err != sql.ErrNoRows {
		return err
	}
	for after := ""; ; {
		found, last, n, err := oldTickets(ctx, db, after)
		if err != nil {
			return fmt.Errorf("reading the tickets of conversations: %w", err)
		}
		if err := keepTickets(ctx, db, found); err != nil {
			return fmt.Errorf("keeping the tickets of conversations: %w", err)
		}
		if n < fillPage {
			break
		}
		after = last
	}
	_, err := db.ExecContext(ctx, "INSERT INTO meta (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING", ticketsFilled, "1")
	return err
}

// oldTickets reads a page of conversations behind an id: request number -> conversation.
func oldTickets(ctx context.Context, db *sql.DB, after string) (found map[string]string, last string, n int, err error) {
	rows, err := db.QueryContext(ctx, `SELECT id, data FROM conversations WHERE id > $1 AND data LIKE '%"tickets":[%' ORDER BY id LIMIT $2`, after, fillPage)
	if err != nil {
		return nil, "", 0, err
	}
	defer rows.Close()
	found = map[string]string{}
	for rows.Next() {
		var data string
		if err := rows.Scan(&last, &data); err != nil {
			return nil, "", 0, err
		}
		n++
		var c struct {
			Tickets []struct {
				Request string `json:"request"`
			} `json:"tickets"`
		}
		if err := json.Unmarshal([]byte(data), &c); err != nil {
			return nil, "", 0, fmt.Errorf("conversation %s: %w", last, err)
		}
		for _, t := range c.Tickets {
			if t.Request != "" {
				found[t.Request] = last
			}
		}
	}
	return found, last, n, rows.Err()
}

func keepTickets(ctx context.Context, db *sql.DB, found map[string]string) error {
	if len(found) == 0 {
		return nil
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	for request, conversation := range found {
		if _, err := tx.ExecContext(ctx, "INSERT INTO tickets (request, conversation) VALUES ($1, $2) ON CONFLICT (request) DO NOTHING", request, conversation); err != nil {
			return err
		}
	}
	return tx.Commit()
}
