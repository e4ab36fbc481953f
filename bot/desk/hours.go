package desk

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Beijing is the one time zone of the desk. It is fixed, so that nothing depends on a database of zones.
var Beijing = time.FixedZone("UTC+8", 8*60*60)

// Hours are when people serve, as the setting "hours":
//
//	{"desk":{"always":false,"days":[[{"from":"09:00","to":"21:00"}],…]},"sites":{"shop":{…}},"calendar":[{"date":"2026-10-01","name":"国庆节"},…]}
type Hours struct {
	Desk  Week            `json:"desk"`  // of everybody who has no hours of his own
	Sites map[string]Week `json:"sites"` // by site, or by account of another channel
	// Calendar has the public holidays and the weekend days that are worked for them.
	Calendar []Day `json:"calendar"`
}

// Week is when people serve on each day of a week.
type Week struct {
	Always  bool       `json:"always"`            // day and night, on holidays too; the rest is kept for later
	Days    [7][]Shift `json:"days"`              // Monday first; none: nobody is there
	Holiday []Shift    `json:"holiday,omitempty"` // on public holidays; none: nobody is there
	MakeUp  []Shift    `json:"make_up,omitempty"` // on weekend days that are worked; none: as on a Monday
}

// Shift is a time of a day, "09:00" to "12:30"; "24:00" is its end.
type Shift struct {
	From string `json:"from"`
	To   string `json:"to"`
}

// Day is a day of the calendar that is not what its weekday says.
type Day struct {
	Date string `json:"date"` // 2026-10-01
	Name string `json:"name"`
	Work bool   `json:"work"` // a weekend day that is worked; otherwise a public holiday
}

// DefaultHours are open day and night until somebody sets hours; 9 to 21 stand ready for that. The site "demo" is always open.
func DefaultHours() Hours {
	var w Week
	w.Always = true
	for i := range w.Days {
		w.Days[i] = []Shift{{"09:00", "21:00"}}
	}
	return Hours{Desk: w, Sites: map[string]Week{"demo": w}, Calendar: Holidays()}
}

// Validate says what is wrong, in a sentence for who set it, or nothing.
func (h Hours) Validate() error {
	if err := h.Desk.validate(""); err != nil {
		return err
	}
	for site, w := range h.Sites {
		if err := w.validate("站点 " + site + " 的"); err != nil {
			return err
		}
	}
	if len(h.Calendar) > 1000 {
		return fmt.Errorf("节假日最多 1000 天，请删掉过去的年份。")
	}
	seen := map[string]bool{}
	for _, d := range h.Calendar {
		at, err := time.ParseInLocation(time.DateOnly, d.Date, Beijing)
		switch {
		case err != nil:
			return fmt.Errorf("日期 %q 看不懂，请写成 2026-10-01 这样。", d.Date)
		case seen[d.Date]:
			return fmt.Errorf("%s 写了两次，请留下一条。", d.Date)
		case d.Work && at.Weekday() != time.Saturday && at.Weekday() != time.Sunday:
			return fmt.Errorf("%s 本来就是工作日，不用设为调休上班。", d.Date)
		}
		seen[d.Date] = true
	}
	return nil
}

var weekdays = [7]string{"周一", "周二", "周三", "周四", "周五", "周六", "周日"}

func (w Week) validate(of string) error {
	for i, day := range w.Days {
		if err := validate(of+weekdays[i], day); err != nil {
			return err
		}
	}
	if err := validate(of+"节假日", w.Holiday); err != nil {
		return err
	}
	if err := validate(of+"调休上班日", w.MakeUp); err != nil {
		return err
	}
	if !w.Always && !slices.ContainsFunc(w.Days[:], func(d []Shift) bool { return len(d) > 0 }) {
		return fmt.Errorf("%s服务时间一天也没有，请至少设一天，或选 24 小时服务。", of)
	}
	return nil
}

