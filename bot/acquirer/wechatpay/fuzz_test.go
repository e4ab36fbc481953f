package wechatpay

import (
	"testing"

	"posdoctor/bot/acquirer/contract"
)

// FuzzWords: whatever WeChat Pay signs is refused, or comes out as the contract wants it. It looks behind the signatures, which fuzzing
// slows down a hundredfold.
func FuzzWords(f *testing.F) {
	for _, text := range []string{
		`{"mchid":"1230000110","limited_functions":["NO_TRANSACTION","X"],"other_limited_functions":"a,，b","recovery_specifications":[{"limitation_case_id":"\u202e1",` +
			`"limitation_reason_type":"NO_TRADE","relate_limitations":["NO_REFUND"],"recover_way":"X","recover_help_url":"https://a.b/c","limitation_date":"2026-09-01"}]}`,
		`{"total_count":1,"data":[{"sub_mchid":"1230000110","manage_record_id":"","manage_record_state":"PENDING","requested_item_info":"{\"record_fields\":[{\"name\":\"\\u0007\"}]}"}]}`,
		`{"sub_mchid":"1230000110","punish_plan":"DISABLE_PAYMENT","punish_time":"20180225112233","risk_type":"X"}`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		r := reply{at: 1_795_392_000_000, trace: "t"}
		var l limitations
		if contract.Decode(data, &l) == nil {
			items, _ := l.restrictions()
			sound(t, items)
			if _, err := answer(contract.OpMerchant, "1", r, l.merchant()); err != nil {
				t.Error(err)
			}
		}
		var m managed
		if contract.Decode(data, &m) == nil {
			for _, x := range m.Data {
				c, _ := x.riskCase()
				sound(t, c)
				handIn(c)
			}
		}
		var v violation
		if contract.Decode(data, &v) == nil && number.MatchString(v.MchID) {
			sound(t, read(envelope{ID: "EV-1", Type: Punished}, v).Event)
		}
	})
}

func sound(t *testing.T, v any) {
	t.Helper()
	if err := contract.Check(v); err != nil {
		t.Errorf("%+v: %v", v, err)
	}
}
