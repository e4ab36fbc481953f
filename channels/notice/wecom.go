package notice

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// The robot of a group, https://developer.work.weixin.qq.com/document/path/91770: POST /cgi-bin/webhook/send?key=… with
// {"msgtype":"markdown","markdown":{"content":"…"}}, content at most 4096 bytes of UTF-8, at most 20 messages a minute and robot;
// answers {"errcode":0,"errmsg":"ok"}.
const (
	robotMost   = 4096 // bytes
	robotMinute = 20   // messages a minute
)

// Codes of its answers that mean something to us; all others are tried again.
const (
	robotOK     = 0
	robotBusy   = -1    // 系统繁忙
	robotOften  = 45009 // 接口调用超过限制
	robotOften2 = 45033 // 接口并发调用超过限制
	robotGone   = 93000 // invalid webhook url: the key is wrong, or the robot was taken out of the group
)

// robotRefuses are codes that the same message gets for ever.
var robotRefuses = map[int]bool{40008: true, 40058: true, 44004: true, 45002: true, robotGone: true}

// pace counts what one robot was sent in the last minute.
type pace struct {
	mu   sync.Mutex
	sent map[string][]time.Time // by key
}

// take says how long to wait until the next message, 0 for not at all; then it counts.
func (p *pace) take(key string, now time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.sent == nil {
		p.sent = map[string][]time.Time{}
	}
	recent := p.sent[key][:0]
	for _, at := range p.sent[key] {
		if now.Sub(at) < time.Minute {
			recent = append(recent, at)
		}
	}
	p.sent[key] = recent
	if len(recent) >= robotMinute {
		return time.Minute - now.Sub(recent[0])
	}
	p.sent[key] = append(recent, now)
	return 0
}

// robot sends a message to the group of a robot.
func (t *Teller) robot(ctx context.Context, s WeCom, m message) error {
	if wait := t.paced.take(s.Key, t.Now()); wait > 0 {
		return &refusal{text: "每分钟最多 20 条，稍后再发", after: wait}
	}
	body, err := json.Marshal(map[string]any{"msgtype": "markdown", "markdown": map[string]string{"content": m.markdown()}})
	if err != nil {
		return err
	}
	at := strings.TrimSuffix(t.WeComURL, "/") + "/cgi-bin/webhook/send?key=" + url.QueryEscape(s.Key)
	q, err := http.NewRequestWithContext(ctx, http.MethodPost, at, bytes.NewReader(body))
	if err != nil {
		return &refusal{text: "地址不对", final: true}
	}
	q.Header.Set("Content-Type", "application/json")
	r, err := t.open.Do(q)
	if err != nil {
		return fmt.Errorf("asking WeCom: %w", bare(err))
	}
	defer r.Body.Close()
	if r.StatusCode != http.StatusOK {
		return &refusal{text: fmt.Sprintf("企业微信返回 HTTP %d", r.StatusCode)}
	}
	var answer struct {
		Code *int   `json:"errcode"`
		Text string `json:"errmsg"`
	}
	if err := json.NewDecoder(io.LimitReader(r.Body, answerMax)).Decode(&answer); err != nil || answer.Code == nil {
		return &refusal{text: "企业微信的应答看不懂"}
	}
	switch code := *answer.Code; {
	case code == robotOK:
		return nil
	case code == robotGone:
		return &refusal{text: "群机器人的地址无效：密钥不对，或机器人已被移出群（93000）", final: true}
	case code == robotOften || code == robotOften2:
		return &refusal{text: fmt.Sprintf("发送太频繁（%d），一分钟后再发", code), after: time.Minute}
	case code == robotBusy:
		return &refusal{text: "企业微信系统繁忙（-1）"}
	default:
		return &refusal{text: fmt.Sprintf("企业微信返回错误 %d", code), final: robotRefuses[code]}
	}
}

// markdown is the message in the dialect of the robot.
func (m message) markdown() string {
	var b strings.Builder
	b.WriteString("**" + m.Text + "**")
	if m.Topic != "" {
		b.WriteString("\n> 主题：" + unmarked(m.Topic))
	}
	if skill := skills[m.Skill]; skill != "" {
		b.WriteString("\n> 类别：" + skill)
	}
	if m.Link != "" {
		b.WriteString("\n[打开会话](" + m.Link + ")")
	}
	return b.String()
}

// unmarked takes what means something in Markdown out of a text, and what would call a member of the group, and keeps it short.
func unmarked(s string) string {
	s = strings.Map(func(r rune) rune {
		if strings.ContainsRune("<>[]()*_`#\\@|~\r\n", r) {
			return ' '
		}
		return r
	}, s)
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > 100 {
		s = string(r[:100]) + "…"
	}
	return s
}
