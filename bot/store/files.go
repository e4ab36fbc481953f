package store

import (
	"context"
	"database/sql"
	"errors"

	"posdoctor/bot"
)

// roomForFiles is how many files of one conversation are kept. Whoever sends more pushes out his own oldest, and nobody else's.
const roomForFiles = 50

// KeepFile keeps a picture or a voice. See bot.Files.
func (s *Store) KeepFile(ctx context.Context, f bot.File) error {
	return wrapped("keeping a file", s.w.do(ctx, func(t *tx) error { return keep(t, f) }))
}

func keep(t *tx, f bot.File) error {
	_, err := t.exec(`INSERT INTO media (id, conversation, kind, mime, data, at) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (id) DO NOTHING`,
		f.ID, f.Conversation, f.Kind, f.MIME, f.Data, f.At)
	if err != nil {
		return err
	}
	_, err = t.exec(`DELETE FROM media WHERE conversation = $1 AND id NOT IN (SELECT id FROM media WHERE conversation = $1 ORDER BY at DESC, id DESC LIMIT $2)`,
		f.Conversation, roomForFiles)
	return err
}

// File returns a file of a conversation. See bot.Files.
func (s *Store) File(ctx context.Context, conversation, id string) (bot.File, error) {
	f := bot.File{ID: id, Conversation: conversation}
	err := s.row(ctx, `SELECT kind, mime, data, at FROM media WHERE id = $1 AND conversation = $2`, id, conversation).
		Scan(&f.Kind, &f.MIME, &f.Data, &f.At)
	if errors.Is(err, sql.ErrNoRows) {
		return f, bot.ErrNotFound
	}
	return f, wrapped("reading a file", err)
}

// ForgetFiles removes files that were fetched before a time in milliseconds, and returns how many that were; at most n at once, so
// that nobody waits for it.
func (s *Store) ForgetFiles(ctx context.Context, before int64, n int) (int64, error) {
	var done int64
	err := s.w.do(ctx, func(t *tx) (err error) {
		done, err = t.exec(`DELETE FROM media WHERE id IN (SELECT id FROM media WHERE at < $1 ORDER BY at LIMIT $2)`, before, n)
		return err
	})
	return done, err
}
