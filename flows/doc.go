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
//	frames.go      two troubles of one merchant: one is laid aside and taken up again
//	burst.go       which line is only the beginning of a message, and how long its rest is waited for
//	people.go      the way to people; outside.go, what comes from outside the talk
//	reply.go       how a typed reply is matched to the choices on the screen
//	table.go       which cause is likely, which check is worth asking next
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
// What is known of a trouble stands flat in the State and not in a first frame: every rule of the diagnosis reads and writes one
// trouble and cannot reach into another. A trouble that waits is moved out whole and moved back whole, so that no answer about
// one is ever counted for the other. The record and the open tickets belong to the merchant and stay.
//
// Two topics are taken for two troubles only when that is sure: money that has not arrived beside a payment that fails, or what the
// merchant himself calls another one (另外, 还有). In all other cases the newer topic is more likely the older one told better, and
// replaces it as it always did.
package flows
