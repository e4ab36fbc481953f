package bot

import "context"

// Notices keep what is told to agents outside of the console until it has arrived, and for a while after.
type Notices interface {
	// TellNotices puts notices into the outbox, durable when it returns nil; one with the same id again is nothing.
	TellNotices(ctx context.Context, list []Notice) error
	// EndNotice says how an attempt went. NoticeSent and NoticeFailed are for good and settle its item.
	EndNotice(ctx context.Context, id, state, reason string, attempts int, at int64) error
}

// Notice is what is told to agents outside of the console, at one target of the outbox.
type Notice struct {
	ID           string
	Told         int64  // when it was asked for, milliseconds
	Target       string // of the outbox
	Kind         string
	Conversation string
	Body         string // for who delivers it; not kept when it is done
	State        string // NoticeWaiting, NoticeSent, NoticeFailed
	Attempts     int
	Reason       string // of the last failure
	Done         int64
}

// States of a notice.
const (
	NoticeWaiting = "waiting"
	NoticeSent    = "sent"
	NoticeFailed  = "failed"
)
