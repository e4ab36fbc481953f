package store

import (
	"context"
	"encoding/json"
	"fmt"

	"posdoctor/bot"
)

// InternalNote is what an agent writes to colleagues about a conversation. The merchant never reads it.
type InternalNote struct {
	ID           string        `json:"id"`
	Conversation string        `json:"-"`
	At           int64         `json:"at"` // milliseconds
	Agent        bot.AgentID   `json:"agent"`
	Text         string        `json:"text"`
	Mentions     []bot.AgentID `json:"mentions"` // colleagues who are named in it
}

// maxNotes is how many notes of a conversation are shown.
const maxNotes = 200

// AddNote keeps a note. The same id again changes nothing.
func (s *Store) AddNote(ctx context.Context, n InternalNote) error {
	mentions, err := json.Marshal(n.Mentions)
	if err != nil {
		return err
	}
	return wrapped("keeping a note", s.w.do(ctx, func(t *tx) error {
		_, err := t.exec(`INSERT INTO internal_notes (id, conversation, at, agent, name, words, mentions) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (id) DO NOTHING`,
			n.ID, n.Conversation, n.At, n.Agent.ID, n.Agent.Name, n.Text, string(mentions))
		return err
	}))
}

// InternalNotes returns the newest notes of a conversation, oldest first.
func (s *Store) InternalNotes(ctx context.Context, conversation string) ([]InternalNote, error) {
	return s.notes(ctx, `SELECT id, conversation, at, agent, name, words, mentions FROM (SELECT * FROM internal_notes WHERE conversation = $1
		ORDER BY at DESC, id DESC LIMIT $2) AS newest ORDER BY at, id`, conversation, maxNotes)
}

// NotesSince returns notes of all conversations from a time on, oldest first, at most limit.
func (s *Store) NotesSince(ctx context.Context, at int64, limit int) ([]InternalNote, error) {
	return s.notes(ctx, `SELECT id, conversation, at, agent, name, words, mentions FROM internal_notes WHERE at >= $1 ORDER BY at, id LIMIT $2`, at, limit)
}

func (s *Store) notes(ctx context.Context, query string, args ...any) ([]InternalNote, error) {
	rows, err := s.query(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("reading notes: %w", err)
	}
	defer rows.Close()
	out := []InternalNote{}
	for rows.Next() {
		var n InternalNote
		var mentions string
		if err := rows.Scan(&n.ID, &n.Conversation, &n.At, &n.Agent.ID, &n.Agent.Name, &n.Text, &mentions); err != nil {
			return nil, fmt.Errorf("reading notes: %w", err)
		}
		if err := json.Unmarshal([]byte(mentions), &n.Mentions); err != nil {
			return nil, fmt.Errorf("reading notes: %w", err)
		}
		out = append(out, n)
	}
	return out, wrapped("reading notes", rows.Err())
}

// What an agent made of a suggested answer.
const (
	VerdictInsert = "insert" // sent as it was
	VerdictEdit   = "edit"   // sent in other words
	VerdictUnfit  = "unfit"  // it does not answer the question
)

// Suggested is one verdict on an entry of the FAQ that was suggested.
type Suggested struct {
	ID, Agent, Conversation, Article, Verdict string
	At                                        int64
}

// Judge keeps a verdict.
func (s *Store) Judge(ctx context.Context, v Suggested) error {
	return wrapped("keeping a verdict", s.w.do(ctx, func(t *tx) error {
		_, err := t.exec(`INSERT INTO suggested (id, at, agent, conversation, article, verdict) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (id) DO NOTHING`,
			v.ID, v.At, v.Agent, v.Conversation, v.Article, v.Verdict)
		return err
	}))
}

// Verdicts returns, for a conversation, the newest verdict on each entry since a time in milliseconds.
func (s *Store) Verdicts(ctx context.Context, conversation string, since int64) (map[string]string, error) {
	rows, err := s.query(ctx, `SELECT article, verdict FROM suggested WHERE conversation = $1 AND at >= $2 ORDER BY at, id`, conversation, since)
	if err != nil {
		return nil, fmt.Errorf("reading verdicts: %w", err)
	}
	defer rows.Close()
	out := map[string]string{}
	for rows.Next() {
		var article, verdict string
		if err := rows.Scan(&article, &verdict); err != nil {
			return nil, fmt.Errorf("reading verdicts: %w", err)
		}
		out[article] = verdict
	}
	return out, wrapped("reading verdicts", rows.Err())
}
