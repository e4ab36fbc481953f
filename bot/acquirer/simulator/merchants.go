package simulator

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"posdoctor/bot/acquirer/contract"
)

// knowledge is what the acquirer knows of one merchant.
type knowledge struct {
	number       string // tells merchants apart, in made-up numbers
	merchant     contract.Merchant
	restrictions contract.Restrictions
	terminals    contract.Terminals
	account      contract.SettlementAccount
	settlements  contract.Settlements
	transactions []contract.Transaction
	limits       contract.Limits
	risks        contract.RiskCases
	complaints   contract.Complaints
	onboarding   contract.Onboarding
}

// ago is the beginning of a day in Beijing, some days before now.
func ago(now time.Time, days int) time.Time {
	y, m, d := now.In(beijing).Date()
	return time.Date(y, m, d-days, 0, 0, 0, 0, beijing)
}

func date(t time.Time) string { return t.In(beijing).Format(time.DateOnly) }

// normal is a merchant with whom everything is well.
func normal(now time.Time, n string) knowledge {
	k := knowledge{number: n, merchant: contract.Merchant{MIDMasked: "8221****00" + n, Name: "样本商户 " + n, Status: contract.MerchantActive, Raw: "NORMAL",
		Functions: contract.Functions{Collect: contract.Yes, Refund: contract.Yes, Withdraw: contract.Yes, Settle: contract.Yes, D0: contract.No},
		Docs:      contract.Documents{LicenceValidTo: date(ago(now, -900)), LegalIDValidTo: date(ago(now, -2000))}, LastTradeAt: now.Add(-time.Hour).UnixMilli()}}
	k.restrictions.Items = []contract.Restriction{}
	k.terminals.Items = []contract.Terminal{terminal(now, "410"+n)}
	k.account = contract.SettlementAccount{Type: "对公", Bank: "岚桥商业银行", MaskedNo: "****662" + n, VerifyState: contract.VerifyOK, PendingChange: contract.ChangeNone}
	for i := range 3 {
		k.settlements.Items = append(k.settlements.Items, contract.Settlement{Date: date(ago(now, i+1)), Cycle: "T+1", Amount: int64(186_300 + 100*i),
			State: contract.SettlementPaid, ExpectedAt: ago(now, i).Add(14 * time.Hour).UnixMilli()})
	}
	k.transactions = payments(now, n)
	k.limits.Items = []contract.Limit{{Kind: "SINGLE", On: "信用卡", Most: 5_000_000}, {Kind: "DAY", On: "信用卡", Most: 20_000_000, Used: 12_800}}
	k.risks.Items, k.complaints.Items = []contract.RiskCase{}, []contract.Complaint{}
	k.onboarding = contract.Onboarding{Application: "LQ-A-" + n, State: contract.OnboardingFinished}
	return k
}

// payments are of the last minutes and of an hour ago: one of each end that a payment may have.
func payments(now time.Time, n string) []contract.Transaction {
	at := func(minutes int) int64 { return now.Add(-time.Duration(minutes) * time.Minute).UnixMilli() }
	return []contract.Transaction{
		{Ref: "T" + n + "-1", Time: at(60), Amount: 12_800, ResponseCode: "00", FinalState: contract.TransactionSuccess},
		{Ref: "T" + n + "-2", Time: at(4), Amount: 8_800, ResponseCode: "00", FinalState: contract.TransactionSuccess},
		{Ref: "T" + n + "-3", Time: at(5), Amount: 6_600, ResponseCode: "51", FinalState: contract.TransactionFailed},
		{Ref: "T" + n + "-4", Time: at(6), Amount: 20_000, ResponseCode: "98", FinalState: contract.TransactionReversed, ReversedAt: at(5)},
		{Ref: "T" + n + "-5", Time: at(7), Amount: 30_000, ResponseCode: "68", FinalState: contract.TransactionUnknown},
	}
}

func terminal(now time.Time, sn string) contract.Terminal {
	return contract.Terminal{SNMasked: "****" + sn, TID: "2026" + sn, Model: "N910", BoundHere: contract.Yes, Status: contract.TerminalActive,
		Online: contract.Yes, SignState: "SIGNED_ON", SignedInAt: now.Add(-3 * time.Hour).UnixMilli(), KeyState: "LOADED",
		LastActivity: now.Add(-time.Minute).UnixMilli(), LastTxn: now.Add(-time.Hour).UnixMilli(), SIMStatus: "ACTIVE", LocationOK: contract.Yes, AppVersion: "3.4.1"}
}

