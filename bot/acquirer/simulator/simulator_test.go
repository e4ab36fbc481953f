package simulator_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"posdoctor/bot"
	"posdoctor/bot/acquirer/contract"
	"posdoctor/bot/acquirer/nearby"
	"posdoctor/bot/acquirer/simulator"
)

const ticketsFile = "simulator-tickets.jsonl"

// noon is 12:00 in Beijing on 2026-11-23.
var noon = time.Date(2026, 11, 23, 4, 0, 0, 0, time.UTC)

// clock is a clock that stands still until it is moved.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

func open(t *testing.T, dir string, now func() time.Time) nearby.Simulated {
	t.Helper()
	s, err := nearby.Simulate(dir, now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func ticketRequest(n int) bot.TicketRequest {
	return bot.TicketRequest{Request: fmt.Sprintf("R%04d", n), Merchant: "demo-2", Title: "证照过期", Body: "所有卡都不行"}
}

func mustOpen(t *testing.T, s nearby.Simulated, r bot.TicketRequest) bot.Ticket {
	t.Helper()
	got, err := s.OpenTicket(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func code(err error) string {
	var e *bot.AcquirerError
	if errors.As(err, &e) {
		return e.Code
	}
	return fmt.Sprint(err)
}

func TestDatesFollowTheClock(t *testing.T) {
	s := open(t, t.TempDir(), (&clock{t: noon}).now)
	names := map[string]string{"DOCS_EXPIRED": "证照登记已过期", "NO_TRADE": "长期没有交易，已被暂停", "RISK": "商户被风控限制",
		"BOUND_ELSEWHERE": "这台终端登记在别的商户名下", "SETTLE_ACCOUNT": "结算账户校验未通过"}
	want := map[string]string{
		"demo-1": "",
		"demo-2": "证照登记已过期，自 2026-10-31 起暂停收款，需提交新营业执照",
		"demo-3": "长期没有交易，已被暂停，自 2026-11-03 起生效，需重新核验商户资料",
		"demo-4": "商户被风控限制，自 2026-11-20 起暂停收款，结算资金暂缓，需提交交易凭证",
		"demo-5": "这台终端登记在别的商户名下，序列号尾号 4105",
		"demo-6": "结算账户校验未通过，户名不符",
	}
	got := map[string]string{}
	for ref := range want {
		r, err := s.Record(t.Context(), ref)
		if err != nil {
			t.Fatal(err)
		}
		if r.ObservedAt != noon.UnixMilli() || r.Provider != simulator.Provider {
			t.Errorf("%s: observed at %d by %q", ref, r.ObservedAt, r.Provider)
		}
		got[ref] = ""
		for _, f := range r.Facts(func(state string) string { return names[state] }) {
			got[ref] += f.Text
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestSlowRecord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(noon)) // a bubble begins in 2000, which no signature is from
		s := open(t, t.TempDir(), nil)
		begin := time.Now()
		r, err := s.Record(t.Context(), "demo-7")
		if err != nil || r.Status != "ACTIVE" {
			t.Fatalf("got %+v, %v", r, err)
		}
		if d := time.Since(begin); d != 8*time.Second {
			t.Errorf("the record took %v", d)
		}
		if r.ObservedAt != begin.UnixMilli() {
			t.Error("the record is not as old as its oldest part")
		}
		begin = time.Now()
		req := ticketRequest(1)
		req.Merchant = "demo-7"
		mustOpen(t, s, req)
		if d := time.Since(begin); d != 0 {
			t.Errorf("the ticket took %v", d)
		}
	})
}

func TestTicketNumbersAndStatus(t *testing.T) {
	c := &clock{t: time.Date(2026, 11, 23, 15, 58, 30, 0, time.UTC)} // 23:58:30 in Beijing
	s := open(t, t.TempDir(), c.now)
	steps := []struct {
		wait    time.Duration
		request int
		want    string
	}{
		{0, 1, "LQ20261123-0001 OPEN"},
		{time.Minute, 2, "LQ20261123-0002 OPEN"},
		{time.Minute - time.Millisecond, 1, "LQ20261123-0001 OPEN"},
		{time.Millisecond, 1, "LQ20261123-0001 IN_PROGRESS"},
		{0, 3, "LQ20261124-0001 OPEN"},
		{-time.Hour, 4, "LQ20261123-0003 OPEN"}, // the clock was set back
		{0, 1, "LQ20261123-0001 OPEN"},
		{100 * 24 * time.Hour, 1, "LQ20261123-0001 IN_PROGRESS"},
	}
	for i, x := range steps {
		c.add(x.wait)
		got := mustOpen(t, s, ticketRequest(x.request))
		if got := got.No + " " + got.Status; got != x.want {
			t.Errorf("step %d: got %s, want %s", i, got, x.want)
		}
	}
	list := s.Tickets()
	if len(list) != 4 || list[0].No != "LQ20261123-0003" || list[3].No != "LQ20261123-0001" || list[0].Name != "演示商户 2 · 川味小馆" {
		t.Errorf("the list is %+v", list)
	}
}

// Cut the file at every byte, as a crash would: what was answered and written whole stays, the rest is forgotten, numbering goes on.
func TestTornLastLine(t *testing.T) {
	dir := t.TempDir()
	c := &clock{t: noon}
	s := open(t, dir, c.now)
	mustOpen(t, s, ticketRequest(1))
	mustOpen(t, s, ticketRequest(2))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(filepath.Join(dir, ticketsFile))
	if err != nil {
		t.Fatal(err)
	}
	first := strings.Index(string(whole), "\n") + 1
	for cut := first; cut <= len(whole); cut++ {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, ticketsFile), whole[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		s := open(t, dir, c.now)
		want := 1
		if cut == len(whole) {
			want = 2
		}
		if got := len(s.Tickets()); got != want {
			t.Fatalf("cut at %d: %d tickets, want %d", cut, got, want)
		}
		if got := mustOpen(t, s, ticketRequest(1)).No; got != "LQ20261123-0001" {
			t.Fatalf("cut at %d: the first request now has ticket %s", cut, got)
		}
		if got := mustOpen(t, s, ticketRequest(2)).No; got != "LQ20261123-0002" {
			t.Fatalf("cut at %d: the second request has ticket %s", cut, got)
		}
		_ = s.Close()
		s = open(t, dir, c.now)
		if got := len(s.Tickets()); got != 2 {
			t.Fatalf("cut at %d: %d tickets after writing over it, want 2", cut, got)
		}
		_ = s.Close()
	}
}

func TestDamagedFile(t *testing.T) {
	line := `{"no":"LQ20261123-0001","at":1,"request":"R0001","merchant":"demo-2","title":"证照过期","body":"所有卡都不行"}` + "\n"
	cases := []struct {
		name, file string
		tickets    int // -1: refused
	}{
		{"empty", "", 0},
		{"last line is zeros", line + "\x00\x00\x00\n", 1},
		{"last line is empty", line + "\n", 1},
		{"damage in the middle", "{\n" + line, -1},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, ticketsFile), []byte(c.file), 0o600); err != nil {
				t.Fatal(err)
			}
			s, err := nearby.Simulate(dir, nil)
			if c.tickets < 0 {
				if err == nil || !strings.Contains(err.Error(), ticketsFile) {
					t.Fatalf("got error %v, want one that names the file", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			if got := len(s.Tickets()); got != c.tickets {
				t.Errorf("%d tickets, want %d", got, c.tickets)
			}
			mustOpen(t, s, ticketRequest(9))
			b, err := os.ReadFile(filepath.Join(dir, ticketsFile))
			if err != nil {
				t.Fatal(err)
			}
			for _, l := range strings.Split(strings.TrimSuffix(string(b), "\n"), "\n") {
				if !json.Valid([]byte(l)) {
					t.Errorf("line %q stayed", l)
				}
			}
		})
	}
}

func TestFileIsPrivate(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new")
	mustOpen(t, open(t, dir, nil), ticketRequest(1))
	for path, want := range map[string]os.FileMode{dir: 0o700, filepath.Join(dir, ticketsFile): 0o600} {
		st, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := st.Mode().Perm(); got != want {
			t.Errorf("%s has mode %o, want %o", path, got, want)
		}
	}
}

// A command beside the server has the same file open.
func TestTwoAtOnce(t *testing.T) {
	dir := t.TempDir()
	c := &clock{t: noon}
	sims := []nearby.Simulated{open(t, dir, c.now), open(t, dir, c.now)}
	const n = 40
	var no [2][n]string
	var wg sync.WaitGroup
	for k, s := range sims {
		wg.Go(func() {
			for i := range n {
				got, err := s.OpenTicket(t.Context(), ticketRequest(i))
				if err != nil {
					t.Error(err)
				}
				no[k][i] = got.No
			}
		})
	}
	wg.Wait()
	if diff := cmp.Diff(no[0], no[1]); diff != "" {
		t.Errorf("one request has two tickets: %s", diff)
	}
	seen := map[string]bool{}
	for _, x := range no[0] {
		seen[x] = true
	}
	if len(seen) != n || len(sims[0].Tickets()) != n {
		t.Errorf("%d numbers, %d tickets for %d requests", len(seen), len(sims[0].Tickets()), n)
	}
}

func TestRefusedRequests(t *testing.T) {
	s := open(t, t.TempDir(), nil)
	for name, change := range map[string]func(*bot.TicketRequest){
		"no number":     func(r *bot.TicketRequest) { r.Request = "" },
		"long number":   func(r *bot.TicketRequest) { r.Request = strings.Repeat("9", 1000) },
		"body not UTF8": func(r *bot.TicketRequest) { r.Body = "\xff" },
	} {
		r := ticketRequest(1)
		change(&r)
		if _, err := s.OpenTicket(t.Context(), r); code(err) != bot.CodeInvalid {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if _, err := s.Open(t.Context(), contract.Case{Request: "R1", Merchant: "demo-2", Title: "t", Body: strings.Repeat("9", 8001)}); contract.CodeOf(err) != contract.CodeInvalid {
		t.Errorf("a long body: got %v", err)
	}
	if len(s.Tickets()) != 0 {
		t.Error("a refused request left a ticket")
	}
	_ = s.Close()
	if _, err := s.OpenTicket(t.Context(), ticketRequest(1)); code(err) != bot.CodeUnavailable {
		t.Errorf("after Close: got %v", err)
	}
}

func TestBind(t *testing.T) {
	s := open(t, t.TempDir(), (&clock{t: noon}).now)
	for _, text := range []string{"演示商户 3", "演示商户3", "演示商户三", "演示商户３", "演示商户 ３ ", "「演示商户 3」", "「演示商户 3」。", "演示商户3。", "我是演示商户3",
		"我是「演示商户 3」。", "绑定演示商户3", "绑定 演示商户 三！", "“演示商户 3”", "『演示商户3』", "【演示商户3】", "演示 商户 3", "演示商户\u200b3", "演示商戶3", "演示商户③", "演示商户3号",
		"  演示商户 3\n", "演示商户（3）", "\u3000演示商户\u30003", "演示商户：3", "我要绑定演示商户3"} {
		got, ok := s.Bind(text)
		want := bot.Binding{Merchant: "demo-3", Name: "演示商户 3 · 海风渔具行", Proof: "demo", At: noon.UnixMilli()}
		if !ok || cmp.Diff(got, want) != "" {
			t.Errorf("%q binds to %+v, %v", text, got, ok)
		}
	}
	for _, text := range []string{"演示商户 8", "演示商户0", "演示商户 33", "演示商户十三", "演示商户", "3", "３", "商户3", "演示商户3刷不了卡", "我不是演示商户3", "演示商户-3", "演示商户3.5",
		"演示商户3和4", "不要绑定演示商户3", "", "演示商户3演示商户4", "demo-3", strings.Repeat("「", 500) + "演示商户3", "\xff演示商户3"} {
		if got, ok := s.Bind(text); ok {
			t.Errorf("%q binds to %+v", text, got)
		}
	}
	for i, m := range simulator.Demo() {
		got, ok := s.Bind("「" + m.Words + "」")
		if !ok || got.Merchant != m.Ref || m.Ref != fmt.Sprintf("demo-%d", i+1) || m.Shop == "" || m.Story == "" {
			t.Errorf("%+v binds to %+v", m, got)
		}
	}
	if len(simulator.Demo()) != 7 {
		t.Error("there are seven demo merchants")
	}
}
