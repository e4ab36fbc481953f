package desk

import (
	"cmp"
	"slices"
	"strings"

	"posdoctor/bot"
	"posdoctor/flows"
)

// Figures are what a time was like, by agent and by queue. They are counted from stints that ended in it.
type Figures struct {
	From   int64          `json:"from"` // milliseconds
	To     int64          `json:"to"`
	Agents []AgentFigures `json:"agents"` // by name
	Queues []QueueFigures `json:"queues"` // one for each skill, and "" for all
}

// AgentFigures are what one agent did. Times are seconds; percentiles of nothing are 0.
type AgentFigures struct {
	Agent       bot.AgentID    `json:"agent"`
	Served      int            `json:"served"`       // stints, however they ended
	Closed      map[string]int `json:"closed"`       // by reason: solved, unsolvable, duplicate, no_reply; other for none
	Transferred int            `json:"transferred"`  // given to another agent or back to the queue
	Lost        int            `json:"lost"`         // taken back, since he was gone or silent
	FirstP50    int            `json:"first_p50_s"`  // from when people were wanted to his first words, where they were the case's first
	FirstP90    int            `json:"first_p90_s"`  //
	HandleP50   int            `json:"handle_p50_s"` // from taking it to the end of the stint
	FirstKept   int            `json:"first_kept"`   // cases that he answered first, in time
	FirstMissed int            `json:"first_missed"` // … and too late
	EndKept     int            `json:"end_kept"`     // cases that ended with him, in time
	EndMissed   int            `json:"end_missed"`
	Gaps        int            `json:"gaps"` // closed with a gap of the library
	Ratings     RatingFigures  `json:"ratings"`
}

// QueueFigures are what came to one queue.
type QueueFigures struct {
	Skill       string `json:"skill"`
	Entered     int    `json:"entered"`     // cases that ended in this time
	Taken       int    `json:"taken"`       // waits that an agent ended
	Abandoned   int    `json:"abandoned"`   // cases that ended before any answer, in the queue
	WaitP50     int    `json:"wait_p50_s"`  // of waits that an agent ended
	WaitP90     int    `json:"wait_p90_s"`  //
	FirstP50    int    `json:"first_p50_s"` //
	FirstP90    int    `json:"first_p90_s"` //
	FirstKept   int    `json:"first_kept"`
	FirstMissed int    `json:"first_missed"` // answered too late, or abandoned after the target
	EndKept     int    `json:"end_kept"`
	EndMissed   int    `json:"end_missed"`

	Ratings RatingFigures `json:"ratings"`
}

// RatingFigures are how merchants found it, of cases that people served. Whoever divides looks at Answered first.
type RatingFigures struct {
	Asked    int `json:"asked"`
	Answered int `json:"answered"`
	Score    int `json:"score"` // all scores added
	Good     int `json:"good"`  // scores of 4 and 5
	Solved   int `json:"solved"`
	Unsolved int `json:"unsolved"`
}

func (f *RatingFigures) add(r bot.RatingSum) {
	f.Asked += r.Asked
	f.Answered += r.Answered
	f.Score += r.Score
	f.Good += r.Good
	f.Solved += r.Solved
	f.Unsolved += r.Unsolved
}

// Rate adds the ratings of the same time to figures. What the bot alone has done is nobody's, and no queue's.
func (f *Figures) Rate(sums []bot.RatingSum) {
	for _, r := range sums {
		if r.Agent.ID == "" {
			continue
		}
		for i := range f.Queues {
			if q := &f.Queues[i]; q.Skill == "" || q.Skill == r.Skill {
				q.Ratings.add(r)
			}
		}
		i := slices.IndexFunc(f.Agents, func(a AgentFigures) bool { return a.Agent.ID == r.Agent.ID })
		if i < 0 {
			i = len(f.Agents)
			f.Agents = append(f.Agents, AgentFigures{Agent: r.Agent, Closed: map[string]int{}})
		}
		f.Agents[i].Ratings.add(r)
	}
	slices.SortFunc(f.Agents, byName)
}

