package desk

import (
	"slices"
	"time"

	"posdoctor/bot"
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
