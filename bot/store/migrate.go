package store

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"sort"
	"strconv"
	"strings"
)

//go:embed migrations/*.sql
var migrations embed.FS

// migrate brings the database to the version of this program, each step in a transaction of its own, so that one that was
// interrupted is taken up again. A database from a newer version is refused: its rows may mean what this program cannot know.
func migrate(ctx context.Context, db *sql.DB) error {
	if _, err := db.ExecContext(ctx, "CREATE TABLE IF NOT EXISTS migrations (version bigint PRIMARY KEY, name text NOT NULL)"); err != nil {
		return err
	}
	var done int
	if err := db.QueryRowContext(ctx, "SELECT COALESCE(MAX(version), 0) FROM migrations").Scan(&done); err != nil {
		return err
	}
	entries, err := migrations.ReadDir("migrations")
	if err != nil {
		return err
	}
	sort.Slice(entries, func(i, j int) bool { return entries[i].Name() < entries[j].Name() })
	newest := 0
	for _, e := range entries {
		number, name, _ := strings.Cut(e.Name(), "_")
		v, err := strconv.Atoi(number)
		if err != nil {
			return fmt.Errorf("migration %s: its name must begin with a number", e.Name())
		}
		newest = max(newest, v)
		if v <= done {
			continue
		}
		text, err := migrations.ReadFile("migrations/" + e.Name())
		if err != nil {
			return err
		}
		if err := step(ctx, db, v, strings.TrimSuffix(name, ".sql"), string(text)); err != nil {
			return fmt.Errorf("migration %s: %w", e.Name(), err)
		}
	}
	if done > newest {
		return fmt.Errorf("it was written by a newer posdoctor (schema %d, this program knows %d); use that version, or another data folder", done, newest)
	}
	return nil
}

func step(ctx context.Context, db *sql.DB, version int, name, text string) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	var n int // another process may have been quicker
	if err := tx.QueryRowContext(ctx, "SELECT count(*) FROM migrations WHERE version = $1", version).Scan(&n); err != nil || n > 0 {
		return err
	}
	if _, err := tx.ExecContext(ctx, text); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, "INSERT INTO migrations (version, name) VALUES ($1, $2)", version, name); err != nil {
		return err
	}
	return tx.Commit()
}
