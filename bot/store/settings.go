package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"posdoctor/bot"
)

// Setting is a named JSON document that operators change in the console: hours, routing, targets and the like. Version counts
// its changes; who changes it names the version he saw.
type Setting struct {
	Name    string
	Value   string
	Version int64
	At      int64  // of the last change, milliseconds
	Agent   string // who changed it
}

// Setting returns a setting; one that was never set has version 0 and no value.
func (s *Store) Setting(ctx context.Context, name string) (Setting, error) {
	out := Setting{Name: name}
	err := s.row(ctx, `SELECT value, version, at, agent FROM settings WHERE name = $1`, name).Scan(&out.Value, &out.Version, &out.At, &out.Agent)
	if errors.Is(err, sql.ErrNoRows) {
		return out, nil
	}
	if err != nil {
		return out, fmt.Errorf("reading the setting %s: %w", name, err)
	}
	return out, nil
}

// SettingValue returns the value of a setting, "" for one that was never set.
func (s *Store) SettingValue(ctx context.Context, name string) (string, error) {
	x, err := s.Setting(ctx, name)
	return x.Value, err
}

// SetSetting writes a setting over the version that its writer saw, x.Version, with the traces of it in one transaction, and returns the
// new version. bot.ErrConflict: somebody changed it meanwhile.
func (s *Store) SetSetting(ctx context.Context, x Setting, traces ...Trace) (int64, error) {
	err := s.w.do(ctx, func(t *tx) error {
		if err := setting(t, x); err != nil {
			return err
		}
		return trace(t, traces)
	})
	if err != nil {
		return 0, fmt.Errorf("writing the setting %s: %w", x.Name, err)
	}
	return x.Version + 1, nil
}

func setting(t *tx, x Setting) error {
	query := `UPDATE settings SET value = $2, version = version + 1, at = $4, agent = $5 WHERE name = $1 AND version = $3`
	if x.Version == 0 {
		query = `INSERT INTO settings (name, value, version, at, agent) VALUES ($1, $2, $3 + 1, $4, $5) ON CONFLICT (name) DO NOTHING`
	}
	n, err := t.exec(query, x.Name, x.Value, x.Version, x.At, x.Agent)
	if err == nil && n == 0 {
		return bot.ErrConflict
	}
	return err
}
