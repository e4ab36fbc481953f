// Before a ticket is sent: the merchant sees what would be reported and adds to it, and proves anew who he is where something would be changed.

package flows

import (
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Kinds of a Prompt of a ticket that is not sent yet.
const (
	PromptFile = "file" // what would be reported is on the screen: send it?
	PromptAdd  = "add"  // the next line goes into the ticket
)

// What a proof is asked for, as State.For; for the decision at hand it is empty.
const (
	ForTicket = "ticket" // a ticket wants one anew
	ForWish   = "wish"   // the merchant wants to; State.Back was asked before
)

// Tickets says what a flow wants of tickets. A flow that was pinned before there was any of it sends them at once.
type Tickets struct {
	// Strong are the causes and articles whose tickets change something at the acquirer. They want a proof that is not older than Fresh
	// and was given at the same address.
	Strong []string      `yaml:"strong" json:"strong,omitempty"`
	Fresh  time.Duration `yaml:"fresh" json:"fresh,omitempty"`
	// Late is after how long a ticket for which the acquirer has promised no time goes to people.
	Late time.Duration `yaml:"late" json:"late,omitempty"`
	// Needs are what a ticket about a cause wants to know, by names in wanted. What is not known is asked for beside the summary.
	Needs map[string][]string `yaml:"needs" json:"needs,omitempty"`
}

// MaxReport is how many bytes the body of what would be reported has at most: with its question it is one message of WeChat.
const MaxReport = 1200

// maxAdded is how many characters a merchant may add to a ticket.
const maxAdded = 300

// file shows what would be reported and asks whether to send it. It costs the merchant a tap, and no question where nothing is missing.
func (d *talk) file() {
	d.decide("acquirer")
	if d.filed() {
		return
	}
	switch about := d.about(); {
	case about == "":
		d.listen("repeat.none")
	case d.f.edge("proposing", "file") == nil:
		d.open() // pinned by a program that sent it at once
	case !d.trusted():
		d.proveAgain()
	default:
		d.askFile("")
	}
}

// trusted says that the proof of who speaks here is good for a ticket about the trouble at hand.
func (d *talk) trusted() bool {
	strong := d.f.Tickets.Strong
	changes := slices.Contains(strong, d.about()) || d.st.Topic != nil && slices.Contains(strong, d.st.Topic.ID)
	return d.in.Fresh || !changes
}

// askFile shows what would be reported, behind the text before, if any.
func (d *talk) askFile(before string) {
	d.decide("acquirer")
	d.towards("file")
	d.st.For, d.st.Back = "", nil
	d.st.Pending, d.st.Waits = &Prompt{Kind: PromptFile, Choices: d.f.choice("submit", "add", "notyet")}, ""
	d.report(before)
	d.move("file")
}

// report is the question of askFile.
func (d *talk) report(before string) {
	ask, missing := "file.ask", d.missing()
	if missing != "" {
		ask = "file.missing"
	}
	say := "file\n" + "file.body" + "\n" + ask
	if n := len(d.out.Steps); n > 0 && d.out.Steps[n-1].Say == "aside.here" {
		last := &d.out.Steps[n-1] // one message
		last.Say, last.Args = last.Say+"\n"+say, with(last.Args, args([]string{"missing", missing}))
		last.File, last.Choices = true, d.st.Pending.Choices
		return
	}
	st := d.say(strings.TrimPrefix(before+"\n"+say, "\n"), "missing", missing)
	st.File, st.Choices = true, d.st.Pending.Choices
}

// towards goes to where an event begins, when it does not lead out of where the dialogue stands.
func (d *talk) towards(event string) {
	if d.f.edge(d.st.At, event) == nil {
		d.st.Pending, _ = d.decision()
		d.move("propose")
	}
}

// filing handles what the merchant taps or says to a ticket that is not sent yet.
func (d *talk) filing(id string) {
	here := asks(d.st, PromptFile, PromptAdd)
	switch {
	case id == "submit" && here && d.trusted() && d.files():
		d.open()
		d.joined()
	case id == "submit" && d.files():
		d.file()
		d.joined()
	case id == "add" && here:
		d.decide("acquirer")
		d.askMore("file.add")
	case id == "notyet" && here:
		d.decide("clarify")
		d.st.Pending = nil
		if d.resume("file.not") {
			return
		}
		d.say("file.not") // what was told stays: he may come back to it
		d.move("listen")
	case !d.again("asking.next"):
		d.listen("repeat.none")
	}
}

// askMore asks for a line that goes into the ticket.
func (d *talk) askMore(key string) {
	d.st.Pending = &Prompt{Kind: PromptAdd, Choices: d.f.choice("submit", "notyet")}
	d.question(key)
	d.move("file")
}

// adds says that the line belongs into the ticket that is about to be sent: it was asked for, or it is neither a reply nor a trouble.
func (d *talk) adds(choice, intent string) bool {
	return d.in.Kind == Said && choice == "" && intent == "" && (asks(d.st, PromptAdd) || asks(d.st, PromptFile) && d.in.Topic == nil)
}

// added puts a line into the ticket and asks once more whether to send it.
func (d *talk) added() {
	d.understood()
	if d.f.yesNo(plain(d.in.Text)) != "" {
		d.again("asking.next")
		return
	}
	d.decide("acquirer")
	d.st.Added = cut(further(d.st.Added, strings.Join(strings.Fields(d.in.Text), " ")), maxAdded)
	d.st.Pending = &Prompt{Kind: PromptFile, Choices: d.f.choice("submit", "add", "notyet")}
	d.question("file.added", "text", cut(d.in.Text, 60))
	d.move("file")
}

// further puts one addition behind another. A number that goes on is one number, so that it can be masked as one.
func further(a, b string) string {
	last, _ := utf8.DecodeLastRuneInString(a)
	first, _ := utf8.DecodeRuneInString(b)
	switch {
	case a == "":
		return b
	case unicode.IsDigit(last) && unicode.IsDigit(first):
		return a + " " + b
	}
	return a + "；" + b
}

// proveAgain asks who has proven himself long ago, or on a page, to do it anew: the ticket would change something. The number is not asked
// for where it is known.
func (d *talk) proveAgain() {
	if !d.in.Binds || d.f.edge("filing", "verify") == nil {
		d.decide("human")
		d.st.Pending, d.st.Waits = &Prompt{Kind: PromptDecide, Choices: d.f.choice("request", "unsolved", "human")}, ""
		d.question("file.unproven")
		d.move("propose")
		return
	}
	if d.in.Spent {
		d.spent()
		return
	}
	d.towards("verify")
	d.st.For, d.st.Back = ForTicket, nil
	if !d.in.Numbered {
		d.askNumber("file.prove.number")
		return
	}
	d.sendCode("file.prove")
}

// missing names what a ticket about the trouble at hand wants to know and nobody has said; "" for nothing.
func (d *talk) missing() string {
	if d.st.Added != "" {
		return "" // he was asked
	}
	var out []string
	for _, n := range d.f.Tickets.Needs[d.about()] {
		if says, ok := wanted[n]; ok && !says(d) {
			out = append(out, d.f.Text("need."+n, nil))
		}
	}
	return strings.Join(out, "、")
}

// wanted are what a ticket may want to know, and whether it was said.
var wanted = map[string]func(*talk) bool{
	"terminal": func(d *talk) bool { return Terminal(d.words()) != "" },
	"code":     func(d *talk) bool { return len(d.st.Codes) > 0 },
	"when":     func(d *talk) bool { return namesDay(d.words()) },
	"amount":   func(d *talk) bool { return namesSum(d.words()) },
}

// words are all that is known in words of the trouble at hand.
func (d *talk) words() string {
	all := d.st.Said + "\n" + d.st.Added
	for _, f := range d.st.Facts {
		all += "\n" + f.Text
	}
	return all
}

// Terminal is the end of a terminal's serial number that a text names, four characters, or "": 机身号 尾号 7781.
func Terminal(text string) string {
	s := plain(text)
	for _, w := range []string{"序列号", "机身号", "尾号", "后四位", "后4位", "sn"} {
		at := strings.Index(s, w)
		if at < 0 {
			continue
		}
		rest := strings.TrimLeftFunc(s[at+len(w):], func(r rune) bool { return r > unicode.MaxASCII })
		if len(s[at+len(w):])-len(rest) > 4*len("是") {
			continue
		}
		end := strings.IndexFunc(rest, func(r rune) bool { return r > unicode.MaxASCII })
		if end < 0 {
			end = len(rest)
		}
		if run := rest[:end]; len(run) >= 4 && strings.ContainsAny(run, "0123456789") {
			return strings.ToUpper(run[len(run)-4:])
		}
	}
	return ""
}

// namesDay says that a text names a day: 昨天, 11 月 3 日, 周五.
func namesDay(text string) bool {
	for _, w := range []string{"今天", "昨天", "前天", "今早", "昨晚", "上周", "这周", "周一", "周二", "周三", "周四", "周五", "周六", "周日", "星期", "礼拜"} {
		if strings.Contains(text, w) {
			return true
		}
	}
	return numbered(text, "月", "号", "日", "天前")
}

// namesSum says that a text names an amount: 三千二, 3200 元.
func namesSum(text string) bool { return numbered(text, "元", "块", "万", "千", "百") }

// numbered says that one of the words stands behind a number.
func numbered(text string, words ...string) bool {
	s := plain(text)
	for _, w := range words {
		for at := strings.Index(s, w); at >= 0; {
			if r, _ := utf8.DecodeLastRuneInString(s[:at]); unicode.IsDigit(r) || strings.ContainsRune("两"+ordinals+"十百千", r) && r != utf8.RuneError {
				return true
			}
			next := strings.Index(s[at+len(w):], w)
			if next < 0 {
				break
			}
			at += len(w) + next
		}
	}
	return false
}
