package wechatpay

import (
	"context"
	"regexp"

	"posdoctor/bot/acquirer"
	"posdoctor/bot/acquirer/contract"
)

// account is the settlement account. The rule MASK_V2 shows the first six and the last four digits of its number; MASK_V1 shows two and
// two, and who reads the last four of that would read digits that do not stand together.
//
//	{"account_type":"ACCOUNT_TYPE_PRIVATE","account_bank":"工商银行","bank_name":"…支行","account_number":"621700*********0003",
//	 "verify_result":"VERIFY_FAIL","verify_fail_reason":"用户姓名/证件/手机不匹配，请更正"}
type account struct {
	Type   string `json:"account_type"`
	Bank   string `json:"account_bank"`
	Number string `json:"account_number"`
	Result string `json:"verify_result"`
	Reason string `json:"verify_fail_reason"`
}

// SettlementAccount reads where the money goes, with a masked number. The answer does not name the merchant; see doc.go.
func (c *Client) SettlementAccount(ctx context.Context, merchant string) (contract.Answer[contract.SettlementAccount], error) {
	a, _, err := c.settlementAccount(ctx, merchant)
	return a, err
}

func (c *Client) settlementAccount(ctx context.Context, merchant string) (a contract.Answer[contract.SettlementAccount], person bool, err error) {
	if err := proper(merchant); err != nil {
		return a, false, err
	}
	var got account
	r, err := c.get(ctx, "/v3/apply4sub/sub_merchants/"+merchant+"/settlement?account_number_rule=MASK_V2", &got)
	if err != nil {
		return a, false, err
	}
	state, known := verifications[got.Result]
	if !known {
		state = contract.VerifyUnknown
	}
	kind, _ := phrase(accountTypes, got.Type)
	reason, _ := phrase(payoutFaults, got.Reason)
	a, err = answer(contract.OpSettlementAccount, merchant, r, contract.SettlementAccount{Type: acquirer.Line(kind, 64), Bank: acquirer.Line(got.Bank, 100),
		MaskedNo: maskedNo(got.Number), VerifyState: state, FailReason: acquirer.Line(reason, 500), Raw: acquirer.Line(got.Result, 200), PendingChange: contract.ChangeUnknown})
	return a, !known, err
}

var wellMasked = regexp.MustCompile(`^[0-9]{0,6}\*{2,24}[0-9]{0,4}$`)

// maskedNo takes a number as it is masked, and masks what is not.
func maskedNo(s string) string {
	switch {
	case s == "":
		return ""
	case wellMasked.MatchString(s):
		return s
	}
	return tail(s)
}

var applicationNo = regexp.MustCompile(`^[0-9A-Za-z_-]{1,64}$`)

// AccountChange reads what became of a change of the settlement account that was asked for elsewhere, by the number it got there.
func (c *Client) AccountChange(ctx context.Context, merchant, application string) (contract.ChangeState, error) {
	if err := proper(merchant); err != nil {
		return contract.ChangeUnknown, err
	}
	if !applicationNo.MatchString(application) {
		return contract.ChangeUnknown, contract.Fail(contract.CodeNotFound, "this is no application's number")
	}
	var got account
	if _, err := c.get(ctx, "/v3/apply4sub/sub_merchants/"+merchant+"/application/"+application, &got); err != nil {
		return contract.ChangeUnknown, err
	}
	if state, known := changes[got.Result]; known {
		return state, nil
	}
	return contract.ChangeUnknown, nil
}
