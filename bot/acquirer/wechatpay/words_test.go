package wechatpay_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"posdoctor/bot"
	"posdoctor/bot/acquirer/contract"
	"posdoctor/bot/acquirer/wechatpay"
	"posdoctor/bot/acquirer/wechatpay/paytest"
)

// rows are words of WeChat Pay with what becomes of each, "?" for one that a person has to look at.
type rows [][2]string

// translate reads each word through the client and compares. ask puts the word on the peer and says what came of it.
func (r rows) translate(t *testing.T, ask func(t *testing.T, p *paytest.Peer, c *wechatpay.Client, word string) string) {
	t.Helper()
	p := known()
	c := p.Client(t)
	seen := map[string]bool{}
	for _, row := range r {
		if seen[row[0]] {
			t.Errorf("%s stands there twice", row[0])
		}
		seen[row[0]] = true
		if got := ask(t, p, c, row[0]); got != row[1] {
			t.Errorf("%q becomes %q, want %q", row[0], got, row[1])
		}
	}
}

func mark(person bool) string {
	if person {
		return " ?"
	}
	return ""
}

// limited reads a merchant with one limit.
func limited(t *testing.T, p *paytest.Peer, c *wechatpay.Client, functions string, fields ...string) (contract.Restriction, contract.Merchant, bool) {
	t.Helper()
	p.Set(limitsAt, paytest.Answer{Body: spec(functions, fields...)})
	rec, err := c.Record(t.Context(), shop)
	if err != nil {
		t.Fatal(err)
	}
	m, err := c.Merchant(t.Context(), shop)
	if err != nil {
		t.Fatal(err)
	}
	r, err := c.Restrictions(t.Context(), shop)
	if err != nil || len(r.Data.Items) != 1 {
		t.Fatalf("%+v, %v", r, err)
	}
	return r.Data.Items[0], m.Data, rec.Person
}

func field(name, word string) string { return fmt.Sprintf("%q:%q", name, word) }

func TestReasons(t *testing.T) {
	rows{
		{"LICENSE_ABNORMAL", "DOCS_EXPIRED DOCS_EXPIRED"},
		{"INVALID_BUSINESS_LICENSE", "DOCS_EXPIRED DOCS_EXPIRED"},
		{"INVALID_REPRESENTATIVE_INFORMATION", "INFO_MISMATCH SUSPENDED"},
		{"INVALID_BENEFICIARY_INFORMATION", "INFO_MISMATCH SUSPENDED"},
		{"INVALID_BUSINESS_STATUS", "INFO_MISMATCH SUSPENDED"},
		{"NO_TRADE", "NO_TRADE DORMANT"},
		{"SETTLE_ACCOUNT_ABNORMAL", "SETTLE_ACCOUNT SUSPENDED"},
		{"RISK_ABNORMAL", "RISK RISK_HOLD"},
		{"INSPECT_ABNORMAL", "INSPECTION RISK_HOLD"},
		{"OTHER", "OTHER SUSPENDED ?"}, // says nothing
		{"", "OTHER SUSPENDED ?"},
		{"SOMETHING_NEW", "OTHER SUSPENDED ?"},
		{"license_abnormal", "OTHER SUSPENDED ?"},
		{"新的原因", "OTHER SUSPENDED ?"},
	}.translate(t, func(t *testing.T, p *paytest.Peer, c *wechatpay.Client, word string) string {
		x, m, person := limited(t, p, c, `"NO_TRANSACTION"`, field("limitation_reason_type", word), field("recover_way", "MODIFY_SUBJECT_INFORMATION"))
		if x.Raw != word {
			t.Errorf("%q is passed on as %q", word, x.Raw)
		}
		return string(x.ReasonType) + " " + string(m.Status) + mark(person)
	})
}

