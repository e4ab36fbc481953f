package wechat

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"posdoctor/bot"
	"posdoctor/bot/live"
	"posdoctor/channels/wechat/wechattest"
)

// instant is a bot without a memory, so that the benchmark is of the callback alone.
type instant struct{ live.Bus }

func (*instant) Handle(context.Context, bot.Address, bot.Event) (bot.Turn, error) {
	return bot.Turn{Next: bot.Conversation{ID: "c"}}, nil
}

func (*instant) Messages(context.Context, string, int64, int) ([]bot.Message, error) {
	return []bot.Message{says("先换张卡试试。"), says("别的卡行吗？", "都不行", "别的卡可以")}, nil
}
func (*instant) ConversationByID(context.Context, string) (bot.Conversation, error) {
	return bot.Conversation{ID: "c"}, nil
}
func (*instant) Delivery(context.Context, string) (bot.Delivery, error) {
	return bot.Delivery{}, bot.ErrNotFound
}
func (*instant) Shown(context.Context, string, int64) (bot.Shown, error) { return bot.Shown{}, nil }
func (*instant) Begin(context.Context, bot.Claim) error                  { return nil }
func (*instant) Settle(context.Context, string, string, string) error    { return nil }

func BenchmarkCallback(b *testing.B) {
	for _, cfg := range []Config{plain(), safe()} {
		b.Run(cfg.withDefaults().Mode, func(b *testing.B) {
			d := &instant{}
			c, err := New(cfg, Deps{Service: d, Messages: d, Deliveries: d, Bus: d})
			if err != nil {
				b.Fatal(err)
			}
			p := wechattest.Peer{Token: cfg.Token, AppID: cfg.AppID, AESKey: cfg.AESKey}
			q, body := p.Seal(wechattest.XML(p.Message("o-openid", "text", field("Content", "刷卡提示58"))...))
			target := "/wechat/callback?" + q.Encode()
			b.ReportAllocs()
			b.SetBytes(int64(len(body)))
			for b.Loop() {
				w := httptest.NewRecorder()
				c.ServeHTTP(w, httptest.NewRequest(http.MethodPost, target, bytes.NewReader(body)))
				if w.Code != http.StatusOK || w.Body.Len() < 100 {
					b.Fatal(fmt.Sprint(w.Code, w.Body))
				}
			}
		})
	}
}
