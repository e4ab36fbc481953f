package wechatpay_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"posdoctor/bot"
	"posdoctor/bot/acquirer/contract"
	"posdoctor/bot/acquirer/wechatpay"
	"posdoctor/bot/acquirer/wechatpay/paytest"
)

// The merchant of most tests, and where he is asked about.
const (
	shop     = "1230000110"
	limitsAt = "/v3/mch-operation-manage/merchant-limitations/sub-mchid/" + shop
	bankAt   = "/v3/apply4sub/sub_merchants/" + shop + "/settlement"
	casesAt  = "/v3/mch-manage/mch-manage-records/sub-mchid/" + shop
	openAt   = casesAt + "?limit=10&offset=0&manage_record_type=INVESTIGATE_RECORD&manage_record_state=PENDING"
)

const (
	noLimits = `{"mchid":"` + shop + `"}`
	bankOK   = `{"account_type":"ACCOUNT_TYPE_PRIVATE","account_bank":"工商银行","bank_name":"工商银行某支行","account_number":"621700*********0003","verify_result":"VERIFY_SUCCESS"}`
	noCases  = `{"offset":0,"limit":10,"total_count":0,"data":[]}`
)

// bubble runs a test with a clock of its own, at a time that an answer may have.
func bubble(t *testing.T, f func(*testing.T)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)))
		f(t)
	})
}

// spec is one limit with its fields, on a merchant.
func spec(functions string, fields ...string) string {
	return `{"mchid":"` + shop + `","limited_functions":[` + functions + `],"recovery_specifications":[{"relate_limitations":[` + functions + `],` +
		`"limitation_case_id":"1002003","limitation_date":"2026-09-01T10:00:00+08:00",` + strings.Join(fields, ",") + `}]}`
}

// known is a peer that knows the merchant, and that nothing is wrong.
func known() *paytest.Peer {
	p := paytest.New()
	p.Set(limitsAt, paytest.Answer{Body: noLimits})
	p.Set(bankAt, paytest.Answer{Body: bankOK})
	p.Set(casesAt, paytest.Answer{Body: noCases})
	return p
}

const idle = `"limitation_reason_type":"NO_TRADE","limitation_reason":"入驻后180天无账户动账","recover_way":"VERIFY_INACTIVE_MERCHANT_IDENTITY","recover_help_url":"https://kf.qq.com/a"`

