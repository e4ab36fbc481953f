package simulator

import (
	"crypto/rand"
	"crypto/subtle"
	"fmt"
	"math/big"
	"slices"
	"sync"
	"time"

	"posdoctor/bot/acquirer/contract"
)

const (
	codeFor    = 5 * time.Minute
	codesMost  = 5   // wrong codes for one merchant number and day
	sentMost   = 5   // codes for one merchant number and day
	bindsKept  = 200 // starts that are remembered
	codesShown = 20  // on the page
)

// Sent is a code that "was sent" to the telephone on file. The page shows it, in place of a telephone.
type Sent struct {
	Merchant Merchant
	Code     string
	At       int64 // milliseconds
	Until    int64
	Used     bool
}

// bindings keeps what was started. It is forgotten with the process, as codes of five minutes may be.
type bindings struct {
	mu    sync.Mutex
	all   []*binding
	sent  map[string]int // by number and day
	wrong map[string]int
}

// binding is one start. code is empty where there was nobody to send one to.
type binding struct {
	request, number, code string
	at                    time.Time
	used                  bool
}

// start sends a code if the number is known, and answers the same if it is not.
func (b *bindings) start(x contract.BindingStart, now time.Time) (contract.BindingStarted, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	k := b.find(x.Request)
	switch {
	case k != nil && k.number != x.Number:
		return contract.BindingStarted{}, contract.Fail(contract.CodeInvalid, "the request number was used with another body")
	case k == nil:
		k = &binding{request: x.Request, number: x.Number, at: now}
		day := x.Number + date(now)
		if _, ok := numbered(x.Number); ok && b.sent[day] < sentMost {
			n, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
			if err != nil {
				return contract.BindingStarted{}, contract.Fail(contract.CodeUnavailable, "no code can be made")
			}
			k.code = fmt.Sprintf("%06d", n)
			if b.sent == nil {
				b.sent = map[string]int{}
			}
			b.sent[day]++
		}
		b.all = append(b.all, k)
		b.all = b.all[max(0, len(b.all)-bindsKept):]
	}
	return contract.BindingStarted{Request: x.Request, ExpiresAt: k.at.Add(codeFor).UnixMilli()}, nil
}

// confirm takes a code once, in its time, under the request that it was sent for.
func (b *bindings) confirm(x contract.BindingCode, now time.Time) contract.BindingResult {
	b.mu.Lock()
	defer b.mu.Unlock()
	no := contract.BindingResult{Request: x.Request, Outcome: contract.BindingRefused}
	k := b.find(x.Request)
	if k == nil {
		return no
	}
	day := k.number + date(now)
	m, ok := numbered(k.number)
	if !ok || k.code == "" || k.used || now.Sub(k.at) >= codeFor || b.wrong[day] >= codesMost {
		return no
	}
	if subtle.ConstantTimeCompare([]byte(k.code), []byte(x.Code)) != 1 {
		if b.wrong == nil {
			b.wrong = map[string]int{}
		}
		b.wrong[day]++
		return no
	}
	k.used = true
	return contract.BindingResult{Request: x.Request, Outcome: contract.BindingBound, Merchant: m.Ref, Name: m.Name()}
}

func (b *bindings) find(request string) *binding {
	i := slices.IndexFunc(b.all, func(k *binding) bool { return k.request == request })
	if i < 0 {
		return nil
	}
	return b.all[i]
}

func (b *bindings) list() []Sent {
	b.mu.Lock()
	defer b.mu.Unlock()
	var out []Sent
	for _, k := range slices.Backward(b.all) {
		if m, ok := numbered(k.number); ok && k.code != "" {
			out = append(out, Sent{Merchant: m, Code: k.code, At: k.at.UnixMilli(), Until: k.at.Add(codeFor).UnixMilli(), Used: k.used})
		}
	}
	return out
}

// Sent lists the codes that "were sent", the newest first.
func (s *Simulator) Sent() []Sent { return s.bindings.list() }

// numbered is the demo merchant with a merchant number.
func numbered(number string) (Merchant, bool) {
	i := slices.IndexFunc(demo, func(m Merchant) bool { return m.Number() == number })
	if i < 0 {
		return Merchant{}, false
	}
	return demo[i], true
}
