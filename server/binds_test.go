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
		time.Sleep(capsFirst)
		want(false)
		c.ops = append(c.ops, contract.OpConfirmBinding)
		time.Sleep(bindsFor)
		want(true)
		c.err = contract.Fail(contract.CodeTimeout, "")
		time.Sleep(bindsFor)
		want(true)
	})
}

// One that starts after the server is known by the time somebody writes: it is asked again without anybody who wants to know.
func TestBindsLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &capable{err: contract.Fail(contract.CodeUnavailable, ""), ops: []contract.Operation{contract.OpStartBinding, contract.OpConfirmBinding}}
		b := &binds{from: c, now: time.Now}
		b.Can()
		time.Sleep(3*capsRetry - time.Second)
		synctest.Wait()
		c.err = nil
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if !b.Can() {
			t.Error("who writes first is not offered it")
		}
	})
}