// TestRecord: what WeChat Pay says, and what is told of it. "fails CODE" is a reading that failed.
func TestRecord(t *testing.T) {
	fails := paytest.Answer{Status: 500, Body: paytest.Refusal("SYSTEM_ERROR")}
	pending := `{"total_count":1,"data":[{"sub_mchid":"` + shop + `","manage_record_id":"M1210","manage_record_type":"INVESTIGATE_RECORD","manage_time":"2026-11-20T10:00:00+08:00",` +
		`"manage_reason":"交易核查","recover_way":"SUBMIT_INFORMATION","submit_end_time":"2026-11-27T10:00:00+08:00","manage_record_state":"PENDING",` +
		`"requested_item_info":"{\"record_fields\":[{\"name\":\"进货单\",\"tips\":\"x\"},{\"name\":\"门店照片\"}]}"}]}`
	for _, c := range []struct {
		name                string
		limits, bank, cases string
		fault               map[string]paytest.Answer
		want                string // status, facts, what is unread, whether people speak
	}{
		{name: "nothing", want: "ACTIVE"},
		{name: "idle", limits: spec(`"NO_TRANSACTION"`, idle),
			want: "DORMANT; NO_TRADE，自 2026-09-01 起暂停收款，入驻后180天无账户动账，需核实商户身份"},
		{name: "papers", limits: spec(`"NO_TRANSACTION_AND_RECHARGE","NO_REFUND"`, `"limitation_reason_type":"LICENSE_ABNORMAL","recover_way":"MODIFY_SUBJECT_INFORMATION"`),
			want: "DOCS_EXPIRED; DOCS_EXPIRED，自 2026-09-01 起暂停收款和充值、暂停退款，需修改主体资料"},
		{name: "money held", limits: spec(`"NO_WITHDRAWAL"`, `"limitation_reason_type":"RISK_ABNORMAL","recover_way":"SUBMIT_INFORMATION_FOR_APPEAL"`),
			want: "FUNDS_HELD; RISK，自 2026-09-01 起暂停提现，需提交资料申诉"},
		{name: "will be limited", limits: `{"mchid":"` + shop + `","recovery_specifications":[{"relate_limitations":["NO_TRANSACTION"],"limitation_reason_type":"INVALID_BENEFICIARY_INFORMATION",` +
			`"recover_way":"SUBMIT_UBO_INFORMATION","limitation_action_type":"LIMIT_ACTION_TYPE_DELAY_CONTROL","limitation_start_date":"2026-12-31T00:00:00+08:00"}]}`,
			want: "ACTIVE; INFO_MISMATCH，自 2026-12-31 起将暂停收款，需补充受益所有人资料"},
		{name: "judicial", limits: spec(`"NO_TRANSACTION"`, `"limitation_reason_type":"RISK_ABNORMAL","limitation_reason":"某某公安局冻结","recover_way":"CONTACT_APPROPRIATE_AUTHORITY_FOR_CONSULTATION","recover_way_param":"某某公安局","recover_help_url":"https://kf.qq.com/b"`),
			want: "SUSPENDED; JUDICIAL，自 2026-09-01 起生效; person"},
		{name: "unknown reason", limits: spec(`"NO_TRANSACTION"`, `"limitation_reason_type":"MOON_PHASE","recover_way":"WAITING_FOR_PLATFORM_REVIEW"`),
			want: "SUSPENDED; OTHER，自 2026-09-01 起暂停收款，需等待平台审核; SUSPENDED; person"},
		{name: "unknown way", limits: spec(`"NO_TRANSACTION"`, `"limitation_reason_type":"NO_TRADE","recover_way":"修改主体资料"`),
			want: "DORMANT; NO_TRADE，自 2026-09-01 起暂停收款，需修改主体资料; person"},
		{name: "unknown function", limits: spec(`"NO_BREATHING"`, `"limitation_reason_type":"INSPECT_ABNORMAL","recover_way":"SUBMIT_CDD_INFORMATION"`),
			want: "UNKNOWN; INSPECTION，自 2026-09-01 起NO_BREATHING，需填写尽职调查资料; UNKNOWN，NO_BREATHING; person"},
		{name: "the only reason", limits: `{"mchid":"` + shop + `","limited_functions":["NO_TRANSACTION"],"recovery_specifications":[{"limitation_reason_type":"NO_TRADE","recover_way":"VERIFY_INACTIVE_MERCHANT_IDENTITY"}]}`,
			want: "DORMANT; NO_TRADE，暂停收款，需核实商户身份"},
		{name: "two reasons, one of them for what is switched off", limits: `{"mchid":"` + shop + `","limited_functions":["NO_TRANSACTION","NO_REFUND"],"recovery_specifications":[` +
			`{"limitation_reason_type":"LICENSE_ABNORMAL","relate_limitations":["NO_TRANSACTION"],"recover_way":"MODIFY_SUBJECT_INFORMATION"},` +
			`{"limitation_reason_type":"RISK_ABNORMAL","relate_limitations":["NO_REFUND"],"recover_way":"SUBMIT_CDD_INFORMATION"}]}`,
			want: "DOCS_EXPIRED; DOCS_EXPIRED，暂停收款，需修改主体资料; RISK，暂停退款，需填写尽职调查资料"},
		{name: "no reason given", limits: `{"mchid":"` + shop + `","limited_functions":["NO_TRANSACTION"]}`, want: "SUSPENDED; OTHER，暂停收款; SUSPENDED; person"},
		{name: "account refused", bank: strings.Replace(bankOK, `"VERIFY_SUCCESS"`, `"VERIFY_FAIL","verify_fail_reason":"用户姓名/证件/手机不匹配"`, 1),
			want: "ACTIVE; SETTLE_ACCOUNT，用户姓名/证件/手机不匹配"},
		{name: "account in an unknown state", bank: strings.Replace(bankOK, "VERIFY_SUCCESS", "VERIFY_MAYBE", 1), want: "ACTIVE; person"},
		{name: "papers wanted", cases: pending, want: "ACTIVE; INSPECTION，自 2026-11-20 起交易核查，需在 2026-11-27 前进货单、门店照片"},

		{name: "limits fail: nothing is normal", fault: map[string]paytest.Answer{limitsAt: fails}, want: "fails UNAVAILABLE"},
		{name: "limits fail, the account is refused", bank: strings.Replace(bankOK, "VERIFY_SUCCESS", "VERIFY_FAIL", 1), fault: map[string]paytest.Answer{limitsAt: fails},
			want: "UNKNOWN; SETTLE_ACCOUNT; unread getMerchant getRestrictions"},
		{name: "account fails", fault: map[string]paytest.Answer{bankAt: fails}, want: "fails UNAVAILABLE"},
		{name: "account fails, limits are known", limits: spec(`"NO_TRANSACTION"`, idle), fault: map[string]paytest.Answer{bankAt: fails},
			want: "DORMANT; NO_TRADE，自 2026-09-01 起暂停收款，入驻后180天无账户动账，需核实商户身份; unread getSettlementAccount"},
		{name: "no account", fault: map[string]paytest.Answer{bankAt: {Status: 404, Body: paytest.Refusal("NOT_FOUND")}}, want: "ACTIVE"},
		{name: "cases fail", fault: map[string]paytest.Answer{casesAt: fails}, want: "fails UNAVAILABLE"},
		{name: "cases fail, limits are known", limits: spec(`"NO_WITHDRAWAL"`, idle), fault: map[string]paytest.Answer{casesAt: fails},
			want: "FUNDS_HELD; NO_TRADE，自 2026-09-01 起暂停提现，入驻后180天无账户动账，需核实商户身份; FUNDS_HELD; unread listRiskCases"},
		{name: "not ours", fault: map[string]paytest.Answer{limitsAt: {Status: 403, Body: paytest.Refusal("NO_AUTH")}}, want: "fails NOT_YOURS"},
		{name: "not there", fault: map[string]paytest.Answer{limitsAt: {Status: 404, Body: paytest.Refusal("NOT_FOUND")}}, want: "fails NOT_FOUND"},
		{name: "somebody else's limits", limits: strings.ReplaceAll(spec(`"NO_TRANSACTION"`, idle), shop, "1230000111"), want: "fails INVALID"},
		{name: "somebody else's cases", cases: strings.ReplaceAll(pending, shop, "1230000111"), want: "fails INVALID"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := known()
			for at, body := range map[string]string{limitsAt: c.limits, bankAt: c.bank, openAt: c.cases} {
				if body != "" {
					p.Set(at, paytest.Answer{Body: body})
				}
			}
			for at, a := range c.fault {
				p.Set(at, a)
			}
			bubble(t, func(t *testing.T) {
				r, err := p.Client(t).Record(t.Context(), shop)
				if got := outline(t, r, err); got != c.want {
					t.Errorf("got  %s\nwant %s", got, c.want)
				}
				if _, refused := p.Asked(); len(refused) > 0 {
					t.Errorf("our signature was refused: %v", refused)
				}
			})
		})
	}
}

