package flows

import (
	"context"
	"errors"
	"fmt"
	"slices"

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

// move returns the state that an event of the table leads to. An edge that is not in the table, whose guard does not hold or whose
// count is over its limit is an error, and the dialogue stays where it is.
func (f *Flow) move(st State, in Input, event string) (string, error) {
	if e := f.edge(st.At, event); e != nil {
		if e.Guard != "" {
			if holds := guards[e.Guard]; holds == nil || !holds(st, in) {
				return st.At, fmt.Errorf("dialogue %s: %s does not lead out of %s: guard %s does not hold", f.ID, event, st.At, e.Guard)
			}
		}
		if c, ok := counters[e.Counts]; ok && c.of(st) > c.limit(f.Limits) {
			return st.At, fmt.Errorf("dialogue %s: %s does not lead out of %s: %d %s are over the limit", f.ID, event, st.At, c.of(st), e.Counts)
		}
	}
	m := f.machine()
	defer f.machines.Put(m)
	m.SetState(st.At)
	err := m.Event(context.Background(), event)
	var same fsm.NoTransitionError
	if err != nil && !errors.As(err, &same) {
		return st.At, fmt.Errorf("dialogue %s: %w", f.ID, err)
	}
	return m.Current(), nil
}

// edge is the definition behind an event in a state, nil when there is none.
func (f *Flow) edge(from, event string) *EventDef {
	for i := range f.Events {
		if f.Events[i].Name == event && slices.Contains(f.Events[i].From, from) {
			return &f.Events[i]
		}
	}
	return nil
}
