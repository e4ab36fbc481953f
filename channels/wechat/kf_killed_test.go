package wechat

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"posdoctor/bot"
	"posdoctor/bot/live"
	"posdoctor/bot/store"
	"posdoctor/channels"
	"posdoctor/channels/wechat/wechattest"
)

// TestKFKilled: a server that is killed before and after each of its writes, 50 times, loses nothing that customers wrote, takes nothing in
// twice, and says nothing twice.
func TestKFKilled(t *testing.T) {
	kills := 50
	if testing.Short() {
		kills = 5
	}
	api := &wechattest.API{CorpID: kfCorp, CorpSecret: kfSecret, Limits: wechattest.Limits{KFPage: 4, KFWithoutToken: 1 << 20, Calls: 1 << 20}}
	far := httptest.NewServer(api)
	defer far.Close()
	ack := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})) // nobody hears the pushes
	defer ack.Close()
	file := filepath.Join(t.TempDir(), "posdoctor.db")
	st, err := store.Open(t.Context(), file)
	if err != nil {
		t.Fatal(err)
	}
	accounts := bot.Note{Name: "kf-accounts:" + kfCorp, Value: fmt.Sprintf(`{"%s":0}`, kfAccount)}
	if err := st.SetNote(t.Context(), accounts); err != nil {
		t.Fatal(err)
	}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	var phones []*wechattest.KFPhone
	said := map[string][]string{}
	for _, user := range []string{kfCustomer, "wmOther"} {
		p := wechattest.NewKFPhone(&wechattest.KFPeer{URL: ack.URL, Token: kfToken, CorpID: kfCorp, AESKey: testKey, Now: api.Clock}, api, kfAccount, user)
		phones = append(phones, p)
		if _, err := p.Enter(""); err != nil {
			t.Fatal(err)
		}
	}
	offset, died := time.Duration(0), 0
	pass := func() { // leases of who was killed run out
		offset += time.Minute
		api.Advance(time.Minute)
	}
	for n := range kills {
		for i, p := range phones {
			for j := range 6 {
				text := fmt.Sprintf("刷卡没反应 %d-%d-%d", n, i, j)
				if n%10 == 9 && j == 1 {
					text = "转人工"
				}
				said[p.User] = append(said[p.User], text)
				if _, err := p.Say(text); err != nil {
					t.Fatal(err)
				}
			}
		}
		switch p := phones[n%2]; n % 12 { // what cannot be just now is nothing
		case 3, 4:
			_, _ = p.TakeOver(zhang)
			_, _ = p.ServicerSays(zhang, "我看看")
		case 9, 10:
			_, _ = p.End(zhang)
		}
		if runChild(t, far.URL, file, offset, n+1) {
			died++
		}
		pass()
		if n%3 == 2 { // else it would never come to sending
			if runChild(t, far.URL, file, offset, 0) {
				t.Fatal("one was killed that should live")
			}
			pass()
		}
	}
	if died < kills*8/10 {
		t.Errorf("only %d of %d were killed", died, kills)
	}
	if runChild(t, far.URL, file, offset, 0) {
		t.Fatal("the last one was killed")
	}
	if st, err = store.Open(t.Context(), file); err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	for _, c := range api.Calls() {
		if c.Errcode != 0 && c.Errcode != wechattest.KFBadTransition { // killed between a change of state and the note of it
			t.Errorf("refused: %s: %d %s", c.Path, c.Errcode, c.Body)
		}
	}
	for _, p := range phones {
		c, err := st.Conversation(t.Context(), bot.Address{Channel: "wechat-kf", Account: kfAccount, User: p.User})
		if err != nil {
			t.Fatal(err)
		}
		all, err := st.Messages(t.Context(), c.ID, 0, 10_000)
		if err != nil {
			t.Fatal(err)
		}
		var heard []string
		for i, m := range all {
			if m.Seq != int64(i+1) {
				t.Fatalf("line %d is at %d", m.Seq, i+1)
			}
			if m.From == bot.FromUser {
				heard = append(heard, m.Text)
			}
		}
		if !slices.Equal(heard, said[p.User]) {
			t.Errorf("he said %q, there is %q", said[p.User], heard)
		}
		shown, err := st.Shown(t.Context(), c.ID, 0)
		if err != nil {
			t.Fatal(err)
		}
		states := map[string]int{}
		for _, d := range shown.Pushes {
			states[d.State]++
		}
		got := 0
		for _, e := range p.Screen() {
			if e.From == wechattest.FromAccount && e.Path != wechattest.ByPerson {
				got++
			}
		}
		// Who was killed while he sent, and finds the customer with a person afterwards, cannot know.
		if got < states[bot.DeliverySent] || got > states[bot.DeliverySent]+states[bot.DeliveryUnsure] || states[bot.DeliveryBegun] > 0 || states[bot.DeliveryUnsure] > 2 {
			t.Errorf("%d messages on the phone, deliveries %v", got, states)
		}
		t.Logf("%d lines, %d messages on the phone, deliveries %v", len(all), got, states)
	}
}

