package wechat

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"posdoctor/bot"
)

// line is one message as WeChat text. Text is empty for a line that is not shown, as the merchant's own.
type line struct {
	seq  int64
	text string
}

// render writes messages as text. Progress is left out once the bot has said more, and so is what it says again later, as a question it
// comes back to. Choices are listed under the newest question only, as a number answers that one. While an agent speaks, what the bot
// said before is left out, and no older line has choices: the agent reads the number. awaits adds how the merchant gets the result that
// is still to come.
func render(messages []bot.Message, awaits bool) []line {
	since := joined(messages)
	lastBot, lastAsk := -1, -1
	again := map[string]int{} // where the bot says a text for the last time
	for i, m := range messages {
		if m.From == bot.FromBot {
			lastBot = i
			again[m.Text] = i
		}
		if m.From != bot.FromUser && m.Seq >= since && len(m.Choices) > 0 {
			lastAsk = i
		}
	}
	out := make([]line, len(messages))
	for i, m := range messages {
		out[i].seq = m.Seq
		old := m.From == bot.FromBot && (m.Seq < since || m.Text != "" && again[m.Text] > i)
		if m.From == bot.FromUser || m.Progress && i < lastBot || old {
			continue
		}
		if i != lastAsk {
			m.Choices = nil
		}
		out[i].text = textOf(m)
		if awaits && i == lastBot {
			out[i].text += "\n" + textLater
		}
	}
	return out
}

// joined is the seq of the line with which an agent took over, 0 when the conversation was given back or closed since, or nobody did.
func joined(messages []bot.Message) int64 {
	for i := len(messages) - 1; i >= 0; i-- {
		switch messages[i].Type {
		case bot.TypeJoined:
			return messages[i].Seq
		case bot.TypeLeft, bot.TypeEnded:
			return 0
		}
	}
	return 0
}

// textOf is one message. A card without a text of its own is written out.
func textOf(m bot.Message) string {
	text := m.Text
	if text == "" && m.Card != nil {
		text = m.Plain(m.Title)
	}
	var b strings.Builder
	if m.From == bot.FromAgent && m.Name != "" {
		b.WriteString(textAgent + m.Name + "：")
	}
	b.WriteString(text)
	for i, c := range m.Choices {
		if i > 0 || b.Len() > 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "%d. %s", i+1, c.Text)
	}
	if len(m.Choices) > 0 {
		b.WriteString("\n" + textPick)
	}
	return strings.TrimSpace(neutral(b.String()))
}

// neutral is text that WeChat shows as it stands: XML 1.0 characters only, and no "<", for WeChat makes links of "<a href=…>" and knows
// no way to escape it.
func neutral(s string) string {
	return strings.ReplaceAll(clean(s), "<", "＜")
}

// clean makes valid UTF-8 without the characters that XML 1.0 forbids. A carriage return is a line break or nothing.
func clean(s string) string {
	ok := true
	for i := 0; i < len(s) && ok; {
		r, size := utf8.DecodeRuneInString(s[i:])
		ok = allowed(r) && r != '\r' && (r != utf8.RuneError || size > 1)
		i += size
	}
	if ok {
		return s
	}
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\r\n", "\n")
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\r':
			return '\n'
		case !allowed(r):
			return -1
		}
		return r
	}, s)
}

// allowed are the characters of XML 1.0, section 2.2.
func allowed(r rune) bool {
	return r == '\t' || r == '\n' || r == '\r' || r >= 0x20 && r <= 0xD7FF || r >= 0xE000 && r <= 0xFFFD || r >= 0x10000 && r <= 0x10FFFF
}
