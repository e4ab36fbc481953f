// Package simulator plays an acquirer: the contract over HTTP, signed, with seven demo merchants, one merchant for every word of the
// contract, tickets that move, events, faults that can be switched on, and a page that shows it all.
//
//	simulator.go  what it is made of;  server.go: the contract's routes, verified and signed
//	demo.go       the seven demo merchants and the words that bind to them;  merchants.go: what the acquirer knows of each
//	ledger.go     tickets, in a file of their own (journal.go);  life.go: how they and the merchants go on
//	events.go     signed events to posdoctor
//	faults.go     faults;  page.go: the page, and the controls, on this machine alone
//
// # Why
//
// It plays the far side, so posdoctor reaches it over HTTP only, and it keeps its tickets in a file of its own and never in the store: a
// crash of ours between "accepted there" and "known here" must look as it does with a real acquirer, where the ticket exists and only
// the query by its request number finds it. A line is on the disk before its number is told. A command that runs beside the server
// opens the same file; an advisory lock and reading on from the last known line keep the two at one numbering.
//
// What a merchant looks like is a function of its name and the time: nothing to store, dates move along with the clock, and a test reads
// the same as a person. Only tickets, and what was done to them by hand, are kept.
package simulator
