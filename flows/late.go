// How long a ticket takes: what is usual, and what happens when its time has passed.

package flows

import "time"

// reasonLate is the reason for the desk of a ticket whose time has passed.
const reasonLate = "ticket late"

// late brings a ticket whose time has passed before people, in one message.
func (d *talk) late() {
	key, no := "ticket.late.other", ""
	if t := d.in.Answered; t != nil {
		key, no = "ticket.late", t.No
	}
	if d.st.At == "closed" { // it is looked after as it stands now; the record is read anew
		d.st.Read, d.st.Facts, d.st.ReadAt, d.st.Told, d.st.Tried, d.st.Result, d.st.Ended = "", nil, 0, "", nil, "", 0
	}
	d.handover(reasonLate)
	queued := &d.out.Steps[len(d.out.Steps)-1]
	queued.Say = key + "\n" + queued.Say
	queued.Args = with(queued.Args, args([]string{"no", no}))
}

// usual is how long the trouble at hand usually takes to be lifted, "" where that is not known.
func (d *talk) usual() string {
	if c := d.f.Table.cause(d.st.Told); c != nil {
		return c.Usual
	}
	if t := d.st.Topic; t != nil && t.Usual != "" {
		return t.Usual
	}
	if t := d.st.Topic; t != nil && len(t.Causes) == 1 {
		if c := d.f.Table.cause(t.Causes[0]); c != nil {
			return c.Usual
		}
	}
	return ""
}

// moment is a time as merchants read it: 11 月 24 日 09:00.
func moment(ms int64) string { return time.UnixMilli(ms).In(beijing).Format("1 月 2 日 15:04") }
