// Package bottest plays talks: conversations written as plain text that a support manager can read, run through the real service,
// store, index, flow and simulator with a clock of their own.
//
// A talk is a text file. Lines that begin with one of these words are what happens; all others are what came of it, written by
// `go test ./bot -update` and reviewed like code.
//
//	商户：…          the merchant writes
//	点：…            the merchant taps the choice with this text
//	发图片 发语音     the merchant sends a picture, a voice message that nobody can listen to; likewise 发视频 发位置 发链接 发文件 发别的
//	发位置：…        … with the name of a place; 发链接：… with a title
//	说：…            the merchant sends a voice message, and these are its words
//	说不清           the merchant sends a voice message whose words cannot be made out
//	关注             the merchant follows the account
//	客服 李敏 接入    an agent claims; likewise 交还 (release), 排队 (transfer to the queue), 结束 (close)
//	客服 李敏：…     the agent writes
//	过 3 分钟        time passes and timers come up; also 秒, 小时
//	收单机构 不可用   from now on every request to the acquirer fails; 恢复 ends it
//	收单机构 慢       from now on requests are under way; 答复 brings the answers
//	重复             the line before comes a second time under the same key
//	# …              a note
package bottest

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"posdoctor/bot"
	"posdoctor/bot/acquirer"
	"posdoctor/bot/acquirer/acquirertest"
	"posdoctor/bot/live"
	"posdoctor/bot/store"
	"posdoctor/knowledge"
)

// start is when every talk begins: a Monday morning in Beijing.
var start = time.Date(2026, 11, 23, 9, 0, 0, 0, time.FixedZone("CST", 8*3600))

// Stage is a whole bot without a server, for one conversation.
type Stage struct {
	Service *bot.Service
	Store   *store.Store
	Address bot.Address

	clock    time.Time
	ids      int
	deliver  bot.Deliverer
	down     bool
	slow     bool
	openDesk bool
	seen     int64
	last     bot.Event
	hadLast  bool
}

// Library is what stages share: an index is costly to build.
type Library struct {
	index *knowledge.Index
	book  *bot.Playbook
}

