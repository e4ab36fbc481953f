package bot_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"posdoctor/bot"
	"posdoctor/flows"
	"posdoctor/knowledge"
)

// world is what random conversations are made of.
type world struct {
	engine  *bot.Engine
	service *bot.Service // completes events as it does for a channel
	finder  bot.LibraryFinder
	book    *bot.Playbook
	texts   []string
	now     time.Time
	asks    map[string]string // by check
}

func newWorld(t testing.TB) *world {
	t.Helper()
	lib, err := knowledge.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	index, err := knowledge.NewIndex(lib)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { index.Close() })
	book, err := bot.NewPlaybook(lib)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{engine: bot.NewEngine(book), finder: bot.LibraryFinder{Index: index}, book: book}
	w.service = &bot.Service{Finder: w.finder, Engine: bot.NewEngine(book), Now: func() time.Time { return w.now }, NewID: func() string { return "x" },
		Binds: func() bool { return true }, Pushes: map[string]time.Duration{"web": 0},
		CSAT: func(context.Context) (bot.CSAT, error) { s := bot.DefaultCSAT(); s.Bot = true; return s, nil }}
	must(t, w.service.Publish(t.Context(), book))
	w.texts = []string{"转人工", "说错了", "上一步", "再说一遍", "重新开始", "查进度", "谢谢", "你好", "算了", "取消", "留言", "继续自助", "提交工单", "好了", "还是不行",
		"没解决", "不知道", "1", "②", "第三个", "提示Z9", "提示58 所有卡都这样", "垃圾", "紫色的大象", "？", "就这一台", "一万以下可以", "好久没用了",
		"打印机不出纸，另外上周的钱也没到账", "商户状态异常，还有打印机不出纸", "另外钱没到账", "对了，机器连不上网", "还有刷卡提示51", "钱没到账", "商户状态异常", "昨天下午", "三个月前", "提示98", "显示处理中", "扣了钱没出小票", "储蓄卡可以信用卡不行",
		"解除绑定", "验证商户", "822100058120002", "商户号 8221-0005-8120-003", "20264102", "123456", "验证码是 654321", "那个，", "机器…", "在吗", "嗯", "好像是", "点错了", "很满意", "5", "评价：师傅很耐心"}
	for i, a := range lib.Articles {
		w.texts = append(w.texts, a.Wordings[i%len(a.Wordings)])
	}
	w.asks = map[string]string{}
	for _, c := range lib.Checks {
		w.asks[c.ID] = c.Ask
		for _, a := range c.Answers {
			w.texts = append(w.texts, a.Text)
			if len(a.Said) > 0 {
				w.texts = append(w.texts, a.Said[0])
			}
		}
	}
	return w
}

var (
	agents  = []*bot.AgentID{{ID: "a1", Name: "李敏"}, {ID: "a2", Name: "王强"}}
	records = []*bot.Record{nil, {Merchant: "demo-2", Status: "ACTIVE", ObservedAt: 1}, {Merchant: "demo-2", Status: "DOCS_EXPIRED", ObservedAt: 1, Restrictions: []bot.Restriction{{Reason: "DOCS_EXPIRED"}}},
		{Merchant: "demo-1", Status: "ACTIVE", ObservedAt: 1, Restrictions: []bot.Restriction{{Reason: "RISK"}}},
		{Merchant: "demo-2", Status: "ACTIVE", ObservedAt: 1, Terminals: []bot.Terminal{{SN: "1234", Status: "BOUND_ELSEWHERE"}}}}
)

