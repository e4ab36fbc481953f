package bot

import (
	"context"
	"errors"
	"time"
)

// Errors that ports return; test with errors.Is.
var (
	ErrNotFound  = errors.New("not found")
	ErrConflict  = errors.New("conversation was changed by another turn")
	ErrDuplicate = errors.New("event was handled before")
)

// Store keeps conversations. One implementation per database; bot/store/storetest is the suite that each must pass.
type Store interface {
	// Conversation returns the conversation of an address, or ErrNotFound.
	Conversation(ctx context.Context, a Address) (Conversation, error)
	ConversationByID(ctx context.Context, id string) (Conversation, error)
	// Commit writes the whole outcome of one turn in one transaction, durable when it returns nil. ErrConflict: Next.Version-1 is
	// not the stored version. ErrDuplicate: an event with this key is stored.
	Commit(ctx context.Context, c Commit) error
	// MessagesOf returns the lines that the event with this key produced.
	MessagesOf(ctx context.Context, key string) ([]Message, error)
	// Messages returns lines with seq > after, oldest first, at most limit.
	Messages(ctx context.Context, conversation string, after int64, limit int) ([]Message, error)
	// MessagesBefore returns the newest lines with seq < before, oldest first, at most limit.
	MessagesBefore(ctx context.Context, conversation string, before int64, limit int) ([]Message, error)
	// SavePlaybook keeps a playbook by version; saving the same version again is nothing.
	SavePlaybook(ctx context.Context, version string, data []byte) error
	Playbook(ctx context.Context, version string) ([]byte, error)
}

// Commit is the outcome of one turn.
type Commit struct {
	Event   Event
	Next    Conversation
	Effects []Effect
}

// Outbox hands out what has to be done outside. Items of one conversation for one target come in order.
type Outbox interface {
	// Lease takes up to n items that are due for lease long; an item not settled by then is handed out again.
	Lease(ctx context.Context, now time.Time, lease time.Duration, n int) ([]Item, error)
	// Retry gives an item back, to be handed out again at a time.
	Retry(ctx context.Context, id string, at time.Time, reason string) error
	// Done settles an item whose outcome has been committed. Commit settles the item named by Event.Call itself.
	Done(ctx context.Context, id string) error
}

// Item is one row of the outbox. Call is set for TargetAcquirer, Fetch for who fetches media, Tell for TargetSpeakers; other targets are channels that are asked
// to push.
type Item struct {
	ID           string
	Conversation string
	Address      Address
	Target       string
	Attempts     int // handed out so often, this time included
	Call         Call
	Fetch        *Fetch
	Notice       *Notice // TargetNotice
	Telling      string  // of a telling: what is told
	Tell         *Tell   // TargetSpeakers
}

// TargetAcquirer is the outbox's name for the acquirer's side.
const TargetAcquirer = "acquirer"

// Deliveries remembers what carries which lines to a user who cannot read by seq, so that no line goes out twice or by two paths.
type Deliveries interface {
	// Delivery returns the one with this id, or ErrNotFound.
	Delivery(ctx context.Context, id string) (Delivery, error)
	// Shown returns how far a conversation's lines are decided, with the pushes begun at or after since, in milliseconds.
	Shown(ctx context.Context, conversation string, since int64) (Shown, error)
	// Begin claims lines. ErrConflict: the conversation has another version or cursor by now. ErrDuplicate: a delivery with one of
	// the ids is there.
	Begin(ctx context.Context, c Claim) error
	// Settle writes how a delivery that was begun has ended. One that has an end keeps it, but one that is sent or unsure and turns
	// out not to have arrived may become held.
	Settle(ctx context.Context, id, state, reason string) error
}

// Leases give one process at a time the right to do something that must not be done twice at once.
type Leases interface {
	// Acquire takes or prolongs a lease; false: somebody else has it.
	Acquire(ctx context.Context, name, owner string, now time.Time, lasts time.Duration) (bool, error)
	Release(ctx context.Context, name, owner string) error
}

// Tickets finds whose ticket it is that an acquirer reports about.
type Tickets interface {
	// ConversationByTicket returns the conversation that asked for a ticket under a request number, or ErrNotFound.
	ConversationByTicket(ctx context.Context, request string) (Conversation, error)
}

// Bindings finds the addresses of a merchant.
type Bindings interface {
	// BoundTo lists who speaks for a merchant, the newest binding first, at most limit.
	BoundTo(ctx context.Context, merchant string, limit int) ([]Speaker, error)
}

// Notes are small texts that channels keep beside the conversations: how far a feed was read, the state of a session elsewhere.
// Event.Notes writes some in the same transaction as a turn.
type Notes interface {
	Note(ctx context.Context, name string) (string, error) // "" for none
	SetNote(ctx context.Context, n Note) error
}

