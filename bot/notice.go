package bot

// Kinds of notices. All but the last come with a turn.
const (
	NoticeQueued = "queued" // a conversation waits for a person, for another reason than NoticeUnsure
	NoticeLate   = "late"   // a target was missed
	NoticeLeft   = "left"   // a message was left while nobody was there
	NoticeUnsure = "unsure" // … because nobody knows whether a ticket was opened, or whether its last words arrived
	NoticeRated  = "rated"  // a merchant was not content with the help; told to the leads from the rows of ratings
)

// TargetNotice is the outbox's name for what takes notices to agents who do not look at the console.
const TargetNotice = "notice"

// Notice asks that agents are told outside of the console that a conversation wants them. It has no words of the merchant.
type Notice struct {
	ID    string `json:"id"` // names it in the outbox
	Kind  string `json:"kind"`
	Topic string `json:"topic,omitempty"`
	Skill string `json:"skill,omitempty"`
	At    int64  `json:"at"` // milliseconds; of what is late, when it was due
}

// notice tells agents, where somebody takes notices.
func (t *turn) notice(kind string, at int64) {
	if t.ev.Desk == nil || !t.ev.Desk.Tells {
		return
	}
	n := &Notice{ID: t.ev.ID + "-" + kind, Kind: kind, Topic: t.next.Topic, At: at}
	if k := t.next.Case; k != nil {
		n.Skill = k.Skill
	}
	t.effects = append(t.effects, Effect{Notice: n})
}
