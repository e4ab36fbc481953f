package main

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// hit presses keys as a keyboard does, one after the other: what the page prevents on the way down is not typed.
func (b *tab) hit(keys string, mods ...kb.Modifier) {
	b.t.Helper()
	for _, r := range keys {
		if r < ' ' || r >= 0xe000 && r < 0xf900 || r >= 0x300 && r < 0x3ff { // named keys of package kb
			b.do(chromedp.KeyEvent(string(r), chromedp.KeyModifiers(mods...)))
			continue
		}
		p := input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeKeyDown, Key: string(r), WindowsVirtualKeyCode: int64(unicode.ToUpper(r))}
		if unicode.IsDigit(r) {
			p.Code = "Digit" + string(r)
		}
		for _, m := range mods {
			p.Modifiers |= int64(m)
		}
		if len(mods) == 0 {
			p.Text = string(r)
		}
		up := p
		up.Type, up.Text = input.DispatchKeyEventTypeKeyUp, ""
		b.do(call(input.DispatchKeyEvent, p), call(input.DispatchKeyEvent, up))
	}
}

// end closes the open conversation with a reason.
func (b *tab) end(reason string) {
	b.t.Helper()
	b.click(".talk-head button", "结束")
	b.click("dialog .option", reason)
	b.click("dialog button", "结束会话")
	b.until("no dialog", `document.querySelectorAll('dialog').length === 0`)
}

// waiting lets a merchant ask for a person, over HTTP.
func (s *server) waiting(lines ...string) *client {
	v := s.visitor("")
	for i, text := range append(lines, "转人工") {
		v.do(http.MethodPost, "/api/w/v1/send", map[string]string{"t": "msg", "cid": fmt.Sprint("w", i), "text": text}, http.StatusOK, nil)
	}
	return v
}

// canned sets up two ready replies.
func (s *server) canned() {
	s.t.Helper()
	admin := s.login("admin", adminPassword)
	for _, c := range []map[string]string{{"path": "问候", "title": "问候", "text": "您好，{{商户}}，我是{{客服}}。"}, {"path": "结算", "title": "请稍等", "text": "我正在查，请等两分钟。"}} {
		admin.do(http.MethodPost, "/api/a/v1/canned", c, http.StatusCreated, nil)
	}
}

