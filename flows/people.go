// The way to people: when the bot gives up, what a waiting merchant may do.

package flows

import "fmt"

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
