package main

import (
	"context"
	"strings"
	"time"

	"github.com/knadh/koanf/v2"

	"posdoctor/bot"
	"posdoctor/bot/acquirer"
	"posdoctor/bot/acquirer/contract"
	"posdoctor/bot/acquirer/wechatpay"
)

// wechatpayOptions reads the service provider's access; others beside its owner may read key file open, "" for none.
func wechatpayOptions(k *koanf.Koanf, bad func(name, format string, a ...any) error) (c wechatpay.Config, open string, err error) {
	for _, o := range options {
		if strings.HasPrefix(o.name, "wechatpay-") && o.name != "wechatpay-public-key-id" && k.String(o.name) == "" {
			return c, "", bad(o.name, "is needed with acquirer wechatpay")
		}
	}
	c = wechatpay.Config{MchID: k.String("wechatpay-mch-id"), Serial: k.String("wechatpay-serial"), APIv3Key: k.String("wechatpay-apiv3-key"),
		PublicKeyID: k.String("wechatpay-public-key-id")}
	file, forAll := k.String("wechatpay-key-file"), false
	if c.Key, forAll, err = wechatpay.ReadKey(file); err != nil {
		return c, "", bad("wechatpay-key-file", "%v", err)
	}
	if forAll {
		open = file
	}
	var serial string
	if c.PublicKey, serial, err = wechatpay.ReadPublicKey(k.String("wechatpay-public-key-file")); err != nil {
		return c, "", bad("wechatpay-public-key-file", "%v", err)
	}
	switch {
	case c.PublicKeyID == "" && serial == "":
		return c, "", bad("wechatpay-public-key-id", "is needed with a public key: WeChat Pay's platform shows it beside the key, PUB_KEY_ID_…")
	case c.PublicKeyID == "":
		c.PublicKeyID = serial
	case serial != "" && !strings.EqualFold(serial, c.PublicKeyID):
		return c, "", bad("wechatpay-public-key-id", "the certificate in wechatpay-public-key-file has another serial number; leave it empty to take that one")
	case serial != "":
		c.PublicKeyID = serial // as WeChat Pay spells it
	}
	if err := c.Validate(); err != nil {
		name, rest, _ := strings.Cut(err.Error(), " ")
		return c, "", bad(name, "%s", rest)
	}
	return c, open, nil
}

// openWeChatPay connects WeChat Pay, which takes no tickets.
func (a *app) openWeChatPay() error {
	if a.s.wechatpayOpen != "" {
		a.log.Warn("others on this machine may read the key of WeChat Pay; chmod 600 it", "file", a.s.wechatpayOpen)
	}
	cfg := a.s.wechatpay
	cfg.Log = a.log
	c, err := wechatpay.New(cfg)
	if err != nil {
		return err
	}
	caps, err := c.Capabilities(context.Background())
	if err != nil {
		return err
	}
	a.acquirer, a.wechatpay = c, c
	a.service.NoTickets = !caps.Data.Has(contract.OpOpenTicket)
	looks := acquirer.LooksOf(c, caps.Data)
	a.service.Looks = func() []string { return looks }
	return nil
}

// noticeOf is what merchants hear of a notice.
func noticeOf(n wechatpay.Notice) bot.News {
	out := bot.News{Merchant: n.Merchant, What: bot.NewsLimited, Reason: string(n.Reason), Text: n.Text, Since: n.Since, Person: n.Person}
	if n.Raw == wechatpay.Appealed {
		out.What = bot.NewsAppeal
	}
	return out
}

// takeNotice takes what WeChat Pay reports, once, and tells it to who speaks for the merchant. Nothing is cached of it: the next record
// that is read has it, and who is on duty finds it in the log.
func (a *app) takeNotice(ctx context.Context, n wechatpay.Notice) error {
	name := "wechatpay:" + n.ID
	seen, err := a.store.Note(ctx, name)
	if err != nil || seen != "" {
		return err
	}
	if _, err := a.service.Tell(ctx, noticeOf(n), name, ""); err != nil {
		return err // it is sent again, and who was told is not told twice
	}
	if err := a.store.SetNote(ctx, bot.Note{Name: name, Value: time.UnixMilli(n.At).UTC().Format(time.RFC3339)}); err != nil {
		return err
	}
	level := a.log.Info
	if n.Person {
		level = a.log.Warn // it has words that nobody here knows
	}
	level("WeChat Pay reports on a sub-merchant", "event", n.ID, "type", n.Raw, "merchant", n.Merchant[max(0, len(n.Merchant)-4):], "case", n.Case,
		"reason", n.Reason, "measure", n.Measure)
	return nil
}
