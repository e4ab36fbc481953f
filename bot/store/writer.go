package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"runtime"
	"sync"
)

// most is how many writes share one commit.
const most = 256

// errClosed is returned for writes after Close.
var errClosed = errors.New("the store is closed")

// writer is the one goroutine that writes. It commits together what has gathered while the last commit was on its way to the disk.
type writer struct {
	jobs chan *job
	done chan struct{}

	mu     sync.RWMutex
	closed bool
}

// job is one write: a turn, or a row of the desk. do may run twice, see together, and must begin anew each time.
type job struct {
	ctx context.Context
	do  func(*tx) error
	err error
	end chan struct{}
}

// tx is the writer's transaction, with each statement prepared once. It speaks to the driver itself: database/sql locks, checks and
// copies for callers that share a connection, which nobody does here, and that was a tenth of a turn.
type tx struct {
	ctx  context.Context
	conn driver.ConnPrepareContext
	stmt map[string]driver.Stmt
	args []driver.NamedValue
}

// newWriter takes a connection of the pool for itself.
func newWriter(ctx context.Context, db *sql.DB) (*writer, error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	w := &writer{jobs: make(chan *job, 4*most), done: make(chan struct{})}
	go func() {
		defer close(w.done)
		defer conn.Close()
		conn.Raw(func(c any) error {
			t := &tx{ctx: context.Background(), conn: c.(driver.ConnPrepareContext), stmt: map[string]driver.Stmt{}}
			w.run(t)
			return t.close()
		})
	}()
	return w, nil
}

// do runs a write and returns when it is durable, or was refused. It ignores ctx once the write has begun: whether it will be
// durable can no longer be known then.
func (w *writer) do(ctx context.Context, f func(*tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	j := &job{ctx: ctx, do: f, end: make(chan struct{})}
	w.mu.RLock()
	if w.closed {
		w.mu.RUnlock()
		return errClosed
	}
	select {
	case w.jobs <- j:
		w.mu.RUnlock()
	case <-ctx.Done():
		w.mu.RUnlock()
		return ctx.Err()
	}
	<-j.end
	return j.err
}

func (w *writer) close() {
	w.mu.Lock()
	if !w.closed {
		w.closed = true
		close(w.jobs)
	}
	w.mu.Unlock()
	<-w.done
}

func (w *writer) run(t *tx) {
	batch := make([]*job, 0, most)
	for first := range w.jobs {
		batch = w.gather(append(batch[:0], first))
		t.batch(batch)
		for _, j := range batch {
			close(j.end)
		}
	}
}

// gather adds the jobs that wait to a batch. Callers whose turn was just acknowledged are often about to bring the next one: it lets
// them run as long as that brings more, which takes some microseconds and, when nobody else is there, nothing.
func (w *writer) gather(batch []*job) []*job {
	for idle := 0; len(batch) < most && idle < 3; {
		select {
		case j, ok := <-w.jobs:
			if !ok {
				return batch
			}
			batch = append(batch, j)
			idle = 0
		default:
			runtime.Gosched()
			idle++
		}
	}
	return batch
}

// batch runs jobs in one transaction. A job that fails is undone alone; when the commit fails, all have failed with that error:
// what one of them was told may rest on a neighbour's row, and a duplicate of a row that is gone is none.
func (t *tx) batch(jobs []*job) {
	fail := func(err error) {
		for _, j := range jobs {
			j.err = err
		}
	}
	if _, err := t.exec("BEGIN IMMEDIATE"); err != nil {
		fail(fmt.Errorf("beginning to write: %w", err))
		return
	}
	if !t.together(jobs) {
		t.exec("ROLLBACK")
		if _, err := t.exec("BEGIN IMMEDIATE"); err != nil {
			fail(fmt.Errorf("beginning to write: %w", err))
			return
		}
		for _, j := range jobs {
			if err := t.savepoint(j); err != nil {
				t.exec("ROLLBACK")
				fail(err)
				return
			}
		}
	}
	if _, err := t.exec("COMMIT"); err != nil {
		t.exec("ROLLBACK")
		fail(fmt.Errorf("committing: %w", err))
	}
}

// together runs jobs without a savepoint each, which most batches never need. When one fails, what they all did is undone, and they
// are run again one by one: a job may be run twice, and must begin anew each time.
func (t *tx) together(jobs []*job) bool {
	for _, j := range jobs {
		if j.ctx.Err() != nil || t.guard(j.do) != nil {
			return false
		}
	}
	return true
}

func (t *tx) savepoint(j *job) error {
	if j.err = j.ctx.Err(); j.err != nil {
		return nil // nobody waits for it, and nothing was written
	}
	if _, err := t.exec("SAVEPOINT turn"); err != nil {
		return err
	}
	if j.err = t.guard(j.do); j.err != nil {
		if _, err := t.exec("ROLLBACK TO turn"); err != nil {
			return err
		}
	}
	_, err := t.exec("RELEASE turn")
	return err
}

// guard keeps a panic in one write from ending the writer.
func (t *tx) guard(f func(*tx) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("writing: %v", p)
		}
	}()
	return f(t)
}

func (t *tx) prepared(query string) (driver.Stmt, error) {
	if s := t.stmt[query]; s != nil {
		return s, nil
	}
	s, err := t.conn.PrepareContext(t.ctx, query)
	if err == nil {
		t.stmt[query] = s
	}
	return s, err
}

// values puts arguments into the driver's form; they are good until the next call.
func (t *tx) values(args []any) ([]driver.NamedValue, error) {
	t.args = t.args[:0]
	for i, a := range args {
		switch v := a.(type) {
		case string, int64, []byte, nil:
		case int:
			a = int64(v)
		default:
			return nil, fmt.Errorf("an argument of type %T cannot be stored", a)
		}
		t.args = append(t.args, driver.NamedValue{Ordinal: i + 1, Value: a})
	}
	return t.args, nil
}

// exec runs a statement and says how many rows it changed.
func (t *tx) exec(query string, args ...any) (int64, error) {
	s, err := t.prepared(query)
	if err != nil {
		return 0, err
	}
	values, err := t.values(args)
	if err != nil {
		return 0, err
	}
	r, err := s.(driver.StmtExecContext).ExecContext(t.ctx, values)
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

// each calls f with every row of a query: text as string, numbers as int64, good for the time of the call. f must not run the same
// query.
func (t *tx) each(f func(row []driver.Value) error, query string, args ...any) error {
	s, err := t.prepared(query)
	if err != nil {
		return err
	}
	values, err := t.values(args)
	if err != nil {
		return err
	}
	rows, err := s.(driver.StmtQueryContext).QueryContext(t.ctx, values)
	if err != nil {
		return err
	}
	defer rows.Close()
	row := make([]driver.Value, len(rows.Columns()))
	for {
		if err := rows.Next(row); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		if err := f(row); err != nil {
			return err
		}
	}
}

func (t *tx) close() error {
	var errs []error
	for _, s := range t.stmt {
		errs = append(errs, s.Close())
	}
	return errors.Join(errs...)
}