func TestRecoverWays(t *testing.T) {
	rows{
		{"IRRECOVERABLE", "无法恢复"},
		{"MODIFY_SUBJECT_INFORMATION", "修改主体资料"},
		{"MODIFY_SETTLE_ACCOUNT_INFORMATION", "修改结算银行账户"},
		{"VERIFY_INACTIVE_MERCHANT_IDENTITY", "核实商户身份"},
		{"SUBMIT_OFFLINE_BUSINESS_SCENARIO_INFORMATION", "提交线下经营场景资料"},
		{"UPDATE_BUSINESS_SCENARIO_INFORMATION", "更新经营场景资料"},
		{"SUBMIT_INFORMATION_FOR_APPEAL", "提交资料申诉"},
		{"RESOLVE_TRANSACTION_DISPUTES", "先处理完交易纠纷"},
		{"MODIFY_ADMINISTRATOR_INFORMATION", "修改超级管理员"},
		{"MODIFY_ABBREVIATION_INFORMATION", "修改商户简称"},
		{"SUBMIT_CDD_INFORMATION", "填写尽职调查资料"},
		{"SUBMIT_UBO_INFORMATION", "补充受益所有人资料"},
		{"WAITING_FOR_PLATFORM_REVIEW", "等待平台审核"},
		{"SIGN_ANTI_FRAUD_PLEDGE_AND_VERIFY_FACE", "签署反诈承诺书并刷脸核实身份"},
		{"CALL_CUSTOMER_SERVICE_AT_95017", "拨打微信支付客服电话 95017"},
		{"CONTACT_APPROPRIATE_AUTHORITY_FOR_CONSULTATION", " JUDICIAL ?"},
		{"", ""},
		{"DANCE", "DANCE ?"},
		{"联系客户经理", "联系客户经理 ?"},
	}.translate(t, func(t *testing.T, p *paytest.Peer, c *wechatpay.Client, word string) string {
		x, _, person := limited(t, p, c, `"NO_TRANSACTION"`, field("limitation_reason_type", "NO_TRADE"), field("recover_way", word), field("recover_way_param", "P1"))
		if x.RecoverParam != "P1" {
			t.Errorf("%q loses its parameter", word)
		}
		if x.ReasonType == contract.ReasonJudicial {
			return x.RecoverWay + " JUDICIAL" + mark(person)
		}
		return x.RecoverWay + mark(person)
	})
}

func TestLimits(t *testing.T) {
	rows{
		{"NO_TRANSACTION_AND_RECHARGE", "[COLLECT] 09 collect NO refund YES withdraw YES RISK_HOLD 暂停收款和充值"},
		{"NO_TRANSACTION", "[COLLECT] 09 collect NO refund YES withdraw YES RISK_HOLD 暂停收款"},
		{"NO_PAYMENT", "[OTHER] 99 collect YES refund YES withdraw YES ACTIVE 暂停付款"},
		{"NO_WITHDRAWAL", "[WITHDRAW] 03 collect YES refund YES withdraw NO FUNDS_HELD 暂停提现"},
		{"NO_REFUND", "[REFUND] 99 collect YES refund NO withdraw YES ACTIVE 暂停退款"},
		{"NO_PROFIT_SHARING", "[OTHER] 99 collect YES refund YES withdraw YES ACTIVE 暂停分账"},
		{"NO_PAYMENT_POINT_COMPLETE_ORDER", "[OTHER] 99 collect YES refund YES withdraw YES ACTIVE 暂停支付分结单"},
		{"NO_SLEEP", "[OTHER] 99 collect YES refund YES withdraw YES UNKNOWN NO_SLEEP ?"},
	}.translate(t, func(t *testing.T, p *paytest.Peer, c *wechatpay.Client, word string) string {
		x, m, person := limited(t, p, c, `"`+word+`"`, field("limitation_reason_type", "RISK_ABNORMAL"), field("recover_way", "SUBMIT_CDD_INFORMATION"))
		f := m.Functions
		return fmt.Sprint(x.Functions, " ", x.Measure, " collect ", f.Collect, " refund ", f.Refund, " withdraw ", f.Withdraw, " ", m.Status, " ", x.ReasonText, mark(person))
	})
}

func TestTimings(t *testing.T) {
	rows{
		{"", "IMMEDIATE"},
		{"LIMIT_ACTION_TYPE_IMMEDIATE_CONTROL", "IMMEDIATE"},
		{"LIMIT_ACTION_TYPE_DELAY_CONTROL", "DELAYED"},
		{"LATER", "UNKNOWN ?"},
	}.translate(t, func(t *testing.T, p *paytest.Peer, c *wechatpay.Client, word string) string {
		x, _, person := limited(t, p, c, `"NO_REFUND"`, field("limitation_reason_type", "NO_TRADE"), field("limitation_action_type", word))
		return string(x.Timing) + mark(person)
	})
}

// manage is one management record with a field set.
func manage(name, word string) string {
	x := map[string]any{"sub_mchid": shop, "manage_record_id": "M1", "manage_time": "2026-11-20T10:00:00+08:00", "manage_record_state": "PENDING", "recover_way": "OTHER"}
	x[name] = word
	text, _ := json.Marshal(map[string]any{"total_count": 1, "data": []any{x}})
	return string(text)
}

