package bot

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"posdoctor/flows"
	"posdoctor/knowledge"
)

// dialogue lets the flow decide the event and carries out what it wants.
func (t *turn) dialogue() error {
	f := t.book.Flow
	in, ok := t.input()
	if !ok {
		return nil
	}
	if t.next.Holder.Kind == HolderAgent { // what came is kept, but while an agent speaks the bot says nothing
		if t.ev.Kind == EventRecord || t.ev.Timer == TimerRecord {
			t.next.Dialogue = f.Observe(t.next.Dialogue, in)
		}
		if a := in.Answered; a != nil && t.ev.Kind == EventTicket {
			t.beside(*a)
		}
		return nil
	}
	was := t.next.Dialogue.At
	st, out, err := f.Next(t.next.Dialogue, in)
	if err != nil {
		return err
	}
	st.Added, _ = Mask(st.Added) // a number may be spread over what was added line by line
	t.next.Dialogue, t.outcome = st, out
	t.moves = append(t.moves, out.Moves...)
	if out.Unqueue && t.next.Holder.Kind == HolderQueue {
		t.hold(Holder{Kind: HolderBot})
		t.next.Reason = ""
		t.cancel(TimerWaiting)
	}
	if t.next.Holder.Kind == HolderClosed && st.At != "closed" {
		t.hold(Holder{Kind: HolderBot}) // a new episode
		t.next.Topic, t.next.Reason = "", ""
	}
	for _, s := range out.Steps {
		t.step(s)
	}
	if st.Topic != nil {
		t.next.Topic = st.Topic.Title
		for _, f := range st.Frames { // whoever takes over sees at once that it is not all
			t.next.Topic += "；" + f.Topic.Title
		}
	}
	if out.Consult && t.next.Binding != nil {
		t.call(OpRecord, nil)
		t.look()
		t.start(TimerRecord)
	}
	t.prove(out.Verify, in.Number)
	if out.Ticket != "" && t.next.Binding != nil {
		t.openTicket(out.Ticket)
	}
	if out.Queue != "" && t.next.Holder.Kind != HolderQueue {
		t.hold(Holder{Kind: HolderQueue})
		t.next.Reason = out.Queue
		t.start(TimerWaiting)
	} else if after, ok := f.Starts(st, TimerWaiting); ok && st.At != was && t.next.Holder.Kind == HolderQueue {
		t.set(TimerWaiting, after) // he goes to and fro between waiting and writing
	}
	switch {
	case out.Close:
		t.hold(Holder{Kind: HolderClosed})
		if t.ev.Kind != EventTimer { // who went away needs no good-bye
			t.say(Message{Type: TypeEnded, From: FromSystem, Text: f.Text("ended", nil)})
			if st.Result == "solved" {
				t.ask()
			}
		}
	case t.next.Holder.Kind == HolderBot:
		t.watch()
	}
	return nil
}