func outline(t *testing.T, r bot.Record, err error) string {
	t.Helper()
	if err != nil {
		var e *bot.AcquirerError
		if !errors.As(err, &e) {
			t.Fatalf("the error %v has no code", err)
		}
		discreet(t, err)
		return "fails " + e.Code
	}
	if r.Merchant != shop || r.Provider != wechatpay.Provider || r.ObservedAt != time.Now().Unix()*1000 || r.Trace == "" {
		t.Errorf("the envelope is %+v", r)
	}
	parts := []string{r.Status}
	for _, f := range r.Facts(func(state string) string { return "<" + state }) {
		parts = append(parts, f.State+strings.TrimPrefix(f.Text, "登记状态需要收单机构核对"))
	}
	if len(r.Unread) > 0 {
		parts = append(parts, "unread "+strings.Join(r.Unread, " "))
	}
	if r.Person {
		parts = append(parts, "person")
	}
	text, _ := json.Marshal(r)
	for _, hidden := range []string{"公安局", "kf.qq.com/b"} {
		if strings.Contains(string(text), hidden) {
			t.Errorf("the record has %s", hidden)
		}
	}
	return strings.Join(parts, "; ")
}

// discreet fails when a text has something that must not get into logs.
func discreet(t *testing.T, v any) {
	t.Helper()
	text := fmt.Sprintf("%v %+v", v, v)
	for _, secret := range []string{shop, "6217", paytest.APIv3Key, "PRIVATE", "signature=", "api.mch", "nonce_str"} {
		if strings.Contains(text, secret) {
			t.Errorf("%q is in %s", secret, text)
		}
	}
}

