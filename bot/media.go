package bot

// Kinds of media that can be fetched from a channel.
const (
	MediaImage = "image"
	MediaVoice = "voice"
)

// Media names a picture or a voice that a line stands for: agents see it once it has been fetched.
//
//	{"id":42,"ts":1700000000000,"type":"message","from":"user","text":"[图片]","media":{"id":"0199…-media","kind":"image"}}
type Media struct {
	ID   string `json:"id"`
	Kind string `json:"kind"`
}

// Fetch asks a channel for a picture or a voice that its platform keeps for a while. The channel names all but ID; its ID is the one
// of the file, and names it in the outbox too.
type Fetch struct {
	ID      string `json:"id,omitempty"`
	Target  string `json:"target"`   // the outbox's name for who fetches
	MediaID string `json:"media_id"` // the platform's own name
	Kind    string `json:"kind"`
	// Words: what was fetched is listened to, and comes back as what the merchant said, or as EventUnheard.
	Words bool `json:"words,omitempty"`
}

// File is a picture or a voice, as agents get it. Of one that comes with an event only what it is stands in the event; its bytes are kept
// in the transaction of the turn, so that a line whose picture is acknowledged has it.
type File struct {
	ID           string `json:"id"`
	Conversation string `json:"-"`
	Kind         string `json:"kind"`
	MIME         string `json:"mime"` // as its bytes say, never as somebody said
	Data         []byte `json:"-"`
	At           int64  `json:"-"` // when it was fetched, milliseconds
}

// Shown says that a page may show the file: a picture that was drawn anew here. Any other is for saving only.
func (f File) Shown() bool { return f.MIME == "image/jpeg" || f.MIME == "image/png" }
