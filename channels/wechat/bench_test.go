package wechat

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

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
