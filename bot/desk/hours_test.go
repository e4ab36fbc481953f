package desk_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"posdoctor/bot"
	"posdoctor/bot/desk"
)

// at reads a time in Beijing.
func at(t testing.TB, s string) time.Time {
	t.Helper()
	out, err := time.ParseInLocation("2006-01-02 15:04", s, desk.Beijing)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// office is open 9 to 18 on working days with a break at noon, and on Saturdays until 24:00; the early shift of Sunday goes on from there.
func office() desk.Hours {
	h := desk.DefaultHours()
	day := []desk.Shift{{From: "09:00", To: "12:00"}, {From: "13:00", To: "18:00"}}
	h.Desk = desk.Week{Days: [7][]desk.Shift{day, day, day, day, day, {{From: "20:00", To: "24:00"}}, {{From: "00:00", To: "02:00"}}}}
	h.Sites["shop"] = desk.Week{Days: [7][]desk.Shift{day, day, day, day, day, nil, nil}, Holiday: []desk.Shift{{From: "10:00", To: "12:00"}}, MakeUp: []desk.Shift{{From: "09:00", To: "17:00"}}}
	return h
}

// 2026-11-23 is a Monday; 1 to 7 October 2026 are off, 20 September and 10 October are worked.
func TestOpen(t *testing.T) {
	for _, tt := range []struct {
		site, at string
		open     bool
		opens    string // "": never
		closes   string // "": not open, or never
	}{
		{"", "2026-11-23 08:59", false, "2026-11-23 09:00", ""},
		{"", "2026-11-23 09:00", true, "2026-11-23 09:00", "2026-11-23 12:00"},
		{"", "2026-11-23 12:00", false, "2026-11-23 13:00", ""},
		{"", "2026-11-23 17:59", true, "2026-11-23 17:59", "2026-11-23 18:00"},
		{"", "2026-11-27 18:00", false, "2026-11-28 20:00", ""},                    // Friday evening
		{"", "2026-11-28 23:00", true, "2026-11-28 23:00", "2026-11-29 02:00"},     // over midnight
		{"", "2026-11-29 00:00", true, "2026-11-29 00:00", "2026-11-29 02:00"},     // midnight itself
		{"", "2026-11-29 02:00", false, "2026-11-30 09:00", ""},                    // to Monday
		{"", "2026-09-20 10:00", true, "2026-09-20 10:00", "2026-09-20 12:00"},     // a Sunday that is worked, as a Monday
		{"", "2026-09-20 01:00", false, "2026-09-20 09:00", ""},                    // and not as a Sunday
		{"", "2026-09-30 18:00", false, "2026-10-08 09:00", ""},                    // the National Day week
		{"", "2026-10-03 21:00", false, "2026-10-08 09:00", ""},                    // its Saturday too
		{"", "2026-10-09 18:00", false, "2026-10-10 09:00", ""},                    // Saturday, worked
		{"", "2026-10-10 21:00", false, "2026-10-11 00:00", ""},                    // … and Sunday is a Sunday
		{"shop", "2026-10-01 11:00", true, "2026-10-01 11:00", "2026-10-01 12:00"}, // a shop with hours on holidays
		{"shop", "2026-10-07 12:00", false, "2026-10-08 09:00", ""},
		{"shop", "2026-10-10 12:30", true, "2026-10-10 12:30", "2026-10-10 17:00"}, // and its own for days that are worked
		{"shop", "2026-10-11 12:00", false, "2026-10-12 09:00", ""},
		{"shop", "2026-02-14 09:00", true, "2026-02-14 09:00", "2026-02-14 17:00"}, // the Saturday before the Spring Festival
		{"shop", "2026-02-23 12:00", false, "2026-02-24 09:00", ""},                // and the Tuesday after it
		{"demo", "2026-10-01 03:00", true, "2026-10-01 03:00", ""},                 // day and night
	} {
		c := office().At(tt.site)
		now := at(t, tt.at)
		if got := c.Open(now); got != tt.open {
			t.Errorf("%s %s: open is %v", tt.site, tt.at, got)
		}
		say := func(x time.Time, ok bool) string {
			if !ok {
				return ""
			}
			return x.In(desk.Beijing).Format("2006-01-02 15:04")
		}
		if got := say(c.Opens(now)); got != tt.opens {
			t.Errorf("%s %s: opens %q, want %q", tt.site, tt.at, got, tt.opens)
		}
		if got := say(c.Closes(now)); got != tt.closes {
			t.Errorf("%s %s: closes %q, want %q", tt.site, tt.at, got, tt.closes)
		}
		if got := c.Open(now.UTC()); got != tt.open {
			t.Errorf("%s %s: in UTC open is %v", tt.site, tt.at, got)
		}
	}
}

func TestBusinessTime(t *testing.T) {
	for _, tt := range []struct {
		site, from, to string
		want           time.Duration
	}{
		{"shop", "2026-11-23 09:00", "2026-11-23 18:00", 8 * time.Hour},                   // a day with a break
		{"shop", "2026-11-27 17:00", "2026-11-30 10:00", 2 * time.Hour},                   // over a weekend
		{"shop", "2026-09-30 17:00", "2026-10-08 10:00", 16 * time.Hour},                  // the National Day week, two hours on each day
		{"", "2026-09-30 17:00", "2026-10-08 10:00", 2 * time.Hour},                       // and without
		{"", "2026-10-09 17:00", "2026-10-12 10:00", (1 + 8 + 2 + 1) * time.Hour},         // Friday, Saturday worked, Sunday's night, Monday
		{"", "2026-11-28 23:00", "2026-11-29 01:00", 2 * time.Hour},                       // over midnight
		{"", "2026-11-28 12:00", "2026-11-29 12:00", 6 * time.Hour},                       // 20 to 24 and 0 to 2
		{"", "2026-11-23 12:15", "2026-11-23 12:45", 0},                                   // within the break
		{"", "2026-11-23 10:00", "2026-11-23 10:00", 0},                                   //
		{"demo", "2026-09-30 17:00", "2026-10-08 17:00", 8 * 24 * time.Hour},              //
		{"shop", "2026-01-01 00:00", "2026-01-05 00:00", (3*2 + 8) * time.Hour},           // New Year, and the Sunday worked for it
		{"shop", "2026-02-14 00:00", "2026-03-01 00:00", (8 + 9*2 + 4*8 + 8) * time.Hour}, // Spring Festival with both days worked
	} {
		c := office().At(tt.site)
		from, to := at(t, tt.from), at(t, tt.to)
		got := c.Business(from, to)
		if got != tt.want {
			t.Errorf("%s %s to %s: %v, want %v", tt.site, tt.from, tt.to, got, tt.want)
		}
		if got == 0 {
			continue
		}
		end, ok := c.Add(from, got)
		if !ok || c.Business(from, end) != got || end.After(to) {
			t.Errorf("%s %s and %v of business time is %v", tt.site, tt.from, got, end)
		}
	}
	c := office().At("")
	for _, tt := range []struct {
		from string
		add  time.Duration
		want string
	}{
		{"2026-11-27 17:30", time.Hour, "2026-11-28 20:30"},       // Friday to Saturday evening
		{"2026-11-28 23:30", time.Hour, "2026-11-29 00:30"},       // over midnight
		{"2026-11-23 11:30", time.Hour, "2026-11-23 13:30"},       // over noon
		{"2026-09-30 17:59", 2 * time.Minute, "2026-10-08 09:01"}, // over the National Day week
		{"2026-11-23 12:30", 3 * time.Hour, "2026-11-23 16:00"},   // begins in the break
		{"2026-11-23 09:00", 8 * time.Hour, "2026-11-23 18:00"},   // ends with the day
	} {
		if got, ok := c.Add(at(t, tt.from), tt.add); !ok || !got.Equal(at(t, tt.want)) {
			t.Errorf("%s and %v: %v, want %s", tt.from, tt.add, got, tt.want)
		}
	}
	never := desk.Hours{}.At("")
	if _, ok := never.Add(at(t, "2026-11-23 09:00"), time.Hour); ok {
		t.Error("time passes where people never serve")
	}
	if _, ok := never.Opens(at(t, "2026-11-23 09:00")); ok {
		t.Error("people who never serve come")
	}
}

// What merchants read outside of the hours.
func TestTold(t *testing.T) {
	nine := desk.DefaultHours()
	nine.Desk.Always = false
	week := desk.DefaultHours()
	week.Desk.Always, week.Desk.Days[5], week.Desk.Days[6] = false, nil, nil
	for _, tt := range []struct {
		hours      desk.Hours
		at         string
		hour, back string
	}{
		{nine, "2026-11-23 22:00", "9:00–21:00", "明早 9 点"},
		{nine, "2026-11-23 06:00", "9:00–21:00", "今早 9 点"},
		{week, "2026-11-27 22:00", "工作日 9:00–21:00", "下周一 9 点"},
		{week, "2026-11-29 12:00", "工作日 9:00–21:00", "明早 9 点"},
		{week, "2026-09-30 22:00", "工作日 9:00–21:00", "10 月 8 日 9 点"},
		{office(), "2026-11-23 12:30", "今天 9:00–12:00、13:00–18:00", "今天 13 点"},
		{office(), "2026-11-27 19:00", "明天 20:00–24:00", "明天 20 点"},
		{office(), "2026-11-29 03:00", "明天 9:00–12:00、13:00–18:00", "明早 9 点"},
	} {
		c := tt.hours.At("")
		if got := c.Told(at(t, tt.at)); got != tt.hour {
			t.Errorf("%s: hours %q, want %q", tt.at, got, tt.hour)
		}
		if got := c.Back(at(t, tt.at)); got != tt.back {
			t.Errorf("%s: back %q, want %q", tt.at, got, tt.back)
		}
	}
}

// The shipped calendar is the announced one.
func TestHolidays(t *testing.T) {
	off, work := 0, []string{}
	for _, d := range desk.Holidays() {
		day := at(t, d.Date+" 00:00")
		if d.Work {
			work = append(work, d.Date)
			if day.Weekday() != time.Saturday && day.Weekday() != time.Sunday {
				t.Errorf("%s is worked and no weekend day", d.Date)
			}
			continue
		}
		off++
	}
	if want := "2026-01-04 2026-02-14 2026-02-28 2026-05-09 2026-09-20 2026-10-10"; strings.Join(sorted(work), " ") != want {
		t.Errorf("worked are %v", work)
	}
	if off != 3+9+3+5+3+3+7 {
		t.Errorf("%d days off", off)
	}
	if got := desk.DefaultHours().LastHoliday(); got != 2026 {
		t.Errorf("known up to %d", got)
	}
}

// What is not sound is refused with a sentence that says what to do; what was left out is as it ships.
func TestSettings(t *testing.T) {
	for name, sound := range map[string]string{
		"hours":   `{"desk":{"always":false,"days":[[{"from":"09:00","to":"24:00"}],[],[],[],[],[],[]]}}`,
		"routing": `{"offers":false,"offer_s":30}`,
		"sla":     `{"targets":{"risk":{"first_s":60,"resolve_s":0}}}`,
	} {
		s := desk.Defaults()
		if err := s.Read(name, sound); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		data, err := json.Marshal(map[string]any{"hours": s.Hours, "routing": s.Routing, "sla": s.SLA}[name])
		if err != nil {
			t.Fatal(err)
		}
		again := desk.Defaults()
		if err := again.Read(name, string(data)); err != nil {
			t.Errorf("%s as it is written: %v", name, err)
		}
	}
	s := desk.Defaults()
	if err := s.Read("routing", `{"offers":false,"offer_s":30}`); err != nil || s.Routing.Grace != 180 || s.Routing.Offers || s.Routing.OfferFor != 30 {
		t.Errorf("%+v, %v", s.Routing, err)
	}
	if err := s.Read("hours", `{"sites":{},"calendar":[]}`); err != nil || len(s.Hours.Sites)+len(s.Hours.Calendar) > 0 || !s.Hours.Desk.Always {
		t.Errorf("what was emptied: %+v, %v", s.Hours, err)
	}
	for _, tt := range []struct{ name, value, want string }{
		{"hours", `{"desk":{"always":false,"days":[[{"from":"9:00","to":"21:00"}],[],[],[],[],[],[]]}}`, "周一的时间 9:00–21:00 看不懂"},
		{"hours", `{"desk":{"always":false,"days":[[],[{"from":"22:00","to":"02:00"}],[],[],[],[],[]]}}`, "过了半夜写在第二天"},
		{"hours", `{"desk":{"always":false,"days":[[{"from":"09:00","to":"12:00"},{"from":"11:00","to":"13:00"}],[],[],[],[],[],[]]}}`, "重叠"},
		{"hours", `{"desk":{"always":false,"days":[[],[],[],[],[],[],[]]}}`, "一天也没有"},
		{"hours", `{"calendar":[{"date":"2027-02-30","name":"x"}]}`, "看不懂"},
		{"hours", `{"calendar":[{"date":"2027-01-01","name":"元旦"},{"date":"2027-01-01","name":"元旦"}]}`, "写了两次"},
		{"hours", `{"calendar":[{"date":"2026-11-23","name":"x","work":true}]}`, "本来就是工作日"},
		{"routing", `{"offer_s":1}`, "接入倒计时要在 5 到 300 之间"},
		{"routing", `{"silent_s":5}`, "60 到 3600"},
		{"sla", `{"targets":{"sales":{"first_s":60}}}`, "没有 sales 这个技能组"},
		{"sla", `{"targets":{"risk":{"first_s":600,"resolve_s":60}}}`, "不能短于"},
		{"sla", `{"amber":100}`, "10 到 95"},
		{"sla", `{"reply_amber_s":200}`, "早于超时"},
		{"sla", `[`, "看不懂"},
		{"nothing", `{}`, "no setting"},
	} {
		s := desk.Defaults()
		if err := s.Read(tt.name, tt.value); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s %s: %v", tt.name, tt.value, err)
		}
		if s.SLA.Amber != 70 || s.Routing.OfferFor != 20 || !s.Hours.Desk.Always {
			t.Errorf("%s %s left something behind", tt.name, tt.value)
		}
	}
}

// Targets run while people serve, and each skill has its own or that of general.
func TestTargets(t *testing.T) {
	sla := desk.SLA{Targets: map[string]desk.Target{"general": {First: 600, Resolve: 3600}, "risk": {First: 60}}, Amber: 50, ReplyAmber: 90, ReplyRed: 180}
	got := sla.From(at(t, "2026-11-27 17:55"), office().At("shop"))
	want := []bot.Targets{
		{Skill: "risk", First: bot.Due{Amber: at(t, "2026-11-27 17:55").UnixMilli() + 30_000, Red: at(t, "2026-11-27 17:56").UnixMilli()}, Reply: bot.Due{Amber: 90_000, Red: 180_000}},
		{First: bot.Due{Amber: at(t, "2026-11-27 18:00").UnixMilli(), Red: at(t, "2026-11-30 09:05").UnixMilli()},
			End: bot.Due{Amber: at(t, "2026-11-30 09:25").UnixMilli(), Red: at(t, "2026-11-30 09:55").UnixMilli()}, Reply: bot.Due{Amber: 90_000, Red: 180_000}},
	}
	if len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("%+v\nwant %+v", got, want)
	}
}
