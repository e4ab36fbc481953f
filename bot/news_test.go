package bot_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"posdoctor/bot"
	"posdoctor/bot/acquirer/contract"
	"posdoctor/bot/bottest"
	"posdoctor/bot/live"
	"posdoctor/bot/store"
)

// TestTell: news reach each address that speaks for the merchant now, once, and nobody else.
func TestTell(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	st, err := store.Open(ctx, filepath.Join(t.TempDir(), "p.db"))
	must(t, err)
	t.Cleanup(func() { st.Close() })
	now := time.UnixMilli(1_800_000_000_000)
	s := &bot.Service{Store: st, Bus: &live.Bus{}, Finder: w.finder, Engine: bot.NewEngine(), Now: func() time.Time { return now }, NewID: bot.NewID}
	must(t, s.Publish(ctx, w.book))
	at := func(user string) bot.Address { return bot.Address{Channel: "web", Account: "demo", User: user} }
	handle := func(user string, ev bot.Event) bot.Turn {
		t.Helper()
		turn, err := s.Handle(ctx, at(user), ev)
		must(t, err)
		return turn
	}
	bind := func(user, merchant, proof string) bot.Turn {
		t.Helper()
		return handle(user, bot.Event{Kind: bot.EventBound, Binding: &bot.Binding{Merchant: merchant, Name: "川味小馆", Proof: proof, At: now.UnixMilli()}})
	}
	// told are the users who were told a text since the last call.
	seen := map[string]int64{}
	told := func(text string) string {
		t.Helper()
		var out []string
		for _, user := range []string{"page", "code", "demo", "other", "gone", "old", "ended", "new", "busy"} {
			c, err := st.Conversation(ctx, at(user))
			if err != nil {
				continue
			}
			lines, err := st.Messages(ctx, c.ID, seen[user], 1000)
			must(t, err)
			for _, m := range lines {
				seen[user] = m.Seq
				if strings.Contains(m.Text, "62170000100") {
					t.Error("a card number was told")
				}
				if text != "" && strings.Contains(m.Text, text) {
					out = append(out, user)
					if m.From != bot.FromSystem {
						t.Errorf("%s: %s says %s", user, m.From, m.Text)
					}
				}
			}
		}
		return strings.Join(out, " ")
	}
	bind("old", "m-1", "acquirer")
	now = now.Add(89 * 24 * time.Hour)
	bind("page", "m-1", "page")
	turn := bind("code", "m-1", "acquirer")
	if all := fmt.Sprint(turn.Messages()); !strings.Contains(all, "在别的设备上也验证过") {
		t.Errorf("the new device hears %s", all)
	}
	bind("demo", "m-1", "demo")
	bind("other", "m-2", "acquirer")
	bind("gone", "m-1", "acquirer")
	handle("gone", bot.Event{Kind: bot.EventSaid, Text: "解除绑定", Whole: true})
	bind("ended", "m-1", "page")
	handle("ended", bot.Event{Kind: bot.EventSaid, Text: "再见", Whole: true})
	bind("busy", "m-1", "page")
	handle("busy", bot.Event{Kind: bot.EventClaim, Agent: &bot.AgentID{ID: "a", Name: "李敏"}, Epoch: handle("busy", bot.Event{Kind: bot.EventSaid, Text: "转人工", Whole: true}).Next.Epoch})
	told("")

	now = now.Add(2 * 24 * time.Hour) // a code holds 90 days
	n := bot.News{Merchant: "m-1", What: bot.NewsLimited, Reason: "RISK", Text: "卡号 6217000010000000003，收款异常"}
	for range 2 {
		_, err := s.Tell(ctx, n, "EV-1", "")
		must(t, err)
	}
	if got := told("商户被风控限制"); got != "page code demo ended busy" {
		t.Errorf("told were %q", got)
	}
	if all, err := st.BoundTo(ctx, "m-1", 10); err != nil || len(all) != 5 {
		t.Errorf("in the end %+v speak for it, %v", all, err)
	}
	if _, err := s.Tell(ctx, bot.News{Merchant: "m-3", What: bot.NewsChanged}, "EV-2", ""); err != nil || told("限制情况有变化") != "" {
		t.Errorf("nobody speaks for it: %v", err)
	}

	// A device that proves itself anew is none that is new.
	if turn := bind("code", "m-1", "acquirer"); len(tells(turn)) != 0 {
		t.Errorf("%+v", tells(turn))
	}
	turn = bind("new", "m-1", "acquirer")
	if len(tells(turn)) != 1 {
		t.Fatalf("%+v", turn.Effects)
	}
	items, err := st.Lease(ctx, now, time.Minute, 10)
	if err != nil || len(items) != 3 || items[2].ID != tells(turn)[0].ID { // those of "code" and "gone" before it
		t.Fatalf("%+v, %v", items, err)
	}
	for range 2 { // as after a crash
		if ev, err := (bot.Speakers{Service: s}).Deliver(ctx, items[2]); err != nil || ev.Kind != "" {
			t.Errorf("%+v, %v", ev, err)
		}
	}
	if got := told("另一台设备刚验证了"); got != "page code ended busy" {
		t.Errorf("warned were %q", got)
	}
	if turn := bind("demo", "m-1", "demo"); len(tells(turn)) != 0 || turn.Next.Binding == nil {
		t.Errorf("%+v", tells(turn))
	}
}

