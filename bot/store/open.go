package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"

	_ "modernc.org/sqlite"
)

// Store keeps conversations in SQLite. It implements bot.Store, bot.Outbox, bot.Timers, bot.Deliveries,
// bot.Leases, bot.Notes and bot.Files.
type Store struct {
	read  *sql.DB  // any number of readers, never writes
	stmts sync.Map // of read: text of a query -> *sql.Stmt; as many as there are queries in this package
	write *sql.DB  // the writer's one connection
	w     *writer
}

// leastSQLite is the first version without the WAL-reset race, which could lose committed rows.
const leastSQLite = "3.51.3"

// Open opens the database in a file, creates what is missing and refuses what it cannot keep promises with: an old SQLite, a
// database written by a newer posdoctor.
func Open(ctx context.Context, file string) (*Store, error) {
	if err := writable(file); err != nil {
		return nil, err
	}
	write, err := connect(file, "&_txlock=immediate&_pragma=cache_size(-65536)&_pragma=wal_autocheckpoint(4000)", 1)
	if err != nil {
		return nil, err
	}
	s := &Store{write: write}
	if err := patiently(ctx, func() error { return s.prepare(ctx) }); err != nil {
		return nil, errors.Join(fmt.Errorf("database %s: %w", file, err), write.Close())
	}
	if s.read, err = connect(file, "&_pragma=query_only(1)", max(4, runtime.NumCPU())); err != nil {
		return nil, errors.Join(err, write.Close())
	}
	if s.w, err = newWriter(ctx, write); err != nil {
		return nil, errors.Join(err, s.read.Close(), write.Close())
	}
	return s, nil
}

// creating makes one Open at a time look for its file; see writable.
var creating sync.Mutex

// writable says early and in words what SQLite would say late and as a number. It never opens a file that is there: closing it would
// drop the locks that SQLite holds on it elsewhere in this process.
func writable(file string) error {
	creating.Lock()
	defer creating.Unlock()
	f, err := os.OpenFile(file, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		info, err := os.Stat(file)
		if err == nil && info.IsDir() {
			return fmt.Errorf("the database %s is a folder; choose another data folder with --data", file)
		}
		return err
	}
	if err != nil {
		return fmt.Errorf("the data folder %s cannot be written: %w; choose another one with --data", filepath.Dir(file), err)
	}
	return f.Close()
}

func connect(file, more string, conns int) (*sql.DB, error) {
	dsn := "file:" + (&url.URL{Path: file}).EscapedPath() +
		"?_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)" + more
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", file, err)
	}
	db.SetMaxOpenConns(conns)
	db.SetMaxIdleConns(conns)
	return db, nil
}

// patiently tries again for as long as another process opens the same new file: turning it to WAL does not wait for a lock by itself.
func patiently(ctx context.Context, f func() error) error {
	for end := time.Now().Add(5 * time.Second); ; {
		err := f()
		if !busy(err) || time.Now().After(end) || ctx.Err() != nil {
			return err
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func (s *Store) prepare(ctx context.Context) error {
	var version string
	if err := s.write.QueryRowContext(ctx, "SELECT sqlite_version()").Scan(&version); err != nil {
		return err
	}
	if older(version, leastSQLite) {
		return fmt.Errorf("SQLite %s can lose committed rows; %s or later is needed", version, leastSQLite)
	}
	if err := migrate(ctx, s.write); err != nil {
		return err
	}
	if err := fillTickets(ctx, s.write); err != nil {
		return err
	}
	epoch := make([]byte, 8)
	rand.Read(epoch)
	key := make([]byte, 32)
	rand.Read(key)
	for name, value := range map[string]string{"epoch": "e-" + hex.EncodeToString(epoch), "key": hex.EncodeToString(key)} {
		if _, err := s.write.ExecContext(ctx, "INSERT INTO meta (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING", name, value); err != nil {
			return err
		}
	}
	return nil
}

// older compares dotted versions.
func older(a, b string) bool {
	var x, y [3]int
	fmt.Sscanf(strings.ReplaceAll(a, ".", " "), "%d %d %d", &x[0], &x[1], &x[2])
	fmt.Sscanf(strings.ReplaceAll(b, ".", " "), "%d %d %d", &y[0], &y[1], &y[2])
	for i := range x {
		if x[i] != y[i] {
			return x[i] < y[i]
		}
	}
	return false
}

// Meta returns a value that belongs to the database as a whole: "epoch" names its stream of messages to visitors, "key" (hex)
// signs their tokens.
func (s *Store) Meta(ctx context.Context, name string) (string, error) {
	var v string
	err := s.row(ctx, "SELECT value FROM meta WHERE name = $1", name).Scan(&v)
	return v, err
}

// Ping says whether the database answers.
func (s *Store) Ping(ctx context.Context) error {
	var n int
	return s.row(ctx, "SELECT 1").Scan(&n)
}

// prepared has the statement of a query ready: reading its text anew costs as much as running it.
func (s *Store) prepared(ctx context.Context, query string) (*sql.Stmt, error) {
	if st, ok := s.stmts.Load(query); ok {
		return st.(*sql.Stmt), nil
	}
	st, err := s.read.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	if first, taken := s.stmts.LoadOrStore(query, st); taken {
		return first.(*sql.Stmt), st.Close()
	}
	return st, nil
}

func (s *Store) query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	st, err := s.prepared(ctx, query)
	if err != nil {
		return nil, err
	}
	return st.QueryContext(ctx, args...)
}

func (s *Store) row(ctx context.Context, query string, args ...any) *sql.Row {
	st, err := s.prepared(ctx, query)
	if err != nil {
		return s.read.QueryRowContext(ctx, query, args...) // says the same
	}
	return st.QueryRowContext(ctx, args...)
}

// Close waits for the writer and closes the database.
func (s *Store) Close() error {
	s.w.close()
	s.stmts.Range(func(_, st any) bool { st.(*sql.Stmt).Close(); return true })
	return errors.Join(s.read.Close(), s.write.Close())
}
