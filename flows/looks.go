// What of the acquirer's record is read for some troubles only, and how what it shows is told.

package flows

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// LookDef says for which troubles a part of the record is read besides: of an object, with a check answered so, with a cause that an entry
// names first, of an entry. Paid: for a payment of which nobody knows whether it went through, once the merchant has named it. An entry
// that is answered without the record is so all the same, unless it stands in Entries or the part is Paid.
type LookDef struct {
	Objects []string          `yaml:"objects" json:"objects,omitempty"`
	Known   map[string]string `yaml:"known" json:"known,omitempty"`
	Causes  []string          `yaml:"causes" json:"causes,omitempty"`
	Entries []string          `yaml:"entries" json:"entries,omitempty"`
	Paid    bool              `yaml:"paid" json:"paid,omitempty"`
}

// Paid is a payment as the merchant names it: an amount in fen, and a time in milliseconds since 1970 between the two.
type Paid struct {
	Amount int64 `json:"amount"`
	From   int64 `json:"from"`
	To     int64 `json:"to"`
}

// lookPaid is the part that is about one payment.
const lookPaid = "payment"

// looksFor names the parts of the record that the trouble at hand wants, of those that the acquirer has.
func (d *talk) looksFor() (parts []string) {
	t := d.st.Topic
	if t == nil {
		return nil
	}
	for _, part := range slices.Sorted(maps.Keys(d.f.Looks)) {
		l := d.f.Looks[part]
		if !slices.Contains(d.in.Looks, part) {
			continue
		}
		wants := slices.Contains(l.Entries, t.ID) || l.Paid && t.Open && d.st.Paid != nil
		if t.Move != "answer" {
			wants = wants || !t.Open && slices.Contains(l.Objects, t.Object) || len(t.Causes) > 0 && slices.Contains(l.Causes, t.Causes[0])
			for check, answer := range l.Known {
				wants = wants || d.known(check, answer)
			}
		}
		if wants {
			parts = append(parts, part)
		}
	}
	return parts
}

// more says that the trouble at hand wants a part of the record that was not looked for yet.
func (d *talk) more() bool {
	return slices.ContainsFunc(d.looksFor(), func(part string) bool { return !slices.Contains(d.st.Looks, part) })
}

// look notes what the reading that begins now looks for. What was read before is asked for again: it comes back as one record.
func (d *talk) look() {
	for _, part := range d.looksFor() {
		if !slices.Contains(d.st.Looks, part) {
			d.st.Looks = append(d.st.Looks, part)
		}
	}
	slices.Sort(d.st.Looks)
}

// paid keeps the payment that a message names, and looks for it anew when it is another.
func (d *talk) paid() {
	p := d.in.Paid
	if p == nil || d.st.Paid != nil && *d.st.Paid == *p {
		return
	}
	d.st.Paid = p
	d.st.Looks = slices.DeleteFunc(slices.Clone(d.st.Looks), func(part string) bool { return part == lookPaid })
}

// namesPaid says that the merchant names the payment that his trouble is about, and that it can be looked up.
func (d *talk) namesPaid() bool {
	return d.in.Paid != nil && d.in.Topic == nil && d.st.Topic != nil && d.st.Topic.Open && d.more() && d.reads()
}

// asksPaid says that the merchant could name the payment that his trouble is about, and has not.
func (d *talk) asksPaid(t Topic) bool {
	return t.Open && d.in.Bound && d.st.Paid == nil && slices.Contains(d.in.Looks, lookPaid) && d.f.Looks[lookPaid].Paid
}

// wanted says that the entry at hand is answered without the record, which was read for what it shows beside the answer.
func (d *talk) wanted() bool {
	t := d.st.Topic
	return t != nil && t.Move == "answer" && len(d.looksFor()) > 0 && !slices.Contains(d.st.Tried, t.ID)
}

// observed is the time of day at which the acquirer saw it so.
func (d *talk) observed() string { return clock(cmp.Or(d.in.Observed, d.in.At)) }

