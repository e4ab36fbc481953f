package desk

import (
	"cmp"
	"container/heap"
	"math/rand/v2"
	"slices"
	"time"

	"posdoctor/bot"
	"posdoctor/flows"
)

// serveFor is how long a conversation takes until that is measured.
const serveFor = 5 * time.Minute

// Bounds of what is told as a wait.
const (
	pickup     = 15 // seconds until a free agent has taken it
	fewStints  = 5  // so many are needed to measure
	cutOff     = 4  // a stint of more than so many medians counts as one of so many: somebody forgot to close it
	mostStints = 200
)

// Serves is how long an agent serves a conversation, by what was measured: the mean, for that is what empties a queue, but of stints
// that are cut at four times the median, and of each agent's before that of all, so that neither a talk that stayed open over night nor
// the one who closes most decides for everybody.
func Serves(stints []bot.Stint) time.Duration {
	if len(stints) < fewStints {
		return serveFor
	}
	took := make([]int64, 0, len(stints))
	for _, s := range stints {
		took = append(took, s.To-s.From)
	}
	slices.Sort(took)
	most := cutOff * max(took[len(took)/2], 1000)
	sum, n := map[string]int64{}, map[string]int64{}
	for _, s := range stints {
		id := ""
		if s.Agent != nil {
			id = s.Agent.ID
		}
		sum[id] += min(s.To-s.From, most)
		n[id]++
	}
	var mean float64
	for id := range sum {
		mean += float64(sum[id]) / float64(n[id])
	}
	return time.Duration(mean/float64(len(sum))) * time.Millisecond
}

// Pace is how fast the desk takes people in: how many could be served at once more, and the seconds between two who are done while all
// are busy.
func Pace(agents []Agent, serves time.Duration) (here, free, eta int) {
	slots := 0
	for _, a := range agents {
		if a.Status == Offline {
			continue
		}
		here++
		free += a.free()
		if a.Status == Online {
			slots += a.Capacity
		}
	}
	if slots == 0 {
		slots = max(1, here)
	}
	return here, free, max(1, int(serves.Seconds())/slots)
}

// Measured is what the newest stints, and the breaks of agents, say of how the desk works.
type Measured struct {
	Serves time.Duration // see Serves
	took   []int64       // of each stint, milliseconds, sorted and cut as in Serves
	turn   int64         // from the end of one conversation until its agent has the next that was waiting, milliseconds
	comes  []kind        // cases of the last while
	over   int64         // in so long they came, milliseconds
	breaks []int64       // how long agents were busy before they took people again, milliseconds, sorted
}

// kind is what a case needs and how urgent it is from the beginning.
type kind struct {
	skill    string
	priority int
}

// Measure reads stints that agents served to the end, and how long agents were busy.
func Measure(stints []bot.Stint, breaks []int64, now int64) Measured {
	m := Measured{Serves: Serves(stints), turn: pickup * 1000, breaks: slices.Sorted(slices.Values(breaks))}
	if len(m.breaks) < fewStints {
		m.breaks = append(m.breaks, breaksFor...)
		slices.Sort(m.breaks)
	}
	if len(stints) < fewStints {
		return m
	}
	for _, s := range stints {
		m.took = append(m.took, max(1000, s.To-s.From))
	}
	slices.Sort(m.took)
	most := cutOff * m.took[len(m.took)/2]
	for i := range m.took {
		m.took[i] = min(m.took[i], most)
	}
	byStart := slices.SortedFunc(slices.Values(stints), func(a, b bot.Stint) int { return cmp.Compare(a.From, b.From) })
	ended := map[string]int64{}
	var turns []int64
	since, oldest := now-lastWhile.Milliseconds(), now
	for _, s := range byStart {
		if oldest = min(oldest, s.Opened); s.Opened >= since {
			m.comes = append(m.comes, kind{s.Skill, began(s)})
		}
		if s.Agent == nil {
			continue
		}
		// Who took one that had been waiting took it as soon as he could.
		if at := ended[s.Agent.ID]; at > 0 && s.Opened < at && s.From >= at {
			turns = append(turns, s.From-at)
		}
		ended[s.Agent.ID] = s.To
	}
	if len(turns) >= fewStints {
		slices.Sort(turns)
		m.turn = turns[len(turns)/2]
	}
	m.over = max(1, now-max(since, oldest))
	return m
}

// lastWhile is over how long it is counted how many come.
const lastWhile = time.Hour

// breaksFor are breaks until some are measured: five minutes to an hour, most often half an hour.
var breaksFor = []int64{300_000, 900_000, 1_500_000, 1_800_000, 1_800_000, 2_100_000, 2_700_000, 3_600_000}

