package web

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"posdoctor/bot"
)

// Site is a place of the acquirer's where the widget may stand: a portal, an H5 page. What operators set of it is this, as JSON.
//
//	{"id":"st_9f3k2m7q4w8x","name":"商户平台","origins":["https://portal.example.com"],"title":"机具助手","color":"#0b5f66"}
type Site struct {
	ID      string   `json:"id"`
	Name    string   `json:"name"`    // for operators
	Origins []string `json:"origins"` // beside the server's own: scheme, host, port if it is not the usual one
	// Opaque lets pages without an origin open it ("Origin: null"): a frame with sandbox="allow-scripts". Any page of the world can make
	// such a frame, so it is off unless an operator wants it; who is signed for is proven by the signature and not by the origin.
	Opaque bool `json:"opaque,omitempty"`

	Title    string   `json:"title"`            // head of the chat
	Greeting string   `json:"greeting"`         // before the first word
	Topics   []string `json:"topics,omitempty"` // questions offered before the first word
	Phone    string   `json:"phone,omitempty"`  // shown when the chat cannot be reached

	Color    string            `json:"color,omitempty"`    // #rrggbb on which white can be read; "" is ours
	Position string            `json:"position,omitempty"` // right, left
	Theme    string            `json:"theme,omitempty"`    // auto, light, dark
	Launcher string            `json:"launcher,omitempty"` // its words; "-" for none: the page has a button of its own
	Locale   string            `json:"locale,omitempty"`   // zh-CN, en; "" follows the page
	Texts    map[string]string `json:"texts,omitempty"`    // words in place of the widget's own, by their names there
	Hours    string            `json:"hours,omitempty"`    // when people answer, as visitors read it, in place of what the desk's calendar says

	Keys []Key `json:"-"`
}

// Key verifies what the site's server signs.
type Key struct {
	KID    string
	Alg    string // HS256 or EdDSA
	Secret string // base64: the shared secret, or the Ed25519 public key
}

// material is what the key's algorithm verifies with.
func (k Key) material() (any, error) {
	raw, err := base64.StdEncoding.DecodeString(k.Secret)
	if err != nil {
		return nil, fmt.Errorf("key %s: %w", k.KID, err)
	}
	switch {
	case k.Alg == AlgHS256 && len(raw) >= 32:
		return raw, nil
	case k.Alg == AlgEdDSA && len(raw) == ed25519.PublicKeySize:
		return ed25519.PublicKey(raw), nil
	}
	return nil, fmt.Errorf("key %s: %s with %d bytes", k.KID, k.Alg, len(raw))
}

// Decode reads a site as an operator's document has it.
func Decode(id, value string) (Site, error) {
	var s Site
	if err := json.Unmarshal([]byte(value), &s); err != nil {
		return s, fmt.Errorf("the site %s: %w", id, err)
	}
	s.ID = id
	return s, nil
}

// SiteError says in a sentence what is wrong with a site.
type SiteError struct{ Field, Message string }

func (e *SiteError) Error() string { return e.Message }

var (
	siteID    = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{1,39}$`)
	siteHost  = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$`)
	siteColor = regexp.MustCompile(`^#[0-9a-fA-F]{6}$`)
)

// Limits of what an operator writes.
const (
	maxOrigins = 50
	maxTopics  = 6
	maxShort   = 40
	maxLong    = 200
	maxTexts   = 60
)

// Validate says what of a site cannot be, and makes its origins exact.
func (s *Site) Validate() error {
	s.Name, s.Title, s.Greeting, s.Phone = strings.TrimSpace(s.Name), strings.TrimSpace(s.Title), strings.TrimSpace(s.Greeting), strings.TrimSpace(s.Phone)
	if !siteID.MatchString(s.ID) {
		return &SiteError{"id", "站点编号只能用小写字母、数字、- 和 _，2 到 40 个字符。"}
	}
	if s.Name == "" {
		return &SiteError{"name", "请给站点起个名字。"}
	}
	if len(s.Origins) > maxOrigins {
		return &SiteError{"origins", fmt.Sprintf("一个站点最多 %d 个来源。", maxOrigins)}
	}
	for i, o := range s.Origins {
		exact, err := Origin(o)
		if err != nil {
			return err
		}
		s.Origins[i] = exact
	}
	slices.Sort(s.Origins)
	s.Origins = slices.Compact(s.Origins)
	for _, f := range []struct {
		name, what, value string
		most              int
	}{{"name", "名字", s.Name, maxShort}, {"title", "标题", s.Title, maxShort}, {"greeting", "欢迎语", s.Greeting, maxLong}, {"phone", "电话", s.Phone, maxShort},
		{"launcher", "按钮文字", s.Launcher, 12}, {"hours", "服务时间", s.Hours, maxShort * 2}} {
		if utf8.RuneCountInString(f.value) > f.most || !plainLine(f.value) {
			return &SiteError{f.name, fmt.Sprintf("%s最多 %d 个字，不能换行。", f.what, f.most)}
		}
	}
	if len(s.Topics) > maxTopics {
		return &SiteError{"topics", fmt.Sprintf("常见问题最多 %d 个。", maxTopics)}
	}
	for _, t := range s.Topics {
		if strings.TrimSpace(t) == "" || utf8.RuneCountInString(t) > maxShort || !plainLine(t) {
			return &SiteError{"topics", fmt.Sprintf("每个常见问题 1 到 %d 个字，不能换行。", maxShort)}
		}
	}
	if s.Color != "" && (!siteColor.MatchString(s.Color) || contrast(s.Color) < 4.5) {
		return &SiteError{"color", "颜色写成 #0b5f66 的样子，并且要深一些：上面的白字要看得清（对比度至少 4.5）。"}
	}
	for _, f := range []struct {
		name, value string
		of          []string
	}{{"position", s.Position, []string{"", "right", "left"}}, {"theme", s.Theme, []string{"", "auto", "light", "dark"}}, {"locale", s.Locale, []string{"", "zh-CN", "en"}}} {
		if !slices.Contains(f.of, f.value) {
			return &SiteError{f.name, f.name + " 只能是：" + strings.Join(f.of[1:], "、") + "。"}
		}
	}
	if len(s.Texts) > maxTexts {
		return &SiteError{"texts", fmt.Sprintf("最多改写 %d 条文字。", maxTexts)}
	}
	for k, v := range s.Texts {
		if !bot.PlainID(k) || strings.TrimSpace(v) == "" || utf8.RuneCountInString(v) > maxLong || !plainLine(v) {
			return &SiteError{"texts", fmt.Sprintf("文字「%s」要有 1 到 %d 个字，不能换行。", k, maxLong)}
		}
	}
	return nil
}

