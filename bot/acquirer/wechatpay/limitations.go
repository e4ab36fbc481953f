package wechatpay

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"posdoctor/bot/acquirer"
	"posdoctor/bot/acquirer/contract"
)

// limitations is what is limited, why, and how to recover (document 4012803072):
//
//	{"mchid":"1230000110","limited_functions":["NO_TRANSACTION"],"recovery_specifications":[{"limitation_case_id":"1002…",
//	 "limitation_reason_type":"NO_TRADE","limitation_reason":"入驻后180天无账户动账","relate_limitations":["NO_TRANSACTION"],
//	 "recover_way":"VERIFY_INACTIVE_MERCHANT_IDENTITY","recover_help_url":"https://kf.qq.com",
//	 "limitation_action_type":"LIMIT_ACTION_TYPE_IMMEDIATE_CONTROL","limitation_date":"2026-09-01T10:00:00+08:00"}]}
type limitations struct {
	MchID    string        `json:"mchid"`
	Limited  []string      `json:"limited_functions" is:"list,50"`
	Others   string        `json:"other_limited_functions"` // separated by commas
	Specs    []limitedSpec `json:"recovery_specifications" is:"list,90"`
	received reply
}

type limitedSpec struct {
	Case     string   `json:"limitation_case_id"`
	Type     string   `json:"limitation_reason_type"`
	Reason   string   `json:"limitation_reason"`
	Describe string   `json:"limitation_reason_describe"`
	Limited  []string `json:"relate_limitations" is:"list,50"`
	Others   string   `json:"other_relate_limitations"`
	Way      string   `json:"recover_way"`
	Param    string   `json:"recover_way_param"`
	Help     string   `json:"recover_help_url"`
	Action   string   `json:"limitation_action_type"`
	Start    string   `json:"limitation_start_date"` // a delayed limit: when it will begin
	Date     string   `json:"limitation_date"`       // since when it works
}

func (c *Client) limitations(ctx context.Context, merchant string) (limitations, error) {
	var l limitations
	if err := proper(merchant); err != nil {
		return l, err
	}
	r, err := c.get(ctx, "/v3/mch-operation-manage/merchant-limitations/sub-mchid/"+merchant, &l)
	if err != nil {
		return l, err
	}
	if l.MchID != merchant {
		return l, foreign()
	}
	if len(l.Specs) == 1 && len(l.Specs[0].Limited) == 0 && l.Specs[0].working() {
		l.Specs[0].Limited = l.Limited // the only reason there is
	}
	l.received = r
	return l, nil
}

// working says that a limit holds already.
func (s limitedSpec) working() bool { return timings[s.Action] != contract.Delayed || ms(s.Date) != 0 }

// restriction puts one limit into the contract's words. person says that the bot must not speak about it by itself.
func (s limitedSpec) restriction() (x contract.Restriction, person bool) {
	reason, known := reasons[s.Type]
	timing, timed := timings[s.Action]
	way, told := phrase(recoverWays, s.Way)
	x = contract.Restriction{CaseID: cmp.Or(acquirer.Line(s.Case, 64), "-"), ReasonType: reason, Raw: acquirer.Line(s.Type, 200), Timing: timing,
		RecoverWay: way, RecoverParam: acquirer.Line(s.Param, 200), HelpURL: link(s.Help), StartAt: cmp.Or(ms(s.Date), ms(s.Start))}
	person = !known || !timed || !told || s.Type == "OTHER"
	if !known {
		x.ReasonType = contract.ReasonOther
	}
	if !timed {
		x.Timing = contract.TimingUnknown
	}
	names := functions(s.Limited, s.Others, &x, &person)
	x.ReasonText = acquirer.Line(joined("，", joined("、", names...), cmp.Or(s.Describe, s.Reason)), 500)
	if x.Timing == contract.Delayed && !s.working() && x.ReasonText != "" {
		x.ReasonText = acquirer.Line("将"+x.ReasonText, 500)
	}
	if s.Way == judicial {
		x.ReasonType, x.ReasonText, x.HelpURL, person = contract.ReasonJudicial, "", "", true
	}
	return x, person
}

