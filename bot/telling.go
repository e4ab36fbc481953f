package bot

import "context"

// Tellings keep what is told to agents outside of the console, each on one way, until it has arrived, and for a while after.
type Tellings interface {
	// AddTellings puts tellings into the outbox, durable when it returns nil; one with the same id again is nothing.
	AddTellings(ctx context.Context, list []Telling) error
	// EndTelling says how an attempt went. TellingSent and TellingFailed are for good and settle its item.
	EndTelling(ctx context.Context, id, state, reason string, attempts int, at int64) error
}

// Telling is one notice on its way to one place.
type Telling struct {
	ID           string
	Told         int64  // when it was asked for, milliseconds
	Target       string // of the outbox: TargetTelling and the way
	Kind         string
	Conversation string
	Body         string // for who delivers it; not kept when it is done
	State        string // TellingWaiting, TellingSent, TellingFailed
	Attempts     int
	Reason       string // of the last failure
	Done         int64
}

// States of a telling.
const (
	TellingWaiting = "waiting"
	TellingSent    = "sent"
	TellingFailed  = "failed"
)

// TargetTelling begins the outbox's names of the ways, such as "tell.wecom".
const TargetTelling = "tell."
