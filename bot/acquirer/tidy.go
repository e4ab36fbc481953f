package acquirer

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"posdoctor/bot"
)

const (
	maxWords        = 200 // characters of a free text in a record
	maxRestrictions = 20
	maxTerminals    = 100
)

// tidy makes an acquirer's record fit to be stored: personal data masked, control characters gone, texts and lists short. Links are left to Links.keep. It
// leaves the enums alone; Record.Facts takes only those of the vocabulary.
func tidy(r bot.Record) bot.Record {
	for _, s := range []*string{&r.Provider, &r.Trace, &r.Name, &r.Status, &r.Raw, &r.LicenceUntil, &r.LastTrade} {
		*s = words(*s)
	}
	r.Restrictions = append([]bot.Restriction(nil), r.Restrictions[:min(len(r.Restrictions), maxRestrictions)]...)
	for i := range r.Restrictions {
		x := &r.Restrictions[i]
		for _, s := range []*string{&x.Case, &x.Reason, &x.Text, &x.Recover, &x.Since} {
			*s = words(*s)
		}
	}
	r.Terminals = append([]bot.Terminal(nil), r.Terminals[:min(len(r.Terminals), maxTerminals)]...)
	for i := range r.Terminals {
		x := &r.Terminals[i]
		for _, s := range []*string{&x.Status, &x.Last, &x.Model, &x.Online, &x.Sign, &x.Key, &x.SIM} {
			*s = words(*s)
		}
		x.SN = last4(x.SN)
	}
	if r.Settlement != nil {
		s := *r.Settlement
		s.Bank, s.Verify, s.Fail = words(s.Bank), words(s.Verify), words(s.Fail)
		s.Change = words(s.Change)
		if s.No != "" {
			s.No = "****" + last4(s.No)
		}
		r.Settlement = &s
	}
	r.Looked = tidyLooked(r.Looked)
	return r
}

// words is one line of foreign text, masked and shortened.
func words(s string) string { return Line(s, maxWords) }

// Line makes one line of at most n characters of foreign text: personal data masked, nothing invisible.
func Line(s string, n int) string {
	if len(s) > 16*n {
		s = s[:16*n]
	}
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case r == utf8.RuneError, !unicode.IsPrint(r):
			return -1
		}
		return r
	}, s)
	s, _ = bot.Mask(strings.Join(strings.Fields(s), " "))
	if r := []rune(s); len(r) > n {
		s = string(r[:n-1]) + "…"
	}
	return s
}

// last4 is the end of a serial or account number, its letters and digits only.
func last4(s string) string {
	var r []rune
	for _, c := range s[max(0, len(s)-64):] {
		if c != utf8.RuneError && (unicode.IsLetter(c) || unicode.IsDigit(c)) {
			r = append(r, c)
		}
	}
	return string(r[max(0, len(r)-4):])
}
