package bot_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"posdoctor/bot"
	"posdoctor/knowledge"
)

// factText answers like the shipped texts.
func factText(t *testing.T) func(string) string {
	t.Helper()
	lib, err := knowledge.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	book, err := bot.NewPlaybook(lib)
	if err != nil {
		t.Fatal(err)
	}
	return func(state string) string { return book.Flow.Text("fact."+state, nil) }
}

// One row for each state that a part of the record may have: what is said of it, and whether it holds something against the merchant.
// "-" stands for nothing.
func TestStatements(t *testing.T) {
	payout := func(state string) bot.Record {
		return bot.Record{Looked: bot.Looked{Payouts: []bot.Payout{{Day: "2026-11-22", Amount: 186_300, State: state, Fail: "户名不符", Expected: "2026-11-23"}}}}
	}
	riskCase := func(state string) bot.Record {
		return bot.Record{Looked: bot.Looked{Cases: []bot.RiskCase{{State: state, Text: "调取交易凭证", Needs: []string{"小票", "进货单"}, Since: "2026-11-20", Until: "2026-11-27"}}}}
	}
	applied := func(state string) bot.Record {
		return bot.Record{Looked: bot.Looked{Onboarding: &bot.Onboarding{State: state, Faults: "门头照片（看不清店名）"}}}
	}
	paid := func(state string) bot.Record {
		return bot.Record{Looked: bot.Looked{Payment: &bot.Payment{State: state, At: 1_795_658_700_000, Amount: 12_850, Response: "51"}}}
	}
	read := func(look string) bot.Record { return bot.Record{Looked: bot.Looked{Read: []string{look}}} }
	machine := func(x bot.Terminal) bot.Record {
		x.SN, x.Status = "4102", "ACTIVE"
		return bot.Record{Terminals: []bot.Terminal{x}}
	}
	changing := func(state string) bot.Record {
		return bot.Record{Settlement: &bot.SettlementAccount{Verify: "OK", Change: state}}
	}
	cases := []struct {
		name, state string
		record      bot.Record
		note        bool
		text        string
	}{
		{"payout", "SETTLEMENT_PENDING", payout("PENDING"), true, "结算款在处理中（11 月 22 日，1 千至 1 万元），预计 11 月 23 日，以到账为准"},
		{"payout", "SETTLEMENT_SENT", payout("SENT"), true, "结算款已打出，等银行入账（11 月 22 日，1 千至 1 万元），预计 11 月 23 日，以到账为准"},
		{"payout", "SETTLEMENT_PAID", payout("PAID"), true, "结算款已打到结算账户（11 月 22 日，1 千至 1 万元）"},
		{"payout", "SETTLEMENT_FAILED", payout("FAILED"), false, "结算款打款失败（11 月 22 日，1 千至 1 万元），户名不符"},
		{"payout", "SETTLEMENT_RETURNED", payout("RETURNED"), false, "结算款被退回（11 月 22 日，1 千至 1 万元），户名不符"},
		{"payout", "SETTLEMENT_HELD", payout("HELD"), false, "结算款被暂缓（11 月 22 日，1 千至 1 万元），户名不符"},
		{"payout", "SETTLEMENT_UNKNOWN", payout("UNKNOWN"), true, "结算款的状态需要收单机构核对（11 月 22 日，1 千至 1 万元），户名不符"},
		{"a word of no vocabulary", "SETTLEMENT_UNKNOWN", payout("IN_TRANSIT"), true, "结算款的状态需要收单机构核对（11 月 22 日，1 千至 1 万元），户名不符"},
		{"no payouts", "SETTLEMENT_NONE", read(bot.LookSettlements), true, "最近 7 天没有查到结算记录"},

		{"signed on", "-", machine(bot.Terminal{Sign: "SIGNED_ON", Key: "LOADED", SIM: "ACTIVE"}), false, ""},
		{"not known", "-", machine(bot.Terminal{Sign: "UNKNOWN", Key: "UNKNOWN", SIM: "UNKNOWN"}), false, ""},
		{"new", "-", machine(bot.Terminal{Sign: "INITIAL", SIM: "INVENTORY"}), false, ""},
		{"without a SIM card", "-", machine(bot.Terminal{SIM: "NONE"}), false, ""},
		{"signed off", "SIGN_SIGNED_OFF", machine(bot.Terminal{Sign: "SIGNED_OFF"}), true, "终端没有签到，序列号尾号 4102"},
		{"in repair", "SIGN_IN_REPAIR", machine(bot.Terminal{Sign: "IN_REPAIR"}), true, "终端登记为维修中，序列号尾号 4102"},
		{"no keys", "KEY_MISSING", machine(bot.Terminal{Key: "MISSING"}), true, "终端没有装载密钥，要由服务商处理，序列号尾号 4102"},
		{"old keys", "KEY_EXPIRED", machine(bot.Terminal{Key: "EXPIRED"}), true, "终端的密钥已过期，要由服务商处理，序列号尾号 4102"},
		{"SIM card stopped", "SIM_SUSPENDED", machine(bot.Terminal{SIM: "SUSPENDED"}), true, "终端的流量卡已停机，序列号尾号 4102"},
		{"SIM card ended", "SIM_EXPIRED", machine(bot.Terminal{SIM: "EXPIRED"}), true, "终端的流量卡已到期，序列号尾号 4102"},
		{"account stays", "-", changing("NONE"), false, ""},
		{"account, nobody knows", "-", changing("UNKNOWN"), false, ""},
		{"account changes", "ACCOUNT_CHANGE_UNDER_REVIEW", changing("UNDER_REVIEW"), true, "结算账户的变更在审核中"},
		{"account does not change", "ACCOUNT_CHANGE_REJECTED", changing("REJECTED"), true, "结算账户的变更没有通过"},

		{"case", "CASE_PENDING", riskCase("PENDING"), false, "风控核查在等您补交材料，调取交易凭证，需在 2026-11-27 前提交小票、进货单"},
		{"case", "CASE_SUBMITTED", riskCase("SUBMITTED"), true, "风控核查的材料已提交，自 2026-11-20 起调取交易凭证"},
		{"case", "CASE_UNDER_REVIEW", riskCase("UNDER_REVIEW"), true, "风控核查的材料在审核，自 2026-11-20 起调取交易凭证"},
		{"case", "CASE_REJECTED", riskCase("REJECTED"), false, "风控核查的材料没有通过，调取交易凭证，需在 2026-11-27 前提交小票、进货单"},
		{"case", "CASE_EXPIRED", riskCase("EXPIRED"), false, "风控核查的材料逾期没有提交，自 2026-11-20 起调取交易凭证"},
		{"case", "CASE_UNKNOWN", riskCase("UNKNOWN"), true, "有一项风控核查，进展需要收单机构核对，自 2026-11-20 起调取交易凭证"},
		{"a case that is over", "-", riskCase("RECOVERED"), false, ""},

		{"application", "ONBOARDING_EDITING", applied("EDITING"), false, "入网申请还没有提交，要改：门头照片（看不清店名）"},
		{"application", "ONBOARDING_UNDER_REVIEW", applied("UNDER_REVIEW"), false, "入网申请在审核中，要改：门头照片（看不清店名）"},
		{"application", "ONBOARDING_REJECTED", applied("REJECTED"), false, "入网申请被驳回，要改：门头照片（看不清店名）"},
		{"application", "ONBOARDING_TO_BE_CONFIRMED", applied("TO_BE_CONFIRMED"), false, "入网申请在等账户验证，要改：门头照片（看不清店名）"},
		{"application", "ONBOARDING_TO_BE_SIGNED", applied("TO_BE_SIGNED"), false, "入网申请已通过，等您签约，要改：门头照片（看不清店名）"},
		{"application", "ONBOARDING_SIGNING", applied("SIGNING"), false, "入网申请已签约，权限在开通中，要改：门头照片（看不清店名）"},
		{"application", "ONBOARDING_FINISHED", applied("FINISHED"), true, "入网申请已经完成"},
		{"application", "ONBOARDING_CANCELLED", applied("CANCELLED"), false, "入网申请已作废，要改：门头照片（看不清店名）"},
		{"application", "ONBOARDING_UNKNOWN", applied("UNKNOWN"), true, "入网申请的状态需要收单机构核对"},

		{"payment", "PAYMENT_SUCCESS", paid("SUCCESS"), true, "10:05 的 128.50 元：记为交易成功，不要再收一次"},
		{"payment", "PAYMENT_FAILED", paid("FAILED"), true, "10:05 的 128.50 元：记为交易失败，没有成功（应答码 51）"},
		{"payment", "PAYMENT_REVERSED", paid("REVERSED"), true, "10:05 的 128.50 元：已冲正，款项按发卡行的时间退回顾客"},
		{"payment", "PAYMENT_UNKNOWN", paid("UNKNOWN"), true, "10:05 的 128.50 元：结果还没有定，查清前不要再收款"},
		{"payment", "PAYMENT_NONE", paid("NONE"), true, "10:05 的 128.50 元：没有查到这一笔，还不能断定没成功，先别再收"},
		{"a word of no vocabulary", "PAYMENT_UNKNOWN", paid("LIMBO"), true, "10:05 的 128.50 元：结果还没有定，查清前不要再收款"},

		{"limits", "LIMITS", bot.Record{Looked: bot.Looked{Limits: []bot.Limit{{Kind: "SINGLE", On: "信用卡", Most: 5_000_000}, {Kind: "MONTH", Most: 123_456}, {Kind: "HOUR", Most: 100}}}}, true,
			"登记的限额，信用卡单笔最多 5 万元，单月最多 1234.56 元，最多 1 元"},
		{"a limit that is used up", "LIMIT", bot.Record{Looked: bot.Looked{Limits: []bot.Limit{{Kind: "SINGLE", Most: 5_000_000}, {Kind: "DAY", On: "信用卡", Most: 20_000_000, Used: 19_650_000}}}}, false,
			"有交易限额，信用卡单日最多 20 万元（已用 19.65 万元）"},

		{"complaints", "COMPLAINTS_OPEN", bot.Record{Looked: bot.Looked{Read: []string{bot.LookComplaints}, Complaints: []bot.Complaint{{State: "PENDING", Until: "2026-11-28"},
			{State: "PROCESSING", Until: "2026-11-27"}, {State: "UNKNOWN"}, {State: "PROCESSED", Until: "2026-11-01"}}}}, true, "有顾客投诉等您处理，3 笔，最早的要在 2026-11-27 前回复"},
		{"none", "COMPLAINTS_NONE", read(bot.LookComplaints), true, "最近 30 天没有等您处理的顾客投诉"},

		{"outage", "NOTICE", bot.Record{Looked: bot.Looked{Notices: []bot.Announcement{{Kind: "OUTAGE", Title: "银行卡交易较慢"}}}}, true, "公告，银行卡交易较慢"},
		{"maintenance", "NOTICE", bot.Record{Looked: bot.Looked{Notices: []bot.Announcement{{Kind: "MAINTENANCE", Title: "今晚 2 点升级"}}}}, true, "公告，今晚 2 点升级"},
		{"a rule", "-", bot.Record{Looked: bot.Looked{Notices: []bot.Announcement{{Kind: "RULE", Title: "新的费率"}}}}, true, ""},
		{"something else", "-", bot.Record{Looked: bot.Looked{Notices: []bot.Announcement{{Kind: "OTHER", Title: "周年"}}}}, true, ""},

		{"unread", "UNREAD_PAYMENT", bot.Record{Unread: []string{bot.LookPayment}}, true, "这一笔的结果没能查到，查清前不要再收款"},
		{"unread", "UNREAD_SETTLEMENTS", bot.Record{Unread: []string{bot.LookSettlements}}, true, "结算记录这次没能查到"},
		{"unread", "UNREAD_LIMITS", bot.Record{Unread: []string{bot.LookLimits}}, true, "限额这次没能查到"},
		{"unread", "UNREAD_ONBOARDING", bot.Record{Unread: []string{bot.LookOnboarding}}, true, "入网申请的进度这次没能查到"},
		{"unread", "UNREAD_COMPLAINTS", bot.Record{Unread: []string{bot.LookComplaints}}, true, "顾客投诉这次没能查到"},
	}
	name := factText(t)
	for _, c := range cases {
		t.Run(c.name+" "+c.state, func(t *testing.T) {
			c.record.ObservedAt, c.record.Provider = 1_795_659_000_000, "岚桥支付"
			facts := c.record.Statements(name)
			if c.state == "-" {
				if len(facts) > 0 {
					t.Errorf("got %+v, want nothing", facts)
				}
				return
			}
			if len(facts) != 1 || facts[0].State != c.state || facts[0].Text != c.text || facts[0].Note != c.note || facts[0].At != 1_795_659_000_000 || facts[0].Source != "岚桥支付" {
				t.Errorf("got %+v", facts)
			}
		})
	}
}