func validate(day string, shifts []Shift) error {
	last := -1
	for _, s := range shifts {
		from, ok1 := minutes(s.From)
		to, ok2 := minutes(s.To)
		switch {
		case !ok1 || !ok2:
			return fmt.Errorf("%s的时间 %s–%s 看不懂，请写成 09:00 到 21:00 这样。", day, s.From, s.To)
		case from >= to:
			return fmt.Errorf("%s的 %s–%s 结束要晚于开始；到半夜请写 24:00，过了半夜写在第二天。", day, s.From, s.To)
		case from < last:
			return fmt.Errorf("%s的时间段重叠或没有按先后排，请改一下。", day)
		}
		last = to
	}
	return nil
}

// minutes reads "09:00" as minutes of a day.
func minutes(s string) (int, bool) {
	var h, m int
	if len(s) != 5 || s[2] != ':' {
		return 0, false
	}
	if n, err := fmt.Sscanf(s, "%02d:%02d", &h, &m); n != 2 || err != nil || h < 0 || m < 0 || m > 59 || h > 24 || h == 24 && m > 0 {
		return 0, false
	}
	return h*60 + m, true
}

// Calendar is when people serve at one place: the hours of its site on the days of the calendar.
type Calendar struct {
	week Week
	days map[string]Day
}

// At is the calendar of a site, or of everybody when it has no hours of its own.
func (h Hours) At(site string) Calendar {
	c := Calendar{week: h.Desk, days: make(map[string]Day, len(h.Calendar))}
	if w, ok := h.Sites[site]; ok {
		c.week = w
	}
	for _, d := range h.Calendar {
		c.days[d.Date] = d
	}
	return c
}

// farthest is how many days ahead an opening is looked for.
const farthest = 400

// midnight is the beginning of the day of a time in Beijing.
func midnight(t time.Time) time.Time {
	y, m, d := t.In(Beijing).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, Beijing)
}

// shifts are those of a day.
func (c Calendar) shifts(day time.Time) []Shift {
	if c.week.Always {
		return []Shift{{"00:00", "24:00"}}
	}
	switch d, ok := c.days[day.Format(time.DateOnly)]; {
	case ok && d.Work && len(c.week.MakeUp) > 0:
		return c.week.MakeUp
	case ok && d.Work:
		return c.week.Days[0]
	case ok:
		return c.week.Holiday
	}
	return c.week.Days[(int(day.Weekday())+6)%7]
}

// span is a time in which people serve.
type span struct{ from, to time.Time }

// spans yields the times of a day.
func (c Calendar) spans(day time.Time) []span {
	var out []span
	for _, s := range c.shifts(day) {
		from, _ := minutes(s.From)
		to, _ := minutes(s.To)
		out = append(out, span{day.Add(time.Duration(from) * time.Minute), day.Add(time.Duration(to) * time.Minute)})
	}
	return out
}

// Open says whether people serve at a time.
func (c Calendar) Open(t time.Time) bool {
	for _, s := range c.spans(midnight(t)) {
		if !t.Before(s.from) && t.Before(s.to) {
			return true
		}
	}
	return false
}

// Opens is when people serve next: t itself while they do; false when they do not for more than a year.
func (c Calendar) Opens(t time.Time) (time.Time, bool) {
	for day, n := midnight(t), 0; n < farthest; day, n = day.AddDate(0, 0, 1), n+1 {
		for _, s := range c.spans(day) {
			if t.Before(s.to) {
				if t.Before(s.from) {
					return s.from, true
				}
				return t, true
			}
		}
	}
	return time.Time{}, false
}

// Closes is until when people serve who serve at t; a shift that goes on after midnight is one. false: they do not serve, or never close.
func (c Calendar) Closes(t time.Time) (time.Time, bool) {
	if !c.Open(t) || c.week.Always {
		return time.Time{}, false
	}
	end := t
	for day, n := midnight(t), 0; n < farthest; day, n = day.AddDate(0, 0, 1), n+1 {
		for _, s := range c.spans(day) {
			switch {
			case !end.Before(s.to):
			case end.Before(s.from):
				return end, true
			default:
				end = s.to
			}
		}
		if end.Before(day.AddDate(0, 0, 1)) {
			return end, true
		}
	}
	return time.Time{}, false
}

