// Two troubles of one merchant: one is laid aside for the other and taken up again when that one is over.

package flows

import (
	"slices"
	"strings"
)

// maxFrames is how many troubles wait at most. Who brings more is better served by a person.
const maxFrames = 3

// frame is the trouble at hand, to lay aside.
func (s *State) frame() Frame {
	return Frame{Topic: s.Topic, Said: s.Said, Evidence: s.Evidence, Asked: s.Asked, Pending: s.Pending, Told: s.Told, Tried: s.Tried, Codes: s.Codes, Added: s.Added}
}

// take makes f the trouble at hand. The record and what waits outside belong to the merchant, not to one trouble.
func (s *State) take(f Frame) {
	s.Topic, s.Said, s.Pending, s.Told, s.Added, s.For, s.Back = f.Topic, f.Said, f.Pending, f.Told, f.Added, "", nil
	s.Evidence, s.Asked = slices.Clone(f.Evidence), slices.Clone(f.Asked)
	s.Tried, s.Codes = slices.Clone(f.Tried), slices.Clone(f.Codes)
	s.Misses, s.Unclear = 0, 0
}

// Apart says that two topics are two troubles, and not one in other words. Money that has not arrived and a payment that fails are
// two. Two entries about failing payments are most often the same trouble seen twice, unless the merchant says that it is another one.
func Apart(a, b Topic, another bool) bool {
	switch {
	case a.ID == b.ID || a.Code != "" && a.Code == b.Code || a.Object == "" || b.Object == "":
		return false
	case (a.Object == "settlement") != (b.Object == "settlement"):
		return true
	}
	shares := slices.ContainsFunc(a.Causes, func(c string) bool { return slices.Contains(b.Causes, c) })
	return another && !shares
}

// underWay says that the trouble at hand is not settled: something about it was asked, is read, or was told as its likely cause.
func (d *talk) underWay() bool {
	if d.st.Topic == nil {
		return false
	}
	if p := d.st.Pending; p != nil {
		return p.Kind == PromptCheck || p.Kind == PromptWords || p.Kind == PromptDecide || p.Kind == PromptNumber || p.Kind == PromptCode || p.Kind == PromptFile || p.Kind == PromptConfirm && (d.st.Told != "" || d.unsettled())
	}
	return d.st.Waits == "record"
}

// turnTo looks whether the message turns from the trouble at hand to another one, before anything is learnt from it: what is known
// of one must not get into the other. It reports false when the message is dealt with.
func (d *talk) turnTo() bool {
	t := d.in.Topic
	if t == nil {
		return true
	}
	if i := slices.IndexFunc(d.st.Frames, func(f Frame) bool { return f.Topic.ID == t.ID }); i >= 0 && !d.sameTopic(t) {
		d.swap(i)
		return true
	}
	diagnosed := t.Open || t.Move == "diagnose" || t.Move == "acquirer" || d.st.Pending != nil && d.st.Pending.Kind == PromptConfirm && t.Move == "answer"
	if d.in.Also == nil && !diagnosed || !d.underWay() || !Apart(*d.st.Topic, *t, d.f.Another(d.in.Text)) {
		return true
	}
	if len(d.st.Frames) == maxFrames {
		d.many(*t)
		return false
	}
	d.layAside()
	return true
}

// swap takes up the trouble that the merchant comes back to by himself, and lays the one at hand aside for it.
func (d *talk) swap(i int) {
	f := d.st.Frames[i]
	d.st.Frames = slices.Delete(d.st.Frames, i, i+1)
	if d.underWay() {
		d.layAside()
		d.kept, d.keptArgs = "aside.swap", args([]string{"title", f.Topic.Title, "aside", d.keptArgs["aside"]})
	} else {
		d.kept, d.keptArgs = "aside.back", args([]string{"aside", f.Topic.Title})
	}
	d.st.take(f)
	d.stand()
	if f.Pending == nil && len(f.Asked)+len(f.Tried) == 0 {
		d.st.Topic = nil // nothing was said about it yet: it begins
	}
	d.swapped = true
}

// many hands over when more is the matter than can be kept apart here. The newest trouble goes with the one at hand: its words are
// in the conversation.
func (d *talk) many(t Topic) {
	d.say("aside.many", "title", t.Title)
	d.handover("many")
}

// layAside puts the trouble at hand on the stack.
func (d *talk) layAside() {
	f := d.st.frame()
	switch {
	case d.st.For == ForWish && asks(d.st, PromptNumber, PromptCode):
		f.Pending = d.st.Back
	case asks(d.st, PromptNumber, PromptCode, PromptFile, PromptAdd):
		f.Pending, _ = d.decision() // what was asked for is asked anew
	}
	d.st.Frames = append(d.st.Frames, f)
	d.st.take(Frame{})
	if d.st.Waits == "record" {
		d.st.Waits = "" // it is still told when it comes, see record
	}
	d.kept, d.keptArgs = "aside.kept", args([]string{"aside", f.Topic.Title})
}

// both puts the second trouble of a message on the stack, unless it is there.
func (d *talk) both() {
	a := d.in.Also
	known := func(f Frame) bool { return f.Topic.ID == a.Topic.ID }
	if d.in.Topic == nil || d.st.Topic != nil && d.st.Topic.ID == a.Topic.ID || slices.ContainsFunc(d.st.Frames, known) || len(d.st.Frames) == maxFrames {
		return
	}
	topic := a.Topic
	f := Frame{Topic: &topic, Said: cut(a.Said, 80), Evidence: slices.Clone(a.Evidence)}
	for _, c := range a.Codes {
		f.Codes = append(f.Codes, c.Text)
	}
	d.st.Frames = append(d.st.Frames, f)
	d.kept, d.keptArgs = "aside.two", args([]string{"title", d.in.Topic.Title, "aside", topic.Title})
}

