// From a topic to a cause: what is asked, when enough is known, what is told.

package flows

import (
	"slices"
)

func (d *talk) likeliest() string {
	if post := d.f.Table.Posterior(d.st); len(post) > 0 {
		return post[0].ID
	}
	return ""
}

func (d *talk) unknownCode(code string) {
	d.understood()
	d.st.Topic = &Topic{ID: "unknown-code", Title: "代码「" + code + "」", Object: "terminal", Move: "diagnose"}
	d.st.Pending, d.st.Told = nil, ""
	if !slices.ContainsFunc(d.st.Evidence, func(e Evidence) bool { return e.Check == "money-missing" }) {
		d.learn("money-missing", "no", false) // a code on the screen: the payment itself failed
	}
	if !slices.ContainsFunc(d.st.Evidence, func(e Evidence) bool { return e.Check == "one-part" }) {
		d.learn("one-part", "no", false) // and it was not a part of the machine that stopped it
	}
	d.say("unknown.code", "code", code)
	d.advance("asking.next")
}

// begin turns to a topic. What is only a question in between is answered, and what was asked before is taken up again.
func (d *talk) begin(t Topic) {
	d.out.Topic = t.ID
	if t.Move == "answer" && !t.Open && d.st.Topic != nil && d.st.Pending != nil && (t.Object == "" || d.st.Pending.Kind == PromptCheck) {
		d.card("understood", t)
		d.decide("answer")
		d.again("asking.back")
		return
	}
	if t.Object == "" && t.Move == "answer" {
		d.card("understood", t) // small talk: nothing to confirm
		d.decide("answer")
		d.move("listen")
		return
	}
	asked, evidence := d.st.Asked, d.st.Evidence
	refines := t.Code != "" && !t.Open && d.st.Topic != nil && d.st.Topic.Code == "" && d.st.Pending != nil && (d.st.Pending.Kind == PromptCheck || d.st.Pending.Kind == PromptWords)
	if d.st.Topic != nil && d.st.Topic.ID != t.ID && len(d.in.Evidence) == 0 && d.st.Topic.ID != "symptoms" && !refines {
		asked, evidence = nil, nil
	}
	d.st.Topic, d.st.Asked, d.st.Evidence = &t, asked, evidence
	d.st.Told, d.st.Tried, d.st.Pending = "", nil, nil
	d.st.Added, d.st.For, d.st.Back = "", "", nil
	if d.st.Waits == "record" {
		d.st.Waits = "" // it is still told when it comes, see record
	}
	if in := d.in.Incident; in != nil && (t.Move == "diagnose" || slices.ContainsFunc(in.Causes, func(c string) bool { return slices.Contains(t.Causes, c) })) {
		d.incident()
	}
	if t.Move == "diagnose" && (t.Object == "terminal" || t.Object == "payer") {
		// Who asks about a machine or a card does not miss money that was taken.
		t.Evidence = append(slices.Clone(t.Evidence), Evidence{Check: "money-missing", Answer: "no"})
	}
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
		if !d.consult() {
			d.say("understood", "brief", t.Brief)
			d.advance("asking")
		}
	case "acquirer":
		d.decide("acquirer")
		if len(t.Causes) == 0 && d.reads() {
			d.say("understood", "brief", t.Brief) // what to do now does not wait for a record
		}
		if !d.consult() {
			d.afterRecord("asking.next")
		}
	default:
		if d.more() && d.reads() {
			d.say("understood", "brief", t.Brief) // what to do now does not wait for a record
			d.consult()
			return
		}
		d.card("understood", t)
		d.decide("answer")
		d.confirm()
	}
}

// incident tells of a known trouble at a bank or the acquirer, once, and lets it count.
func (d *talk) incident() {
	in := d.in.Incident
	if in == nil || d.st.Incident != nil && d.st.Incident.ID == in.ID {
		return
	}
	d.st.Incident = in
	d.say("incident", "text", in.Text)
}

// card tells the article of the input: as a card, or as plain lines where it is small talk.
func (d *talk) card(key string, t Topic) {
	if d.asksPaid(t) {
		key = "understood\npayment.name"
	}
	d.out.Steps = append(d.out.Steps, Step{Say: key, Args: args([]string{"brief", t.Brief}), Article: true, Plain: t.Object == ""})
}

// reads says that consult would read the record.
func (d *talk) reads() bool {
	return d.in.Bound && d.st.Topic != nil && (d.st.Read == "" || d.st.Read == "waiting" || d.more())
}