// A day at the desk: taken, answered with the library's and canned words, noted for a colleague, handed to him, ended.
func TestConsoleDay(t *testing.T) {
	s := startServer(t)
	s.canned()
	s.agent("李敏", "a password of 李敏")
	m := openWidget(t, s, desktop)
	m.ask("演示商户 2")
	m.see("川味小馆")
	m.ask("POS机显示商户状态异常")
	m.find(".pd-chip", "提交工单")
	m.click(".pd-escalate", "转人工")
	m.find(".pd-queue", "")
	m.settled()
	conv := m.visitor().conv

	a := agentAt(t, s, "李敏", "李敏", "a password of 李敏", look{width: 1440, height: 900})
	a.click(".row", "川味小馆")
	a.find(".brief", "商户要求人工")
	a.find(".helper blockquote", "POS机显示商户状态异常")
	a.click(".talk-head button", "接入")
	a.find("#composer", "")

	// The record.
	a.click(".helper [role=tab]", "商户与机具")
	a.find(".helper .mark-word", "证照过期")
	a.find(".helper", "结算账户")
	a.click(".helper button", "") // 重新查询
	a.find(".helper .observed", "刚刚")

	// A suggested answer by the keyboard, and a canned reply behind a slash where the caret is.
	a.click(".helper [role=tab]", "建议答案")
	a.find(".suggestion", "商户状态异常")
	a.hit("1", kb.ModifierAlt)
	a.until("the answer in the reply", `find('#composer', '')[0].value.includes('1. ')`)
	a.press("a", kb.ModifierCtrl)
	a.write("")
	a.hit(kb.Backspace)
	// To be edited it is selected, as often as it is chosen: what is typed stands in its place.
	for range 2 {
		a.click(".suggestion-foot button", "改写后插入")
	}
	a.hit("xy")
	a.until("what was typed alone", `find('#composer', '')[0].value === 'xy'`)
	a.hit(kb.Backspace + kb.Backspace)
	a.hit("/")
	a.find(".choose [role=option]", "请稍等")
	a.hit("问")
	a.until("one choice", `all('.choose [role=option]').length === 1`)
	a.press("Enter")
	a.until("the canned reply", `find('#composer', '')[0].value === '您好，演示商户 2 · 川味小馆，我是李敏。'`)
	a.until("the caret behind it", `active().id === 'composer' && active().selectionStart === active().value.length`)
	a.hit(" /请")
	a.find(".choose [role=option]", "请稍等")
	a.press("Enter")
	a.until("a second one behind it", `find('#composer', '')[0].value.endsWith('我是李敏。 我正在查，请等两分钟。')`)
	a.press("Enter", kb.ModifierCtrl)
	m.see("我正在查，请等两分钟。")
	m.ask("好的，谢谢")
	a.find(".log .bubble", "好的，谢谢")

	// A suggestion that does not fit goes away and stays away.
	unfit := eval[string](a, `find('.suggestion strong', '').pop().innerText`)
	a.click(".suggestion-foot button", "不适用")
	a.until("it is gone", `find('.suggestion strong', `+quoted(unfit)+`).length === 0`)

	// A note: yellow, with a colleague who is told, and nothing of it for the merchant.
	boss := agentAt(t, s, "admin", "admin", adminPassword, look{width: 1440, height: 900})
	a.click(".modes button", "备注")
	a.click("#composer", "")
	a.hit("@adm")
	a.find(".choose [role=option]", "admin")
	a.press("Enter")
	a.write("麻烦催一下执照")
	a.press("Enter", kb.ModifierCtrl)
	a.find(".note-line", "麻烦催一下执照")
	a.until("the name set off", `find('.note-line strong', '@admin').length === 1`)
	boss.find(".toast", "在备注里提到您")
	boss.click(".toast button", "查看")
	boss.find(".note-line", "麻烦催一下执照")
	for _, l := range m.visitor().history() {
		if strings.Contains(l.Text, "执照") && l.From == "agent" {
			t.Errorf("the merchant reads the note: %q", l.Text)
		}
	}

	// Found by what was said, by shop and by code, without leaving the keyboard.
	boss.press("Escape")
	boss.until("no conversation open", `all('.note-line').length === 0`) // the address follows, and would close what is opened before
	boss.hit("k", kb.ModifierCtrl)
	boss.find(".palette-row", "打开「排队」")
	boss.write("请等两分钟")
	boss.find(".palette-row.hit", "我正在查，请等两分钟")
	boss.press("Enter")
	boss.find(".note-line", "麻烦催一下执照")
	boss.find(".readonly", "李敏 正在接待")

	// Handed over with a word, and accepted.
	a.click(".modes button", "回复商户")
	a.click(".talk-head button", "转接")
	a.click("dialog .option", "admin")
	a.click("dialog textarea", "")
	a.write("执照还没交")
	a.click("dialog button[type=submit]", "转接")
	a.find(".strip", "等对方接受")
	boss.find(".offer", "李敏 转给您")
	boss.find(".offer", "执照还没交")
	boss.click(".offer button", "接受")
	boss.find("#composer", "")
	a.find(".notice-place", "已由 admin 接入")
	m.find(".pd-holder", "人工客服 admin")

	// Laid aside, and ended with a reason; what is left says who served.
	boss.click(".talk-head button", "挂起")
	boss.click("dialog button", "30 分钟后")
	boss.find(".strip", "已挂起")
	boss.click(".strip button", "恢复接待")
	boss.until("no strip", `all('.strip').length === 0`)
	boss.click(".talk-head button", "结束")
	boss.click("dialog button", "结束会话")
	boss.find("dialog [role=alert]", "请选一个结束原因")
	boss.click("dialog .option", "已解决")
	boss.click("dialog button", "结束会话")
	boss.find(".held", "已结束")
	boss.find(".served", "李敏、admin 接待")
	boss.find(".served", "商户要求人工")
	m.find(".pd-ended", "本次对话已结束")
	if got := m.visitor().conv; got != conv {
		t.Errorf("the conversation is %s, was %s", got, conv)
	}
}

