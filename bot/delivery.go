package bot

import (
	"crypto/sha256"
	"encoding/hex"
)

// Paths by which lines reach a user who cannot read by seq.
const (
	PathReply = "reply" // in the answer to the user's own request
	PathPush  = "push"  // in a message of ours
)

// States of a delivery.
const (
	DeliverySent    = "sent"    // carried, as far as the other side says
	DeliveryBegun   = "begun"   // its request was begun; the answer is not known
	DeliveryHeld    = "held"    // surely not carried: it waits for the next chance
	DeliveryUnsure  = "unsure"  // begun and never answered: maybe carried, so never sent again
	DeliveryMoved   = "moved"   // was held and went out as part of a later one, whose lines begin with its own
	DeliveryDropped = "dropped" // was held, and a person took over from the bot whose words it were
)

// Delivery is what carries lines of a conversation to its user, once. Its lines are decided: no other delivery carries them.
type Delivery struct {
	ID           string `json:"id"`
	Conversation string `json:"-"`
	First        int64  `json:"first"` // seq of its first line; lines up to Last are decided with it
	Last         int64  `json:"last"`
	From         string `json:"-"` // who says it: FromBot, FromAgent, FromSystem
	Path         string `json:"path"`
	State        string `json:"state"`
	Reason       string `json:"reason,omitempty"` // why it is held or unsure: a code of the other side, or a word
	Text         string `json:"-"`                // held: what it says, to be carried another way
	Body         []byte `json:"-"`                // reply: the bytes of the answer
	At           int64  `json:"at"`               // when it was begun, milliseconds
	Carries      string `json:"-"`                // what is no text: the id of a picture's file, or CarriesRating
}

// CarriesRating marks a delivery that asks how it was: when it is held, it is not made up for, as the merchant comes with something new.
const CarriesRating = "rating"

// Shown is how far the lines of a conversation have been decided.
type Shown struct {
	Version int64      // of the conversation
	Upto    int64      // lines up to here belong to a delivery
	Held    []Delivery // oldest first
	Pushes  []Delivery // pushes begun since a time, older ones that are neither sent nor moved, and what is held by any path; oldest first
}

// Claim is the right to carry lines: deliveries that are about to be made, all or none.
type Claim struct {
	Conversation string
	Version      int64 // of the conversation when the lines were read
	After        int64 // Shown.Upto then
	Upto         int64 // and what it shall be: lines between are decided, also those that nobody needs to be shown
	Deliveries   []Delivery
	Moves        []string // held deliveries whose text these carry
	Drops        []string // held deliveries that nobody shall carry any more
	Settles      string   // an item of the outbox that has nothing left to do, or ""
}

// Push asks a channel to carry what its user has not been shown. Its ID names it in the outbox.
type Push struct {
	ID     string `json:"id"`
	Target string `json:"target"` // the channel
	At     int64  `json:"at"`     // not before
}

// PushID names the push that an event with this key leads to. Names of items stand in logs, and keys name users.
func PushID(key string) string {
	sum := sha256.Sum256([]byte(key))
	return "push:" + hex.EncodeToString(sum[:16])
}

// Triggers open the right to push to a user for a while.
const (
	TriggerMessage = "message" // he wrote
	TriggerTap     = "tap"     // he tapped a menu, followed, scanned
)

// Reach is when a user last opened the right to push to him, and whether he has left. Milliseconds, 0 for never.
type Reach struct {
	Message int64 `json:"message,omitempty"`
	Tap     int64 `json:"tap,omitempty"`
	Gone    int64 `json:"gone,omitempty"`
}

// Window is what may still be pushed to a user, for those who write to him.
type Window struct {
	Left  int    `json:"left"`
	Of    int    `json:"of"`
	Until int64  `json:"until"`         // milliseconds; 0 when nothing is open
	Why   string `json:"why,omitempty"` // why Left is 0: closed, used, gone, passive
}
