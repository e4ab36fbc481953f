package wechatpay_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"posdoctor/bot/acquirer/contract"
	"posdoctor/bot/acquirer/wechatpay"
	"posdoctor/bot/acquirer/wechatpay/paytest"
)

const punished = `{"sub_mchid":"` + shop + `","company_name":"某某公司","record_id":"200201820200101080076610000","punish_plan":"关闭支付权限",` +
	`"punish_time":"2026-11-23T08:59:00+08:00","punish_description":"利用特殊行业违规经营","risk_type":"GAMBLING","risk_description":"涉嫌赌博"}`

func TestNotices(t *testing.T) {
	set := func(path ...any) func(map[string]any) {
		return func(x map[string]any) {
			for _, name := range path[:len(path)-2] {
				x = x[name.(string)].(map[string]any)
			}
			x[path[len(path)-2].(string)] = path[len(path)-1]
		}
	}
	good := func() *http.Request {
		return paytest.Notice("EV-1", wechatpay.Punished, punished, paytest.Fault{}, nil)
	}
	with := func(change func(*http.Request)) *http.Request {
		r := good()
		change(r)
		return r
	}
	faulty := func(f paytest.Fault) *http.Request {
		return paytest.Notice("EV-1", wechatpay.Punished, punished, f, nil)
	}
	changed := func(path ...any) *http.Request {
		return paytest.Notice("EV-1", wechatpay.Punished, punished, paytest.Fault{}, set(path...))
	}
	about := func(resource string) *http.Request {
		return paytest.Notice("EV-1", wechatpay.Punished, resource, paytest.Fault{}, nil)
	}
	for _, c := range []struct {
		name   string
		r      *http.Request
		taken  error
		status int
		takes  bool
	}{
		{"good", good(), nil, 204, true},
		{"not taken", good(), errors.New("the disk is full of " + shop), 500, true},
		{"GET", with(func(r *http.Request) { r.Method = http.MethodGet }), nil, 405, false},
		{"a form", with(func(r *http.Request) { r.Header.Set("Content-Type", "application/x-www-form-urlencoded") }), nil, 415, false},
		{"signed in another way", with(func(r *http.Request) { r.Header.Set("Wechatpay-Signature-Type", "WECHATPAY2-SM2-WITH-SM3") }), nil, 401, false},
		{"no time", with(func(r *http.Request) { r.Header.Del("Wechatpay-Timestamp") }), nil, 401, false},
		{"a time that is none", with(func(r *http.Request) { r.Header.Set("Wechatpay-Timestamp", "1e9") }), nil, 401, false},
		{"another nonce", with(func(r *http.Request) { r.Header.Set("Wechatpay-Nonce", "x") }), nil, 401, false},
		{"a probe", with(func(r *http.Request) { r.Header.Set("Wechatpay-Signature", "WECHATPAY/SIGNTEST/abcd") }), nil, 401, false},
		{"unsigned", faulty(paytest.Fault{Unsigned: true}), nil, 401, false},
		{"signed by a stranger", faulty(paytest.Fault{Stranger: true}), nil, 401, false},
		{"signed under another name", faulty(paytest.Fault{KeyID: "PUB_KEY_ID_9"}), nil, 401, false},
		{"tampered with", faulty(paytest.Fault{Tamper: true}), nil, 401, false},
		{"old", faulty(paytest.Fault{Skew: -6 * time.Minute}), nil, 401, false},
		{"ahead", faulty(paytest.Fault{Skew: 6 * time.Minute}), nil, 401, false},
		{"huge", changed("summary", strings.Repeat("x", 70<<10)), nil, 413, false},
		{"no id", changed("id", ""), nil, 400, false},
		{"an id that is a path", changed("id", "../1"), nil, 400, false},
		{"no resource", changed("resource", nil), nil, 500, false},
		{"another cipher", changed("resource", "algorithm", "AEAD_SM4_GCM"), nil, 500, false},
		{"a short nonce", changed("resource", "nonce", "x"), nil, 500, false},
		{"other data", changed("resource", "associated_data", "transaction"), nil, 500, false},
		{"no base64", changed("resource", "ciphertext", "@"), nil, 500, false},
		{"too short", changed("resource", "ciphertext", "AAAA"), nil, 500, false},
		{"no merchant", about(`{}`), nil, 400, false},
		{"a merchant that is a path", about(`{"sub_mchid":"../1"}`), nil, 400, false},
		{"no JSON", about(`<xml/>`), nil, 400, false},
		{"deep", about(`{"sub_mchid":` + strings.Repeat("[", 3000) + strings.Repeat("]", 3000) + `}`), nil, 400, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []wechatpay.Notice
			h := paytest.New().Client(t).Notices(func(_ context.Context, n wechatpay.Notice) error {
				got = append(got, n)
				return c.taken
			})
			w := httptest.NewRecorder()
			h.ServeHTTP(w, c.r)
			if w.Code != c.status || (len(got) == 1) != c.takes {
				t.Errorf("status %d, want %d; taken %+v; %s", w.Code, c.status, got, w.Body)
			}
			discreet(t, w.Body.String())
		})
	}
}