// began is the priority with which a case began: the longer it waited after its target the more urgent it got.
func began(s bot.Stint) int {
	return min(flows.MostUrgent, max(0, s.Priority-climbed(s.Opened, s.FirstDue, s.From)))
}

// climbed is by how much a case that waits has become more urgent by a time. See bot.Case.
func climbed(since, due, at int64) int {
	if due == 0 || at < due {
		return 0
	}
	return 1 + int((at-due)/max(due-since, time.Minute.Milliseconds()))
}

// Floor is the desk as it stands: who is there and who waits, in the order in which they are served.
type Floor struct {
	Agents  []Agent
	Queue   []bot.Conversation
	Targets []bot.Targets
	Widen   int // seconds, see Routing
	Now     int64
}

// Forecast is how long people wait, in seconds, as half of the plays of the desk had it.
type Forecast struct {
	New map[string][]int // who is handed over now, by skill and priority
	Own map[string]int   // who waits, by conversation
}

// How often the desk is played through, and for how long.
const (
	plays   = 60
	playFor = int64(2 * time.Hour / time.Millisecond)
)

// Foresee plays through how the desk goes on: who is being served takes as long as those did who took at least as long as he has by
// now, who is busy comes back as others did, more people come as they came in the last while, and whoever gets free takes the first in
// the queue whom he may be offered. Without measured stints there is nothing to foresee.
func Foresee(f Floor, m Measured) (Forecast, bool) {
	out := Forecast{New: map[string][]int{}, Own: map[string]int{}}
	if len(m.took) == 0 || !slices.ContainsFunc(f.Agents, func(a Agent) bool { return a.Status != Offline && a.Capacity > 0 }) {
		return out, false
	}
	// The same desk foresees the same: chance is drawn from a fixed seed.
	r := rand.New(rand.NewPCG(1, 1))
	waits := map[int][]int64{}
	for range plays {
		p := newPlay(f, m, r)
		p.run()
		for i, w := range p.line[:p.asked] {
			waits[i] = append(waits[i], w.wait)
		}
	}
	middle := func(i int) int {
		slices.Sort(waits[i])
		return int(waits[i][len(waits[i])/2] / 1000)
	}
	for i, c := range f.Queue {
		out.Own[c.ID] = middle(i)
	}
	i := len(f.Queue)
	for _, skill := range flows.Skills {
		for range flows.MostUrgent + 1 {
			out.New[skill] = append(out.New[skill], max(pickup, middle(i)))
			i++
		}
	}
	return out, true
}

// play is the desk played through once.
type play struct {
	Floor
	m      Measured
	r      *rand.Rand
	line   []*waiter // who waits now, then who might be handed over now, then who comes later
	asked  int       // of the first two
	frees  frees
	load   []int
	comes  int64 // when the next one comes
	unseen int   // of those asked about
}

// waiter is one who waits. A ghost is one who might have been handed over now: nobody waits because of him.
type waiter struct {
	kind
	team    string
	since   int64
	due     int64
	climbed int // by how much he is more urgent already
	ghost   bool
	wait    int64 // until he is taken, -1 before
}

func newPlay(f Floor, m Measured, r *rand.Rand) *play {
	p := &play{Floor: f, m: m, r: r, load: make([]int, len(f.Agents))}
	for _, c := range f.Queue {
		w := &waiter{kind: kind{flows.SkillGeneral, 0}, since: c.Since, wait: -1}
		if k := c.Case; k != nil {
			w.kind, w.team, w.since, w.due = kind{k.Skill, k.Priority}, k.Team, k.Since, k.FirstDue.Red
			if k.First > 0 {
				w.due = 0 // it came back to the queue, and is not made more urgent
			}
			w.climbed = climbed(w.since, w.due, f.Now)
		}
		p.line = append(p.line, w)
	}
	for _, skill := range flows.Skills {
		for n := range flows.MostUrgent + 1 {
			w := p.fresh(kind{skill, n}, f.Now)
			w.ghost = true
			p.line = append(p.line, w)
		}
	}
	p.asked = len(p.line)
	p.unseen = p.asked
	for i, a := range f.Agents {
		back := int64(0)
		switch {
		case a.Status == Offline:
			continue
		case a.Status == Busy:
			back = f.Now + drawn(m.breaks, f.Now-a.Busy, r, 600_000)
		}
		p.load[i] = len(a.Held)
		for _, since := range a.Held {
			end := f.Now + drawn(m.took, f.Now-since, r, m.Serves.Milliseconds()/2)
			p.frees = append(p.frees, free{max(end, back), i, true})
		}
		for n := len(a.Held); n < a.Capacity; n++ {
			p.frees = append(p.frees, free{max(f.Now, back), i, false})
		}
	}
	heap.Init(&p.frees)
	p.comes = p.next(f.Now)
	return p
}

