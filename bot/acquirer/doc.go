// Package acquirer is the acquirer's side of the house: the Deliverer that takes calls from the outbox to a bot.Acquirer and turns
// its answers into events, and the implementations of bot.Acquirer.
//
//	Simulator   seven demo merchants, one per typical trouble, and tickets that survive a crash of ours
//	None        no acquirer: the bot neither reads records nor opens tickets by itself
//
// Every implementation passes acquirertest.Exercise.
//
// # Why
//
// The simulator plays the far side, so it keeps its tickets in a file of its own and never in the store: a crash of ours between
// "accepted there" and "known here" must look as it does with a real acquirer, where the ticket exists and only the query by its
// request number finds it. A line is on the disk before its number is told. A command that runs beside the server opens the same
// file; an advisory lock and reading on from the last known line keep the two at one numbering.
//
// The Deliverer, not the adapters, holds the rule that an unknown outcome is queried before it is repeated, because it is the
// same rule for all of them. It does not repeat in a loop: the item goes back to the outbox, so that the waiting survives a crash
// and one slow acquirer does not hold a worker. After the last attempt the outcome is told as unknown, for a person to look at;
// a ticket is told as refused only when the acquirer has said so to a request whose outcome was not in doubt.
//
// Answers of an acquirer are foreign input. The Deliverer refuses a record of another merchant, masks and shortens free text and
// drops what an adapter puts into an error except its code, so that nothing of a merchant reaches a log.
package acquirer
