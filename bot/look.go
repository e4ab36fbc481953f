package bot

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Parts of a record that are read for some troubles only; see Look.
const (
	LookSettlements = "settlements" // payouts of the last days
	LookLimits      = "limits"      // limits of amount, and what is used of them
	LookOnboarding  = "onboarding"  // how far the application is
	LookComplaints  = "complaints"  // of payers
	LookPayment     = "payment"     // what became of one payment
)

// Look is what a reading of the record looks for beside what is always read.
type Look struct {
	For  []string `json:"for,omitempty"`
	Paid *Paid    `json:"paid,omitempty"` // LookPayment: which payment
	At   int64    `json:"at"`             // when it was asked for, milliseconds: days are counted from it
}

// Paid is a payment as a merchant names it: an amount, and a time between the two.
type Paid struct {
	Amount int64 `json:"amount"` // fen
	From   int64 `json:"from"`   // milliseconds
	To     int64 `json:"to"`
}

// look puts into the call that was just made what the dialogue looks for besides.
func (t *turn) look() {
	st := t.next.Dialogue
	if len(st.Looks) == 0 {
		return
	}
	l := &Look{For: slices.Clone(st.Looks), At: t.ev.At}
	if p := st.Paid; p != nil && slices.Contains(l.For, LookPayment) {
		l.Paid = &Paid{Amount: p.Amount, From: p.From, To: p.To}
	}
	t.effects[len(t.effects)-1].Call.Look = l
}

// Payout is one settlement.
type Payout struct {
	Day      string `json:"day"` // 2006-01-02
	Amount   int64  `json:"amount"`
	State    string `json:"state"` // PENDING SENT PAID FAILED RETURNED HELD UNKNOWN
	Fail     string `json:"fail,omitempty"`
	Expected string `json:"expected,omitempty"` // 2006-01-02, as the acquirer expects it
}

// Limit is one limit of amount, in fen.
type Limit struct {
	Kind string `json:"kind"` // SINGLE DAY MONTH OTHER
	On   string `json:"on,omitempty"`
	Most int64  `json:"most"`
	Used int64  `json:"used,omitempty"`
}

// RiskCase is one investigation.
type RiskCase struct {
	Case  string   `json:"case"`
	State string   `json:"state"` // PENDING SUBMITTED UNDER_REVIEW RECOVERED REJECTED EXPIRED UNKNOWN
	Text  string   `json:"text,omitempty"`
	Needs []string `json:"needs,omitempty"` // what has to be handed in
	Since string   `json:"since,omitempty"` // 2006-01-02
	Until string   `json:"until,omitempty"` // 2006-01-02
}

// Onboarding is how far a merchant's application is.
type Onboarding struct {
	State  string `json:"state"` // EDITING UNDER_REVIEW REJECTED TO_BE_CONFIRMED TO_BE_SIGNED SIGNING FINISHED CANCELLED UNKNOWN
	Text   string `json:"text,omitempty"`
	Link   string `json:"link,omitempty"` // where the merchant signs; see Restriction.Link
	Faults string `json:"faults,omitempty"`
}

// Complaint is one payer's complaint; who he is stands nowhere.
type Complaint struct {
	State string `json:"state"` // PENDING PROCESSING PROCESSED UNKNOWN
	Until string `json:"until,omitempty"`
}

// Announcement is what the acquirer tells all merchants, and is under way.
type Announcement struct {
	Kind  string `json:"kind"` // OUTAGE MAINTENANCE RULE OTHER
	Title string `json:"title"`
}

// Payment is what became of a payment. NONE: the acquirer knows of none, which does not say that it failed.
type Payment struct {
	State    string `json:"state"` // SUCCESS FAILED REVERSED UNKNOWN NONE
	At       int64  `json:"at,omitempty"`
	Amount   int64  `json:"amount"`
	Response string `json:"response,omitempty"` // field 39
}

// Looked is what a record holds of the parts that are read for some troubles only, and of those that concern nobody else's record.
type Looked struct {
	Payouts    []Payout       `json:"payouts,omitempty"`
	Limits     []Limit        `json:"limits,omitempty"`
	Cases      []RiskCase     `json:"cases,omitempty"`
	Onboarding *Onboarding    `json:"onboarding,omitempty"`
	Complaints []Complaint    `json:"complaints,omitempty"`
	Notices    []Announcement `json:"notices,omitempty"`
	Payment    *Payment       `json:"payment,omitempty"`
	Read       []string       `json:"read,omitempty"` // parts of a Look that were read; those that failed stand in Record.Unread
}

