package flows

import "math"

// Case is an episode whose cause became known: the record proved it, or the merchant said that its steps helped.
type Case struct {
	Cause    string     `json:"cause"`
	Evidence []Evidence `json:"evidence"`
}

// Change is one number of a table that cases speak for changing.
type Change struct {
	Cause string  `json:"cause"`
	Check string  `json:"check,omitempty"` // "" for the prior
	Old   float64 `json:"old"`
	New   float64 `json:"new"`
	Cases int     `json:"cases"` // that speak of it
}

// Refit returns the table as the cases would have it. What the table says counts like so many cases of its own: priors like weight
// cases in all, and each likelihood like weight answers. So a few cases move little, and many have the last word. Only answers to
// questions count for likelihoods: what merchants say unasked is nearly always yes, whatever the cause.
func (t *Table) Refit(cases []Case, weight float64) (Table, []Change) {
	out := Table{Checks: t.Checks}
	var changes []Change
	var all float64
	for _, c := range t.Causes {
		all += c.Prior
	}
	known := 0
	for _, k := range cases {
		if t.cause(k.Cause) != nil {
			known++
		}
	}
	change := func(cause, check string, old, fresh float64, n int) float64 {
		fresh = math.Round(fresh*1000) / 1000
		if n == 0 || fresh == old {
			return old
		}
		changes = append(changes, Change{cause, check, old, fresh, n})
		return fresh
	}
	for _, c := range t.Causes {
		n := 0
		yes, no := map[string]int{}, map[string]int{}
		for _, k := range cases {
			if k.Cause != c.ID {
				continue
			}
			n++
			for _, e := range k.Evidence {
				switch {
				case !e.Asked:
				case e.Answer == "yes":
					yes[e.Check]++
				case e.Answer == "no":
					no[e.Check]++
				}
			}
		}
		fresh := c
		prior := (float64(n) + weight*c.Prior/all) / (float64(known) + weight)
		fresh.Prior = change(c.ID, "", c.Prior, max(prior*all, 0.001), known)
		fresh.Yes = map[string]float64{}
		for _, check := range t.Checks {
			old, ok := c.Yes[check.ID]
			if !ok && yes[check.ID]+no[check.ID] == 0 {
				continue
			}
			if !ok {
				old = 0.5
			}
			y, n := float64(yes[check.ID]), float64(no[check.ID])
			fresh.Yes[check.ID] = change(c.ID, check.ID, old, (y+weight*old)/(y+n+weight), yes[check.ID]+no[check.ID])
		}
		out.Causes = append(out.Causes, fresh)
	}
	return out, changes
}

// Known returns what a turn made known of the episode: the cause that helped, or that the record proves; "" while it is not known.
func (f *Flow) Known(before, after State) string {
	if after.Read == "done" && before.Read != "done" {
		for _, l := range f.Table.Posterior(after) {
			if c := f.Table.cause(l.ID); c.shown(after.Facts) && c.touches(after) {
				return c.ID
			}
		}
	}
	if after.Result == "solved" && before.Result == "" {
		return before.Told
	}
	return ""
}