// functions puts what is switched off into x and returns it in words for the merchant.
func functions(words []string, others string, x *contract.Restriction, person *bool) []string {
	var names []string
	add := func(f contract.Function, m contract.Measure, name string) {
		if !slices.Contains(x.Functions, f) {
			x.Functions = append(x.Functions, f)
		}
		if x.Measure == "" || x.Measure == contract.MeasureOther {
			x.Measure = m
		}
		if name = acquirer.Line(name, 60); name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	for _, w := range words {
		l, known := limits[w]
		if !known {
			*person, l = true, limit{contract.FunctionOther, contract.MeasureOther, w}
		}
		add(l.function, l.measure, l.words)
	}
	for _, o := range strings.FieldsFunc(others, func(r rune) bool { return r == ',' || r == '，' }) {
		add(contract.FunctionOther, contract.MeasureOther, o)
	}
	if x.Functions == nil {
		x.Functions = []contract.Function{}
	}
	return names
}

// restrictions are all limits. Functions for which no reason is given come last.
func (l limitations) restrictions() (out contract.Restrictions, person bool) {
	out.Items = []contract.Restriction{}
	given := map[string]bool{}
	for _, s := range l.Specs {
		x, p := s.restriction()
		out.Items, person = append(out.Items, x), person || p
		for _, w := range s.Limited {
			given[w] = true
		}
	}
	var bare []string
	for _, w := range l.Limited {
		if !given[w] {
			bare = append(bare, w)
		}
	}
	if others := l.Others; len(bare) > 0 || others != "" && len(l.Specs) == 0 {
		x := contract.Restriction{CaseID: "-", ReasonType: contract.ReasonOther, Timing: contract.Immediate}
		names := functions(bare, others, &x, &person)
		x.ReasonText = acquirer.Line(joined("、", names...), 500)
		out.Items, person = append(out.Items, x), true
	}
	return out, person
}

// merchant is the state as a whole. WeChat Pay has no word for it: it follows from what is limited, and from why.
func (l limitations) merchant() contract.Merchant {
	m := contract.Merchant{MIDMasked: tail(l.MchID), Status: contract.MerchantActive, Raw: acquirer.Line(joined(",", append(slices.Clone(l.Limited), l.Others)...), 200),
		Functions: contract.Functions{Collect: contract.Yes, Refund: contract.Yes, Withdraw: contract.Yes, Settle: contract.Undecided, D0: contract.Undecided}}
	strange := false
	all := slices.Clone(l.Limited)
	why := map[contract.Reason]bool{}
	for _, s := range l.Specs {
		if !s.working() {
			continue
		}
		all = append(all, s.Limited...)
		x, _ := s.restriction()
		if slices.Contains(x.Functions, contract.FunctionCollect) || len(l.Specs) == 1 {
			why[x.ReasonType] = true
		}
	}
	for _, w := range all {
		switch limits[w].function {
		case contract.FunctionCollect:
			m.Functions.Collect = contract.No
		case contract.FunctionWithdraw:
			m.Functions.Withdraw = contract.No
		case contract.FunctionRefund:
			m.Functions.Refund = contract.No
		case "":
			strange = true
		}
	}
	switch {
	case m.Functions.Collect == contract.No:
		m.Status = contract.MerchantSuspended
		for _, x := range suspended {
			if why[x.reason] {
				m.Status = x.status
				break
			}
		}
	case m.Functions.Withdraw == contract.No:
		m.Status = contract.MerchantFundsHeld
	case strange:
		m.Status = contract.MerchantUnknown
	}
	return m
}

// suspended says what a merchant who may not take payments is called, by the gravest reason.
var suspended = []struct {
	reason contract.Reason
	status contract.MerchantStatus
}{
	{contract.ReasonJudicial, contract.MerchantSuspended},
	{contract.ReasonRisk, contract.MerchantRiskHold},
	{contract.ReasonInspection, contract.MerchantRiskHold},
	{contract.ReasonDocsExpired, contract.MerchantDocsExpired},
	{contract.ReasonNoTrade, contract.MerchantDormant},
}
