package bot_test

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"posdoctor/bot"
	"posdoctor/bot/acquirer/contract"
	"posdoctor/bot/bottest"
	"posdoctor/bot/talks"
)

const (
	asks   = "商户：限额能不能提高\n点：验证商户"
	own    = "商户：822100058120002"
	others = "商户：822100058120003"
)

// TestProofAbuse: whatever is tried, an address speaks for a merchant only by the right code, in time, once, and of its own; and no code
// stands anywhere when it is over. A step that begins with @ goes on at another address; {1} is the first code that was sent, {-1} the last, {x} one that
// is wrong.
func TestProofAbuse(t *testing.T) {
	wrong := func(n int) string { return strings.TrimSuffix(strings.Repeat("商户：{x}\n", n), "\n") }
	for _, c := range []struct {
		name  string
		steps []string
		bound string // the merchant for whom the last address speaks
		says  string // what the last line of the bot has
		codes int    // how many were held against the acquirer's
	}{
		{"the right code", []string{asks, own, "商户：{-1}"}, "demo-2", "", 1},
		{"a number alone", []string{asks, own}, "", "如果这个商户号有登记手机", 0},
		{"a number unasked", []string{own}, "", "", 0},
		{"a code without a start", []string{asks, "商户：123456"}, "", "", 0},
		{"a wrong code", []string{asks, own, "商户：{x}"}, "", "没有验证成功", 1},
		{"right after four wrong ones", []string{asks, own, wrong(4), "商户：{-1}"}, "demo-2", "", 5},
		{"right after five wrong ones", []string{asks, own, wrong(5), "商户：{-1}"}, "", "工单请求", 5},
		{"the sixth try by another start", []string{asks, own, wrong(5), "商户：重新开始", asks}, "", "", 5},
		{"five numbers, one after the other", []string{asks, own, others, own, others, own, others}, "", "今天的验证次数用完了", 0},
		{"a number of nobody", []string{asks, "商户：822199999999999"}, "", "如果这个商户号有登记手机", 0},
		{"a code for a number of nobody", []string{asks, "商户：822199999999999", "商户：123456"}, "", "没有验证成功", 1},
		{"the code twice", []string{asks, own, "商户：{-1}", "商户：解除绑定", "商户：{-1}"}, "", "", 1},
		{"a used code at a new start", []string{asks, own, "商户：{-1}", "商户：解除绑定", asks, own, "商户：{1}"}, "", "没有验证成功", 2},
		{"a code of before", []string{asks, own, own, "商户：{1}"}, "", "没有验证成功", 1},
		{"the code of the second start", []string{asks, own, own, "商户：{-1}"}, "demo-2", "", 1},
		{"another number in place of the first", []string{asks, own, others, "商户：{-1}"}, "demo-3", "", 1},
		{"the code of another number", []string{asks, own, others, "商户：{1}"}, "", "没有验证成功", 1},
		{"an expired code", []string{asks, own, "过 6 分钟", "商户：{-1}"}, "", "已经作废", 0},
		{"a code after four minutes", []string{asks, own, "过 4 分钟", "商户：{-1}"}, "demo-2", "", 1},
		{"a code of another address", []string{asks, own, "@b", asks, own, "商户：{1}"}, "", "没有验证成功", 1},
		{"the same number at two addresses", []string{asks, own, "@b", asks, own, "商户：{-1}", "@a", "商户：{1}"}, "demo-2", "", 2},
		{"a start elsewhere does not spoil mine", []string{asks, own, "@b", asks, own, "@a", "商户：{1}"}, "demo-2", "", 1},
		{"five wrong codes of a number from two addresses", []string{asks, own, wrong(3), "@b", asks, own, wrong(2), "商户：{-1}"}, "", "验证", 5},
		{"guessing from a third address", []string{asks, own, wrong(5), "@b", asks, own}, "", "今天的验证次数用完了", 5},
		{"another number after five of one", []string{asks, own, wrong(5), "@b", asks, others, "商户：{-1}"}, "demo-3", "", 6},
		{"the next day", []string{asks, own, wrong(5), "过 23 小时", "商户：重新开始", asks, own, "商户：{-1}"}, "demo-2", "", 6},
		{"five starts by address, another number", []string{asks, own, own, own, own, own, others}, "", "今天的验证次数用完了", 0},
		{"number with spaces", []string{asks, "商户：8221 0005 8120 002", "商户：{-1}"}, "demo-2", "", 1},
		{"number with dashes", []string{asks, "商户：8221-0005-8120-002", "商户：{-1}"}, "demo-2", "", 1},
		{"number in full width", []string{asks, "商户：８２２１０００５８１２０００２", "商户：{-1}"}, "demo-2", "", 1},
		{"number in Chinese", []string{asks, "商户：八二二一零零零五八一二零零零二", "商户：{-1}"}, "demo-2", "", 1},
		{"number spoken", []string{asks, "商户：八二二幺洞洞洞五八幺二洞洞洞二", "商户：{-1}"}, "demo-2", "", 1},
		{"number in circles", []string{asks, "商户：⑧②②①⓪⓪⓪⑤⑧①②⓪⓪⓪②", "商户：{-1}"}, "demo-2", "", 1},
		{"number in a sentence", []string{asks, "商户：我的商户号是822100058120002，终端号20264102", "商户：{-1}"}, "demo-2", "", 1},
		{"two numbers", []string{asks, "商户：822100058120002 或者 822100058120003"}, "", "商户号", 0},
		{"a digit short", []string{asks, "商户：82210005812000"}, "", "15 位", 0},
		{"a digit more", []string{asks, "商户：8221000581200021"}, "", "15 位", 0},
		{"a terminal's number", []string{asks, "商户：20264102"}, "", "15 位", 0},
		{"code in a sentence", []string{asks, own, "商户：收到了，验证码是{-1}，对吗"}, "demo-2", "", 1},
		{"code with a space", []string{asks, own, "商户：{-1 }"}, "demo-2", "", 1},
		{"code in full width", []string{asks, own, "商户：{-1w}"}, "demo-2", "", 1},
		{"two codes in one line", []string{asks, own, "商户：{x} 还是，{-1}"}, "", "", 0},
		{"code while waiting for a person", []string{asks, own, "点：转人工", "商户：{-1}"}, "", "现在用不上", 0},
		{"code while an agent speaks", []string{asks, own, "客服 李敏 接入", "商户：{-1}"}, "", "已接入", 0},
		{"code after the agent", []string{asks, own, "客服 李敏 接入", "客服 李敏 交还", "商户：{-1}"}, "", "", 0},
		{"code after 取消", []string{asks, own, "商户：取消", "商户：{-1}"}, "", "", 0},
		{"unbound in the middle", []string{asks, own, "收单机构 慢", "商户：{-1}", "商户：解除绑定", "收单机构 答复"}, "", "", 1},
		{"claimed in the middle", []string{asks, own, "收单机构 慢", "商户：{-1}", "客服 李敏 接入", "收单机构 答复"}, "demo-2", "已接入", 1},
		{"another start in the middle", []string{asks, "收单机构 慢", own, others, "收单机构 答复", "商户：{1}"}, "", "", 1},
		{"code twice while it is checked", []string{asks, own, "收单机构 慢", "商户：{-1}", "商户：{-1}", "收单机构 答复"}, "demo-2", "", 1},
		{"the same message again", []string{asks, own, "商户：{-1}", "重复"}, "demo-2", "", 1},
		{"a wrong one again", []string{asks, own, "商户：{x}", "重复", "重复", "商户：{-1}"}, "demo-2", "", 2},
		{"no answer to the code", []string{asks, own, "收单机构 不可用", "商户：{-1}", "收单机构 恢复"}, "", "不会自己重试", 0},
		{"bound to one, then to another", []string{"商户：演示商户 5", "商户：解除绑定", asks, own, "商户：{-1}"}, "demo-2", "", 1},
		{"a bound one is not asked again", []string{"商户：演示商户 5", "商户：限额能不能提高"}, "demo-5", "工单", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			s, err := talks.NewStage(t.Context(), bottest.Shipped(t), dir)
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			s.Service.Binds = func() bool { return true }
			s.Address.User = "a"
			for _, step := range c.steps {
				if user, ok := strings.CutPrefix(step, "@"); ok {
					s.Address.User = user
					continue
				}
				out, err := s.Play(t.Context(), filled(s, step))
				if err != nil || strings.Contains(out, "〔不成") {
					t.Fatalf("%s: %v\n%s", step, err, out)
				}
			}
			conv, err := s.Store.Conversation(t.Context(), s.Address)
			if err != nil {
				t.Fatal(err)
			}
			bound := ""
			if conv.Binding != nil {
				bound = conv.Binding.Merchant
			}
			if bound != c.bound {
				t.Errorf("it speaks for %q, want %q", bound, c.bound)
			}
			if p := conv.Proving; bound != "" && p != nil && (p.Number != "" || p.Request != "" || p.Call != "") {
				t.Errorf("it is bound and keeps %+v", p)
			}
			last := ""
			lines, err := s.Store.Messages(t.Context(), conv.ID, 0, 1000)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range lines {
				if m.From != bot.FromUser {
					last = m.Text
				}
			}
			if !strings.Contains(last, c.says) {
				t.Errorf("the last line is %q, want %q in it", last, c.says)
			}
			if n := s.Asked(contract.OpConfirmBinding); n != c.codes {
				t.Errorf("%d codes were held against the acquirer's, want %d", n, c.codes)
			}
			nowhere(t, s, filepath.Join(dir, "talk.db"))
		})
	}
}

