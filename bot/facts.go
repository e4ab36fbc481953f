package bot

import (
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

const (
	maxFact    = 59 // characters of a fact's text
	maxForeign = 80 // characters of the acquirer's own words that are looked at
)

// The states that a fact may have. What an acquirer says beyond them becomes the last of its row, or no fact.
var (
	reasonStates = []string{"DOCS_EXPIRED", "INFO_MISMATCH", "NO_TRADE", "SETTLE_ACCOUNT", "RISK", "INSPECTION", "JUDICIAL",
		"CONTRACT_ENDED", "TERMINAL_BINDING", "LIMIT", "PLATFORM_FAULT", "OTHER"}
	terminalStates = []string{"NOT_ACTIVATED", "NOT_REGISTERED", "BOUND_ELSEWHERE", "LOCKED_LOCATION", "LOCKED_TAMPER", "DISABLED",
		"OFFLINE", "UNKNOWN"}
)

// saidBy names, for each status of a merchant that is a fact, the reasons that already say it in more detail.
var saidBy = map[string][]string{
	"DOCS_EXPIRED":   {"DOCS_EXPIRED"},
	"DORMANT":        {"NO_TRADE"},
	"RISK_HOLD":      {"RISK", "INSPECTION", "JUDICIAL"},
	"FUNDS_HELD":     {"RISK", "INSPECTION", "JUDICIAL", "SETTLE_ACCOUNT"},
	"SUSPENDED":      {"DOCS_EXPIRED", "INFO_MISMATCH", "NO_TRADE", "RISK", "INSPECTION", "JUDICIAL", "CONTRACT_ENDED"},
	"PENDING_REVIEW": {},
	"CLOSED":         {"CONTRACT_ENDED"},
}

// Facts says what the record holds against the merchant, one statement per state: restrictions first, then the settlement
// account, the terminals and the merchant's own status, each in the record's order. No fact does not mean that all is well, only
// that this acquirer reports nothing. name gives the words for a state, e.g. "证照登记已过期" for DOCS_EXPIRED. A text has fewer
// than 60 characters and no full stop, e.g.
//
//	证照登记已过期，自 2026-10-31 起暂停收款，需提交新营业执照
func (r Record) Facts(name func(state string) string) []Fact {
	var facts []Fact
	said := map[string]bool{}
	add := func(state, text string) {
		if !said[state] {
			said[state] = true
			facts = append(facts, Fact{State: state, Text: text, At: r.ObservedAt, Source: foreign(r.Provider)})
		}
	}
	for _, x := range r.Restrictions {
		state := known(x.Reason, reasonStates)
		add(state, x.sentence(factName(name, state)))
	}
	if s := r.Settlement; s != nil && s.Verify == "FAILED" {
		add("SETTLE_ACCOUNT", join(factName(name, "SETTLE_ACCOUNT"), "", foreign(s.Fail), ""))
	}
	for _, t := range r.Terminals {
		if t.Status == "ACTIVE" {
			continue
		}
		state := known(t.Status, terminalStates)
		add(state, join(factName(name, state), "", r.tails(state), ""))
	}
	if reasons, ok := saidBy[r.Status]; ok && !slices.ContainsFunc(reasons, func(s string) bool { return said[s] }) {
		add(r.Status, join(factName(name, r.Status), "", r.statusDetail(), ""))
	}
	if r.Status == "UNKNOWN" && r.Raw != "" { // a word that nobody here knows is not "normal"
		add(r.Status, join(factName(name, r.Status), "", foreign(r.Raw), ""))
	}
	return facts
}

// sentence puts the acquirer's words behind the name of the reason.
func (x Restriction) sentence(name string) string {
	told, todo := foreign(x.Text), foreign(x.Recover)
	if todo != "" && !strings.ContainsRune("需请须应无", firstRune(todo)) {
		todo = "需" + todo
	}
	since := ""
	if d := day(x.Since); d != "" && !strings.Contains(told, d) {
		since = "自 " + d + " 起"
	}
	return join(name, since, told, todo)
}

// tails names the terminals that are in a state by the ends of their serial numbers.
func (r Record) tails(state string) string {
	var tails []string
	for _, t := range r.Terminals {
		sn := []rune(foreign(t.SN))
		if t.Status == "ACTIVE" || known(t.Status, terminalStates) != state || len(sn) == 0 {
			continue
		}
		if len(sn) > 4 {
			sn = sn[len(sn)-4:]
		}
		if tail := string(sn); !slices.Contains(tails, tail) {
			tails = append(tails, tail)
		}
	}
	switch {
	case len(tails) == 0:
		return ""
	case len(tails) > 3:
		return "序列号尾号 " + strings.Join(tails[:3], "、") + " 等"
	}
	return "序列号尾号 " + strings.Join(tails, "、")
}

// statusDetail adds the date that explains a status.
func (r Record) statusDetail() string {
	switch {
	case r.Status == "DOCS_EXPIRED" && day(r.LicenceUntil) != "":
		return "登记的有效期到 " + r.LicenceUntil
	case r.Status == "DORMANT" && day(r.LastTrade) != "":
		return "最近一笔交易在 " + r.LastTrade
	}
	return ""
}

// join makes one text below the limit: name，since told，todo. What is to be done outlives what is only told, and a date stays whole.
func join(name, since, told, todo string) string {
	left := maxFact - utf8.RuneCountInString(name)
	if todo = clip(todo, left-1); todo != "" {
		todo = "，" + todo
		left -= utf8.RuneCountInString(todo)
	}
	if since != "" {
		if told = clip(told, left-1-utf8.RuneCountInString(since)); told == "" {
			told = "生效"
		}
		if told = since + told; utf8.RuneCountInString(told) >= left {
			told = ""
		}
	}
	if told = clip(told, left-1); told != "" {
		told = "，" + told
	}
	return name + told + todo
}

// clip cuts s to n characters and shows that it did; too little room for sense gives nothing.
func clip(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	if n < 6 {
		return ""
	}
	return strings.TrimRight(string([]rune(s)[:n-1]), " ，、；：") + "…"
}

// factName gives the words for a state. A library without words for it shows its key, which no merchant shall read.
func factName(name func(string) string, state string) string {
	s := foreign(name(state))
	if s == "" || strings.Contains(s, state) {
		s = "登记状态需要收单机构核对"
	}
	return clip(s, maxFact)
}

// foreign makes one short line of words that were written elsewhere: no control, invisible or direction characters, no final stop.
func foreign(s string) string {
	if len(s) > 8*maxForeign {
		s = s[:8*maxForeign]
	}
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case !unicode.IsPrint(r), r == utf8.RuneError:
			return -1
		}
		return r
	}, s)
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > maxForeign {
		s = string(r[:maxForeign-1]) + "…"
	}
	return strings.TrimRight(s, " 。.；;，,")
}

func firstRune(s string) rune {
	r, _ := utf8.DecodeRuneInString(s)
	return r
}

// known returns state when it is in the list, else the list's last, which says that it is not known.
func known(state string, list []string) string {
	if slices.Contains(list, state) {
		return state
	}
	return list[len(list)-1]
}

// day returns s when it is a date such as 2026-10-31.
func day(s string) string {
	if _, err := time.Parse(time.DateOnly, s); err != nil {
		return ""
	}
	return s
}
