package flows

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Next decides one input. The same state and input always give the same result; st itself is not changed. An error means that
// the flow's table lacks an edge: a fault of the flow, never of the merchant.
func (f *Flow) Next(st State, in Input) (State, Outcome, error) {
	d := &talk{f: f, st: clone(st), in: in}
	switch in.Kind {
	case Said, Chose:
		d.said()
	case Media:
		d.media()
	case Unheard:
		d.unheard()
	case Proof:
		d.proof()
	case Followed:
		d.followed()
	case Bound:
		d.bound()
	case Record:
		d.record()
	case Ticket:
		d.ticket()
	case Timer:
		d.timer()
	case Late:
		d.late()
	case News:
		d.handover("topic")
	case Claimed:
		d.st.Pending, d.st.Waits, d.st.Coming = nil, "", false
		d.move("handover")
	case Queued:
		d.st.Pending, d.st.Noted = &Prompt{Kind: PromptLeave, Choices: f.choice("again", "leave", "cancel")}, 0
		d.move("handover")
	case Released:
		d.st.Pending, d.st.Waits, d.st.Told = nil, "", "" // what is known stays for whoever speaks next
		d.understood()
		d.st.Frames = nil // but what waited has been in a person's hands
		d.say("release.hello")
		d.move("listen")
	case Closed:
		d.close("person")
	default:
		return st, Outcome{}, fmt.Errorf("dialogue %s: no such input %q", f.ID, in.Kind)
	}
	if d.err != nil {
		return st, Outcome{}, d.err
	}
	if d.in.Crossed {
		d.uncross(st)
	}
	d.remember()
	d.vary(st.Times)
	d.asked()
	return d.st, d.out, nil
}

// uncross mends an answer to a line that crossed the last question. That question is not asked a second time, and another one says that
// it stands for both.
func (d *talk) uncross(before State) {
	was, now, n := before.Pending, d.st.Pending, len(d.out.Steps)
	if was == nil || now == nil || n == 0 {
		return
	}
	last := &d.out.Steps[n-1]
	if len(last.Choices) == 0 {
		return
	}
	if was.Kind == now.Kind && was.Ref == now.Ref && slices.Equal(was.Choices, now.Choices) {
		if n == 1 {
			d.out.Steps = nil // the question stands on the screen
			d.st.Misses, d.st.Unclear = before.Misses, before.Unclear
		}
		return
	}
	if last.Say == "asking.next" || last.Say == "asking.noted" {
		last.Say = "asking.instead"
	}
}

// Begin returns the state and the greeting of a dialogue in which nothing has been said.
func (f *Flow) Begin(at int64) (State, Outcome) {
	st, out, _ := f.Next(State{At: f.Start}, Input{At: at, Kind: Followed})
	return st, out
}

// talk is one call of Next: the state on its way and what came out so far.
type talk struct {
	f   *Flow
	st  State
	in  Input
	out Outcome
	err error

	kept     string // text that says which trouble was laid aside in this call
	keptArgs map[string]string
	swapped  bool // the merchant came back to a trouble that was laid aside
}

func clone(st State) State {
	st.Evidence = slices.Clone(st.Evidence)
	st.Asked = slices.Clone(st.Asked)
	st.Tried = slices.Clone(st.Tried)
	st.Codes = slices.Clone(st.Codes)
	st.Facts = slices.Clone(st.Facts)
	st.Looks = slices.Clone(st.Looks)
	st.Frames = slices.Clone(st.Frames)
	return st
}

func (d *talk) move(event string) {
	at, err := d.f.move(d.st, d.in, event)
	if err != nil {
		d.err = err
		return
	}
	d.out.Moves = append(d.out.Moves, Move{From: d.st.At, Event: event, To: at})
	d.st.At = at
}

func (d *talk) say(key string, kv ...string) *Step {
	d.out.Steps = append(d.out.Steps, Step{Say: key, Args: args(kv)})
	return &d.out.Steps[len(d.out.Steps)-1]
}

func args(kv []string) map[string]string {
	if len(kv) == 0 {
		return nil
	}
	m := make(map[string]string, len(kv)/2)
	for i := 0; i+1 < len(kv); i += 2 {
		m[kv[i]] = kv[i+1]
	}
	return m
}

func (d *talk) decide(what string) {
	if d.out.Decision == "" {
		d.out.Decision = what
	}
}

// reset forgets the episode; the acquirer's facts are read anew in the next one.
func (d *talk) reset() {
	fresh := State{At: d.st.At, News: d.st.News}
	if d.st.Read == "waiting" {
		fresh.Read = "waiting" // it is on its way and will be told
	}
	d.st = fresh
}

