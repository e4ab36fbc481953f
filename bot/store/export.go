package store

import (
	"context"

	"posdoctor/bot"
)

// ConversationsSince returns conversations with something new at or after a time in milliseconds, behind an id and in the order of
// ids, at most limit; it walks all of them.
func (s *Store) ConversationsSince(ctx context.Context, since int64, after string, limit int) ([]bot.Conversation, error) {
	return rows[bot.Conversation](ctx, s, "conversations", `SELECT data FROM conversations WHERE id > $1 AND updated >= $2 ORDER BY id LIMIT $3`, after, since, limit)
}
