// Package web is the HTTP side of the server: the router with all its doors, what every answer carries for safety, and the API of
// the desk.
//
//	router.go    every route on one page
//	safety.go    headers, body limits, panics, the log line of a request
//	login.go     agents, their sessions, CSRF
//	authorise.go who may do what with a conversation, and the trace of it
//	desk.go      lists, one conversation, claim, reply, release, transfer, close
//	live.go      the agents' WebSocket
//	presence.go  who is there, by live connections and what they do; which of two logins may write
//	standing.go  how an agent, and the desk, stand; colleagues, figures, offers
//	place.go     what of that one console is told as it changes; typing.go: who types
//	openapi.go   the API document
package web
