package acquirer

import (
	"context"

	"posdoctor/bot/acquirer/contract"
)

// Binder proves for which merchant somebody speaks, by a code to the telephone on file. An acquirer may lack it; its capabilities say so.
type Binder interface {
	StartBinding(ctx context.Context, x contract.BindingStart) (contract.Answer[contract.BindingStarted], error)
	ConfirmBinding(ctx context.Context, x contract.BindingCode) (contract.Answer[contract.BindingResult], error)
}