func (d *talk) close(result string) {
	d.st.Helped = ""
	if result == "solved" {
		d.st.Helped = d.st.Told
	}
	d.st.Pending, d.st.Waits, d.st.Told = nil, "", ""
	d.st.Result, d.st.Ended = result, d.in.At
	d.out.Close = true
	d.move("close")
}

const reopenFor = 24 * int64(time.Hour/time.Millisecond)

// said handles what the merchant wrote or tapped.
func (d *talk) said() {
	if d.in.Spoken && d.st.At != "person" && d.st.At != "escalating" {
		d.say("media.heard", "text", cut(d.in.Text, 60))
	}
	if len(d.in.Masked) > 0 {
		kinds := make([]string, len(d.in.Masked))
		for i, k := range d.in.Masked {
			kinds[i] = d.f.Text("masked."+k, nil)
		}
		d.say("masked", "kinds", strings.Join(kinds, "、"))
	}
	if d.in.Kind == Said && d.f.Unbinds(d.in.Text) {
		d.unbound()
		return
	}
	if d.proves() {
		return
	}
	choice, intent := d.in.Choice, ""
	if d.in.Kind == Said {
		intent = d.f.intent(d.in.Text)
		if intent != "human" || d.st.At == "person" || d.st.At == "escalating" { // 留言 is a choice there
			if c := cmp.Or(d.f.when(d.st.Pending, d.in.Ago), d.f.fit(d.st.Pending, d.in.Text)); c != "" && !d.outweighs() {
				choice, intent = c, "" // 3号 is a day where one is asked for, and else the third choice
			}
		}
		if (intent == "thanks" || intent == "bye") && d.trouble() {
			intent = "" // 刷不了卡，谢谢您
		}
	}
	if d.in.Kind == Said && (d.speaks() || d.st.At == "closed") && d.f.whole(plain(d.in.Text), d.f.Choices["leave"].Words) {
		d.handover("message")
		d.say("leave.ask")
		d.move("write")
		return
	}
	switch d.st.At {
	case "person":
		d.waiting(choice, intent)
		return
	case "escalating":
		d.message(choice, intent)
		return
	case "closed":
		if d.reopens(choice) {
			return
		}
	}
	if d.in.Kind == Said && choice == "" && intent == "" {
		choice = d.f.outcome(d.in.Text)
	}
	if d.in.Kind == Said && choice == "" && intent == "" && d.st.Topic != nil {
		if e, ok := d.f.elsewhere(d.in.Text); ok {
			d.in.Evidence, d.in.Topic = []Evidence{e}, nil // the words of a choice mean that choice
		}
	}
	if d.adds(choice, intent) {
		d.note()
		d.added()
		return
	}
	if d.in.Kind == Said && choice == "" && intent == "" {
		if !d.turnTo() {
			return
		}
		if d.in.Also != nil {
			d.both()
		}
	}
	d.note()
	switch {
	case choice != "":
		d.chose(choice)
	case intent != "":
		d.intent(intent)
	default:
		d.told()
	}
}

// trouble says that the message names something that is the matter.
func (d *talk) trouble() bool {
	return d.in.Topic != nil && d.in.Topic.Object != "" || len(d.in.Evidence)+len(d.in.Codes) > 0
}

// outweighs says that the message means a topic of its own so clearly that it is no reply to the question on the screen.
func (d *talk) outweighs() bool {
	return d.in.Topic != nil && d.in.Sure >= 0.9 && !short(plain(d.in.Text)) || len(d.in.Codes) > 0
}

// note keeps what the message says unasked.
func (d *talk) note() {
	small := d.in.Topic != nil && d.in.Topic.Object == ""
	if d.st.Said == "" && d.in.Kind == Said && !small && d.f.intent(d.in.Text) == "" {
		d.st.Said = cut(d.in.Text, 80)
	}
	for _, e := range d.in.Evidence {
		d.learn(e.Check, e.Answer, false)
	}
	d.paid()
	for _, c := range d.in.Codes {
		if !slices.Contains(d.st.Codes, c.Text) && len(d.st.Codes) < 8 {
			d.st.Codes = append(d.st.Codes, c.Text)
		}
	}
}

func cut(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:n]) + "…"
}

func (d *talk) learn(check, answer string, asked bool) {
	for i := range d.st.Evidence {
		if d.st.Evidence[i].Check == check {
			if p := d.st.Pending; answer == "unknown" && (p == nil || p.Kind != PromptCheck || p.Ref != check) {
				return // a late tap: what is known stays known, unless it was asked anew
			}
			d.st.Evidence[i] = Evidence{Check: check, Answer: answer, Asked: asked}
			return
		}
	}
	d.st.Evidence = append(d.st.Evidence, Evidence{Check: check, Answer: answer, Asked: asked})
}