func tells(t bot.Turn) (out []bot.Tell) {
	for _, e := range t.Effects {
		if e.Tell != nil {
			out = append(out, *e.Tell)
		}
	}
	return out
}

// TestElsewhereAtOnce: of two devices that confirm the same complaint at the same moment one opens the ticket.
func TestElsewhereAtOnce(t *testing.T) {
	lib := bottest.Shipped(t)
	for range 10 {
		s := bottest.NewStage(t, lib)
		at := s.Address
		confirm := bot.Event{Kind: bot.EventChose, Choice: "submit"}
		var turns [2]bot.Turn
		for _, user := range []string{"first", "second"} {
			s.Address.User = user
			_, err := s.Service.Handle(t.Context(), s.Address, bot.Event{Kind: bot.EventBound, Binding: &bot.Binding{Merchant: "demo-2", Name: "川味小馆", Proof: "acquirer",
				At: time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC).UnixMilli()}})
			must(t, err)
			for _, ev := range []bot.Event{{Kind: bot.EventSaid, Text: "商户状态异常"}, {Kind: bot.EventChose, Choice: "ticket"}} {
				must(t, s.Handle(t.Context(), ev))
			}
		}
		var both sync.WaitGroup
		for i, user := range []string{"first", "second"} {
			both.Go(func() {
				a := at
				a.User = user
				var err error
				if turns[i], err = s.Service.Handle(t.Context(), a, confirm); err != nil {
					t.Error(err)
				}
			})
		}
		both.Wait()
		asked, told := 0, ""
		for _, turn := range turns {
			for _, e := range turn.Effects {
				if e.Call != nil && e.Call.Op == bot.OpTicket {
					asked++
				}
			}
			for _, m := range turn.Messages() {
				told += m.Text
			}
		}
		if asked != 1 || !strings.Contains(told, "另一台设备正在为同一个问题提交工单") {
			t.Errorf("%d tickets are asked for; told: %s", asked, told)
		}
	}
}

// TestElsewhere: the same complaint of a merchant at another of his devices joins the open ticket, and 查进度 shows it there; who only knows
// the words of a demo merchant sees nothing of it.
func TestElsewhere(t *testing.T) {
	s := bottest.NewStage(t, bottest.Shipped(t))
	said := func(user, proof string, events ...bot.Event) string {
		t.Helper()
		s.Address.User = user
		turn, err := s.Service.Handle(t.Context(), s.Address, bot.Event{Kind: bot.EventBound, Binding: &bot.Binding{Merchant: "demo-2", Name: "川味小馆", Proof: proof, At: time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC).UnixMilli()}})
		must(t, err)
		for _, ev := range events {
			must(t, s.Handle(t.Context(), ev))
		}
		lines, err := s.Store.Messages(t.Context(), turn.Next.ID, 0, 1000)
		must(t, err)
		var all []string
		for _, m := range lines {
			all = append(all, m.Text)
		}
		return strings.Join(all, "\n")
	}
	trouble, file, send := bot.Event{Kind: bot.EventSaid, Text: "商户状态异常"}, bot.Event{Kind: bot.EventChose, Choice: "ticket"}, bot.Event{Kind: bot.EventChose, Choice: "submit"}
	progress := bot.Event{Kind: bot.EventSaid, Text: "查进度"}
	const no = "LQ20261123-0001"
	if got := said("first", "acquirer", trouble, file, send); !strings.Contains(got, "工单 "+no+" 已提交给收单机构") {
		t.Fatalf("the first: %s", got)
	}
	if got := said("second", "page", trouble, progress, file, send); !strings.Contains(got, "您已有一张处理中的工单 "+no) || !strings.Contains(got, "工单 "+no+"：已提交") || strings.Contains(got, "没错就点") {
		t.Errorf("the second: %s", got)
	}
	if got := said("demo", "demo", progress, trouble); strings.Contains(got, no) {
		t.Errorf("with the words of a demo merchant: %s", got)
	}
	if n := s.Asked(contract.OpOpenTicket); n != 1 {
		t.Errorf("%d tickets", n)
	}
}