func TestCases(t *testing.T) {
	rows{
		{"PENDING", "PENDING"}, {"SUBMITTED", "SUBMITTED"}, {"EXPIRED", "EXPIRED"}, {"UNDER_REVIEW", "UNDER_REVIEW"}, {"RECOVERED", "RECOVERED"},
		{"REJECTED", "REJECTED"}, {"ASLEEP", "UNKNOWN ?"},
	}.translate(t, func(t *testing.T, p *paytest.Peer, c *wechatpay.Client, word string) string {
		p.Set(casesAt, paytest.Answer{Body: manage("manage_record_state", word)})
		rec, err := c.Record(t.Context(), shop)
		a, err2 := c.RiskCases(t.Context(), shop)
		if err != nil || err2 != nil || len(a.Data.Items) != 2 { // the peer gives it to both types
			t.Fatal(err, err2, a)
		}
		return string(a.Data.Items[0].State) + mark(rec.Person)
	})
	rows{
		{"SUBMIT_INFORMATION", "提交资料"}, {"VERIFY_INACTIVE_MERCHANT_IDENTITY", "核实商户身份"}, {"MODIFY_ORGANIZATION_INFORMATION", "修改主体资料"},
		{"OTHER", "按通知处理"}, {"SING", "SING ?"},
	}.translate(t, func(t *testing.T, p *paytest.Peer, c *wechatpay.Client, word string) string {
		p.Set(casesAt, paytest.Answer{Body: manage("recover_way", word)})
		rec, err := c.Record(t.Context(), shop)
		if err != nil || len(rec.Restrictions) != 1 {
			t.Fatal(err, rec)
		}
		return rec.Restrictions[0].Recover + mark(rec.Person)
	})
}

func TestAccounts(t *testing.T) {
	read := func(t *testing.T, p *paytest.Peer, c *wechatpay.Client, from, to string) (contract.SettlementAccount, bool) {
		t.Helper()
		p.Set(bankAt, paytest.Answer{Body: strings.Replace(bankOK, from, to, 1)})
		a, err := c.SettlementAccount(t.Context(), shop)
		rec, err2 := c.Record(t.Context(), shop)
		if err != nil || err2 != nil {
			t.Fatal(err, err2)
		}
		return a.Data, rec.Person
	}
	rows{{"VERIFY_SUCCESS", "OK"}, {"VERIFY_FAIL", "FAILED"}, {"VERIFYING", "PENDING"}, {"", "UNKNOWN ?"}, {"VERIFY_LATER", "UNKNOWN ?"}}.translate(t,
		func(t *testing.T, p *paytest.Peer, c *wechatpay.Client, word string) string {
			a, person := read(t, p, c, "VERIFY_SUCCESS", word)
			if a.Raw != word {
				t.Errorf("%q is passed on as %q", word, a.Raw)
			}
			return string(a.VerifyState) + mark(person)
		})
	rows{{"ACCOUNT_TYPE_BUSINESS", "对公银行账户"}, {"ACCOUNT_TYPE_PRIVATE", "经营者个人银行卡"}, {"ACCOUNT_TYPE_MOON", "ACCOUNT_TYPE_MOON"}}.translate(t,
		func(t *testing.T, p *paytest.Peer, c *wechatpay.Client, word string) string {
			a, _ := read(t, p, c, "ACCOUNT_TYPE_PRIVATE", word)
			return a.Type
		})
	rows{
		{"ACCOUNT_FROZEN", "账户被冻结"}, {"BANK_CARD_ACCOUNT_ABNORMAL", "银行卡账户异常"}, {"BANK_CARD_BANK_INFO_WRONG", "登记的开户行有误"},
		{"BANK_CARD_COLLECTIONS_ABOVE_QUOTA", "收款额超过该卡限额，Ⅱ、Ⅲ类账户常见"}, {"BANK_CARD_STATUS_ABNORMAL", "银行卡状态异常"},
		{"NAME_NOT_CORRECT", "户名与登记不一致"}, {"卡号 6217000010000000003 有误", "卡号 621700*********0003 有误"},
	}.translate(t, func(t *testing.T, p *paytest.Peer, c *wechatpay.Client, word string) string {
		a, _ := read(t, p, c, `"VERIFY_SUCCESS"`, `"VERIFY_FAIL","verify_fail_reason":"`+word+`"`)
		return a.FailReason
	})
	rows{{"621700*********0003", "621700*********0003"}, {"62***********78", "62***********78"}, {"6217000010000000003", "****0003"}, {"6217 0000 1000 0000 003", "****0003"}, {"", ""}}.translate(t,
		func(t *testing.T, p *paytest.Peer, c *wechatpay.Client, word string) string {
			a, _ := read(t, p, c, "621700*********0003", word)
			return a.MaskedNo
		})
	rows{{"AUDITING", "UNDER_REVIEW"}, {"AUDIT_SUCCESS", "NONE"}, {"AUDIT_FAIL", "REJECTED"}, {"AUDIT_NAP", "UNKNOWN"}}.translate(t,
		func(t *testing.T, p *paytest.Peer, c *wechatpay.Client, word string) string {
			p.Set("/v3/apply4sub/sub_merchants/"+shop+"/application/102329389XXXX", paytest.Answer{Body: `{` + field("verify_result", word) + `}`})
			s, err := c.AccountChange(t.Context(), shop, "102329389XXXX")
			if err != nil {
				t.Fatal(err)
			}
			return string(s)
		})
	p := known()
	if _, err := p.Client(t).SettlementAccount(t.Context(), shop); err != nil {
		t.Fatal(err)
	}
	if asked, _ := p.Asked(); len(asked) != 1 || !strings.HasSuffix(asked[0], "?account_number_rule=MASK_V2") {
		t.Errorf("asked %v", asked)
	}
}