// reopens handles the first word after the end of an episode. It reports whether the word is dealt with.
func (d *talk) reopens(choice string) bool {
	prompt := &Prompt{Kind: PromptConfirm, Choices: d.f.choice("solved", "unsolved", "human")}
	if d.in.Kind == Said {
		if choice = d.f.outcome(d.in.Text); choice == "" && d.in.Topic == nil && short(plain(d.in.Text)) {
			if choice = d.f.fit(prompt, d.in.Text); choice == "solved" {
				choice = ""
			}
		}
	}
	if choice == "solved" {
		d.say("again") // said already, or tapped twice
		return true
	}
	if choice == "unsolved" && d.st.Topic != nil && d.in.At-d.st.Ended <= reopenFor {
		d.st.Result, d.st.Ended = "", 0
		d.st.Told, d.st.Helped = d.st.Helped, ""
		if d.st.Told == "" && len(d.st.Tried) == 0 {
			d.st.Tried = append(d.st.Tried, d.likeliest())
		}
		d.move("listen")
		d.unsolved()
		return true
	}
	intent := ""
	if d.in.Kind == Said {
		intent = d.f.intent(d.in.Text)
	}
	switch lately := d.st.Topic != nil && d.in.At-d.st.Ended <= reopenFor; {
	case intent == "thanks" || intent == "bye":
		d.say(intent)
		return true
	case intent == "correct" && lately && d.st.Result == "solved": // 点错了: it was not solved
		d.st.Result, d.st.Ended = "", 0
		d.st.Pending, d.st.Told, d.st.Helped = prompt, d.st.Helped, ""
		d.say("correct.reopen\nconfirm").Choices = prompt.Choices
		d.move("listen")
		d.move("tell")
		return true
	case intent == "human" && lately:
		d.st.Result, d.st.Ended = "", 0 // the person wants to know what it was about
		return false
	}
	d.reset()
	d.move("listen")
	return false
}

// chose handles a choice, tapped or typed. A tap on an older question counts too: its id says what was meant.
func (d *talk) chose(id string) {
	misses := d.st.Misses
	d.understood()
	switch {
	case id == "unsolved" && d.st.Pending != nil && d.st.Pending.Kind == PromptWords:
		d.st.Pending = nil // 不像: there is nothing to copy
		d.advance("asking.next")
	case id == "unsolved" && d.st.At == "diagnosing" && d.st.Pending != nil:
		// Nothing was told yet that could have helped: the question stands, but not for ever.
		if d.st.Misses = misses + 1; d.st.Misses >= d.patience() {
			d.say("miss.person") // not everything was looked at: the question has no answer
			d.handover("tried")
			return
		}
		d.again("asking.unsolved")
	case id == "wordless":
		if p := d.st.Pending; p == nil || p.Kind != PromptWords {
			if !d.again("asking.next") {
				d.listen("repeat.none")
			}
			return
		}
		d.st.Pending = nil
		d.advance("asking.next")
	case id == "neither":
		if !d.back() {
			d.offerObjects("clarify.ask")
		}
	case id == "human":
		d.handover("asked")
	case id == "verify":
		d.verify()
	case id == "later" && asks(d.st, PromptNumber, PromptCode):
		d.later()
	case id == "unsolved" && d.st.Topic == nil:
		d.listen("unsolved.none")
	case id == "solved":
		d.decide("answer")
		if d.resume("solved.next") {
			return
		}
		d.say("solved")
		d.close("solved")
	case id == "unsolved":
		d.unsolved()
	case id == "ticket" && d.files():
		d.file()
		d.joined()
	case id == "submit" || id == "add" || id == "notyet":
		d.filing(id)
	case id == "ticket" || id == "request":
		d.say(d.request("request.taken", "request.noted"))
		d.handover("request")
	case id == "leave" || id == "again" || id == "cancel" || id == "later":
		if !d.again("asking.next") {
			d.listen("repeat.none")
		}
	case id == "end":
		d.say("bye")
		d.close("gone")
	case strings.HasPrefix(id, "article:") && d.in.Topic != nil:
		d.begin(*d.in.Topic)
	case strings.HasPrefix(id, "object:"):
		for _, o := range d.f.Objects {
			if "object:"+o.ID == id {
				vague := d.vague(o.Check, o.Answer)
				d.learn(o.Check, o.Answer, true)
				if d.st.Topic == nil {
					d.st.Topic = &Topic{ID: "object-" + o.ID, Title: o.Text, Object: o.ID, Move: "diagnose"}
				}
				if vague {
					d.askWords(o.Check)
					return
				}
				d.advance("asking.next")
				return
			}
		}
		d.miss()
	default:
		check, answer, ok := strings.Cut(id, ":")
		if !ok || d.f.Table.check(check) == nil {
			d.miss()
			return
		}
		if d.f.Label(id) == "" {
			d.miss()
			return
		}
		vague := d.vague(check, answer)
		d.learn(check, answer, true)
		if d.st.Waits == "record" {
			d.still()
			return
		}
		if vague {
			d.askWords(check)
			return
		}
		d.advance("asking.next")
	}
}