// event draws one event; c is where the conversation stands, so that taps and epochs are right most of the time.
func (w *world) event(t *rapid.T, c bot.Conversation, n int) bot.Event {
	ev := bot.Event{ID: fmt.Sprintf("e%d", n), At: int64(1_700_000_000_000 + n*240_000), Playbook: w.book.Version, Desk: &bot.DeskStatus{Open: n%2 == 0, ETA: 180}}
	ev.Key = ev.ID
	ev.Trigger = rapid.SampledFrom([]string{"", bot.TriggerMessage, bot.TriggerTap}).Draw(t, "trigger")
	ev.Kind = rapid.SampledFrom([]string{bot.EventSaid, bot.EventSaid, bot.EventSaid, bot.EventSaid, bot.EventChose, bot.EventChose, bot.EventMedia, bot.EventFollowed,
		bot.EventBound, bot.EventProof, bot.EventProof, bot.EventRecord, bot.EventTicket, bot.EventTimer, bot.EventClaim, bot.EventReply, bot.EventRelease, bot.EventTransfer, bot.EventClose, bot.EventLeft, bot.EventUnsure, bot.EventUnheard,
		bot.EventRated, bot.EventNews, bot.EventOffer, bot.EventPass, bot.EventTake, bot.EventHold, bot.EventResume, bot.EventLost}).Draw(t, "kind")
	if rapid.Bool().Draw(t, "targets") {
		ev.Desk.Targets = []bot.Targets{{First: bot.Due{Amber: ev.At + 100_000, Red: ev.At + 200_000}, End: bot.Due{Amber: ev.At + 400_000, Red: ev.At + 800_000}, Reply: bot.Due{Amber: 90_000, Red: 180_000}}}
		ev.Desk.Before, ev.Desk.Tells = []int{3, 2, 1, 0}, true
	}
	switch ev.Kind {
	case bot.EventSaid:
		ev.CID, ev.Text = ev.ID, rapid.SampledFrom(w.texts).Draw(t, "text")
		ev.Spoken = rapid.IntRange(0, 9).Draw(t, "spoken") == 0
		ev.More = rapid.IntRange(0, 9).Draw(t, "more") == 0
	case bot.EventChose:
		ids := []string{"human", "solved", "unsolved", "ticket", "request", "leave", "again", "cancel", "end", "verify", "later", "submit", "add", "notyet", "submit", "object:payer", "all-cards:no", "article:code-51", "nonsense", "x:y", "rate:5", "rate:1", "rate:no", "rate:x"}
		if p := c.Dialogue.Pending; p != nil {
			for _, ch := range p.Choices {
				ids = append(ids, ch.ID, ch.ID)
			}
		}
		ev.CID, ev.Choice = ev.ID, rapid.SampledFrom(ids).Draw(t, "choice")
	case bot.EventMedia:
		ev.Media = rapid.SampledFrom([]string{"image", "voice", "video", "location", "link", "hologram"}).Draw(t, "media")
		if rapid.Bool().Draw(t, "fetch") {
			ev.Fetch = &bot.Fetch{Target: "x-media", MediaID: "M", Kind: ev.Media, Words: ev.Media == bot.MediaVoice}
		} else if ev.Media == bot.MediaImage {
			ev.File = &bot.File{Kind: bot.MediaImage, MIME: "image/png"}
		}
	case bot.EventRated:
		if c.Rating == nil || ev.At-c.Rating.Asked > bot.RatedFor {
			ev.Kind = bot.EventLeft
			break
		}
		ev.CID, ev.Score, ev.Text = ev.ID, rapid.IntRange(1, 5).Draw(t, "score"), rapid.SampledFrom([]string{"", "师傅很耐心"}).Draw(t, "words")
	case bot.EventBound:
		ev.Binding = &bot.Binding{Merchant: rapid.SampledFrom([]string{"demo-1", "demo-2"}).Draw(t, "merchant"), Name: "川味小馆", Proof: rapid.SampledFrom([]string{"demo", "page", "acquirer"}).Draw(t, "proof"), At: ev.At}
		if ev.Binding.Proof != "demo" {
			ev.Binding.Number = rapid.SampledFrom([]string{"", "822100058120002"}).Draw(t, "number")
		}
		ev.Others = rapid.IntRange(0, 1).Draw(t, "others")
	case bot.EventNews:
		ev.News = &bot.News{Merchant: rapid.SampledFrom([]string{"demo-1", "demo-2"}).Draw(t, "merchant"), Text: "疑似异常交易", Person: rapid.IntRange(0, 3).Draw(t, "person") == 0,
			What:   rapid.SampledFrom([]string{bot.NewsLimited, bot.NewsChanged, bot.NewsAppeal, bot.NewsDevice}).Draw(t, "what"),
			Reason: rapid.SampledFrom([]string{"RISK", "JUDICIAL", "", "NEW"}).Draw(t, "reason")}
	case bot.EventProof:
		ev.Call = "older"
		if p := c.Proving; p != nil && p.Call != "" {
			ev.Call = rapid.SampledFrom([]string{p.Call, p.Call, "older"}).Draw(t, "call")
		}
		switch {
		case strings.HasSuffix(ev.Call, bot.OpConfirm) && rapid.Bool().Draw(t, "right"):
			ev.Binding = &bot.Binding{Merchant: rapid.SampledFrom([]string{"demo-1", "demo-2"}).Draw(t, "merchant"), Name: "川味小馆", Proof: "acquirer", At: ev.At}
		case strings.HasSuffix(ev.Call, bot.OpConfirm):
			ev.Error = rapid.SampledFrom([]string{bot.ProofRefused, bot.ProofRefused, bot.CodeTimeout, bot.CodeUnsupported}).Draw(t, "error")
		default:
			ev.Error = rapid.SampledFrom([]string{"", "", bot.CodeTimeout, bot.CodeUnsupported}).Draw(t, "error")
		}
	case bot.EventRecord, bot.EventTicket:
		ev.Call = rapid.SampledFrom([]string{c.Awaits, c.Awaits, "older"}).Draw(t, "call")
		if ev.Kind == bot.EventRecord {
			ev.Record = rapid.SampledFrom(records).Draw(t, "record")
		} else if n := len(c.Tickets); n > 0 {
			ev.Call = c.Tickets[n-1].Call
			if rapid.Bool().Draw(t, "accepted") {
				status := rapid.SampledFrom([]string{"OPEN", "OPEN", "IN_PROGRESS", "REJECTED", "DONE"}).Draw(t, "status")
				of := c.Tickets[rapid.IntRange(0, n-1).Draw(t, "ticket")]
				ev.Ticket = &bot.Ticket{Request: of.Request, No: "T" + of.Request, Status: status, At: rapid.Int64Range(0, 3).Draw(t, "moved"), Note: "资料已收到", Due: ev.At * rapid.Int64Range(0, 1).Draw(t, "promised")}
				if ev.Call = of.Call; rapid.Bool().Draw(t, "reported") {
					ev.Call = ""
				}
			}
		}
		if ev.Record == nil && ev.Ticket == nil {
			ev.Error = rapid.SampledFrom([]string{bot.CodeTimeout, bot.CodeInvalid}).Draw(t, "error")
		}
	case bot.EventTimer:
		ev.Timer = rapid.SampledFrom([]string{bot.TimerIdle, bot.TimerRecord, bot.TimerWaiting, bot.TimerTicket, bot.TimerPromise, bot.TimerPromise, bot.TimerRemind, bot.TimerRemind, bot.TimerBurst, bot.TimerBurst, bot.TimerOffer, bot.TimerPause, bot.TimerTarget}).Draw(t, "timer")
	case bot.EventOffer:
		ev.To, ev.Until = rapid.SampledFrom(agents).Draw(t, "to"), ev.At+rapid.SampledFrom([]int64{20_000, 500_000}).Draw(t, "until")
		ev.Epoch = c.Epoch + rapid.SampledFrom([]int64{0, 0, 0, -1, 1}).Draw(t, "epoch")
	case bot.EventClaim, bot.EventReply, bot.EventRelease, bot.EventTransfer, bot.EventClose, bot.EventPass, bot.EventTake, bot.EventHold, bot.EventResume, bot.EventLost:
		ev.Agent = rapid.SampledFrom(agents).Draw(t, "agent")
		ev.Epoch = c.Epoch + rapid.SampledFrom([]int64{0, 0, 0, -1, 1}).Draw(t, "epoch")
		ev.Text = "您好"
		if ev.Kind == bot.EventReply && rapid.IntRange(0, 3).Draw(t, "picture") == 0 {
			ev.Text, ev.File = "", &bot.File{Kind: bot.MediaImage, MIME: "image/png"}
		}
		ev.Until = ev.At + rapid.SampledFrom([]int64{30_000, 500_000}).Draw(t, "until")
		ev.Outside = (ev.Kind == bot.EventClaim || ev.Kind == bot.EventReply || ev.Kind == bot.EventClose) && rapid.IntRange(0, 3).Draw(t, "outside") == 0
		if ev.Kind == bot.EventTransfer {
			ev.To = rapid.SampledFrom([]*bot.AgentID{nil, agents[0], agents[1]}).Draw(t, "to")
		}
	}
	return w.complete(t, c, ev)
}