func TestApplications(t *testing.T) {
	rows{
		{"APPLYMENT_STATE_EDITTING", "EDITING"}, {"APPLYMENT_STATE_AUDITING", "UNDER_REVIEW"}, {"APPLYMENT_STATE_REJECTED", "REJECTED"},
		{"APPLYMENT_STATE_TO_BE_CONFIRMED", "TO_BE_CONFIRMED"}, {"APPLYMENT_STATE_TO_BE_SIGNED", "TO_BE_SIGNED"},
		{"APPLYMENT_STATE_SIGNING", "SIGNING"}, {"APPLYMENT_STATE_FINISHED", "FINISHED"}, {"APPLYMENT_STATE_CANCELED", "CANCELLED"},
		{"EDITTING", "EDITING"}, {"TO_BE_CONFIRMED", "TO_BE_CONFIRMED"}, {"TO_BE_SIGNED", "TO_BE_SIGNED"}, {"SIGNING", "SIGNING"}, {"FINISHED", "FINISHED"},
		{"CHECKING", "UNDER_REVIEW"}, {"ACCOUNT_NEED_VERIFY", "TO_BE_CONFIRMED"}, {"AUDITING", "UNDER_REVIEW"}, {"REJECTED", "REJECTED"},
		{"NEED_SIGN", "TO_BE_SIGNED"}, {"FINISH", "FINISHED"}, {"FROZEN", "UNKNOWN"}, {"CANCELED", "CANCELLED"},
		{"APPLYMENT_STATE_EDITING", "UNKNOWN"}, {"", "UNKNOWN"},
	}.translate(t, func(t *testing.T, p *paytest.Peer, c *wechatpay.Client, word string) string {
		body := `{"business_code":"APPLY_1","applyment_id":2000002124775691,"sub_mchid":"` + shop + `","sign_url":"https://pay.weixin.qq.com/x",` + field("applyment_state", word) +
			`,"applyment_state_msg":"请修改","audit_detail":[{"field":"id_card_copy","field_name":"身份证人像面照片","reject_reason":"照片模糊"}]}`
		for ref, at := range map[string]string{"2000002124775691": "applyment_id/2000002124775691", "APPLY_1": "business_code/APPLY_1"} {
			p.Set("/v3/applyment4sub/applyment/"+at, paytest.Answer{Body: body})
			a, err := c.Application(t.Context(), ref)
			if err != nil {
				t.Fatal(err)
			}
			want := contract.Onboarding{Application: ref, State: a.Data.State, Raw: word, Text: "请修改", SignURL: "https://pay.weixin.qq.com/x",
				Faults: []contract.Fault{{Field: "身份证人像面照片", Reason: "照片模糊"}}}
			if d := cmp.Diff(want, a.Data); d != "" {
				t.Error(d)
			}
		}
		p.Set("/v3/applyment4sub/applyment/business_code/APPLY_2", paytest.Answer{Body: body})
		if _, err := c.Application(t.Context(), "APPLY_2"); contract.CodeOf(err) != contract.CodeInvalid {
			t.Errorf("another's application: %v", err)
		}
		a, _ := c.Application(t.Context(), "APPLY_1")
		return string(a.Data.State)
	})
	rows{{"AUTHORIZE_STATE_AUTHORIZED", "YES"}, {"AUTHORIZE_STATE_UNAUTHORIZED", "NO"}, {"AUTHORIZE_STATE_HM", "UNKNOWN"}}.translate(t,
		func(t *testing.T, p *paytest.Peer, c *wechatpay.Client, word string) string {
			p.Set("/v3/apply4subject/applyment/merchants/"+shop+"/state", paytest.Answer{Body: `{` + field("authorize_state", word) + `}`})
			s, err := c.Authorised(t.Context(), shop)
			if err != nil {
				t.Fatal(err)
			}
			return string(s)
		})
	rows{{"AUTHORIZE_STATE_AUTHORIZED", "UNKNOWN 开户意愿已确认"}, {"AUTHORIZE_STATE_UNAUTHORIZED", "TO_BE_CONFIRMED 法定代表人或经营者还没有确认开户意愿"},
		{"AUTHORIZE_STATE_HM", "UNKNOWN AUTHORIZE_STATE_HM"}}.translate(t,
		func(t *testing.T, p *paytest.Peer, c *wechatpay.Client, word string) string {
			p.Set("/v3/apply4subject/applyment/merchants/"+shop+"/state", paytest.Answer{Body: `{` + field("authorize_state", word) + `}`})
			r, err := c.Look(t.Context(), shop, bot.Look{For: []string{bot.LookOnboarding}, At: 1})
			if err != nil || r.Onboarding == nil {
				t.Fatalf("%+v, %v", r, err)
			}
			return r.Onboarding.State + " " + r.Onboarding.Text
		})
}

