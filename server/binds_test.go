package main

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"posdoctor/bot/acquirer"
	"posdoctor/bot/acquirer/contract"
)

// capable answers with some capabilities, or fails.
type capable struct {
	acquirer.Source
	ops []contract.Operation
	err error
}

func (c *capable) Capabilities(context.Context) (contract.Answer[contract.Capabilities], error) {
	return contract.Answer[contract.Capabilities]{Data: contract.Capabilities{Operations: c.ops}}, c.err
}

// What an acquirer can do is offered once it has said so, and not before; one that is away for a while can still do it.
func TestBinds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &capable{err: contract.Fail(contract.CodeUnavailable, "")}
		b := &binds{from: c, now: time.Now}
		want := func(can bool) {
			t.Helper()
			b.Can()
			synctest.Wait()
			if b.Can() != can {
				t.Errorf("can is %t, want %t", !can, can)
			}
		}
		want(false)
		c.err, c.ops = nil, []contract.Operation{contract.OpStartBinding}
		time.Sleep(capsAgain)
		want(false)
		c.ops = append(c.ops, contract.OpConfirmBinding)
		time.Sleep(bindsFor)
		want(true)
		c.err = contract.Fail(contract.CodeTimeout, "")
		time.Sleep(bindsFor)
		want(true)
	})
}
