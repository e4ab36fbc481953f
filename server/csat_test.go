package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"posdoctor/bot"
	"posdoctor/bot/desk"
	"posdoctor/bot/live"
	"posdoctor/bot/store"
)

// teller keeps what the leads are told; it fails the first time.
type teller struct {
	mu    sync.Mutex
	tries int
	told  []desk.Notice
}

func (l *teller) Tell(_ context.Context, n desk.Notice) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.tries++; l.tries == 1 {
		return errors.New("the robot does not answer")
	}
	l.told = append(l.told, n)
	return nil
}

func (l *teller) kinds() (out []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, n := range l.told {
		out = append(out, n.Kind+" "+n.Conversation+" "+n.Skill)
	}
	return out
}

// TestLowRatings: leads are told of a low rating, once, also when telling fails at first; of others they are not.
func TestLowRatings(t *testing.T) {
	st, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "posdoctor.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	var log bytes.Buffer
	a := &app{store: st, bus: &live.Bus{}, log: slog.New(slog.NewTextHandler(&log, nil))}
	for i, score := range []int{1, 5, 2, 3} {
		id := fmt.Sprint("c", i)
		r := bot.Rating{ID: "r" + id, Skill: "risk", Asked: 1, At: int64(i + 1), Low: 2, Score: score, Text: "退我的钱"}
		c := bot.Conversation{ID: id, Address: bot.Address{Channel: "web", Account: "demo", User: id}, Version: 1}
		if err := st.Commit(t.Context(), bot.Commit{Event: bot.Event{ID: id, Key: id}, Next: c, Effects: []bot.Effect{{Rate: &r}}}); err != nil {
			t.Fatal(err)
		}
	}
	to := &teller{}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); a.tellLow(ctx, to) }()
	for end := time.Now().Add(10 * time.Second); len(to.kinds()) < 2 && time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		a.bus.Publish(bot.TopicDesk)
	}
	stop()
	<-done
	a.tellLowOnce(t.Context(), to)
	if got := to.kinds(); !slices.Equal(got, []string{"rated c0 risk", "rated c2 risk"}) {
		t.Errorf("%q", got)
	}
	if strings.Contains(log.String(), "退我的钱") || !strings.Contains(log.String(), "the robot does not answer") {
		t.Error(log.String())
	}
}

// TestCSATSetting: what an operator sets counts within two seconds, and what cannot be read is as if nothing was set.
func TestCSATSetting(t *testing.T) {
	st, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "posdoctor.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	c := &csat{a: &app{store: st, log: slog.New(slog.DiscardHandler)}}
	read := func(again bool) bot.CSAT {
		t.Helper()
		if again {
			c.at = time.Time{}
		}
		set, err := c.read(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return set
	}
	if set := read(true); !set.On || set.Low != 2 {
		t.Errorf("%+v", set)
	}
	version := int64(0)
	write := func(value string) {
		t.Helper()
		if version, err = st.SetSetting(t.Context(), store.Setting{Name: "csat", Value: value, Version: version}); err != nil {
			t.Fatal(err)
		}
	}
	write(`{"on":false}`)
	if !read(false).On || read(true).On {
		t.Error("it is not read, or at every turn")
	}
	write(`{"on":"?"}`)
	if !read(true).On {
		t.Error("a setting that cannot be read")
	}
}

// TestRoom: below 500 MiB no picture is taken, and the log says so in time and not all the time.
func TestRoom(t *testing.T) {
	var log bytes.Buffer
	free, broken := int64(2<<30), error(nil)
	r := &room{a: &app{s: settings{data: "d"}, log: slog.New(slog.NewTextHandler(&log, nil))}, free: func(string) (int64, error) { return free, broken }}
	for _, tc := range []struct {
		free int64
		err  error
		ok   bool
		said int
	}{{2 << 30, nil, true, 0}, {700 << 20, nil, true, 1}, {499 << 20, nil, false, 1}, {0, errors.ErrUnsupported, true, 1}, {500 << 20, nil, true, 1}} {
		free, broken, r.at = tc.free, tc.err, time.Time{}
		if got := r.forPictures(); got != tc.ok || strings.Count(log.String(), "nearly full") != tc.said {
			t.Errorf("%d MiB: %v\n%s", tc.free>>20, got, log.String())
		}
	}
	free = 0
	if !r.forPictures() {
		t.Error("it looks at the disk with every picture")
	}
	if n, err := freeBytes(t.TempDir()); err != nil || n <= 0 {
		t.Errorf("%d, %v", n, err)
	}
}
