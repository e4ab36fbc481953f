package bot

import "context"

// TargetTelling begins the outbox's names for where agents are told outside of the console, such as "notice.wecom".
const TargetTelling = "notice."

// Tellings keep what is told to agents outside of the console until it has arrived, and for a while after.
type Tellings interface {
	// AddTellings puts tellings into the outbox, durable when it returns nil; one with the same id again is nothing.
	AddTellings(ctx context.Context, list []Telling) error
	// EndTelling says how an attempt went. TellingSent and TellingFailed are for good and settle its item.
	EndTelling(ctx context.Context, id, state, reason string, attempts int, at int64) error
}

// Telling is a notice on its way to one of the places where agents look, a target of the outbox.
type Telling struct {
	ID           string
	Told         int64  // when it was asked for, milliseconds
	Target       string // of the outbox
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
