// Which check is asked next, if any.

package flows

import (
	"cmp"
	"math"
	"slices"
)

// What a step is worth. The unit is the probability of naming the right action group.
const (
	perCost = 0.008 // one unit of a check's cost, about a look at the screen
	worth   = 1e-4  // a question must promise at least so much more than it costs
	causes  = 0.1   // weight of the doubt about the single cause beside the doubt about the group
	objects = 2     // weight of the doubt about the object beside the doubt about the cause: objects share no remedy
	wide    = 5     // checks whose consequences are followed
	open    = 0.15  // probability of an answer below which nobody asks whether it is so
	deep    = 3     // questions that are thought ahead behind the one at hand
)

// chooser weighs checks against each other. It holds the table as numbers; it is made once and read by all.
type chooser struct {
	checks []*Check
	yes    [][]float64 // by check, by cause
	skip   [][]known   // by check: answers that make it pointless
	group  []int       // by cause
	groups int
	object []int  // by cause
	one    []bool // by group: all its causes call for a ticket, so nothing is gained by telling them apart
	cause  map[string]int
	check  map[string]int
}

// known is an answered check: its place in the table, and 1 for yes, 2 for no, 3 for asked without an answer.
type known struct {
	check  int
	answer uint8
}

var answers = map[string]uint8{"yes": 1, "no": 2, "unknown": 3}

func newChooser(t *Table) *chooser {
	c := &chooser{cause: map[string]int{}, check: map[string]int{}}
	names, kinds := map[string]int{}, map[string]int{}
	for i, cause := range t.Causes {
		o, ok := kinds[cause.Object]
		if !ok {
			o = len(kinds)
			kinds[cause.Object] = o
		}
		c.object = append(c.object, o)
		g, ok := names[cause.Group]
		if !ok {
			g = len(names)
			names[cause.Group], c.one = g, append(c.one, true)
		}
		c.group, c.cause[cause.ID] = append(c.group, g), i
		c.one[g] = c.one[g] && cause.Ticket
	}
	c.groups = len(names)
	for i := range t.Checks {
		c.check[t.Checks[i].ID] = i
	}
	for i := range t.Checks {
		check := &t.Checks[i]
		yes := make([]float64, len(t.Causes))
		for j := range t.Causes {
			yes[j], _ = t.Causes[j].yes(check.ID)
		}
		var skip []known
		for _, s := range check.Skip {
			if k, ok := c.check[s.Check]; ok {
				skip = append(skip, known{k, answers[s.Answer]})
			}
		}
		c.checks, c.yes, c.skip = append(c.checks, check), append(c.yes, yes), append(c.skip, skip)
	}
	return c
}

// ticketed says that every cause of an action group is for the acquirer, by a ticket.
func (f *Flow) ticketed(group string) bool {
	c := f.chooser()
	for i := range f.Table.Causes {
		if f.Table.Causes[i].Group == group {
			return c.one[c.group[i]]
		}
	}
	return false
}

// chooser is made from the table when it is first needed.
func (f *Flow) chooser() *chooser {
	f.choosing.Do(func() { f.weighs = newChooser(&f.Table) })
	return f.weighs
}

// next returns the check that is worth asking, or nil when none is. limit is how many may still be asked, and enough the probability
// of a group at which asking ends.
//
// It is one step of policy iteration: the checks that promise most are followed deep questions further, each time with the one that
// then tells most, up to where asking ends; the one is chosen whose outcome is best, less what all those questions cost.
func (f *Flow) next(st State, limit int, enough float64) *Check {
	c := f.chooser()
	b, answered := f.numbers(st)
	for i, check := range c.checks {
		if check.First && c.askable(i, answered) && c.matters(i, b) {
			return check
		}
	}
	ranked := c.rank(b, answered, func(b []float64) float64 { return c.doubt(b) + causes*bits(b) })
	best, bestValue := -1, c.best(b)+worth
	for _, r := range ranked[:min(wide, len(ranked))] {
		if v := c.follow(b, answered, r.check, min(limit-1, deep), enough); v > bestValue {
			best, bestValue = r.check, v
		}
	}
	if best < 0 {
		return nil
	}
	return c.checks[best]
}

// inside returns the check that best tells apart the causes of the likeliest group, or nil when none tells as much as gain, in bits.
// It is for groups whose causes call for different actions.
func (f *Flow) inside(st State, gain float64) *Check {
	c := f.chooser()
	b, answered := f.numbers(st)
	s := c.sums(b)
	g := slices.Index(s[:c.groups], slices.Max(s[:c.groups]))
	if c.one[g] {
		return nil
	}
	for i := range b {
		if c.group[i] != g {
			b[i] = 0
		}
	}
	r := c.rank(b, answered, bits)
	if len(r) == 0 || r[0].gain < gain*s[g] {
		return nil
	}
	return c.checks[r[0].check]
}

// telling returns the check that tells most of object and cause for its cost, whatever is done about them; nil when there is none. It
// is for a trouble whose topic alone says who has to act: what the merchant adds goes into the ticket.
func (f *Flow) telling(st State) *Check {
	c := f.chooser()
	b, answered := f.numbers(st)
	best, most := -1, 0.0
	doubt := func(b []float64) float64 { return bits(b) + objects*bits(c.byObject(b)) }
	for _, r := range c.rank(b, answered, doubt) {
		if g := r.gain / max(c.checks[r.check].Cost, 0.1); g > most {
			best, most = r.check, g
		}
	}
	if best < 0 {
		return nil
	}
	return c.checks[best]
}

