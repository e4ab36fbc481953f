package acquirer

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"posdoctor/bot"
	"posdoctor/bot/acquirer/contract"
	"posdoctor/bot/acquirer/signing"
)

// maxEvent is how large an event may be, in bytes.
const maxEvent = 64 << 10

// Events takes what an acquirer reports by itself, at contract.EventsPath. An event about a ticket becomes one of the conversation that
// asked for it. 204 means that it is durable, or that there is nothing to do about it; 503 asks for it again.
type Events struct {
	Key     signing.Key // shared with the acquirer
	Tickets bot.Tickets
	Handle  func(context.Context, bot.Address, bot.Event) (bot.Turn, error)
	// Tell tells news to who speaks for their merchant, once for their key; nil: nobody is told.
	Tell   func(ctx context.Context, n bot.News, key, except string) (int, error)
	Forget func(merchant string) // drops what is cached about a merchant; may be nil
	Now    func() time.Time
	Log    *slog.Logger

	nonces signing.Nonces
}

func (e *Events) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, "events are posted", http.StatusMethodNotAllowed)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxEvent))
	if err != nil {
		http.Error(w, "the event is too large or was cut off", http.StatusRequestEntityTooLarge)
		return
	}
	switch err := signing.VerifyRequest(e.Key, r, body, e.Now(), &e.nonces); {
	case errors.Is(err, signing.ErrBusy):
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	case err != nil:
		e.Log.Warn("an acquirer's event was refused", "err", err)
		http.Error(w, err.Error(), http.StatusUnauthorized)
		return
	}
	var ev contract.Event
	if err := contract.Decode(body, &ev); err != nil {
		e.Log.Warn("an acquirer's event was refused", "err", err)
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if err := e.take(r.Context(), ev); err != nil {
		e.Log.Error("taking in an acquirer's event", "event", ev.ID, "err", err)
		http.Error(w, "not now", http.StatusServiceUnavailable)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (e *Events) take(ctx context.Context, ev contract.Event) error {
	if e.Forget != nil && (ev.Merchant != "" || ev.Type == contract.EventNotice) {
		e.Forget(ev.Merchant) // a notice is of nobody
	}
	if ev.Type == contract.EventRestriction && ev.Merchant != "" && e.Tell != nil {
		_, err := e.Tell(ctx, bot.News{Merchant: ev.Merchant, What: bot.NewsChanged}, "acquirer:"+ev.ID, "")
		return err
	}
	if ev.Type != contract.EventTicket || ev.Ticket == nil {
		return nil // what is not about a ticket is read when somebody asks
	}
	c, err := e.Tickets.ConversationByTicket(ctx, ev.Ticket.Request)
	if errors.Is(err, bot.ErrNotFound) {
		e.Log.Info("an acquirer's event is about a ticket that was not asked for here", "event", ev.ID)
		return nil
	}
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(c.Tickets, func(r bot.TicketRef) bool { return r.Request == ev.Ticket.Request && r.Merchant == ev.Merchant }) {
		e.Log.Warn("an acquirer's event names another merchant than its ticket, or one that is no longer kept", "event", ev.ID, "conversation", c.ID)
		return nil
	}
	t, wrong := checked(bot.Ticket{Request: ev.Ticket.Request, No: ev.Ticket.No, Status: string(ev.Ticket.Status), At: ev.Ticket.ChangedAt, Note: ev.Ticket.Note, Due: ev.Ticket.DueAt},
		bot.TicketRequest{Request: ev.Ticket.Request})
	if wrong != nil || ev.Ticket.Status == contract.TicketUnknown {
		e.Log.Warn("an acquirer's event has a ticket number or a status that is not known", "event", ev.ID, "conversation", c.ID)
		return nil
	}
	_, err = e.Handle(ctx, c.Address, bot.Event{Kind: bot.EventTicket, Key: "acquirer:" + ev.ID, Ticket: &t})
	return err
}