// input turns the event into what the flow sees. It reports false when the event changes nothing any more.
func (t *turn) input() (flows.Input, bool) {
	ev := t.ev
	in := flows.Input{At: ev.At, Caller: t.caller(), Text: ev.Text, Choice: ev.Choice, Media: ev.Media, Timer: ev.Timer, Masked: ev.Masked,
		Spoken: ev.Spoken, Crossed: ev.Crossed, Listening: ev.Fetch != nil && ev.Fetch.Words}
	if ev.Desk != nil {
		in.Desk = ev.Desk.seen()
	}
	if ev.Finding != nil {
		t.findings(&in, *ev.Finding)
		if in.Topic != nil && ev.Also != nil {
			in.Also = t.also(*ev.Also)
		}
	}
	in.Kind = map[string]string{EventSaid: flows.Said, EventChose: flows.Chose, EventMedia: flows.Media, EventFollowed: flows.Followed,
		EventRecord: flows.Record, EventTicket: flows.Ticket, EventTimer: flows.Timer, EventBound: flows.Bound,
		EventUnheard: flows.Unheard, EventProof: flows.Proof, EventNews: flows.News}[ev.Kind]
	switch ev.Kind {
	case EventBound:
		t.bind(*ev.Binding)
		in.Shop = ev.Binding.Name
	case EventProof:
		number := t.proving().Number
		if !t.proofEvent(&in) {
			return in, false
		}
		if ev.Binding != nil {
			b := *ev.Binding
			b.Number = number
			t.bind(b)
			in.Kind, in.Shop = flows.Bound, ev.Binding.Name
		}
	case EventRecord:
		if b := t.next.Binding; ev.Record != nil && (b == nil || ev.Record.Merchant != b.Merchant) || ev.Record == nil && ev.Call != t.next.Awaits {
			return in, false // of a merchant that this address no longer speaks for, or the failure of an older call
		}
		if ev.Call == t.next.Awaits {
			t.next.Awaits = ""
			t.cancel(TimerRecord)
		}
		in.Failed = ev.Record == nil
		if ev.Record != nil {
			in.Person, in.Observed = ev.Record.Person, ev.Record.ObservedAt
			in.Stale = ev.Record.Stale && ev.At-ev.Record.ObservedAt >= staleFrom
			for _, fact := range ev.Record.Statements(func(state string) string { return t.book.Flow.Text("fact."+state, nil) }) {
				in.Facts = append(in.Facts, flows.Fact{State: fact.State, Text: fact.Text, At: fact.At, Note: fact.Note, Link: fact.Link})
			}
		}
	case EventTicket:
		if !t.ticketAnswer(&in) {
			return in, false
		}
	case EventTimer:
		if ev.Timer == TimerPromise {
			in.Kind, in.Answered = flows.Late, t.overdue
		}
		if ev.Timer == TimerRecord {
			if t.next.Awaits == "" {
				return in, false
			}
			t.next.Awaits, in.Failed = "", true
		}
	}
	if ev.Kind != EventProof {
		t.proofInput(&in)
	}
	in.Unbound, in.Binds, in.Looks, in.Others = t.unbound, ev.Binds, ev.Looks, ev.Others > 0
	in.Bound, in.NoTickets = t.next.Binding != nil, ev.NoTickets
	in.Fresh, in.Numbered = t.fresh(), in.Bound && t.next.Binding.Number != ""
	for i, r := range append(slices.Clone(ev.Elsewhere), t.next.Tickets...) {
		if t.next.Binding == nil || r.Merchant != t.next.Binding.Merchant {
			continue
		}
		in.Tickets = append(in.Tickets, flows.TicketState{No: r.No, Status: r.Status, Title: r.Title, About: r.About, At: r.At, Due: r.Due, Late: r.Late,
			Elsewhere: i < len(ev.Elsewhere)})
	}
	return in, true
}

// From which probability an entry is told; a refusal or a case for people, which must not be missed; and one of several offered.
const (
	tell       = 0.7
	tellSafe   = 0.4
	tellOver   = 0.8  // over a question on the screen
	tellShort  = 0.95 // … in fewer than shortLine characters
	offer      = 0.3
	offerOver  = 0.65 // over a question on the screen, which is asked again before anything else is offered
	offerShort = 0.8  // … in fewer than shortLine characters

	shortLine  = 6  // characters; so few mean little by their likeness to anything
	wholeStory = 13 // … and so many are a whole story, also where a question was asked
)

func (f Finding) tell() float64  { return cmp.Or(f.Tell, tell) }
func (f Finding) offer() float64 { return cmp.Or(f.Offer, offer) }

// asked says that a question is on the screen to which the next line most likely replies.
func (t *turn) asked() bool {
	st := t.next.Dialogue
	return st.Pending != nil && st.At != "clarifying" && st.At != "person"
}

// line is what is read: the words of the event, with those held before it.
func (t *turn) line() string { return cmp.Or(t.ev.Joined, t.ev.Text) }

