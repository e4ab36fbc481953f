// Package talks plays talks: conversations written as plain text that a support manager can read, run through the real service,
// store, index, flow and simulator with a clock of their own.
//
// A talk is a text file. Lines that begin with one of these words are what happens; all others are what came of it, written by
// `go test ./bot -update` and reviewed like code.
//
//	商户：…          the merchant writes; when that is a fragment, nothing follows it and its time passes
//	紧接着：…        the merchant writes on, at once: a fragment in the line before still waits
//	点：…            the merchant taps the choice with this text
//	发图片 发语音     the merchant sends a picture, a voice message that nobody can listen to; likewise 发视频 发位置 发链接 发文件 发别的
//	发位置：…        … with the name of a place; 发链接：… with a title
//	说：…            the merchant sends a voice message, and these are its words
//	说不清           the merchant sends a voice message whose words cannot be made out
//	关注             the merchant follows the account
//	客服 李敏 接入    an agent claims; likewise 交还 (release), 排队 (transfer to the queue), 结束 (close)
//	客服 李敏：…     the agent writes
//	外面的客服 李敏 结束  an agent acts in a program of his own; likewise 接入
//	客服 李敏 转给 王强   an agent asks another to take over, who accepts by 接入 or declines by 谢绝
//	客服 李敏 挂起 30 分钟  an agent puts the conversation aside; 恢复 takes it up again
//	客服 组长 接管       a lead takes over from an agent; 客服 李敏 掉线: he is gone for too long
//	派给 李敏           the desk offers the conversation to an agent, for 20 seconds
//	客服 都忙，前面 2 位   how the desk stands from now on; likewise 客服 下班，明早 9 点回来
//	首次响应 3 分钟       from now on there is a target for the first answer
//	过 3 分钟        time passes and timers come up; also 秒, 小时
//	在微信           from the beginning: the merchant writes on WeChat, where each message of ours counts
//	评价 打开        from the beginning, after 在微信: who was served is asked how it was; 也问机器人 also when the bot alone has helped
//	公告：…          a trouble at a bank or a platform is known from now on
//	收单机构 不可用   from now on every request to the acquirer fails; 恢复 ends it
//	收单机构 可以验证  from now on it sends codes; 不能验证 ends it
//	收单机构 通知 RISK：…  it reports a restriction, with a reason and its words; likewise 通知 变化, 通知 申诉, 通知 OTHER：… in words that nobody knows
//	另一台设备 验证 1  another address proves that it speaks for demo merchant 1
//	收单机构 慢       from now on requests are under way; 答复 brings the answers
//	重复             the line before comes a second time under the same key
//	# …              a note
//
// # Why
//
// The tests play them (package bottest), and so does `flows test`, which counts what of the dialogue's table they cover. So the player
// knows nothing of testing; it is here and not in the program because it must see the adapters.
package talks

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"posdoctor/bot"
	"posdoctor/bot/acquirer"
	"posdoctor/bot/acquirer/contract"
	"posdoctor/bot/acquirer/nearby"
	"posdoctor/bot/acquirer/simulator"
	"posdoctor/bot/live"
	"posdoctor/bot/store"
	"posdoctor/flows"
	"posdoctor/knowledge"
)

// start is when every talk begins: a Monday morning in Beijing.
var start = time.Date(2026, 11, 23, 9, 0, 0, 0, time.FixedZone("CST", 8*3600))

// Stage is a whole bot without a server, for one conversation.
type Stage struct {
	Service *bot.Service
	Store   *store.Store
	Address bot.Address
	Moves   []flows.Move // edges of the dialogue's table that were taken

	clock    time.Time
	ids      atomic.Int64 // several devices may talk at once
	deliver  bot.Deliverer
	down     bool
	slow     bool
	openDesk bool
	stands   *bot.DeskStatus // how a talk says that the desk stands; nil: by openDesk
	first    time.Duration   // target of the first answer
	seen     int64
	last     bot.Event
	hadLast  bool
	quick    bool // the next event follows at once
	wechat   bool
	incident *knowledge.Incident
	sim      *simulator.Simulator
}

// Library is what stages share: an index is costly to build.
type Library struct {
	index *knowledge.Index
	book  *bot.Playbook
}