// lead sets up somebody who leads the others.
func (s *server) lead(name, password string) {
	s.t.Helper()
	var made struct{ Password string }
	s.login("admin", adminPassword).do(http.MethodPost, "/api/a/v1/people", map[string]any{"name": name, "role": "lead"}, http.StatusCreated, &made)
	s.login(name, made.Password).do(http.MethodPost, "/api/a/v1/password", map[string]string{"old": made.Password, "new": password}, http.StatusNoContent, nil)
}

// The whole way of a case through three pairs of hands: the merchant waits and is told for how long, 李敏 takes him, notes and hands over,
// 王强 accepts, 组长 watches, takes over and ends it, the merchant rates, and who ended it reads how it was.
func TestConsoleWholeWay(t *testing.T) {
	s := startServer(t)
	s.agent("李敏", "a password of 李敏")
	s.agent("王强", "a password of 王强")
	s.lead("组长", "a password of 组长")
	wide := look{width: 1440, height: 900}
	a := agentAt(t, s, "李敏", "李敏", "a password of 李敏", wide)
	b := agentAt(t, s, "王强", "王强", "a password of 王强", wide)
	lead := agentAt(t, s, "组长", "组长", "a password of 组长", wide)

	// Everybody has as much as he may: who comes now waits, and is told the place and the wait.
	for _, x := range []*tab{a, b, lead} {
		eval[string](x, `(() => { const s = find('.status select', '')[0]; s.value = 'busy'; s.dispatchEvent(new Event('change', { bubbles: true })); return '' })()`)
		x.find(".status.busy", "")
	}
	m := openWidget(t, s, desktop)
	m.ask("POS机显示商户状态异常")
	m.click(".pd-escalate", "转人工")
	m.find(".pd-queue", "1")
	m.until("place and wait", `/第\s*1\s*位|前面\s*0\s*位|下一位/.test(find('.pd-queue', '')[0].innerText) && /分钟/.test(find('.pd-queue', '')[0].innerText)`)
	m.settled()
	conv := m.visitor().conv

	a.find(".row", "商户状态异常")
	a.click(".row", "商户状态异常")
	a.click(".talk-head button", "接入")
	a.find("#composer", "")
	m.find(".pd-holder", "人工客服 李敏")
	a.reply("您好，我是李敏，正在帮您看。")
	m.find(".pd-from-agent", "正在帮您看")
	m.ask("执照上个月到期了")
	a.find(".log .bubble", "执照上个月到期")

	// A note names 王强, and no merchant reads it.
	a.click(".modes button", "备注")
	a.click("#composer", "")
	a.hit("@王")
	a.find(".choose [role=option]", "王强")
	a.press("Enter")
	a.write("这家要补执照")
	a.press("Enter", kb.ModifierCtrl)
	a.find(".note-line", "这家要补执照")
	b.find(".toast", "李敏")
	a.click(".modes button", "回复商户")

	// Handed over with a word, and accepted.
	a.click(".talk-head button", "转接")
	a.click("dialog .option", "王强")
	a.click("dialog textarea", "")
	a.write("执照您熟")
	a.click("dialog button[type=submit]", "转接")
	b.find(".offer", "李敏 转给您")
	b.find(".offer", "执照您熟")
	b.click(".offer button", "接受")
	b.find("#composer", "")
	m.find(".pd-holder", "人工客服 王强")
	b.find(".note-line", "这家要补执照")
	b.reply("我是王强，请把新执照拍给我。")
	m.find(".pd-from-agent", "请把新执照拍给我")

	// The lead watches without writing, and takes over.
	lead.click(".tab", "接待中")
	lead.click(".row", "商户状态异常")
	lead.find(".readonly", "王强 正在接待")
	lead.find(".log .bubble", "请把新执照拍给我")
	m.ask("怎么还没有好")
	lead.find(".log .bubble", "怎么还没有好")
	lead.click(".talk-head button", "接管")
	lead.find("dialog", "接管 王强 的会话")
	lead.click("dialog button.primary", "接管")
	lead.find("#composer", "")
	b.find(".notice-place", "组长")
	m.find(".pd-holder", "人工客服 组长")
	lead.reply("我是组长，已经恢复了。")
	m.find(".pd-from-agent", "已经恢复了")

	// Ended with a reason and a gap of the library; the merchant rates, and the lead reads it.
	lead.click(".talk-head button", "结束")
	lead.click("dialog .option", "已解决")
	lead.click("dialog .check", "知识库里缺这个问题的答案")
	lead.click("dialog button", "结束会话")
	lead.find(".held", "已结束")
	m.find(".pd-ended", "本次对话已结束")
	m.click(".pd-scores .pd-chip", "很满意")
	m.click(".pd-rating [type=submit]", "")
	m.find(".pd-system", "已评价：很满意")
	lead.find(".log", "商户评价 5 分")

	for _, l := range m.visitor().history() {
		if strings.Contains(l.Text, "这家要补执照") || strings.Contains(l.Text, "执照您熟") {
			t.Errorf("the merchant reads what was for colleagues: %q", l.Text)
		}
	}
	var row struct {
		State  string
		Served struct {
			Agent  struct{ Name string }
			Reason string
			Gap    bool
		}
	}
	boss := s.login("组长", "a password of 组长")
	boss.do(http.MethodGet, "/api/a/v1/conversations/"+conv, nil, http.StatusOK, &row)
	if row.State != "closed" || row.Served.Agent.Name != "组长" || row.Served.Reason != "solved" || !row.Served.Gap {
		t.Errorf("it ended as %+v", row)
	}
	// A new page has it in the top bar, and what the last hour was like where nobody waits.
	lead.visitPage("/")
	fresh := agentAt(t, s, "组长 again", "组长", "a password of 组长", wide)
	fresh.find(".today", "今天接待 1")
	fresh.find(".today", "满意 100%（1 条评价）")
	fresh.find(".empty", "近一小时接入 1")
}

