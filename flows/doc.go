// Package flows conducts the dialogue with a merchant: which question comes next, what is told, when a person takes over.
//
// A Flow is data (dialogue.yaml, texts.yaml) together with the Table of causes and checks that it diagnoses with. Flow.Next is
// a pure function of State and Input: no clock, randomness, index or network, so that a stored conversation replays exactly.
// It decides in ids and text keys; package bot renders them.
//
// Where to change what:
//
//	dialogue.yaml  states, transitions, limits, the words merchants steer with
//	texts.yaml     every sentence of the bot
//	conduct.go     what happens on each kind of input; steer.go, what steers the dialogue itself
//	diagnose.go    from a topic to a cause: what is asked and told
//	people.go      the way to people; outside.go, what comes from outside the talk
//	reply.go       how a typed reply is matched to the choices on the screen
//	table.go       causes and checks as a flow knows them
//	belief.go      how likely each cause is, by all that is known
//	choose.go      which check is worth asking next
//	explain.go     why the dialogue stands where it stands
//	simulate.go    merchants drawn from the table; refit.go, what recorded outcomes would change in it
//	machine.go     the table in looplab/fsm
//	lint.go        what `flows check` refuses; draw.go, the drawing
//
// # Why
//
// The machine of looplab/fsm holds ten states and no callbacks: it guards that the dialogue only moves along edges of the table,
// and the drawing is made from the same table. What to say is decided in plain Go beside it, because a state machine that also
// carried every sentence could no longer be read. Causes and checks are no states either: with 14 causes and 12 checks the
// machine would have thousands; they are ranked by probability instead (Heckerman, Breese, Rommelse 1995).
//
// What is asked is decided by what it leads to. Naming the right action (who has to act) is worth 1 and a look at the screen costs
// .008 of that; the five checks that bring the doubt about the action down most are followed three questions further, and the best
// outcome wins (choose.go). Over the shipped table this names the right action for .770 of drawn merchants with 3.4 questions (40,000
// merchants; `flows simulate`). The doubt alone, without looking ahead, gave .762 to .764; the best order that exists, found by trying
// all, .772 under the same rule that failed-or-not-paid-out is asked first. Gain divided by cost was worse than gain less cost: it
// asks many cheap questions before the one that tells. Asking ends at .8 for one action, so the single cause is often left open;
// where the acquirer has to act anyway only its record can tell, and where the merchant can act the causes are told apart.
//
// An answer counts for at most what the table says and a topic, a code or an incident for at most a factor of 20; only a fact of the
// acquirer's record settles a cause. A code with several causes behind it has shares, P(cause | code), because "58" is no cause.
// A record that shows nothing speaks against what records show, by how often they miss it; when all that the merchant said speaks for
// exactly that, neither is explained away, and the acquirer is asked to look.
package flows