const complaintsAt = "/v3/merchant-service/complaints-v2"

func TestComplaints(t *testing.T) {
	body := func(n int, merchant, state string) string {
		one := `{"complaint_id":"200","complaint_time":"2026-11-20T10:00:00+08:00","complainted_mchid":"` + merchant + `","complaint_state":"` + state + `","payer_phone":"sGdNeTHMQGlxCWiUyHu6XNO9GCYln2Luv4HhwJzZBfcL12sB",` +
			`"payer_openid":"oUpF8uMuAJO_M2pxb1Q9zNjWeS6o","complaint_detail":"我是王小明，电话 13800138000","problem_description":"申请退款","complaint_order_info":[{"transaction_id":"4200","amount":1250},{"amount":50}]}`
		return fmt.Sprintf(`{"limit":50,"offset":0,"total_count":%d,"data":[%s]}`, n, strings.TrimSuffix(strings.Repeat(one+",", min(n, 50)), ","))
	}
	rows{{"PENDING", "PENDING"}, {"PROCESSING", "PROCESSING"}, {"PROCESSED", "PROCESSED"}, {"LOST", "UNKNOWN"}}.translate(t,
		func(t *testing.T, p *paytest.Peer, c *wechatpay.Client, word string) string {
			p.Set(complaintsAt, paytest.Answer{Body: body(1, shop, word)})
			a, err := c.Complaints(t.Context(), shop, "2026-11-01", "2026-11-30")
			if err != nil {
				t.Fatal(err)
			}
			want := contract.Complaint{ID: "200", State: a.Data.Items[0].State, Raw: word, Text: "申请退款", Amount: 1300, OpenedAt: 1795140000000}
			if d := cmp.Diff([]contract.Complaint{want}, a.Data.Items); d != "" {
				t.Error(d)
			}
			return string(a.Data.Items[0].State)
		})
	p := known()
	c := p.Client(t)
	for _, q := range []struct {
		from, to, body string
		want           contract.Code
		items, asked   int
	}{
		{"2026-11-01", "2026-11-30", body(0, shop, "PENDING"), "", 0, 1},
		{"2026-11-01", "2026-11-30", body(70, shop, "PENDING"), "", 100, 2}, // the peer gives 50 each time
		{"2026-11-01", "2026-11-30", body(1, "1230000111", "PENDING"), contract.CodeInvalid, 0, 1},
		{"2026-11-01", "2026-12-02", body(0, shop, "PENDING"), contract.CodeInvalid, 0, 0},
		{"2026-11-02", "2026-11-01", body(0, shop, "PENDING"), contract.CodeInvalid, 0, 0},
		{"2026-11-1", "2026-11-02&x=y", body(0, shop, "PENDING"), contract.CodeInvalid, 0, 0},
	} {
		p.Set(complaintsAt, paytest.Answer{Body: q.body})
		a, err := c.Complaints(t.Context(), shop, q.from, q.to)
		asked, _ := p.Asked()
		if contract.CodeOf(err) != q.want || len(a.Data.Items) != q.items || len(asked) != q.asked {
			t.Errorf("%s to %s: %v, %d complaints, asked %v", q.from, q.to, err, len(a.Data.Items), asked)
		}
	}
}