// Shipped indexes the shipped library once for all talks. Close it when they are over.
func Shipped() (*Library, error) {
	lib, err := knowledge.Embedded()
	if err != nil {
		return nil, err
	}
	index, err := knowledge.NewIndex(lib)
	if err != nil {
		return nil, err
	}
	book, err := bot.NewPlaybook(lib)
	if err != nil {
		return nil, errors.Join(err, index.Close())
	}
	return &Library{index, book}, nil
}

// Close lets go of the index.
func (l *Library) Close() error { return l.index.Close() }

// Flow is the dialogue that the talks are about.
func (l *Library) Flow() *flows.Flow { return l.book.Flow }

// NewStage sets up a bot with an empty database in a folder. Close it when the talk is over.
func NewStage(ctx context.Context, lib *Library, dir string) (*Stage, error) {
	s := &Stage{clock: start, Address: bot.Address{Channel: "talk", Account: "test", User: "merchant"}}
	now := func() time.Time { return s.clock }
	st, err := store.Open(ctx, filepath.Join(dir, "talk.db"))
	if err != nil {
		return nil, err
	}
	s.Store = st
	sim, err := nearby.Simulate(filepath.Join(dir, "simulator"), now)
	if err != nil {
		return nil, errors.Join(err, st.Close())
	}
	caps, err := sim.Capabilities(ctx)
	if err != nil {
		return nil, errors.Join(err, st.Close())
	}
	looks := acquirer.LooksOf(sim.Client, caps.Data)
	newID := func() string { return fmt.Sprintf("id-%06d", s.ids.Add(1)) }
	s.Service = &bot.Service{Store: st, Bus: &live.Bus{}, Finder: bot.LibraryFinder{Index: lib.index, Now: now}, Engine: bot.NewEngine(), Desk: s,
		Binder: sim, Looks: func() []string { return looks }, Now: now, NewID: newID, Log: slog.New(slog.DiscardHandler)}
	if err := s.Service.Publish(ctx, lib.book); err != nil {
		return nil, errors.Join(err, st.Close())
	}
	s.Service.Finder = announcing{s.Service.Finder, s}
	s.sim = sim.Simulator
	deliver := acquirer.NewDeliverer(&failing{sim, &s.down}, now, newID)
	deliver.Links = acquirer.Links{simulator.HelpHost}
	s.deliver = deliver
	return s, nil
}

// announcing is a Finder that knows of the trouble that a talk tells of.
type announcing struct {
	bot.Finder
	s *Stage
}

func (a announcing) Find(ctx context.Context, text string) (bot.Finding, error) {
	f, err := a.Finder.Find(ctx, text)
	f.Incident = a.s.incident
	return f, err
}

// Codes are the codes that were sent, the newest first.
func (s *Stage) Codes() []simulator.Sent { return s.sim.Sent() }

// Asked says how often the acquirer was asked for something.
func (s *Stage) Asked(op contract.Operation) int { return s.sim.Asked(op) }

// Close ends the talk.
func (s *Stage) Close() error { return s.Store.Close() }

// take gives an event to the service, and notes where it moved the dialogue.
func (s *Stage) take(ctx context.Context, a bot.Address, ev bot.Event) (bot.Turn, error) {
	t, err := s.Service.Handle(ctx, a, ev)
	s.Moves = append(s.Moves, t.Moves...)
	return t, err
}

// Status implements bot.Desk: nobody waits, and somebody is there from the first claim on.
func (s *Stage) Status(context.Context, string) (bot.DeskStatus, error) {
	out := bot.DeskStatus{Open: s.openDesk, ETA: 180}
	if s.stands != nil {
		out = *s.stands
	}
	if s.first > 0 {
		red := s.clock.Add(s.first).UnixMilli()
		out.Targets = []bot.Targets{{First: bot.Due{Amber: red - s.first.Milliseconds()/2, Red: red}}}
	}
	return out, nil
}

// failing is an acquirer that can be switched off.
type failing struct {
	bot.Acquirer
	down *bool
}

func (f *failing) StartBinding(ctx context.Context, x contract.BindingStart) (contract.Answer[contract.BindingStarted], error) {
	if *f.down {
		return contract.Answer[contract.BindingStarted]{}, contract.Fail(contract.CodeTimeout, "")
	}
	return f.Acquirer.(acquirer.Binder).StartBinding(ctx, x)
}

func (f *failing) ConfirmBinding(ctx context.Context, x contract.BindingCode) (contract.Answer[contract.BindingResult], error) {
	if *f.down {
		return contract.Answer[contract.BindingResult]{}, contract.Fail(contract.CodeTimeout, "")
	}
	return f.Acquirer.(acquirer.Binder).ConfirmBinding(ctx, x)
}

