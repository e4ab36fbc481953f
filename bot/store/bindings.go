package store

import (
	"context"
	"fmt"

	"posdoctor/bot"
)

// bound writes or ends the row of a conversation that speaks for a merchant.
func bound(t *tx, conversation string, b bot.Bound) error {
	if b.Merchant == "" {
		_, err := t.exec(`DELETE FROM bindings WHERE conversation = $1`, conversation)
		return err
	}
	_, err := t.exec(`INSERT INTO bindings (conversation, merchant, proof, at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (conversation) DO UPDATE SET merchant = excluded.merchant, proof = excluded.proof, at = excluded.at`, conversation, b.Merchant, b.Proof, b.At)
	return err
}

// BoundTo lists who speaks for a merchant. See bot.Bindings.
func (s *Store) BoundTo(ctx context.Context, merchant string, limit int) ([]bot.Speaker, error) {
	rows, err := s.query(ctx, `SELECT b.conversation, b.proof, b.at, c.channel, c.account, c.username FROM bindings b JOIN conversations c ON c.id = b.conversation
		WHERE b.merchant = $1 ORDER BY b.at DESC, b.conversation LIMIT $2`, merchant, limit)
	if err != nil {
		return nil, fmt.Errorf("reading who speaks for a merchant: %w", err)
	}
	defer rows.Close()
	var out []bot.Speaker
	for rows.Next() {
		var x bot.Speaker
		if err := rows.Scan(&x.Conversation, &x.Proof, &x.At, &x.Address.Channel, &x.Address.Account, &x.Address.User); err != nil {
			return nil, fmt.Errorf("reading who speaks for a merchant: %w", err)
		}
		out = append(out, x)
	}
	return out, rows.Err()
}

// ForgetNotes removes notes whose name begins with a prefix and whose value comes before another in the order of text, at most n, and says
// how many. Their values begin with a day or a time, e.g. 2026-11-23T01:00:00Z.
func (s *Store) ForgetNotes(ctx context.Context, prefix, before string, n int) (int64, error) {
	var done int64
	err := s.w.do(ctx, func(t *tx) (err error) {
		done, err = t.exec(`DELETE FROM notes WHERE name IN (SELECT name FROM notes WHERE name >= $1 AND name < $2 AND value < $3 ORDER BY name LIMIT $4)`,
			prefix, after(prefix), before, n)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("removing notes: %w", err)
	}
	return done, nil
}

// after is the first text behind all that begin with a prefix of letters and signs.
func after(prefix string) string { return prefix[:len(prefix)-1] + string(prefix[len(prefix)-1]+1) }