// needed is how sure a finding must be to be acted on here. While a question is on the screen, a line is a reply to it unless it
// clearly is not; the shorter it is, the clearer it must be. A refusal or a case for people is acted on early in a story only: a reply
// or a word that is like one by chance raises no alarm. A phrase that always means it is sure enough everywhere.
func (t *turn) needed(f Finding) float64 {
	switch {
	case t.ev.Kind != EventSaid:
		return f.tell()
	case f.alarm() && t.story():
		return min(tellSafe, f.tell())
	case !t.asked():
		return f.tell()
	case t.laidAside(f.Top.ID):
		return tellSafe // it is known to be a trouble of his
	case t.book.Flow.Another(t.ev.Text): // 另外: no reply, he says so himself
		return f.tell()
	case t.wonders():
		return f.tell()
	case utf8.RuneCountInString(t.line()) < shortLine:
		return tellShort
	}
	return tellOver
}

// wondering begins a question of the merchant's own.
var wondering = []string{"怎么", "怎样", "如何", "咋", "为什么", "为啥", "请问"}

// wonders says that the line is a question, and so no reply to the one on the screen, however short it is.
func (t *turn) wonders() bool {
	return slices.ContainsFunc(wondering, func(w string) bool { return strings.HasPrefix(t.line(), w) }) || strings.Contains(t.line(), "多少")
}

// alarm says that the entry refuses the merchant or calls people.
func (f Finding) alarm() bool {
	return f.Top != nil && (f.Top.Move == knowledge.Reject || f.Top.Move == knowledge.Human)
}

// story says that the line is one of its own: no reply, and long enough to mean what it is like.
func (t *turn) story() bool {
	long := utf8.RuneCountInString(t.line())
	return long >= wholeStory || long >= shortLine && t.next.Dialogue.Pending == nil
}

// laidAside says that an article is about a trouble that waits.
func (t *turn) laidAside(article string) bool {
	return slices.ContainsFunc(t.next.Dialogue.Frames, func(f flows.Frame) bool { return f.Topic.ID == article })
}

func (t *turn) findings(in *flows.Input, f Finding) {
	if f.Top != nil && f.P >= t.needed(f) {
		topic := topicOf(f.Top)
		for _, c := range f.Codes {
			if c.Known && slices.Contains(f.Top.Codes, c.Code) {
				topic.Code = c.Code
			}
		}
		in.Topic, in.Sure = &topic, f.P
	}
	least := f.offer()
	switch {
	case t.asked() && utf8.RuneCountInString(t.line()) < shortLine && !t.wonders():
		least = max(least, offerShort)
	case t.asked():
		least = max(least, offerOver)
	}
	for _, h := range f.Hits {
		if f.alarm() && h.Article == f.Top.ID && !t.story() {
			continue // to be asked whether one was robbed, or wants to cheat, is an alarm too
		}
		if h.P >= least && len(in.Offers) < 3 {
			o := flows.Topic{ID: h.Article, Title: h.Title}
			if f.Top != nil && f.Top.ID == h.Article {
				o = topicOf(f.Top)
			}
			in.Offers = append(in.Offers, o)
		}
	}
	if f.Incident != nil {
		in.Incident = incident(f.Incident)
	}
	if f.Ago != nil {
		in.Ago = &flows.Ago{Least: f.Ago.Least, Most: f.Ago.Most}
	}
	if f.Paid != nil {
		in.Paid = &flows.Paid{Amount: f.Paid.Amount, From: f.Paid.From, To: f.Paid.To}
	}
	in.Evidence, in.Codes, in.Card = evidenceOf(f), codesOf(f), f.Card
}

// also is the second trouble of the message as the flow sees it.
func (t *turn) also(a Also) *flows.Trouble {
	return &flows.Trouble{Topic: topicOf(a.Finding.Top), Said: a.Text, Evidence: evidenceOf(a.Finding), Codes: codesOf(a.Finding)}
}