// Single keys, and that they do nothing where one writes.
func TestConsoleKeys(t *testing.T) {
	s := startServer(t)
	s.waiting("今天的钱没到账")
	s.waiting("二维码扫不了")
	a := agentAt(t, s, "admin", "admin", adminPassword, desktop)
	a.until("two rows", `all('.row').length === 2`)
	a.hit("j")
	a.hit("j")
	a.until("the focus on the second row", `active() === all('.row')[1]`)
	a.hit("k")
	a.press("Enter")
	a.find(".talk-head button", "接入")
	a.hit("?")
	a.find("dialog", "快捷键")
	a.find("dialog dd", "插入第 1 到 3 条建议答案")
	a.press("Escape")
	a.until("no dialog", `document.querySelectorAll('dialog').length === 0`)
	a.hit("c")
	a.find("#composer", "")
	a.until("the focus in the reply", `active().id === 'composer'`)
	a.hit("e?tn")
	a.until("letters in the reply", `find('#composer', '')[0].value === 'e?tn'`)
	if a.has("dialog", "") {
		t.Error("a letter of a reply opened a dialog")
	}
	a.press("Escape")
	a.until("out of the field", `active().id !== 'composer'`)
	a.hit("n")
	a.find(".noting", "仅内部可见")
	a.until("the focus in the note", `active().id === 'composer' && active().value === ''`)
	a.press("Escape")
	a.until("out of the field", `active().id !== 'composer'`)
	a.hit("r")
	a.until("back in the reply", `all('.noting').length === 0 && active().id === 'composer' && active().value === 'e?tn'`)
	a.press("Escape")
	a.until("out of the field", `active().id !== 'composer'`)
	a.hit("t")
	a.find("dialog", "转给谁")
	a.press("Escape")
	a.until("no dialog", `document.querySelectorAll('dialog').length === 0`)
	a.hit("e")
	a.find("dialog", "结束原因")
	a.press("Escape")
	a.until("no dialog", `document.querySelectorAll('dialog').length === 0`)
	a.hit("gq")
	a.until("the queue", `find('.tab[aria-selected=true]', '排队').length === 1`)
	a.hit("gs")
	a.until("the settings", `location.hash.startsWith('#/settings')`)
	a.hit("gm")
	a.until("out of the settings", `find('.tab[aria-selected=true]', '我的').length === 1 && active().id === 'tab-mine'`)
	a.hit("gq")
	a.until("the queue again", `find('.tab[aria-selected=true]', '排队').length === 1`)
	a.hit(kb.ArrowDown, kb.ModifierAlt)
	a.find(".talk-head button", "接入")
	a.hit("k", kb.ModifierCtrl)
	a.find("dialog input[role=combobox]", "")
	a.write("快捷键")
	a.press("Enter")
	a.find("dialog", "光标在输入框里时")
}