// runChild runs the server until it kills itself at a write, or, with 0, until nothing is left to do.
func runChild(t *testing.T, api, file string, offset time.Duration, point int) (killed bool) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), kfChildEnv+"="+strings.Join([]string{api, file, offset.String(), strconv.Itoa(point)}, "\n"))
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var errs bytes.Buffer
	cmd.Stderr = &errs
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	guard := time.AfterFunc(time.Minute, func() { _ = cmd.Process.Kill() })
	defer guard.Stop()
	var said []string
	for lines := bufio.NewScanner(out); lines.Scan(); {
		said = append(said, lines.Text())
		if lines.Text() == "quiet" {
			_ = cmd.Process.Kill()
		}
	}
	_ = cmd.Wait()
	status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus)
	if !ok || status.Signal() != syscall.SIGKILL || strings.Contains(errs.String(), "DATA RACE") || !slices.Contains(said, "open") {
		t.Fatalf("the child said %q, %v\n%s", said, cmd.ProcessState, errs.String())
	}
	return !slices.Contains(said, "quiet")
}

const kfChildEnv = "POSDOCTOR_TEST_KF_CHILD"

// fused is a store that ends its process at one of its writes, before or after it.
type fused struct {
	*store.Store
	left atomic.Int64
}

func (f *fused) burn() {
	if f.left.Add(-1) == 0 {
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {}
	}
}

func burning[T any](f *fused, do func() T) T {
	f.burn()
	defer f.burn()
	return do()
}

func (f *fused) Commit(ctx context.Context, c bot.Commit) error {
	return burning(f, func() error { return f.Store.Commit(ctx, c) })
}
func (f *fused) SetNote(ctx context.Context, n bot.Note) error {
	return burning(f, func() error { return f.Store.SetNote(ctx, n) })
}
func (f *fused) Begin(ctx context.Context, c bot.Claim) error {
	return burning(f, func() error { return f.Store.Begin(ctx, c) })
}
func (f *fused) Settle(ctx context.Context, id, state, reason string) error {
	return burning(f, func() error { return f.Store.Settle(ctx, id, state, reason) })
}
func (f *fused) Done(ctx context.Context, id string) error {
	return burning(f, func() error { return f.Store.Done(ctx, id) })
}

// kfChild is the server that TestKFKilled kills.
func kfChild(api, file, later, burns string) error {
	ctx := context.Background()
	offset, err := time.ParseDuration(later)
	if err != nil {
		return err
	}
	point, err := strconv.Atoi(burns)
	if err != nil {
		return err
	}
	st, err := store.Open(ctx, file)
	if err != nil {
		return err
	}
	f := &fused{Store: st}
	f.left.Store(int64(point))
	now := func() time.Time { return time.Now().Add(offset) }
	book, err := kfPlaybook()
	if err != nil {
		return err
	}
	cfg := kfConfigured()
	cfg.APIURL = api
	bus := &live.Bus{}
	s := &bot.Service{Store: f, Bus: bus, Finder: blank{}, Engine: bot.NewEngine(), Pushes: map[string]time.Duration{"wechat-kf": 0}, Now: now, NewID: bot.NewID}
	if err := s.Publish(ctx, book); err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	k, err := NewKF(cfg, Deps{Service: s, Messages: f, Deliveries: f, Leases: f, Notes: f, Bus: bus, Now: now, Log: log})
	if err != nil {
		return err
	}
	fmt.Println("open")
	d := &channels.Dispatcher{Outbox: f, Bus: bus, Handle: s.Handle, Now: now, Log: log, Targets: map[string]bot.Deliverer{k.Name(): k}}
	go k.Run(ctx)
	go d.Run(ctx)
	for quiet := 0; quiet < 5; {
		time.Sleep(20 * time.Millisecond)
		k.feeds.mu.Lock()
		fd := k.feeds.all[kfAccount]
		idle := fd != nil && !fd.pending && !fd.fetching && len(fd.ahead) == 0
		k.feeds.mu.Unlock()
		open, err := st.Pending(ctx)
		if quiet++; !idle || open > 0 || err != nil {
			quiet = 0
		}
	}
	fmt.Println("quiet")
	time.Sleep(time.Minute)
	return errors.New("nobody ended it")
}
