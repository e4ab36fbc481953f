package wechat

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"posdoctor/bot"
)

// line is one message as WeChat text.
type line struct {
	seq     int64
	first   int64 // of what was held, its first line
	words   string
	choices []bot.Choice // listed below the words, or a menu
	from    string       // bot.FromBot, bot.FromAgent or bot.FromSystem
	urgent  bool         // about people or tickets: may use the last message of a quota
	held    string       // id of the delivery that it was held in
	picture string       // id of the file that it is: it goes out as a message of its own
	rates   bool         // it asks how it was
}

// text is the line with its choices as a numbered list.
func (l line) text() string {
	if len(l.choices) == 0 {
		return l.words
	}
	var b strings.Builder
	b.WriteString(l.words)
	for i, c := range l.choices {
		if b.Len() > 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "%d. %s", i+1, neutral(c.Text))
	}
	b.WriteString("\n" + textPick)
	return b.String()
}

// render writes the messages that are shown as lines; the merchant's own are not, nor what he has by another way. Progress is left out once the bot has said more, and
// so is what it says again later, as a question it comes back to. Choices are listed under the newest question only, as a number answers
// that one. While an agent speaks, what the bot said before is left out, and no older line has choices: the agent reads the number.
func render(messages []bot.Message) []line {
	since := joined(messages)
	lastBot, lastAsk, lastUser := -1, -1, -1
	again := map[string]int{} // where the bot says a text for the last time
	for i, m := range messages {
		if m.From == bot.FromBot {
			lastBot = i
			again[m.Text] = i
		}
		if m.From == bot.FromUser {
			lastUser = i
		}
		if m.From != bot.FromUser && m.Seq >= since && len(m.Choices) > 0 {
			lastAsk = i
		}
	}
	var out []line
	for i, m := range messages {
		if urgent[m.Type] { // whoever says it, it stays true when a person takes over
			m.From = bot.FromSystem
		}
		old := m.From == bot.FromBot && (m.Seq < since || m.Text != "" && again[m.Text] > i)
		if m.Type == bot.TypeCSAT && i < lastUser {
			continue // he came with something new before he could be asked
		}
		if m.From == bot.FromUser || m.Seen || m.Progress && i < lastBot || old {
			continue
		}
		l := line{seq: m.Seq, words: wordsOf(m), from: m.From, urgent: urgent[m.Type], rates: m.Type == bot.TypeCSAT}
		if m.Media != nil && m.Media.Kind == bot.MediaImage {
			l.picture = m.Media.ID
		}
		if i == lastAsk {
			l.choices = m.Choices
		}
		if l.words != "" || len(l.choices) > 0 {
			out = append(out, l)
		}
	}
	return out
}

// urgent are the types of messages for which the last message of a quota is kept.
var urgent = map[string]bool{bot.TypeQueued: true, bot.TypeJoined: true, bot.TypeTicket: true}

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

// wordsOf is one message without its choices. A card is written out; links in it are ours, for it is made of the library.
func wordsOf(m bot.Message) string {
	text := flat(m.Text, false)
	if m.Card != nil {
		c := *m.Card
		c.Facts = append([]bot.Fact(nil), c.Facts...)
		for i := range c.Facts { // the acquirer's words are not the library's
			c.Facts[i].Text = flat(c.Facts[i].Text, false)
		}
		text = flat(c.Plain(m.Title), true)
	}
	if m.From == bot.FromAgent && m.Name != "" {
		text = textAgent + flat(m.Name, false) + "：" + text
	}
	return strings.TrimSpace(text)
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
