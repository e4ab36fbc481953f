package store_test

import (
	"database/sql"
	"fmt"
	"strings"
	"testing"

	"posdoctor/bot"
)

// The lists of the desk are read along an index, in their order, however many conversations there are.
func TestDeskListsDoNotScan(t *testing.T) {
	name := file(t)
	s := open(t, name)
	for i := range 200 {
		c := bot.Conversation{ID: fmt.Sprintf("c%03d", i), Address: bot.Address{Channel: "web", User: fmt.Sprint(i)}, Version: 1, Since: int64(1000 + i),
			Holder: bot.Holder{Kind: []string{bot.HolderBot, bot.HolderQueue, bot.HolderAgent, bot.HolderClosed}[i%4]}}
		if k := c.Holder.Kind; k == bot.HolderQueue || k == bot.HolderAgent {
			c.Case = &bot.Case{Skill: "general", Priority: i / 4 % 4, Since: c.Since, FirstDue: bot.Due{Amber: int64(5000 + i), Red: int64(6000 + i)}}
		}
		if c.Holder.Kind == bot.HolderAgent {
			c.Holder.Agent = &bot.AgentID{ID: "a", Name: "a"}
		}
		if err := s.Commit(ctx, bot.Commit{Event: bot.Event{ID: c.ID, Key: c.ID, At: c.Since}, Next: c}); err != nil {
			t.Fatal(err)
		}
	}
	queue, err := s.Queue(ctx, 1000)
	if err != nil || len(queue) != 50 {
		t.Fatalf("%d in the queue, %v", len(queue), err)
	}
	for i, c := range queue[1:] {
		if b := queue[i].Case; c.Case.Priority > b.Priority || c.Case.Priority == b.Priority && c.Since < queue[i].Since {
			t.Errorf("%s (%d) comes after %s (%d)", c.ID, c.Case.Priority, queue[i].ID, b.Priority)
		}
	}
	for at, c := range queue {
		ahead, before, err := s.Ahead(ctx, c.ID)
		if err != nil || ahead != at || before != nil {
			t.Errorf("%s: %d ahead, want %d, %v %v", c.ID, ahead, at, before, err)
		}
	}
	ahead, before, err := s.Ahead(ctx, "c000")
	if fmt.Sprint(ahead, before, err) != "50 [50 37 24 12] <nil>" {
		t.Errorf("who does not wait: %v %v %v", ahead, before, err)
	}
	if n, err := s.CountDue(ctx, 5099); err != nil || n != 50 {
		t.Errorf("%d due, %v", n, err)
	}
	db, err := sql.Open("sqlite", "file:"+name)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for query, index := range map[string]string{
		`SELECT data FROM conversations WHERE holder = 'queue' ORDER BY rank, id LIMIT 200`:                                                  "conversations_by_rank",
		`SELECT data, rank, id FROM conversations WHERE holder = 'queue' AND (rank > 1 OR rank = 1 AND id > 'x') ORDER BY rank, id LIMIT 51`: "conversations_by_rank",
		`SELECT count(*) FROM conversations WHERE holder = 'queue' AND id <> 'x' AND rank < 3`:                                               "conversations_by_rank",
		`SELECT data FROM conversations WHERE holder = 'agent' AND agent = 'a' ORDER BY since, id LIMIT 500`:                                 "conversations_by_agent",
		`SELECT agent, count(*) FROM conversations WHERE holder = 'agent' GROUP BY agent`:                                                    "conversations_by_agent",
		`SELECT data, amber_at, id FROM conversations WHERE amber_at > 0 AND amber_at <= 9 ORDER BY amber_at, id LIMIT 51`:                   "conversations_by_amber",
		`SELECT data FROM stints WHERE ended >= 1 AND ended < 9 ORDER BY ended, id`:                                                          "stints_by_time",
		`SELECT data FROM stints WHERE holder = 'agent' AND how = 'closed' ORDER BY ended DESC LIMIT 200`:                                    "stints_served",
	} {
		rows, err := db.Query("EXPLAIN QUERY PLAN " + query)
		if err != nil {
			t.Fatal(err)
		}
		var plan []string
		for rows.Next() {
			var a, b, c int
			var detail string
			if err := rows.Scan(&a, &b, &c, &detail); err != nil {
				t.Fatal(err)
			}
			plan = append(plan, detail)
		}
		rows.Close()
		got := strings.Join(plan, "; ")
		if !strings.Contains(got, index) {
			t.Errorf("%s\n%s, want %s", query, got, index)
		}
	}
}
