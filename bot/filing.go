package bot

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"posdoctor/flows"
)

// onFile is how a merchant is reached about his ticket: nobody asks him for a telephone number here, the acquirer has it.
const onFile = "收单机构登记的联系方式"

// report is what the merchant sees of a ticket before it is sent: the same as its body in short, in at most flows.MaxReport bytes.
//
//	商户：川味小馆（编号尾号 0002）
//	问题：商户状态异常
//	诊断：证照过期或资料变更
//	收单记录：证照登记已过期，自 2026-10-31 起暂停收款，需提交新营业执照
//	您说过：POS机显示商户状态异常
//	联系：收单机构登记的联系方式
func (p *Playbook) report(c Conversation) string {
	s, st := p.Summarize(c), c.Dialogue
	var lines []string
	line := func(name, text string, most int) {
		if text != "" {
			lines = append(lines, name+"："+cut(text, most))
		}
	}
	if b := c.Binding; b != nil {
		line("商户", shopOf(*b), 40)
	}
	line("问题", s.Topic, 30)
	if told := p.cause(st.Told); told != nil && told.Title != s.Topic {
		line("诊断", told.Title, 30)
	}
	line("代码", strings.Join(s.Codes, "、"), 20)
	line("您说过", s.Said, 40)
	var answers []string
	for _, a := range s.Asked {
		if a.Answer != "" && len(answers) < 4 {
			answers = append(answers, a.Answer)
		}
	}
	line("您答过", strings.Join(answers, "；"), 60)
	for i, f := range s.Facts {
		if i < 2 {
			line("收单记录", f.Text, maxFact)
		}
	}
	var tried []string
	for _, t := range s.Tried {
		if t.Title == s.Topic {
			continue // what it is about was said
		}
		tried = append(tried, t.Title)
	}
	line("试过没用", strings.Join(tried, "；"), 60)
	line("补充", s.Added, 120)
	line("联系", onFile, 20)
	out := strings.Join(lines, "\n")
	for len(out) > flows.MaxReport { // only with letters of four bytes
		_, n := utf8.DecodeLastRuneInString(out)
		out = out[:len(out)-n]
	}
	return out
}

// shopOf names a merchant to himself: the shop, and the end of his reference at the acquirer.
func shopOf(b Binding) string {
	tail := b.Merchant
	if b.Number != "" {
		tail = b.Number
	}
	tail = tail[len(strings.TrimRight(tail, "0123456789")):]
	if len(tail) > 4 {
		tail = tail[len(tail)-4:]
	}
	switch {
	case tail == "":
		return b.Name
	case b.Name == "":
		return "编号尾号 " + tail
	}
	return fmt.Sprintf("%s（编号尾号 %s）", b.Name, tail)
}

func withBody(args map[string]string, body string) map[string]string {
	out := map[string]string{"body": body}
	for k, v := range args {
		out[k] = v
	}
	return out
}

// terminal is the end of the serial number that the ticket is about, as far as somebody has named one.
func (t *turn) terminal() string {
	st := t.next.Dialogue
	for _, text := range []string{st.Added, st.Said} {
		if s := flows.Terminal(text); s != "" {
			return s
		}
	}
	for _, f := range st.Facts {
		if s := flows.Terminal(f.Text); s != "" {
			return s
		}
	}
	return ""
}

// fresh says that the binding is proven well enough for a ticket that changes something: a short while ago, at this address. The words of
// a demo merchant are as good; only a simulator has such.
func (t *turn) fresh() bool {
	b := t.next.Binding
	if b == nil {
		return false
	}
	return b.Proof == "demo" || t.ev.At-b.At < t.book.Flow.Tickets.Fresh.Milliseconds()
}
