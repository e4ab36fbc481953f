package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"posdoctor/bot"
)

// Kinds of terms by which conversations are found at once, however many there are.
const (
	termMerchant = "m:" // the acquirer's reference
	termTail     = "e:" // its last four characters, which is what agents see of a long one
	termName     = "n:" // two characters of the shop's name
	termCode     = "c:" // a response code
	termTicket   = "t:" // a ticket's number
)

// keepFound writes what a turn brought by which its conversation is found, and what it did to the episode. Most turns bring neither
// and write nothing: a binding, a code, a ticket and a change of holder are seldom.
func keepFound(t *tx, c bot.Commit) error {
	n := c.Next
	for _, term := range terms(c) {
		if _, err := t.exec(`INSERT INTO found (term, conversation, at) VALUES ($1, $2, $3) ON CONFLICT (term, conversation) DO NOTHING`, term, n.ID, c.Event.At); err != nil {
			return err
		}
	}
	if n.Since == c.Event.At && n.Holder.Kind != bot.HolderBot {
		return episode(t, c)
	}
	return nil
}

// terms are the exact words that a turn brought.
func terms(c bot.Commit) []string {
	var out []string
	if b := c.Next.Binding; b != nil && binds(c) {
		ref := strings.ToLower(b.Merchant)
		out = append(out, termMerchant+ref, termTail+tail(ref))
		for _, pair := range pairs(b.Name) {
			out = append(out, termName+pair)
		}
	}
	if f := c.Event.Finding; f != nil {
		for _, code := range f.Codes {
			out = append(out, termCode+strings.ToLower(code.Code))
		}
	}
	for _, e := range c.Effects {
		if e.Say != nil && e.Say.TicketLine != nil && e.Say.No != "" {
			out = append(out, termTicket+strings.ToLower(e.Say.No))
		}
	}
	return out
}

// binds says that a turn wrote for whom the conversation speaks. When that was proven says nothing: another clock told it.
func binds(c bot.Commit) bool {
	return slices.ContainsFunc(c.Effects, func(e bot.Effect) bool { return e.Bound != nil && e.Bound.Merchant != "" })
}

// pairs are the neighbouring characters of a name, each once, without spaces and signs.
func pairs(name string) []string {
	r := []rune(strings.ToLower(name))
	r = slices.DeleteFunc(r, func(c rune) bool { return c == ' ' || c == '·' || c == '(' || c == ')' || c == '（' || c == '）' })
	var out []string
	for i := 0; i+1 < len(r); i++ {
		if pair := string(r[i : i+2]); !slices.Contains(out, pair) {
			out = append(out, pair)
		}
	}
	return out
}

func tail(s string) string {
	r := []rune(s)
	return string(r[max(0, len(r)-4):])
}

// episode notes that the holder changed: who served, why a person was asked for, when it ended.
func episode(t *tx, c bot.Commit) error {
	n, at := c.Next, c.Event.At
	e := Episode{Conversation: n.ID, First: 1, Opened: n.Opened}
	err := t.each(func(row []driver.Value) error {
		last := Episode{Conversation: n.ID, First: row[0].(int64), Last: row[1].(int64), Opened: row[2].(int64), Ended: row[3].(int64), Topic: row[4].(string), Reason: row[5].(string)}
		if last.Ended > 0 {
			e.First, e.Opened = last.Last+1, at
			return nil
		}
		e = last
		return json.Unmarshal([]byte(row[6].(string)), &e.Agents)
	}, `SELECT first_seq, last_seq, opened, ended, topic, reason, agents FROM episodes WHERE conversation = $1 ORDER BY first_seq DESC LIMIT 1`, n.ID)
	if err != nil {
		return err
	}
	e.Last = n.Last
	if n.Topic != "" {
		e.Topic = n.Topic
	}
	switch n.Holder.Kind {
	case bot.HolderQueue:
		if n.Reason != "" {
			e.Reason = n.Reason
		}
	case bot.HolderAgent:
		if a := n.Holder.Agent; a != nil && !slices.ContainsFunc(e.Agents, func(b bot.AgentID) bool { return b.ID == a.ID }) {
			e.Agents = append(e.Agents, *a)
		}
	case bot.HolderClosed:
		e.Ended = at
	}
	if e.Agents == nil {
		e.Agents = []bot.AgentID{}
	}
	agents, err := json.Marshal(e.Agents)
	if err != nil {
		return err
	}
	_, err = t.exec(`INSERT INTO episodes (conversation, first_seq, last_seq, opened, ended, topic, reason, agents) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (conversation, first_seq) DO UPDATE SET last_seq = excluded.last_seq, ended = excluded.ended, topic = excluded.topic, reason = excluded.reason,
		agents = excluded.agents`, e.Conversation, e.First, e.Last, e.Opened, e.Ended, e.Topic, e.Reason, string(agents))
	return err
}

