package store

import (
	"context"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"posdoctor/bot"
)

// Errors of changes to people and their groups.
var (
	ErrTaken     = errors.New("the name is taken")
	ErrLastAdmin = errors.New("nobody else could administer the server")
	ErrInUse     = errors.New("other rows refer to it")
)

// lists are an agent's teams and skills as they are stored.
func lists(a Agent) (teams, skills string, err error) {
	text := func(list []string) string {
		if list == nil {
			list = []string{}
		}
		data, e := json.Marshal(list)
		err = errors.Join(err, e)
		return string(data)
	}
	teams, skills = text(a.Teams), text(a.Skills)
	return teams, skills, err
}

// UpdateAgent changes what an agent is: name, display name, role, teams, skills, capacity, disabled or not. His password stays.
// ErrTaken: another one has the name. ErrLastAdmin: he is the last admin who may log in, and would be none.
func (s *Store) UpdateAgent(ctx context.Context, a Agent, traces ...Trace) error {
	teams, skills, err := lists(a)
	if err != nil {
		return err
	}
	return s.w.do(ctx, func(t *tx) error {
		if a.Role != RoleAdmin || a.Disabled {
			if err := anotherAdmin(t, a.ID); err != nil {
				return err
			}
		}
		done, err := t.exec(`UPDATE agents SET name = $2, display = $3, role = $4, teams = $5, skills = $6, capacity = $7, disabled = $8 WHERE id = $1`,
			a.ID, a.Name, a.Display, a.Role, teams, skills, a.Capacity, number(a.Disabled))
		if unique(err) {
			return ErrTaken
		}
		if err != nil {
			return err
		}
		if done == 0 {
			return bot.ErrNotFound
		}
		return trace(t, traces)
	})
}

// anotherAdmin says, by no error, that this agent is no admin who may log in, or not the last one.
func anotherAdmin(t *tx, id string) error {
	var self, others int64
	err := t.each(func(row []driver.Value) error {
		self, others = row[0].(int64), row[1].(int64)
		return nil
	}, `SELECT (SELECT count(*) FROM agents WHERE role = 'admin' AND disabled = 0 AND id = $1),
		(SELECT count(*) FROM agents WHERE role = 'admin' AND disabled = 0 AND id <> $1)`, id)
	if err == nil && self > 0 && others == 0 {
		err = ErrLastAdmin
	}
	return err
}

// EndSessions makes every session of an agent void at once.
func (s *Store) EndSessions(ctx context.Context, id string, traces ...Trace) error {
	return s.w.do(ctx, func(t *tx) error {
		done, err := t.exec(`UPDATE agents SET changed = changed + 1 WHERE id = $1`, id)
		if err != nil {
			return err
		}
		if done == 0 {
			return bot.ErrNotFound
		}
		return trace(t, traces)
	})
}

// RemoveAgent takes an agent away who never did anything, such as a misspelt one. ErrInUse: he did, and can be disabled only. A login that
// failed is nothing that he did: anybody may try his name.
func (s *Store) RemoveAgent(ctx context.Context, id string, traces ...Trace) error {
	return s.w.do(ctx, func(t *tx) error {
		if err := anotherAdmin(t, id); err != nil {
			return err
		}
		if err := unused(t, `SELECT (SELECT count(*) FROM audit WHERE agent = $1 AND act NOT LIKE '%.failed') + (SELECT count(*) FROM conversations WHERE holder = 'agent' AND agent = $1)`, id); err != nil {
			return err
		}
		done, err := t.exec(`DELETE FROM agents WHERE id = $1`, id)
		if err != nil {
			return err
		}
		if done == 0 {
			return bot.ErrNotFound
		}
		return trace(t, traces)
	})
}

// unused says, by no error, that a query counts nothing.
func unused(t *tx, query string, args ...any) error {
	var n int64
	err := t.each(func(row []driver.Value) error {
		n = row[0].(int64)
		return nil
	}, query, args...)
	if err == nil && n > 0 {
		err = ErrInUse
	}
	return err
}

// Team is a group of agents.
type Team struct{ ID, Name string }

// Teams returns all groups by name.
func (s *Store) Teams(ctx context.Context) ([]Team, error) {
	found, err := s.query(ctx, `SELECT id, name FROM teams ORDER BY name`)
	if err != nil {
		return nil, fmt.Errorf("reading the teams: %w", err)
	}
	defer found.Close()
	var out []Team
	for found.Next() {
		var x Team
		if err := found.Scan(&x.ID, &x.Name); err != nil {
			return nil, fmt.Errorf("reading the teams: %w", err)
		}
		out = append(out, x)
	}
	return out, found.Err()
}

// SaveTeam adds a group, or gives the one with this id another name. ErrTaken: another one has it.
func (s *Store) SaveTeam(ctx context.Context, x Team, at int64, traces ...Trace) error {
	return s.w.do(ctx, func(t *tx) error {
		_, err := t.exec(`INSERT INTO teams (id, name, at) VALUES ($1, $2, $3) ON CONFLICT (id) DO UPDATE SET name = excluded.name`, x.ID, x.Name, at)
		if unique(err) {
			return ErrTaken
		}
		if err != nil {
			return err
		}
		return trace(t, traces)
	})
}

// RemoveTeam takes a group away, out of its members too. ErrInUse: it has canned replies.
func (s *Store) RemoveTeam(ctx context.Context, id string, traces ...Trace) error {
	return s.w.do(ctx, func(t *tx) error {
		if err := unused(t, `SELECT count(*) FROM canned WHERE team = $1`, id); err != nil {
			return err
		}
		done, err := t.exec(`DELETE FROM teams WHERE id = $1`, id)
		if err != nil {
			return err
		}
		if done == 0 {
			return bot.ErrNotFound
		}
		left := map[string]string{}
		err = t.each(func(row []driver.Value) error {
			var teams []string
			if err := json.Unmarshal([]byte(row[1].(string)), &teams); err != nil {
				return err
			}
			if i := slices.Index(teams, id); i >= 0 {
				data, err := json.Marshal(slices.Delete(teams, i, i+1))
				left[row[0].(string)] = string(data)
				return err
			}
			return nil
		}, `SELECT id, teams FROM agents WHERE teams <> '[]'`)
		if err != nil {
			return err
		}
		for agent, teams := range left {
			if _, err := t.exec(`UPDATE agents SET teams = $2 WHERE id = $1`, agent, teams); err != nil {
				return err
			}
		}
		return trace(t, traces)
	})
}

// Holders returns the ids of those who hold conversations.
func (s *Store) Holders(ctx context.Context) ([]string, error) {
	found, err := s.query(ctx, `SELECT DISTINCT agent FROM conversations WHERE holder = 'agent'`)
	if err != nil {
		return nil, fmt.Errorf("reading who holds conversations: %w", err)
	}
	defer found.Close()
	var out []string
	for found.Next() {
		var id string
		if err := found.Scan(&id); err != nil {
			return nil, fmt.Errorf("reading who holds conversations: %w", err)
		}
		out = append(out, id)
	}
	return out, found.Err()
}
