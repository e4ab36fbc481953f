package store

import (
	"context"
	"fmt"
	"strconv"

	"posdoctor/bot"
)

// Rated is a rating with whose it is.
type Rated struct {
	bot.Rating
	Conversation string
	Channel      string
}

// rate keeps what is known of a rating: that it was asked for, or the newest answer.
func rate(t *tx, c bot.Conversation, r bot.Rating) error {
	var agent bot.AgentID
	if r.Agent != nil {
		agent = *r.Agent
	}
	solved := -1
	if r.Solved != nil {
		solved = map[bool]int{true: 1, false: 0}[*r.Solved]
	}
	_, err := t.exec(`INSERT INTO ratings (id, conversation, channel, skill, agent, name, asked, at, score, solved, words, low, told)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 0)
		ON CONFLICT (id) DO UPDATE SET at = excluded.at, score = excluded.score, solved = excluded.solved, words = excluded.words`,
		r.ID, c.ID, c.Address.Channel, r.Skill, agent.ID, agent.Name, r.Asked, r.At, r.Score, solved, r.Text, r.Low)
	return err
}

const ratingColumns = `id, conversation, channel, skill, agent, name, asked, at, score, solved, words, low`

// Ratings returns one page of the answers, the newest first, and the cursor of the next, "" at the end.
func (s *Store) Ratings(ctx context.Context, after string, limit int) ([]Rated, string, error) {
	at, id, err := cursor(after)
	if err != nil {
		return nil, "", err
	}
	if after == "" {
		at = int64(1) << 62
	}
	out, err := s.ratings(ctx, `SELECT `+ratingColumns+` FROM ratings WHERE score > 0 AND (at < $1 OR at = $1 AND id > $2) ORDER BY at DESC, id LIMIT $3`, at, id, limit+1)
	if err != nil || len(out) <= limit {
		return out, "", err
	}
	last := out[limit-1]
	return out[:limit], strconv.FormatInt(last.At, 10) + "." + last.ID, nil
}

// LowRatings returns answers that the leads have to be told of and were not, the oldest first.
func (s *Store) LowRatings(ctx context.Context, limit int) ([]Rated, error) {
	return s.ratings(ctx, `SELECT `+ratingColumns+` FROM ratings WHERE score > 0 AND score <= low AND told = 0 ORDER BY at LIMIT $1`, limit)
}

// ToldRating notes that the leads know of a low rating.
func (s *Store) ToldRating(ctx context.Context, id string) error {
	return wrapped("noting a rating as told", s.w.do(ctx, func(t *tx) error {
		_, err := t.exec(`UPDATE ratings SET told = 1 WHERE id = $1`, id)
		return err
	}))
}

func (s *Store) ratings(ctx context.Context, query string, args ...any) ([]Rated, error) {
	rows, err := s.query(ctx, query, args...)
	if err != nil {
		return nil, wrapped("reading ratings", err)
	}
	defer rows.Close()
	var out []Rated
	for rows.Next() {
		var r Rated
		var agent bot.AgentID
		var solved int
		if err := rows.Scan(&r.ID, &r.Conversation, &r.Channel, &r.Skill, &agent.ID, &agent.Name, &r.Asked, &r.At, &r.Score, &solved, &r.Text, &r.Low); err != nil {
			return nil, wrapped("reading ratings", err)
		}
		if agent.ID != "" {
			r.Agent = &agent
		}
		if solved >= 0 {
			yes := solved == 1
			r.Solved = &yes
		}
		out = append(out, r)
	}
	return out, wrapped("reading ratings", rows.Err())
}

// RatingSum is what the ratings of one agent, skill and channel come to. Whoever divides must look at Answered first.
type RatingSum struct {
	Agent    bot.AgentID // empty: the bot alone
	Skill    string
	Channel  string
	Asked    int
	Answered int
	Score    int // all scores added
	Good     int // scores of 4 and 5
	Solved   int // that said so
	Unsolved int
}

// RatingSums adds up the ratings of episodes that ended from one time to another, in milliseconds, the second not included.
func (s *Store) RatingSums(ctx context.Context, from, to int64) ([]RatingSum, error) {
	rows, err := s.query(ctx, `SELECT agent, MAX(name), skill, channel, COUNT(*), SUM(CASE WHEN score > 0 THEN 1 ELSE 0 END), SUM(score),
		SUM(CASE WHEN score >= 4 THEN 1 ELSE 0 END), SUM(CASE WHEN solved = 1 THEN 1 ELSE 0 END), SUM(CASE WHEN solved = 0 THEN 1 ELSE 0 END)
		FROM ratings WHERE asked >= $1 AND asked < $2 GROUP BY agent, skill, channel ORDER BY agent, skill, channel`, from, to)
	if err != nil {
		return nil, wrapped("adding up ratings", err)
	}
	defer rows.Close()
	var out []RatingSum
	for rows.Next() {
		var r RatingSum
		if err := rows.Scan(&r.Agent.ID, &r.Agent.Name, &r.Skill, &r.Channel, &r.Asked, &r.Answered, &r.Score, &r.Good, &r.Solved, &r.Unsolved); err != nil {
			return nil, wrapped("adding up ratings", err)
		}
		out = append(out, r)
	}
	return out, wrapped("adding up ratings", rows.Err())
}

// Reached says whether a line has gone out to a user who does not read by seq, as far as is known.
func (s *Store) Reached(ctx context.Context, conversation string, seq int64) (bool, error) {
	shown, err := s.Shown(ctx, conversation, 0)
	if err != nil {
		return false, fmt.Errorf("line %d: %w", seq, err)
	}
	for _, d := range shown.Held {
		if d.First <= seq && seq <= d.Last {
			return false, nil
		}
	}
	return shown.Upto >= seq, nil
}