// readFirst takes the first line off a card that was told after a reading: it went before it.
func (d *talk) readFirst() {
	last := &d.out.Steps[len(d.out.Steps)-1]
	last.Say = strings.TrimPrefix(strings.TrimPrefix(last.Say, "understood"), "\n")
}

// held says that facts hold something against the merchant.
func held(facts []Fact) bool {
	return slices.ContainsFunc(facts, func(f Fact) bool { return !f.Note })
}

// settles are the states of a payment that settle its outcome, with the answer to whether money is missing.
var settles = map[string]string{"PAYMENT_SUCCESS": "yes", "PAYMENT_FAILED": "no", "PAYMENT_REVERSED": "no"}

// settled takes in what the record says of the payment at hand, and reports whether its outcome is known now.
func (d *talk) settled() bool {
	if d.st.Topic == nil || !d.st.Topic.Open {
		return false
	}
	for _, f := range d.in.Facts {
		if answer, ok := settles[f.State]; ok {
			d.learn(wentThrough, answer, false)
			return true
		}
	}
	return false
}

// onItsWay says that the money that is missing is on its way by the record, and nothing there holds it up.
func (d *talk) onItsWay() bool {
	if t := d.st.Topic; t == nil || t.Object != "settlement" || held(d.in.Facts) {
		return false
	}
	for _, f := range d.in.Facts {
		if strings.HasPrefix(f.State, "SETTLEMENT_") {
			return f.State == "SETTLEMENT_SENT" || f.State == "SETTLEMENT_PENDING" // the newest comes first
		}
	}
	return false
}

// tells says that a fact stands in what is said.
func (d *talk) tells(f Fact) bool {
	cause := d.f.Table.cause(d.st.Told)
	return cause != nil && slices.Contains(cause.Facts, f.State) || slices.ContainsFunc(d.out.Steps, func(s Step) bool { return s.Args["fact"] == f.Text })
}

// shows puts what else the record says into the first line that is said about it, one message with it: on WeChat each counts. It goes
// first where it is what was asked, and behind what to do now elsewhere. What stands on the card of the cause that is told is left to it.
func (d *talk) shows() {
	stuck := slices.ContainsFunc(d.in.Facts, func(f Fact) bool { return !f.Note && strings.HasPrefix(f.State, "SETTLEMENT_") })
	var texts []string
	for _, f := range d.in.Facts {
		if c := d.f.Table.provenBy(f.State); f.Note && c != nil && !c.touches(d.st) {
			continue // a settlement account is no business of a card that fails
		}
		if !d.tells(f) && !(f.Note && stuck && strings.HasPrefix(f.State, "SETTLEMENT_")) { // the payouts that went well are no news beside one that did not
			texts = append(texts, f.Text)
		}
	}
	if d.in.Stale && len(d.out.Steps) > 0 { // its age is said aloud
		first := &d.out.Steps[0]
		first.Say = strings.TrimPrefix(first.Say+"\n"+"record.stale", "\n")
		first.Args = maps.Clone(first.Args)
		if first.Args == nil {
			first.Args = map[string]string{}
		}
		first.Args["observed"] = d.observed()
	}
	if len(texts) == 0 {
		return
	}
	text := strings.Join(texts[:min(len(texts), 4)], "；")
	if len(d.out.Steps) == 0 {
		d.say("record.shows", "shows", text)
		return
	}
	first := &d.out.Steps[0]
	if first.Args == nil {
		first.Args = map[string]string{}
	}
	first.Args["shows"] = text
	asked := first.Say != "propose.facts" && d.st.Topic != nil && (d.st.Topic.Open || d.st.Topic.Object == "settlement" || d.st.Topic.Move == "answer")
	switch {
	case first.Say == "":
		first.Say = "record.shows"
	case asked:
		first.Say = "record.shows\n" + first.Say
	default:
		say, rest, more := strings.Cut(first.Say, "\n")
		if first.Say = say + "\nrecord.shows"; more {
			first.Say += "\n" + rest
		}
	}
}