// told handles a message that is neither reply nor steering: a trouble, a question, or nothing that is understood.
func (d *talk) told() {
	topic := d.in.Topic
	for _, c := range d.in.Codes {
		if !c.Known && (topic == nil || topic.Code == "") {
			d.unknownCode(c.Text)
			return
		}
	}
	switch {
	case d.swapped && d.unanswered() && d.again("asking.next"):
	case topic != nil && d.sameTopic(topic):
		d.goOn()
	case topic != nil && d.digress(*topic):
	case topic != nil:
		d.understood()
		d.begin(*topic)
		if topic.Move == "reject" {
			d.resume("")
		}
	case d.namesPaid():
		d.understood()
		d.consult()
	case len(d.in.Evidence) > 0:
		d.understood()
		d.incident()
		if d.st.Topic == nil {
			d.st.Topic = &Topic{ID: "symptoms", Title: "收款不正常", Move: "diagnose"}
			d.heard()
		}
		d.goOn()
	case d.st.Waits == "record" || d.st.Waits == "ticket" && d.st.Pending == nil:
		d.still()
	case d.st.Pending != nil && d.st.Pending.oneTopic() && d.f.yesNo(plain(d.in.Text)) == "no":
		d.offerObjects("clarify.ask")
	case d.st.Pending != nil && d.st.Pending.Kind == PromptWords:
		d.understood()
		d.st.Pending = nil // words that mean nothing here: people will read them
		d.advance("asking.noted")
	case d.worthNoting():
		d.again("asking.noted") // 工行的信用卡, 是扫码的, 昨天的: worth knowing, and no answer
	default:
		if d.in.Incident != nil && d.in.Incident.Narrow {
			d.incident() // the bank or the code is named, so it is about that
		}
		d.miss()
	}
}

// vague says that an answer was given without the words that it is about: that there is a code, and not which.
func (d *talk) vague(check, answer string) bool {
	if a, ok := d.f.Exact[check]; !ok || a != answer || d.f.Choices["wordless"].Text == "" || len(d.st.Codes)+len(d.in.Codes)+len(d.in.Evidence) > 0 ||
		d.reads() || d.st.Read == "waiting" || d.known(check, answer) {
		return false
	}
	s := plain(d.in.Text)
	return d.in.Kind == Chose || number(s) > 0 || d.f.yesNo(s) == "yes" || s == d.f.folded(d.f.Label(answerID(check, answer)))
}

// askWords asks what exactly stands on the screen: a code or its words say more than that there are some.
func (d *talk) askWords(check string) {
	d.st.Pending = &Prompt{Kind: PromptWords, Ref: check, Choices: d.f.choice("wordless", "human")}
	d.decide("diagnose")
	d.question("words")
	d.move("ask")
}

// back asks again what was asked before topics were offered. It reports whether there was such a question.
func (d *talk) back() bool {
	if d.st.Topic == nil {
		return false
	}
	if c := d.f.Table.cause(d.st.Told); c != nil {
		if c.Ticket {
			d.askDecision()
		} else {
			d.confirm()
		}
		return true
	}
	for i := len(d.st.Asked) - 1; i >= 0; i-- {
		if id := d.st.Asked[i]; !slices.ContainsFunc(d.st.Evidence, func(e Evidence) bool { return e.Check == id }) && d.f.Table.check(id) != nil {
			d.ask(d.f.Table.check(id), "asking.back")
			return true
		}
	}
	switch d.st.Topic.Move {
	case "acquirer":
		d.askDecision()
	case "answer":
		d.confirm()
	default:
		return false
	}
	return true
}

// worthNoting says that the message adds to what is known and is no answer to the question on the screen.
func (d *talk) worthNoting() bool {
	if p := d.st.Pending; p == nil || p.Kind != PromptCheck {
		return false
	}
	return d.in.Card != "" || d.in.Ago != nil && short(plain(d.in.Text))
}

