// Package acquirer is the acquirer's side of the house: the Deliverer that takes calls from the outbox to a bot.Acquirer and turns
// its answers into events, and the implementations of bot.Acquirer.
//
//	contract    what is asked of an acquirer, as Go types and as an OpenAPI document
//	signing     signatures of requests, answers and events
//	remote      the adapter for acquirers that implement the contract over HTTP
//	wechatpay   WeChat Pay, read as a service provider; tested against a mock only
//	simulator   an acquirer to try it with, reached over HTTP like any other
//	nearby      a simulator and its client in one process, for talks and tests
//	None        no acquirer: the bot neither reads records nor opens tickets by itself
//
//	call.go     the Deliverer;  compose.go: one record out of several readings;  events.go: what acquirers report by themselves
//	look.go     parts of a record that are read for some questions only;  breaker.go: when a provider is left alone
//	tidy.go     what a record may look like before it is stored;  links.go: whose links merchants are shown
//
// Every implementation that takes tickets passes acquirertest.Exercise. WeChat Pay takes none and knows no demo merchants; its own tests
// hold it to the rest.
//
// # Why
//
// The Deliverer, not the adapters, holds the rule that an unknown outcome is queried before it is repeated, because it is the
// same rule for all of them. It does not repeat in a loop: the item goes back to the outbox, so that the waiting survives a crash
// and one slow acquirer does not hold a worker. After some attempts the outcome is told as unknown, for a person to look at, and is
// tried further under the same number, for as long as acquirers know one: no intent is lost, and what comes of it is told as well.
// A ticket is told as refused only when the acquirer has said so to a request whose outcome was not in doubt.
//
// A record is read in parts, and a part that fails is unknown, never normal: when the rest holds nothing against the merchant, the
// whole reading counts as failed.
//
// What is read for one question only (bot.Look) fails by itself: it is named as unread, told as such, and takes nothing from the rest.
// Investigations are part of every record, for who is under one must not hear that nothing is known. One payment is looked for on each of
// the merchant's terminals over the time that he names; that nobody knows it means NONE and never "failed", and when one of the requests
// fails, or two payments fit, it counts as unread.
//
// The breaker counts failures of the requests that began within ten seconds. Counting in a row without a window, as before, would leave an
// acquirer alone for failures of last week; a share alone would do so for one failure at night.
//
// Reports of an acquirer are outrun by its answers, come twice, or not at all. So they are nothing but another way to hear of a ticket's
// state: the state's own time decides what is news, the engine decides what is told, and whoever hears of nothing asks by a timer.
//
// Answers of an acquirer are foreign input. The Deliverer refuses a record of another merchant, masks and shortens free text and
// drops what an adapter puts into an error except its code, so that nothing of a merchant reaches a log.
package acquirer