// Shipped indexes the shipped library once for all talks of a test.
func Shipped(t testing.TB) *Library {
	t.Helper()
	lib, err := knowledge.Embedded()
	must(t, err)
	index, err := knowledge.NewIndex(lib)
	must(t, err)
	t.Cleanup(func() { index.Close() })
	book, err := bot.NewPlaybook(lib)
	must(t, err)
	return &Library{index, book}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// NewStage sets up a bot with an empty database.
func NewStage(t testing.TB, lib *Library) *Stage {
	t.Helper()
	s := &Stage{clock: start, Address: bot.Address{Channel: "talk", Account: "test", User: "merchant"}}
	now := func() time.Time { return s.clock }
	dir := t.TempDir()
	st, err := store.Open(t.Context(), filepath.Join(dir, "talk.db"))
	must(t, err)
	t.Cleanup(func() { st.Close() })
	sim, err := acquirertest.Simulate(filepath.Join(dir, "simulator"), now)
	must(t, err)
	s.Store = st
	newID := func() string { s.ids++; return fmt.Sprintf("id-%06d", s.ids) }
	s.Service = &bot.Service{Store: st, Bus: &live.Bus{}, Finder: bot.LibraryFinder{Index: lib.index, Now: now}, Engine: bot.NewEngine(), Desk: s,
		Binder: sim, Now: now, NewID: newID, Log: slog.New(slog.DiscardHandler)}
	must(t, s.Service.Publish(t.Context(), lib.book))
	s.deliver = acquirer.NewDeliverer(&failing{sim, &s.down}, now, newID)
	return s
}

// Status implements bot.Desk: nobody waits, and somebody is there from the first claim on.
func (s *Stage) Status(context.Context, string) (bot.DeskStatus, error) {
	return bot.DeskStatus{Open: s.openDesk, ETA: 180}, nil
}

// failing is an acquirer that can be switched off.
type failing struct {
	bot.Acquirer
	down *bool
}

func (f *failing) Record(ctx context.Context, m string) (bot.Record, error) {
	if *f.down {
		return bot.Record{}, &bot.AcquirerError{Code: bot.CodeUnavailable, Retryable: true}
	}
	return f.Acquirer.Record(ctx, m)
}

func (f *failing) OpenTicket(ctx context.Context, r bot.TicketRequest) (bot.Ticket, error) {
	if *f.down {
		return bot.Ticket{}, &bot.AcquirerError{Code: bot.CodeTimeout, Retryable: true}
	}
	return f.Acquirer.OpenTicket(ctx, r)
}

func (f *failing) TicketByRequest(ctx context.Context, m, r string) (bot.Ticket, error) {
	if *f.down {
		return bot.Ticket{}, &bot.AcquirerError{Code: bot.CodeUnavailable, Retryable: true}
	}
	return f.Acquirer.TicketByRequest(ctx, m, r)
}

// Handle takes one event to the stage's conversation and lets everything that follows from it happen.
func (s *Stage) Handle(ctx context.Context, ev bot.Event) error {
	s.clock = s.clock.Add(time.Second)
	if _, err := s.Service.Handle(ctx, s.Address, ev); err != nil {
		return err
	}
	return s.settle(ctx)
}

// settle delivers what is in the outbox until it is empty or has to wait.
func (s *Stage) settle(ctx context.Context) error {
	for !s.slow {
		items, err := s.Store.Lease(ctx, s.clock, 30*time.Second, 10)
		if err != nil || len(items) == 0 {
			return err
		}
		for _, it := range items {
			if it.Fetch != nil {
				if _, err := s.Service.Handle(ctx, it.Address, heard(it)); err != nil {
					return err
				}
				continue
			}
			ev, err := s.deliver.Deliver(ctx, it)
			if err != nil {
				if err := s.Store.Retry(ctx, it.ID, s.clock.Add(time.Minute), "talk"); err != nil {
					return err
				}
				continue
			}
			if _, err := s.Service.Handle(ctx, it.Address, ev); err != nil {
				return err
			}
		}
	}
	return nil
}

// heard is what comes of a voice message whose media id is its words.
func heard(it bot.Item) bot.Event {
	if it.Fetch.MediaID == "" {
		return bot.Event{Kind: bot.EventUnheard, Key: "voice:" + it.Fetch.ID, Call: it.ID}
	}
	return bot.Event{Kind: bot.EventSaid, Key: "voice:" + it.Fetch.ID, Call: it.ID, Text: it.Fetch.MediaID, Spoken: true}
}

// Pass lets time go by, second by second where a timer or a call comes up.
func (s *Stage) Pass(ctx context.Context, d time.Duration) error {
	end := s.clock.Add(d)
	sched := bot.Scheduler{Timers: s.Store, Bus: &live.Bus{}, Handle: s.Service.Handle, Now: func() time.Time { return s.clock },
		Log: slog.New(slog.DiscardHandler)}
	for s.clock.Before(end) {
		step := min(30*time.Second, end.Sub(s.clock))
		s.clock = s.clock.Add(step)
		if _, err := sched.Once(ctx); err != nil {
			return err
		}
		if err := s.settle(ctx); err != nil {
			return err
		}
	}
	return nil
}

// New returns the lines that were not returned before, without the merchant's own.
func (s *Stage) New(ctx context.Context) ([]bot.Message, error) {
	c, err := s.Store.Conversation(ctx, s.Address)
	if err != nil {
		return nil, err
	}
	lines, err := s.Store.Messages(ctx, c.ID, s.seen, 1000)
	var out []bot.Message
	for _, m := range lines {
		s.seen = m.Seq
		if m.From != bot.FromUser {
			out = append(out, m)
		}
	}
	return out, err
}

// Play runs the talk in a file and compares what came of it; with update it writes the file anew.
func Play(t *testing.T, lib *Library, file string, update bool) {
	t.Helper()
	data, err := os.ReadFile(file)
	must(t, err)
	s := NewStage(t, lib)
	var out strings.Builder
	for i, line := range strings.Split(strings.TrimRight(string(data), "\n"), "\n") {
		if strings.HasPrefix(line, "#") || line == "" && strings.HasSuffix(out.String(), "\n") && !strings.HasSuffix(out.String(), "\n\n") && strings.Count(out.String(), "\n") < 3 {
			out.WriteString(line + "\n")
			continue
		}
		ev, ok, err := s.parse(line)
		if err != nil {
			t.Fatalf("%s:%d: %v", file, i+1, err)
		}
		if !ok {
			continue // what came of the line before, written anew
		}
		out.WriteString(line + "\n")
		if err := ev(t.Context()); err != nil {
			fmt.Fprintf(&out, "    〔不成：%v〕\n", err)
		}
		s.write(t, &out)
	}
	if update {
		must(t, os.WriteFile(file, []byte(out.String()), 0o644))
		return
	}
	if got := out.String(); got != string(data) {
		t.Errorf("%s: the talk went differently; look at the difference and run `go test ./bot -run Talks -update` if it is meant so\n%s", file, firstDifference(string(data), got))
	}
}

func firstDifference(want, got string) string {
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range min(len(w), len(g)) {
		if w[i] != g[i] {
			return fmt.Sprintf("line %d\nwant: %s\ngot:  %s", i+1, w[i], g[i])
		}
	}
	return fmt.Sprintf("want %d lines, got %d", len(w), len(g))
}

var (
	agentAct = regexp.MustCompile(`^客服 (\S+) (接入|交还|排队|结束)$`)
	agentSay = regexp.MustCompile(`^客服 (\S+)：(.+)$`)
	passes   = regexp.MustCompile(`^过 (\d+) (秒|分钟|小时)$`)
	acts     = map[string]string{"接入": bot.EventClaim, "交还": bot.EventRelease, "排队": bot.EventTransfer, "结束": bot.EventClose}
	units    = map[string]time.Duration{"秒": time.Second, "分钟": time.Minute, "小时": time.Hour}
	media    = map[string]string{"发图片": "image", "发语音": "voice", "发视频": "video", "发位置": "location", "发链接": "link", "发文件": "file", "发别的": "hologram"}
)

// parse reads one line of a talk; ok is false for what is no line of input.
func (s *Stage) parse(line string) (do func(context.Context) error, ok bool, err error) {
	event := func(ev bot.Event) (func(context.Context) error, bool, error) {
		s.last, s.hadLast = ev, true
		return func(ctx context.Context) error { return s.Handle(ctx, ev) }, true, nil
	}
	key := func() string { s.ids++; return fmt.Sprintf("talk-%d", s.ids) }
	if text, found := strings.CutPrefix(line, "商户："); found {
		text = strings.ReplaceAll(text, `\n`, "\n")
		return event(bot.Event{Kind: bot.EventSaid, Key: key(), Text: text})
	}
	if text, found := strings.CutPrefix(line, "点："); found {
		id, err := s.choice(text)
		if err != nil {
			return nil, true, err
		}
		return event(bot.Event{Kind: bot.EventChose, Key: key(), Choice: id})
	}
	what, name, _ := strings.Cut(line, "：")
	if kind := media[what]; kind != "" {
		return event(bot.Event{Kind: bot.EventMedia, Key: key(), Media: kind, Text: name})
	}
	if what == "说" || line == "说不清" {
		return event(bot.Event{Kind: bot.EventMedia, Key: key(), Media: "voice", Fetch: &bot.Fetch{Target: "talk-media", MediaID: name, Kind: bot.MediaVoice, Words: true}})
	}
	if line == "关注" {
		return event(bot.Event{Kind: bot.EventFollowed, Key: key()})
	}
	if m := agentAct.FindStringSubmatch(line); m != nil {
		return func(ctx context.Context) error {
			s.openDesk = true
			return s.agent(ctx, bot.Event{Kind: acts[m[2]], Agent: &bot.AgentID{ID: m[1], Name: m[1]}})
		}, true, nil
	}
	if m := agentSay.FindStringSubmatch(line); m != nil {
		return func(ctx context.Context) error {
			return s.agent(ctx, bot.Event{Kind: bot.EventReply, Agent: &bot.AgentID{ID: m[1], Name: m[1]}, Text: m[2]})
		}, true, nil
	}
	if m := passes.FindStringSubmatch(line); m != nil {
		n, _ := strconv.Atoi(m[1])
		return func(ctx context.Context) error { return s.Pass(ctx, time.Duration(n)*units[m[2]]) }, true, nil
	}
	switch line {
	case "收单机构 不可用", "收单机构 恢复":
		return func(context.Context) error { s.down = line == "收单机构 不可用"; return nil }, true, nil
	case "收单机构 慢":
		return func(context.Context) error { s.slow = true; return nil }, true, nil
	case "收单机构 答复":
		return func(ctx context.Context) error { s.slow = false; return s.settle(ctx) }, true, nil
	case "客服 在线":
		return func(context.Context) error { s.openDesk = true; return nil }, true, nil
	case "重复":
		if !s.hadLast {
			return nil, true, fmt.Errorf("there is nothing to repeat")
		}
		ev := s.last
		return func(ctx context.Context) error { return s.Handle(ctx, ev) }, true, nil
	}
	for _, word := range []string{"商户", "点", "客服", "过 ", "发", "说", "收单机构"} {
		if strings.HasPrefix(line, word) {
			return nil, true, fmt.Errorf("%q is not understood; see package bottest", line)
		}
	}
	return nil, false, nil
}

// agent lets an agent act with the epoch he sees.
func (s *Stage) agent(ctx context.Context, ev bot.Event) error {
	c, err := s.Store.Conversation(ctx, s.Address)
	if err != nil {
		return err
	}
	ev.Epoch = c.Epoch
	return s.Handle(ctx, ev)
}

// choice finds the newest choice with a text.
func (s *Stage) choice(text string) (string, error) {
	ctx := context.Background()
	c, err := s.Store.Conversation(ctx, s.Address)
	if err != nil {
		return "", err
	}
	lines, err := s.Store.MessagesBefore(ctx, c.ID, 1<<60, 200)
	if err != nil {
		return "", err
	}
	for i := len(lines) - 1; i >= 0; i-- {
		for _, ch := range lines[i].Choices {
			if ch.Text == text {
				return ch.ID, nil
			}
		}
	}
	return "", fmt.Errorf("there is no choice %q on the screen", text)
}

// write puts down what was said since, and where the conversation stands.
func (s *Stage) write(t *testing.T, out *strings.Builder) {
	lines, err := s.New(t.Context())
	if err != nil {
		return
	}
	who := map[string]string{bot.FromBot: "医生", bot.FromSystem: "系统", bot.FromAgent: "客服"}
	for _, m := range lines {
		fmt.Fprintf(out, "    %s：%s\n", who[m.From], strings.ReplaceAll(m.Text, "\n", "\n        "))
		for i, c := range m.Choices {
			fmt.Fprintf(out, "        %d. %s\n", i+1, c.Text)
		}
	}
	c, err := s.Store.Conversation(t.Context(), s.Address)
	must(t, err)
	fmt.Fprintf(out, "    〔%s · %s〕\n", c.Dialogue.At, c.Holder.Kind)
}
