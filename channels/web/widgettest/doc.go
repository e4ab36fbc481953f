// Package widgettest shows every state of the chat as a page: /__fixtures/ lists them, /__fixtures/NAME is one.
//
// The pages run the shipped chat.js against a server that stage.js plays inside the page, by the scripts in states.json, so a state
// that needs a minute of bad network or an agent at work is there at once and always the same. Tests walk through all of them;
// `go run -tags fixtures ./server` serves them to look at. The program as it is built for others does not contain them.
package widgettest