// numbers is the belief by cause and the answers by check.
func (f *Flow) numbers(st State) (b []float64, answered []uint8) {
	c := f.chooser()
	answered = make([]uint8, len(c.checks))
	for _, id := range st.Asked {
		if i, ok := c.check[id]; ok {
			answered[i] = 3
		}
	}
	for _, e := range st.Evidence {
		if i, ok := c.check[e.Check]; ok {
			answered[i] = answers[e.Answer]
		}
	}
	b = make([]float64, len(f.Table.Causes))
	for _, l := range f.Table.Posterior(st) {
		b[c.cause[l.ID]] = l.P
	}
	return b, answered
}

// matters says whether both answers to a check are still possible enough to ask.
func (c *chooser) matters(check int, b []float64) bool {
	var p float64
	for i := range b {
		p += b[i] * c.yes[check][i]
	}
	return p > open && p < 1-open
}

// askable says whether a check may be asked.
func (c *chooser) askable(check int, answered []uint8) bool {
	return answered[check] == 0 && !slices.ContainsFunc(c.skip[check], func(k known) bool { return answered[k.check] == k.answer })
}

type ranked struct {
	check int
	gain  float64
}

// rank orders the checks that may be asked by how far they bring the doubt down, best first. b is mass and need not sum to 1.
func (c *chooser) rank(b []float64, answered []uint8, doubt func([]float64) float64) []ranked {
	before := doubt(b)
	y, n := make([]float64, len(b)), make([]float64, len(b))
	var out []ranked
	for i := range c.checks {
		if c.askable(i, answered) {
			c.split(b, i, y, n)
			out = append(out, ranked{i, before - doubt(y) - doubt(n)})
		}
	}
	slices.SortStableFunc(out, func(a, b ranked) int { return cmp.Compare(b.gain, a.gain) })
	return out
}

// split shares the mass of each cause between the answers yes and no.
func (c *chooser) split(b []float64, check int, y, n []float64) {
	for i, p := range c.yes[check] {
		y[i] = b[i] * p
		n[i] = b[i] - y[i]
	}
}

// follow returns the mass of the group that is named in the end, less the cost, when a check is asked now and others after it.
func (c *chooser) follow(b []float64, answered []uint8, check, depth int, enough float64) float64 {
	y, n := make([]float64, len(b)), make([]float64, len(b))
	c.split(b, check, y, n)
	answered[check] = 1
	v := c.ahead(y, answered, depth, enough)
	answered[check] = 2
	v += c.ahead(n, answered, depth, enough)
	answered[check] = 0
	return v - perCost*max(c.checks[check].Cost, 0.1)*total(b)
}

// ahead is follow with the check that then tells most, or without one where asking ends or does not pay.
func (c *chooser) ahead(b []float64, answered []uint8, depth int, enough float64) float64 {
	v := c.best(b)
	if depth < 1 || v >= enough*total(b) {
		return v
	}
	all := c.sums(b)
	best, least := -1, c.doubtOf(&all)
	for i := range c.checks {
		if c.askable(i, answered) {
			var y [maxGroups]float64
			for j, p := range c.yes[i] {
				y[c.group[j]] += b[j] * p
			}
			n := all
			for g := range c.groups {
				n[g] -= y[g]
			}
			if after := c.doubtOf(&y) + c.doubtOf(&n); after < least {
				best, least = i, after
			}
		}
	}
	if best < 0 {
		return v
	}
	return max(v, c.follow(b, answered, best, depth-1, enough))
}

func total(b []float64) (sum float64) {
	for _, p := range b {
		sum += p
	}
	return sum
}

// maxGroups is how many action groups a table may have.
const maxGroups = 16

// sums is the mass of each group.
func (c *chooser) sums(b []float64) (s [maxGroups]float64) {
	for i, p := range b {
		s[c.group[i]] += p
	}
	return s
}

// byObject is the mass of each object.
func (c *chooser) byObject(b []float64) []float64 {
	s := make([]float64, len(b))
	for i, p := range b {
		s[c.object[i]] += p
	}
	return s
}

// best is the mass of the likeliest group.
func (c *chooser) best(b []float64) float64 {
	s := c.sums(b)
	return slices.Max(s[:c.groups])
}

// doubt is the entropy over the groups less the mass of the best: the first says how much is left to learn, the second what is won.
func (c *chooser) doubt(b []float64) float64 {
	s := c.sums(b)
	return c.doubtOf(&s)
}

func (c *chooser) doubtOf(s *[maxGroups]float64) float64 {
	return bits(s[:c.groups]) - slices.Max(s[:c.groups])
}

// bits is the entropy of masses, weighted by their sum: -sum p log(p/all).
func bits(s []float64) float64 {
	var all, h float64
	for _, p := range s {
		if p > 0 {
			all += p
			h -= p * math.Log(p)
		}
	}
	if all <= 0 {
		return 0
	}
	return (h + all*math.Log(all)) / math.Ln2
}
