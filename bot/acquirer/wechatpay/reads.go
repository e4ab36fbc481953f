package wechatpay

import (
	"context"
	"errors"
	"time"

	"posdoctor/bot/acquirer"
	"posdoctor/bot/acquirer/contract"
)

// LinkHosts are WeChat Pay's own hosts in the links of its answers: help and recovery, and signing.
var LinkHosts = acquirer.Links{"kf.qq.com", "pay.weixin.qq.com", "mp.weixin.qq.com"}

// Provider is how answers name WeChat Pay.
const Provider = "微信支付"

// Capabilities says which operations are answered. Of onboarding it is the owner's confirmation alone: WeChat Pay finds an application by
// its own number only, see Client.Application. There are no tickets.
func (c *Client) Capabilities(context.Context) (contract.Answer[contract.Capabilities], error) {
	now := time.Now().UnixMilli()
	return contract.Answer[contract.Capabilities]{Provider: Provider, Operation: contract.OpCapabilities, ObservedAt: now, ReceivedAt: now,
		Data: contract.Capabilities{Operations: []contract.Operation{contract.OpCapabilities, contract.OpMerchant, contract.OpRestrictions,
			contract.OpSettlementAccount, contract.OpRiskCases, contract.OpComplaints, contract.OpOnboarding}}}, nil
}

// Merchant derives a merchant's state from what is limited.
func (c *Client) Merchant(ctx context.Context, merchant string) (contract.Answer[contract.Merchant], error) {
	l, err := c.limitations(ctx, merchant)
	if err != nil {
		return contract.Answer[contract.Merchant]{}, err
	}
	return answer(contract.OpMerchant, merchant, l.received, l.merchant())
}

// Restrictions reads what is limited, why, and how to recover.
func (c *Client) Restrictions(ctx context.Context, merchant string) (contract.Answer[contract.Restrictions], error) {
	l, err := c.limitations(ctx, merchant)
	if err != nil {
		return contract.Answer[contract.Restrictions]{}, err
	}
	items, _ := l.restrictions()
	return answer(contract.OpRestrictions, merchant, l.received, items)
}

// Terminals answers UNSUPPORTED: WeChat Pay knows no terminals.
func (c *Client) Terminals(context.Context, string) (contract.Answer[contract.Terminals], error) {
	return contract.Answer[contract.Terminals]{}, contract.Fail(contract.CodeUnsupported, "WeChat Pay knows no terminals")
}

// answer puts data into the envelope and holds it against the contract.
func answer[T any](op contract.Operation, merchant string, r reply, data T) (contract.Answer[T], error) {
	a := contract.Answer[T]{Provider: Provider, Operation: op, Merchant: merchant, ObservedAt: r.at, ReceivedAt: time.Now().UnixMilli(),
		TraceID: r.trace, Data: data}
	if err := contract.Check(a); err != nil {
		return contract.Answer[T]{}, garbled(err.Error())
	}
	return a, nil
}

// proper refuses a reference that no sub-merchant can have, without asking: it could lead to another path.
func proper(merchant string) error {
	if !number.MatchString(merchant) {
		return contract.Fail(contract.CodeNotFound, "this is no sub-merchant's number")
	}
	return nil
}

// foreign is an answer about somebody else. It is not repeated and nothing of it is told.
func foreign() error {
	return contract.Fail(contract.CodeInvalid, "the answer is about another merchant")
}

// absent says that WeChat Pay knows the merchant and not this of him.
func absent(err error) bool {
	var e *contract.Error
	return errors.As(err, &e) && e.Code == contract.CodeNotFound
}