// Business is how much of the time between two moments people serve.
func (c Calendar) Business(from, to time.Time) time.Duration {
	if c.week.Always {
		return max(0, to.Sub(from))
	}
	var sum time.Duration
	for day := midnight(from); day.Before(to); day = day.AddDate(0, 0, 1) {
		for _, s := range c.spans(day) {
			a, b := s.from, s.to
			if a.Before(from) {
				a = from
			}
			if b.After(to) {
				b = to
			}
			sum += max(0, b.Sub(a))
		}
	}
	return sum
}

// Add is the moment at which so much time in which people serve has passed since t; false when that is not within a year.
func (c Calendar) Add(t time.Time, d time.Duration) (time.Time, bool) {
	if c.week.Always {
		return t.Add(d), true
	}
	for day, n := midnight(t), 0; n < farthest; day, n = day.AddDate(0, 0, 1), n+1 {
		for _, s := range c.spans(day) {
			if s.from.Before(t) {
				s.from = t
			}
			if open := s.to.Sub(s.from); open > 0 {
				if d <= open {
					return s.from.Add(d), true
				}
				d -= open
			}
		}
	}
	return time.Time{}, false
}

// Told says when people are there, for merchants: 9:00–21:00; 工作日 9:00–18:00; or the times of the day on which they come next.
func (c Calendar) Told(now time.Time) string {
	same := func(days ...int) bool {
		for _, d := range days[1:] {
			if !slices.Equal(c.week.Days[d], c.week.Days[days[0]]) {
				return false
			}
		}
		return len(c.week.Days[days[0]]) > 0
	}
	week := c.week.Days
	switch {
	case c.week.Always:
		return "0:00–24:00"
	case same(0, 1, 2, 3, 4, 5, 6):
		return times(week[0])
	case same(0, 1, 2, 3, 4) && len(week[5])+len(week[6]) == 0:
		return "工作日 " + times(week[0])
	}
	at, ok := c.Opens(now)
	if !ok {
		return ""
	}
	return day(at, now) + " " + times(c.shifts(midnight(at)))
}

func times(shifts []Shift) string {
	out := make([]string, len(shifts))
	for i, s := range shifts {
		out[i] = strings.TrimPrefix(s.From, "0") + "–" + strings.TrimPrefix(s.To, "0")
	}
	return strings.Join(out, "、")
}

// Back says when people come next, for merchants: 明早 9 点.
func (c Calendar) Back(now time.Time) string {
	at, ok := c.Opens(now)
	if !ok {
		return ""
	}
	at = at.In(Beijing)
	hour := fmt.Sprintf("%d 点", at.Hour())
	if at.Minute() > 0 {
		hour = at.Format("15:04")
	}
	d := day(at, now)
	if at.Hour() < 12 && (d == "今天" || d == "明天") {
		return strings.TrimSuffix(d, "天") + "早 " + hour
	}
	return d + " " + hour
}

// day names the day of a time as one says it today.
func day(at, now time.Time) string {
	days := int(midnight(at).Sub(midnight(now)).Hours() / 24)
	monday := midnight(now).AddDate(0, 0, -(int(midnight(now).Weekday())+6)%7)
	at = at.In(Beijing)
	name := weekdays[(int(at.Weekday())+6)%7]
	switch {
	case days == 0:
		return "今天"
	case days == 1:
		return "明天"
	case days < 7 && at.Before(monday.AddDate(0, 0, 7)):
		return name
	case days < 7:
		return "下" + name
	}
	return fmt.Sprintf("%d 月 %d 日", at.Month(), at.Day())
}
