package wechatpay

import (
	"context"
	"fmt"
	"slices"
	"time"

	"posdoctor/bot/acquirer"
	"posdoctor/bot/acquirer/contract"
)

const (
	complaintsPage = 50
	maxComplaints  = 100
	longestSpan    = 30 * 24 * time.Hour
)

// complained is a page of complaints. Who the payer is (payer_phone, encrypted, and payer_openid) is not read, nor what he wrote
// (complaint_detail), where he may have named himself.
type complained struct {
	Total int `json:"total_count"`
	Data  []struct {
		ID       string `json:"complaint_id"`
		At       string `json:"complaint_time"`
		MchID    string `json:"complainted_mchid"`
		State    string `json:"complaint_state"`
		Problem  string `json:"problem_description"` // the kind of trouble, e.g. 申请退款
		Refunded bool   `json:"complaint_full_refunded"`
		Orders   []struct {
			Amount int64 `json:"amount"`
		} `json:"complaint_order_info" is:"list,200"`
	} `json:"data" is:"list,50"`
}

// Complaints reads payers' complaints about a merchant, from one day to another such as 2026-11-01, at most 30 days.
func (c *Client) Complaints(ctx context.Context, merchant, from, to string) (none contract.Answer[contract.Complaints], err error) {
	if err := proper(merchant); err != nil {
		return none, err
	}
	first, err1 := time.Parse(time.DateOnly, from)
	end, err2 := time.Parse(time.DateOnly, to)
	if err1 != nil || err2 != nil || end.Before(first) || end.Sub(first) > longestSpan {
		return none, contract.Fail(contract.CodeInvalid, "from and to must be days, at most 30 apart")
	}
	all := contract.Complaints{Items: []contract.Complaint{}}
	var last reply
	for len(all.Items) < maxComplaints {
		uri := fmt.Sprintf("/v3/merchant-service/complaints-v2?limit=%d&offset=%d&begin_date=%s&end_date=%s&complainted_mchid=%s",
			complaintsPage, len(all.Items), from, to, merchant)
		var got complained
		if last, err = c.get(ctx, uri, &got); err != nil {
			return none, err
		}
		for _, d := range got.Data {
			if d.MchID != merchant {
				return none, foreign()
			}
			state, known := complaintStates[d.State]
			if !known {
				state = contract.ComplaintUnknown
			}
			x := contract.Complaint{ID: acquirer.Line(d.ID, 64), State: state, Raw: acquirer.Line(d.State, 200), Text: acquirer.Line(d.Problem, 500), OpenedAt: ms(d.At)}
			for _, o := range d.Orders {
				x.Amount += min(max(o.Amount, 0), contract.MaxAmount/200)
			}
			all.Items = append(all.Items, x)
		}
		if len(got.Data) < complaintsPage || len(all.Items) >= got.Total {
			break
		}
	}
	slices.SortStableFunc(all.Items, func(a, b contract.Complaint) int { return int(min(max(b.OpenedAt-a.OpenedAt, -1), 1)) })
	return answer(contract.OpComplaints, merchant, last, all)
}
