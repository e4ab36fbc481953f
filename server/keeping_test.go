package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"posdoctor/bot"
	"posdoctor/bot/store"
)

// TestHousekeeping: what is over its time goes, in as many steps as it takes; what is not stays.
func TestHousekeeping(t *testing.T) {
	st, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "posdoctor.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	keep := func(id string, age time.Duration) {
		t.Helper()
		f := bot.File{ID: id, Conversation: "c", Kind: bot.MediaImage, MIME: "image/png", Data: []byte("x"), At: time.Now().Add(-age).UnixMilli()}
		if err := st.KeepFile(t.Context(), f); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 25 {
		keep(fmt.Sprint("old", i), filesFor+time.Minute)
	}
	keep("new", filesFor-time.Minute)
	c := bot.Conversation{ID: "c", Address: bot.Address{Channel: "wechat", Account: "a", User: "u"}, Version: 1}
	if err := st.Commit(t.Context(), bot.Commit{Event: bot.Event{ID: "e", Key: "k"}, Next: c}); err != nil {
		t.Fatal(err)
	}
	for i, age := range []time.Duration{repliesFor + time.Minute, repliesFor - time.Minute} {
		d := bot.Delivery{ID: fmt.Sprint("reply", i), Path: bot.PathReply, State: bot.DeliverySent, At: time.Now().Add(-age).UnixMilli()}
		if err := st.Begin(t.Context(), bot.Claim{Conversation: "c", Version: 1, Deliveries: []bot.Delivery{d}}); err != nil {
			t.Fatal(err)
		}
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	a := &app{store: st, log: newLog(settings{})}
	go func() { defer close(done); a.housekeeping(ctx) }()
	gone := func(err error) bool { return errors.Is(err, bot.ErrNotFound) }
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		_, file := st.File(t.Context(), "c", "old24")
		_, reply := st.Delivery(t.Context(), "reply0")
		if gone(file) && gone(reply) {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("still there: %v, %v", file, reply)
		}
	}
	stop()
	<-done
	if _, err := st.File(t.Context(), "c", "new"); err != nil {
		t.Error(err)
	}
	if _, err := st.Delivery(t.Context(), "reply1"); err != nil {
		t.Error(err)
	}
}