// complete puts into an event what Service would.
func (w *world) complete(t *rapid.T, c bot.Conversation, ev bot.Event) bot.Event {
	w.now = time.UnixMilli(ev.At)
	_, full, err := w.service.Try(context.Background(), c, ev)
	var held *bot.NotHolderError
	if err != nil && !errors.As(err, &held) {
		t.Fatalf("%s %q: %v", ev.Kind, ev.Text, err)
	}
	full.ID, full.Key, full.Desk, full.More, full.Whole = ev.ID, ev.Key, ev.Desk, ev.More, rapid.IntRange(0, 2).Draw(t, "whole") == 0
	return full
}

// TestInvariants plays random conversations and holds after every turn what must always hold.
func TestInvariants(t *testing.T) {
	w := newWorld(t)
	rapid.Check(t, func(t *rapid.T) {
		c := bot.Conversation{ID: "c", Address: bot.Address{Channel: "web", Account: "demo", User: "u"}}
		n := rapid.IntRange(1, 40).Draw(t, "events")
		for i := range n {
			ev := w.event(t, c, i+1)
			before, err := json.Marshal(c)
			if err != nil {
				t.Fatal(err)
			}
			turn, err := w.engine.Turn(c, ev)
			after, _ := json.Marshal(c)
			if string(before) != string(after) {
				t.Fatalf("Turn changed its argument:\n%s\n%s", before, after)
			}
			var held *bot.NotHolderError
			if errors.As(err, &held) {
				continue
			}
			if err != nil {
				t.Fatalf("%s: %v", ev.Kind, err)
			}
			var stored bot.Conversation
			var event bot.Event
			if err := errors.Join(json.Unmarshal(before, &stored), json.Unmarshal([]byte(asJSON(ev)), &event)); err != nil {
				t.Fatal(err)
			}
			again, err := w.engine.Turn(stored, event)
			if err != nil || asJSON(turn) != asJSON(again) {
				t.Fatalf("the same turn, read from what is stored, came out differently: %v", err)
			}
			if fault := w.violated(c, ev, turn); fault != "" {
				t.Fatalf("%s %q %q: %s", ev.Kind, ev.Text, ev.Choice, fault)
			}
			c = turn.Next
		}
	})
}

