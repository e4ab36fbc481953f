package wechat

import (
	"context"
	"testing"
	"time"

	"posdoctor/channels/wechat/wechattest"
)

// TestKit: whatever WeChat sends is taken, whatever is not from WeChat is refused, with the real service behind the callback.
func TestKit(t *testing.T) {
	for _, cfg := range []Config{plain(), safe()} {
		mode := cfg.withDefaults().Mode
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			s, st := house(t)
			ctx, stop := context.WithCancel(context.Background())
			done := make(chan struct{})
			go func() { defer close(done); acquire(ctx, t, s, st, 6*time.Second) }()
			t.Cleanup(func() { stop(); <-done })
			p := open(t, cfg, Deps{Service: s, Messages: st, Deliveries: st, Bus: s.Bus})
			words := wechattest.Words{Text: "刷卡提示58", Before: "演示商户 2", Slow: "POS机显示商户状态异常"}
			for _, c := range wechattest.Cases() {
				if c.Only != "" && c.Only != mode {
					continue
				}
				t.Run(c.Name, func(t *testing.T) {
					v := c.Run(p, words)
					if v.Fault != "" {
						t.Errorf("%s: %.300s", v.Fault, v.Saw)
					} else {
						t.Logf("%.200s", v.Saw)
					}
				})
			}
		})
	}
}
