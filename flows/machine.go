package flows

import (
	"context"
	"errors"
	"fmt"

	"github.com/looplab/fsm"
)

// machine takes a looplab machine from the flow's pool: building one costs some microseconds, moving one a fraction of that.
func (f *Flow) machine() *fsm.FSM {
	if m, ok := f.machines.Get().(*fsm.FSM); ok {
		return m
	}
	events := make(fsm.Events, len(f.Events))
	for i, e := range f.Events {
		events[i] = fsm.EventDesc{Name: e.Name, Src: e.From, Dst: e.To}
	}
	return fsm.NewFSM(f.Start, events, fsm.Callbacks{})
}

// move returns the state that an event of the table leads to. An edge that is not in the table is an error, and the dialogue
// stays where it is.
func (f *Flow) move(at, event string) (string, error) {
	m := f.machine()
	defer f.machines.Put(m)
	m.SetState(at)
	err := m.Event(context.Background(), event)
	var same fsm.NoTransitionError
	if err != nil && !errors.As(err, &same) {
		return at, fmt.Errorf("dialogue %s: %w", f.ID, err)
	}
	return m.Current(), nil
}
