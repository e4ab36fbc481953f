// Package web is the HTTP side of the server: the router with all its doors, what every answer carries for safety, and the API of
// the desk.
//
//	router.go    every route on one page
//	safety.go    headers, body limits, panics, the log line of a request
//	login.go     agents, their sessions, CSRF
//	authorise.go who may do what with a conversation, and the trace of it
//	desk.go      lists, one conversation, claim, reply, release, transfer, close
//	pictures.go  pictures to the merchant; media.go: what is seen of both sides
//	ratings.go   how merchants found the help
//	notes.go     what agents write to each other
//	search.go    conversations by what was said, merchant, code and ticket; earlier episodes of a merchant
//	suggest.go   answers from the library for an agent, and what he made of them
//	merchant.go  what the acquirer knows of the merchant
//	reach.go     what may still be pushed to a merchant, and what became of each line
//	live.go      the agents' WebSocket
//	presence.go  who is there, by live connections and what they do; which of two logins may write
//	standing.go  how an agent, and the desk, stand; colleagues, figures, offers
//	place.go     what of that one console is told as it changes; typing.go: who types
//	people.go    agents and their groups; canned.go: ready replies; settings.go: documents that operators change
//	tokens.go    other systems, by tokens with scopes
//	audit.go     who did what; export.go: conversations as a file
//	notices.go   what tells agents outside of the console
//	openapi.go   the API document
//	sites.go     pages on which the widget may stand, for admins; who may show the chat in a frame
//	demos.go     the demonstration pages, and the make-believe portal's server part
//
// # Roles and tokens
//
// Every route asks authorise for one act, and may in authorise.go is the only place that knows roles: an agent serves merchants; a lead
// also takes over, exports and sets what the desk goes by; an editor writes what is told and reads no conversation; an admin may
// everything. A token has no role but scopes, each of which opens some acts, on the paths in forTokens alone. Tests hold every route
// against a matrix, so that a new one cannot be forgotten.
//
// What an agent may is asked anew with every request, and every three seconds on a socket: a disabled account, another role or
// password and a logout everywhere are effective at once, and on sockets within five seconds. The last admin who may log in can neither
// be disabled nor become something else.
//
// A change of people, groups, ready replies, tokens or settings and its line in the audit log are one transaction. A
// search, an export and a list of ratings stand in the log before the first byte goes out, or none does. So does a reading; but where the log
// cannot be written, as on a full disk, who serves merchants reads on, and the server's own log says that the trace is missing.
package web
