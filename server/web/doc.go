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
//	live.go      the agents' WebSocket
//	presence.go  who is there; how the desk stands
//	openapi.go   the API document
package web
