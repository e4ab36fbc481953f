package wechatpay

import (
	"cmp"
	"context"
	"regexp"
	"strconv"
	"strings"

	"posdoctor/bot/acquirer"
	"posdoctor/bot/acquirer/contract"
)

// application is how far an application to become a sub-merchant is (document 4012697052).
type application struct {
	Code    string `json:"business_code"`
	ID      int64  `json:"applyment_id"`
	MchID   string `json:"sub_mchid"`
	SignURL string `json:"sign_url"`
	State   string `json:"applyment_state"`
	Text    string `json:"applyment_state_msg"`
	Faults  []struct {
		Field  string `json:"field"`
		Name   string `json:"field_name"`
		Reason string `json:"reject_reason"`
	} `json:"audit_detail" is:"list,50"`
}

var (
	applymentID  = regexp.MustCompile(`^[0-9]{1,18}$`)
	businessCode = regexp.MustCompile(`^[A-Za-z0-9_-]{1,124}$`)
)

// Application reads how far an application is: by its number if it has digits only, else by the code with which it was handed in. Who
// asks must know that it is his: an application has no merchant yet.
func (c *Client) Application(ctx context.Context, ref string) (none contract.Answer[contract.Onboarding], err error) {
	uri := "/v3/applyment4sub/applyment/"
	switch {
	case applymentID.MatchString(ref):
		uri += "applyment_id/" + ref
	case businessCode.MatchString(ref):
		uri += "business_code/" + ref
	default:
		return none, contract.Fail(contract.CodeNotFound, "this is no application's number")
	}
	var got application
	r, err := c.get(ctx, uri, &got)
	if err != nil {
		return none, err
	}
	id := strconv.FormatInt(got.ID, 10)
	if ref != id && ref != got.Code {
		return none, foreign()
	}
	state, known := applications[strings.TrimPrefix(got.State, "APPLYMENT_STATE_")]
	if !known {
		state = contract.OnboardingUnknown
	}
	o := contract.Onboarding{Application: acquirer.Line(ref, 64), State: state, Raw: acquirer.Line(got.State, 200), Text: acquirer.Line(got.Text, 500), SignURL: link(got.SignURL)}
	for _, f := range got.Faults {
		o.Faults = append(o.Faults, contract.Fault{Field: cmp.Or(acquirer.Line(f.Name, 100), acquirer.Line(f.Field, 100), "-"), Reason: cmp.Or(acquirer.Line(f.Reason, 500), "-")})
	}
	a, err := answer(contract.OpOnboarding, "", r, o)
	return a, err
}

// Onboarding is what WeChat Pay tells of a sub-merchant without the number of his application: whether his owner has confirmed the account.
// Until then no payments are taken. That he has says nothing of the application itself, whose state stays UNKNOWN; see Application.
func (c *Client) Onboarding(ctx context.Context, merchant string) (none contract.Answer[contract.Onboarding], err error) {
	s, r, raw, err := c.authorised(ctx, merchant)
	if err != nil {
		return none, err
	}
	o := contract.Onboarding{State: contract.OnboardingUnknown, Raw: acquirer.Line(raw, 200)}
	switch s {
	case contract.Yes:
		o.Text = "开户意愿已确认"
	case contract.No:
		o.State, o.Text = contract.OnboardingToBeConfirmed, "法定代表人或经营者还没有确认开户意愿"
	}
	return answer(contract.OpOnboarding, merchant, r, o)
}

// Authorised says whether the shop's owner has confirmed the account (开户意愿确认); without it no payments are taken.
func (c *Client) Authorised(ctx context.Context, merchant string) (contract.Switch, error) {
	s, _, _, err := c.authorised(ctx, merchant)
	return s, err
}

func (c *Client) authorised(ctx context.Context, merchant string) (s contract.Switch, r reply, raw string, err error) {
	if err := proper(merchant); err != nil {
		return contract.Undecided, r, "", err
	}
	var got struct {
		State string `json:"authorize_state"`
	}
	if r, err = c.get(ctx, "/v3/apply4subject/applyment/merchants/"+merchant+"/state", &got); err != nil {
		return contract.Undecided, r, "", err
	}
	if s, known := authorised[got.State]; known {
		return s, r, got.State, nil
	}
	return contract.Undecided, r, got.State, nil
}