// The states beside those of facts.go: what is a fact against the merchant, and what is only told (Fact.Note). Those that stand nowhere
// are passed over: they are history.
var (
	machineNotes = []string{"SIGN_SIGNED_OFF", "SIGN_IN_REPAIR", "KEY_MISSING", "KEY_EXPIRED", "SIM_SUSPENDED", "SIM_EXPIRED"} // of a terminal that is the merchant's

	payoutFacts = []string{"FAILED", "RETURNED", "HELD"}
	payoutNotes = []string{"PENDING", "SENT", "PAID", "UNKNOWN"}

	caseFacts = []string{"PENDING", "REJECTED", "EXPIRED"} // the merchant has to do something, or it is too late for it
	caseNotes = []string{"SUBMITTED", "UNDER_REVIEW", "UNKNOWN"}

	onboardingFacts = []string{"EDITING", "UNDER_REVIEW", "REJECTED", "TO_BE_CONFIRMED", "TO_BE_SIGNED", "SIGNING", "CANCELLED"}
	onboardingNotes = []string{"FINISHED", "UNKNOWN"}

	paymentNotes = []string{"SUCCESS", "FAILED", "REVERSED", "NONE", "UNKNOWN"}
)

// staleFrom is how old a record out of a cache must be for its age to be told, in milliseconds.
const staleFrom = 10_000

// nearlyFull is the share of a limit from which it counts as used up.
const nearlyFull = 0.9

// Statements are all that the record says: Facts, then what was looked for besides. See Fact.Note for what does not count against the
// merchant. A part that was looked for and could not be read says so.
func (r Record) Statements(name func(state string) string) []Fact {
	facts := r.Facts(name)
	said := map[string]bool{}
	for i := range facts {
		said[facts[i].State] = true
		facts[i].Link = r.linkOf(facts[i].State)
	}
	add := func(note bool, state, text, link string) {
		if !said[state] {
			said[state] = true
			facts = append(facts, Fact{State: state, Text: text, At: r.ObservedAt, Source: foreign(r.Provider), Note: note, Link: link})
		}
	}
	for _, state := range machineNotes {
		if tails := r.machines(state); tails != "" {
			add(true, state, join(factName(name, state), "", tails, ""), "")
		}
	}
	if s := r.Settlement; s != nil && (s.Change == "UNDER_REVIEW" || s.Change == "REJECTED") {
		state := "ACCOUNT_CHANGE_" + s.Change
		add(true, state, factName(name, state), "")
	}
	for _, x := range r.Cases {
		if note := slices.Contains(caseNotes, x.State); note || slices.Contains(caseFacts, x.State) {
			state := "CASE_" + x.State
			add(note, state, x.sentence(factName(name, state)), "")
		}
	}
	for _, x := range r.Payouts {
		state := "SETTLEMENT_" + known(x.State, append(slices.Clone(payoutFacts), payoutNotes...))
		note := !slices.Contains(payoutFacts, strings.TrimPrefix(state, "SETTLEMENT_"))
		add(note, state, x.sentence(factName(name, state)), "")
	}
	if slices.Contains(r.Looked.Read, LookSettlements) && len(r.Payouts) == 0 {
		add(true, "SETTLEMENT_NONE", factName(name, "SETTLEMENT_NONE"), "")
	}
	full, limits := r.limits()
	if full != "" {
		add(false, "LIMIT", join(factName(name, "LIMIT"), "", full, ""), "")
	}
	if limits != "" {
		add(true, "LIMITS", join(factName(name, "LIMITS"), "", limits, ""), "")
	}
	if x := r.Onboarding; x != nil {
		state := "ONBOARDING_" + known(x.State, append(slices.Clone(onboardingFacts), onboardingNotes...))
		note := !slices.Contains(onboardingFacts, strings.TrimPrefix(state, "ONBOARDING_"))
		todo := ""
		if faults := foreign(x.Faults); faults != "" && !slices.Contains(onboardingNotes, x.State) {
			todo = "要改：" + faults
		}
		add(note, state, join(factName(name, state), "", foreign(x.Text), todo), x.Link)
	}
	if slices.Contains(r.Looked.Read, LookComplaints) {
		state, text := r.complaints(name)
		add(true, state, text, "")
	}
	if p := r.Payment; p != nil {
		state := "PAYMENT_" + known(p.State, paymentNotes)
		add(true, state, p.sentence(factName(name, state), r.ObservedAt), "")
	}
	for _, x := range r.Notices {
		if x.Kind == "OUTAGE" || x.Kind == "MAINTENANCE" {
			add(true, "NOTICE", join(factName(name, "NOTICE"), "", foreign(x.Title), ""), "")
		}
	}
	for _, look := range []string{LookPayment, LookSettlements, LookLimits, LookOnboarding, LookComplaints} {
		if slices.Contains(r.Unread, look) {
			state := "UNREAD_" + strings.ToUpper(look)
			add(true, state, factName(name, state), "")
		}
	}
	return facts
}

// machines names the terminals that are in a state of machineNotes.
func (r Record) machines(state string) string {
	var in Record
	for _, t := range r.Terminals {
		if t.Status == "ACTIVE" && ("SIGN_"+t.Sign == state || "KEY_"+t.Key == state || "SIM_"+t.SIM == state) {
			in.Terminals = append(in.Terminals, Terminal{SN: t.SN, Status: "OFFLINE"})
		}
	}
	if len(in.Terminals) == 0 {
		return ""
	}
	return cmp.Or(in.tails("OFFLINE"), "有一台机器")
}

