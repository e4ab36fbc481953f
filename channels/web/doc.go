// Package web is the channel of visitors: the chat widget on web pages, over WebSocket or long polling.
//
//	session.go   tokens: who a visitor is
//	origin.go    which pages may talk to us
//	http.go      session, send, poll, history
//	socket.go    WebSocket
//	seen.go      what was shown: one mark for all tabs of a visitor
//	suggest.go   entries that fit what is being typed; terminals.go: the machines of a bound merchant
//	upload.go    pictures, both ways
//	frame.go     what comes in: frames, checked; limit.go: how often
//	page.go      loader, chat and support page, embedded from dist and pages
//	widget/      TypeScript sources of the widget; dist/ is built from them by `go run ./server/webbuild`
//	widget/more/ what the first screen can do without: chat-more.js, which borrows Preact from chat.js (widget/kit.ts)
//	widgettest/  a page for every state of the widget, for tests and for those who work on it
//
// # Wire
//
// JSON. A visitor gets a token for one conversation and can name no other. Every line of the conversation is an event with a
// number that counts from 1 without gaps; a reader says the last one it has and gets what follows, so nothing is lost or doubled
// whatever happens to the connection.
//
//	> {"t":"msg","cid":"0198…","text":"刷卡提示51"}
//	< {"t":"ack","cid":"0198…","id":45}
//	< {"t":"ev","id":45,"ts":1700000000000,"type":"message","from":"user","cid":"0198…","text":"刷卡提示51"}
//
// # Why
//
// The chat is fetched when somebody wants it, on networks and phones of small shops, so its bytes are counted: script and styles
// together at most 25 kB compressed. Styles are a file of their own and not a text in the script, because they are needed as such
// where there are no constructable style sheets, and twice is once too often. What is loaded later is one file and not ten: the
// second screen then waits once.
//
// A socket keeps a cursor, not a queue: a commit wakes it, and it reads the tail behind its cursor from the store. A slow reader
// therefore holds no memory; one that is more than 256 lines behind or takes nothing for ten seconds is closed and resumes.
//
// A picture is drawn anew before it is kept (package media), in the transaction of its line, so an acknowledged line has its picture. Its
// bytes are read by who holds the token of the conversation, never by an address alone: an address gets into logs and histories. What is
// refused is still read for a while, because a browser that is cut off while it sends never sees why.
//
// What one visitor can hold is bounded: 8 sockets (the oldest makes room), 8 polls at once, 20 lines at once and one a second, 60
// reads at once and 5 a second, 6 pictures at once and 6 a minute; from one client 30 pictures at once and 15 a minute, so that a new
// conversation for every picture does not fill the disk. A request counts as made on this machine only when nothing speaks against
// it, see local: a proxy beside the server must not give everybody what only a developer at his own machine has.
package web
