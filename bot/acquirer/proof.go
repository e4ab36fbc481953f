package acquirer

import (
	"context"
	"time"

	"posdoctor/bot"
	"posdoctor/bot/acquirer/contract"
)

// proofFor is how long a start or a code is worth asking about: it was typed by somebody who waits.
const proofFor = 5 * time.Minute

// proof has a code sent, or holds one against it. Each is asked once: an item that was handed out before may have been answered, and a
// repetition would use up the code, so its outcome is told as unknown.
func (d *Deliverer) proof(ctx context.Context, it bot.Item) (bot.Event, error) {
	ev := d.event(it, bot.EventProof)
	p := it.Call.Proof
	b, ok := d.acquirer.(Binder)
	switch {
	case p == nil:
		ev.Error = bot.CodeInvalid
		return ev, nil
	case !ok:
		ev.Error = bot.CodeUnsupported
		return ev, nil
	case it.Attempts > 1 || ev.At-p.At >= proofFor.Milliseconds():
		ev.Error = bot.CodeTimeout
		return ev, nil
	}
	var failed *bot.AcquirerError
	if it.Call.Op == bot.OpStart {
		_, failed = guarded(ctx, bot.CodeTimeout, func(ctx context.Context) (contract.BindingStarted, error) {
			a, err := b.StartBinding(ctx, contract.BindingStart{Request: p.Request, Number: p.Number})
			return a.Data, failedProof(err)
		})
	} else {
		var r contract.BindingResult
		r, failed = guarded(ctx, bot.CodeTimeout, func(ctx context.Context) (contract.BindingResult, error) {
			a, err := b.ConfirmBinding(ctx, contract.BindingCode{Request: p.Request, Code: p.Code})
			return a.Data, failedProof(err)
		})
		switch {
		case failed != nil:
		case r.Outcome == contract.BindingBound && contract.IsRef(r.Merchant) && r.Request == p.Request:
			ev.Binding = &bot.Binding{Merchant: r.Merchant, Name: words(r.Name), Proof: "acquirer", At: d.now().UnixMilli()}
		default:
			ev.Error = bot.ProofRefused
		}
	}
	ev.At = d.now().UnixMilli()
	if failed != nil {
		ev.Error = constant(failed.Code, it.Call.Op)
	}
	return ev, nil
}

// constant is what is told of a failure: whether a number is known and whose it is, nobody may learn from it.
func constant(code, op string) string {
	switch code {
	case bot.CodeNotFound, bot.CodeNotYours, bot.CodeInvalid:
		if op == bot.OpStart {
			return ""
		}
		return bot.ProofRefused
	}
	return code
}

func failedProof(err error) error {
	if err == nil {
		return nil
	}
	return Failed(err)
}