// TestNoticeWords: what is taken from a notice, and from each word in it.
func TestNoticeWords(t *testing.T) {
	var got wechatpay.Notice
	h := paytest.New().Client(t).Notices(func(_ context.Context, n wechatpay.Notice) error { got = n; return nil })
	take := func(kind, from, to string) wechatpay.Notice {
		t.Helper()
		got = wechatpay.Notice{}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, paytest.Notice("EV-1", kind, strings.Replace(punished, from, to, 1), paytest.Fault{}, nil))
		if w.Code != http.StatusNoContent {
			t.Fatalf("status %d: %s", w.Code, w.Body)
		}
		if err := contract.Check(got.Event); err != nil {
			t.Error(err)
		}
		return got
	}
	want := wechatpay.Notice{Event: contract.Event{ID: "EV-1", Type: contract.EventRestriction, Raw: wechatpay.Punished, Merchant: shop, At: 1795395600000},
		Case: "200201820200101080076610000", Reason: contract.ReasonRisk, Measure: contract.MeasureOther, Text: "关闭支付权限；利用特殊行业违规经营；涉嫌赌博", Since: 1795395540000}
	if d := cmp.Diff(want, take(wechatpay.Punished, "", "")); d != "" {
		t.Error(d)
	}
	kinds := rows{
		{"VIOLATION.PUNISH", "restriction.changed"}, {"VIOLATION.INTERCEPT", "restriction.changed"}, {"VIOLATION.APPEAL", "restriction.changed"}, {"VIOLATION.NEW", "OTHER ?"},
	}
	for _, row := range kinds {
		if n := take(row[0], "", ""); string(n.Type)+mark(n.Person) != row[1] || n.Raw != row[0] {
			t.Errorf("%s becomes %s%s, %q", row[0], n.Type, mark(n.Person), n.Raw)
		}
	}
	plans := rows{
		{"DISABLE_PAYMENT", "09"}, {"SUSPEND_SETTLEMENT", "06"}, {"DISABLE_WITHDRAW", "03"}, {"REMOVE_MERCHANTS", "01"}, {"ADD_MERCHANTS_BLACKLIST", "02"},
		{"REFUND", "99"}, {"FREEZING_FUND_BY_TRANSACTION", "99"}, {"FREEZING_FUND_BY_MERCHANTS", "04"}, {"BLOCKED_USER", "99"}, {"OTHER_PUNISH", "99"}, {"降低限额", "99"},
	}
	for _, row := range plans {
		if n := take(wechatpay.Punished, "关闭支付权限", row[0]); string(n.Measure) != row[1] || !strings.HasPrefix(n.Text, row[0]) {
			t.Errorf("%s becomes %s, %q", row[0], n.Measure, n.Text)
		}
	}
	riskTypes := rows{
		{"INDUCE_PAYMENT", "RISK"}, {"FRAUD", "RISK"}, {"GAMBLING", "RISK"}, {"CYBERSEX", "RISK"}, {"ONE_YUAN_PURCHASES", "RISK"}, {"OTHER", "RISK"},
		{"OTHER_RISK", "RISK"}, {"", "OTHER"}, {"NEW_RISK", "OTHER ?"},
	}
	for _, row := range riskTypes {
		if n := take(wechatpay.Punished, "GAMBLING", row[0]); string(n.Reason)+mark(n.Person) != row[1] {
			t.Errorf("%s becomes %s%s", row[0], n.Reason, mark(n.Person))
		}
	}
}