func evidenceOf(f Finding) (out []flows.Evidence) {
	for _, e := range f.Evidence {
		out = append(out, flows.Evidence{Check: e.Check, Answer: e.Answer})
	}
	return out
}

func codesOf(f Finding) (out []flows.Code) {
	for _, c := range f.Codes {
		out = append(out, flows.Code{Text: c.Code, Known: c.Known})
	}
	return out
}

// incident is what the flow hears of an incident.
func incident(i *knowledge.Incident) *flows.Incident {
	return &flows.Incident{ID: i.ID, Text: strings.TrimRight(i.Text, "。"), Causes: i.Causes, Weight: i.Factor(), At: i.Since(), Narrow: len(i.Codes)+len(i.Words) > 0}
}

func topicOf(a *knowledge.Article) flows.Topic {
	t := flows.Topic{ID: a.ID, Title: a.Title, Object: string(a.Object), Move: string(a.Move), Brief: strings.TrimRight(a.Brief, "。"),
		Causes: a.Causes, Shares: a.Shares, Open: openOutcome(a), Usual: a.Usual}
	for _, e := range a.Evidence {
		t.Evidence = append(t.Evidence, flows.Evidence{Check: e.Check, Answer: e.Answer})
	}
	t.Evidence = append(t.Evidence, refused(a)...)
	return t
}

// refused is what a response code says by itself: the payment failed, so no money of it is on its way; and the words on the screen are the
// code's: those of an issuer name neither shop nor terminal nor a part of it. One that leaves the outcome open says nothing of the kind.
func refused(a *knowledge.Article) (out []flows.Evidence) {
	if len(a.Codes) == 0 || a.Retry == "query" || a.Object == knowledge.Settlement {
		return nil
	}
	no := func(check string) {
		if !slices.ContainsFunc(a.Evidence, func(e knowledge.Evidence) bool { return e.Check == check }) {
			out = append(out, flows.Evidence{Check: check, Answer: "no"})
		}
	}
	no("money-missing")
	if a.Object == knowledge.Payer {
		no("status-word")
		no("one-part")
	}
	return out
}

// call asks the acquirer. Its id is made of the event's, so that a replay asks the same.
func (t *turn) call(op string, req *TicketRequest) string {
	c := Call{ID: fmt.Sprintf("%s-%s", t.ev.ID, op), Op: op, Merchant: t.next.Binding.Merchant, Ticket: req}
	t.effects = append(t.effects, Effect{Call: &c})
	if op == OpRecord {
		t.next.Awaits = c.ID
	}
	return c.ID
}

// keepTickets is how many tickets stay in the state of a conversation; older ones stand in its messages.
const keepTickets = 5

func (t *turn) openTicket(about string) {
	title := t.book.title(about)
	if st := t.next.Dialogue; st.Topic != nil && about == st.Topic.ID {
		title = st.Topic.Title
	}
	req := TicketRequest{Request: "R" + strings.ReplaceAll(t.ev.ID, "-", ""), Merchant: t.next.Binding.Merchant, Title: title,
		Body: t.book.Summary(t.next), Terminal: t.terminal(), At: t.ev.At}
	if n := len(t.next.Dialogue.Codes); n > 0 {
		req.Code = t.next.Dialogue.Codes[n-1]
	}
	call := t.call(OpTicket, &req)
	t.next.Tickets = append(t.next.Tickets, TicketRef{Request: req.Request, Call: call, Status: "SENDING", Title: title, About: about, Merchant: req.Merchant, At: t.ev.At})
	if n := len(t.next.Tickets); n > keepTickets {
		t.next.Tickets = t.next.Tickets[n-keepTickets:]
	}
}