// restrict adds a restriction and what follows from it.
func (k *knowledge) restrict(reason contract.Reason, text, recovery string, since time.Time) {
	k.merchant.Functions.Collect = contract.No
	k.restrictions.Items = append(k.restrictions.Items, contract.Restriction{CaseID: "LQ-R" + strings.ReplaceAll(date(since), "-", "") + "-0" + k.number,
		ReasonType: reason, ReasonText: text, Functions: []contract.Function{contract.FunctionCollect}, Measure: contract.MeasureCapReceipts,
		RecoverWay: recovery, HelpURL: "https://" + HelpHost + "/recover", StartAt: since.UnixMilli(), Timing: contract.Immediate})
}

// idle says that nothing was traded for some days.
func (k *knowledge) idle(now time.Time, days int) {
	at := ago(now, days).UnixMilli()
	k.merchant.LastTradeAt = at
	t := &k.terminals.Items[0]
	t.LastTxn, t.LastActivity, t.SignedInAt, t.Online = at, at, at, contract.No
}

// samples are the merchants that show one word each, by name.
var samples = func() []string {
	var out []string
	add := func(kind string, words []string) {
		for _, w := range words {
			out = append(out, "show-"+kind+"-"+strings.ReplaceAll(w, ".", "_"))
		}
	}
	add("merchant", contract.MerchantStatus("").Words())
	add("reason", contract.Reason("").Words())
	add("measure", contract.Measure("").Words())
	add("function", contract.Function("").Words())
	add("terminal", contract.TerminalStatus("").Words())
	add("sign", contract.SignState("").Words())
	add("key", contract.KeyState("").Words())
	add("sim", contract.SIMStatus("").Words())
	add("verify", contract.VerifyState("").Words())
	add("change", contract.ChangeState("").Words())
	add("settlement", contract.SettlementState("").Words())
	add("transaction", contract.TransactionState("").Words())
	add("limit", contract.LimitKind("").Words())
	add("case", contract.CaseState("").Words())
	add("complaint", contract.ComplaintState("").Words())
	add("onboarding", contract.OnboardingState("").Words())
	return append(out, ForeignWords)
}()

// ForeignWords is a merchant whose every state is a word that the contract does not know.
const ForeignWords = "show-foreign"

// known is what the acquirer knows of a merchant by itself; the rest is ordered, see Change.
func known(ref string, now time.Time) (knowledge, bool) {
	if m, ok := demoMerchant(ref); ok {
		return demoKnowledge(m, now), true
	}
	if !slices.Contains(samples, ref) {
		return knowledge{}, false
	}
	k := normal(now, fmt.Sprintf("%02d", slices.Index(samples, ref)%100))
	k.merchant.Name = "样本 " + strings.TrimPrefix(ref, "show-")
	_, rest, _ := strings.Cut(ref, "-")
	kind, word, _ := strings.Cut(rest, "-")
	if ref == ForeignWords {
		k.foreign()
		return k, true
	}
	k.show(kind, word, now)
	return k, true
}

func demoKnowledge(m Merchant, now time.Time) knowledge {
	k := normal(now, m.Ref[len("demo-"):])
	k.merchant.Name = m.Name()
	switch m.Ref {
	case "demo-1":
		k.settlements.Items[0].State = contract.SettlementSent
		second := terminal(now, "8201")
		second.LastTxn = ago(now, 1).UnixMilli()
		k.terminals.Items = append(k.terminals.Items, second)
	case "demo-2":
		k.merchant.Status, k.merchant.Raw, k.merchant.Docs.LicenceValidTo = contract.MerchantDocsExpired, "LICENSE_EXPIRED", date(ago(now, 24))
		k.idle(now, 23)
		k.restrict(contract.ReasonDocsExpired, "暂停收款", "提交新营业执照", ago(now, 23))
	case "demo-3":
		k.merchant.Status, k.merchant.Raw = contract.MerchantDormant, "NO_TRADE_180D"
		k.idle(now, 200)
		k.restrict(contract.ReasonNoTrade, "", "重新核验商户资料", ago(now, 20))
		k.onboarding = contract.Onboarding{Application: "LQ-A-" + k.number, State: contract.OnboardingRejected, Text: "重新核验的资料没有通过",
			Faults: []contract.Fault{{Field: "门头照片", Reason: "看不清店名"}}}
	case "demo-4":
		k.merchant.Status, k.merchant.Raw = contract.MerchantRiskHold, "RISK_CONTROL"
		k.idle(now, 3)
		k.restrict(contract.ReasonRisk, "暂停收款，结算资金暂缓", "提交交易凭证", ago(now, 3))
		k.merchant.Functions.Settle, k.merchant.Functions.Withdraw = contract.No, contract.No
		for i := range k.settlements.Items {
			k.settlements.Items[i].State, k.settlements.Items[i].ExpectedAt = contract.SettlementHeld, 0
		}
		k.risks.Items = []contract.RiskCase{{CaseID: "LQ-K0" + k.number, State: contract.CasePending, Text: "调取交易凭证", Needs: []string{"小票", "进货单", "物流单"},
			OpenedAt: ago(now, 3).UnixMilli(), DueAt: ago(now, -4).UnixMilli()}}
		k.complaints.Items = []contract.Complaint{{ID: "LQ-C2" + k.number, State: contract.ComplaintPending, Text: "申请退款", Amount: 8_800, OpenedAt: ago(now, 1).UnixMilli(), DueAt: ago(now, -2).UnixMilli()},
			{ID: "LQ-C1" + k.number, State: contract.ComplaintProcessed, Text: "申请退款", Amount: 19_900, OpenedAt: ago(now, 9).UnixMilli()}}
	case "demo-5":
		k.terminals.Items[0].Status, k.terminals.Items[0].BoundHere = contract.TerminalBoundElsewhere, contract.No
		k.idle(now, 6)
	case "demo-6":
		k.account.VerifyState, k.account.FailReason, k.account.PendingChange = contract.VerifyFailed, "户名不符", contract.ChangeRejected
		k.settlements.Items[0].State, k.settlements.Items[0].FailReason, k.settlements.Items[0].ExpectedAt = contract.SettlementReturned, "户名不符", 0
	}
	return k
}

