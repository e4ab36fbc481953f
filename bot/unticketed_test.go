package bot_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"posdoctor/bot"
	"posdoctor/bot/live"
	"posdoctor/bot/store"
)

// TestUnticketed: an acquirer that takes no tickets has none promised, and who wants one is handed to people; what only people may speak
// about is not spoken about.
func TestUnticketed(t *testing.T) {
	w := newWorld(t)
	limited := bot.Record{Merchant: "1230000110", Provider: "微信支付", Status: "DORMANT", ObservedAt: 1_800_000_000_000,
		Restrictions: []bot.Restriction{{Case: "1", Reason: "NO_TRADE", Text: "暂停收款", Recover: "核实商户身份", Since: "2026-09-01"}}}
	judicial := limited
	judicial.Status, judicial.Person, judicial.Restrictions = "SUSPENDED", true, []bot.Restriction{{Case: "1", Reason: "JUDICIAL"}}
	for _, c := range []struct {
		name      string
		noTickets bool
		record    bot.Record
		taps      []string
		want      []string // what is said, in order
		never     string
		calls     string // the last call to the acquirer
		holder    string
	}{
		{"tickets", false, limited, []string{"ticket", "submit"}, []string{"开一张工单吗", "没错就点「确认提交」", "川味小馆", "正在向收单机构提交工单"}, "由客服跟进", bot.OpTicket, "bot"},
		{"no tickets", true, limited, []string{"request"}, []string{"长期没有交易", "可以留一个工单请求，由客服跟进", "工单请求已记下，由客服跟进"}, "提交工单|开一张工单|核实身份后", bot.OpRecord, "queue"},
		{"no tickets, an old tap", true, limited, []string{"ticket"}, []string{"工单请求已记下，由客服跟进"}, "正在向收单机构提交工单", bot.OpRecord, "queue"},
		{"for people", true, judicial, nil, []string{"要由人核对后说明"}, "司法|可以留一个", bot.OpRecord, "queue"},
	} {
		t.Run(c.name, func(t *testing.T) {
			ctx := t.Context()
			st, err := store.Open(ctx, filepath.Join(t.TempDir(), "p.db"))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { st.Close() })
			now := time.UnixMilli(1_800_000_000_000)
			s := &bot.Service{Store: st, Bus: &live.Bus{}, Finder: w.finder, Engine: bot.NewEngine(), NoTickets: c.noTickets,
				Now: func() time.Time { return now }, NewID: bot.NewID}
			if err := s.Publish(ctx, w.book); err != nil {
				t.Fatal(err)
			}
			var said []string
			last := bot.Call{}
			holder := ""
			handle := func(ev bot.Event) {
				t.Helper()
				turn, err := s.Handle(ctx, bot.Address{Channel: "web", Account: "demo", User: "u"}, ev)
				if err != nil {
					t.Fatal(err)
				}
				holder = turn.Next.Holder.Kind
				for _, e := range turn.Effects {
					if e.Call != nil {
						last = *e.Call
					}
					if e.Say != nil {
						said = append(said, e.Say.Text)
						for _, x := range e.Say.Choices {
							said = append(said, x.Text)
						}
					}
				}
			}
			handle(bot.Event{Kind: bot.EventBound, Key: "1", Binding: &bot.Binding{Merchant: limited.Merchant, Name: "川味小馆", Proof: "page", At: now.UnixMilli()}})
			handle(bot.Event{Kind: bot.EventSaid, Key: "2", Text: "POS机显示商户状态异常", Whole: true})
			handle(bot.Event{Kind: bot.EventRecord, Key: "3", Call: last.ID, Record: &c.record})
			for _, tap := range c.taps {
				handle(bot.Event{Kind: bot.EventChose, Key: "tap " + tap, Choice: tap})
			}
			all := strings.Join(said, "\n")
			rest := all
			for _, part := range c.want {
				_, after, ok := strings.Cut(rest, part)
				if !ok {
					t.Errorf("%q is not said, or not in its place:\n%s", part, all)
				}
				rest = after
			}
			for _, part := range strings.Split(c.never, "|") {
				if strings.Contains(all, part) {
					t.Errorf("%q is said:\n%s", part, all)
				}
			}
			if last.Op != c.calls || holder != c.holder {
				t.Errorf("the last call is %q, held by %s; want %q, %s", last.Op, holder, c.calls, c.holder)
			}
		})
	}
}