func asJSON(v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(data)
}

// changes are causes whose tickets change something at the acquirer.
var changes = map[string]bool{"documents": true, "dormant": true, "binding": true, "settlement-account": true, "limits": true, "permission": true}

// shown says that what would be reported, or the question what else belongs into it, is on the screen.
func shown(st flows.State) bool {
	return st.Pending != nil && (st.Pending.Kind == flows.PromptFile || st.Pending.Kind == flows.PromptAdd)
}

// listed holds what must always hold of the index of who speaks for whom, and of what is told by it.
func listed(c bot.Conversation, ev bot.Event, t bot.Turn) string {
	was, is := "", ""
	if c.Binding != nil {
		was = c.Binding.Merchant
	}
	if t.Next.Binding != nil {
		is = t.Next.Binding.Merchant
	}
	written, wrote := was, false
	for _, e := range t.Effects {
		if e.Bound != nil {
			if wrote {
				return "the index was written twice"
			}
			written, wrote = e.Bound.Merchant, true
		}
		if e.Tell != nil && (was == is || e.Tell.News.Merchant != is || e.Tell.News.Text != "") {
			return "others were told of a device that is not new"
		}
	}
	if written != is {
		return fmt.Sprintf("the index says %q, and the address speaks for %q", written, is)
	}
	if n := ev.News; n != nil && ev.Kind == bot.EventNews {
		for _, m := range t.Messages() {
			switch {
			case was != n.Merchant:
				return "news were told to who does not speak for its merchant: " + m.Text
			case n.Reason == "JUDICIAL" && n.What == bot.NewsLimited && strings.Contains(m.Text, "司法"):
				return "a line speaks of what only people may speak of"
			}
		}
	}
	return ""
}