// TestFaults: what goes wrong on the way, what becomes of it, how often was asked and how long it took.
func TestFaults(t *testing.T) {
	limited := spec(`"NO_TRANSACTION"`, idle)
	refuse := func(status int, code string) paytest.Answer {
		return paytest.Answer{Status: status, Body: paytest.Refusal(code)}
	}
	deep := `{"mchid":"` + shop + `","x":` + strings.Repeat("[", 5000) + strings.Repeat("]", 5000) + `}`
	for _, c := range []struct {
		name   string
		answer paytest.Answer
		fault  paytest.Fault
		want   contract.Code
		asked  int
		takes  time.Duration // at least; at most as long again, and a second
	}{
		{name: "good", answer: paytest.Answer{Body: limited}, asked: 1},
		{name: "wrong parameter", answer: refuse(400, "PARAM_ERROR"), want: contract.CodeInvalid, asked: 1},
		{name: "wrong request", answer: refuse(400, "INVALID_REQUEST"), want: contract.CodeInvalid, asked: 1},
		{name: "our signature is refused", answer: refuse(401, "SIGN_ERROR"), want: contract.CodeAuth, asked: 1},
		{name: "our signature is refused, unsigned", answer: refuse(401, "SIGN_ERROR"), fault: paytest.Fault{Unsigned: true}, want: contract.CodeAuth, asked: 1},
		{name: "not ours", answer: refuse(403, "NO_AUTH"), want: contract.CodeNotYours, asked: 1},
		{name: "not there", answer: refuse(404, "NOT_FOUND"), want: contract.CodeNotFound, asked: 1},
		{name: "too often", answer: refuse(429, "FREQUENCY_LIMITED"), want: contract.CodeRateLimited, asked: 1},
		{name: "broken over there", answer: refuse(500, "SYSTEM_ERROR"), want: contract.CodeUnavailable, asked: 3},
		{name: "broken with an unknown code", answer: refuse(502, "WHATEVER"), want: contract.CodeUnavailable, asked: 3},
		{name: "broken, and says not found", answer: refuse(500, "NOT_FOUND"), want: contract.CodeUnavailable, asked: 3},
		{name: "broken and no JSON", answer: paytest.Answer{Status: 503, Body: "<html>"}, fault: paytest.Fault{Unsigned: true}, want: contract.CodeUnavailable, asked: 3},
		{name: "an unknown code of refusal", answer: refuse(403, "NEW_CODE"), want: contract.CodeNotYours, asked: 1},
		{name: "an unknown status", answer: paytest.Answer{Status: 418, Body: "{}"}, want: contract.CodeInvalid, asked: 1},
		{name: "broken once", answer: paytest.Answer{Body: limited}, fault: paytest.Fault{Cut: true, Times: 1}, asked: 2},

		{name: "unsigned", answer: paytest.Answer{Body: limited}, fault: paytest.Fault{Unsigned: true}, want: contract.CodeBadSignature, asked: 1},
		{name: "unsigned refusal", answer: refuse(404, "NOT_FOUND"), fault: paytest.Fault{Unsigned: true}, want: contract.CodeBadSignature, asked: 1},
		{name: "signed by a stranger", answer: paytest.Answer{Body: limited}, fault: paytest.Fault{Stranger: true}, want: contract.CodeBadSignature, asked: 1},
		{name: "signed under another name", answer: paytest.Answer{Body: limited}, fault: paytest.Fault{KeyID: "PUB_KEY_ID_0"}, want: contract.CodeBadSignature, asked: 1},
		{name: "tampered with", answer: paytest.Answer{Body: limited}, fault: paytest.Fault{Tamper: true}, want: contract.CodeBadSignature, asked: 1},
		{name: "six minutes old", answer: paytest.Answer{Body: limited}, fault: paytest.Fault{Skew: -6 * time.Minute}, want: contract.CodeBadSignature, asked: 1},
		{name: "six minutes ahead", answer: paytest.Answer{Body: limited}, fault: paytest.Fault{Skew: 6 * time.Minute}, want: contract.CodeBadSignature, asked: 1},
		{name: "four minutes old", answer: paytest.Answer{Body: limited}, fault: paytest.Fault{Skew: -4 * time.Minute}, asked: 1},
		{name: "redirected", answer: paytest.Answer{Body: limited}, fault: paytest.Fault{Redirect: "https://evil.example.com/"}, want: contract.CodeBadSignature, asked: 1},

		{name: "another success", answer: paytest.Answer{Status: 202, Body: limited}, want: contract.CodeUnavailable, asked: 1},
		{name: "no JSON", answer: paytest.Answer{Body: "<html>"}, want: contract.CodeUnavailable, asked: 1},
		{name: "another JSON", answer: paytest.Answer{Body: `{"mchid":7}`}, want: contract.CodeUnavailable, asked: 1},
		{name: "nothing", want: contract.CodeUnavailable, asked: 1},
		{name: "deep", answer: paytest.Answer{Body: deep}, want: contract.CodeUnavailable, asked: 1},
		{name: "huge", answer: paytest.Answer{Body: `{"mchid":"` + strings.Repeat("1", 300<<10) + `"}`}, want: contract.CodeUnavailable, asked: 1},
		{name: "a key twice", answer: paytest.Answer{Body: `{"mchid":"` + shop + `","mchid":"1"}`}, want: contract.CodeUnavailable, asked: 1},
		{name: "a hundred reasons", answer: paytest.Answer{Body: `{"mchid":"` + shop + `","recovery_specifications":[{}` + strings.Repeat(",{}", 100) + `]}`}, want: contract.CodeUnavailable, asked: 1},
		{name: "about another", answer: paytest.Answer{Body: strings.ReplaceAll(limited, shop, "1230000111")}, want: contract.CodeInvalid, asked: 1},

		{name: "slow", answer: paytest.Answer{Body: limited}, fault: paytest.Fault{Slow: 2 * time.Second}, asked: 1, takes: 2 * time.Second},
		{name: "too slow", answer: paytest.Answer{Body: limited}, fault: paytest.Fault{Slow: time.Minute}, want: contract.CodeTimeout, asked: 1, takes: 3 * time.Second},
		{name: "cut off", answer: paytest.Answer{Body: limited}, fault: paytest.Fault{Cut: true}, want: contract.CodeUnavailable, asked: 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := paytest.New()
			p.Set(limitsAt, c.answer)
			client := p.Client(t)
			bubble(t, func(t *testing.T) {
				p.Misbehave(c.fault)
				begin := time.Now()
				a, err := client.Restrictions(t.Context(), shop)
				if d := time.Since(begin); d < c.takes || d > c.takes+time.Second {
					t.Errorf("it took %v, want %v", d, c.takes)
				}
				if code := contract.CodeOf(err); code != c.want || c.want == "" && len(a.Data.Items) != 1 {
					t.Errorf("got %q (%v) and %d limits, want %q", code, err, len(a.Data.Items), c.want)
				}
				discreet(t, err)
				if asked, refused := p.Asked(); len(asked) != c.asked || len(refused) > 0 {
					t.Errorf("asked %v, %d times wanted; refused %v", asked, c.asked, refused)
				}
			})
		})
	}
}