// filled puts codes into a step.
func filled(s *talks.Stage, step string) string {
	sent := s.Codes()
	if len(sent) == 0 {
		return strings.ReplaceAll(step, "{x}", "100001")
	}
	last, first := sent[0].Code, sent[len(sent)-1].Code
	bad := fmt.Sprintf("%06d", (number(first)+number(last)+7)%1_000_000)
	for _, x := range sent {
		if x.Code == bad {
			bad = fmt.Sprintf("%06d", (number(bad)+1)%1_000_000)
		}
	}
	wide := strings.Map(func(r rune) rune { return r - '0' + '０' }, last)
	return strings.NewReplacer("{-1}", last, "{1}", first, "{x}", bad, "{-1 }", last[:3]+" "+last[3:], "{-1w}", wide).Replace(step)
}

func number(code string) (n int) {
	fmt.Sscanf(code, "%d", &n)
	return n
}

// nowhere looks for the codes in all that is stored.
func nowhere(t *testing.T, s *talks.Stage, path string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var stored strings.Builder
	for _, q := range []string{"SELECT data || lines FROM turns", "SELECT data FROM conversations", "SELECT data FROM outbox", "SELECT name || value FROM notes"} {
		rows, err := db.QueryContext(t.Context(), q)
		if err != nil {
			t.Fatal(q, err)
		}
		for rows.Next() {
			var text string
			if err := rows.Scan(&text); err != nil {
				t.Fatal(err)
			}
			stored.WriteString(text + "\n")
		}
		rows.Close()
	}
	if stored.Len() == 0 {
		t.Fatal("nothing is stored")
	}
	for _, x := range s.Codes() {
		wide := strings.Map(func(r rune) rune { return r - '0' + '０' }, x.Code)
		for _, form := range []string{`"` + x.Code, "：" + x.Code, "是" + x.Code, x.Code + `"`, wide, x.Code[:3] + " " + x.Code[3:]} {
			if strings.Contains(stored.String(), form) {
				t.Errorf("a code stands in what is stored")
			}
		}
	}
}

// A binding by a code ends after 90 days; one by the host page does not.
func TestBindingExpires(t *testing.T) {
	w := newWorld(t)
	at := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		proof string
		days  int
		bound bool
	}{{"acquirer", 89, true}, {"acquirer", 90, false}, {"page", 900, true}} {
		conv := bot.Conversation{ID: "c", Opened: at.UnixMilli(), Holder: bot.Holder{Kind: bot.HolderBot}, Binding: &bot.Binding{Merchant: "demo-2", Proof: c.proof, At: at.UnixMilli()}}
		conv.Dialogue.At = w.book.Flow.Start
		turn, err := w.engine.Turn(conv, bot.Event{ID: "e", Key: "e", Kind: bot.EventSaid, Text: "你好", At: at.AddDate(0, 0, c.days).UnixMilli(), Playbook: w.book.Version, Whole: true})
		if err != nil || (turn.Next.Binding != nil) != c.bound {
			t.Errorf("%s after %d days: %v %v", c.proof, c.days, turn.Next.Binding, err)
		}
	}
}
