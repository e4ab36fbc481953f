package wechattest

import "time"

// Quota is how many messages may be sent after an action of the user, and for how long.
type Quota struct {
	Count int
	For   time.Duration
}

// Limits are the numbers of the documents. A zero is the documents' own number, which stands beside the field.
type Limits struct {
	Message Quota // 5 in 48 h, after a message
	Tap     Quota // 3 in 1 min, after a click, a follow, a scan and a tap on a menu message

	Text      int // 2048 bytes of a text message
	MenuItems int // 10 of a menu message

	Token        time.Duration // 2 h: how long a token is good
	Overlap      time.Duration // 5 min: the old and the new token are both good; a stable token is renewed so long before its end
	Forced       int           // 20 forced renewals a day
	ForcedApart  time.Duration // 30 s between two of them; an earlier one gets the token that is
	TokenFetches int           // 2000 fetches of the classic token a day
	TypingAfter  time.Duration // 30 s after the last message either way
	TypingFor    time.Duration // 15 s
	Media        time.Duration // 3 days: how long uploaded media are kept

	KF             Quota         // 5 in 48 h, after a message of a Customer Service customer
	KFMenuHead     int           // 1024 bytes of a menu's head, and of its tail
	KFMsgToken     time.Duration // 10 min: how long the token of a push fetches
	KFWithoutToken int           // 10 fetches a minute without one; the documents say "strict" and no number
	KFPage         int           // 1000 messages a fetch
	KFHistory      time.Duration // 3 days: what a fetch without cursor begins with
	KFWelcome      time.Duration // 20 s: how long a welcome code, and the code of an ending, is good
	KFQueueCode    time.Duration // 48 h: how long the code of the queue, and of a person who took over, is good
	KFWelcomeAgain time.Duration // 48 h without a welcome before another one
	Calls          int           // 1000 calls are remembered
	Hang           time.Duration // 30 s at the most for a call that is never answered
}

func (l Limits) withDefaults() Limits {
	or(&l.Message, Quota{5, 48 * time.Hour})
	or(&l.Tap, Quota{3, time.Minute})
	or(&l.Text, 2048)
	or(&l.MenuItems, 10)
	or(&l.Token, 2*time.Hour)
	or(&l.Overlap, 5*time.Minute)
	or(&l.Forced, 20)
	or(&l.ForcedApart, 30*time.Second)
	or(&l.TokenFetches, 2000)
	or(&l.TypingAfter, 30*time.Second)
	or(&l.TypingFor, 15*time.Second)
	or(&l.Media, 72*time.Hour)
	or(&l.KF, Quota{5, 48 * time.Hour})
	or(&l.KFMenuHead, 1024)
	or(&l.KFMsgToken, 10*time.Minute)
	or(&l.KFWithoutToken, 10)
	or(&l.KFPage, 1000)
	or(&l.KFHistory, 72*time.Hour)
	or(&l.KFWelcome, 20*time.Second)
	or(&l.KFQueueCode, 48*time.Hour)
	or(&l.KFWelcomeAgain, 48*time.Hour)
	or(&l.Calls, 1000)
	or(&l.Hang, 30*time.Second)
	return l
}

func or[T comparable](v *T, value T) {
	var zero T
	if *v == zero {
		*v = value
	}
}