// ticketAnswer writes the acquirer's answer into the conversation's tickets.
// It reports false for an opened ticket of a merchant for whom this address no longer speaks.
func (t *turn) ticketAnswer(in *flows.Input) bool {
	status, no := "FAILED", ""
	switch {
	case t.ev.Ticket != nil:
		status, no = t.ev.Ticket.Status, t.ev.Ticket.No
	case t.outcomeOpen():
		status, in.Unknown = "UNKNOWN", true
	default:
		in.Failed = true
	}
	own := true
	for i := range t.next.Tickets {
		r := &t.next.Tickets[i]
		if !t.about(*r) {
			continue
		}
		own = t.next.Binding != nil && t.next.Binding.Merchant == r.Merchant
		r.No, r.Status, r.At = no, status, t.ev.At
		if t.ev.Ticket != nil {
			r.Moved = t.ev.Ticket.At
			t.askTicketLater(askTicketFirst)
			in.Answered = &flows.TicketState{No: no, Status: status, Title: r.Title, About: r.About, At: r.At, Due: t.ev.Ticket.Due}
			t.promised(r)
		}
	}
	return own || in.Failed || in.Unknown // what is not known or was refused goes to people all the same
}

// step says one step of the flow.
func (t *turn) step(s flows.Step) {
	f, found := t.book.Flow, t.ev.Finding
	if s.Aside {
		found = t.ev.Aside
	}
	var part []string
	if s.Part != "" {
		s.Args, part = t.part(s, found)
	}
	if s.File {
		s.Args = withBody(s.Args, t.book.report(t.next))
	}
	var lines []string
	for _, key := range strings.Split(s.Say, "\n") {
		if key == "" {
			continue
		}
		line := f.Wording(key, s.Nth[key], s.Args)
		lines = append(lines, strings.ReplaceAll(strings.ReplaceAll(line, "。。", "。"), "？。", "？"))
	}
	if s.Plain && found != nil && found.Top != nil {
		a := found.Top
		for _, line := range append([]string{a.Cause}, a.Solution...) {
			if line != "" && strings.TrimRight(line, "。") != strings.TrimRight(a.Brief, "。") { // the brief was said
				lines = append(lines, line)
			}
		}
	}
	lines = append(lines, part...)
	m := Message{Type: TypeMessage, From: FromBot, Text: strings.Join(lines, "\n"), Progress: s.Progress}
	for _, c := range s.Choices {
		m.Choices = append(m.Choices, Choice(c))
	}
	if s.System {
		m.From = FromSystem
	}
	switch {
	case s.Queue != nil:
		m.Type = TypeQueued
		m.QueueLine = &QueueLine{Pos: s.Queue.Ahead + 1, ETA: s.Queue.ETA, Open: s.Queue.Open}
	case s.Ticket != nil:
		m.Type, m.Title = TypeTicket, s.Ticket.Title
		m.TicketLine = &TicketLine{No: s.Ticket.No, Status: s.Ticket.Status}
	}
	if m.Text != "" || m.Type != TypeMessage {
		t.say(m)
	}
	switch {
	case s.Part != "": // it was said in lines
	case s.Cause != "":
		if c := t.book.cause(s.Cause); c != nil {
			t.say(t.causeCard(c))
		}
	case s.Article && !s.Plain && found != nil && found.Top != nil:
		if a := found.Top; a.Cause != "" || a.Impact != "" || len(a.Solution)+len(a.Prevention) > 0 {
			t.say(articleCard(a, found.P, found.Revision))
		}
	}
}

