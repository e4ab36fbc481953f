package wechatpay

import (
	"strings"
	"time"

	"posdoctor/bot/acquirer/contract"
)

// joined puts texts after each other that are not empty.
func joined(sep string, texts ...string) string {
	var kept []string
	for _, t := range texts {
		if t != "" {
			kept = append(kept, t)
		}
	}
	return strings.Join(kept, sep)
}

// link is an address that the contract takes, or "".
func link(s string) string {
	one := struct {
		URL string `json:"url,omitempty" is:"link"`
	}{strings.TrimSpace(s)}
	if contract.Check(one) != nil {
		return ""
	}
	return one.URL
}

// beijing is the time zone of days, without need of a zone database.
var beijing = time.FixedZone("UTC+8", 8*60*60)

// ms reads a time in one of the forms that the documents show; 0 for none.
func ms(s string) int64 {
	for _, form := range []string{time.RFC3339, time.DateTime, time.DateOnly, "20060102150405", "20060102"} {
		if t, err := time.ParseInLocation(form, strings.TrimSpace(s), beijing); err == nil && t.UnixMilli() >= contract.MinMS && t.UnixMilli() <= contract.MaxMS {
			return t.UnixMilli()
		}
	}
	return 0
}

func day(at int64) string {
	if at == 0 {
		return ""
	}
	return time.UnixMilli(at).In(beijing).Format(time.DateOnly)
}

// tail shows the last four digits of a number.
func tail(s string) string {
	var digits []rune
	for _, r := range s {
		if r >= '0' && r <= '9' {
			digits = append(digits, r)
		}
	}
	return "****" + string(digits[max(0, len(digits)-4):])
}
