package flows

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/looplab/fsm"
)

// machines holds one pool of looplab machines per flow: building one costs some microseconds, moving one a fraction of that.
var machines sync.Map // *Flow -> *sync.Pool

func (f *Flow) pool() *sync.Pool {
	if p, ok := machines.Load(f); ok {
		return p.(*sync.Pool)
	}
	p, _ := machines.LoadOrStore(f, &sync.Pool{New: func() any {
		events := make(fsm.Events, len(f.Events))
		for i, e := range f.Events {
			events[i] = fsm.EventDesc{Name: e.Name, Src: e.From, Dst: e.To}
		}
		return fsm.NewFSM(f.Start, events, fsm.Callbacks{})
	}})
	return p.(*sync.Pool)
}

// move returns the state that an event of the table leads to. An edge that is not in the table is an error, and the dialogue
// stays where it is.
func (f *Flow) move(at, event string) (string, error) {
	p := f.pool()
	m := p.Get().(*fsm.FSM)
	defer p.Put(m)
	m.SetState(at)
	err := m.Event(context.Background(), event)
	var same fsm.NoTransitionError
	if err != nil && !errors.As(err, &same) {
		return at, fmt.Errorf("dialogue %s: %w", f.ID, err)
	}
	return m.Current(), nil
}
