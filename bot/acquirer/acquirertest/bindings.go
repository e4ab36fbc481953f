package acquirertest

import (
	"fmt"
	"testing"
	"time"

	"posdoctor/bot/acquirer"
	"posdoctor/bot/acquirer/contract"
)

// Phone is what the suite needs of the far side beside the contract: the merchant whose number it may use, and what arrives on his
// telephone.
type Phone struct {
	Number, Merchant string
	Code             func() string // the newest code that was sent to it, "" for none
	Codes            func() int    // how many were sent
	Wait             func(time.Duration)
}

// ExerciseBindings runs what an acquirer that can bind has to keep to. It uses up the tries of the number for its day.
func ExerciseBindings(t *testing.T, b acquirer.Binder, p Phone) {
	start := func(number, request string) int64 {
		t.Helper()
		a, err := b.StartBinding(within(t, quick), contract.BindingStart{Request: request, Number: number})
		if err != nil {
			t.Fatal(err)
		}
		if a.Operation != contract.OpStartBinding || a.Merchant != "" || a.RawStatus != "" || a.Data.Request != request || a.ReceivedAt == 0 {
			t.Errorf("the envelope is %+v", a)
		}
		return a.Data.ExpiresAt
	}
	confirm := func(request, code string) contract.BindingResult {
		t.Helper()
		a, err := b.ConfirmBinding(within(t, quick), contract.BindingCode{Request: request, Code: code})
		if err != nil {
			t.Fatal(err)
		}
		return a.Data
	}
	refused := func(what string, r contract.BindingResult) {
		t.Helper()
		if r.Outcome != contract.BindingRefused || r.Merchant != "" || r.Name != "" {
			t.Errorf("%s: %+v, want REFUSED and nothing more", what, r)
		}
	}
	one, other, nobody := number(), number(), number()
	start(p.Number, one)
	first := p.Code()
	if len(first) != 6 {
		t.Fatalf("the code is %q", first)
	}
	sent := p.Codes()
	until := start(p.Number, one)
	if p.Codes() != sent || p.Code() != first {
		t.Error("the same request sent a second code")
	}
	if nothing := start("822199999999999", nobody); p.Codes() != sent || (nothing-until)/1000 > 60 {
		t.Error("a number that nobody has sent a code, or is told apart by its time")
	}
	if _, err := b.StartBinding(within(t, quick), contract.BindingStart{Request: one, Number: "822199999999999"}); contract.CodeOf(err) != contract.CodeInvalid {
		t.Errorf("another number under the same request: %v, want INVALID", err)
	}
	for _, bad := range []string{"", "82210005812000", "8221000581200020", "8221-0005-81200", "../82210005812", "八二二一零零零五八一二零零零二"} {
		if _, err := b.StartBinding(within(t, quick), contract.BindingStart{Request: number(), Number: bad}); contract.CodeOf(err) != contract.CodeInvalid {
			t.Errorf("number %q: %v, want INVALID", bad, err)
		}
	}
	refused("a code for nobody", confirm(nobody, first))
	refused("a request that was never started", confirm(number(), first))
	refused("a wrong code", confirm(one, wrong(first)))
	start(p.Number, other)
	second := p.Code()
	if second != first {
		refused("the code of another request", confirm(other, first))
	}
	if r := confirm(one, first); r.Outcome != contract.BindingBound || r.Merchant != p.Merchant || r.Name == "" {
		t.Errorf("the right code: %+v", r)
	}
	refused("a code that was used", confirm(one, first))
	p.Wait(5*time.Minute + time.Second)
	refused("a code that has expired", confirm(other, second))
	last := number()
	start(p.Number, last)
	right := p.Code()
	for range 5 {
		refused("a wrong code", confirm(last, wrong(right)))
	}
	refused("the right code after five wrong ones", confirm(last, right))
}

// wrong is another code.
func wrong(code string) string {
	var n int
	fmt.Sscanf(code, "%d", &n)
	return fmt.Sprintf("%06d", (n+1)%1_000_000)
}
