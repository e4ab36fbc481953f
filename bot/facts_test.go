package bot_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"posdoctor/bot"
)

var factNames = map[string]string{
	"DOCS_EXPIRED":    "证照登记已过期",
	"NO_TRADE":        "长期没有交易，已被暂停",
	"DORMANT":         "商户处于休眠状态",
	"RISK":            "商户被风控限制",
	"RISK_HOLD":       "商户被风控暂停",
	"FUNDS_HELD":      "结算资金被暂缓",
	"SUSPENDED":       "商户已被暂停",
	"CLOSED":          "商户已注销",
	"BOUND_ELSEWHERE": "这台终端登记在别的商户名下",
	"LOCKED_TAMPER":   "终端触发了安全锁定",
	"SETTLE_ACCOUNT":  "结算账户校验未通过",
	"OTHER":           "有一项登记限制",
}

// nameOf answers like a library: what it has no words for comes back as the key.
func nameOf(state string) string {
	if s := factNames[state]; s != "" {
		return s
	}
	return "fact." + state
}

func TestFacts(t *testing.T) {
	const unnamed = "登记状态需要收单机构核对"
	cases := []struct {
		name   string
		record bot.Record
		want   []string // "STATE text"
	}{
		{"nothing registered", bot.Record{Status: "ACTIVE", Terminals: []bot.Terminal{{SN: "0001", Status: "ACTIVE"}},
			Settlement: &bot.SettlementAccount{Verify: "OK"}}, nil},
		{"unknown is no fact", bot.Record{Status: "UNKNOWN"}, nil},
		{"a status of no vocabulary is unknown", bot.Record{Status: "<b>FROZEN</b>"}, nil},
		{"restriction with all parts", bot.Record{Status: "DOCS_EXPIRED", Restrictions: []bot.Restriction{
			{Reason: "DOCS_EXPIRED", Text: "暂停收款", Recover: "提交新营业执照", Since: "2026-10-31"}}},
			[]string{"DOCS_EXPIRED 证照登记已过期，自 2026-10-31 起暂停收款，需提交新营业执照"}},
		{"restriction without words", bot.Record{Status: "DORMANT", Restrictions: []bot.Restriction{
			{Reason: "NO_TRADE", Since: "2026-08-01"}}},
			[]string{"NO_TRADE 长期没有交易，已被暂停，自 2026-08-01 起生效"}},
		{"date that is none is left out", bot.Record{Status: "ACTIVE", Restrictions: []bot.Restriction{
			{Reason: "RISK", Since: "31/10/2026", Text: "暂停提现。", Recover: "请提交交易凭证。"}}},
			[]string{"RISK 商户被风控限制，暂停提现，请提交交易凭证"}},
		{"date already told", bot.Record{Restrictions: []bot.Restriction{
			{Reason: "RISK", Since: "2026-11-01", Text: "2026-11-01 收到调单"}}},
			[]string{"RISK 商户被风控限制，2026-11-01 收到调单"}},
		{"reason of no vocabulary is OTHER", bot.Record{Restrictions: []bot.Restriction{{Reason: "X'; --"}, {Reason: "Y"}}},
			[]string{"OTHER 有一项登记限制"}},
		{"status with its date", bot.Record{Status: "DOCS_EXPIRED", LicenceUntil: "2026-10-30"},
			[]string{"DOCS_EXPIRED 证照登记已过期，登记的有效期到 2026-10-30"}},
		{"dormant with the last trade", bot.Record{Status: "DORMANT", LastTrade: "2026-05-07"},
			[]string{"DORMANT 商户处于休眠状态，最近一笔交易在 2026-05-07"}},
		{"risk covers the hold", bot.Record{Status: "RISK_HOLD", Restrictions: []bot.Restriction{{Reason: "RISK"}}},
			[]string{"RISK 商户被风控限制"}},
		{"documents do not cover the hold", bot.Record{Status: "RISK_HOLD", Restrictions: []bot.Restriction{{Reason: "DOCS_EXPIRED"}}},
			[]string{"DOCS_EXPIRED 证照登记已过期", "RISK_HOLD 商户被风控暂停"}},
		{"limit does not cover the suspension", bot.Record{Status: "SUSPENDED", Restrictions: []bot.Restriction{{Reason: "OTHER"}}},
			[]string{"OTHER 有一项登记限制", "SUSPENDED 商户已被暂停"}},
		{"closed", bot.Record{Status: "CLOSED"}, []string{"CLOSED 商户已注销"}},
		{"terminals are told once per state", bot.Record{Status: "ACTIVE", Terminals: []bot.Terminal{
			{SN: "0001", Status: "BOUND_ELSEWHERE"}, {SN: "0002", Status: "ACTIVE"}, {SN: "N9003", Status: "BOUND_ELSEWHERE"},
			{SN: "0004", Status: "LOCKED_TAMPER"}}},
			[]string{"BOUND_ELSEWHERE 这台终端登记在别的商户名下，序列号尾号 0001、9003", "LOCKED_TAMPER 终端触发了安全锁定，序列号尾号 0004"}},
		{"no key reaches a merchant", bot.Record{Terminals: []bot.Terminal{{Status: "OFFLINE"}, {Status: "Sleeping"}}},
			[]string{"OFFLINE " + unnamed, "UNKNOWN " + unnamed}},
		{"settlement account", bot.Record{Status: "ACTIVE", Settlement: &bot.SettlementAccount{Verify: "FAILED", Fail: "户名不符"}},
			[]string{"SETTLE_ACCOUNT 结算账户校验未通过，户名不符"}},
		{"settlement account already told", bot.Record{Status: "FUNDS_HELD", Settlement: &bot.SettlementAccount{Verify: "FAILED", Fail: "户名不符"},
			Restrictions: []bot.Restriction{{Reason: "SETTLE_ACCOUNT", Text: "暂停结算"}}},
			[]string{"SETTLE_ACCOUNT 结算账户校验未通过，暂停结算"}},
		{"settlement account being verified", bot.Record{Status: "ACTIVE", Settlement: &bot.SettlementAccount{Verify: "PENDING"}}, nil},
		{"the record's order is kept", bot.Record{Status: "SUSPENDED", Restrictions: []bot.Restriction{{Reason: "OTHER"}, {Reason: "DOCS_EXPIRED"}},
			Terminals:  []bot.Terminal{{Status: "LOCKED_TAMPER"}},
			Settlement: &bot.SettlementAccount{Verify: "FAILED"}},
			[]string{"OTHER 有一项登记限制", "DOCS_EXPIRED 证照登记已过期", "SETTLE_ACCOUNT 结算账户校验未通过", "LOCKED_TAMPER 终端触发了安全锁定"}},
		{"control and direction characters", bot.Record{Restrictions: []bot.Restriction{
			{Reason: "RISK", Text: "暂停\x00收款\u202e\n\n请\t看\u200b通知\xff", Recover: "\x1b[31m补充材料"}}},
			[]string{"RISK 商户被风控限制，暂停收款 请 看通知，需[31m补充材料"}},
		{"long words are cut, what is to be done last", bot.Record{Restrictions: []bot.Restriction{
			{Reason: "RISK", Since: "2026-11-01", Text: strings.Repeat("甲", 500), Recover: "提交交易凭证"}}},
			[]string{"RISK 商户被风控限制，自 2026-11-01 起" + strings.Repeat("甲", 28) + "…，需提交交易凭证"}},
		{"a date is never cut", bot.Record{Restrictions: []bot.Restriction{
			{Reason: "RISK", Since: "2026-11-01", Text: "暂停收款", Recover: strings.Repeat("乙", 32)}}},
			[]string{"RISK 商户被风控限制，自 2026-11-01 起生效，需" + strings.Repeat("乙", 32)}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			c.record.ObservedAt, c.record.Provider = 1763860000000, "岚桥支付"
			facts := c.record.Facts(nameOf)
			var got []string
			for _, f := range facts {
				got = append(got, f.State+" "+f.Text)
				if f.At != 1763860000000 || f.Source != "岚桥支付" {
					t.Errorf("%s: at %d, source %q", f.State, f.At, f.Source)
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(facts, c.record.Facts(nameOf)); diff != "" {
				t.Errorf("a second reading differs: %s", diff)
			}
		})
	}
}

// Whatever an acquirer writes, a fact is one short printable line and no state comes twice.
func FuzzFacts(f *testing.F) {
	f.Add("DOCS_EXPIRED", "暂停收款", "提交新营业执照", "2026-10-31", "证照登记已过期")
	f.Add("RISK", strings.Repeat("甲", 900), strings.Repeat("乙", 900), "2026-10-31", strings.Repeat("丙", 90))
	f.Add("\xff", "\u202e<a href=1>", "\x00\n", "2026-02-30", "")
	f.Fuzz(func(t *testing.T, reason, text, recovery, since, name string) {
		r := bot.Record{Status: reason, Restrictions: []bot.Restriction{{Reason: reason, Text: text, Recover: recovery, Since: since}, {Reason: text}},
			Terminals:  []bot.Terminal{{SN: text, Status: reason}, {SN: since, Status: "OFFLINE"}},
			Settlement: &bot.SettlementAccount{Verify: "FAILED", Fail: text}}
		seen := map[string]bool{}
		for _, fact := range r.Facts(func(string) string { return name }) {
			if seen[fact.State] {
				t.Errorf("%s comes twice", fact.State)
			}
			seen[fact.State] = true
			if n := utf8.RuneCountInString(fact.Text); n == 0 || n >= 60 {
				t.Errorf("%s has %d characters: %q", fact.State, n, fact.Text)
			}
			if !utf8.ValidString(fact.Text) || strings.ContainsFunc(fact.Text, func(r rune) bool { return !unicode.IsPrint(r) }) {
				t.Errorf("%s is not printable: %q", fact.State, fact.Text)
			}
		}
	})
}
