package flows

import (
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
	case Followed:
		d.say("greeting.ai")
	case Bound:
		d.bound()
	case Record:
		d.record()
	case Ticket:
		d.ticket()
	case Timer:
		d.timer()
	case Claimed:
		d.st.Pending, d.st.Waits = nil, ""
		d.move("handover")
	case Queued:
		d.st.Pending = nil
		d.move("handover")
	case Released:
		d.reset()
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
	return d.st, d.out, nil
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
}

func clone(st State) State {
	st.Evidence = slices.Clone(st.Evidence)
	st.Asked = slices.Clone(st.Asked)
	st.Tried = slices.Clone(st.Tried)
	st.Codes = slices.Clone(st.Codes)
	st.Facts = slices.Clone(st.Facts)
	return st
}

func (d *talk) move(event string) {
	at, err := d.f.move(d.st.At, event)
	if err != nil {
		d.err = err
		return
	}
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
func (d *talk) reset() { d.st = State{At: d.st.At} }

func (d *talk) close(result string) {
	d.st.Pending, d.st.Waits, d.st.Told = nil, "", ""
	d.st.Result, d.st.Ended = result, d.in.At
	d.out.Close = true
	d.move("close")
}

const reopenFor = 24 * int64(time.Hour/time.Millisecond)

// said handles what the merchant wrote or tapped.
func (d *talk) said() {
	if len(d.in.Masked) > 0 {
		kinds := make([]string, len(d.in.Masked))
		for i, k := range d.in.Masked {
			kinds[i] = d.f.Text("masked."+k, nil)
		}
		d.say("masked", "kinds", strings.Join(kinds, "、"))
	}
	choice, intent := d.in.Choice, ""
	if d.in.Kind == Said {
		intent = d.f.intent(d.in.Text)
		if intent != "human" {
			if c := d.f.fit(d.st.Pending, d.in.Text); c != "" && !d.outweighs() {
				choice, intent = c, ""
			}
		}
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
	if d.in.Kind == Said && choice == "" && intent == "" && d.st.Topic != nil {
		choice = d.f.outcome(d.in.Text)
	}
	if d.in.Kind == Said && choice == "" && intent == "" && d.in.Topic == nil && d.st.Topic != nil && len(d.in.Evidence) == 0 {
		if e, ok := d.f.elsewhere(d.in.Text); ok {
			d.in.Evidence = []Evidence{e}
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

// outweighs says that the message means a topic of its own so clearly that it is no reply to the question on the screen.
func (d *talk) outweighs() bool {
	return d.in.Topic != nil && d.in.Sure >= 0.9 && !short(plain(d.in.Text)) || len(d.in.Codes) > 0
}

// note keeps what the message says unasked.
func (d *talk) note() {
	if d.st.Said == "" && d.in.Kind == Said && d.f.intent(d.in.Text) == "" {
		d.st.Said = cut(d.in.Text, 80)
	}
	for _, e := range d.in.Evidence {
		d.learn(e.Check, e.Answer, false)
	}
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
		choice = d.f.fit(prompt, d.in.Text)
	}
	if choice == "unsolved" && d.st.Topic != nil && d.in.At-d.st.Ended <= reopenFor {
		d.st.Result, d.st.Ended = "", 0
		if d.st.Told == "" && len(d.st.Tried) == 0 {
			d.st.Tried = append(d.st.Tried, d.likeliest())
		}
		d.move("listen")
		d.unsolved()
		return true
	}
	intent := d.f.intent(d.in.Text)
	if d.in.Kind == Said && (intent == "thanks" || intent == "bye") {
		d.say(intent)
		return true
	}
	ticket := d.st.Ticket
	d.reset()
	d.st.Ticket = ticket
	d.move("listen")
	return false
}

func (d *talk) likeliest() string {
	if post := d.f.Table.Posterior(d.st); len(post) > 0 {
		return post[0].ID
	}
	return ""
}

// chose handles a choice, tapped or typed. A tap on an older question counts too: its id says what was meant.
func (d *talk) chose(id string) {
	misses := d.st.Misses
	d.st.Misses = 0
	switch {
	case id == "unsolved" && d.st.At == "diagnosing" && d.st.Pending != nil:
		// Nothing was told yet that could have helped: the question stands, but not for ever.
		if d.st.Misses = misses + 1; d.st.Misses >= d.f.Limits.Misses {
			d.say("tried.out")
			d.handover("tried")
			return
		}
		d.again("asking.next")
	case id == "human":
		d.handover("asked")
	case id == "solved":
		d.say("solved")
		d.decide("answer")
		d.close("solved")
	case id == "unsolved":
		d.unsolved()
	case id == "ticket" && d.in.Bound:
		d.open()
	case id == "ticket" || id == "request":
		d.say("request.taken")
		d.handover("request")
	case id == "leave" || id == "again" || id == "cancel":
		d.listen("repeat.none")
	case id == "end":
		d.say("bye")
		d.close("gone")
	case strings.HasPrefix(id, "article:") && d.in.Topic != nil:
		d.begin(*d.in.Topic, d.in.Sure)
	case strings.HasPrefix(id, "object:"):
		for _, o := range d.f.Objects {
			if "object:"+o.ID == id {
				d.learn(o.Check, o.Answer, true)
				if d.st.Topic == nil {
					d.st.Topic = &Topic{ID: "object-" + o.ID, Title: o.Text, Object: o.ID, Move: "diagnose"}
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
		d.learn(check, answer, true)
		if d.st.Waits != "" {
			d.say("record.still").Progress = true
			return
		}
		d.advance("asking.next")
	}
}

// intent handles a message that steers the dialogue.
func (d *talk) intent(name string) {
	switch name {
	case "human":
		d.handover("asked")
	case "restart":
		d.reset()
		d.listen("restart")
	case "cancel":
		d.reset()
		d.listen("cancel")
	case "correct":
		d.correct()
	case "repeat":
		if d.st.Pending == nil {
			d.listen("repeat.none")
			return
		}
		d.again("asking.next")
	case "progress":
		d.progress()
	case "continue":
		d.decide("clarify")
		if !d.again("asking.next") {
			d.say("again")
		}
	case "abuse":
		d.st.Abuse++
		d.say("abuse")
		if d.st.Abuse > 1 {
			d.handover("abuse")
			return
		}
		if d.in.Topic != nil || len(d.in.Evidence)+len(d.in.Codes) > 0 {
			d.told() // behind the anger stands a trouble
			return
		}
		if !d.again("asking.next") {
			d.out.Steps[len(d.out.Steps)-1].Choices = d.f.choice("human")
			d.move("listen")
		}
		d.decide("clarify")
	case "thanks", "bye":
		d.say(name)
		d.decide("answer")
		if name == "bye" {
			d.close("gone")
		}
	case "greeting":
		d.decide("clarify")
		if d.st.Pending != nil {
			d.again("asking.next")
			return
		}
		d.listen("greeting")
	}
}

func (d *talk) listen(key string) {
	d.st.Pending, d.st.Told = nil, ""
	d.say(key)
	d.decide("clarify")
	d.move("listen")
}

// correct takes the last answer back and asks its check again.
func (d *talk) correct() {
	for i := len(d.st.Evidence) - 1; i >= 0; i-- {
		e := d.st.Evidence[i]
		if !e.Asked || d.f.Table.check(e.Check) == nil {
			continue
		}
		d.st.Evidence = slices.Delete(d.st.Evidence, i, i+1)
		d.st.Told = ""
		d.ask(d.f.Table.check(e.Check), "correct")
		return
	}
	d.st.Pending, d.st.Told = nil, ""
	d.listen("correct.none")
}

func (d *talk) progress() {
	d.decide("answer")
	if len(d.in.Tickets) == 0 {
		d.say("progress.none")
		return
	}
	for _, t := range d.in.Tickets {
		no := t.No
		if no == "" {
			no = "（编号待确认）"
		}
		d.say("progress", "no", no, "status", d.f.Text("status."+t.Status, nil), "time", clock(t.At))
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
	case topic != nil && d.sameTopic(topic):
		d.goOn()
	case topic != nil:
		d.st.Misses = 0
		d.begin(*topic, d.in.Sure)
	case len(d.in.Evidence) > 0:
		d.st.Misses = 0
		if d.st.Topic == nil {
			d.st.Topic = &Topic{ID: "symptoms", Title: "收款不正常", Move: "diagnose"}
		}
		d.goOn()
	case d.st.Waits != "":
		d.say("record.still").Progress = true
	default:
		d.miss()
	}
}

// sameTopic says that the message repeats what is already being worked on.
func (d *talk) sameTopic(t *Topic) bool {
	return d.st.Topic != nil && d.st.Topic.ID == t.ID && d.st.At != "closed" && len(t.Causes) > 0
}

// goOn takes the next step of the topic at hand after something new is known.
func (d *talk) goOn() {
	d.st.Misses = 0
	if d.st.Waits != "" {
		d.say("record.still").Progress = true
		return
	}
	if len(d.in.Evidence) == 0 && d.again("asking.again") {
		return
	}
	d.advance("asking.next")
}

func (d *talk) unknownCode(code string) {
	d.st.Misses = 0
	d.st.Topic = &Topic{ID: "unknown-code", Title: "代码「" + code + "」", Move: "diagnose"}
	d.st.Pending, d.st.Told = nil, ""
	d.say("unknown.code", "code", code)
	d.advance("asking.next")
}

// begin turns to a topic. A plain question in the middle of a diagnosis is answered, and the diagnosis is taken up again.
func (d *talk) begin(t Topic, sure float64) {
	d.out.Topic = t.ID
	digress := d.st.Pending != nil && d.st.Pending.Kind == PromptCheck && d.st.Topic != nil && t.Move == "answer" && len(t.Causes) == 0
	if digress {
		d.out.Steps = append(d.out.Steps, Step{Say: "understood", Args: args([]string{"brief", t.Brief}), Article: true})
		d.decide("answer")
		d.again("asking.back")
		return
	}
	asked, evidence := d.st.Asked, d.st.Evidence
	if d.st.Topic != nil && d.st.Topic.ID != t.ID && len(d.in.Evidence) == 0 && d.st.Topic.ID != "symptoms" {
		asked, evidence = nil, nil
	}
	d.st.Topic, d.st.Asked, d.st.Evidence = &t, asked, evidence
	d.st.Told, d.st.Tried, d.st.Pending = "", nil, nil
	d.st.Waits = ""
	for _, e := range t.Evidence {
		if !slices.ContainsFunc(d.st.Evidence, func(o Evidence) bool { return o.Check == e.Check }) {
			d.learn(e.Check, e.Answer, false)
		}
	}
	switch t.Move {
	case "reject":
		d.card("understood", t)
		d.decide("reject")
		d.st.Topic = nil
		d.move("listen")
	case "human":
		d.card("understood", t)
		d.handover("topic")
	case "clarify":
		d.say("understood", "brief", t.Brief)
		d.offerObjects("clarify.ask")
	case "diagnose":
		d.decideConsult("diagnose", t)
	case "acquirer":
		if len(t.Causes) > 0 {
			d.decide("acquirer")
			d.decideConsult("acquirer", t)
			return
		}
		d.card("understood", t)
		d.decide("acquirer")
		d.askDecision()
	default:
		d.card("understood", t)
		d.decide("answer")
		if utf8.RuneCountInString(t.Brief) > 0 && t.Object == "" {
			d.move("listen") // small talk and rules: nothing to confirm
			return
		}
		d.confirm()
	}
}

func (d *talk) card(key string, t Topic) {
	d.out.Steps = append(d.out.Steps, Step{Say: key, Args: args([]string{"brief", t.Brief}), Article: true})
}

// decideConsult says the brief of a topic and then reads the record, asks or tells.
func (d *talk) decideConsult(decision string, t Topic) {
	if d.consult() {
		d.decide("acquirer")
		return
	}
	if decision == "acquirer" && d.st.Read != "done" {
		d.out.Steps = append(d.out.Steps, Step{Say: "understood", Args: args([]string{"brief", t.Brief})})
		d.propose(d.f.Table.Posterior(d.st))
		return
	}
	d.out.Steps = append(d.out.Steps, Step{Say: "understood", Args: args([]string{"brief", t.Brief})})
	d.advance("asking")
}

// consult reads the record when that may be done and was not done in this episode.
func (d *talk) consult() bool {
	if !d.in.Bound || d.st.Read != "" || d.st.Topic == nil {
		return false
	}
	d.st.Read, d.st.Waits = "waiting", "record"
	d.st.Pending = nil
	d.out.Consult = true
	d.say("record.reading").Progress = true
	d.decide("acquirer")
	d.move("consult")
	return true
}

// advance takes the best next step of a diagnosis: read the record, ask a check, or tell a cause.
func (d *talk) advance(key string) {
	if d.consult() {
		return
	}
	post := d.f.Table.Posterior(d.st)
	if len(post) == 0 || len(d.st.Tried) >= d.f.Limits.Tried {
		d.say("tried.out")
		d.handover("tried")
		return
	}
	if d.recordProves(post) || d.enough(post) {
		d.propose(post)
		return
	}
	if c := d.f.Table.next(d.st, post, d.f.Limits.Gain); c != nil {
		d.ask(c, key)
		d.decide("diagnose")
		return
	}
	d.propose(post)
}

func (d *talk) recordProves(post []Likely) bool {
	return d.st.Read == "done" && proven(d.f.Table.cause(post[0].ID), d.st.Facts)
}

// enough says that asking more would not change what is told.
func (d *talk) enough(post []Likely) bool {
	known := 0
	for _, e := range d.st.Evidence {
		if e.Answer != "unknown" {
			known++
		}
	}
	l := d.f.Limits
	if len(d.st.Asked) >= l.Questions {
		return true
	}
	if known > 0 && post[0].P >= l.Sure {
		return true
	}
	if known < l.AtLeast {
		return false
	}
	if len(d.st.Tried) > 0 {
		return true // the merchant waits for the next possibility, not for more questions
	}
	_, p := d.f.Table.group(post)
	return p >= l.Enough && (post[0].P >= l.Sure || len(d.st.Asked) >= l.AtLeast+1)
}

func (d *talk) ask(c *Check, key string) {
	choices := make([]Choice, len(c.Answers))
	for i, a := range c.Answers {
		choices[i] = Choice{ID: answerID(c.ID, a.ID), Text: a.Text}
	}
	if !slices.Contains(d.st.Asked, c.ID) {
		d.st.Asked = append(d.st.Asked, c.ID)
	}
	d.st.Pending = &Prompt{Kind: PromptCheck, Ref: c.ID, Choices: choices}
	title := ""
	if d.st.Topic != nil {
		title = d.st.Topic.Title
	}
	d.question(key, "ask", c.Ask, "title", title)
	d.move("ask")
}

// question says a text with the choices of the pending prompt, in the same message as the line before it when that line
// belongs to it.
func (d *talk) question(key string, kv ...string) {
	if n := len(d.out.Steps); n > 0 {
		last := &d.out.Steps[n-1]
		if last.Say == "understood" && !last.Article || last.Say == "unknown.code" || last.Say == "record.clear" || last.Say == "record.failed" || last.Say == "miss" {
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
	case PromptConfirm:
		d.question("confirm")
	case PromptDecide:
		if d.in.Bound {
			d.question("decide.ticket")
		} else {
			d.question("decide.request")
		}
	case PromptTopics:
		d.question("offer")
	case PromptObject:
		d.question("clarify.ask")
	default:
		return false
	}
	return true
}

// alsoLikely is the probability from which the second cause is named beside the first.
const alsoLikely = 0.2

// propose tells the likeliest cause and asks what the merchant wants to do about it.
func (d *talk) propose(post []Likely) {
	top := d.f.Table.cause(post[0].ID)
	d.st.Told = top.ID
	st := Step{Say: "propose", Args: args([]string{"brief", top.Brief, "title", top.Title}), Cause: top.ID}
	switch {
	case d.recordProves(post):
		st.Say = "propose.facts"
		st.Args["fact"] = d.provingFact(top)
	case len(d.st.Tried) > 0:
		st.Say = "propose.next\npropose"
	case len(post) > 1 && post[1].P >= alsoLikely:
		st.Say = "propose.maybe"
		st.Args["other"] = d.f.Table.cause(post[1].ID).Title
	}
	// The line of the topic and the line of the cause say the same to a merchant: the cause is the better one.
	if n := len(d.out.Steps); n > 0 && d.out.Steps[n-1].Say == "understood" && !d.out.Steps[n-1].Article {
		d.out.Steps = d.out.Steps[:n-1]
	}
	d.out.Steps = append(d.out.Steps, st)
	if top.Ticket {
		d.decide("acquirer")
		d.askDecision()
		return
	}
	d.decide("answer")
	d.confirm()
}

func (d *talk) provingFact(c *Cause) string {
	for _, f := range d.st.Facts {
		if slices.Contains(c.Facts, f.State) {
			return f.Text
		}
	}
	return ""
}

func (d *talk) confirm() {
	d.st.Pending = &Prompt{Kind: PromptConfirm, Choices: d.f.choice("solved", "unsolved", "human")}
	d.question("confirm")
	d.move("tell")
}

func (d *talk) askDecision() {
	if d.in.Bound {
		d.st.Pending = &Prompt{Kind: PromptDecide, Choices: d.f.choice("ticket", "unsolved", "human")}
		d.question("decide.ticket")
	} else {
		d.st.Pending = &Prompt{Kind: PromptDecide, Choices: d.f.choice("request", "unsolved", "human")}
		d.question("decide.request")
	}
	d.move("propose")
}

// unsolved goes on to the next cause, or to a person.
func (d *talk) unsolved() {
	d.st.Pending = nil
	tried := d.st.Told
	if tried == "" && d.st.Topic != nil {
		tried = d.st.Topic.ID
	}
	if tried != "" && !slices.Contains(d.st.Tried, tried) {
		d.st.Tried = append(d.st.Tried, tried)
	}
	d.st.Told = ""
	if d.st.Topic == nil || len(d.st.Topic.Causes) == 0 && len(d.st.Asked) == 0 {
		d.say("tried.out")
		d.handover("tried")
		return
	}
	d.advance("asking.next")
}

// open asks the acquirer for a ticket about what was told last.
func (d *talk) open() {
	if d.st.Ticket != "" {
		d.say("ticket.joined", "no", d.st.Ticket)
		d.move("listen")
		d.st.Pending = nil
		return
	}
	about := d.st.Told
	if about == "" && d.st.Topic != nil {
		about = d.st.Topic.ID
	}
	if about == "" {
		d.listen("repeat.none")
		return
	}
	d.st.Waits, d.st.Pending = "ticket", nil
	d.out.Ticket = about
	d.say("ticket.sending").Progress = true
	d.decide("acquirer")
	d.move("consult")
}

func (d *talk) offerObjects(key string) {
	p := &Prompt{Kind: PromptObject}
	for _, o := range d.f.Objects {
		p.Choices = append(p.Choices, Choice{ID: "object:" + o.ID, Text: o.Text})
	}
	d.st.Pending = p
	d.decide("clarify")
	d.question(key)
	d.move("clarify")
}

// miss says that a message was not understood, offers what is near, and goes to a person the second time in a row.
func (d *talk) miss() {
	d.st.Misses++
	if d.st.Misses >= d.f.Limits.Misses {
		d.say("miss.person")
		d.handover("not understood")
		return
	}
	if len(d.in.Offers) > 0 {
		p := &Prompt{Kind: PromptTopics}
		for _, o := range d.in.Offers {
			p.Choices = append(p.Choices, Choice{ID: "article:" + o.ID, Text: o.Title})
		}
		p.Choices = append(p.Choices, d.f.choice("human")...)
		d.st.Pending = p
		d.decide("clarify")
		d.say("offer").Choices = p.Choices
		d.move("clarify")
		return
	}
	if d.st.Pending != nil && d.again("asking.again") {
		return
	}
	d.say("miss")
	d.offerObjects("clarify.ask")
}

// handover gives the conversation to the queue.
func (d *talk) handover(reason string) {
	d.decide("human")
	d.st.Pending, d.st.Waits, d.st.Noted = nil, "", false
	d.st.Misses = 0
	d.out.Queue = reason
	d.move("handover")
	desk := d.in.Desk
	step := Step{Say: "queued", Args: map[string]string{"place": d.place()}, System: true, Queue: &desk}
	if !desk.Open {
		step.Say = "queued.closed"
		step.Choices = d.f.choice("leave", "again", "cancel")
	} else {
		step.Choices = d.f.choice("again", "leave", "cancel")
	}
	d.st.Pending = &Prompt{Kind: PromptLeave, Choices: step.Choices}
	d.out.Steps = append(d.out.Steps, step)
}

func (d *talk) place() string {
	if d.in.Desk.Ahead == 0 {
		return d.f.Text("queued.first", nil)
	}
	return d.f.Text("queued.pos", map[string]string{
		"ahead":   fmt.Sprint(d.in.Desk.Ahead),
		"minutes": fmt.Sprint(max(1, (d.in.Desk.ETA+59)/60)),
	})
}

// waiting handles a message while a person speaks or is waited for. Pending is set only while the queue holds the conversation.
func (d *talk) waiting(choice, intent string) {
	if d.st.Pending == nil {
		return // an agent speaks: the bot keeps silent
	}
	switch {
	case choice == "leave" && d.in.Text != "" && d.in.Kind == Chose:
		d.say("leave.taken")
	case choice == "leave":
		d.say("leave.ask")
		d.move("write")
	case choice == "again":
		d.leaveQueue("selfhelp")
	case choice == "cancel" || intent == "cancel":
		d.leaveQueue("dequeued")
	case choice == "human" || intent == "human":
		d.say("queued.already", "place", d.place())
	case choice != "":
		d.leaveQueue("selfhelp")
		d.note()
		d.chose(choice)
	case !d.st.Noted:
		d.st.Noted = true
		d.say("queued.note")
	}
	d.decide("human")
}

func (d *talk) leaveQueue(key string) {
	d.out.Unqueue = true
	d.st.Pending = nil
	d.say(key)
	d.move("listen")
}

// message takes down a line for the desk; the conversation stays in the queue.
func (d *talk) message(choice, intent string) {
	if choice == "again" || choice == "cancel" || intent == "cancel" {
		d.st.At = "person"
		d.waiting(choice, intent)
		return
	}
	d.say("leave.taken")
	d.decide("human")
	d.st.Noted = true
	d.move("handover")
}

func (d *talk) media() {
	if d.st.At == "person" || d.st.At == "escalating" {
		return
	}
	key := "media.other"
	if d.in.Media == "image" || d.in.Media == "voice" {
		key = "media." + d.in.Media
	}
	d.say(key)
	d.again("asking.back")
	d.decide("clarify")
}

// bound goes on with a trouble that is already on the table, now that the record may be read.
func (d *talk) bound() {
	d.decide("acquirer")
	if d.st.Topic != nil && d.st.At != "closed" && d.st.At != "person" && d.st.At != "escalating" {
		d.say("bound.more", "shop", d.in.Shop)
		d.st.Read = ""
		d.st.Tried = nil
		if d.consult() {
			return
		}
	}
	if d.st.At == "person" || d.st.At == "escalating" {
		return
	}
	d.st.Read, d.st.Facts = "", nil
	d.out.Steps = nil
	d.say("bound", "shop", d.in.Shop)
	d.st.Pending = nil
	d.move("listen")
}

// record takes in what the acquirer knows, or that it could not be read.
func (d *talk) record() {
	if d.st.Waits != "record" {
		if d.st.Read == "failed" && !d.in.Failed && d.st.At != "person" && d.st.At != "closed" && d.st.At != "escalating" {
			d.st.Read, d.st.Facts = "done", d.in.Facts // late, but still worth knowing
			if len(d.in.Facts) > 0 {
				d.say("record.late")
				d.st.Told = ""
				d.advance("asking.next")
			}
		}
		return
	}
	d.st.Waits = ""
	if d.in.Failed {
		d.st.Read = "failed"
		d.say("record.failed")
		d.advance("asking.next")
		return
	}
	d.st.Read, d.st.Facts = "done", d.in.Facts
	if len(d.in.Facts) == 0 {
		d.say("record.clear", "time", clock(d.in.At))
		d.advance("record.clear.ask")
		return
	}
	d.advance("asking.next")
}

var beijing = time.FixedZone("CST", 8*3600)

func clock(ms int64) string { return time.UnixMilli(ms).In(beijing).Format("15:04") }

// ticket takes in what became of a ticket.
func (d *talk) ticket() {
	waits := d.st.Waits == "ticket"
	if waits {
		d.st.Waits = ""
	}
	switch {
	case d.in.Unknown:
		d.say("ticket.unknown")
		if waits {
			d.handover("ticket unknown")
		}
	case d.in.Failed:
		d.say("ticket.failed")
		if waits {
			d.handover("ticket failed")
		}
	default:
		d.st.Ticket = d.in.TicketNo
		d.st.Result = "ticket"
		title := ""
		if len(d.in.Tickets) > 0 {
			title = d.in.Tickets[len(d.in.Tickets)-1].Title
		}
		step := d.say("ticket.opened", "no", d.in.TicketNo)
		step.Ticket = &TicketState{No: d.in.TicketNo, Status: "OPEN", Title: title}
		if waits {
			d.st.Pending = nil
		}
	}
}

func (d *talk) timer() {
	switch d.in.Timer {
	case "record":
		if d.st.Waits == "record" {
			d.in.Failed = true
			d.record()
		}
	case "waiting":
		if d.st.At == "person" && d.st.Pending != nil {
			d.say("queued.still").Choices = d.st.Pending.Choices
		}
	case "idle":
		if d.st.At != "person" && d.st.At != "escalating" && d.st.Waits == "" {
			d.close("gone")
		}
	}
}
