package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"posdoctor/bot"
)

// Token lets another system use the API, as far as its scopes go. What it was given is stored hashed.
type Token struct {
	ID, Name string
	Scopes   []string
	Created  int64 // milliseconds, as all times here
	Creator  string
	Expires  int64 // 0: never
	Used     int64 // the last time, to the minute; 0: never
	Revoked  int64 // 0: not
}

const tokenColumns = `id, name, scopes, created, creator, expires, used, revoked`

func scanToken(row interface{ Scan(...any) error }) (Token, error) {
	var x Token
	var scopes string
	if err := row.Scan(&x.ID, &x.Name, &scopes, &x.Created, &x.Creator, &x.Expires, &x.Used, &x.Revoked); err != nil {
		return x, err
	}
	return x, json.Unmarshal([]byte(scopes), &x.Scopes)
}

// AddToken keeps a token under the hash of its secret.
func (s *Store) AddToken(ctx context.Context, x Token, secret string, traces ...Trace) error {
	scopes, err := json.Marshal(x.Scopes)
	if err != nil {
		return err
	}
	return s.w.do(ctx, func(t *tx) error {
		_, err := t.exec(`INSERT INTO tokens (id, name, hash, scopes, created, creator, expires, used, revoked) VALUES ($1, $2, $3, $4, $5, $6, $7, 0, 0)`,
			x.ID, x.Name, hashed(secret), string(scopes), x.Created, x.Creator, x.Expires)
		if err != nil {
			return err
		}
		return trace(t, traces)
	})
}

// TokenBySecret returns a token that is good at a time, or bot.ErrNotFound: unknown, expired or revoked.
func (s *Store) TokenBySecret(ctx context.Context, secret string, now int64) (Token, error) {
	x, err := scanToken(s.row(ctx, `SELECT `+tokenColumns+` FROM tokens WHERE hash = $1 AND revoked = 0 AND (expires = 0 OR expires > $2)`, hashed(secret), now))
	if errors.Is(err, sql.ErrNoRows) {
		return x, bot.ErrNotFound
	}
	return x, err
}

// UseToken notes that a token was used.
func (s *Store) UseToken(ctx context.Context, id string, at int64) error {
	return s.w.do(ctx, func(t *tx) error {
		_, err := t.exec(`UPDATE tokens SET used = $2 WHERE id = $1 AND used < $2`, id, at)
		return err
	})
}

// Tokens returns all tokens, the newest first, the revoked ones too.
func (s *Store) Tokens(ctx context.Context) ([]Token, error) {
	found, err := s.query(ctx, `SELECT `+tokenColumns+` FROM tokens ORDER BY created DESC, id DESC`)
	if err != nil {
		return nil, fmt.Errorf("reading the tokens: %w", err)
	}
	defer found.Close()
	var out []Token
	for found.Next() {
		x, err := scanToken(found)
		if err != nil {
			return nil, fmt.Errorf("reading the tokens: %w", err)
		}
		out = append(out, x)
	}
	return out, found.Err()
}

// RevokeToken ends a token for good, at once.
func (s *Store) RevokeToken(ctx context.Context, id string, at int64, traces ...Trace) error {
	return s.w.do(ctx, func(t *tx) error {
		done, err := t.exec(`UPDATE tokens SET revoked = $2 WHERE id = $1 AND revoked = 0`, id, at)
		if err != nil {
			return err
		}
		if done == 0 {
			return bot.ErrNotFound
		}
		return trace(t, traces)
	})
}
