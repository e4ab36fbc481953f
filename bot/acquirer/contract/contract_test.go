package contract_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"posdoctor/bot/acquirer/contract"
)

const good = `{"provider":"岚桥支付","operation":"getMerchant","merchant":"demo-2","observed_at":1795392000000,"stale":false,"data":` +
	`{"mid_masked":"8221****0032","status":"ACTIVE","functions":{"collect":"YES","refund":"YES","withdraw":"YES","settle":"YES","d0":"NO"},"docs":{}}}`

func TestDecode(t *testing.T) {
	cases := []struct {
		name, old, new string
		want           string // "" is right, else part of the error
	}{
		{"as it should be", "", "", ""},
		{"fields that are not known", `"stale"`, `"later":{"a":[1,2]},"stale"`, ""},
		{"an unknown word", `"ACTIVE"`, `"FROZEN_SOLID"`, ""},
		{"a name in Chinese", `"docs"`, `"name":"川味小馆","docs"`, ""},
		{"no provider", `"provider":"岚桥支付",`, "", "provider is missing"},
		{"an empty provider", `岚桥支付`, "", "provider is missing"},
		{"a provider with a control character", `岚桥支付`, `a\u0007b`, "cannot be seen"},
		{"a provider that turns its reader round", `岚桥支付`, "a\u202eb", "cannot be seen"},
		{"a provider of two lines", `岚桥支付`, `a\nb`, "cannot be seen"},
		{"half a character", `岚桥支付`, `\ud800`, "cannot be seen"},
		{"a long provider", `岚桥支付`, strings.Repeat("长", 65), "more than 64"},
		{"a number that is not masked", `8221****0032`, `822112345670032`, "mid_masked is not masked"},
		{"a card in the number", `8221****0032`, `6217000010000000003`, "mid_masked is not masked"},
		{"a path as merchant", `"demo-2"`, `"../demo-2"`, "merchant is no identifier"},
		{"a time in seconds", `1795392000000`, `1795392000`, "observed_at is no time"},
		{"a time as text", `1795392000000`, `"2026"`, "observed_at has the wrong type"},
		{"a number out of range", `1795392000000`, `1e400`, "wrong type"},
		{"status of the wrong type", `"ACTIVE"`, `["ACTIVE"]`, "wrong type"},
		{"a day that is none", `"docs":{}`, `"docs":{"licence_valid_to":"2026-02-30"}`, "licence_valid_to is no day"},
		{"a key twice", `"stale":false`, `"stale":true,"stale":false`, "twice"},
		{"a key twice in another case", `"stale":false`, `"stale":false,"Stale":true`, "twice"},
		{"a key twice in another alphabet", `"stale":false`, `"stale":false,"ſtale":true`, "twice"},
		{"something behind", `"docs":{}}}`, `"docs":{}}}{}`, "behind its end"},
		{"cut off", `"docs":{}}}`, `"docs":{}`, "no JSON"},
		{"too deep", `"docs"`, `"x":` + strings.Repeat(`[`, 20) + strings.Repeat(`]`, 20) + `,"docs"`, "deeper"},
		{"ten thousand deep", `"docs"`, `"x":` + strings.Repeat(`{"a":`, 10_000) + `1` + strings.Repeat(`}`, 10_000) + `,"docs"`, "deeper"},
		{"too much", `"docs"`, `"x":[` + strings.Repeat(`1,`, 30_000) + `1],"docs"`, "more than 20000"},
		{"not UTF-8", `岚桥支付`, "\xff\xfe", "not UTF-8"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var a contract.Answer[contract.Merchant]
			wantError(t, contract.Decode([]byte(strings.Replace(good, c.old, c.new, 1)), &a), c.want)
		})
	}
	for _, text := range []string{"", " ", "null", "[]", "7", `"x"`, "<html></html>", "{", "}", "{]", "\x00"} {
		var a contract.Answer[contract.Merchant]
		if contract.Decode([]byte(text), &a) == nil {
			t.Errorf("%q was taken", text)
		}
	}
}