// part is what of a remedy answers a question about it: arguments for the text, and lines after it.
func (t *turn) part(s flows.Step, found *Finding) (args map[string]string, lines []string) {
	var r knowledge.Remedy
	if c := t.book.cause(s.Cause); c != nil {
		r = c.Remedy
	} else if s.Article && found != nil && found.Top != nil {
		r = found.Top.Remedy
	}
	args = map[string]string{"impact": r.Impact, "lifted": t.book.Flow.Text("part.self", nil)}
	if r.LiftedBy != "" {
		args["lifted"] = t.book.Flow.Text("part.lifted", map[string]string{"who": r.LiftedBy})
	}
	for k, v := range s.Args {
		args[k] = v
	}
	if s.Part != "how" {
		return args, nil
	}
	for i, step := range r.Solution {
		lines = append(lines, fmt.Sprintf("%d) %s", i+1, step))
	}
	if len(r.Prepare) > 0 {
		lines = append(lines, "需要准备："+strings.Join(r.Prepare, "；"))
	}
	return args, lines
}

// alsoShown is the probability from which a card names other causes beside its own.
const alsoShown = 0.1

func (t *turn) causeCard(c *knowledge.Cause) Message {
	st := t.next.Dialogue
	card := cardOf(c.Remedy, c.Object)
	card.CauseID, card.Revision = c.ID, t.book.Version
	if st.Topic != nil {
		card.Article, card.Code = st.Topic.ID, st.Topic.Code
	}
	for _, l := range t.book.Flow.Explain(st).Likely {
		if l.ID == c.ID {
			card.Conf = round(l.P)
		} else if l.P >= alsoShown {
			card.Likely = append(card.Likely, Likely{ID: l.ID, Title: t.book.title(l.ID), P: round(l.P)})
		}
	}
	for _, f := range st.Facts {
		if slices.Contains(c.Facts, f.State) { // what speaks of another cause would only confuse here
			card.Facts = append(card.Facts, Fact{State: f.State, Text: f.Text, At: f.At, Note: f.Note, Link: f.Link})
			if step := "办理入口：" + f.Link; f.Link != "" && !slices.Contains(card.Steps, step) {
				card.Steps = append(card.Steps, step) // a step of its own: every channel shows it as text
			}
		}
	}
	return cardMessage(c.Title, card)
}

func articleCard(a *knowledge.Article, p float64, revision string) Message {
	card := cardOf(a.Remedy, a.Object)
	card.Article, card.Conf, card.Revision = a.ID, round(p), revision
	if len(a.Codes) > 0 {
		card.Code = a.Codes[0]
	}
	if a.Custom && card.Cause != "" {
		card.Cause += "（这是行业惯例，以收单机构的说明为准。）"
	}
	return cardMessage(a.Title, card)
}

func cardOf(r knowledge.Remedy, o knowledge.Object) *Card {
	steps := slices.Clone(r.Solution)
	for _, p := range r.Prevention { // what helps next time comes after what helps now
		steps = append(steps, "平时："+p)
	}
	return &Card{Object: o, Cause: r.Cause, Impact: r.Impact, Steps: steps, LiftedBy: r.LiftedBy, Prepare: r.Prepare, Never: r.Never, Updated: r.Updated}
}

func cardMessage(title string, c *Card) Message {
	return Message{Type: TypeDiag, From: FromBot, Title: title, Text: c.Plain(title), Card: c}
}

func round(p float64) float64 { return float64(int(p*100+0.5)) / 100 }

// Plain writes a card as lines of text, for channels and terminals that cannot show parts.
func (c *Card) Plain(title string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "【%s】", title)
	part := func(name, text string) {
		if text != "" {
			fmt.Fprintf(&b, "\n%s：%s", name, text)
		}
	}
	list := func(name string, items []string) {
		if len(items) > 0 {
			fmt.Fprintf(&b, "\n%s：", name)
			for i, s := range items {
				fmt.Fprintf(&b, "\n%d) %s", i+1, s)
			}
		}
	}
	for _, f := range c.Facts {
		part("查到的情况", f.Text)
	}
	part("原因", c.Cause)
	part("影响", c.Impact)
	list("处理办法", c.Steps)
	part("谁能解除", c.LiftedBy)
	part("需要准备", strings.Join(c.Prepare, "；"))
	part("请不要", strings.Join(c.Never, "；"))
	return b.String()
}
