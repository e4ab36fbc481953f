package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"posdoctor/bot"
)

// TestFillTickets opens a database that is older than the table of tickets: those that its conversations keep are found by their request
// numbers afterwards, and it is not looked for them again.
func TestFillTickets(t *testing.T) {
	ctx, file := context.Background(), filepath.Join(t.TempDir(), "p.db")
	db, err := connect(file, "", 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec("CREATE TABLE migrations (version bigint PRIMARY KEY, name text NOT NULL)"); err != nil {
		t.Fatal(err)
	}
	names, err := os.ReadDir("migrations")
	if err != nil {
		t.Fatal(err)
	}
	for i, e := range names[:4] {
		text, err := migrations.ReadFile("migrations/" + e.Name())
		if err != nil {
			t.Fatal(err)
		}
		if err := step(ctx, db, i+1, e.Name(), string(text)); err != nil {
			t.Fatal(err)
		}
	}
	const many = fillPage + 7
	tx, err := db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	put := func(id, data string) {
		if _, err := tx.Exec(`INSERT INTO conversations (id, channel, account, username, version, holder, agent, since, updated, data) VALUES ($1, 'web', 'demo', $1, 1, 'bot', '', 1, 1, $2)`, id, data); err != nil {
			t.Fatal(err)
		}
	}
	for i := range many {
		id := fmt.Sprintf("c%04d", i)
		put(id, fmt.Sprintf(`{"id":%q,"version":1,"tickets":[{"request":"R%04da","no":"1"},{"request":"R%04db","no":"2"}]}`, id, i, i))
	}
	put("d1", `{"id":"d1","version":1}`)
	put("d2", `{"id":"d2","version":1,"preview":"\"tickets\":[…","tickets":[{"request":"","no":""}]}`)
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	db.Close()

	s, err := Open(ctx, file)
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range []int{0, 1, fillPage - 1, fillPage, many - 1} {
		for _, suffix := range []string{"a", "b"} {
			c, err := s.ConversationByTicket(ctx, fmt.Sprintf("R%04d%s", i, suffix))
			if err != nil || c.ID != fmt.Sprintf("c%04d", i) {
				t.Errorf("ticket %d%s: %q, %v", i, suffix, c.ID, err)
			}
		}
	}
	var n int
	if err := s.read.QueryRow("SELECT COUNT(*) FROM tickets").Scan(&n); err != nil || n != 2*many {
		t.Errorf("%d tickets, %v; want %d", n, err, 2*many)
	}
	s.Close()
	if db, err = connect(file, "", 1); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec("DELETE FROM tickets WHERE request = 'R0000a'"); err != nil {
		t.Fatal(err)
	}
	db.Close()
	if s, err = Open(ctx, file); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.ConversationByTicket(ctx, "R0000a"); !errors.Is(err, bot.ErrNotFound) {
		t.Errorf("it was filled a second time: %v", err)
	}
	plan, err := s.read.Query("EXPLAIN QUERY PLAN SELECT c.data FROM tickets t JOIN conversations c ON c.id = t.conversation WHERE t.request = 'x'")
	if err != nil {
		t.Fatal(err)
	}
	defer plan.Close()
	for plan.Next() {
		var id, parent, unused int
		var detail string
		if err := plan.Scan(&id, &parent, &unused, &detail); err != nil || strings.HasPrefix(detail, "SCAN") {
			t.Errorf("%s, %v", detail, err)
		}
	}
}
