package wechat

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"posdoctor/bot"
	"posdoctor/bot/live"
	"posdoctor/bot/store"
	"posdoctor/channels"
	"posdoctor/channels/wechat/wechattest"
)

// childEnv makes the test binary a server on this database until it is killed: "file|address|API".
const childEnv = "POSDOCTOR_TEST_WECHAT_CHILD"

func TestMain(m *testing.M) {
	var err error
	if v := os.Getenv(childEnv); v != "" {
		part := strings.Split(v, "|")
		err = child(part[0], part[1], part[2])
	} else if v := os.Getenv(kfChildEnv); v != "" {
		part := strings.Split(v, "\n")
		err = kfChild(part[0], part[1], part[2], part[3])
	} else {
		os.Exit(m.Run())
	}
	fmt.Println("error", err)
	os.Exit(1)
}

// child serves an account that may push, with an acquirer that takes a moment.
func child(file, address, api string) error {
	ctx := context.Background()
	st, err := store.Open(ctx, file)
	if err != nil {
		return err
	}
	index, book, err := shipped()
	if err != nil {
		return err
	}
	log := slog.New(slog.DiscardHandler)
	bus := &live.Bus{}
	s := &bot.Service{Store: st, Bus: bus, Finder: bot.LibraryFinder{Index: index}, Engine: bot.NewEngine(), Binder: shop{}, Now: time.Now, NewID: bot.NewID, Log: log}
	if err := s.Publish(ctx, book); err != nil {
		return err
	}
	cfg := safe()
	cfg.AppSecret, cfg.APIURL, cfg.Hold = testSecret, api, 60*time.Millisecond
	ch, err := New(cfg, Deps{Service: s, Messages: st, Deliveries: st, Leases: st, Outbox: st, Bus: bus, Log: log})
	if err != nil {
		return err
	}
	wait, _ := ch.Pushes()
	s.Pushes = map[string]time.Duration{"wechat": wait}
	acquirer := deliverFunc(func(_ context.Context, it bot.Item) (bot.Event, error) {
		time.Sleep(time.Duration(rand.IntN(120)) * time.Millisecond)
		return bot.Event{Kind: bot.EventRecord, Key: "call:" + it.Call.ID, Call: it.Call.ID, Record: &bot.Record{Merchant: it.Call.Merchant, Status: "DOCS_EXPIRED",
			ObservedAt: time.Now().UnixMilli(), Restrictions: []bot.Restriction{{Case: "1", Reason: "DOCS_EXPIRED"}}}}, nil
	})
	d := &channels.Dispatcher{Outbox: hasty{st}, Bus: bus, Handle: s.Handle, Now: time.Now, Log: log, Targets: map[string]bot.Deliverer{"wechat": ch, bot.TargetAcquirer: acquirer}}
	go d.Run(ctx)
	l, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	fmt.Println("open")
	return http.Serve(l, ch)
}

// hasty hands out items again after a second, not half a minute, so that the test need not wait for what a killed process had leased.
type hasty struct{ bot.Outbox }

func (h hasty) Lease(ctx context.Context, now time.Time, _ time.Duration, n int) ([]bot.Item, error) {
	return h.Outbox.Lease(ctx, now, time.Second, n)
}