// Files keeps pictures and voices of merchants for a few days.
type Files interface {
	// KeepFile keeps a file; the same id again is nothing. A conversation has room for the newest few: older ones go.
	KeepFile(ctx context.Context, f File) error
	// File returns a file of a conversation, or ErrNotFound: not of this one, not yet, or not any more.
	File(ctx context.Context, conversation, id string) (File, error)
}

// Ratings keeps how merchants found the help. They are written with the turn, see Effect.Rate.
type Ratings interface {
	// Ratings returns one page of the answers, the newest first, and the cursor of the next, "" at the end.
	Ratings(ctx context.Context, after string, limit int) ([]Rated, string, error)
	// LowRatings returns answers that the leads have to be told of and were not, the oldest first; ToldRating notes that they were.
	LowRatings(ctx context.Context, limit int) ([]Rated, error)
	ToldRating(ctx context.Context, id string) error
	// RatingSums adds up the ratings of episodes that ended from one time to another, in milliseconds, the second not included.
	RatingSums(ctx context.Context, from, to int64) ([]RatingSum, error)
}

// Tellings keep what is told to agents outside of the console, each on one way, until it has arrived, and for a while after.
type Tellings interface {
	// AddTellings puts tellings into the outbox, durable when it returns nil; one with the same id again is nothing.
	AddTellings(ctx context.Context, list []Telling) error
	// EndTelling says how an attempt went. TellingSent and TellingFailed are for good and settle its item.
	EndTelling(ctx context.Context, id, state, reason string, attempts int, at int64) error
}

// Timers hands out due rows, each for a lease; the event that a due row becomes removes it when it commits.
type Timers interface {
	Due(ctx context.Context, now time.Time, lease time.Duration, n int) ([]DueTimer, error)
	NextDue(ctx context.Context) (time.Time, bool, error)
}

// DueTimer is a timer that came up.
type DueTimer struct {
	Conversation string
	Address      Address
	Timer        Timer
}

// Bus wakes those who wait for something new. A topic is a conversation's id, or one of the Topic constants. Wakes may be lost or
// merged: who wakes up reads what is there.
type Bus interface {
	Publish(topics ...string)
	// Subscribe returns a channel that gets a value after each Publish; cancel ends it.
	Subscribe(topic string) (wake <-chan struct{}, cancel func())
	// Notify calls wake at each Publish, from the publisher's goroutine: it must not wait, publish or subscribe. cancel ends it.
	Notify(topic string, wake func()) (cancel func())
}

// Topics beside the conversations' ids.
const (
	TopicDesk   = "desk"   // a list of the desk changed
	TopicOutbox = "outbox" // there is something to send
	TopicTimers = "timers" // a timer was set
)

// Finder understands a message by the library.
type Finder interface {
	Find(ctx context.Context, text string) (Finding, error)
	// Entry returns the finding that a merchant means just this article, or ErrNotFound.
	Entry(ctx context.Context, article string) (Finding, error)
}

// Acquirer is the institution's side. Every method may be slow and may fail with *AcquirerError; it must honour ctx.
type Acquirer interface {
	Record(ctx context.Context, merchant string) (Record, error)
	OpenTicket(ctx context.Context, t TicketRequest) (Ticket, error)
	// TicketByRequest tells what became of a request number; NOT_FOUND means it was never accepted.
	TicketByRequest(ctx context.Context, merchant, request string) (Ticket, error)
}

// Looker is an Acquirer that reads parts of a record for some questions only.
type Looker interface {
	Look(ctx context.Context, merchant string, l Look) (Record, error)
}

// Binder turns words into a binding. Only the simulator has such words.
type Binder interface {
	Bind(text string) (Binding, bool)
}

// Desk tells how the people at the desk stand. except is a conversation that is not counted as waiting.
type Desk interface {
	Status(ctx context.Context, except string) (DeskStatus, error)
}

// SiteDesk is a Desk whose hours depend on where the merchant writes.
type SiteDesk interface {
	Desk
	StatusAt(ctx context.Context, a Address, except string) (DeskStatus, error)
}

// StatusAt asks a desk how it stands for an address.
func StatusAt(ctx context.Context, d Desk, a Address, except string) (DeskStatus, error) {
	if s, ok := d.(SiteDesk); ok {
		return s.StatusAt(ctx, a, except)
	}
	return d.Status(ctx, except)
}

// DelayError gives an item of the outbox back until a time.
type DelayError struct {
	Until  time.Time
	Reason string
}

func (e *DelayError) Error() string {
	return "not before " + e.Until.Format(time.RFC3339) + ": " + e.Reason
}

// Deliverer does what an item of the outbox asks. See channels.Dispatcher for what its errors mean.
type Deliverer interface {
	Deliver(ctx context.Context, it Item) (Event, error)
}
