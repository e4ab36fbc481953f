package store_test

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"posdoctor/bot"
	"posdoctor/bot/store"
	"posdoctor/bot/store/storetest"
)

var ctx = context.Background()

// childEnv makes the test binary a process that commits turns into this file until it is killed.
const childEnv = "POSDOCTOR_TEST_STORE_CHILD"

func TestMain(m *testing.M) {
	if file := os.Getenv(childEnv); file != "" {
		child(file)
		return
	}
	goleak.VerifyTestMain(m, // the index library keeps its workers for the life of the process
		goleak.IgnoreTopFunction("github.com/blevesearch/bleve_index_api.AnalysisWorker"))
}

func open(t testing.TB, file string) *store.Store {
	t.Helper()
	s, err := store.Open(ctx, file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func file(t testing.TB) string { return filepath.Join(t.TempDir(), "posdoctor.db") }

// raw opens the database beside the store.
func raw(t testing.TB, file string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+file+"?_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func TestConformance(t *testing.T) {
	storetest.Exercise(t, func(t *testing.T) storetest.Full { return open(t, file(t)) })
}

func TestDurability(t *testing.T) {
	f := file(t)
	open(t, f)
	info, err := os.Stat(f)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	var mode string
	if err := raw(t, f).QueryRow("PRAGMA journal_mode").Scan(&mode); err != nil || mode != "wal" {
		t.Errorf("journal %s, %v", mode, err)
	}
}

func TestRefusesToOpen(t *testing.T) {
	for _, c := range []struct {
		name string
		make func(t *testing.T, dir string) string
		want []string
	}{
		{"a newer version", func(t *testing.T, dir string) string {
			f := filepath.Join(dir, "p.db")
			open(t, f).Close()
			if _, err := raw(t, f).Exec("INSERT INTO migrations (version, name) VALUES (9999, 'future')"); err != nil {
				t.Fatal(err)
			}
			return f
		}, []string{"newer posdoctor", "9999", "another data folder"}},
		{"a file in the place of the folder", func(t *testing.T, dir string) string {
			if err := os.WriteFile(filepath.Join(dir, "data"), nil, 0o600); err != nil {
				t.Fatal(err)
			}
			return filepath.Join(dir, "data", "p.db")
		}, []string{"cannot be written", "--data"}},
		{"no folder", func(t *testing.T, dir string) string { return filepath.Join(dir, "none", "p.db") }, []string{"cannot be written", "--data"}},
		{"a folder in the place of the file", func(t *testing.T, dir string) string {
			if err := os.Mkdir(filepath.Join(dir, "p.db"), 0o700); err != nil {
				t.Fatal(err)
			}
			return filepath.Join(dir, "p.db")
		}, []string{"is a folder", "--data"}},
		{"no database", func(t *testing.T, dir string) string {
			f := filepath.Join(dir, "p.db")
			if err := os.WriteFile(f, []byte(strings.Repeat("this is a diary\n", 600)), 0o600); err != nil {
				t.Fatal(err)
			}
			return f
		}, []string{"p.db", "not a database"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := c.make(t, t.TempDir())
			s, err := store.Open(ctx, f)
			if err == nil {
				s.Close()
				t.Fatal("opened")
			}
			for _, w := range c.want {
				if !strings.Contains(err.Error(), w) {
					t.Errorf("%q does not say %q", err, w)
				}
			}
		})
	}
}

func TestOpenedAtOnce(t *testing.T) {
	f := file(t)
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() {
			s, err := store.Open(ctx, f)
			if err != nil {
				t.Error(err)
				return
			}
			s.Close()
		})
	}
	wg.Wait()
}

func TestTwoHandles(t *testing.T) {
	f := file(t)
	a, b := open(t, f), open(t, f)
	for _, name := range []string{"epoch", "key"} {
		x, err := a.Meta(ctx, name)
		y, err2 := b.Meta(ctx, name)
		if err != nil || err2 != nil || x == "" || x != y {
			t.Fatalf("%s is %q and %q, %v, %v", name, x, y, err, err2)
		}
	}
	one := storetest.Next(storetest.Fresh("c1"), "k1", "one")
	if err := b.Commit(ctx, one); err != nil {
		t.Fatal(err)
	}
	got, err := a.Conversation(ctx, one.Next.Address)
	if err != nil || got.Version != 1 {
		t.Fatalf("the first does not see the second's turn: %+v, %v", got, err)
	}
	if err := a.Commit(ctx, storetest.Next(storetest.Fresh("c1"), "k2", "x")); !errors.Is(err, bot.ErrConflict) {
		t.Fatal(err)
	}
	if err := a.Commit(ctx, storetest.Next(got, "k1", "x")); !errors.Is(err, bot.ErrDuplicate) {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			s, c := []*store.Store{a, b}[i%2], storetest.Fresh(fmt.Sprint("n", i))
			for n := range 20 {
				next := storetest.Next(c, fmt.Sprintf("n%d-%d", i, n), "x")
				if err := s.Commit(ctx, next); err != nil {
					t.Error(err)
					return
				}
				c = next.Next
			}
		})
	}
	wg.Wait()
	counts, err := a.Counts(ctx, "")
	if err != nil || counts[store.ListBot] != 17 {
		t.Fatalf("%v, %v", counts, err)
	}
}