func byName(a, b AgentFigures) int {
	return cmp.Or(strings.Compare(a.Agent.Name, b.Agent.Name), strings.Compare(a.Agent.ID, b.Agent.ID))
}

// Count counts the figures of a time from its stints.
func Count(stints []bot.Stint, from, to int64) Figures {
	out := Figures{From: from, To: to, Agents: []AgentFigures{}, Queues: []QueueFigures{}}
	agents := map[string]*tally{}
	queues := map[string]*tally{}
	for _, skill := range append([]string{""}, flows.Skills...) {
		queues[skill] = &tally{queue: QueueFigures{Skill: skill}}
	}
	for _, s := range stints {
		for _, skill := range []string{"", s.Skill} {
			if q := queues[skill]; q != nil {
				q.count(s)
			}
		}
		if s.Holder != bot.HolderAgent || s.Agent == nil {
			continue
		}
		a := agents[s.Agent.ID]
		if a == nil {
			a = &tally{agent: AgentFigures{Agent: *s.Agent, Closed: map[string]int{}}}
			agents[s.Agent.ID] = a
		}
		a.agent.Agent.Name = s.Agent.Name // the newest
		a.serve(s)
	}
	for _, a := range agents {
		f := a.agent
		f.FirstP50, f.FirstP90, f.HandleP50 = part(a.first, 50), part(a.first, 90), part(a.took, 50)
		out.Agents = append(out.Agents, f)
	}
	slices.SortFunc(out.Agents, byName)
	for _, skill := range append([]string{""}, flows.Skills...) {
		q := queues[skill]
		f := q.queue
		f.WaitP50, f.WaitP90, f.FirstP50, f.FirstP90 = part(q.waits, 50), part(q.waits, 90), part(q.first, 50), part(q.first, 90)
		out.Queues = append(out.Queues, f)
	}
	return out
}

// tally is one row on its way.
type tally struct {
	agent              AgentFigures
	queue              QueueFigures
	first, took, waits []int64
}

// kept says whether something that happened was in time; nothing was to be kept without a target.
func kept(at, due int64, yes, no *int) {
	switch {
	case due == 0:
	case at <= due:
		*yes++
	default:
		*no++
	}
}

func (t *tally) serve(s bot.Stint) {
	f := &t.agent
	f.Served++
	t.took = append(t.took, s.To-s.From)
	switch s.How {
	case bot.HowClosed:
		reason := s.Reason
		if reason == "" {
			reason = "other"
		}
		f.Closed[reason]++
		if s.Gap {
			f.Gaps++
		}
	case bot.HowTransferred, bot.HowQueued:
		f.Transferred++
	case bot.HowLost:
		f.Lost++
	}
	if s.First > 0 {
		t.first = append(t.first, s.First-s.Opened)
		kept(s.First, s.FirstDue, &f.FirstKept, &f.FirstMissed)
	}
	if s.Over {
		kept(s.To, s.EndDue, &f.EndKept, &f.EndMissed)
	}
}

func (t *tally) count(s bot.Stint) {
	f := &t.queue
	if s.Holder == bot.HolderQueue && s.How == bot.HowClaimed {
		f.Taken++
		t.waits = append(t.waits, s.To-s.From)
	}
	if s.First > 0 {
		t.first = append(t.first, s.First-s.Opened)
		kept(s.First, s.FirstDue, &f.FirstKept, &f.FirstMissed)
	}
	if !s.Over {
		return
	}
	f.Entered++
	switch {
	case s.Holder == bot.HolderQueue && !s.Answered:
		f.Abandoned++
		if s.FirstDue > 0 && s.To > s.FirstDue {
			f.FirstMissed++
		}
	default:
		kept(s.To, s.EndDue, &f.EndKept, &f.EndMissed)
	}
}

// part is a percentile in whole seconds: the smallest that at least so many percent do not exceed.
func part(ms []int64, percent int) int {
	if len(ms) == 0 {
		return 0
	}
	slices.Sort(ms)
	i := (len(ms)*percent + 99) / 100
	return int(ms[max(0, i-1)] / 1000)
}