// show makes a merchant show one word.
func (k *knowledge) show(kind, word string, now time.Time) {
	t, since := &k.terminals.Items[0], ago(now, 5)
	switch kind {
	case "merchant":
		k.merchant.Status, k.merchant.Raw = contract.MerchantStatus(word), "SHOW_"+word
	case "reason":
		k.restrict(contract.Reason(word), "样本", "按提示办理", since)
	case "measure":
		k.restrict(contract.ReasonRisk, "样本", "按提示办理", since)
		k.restrictions.Items[0].Measure = contract.Measure(word)
	case "function":
		k.restrict(contract.ReasonRisk, "样本", "按提示办理", since)
		k.restrictions.Items[0].Functions = []contract.Function{contract.Function(word)}
	case "terminal":
		t.Status = contract.TerminalStatus(word)
		if t.Status == contract.TerminalBoundElsewhere {
			t.BoundHere = contract.No
		}
		if t.Status == contract.TerminalOffline {
			t.Online = contract.No
		}
	case "sign":
		t.SignState = contract.SignState(word)
	case "key":
		t.KeyState = contract.KeyState(word)
	case "sim":
		t.SIMStatus = contract.SIMStatus(word)
	case "verify":
		k.account.VerifyState = contract.VerifyState(word)
		if k.account.VerifyState == contract.VerifyFailed {
			k.account.FailReason = "账号已销户"
		}
	case "change":
		k.account.PendingChange = contract.ChangeState(word)
	case "settlement":
		k.settlements.Items[0].State = contract.SettlementState(word)
	case "transaction":
		x := &k.transactions[0]
		if x.FinalState = contract.TransactionState(word); x.FinalState == contract.TransactionReversed {
			x.ReversedAt = x.Time + 60_000
		}
	case "limit":
		k.limits.Items[0].Kind = contract.LimitKind(word)
	case "case":
		k.risks.Items = []contract.RiskCase{{CaseID: "LQ-K1", State: contract.CaseState(word), Text: "样本", OpenedAt: since.UnixMilli()}}
	case "complaint":
		k.complaints.Items = []contract.Complaint{{ID: "LQ-C1", State: contract.ComplaintState(word), Text: "样本", Amount: 8_800, OpenedAt: since.UnixMilli()}}
	case "onboarding":
		k.onboarding.State = contract.OnboardingState(word)
		if k.onboarding.State == contract.OnboardingRejected {
			k.onboarding.Faults = []contract.Fault{{Field: "营业执照", Reason: "照片不清晰"}}
		}
	}
}

// foreign says everything in words that the contract does not have.
func (k *knowledge) foreign() {
	k.merchant.Status, k.merchant.Raw = "FROZEN_SOLID", ""
	k.merchant.Functions.Collect = "MAYBE"
	k.terminals.Items[0].Status = "ON_FIRE"
	k.account.VerifyState = "ASK_AGAIN"
	k.settlements.Items[0].State = "IN_TRANSIT"
	k.transactions[0].FinalState = "LIMBO"
	k.limits.Items[0].Kind = "HOUR"
	k.onboarding.State = "HALFWAY"
	k.restrictions.Items = []contract.Restriction{{CaseID: "LQ-RX", ReasonType: "ALIENS", Functions: []contract.Function{"TELEPORT"}, Timing: "SOON"}}
	k.risks.Items = []contract.RiskCase{{CaseID: "LQ-KX", State: "LOOKING"}}
	k.complaints.Items = []contract.Complaint{{ID: "LQ-CX", State: "LOUD"}}
}

// Samples are the merchants that show one word of the contract each.
func Samples() []string { return slices.Clone(samples) }