// A picture that is pasted waits in the reply until it is sent.
func TestConsolePaste(t *testing.T) {
	s := startServer(t)
	s.waiting("屏幕黑了")
	a := agentAt(t, s, "admin", "admin", adminPassword, desktop)
	a.click(".row", "")
	a.click(".talk-head button", "接入")
	a.find("#composer", "")
	eval[bool](a, `(async () => {
		const canvas = document.createElement('canvas'); canvas.width = canvas.height = 40
		const blob = await new Promise((done) => canvas.toBlob(done, 'image/png'))
		const data = new DataTransfer(); data.items.add(new File([blob], 'a.png', { type: 'image/png' }))
		return find('#composer', '')[0].dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }))
	})().then(() => true)`)
	a.find(".shots img", "")
	a.until("it can be sent", `find('.composer .primary', '')[0].getAttribute('aria-disabled') === 'false'`)
	a.click(".shots button", "不发图片 1")
	a.until("it is gone", `all('.shots img').length === 0`)
}

const manyLines = 5000

// A conversation of 5,000 lines opens at once, and reading it upwards keeps the page alive.
func TestConsoleLong(t *testing.T) {
	s := startServer(t)
	v := s.waiting("今天的钱没到账")
	li := s.login("admin", adminPassword)
	var conv struct{ Epoch int64 }
	li.do(http.MethodPost, "/api/a/v1/conversations/"+v.conv+"/claim", map[string]any{"epoch": epochOf(li, v.conv)}, http.StatusOK, &conv)
	var all sync.WaitGroup
	next := make(chan int)
	for range 8 {
		all.Go(func() {
			for i := range next {
				li.try(http.MethodPost, "/api/a/v1/conversations/"+v.conv+"/messages", map[string]any{"cid": fmt.Sprint("l", i), "text": fmt.Sprintf("第 %d 句，说得长一点，好让它占两行，像真的一样。", i), "epoch": conv.Epoch}, nil)
			}
		})
	}
	for i := range manyLines {
		next <- i
	}
	close(next)
	all.Wait()

	a := agentAt(t, s, "admin", "admin", adminPassword, look{width: 1440, height: 900}, "readonly")
	a.click(".tab", "我的")
	a.find(".row", "")
	took := eval[float64](a, `new Promise((done) => {
		const start = performance.now()
		const look = () => all('.log .msg').length >= 40 ? requestAnimationFrame(() => done(performance.now() - start)) : setTimeout(look, 4)
		all('.row')[0].click(); look()
	})`)
	lines := eval[int](a, `document.querySelectorAll('.log .msg').length`)
	t.Logf("a conversation of %d lines is open after %.0f ms, with %d of them", manyLines, took, lines)
	if took > 2000 || lines > 120 {
		t.Errorf("opening took %.0f ms and drew %d lines", took, lines)
	}
	longest := eval[float64](a, `new Promise((done) => {
		let longest = 0
		new PerformanceObserver((list) => { for (const it of list.getEntries()) longest = Math.max(longest, it.duration) }).observe({ type: 'longtask' })
		const log = all('.log')[0]
		let n = 0
		const up = () => { log.scrollTop = Math.max(1, log.scrollTop - 700); ++n < 80 ? setTimeout(up, 30) : setTimeout(() => done(longest), 200) }
		up()
	})`)
	lines = eval[int](a, `document.querySelectorAll('.log .msg').length`)
	t.Logf("reading upwards to %d lines, the longest task takes %.0f ms", lines, longest)
	if longest > 500 {
		t.Errorf("a task took %.0f ms", longest)
	}
	if lines < 150 {
		t.Errorf("reading upwards brought %d lines only", lines)
	}
}