// unanswered says that the message does not answer the question on the screen by the way.
func (d *talk) unanswered() bool {
	p := d.st.Pending
	return p != nil && !slices.ContainsFunc(d.in.Evidence, func(e Evidence) bool { return p.Kind == PromptCheck && e.Check == p.Ref })
}

// sameTopic says that the message repeats what is already being worked on.
func (d *talk) sameTopic(t *Topic) bool {
	return d.st.Topic != nil && d.st.Topic.ID == t.ID && d.st.At != "closed" && len(t.Causes) > 0
}

// goOn takes the next step of the topic at hand after something new is known.
func (d *talk) goOn() {
	d.understood()
	if d.st.Waits == "record" {
		d.still()
		return
	}
	if d.st.Pending == nil && len(d.in.Evidence) == 0 && d.openTicket() != nil {
		d.progress() // it was told, and a ticket is on its way: the same again helps nobody
		return
	}
	if len(d.in.Evidence) == 0 && d.again("asking.same") {
		return
	}
	if p := d.st.Pending; p != nil && p.Kind == PromptCheck && len(d.out.Steps) == 0 && d.unanswered() {
		d.advance("asking.noted") // it says something else
		return
	}
	d.advance("asking.next")
}

// heard says what was understood of a message that names symptoms and no trouble, and what to do now: there may be a customer at the till.
func (d *talk) heard() {
	var what []string
	for _, e := range d.in.Evidence {
		l := d.f.Label(answerID(e.Check, e.Answer))
		if c := d.f.Table.check(e.Check); c != nil && e.Answer == "yes" && c.Short != "" {
			l = c.Short
		}
		if l != "" && e.Answer != "unknown" && len(what) < 3 {
			what = append(what, l)
		}
	}
	switch {
	case len(what) == 0:
		d.say("clarify")
	case d.known(wentThrough, "yes"):
		d.say("heard", "what", strings.Join(what, "，"))
	default:
		d.say("heard.till", "what", strings.Join(what, "，"))
	}
}

// question says a text with the choices of the pending prompt, in the same message as the line before it when that line
// belongs to it.
func (d *talk) question(key string, kv ...string) {
	if n := len(d.out.Steps); n > 0 {
		last := &d.out.Steps[n-1]
		if last.Say == "understood" && !last.Article || last.Say == "unknown.code" || last.Say == "clarify" || last.Say == "part.open" || strings.HasPrefix(last.Say, "heard") && !strings.Contains(last.Say, "\n") || last.Say == "record.clear" || last.Say == "record.failed" || last.Say == "miss" || strings.HasPrefix(last.Say[strings.LastIndex(last.Say, "\n")+1:], "aside.") {
			last.Say += "\n" + key
			if last.Args == nil {
				last.Args = map[string]string{}
			}
			for k, v := range args(kv) {
				last.Args[k] = v
			}
			last.Choices = d.st.Pending.Choices
			return
		}
	}
	d.say(key, kv...).Choices = d.st.Pending.Choices
}

// again asks the pending question once more. It reports whether there was one.
func (d *talk) again(key string) bool {
	p := d.st.Pending
	if p == nil {
		return false
	}
	switch p.Kind {
	case PromptCheck:
		d.question(key, "ask", d.f.Table.check(p.Ref).Ask)
		d.decide("diagnose")
	case PromptWords:
		d.question("words")
		d.decide("diagnose")
	case PromptConfirm:
		if key == "asking.again" {
			d.question("confirm.again")
		} else {
			d.question("confirm")
		}
	case PromptDecide:
		if key == "asking.again" {
			d.question("decide.again")
		} else {
			d.question(d.decideKey())
		}
	case PromptNumber:
		d.question("verify.number")
	case PromptCode:
		d.question("verify.code")
	case PromptFile:
		d.report("")
	case PromptAdd:
		d.question("file.add")
	case PromptTopics:
		if p.oneTopic() {
			d.question("offer.one", "title", p.Choices[0].Text)
		} else {
			d.question("offer")
		}
	case PromptObject:
		d.question("clarify.ask")
	default:
		return false
	}
	return true
}

// still says that what the dialogue waits for has not come yet.
func (d *talk) still() {
	if d.st.Waits == VerifyStart || d.st.Waits == VerifyConfirm {
		d.say("verify.still").Progress = true
		return
	}
	if d.st.Waits == "ticket" {
		d.say("ticket.pending").Progress = true
		return
	}
	d.say("record.still").Progress = true
}