// proven holds what must always hold of a proof.
func proven(c bot.Conversation, ev bot.Event, t bot.Turn) string {
	next := t.Next
	if next.Binding != nil && (c.Binding == nil || c.Binding.Merchant != next.Binding.Merchant) {
		if ev.Kind == bot.EventProof && (c.Proving == nil || ev.Call == "" || ev.Call != c.Proving.Call) || ev.Kind != bot.EventProof && ev.Kind != bot.EventBound || ev.Kind == bot.EventNews {
			return "a binding came of nothing"
		}
	}
	if strings.Contains(ev.Text, "解除绑定") && ev.Kind == bot.EventSaid && ev.Text == "解除绑定" && next.Binding != nil {
		return "解除绑定 left a binding"
	}
	if p := next.Proving; p != nil && (p.Starts > 5 || p.Codes > 5) {
		return "more was tried than may be on a day"
	}
	for _, e := range t.Effects {
		if e.Call != nil && e.Call.Op == bot.OpTicket {
			switch {
			case !shown(c.Dialogue):
				return "a ticket was sent that the merchant has not confirmed"
			case changes[next.Tickets[len(next.Tickets)-1].About] && next.Binding.Proof != "demo" && ev.At-next.Binding.At >= (30*time.Minute).Milliseconds():
				return "a ticket that changes something was sent on an old proof"
			}
		}
		if e.Call == nil || e.Call.Proof == nil {
			continue
		}
		switch {
		case e.Call.Proof.Code != "":
			return "the engine knows a code"
		case c.Holder.Kind != bot.HolderBot && c.Holder.Kind != "":
			return "a proof was asked for while the bot does not speak"
		case c.Binding != nil && next.Binding != nil && (next.Dialogue.For == "" || next.Binding.Proof == "demo"):
			return "who is bound is asked for a proof"
		}
	}
	return ""
}