// TestBusy holds the writer's lock from outside: below the busy timeout a turn waits, above it fails and nothing of it stays.
func TestBusy(t *testing.T) {
	f := file(t)
	s := open(t, f)
	hold := func() *sql.Conn {
		conn, err := raw(t, f).Conn(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := conn.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
			t.Fatal(err)
		}
		return conn
	}
	conn := hold()
	done := make(chan error, 1)
	go func() { done <- s.Commit(ctx, storetest.Next(storetest.Fresh("c1"), "k1", "x")) }()
	select {
	case err := <-done:
		t.Fatalf("it did not wait: %v", err)
	case <-time.After(200 * time.Millisecond):
	}
	if _, err := s.ConversationByID(ctx, "c1"); !errors.Is(err, bot.ErrNotFound) { // readers go on
		t.Fatal(err)
	}
	if _, err := conn.ExecContext(ctx, "ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if testing.Short() {
		return
	}
	conn = hold()
	if err := s.Commit(ctx, storetest.Next(storetest.Fresh("c2"), "k2", "x")); err == nil || !strings.Contains(err.Error(), "beginning to write") {
		t.Fatalf("%v", err)
	}
	if _, err := conn.ExecContext(ctx, "ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	if err := s.Commit(ctx, storetest.Next(storetest.Fresh("c2"), "k2", "x")); err != nil {
		t.Fatal(err)
	}
}

func TestLists(t *testing.T) {
	s := open(t, file(t))
	put := func(id, holder, agent string, since, updated int64) {
		next := storetest.Next(storetest.Fresh(id), "k-"+id, "x")
		next.Next.Holder, next.Next.Since, next.Next.Updated = bot.Holder{Kind: holder}, since, updated
		if agent != "" {
			next.Next.Holder.Agent = &bot.AgentID{ID: agent, Name: agent}
		}
		if err := s.Commit(ctx, next); err != nil {
			t.Fatal(err)
		}
	}
	for i, at := range []int64{30, 10, 20, 20, 20} {
		put(fmt.Sprint("q", i), bot.HolderQueue, "", at, 1)
		put(fmt.Sprint("b", i), bot.HolderBot, "", at, 1)
	}
	put("m1", bot.HolderAgent, "amy", 2, 9)
	put("m2", bot.HolderAgent, "amy", 1, 9)
	put("m3", bot.HolderAgent, "bob", 1, 9)
	put("z1", bot.HolderClosed, "", 1, 5)
	for _, c := range []struct{ list, agent, want string }{
		{store.ListQueued, "", "q1 q2 q3 q4 q0"},
		{store.ListMine, "amy", "m2 m1"},
		{store.ListMine, "bob", "m3"},
		{store.ListMine, "eve", ""},
		{store.ListBot, "", "b0 b2 b3 b4 b1"},
		{store.ListClosed, "", "z1"},
	} {
		for _, limit := range []int{1, 2, 5, 100} {
			var got []string
			after, pages := "", 0
			for {
				page, next, err := s.List(ctx, c.list, c.agent, after, limit)
				if err != nil {
					t.Fatal(err)
				}
				if len(page) > limit {
					t.Fatalf("%s: %d on a page of %d", c.list, len(page), limit)
				}
				for _, x := range page {
					got = append(got, x.ID)
				}
				pages++
				if next == "" {
					break
				}
				after = next
			}
			if strings.Join(got, " ") != c.want {
				t.Errorf("%s of %q by %d: %v, want %s", c.list, c.agent, limit, got, c.want)
			}
			if want := max(1, (len(got)+limit-1)/limit); pages != want {
				t.Errorf("%s by %d: %d pages, want %d", c.list, limit, pages, want)
			}
		}
	}
	got, err := s.Counts(ctx, "amy")
	if d := cmp.Diff(map[string]int{"queued": 5, "mine": 2, "held": 3, "bot": 5, "closed": 1}, got); err != nil || d != "" {
		t.Errorf("%v\n%s", err, d)
	}
	for except, want := range map[string]int{"": 5, "q1": 4, "b1": 5} {
		if n, err := s.Waiting(ctx, except); err != nil || n != want {
			t.Errorf("waiting except %q: %d, %v", except, n, err)
		}
	}
	for _, bad := range []string{"x", "1", "x.y", "."} {
		if _, _, err := s.List(ctx, store.ListBot, "", bad, 5); err == nil {
			t.Errorf("cursor %q was taken", bad)
		}
	}
	if _, _, err := s.List(ctx, "bot' OR 1=1", "", "", 5); err == nil {
		t.Error("a list of that name was found")
	}
}

