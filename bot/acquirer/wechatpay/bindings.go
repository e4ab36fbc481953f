package wechatpay

import (
	"context"

	"posdoctor/bot/acquirer/contract"
)

// StartBinding answers UNSUPPORTED: WeChat Pay sends no codes for a service provider.
func (c *Client) StartBinding(context.Context, contract.BindingStart) (contract.Answer[contract.BindingStarted], error) {
	return contract.Answer[contract.BindingStarted]{}, contract.Fail(contract.CodeUnsupported, "WeChat Pay sends no codes")
}

// ConfirmBinding answers UNSUPPORTED, see StartBinding.
func (c *Client) ConfirmBinding(context.Context, contract.BindingCode) (contract.Answer[contract.BindingResult], error) {
	return contract.Answer[contract.BindingResult]{}, contract.Fail(contract.CodeUnsupported, "WeChat Pay sends no codes")
}