// violated names the invariant that a turn breaks, or "".
func (w *world) violated(c bot.Conversation, ev bot.Event, t bot.Turn) string {
	next := t.Next
	seq := c.Last
	queued, answers := false, 0
	for _, m := range t.Messages() {
		if seq++; m.Seq != seq {
			return fmt.Sprintf("line %d follows %d", m.Seq, seq-1)
		}
		if m.From == bot.FromBot && c.Holder.Kind == bot.HolderAgent && next.Holder.Kind == bot.HolderAgent {
			return "the bot spoke while an agent holds the conversation: " + m.Text
		}
		if m.From != bot.FromUser && m.Text == "" {
			return "an empty line"
		}
		if m.From != bot.FromUser {
			answers++
		}
		queued = queued || m.Type == bot.TypeQueued
	}
	if ev.Record != nil && c.Binding != nil && ev.Record.Merchant != c.Binding.Merchant && asJSON(next.Dialogue.Facts) != asJSON(c.Dialogue.Facts) {
		return "the record of another merchant was taken in"
	}
	for _, r := range next.Tickets {
		for _, was := range c.Tickets {
			switch {
			case r.Request != was.Request:
			case r.Moved < was.Moved:
				return "an older report put a ticket back"
			case was.Late && !r.Late:
				return "a ticket that was late is not late any more"
			case r.Late && !was.Late && (ev.Timer != bot.TimerPromise || next.Holder.Kind == bot.HolderBot || next.Holder.Kind == bot.HolderClosed):
				return "a ticket is late, and nobody was called"
			case was.No != "" && r.No != was.No:
				return "a ticket changed its number"
			case was.Status == "DONE" && r.Status != "DONE" && r.Moved == was.Moved:
				return "a ticket that was done goes on without news"
			}
		}
	}
	live := map[string]int{}
	for _, r := range next.Tickets {
		about := r.Merchant + " " + r.About
		if r.Status == "UNKNOWN" || r.Status == "SENDING" {
			about = r.Merchant
		}
		if r.Status == "UNKNOWN" || r.Status == "SENDING" || r.Status == "OPEN" {
			if live[about]++; live[about] > 1 {
				return "two tickets about one thing are under way"
			}
		}
	}
	if fault := w.muddled(c, ev, t); fault != "" {
		return fault
	}
	if fault := served(c, ev, t); fault != "" {
		return fault
	}
	if fault := listed(c, ev, t); fault != "" {
		return fault
	}
	if fault := proven(c, ev, t); fault != "" {
		return fault
	}
	calls := 0
	known := func(e flows.Evidence) bool { return e.Check == "money-missing" && e.Answer != "unknown" }
	unsettled := next.Dialogue.Topic != nil && next.Dialogue.Topic.Open && !slices.ContainsFunc(next.Dialogue.Evidence, known)
	for _, m := range t.Messages() {
		if unsettled && m.Card != nil && m.Card.CauseID != "" {
			return "steps that begin with another payment, while nobody knows whether the first went through: " + m.Title
		}
		if m.Card != nil && m.Card.CauseID != "" && m.Card.Revision != ev.Playbook {
			return "a card that does not say from which playbook its cause is"
		}
		if m.Media != nil && (ev.Fetch == nil || m.From != bot.FromUser) && (ev.File == nil || m.Media.ID != ev.File.ID) {
			return "a line stands for a file that nobody fetches, and that did not come with it"
		}
		if m.Type == bot.TypeCSAT && (next.Holder.Kind != bot.HolderClosed || m.Seq != next.Last || next.Rating == nil || next.Rating.Seq != m.Seq) {
			return "it is asked how it was while it goes on"
		}
		if m.Type == bot.TypeRated && (m.RatedLine == nil || m.Score < 1 || m.Score > 5 || m.Score != next.Rating.Score || m.From != bot.FromUser) {
			return "a rating without a score"
		}
	}
	for _, e := range t.Effects {
		if e.Fetch != nil && (e.Fetch.ID == "" || ev.Fetch == nil) {
			return "something is fetched that nobody sent"
		}
		if r := e.Rate; r != nil && (r.ID == "" || r.Asked == 0 || r.Score > 0 != (r.At > 0) || next.Rating == nil || r.ID != next.Rating.ID) {
			return "a rating of nothing is kept: " + asJSON(r)
		}
		if e.Call != nil {
			calls++
			if next.Binding == nil && e.Call.Proof == nil {
				return "the acquirer is asked about nobody"
			}
		}
	}
	switch {
	case next.Last != seq:
		return "Last is not the newest line"
	case next.Version != c.Version+1:
		return "the version did not count up"
	case next.Epoch < c.Epoch || next.Holder.Kind != c.Holder.Kind && c.Version > 0 && next.Epoch == c.Epoch:
		return "the holder changed without an epoch"
	case len(asJSON(next)) > 16<<10:
		return fmt.Sprintf("the state has %d bytes", len(asJSON(next)))
	case (next.Holder.Kind == bot.HolderAgent) != (next.Holder.Agent != nil):
		return "an agent without a name, or a name without an agent"
	case next.Holder.Kind == bot.HolderAgent && next.Dialogue.At != "person":
		return "an agent speaks and the dialogue is " + next.Dialogue.At
	case next.Holder.Kind == bot.HolderClosed != (next.Dialogue.At == "closed"):
		return "holder " + next.Holder.Kind + " and dialogue " + next.Dialogue.At
	case next.Holder.Kind == bot.HolderQueue && next.Dialogue.At != "person" && next.Dialogue.At != "escalating":
		return "it waits for a person and the dialogue is " + next.Dialogue.At
	case next.Holder.Kind == bot.HolderBot && (next.Dialogue.At == "person" || next.Dialogue.At == "escalating"):
		return "the bot holds it and the dialogue is " + next.Dialogue.At
	case ev.Timer == bot.TimerRemind && answers > 0 && (c.Holder.Kind != bot.HolderBot || c.Reach != (bot.Reach{})):
		return "somebody is reminded who waits for a person, or whose channel counts messages"
	case calls > 1 && ev.Timer != bot.TimerTicket:
		return "two calls in one turn"
	case ev.Kind == bot.EventSaid && ev.Text == "转人工" && c.Holder.Kind == bot.HolderBot && (!queued || next.Holder.Kind != bot.HolderQueue):
		return "转人工 did not queue"
	case (ev.Kind == bot.EventSaid || ev.Kind == bot.EventChose && ev.Choice != "") && c.Holder.Kind == bot.HolderBot && answers == 0 && next.Held == nil:
		return "the merchant got no answer"
	}
	return ""
}

