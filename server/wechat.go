package main

import (
	"fmt"
	"time"

	"github.com/knadh/koanf/v2"

	"posdoctor/channels/wechat"
)

// wechatOptions reads the options of the Official Account. bad makes an error of an option's name and a sentence.
func wechatOptions(k *koanf.Koanf, bad func(name, format string, a ...any) error) (wechat.Config, error) {
	c := wechat.Config{AppID: k.String("wechat-app-id"), AppSecret: k.String("wechat-app-secret"), Token: k.String("wechat-token"),
		AESKey: k.String("wechat-aes-key"), AESKeyPrevious: k.String("wechat-aes-key-previous"), Mode: k.String("wechat-mode"),
		APIURL: k.String("wechat-api-url"), Label: k.Bool("wechat-ai-label"), Hold: wechat.HoldByAccount}
	if h := k.String("wechat-hold"); h != "" {
		var err error
		if c.Hold, err = time.ParseDuration(h); err != nil || c.Hold < 0 || c.Hold > 4800*time.Millisecond {
			return c, bad("wechat-hold", "%q is no time up to 4.8s; WeChat waits 5 s", h)
		}
	}
	switch k.String("wechat-ai-label") {
	case "true", "false":
	default:
		return c, bad("wechat-ai-label", "%q is neither true nor false", k.String("wechat-ai-label"))
	}
	if c.AppID != "" && c.Token == "" || c.AppID == "" && c.Token+c.AESKey != "" {
		return c, bad("wechat-token", "wechat-app-id and wechat-token must be set together")
	}
	if c.AppID == "" && c.AppSecret != "" {
		return c, bad("wechat-app-secret", "it needs wechat-app-id and wechat-token")
	}
	return c, nil
}

// openWeChat makes the channels of WeChat that are configured.
func (a *app) openWeChat() error {
	if a.s.wechat.AppID == "" {
		return nil
	}
	var err error
	a.wechat, err = wechat.New(a.s.wechat, wechat.Deps{Service: a.service, Messages: a.store, Deliveries: a.store, Leases: a.store, Outbox: a.store,
		Bus: a.bus, Now: time.Now, Log: a.log})
	if err != nil {
		return fmt.Errorf("%w: %w", errUsage, err)
	}
	if wait, ok := a.wechat.Pushes(); ok {
		a.service.Pushes = map[string]time.Duration{a.wechat.Name(): wait}
	}
	return nil
}
