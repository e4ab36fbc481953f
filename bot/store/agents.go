package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"posdoctor/bot"
)

// Roles of agents.
const (
	RoleAdmin  = "admin"
	RoleLead   = "lead"
	RoleAgent  = "agent"
	RoleEditor = "editor" // writes what is told, and reads no conversation
)

// Agent is a person who may log in. Password is an argon2id hash; Changed counts up with each change of it, and a session that
// was begun under an older count is void.
type Agent struct {
	ID, Name, Role string
	Password       string
	Changed        int64
	Temporary      bool // the password was printed and must be changed before anything else

	Display  string   // what merchants and colleagues read; "" means Name
	Teams    []string // ids of the groups he belongs to
	Skills   []string // what is routed to him; none means everything
	Capacity int      // conversations at once
	Disabled bool     // may not log in any more; what he did stays
}

// Shown is the name that others read.
func (a Agent) Shown() string { return cmp.Or(a.Display, a.Name) }

const agentColumns = `id, name, role, password, changed, temporary, display, teams, skills, capacity, disabled`

// AgentByName returns an agent, or bot.ErrNotFound.
func (s *Store) AgentByName(ctx context.Context, name string) (Agent, error) {
	return s.agent(ctx, `SELECT `+agentColumns+` FROM agents WHERE name = $1`, name)
}

// AgentByID returns an agent, or bot.ErrNotFound.
func (s *Store) AgentByID(ctx context.Context, id string) (Agent, error) {
	return s.agent(ctx, `SELECT `+agentColumns+` FROM agents WHERE id = $1`, id)
}

func (s *Store) agent(ctx context.Context, query, arg string) (Agent, error) {
	a, err := scanAgent(s.row(ctx, query, arg))
	if errors.Is(err, sql.ErrNoRows) {
		return a, bot.ErrNotFound
	}
	return a, err
}

func scanAgent(row interface{ Scan(...any) error }) (Agent, error) {
	var a Agent
	var teams, skills string
	var temporary, disabled int64
	if err := row.Scan(&a.ID, &a.Name, &a.Role, &a.Password, &a.Changed, &temporary, &a.Display, &teams, &skills, &a.Capacity, &disabled); err != nil {
		return a, err
	}
	a.Temporary, a.Disabled = temporary != 0, disabled != 0
	return a, errors.Join(json.Unmarshal([]byte(teams), &a.Teams), json.Unmarshal([]byte(skills), &a.Skills))
}

// Agents returns all agents by name, the disabled ones too.
func (s *Store) Agents(ctx context.Context) ([]Agent, error) {
	rows, err := s.query(ctx, `SELECT `+agentColumns+` FROM agents ORDER BY name`)
	if err != nil {
		return nil, fmt.Errorf("reading the agents: %w", err)
	}
	defer rows.Close()
	var out []Agent
	for rows.Next() {
		a, err := scanAgent(rows)
		if err != nil {
			return nil, fmt.Errorf("reading the agents: %w", err)
		}
		out = append(out, a)
	}
	return out, rows.Err()
}

// DefaultCapacity is how many conversations an agent has at once, unless somebody said otherwise.
const DefaultCapacity = 6

// AddAgent adds an agent, with the traces of it; a taken name is ErrTaken. A capacity of 0 is DefaultCapacity.
func (s *Store) AddAgent(ctx context.Context, a Agent, traces ...Trace) error {
	teams, skills, err := lists(a)
	if err != nil {
		return err
	}
	return s.w.do(ctx, func(t *tx) error {
		_, err := t.exec(`INSERT INTO agents (id, name, role, password, changed, temporary, display, teams, skills, capacity, disabled)
			VALUES ($1, $2, $3, $4, 1, $5, $6, $7, $8, $9, $10)`, a.ID, a.Name, a.Role, a.Password, number(a.Temporary),
			a.Display, teams, skills, cmp.Or(a.Capacity, DefaultCapacity), number(a.Disabled))
		if unique(err) {
			return fmt.Errorf("%w: there is an agent named %s already; choose another name, or use `agent passwd`", ErrTaken, a.Name)
		}
		if err != nil {
			return err
		}
		return trace(t, traces)
	})
}

// SetPassword gives an agent another password; sessions begun under the old one are void at once.
func (s *Store) SetPassword(ctx context.Context, id, hash string, temporary bool, traces ...Trace) error {
	return s.w.do(ctx, func(t *tx) error {
		done, err := t.exec(`UPDATE agents SET password = $2, changed = changed + 1, temporary = $3 WHERE id = $1`, id, hash, number(temporary))
		if err != nil {
			return err
		}
		if done == 0 {
			return bot.ErrNotFound
		}
		return trace(t, traces)
	})
}

func number(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