func TestAgents(t *testing.T) {
	s := open(t, file(t))
	a := store.Agent{ID: "a1", Name: "admin", Role: store.RoleAdmin, Password: "hash", Temporary: true}
	if err := s.AddAgent(ctx, a); err != nil {
		t.Fatal(err)
	}
	if err := s.AddAgent(ctx, store.Agent{ID: "a2", Name: "admin"}); err == nil || !strings.Contains(err.Error(), "agent named admin already") {
		t.Errorf("a taken name: %v", err)
	}
	if got, err := s.AgentByID(ctx, "a1"); err != nil || !got.Temporary || got.Changed != 1 {
		t.Errorf("%+v, %v", got, err)
	}
	if err := s.SetPassword(ctx, "a1", "other", false); err != nil {
		t.Fatal(err)
	}
	a.Password, a.Changed, a.Temporary, a.Capacity, a.Teams, a.Skills = "other", 2, false, 6, []string{}, []string{}
	byName, err := s.AgentByName(ctx, "admin")
	byID, err2 := s.AgentByID(ctx, "a1")
	if err != nil || err2 != nil || cmp.Diff(byName, a) != "" || cmp.Diff(byID, a) != "" {
		t.Errorf("%+v, %v; %+v, %v", byName, err, byID, err2)
	}
	_, err = s.AgentByName(ctx, "eve")
	_, err2 = s.AgentByID(ctx, "a2")
	if err3 := s.SetPassword(ctx, "a2", "x", true); !errors.Is(err, bot.ErrNotFound) || !errors.Is(err2, bot.ErrNotFound) || !errors.Is(err3, bot.ErrNotFound) {
		t.Errorf("%v, %v, %v", err, err2, err3)
	}
	if err := s.Audit(ctx, "x1", 1, "a1", "claim", "c1", ""); err != nil {
		t.Error(err)
	}
}

func TestSessions(t *testing.T) {
	f := file(t)
	s := open(t, f)
	x := s.Sessions()
	later := time.Now().Add(time.Hour)
	for _, data := range [][]byte{{0, 1, 255}, {2}} {
		if err := x.Commit("token", data, later); err != nil {
			t.Fatal(err)
		}
		if got, found, err := x.Find("token"); err != nil || !found || string(got) != string(data) {
			t.Fatalf("%v, %v, %v", got, found, err)
		}
	}
	if err := x.Commit("old", []byte{1}, time.Now().Add(-time.Second)); err != nil {
		t.Fatal(err)
	}
	for _, token := range []string{"old", "other", ""} {
		if _, found, err := x.Find(token); found || err != nil {
			t.Errorf("%q: %v, %v", token, found, err)
		}
	}
	var n int
	if err := raw(t, f).QueryRow("SELECT count(*) FROM sessions WHERE token LIKE '%token%'").Scan(&n); err != nil || n != 0 {
		t.Errorf("the token itself is stored: %d, %v", n, err)
	}
	if err := x.Delete("token"); err != nil {
		t.Fatal(err)
	}
	if _, found, err := x.Find("token"); found || err != nil {
		t.Errorf("deleted: %v, %v", found, err)
	}
}

func TestEvents(t *testing.T) {
	s := open(t, file(t))
	c := storetest.Fresh("c1")
	for i := range 12 {
		next := storetest.Next(c, fmt.Sprint("k", 11-i), "x")
		if err := s.Commit(ctx, next); err != nil {
			t.Fatal(err)
		}
		c = next.Next
	}
	events, err := s.Events(ctx, "c1")
	if err != nil || len(events) != 12 {
		t.Fatalf("%d, %v", len(events), err)
	}
	for i, ev := range events {
		if ev.Key != fmt.Sprint("k", 11-i) {
			t.Errorf("event %d is %s", i, ev.Key)
		}
	}
}

// child commits turns of four conversations at once and prints the key of each that was acknowledged.
func child(file string) {
	s, err := store.Open(ctx, file)
	if err != nil {
		fmt.Println("error", err)
		return
	}
	var mu sync.Mutex
	fmt.Println("open")
	for i := range 4 {
		go func() {
			c := storetest.Fresh(bot.NewID())
			for n := 0; ; n++ {
				key := fmt.Sprintf("%s/%d", c.ID, n)
				next := storetest.Next(c, key, "line of "+key, "second line of "+key)
				if err := s.Commit(ctx, next); err != nil {
					mu.Lock()
					fmt.Println("error", i, err)
					mu.Unlock()
					return
				}
				mu.Lock()
				fmt.Println("ack", key)
				mu.Unlock()
				c = next.Next
			}
		}()
	}
	select {}
}