func plainLine(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < 0x20 || r == 0x7f || r == utf8.RuneError })
}

// Origin makes an origin as browsers send it, https://shop.example.com or http://127.0.0.1:8000, of what a person wrote. Nothing is guessed:
// no wildcard, no path, https alone beyond this machine.
func Origin(s string) (string, error) {
	bad := &SiteError{"origins", fmt.Sprintf("来源「%s」要写成 https://portal.example.com 的样子：协议和域名，需要时加端口，不带路径和通配符。", s)}
	u, err := url.Parse(strings.TrimSpace(s))
	if err != nil || len(s) > 200 || u.Host == "" || u.Opaque != "" || u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || u.Path != "" && u.Path != "/" {
		return "", bad
	}
	host, port := strings.ToLower(u.Hostname()), u.Port()
	if !siteHost.MatchString(host) && net.ParseIP(host) == nil || strings.HasSuffix(u.Host, ":") { // it stands in a policy, where a sign such as ; begins something else
		return "", bad
	}
	if n, err := strconv.Atoi(port); port != "" && (err != nil || n < 1 || n > 65535) {
		return "", bad
	}
	switch {
	case u.Scheme == "https" && port == "443", u.Scheme == "http" && port == "80":
		port = ""
	case u.Scheme == "https":
	case u.Scheme != "http":
		return "", bad
	}
	if u.Scheme == "http" && !loopback(host) {
		return "", &SiteError{"origins", fmt.Sprintf("来源「%s」要用 https：http 的页面可以被路上的人改写。", s)}
	}
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if port != "" {
		host += ":" + port
	}
	return u.Scheme + "://" + host, nil
}

// contrast is that of white on a colour, by WCAG 2.
func contrast(hex string) float64 {
	n, err := strconv.ParseUint(hex[1:], 16, 32)
	if err != nil {
		return 0
	}
	light := func(shift uint) float64 {
		c := float64(n>>shift&255) / 255
		if c <= .04045 {
			return c / 12.92
		}
		return math.Pow((c+.055)/1.055, 2.4)
	}
	return 1.05 / (.2126*light(16) + .7152*light(8) + .0722*light(0) + .05)
}

// SetSites makes these the sites. Sessions of a site that is gone, or that came by a key that is gone, are refused from then on, and
// their sockets are closed.
func (c *Channel) SetSites(sites []Site) {
	list := slices.Clone(sites)
	c.sites.Store(&list)
	for _, s := range c.socks.all() {
		if !c.current(s.v) {
			s.bye(closeAuth, "revoked")
			s.stop()
		}
	}
}

// all are the sites as they are now.
func (c *Channel) all() []Site {
	if l := c.sites.Load(); l != nil {
		return *l
	}
	return nil
}

func (c *Channel) site(id string) *Site {
	list := c.all()
	for i := range list {
		if list[i].ID == id {
			return &list[i]
		}
	}
	return nil
}

// key is the one of this name, nil for none.
func (s *Site) key(kid string) *Key {
	for i := range s.Keys {
		if s.Keys[i].KID == kid {
			return &s.Keys[i]
		}
	}
	return nil
}

// Ancestors are the origins that may show the full page of a site in a frame, for frame-ancestors; nil for a site that is not there.
func (c *Channel) Ancestors(site string) []string {
	s := c.site(site)
	if s == nil {
		return nil
	}
	return append([]string{"'self'"}, s.Origins...)
}

// config is what the widget is told of its site. A verified visitor is greeted by the name of the shop.
func (c *Channel) config(ctx context.Context, s *Site, v Visitor) map[string]any {
	greeting := s.Greeting
	if v.Merchant != "" && v.Name != "" {
		greeting = v.Name + "，" + greeting
	}
	out := map[string]any{"title": s.Title, "greeting": greeting, "topics": s.Topics, "phone": s.Phone, "upload": true,
		"appearance": map[string]any{"color": s.Color, "position": s.Position, "theme": s.Theme, "launcher": s.Launcher, "locale": s.Locale}}
	if len(s.Texts) > 0 {
		out["texts"] = s.Texts
	}
	if hours := c.hours(ctx, s); hours != "" {
		out["hours"] = map[string]any{"text": hours}
	}
	return out
}

// context takes what the page says of its visitor, unproven, once there is a conversation to keep it with; before that it comes with
// the first line.
func (c *Channel) context(ctx context.Context, v Visitor, u *bot.Unproven) (kept bool, err error) {
	if u == nil {
		return false, nil
	}
	if _, err := c.read.ConversationByID(ctx, v.Conversation); errors.Is(err, bot.ErrNotFound) {
		return false, nil
	} else if err != nil {
		return false, err
	}
	_, err = c.svc.Handle(ctx, v.address(), bot.Event{Kind: bot.EventContext, Conversation: v.Conversation, Unproven: u})
	return err == nil, err
}
