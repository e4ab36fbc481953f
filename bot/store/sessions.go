package store

import (
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"time"

	"context"
)

// Sessions keeps the sessions of agents for github.com/alexedwards/scs. Tokens are stored hashed: who reads the database cannot
// use them.
type Sessions struct{ s *Store }

// Sessions returns the sessions in this store.
func (s *Store) Sessions() Sessions { return Sessions{s} }

func hashed(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// Find implements scs.Store.
func (x Sessions) Find(token string) ([]byte, bool, error) {
	var data string
	err := x.s.row(context.Background(), `SELECT data FROM sessions WHERE token = $1 AND expires > $2`, hashed(token), time.Now().UnixMilli()).Scan(&data)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	b, err := base64.StdEncoding.DecodeString(data)
	return b, err == nil, err
}

// Commit implements scs.Store.
func (x Sessions) Commit(token string, b []byte, expires time.Time) error {
	return x.s.w.do(context.Background(), func(t *tx) error {
		_, err := t.exec(`INSERT INTO sessions (token, data, expires) VALUES ($1, $2, $3)
			ON CONFLICT (token) DO UPDATE SET data = excluded.data, expires = excluded.expires`,
			hashed(token), base64.StdEncoding.EncodeToString(b), expires.UnixMilli())
		if err != nil {
			return err
		}
		_, err = t.exec(`DELETE FROM sessions WHERE expires <= $1`, time.Now().UnixMilli())
		return err
	})
}

// Delete implements scs.Store.
func (x Sessions) Delete(token string) error {
	return x.s.w.do(context.Background(), func(t *tx) error {
		_, err := t.exec(`DELETE FROM sessions WHERE token = $1`, hashed(token))
		return err
	})
}