// Episode is one trouble of a merchant from its first word on, as far as people had a part in it or it has ended.
type Episode struct {
	Conversation string        `json:"conversation"`
	First        int64         `json:"first"` // seq of its first line
	Last         int64         `json:"last"`  // seq of the newest line when the holder changed last
	Opened       int64         `json:"opened"`
	Ended        int64         `json:"ended"` // 0: under way
	Topic        string        `json:"topic"`
	Reason       string        `json:"reason"` // why a person was asked for
	Agents       []bot.AgentID `json:"agents"` // who served, in order
}

// Episodes returns the newest episodes of a conversation, the newest first.
func (s *Store) Episodes(ctx context.Context, conversation string, limit int) ([]Episode, error) {
	rows, err := s.query(ctx, `SELECT conversation, first_seq, last_seq, opened, ended, topic, reason, agents FROM episodes WHERE conversation = $1 ORDER BY first_seq DESC LIMIT $2`, conversation, limit)
	if err != nil {
		return nil, fmt.Errorf("reading episodes: %w", err)
	}
	defer rows.Close()
	var out []Episode
	for rows.Next() {
		var e Episode
		var agents string
		if err := rows.Scan(&e.Conversation, &e.First, &e.Last, &e.Opened, &e.Ended, &e.Topic, &e.Reason, &agents); err != nil {
			return nil, fmt.Errorf("reading episodes: %w", err)
		}
		if err := json.Unmarshal([]byte(agents), &e.Agents); err != nil {
			return nil, fmt.Errorf("reading episodes: %w", err)
		}
		out = append(out, e)
	}
	return out, wrapped("reading episodes", rows.Err())
}

// OfMerchant returns the conversations of a merchant, those bound last first.
func (s *Store) OfMerchant(ctx context.Context, merchant string, limit int) ([]bot.Conversation, error) {
	return rows[bot.Conversation](ctx, s, "conversations of a merchant", `SELECT c.data FROM found f JOIN conversations c ON c.id = f.conversation
		WHERE f.term = $1 ORDER BY f.at DESC, c.id LIMIT $2`, termMerchant+strings.ToLower(merchant), limit)
}

// Kinds of a match.
const (
	MatchMerchant = "merchant"
	MatchCode     = "code"
	MatchTicket   = "ticket"
	MatchText     = "text"
)

// Match is a conversation that was found.
type Match struct {
	Conversation bot.Conversation
	Kind         string
	Line         *bot.Message // text: the newest line that has the words
}

// Search looks conversations up by words: at once by merchant, shop, code and ticket, then through what was said, the conversations
// whose holder changed last first, until it has limit matches, Until is over or there are no more.
type Search struct {
	Words string
	After string // where the last page stopped; "" for the first one
	Limit int
	Until time.Time
	// Readable says whether a match may be shown, so that nothing is counted that is not.
	Readable func(bot.Conversation) bool
}

// Page is what a search found.
type Page struct {
	Matches []Match
	Next    string // for After; "" when everything was looked through
	Upto    int64  // how far back was looked, milliseconds; 0 for all
}

// batch is how many conversations are fetched at once to be looked through.
const batch = 100

// Find runs a search.
func (s *Store) Find(ctx context.Context, q Search) (Page, error) {
	words := strings.ToLower(strings.TrimSpace(q.Words))
	var page Page
	seen := map[string]bool{}
	if q.After == "" {
		exact, err := s.exact(ctx, words, q)
		if err != nil {
			return page, err
		}
		for _, m := range exact {
			seen[m.Conversation.ID] = true
		}
		page.Matches = exact
	}
	at, id, err := cursor(q.After)
	if err != nil {
		return page, err
	}
	if q.After == "" {
		at = int64(1) << 62
	}
	like := pattern(words)
	for {
		convs, err := rows[bot.Conversation](ctx, s, "conversations", `SELECT data FROM conversations WHERE since < $1 OR since = $1 AND id > $2
			ORDER BY since DESC, id LIMIT $3`, at, id, batch)
		if err != nil {
			return page, err
		}
		for _, c := range convs {
			if len(page.Matches) >= q.Limit || time.Now().After(q.Until) || ctx.Err() != nil {
				page.Next, page.Upto = strconv.FormatInt(at, 10)+"."+id, at
				if at == int64(1)<<62 {
					page.Upto = time.Now().UnixMilli()
				}
				return page, ctx.Err()
			}
			at, id = c.Since, c.ID
			if seen[c.ID] || !q.Readable(c) {
				continue
			}
			if kind := named(c, words); kind != "" { // bound or named before such words were kept
				seen[c.ID] = true
				page.Matches = append(page.Matches, Match{Conversation: c, Kind: kind})
				continue
			}
			line, err := s.says(ctx, c.ID, words, like)
			if err != nil {
				return page, err
			}
			if line != nil {
				page.Matches = append(page.Matches, Match{Conversation: c, Kind: MatchText, Line: line})
			}
		}
		if len(convs) < batch {
			return page, nil
		}
	}
}