// epochOf reads how often a conversation changed hands.
func epochOf(c *client, conv string) int64 {
	var row struct{ Epoch int64 }
	c.do(http.MethodGet, "/api/a/v1/conversations/"+conv, nil, http.StatusOK, &row)
	return row.Epoch
}

// An agent who sits down at another computer works there: with one press, or by itself once the first page was left, though the browser
// keeps it for the way back.
func TestConsoleElsewhere(t *testing.T) {
	s := startServer(t)
	first := agentAt(t, s, "the first", "admin", adminPassword, desktop)
	second := agentAt(t, s, "the second", "admin", adminPassword, look{width: 320, height: 640})
	second.find(".banner", "本页只读")
	s.waiting("今天的钱没到账")
	second.find(".offer", "钱没到账")
	if second.has(".offer button", "接受") {
		t.Error("a page that only reads has a button to accept")
	}
	second.click(".banner button", "改在本页操作")
	second.until("no banner", `find('.banner', '本页只读').length === 0`)
	second.click(".offer button", "接受")
	first.find(".banner", "本页只读")
	second.find(".held.me", "")
	second.reply("您好，我来看")
	first.click(".tab", "我的")
	first.click(".row", "我来看")
	first.find(".readonly", "本页只读")
	first.accessible("a page that only reads")

	// The page is kept, and its line is not: what the server knows within moments, and gives away after the time of a reload.
	left := time.Now()
	second.leave("/chat")
	first.until("the place", `find('.banner', '本页只读').length === 0`)
	if took := time.Since(left); took > 45*time.Second { // 10 s and a look every 3 s; a line of which nothing is heard is missed after 60 s
		t.Errorf("the page that was left kept the place for %s", took)
	}
	second.back()
	second.find(".banner", "本页只读")
	second.see("您好，我来看")

	// Nobody else is there any more when the page that only read is back.
	second.leave("/chat")
	first.leave("/chat")
	time.Sleep(11 * time.Second) // a reload could bring the first one back
	second.back()
	second.until("no banner", `find('.banner', '本页只读').length === 0`)
	second.find("#composer", "")
}

// leave goes on to another page, and back returns to the one that was left, which the browser has kept.
func (b *tab) leave(path string) {
	b.t.Helper()
	eval[int](b, "window.kept = 1")
	b.visitPage(path)
}

func (b *tab) back() {
	b.t.Helper()
	eval[bool](b, "history.back() ?? true")
	b.until("the page that was left", "window.kept === 1")
}

