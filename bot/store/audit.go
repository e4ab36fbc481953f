package store

import (
	"context"
	"fmt"
	"strconv"
	"strings"
)

// Trace is one line of the audit log: who did what, when, with which conversation or thing. Lines are only ever added. Detail names
// the thing and the change, and holds no words of merchants and no secrets.
type Trace struct {
	ID           string
	At           int64  // milliseconds
	Agent        string // the id of an agent, TokenAgent of a token, CommandAgent or NobodyAgent
	Name         string // the name it had then; filled in when read
	Act          string
	Conversation string // "": none
	Detail       string
}

// CommandAgent stands in the audit log for whoever runs commands on the server's machine.
const CommandAgent = "command"

// NobodyAgent stands there for whoever tried to log in with a name that nobody has.
const NobodyAgent = "nobody"

// TokenAgent is how a token is called where agents are.
func TokenAgent(token string) string { return "token:" + token }

// trace writes lines of the audit log with what they tell of, in one transaction.
func trace(t *tx, traces []Trace) error {
	for _, x := range traces {
		_, err := t.exec(`INSERT INTO audit (id, at, agent, act, conversation, detail, name) VALUES ($1, $2, $3, $4, $5, $6,
			COALESCE((SELECT g.name FROM agents g WHERE g.id = $3), (SELECT k.name FROM tokens k WHERE 'token:' || k.id = $3), ''))`,
			x.ID, x.At, x.Agent, x.Act, x.Conversation, x.Detail)
		if err != nil {
			return fmt.Errorf("writing the audit log: %w", err)
		}
	}
	return nil
}

// Audit keeps who did what, for good.
func (s *Store) Audit(ctx context.Context, id string, at int64, agent, act, conversation, detail string) error {
	return s.w.do(ctx, func(t *tx) error {
		return trace(t, []Trace{{ID: id, At: at, Agent: agent, Act: act, Conversation: conversation, Detail: detail}})
	})
}

// AuditQuery chooses lines of the audit log; what is empty chooses all. From is in, To is not, both in milliseconds.
type AuditQuery struct {
	Agent, Act, Conversation string
	From, To                 int64
}

// Audited returns one page of the audit log, the newest first, and the cursor of the next, "" at the end.
func (s *Store) Audited(ctx context.Context, q AuditQuery, after string, limit int) ([]Trace, string, error) {
	at, id, err := cursor(after)
	if err != nil {
		return nil, "", err
	}
	if after == "" {
		at, id = int64(1)<<62, ""
	}
	where, args := []string{`at <= $1`, `(at < $1 OR id < $2)`}, []any{at, id, limit + 1}
	add := func(column string, value any) {
		args = append(args, value)
		where = append(where, column+" $"+strconv.Itoa(len(args)))
	}
	if q.Agent != "" {
		add("agent =", q.Agent)
	}
	if q.Act != "" {
		add("act =", q.Act)
	}
	if q.Conversation != "" {
		add("conversation =", q.Conversation)
	}
	if q.From > 0 {
		add("at >=", q.From)
	}
	if q.To > 0 {
		add("at <", q.To)
	}
	found, err := s.query(ctx, `SELECT id, at, agent, name, act, conversation, detail FROM audit WHERE `+strings.Join(where, " AND ")+
		` ORDER BY at DESC, id DESC LIMIT $3`, args...)
	if err != nil {
		return nil, "", fmt.Errorf("reading the audit log: %w", err)
	}
	defer found.Close()
	var out []Trace
	next := ""
	for found.Next() {
		var x Trace
		if err := found.Scan(&x.ID, &x.At, &x.Agent, &x.Name, &x.Act, &x.Conversation, &x.Detail); err != nil {
			return nil, "", fmt.Errorf("reading the audit log: %w", err)
		}
		if len(out) == limit {
			return out, next, nil
		}
		out = append(out, x)
		next = strconv.FormatInt(x.At, 10) + "." + x.ID
	}
	return out, "", found.Err()
}

// Acts returns the acts that stand in the audit log.
func (s *Store) Acts(ctx context.Context) ([]string, error) {
	found, err := s.query(ctx, `SELECT DISTINCT act FROM audit ORDER BY act LIMIT 200`)
	if err != nil {
		return nil, fmt.Errorf("reading the audit log: %w", err)
	}
	defer found.Close()
	var out []string
	for found.Next() {
		var act string
		if err := found.Scan(&act); err != nil {
			return nil, fmt.Errorf("reading the audit log: %w", err)
		}
		out = append(out, act)
	}
	return out, found.Err()
}