// fresh is one who comes at a time.
func (p *play) fresh(k kind, at int64) *waiter {
	w := &waiter{kind: k, since: at, wait: -1}
	for _, t := range p.Targets {
		if t.Skill == k.skill || t.Skill == "" && w.due == 0 {
			if w.due = 0; t.First.Red > 0 {
				w.due = at + t.First.Red - p.Now
			}
		}
	}
	return w
}

// next is when one comes after a time.
func (p *play) next(at int64) int64 {
	if len(p.m.comes) == 0 {
		return at + 2*playFor
	}
	return at + int64(p.r.ExpFloat64()*float64(p.m.over)/float64(len(p.m.comes)))
}

// drawn is how much longer something takes that has taken so long, of what others took; longer than all of them: about so much.
func drawn(took []int64, been int64, r *rand.Rand, or int64) int64 {
	i, _ := slices.BinarySearch(took, been+1)
	if longer := took[i:]; len(longer) > 0 {
		return longer[r.IntN(len(longer))] - been
	}
	return int64(r.ExpFloat64() * float64(or))
}

// run plays until everybody who is asked about was taken.
func (p *play) run() {
	for len(p.frees) > 0 && p.unseen > 0 {
		f := heap.Pop(&p.frees).(free)
		if f.at > p.Now+playFor {
			break
		}
		for p.comes <= f.at {
			p.line = append(p.line, p.fresh(p.m.comes[p.r.IntN(len(p.m.comes))], p.comes))
			p.comes = p.next(p.comes)
		}
		if f.serving {
			p.load[f.agent]--
		}
		if p.load[f.agent] >= p.Agents[f.agent].Capacity {
			continue // he has more than he may
		}
		turn := int64(0)
		if f.serving {
			turn = p.m.turn
		}
		if !p.take(f, turn) {
			// Nobody whom he may have: he looks again when one comes, or has waited for long enough for anybody.
			heap.Push(&p.frees, free{min(p.comes, f.at+5_000), f.agent, false})
			continue
		}
		p.load[f.agent]++
		heap.Push(&p.frees, free{f.at + turn + drawn(p.m.took, 0, p.r, 0), f.agent, true})
	}
	for _, w := range p.line[:p.asked] {
		if w.wait < 0 {
			w.wait = playFor
		}
	}
}

// take gives a free agent the first whom he may have. Every ghost before that one would have been taken instead.
func (p *play) take(f free, turn int64) bool {
	a := p.Agents[f.agent]
	best, rank := -1, 0
	var ghosts []int
	for i, w := range p.line {
		if w.wait >= 0 || f.at-w.since < int64(p.Widen)*1000 && (!a.can(w.skill) || w.team != "" && !slices.Contains(a.Teams, w.team)) {
			continue
		}
		n := min(flows.MostUrgent, w.priority+climbed(w.since, w.due, f.at)-w.climbed)
		if best >= 0 && (n < rank || n == rank && w.since >= p.line[best].since) {
			continue
		}
		if w.ghost {
			ghosts = append(ghosts, i)
			continue
		}
		best, rank = i, n
	}
	for _, i := range ghosts {
		w := p.line[i]
		n := min(flows.MostUrgent, w.priority+climbed(w.since, w.due, f.at)-w.climbed)
		if best < 0 || n > rank || n == rank && w.since < p.line[best].since {
			w.wait = f.at + turn - p.Now
			p.unseen--
		}
	}
	if best < 0 {
		return false
	}
	p.line[best].wait = f.at + turn - p.Now
	if best < p.asked {
		p.unseen--
	} else {
		p.line = slices.Delete(p.line, best, best+1)
	}
	return true
}

// free is when an agent can take one more, or is done with one.
type free struct {
	at      int64
	agent   int
	serving bool
}

type frees []free

func (f frees) Len() int           { return len(f) }
func (f frees) Less(i, j int) bool { return f[i].at < f[j].at }
func (f frees) Swap(i, j int)      { f[i], f[j] = f[j], f[i] }
func (f *frees) Push(x any)        { *f = append(*f, x.(free)) }
func (f *frees) Pop() any {
	last := (*f)[len(*f)-1]
	*f = (*f)[:len(*f)-1]
	return last
}
