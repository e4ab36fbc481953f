package main

import (
	"fmt"
	"time"

	"github.com/knadh/koanf/v2"

	"posdoctor/bot"
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

// wechatKFOptions reads the options of Customer Service. What must be set together is, or nothing is.
func wechatKFOptions(k *koanf.Koanf, bad func(name, format string, a ...any) error) (wechat.KFConfig, error) {
	c := wechat.KFConfig{CorpID: k.String("wechat-kf-corp-id"), Secret: k.String("wechat-kf-secret"), Token: k.String("wechat-kf-token"),
		AESKey: k.String("wechat-kf-aes-key"), AESKeyPrevious: k.String("wechat-kf-aes-key-previous"), APIURL: k.String("wechat-kf-api-url"),
		Desk: k.String("wechat-kf-desk")}
	if c.CorpID+c.Secret+c.Token+c.AESKey+c.AESKeyPrevious == "" {
		return c, nil
	}
	for _, name := range []string{"wechat-kf-corp-id", "wechat-kf-secret", "wechat-kf-token", "wechat-kf-aes-key"} {
		if k.String(name) == "" {
			return c, bad(name, "wechat-kf-corp-id, -secret, -token and -aes-key must be set together")
		}
	}
	if err := c.Validate(); err != nil {
		return c, fmt.Errorf("%w: %w", errUsage, err)
	}
	return c, nil
}

// speechOptions reads where voices are listened to; nil for nowhere.
func speechOptions(k *koanf.Koanf, bad func(name, format string, a ...any) error) (wechat.Recogniser, error) {
	address, key := k.String("speech-url"), k.String("speech-key")
	switch {
	case address == "" && key == "":
		return nil, nil
	case address == "":
		return nil, bad("speech-key", "it needs speech-url")
	case k.String("wechat-app-secret")+k.String("wechat-kf-secret") == "":
		return nil, bad("speech-url", "it needs wechat-app-secret or wechat-kf-secret: voices are fetched through WeChat's API")
	}
	s, err := wechat.NewSpeech(address, key)
	if err != nil {
		return nil, bad("speech-url", "%v", err)
	}
	return s, nil
}

// openWeChat makes the channels of WeChat that are configured.
func (a *app) openWeChat() error {
	deps := wechat.Deps{Service: a.service, Messages: a.store, Deliveries: a.store, Leases: a.store, Outbox: a.store, Notes: a.store, Files: a.store,
		Recogniser: a.s.speech, Bus: a.bus, Now: time.Now, Log: a.log}
	a.service.Pushes = map[string]time.Duration{}
	var err error
	if a.s.wechat.AppID != "" {
		if a.wechat, err = wechat.New(a.s.wechat, deps); err != nil {
			return fmt.Errorf("%w: %w", errUsage, err)
		}
		if wait, ok := a.wechat.Pushes(); ok {
			a.service.Pushes[a.wechat.Name()] = wait
		}
	}
	if a.s.wechatKF.CorpID != "" {
		if a.wechatKF, err = wechat.NewKF(a.s.wechatKF, deps); err != nil {
			return fmt.Errorf("%w: %w", errUsage, err)
		}
		a.service.Pushes[a.wechatKF.Name()] = 0
		if d := a.wechatKF.Desk(); d != nil {
			a.service.Desks = map[string]bot.Desk{a.wechatKF.Name(): d}
		}
	}
	return nil
}