// TestBreaker: five failures in a row stop the asking for half a minute, then one request tries; refusals do not count.
func TestBreaker(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := known()
		c := p.Client(t)
		ask := func(want contract.Code, asked int) {
			t.Helper()
			_, err := c.Restrictions(t.Context(), shop)
			if code := contract.CodeOf(err); code != want {
				t.Errorf("got %q, want %q", code, want)
			}
			if got, _ := p.Asked(); len(got) != asked {
				t.Errorf("asked %d times, want %d", len(got), asked)
			}
		}
		p.Set(limitsAt, paytest.Answer{Status: 403, Body: paytest.Refusal("NO_AUTH")})
		for range 10 {
			ask(contract.CodeNotYours, 1)
		}
		p.Set(limitsAt, paytest.Answer{Status: 500, Body: paytest.Refusal("SYSTEM_ERROR")})
		ask(contract.CodeUnavailable, 3)
		ask(contract.CodeUnavailable, 2) // opens at the fifth
		ask(contract.CodeUnavailable, 0)
		time.Sleep(29 * time.Second)
		ask(contract.CodeUnavailable, 0)
		time.Sleep(2 * time.Second)
		ask(contract.CodeUnavailable, 1) // the try fails: shut for as long again
		p.Set(limitsAt, paytest.Answer{Body: noLimits})
		ask(contract.CodeUnavailable, 0)
		time.Sleep(31 * time.Second)
		ask("", 1)
		ask("", 1)
	})
}