// What axe has to say of the console's states, by day, by night and on the narrowest phone.
func TestConsoleAccessible(t *testing.T) {
	s := startServer(t)
	s.canned()
	s.agent("王强", "a password of 王强")
	v := s.waiting("演示商户 2", "POS机显示商户状态异常")
	wang := s.login("王强", "a password of 王强")
	var conv struct{ Epoch int64 }
	wang.do(http.MethodPost, "/api/a/v1/conversations/"+v.conv+"/claim", map[string]any{"epoch": epochOf(wang, v.conv)}, http.StatusOK, &conv)
	wang.do(http.MethodPost, "/api/a/v1/conversations/"+v.conv+"/notes", map[string]any{"text": "@admin 看一下"}, http.StatusOK, nil)
	s.waiting("今天的钱没到账")
	for _, l := range []look{{width: 1440, height: 900}, {width: 1024, height: 768, dark: true}, {width: 320, height: 640}} {
		name := fmt.Sprintf("%d dark %t ", l.width, l.dark)
		a := agentAt(t, s, "admin "+name, "admin", adminPassword, l)
		a.find(".row", "")
		a.accessible(name + "queue")
		a.click(".tab", "即将超时")
		a.find(".empty, .row", "")
		a.accessible(name + "due")
		a.click(".tab", "接待中")
		a.click(".row", "川味小馆")
		a.find(".note-line", "看一下")
		a.accessible(name + "a colleague's conversation")
		parts := ".helper [role=tab]"
		if l.width < 1280 {
			parts = ".switch [role=tab]"
		}
		for part, ready := range map[string]string{"商户与机具": ".payouts", "建议答案": ".suggestion", "历史": ".episode", "快捷回复": ".canned-row"} {
			a.click(parts, part)
			a.find(ready, "")
			a.accessible(name + part)
		}
		if l.width < 1280 {
			a.click(parts, "对话")
		}
		a.click(".brief summary", "")
		a.find(".brief-all", "已排除")
		a.accessible(name + "the card unfolded")
		a.click(".brief summary", "")
		a.click(".note-button", "")
		a.find(".noting", "")
		a.accessible(name + "a note for colleagues")
		a.click(".noting .link", "")
		a.click(".talk-head button", "接管")
		a.find("dialog", "接管 王强 的会话")
		a.accessible(name + "taking over")
		a.press("Escape")
		a.until("no dialog", `document.querySelectorAll('dialog').length === 0`)
		a.click(".find", "")
		a.find(".palette-row", "")
		a.accessible(name + "commands")
		a.write("商户状态")
		a.find(".palette-row.hit", "")
		a.accessible(name + "found")
		a.press("Escape")
		a.until("no dialog", `document.querySelectorAll('dialog').length === 0`)
		narrow := eval[bool](a, `document.documentElement.scrollWidth > document.documentElement.clientWidth`)
		if narrow {
			t.Errorf("%s: the page is wider than the screen", name)
		}
		a.visitPage("/") // a second page of one agent only reads
	}
}

// The acts of who holds a conversation.
func TestConsoleDialogsAccessible(t *testing.T) {
	s := startServer(t)
	s.canned()
	s.agent("王强", "a password of 王强")
	s.login("王强", "a password of 王强")
	for _, l := range []look{{width: 1440, height: 900}, {width: 320, height: 640, dark: true}} {
		s.waiting("今天的钱没到账")
		name := fmt.Sprintf("%d dark %t ", l.width, l.dark)
		a := agentAt(t, s, "admin "+name, "admin", adminPassword, l)
		a.click(".tab", "排队")
		a.click(".row", "")
		a.click("button", "接入")
		a.find("#composer", "")
		a.accessible(name + "held")
		a.click("#composer", "")
		a.hit("/")
		a.find(".choose", "请稍等")
		a.accessible(name + "canned")
		a.press("Escape")
		for act, words := range map[string]string{"转接": "转给谁", "挂起": "挂起会话", "结束": "结束原因"} {
			a.click(".talk-head button", act)
			a.find("dialog", words)
			a.accessible(name + act)
			a.press("Escape")
			a.until("no dialog", `document.querySelectorAll('dialog').length === 0`)
		}
		a.end("商户没有回应")
		a.visitPage("/")
	}
}
