// Package desk is how people are brought to conversations: business hours, who is asked first and next, what a wait is worth telling,
// targets and their breaches, and what agents are told outside of the console.
//
//	hours.go     when people serve, by site: open, next opening, business time; holidays.go: the announced calendar
//	settings.go  what operators set, with defaults and what is wrong with it: hours, routing, sla
//	router.go    who is offered what: a pure function of queue, agents and time
//	ignored.go   who lets offers pass by and is set busy
//	wait.go      how long a conversation takes and one waits, by what was measured
//	figures.go   figures per agent and queue, counted from stints
//	desk.go      the acting part: how the desk stands, offers, what is taken back from who is gone
//	notice.go    what a Teller tells; deliver.go: notices from the outbox to it
//
// It decides over plain values and acts through bot.Service alone, so that every hand-over is an event of its conversation and
// replays with it.
//
// # Why
//
// An offer is a proposal: the list stays open, and whoever claims first has the conversation. So an agent who sees that a case is his
// need not wait for his turn, and an offer can be late or lost without harm.
//
// The wait is told from playing the desk through: who is being served takes as long as those did who took at least as long as he has by
// now, who is busy comes back as others did, cases come as they came in the last hour, and whoever gets free takes the first whom he
// may be offered. Half of the plays are over by what is told, for each skill and priority. So a wait takes account of who has the skill,
// of those who are nearly done, and of the more urgent who will go first. In a simulated day (TestDay) half of all are told within a
// quarter of what they wait, where the places times the mean of what conversations took was off by a third; when the next agent gets
// free is chance, so a wait of a minute cannot be told much better. Breaks are taken for about half an hour until five were seen. Before
// anything is measured it is places times five minutes, divided by who is there.
//
// Who lets offers pass by is counted in memory, by the process that makes them: a count that is lost costs one more offer, and one that is
// kept too long would take a place from somebody who is there. For the same reason anything that an agent does by hand ends it.
//
// Time zones are not asked for: Beijing has been eight hours ahead all year since 1991, and a machine without a database of zones must
// not serve at other hours. Holidays are a list that somebody edits, for they are announced each November and follow no rule.
//
// Presence counts from when the server started: an agent who is not back within the grace after a restart loses what he held, and nobody
// loses anything in its first moments.
package desk
