// What a merchant is told unasked: a restriction, a device that speaks for him too.

package flows

// Told keeps that a merchant was told of a restriction: 查进度 reads the record for him. What was read before is out of date.
func (f *Flow) Told(st State, at int64) State {
	st = clone(st)
	st.News = at
	return st
}

// newsTopic is the id of the topic that news are about.
const newsTopic = "news"

// asksNews answers 查进度 after news: with the tickets and with what the record shows now. It reports false where there were none.
func (d *talk) asksNews() bool {
	if d.st.News == 0 || !d.in.Bound || !d.speaks() || d.st.Waits != "" || d.f.Texts["news.title"] == "" {
		return false
	}
	d.st.News = 0
	d.tickets()
	t := Topic{ID: newsTopic, Title: d.f.Text("news.title", nil), Object: "merchant", Move: "acquirer", Brief: d.f.Text("news.brief", nil)}
	for _, c := range d.f.Table.Causes {
		if len(c.Facts) > 0 {
			t.Causes = append(t.Causes, c.ID)
		}
	}
	switch {
	case !d.underWay() && (d.st.Topic == nil || d.st.Pending == nil):
	case len(d.st.Frames) == maxFrames:
		d.many(t)
		return true
	default:
		d.layAside()
	}
	d.st.Read, d.st.Facts, d.st.ReadAt = "", nil, 0
	d.begin(t)
	return true
}

// elsewhere tells who has just proven for whom he speaks that others have too.
func (d *talk) elsewhere() {
	if n := len(d.out.Steps); d.in.Others && n > 0 {
		d.out.Steps[n-1].Say += "\n" + "bound.elsewhere"
	}
}
