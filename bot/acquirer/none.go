package acquirer

import (
	"context"

	"posdoctor/bot"
)

// None stands in where no acquirer is connected (option acquirer=none). Every call fails with UNSUPPORTED.
type None struct{}

var _ bot.Acquirer = None{}

func (None) Record(context.Context, string) (bot.Record, error) {
	return bot.Record{}, errNone()
}

func (None) OpenTicket(context.Context, bot.TicketRequest) (bot.Ticket, error) {
	return bot.Ticket{}, errNone()
}

func (None) TicketByRequest(context.Context, string, string) (bot.Ticket, error) {
	return bot.Ticket{}, errNone()
}

func errNone() error {
	return &bot.AcquirerError{Code: bot.CodeUnsupported, Detail: "no acquirer is connected"}
}
