package acquirer_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"posdoctor/bot"
	"posdoctor/bot/acquirer"
	"posdoctor/bot/acquirer/nearby"
	"posdoctor/bot/acquirer/remote"
	"posdoctor/bot/acquirer/simulator"
	"posdoctor/bot/live"
	"posdoctor/bot/store"
	"posdoctor/channels"
	"posdoctor/knowledge"
)

// childEnv makes the test binary a posdoctor without pages, until it is killed: "database|acquirer|intents".
const childEnv = "POSDOCTOR_TEST_ACQUIRER_CHILD"

func TestMain(m *testing.M) {
	v := os.Getenv(childEnv)
	if v == "" {
		os.Exit(m.Run())
	}
	part := strings.Split(v, "|")
	n, _ := strconv.Atoi(part[2])
	fmt.Println("error", child(part[0], part[1], n))
	os.Exit(1)
}

// child has n merchants order a ticket each, delivers what they order, and says "open" when it begins and "idle" when nothing is left.
func child(file, url string, n int) error {
	ctx := context.Background()
	st, err := store.Open(ctx, file)
	if err != nil {
		return err
	}
	lib, err := knowledge.Embedded()
	if err != nil {
		return err
	}
	article, ok := lib.Article("merchant-status-abnormal")
	if !ok {
		return errors.New("the library has no entry that only the acquirer can look into")
	}
	book, err := bot.NewPlaybook(lib)
	if err != nil {
		return err
	}
	log, bus := slog.New(slog.DiscardHandler), &live.Bus{}
	s := &bot.Service{Store: st, Bus: bus, Finder: oneEntry{article}, Engine: bot.NewEngine(), Now: time.Now, NewID: bot.NewID, Log: log}
	if err := s.Publish(ctx, book); err != nil {
		return err
	}
	client, err := remote.New(remote.Config{URL: url, Key: nearby.Key(), TicketFor: 500 * time.Millisecond, OpenFor: 300 * time.Millisecond})
	if err != nil {
		return err
	}
	d := &channels.Dispatcher{Outbox: hasty{st}, Bus: bus, Handle: s.Handle, Now: time.Now, Log: log,
		Targets: map[string]bot.Deliverer{bot.TargetAcquirer: acquirer.NewDeliverer(client, time.Now, bot.NewID)}}
	go d.Run(ctx)
	fmt.Println("open")
	if err := order(ctx, s, n); err != nil {
		return err
	}
	for {
		if left, err := st.Pending(ctx); err != nil {
			return err
		} else if left == 0 {
			fmt.Println("idle")
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// order has all merchants say what leads to a ticket, in words that count once however often they are repeated.
func order(ctx context.Context, s *bot.Service, n int) error {
	var wg sync.WaitGroup
	failed := make(chan error, 1)
	const hands = 8
	for h := range hands {
		wg.Go(func() {
			for i := h; i < n; i += hands {
				for k, ev := range []bot.Event{{Kind: bot.EventBound, Binding: &bot.Binding{Merchant: "demo-2", Name: "川味小馆", Proof: "demo"}},
					{Kind: bot.EventSaid, Text: "商户状态异常"}, {Kind: bot.EventChose, Choice: "ticket"}, {Kind: bot.EventChose, Choice: "submit"}} {
					ev.Key = fmt.Sprintf("intent-%d-%d", i, k)
					if _, err := s.Handle(ctx, merchantAt(i), ev); err != nil {
						select {
						case failed <- err:
						default:
						}
						return
					}
				}
			}
		})
	}
	wg.Wait()
	select {
	case err := <-failed:
		return err
	default:
		return nil
	}
}

func merchantAt(i int) bot.Address {
	return bot.Address{Channel: "web", Account: "demo", User: fmt.Sprint("u", i)}
}

// oneEntry finds the same entry in all that is said.
type oneEntry struct{ article *knowledge.Article }

func (f oneEntry) Find(context.Context, string) (bot.Finding, error) {
	return bot.Finding{Top: f.article, P: 0.99}, nil
}

func (f oneEntry) Entry(ctx context.Context, _ string) (bot.Finding, error) { return f.Find(ctx, "") }

// hasty hands out items again after two seconds and has nobody wait longer than one, so that the test need not wait for what a killed
// process had leased.
type hasty struct{ bot.Outbox }

func (h hasty) Lease(ctx context.Context, now time.Time, _ time.Duration, n int) ([]bot.Item, error) {
	return h.Outbox.Lease(ctx, now, 2*time.Second, n)
}

func (h hasty) Retry(ctx context.Context, id string, at time.Time, reason string) error {
	if soon := time.Now().Add(time.Second); at.After(soon) {
		at = soon
	}
	return h.Outbox.Retry(ctx, id, at, reason)
}

// Three of ten requests go wrong at the acquirer, half of those after it has done what was asked, and the process is killed again and
// again: in the end there are as many tickets as intents, none double, and every merchant was told his.
func TestExactlyOnce(t *testing.T) {
	intents, kills := 200, 6
	switch {
	case testing.Short():
		intents, kills = 60, 2
	case os.Getenv("POSDOCTOR_TEST_ALL") == "1":
		intents, kills = 2000, 50
	}
	file := filepath.Join(t.TempDir(), "p.db")
	sim, err := simulator.New(simulator.Config{Dir: t.TempDir(), Key: nearby.Key()})
	if err != nil {
		t.Fatal(err)
	}
	defer sim.Close()
	sim.SetFaults(simulator.Fault{Kind: simulator.FaultCommitTimeout, P: 0.075}, simulator.Fault{Kind: simulator.FaultCommitReset, P: 0.075},
		simulator.Fault{Kind: simulator.Fault500, P: 0.075}, simulator.Fault{Kind: simulator.FaultReset, P: 0.075})
	far := httptest.NewServer(sim)
	defer far.Close()

	begin := time.Now()
	for kill := range kills + 1 {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), childEnv+"="+fmt.Sprintf("%s|%s|%d", file, far.URL, intents))
		cmd.Stderr = os.Stderr
		out, err := cmd.StdoutPipe()
		if err == nil {
			err = cmd.Start()
		}
		if err != nil {
			t.Fatal(err)
		}
		said := bufio.NewReader(out)
		expect(t, said, "open")
		if kill < kills {
			time.Sleep(rand.N(600 * time.Millisecond))
		} else {
			expect(t, said, "idle")
		}
		go io.Copy(io.Discard, said)
		cmd.Process.Kill()
		cmd.Wait()
	}
	took := time.Since(begin)

	tickets := map[string]string{} // numbers by request
	for _, x := range sim.Tickets() {
		if tickets[x.Request] != "" {
			t.Errorf("request %s has two tickets", x.Request)
		}
		tickets[x.Request] = x.No
	}
	st, err := store.Open(t.Context(), file)
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	told, unknown := 0, 0
	for i := range intents {
		c, err := st.Conversation(t.Context(), merchantAt(i))
		if err != nil || len(c.Tickets) != 1 {
			t.Fatalf("merchant %d has %d tickets: %v", i, len(c.Tickets), err)
		}
		r := c.Tickets[0]
		if no := tickets[r.Request]; no == "" || no != r.No {
			t.Errorf("merchant %d has ticket %q, the acquirer %q", i, r.No, no)
		}
		delete(tickets, r.Request)
		lines, err := st.Messages(t.Context(), c.ID, 0, 1000)
		if err != nil {
			t.Fatal(err)
		}
		n, open := 0, 0
		for _, m := range lines {
			if m.Type == bot.TypeTicket && m.No == r.No {
				n++
			}
			if strings.Contains(m.Text, "结果还没有确认") {
				open++
			}
		}
		if n != 1 || open > 1 {
			t.Errorf("merchant %d was told of his ticket %d times, and %d times that it is open", i, n, open)
		}
		told += n
		unknown += open
	}
	if len(tickets) > 0 {
		t.Errorf("%d tickets are of nobody", len(tickets))
	}
	t.Logf("%d intents, %d kills, %d requests to open a ticket, %d queries: %d tickets, %d merchants told, %d of them first that it is open; %v",
		intents, kills, sim.Asked("openTicket"), sim.Asked("getTicket"), len(sim.Tickets()), told, unknown, took.Round(100*time.Millisecond))
}

// expect waits for a line of the child.
func expect(t *testing.T, r *bufio.Reader, want string) {
	t.Helper()
	for {
		line, err := r.ReadString('\n')
		if err != nil || strings.HasPrefix(line, "error") {
			t.Fatalf("the child said %q, %v", line, err)
		}
		if strings.TrimSpace(line) == want {
			return
		}
	}
}
