package wechatpay

import (
	"context"
	"fmt"
	"slices"

	"posdoctor/bot/acquirer"
	"posdoctor/bot/acquirer/contract"
)

const (
	pageSize = 10 // the most that WeChat Pay gives at once
	maxPages = 3  // of one type
)

// managed is a page of management records (document 4014940381):
//
//	{"offset":0,"limit":10,"total_count":1,"data":[{"sub_mchid":"1230000110","manage_record_id":"M1210…","manage_record_type":
//	 "INVESTIGATE_RECORD","manage_time":"2026-11-20T10:00:00+08:00","manage_reason":"交易核查","recover_way":"SUBMIT_INFORMATION",
//	 "submit_end_time":"2026-11-27T10:00:00+08:00","manage_record_state":"PENDING","requested_item_info":"{\"record_fields\":[…]}"}]}
type managed struct {
	Total int             `json:"total_count"`
	Data  []managedRecord `json:"data" is:"list,50"`
}

type managedRecord struct {
	MchID    string `json:"sub_mchid"`
	ID       string `json:"manage_record_id"`
	At       string `json:"manage_time"`
	Reason   string `json:"manage_reason"`
	Ability  string `json:"limit_ability"`
	Way      string `json:"recover_way"`
	Until    string `json:"submit_end_time"`
	State    string `json:"manage_record_state"`
	Ended    string `json:"recover_time"`
	Rejected string `json:"reject_reason"`
	Items    string `json:"requested_item_info"` // JSON
}

// RiskCases reads limits and investigations, open and past, the newest first.
func (c *Client) RiskCases(ctx context.Context, merchant string) (contract.Answer[contract.RiskCases], error) {
	var all contract.RiskCases
	var last reply
	for _, kind := range []string{functionLimit, investigation} {
		items, _, r, err := c.managed(ctx, merchant, kind, "", maxPages)
		if err != nil {
			return contract.Answer[contract.RiskCases]{}, err
		}
		all.Items, last = append(all.Items, items...), r
	}
	if all.Items == nil {
		all.Items = []contract.RiskCase{}
	}
	slices.SortStableFunc(all.Items, func(a, b contract.RiskCase) int { return int(min(max(b.OpenedAt-a.OpenedAt, -1), 1)) })
	return answer(contract.OpRiskCases, merchant, last, all)
}

// managed reads management records of a type, and of a state unless that is "".
func (c *Client) managed(ctx context.Context, merchant, kind, state string, pages int) (out []contract.RiskCase, person bool, last reply, err error) {
	if err := proper(merchant); err != nil {
		return nil, false, last, err
	}
	for page := range pages {
		uri := fmt.Sprintf("/v3/mch-manage/mch-manage-records/sub-mchid/%s?limit=%d&offset=%d&manage_record_type=%s", merchant, pageSize, page*pageSize, kind)
		if state != "" {
			uri += "&manage_record_state=" + state
		}
		var got managed
		if last, err = c.get(ctx, uri, &got); err != nil {
			return nil, false, last, err
		}
		for _, m := range got.Data {
			if m.MchID != merchant {
				return nil, false, last, foreign()
			}
			x, known := m.riskCase()
			out, person = append(out, x), person || !known
		}
		if len(got.Data) < pageSize || len(out) >= got.Total {
			break
		}
	}
	return out, person, last, nil
}

func (m managedRecord) riskCase() (x contract.RiskCase, known bool) {
	state, known := caseStates[m.State]
	if !known {
		state = contract.CaseUnknown
	}
	x = contract.RiskCase{CaseID: acquirer.Line(m.ID, 64), State: state, Raw: acquirer.Line(m.State, 200), Text: acquirer.Line(joined("，", m.Ability, m.Reason, m.Rejected), 500),
		Needs: needs(m.Items), OpenedAt: ms(m.At), DueAt: ms(m.Until), ResolvedAt: ms(m.Ended)}
	if x.CaseID == "" {
		x.CaseID = "-"
	}
	way, told := phrase(caseWays, m.Way)
	if len(x.Needs) == 0 && way != "" {
		x.Needs = []string{way}
	}
	return x, known && told
}

// needs names what has to be handed in. It is JSON within JSON; what cannot be read names nothing.
func needs(text string) []string {
	var asked struct {
		Fields []struct {
			Name string `json:"name"`
		} `json:"record_fields"`
	}
	if text == "" || contract.Decode([]byte(text), &asked) != nil {
		return nil
	}
	var names []string
	for _, f := range asked.Fields {
		if name := acquirer.Line(f.Name, 60); name != "" && len(names) < 20 && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}
