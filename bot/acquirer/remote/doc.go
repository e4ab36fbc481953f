// Package remote is the adapter for acquirers that implement the contract over HTTP.
//
//	remote.go    the client, its limits, and the domain's three requests
//	reads.go     the contract's operations, one method each
//	exchange.go  one request: signed, sent, verified, decoded
//	cache.go     answers of the last minute
//
// # Why
//
// What comes back is hostile input until it is proven otherwise: limited in size and depth, signed over the very bytes that are read, an
// answer to this request, about this merchant, of the contract's shape. What fails in any of it is no answer. That holds for refusals
// too: "not found" and "invalid" count when they are signed, or a proxy's 404 would be told as the acquirer's word.
//
// Reads are repeated, twice at the most and within three seconds together: who waits at a till is served better by "cannot look now" than
// by a minute of trying. A read that takes longer by nature is answered with 202 and asked for again; each request stays short.
//
// Opening a ticket is never repeated here. Whatever happens to it that is not a signed answer is TIMEOUT: the outcome is not known, and
// the one who keeps the intent asks for it by its request number before trying again.
//
// One breaker for the acquirer opens when five requests that began within ten seconds have failed and no more were answered, and lets one
// request try after thirty seconds; see acquirer.NewBreaker. While it is open, requests fail at once: what hangs must not hold all workers.
// A record is read in parts that begin together, so one that hangs opens it. Refusals count as successes, for they show that somebody is
// there. What an acquirer can be asked changes with its releases and is kept for ten minutes, or a reading would begin with one request that
// hangs by itself.
package remote
