// Package web is the HTTP side of the server: the router with all its doors, what every answer carries for safety, and the API of
// the desk.
//
//	router.go    every route on one page
//	safety.go    headers, body limits, panics, the log line of a request
//	login.go     agents, their sessions, CSRF
//	authorise.go who may do what with a conversation, and the trace of it
//	desk.go      lists, one conversation, claim, reply, release, transfer, close
//	notes.go     what agents write to each other
//	search.go    conversations by what was said, merchant, code and ticket; earlier episodes of a merchant
//	suggest.go   answers from the library for an agent, and what he made of them
//	merchant.go  what the acquirer knows of the merchant
//	live.go      the agents' WebSocket
//	presence.go  who is there, by live connections and what they do; which of two logins may write
//	standing.go  how an agent, and the desk, stand; colleagues, figures, offers
//	place.go     what of that one console is told as it changes; typing.go: who types
//	openapi.go   the API document
package web