// linkOf is the link of the restriction that a fact is about.
func (r Record) linkOf(state string) string {
	for _, x := range r.Restrictions {
		if known(x.Reason, reasonStates) == state {
			return x.Link
		}
	}
	return ""
}

// sentence tells an investigation: 风控在调取交易凭证，自 2026-11-20 起，需在 2026-11-27 前交小票、进货单.
func (x RiskCase) sentence(name string) string {
	todo := ""
	if x.State == "PENDING" || x.State == "REJECTED" {
		var needs []string
		for _, n := range x.Needs {
			if n = foreign(n); n != "" {
				needs = append(needs, n)
			}
		}
		switch until := day(x.Until); {
		case len(needs) > 0 && until != "":
			todo = "需在 " + until + " 前提交" + strings.Join(needs, "、")
		case len(needs) > 0:
			todo = "需提交" + strings.Join(needs, "、")
		case until != "":
			todo = "需在 " + until + " 前办理"
		}
	}
	since := ""
	if d := day(x.Since); d != "" && todo == "" {
		since = "自 " + d + " 起"
	}
	return join(name, since, foreign(x.Text), todo)
}

// sentence tells a payout: 结算款被退回（11 月 25 日，1 千至 1 万元），户名不符.
func (x Payout) sentence(name string) string {
	when := ""
	if d, err := time.Parse(time.DateOnly, x.Day); err == nil {
		when = fmt.Sprintf("%d 月 %d 日，", int(d.Month()), d.Day())
	}
	told := ""
	if x.State != "PAID" && x.State != "PENDING" && x.State != "SENT" {
		told = foreign(x.Fail)
	}
	if d, err := time.Parse(time.DateOnly, x.Expected); err == nil && (x.State == "PENDING" || x.State == "SENT") {
		told = fmt.Sprintf("预计 %d 月 %d 日，以到账为准", int(d.Month()), d.Day())
	}
	return join(name+"（"+when+band(x.Amount)+"）", "", told, "")
}

// band is an amount as far as a line of chat needs to tell it: the sum itself stands in the merchant's own books.
func band(fen int64) string {
	switch yuan := fen / 100; {
	case yuan < 100:
		return "不到 100 元"
	case yuan < 1000:
		return "100 至 1000 元"
	case yuan < 10_000:
		return "1 千至 1 万元"
	case yuan < 50_000:
		return "1 万至 5 万元"
	case yuan < 200_000:
		return "5 万至 20 万元"
	}
	return "20 万元以上"
}

// yuan is an amount in yuan: 128 元, 56.50 元, 19.65 万元.
func yuan(fen int64) string {
	switch {
	case fen >= 1_000_000 && fen%10_000 == 0:
		return strconv.FormatFloat(float64(fen)/1_000_000, 'f', -1, 64) + " 万元"
	case fen%100 == 0:
		return fmt.Sprintf("%d 元", fen/100)
	}
	return fmt.Sprintf("%d.%02d 元", fen/100, fen%100)
}

var limitNames = map[string]string{"SINGLE": "单笔", "DAY": "单日", "MONTH": "单月", "OTHER": ""}

// limits says what is used up, and how all limits stand.
func (r Record) limits() (full, all string) {
	var used, parts []string
	for _, x := range r.Looked.Limits {
		s := foreign(x.On) + limitNames[known(x.Kind, []string{"SINGLE", "DAY", "MONTH", "OTHER"})] + "最多 " + yuan(x.Most)
		if x.Used > 0 {
			s += "（已用 " + yuan(x.Used) + "）"
		}
		parts = append(parts, s)
		if x.Most > 0 && float64(x.Used) >= nearlyFull*float64(x.Most) {
			used = append(used, s)
		}
	}
	if len(used) > 0 {
		return strings.Join(used, "，"), ""
	}
	return "", strings.Join(parts, "，")
}

func (r Record) complaints(name func(string) string) (state, text string) {
	n, until := 0, ""
	for _, x := range r.Looked.Complaints {
		if x.State == "PROCESSED" {
			continue
		}
		n++
		if d := day(x.Until); d != "" && (until == "" || d < until) {
			until = d
		}
	}
	if n == 0 {
		return "COMPLAINTS_NONE", factName(name, "COMPLAINTS_NONE")
	}
	text = fmt.Sprintf("%d 笔", n)
	if until != "" {
		text += "，最早的要在 " + until + " 前回复"
	}
	return "COMPLAINTS_OPEN", join(factName(name, "COMPLAINTS_OPEN"), "", text, "")
}

// sentence tells what became of a payment: 14:05 的 128 元：收单机构记录为交易成功，不要再收一次.
func (p Payment) sentence(name string, now int64) string {
	s := yuan(p.Amount) + "：" + name
	if at := time.UnixMilli(p.At).In(beijing); p.At > 0 {
		s = at.Format("15:04") + " 的 " + s
		if dayOf(p.At) != dayOf(now) {
			s = fmt.Sprintf("%d 月 %d 日 ", int(at.Month()), at.Day()) + s
		}
	}
	if p.State == "FAILED" && p.Response != "" {
		s += "（应答码 " + foreign(p.Response) + "）"
	}
	return clip(s, maxFact)
}
