package notice

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"
)

// Sign returns the signature of a body that is sent at a time, in seconds since 1970: "v1=" and hex of
// HMAC-SHA256(secret, timestamp + "." + body).
func Sign(secret, timestamp string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(timestamp + "."))
	mac.Write(body)
	return "v1=" + hex.EncodeToString(mac.Sum(nil))
}

// hook sends a message to the webhook.
func (t *Teller) hook(ctx context.Context, s Webhook, m message) error {
	if err := checkURL(s.URL); err != nil {
		return &refusal{text: err.Error(), final: true}
	}
	u, err := url.Parse(s.URL)
	if err != nil {
		return &refusal{text: "地址不对", final: true}
	}
	body, err := json.Marshal(m)
	if err != nil {
		return err
	}
	q, err := http.NewRequestWithContext(ctx, http.MethodPost, s.URL, bytes.NewReader(body))
	if err != nil {
		return &refusal{text: "地址不对", final: true}
	}
	now := strconv.FormatInt(t.Now().Unix(), 10)
	q.Header.Set("Content-Type", "application/json")
	q.Header.Set("User-Agent", "posdoctor")
	q.Header.Set("X-Posdoctor-Delivery", m.ID)
	q.Header.Set("X-Posdoctor-Timestamp", now)
	q.Header.Set("X-Posdoctor-Signature", Sign(s.Secret, now, body))
	by := t.guarded
	if slices.Contains(t.Hosts, u.Hostname()) {
		by = t.open
	}
	r, err := by.Do(q)
	if errors.Is(err, errInside) {
		return &refusal{text: "这个地址在内网，不能使用。确实需要时，请在 notice-hosts 选项里写上这个主机名", final: true}
	}
	if err != nil {
		return fmt.Errorf("asking the webhook: %w", bare(err))
	}
	defer r.Body.Close()
	io.Copy(io.Discard, io.LimitReader(r.Body, answerMax))
	switch {
	case r.StatusCode/100 == 2:
		return nil
	case r.StatusCode/100 == 3:
		return &refusal{text: fmt.Sprintf("对方要求转到别的地址（HTTP %d），不会跟过去", r.StatusCode), final: true}
	case r.StatusCode == http.StatusGone:
		return &refusal{text: "对方说这个地址已停用（HTTP 410）", final: true}
	}
	out := &refusal{text: fmt.Sprintf("对方返回 HTTP %d", r.StatusCode)}
	if s, err := strconv.Atoi(r.Header.Get("Retry-After")); err == nil && s > 0 {
		out.after = min(time.Duration(s)*time.Second, time.Hour)
	}
	return out
}
