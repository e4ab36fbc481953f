package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"posdoctor/bot"
)

// Roles of agents.
const (
	RoleAdmin = "admin"
	RoleLead  = "lead"
	RoleAgent = "agent"
)

// Agent is a person who may log in. Password is an argon2id hash; Changed counts up with each change of it, and a session that
// was begun under an older count is void.
type Agent struct {
	ID, Name, Role string
	Password       string
	Changed        int64
	Temporary      bool // the password was printed and must be changed before anything else
}

// AgentByName returns an agent, or bot.ErrNotFound.
func (s *Store) AgentByName(ctx context.Context, name string) (Agent, error) {
	return s.agent(ctx, `SELECT id, name, role, password, changed, temporary FROM agents WHERE name = $1`, name)
}

// AgentByID returns an agent, or bot.ErrNotFound.
func (s *Store) AgentByID(ctx context.Context, id string) (Agent, error) {
	return s.agent(ctx, `SELECT id, name, role, password, changed, temporary FROM agents WHERE id = $1`, id)
}

func (s *Store) agent(ctx context.Context, query, arg string) (Agent, error) {
	var a Agent
	var temporary int64
	err := s.row(ctx, query, arg).Scan(&a.ID, &a.Name, &a.Role, &a.Password, &a.Changed, &temporary)
	a.Temporary = temporary != 0
	if errors.Is(err, sql.ErrNoRows) {
		return a, bot.ErrNotFound
	}
	return a, err
}

// AddAgent adds an agent; a taken name is an error.
func (s *Store) AddAgent(ctx context.Context, a Agent) error {
	return s.w.do(ctx, func(t *tx) error {
		_, err := t.exec(`INSERT INTO agents (id, name, role, password, changed, temporary) VALUES ($1, $2, $3, $4, 1, $5)`, a.ID, a.Name, a.Role, a.Password, number(a.Temporary))
		if unique(err) {
			return fmt.Errorf("there is an agent named %s already; choose another name, or use `agent passwd`", a.Name)
		}
		return err
	})
}

// SetPassword gives an agent another password; sessions begun under the old one are void at once.
func (s *Store) SetPassword(ctx context.Context, id, hash string, temporary bool) error {
	return s.w.do(ctx, func(t *tx) error {
		done, err := t.exec(`UPDATE agents SET password = $2, changed = changed + 1, temporary = $3 WHERE id = $1`, id, hash, number(temporary))
		if err == nil && done == 0 {
			return bot.ErrNotFound
		}
		return err
	})
}

func number(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// Audit keeps who did what, for good.
func (s *Store) Audit(ctx context.Context, id string, at int64, agent, act, conversation, detail string) error {
	return s.w.do(ctx, func(t *tx) error {
		_, err := t.exec(`INSERT INTO audit (id, at, agent, act, conversation, detail) VALUES ($1, $2, $3, $4, $5, $6)`, id, at, agent, act, conversation, detail)
		return err
	})
}