// A link goes with the fact that it is about.
func TestStatementLinks(t *testing.T) {
	r := bot.Record{Restrictions: []bot.Restriction{{Reason: "RISK", Link: "https://kf.qq.com/a"}, {Reason: "NO_TRADE"}},
		Looked: bot.Looked{Onboarding: &bot.Onboarding{State: "TO_BE_SIGNED", Link: "https://pay.weixin.qq.com/sign"}}}
	got := map[string]string{}
	for _, f := range r.Statements(factText(t)) {
		got[f.State] = f.Link
	}
	if len(got) != 3 || got["RISK"] != "https://kf.qq.com/a" || got["NO_TRADE"] != "" || got["ONBOARDING_TO_BE_SIGNED"] != "https://pay.weixin.qq.com/sign" {
		t.Errorf("got %v", got)
	}
}

// Each state of a fact that proves a cause belongs to one cause, and each has words.
func TestFactsOfCauses(t *testing.T) {
	lib, err := knowledge.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	name := factText(t)
	for _, c := range lib.Causes {
		for _, state := range c.Facts {
			if s := name(state); s == "" || strings.Contains(s, state) || utf8.RuneCountInString(s) > 30 {
				t.Errorf("%s: fact %s is told as %q", c.ID, state, s)
			}
		}
	}
}
