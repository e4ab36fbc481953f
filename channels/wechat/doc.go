// Package wechat is the channel to a WeChat Official Account.
//
// WeChat pushes each message of a follower as XML to one callback and shows what the callback answers within 5 seconds, the
// "passive reply". A push that is not answered comes again, three times in all, with the same MsgId. Callback checks a push and
// turns it into a bot.Event; the reply carries every line of the conversation that the merchant has not been shown yet.
//
//	callback.go  is this push from WeChat, and what is in it
//	push.go      the fields of a push, and the event that it is
//	fetch.go     pictures and voices, got by their media id; picture.go: drawn anew; speech.go: what a voice says
//	menu.go      the menu below the chat; menufile.go: as a file
//	replay.go    plain mode only: one signature serves one message
//	passive.go   which lines the reply carries, how long it waits for a result, and what a repeated push gets
//	page.go      how much fits into one reply, and where a long line is cut
//	render.go    a line of the conversation as WeChat text
//	reply.go     the reply as XML, sealed in safe mode
//	texts.go     everything that merchants read and the library does not say
//
// # Why
//
// The kind of account, plain or safe, comes from the configuration. The query says encrypt_type too, but nothing signs it, and the
// plain signature does not cover the body: who has seen one URL in an access log could write as any merchant. For the same reason a
// signature is bound to the first message that came with it, where messages are not encrypted.
//
// The SDK serves for the signature and the AES envelope only. Its callback server trusts the query, reads without a limit, answers
// 200 to what it could not read and encrypts an empty reply, which WeChat shows as a failure of the account. Its struct loses a whole
// message over one number that is none; here every field is text, and an odd one is just odd.
//
// A push is acknowledged after its turn is committed, never before; when committing fails the answer is 503 and WeChat comes again.
// Turns are not tied to the request's context: WeChat hangs up after 5 seconds, and the work is wanted all the same.
//
// Passive replies cost no quota and need no permission, so everything that can wait for the merchant's next message waits for it.
// What was shown is remembered by seq in bot.Replies, together with the bytes of the reply: a repeated push gets those bytes.
// A reply that is ready after WeChat hung up, with no repetition waiting, is not kept: it would count as shown and nobody has seen it.
//
// Nothing is fetched from an address that stands in a push: in plain mode anybody might have written it there. A picture is drawn anew
// before it is kept, because whoever looks at it next is an agent with a session; one that could not be drawn is for saving only. Media
// have a target of their own in the outbox and few workers: a hundred slow pictures must not keep anybody's words.
//
// A voice that is listened to is answered as if its words had been written, after a line that says what was heard: the merchant sees a
// mistake of the recogniser before it leads him astray.
//
// One speaks at a time. What the bot said before an agent took over, and the merchant has not seen by then, is never shown while the
// agent holds the conversation: a question of the bot beside the agent's words would be answered to the wrong one.
//
// The memory of running pushes and of signatures in this package is a hint that saves work; the store is what holds. After a
// restart a signature of the last five minutes may serve one more message, which is why an account should run in safe mode.
//
// A line that is too long for one reply is told in parts. How far it was told stands under a key of its own in bot.Replies, each
// part naming the start of the next. It is written after the reply, so a crash in between repeats a part and loses none.
package wechat
