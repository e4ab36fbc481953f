package wechat

import "errors"

// Who answers when a person is asked for.
const (
	DeskOwn   = "own"   // agents at our console
	DeskWeCom = "wecom" // people in WeCom: the session goes to the pool of Customer Service
)

// KFConfig is Customer Service as set up at work.weixin.qq.com. The names of the options stand beside the fields.
type KFConfig struct {
	CorpID         string // wechat-kf-corp-id
	Secret         string // wechat-kf-secret: of the app that may call Customer Service
	Token          string // wechat-kf-token: signs every push
	AESKey         string // wechat-kf-aes-key: 43 characters
	AESKeyPrevious string // wechat-kf-aes-key-previous: while WeCom changes over to a new key
	APIURL         string // wechat-kf-api-url
	Desk           string // wechat-kf-desk: DeskOwn or DeskWeCom
}

// Validate names every option that is wrong. No secret is part of the error.
func (c KFConfig) Validate() error {
	var errs []error
	for _, o := range []struct{ value, name, why string }{
		{c.CorpID, "wechat-kf-corp-id", ""},
		{c.Secret, "wechat-kf-secret", ": messages are fetched with it"},
		{c.Token, "wechat-kf-token", ": without it anybody could sign a push"},
		{c.AESKey, "wechat-kf-aes-key", ": pushes are always encrypted"},
	} {
		if o.value == "" {
			errs = append(errs, errors.New(o.name+" must be set"+o.why))
		}
	}
	if c.AESKey != "" {
		errs = append(errs, checkKey("wechat-kf-aes-key", c.AESKey))
	}
	if c.AESKeyPrevious != "" {
		errs = append(errs, checkKey("wechat-kf-aes-key-previous", c.AESKeyPrevious))
	}
	switch c.Desk {
	case "", DeskOwn, DeskWeCom:
	default:
		errs = append(errs, errors.New("wechat-kf-desk must be own or wecom"))
	}
	return errors.Join(errs...)
}

func (c KFConfig) withDefaults() KFConfig {
	if c.APIURL == "" {
		c.APIURL = "https://qyapi.weixin.qq.com"
	}
	if c.Desk == "" {
		c.Desk = DeskOwn
	}
	return c
}

// keys that a push may be encrypted with, newest first.
func (c KFConfig) keys() []string {
	return Config{AESKey: c.AESKey, AESKeyPrevious: c.AESKeyPrevious}.keys()
}