// consult reads the record when that may be done and was not done in this episode, or not for what this trouble wants.
func (d *talk) consult() bool {
	if !d.reads() {
		return false
	}
	if d.st.Read == "waiting" { // asked for already, for another topic
		d.st.Waits, d.st.Pending = "record", nil
		d.say("record.still").Progress = true
		d.move("consult")
		return true
	}
	d.st.Read, d.st.Waits = "waiting", "record"
	d.look()
	d.st.Pending = nil
	d.out.Consult = true
	d.say("record.reading").Progress = true
	d.decide("acquirer")
	d.move("consult")
	return true
}

// advance takes the best next step of a diagnosis: read the record, ask a check, or tell a cause.
func (d *talk) advance(key string) {
	if d.consult() || d.payment(key) {
		return
	}
	post := d.f.Table.Posterior(d.st)
	if len(post) == 0 || len(d.st.Tried) >= d.f.Limits.Tried {
		d.giveUp()
		return
	}
	if !d.recordProves(post) {
		if c := d.check(post); c != nil {
			d.ask(c, key)
			d.decide("diagnose")
			return
		}
		if len(d.st.Asked) > 0 && d.blind(post) {
			d.say("unclear")
			d.handover("not answered")
			return
		}
	}
	d.propose(post)
}

// payment keeps to a payment of which nobody knows whether it went through, and reports whether there is one. No cause is told before
// that is known, for the steps of most begin with another payment: it is asked, and who cannot find out is taken to a person.
func (d *talk) payment(key string) bool {
	if !d.unsettled() {
		return false
	}
	c := d.f.Table.check(wentThrough)
	asked := c != nil && slices.Contains(d.st.Asked, c.ID)
	answered := slices.ContainsFunc(d.st.Evidence, func(e Evidence) bool { return e.Check == wentThrough })
	if c == nil || answered || !asked && len(d.st.Asked) >= d.f.Limits.Questions {
		d.giveUp()
		return true
	}
	d.ask(c, key)
	d.decide("diagnose")
	return true
}

// wentThrough is the check that says whether a payment went through.
const wentThrough = "money-missing"

// unsettled says that the trouble is a payment of which nobody knows yet whether it went through.
func (d *talk) unsettled() bool {
	return d.st.Topic != nil && d.st.Topic.Open && !slices.ContainsFunc(d.st.Evidence, func(e Evidence) bool {
		return e.Check == wentThrough && e.Answer != "unknown"
	})
}

// giveUp hands over a trouble for which there is nothing left to try.
func (d *talk) giveUp() {
	if d.unsettled() {
		d.say("tried.open")
	} else {
		d.say("tried.out")
	}
	d.handover("tried")
}

// check returns the question to ask next, or nil when it is time to tell what is likely: a remedy is worth trying, one action group is
// likely enough and its causes need not be told apart, enough was asked, or no answer would change what is told.
func (d *talk) check(post []Likely) *Check {
	l, t := d.f.Limits, &d.f.Table
	left := l.Questions - len(d.st.Asked)
	if left < 1 || t.cause(post[0].ID).Success*post[0].P >= l.Try {
		return nil
	}
	told := d.answers()
	_, p, top := t.group(post)
	switch {
	case p < l.Enough:
		return d.f.next(d.spared(), left, l.Enough)
	case told < l.AtLeast:
		return d.f.telling(d.spared())
	case top.P < l.Sure*p:
		return d.f.inside(d.spared(), l.Gain)
	}
	return nil
}

// explained is P(yes | cause) from which a running trouble of that cause explains a check: nobody has to look for it.
const explained = 0.7

// spared is the state in which a check counts as asked whose yes the incident explains that the merchant was told of.
func (d *talk) spared() State {
	st := d.st
	in := st.Incident
	if in == nil || len(in.Causes) == 0 {
		return st
	}
	st.Asked = slices.Clone(st.Asked)
	for _, c := range d.f.Table.Checks {
		unexplained := func(id string) bool {
			cause := d.f.Table.cause(id)
			return cause == nil || cause.Yes[c.ID] < explained
		}
		if !slices.ContainsFunc(in.Causes, unexplained) && !slices.Contains(st.Asked, c.ID) {
			st.Asked = append(st.Asked, c.ID)
		}
	}
	return st
}

// known says that a check is known to be answered so.
func (d *talk) known(check, answer string) bool {
	return slices.ContainsFunc(d.st.Evidence, func(e Evidence) bool { return e.Check == check && e.Answer == answer })
}

