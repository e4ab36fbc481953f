package wechat

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"posdoctor/bot"
	"posdoctor/channels/media"
)

const (
	maxImage = media.MaxIn
	maxVoice = 2 << 20

	imageTime = 20 * time.Second
	voiceTime = 8 * time.Second // somebody may wait for its words

	fetches      = 4 // at once; the others of the dispatcher's workers are for words
	fetchBusy    = time.Second
	fetchAtMost  = 60 // attempts, which take some eight hours; what WeChat does not have any more says so itself
	fetchFarthen = 10 * time.Minute
	listenAtMost = 2 // attempts, while the merchant waits for what was heard
)

// mediaID is what WeChat calls a file; ids of other forms are not asked for.
var mediaID = regexp.MustCompile(`^[A-Za-z0-9_=-]{1,256}$`)

// of names what there is to fetch of an event: a picture or a voice, where the account has an API and there is room for it.
func (f *fetcher) of(id string, ev bot.Event) *bot.Fetch {
	if f == nil || ev.Kind != bot.EventMedia || ev.Media != bot.MediaImage && ev.Media != bot.MediaVoice || !mediaID.MatchString(id) {
		return nil
	}
	return &bot.Fetch{Target: f.target(), MediaID: id, Kind: ev.Media, Words: ev.Media == bot.MediaVoice && f.deps.Recogniser != nil}
}

// Fetcher returns who fetches media, under a name of the outbox's; nil for an account that does not.
func (c *Channel) Fetcher() (target string, d bot.Deliverer) { return c.fetcher.deliverer() }

func (f *fetcher) deliverer() (target string, d bot.Deliverer) {
	if f == nil {
		return "", nil
	}
	return f.target(), f
}

// fetcher gets pictures and voices by their media id, makes them harmless and keeps them for the agents. What a voice says it brings
// back as the merchant's words.
type fetcher struct {
	name   string // of the channel
	deps   Deps
	api    *API
	log    *slog.Logger
	move   func(code int64) move
	advice string        // what to look at when no file is given at all
	slots  chan struct{} // fetches under way
}

func newFetcher(name string, api *API, c *courier) *fetcher {
	return &fetcher{name: name, deps: c.deps, api: api, log: c.log, move: c.move, advice: c.advice, slots: make(chan struct{}, fetches)}
}

func (f *fetcher) target() string { return f.name + "-media" }

// Deliver fetches what an item names. See bot.Deliverer.
func (f *fetcher) Deliver(ctx context.Context, it bot.Item) (bot.Event, error) {
	log := f.log.With("conversation", it.Conversation, "item", it.ID)
	if it.Fetch == nil || it.Fetch.Kind != bot.MediaImage && it.Fetch.Kind != bot.MediaVoice {
		log.Error("there is nothing to fetch in this item")
		return bot.Event{}, nil
	}
	select {
	case f.slots <- struct{}{}:
		defer func() { <-f.slots }()
	default:
		return bot.Event{}, &bot.DelayError{Until: f.deps.Now().Add(fetchBusy), Reason: "other files are being fetched"}
	}
	file, err := f.file(ctx, it)
	if err == nil {
		if !it.Fetch.Words {
			return bot.Event{}, nil
		}
		return f.listen(ctx, it, file), nil
	}
	until, reason := f.again(it, err)
	switch {
	case ctx.Err() != nil && errors.Is(context.Cause(ctx), context.Canceled):
		return bot.Event{}, &bot.DelayError{Until: f.deps.Now(), Reason: "stopped"} // the server, not WeChat
	case it.Fetch.Words && (until.IsZero() || it.Attempts >= listenAtMost):
		log.Warn("a voice could not be fetched; its words are asked for", "err", err)
		return unheard(it), nil
	case it.Fetch.Words:
		return bot.Event{}, &bot.DelayError{Until: f.deps.Now().Add(time.Second), Reason: reason}
	case until.IsZero():
		if code, _ := codeOf(err); code == expired {
			log.Info("a file is not at WeChat any more")
		} else {
			log.Warn("a file is not fetched", "kind", it.Fetch.Kind, "err", err)
		}
		return bot.Event{}, nil
	}
	log.Info("a file is fetched later", "err", err)
	return bot.Event{}, &bot.DelayError{Until: until, Reason: reason}
}

// expired is the errcode of a media id that is older than three days, or none.
const expired = 40007

// again says when to try again after an error, or never.
func (f *fetcher) again(it bot.Item, err error) (until time.Time, reason string) {
	now := f.deps.Now()
	var wrong *contentError
	if it.Attempts >= fetchAtMost || errors.As(err, &wrong) || errors.Is(err, errTooLarge) {
		return time.Time{}, ""
	}
	later := now.Add(min(time.Second<<min(it.Attempts, 10), fetchFarthen))
	code, refused := codeOf(err)
	if !refused {
		return later, "unreachable"
	}
	reason = fmt.Sprint(code)
	switch f.move(code) {
	case moveAgain:
		return later, reason
	case moveMinute:
		return now.Add(time.Minute), reason
	case moveDay:
		return tomorrow(now), reason
	case moveAlarm, moveToken:
		f.log.Error("WeChat gives no files to this account", "check", f.advice, "errcode", code, "pause", alarmPause)
		return now.Add(alarmPause), reason
	}
	return time.Time{}, ""
}

// file returns the file of an item, from WeChat unless an earlier attempt has brought it.
func (f *fetcher) file(ctx context.Context, it bot.Item) (bot.File, error) {
	file, err := f.deps.Files.File(ctx, it.Conversation, it.Fetch.ID)
	if !errors.Is(err, bot.ErrNotFound) {
		return file, err
	}
	most, lasts := int64(maxImage), imageTime
	if it.Fetch.Kind == bot.MediaVoice {
		most, lasts = maxVoice, voiceTime
	}
	data, err := f.api.download(ctx, "/cgi-bin/media/get", url.Values{"media_id": {it.Fetch.MediaID}}, most, lasts)
	if err != nil {
		return bot.File{}, err
	}
	file = bot.File{ID: it.Fetch.ID, Conversation: it.Conversation, Kind: it.Fetch.Kind, Data: data, MIME: media.Sniff(data), At: f.deps.Now().UnixMilli()}
	if !strings.HasPrefix(file.MIME, map[string]string{bot.MediaImage: "image/", bot.MediaVoice: "audio/"}[file.Kind]) {
		return bot.File{}, &contentError{"it is neither of the kinds that are taken"}
	}
	if file.Kind == bot.MediaImage {
		if file.Data, file.MIME, err = picture(ctx, data, file.MIME); err != nil {
			return bot.File{}, err
		}
	}
	return file, f.deps.Files.KeepFile(ctx, file)
}

// listen makes words of a voice.
func (f *fetcher) listen(ctx context.Context, it bot.Item, file bot.File) bot.Event {
	text, err := f.deps.Recogniser.Recognise(ctx, file.Data, file.MIME)
	if text = strings.TrimSpace(text); utf8.RuneCountInString(text) > bot.MaxText {
		text = string([]rune(text)[:bot.MaxText])
	}
	if err != nil || !bot.Readable(text) {
		f.log.Warn("the words of a voice were not made out", "conversation", it.Conversation, "item", it.ID, "err", err)
		return unheard(it)
	}
	return bot.Event{Kind: bot.EventSaid, Key: "voice:" + it.Fetch.ID, Call: it.ID, Text: text, Spoken: true}
}

func unheard(it bot.Item) bot.Event {
	return bot.Event{Kind: bot.EventUnheard, Key: "voice:" + it.Fetch.ID, Call: it.ID}
}
