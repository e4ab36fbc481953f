// Package flows conducts the dialogue with a merchant: which question comes next, what is told, when a person takes over.
//
// A Flow is data (dialogue.yaml, texts.yaml) together with the Table of causes and checks that it diagnoses with. Flow.Next is
// a pure function of State and Input: no clock, randomness, index or network, so that a stored conversation replays exactly.
// It decides in ids and text keys; package bot renders them.
//
// Where to change what:
//
//	dialogue.yaml  states with their timers, transitions with their guards, limits, the words merchants steer with
//	texts.yaml     every sentence of the bot, some in several wordings; wording.go chooses
//	rules.go       what dialogue.yaml names and Go does: guards, counters, what a timer does
//	conduct.go     what happens on each kind of input; steer.go, what steers the dialogue itself
//	diagnose.go    from a topic to a cause: what is asked and told
//	frames.go      two troubles of one merchant: one is laid aside and taken up again
//	burst.go       which line is only the beginning of a message, and how long its rest is waited for
//	filing.go      a ticket before it is sent: its summary, what is added, a fresh proof where it changes something
//	people.go      the way to people; care.go, which people, and how urgent it is; outside.go, what comes from outside the talk
//	looks.go       what of the record is read for some troubles only, and how what it shows is told
//	late.go        how long a ticket takes, and one whose time has passed; news.go, what is told unasked
//	reply.go       how a typed reply is matched to the choices on the screen
//	table.go       causes and checks as a flow knows them
//	belief.go      how likely each cause is, by all that is known
//	choose.go      which check is worth asking next
//	explain.go     why the dialogue stands where it stands
//	simulate.go    merchants drawn from the table; refit.go, what recorded outcomes would change in it
//	machine.go     the table in looplab/fsm
//	lint.go        what every start refuses; walk.go and happens.go, what `flows check` finds beyond by running the flow
//	draw.go        the drawing for Markdown; svg.go, the picture; coverage.go, what of the table was used
//
// # Why
//
// The machine of looplab/fsm holds twelve states and no callbacks: it guards that the dialogue only moves along edges of the table,
// and the drawing is made from the same table. What to say is decided in plain Go beside it, because a state machine that also
// carried every sentence could no longer be read. Causes and checks are no states either: with 14 causes and 12 checks the
// machine would have thousands; they are ranked by probability instead (Heckerman, Breese, Rommelse 1995).
//
// Guards look at the state as it is when an edge is taken, its question already set. So the table says not only which state follows but
// what stands on the screen there, and a change that asks one thing and moves to the state of another fails in the first test that takes
// the edge. A guard or a count that refuses is a fault of the flow like a missing edge, never something that merchants do; the way to a
// person may have none. The first word of a merchant whose page says who he is may lead to his record at once, which no talk can play.
//
// Every state that waits has a timer, a reminder not counted: it asks once more, ten minutes after the question, and that is all. When
// a conversation comes back to a question, its prompt is the same and no second reminder follows. The timer of a state that the
// merchant has left meanwhile does what it does there, because a record that never comes has to be given up wherever he is.
//
// Which wording is said depends on how often a text was said and on nothing else, so a replay says the same. The count is kept for texts
// with several wordings only and modulo their number. A flow that was pinned before guards, timers and wordings were data has none of
// them: its edges are free, its timers are the ones of then (olderTimers), and it reminds nobody.
//
// Reading the data cannot tell whether an edge is ever taken, whether a move is missing in the table, or how many messages one word of a
// merchant leads to: those are decided in Go. So `flows check` runs the flow breadth first through one input of every kind in every place
// it comes to. Places are told apart by where they stand and what is known of it, not by which check was answered how; of each kind four are
// looked at. With all of them, some 22,000, the walk took half a minute and found nothing more. Messages are counted as WeChat carries
// them, without the reply that costs nothing: Customer Service has none, and on an Official Account it may come too late.
//
// What is asked is decided by what it leads to. Naming the right action (who has to act) is worth 1 and a look at the screen costs
// .008 of that; the five checks that bring the doubt about the action down most are followed three questions further, and the best
// outcome wins (choose.go). Over the shipped table this names the right action for .770 of drawn merchants with 3.4 questions (40,000
// merchants; `flows simulate`). Computed over all answers to that table, asking what brings the doubt down most, without looking ahead,
// gave .764 with 3.2; the best order that exists, found by trying all, .772 with 3.5, under the same rule that failed-or-not-paid-out
// is asked first. Gain divided by cost gave .725: it asks many cheap questions before the one that tells. Asking ends at .8 for one
// action, so the single cause is often left open; where the acquirer has to act anyway only its record can tell, and where the
// merchant can act the causes are told apart.
//
// An answer counts for at most what the table says and a topic, a code or an incident for at most a factor of 20; only a fact of the
// acquirer's record settles a cause. A code with several causes behind it has shares, P(cause | code), because "58" is no cause.
// A record that shows nothing speaks against what records show, by how often they miss it; when all that the merchant said speaks for
// exactly that, neither is explained away, and the acquirer is asked to look.
//
// What is known of a trouble stands flat in the State and not in a first frame: every rule of the diagnosis reads and writes one
// trouble and cannot reach into another. A trouble that waits is moved out whole and moved back whole, so that no answer about
// one is ever counted for the other. The record and the open tickets belong to the merchant and stay.
//
// A ticket is shown before it is sent, in a state of its own, because what stands on the screen there is another question than whether to
// report at all: a line that is no reply is no miss but belongs into the ticket, and 说错了 corrects what would be reported. What a ticket wants to know
// and nobody has said is named beside the summary and not asked for in a further question: who does not know it can send without.
//
// A line that fits nothing gets the question on the screen once more, in other words, before anything else is offered: most short lines
// over a question are replies, and one that is like some entry by chance is no topic. That first time counts as no miss, and while nobody
// is at the desk there is one try more before the queue, with the way to a person beside the question. A reply that only says that there is a
// code leads to which one (`exact` in dialogue.yaml): its words separate causes better than any check. What was told answers the questions
// about itself, how, until when and what of the till (askedAbout), with what the card says and no day: nobody here knows one.
//
// Two topics are taken for two troubles only when that is sure: money that has not arrived beside a payment that fails, or what the
// merchant himself calls another one (另外, 还有). In all other cases the newer topic is more likely the older one told better, and
// replaces it as it always did.
package flows