// exact finds by the lists of terms.
func (s *Store) exact(ctx context.Context, words string, q Search) ([]Match, error) {
	var out []Match
	add := func(kind, term string, fits func(bot.Conversation) bool) error {
		convs, err := rows[bot.Conversation](ctx, s, "found conversations", `SELECT c.data FROM found f JOIN conversations c ON c.id = f.conversation
			WHERE f.term = $1 ORDER BY f.at DESC, c.id LIMIT $2`, term, 4*q.Limit)
		if err != nil {
			return err
		}
		for _, c := range convs {
			if len(out) < q.Limit && fits(c) && q.Readable(c) && !slices.ContainsFunc(out, func(m Match) bool { return m.Conversation.ID == c.ID }) {
				out = append(out, Match{Conversation: c, Kind: kind})
			}
		}
		return nil
	}
	always := func(bot.Conversation) bool { return true }
	errs := []error{add(MatchTicket, termTicket+words, always), add(MatchMerchant, termMerchant+words, always)}
	if utf8.RuneCountInString(words) == 4 {
		errs = append(errs, add(MatchMerchant, termTail+words, always))
	}
	if len(words) <= 4 {
		errs = append(errs, add(MatchCode, termCode+words, always))
	}
	if p := pairs(words); len(p) > 0 {
		errs = append(errs, add(MatchMerchant, termName+p[0], func(c bot.Conversation) bool { return c.Binding != nil && squeezed(c.Binding.Name, words) }))
	}
	return out, errors.Join(errs...)
}

// squeezed says whether a name has words in it, whatever spaces and signs stand between.
func squeezed(name, words string) bool {
	have := pairs(name)
	for _, p := range pairs(words) {
		if !slices.Contains(have, p) {
			return false
		}
	}
	return true
}

// named says by what of its state a conversation is found.
func named(c bot.Conversation, words string) string {
	if b := c.Binding; b != nil && (strings.EqualFold(b.Merchant, words) || strings.Contains(strings.ToLower(b.Name), words)) {
		return MatchMerchant
	}
	for _, t := range c.Tickets {
		if t.No != "" && strings.EqualFold(t.No, words) {
			return MatchTicket
		}
	}
	if slices.ContainsFunc(c.Dialogue.Codes, func(code string) bool { return strings.EqualFold(code, words) }) {
		return MatchCode
	}
	return ""
}

// pattern is a LIKE pattern of lower-case words as they stand in a turn's JSON.
func pattern(words string) string {
	text, _ := json.Marshal(words)
	return "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(string(text[1:len(text)-1])) + "%"
}

// says returns the newest line of a conversation that has words in it. The database compares the JSON of whole turns, which leaves few;
// whether a line itself has the words is seen here.
func (s *Store) says(ctx context.Context, conversation, words, like string) (*bot.Message, error) {
	found, err := s.query(ctx, `SELECT lines FROM turns WHERE conversation = $1 AND first_seq <= last_seq AND lower(lines) LIKE $2 ESCAPE '\' ORDER BY last_seq DESC`, conversation, like)
	if err != nil {
		return nil, fmt.Errorf("searching: %w", err)
	}
	defer found.Close()
	for found.Next() {
		var data sql.RawBytes
		if err := found.Scan(&data); err != nil {
			return nil, fmt.Errorf("searching: %w", err)
		}
		var lines []bot.Message
		if err := json.Unmarshal(data, &lines); err != nil {
			return nil, fmt.Errorf("searching: %w", err)
		}
		for i := len(lines) - 1; i >= 0; i-- {
			if strings.Contains(strings.ToLower(lines[i].Text), words) {
				return &lines[i], nil
			}
		}
	}
	return nil, wrapped("searching", found.Err())
}
