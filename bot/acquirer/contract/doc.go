// Package contract is what posdoctor asks of an acquirer and what it gets back, whoever the acquirer is: operations, objects, words of
// state, errors and events as Go types. openapi.json says the same to those who implement it; a test holds the two together.
//
//	operations.go  what can be asked, and under which path
//	answer.go      the envelope of every answer, and capabilities
//	words.go       the words of state, with the one that stands for all that are not known
//	merchant.go    merchant, restrictions, terminals, settlement account, onboarding
//	money.go       settlements, transaction, limits
//	cases.go       risk cases, complaints, notices
//	binding.go     a code to the telephone on file, which proves for which merchant somebody speaks
//	ticket.go      opening and reading tickets;  event.go: what an acquirer reports by itself
//	error.go       what a request that failed says, and whether it may be repeated
//	decode.go      foreign JSON into these types;  settle.go: unknown words;  check.go: the limits in the tags
//	openapi.go     the document
//
// # Why
//
// Nothing in here unfreezes, binds a terminal or an account, raises a limit or refunds. What does not exist cannot be talked out of a bot;
// what writes is opening a ticket, under a request number that makes repeating it harmless, and the code of a binding, which changes nothing
// of the merchant: it proves to us who asks.
//
// An acquirer will use words that are not known here. They must neither break an answer nor be taken for something: the field gets the
// word that stands for the unknown, UNKNOWN or OTHER, and Raw keeps what was said, for the people who read it.
//
// Limits stand in struct tags, so that the check of an answer and the document's schema cannot drift apart. Fields that are not known
// are passed over: an acquirer may know more than we ask. Fields that are known must be right, or the whole answer is refused: half an
// answer would be told as a whole one.
//
// Times are milliseconds since 1970 as everywhere in the house, days are 2006-01-02 in Beijing, amounts are fen.
package contract
