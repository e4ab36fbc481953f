package wechat

import (
	"strings"
	"testing"
	"time"
)

func TestConfig(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*Config)
		want   string // part of the error; empty for none
	}{
		"safe":                    {func(*Config) {}, ""},
		"plain":                   {func(c *Config) { c.AESKey = "" }, ""},
		"plain although key":      {func(c *Config) { c.Mode = ModePlain }, ""},
		"both keys":               {func(c *Config) { c.AESKeyPrevious = otherKey }, ""},
		"no app id":               {func(c *Config) { c.AppID = "" }, "wechat-app-id"},
		"no token":                {func(c *Config) { c.Token = "" }, "wechat-token"},
		"short key":               {func(c *Config) { c.AESKey = testKey[:42] }, "wechat-aes-key must have 43 characters, it has 42"},
		"odd key":                 {func(c *Config) { c.AESKey = "*" + testKey[1:] }, "wechat-aes-key must have letters and digits"},
		"short previous key":      {func(c *Config) { c.AESKeyPrevious = "x" }, "wechat-aes-key-previous must have 43"},
		"previous key alone":      {func(c *Config) { c.AESKey, c.AESKeyPrevious = "", otherKey }, "wechat-aes-key-previous needs wechat-aes-key"},
		"safe without key":        {func(c *Config) { c.Mode, c.AESKey = ModeSafe, "" }, "wechat-mode safe needs"},
		"unknown mode":            {func(c *Config) { c.Mode = "compat" }, `wechat-mode must be plain or safe, not "compat"`},
		"no hold":                 {func(c *Config) { c.Hold = 0 }, ""},
		"longest hold":            {func(c *Config) { c.Hold = 4800 * time.Millisecond }, ""},
		"hold a little too long":  {func(c *Config) { c.Hold = 4801 * time.Millisecond }, "wechat-hold must be between 0 and 4.8s, not 4.801s"},
		"hold over WeChat's time": {func(c *Config) { c.Hold = 5 * time.Second }, "wechat-hold must be between 0 and 4.8s, not 5s"},
		"hold below nothing":      {func(c *Config) { c.Hold = -1 }, "wechat-hold must be between 0 and 4.8s, not -1ns"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := safe()
			tc.change(&cfg)
			_, err := New(cfg, newDesk().deps())
			switch {
			case tc.want == "" && err != nil:
				t.Fatal(err)
			case tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want)):
				t.Fatalf("error %v, want %q", err, tc.want)
			case err != nil && strings.Contains(err.Error(), cfg.AESKey) && cfg.AESKey != "":
				t.Fatalf("the key is in the error: %v", err)
			}
		})
	}
	if _, err := New(safe(), Deps{}); err == nil {
		t.Error("no dependencies, no error")
	}
}
