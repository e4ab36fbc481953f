package simulator

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"posdoctor/bot/acquirer/contract"
)

// Kinds of faults.
const (
	FaultSlow          = "slow"           // the answer comes after Delay
	Fault500           = "500"            // nothing is done
	FaultGarbage       = "garbage"        // 200 with bytes that are no JSON, rightly signed
	FaultHTML          = "html"           // 200 with a page, as of a proxy in between
	FaultHuge          = "huge"           // 200 with megabytes
	FaultReset         = "reset"          // nothing is done, the connection is cut
	FaultCommitTimeout = "commit-timeout" // all is done, and no answer comes
	FaultCommitReset   = "commit-reset"   // all is done, and the connection is cut
	FaultWrongMerchant = "wrong-merchant" // the answer is about somebody else, rightly signed
	FaultBadSignature  = "bad-signature"
	FaultUnsigned      = "unsigned"
	Fault429           = "429"
)

// FaultKinds are all kinds, for the page and for usage texts.
var FaultKinds = []string{FaultSlow, Fault500, FaultGarbage, FaultHTML, FaultHuge, FaultReset, FaultCommitTimeout, FaultCommitReset, FaultWrongMerchant,
	FaultBadSignature, FaultUnsigned, Fault429}

// Fault makes some requests go wrong.
type Fault struct {
	Kind  string
	P     float64            // probability, 0 means always
	Op    contract.Operation // "" means any
	Times int                // how often at most, 0 means without end
	Delay time.Duration      // slow; 0 means 8 s
}

func (f Fault) check() error {
	if !slices.Contains(FaultKinds, f.Kind) {
		return fmt.Errorf("there is no fault %q; use none, %s", f.Kind, strings.Join(FaultKinds, ", "))
	}
	if f.P < 0 || f.P > 1 || f.Times < 0 || f.Delay < 0 || f.Delay > time.Minute {
		return fmt.Errorf("a fault has a probability of 0 to 1, is counted from 0 and delays by a minute at most")
	}
	return nil
}

type faults struct {
	mu   sync.Mutex
	list []Fault
}

func (f *faults) set(list []Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.list = slices.Clone(list)
}

func (f *faults) all() []Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.list)
}

// pick draws the fault of one request. Probabilities of several add up.
func (f *faults) pick(op contract.Operation) Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	draw := rand.Float64()
	for i := range f.list {
		x := &f.list[i]
		if x.Op != "" && x.Op != op {
			continue
		}
		p := x.P
		if p == 0 {
			p = 1
		}
		if draw -= p; draw >= 0 {
			continue
		}
		picked := *x
		if x.Times == 1 {
			f.list = slices.Delete(f.list, i, i+1)
		} else if x.Times > 1 {
			x.Times--
		}
		return picked
	}
	return Fault{}
}
