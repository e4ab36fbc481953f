package knowledge

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"
)

// Paid is a payment as a message names it: an amount in fen, and a time in milliseconds since 1970 that lies between the two.
type Paid struct {
	Amount int64 `json:"amount"`
	From   int64 `json:"from"`
	To     int64 `json:"to"`
}

const (
	longestAgo = 3 * 24 * time.Hour // an older payment is looked up in the merchant's own books
	vaguest    = time.Hour          // a time that is vaguer finds too much
	around     = 10 * time.Minute   // clocks and memories differ
	mostPaid   = 1_000_000_00       // a million yuan
)

var (
	// paidAmount is an amount with its unit: 128元, 128.5块, 128块5, ¥128, 1.2万.
	paidAmount = regexp.MustCompile(`[¥￥]\s?(\d{1,7}(?:\.\d{1,2})?)|(\d{1,7}(?:\.\d{1,2})?)\s?(万|千|百)?(?:元|块钱|块|塊|圆)(?:(\d)(?:[^\d.]|$))?`)
	// paidClock is a time of day: 14:05, 下午3点20, 3点半, 15时5分.
	paidClock = regexp.MustCompile(`(早上|早晨|上午|中午|下午|傍晚|晚上|夜里|凌晨)?\s?(\d{1,2})\s?(?:[:：]\s?(\d{2})|[点點时時](?:钟)?(半|一刻|多)?(\d{1,2})?(?:分)?)`)
	paidSince = regexp.MustCompile(`(\d{1,3}|[一二两三四五六七八九十]{1,3}|半)\s?(?:个)?(分钟|小时|钟头)(?:以前|之前|前)`)
	paidNow   = regexp.MustCompile(`刚才|刚刚|刚刷|刚付|刚收|方才|头先|这会儿|现在`)
	paidDay   = regexp.MustCompile(`大前天|前天|昨天|昨日|昨晚|昨夜|琴日|寻日`)
	otherDay  = regexp.MustCompile(`上个?周|上个?月|星期|礼拜|周[一二三四五六日天]|明天|后天|去年|前年`)
	paidMonth = regexp.MustCompile(`(\d{1,2})\s?月\s?(\d{1,2})\s?[号日]|(?:^|[^\d])(\d{1,2})\s?[号日]`)
)

// ReadPaid reads which payment a message is about: 「刚才刷了128元，不知道成没成功」, 「下午3点20那笔 56.5 块」. It needs one amount and one
// time of at most an hour within the last three days, by the clock in Beijing; without them it reads nothing, for a wrong payment looked up
// is worse than none.
func ReadPaid(text string, at time.Time) (Paid, bool) {
	if len(text) > 600 {
		return Paid{}, false
	}
	s := norm.NFKC.String(text)
	amount, ok := readAmount(s)
	if !ok {
		return Paid{}, false
	}
	s = paidAmount.ReplaceAllString(s, " ")
	at = at.In(beijing)
	from, to, ok := readTime(s, at)
	if !ok || to.Before(from) || from.Before(at.Add(-longestAgo)) || from.After(at) {
		return Paid{}, false
	}
	if to.After(at) {
		to = at
	}
	return Paid{Amount: amount, From: from.UnixMilli(), To: to.UnixMilli()}, true
}

// readAmount reads the one amount of a text, in fen.
func readAmount(s string) (int64, bool) {
	var amount int64
	for _, m := range paidAmount.FindAllStringSubmatch(s, 4) {
		digits, unit := m[1]+m[2], m[3]
		f, err := strconv.ParseFloat(digits, 64)
		if err != nil {
			return 0, false
		}
		fen := int64(f*100 + 0.5)
		switch unit {
		case "万":
			fen *= 10_000
		case "千":
			fen *= 1000
		case "百":
			fen *= 100
		}
		if m[4] != "" && !strings.Contains(digits, ".") && unit == "" {
			fen += int64(m[4][0]-'0') * 10 // 128块5
		}
		if amount != 0 && amount != fen {
			return 0, false // two payments
		}
		amount = fen
	}
	return amount, amount > 0 && amount <= mostPaid
}

// readTime reads the one time of a text.
func readTime(s string, at time.Time) (from, to time.Time, ok bool) {
	if m := paidSince.FindStringSubmatch(s); m != nil {
		unit, n := time.Minute, numeral(m[1])
		if m[2] != "分钟" {
			unit = time.Hour
		}
		d := time.Duration(n) * unit
		if m[1] == "半" {
			d = unit / 2
		}
		if d <= 0 {
			return from, to, false
		}
		slack := max(around, d/4)
		return at.Add(-d - slack), at.Add(-d + slack), 2*slack <= vaguest
	}
	all := paidClock.FindAllStringSubmatch(s, 3)
	if len(all) > 1 {
		return from, to, false
	}
	if len(all) == 0 {
		if paidNow.MatchString(s) && !paidDay.MatchString(s) {
			return at.Add(-2 * around), at, true
		}
		return from, to, false
	}
	day, ok := readDay(s, at)
	if !ok || otherDay.MatchString(s) {
		return from, to, false
	}
	m := all[0]
	hour, _ := strconv.Atoi(m[2])
	minute, exact := 0, m[3] != "" || m[4] == "半" || m[4] == "一刻" || m[5] != ""
	switch {
	case m[3] != "":
		minute, _ = strconv.Atoi(m[3])
	case m[4] == "半":
		minute = 30
	case m[4] == "一刻":
		minute = 15
	case m[5] != "":
		minute, _ = strconv.Atoi(m[5])
	}
	if hour > 23 || minute > 59 {
		return from, to, false
	}
	switch m[1] {
	case "下午", "傍晚", "晚上", "夜里":
		if hour < 12 {
			hour += 12
		}
	case "中午":
		if hour < 3 {
			hour += 12
		}
	}
	point := time.Date(day.Year(), day.Month(), day.Day(), hour, minute, 0, 0, beijing)
	if m[1] == "" && hour < 12 && hour > 0 { // 3点20 in the afternoon: the later one that is past
		if later := point.Add(12 * time.Hour); !later.After(at.Add(around)) && (hour < 9 || !sameDay(day, at)) {
			point = later
		}
	}
	if exact {
		return point.Add(-around), point.Add(around), true
	}
	return point.Add(-around), point.Add(50 * time.Minute), true // 3点, 3点多
}

func sameDay(a, b time.Time) bool { return a.YearDay() == b.YearDay() && a.Year() == b.Year() }

// readDay is the day that a text names, today for none.
func readDay(s string, at time.Time) (time.Time, bool) {
	switch m := paidMonth.FindStringSubmatch(s); {
	case m == nil:
	case m[1] != "":
		month, _ := strconv.Atoi(m[1])
		d, _ := strconv.Atoi(m[2])
		day := time.Date(at.Year(), time.Month(month), d, 12, 0, 0, 0, beijing)
		return day, day.Day() == d
	default:
		d, _ := strconv.Atoi(m[3])
		day := time.Date(at.Year(), at.Month(), d, 12, 0, 0, 0, beijing)
		return day, day.Day() == d
	}
	switch paidDay.FindString(s) {
	case "大前天":
		return at.AddDate(0, 0, -3), true
	case "前天":
		return at.AddDate(0, 0, -2), true
	case "昨天", "昨日", "昨晚", "昨夜", "琴日", "寻日":
		return at.AddDate(0, 0, -1), true
	}
	return at, true
}