// TestStopped: who gives up gets an answer at once, and a failure that is ours does not count against WeChat Pay.
func TestStopped(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := known()
		c := p.Client(t)
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		p.Misbehave(paytest.Fault{Slow: time.Minute})
		for range 10 {
			slow, cancel := context.WithCancel(t.Context())
			time.AfterFunc(50*time.Millisecond, cancel)
			for what, ctx := range map[string]context.Context{"after the cancel": gone, "on the way": slow} {
				begin := time.Now()
				_, err := c.Record(ctx, shop)
				var e *bot.AcquirerError
				if !errors.As(err, &e) || e.Code != bot.CodeTimeout || !e.Retryable || time.Since(begin) > 100*time.Millisecond {
					t.Errorf("%s: %v after %v", what, err, time.Since(begin))
				}
			}
		}
		p.Misbehave(paytest.Fault{})
		if _, err := c.Record(t.Context(), shop); err != nil {
			t.Error(err)
		}
	})
}

// TestNobody: a number that no sub-merchant can have is not asked for, and nothing writes.
func TestNobody(t *testing.T) {
	p := known()
	c := p.Client(t)
	for _, m := range []string{"", "demo-1", "../" + shop, shop + "?x=1", shop + "/", "１２３０００", strings.Repeat("1", 33)} {
		_, err := c.Record(t.Context(), m)
		wantCode(t, m, err, bot.CodeNotFound)
		_, err1 := c.Merchant(t.Context(), m)
		_, err2 := c.SettlementAccount(t.Context(), m)
		_, err3 := c.RiskCases(t.Context(), m)
		_, err4 := c.Complaints(t.Context(), m, "2026-11-01", "2026-11-02")
		_, err5 := c.Authorised(t.Context(), m)
		_, err6 := c.AccountChange(t.Context(), m, "1")
		_, err7 := c.AccountChange(t.Context(), shop, "../1")
		_, err8 := c.Application(t.Context(), "../"+m)
		for i, err := range []error{err1, err2, err3, err4, err5, err6, err7, err8} {
			if contract.CodeOf(err) != contract.CodeNotFound {
				t.Errorf("%q, reading %d: %v", m, i+1, err)
			}
		}
	}
	_, err := c.OpenTicket(t.Context(), bot.TicketRequest{Request: "R1", Merchant: shop, Title: "t", Body: "b"})
	wantCode(t, "a ticket", err, bot.CodeUnsupported)
	_, err = c.TicketByRequest(t.Context(), shop, "R1")
	wantCode(t, "a ticket's number", err, bot.CodeUnsupported)
	if _, err := c.Terminals(t.Context(), shop); contract.CodeOf(err) != contract.CodeUnsupported {
		t.Errorf("terminals: %v", err)
	}
	if asked, _ := p.Asked(); len(asked) > 0 {
		t.Errorf("asked %v", asked)
	}
	caps, err := c.Capabilities(t.Context())
	if err != nil || contract.Check(caps) != nil || caps.Data.Has(contract.OpOpenTicket) || caps.Data.Has(contract.OpTerminals) || !caps.Data.Has(contract.OpRestrictions) {
		t.Errorf("capabilities %+v, %v", caps, err)
	}
}

func wantCode(t *testing.T, what string, err error, code string) {
	t.Helper()
	var e *bot.AcquirerError
	if !errors.As(err, &e) || e.Code != code || e.Retryable {
		t.Errorf("%q: got %v, want a permanent %s", what, err, code)
	}
}

// TestOverTCP: the same over sockets, as it will be.
func TestOverTCP(t *testing.T) {
	p := known()
	srv := httptest.NewTLSServer(p)
	defer srv.Close()
	cfg := p.Config()
	cfg.URL, cfg.Transport = srv.URL, srv.Client().Transport
	c, err := wechatpay.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	r, err := c.Record(t.Context(), shop)
	if err != nil || r.Settlement == nil {
		t.Fatalf("%+v, %v", r, err)
	}
	if d := cmp.Diff(bot.SettlementAccount{Bank: "工商银行", No: "621700*********0003", Verify: "OK", Change: "UNKNOWN"}, *r.Settlement); d != "" {
		t.Error(d)
	}
	p.Misbehave(paytest.Fault{Slow: time.Minute})
	begin := time.Now()
	if _, err := c.Merchant(t.Context(), shop); contract.CodeOf(err) != contract.CodeTimeout || time.Since(begin) > 4*time.Second {
		t.Errorf("%v after %v", err, time.Since(begin))
	}
	srv.CloseClientConnections()
}