func (f *failing) Record(ctx context.Context, m string) (bot.Record, error) {
	if *f.down {
		return bot.Record{}, &bot.AcquirerError{Code: bot.CodeUnavailable, Retryable: true}
	}
	return f.Acquirer.Record(ctx, m)
}

func (f *failing) Look(ctx context.Context, m string, l bot.Look) (bot.Record, error) {
	if *f.down {
		return bot.Record{}, &bot.AcquirerError{Code: bot.CodeUnavailable, Retryable: true}
	}
	return f.Acquirer.(bot.Looker).Look(ctx, m, l)
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
	if s.quick {
		s.clock = s.clock.Add(300 * time.Millisecond)
	} else {
		s.clock = s.clock.Add(time.Second)
	}
	s.quick = false
	if _, err := s.take(ctx, s.Address, ev); err != nil {
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
			if it.Tell != nil {
				if _, err := (bot.Speakers{Service: s.Service}).Deliver(ctx, it); err != nil {
					return err
				}
				if err := s.Store.Done(ctx, it.ID); err != nil {
					return err
				}
				continue
			}
			if it.Fetch != nil {
				if _, err := s.take(ctx, it.Address, heard(it)); err != nil {
					return err
				}
				continue
			}
			if it.Target == s.Address.Channel { // the talk shows every line as it is said
				if err := s.Store.Done(ctx, it.ID); err != nil {
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
			if _, err := s.take(ctx, it.Address, ev); err != nil {
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

// Lull lets the time of a fragment pass and says how long that was.
func (s *Stage) Lull(ctx context.Context) (time.Duration, error) {
	c, err := s.Store.Conversation(ctx, s.Address)
	if err != nil || c.Held == nil {
		return 0, nil // nobody has said anything, or nothing is held
	}
	wait := time.UnixMilli(c.Held.Until).Sub(s.clock)
	return wait, s.Pass(ctx, wait)
}

// Pass lets time go by, second by second where a timer or a call comes up.
func (s *Stage) Pass(ctx context.Context, d time.Duration) error {
	end := s.clock.Add(d)
	sched := bot.Scheduler{Timers: s.Store, Bus: &live.Bus{}, Handle: s.take, Now: func() time.Time { return s.clock },
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

// Play runs a talk and returns it with what came of it. It fails where a line is not understood; what the bot refuses is part of the
// talk.
func (s *Stage) Play(ctx context.Context, talk string) (string, error) {
	var out strings.Builder
	lines := strings.Split(strings.TrimRight(talk, "\n"), "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, "#") || line == "" && strings.HasSuffix(out.String(), "\n") && !strings.HasSuffix(out.String(), "\n\n") && strings.Count(out.String(), "\n") < 3 {
			out.WriteString(line + "\n")
			continue
		}
		do, ok, err := s.parse(line)
		if err != nil {
			return "", fmt.Errorf("line %d: %w", i+1, err)
		}
		if !ok {
			continue // what came of the line before, written anew
		}
		out.WriteString(line + "\n")
		if err := do(ctx); err != nil {
			fmt.Fprintf(&out, "    〔不成：%v〕\n", err)
		}
		if !hurries(lines[i+1:]) {
			wait, err := s.Lull(ctx)
			if err != nil {
				return "", fmt.Errorf("line %d: %w", i+1, err)
			}
			if wait > 0 {
				fmt.Fprintf(&out, "    〔等了 %g 秒〕\n", wait.Seconds())
			}
		}
		if err := s.write(ctx, &out); err != nil {
			return "", fmt.Errorf("line %d: %w", i+1, err)
		}
	}
	return out.String(), nil
}

// hurries says that the next thing that happens is a line that follows at once.
func hurries(rest []string) bool {
	for _, line := range rest {
		if line != "" && !strings.HasPrefix(line, " ") && !strings.HasPrefix(line, "#") {
			return strings.HasPrefix(line, "紧接着：")
		}
	}
	return false
}

// Difference tells the first line in which two plays of a talk differ.
func Difference(want, got string) string {
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range min(len(w), len(g)) {
		if w[i] != g[i] {
			return fmt.Sprintf("line %d\nwant: %s\ngot:  %s", i+1, w[i], g[i])
		}
	}
	return fmt.Sprintf("want %d lines, got %d", len(w), len(g))
}

var (
	agentAct  = regexp.MustCompile(`^(外面的)?客服 (\S+) (接入|交还|排队|结束|谢绝|恢复|接管|掉线)$`)
	agentPass = regexp.MustCompile(`^客服 (\S+) 转给 (\S+)$`)
	agentHold = regexp.MustCompile(`^客服 (\S+) 挂起 (\d+) (秒|分钟|小时)$`)
	offered   = regexp.MustCompile(`^派给 (\S+)$`)
	allBusy   = regexp.MustCompile(`^客服 都忙，前面 (\d+) 位$`)
	offDuty   = regexp.MustCompile(`^客服 下班，(.+)回来$`)
	firstIn   = regexp.MustCompile(`^首次响应 (\d+) (秒|分钟|小时)$`)
	agentSay  = regexp.MustCompile(`^客服 (\S+)：(.+)$`)
	notices   = regexp.MustCompile(`^收单机构 通知 ([^：]+)(?:：(.+))?$`)
	passes    = regexp.MustCompile(`^过 (\d+) (秒|分钟|小时)$`)
	acts      = map[string]string{"接入": bot.EventClaim, "交还": bot.EventRelease, "排队": bot.EventTransfer, "结束": bot.EventClose, "谢绝": bot.EventPass,
		"恢复": bot.EventResume, "接管": bot.EventTake, "掉线": bot.EventLost}
	units = map[string]time.Duration{"秒": time.Second, "分钟": time.Minute, "小时": time.Hour}
	media = map[string]string{"发图片": "image", "发语音": "voice", "发视频": "video", "发位置": "location", "发链接": "link", "发文件": "file", "发别的": "hologram"}
)

// parse reads one line of a talk; ok is false for what is no line of input.
func (s *Stage) parse(line string) (do func(context.Context) error, ok bool, err error) {
	event := func(ev bot.Event) (func(context.Context) error, bool, error) {
		if s.wechat {
			ev.Trigger = bot.TriggerMessage
			if ev.Kind == bot.EventChose || ev.Kind == bot.EventFollowed {
				ev.Trigger = bot.TriggerTap
			}
		}
		s.last, s.hadLast = ev, true
		return func(ctx context.Context) error { return s.Handle(ctx, ev) }, true, nil
	}
	key := func() string { return fmt.Sprintf("talk-%d", s.ids.Add(1)) }
	if text, found := strings.CutPrefix(line, "商户："); found {
		text = strings.ReplaceAll(text, `\n`, "\n")
		if before, after, coded := strings.Cut(text, "{验证码}"); coded { // the one that was sent last
			if sent := s.sim.Sent(); len(sent) > 0 {
				text = before + sent[0].Code + after
			}
		}
		return event(bot.Event{Kind: bot.EventSaid, Key: key(), Text: text})
	}
	if text, found := strings.CutPrefix(line, "紧接着："); found {
		do, ok, err := event(bot.Event{Kind: bot.EventSaid, Key: key(), Text: text})
		return func(ctx context.Context) error { s.quick = true; return do(ctx) }, ok, err
	}
	if text, found := strings.CutPrefix(line, "点："); found {
		id, err := s.choice(text)
		if err != nil {
			return nil, true, err
		}
		return event(bot.Event{Kind: bot.EventChose, Key: key(), Choice: id})
	}
	if text, found := strings.CutPrefix(line, "公告："); found {
		return func(context.Context) error {
			s.incident = &knowledge.Incident{ID: "notice", Text: text, Causes: []string{"outage"}, From: s.clock.Format("2006-01-02 15:04")}
			return nil
		}, true, nil
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
			s.openDesk, s.stands = true, nil
			return s.agent(ctx, bot.Event{Kind: acts[m[3]], Agent: &bot.AgentID{ID: m[2], Name: m[2]}, Outside: m[1] != ""})
		}, true, nil
	}
	if m := agentSay.FindStringSubmatch(line); m != nil {
		return func(ctx context.Context) error {
			return s.agent(ctx, bot.Event{Kind: bot.EventReply, Agent: &bot.AgentID{ID: m[1], Name: m[1]}, Text: m[2]})
		}, true, nil
	}
	if do := s.desk(line); do != nil {
		return do, true, nil
	}
	if m := passes.FindStringSubmatch(line); m != nil {
		n, _ := strconv.Atoi(m[1])
		return func(ctx context.Context) error { return s.Pass(ctx, time.Duration(n)*units[m[2]]) }, true, nil
	}
	if m := notices.FindStringSubmatch(line); m != nil {
		id := fmt.Sprintf("notice-%d", s.ids.Add(1))
		return func(ctx context.Context) error { return s.notice(ctx, id, m[1], m[2]) }, true, nil
	}
	if n, found := strings.CutPrefix(line, "另一台设备 验证 "); found {
		b := bot.Binding{Merchant: "demo-" + n, Name: simulator.Demo()[n[0]-'1'].Shop, Proof: "acquirer", At: s.clock.UnixMilli()}
		other := bot.Address{Channel: s.Address.Channel, Account: s.Address.Account, User: "another"}
		ev := bot.Event{Kind: bot.EventBound, Key: key(), Binding: &b}
		return func(ctx context.Context) error {
			if _, err := s.Service.Handle(ctx, other, ev); err != nil {
				return err
			}
			return s.settle(ctx)
		}, true, nil
	}
	switch line {
	case "收单机构 可以验证", "收单机构 不能验证":
		return func(context.Context) error {
			s.Service.Binds = func() bool { return line == "收单机构 可以验证" }
			return nil
		}, true, nil
	case "收单机构 不可用", "收单机构 恢复":
		return func(context.Context) error { s.down = line == "收单机构 不可用"; return nil }, true, nil
	case "收单机构 慢":
		return func(context.Context) error { s.slow = true; return nil }, true, nil
	case "收单机构 答复":
		return func(ctx context.Context) error { s.slow = false; return s.settle(ctx) }, true, nil
	case "在微信":
		return func(context.Context) error { s.wechat, s.Address.Channel = true, "wechat"; return nil }, true, nil
	case "评价 打开", "评价 也问机器人":
		return func(context.Context) error {
			set := bot.DefaultCSAT()
			set.Bot = line == "评价 也问机器人"
			s.Service.CSAT = func(context.Context) (bot.CSAT, error) { return set, nil }
			s.Service.Pushes = map[string]time.Duration{s.Address.Channel: 0}
			return nil
		}, true, nil
	case "客服 在线":
		return func(context.Context) error { s.openDesk, s.stands = true, nil; return nil }, true, nil
	case "重复":
		if !s.hadLast {
			return nil, true, fmt.Errorf("there is nothing to repeat")
		}
		ev := s.last
		return func(ctx context.Context) error { return s.Handle(ctx, ev) }, true, nil
	}
	for _, word := range []string{"商户", "紧接着", "点", "派给", "首次响应", "客服", "外面的", "过 ", "发", "说", "收单机构", "另一台", "公告", "评价 "} {
		if strings.HasPrefix(line, word) {
			return nil, true, fmt.Errorf("%q is not understood; see package talks", line)
		}
	}
	return nil, false, nil
}

// notice reports something about the merchant for whom the address speaks.
func (s *Stage) notice(ctx context.Context, id, what, words string) error {
	c, err := s.Store.Conversation(ctx, s.Address)
	if err != nil || c.Binding == nil {
		return errors.Join(err, errors.New("nobody is bound"))
	}
	n := bot.News{Merchant: c.Binding.Merchant, What: bot.NewsLimited, Reason: what, Text: words, Since: s.clock.UnixMilli(), Person: what == "OTHER"}
	switch what {
	case "变化":
		n.What = bot.NewsChanged
	case "申诉":
		n.What = bot.NewsAppeal
	}
	_, err = s.Service.Tell(ctx, n, id, "")
	return errors.Join(err, s.settle(ctx))
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
func (s *Stage) write(ctx context.Context, out *strings.Builder) error {
	lines, err := s.New(ctx)
	if errors.Is(err, bot.ErrNotFound) {
		return nil // nothing has been said yet
	}
	if err != nil {
		return err
	}
	who := map[string]string{bot.FromBot: "医生", bot.FromSystem: "系统", bot.FromAgent: "客服"}
	for _, m := range lines {
		fmt.Fprintf(out, "    %s：%s\n", who[m.From], strings.ReplaceAll(m.Text, "\n", "\n        "))
		for i, c := range m.Choices {
			fmt.Fprintf(out, "        %d. %s\n", i+1, c.Text)
		}
	}
	c, err := s.Store.Conversation(ctx, s.Address)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "    〔%s · %s〕\n", c.Dialogue.At, c.Holder.Kind)
	return nil
}
