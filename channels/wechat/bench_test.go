package wechat

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/silenceper/wechat/v2/officialaccount/config"
	"github.com/silenceper/wechat/v2/officialaccount/context"
	"github.com/silenceper/wechat/v2/officialaccount/message"
	"github.com/silenceper/wechat/v2/officialaccount/server"

	"posdoctor/channels/wechat/wechattest"
)

// BenchmarkCallback is the whole way of a push, from the request to the reply: checked, decrypted, understood, decided, committed with
// its reply to a real database, sealed. Beside it stands the SDK's handler alone, which says the same words to everybody and keeps
// nothing. 64 merchants write at once.
func BenchmarkCallback(b *testing.B) {
	for _, cfg := range []Config{plain(), safe()} {
		mode := cfg.withDefaults().Mode
		s, st := house(b)
		ch, err := New(cfg, Deps{Service: s, Messages: st, Deliveries: st, Bus: s.Bus})
		if err != nil {
			b.Fatal(err)
		}
		b.Run("posdoctor/"+mode, func(b *testing.B) { pushes(b, cfg, ch) })
		b.Run("bare SDK/"+mode, func(b *testing.B) { pushes(b, cfg, sdk(b, cfg)) })
	}
}

// BenchmarkBesideHang has 200 pushes a second come in while the acquirer hangs for 64 other merchants, and reports how long WeChat
// waits for a reply.
func BenchmarkBesideHang(b *testing.B) {
	g := newStage(b, func(c *Config, _ *wechattest.API) { c.Hold = HoldByAccount })
	g.answer.Store(int64(20 * time.Second))
	var hung sync.WaitGroup
	for i := range 64 {
		hung.Go(func() {
			for _, words := range []string{"演示商户 2", "POS机显示商户状态异常"} {
				if _, err := g.Peer.Text(fmt.Sprint("o-hung-", i), words); err != nil {
					b.Error(err)
				}
			}
		})
	}
	hung.Wait()
	took := make([]time.Duration, b.N)
	var under sync.WaitGroup
	b.ResetTimer()
	every := time.NewTicker(time.Second / 200)
	defer every.Stop()
	for i := range b.N {
		<-every.C
		under.Go(func() {
			r, err := g.Peer.Text(fmt.Sprint("o-other-", i%500), "刷卡提示51")
			if err != nil || r.Text == "" {
				b.Error(r.Status, err)
			}
			took[i] = r.Took
		})
	}
	under.Wait()
	b.StopTimer()
	slices.Sort(took)
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "pushes/s")
	b.ReportMetric(ms(took[b.N/2]), "p50-ms")
	b.ReportMetric(ms(took[b.N*99/100]), "p99-ms")
	b.ReportMetric(ms(took[b.N-1]), "max-ms")
}

func pushes(b *testing.B, cfg Config, h http.Handler) {
	p := wechattest.Peer{Token: cfg.Token, AppID: cfg.AppID, AESKey: cfg.AESKey}
	var merchants atomic.Int64
	b.ReportAllocs()
	b.SetParallelism(32) // times two cores
	b.RunParallel(func(pb *testing.PB) {
		openid := fmt.Sprint("o-merchant-", merchants.Add(1))
		for pb.Next() {
			q, body := p.Seal(wechattest.XML(p.Message(openid, "text", field("Content", "刷卡提示58"))...))
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/wechat/callback?"+q.Encode(), bytes.NewReader(body)))
			if w.Code != http.StatusOK || w.Body.Len() < 100 {
				b.Error(fmt.Sprint(w.Code, w.Body))
				return
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "pushes/s")
}

// sdk is the callback handler that comes with the SDK.
func sdk(b *testing.B, cfg Config) http.Handler {
	ctx := &context.Context{Config: &config.Config{AppID: cfg.AppID, Token: cfg.Token, EncodingAESKey: cfg.AESKey}}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		srv := server.NewServer(ctx)
		srv.Request, srv.Writer = r, w
		srv.SetMessageHandler(func(*message.MixMessage) *message.Reply {
			return &message.Reply{MsgType: message.MsgTypeText, MsgData: message.NewText("这张卡暂时不能在这台机器上用，请顾客换一张卡，或者改用扫码。")}
		})
		if err := srv.Serve(); err != nil {
			b.Error(err)
			return
		}
		if err := srv.Send(); err != nil {
			b.Error(err)
		}
	})
}
