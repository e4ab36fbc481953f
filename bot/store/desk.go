package store

import (
	"context"
	"fmt"

	"posdoctor/bot"
)

// perLevel separates the ranks of two priorities: more milliseconds than will ever have passed since 1970.
const perLevel = int64(100_000_000_000_000)

// order is what the lists of the desk are ordered by: the place in the queue, by priority and then by how long it waits, and from when on
// the running target is urgent. Both are 0 where they do not apply.
func order(c bot.Conversation) (rank, amber int64) {
	k := c.Case
	if k == nil {
		k = &bot.Case{Since: c.Since}
	}
	switch c.Holder.Kind {
	case bot.HolderQueue:
		return int64(3-k.Priority)*perLevel + k.Since, k.Due().Amber
	case bot.HolderAgent:
		return 0, k.Due().Amber
	}
	return 0, 0
}

// keepStint writes the n-th stint of a turn.
func keepStint(t *tx, c bot.Conversation, s bot.Stint, n int, data string) error {
	agent := ""
	if s.Agent != nil {
		agent = s.Agent.ID
	}
	_, err := t.exec(`INSERT INTO stints (id, conversation, holder, agent, skill, began, ended, how, data) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		fmt.Sprintf("%s:%d.%d", c.ID, c.Version, n), c.ID, s.Holder, agent, s.Skill, s.From, s.To, s.How, data)
	return err
}

// DueSoon returns one page of the conversations with people whose target is missed or soon will be, the most urgent first, and the
// cursor of the next, "" at the end.
func (s *Store) DueSoon(ctx context.Context, now int64, after string, limit int) ([]bot.Conversation, string, error) {
	at, id, err := cursor(after)
	if err != nil {
		return nil, "", err
	}
	return s.page(ctx, ListDue, limit, `SELECT data, amber_at, id FROM conversations WHERE amber_at > 0 AND amber_at <= $4 AND (amber_at > $1 OR amber_at = $1 AND id > $2)
		ORDER BY amber_at, id LIMIT $3`, at, id, limit+1, now)
}

// CountDue counts the list of DueSoon.
func (s *Store) CountDue(ctx context.Context, now int64) (int, error) {
	var n int
	err := s.row(ctx, `SELECT count(*) FROM conversations WHERE amber_at > 0 AND amber_at <= $1`, now).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("counting what is due: %w", err)
	}
	return n, nil
}

// Ahead says how many come before a conversation in the queue, and how many would come before one that joined it now, by its priority.
// One that does not wait has everybody before it.
func (s *Store) Ahead(ctx context.Context, conversation string) (ahead int, before []int, err error) {
	before = make([]int, 4)
	var waits int
	err = s.row(ctx, `SELECT (SELECT count(*) FROM conversations WHERE holder = 'queue' AND id = $1),
		(SELECT count(*) FROM conversations q WHERE q.holder = 'queue' AND q.id <> $1 AND q.rank <= COALESCE((SELECT m.rank FROM conversations m WHERE m.id = $1 AND m.holder = 'queue'), $2)
			AND NOT (q.id > $1 AND q.rank = COALESCE((SELECT m.rank FROM conversations m WHERE m.id = $1 AND m.holder = 'queue'), -1))),
		(SELECT count(*) FROM conversations WHERE holder = 'queue' AND id <> $1 AND rank < $3),
		(SELECT count(*) FROM conversations WHERE holder = 'queue' AND id <> $1 AND rank < $4),
		(SELECT count(*) FROM conversations WHERE holder = 'queue' AND id <> $1 AND rank < $5)`,
		conversation, 4*perLevel, perLevel, 2*perLevel, 3*perLevel).Scan(&waits, &ahead, &before[3], &before[2], &before[1])
	if err != nil {
		return 0, nil, fmt.Errorf("counting the queue: %w", err)
	}
	if before[0] = ahead; waits == 1 {
		before = nil
	}
	return ahead, before, nil
}

// Taken says when each agent took the conversations that he holds, those put aside too, in milliseconds.
func (s *Store) Taken(ctx context.Context) (map[string][]int64, error) {
	rows, err := s.query(ctx, `SELECT agent, since FROM conversations WHERE holder = 'agent'`)
	if err != nil {
		return nil, fmt.Errorf("counting what agents hold: %w", err)
	}
	defer rows.Close()
	out := map[string][]int64{}
	for rows.Next() {
		var agent string
		var since int64
		if err := rows.Scan(&agent, &since); err != nil {
			return nil, fmt.Errorf("counting what agents hold: %w", err)
		}
		out[agent] = append(out[agent], since)
	}
	return out, rows.Err()
}

// Stints returns the stints that ended in a time, from included and to not, in milliseconds, the oldest first.
func (s *Store) Stints(ctx context.Context, from, to int64) ([]bot.Stint, error) {
	return rows[bot.Stint](ctx, s, "stints", `SELECT data FROM stints WHERE ended >= $1 AND ended < $2 ORDER BY ended, id`, from, to)
}

// Served returns the newest stints in which an agent served a case to its end, at most limit, the newest first.
func (s *Store) Served(ctx context.Context, limit int) ([]bot.Stint, error) {
	return rows[bot.Stint](ctx, s, "stints", `SELECT data FROM stints WHERE holder = 'agent' AND how = 'closed' ORDER BY ended DESC LIMIT $1`, limit)
}

// Queue returns the first conversations in the queue, in the order in which people are served.
func (s *Store) Queue(ctx context.Context, limit int) ([]bot.Conversation, error) {
	return rows[bot.Conversation](ctx, s, "the queue", `SELECT data FROM conversations WHERE holder = 'queue' ORDER BY rank, id LIMIT $1`, limit)
}

// Held returns conversations that an agent holds, the longest first.
func (s *Store) Held(ctx context.Context, agent string, limit int) ([]bot.Conversation, error) {
	return rows[bot.Conversation](ctx, s, "what an agent holds", `SELECT data FROM conversations WHERE holder = 'agent' AND agent = $1 ORDER BY since, id LIMIT $2`, agent, limit)
}
