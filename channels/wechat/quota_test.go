package wechat

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"posdoctor/bot"
)

// TestWindow: what may be sent, by what the user did and what was sent since.
func TestWindow(t *testing.T) {
	base := time.Date(2026, 11, 26, 9, 0, 0, 0, beijing)
	ms := func(after time.Duration) int64 { return base.Add(after).UnixMilli() }
	sent := func(after ...time.Duration) (out []bot.Delivery) {
		for _, a := range after {
			out = append(out, bot.Delivery{State: bot.DeliverySent, At: ms(a)})
		}
		return out
	}
	state := func(state, reason string, after time.Duration) []bot.Delivery {
		return []bot.Delivery{{State: state, Reason: reason, At: ms(after)}}
	}
	const s, m, h = time.Second, time.Minute, time.Hour
	wrote, tapped, both := bot.Reach{Message: ms(0)}, bot.Reach{Tap: ms(0)}, bot.Reach{Message: ms(0), Tap: ms(10 * s)}
	for name, tc := range map[string]struct {
		reach  bot.Reach
		pushes []bot.Delivery
		now    time.Duration
		left   int
		until  time.Duration // -1: none
		why    string
	}{
		"never heard of":                       {bot.Reach{}, nil, 0, 0, -1, "closed"},
		"after a message":                      {wrote, nil, s, 5, 48 * h, ""},
		"two sent":                             {wrote, sent(s, 2*s), 3 * s, 3, 48 * h, ""},
		"five sent":                            {wrote, sent(s, 2*s, 3*s, 4*s, 5*s), 6 * s, 0, 48 * h, "used"},
		"more than five sent":                  {wrote, sent(s, s, s, s, s, s, s), 6 * s, 0, 48 * h, "used"},
		"sent before the message":              {wrote, sent(-m, -s), s, 5, 48 * h, ""},
		"begun and unsure count":               {wrote, append(state(bot.DeliveryBegun, "", s), state(bot.DeliveryUnsure, "no answer", s)...), 2 * s, 3, 48 * h, ""},
		"held does not count":                  {wrote, state(bot.DeliveryHeld, "unreachable", s), 2 * s, 5, 48 * h, ""},
		"just before the end":                  {wrote, nil, 48*h - 3*s, 5, 48 * h, ""},
		"too close to the end":                 {wrote, nil, 48*h - 2*s, 0, -1, "closed"},
		"after the end":                        {wrote, nil, 49 * h, 0, -1, "closed"},
		"after a tap":                          {tapped, nil, s, 3, m, ""},
		"a tap, three sent":                    {tapped, sent(s, s, s), 2 * s, 0, m, "used"},
		"a tap, a minute later":                {tapped, nil, 59 * s, 0, -1, "closed"},
		"a tap after a message":                {both, nil, 11 * s, 5, 48 * h, ""},
		"each counts against both":             {both, sent(11*s, 12*s), 15 * s, 3, 48 * h, ""},
		"a tap opens what was used up":         {both, sent(s, 2*s, 3*s, 4*s, 5*s), 15 * s, 3, m + 10*s, ""},
		"the tap is over":                      {both, sent(11*s, 12*s), 2 * m, 3, 48 * h, ""},
		"WeChat says closed":                   {wrote, state(bot.DeliveryHeld, reasonClosed, s), 2 * s, 0, -1, "closed"},
		"WeChat says used":                     {wrote, state(bot.DeliveryHeld, reasonUsed, s), 2 * s, 0, -1, "used"},
		"WeChat said so, before the message":   {wrote, state(bot.DeliveryHeld, reasonUsed, -s), 2 * s, 5, 48 * h, ""},
		"what WeChat refused went out since":   {wrote, state(bot.DeliveryMoved, reasonUsed, s), 2 * s, 0, -1, "used"},
		"WeChat said so, a tap opens it again": {both, state(bot.DeliveryHeld, reasonUsed, s), 11 * s, 5, 48 * h, ""},
		"unfollowed":                           {bot.Reach{Message: ms(0), Gone: ms(s)}, nil, 2 * s, 0, -1, "gone"},
	} {
		t.Run(name, func(t *testing.T) {
			want := bot.Window{Left: tc.left, Of: 5, Why: tc.why}
			if tc.until >= 0 && tc.until < 48*h {
				want.Of = 3
			}
			if tc.until >= 0 {
				want.Until = ms(tc.until)
			}
			if d := cmp.Diff(want, window(tc.reach, tc.pushes, base.Add(tc.now))); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

func TestTomorrow(t *testing.T) {
	for now, want := range map[string]string{
		"2026-11-26T09:00:00+08:00": "2026-11-27T00:00:05+08:00",
		"2026-11-26T15:59:59Z":      "2026-11-27T00:00:05+08:00",
		"2026-11-26T16:00:00Z":      "2026-11-28T00:00:05+08:00",
		"2026-12-31T23:59:59+08:00": "2027-01-01T00:00:05+08:00",
	} {
		at, err := time.Parse(time.RFC3339, now)
		if err != nil {
			t.Fatal(err)
		}
		if got := tomorrow(at).Format(time.RFC3339); got != want {
			t.Errorf("after %s: %s, want %s", now, got, want)
		}
	}
}

// TestFlat: what people and libraries write becomes what WeChat shows.
func TestFlat(t *testing.T) {
	for name, tc := range map[string]struct {
		in, want string
		links    bool
	}{
		"plain":                    {"先换张卡试试。", "先换张卡试试。", true},
		"bold and code":            {"按 **确认** 再输 `00`，__不要__关机", "按 确认 再输 00，不要关机", true},
		"headings and lists":       {"# 办法\n- 换卡\n* 扫码\n  + 现金\n> 提示", "办法\n· 换卡\n· 扫码\n  · 现金\n提示", true},
		"rule and fence":           {"上\n---\n```sh\nls\n```\n下", "上\n\nls\n下", true},
		"our link":                 {"打开[补证页面](https://help.example.cn/docs?a=1&b=2)提交", `打开<a href="https://help.example.cn/docs?a=1&b=2">补证页面</a>提交`, true},
		"a link of others":         {"打开[补证页面](https://help.example.cn/docs)提交", "打开补证页面（https://help.example.cn/docs）提交", false},
		"a link that names itself": {"[https://a.cn](https://a.cn)", "https://a.cn", false},
		"only https is tapped":     {"[点我](http://a.cn)", "点我（http://a.cn）", true},
		"no script":                {"[点我](javascript:alert(1))", "[点我](javascript:alert(1))", true},
		"no tag of others":         {`<a href="https://evil.example">点我</a>`, `＜a href="https://evil.example">点我＜/a>`, true},
		"no tag in a label":        {`[<b>](https://a.cn)`, `<a href="https://a.cn">＜b></a>`, true},
		"no quote in an address":   {`[x](https://a.cn/"onclick="y)`, `[x](https://a.cn/"onclick="y)`, true},
		"signs that mean nothing":  {"2*3*4 a_b_c 1-2 [x] (y)", "2*3*4 a_b_c 1-2 [x] (y)", true},
		"controls":                 {"刷\x00卡\x0b", "刷卡", true},
	} {
		t.Run(name, func(t *testing.T) {
			if got := flat(tc.in, tc.links); got != tc.want {
				t.Errorf("%q, want %q", got, tc.want)
			}
		})
	}
}