// TestKilled kills a writing process at random times: what it acknowledged is there, once, and the file is sound.
func TestKilled(t *testing.T) {
	rounds := 10
	if os.Getenv("POSDOCTOR_TEST_ALL") == "1" {
		rounds = 50
	}
	f := file(t)
	acked := map[string]bool{}
	for round := range rounds {
		fresh := kill(t, f, time.Duration(20+rand.IntN(180))*time.Millisecond)
		if len(fresh) == 0 {
			t.Logf("round %d: killed before the first turn", round)
		}
		for _, key := range fresh {
			acked[key] = true
		}
		verify(t, f, acked)
	}
	if len(acked) < rounds {
		t.Fatalf("only %d turns in %d rounds: the test shows nothing", len(acked), rounds)
	}
	t.Logf("%d acknowledged turns in %d rounds", len(acked), rounds)
}

// kill runs a child, kills it a while after it has opened the file and returns the keys it acknowledged.
func kill(t *testing.T, f string, after time.Duration) []string {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+f)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()
	defer cmd.Process.Kill()
	lines := bufio.NewReader(out)
	if first, err := lines.ReadString('\n'); first != "open\n" {
		t.Fatalf("the child said %q, %v", first, err)
	}
	timer := time.AfterFunc(after, func() { cmd.Process.Kill() })
	defer timer.Stop()
	var keys []string
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			return keys // a line without its end was not told
		}
		key, ok := strings.CutPrefix(strings.TrimSpace(line), "ack ")
		if !ok {
			t.Fatalf("the child said %q", line)
		}
		keys = append(keys, key)
	}
}

func verify(t *testing.T, f string, acked map[string]bool) {
	t.Helper()
	s, err := store.Open(ctx, f)
	if err != nil {
		t.Fatalf("opening after a kill: %v", err)
	}
	defer s.Close()
	db := raw(t, f)
	var sound string
	if err := db.QueryRow("PRAGMA integrity_check").Scan(&sound); err != nil || sound != "ok" {
		t.Fatalf("integrity: %s, %v", sound, err)
	}
	rows := map[string]int{}
	count(t, db, rows, "SELECT dup, count(*) FROM turns GROUP BY dup")
	lines := map[string]int{}
	count(t, db, lines, "SELECT dup, json_array_length(lines) FROM turns WHERE last_seq = first_seq + 1")
	for key := range acked {
		if rows[key] != 1 || lines[key] != 2 {
			t.Fatalf("acknowledged %s has %d turns and %d lines", key, rows[key], lines[key])
		}
	}
	for key := range rows { // what nobody was told of is whole too
		if lines[key] != 2 {
			t.Fatalf("%s has %d lines", key, lines[key])
		}
	}
	var torn int
	if err := db.QueryRow(`SELECT count(*) FROM conversations c WHERE c.version <> (SELECT count(*) FROM turns t WHERE t.conversation = c.id)
		OR 2 * c.version <> c.last_seq OR c.last_seq <> (SELECT MAX(t.last_seq) FROM turns t WHERE t.conversation = c.id)`).Scan(&torn); err != nil || torn != 0 {
		t.Fatalf("%d conversations are torn, %v", torn, err)
	}
}

func count(t *testing.T, db *sql.DB, into map[string]int, query string) {
	t.Helper()
	rows, err := db.Query(query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var key string
		var n int
		if err := rows.Scan(&key, &n); err != nil {
			t.Fatal(err)
		}
		into[key] = n
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
}

func TestSettings(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "x.db"))
	ctx := t.Context()
	if got, err := s.Setting(ctx, "hours"); err != nil || got.Version != 0 || got.Value != "" {
		t.Fatalf("one that was never set: %+v, %v", got, err)
	}
	for i, x := range []struct {
		saw  int64
		want error
	}{{1, bot.ErrConflict}, {0, nil}, {0, bot.ErrConflict}, {1, nil}, {1, bot.ErrConflict}} {
		v, err := s.SetSetting(ctx, store.Setting{Name: "hours", Value: fmt.Sprint(i), Version: x.saw, At: 9, Agent: "a1"})
		if !errors.Is(err, x.want) || err == nil && v != x.saw+1 {
			t.Errorf("writing over version %d: %d, %v; want %v", x.saw, v, err, x.want)
		}
	}
	if got, err := s.Setting(ctx, "hours"); err != nil || got.Value != "3" || got.Version != 2 || got.At != 9 || got.Agent != "a1" {
		t.Errorf("%+v, %v", got, err)
	}
}
