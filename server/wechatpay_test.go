package main

import (
	"bytes"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/knadh/koanf/v2"

	"posdoctor/bot"
	"posdoctor/bot/acquirer/wechatpay"
	"posdoctor/bot/acquirer/wechatpay/paytest"
)

// payFiles writes the keys of the peer and returns options that are right.
func payFiles(t *testing.T) map[string]string {
	t.Helper()
	cfg, dir := paytest.New().Config(), t.TempDir()
	write := func(name, kind string, data []byte, err error) string {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: data}), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	private, err1 := x509.MarshalPKCS8PrivateKey(cfg.Key)
	public, err2 := x509.MarshalPKIXPublicKey(cfg.PublicKey)
	return map[string]string{"acquirer": "wechatpay", "wechatpay-mch-id": paytest.MchID, "wechatpay-serial": paytest.Serial,
		"wechatpay-key-file": write("key.pem", "PRIVATE KEY", private, err1), "wechatpay-apiv3-key": paytest.APIv3Key,
		"wechatpay-public-key-id": paytest.PublicKeyID, "wechatpay-public-key-file": write("public.pem", "PUBLIC KEY", public, err2)}
}

func TestWeChatPayOptions(t *testing.T) {
	good := payFiles(t)
	bad := faultOf
	for _, c := range []struct{ name, value, want string }{
		{"", "", ""},
		{"wechatpay-mch-id", "", "option wechatpay-mch-id: is needed with acquirer wechatpay"},
		{"wechatpay-serial", "", "option wechatpay-serial: is needed"},
		{"wechatpay-key-file", "", "option wechatpay-key-file: is needed"},
		{"wechatpay-apiv3-key", "", "option wechatpay-apiv3-key: is needed"},
		{"wechatpay-public-key-file", "", "option wechatpay-public-key-file: is needed"},
		{"wechatpay-public-key-id", "", "option wechatpay-public-key-id: is needed with a public key"},
		{"wechatpay-mch-id", "wx1", "option wechatpay-mch-id: must be"},
		{"wechatpay-apiv3-key", "short", "option wechatpay-apiv3-key: must have 32"},
		{"wechatpay-key-file", good["wechatpay-public-key-file"], "option wechatpay-key-file: the file holds no private key"},
		{"wechatpay-key-file", "nowhere.pem", "option wechatpay-key-file: stat nowhere.pem"},
		{"wechatpay-public-key-file", good["wechatpay-key-file"], "option wechatpay-public-key-file: the file holds no public key"},
		{"wechatpay-public-key-id", paytest.Serial, "option wechatpay-public-key-id: is the serial number of your own certificate"},
	} {
		k := koanf.New("/")
		for name, value := range good {
			if name == c.name {
				value = c.value
			}
			k.Set(name, value)
		}
		cfg, open, err := wechatpayOptions(k, bad)
		switch {
		case c.want == "" && (err != nil || open != "" || cfg.MchID != paytest.MchID || !cfg.PublicKey.Equal(paytest.New().Config().PublicKey)):
			t.Errorf("good: %v, open %q", err, open)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s=%q: %v, want %q", c.name, c.value, err, c.want)
		}
		if err != nil && strings.Contains(err.Error(), paytest.APIv3Key) {
			t.Errorf("%s: the key is in the error", c.name)
		}
	}
	if err := os.Chmod(good["wechatpay-key-file"], 0o644); err != nil {
		t.Fatal(err)
	}
	k := koanf.New("/")
	for name, value := range good {
		k.Set(name, value)
	}
	if _, open, err := wechatpayOptions(k, bad); err != nil || open != good["wechatpay-key-file"] {
		t.Errorf("a key for all: open %q, %v", open, err)
	}
}

// TestWeChatPay: the server with WeChat Pay takes its notices once, warns of an open key, and promises no tickets.
func TestWeChatPay(t *testing.T) {
	var log bytes.Buffer
	cfg := paytest.New().Config()
	a, err := newApp(t.Context(), settings{data: t.TempDir(), acquirer: "wechatpay", wechatpay: cfg, wechatpayOpen: "key.pem"},
		slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	defer a.close()
	h, _, err := a.handler(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if !a.service.NoTickets {
		t.Error("tickets are promised")
	}
	merchant := bot.Address{Channel: "web", Account: "demo", User: "u"}
	turn, err := a.service.Handle(t.Context(), merchant, bot.Event{Kind: bot.EventBound, Binding: &bot.Binding{Merchant: "1230000110", Name: "川味小馆", Proof: "page"}})
	if err != nil {
		t.Fatal(err)
	}
	resource := `{"sub_mchid":"1230000110","record_id":"2002","punish_plan":"关闭支付权限","risk_type":"GAMBLING"}`
	for _, c := range []struct {
		r      *http.Request
		status int
		logged int // reports in the log so far
	}{
		{paytest.Notice("EV-1", wechatpay.Punished, resource, paytest.Fault{Stranger: true}, nil), 401, 0},
		{paytest.Notice("EV-1", wechatpay.Punished, resource, paytest.Fault{}, nil), 204, 1},
		{paytest.Notice("EV-1", wechatpay.Punished, resource, paytest.Fault{}, nil), 204, 1},
		{paytest.Notice("EV-2", wechatpay.Appealed, resource, paytest.Fault{}, nil), 204, 2},
		{httptest.NewRequest(http.MethodPost, "/acquirer/events", strings.NewReader("{}")), 404, 2},
	} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, c.r)
		if n := strings.Count(log.String(), "WeChat Pay reports"); w.Code != c.status || n != c.logged {
			t.Errorf("status %d, want %d; %d reports, want %d", w.Code, c.status, n, c.logged)
		}
	}
	lines, err := a.store.Messages(t.Context(), turn.Next.ID, 0, 100)
	told := ""
	for _, l := range lines {
		if l.From == bot.FromSystem {
			told += l.Text + "\n"
		}
	}
	if err != nil || strings.Count(told, "商户被风控限制") != 1 || strings.Count(told, "关闭支付权限") != 1 || strings.Count(told, "申诉有了新进展") != 1 {
		t.Errorf("the merchant is told %q, %v", told, err)
	}
	text := log.String()
	for _, secret := range []string{"1230000110", paytest.APIv3Key, keyText(cfg.Key)} {
		if strings.Contains(text, secret) {
			t.Errorf("the log has %s", secret)
		}
	}
	if !strings.Contains(text, "chmod 600") || !strings.Contains(text, "merchant=0110") {
		t.Errorf("the log is\n%s", text)
	}
}

func keyText(k *rsa.PrivateKey) string { return k.D.String() }
