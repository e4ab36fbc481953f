package wechat

import (
	"encoding/base64"
	"errors"
	"fmt"
	"time"
)

// Modes of an account. What the console calls compatible mode counts as safe: only the encrypted part is read.
const (
	ModePlain = "plain"
	ModeSafe  = "safe"
)

// maxHold leaves WeChat, which hangs up after 5 s, a little time for the way.
const maxHold = 4800 * time.Millisecond

// HoldByAccount holds a reply for 2 s where a result can be pushed later, and for 4.5 s where it cannot.
const HoldByAccount time.Duration = -1 << 62

// Config is the account as set up at mp.weixin.qq.com. The names of the options stand beside the fields.
type Config struct {
	AppID          string        // wechat-app-id
	Token          string        // wechat-token: signs every push
	AESKey         string        // wechat-aes-key: 43 characters
	AESKeyPrevious string        // wechat-aes-key-previous: while WeChat changes over to a new key
	Mode           string        // wechat-mode: plain or safe; safe when there is a key
	Hold           time.Duration // wechat-hold: how long a reply waits for a result, up to 4.8 s, or HoldByAccount
	AppSecret      string        // wechat-app-secret: allows customer-service messages; without it there are replies only
	APIURL         string        // wechat-api-url
	Label          bool          // wechat-ai-label: words of the bot are marked as made by a machine
}

// Validate names every option that is wrong. No secret is part of the error.
func (c Config) Validate() error {
	var errs []error
	if c.AppID == "" {
		errs = append(errs, errors.New("wechat-app-id must be set"))
	}
	if c.Token == "" {
		errs = append(errs, errors.New("wechat-token must be set: without it anybody could sign a push"))
	}
	if c.AESKey != "" {
		errs = append(errs, checkKey("wechat-aes-key", c.AESKey))
	}
	if c.AESKeyPrevious != "" {
		errs = append(errs, checkKey("wechat-aes-key-previous", c.AESKeyPrevious))
		if c.AESKey == "" {
			errs = append(errs, errors.New("wechat-aes-key-previous needs wechat-aes-key"))
		}
	}
	switch c.Mode {
	case "", ModePlain:
	case ModeSafe:
		if c.AESKey == "" {
			errs = append(errs, errors.New("wechat-mode safe needs wechat-aes-key"))
		}
	default:
		errs = append(errs, fmt.Errorf("wechat-mode must be plain or safe, not %q", c.Mode))
	}
	if c.Hold != HoldByAccount && (c.Hold < 0 || c.Hold > maxHold) {
		errs = append(errs, fmt.Errorf("wechat-hold must be between 0 and %s, not %s: WeChat hangs up after 5s", maxHold, c.Hold))
	}
	return errors.Join(errs...)
}

func checkKey(option, key string) error {
	if len(key) != 43 {
		return fmt.Errorf("%s must have 43 characters, it has %d", option, len(key))
	}
	if _, err := base64.StdEncoding.DecodeString(key + "="); err != nil {
		return fmt.Errorf("%s must have letters and digits only", option)
	}
	return nil
}

func (c Config) withDefaults() Config {
	if c.APIURL == "" {
		c.APIURL = "https://api.weixin.qq.com"
	}
	if c.Mode == "" {
		c.Mode = ModePlain
		if c.AESKey != "" {
			c.Mode = ModeSafe
		}
	}
	return c
}

// keys that a push may be encrypted with, newest first.
func (c Config) keys() []string {
	if c.AESKeyPrevious == "" {
		return []string{c.AESKey}
	}
	return []string{c.AESKey, c.AESKeyPrevious}
}