// blind says that all that is known is how often causes happen: naming one would be guessing.
func (d *talk) blind(post []Likely) bool {
	_, p, _ := d.f.Table.group(post)
	return d.answers() == 0 && d.st.Read != "done" && p < d.f.Limits.Enough && d.f.Table.cause(post[0].ID).Success*post[0].P < d.f.Limits.Try
}

// answers counts the checks that the merchant has answered, beside what his topic means by itself.
func (d *talk) answers() (n int) {
	for _, e := range d.st.Evidence {
		if e.Answer != "unknown" && (d.st.Topic == nil || !slices.ContainsFunc(d.st.Topic.Evidence, func(o Evidence) bool { return o.Check == e.Check })) {
			n++
		}
	}
	return n
}

func (d *talk) recordProves(post []Likely) bool {
	if d.st.Read != "done" || len(post) == 0 {
		return false
	}
	c := d.f.Table.cause(post[0].ID)
	return c.shown(d.st.Facts) && c.touches(d.st)
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

// alsoLikely is the probability from which the second cause is named beside the first.
const alsoLikely = 0.2

// propose tells the likeliest cause of the likeliest action group, with the next one as a possibility, and asks what the merchant wants
// to do about it.
func (d *talk) propose(post []Likely) {
	_, _, first := d.f.Table.group(post)
	if d.recordProves(post) {
		first = post[0]
	}
	top := d.f.Table.cause(first.ID)
	next := len(d.st.Tried) > 0 && d.st.Told != top.ID // else it is told once more, with what is new
	d.st.Told = top.ID
	brief := top.Brief
	if top.Money != "" && d.known("money-missing", "yes") {
		brief = top.Money
	}
	st := Step{Say: "propose", Args: args([]string{"brief", brief, "title", top.Title}), Cause: top.ID}
	other := post[0]
	for _, l := range post {
		if l.ID != first.ID {
			other = l
			break
		}
	}
	switch {
	case d.recordProves(post):
		st.Say = "propose.facts"
		st.Args["fact"] = d.provingFact(top)
	case next:
		st.Say = "propose.next\npropose"
	case other.ID != first.ID && other.P >= alsoLikely:
		st.Say = "propose.maybe"
		o := d.f.Table.cause(other.ID)
		st.Args["other"] = o.Title
		if d.st.Read != "done" && len(top.Facts) > 0 && len(o.Facts) > 0 && top.Ticket && o.Ticket {
			st.Say = "propose.record"
		}
	}
	// The line of the topic and the line of the cause say the same to a merchant: the cause is the better one.
	if n := len(d.out.Steps); n > 0 && (d.out.Steps[n-1].Say == "understood" && !d.out.Steps[n-1].Article || d.out.Steps[n-1].Say == "clarify" || d.out.Steps[n-1].Say == "heard.till") {
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
		if !f.Note && slices.Contains(c.Facts, f.State) {
			return f.Text
		}
	}
	return ""
}

func (d *talk) confirm() { d.confirmed("confirm") }

// confirmed asks by a text key whether that was it.
func (d *talk) confirmed(key string) {
	d.st.Pending = &Prompt{Kind: PromptConfirm, Choices: d.f.choice("solved", "unsolved", "human")}
	d.question(key)
	d.move("tell")
}

func (d *talk) askDecision() {
	if d.filed() {
		return
	}
	p, key := d.decision()
	d.st.Pending = p
	d.question(key)
	d.move("propose")
}

// standsFor is the share from which an entry's own steps are those of a cause.
const standsFor = 0.8

// unsolved goes on to the next cause, or to a person.
func (d *talk) unsolved() {
	d.st.Pending = nil
	if c := d.f.Table.cause(d.st.Told); c != nil && d.st.Read == "done" && c.shown(d.st.Facts) {
		d.say("proven.unsolved") // the record says so: another guess would only mislead
		d.handover("tried")
		return
	}
	tried := d.st.Told
	if tried == "" && d.st.Topic != nil {
		tried = d.st.Topic.ID
	}
	if tried != "" && !slices.Contains(d.st.Tried, tried) {
		d.st.Tried = append(d.st.Tried, tried)
	}
	if t := d.st.Topic; d.st.Told == "" && t != nil && t.Move == "answer" {
		for _, id := range t.Causes { // its steps were those of the cause it stands for
			if t.Shares[id] >= standsFor && !slices.Contains(d.st.Tried, id) {
				d.st.Tried = append(d.st.Tried, id)
			}
		}
	}
	d.st.Told = ""
	if d.st.Topic == nil || len(d.st.Topic.Causes) == 0 && len(d.st.Asked) == 0 {
		d.giveUp()
		return
	}
	d.advance("asking.next")
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