func wantError(t *testing.T, err error, want string) {
	t.Helper()
	switch {
	case want == "" && err != nil:
		t.Errorf("got %v", err)
	case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
		t.Errorf("got %v, want %q", err, want)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(good))
	f.Add([]byte(`{"items":[{"case_id":"1","reason_type":"X","functions":["Y"],"effect":"Z"}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var a contract.Answer[contract.Restrictions]
		if contract.Decode(data, &a) != nil {
			return
		}
		again, err := json.Marshal(a)
		if err != nil {
			t.Fatal(err)
		}
		var b contract.Answer[contract.Restrictions]
		if err := contract.Decode(again, &b); err != nil {
			t.Errorf("what was taken is refused when it is sent on: %v\n%s", err, again)
		}
	})
}

// Each enum of each type: an unknown word becomes the last one and stays readable.
func TestSettle(t *testing.T) {
	r := contract.Restrictions{Items: []contract.Restriction{
		{ReasonType: "ALIENS", Functions: []contract.Function{"COLLECT", "TELEPORT"}, Timing: "SOON"},
		{ReasonType: "RISK", Raw: "R-17", Functions: []contract.Function{"D0"}, Measure: "12", Timing: "IMMEDIATE"},
		{},
	}}
	contract.Settle(&r)
	want := contract.Restrictions{Items: []contract.Restriction{
		{ReasonType: "OTHER", Raw: "ALIENS", Functions: []contract.Function{"COLLECT", "OTHER"}, Timing: "UNKNOWN"},
		{ReasonType: "RISK", Raw: "R-17", Functions: []contract.Function{"D0"}, Measure: "99", Timing: "IMMEDIATE"},
		{ReasonType: "OTHER", Timing: "UNKNOWN"},
	}}
	if diff := cmp.Diff(want, r); diff != "" {
		t.Error(diff)
	}
	m := contract.Merchant{Status: contract.MerchantStatus("a\x00b\u202e" + strings.Repeat("长", 300))}
	contract.Settle(&m)
	if m.Status != contract.MerchantUnknown || m.Raw != "ab"+strings.Repeat("长", 198) || m.Functions.Collect != contract.Undecided {
		t.Errorf("got %+v", m)
	}
	ev := contract.Event{Ticket: &contract.Ticket{Status: "LOST"}}
	contract.Settle(&ev)
	if ev.Type != contract.EventOther || ev.Ticket.Status != contract.TicketUnknown || ev.Ticket.Raw != "LOST" {
		t.Errorf("got %+v with %+v", ev, ev.Ticket)
	}
}

// Every text, time and amount that comes from outside has a form; none is left unchecked by oversight.
func TestEveryFieldHasAForm(t *testing.T) {
	word := reflect.TypeFor[contract.Word]()
	seen := map[reflect.Type]bool{}
	var walk func(reflect.Type)
	walk = func(typ reflect.Type) {
		for typ.Kind() == reflect.Pointer || typ.Kind() == reflect.Slice {
			typ = typ.Elem()
		}
		if typ.Kind() != reflect.Struct || seen[typ] {
			return
		}
		seen[typ] = true
		for i := range typ.NumField() {
			f := typ.Field(i)
			plain := f.Type.Kind() == reflect.String && !f.Type.Implements(word) || f.Type.Kind() == reflect.Int64 || f.Type.Kind() == reflect.Slice
			if plain && f.Tag.Get("is") == "" {
				t.Errorf("%s.%s has no form", typ, f.Name)
			}
			if err := contract.Check(reflect.New(typ).Interface()); err != nil && strings.Contains(err.Error(), "unknown form") {
				t.Errorf("%s: %v", typ, err)
			}
			walk(f.Type)
		}
	}
	for _, r := range contract.Routes {
		walk(reflect.TypeOf(r.Answers))
		if r.Asks != nil {
			walk(reflect.TypeOf(r.Asks))
		}
	}
	for _, v := range []any{contract.Answer[contract.Merchant]{}, contract.Event{}, contract.Error{}, contract.Pending{}} {
		walk(reflect.TypeOf(v))
	}
}

func TestErrors(t *testing.T) {
	for _, c := range []struct {
		code      contract.Code
		status    int
		retryable bool
	}{
		{contract.CodeNotFound, 404, false}, {contract.CodeNotYours, 403, false}, {contract.CodeAuth, 401, false}, {contract.CodeRateLimited, 429, true},
		{contract.CodeUnavailable, 503, true}, {contract.CodeTimeout, 504, true}, {contract.CodeInvalid, 400, false}, {contract.CodeBadSignature, 401, false},
		{contract.CodeUnsupported, 501, false},
	} {
		e := contract.Fail(c.code, "why")
		if e.Status() != c.status || e.Retryable != c.retryable || contract.CodeOf(fmt.Errorf("asking: %w", e)) != c.code {
			t.Errorf("%s: status %d, retryable %t", c.code, e.Status(), e.Retryable)
		}
	}
	if contract.CodeOf(nil) != "" || contract.CodeOf(fmt.Errorf("x")) != contract.CodeUnavailable {
		t.Error("the code of no error, and of one without a code")
	}
}
