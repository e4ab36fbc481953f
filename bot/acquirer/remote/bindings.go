package remote

import (
	"context"
	"encoding/json"

	"posdoctor/bot/acquirer"
	"posdoctor/bot/acquirer/contract"
)

var _ acquirer.Binder = (*Client)(nil)

// StartBinding asks for a code to be sent. It asks once: unless the acquirer has refused it in a signed answer, an error says that the
// outcome is not known.
func (c *Client) StartBinding(ctx context.Context, x contract.BindingStart) (contract.Answer[contract.BindingStarted], error) {
	return once(ctx, c, contract.OpStartBinding, x, func(a contract.BindingStarted) bool { return a.Request == x.Request })
}

// ConfirmBinding holds a code against the one that was sent. It asks once, as a code is good once. The code stands in no error.
func (c *Client) ConfirmBinding(ctx context.Context, x contract.BindingCode) (contract.Answer[contract.BindingResult], error) {
	return once(ctx, c, contract.OpConfirmBinding, x, func(a contract.BindingResult) bool {
		return a.Request == x.Request && (a.Outcome == contract.BindingBound) == (a.Merchant != "")
	})
}

// once posts something that is not about a merchant whose reference is known, and is never repeated.
func once[T any](ctx context.Context, c *Client, op contract.Operation, asks any, mine func(T) bool) (contract.Answer[T], error) {
	var a contract.Answer[T]
	if err := contract.Check(asks); err != nil {
		return a, contract.Fail(contract.CodeInvalid, err.Error())
	}
	body, err := json.Marshal(asks)
	if err != nil {
		return a, contract.Fail(contract.CodeInvalid, "the request cannot be written")
	}
	ctx, cancel := context.WithTimeout(ctx, c.cfg.TicketFor)
	defer cancel()
	route, _ := contract.RouteOf(op)
	err = c.exchange(ctx, route, route.Path, body, func(data []byte) error {
		a = contract.Answer[T]{}
		if err := decode(data, &a, op, ""); err != nil {
			return err
		}
		if !mine(a.Data) {
			return garbled("the answer is about another request")
		}
		return nil
	})
	if err != nil {
		return contract.Answer[T]{}, unknown(err)
	}
	a.ReceivedAt = c.cfg.Now().UnixMilli()
	return a, nil
}
