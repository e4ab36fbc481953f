package notice

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"posdoctor/bot"
)

// Name is the name of the setting.
const Name = "notices"

// Settings are what operators set.
type Settings struct {
	WeCom   WeCom    `json:"wecom"`
	Webhook Webhook  `json:"webhook"`
	Kinds   []string `json:"kinds"` // those that are told; see bot.Notice
	Topic   bool     `json:"topic"` // tell the topic too
}

// WeCom is the robot of a group.
type WeCom struct {
	On  bool   `json:"on"`
	Key string `json:"key"` // of its address; the whole address may be given
}

// Webhook is an address of another system.
type Webhook struct {
	On     bool   `json:"on"`
	URL    string `json:"url"`
	Secret string `json:"secret"` // signs; at least 16 characters
}

// kinds are the kinds that can be switched.
var kinds = []string{bot.NoticeQueued, bot.NoticeLate, bot.NoticeLeft, bot.NoticeUnsure, bot.NoticeRated}

// Default holds until somebody sets something: nothing is told.
func Default() Settings {
	return Settings{Kinds: slices.Clone(kinds), Topic: true}
}

// covered begins a secret that is shown without being told; who sends it back means the one that is kept.
const covered = "••••"

func cover(secret string) string {
	if secret == "" {
		return ""
	}
	r := []rune(secret)
	return covered + string(r[max(0, len(r)-4):])
}

var keyForm = regexp.MustCompile(`^[0-9A-Za-z_-]{8,64}$`)

// Validate says, in words for operators, what is wrong.
func (s Settings) Validate() error {
	for _, k := range s.Kinds {
		if !slices.Contains(kinds, k) {
			return fmt.Errorf("没有这类通知：%.20s。", k)
		}
	}
	if s.WeCom.Key != "" && !keyForm.MatchString(s.WeCom.Key) {
		return errors.New("群机器人的密钥不对。请在企业微信里复制机器人的 Webhook 地址，整个粘贴过来。")
	}
	if s.WeCom.On && s.WeCom.Key == "" {
		return errors.New("要打开企业微信群通知，请先填群机器人的 Webhook 地址。")
	}
	if s.Webhook.URL != "" {
		if err := checkURL(s.Webhook.URL); err != nil {
			return err
		}
	}
	if n := utf8.RuneCountInString(s.Webhook.Secret); n > 0 && n < 16 || n > 200 {
		return errors.New("签名密钥至少要 16 个字符。")
	}
	if s.Webhook.On && (s.Webhook.URL == "" || s.Webhook.Secret == "") {
		return errors.New("要打开 Webhook，请填写地址和签名密钥。")
	}
	return nil
}

func checkURL(s string) error {
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Hostname() == "" || len(s) > 500:
		return errors.New("Webhook 地址不对，应像 https://crm.example.com/posdoctor 这样。")
	case u.User != nil:
		return errors.New("Webhook 地址里不能带用户名和密码。")
	case u.Scheme != "https" && !(u.Scheme == "http" && loopback(u.Hostname())):
		return errors.New("Webhook 地址要用 https。只有本机地址可以用 http。")
	}
	return nil
}

func loopback(host string) bool {
	a, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && a.IsLoopback()
}

// Check returns a new value as it is kept: covered secrets are those of the old one, and the key is taken out of a robot's address.
func Check(value, old json.RawMessage) (json.RawMessage, error) {
	var s Settings
	d := json.NewDecoder(bytes.NewReader(value))
	d.DisallowUnknownFields()
	if err := d.Decode(&s); err != nil {
		return nil, fmt.Errorf("设置的格式不对：%w。", err)
	}
	was, err := read(string(old))
	if err != nil {
		return nil, err
	}
	s.WeCom.Key, s.Webhook.URL = strings.TrimSpace(s.WeCom.Key), strings.TrimSpace(s.Webhook.URL)
	if u, err := url.Parse(s.WeCom.Key); err == nil && u.Query().Get("key") != "" {
		s.WeCom.Key = u.Query().Get("key")
	}
	if strings.HasPrefix(s.WeCom.Key, covered) {
		s.WeCom.Key = was.WeCom.Key
	}
	if strings.HasPrefix(s.Webhook.Secret, covered) {
		s.Webhook.Secret = was.Webhook.Secret
	}
	if s.Kinds == nil {
		s.Kinds = []string{}
	}
	if err := s.Validate(); err != nil {
		return nil, err
	}
	return json.Marshal(s)
}

// Shown returns a value with its secrets covered.
func Shown(value json.RawMessage) (json.RawMessage, error) {
	s, err := read(string(value))
	if err != nil {
		return nil, err
	}
	s.WeCom.Key, s.Webhook.Secret = cover(s.WeCom.Key), cover(s.Webhook.Secret)
	return json.Marshal(s)
}

// read reads a kept value; "" is the default.
func read(value string) (Settings, error) {
	s := Default()
	if value == "" {
		return s, nil
	}
	if err := json.Unmarshal([]byte(value), &s); err != nil {
		return s, fmt.Errorf("reading the setting %s: %w", Name, err)
	}
	return s, nil
}
