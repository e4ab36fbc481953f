package knowledge

import (
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Ago is a time before a message in whole days, as far as its words tell: it lies between the two. 昨天 is 1 to 1, 三个月前 on
// about the day 90 to 113.
type Ago struct {
	Least int `json:"least"`
	Most  int `json:"most"`
}

// ReadAgo reads a message that says when something last went well, and nothing else: 昨天下午, 最后一次是上个月底. Days are counted in
// Beijing from at. A message with more in it (昨天没用, 上周就不行了) is no such answer: what was so then is for other rules.
func ReadAgo(text string, at time.Time) (Ago, bool) {
	if len(text) > 120 { // a story
		return Ago{}, false
	}
	s := bareText(text)
	for _, t := range times {
		m := t.words.FindStringSubmatchIndex(s)
		if m == nil {
			continue
		}
		groups := make([]string, 0, 2)
		for i := 2; i+1 < len(m); i += 2 {
			if m[i] >= 0 {
				groups = append(groups, s[m[i]:m[i+1]])
			} else {
				groups = append(groups, "")
			}
		}
		ago, ok := t.days(groups, at.In(beijing))
		rest := partOfDay.ReplaceAllString(s[:m[0]]+"|"+s[m[1]:], "")
		if !ok || ago.Least < 0 || strings.Trim(usedWords.ReplaceAllString(rest, ""), "|") != "" {
			return Ago{}, false
		}
		return ago, true
	}
	return Ago{}, false
}

// bareText folds width, case and old characters and leaves out what is neither letter nor digit.
func bareText(text string) string {
	return strings.Map(func(r rune) rune {
		if plain, ok := simplify[r]; ok {
			r = plain
		}
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, norm.NFKC.String(text))
}

var (
	partOfDay = regexp.MustCompile(`早上|早晨|上午|中午|下午|傍晚|晚上|夜里|半夜|凌晨|(?:\d{1,2}|[一二两三四五六七八九十]{1,3})点(?:钟|半|多|左右)?`)
	// usedWords may stand beside the time of a last success.
	usedWords = regexp.MustCompile(`最后一次|最近一次|上一次|上次|最后|成功|大概|大约|差不多|左右|时候|那会儿|那会|那天|好好的|能用|能刷|能收|好用|正常|可以|以前|之前|记得|一笔|用过|刷过|收过|还|都|就|吧|啊|呀|了|的|是|在|我|用|刷|收|款|钱|卡|过|嗯|才`)
)

type timeRule struct {
	words *regexp.Regexp
	days  func(groups []string, at time.Time) (Ago, bool)
}

const (
	count    = `(\d{1,3}|[一二两三四五六七八九十]{1,3})`
	weekWord = `个?(?:周|星期|礼拜)`
)

// times are tried in this order; the first whose words stand in the message tells.
var times = []timeRule{
	{regexp.MustCompile(`大前天`), fixed(3, 3)},
	{regexp.MustCompile(`前天|前日|前晚`), fixed(2, 2)},
	{regexp.MustCompile(`昨天|昨日|昨晚|昨夜|昨儿个?|昨个|琴日|寻日|夜来`), fixed(1, 1)},
	{regexp.MustCompile(`今天|今日|今早|今晚|今儿个?|今朝|刚才|刚刚|方才|头先|才将`), fixed(0, 0)},
	{regexp.MustCompile(`上上` + weekWord), week(2)},
	{regexp.MustCompile(`上一?` + weekWord + `([一二三四五六日天1-7])?`), week(1)},
	{regexp.MustCompile(`(?:这|本)` + weekWord), week(0)},
	{regexp.MustCompile(`好几天前?|好多天前?`), fixed(3, 14)},
	{regexp.MustCompile(`前两天|这两天|头两天`), fixed(0, 4)},
	{regexp.MustCompile(`前几天|前些天|几天前|这几天|头几天|前几日`), fixed(0, 6)},
	{regexp.MustCompile(count + `天(?:以前|之前|前)`), counted(1, 0, 1)},
	{regexp.MustCompile(`半个?月(?:以前|之前|前)`), fixed(13, 20)},
	{regexp.MustCompile(count + weekWord + `(?:以前|之前|前)`), counted(7, 0, 6)},
	{regexp.MustCompile(count + `个多月(?:以前|之前|前)`), counted(30, 1, 30)},
	{regexp.MustCompile(count + `个?月(?:以前|之前|前)`), counted(30, 0, 20)},
	{regexp.MustCompile(`半年(?:以前|之前|前)`), fixed(170, 250)},
	{regexp.MustCompile(count + `年(?:以前|之前|前)`), counted(365, 0, 180)},
	{regexp.MustCompile(`上上个?月`), month(2)},
	{regexp.MustCompile(`上个?月(初|上旬|中旬|中|底|末|下旬|月底)?(?:(\d{1,2})[号日])?`), month(1)},
	{regexp.MustCompile(`去年`), func(_ []string, at time.Time) (Ago, bool) {
		return Ago{at.YearDay(), at.YearDay() + 365}, true
	}},
	{regexp.MustCompile(count + `月份?` + count + `[号日]`), monthDay},
	{regexp.MustCompile(count + `[号日]`), func(g []string, at time.Time) (Ago, bool) {
		d := numeral(g[0])
		if d < 1 || d > 31 {
			return Ago{}, false
		}
		day := time.Date(at.Year(), at.Month(), d, 0, 0, 0, 0, beijing)
		if d > at.Day() {
			day = time.Date(at.Year(), at.Month()-1, d, 0, 0, 0, 0, beijing)
		}
		return exactly(day, at), day.Day() == d
	}},
	{regexp.MustCompile(`早上|早晨|上午|中午`), fixed(0, 0)},
	{regexp.MustCompile(`下午|傍晚|晚上|夜里|半夜|凌晨`), fixed(0, 1)},
}

func fixed(least, most int) func([]string, time.Time) (Ago, bool) {
	return func([]string, time.Time) (Ago, bool) { return Ago{least, most}, true }
}

// counted is so many units ago; people round, the more so the longer ago.
func counted(unit, more, slack int) func([]string, time.Time) (Ago, bool) {
	return func(g []string, _ time.Time) (Ago, bool) {
		n := numeral(g[0])
		if unit == 1 {
			return Ago{n, n}, n > 0
		}
		return Ago{unit*n + more, unit*n + n + slack}, n > 0
	}
}

// week is the calendar week so many before this one, or a day of it.
func week(before int) func([]string, time.Time) (Ago, bool) {
	return func(g []string, at time.Time) (Ago, bool) {
		today := (int(at.Weekday()) + 6) % 7 // 0 is Monday
		if len(g) > 0 && g[0] != "" {
			day := strings.Index("一1|二2|三3|四4|五5|六6|日天7", g[0])
			n := strings.Count("一1|二2|三3|四4|五5|六6|日天7"[:day], "|")
			return Ago{7*before + today - n, 7*before + today - n}, true
		}
		if before == 0 {
			return Ago{0, today}, true
		}
		return Ago{7*(before-1) + today + 1, 7*before + today}, true
	}
}

// month is the calendar month so many before this one, or a part of it.
func month(before int) func([]string, time.Time) (Ago, bool) {
	return func(g []string, at time.Time) (Ago, bool) {
		first := time.Date(at.Year(), at.Month()-time.Month(before), 1, 0, 0, 0, 0, beijing)
		last := first.AddDate(0, 1, -1)
		if len(g) > 0 {
			switch g[0] {
			case "初", "上旬":
				last = first.AddDate(0, 0, 9)
			case "中", "中旬":
				first, last = first.AddDate(0, 0, 9), first.AddDate(0, 0, 19)
			case "底", "末", "下旬", "月底":
				first = first.AddDate(0, 0, 19)
			}
		}
		if len(g) > 1 && g[1] != "" {
			n := numeral(g[1])
			day := time.Date(first.Year(), first.Month(), n, 0, 0, 0, 0, beijing)
			return exactly(day, at), day.Day() == n
		}
		return Ago{exactly(last, at).Least, exactly(first, at).Most}, true
	}
}

// monthDay is the last such day: 11月5号.
func monthDay(g []string, at time.Time) (Ago, bool) {
	m, d := numeral(g[0]), numeral(g[1])
	day := time.Date(at.Year(), time.Month(m), d, 0, 0, 0, 0, beijing)
	if m < 1 || m > 12 || day.Day() != d {
		return Ago{}, false
	}
	if day.After(at) {
		day = day.AddDate(-1, 0, 0)
	}
	return exactly(day, at), true
}

func exactly(day, at time.Time) Ago {
	today := time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, beijing)
	n := int(today.Sub(day).Hours()) / 24
	return Ago{n, n}
}

// numeral reads 3, 十二 or 两; 0 is none.
func numeral(s string) int {
	if n, err := strconv.Atoi(s); err == nil {
		return n
	}
	n, digit := 0, 0
	for _, r := range s {
		switch {
		case r == '十':
			n += max(digit, 1) * 10
			digit = 0
		case r == '两':
			digit = 2
		default:
			digit = int(hanNumeral[r] - '0')
		}
	}
	return n + digit
}
