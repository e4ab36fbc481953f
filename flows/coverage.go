package flows

// Coverage is how much of a flow's table was used.
type Coverage struct {
	States, OfStates           int
	Transitions, OfTransitions int
	MissingStates              []string
	Missing                    []Move // transitions that were not taken, in the order of the table
}

// Coverage counts what of the table these moves use. An edge from several states counts as that many transitions.
func (f *Flow) Coverage(moves []Move) Coverage {
	took, been := map[Move]bool{}, map[string]bool{f.Start: true}
	for _, m := range moves {
		took[m], been[m.From], been[m.To] = true, true, true
	}
	var c Coverage
	for _, s := range f.stateNames() {
		if c.OfStates++; been[s] {
			c.States++
		} else {
			c.MissingStates = append(c.MissingStates, s)
		}
	}
	for _, e := range f.Events {
		for _, from := range e.From {
			m := Move{From: from, Event: e.Name, To: e.To}
			if c.OfTransitions++; took[m] {
				c.Transitions++
			} else {
				c.Missing = append(c.Missing, m)
			}
		}
	}
	return c
}

// Enough says that at least so many in a hundred transitions were taken.
func (c Coverage) Enough(percent int) bool { return 100*c.Transitions >= percent*c.OfTransitions }
