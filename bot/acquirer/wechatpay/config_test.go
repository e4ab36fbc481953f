package wechatpay_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"posdoctor/bot/acquirer/wechatpay"
	"posdoctor/bot/acquirer/wechatpay/paytest"
)

func TestConfig(t *testing.T) {
	small, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		change func(*wechatpay.Config)
		want   string
	}{
		"good":                   {func(*wechatpay.Config) {}, ""},
		"its standby":            {func(c *wechatpay.Config) { c.URL = "https://api2.mch.weixin.qq.com" }, ""},
		"a certificate's serial": {func(c *wechatpay.Config) { c.PublicKeyID = "7132D72A03E93CDDF8C03BBD1F37EEDF00000000" }, ""},
		"no number":              {func(c *wechatpay.Config) { c.MchID = "" }, "wechatpay-mch-id"},
		"a number with letters":  {func(c *wechatpay.Config) { c.MchID = "19000a" }, "wechatpay-mch-id"},
		"no serial":              {func(c *wechatpay.Config) { c.Serial = "" }, "wechatpay-serial"},
		"a broken serial":        {func(c *wechatpay.Config) { c.Serial = "51:57:F0:9E" }, "wechatpay-serial"},
		"no key":                 {func(c *wechatpay.Config) { c.Key = nil }, "wechatpay-key-file"},
		"a small key":            {func(c *wechatpay.Config) { c.Key = small }, "wechatpay-key-file"},
		"a short APIv3 key":      {func(c *wechatpay.Config) { c.APIv3Key = "short" }, "wechatpay-apiv3-key"},
		"no public key":          {func(c *wechatpay.Config) { c.PublicKey = nil }, "wechatpay-public-key-file"},
		"our own public key":     {func(c *wechatpay.Config) { c.PublicKey = &c.Key.PublicKey }, "your own key"},
		"no key id":              {func(c *wechatpay.Config) { c.PublicKeyID = "" }, "wechatpay-public-key-id"},
		"our own serial":         {func(c *wechatpay.Config) { c.PublicKeyID = c.Serial }, "your own certificate"},
		"http":                   {func(c *wechatpay.Config) { c.URL = "http://api.mch.weixin.qq.com" }, "must be like https"},
		"a path":                 {func(c *wechatpay.Config) { c.URL = "https://api.mch.weixin.qq.com/v3" }, "must be like https"},
	} {
		cfg := paytest.New().Config()
		c.change(&cfg)
		_, err := wechatpay.New(cfg)
		switch {
		case c.want == "" && err != nil, c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
		if err != nil {
			discreet(t, strings.ReplaceAll(err.Error(), wechatpay.Server, ""))
		}
		discreet(t, fmt.Sprintf("%v %+v %#v", cfg, cfg, cfg))
	}
}

func TestKeyFiles(t *testing.T) {
	cfg := paytest.New().Config()
	dir := t.TempDir()
	write := func(name, kind string, data []byte, mode os.FileMode) string {
		t.Helper()
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: data}), mode); err != nil {
			t.Fatal(err)
		}
		return file
	}
	private, _ := x509.MarshalPKCS8PrivateKey(cfg.Key)
	public, _ := x509.MarshalPKIXPublicKey(cfg.PublicKey)
	cert, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{SerialNumber: big.NewInt(0x7132D72A), NotAfter: time.Now().Add(time.Hour)},
		&x509.Certificate{SerialNumber: big.NewInt(1)}, cfg.PublicKey, cfg.Key)
	if err != nil {
		t.Fatal(err)
	}
	curve, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	ec, _ := x509.MarshalPKCS8PrivateKey(curve)
	large := filepath.Join(dir, "large")
	if err := os.WriteFile(large, make([]byte, 1<<20), 0o600); err != nil {
		t.Fatal(err)
	}

	for name, c := range map[string]struct {
		file       string
		good, open bool
	}{
		"ours":          {write("a.pem", "PRIVATE KEY", private, 0o600), true, false},
		"ours, for all": {write("b.pem", "PRIVATE KEY", private, 0o644), true, true},
		"a public key":  {write("c.pem", "PUBLIC KEY", public, 0o600), false, false},
		"another kind":  {write("d.pem", "PRIVATE KEY", ec, 0o600), false, false},
		"garbage":       {write("e.pem", "PRIVATE KEY", []byte("x"), 0o600), false, false},
		"not there":     {filepath.Join(dir, "none"), false, false},
		"a folder":      {dir, false, false},
		"a large file":  {large, false, false},
	} {
		key, open, err := wechatpay.ReadKey(c.file)
		if (err == nil) != c.good || open != c.open || c.good && !key.Equal(cfg.Key) {
			t.Errorf("%s: open %v, %v", name, open, err)
		}
	}
	for name, c := range map[string]struct {
		file, serial string
		good         bool
	}{
		"a public key":  {write("f.pem", "PUBLIC KEY", public, 0o644), "", true},
		"a certificate": {write("g.pem", "CERTIFICATE", cert, 0o644), "7132D72A", true},
		"broken":        {write("h.pem", "CERTIFICATE", cert[:40], 0o644), "", false},
		"a private key": {filepath.Join(dir, "a.pem"), "", false},
		"not there":     {filepath.Join(dir, "none"), "", false},
	} {
		key, serial, err := wechatpay.ReadPublicKey(c.file)
		if (err == nil) != c.good || serial != c.serial || c.good && !key.Equal(cfg.PublicKey) {
			t.Errorf("%s: serial %q, %v", name, serial, err)
		}
	}
}
