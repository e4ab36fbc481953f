package main

import (
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"
)

// A merchant asks, taps, reads the diagnosis, asks for a person; an agent takes over, answers, gives back; the bot goes on; the end.
func TestMerchantAndAgent(t *testing.T) {
	s := startServer(t)
	m := openWidget(t, s, desktop)
	m.ask("POS机显示商户状态异常")
	m.toCard()
	m.see("处理办法")
	answered := eval[[]string](m, `all('.pd-from-user').map((el) => el.innerText).slice(1)`)
	if len(answered) == 0 {
		t.Fatal("the bot asked nothing before the card")
	}
	m.click(".pd-escalate", "转人工")
	m.find(".pd-queue", "没有人工客服在线")
	m.find(".pd-escalate", "已转人工")
	m.settled()
	m.newestInSight()

	a := agentAt(t, s, "agent", "admin", adminPassword, desktop)
	a.find(".row", "商户状态异常")
	a.click(".row", "商户状态异常")
	a.find(".helper .asked", answered[0])
	a.find(".helper blockquote", "POS机显示商户状态异常")
	a.click(".earlier button", "展开与智能助手的对话")
	a.find(".log .bubble", "POS机显示商户状态异常")
	a.click(".talk-head button", "接入")
	a.find("#composer", "")
	m.find(".pd-system-strong", "admin 已接入")
	m.find(".pd-holder", "人工客服 admin")

	// The agent's line in the chat: how long it takes.
	a.click("#composer", "")
	a.write("您好，我看到您的商户状态异常，马上帮您核实。")
	start := time.Now()
	a.press("Enter", kb.ModifierCtrl)
	m.see("马上帮您核实。")
	took := time.Since(start)
	t.Logf("an agent's line is read in the chat after %s", took)
	if took > 3*time.Second {
		t.Errorf("an agent's line took %s to the chat", took)
	}

	// The bot is silent as long as the agent holds.
	m.ask("我的执照上个月到期了")
	a.find(".log .bubble", "执照上个月到期")
	m.settled()
	for _, l := range after(m.visitor().history(), "joined") {
		if l.From == "bot" {
			t.Errorf("the bot spoke while an agent held the conversation: %q", l.Text)
		}
	}

	a.click(".talk-head button", "交还机器人")
	m.see("智能助手为您服务")
	m.find(".pd-holder", "智能助手")
	m.ask("刷卡提示51，顾客说卡里有钱")
	waitFor(t, "the bot's answer after the release", func() bool {
		rest := after(m.visitor().history(), "left")
		return len(rest) > 0 && rest[len(rest)-1].From == "bot"
	}, func() string { return "" })

	// Taken over again from the bot, and ended.
	a.click(".tab", "机器人")
	a.click(".row", "")
	a.click(".talk-head button", "接入")
	a.find("#composer", "")
	a.end("已解决")
	a.find(".held", "已结束")
	m.find(".pd-ended", "本次对话已结束")
	m.see("本次服务已结束")
}

// after returns the lines behind the last one of a type.
func after(all []line, typ string) []line {
	var rest []line
	for _, l := range all {
		rest = append(rest, l)
		if l.Type == typ {
			rest = rest[:0]
		}
	}
	return rest
}

// A merchant whom the server knows gets a ticket with a number.
func TestTicketNumber(t *testing.T) {
	s := startServer(t)
	m := openWidget(t, s, desktop)
	m.ask("演示商户 2")
	m.see("川味小馆")
	m.ask("商户状态异常")
	m.find(".pd-card", "证照")
	m.choose("提交工单")
	m.see("要报给收单机构的内容")
	m.choose("确认提交")
	m.find(".pd-ticket-no b", "LQ")
	no := eval[string](m, `find('.pd-ticket-no b', '')[0].innerText`)
	var got []string
	for _, l := range m.visitor().history() {
		if l.Type == "ticket" {
			got = append(got, l.No)
		}
	}
	if len(got) != 1 || got[0] != no {
		t.Errorf("the page shows ticket %s, the store has %v", no, got)
	}
}