// resume takes up the trouble that was laid aside last, after saying key about the one that is over. It reports whether there was one.
func (d *talk) resume(key string) bool {
	n := len(d.st.Frames)
	if n == 0 || d.err != nil {
		return false
	}
	f := d.st.Frames[n-1]
	d.st.Frames = d.st.Frames[:n-1]
	d.st.take(f)
	first := len(d.out.Steps)
	d.say(strings.TrimPrefix(key+"\naside.back", "\n"), "aside", f.Topic.Title)
	switch p := f.Pending; {
	case p == nil && len(f.Asked)+len(f.Tried) == 0:
		d.begin(*f.Topic)
	case p == nil:
		d.advance("asking.next")
	case p.Kind == PromptDecide:
		d.st.Pending = nil // he may have become known meanwhile, or a ticket opened
		d.askDecision()
	default:
		d.again("asking.next")
		d.stand()
	}
	for i := first; i < len(d.out.Steps); i++ {
		d.out.Steps[i].Aside = d.out.Steps[i].Article
	}
	if len(d.out.Steps) > first+1 { // one message: what is taken up, and what to do about it
		if back, next := d.out.Steps[first], &d.out.Steps[first+1]; len(back.Choices) == 0 && !next.Progress && !next.System && next.Ticket == nil {
			next.Say = strings.TrimSuffix(back.Say+"\n"+next.Say, "\n")
			next.Args = with(next.Args, back.Args)
			d.out.Steps = slices.Delete(d.out.Steps, first, first+1)
		}
	}
	return true
}

// stand moves the machine to where the pending question belongs.
func (d *talk) stand() {
	event := "listen"
	if p := d.st.Pending; p != nil {
		switch p.Kind {
		case PromptCheck, PromptWords:
			event = "ask"
		case PromptConfirm:
			event = "tell"
		case PromptDecide:
			event = "propose"
		case PromptTopics, PromptObject:
			event = "clarify"
		}
	}
	d.move(event)
}

// digress answers a question in the middle of a decision and comes back to it. Those in the middle of a check are begin's.
func (d *talk) digress(t Topic) bool {
	p := d.st.Pending
	if t.Move == "answer" && t.Object == "" && p != nil && d.st.Topic == nil { // a check was asked by a tap alone
		d.card("understood", t)
		d.decide("answer")
		d.again("asking.back")
		return true
	}
	if t.Move != "answer" || t.Object == "" || p == nil || p.Kind != PromptDecide && p.Kind != PromptFile || d.st.Topic == nil || d.st.Topic.ID == t.ID ||
		t.Code != "" && t.Code == d.st.Topic.Code {
		return false
	}
	d.out.Topic = t.ID
	d.understood()
	d.card("understood", t)
	d.decide("answer")
	d.say("aside.here", "aside", d.st.Topic.Title)
	d.again("")
	return true
}

// remember says which trouble waits, right after what is to be done now.
func (d *talk) remember() {
	if d.kept == "" {
		return
	}
	at := slices.IndexFunc(d.out.Steps, func(s Step) bool {
		return !s.System && !s.Progress && !strings.HasPrefix(s.Say, "media.heard") && !strings.HasPrefix(s.Say, "masked") && !strings.HasPrefix(s.Say, "record.")
	})
	if at < 0 { // a line that says it is looking something up stays the newest
		at = slices.IndexFunc(d.out.Steps, func(s Step) bool { return s.Progress })
		if at < 0 {
			at = len(d.out.Steps)
		}
		d.out.Steps = slices.Insert(d.out.Steps, at, Step{Say: d.kept, Args: d.keptArgs})
		return
	}
	s := &d.out.Steps[at]
	now, rest, more := strings.Cut(s.Say, "\n")
	if rest == "asking" {
		rest = "asking.first" // which trouble is meant stands in the line before
	}
	switch s.Say = now + "\n" + d.kept; {
	case !more && len(s.Choices) > 0: // only a question: it comes last
		s.Say = d.kept + "\n" + now
	case more:
		s.Say += "\n" + rest
	}
	s.Args = with(s.Args, d.keptArgs)
}

// with joins the arguments of two texts in one message; they name different things.
func with(a, b map[string]string) map[string]string {
	out := make(map[string]string, len(a)+len(b))
	for k, v := range b {
		out[k] = v
	}
	for k, v := range a {
		out[k] = v
	}
	return out
}

// Another says that a message begins as one about something else.
func (f *Flow) Another(text string) bool {
	s := plain(text)
	for _, w := range f.Intents["another"].Whole {
		if strings.HasPrefix(s, f.folded(w)) {
			return true
		}
	}
	return false
}

// joined goes on to what was laid aside when a ticket about the trouble at hand is open already.
func (d *talk) joined() {
	n := len(d.out.Steps)
	if p := d.st.Pending; p == nil || p.Kind != PromptJoined || n == 0 || len(d.st.Frames) == 0 {
		return
	}
	d.out.Steps[n-1].Choices = nil // one question on the screen
	d.resume("")
}
