package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"posdoctor/bot"
	"posdoctor/bot/acquirer/signing"
)

// BenchmarkBesideHang asks 100 questions a second of visitors, through the real HTTP API of a server with a real database, alone and then
// beside an acquirer that takes requests and never answers, of which 64 other merchants would have their record; they talk in both parts.
// It reports how long a visitor waits until his answer is committed, in milliseconds: p50 and p99, alone and beside the hang.
//
//	go test ./server -run '^$' -bench BesideHang -benchtime 2000x
func BenchmarkBesideHang(b *testing.B) {
	stop := make(chan struct{})
	var asked atomic.Int64
	hang := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		io.Copy(io.Discard, r.Body)
		select {
		case <-stop:
		case <-r.Context().Done():
		}
	}))
	b.Cleanup(func() { close(stop); hang.Close() })
	key, err := signing.Secret("bench", "both sides are in the same process, so this is not a secret")
	if err != nil {
		b.Fatal(err)
	}
	base, bind := benchServer(b, hang.URL, key)
	http.DefaultTransport.(*http.Transport).MaxIdleConnsPerHost = 256

	// Other merchants talk all the time; before they are bound nobody asks the acquirer about them.
	done := make(chan struct{})
	var others sync.WaitGroup
	var tokens []string
	for i := range 64 {
		token := benchVisitor(b, base)
		tokens = append(tokens, token)
		others.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-done:
					return
				case <-time.After(4 * time.Second):
					benchSay(b, base, token, fmt.Sprint("h-", i, "-", n), []string{"机器提示商户状态异常", "重新开始"}[n%2])
				}
			}
		})
	}
	benchAsk(b, base, 600) // whatever is made once is made by now
	alone := benchAsk(b, base, b.N)
	for i, token := range tokens {
		bind(i, token)
	}
	beside := benchAsk(b, base, b.N)
	close(done)
	others.Wait()
	if asked.Load() == 0 {
		b.Error("the acquirer was never asked")
	}
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	for name, took := range map[string][]time.Duration{"alone": alone, "beside": beside} {
		slices.Sort(took)
		b.ReportMetric(ms(took[len(took)/2]), "p50-"+name+"-ms")
		b.ReportMetric(ms(took[len(took)*99/100]), "p99-"+name+"-ms")
	}
	b.ReportMetric(ms(beside[len(beside)*99/100]-alone[len(alone)*99/100]), "p99-more-ms")
	b.ReportMetric(0, "ns/op")
}

// benchAsk has 100 visitors a second ask a question each, and says how long each answer took.
func benchAsk(b *testing.B, base string, n int) []time.Duration {
	took := make([]time.Duration, n)
	tokens := make([]string, min(n, 200))
	for i := range tokens {
		tokens[i] = benchVisitor(b, base)
	}
	every := time.NewTicker(time.Second / 100)
	defer every.Stop()
	var under sync.WaitGroup
	for i := range n {
		<-every.C
		under.Go(func() {
			begin := time.Now()
			benchSay(b, base, tokens[i%len(tokens)], fmt.Sprint("q-", i, "-", begin.UnixNano()), "刷卡提示51")
			took[i] = time.Since(begin)
		})
	}
	under.Wait()
	return took
}

func benchVisitor(b *testing.B, base string) string {
	var out struct {
		Token string `json:"token"`
	}
	benchCall(b, base+"/api/w/v1/session", "", map[string]string{"site": "demo"}, &out)
	return out.Token
}

// benchSay sends a line. The turn is committed, its answer included, when the request is answered.
func benchSay(b *testing.B, base, token, cid, text string) {
	benchCall(b, base+"/api/w/v1/send", token, map[string]string{"t": "msg", "cid": cid, "text": text}, nil)
}

func benchCall(b *testing.B, url, token string, in, out any) {
	body, _ := json.Marshal(in)
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		b.Error(err)
		return
	}
	req.Header.Set("Content-Type", "application/json")
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		b.Error(err)
		return
	}
	defer res.Body.Close()
	data, _ := io.ReadAll(res.Body)
	if res.StatusCode != http.StatusOK {
		b.Errorf("%s: %d %s", url, res.StatusCode, data)
		return
	}
	if out != nil {
		if err := json.Unmarshal(data, out); err != nil {
			b.Error(err)
		}
	}
}

// boundBy binds by words, as only the simulator does elsewhere.
type boundBy string

func (w boundBy) Bind(text string) (bot.Binding, bool) {
	n, ok := strings.CutPrefix(text, string(w))
	return bot.Binding{Merchant: "bench-" + n, Name: "店 " + n, Proof: "demo", At: time.Now().UnixMilli()}, ok
}

// benchServer serves from a folder of its own, with an acquirer at a URL, and says where, and how a visitor is bound.
func benchServer(b *testing.B, acquirerURL string, key signing.Key) (base string, bind func(n int, token string)) {
	ctx, cancel := context.WithCancel(b.Context())
	log := slog.New(slog.DiscardHandler)
	a, err := newApp(ctx, settings{data: b.TempDir(), acquirer: "http", acquirerURL: acquirerURL, acquirerKey: key, tell: 0.7, offer: 0.3}, log)
	if err != nil {
		b.Fatal(err)
	}
	const words = "绑定试验商户"
	a.service.Binder = boundBy(words)
	h, _, err := a.handler(ctx)
	if err != nil {
		b.Fatal(err)
	}
	srv := httptest.NewServer(h)
	stop := a.work(ctx)
	b.Cleanup(func() {
		srv.Close()
		cancel()
		stop()
		a.visitors.Stop()
		if err := a.close(); err != nil {
			b.Error(err)
		}
	})
	return srv.URL, func(n int, token string) { benchSay(b, srv.URL, token, fmt.Sprint("bind-", n), words+fmt.Sprint(n)) }
}
