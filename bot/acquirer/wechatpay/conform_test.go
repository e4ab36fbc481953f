package wechatpay_test

import (
	"context"
	"testing"
	"time"

	"posdoctor/bot/acquirer/acquirertest"
	"posdoctor/bot/acquirer/contract"
	"posdoctor/bot/acquirer/wechatpay"
	"posdoctor/bot/acquirer/wechatpay/paytest"
)

// whole has the contract's operations that WeChat Pay has not, as refusals: it takes no tickets and has no demo merchants, so that of the
// acquirers' suite only what is asked of single operations applies.
type whole struct{ *wechatpay.Client }

func none[T any]() (contract.Answer[T], error) {
	return contract.Answer[T]{}, contract.Fail(contract.CodeUnsupported, "")
}

func (whole) Terminal(context.Context, string, string) (contract.Answer[contract.Terminal], error) {
	return none[contract.Terminal]()
}

func (whole) Settlements(context.Context, string, string, string) (contract.Answer[contract.Settlements], error) {
	return none[contract.Settlements]()
}

func (whole) Transaction(context.Context, string, string) (contract.Answer[contract.Transaction], error) {
	return none[contract.Transaction]()
}

func (whole) TransactionAt(context.Context, string, string, int64, time.Time) (contract.Answer[contract.Transaction], error) {
	return none[contract.Transaction]()
}

func (whole) Limits(context.Context, string) (contract.Answer[contract.Limits], error) {
	return none[contract.Limits]()
}

func (whole) Notices(context.Context) (contract.Answer[contract.Notices], error) {
	return none[contract.Notices]()
}

func (whole) Open(context.Context, contract.Case) (contract.Answer[contract.Ticket], error) {
	return none[contract.Ticket]()
}

func (whole) Ticket(context.Context, string, string) (contract.Answer[contract.Ticket], error) {
	return none[contract.Ticket]()
}

func TestOperations(t *testing.T) {
	p := known()
	p.Set(complaintsAt, paytest.Answer{Body: `{"total_count":0,"data":[]}`})
	p.Set("/v3/apply4subject/applyment/merchants/"+shop+"/state", paytest.Answer{Body: `{"authorize_state":"AUTHORIZE_STATE_AUTHORIZED"}`})
	acquirertest.ExerciseOperations(t, whole{p.Client(t)}, shop, "T1", "R1", time.Now())
}
