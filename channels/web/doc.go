// Package web is the channel of visitors: the chat widget on web pages, over WebSocket or long polling.
//
//	session.go   tokens: who a visitor is
//	site.go      sites: which pages, how it looks there; newkey.go, snippet.go: keys, what a page includes
//	origin.go    which pages may talk to us
//	identity.go  who the site's server says the visitor is
//	http.go      the routes: session, send; poll.go: poll and history; state.go: who speaks with the visitor now
//	socket.go    WebSocket: what comes in, and which sockets are open; speak.go: what goes out; typing.go: that an agent types
//	upload.go    pictures, both ways
//	seen.go      what was shown: one mark for all tabs of a visitor
//	suggest.go   entries that fit what is being typed; terminals.go: the machines of a bound merchant
//	frame.go     what comes in: frames, checked; limit.go: how often
//	page.go      loader, chat and support page, embedded from dist and pages; demos.go: a page per way of embedding, and the guide
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
// Most visitors read and are silent, so what an idle socket holds is what counts: one goroutine that waits for a frame and does the
// work of each on another stack, none that waits to write, no channel, and no listening to the desk but in its queue. That is 9 kB
// resident each, against 30 with two goroutines and their channels (BenchmarkIdle in server).
//
// A picture is drawn anew before it is kept (package media), in the transaction of its line, so an acknowledged line has its picture. Its
// bytes are read by who holds the token of the conversation, never by an address alone: an address gets into logs and histories. What is
// refused is still read for a while, because a browser that is cut off while it sends never sees why.
//
// What one visitor can hold is bounded: 8 sockets (the oldest makes room), 8 polls at once, 20 lines at once and one a second, 60
// reads at once and 5 a second, 6 pictures at once and 6 a minute; from one client 30 pictures at once and 15 a minute, so that a new
// conversation for every picture does not fill the disk. A request counts as made on this machine only when nothing speaks against
// it, see local: a proxy beside the server must not give everybody what only a developer at his own machine has.
//
// # Whose conversation it is
//
// A visitor of whom nobody says who he is has a random user and conversation, found again by his token. A merchant for whom the site's
// server signed (JWT, see identity.go) has a user and a conversation made of site and merchant: the same on every device, so that his
// history follows him, and named before it exists, so that two devices that begin at once begin one.
//
// What a visitor said before his page signed for him is left behind and not carried over. On a shared tablet it may be another person's;
// and whoever gave the page its anonymous token beforehand could go on reading. The page puts his own last line into the composer of
// the conversation that he comes to, and only he sends it. A place in the queue is given up with what is left behind.
//
// An identity is good for an hour at the most, and with it the session: sockets are closed with 4401 when it ends, when its key is taken
// out and when its site goes. The token of a verified visitor is kept in the page's memory only, and no way back in: the page signs anew.
// What a page says without a signature is kept as unproven, shown to agents as 未验证, and neither binds, merges nor looks up anything.
//
// The algorithm is the key's, never the token's; jwk, jku and x5u in it are not looked at. A jti makes an identity good once, because
// who puts one in says so; without one the same page may be opened again. Binding is done by the first line after the signature, so
// that opening the chat makes no row, and once for each signature, so that a merchant who takes his binding back stays unbound.
package web