// served names what is wrong with how people and the conversation are brought together; "" for nothing.
func served(c bot.Conversation, ev bot.Event, t bot.Turn) string {
	next := t.Next
	people := func(h bot.Holder) bool { return h.Kind == bot.HolderQueue || h.Kind == bot.HolderAgent }
	stints, ends := 0, map[string]bool{}
	for _, e := range t.Effects {
		if e.Stint != nil {
			stints++
			if s := e.Stint; s.From > s.To || s.How == "" || s.Holder == bot.HolderAgent != (s.Agent != nil) {
				return fmt.Sprintf("a stint that cannot be: %+v", s)
			}
		}
		if e.Set != nil {
			ends[e.Set.Kind] = true
		}
	}
	k, was := next.Case, c.Case
	switch {
	case people(next.Holder) != (k != nil):
		return "people hold it and the desk knows no case, or the other way round"
	case next.Epoch == c.Epoch && stints > 0, next.Epoch > c.Epoch && people(c.Holder) && was != nil && stints == 0:
		return fmt.Sprintf("%d stints ended", stints)
	case k == nil:
		return ""
	case k.Priority < 0 || k.Priority > 3 || k.Since > ev.At || k.Skill == "":
		return fmt.Sprintf("a case that cannot be: %+v", k)
	case was != nil && k.Epoch == was.Epoch && (k.Since != was.Since || was.First > 0 && k.First != was.First):
		return "what a case began with has changed"
	case was != nil && k.Epoch == was.Epoch && k.Priority < was.Priority:
		return "it became less urgent"
	case k.Offer != nil && k.Offer.By == nil && next.Holder.Kind != bot.HolderQueue, k.Offer != nil && k.Offer.By != nil && next.Holder.Kind != bot.HolderAgent:
		return "an offer outlived its holder"
	case k.Offer != nil && (was == nil || was.Offer == nil) && !ends[bot.TimerOffer]:
		return "an offer without an end"
	case k.Paused > 0 && (next.Holder.Kind != bot.HolderAgent || (was == nil || was.Paused == 0) && !ends[bot.TimerPause]):
		return "a pause without an end"
	case ev.Kind == bot.EventReply && next.Holder.Kind == bot.HolderAgent && k.Asked != 0:
		return "the merchant got his answer and still waits"
	case len(k.Passed) > 8:
		return "those who passed are too many"
	}
	taken := next.Holder.Kind == bot.HolderAgent && c.Holder.Kind == bot.HolderAgent && next.Holder.Agent.ID != c.Holder.Agent.ID
	if taken && !ev.Outside && ev.Kind != bot.EventTake && !(ev.Kind == bot.EventClaim && was != nil && was.Offer.For(ev.Agent.ID, nil)) {
		return "an agent lost a conversation that he had not offered"
	}
	return ""
}

