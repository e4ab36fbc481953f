package store

import (
	"context"
	"fmt"

	"posdoctor/bot"
)

// Canned is a reply that agents have ready. Team "" is for all; Path is where it stands in the tree, its parts separated by slashes.
type Canned struct {
	ID    string `json:"id"`
	Team  string `json:"team"`
	Path  string `json:"path"`
	Title string `json:"title"`
	Text  string `json:"text"`
	At    int64  `json:"at"` // of the last change, milliseconds
}

// Canned returns all canned replies in the order of their tree.
func (s *Store) Canned(ctx context.Context) ([]Canned, error) {
	found, err := s.query(ctx, `SELECT id, team, path, title, text, at FROM canned ORDER BY path, title, id`)
	if err != nil {
		return nil, fmt.Errorf("reading the canned replies: %w", err)
	}
	defer found.Close()
	var out []Canned
	for found.Next() {
		var x Canned
		if err := found.Scan(&x.ID, &x.Team, &x.Path, &x.Title, &x.Text, &x.At); err != nil {
			return nil, fmt.Errorf("reading the canned replies: %w", err)
		}
		out = append(out, x)
	}
	return out, found.Err()
}

// AddCanned adds a canned reply. ErrTaken: there is one with this title at this place. bot.ErrNotFound: there is no such team.
func (s *Store) AddCanned(ctx context.Context, x Canned, traces ...Trace) error {
	return s.w.do(ctx, func(t *tx) error {
		done, err := t.exec(`INSERT INTO canned (id, team, path, title, text, at) SELECT $1, $2, $3, $4, $5, $6
			WHERE $2 = '' OR EXISTS (SELECT 1 FROM teams WHERE id = $2)`, x.ID, x.Team, x.Path, x.Title, x.Text, x.At)
		return changed(t, done, err, traces)
	})
}

// SaveCanned changes a canned reply. Errors as in AddCanned.
func (s *Store) SaveCanned(ctx context.Context, x Canned, traces ...Trace) error {
	return s.w.do(ctx, func(t *tx) error {
		done, err := t.exec(`UPDATE canned SET team = $2, path = $3, title = $4, text = $5, at = $6 WHERE id = $1
			AND ($2 = '' OR EXISTS (SELECT 1 FROM teams WHERE id = $2))`, x.ID, x.Team, x.Path, x.Title, x.Text, x.At)
		return changed(t, done, err, traces)
	})
}

// RemoveCanned takes a canned reply away.
func (s *Store) RemoveCanned(ctx context.Context, id string, traces ...Trace) error {
	return s.w.do(ctx, func(t *tx) error {
		done, err := t.exec(`DELETE FROM canned WHERE id = $1`, id)
		return changed(t, done, err, traces)
	})
}

// changed ends a change of one row: it was there, and its traces are kept with it.
func changed(t *tx, done int64, err error, traces []Trace) error {
	switch {
	case unique(err):
		return ErrTaken
	case err != nil:
		return err
	case done == 0:
		return bot.ErrNotFound
	}
	return trace(t, traces)
}
