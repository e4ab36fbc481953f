package desk

import "time"

// Holidays are the public holidays and the weekend days worked for them that the State Council has announced; see LastHoliday. Later
// years are for whoever runs the desk to add, in November when they are announced.
func Holidays() []Day {
	var out []Day
	for _, h := range announced {
		from, _ := time.ParseInLocation(time.DateOnly, h.from, Beijing)
		to, _ := time.ParseInLocation(time.DateOnly, h.to, Beijing)
		for d := from; !d.After(to); d = d.AddDate(0, 0, 1) {
			out = append(out, Day{Date: d.Format(time.DateOnly), Name: h.name})
		}
		for _, w := range h.work {
			out = append(out, Day{Date: w, Name: h.name + "调休", Work: true})
		}
	}
	return out
}

// LastHoliday is the last year whose holidays are known to a calendar; the console says that those of later years must be added.
func (h Hours) LastHoliday() int {
	year := 0
	for _, d := range h.Calendar {
		if at, err := time.ParseInLocation(time.DateOnly, d.Date, Beijing); err == nil {
			year = max(year, at.Year())
		}
	}
	return year
}

// announced is 国务院办公厅关于2026年部分节假日安排的通知 of 4 November 2025 (Xinhua). Those of 2027 were not to be had when this was written.
var announced = []struct {
	name, from, to string
	work           []string
}{
	{"元旦", "2026-01-01", "2026-01-03", []string{"2026-01-04"}},
	{"春节", "2026-02-15", "2026-02-23", []string{"2026-02-14", "2026-02-28"}},
	{"清明节", "2026-04-04", "2026-04-06", nil},
	{"劳动节", "2026-05-01", "2026-05-05", []string{"2026-05-09"}},
	{"端午节", "2026-06-19", "2026-06-21", nil},
	{"中秋节", "2026-09-25", "2026-09-27", nil},
	{"国庆节", "2026-10-01", "2026-10-07", []string{"2026-09-20", "2026-10-10"}},
}