// muddled names what is wrong with how several troubles, or the lines of one message, are kept apart; "" for nothing.
func (w *world) muddled(c bot.Conversation, ev bot.Event, t bot.Turn) string {
	was, is := c.Dialogue, t.Next.Dialogue
	ids := map[string]bool{}
	if is.Topic != nil {
		ids[is.Topic.ID] = true
	}
	for _, f := range is.Frames {
		if f.Topic == nil || ids[f.Topic.ID] {
			return "a trouble is kept twice, or without a topic"
		}
		ids[f.Topic.ID] = true
	}
	if len(is.Frames) > 3 {
		return "too many troubles are laid aside"
	}
	questions, asked := 0, 0
	for _, m := range t.Messages() {
		if m.From != bot.FromUser && len(m.Choices) > 0 {
			questions++
		}
		if p := is.Pending; p != nil && p.Kind == flows.PromptCheck && m.From == bot.FromBot && strings.Contains(m.Text, w.asks[p.Ref]) {
			asked++
		}
	}
	inBetween := t.Decision == "answer" && t.Article != "" && was.Pending != nil && is.Pending != nil && was.Pending.Kind == flows.PromptCheck &&
		was.Pending.Ref == is.Pending.Ref && len(was.Frames) == len(is.Frames)
	switch {
	case questions > 1:
		return fmt.Sprintf("%d questions on the screen at once", questions)
	case asked > 1:
		return "a question was asked twice"
	case inBetween && asked != 1:
		return fmt.Sprintf("after a question in between the first was asked %d times", asked)
	case t.Next.Held != nil && (t.Next.Holder.Kind == bot.HolderAgent || t.Next.Held.Until <= t.Next.Held.Since || t.Next.Held.Text == ""):
		return "something is held that nobody answers"
	case t.Next.Held != nil && ev.Kind == bot.EventSaid && len(t.Messages()) != 1:
		return "a fragment was held and answered"
	}
	if laid := len(is.Frames) - len(was.Frames); laid == 1 && ev.Also == nil && ev.Finding != nil && ev.Finding.Top != nil && ev.Finding.Top.ID == t.Article {
		for _, e := range is.Evidence {
			said := func(o knowledge.Evidence) bool { return o.Check == e.Check }
			meant := func(o flows.Evidence) bool { return o.Check == e.Check } // by the topic itself: a machine that fails misses no money
			if !slices.ContainsFunc(ev.Finding.Evidence, said) && !slices.ContainsFunc(ev.Finding.Top.Evidence, said) && !slices.ContainsFunc(is.Topic.Evidence, meant) {
				return "evidence " + e.Check + " went from one trouble into another"
			}
		}
	}
	return ""
}

func BenchmarkTurn(b *testing.B) {
	w := newWorld(b)
	f, err := w.finder.Find(b.Context(), "POS机显示商户状态异常")
	if err != nil {
		b.Fatal(err)
	}
	ev := bot.Event{ID: "e", Kind: bot.EventSaid, Text: "POS机显示商户状态异常", Playbook: w.book.Version, Finding: &f, Desk: &bot.DeskStatus{}}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := w.engine.Turn(bot.Conversation{ID: "c"}, ev); err != nil {
			b.Fatal(err)
		}
	}
}