// TestKilledBetween kills the server at random times while merchants ask what takes an answer from outside: each result is shown once,
// by one path, or the desk has it as unsure. Nothing is shown twice.
func TestKilledBetween(t *testing.T) {
	rounds := 8
	if os.Getenv("POSDOCTOR_TEST_ALL") == "1" {
		rounds = 16
	}
	if testing.Short() {
		rounds = 2
	}
	file := filepath.Join(t.TempDir(), "p.db")
	api := &wechattest.API{AppID: testApp, AppSecret: testSecret, Limits: wechattest.Limits{Calls: 1 << 20}}
	sending := make(chan struct{}, 1)
	far := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "custom/send") {
			select {
			case sending <- struct{}{}:
			default:
			}
		}
		time.Sleep(time.Duration(rand.IntN(20)) * time.Millisecond) // killed before WeChat has it, and after
		if r.Context().Err() != nil {
			return
		}
		api.ServeHTTP(w, r)
		time.Sleep(time.Duration(rand.IntN(20)) * time.Millisecond)
	}))
	defer far.Close()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()
	var child *exec.Cmd
	start := func() {
		t.Helper()
		child = exec.Command(os.Args[0])
		child.Env = append(os.Environ(), childEnv+"="+strings.Join([]string{file, address, far.URL}, "|"))
		child.Stderr = os.Stderr
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		line, err := bufio.NewReader(out).ReadString('\n')
		if line != "open\n" {
			t.Fatalf("the server said %q, %v", line, err)
		}
		go io.Copy(io.Discard, out)
	}
	kill := func() { child.Process.Kill(); child.Wait() }
	start()
	defer func() { kill() }()
	peer := &wechattest.Peer{URL: "http://" + address, Token: testToken, AppID: testApp, AESKey: testKey}
	// as WeChat: up to three attempts
	push := func(p *wechattest.Phone, words string) (reply string) {
		api.Grant(p.OpenID, wechattest.Wrote)
		fields := peer.Message(p.OpenID, "text", wechattest.Field{Name: "Content", Value: words})
		end := time.Now().Add(30 * time.Second) // while nobody listens, no attempt is counted: how fast a server starts is not the question
		for attempts := 0; attempts < 3 && time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
			r, err := peer.Push(fields...)
			if err == nil && r.Status == http.StatusOK {
				return r.Text
			}
			if err == nil {
				attempts++
			}
		}
		t.Errorf("no answer to %s in three attempts", words)
		return ""
	}
	const merchants = 3
	asked, twice, byReply, byPush, unsure := 0, 0, 0, 0, 0
	for round := range rounds {
		var wg sync.WaitGroup
		phones := make([]*wechattest.Phone, merchants)
		replies := make([][]string, merchants)
		for i := range merchants {
			phones[i] = wechattest.NewPhone(peer, api, fmt.Sprintf("o-round-%d-%d", round, i))
			wg.Go(func() {
				for _, words := range []string{"演示商户 2", "POS机显示商户状态异常"} {
					replies[i] = append(replies[i], push(phones[i], words))
				}
			})
		}
		time.Sleep(time.Duration(rand.IntN(250)) * time.Millisecond)
		kill()
		start()
		wg.Wait()
		if round%2 == 1 { // while a result is on its way
			select {
			case <-sending:
			default:
			}
			select {
			case <-sending:
			case <-time.After(2 * time.Second):
			}
			time.Sleep(time.Duration(rand.IntN(15)) * time.Millisecond)
			kill()
			start()
		}
		for i := range merchants {
			asked++
			var shown int
			result := func() (n, pushed int) {
				for _, r := range replies[i] {
					n += strings.Count(r, "查到了：证照登记已过期")
				}
				for _, e := range phones[i].Screen() {
					if e.Path == wechattest.Custom {
						pushed += strings.Count(words(e), "查到了：证照登记已过期")
					}
				}
				return n + pushed, pushed
			}
			end := time.Now().Add(30 * time.Second)
			var pushed int
			for {
				shown, pushed = result()
				if shown > 0 || held(t, file, phones[i].OpenID) {
					break
				}
				if time.Now().After(end) {
					t.Fatalf("round %d: merchant %d never saw the result and the desk knows nothing: %q", round, i, replies[i])
				}
				time.Sleep(50 * time.Millisecond)
			}
			switch {
			case shown > 1:
				twice++
				t.Errorf("round %d: merchant %d saw the result %d times", round, i, shown)
			case shown == 0:
				unsure++
			case pushed == 1:
				byPush++
			default:
				byReply++
			}
		}
	}
	t.Logf("%d questions over %d kills: %d answered in the reply, %d pushed, %d unsure, %d twice", asked, rounds+rounds/2, byReply, byPush, unsure, twice)
	if byReply+byPush < asked/2 {
		t.Errorf("too few were answered to show anything")
	}
}

// held says that a merchant's conversation stands before the desk because a message of it may have arrived.
func held(t *testing.T, file, openid string) bool {
	t.Helper()
	st, err := store.Open(t.Context(), file)
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	c, err := st.Conversation(t.Context(), bot.Address{Channel: "wechat", Account: testApp, User: openid})
	return err == nil && c.Holder.Kind == bot.HolderQueue && c.Reason == bot.ReasonUnsure
}
