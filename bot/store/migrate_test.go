package store

import (
	"context"
	"path/filepath"
	"testing"

	"posdoctor/bot"
)

// TestMigrateTurns opens a database whose events and messages stood in tables of their own, and what replies had carried too.
func TestMigrateTurns(t *testing.T) {
	ctx, file := context.Background(), filepath.Join(t.TempDir(), "p.db")
	db, err := connect(file, "", 1)
	if err != nil {
		t.Fatal(err)
	}
	first, err := migrations.ReadFile("migrations/0001_start.sql")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec("CREATE TABLE migrations (version bigint PRIMARY KEY, name text NOT NULL)"); err != nil {
		t.Fatal(err)
	}
	if err := step(ctx, db, 1, "start", string(first)); err != nil {
		t.Fatal(err)
	}
	for _, row := range []string{
		`INSERT INTO conversations VALUES ('c1', 'web', 'demo', 'u1', 3, 'bot', '', 1, 1, '{"id":"c1","version":3,"last":3}')`,
		`INSERT INTO conversations VALUES ('c2', 'web', 'demo', 'u2', 1, 'bot', '', 1, 1, '{"id":"c2","version":1}')`,
		`INSERT INTO events VALUES ('k1', 'c1', 1, 1, 'said', '{"key":"k1"}', 1, 2), ('k2', 'c1', 2, 2, 'timer', '{"key":"k2"}', 0, 0),
			('k3', 'c1', 3, 3, 'said', '{"key":"k3"}', 3, 3), ('k4', 'c2', 1, 4, 'left', '{"key":"k4"}', 0, 0)`,
		`INSERT INTO messages VALUES ('c1', 2, 1, 'message', 'bot', '', '{"id":2,"text":"b"}'), ('c1', 1, 1, 'message', 'user', '', '{"id":1,"text":"a"}'),
			('c1', 3, 3, 'message', 'user', '', '{"id":3,"text":"c"}')`,
		`INSERT INTO carried VALUES ('r1', 'c1', 2, '<xml/>'), ('wechat:part:r1', 'c1', 1, '')`,
	} {
		if _, err := db.Exec(row); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	s, err := Open(ctx, file)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for key, want := range map[string]string{"k1": "ab", "k2": "", "k3": "c", "k4": ""} {
		lines, err := s.MessagesOf(ctx, key)
		if err != nil || words(lines) != want {
			t.Errorf("lines of %s: %q, %v; want %q", key, words(lines), err, want)
		}
	}
	after, err := s.Messages(ctx, "c1", 1, 10)
	before, err2 := s.MessagesBefore(ctx, "c1", 3, 1)
	if err != nil || err2 != nil || words(after) != "bc" || words(before) != "b" {
		t.Errorf("after 1: %q, %v; before 3: %q, %v", words(after), err, words(before), err2)
	}
	events, err := s.Events(ctx, "c1")
	if err != nil || len(events) != 3 || events[1].Key != "k2" {
		t.Errorf("%+v, %v", events, err)
	}
	shown, err := s.Shown(ctx, "c1", 0)
	if err != nil || shown.Upto != 2 {
		t.Errorf("shown up to %d, %v", shown.Upto, err)
	}
	if d, err := s.Delivery(ctx, "r1"); err != nil || string(d.Body) != "<xml/>" || d.Last != 2 || d.At != 1 { // a repeated request finds it, for its time
		t.Errorf("%+v, %v", d, err)
	}
	for _, c := range []bot.Commit{ // both conversations go on
		{Event: bot.Event{Key: "k5", Kind: bot.EventSaid}, Next: bot.Conversation{ID: "c1", Version: 4, Last: 4}, Effects: []bot.Effect{{Say: &bot.Message{Seq: 4, Text: "d"}}}},
		{Event: bot.Event{Key: "k6", Kind: bot.EventSaid}, Next: bot.Conversation{ID: "c2", Version: 2, Last: 1}, Effects: []bot.Effect{{Say: &bot.Message{Seq: 1, Text: "x"}}}},
	} {
		if err := s.Commit(ctx, c); err != nil {
			t.Errorf("%s: %v", c.Event.Key, err)
		}
	}
}

func words(lines []bot.Message) (out string) {
	for _, m := range lines {
		out += m.Text
	}
	return out
}
