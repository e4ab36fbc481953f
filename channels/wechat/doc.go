// Package wechat is the channel to a WeChat Official Account, and to WeChat Customer Service (微信客服).
//
// WeChat pushes each message of a follower as XML to one callback and shows what the callback answers within 5 seconds, the
// "passive reply". A push that is not answered comes again, three times in all, with the same MsgId. Callback checks a push and
// turns it into a bot.Event; the reply carries the lines of the conversation that the merchant has not been shown. What comes later,
// an acquirer's answer or an agent's words, is pushed as a customer-service message where the account may send them.
//
// In:
//
//	callback.go  is this push from WeChat, and what is in it
//	push.go      the fields of a push, and the event that it is
//	fetch.go     pictures and voices, got by their media id; picture.go: drawn anew (package media); speech.go: what a voice says
//	menu.go      the menu below the chat; menufile.go: as a file
//	replay.go    plain mode only: one signature serves one message
//
// Out, both ways:
//
//	pending.go   what the user has not been shown, and the claim on it
//	passive.go   the reply: which lines it carries, how long it waits for a result, what a repeated push gets
//	reply.go     the reply as XML, sealed in safe mode
//	courier.go   messages of ours: plan, claim, send, settle, and what each answer of WeChat leads to
//	quota.go     what may be pushed to a user, from what he did and what was sent since
//	render.go    a line of the conversation as WeChat text; markdown.go flattens what people and libraries write
//	page.go      how much fits into one text, and where a long line is cut
//	texts.go     everything that merchants read and the library does not say
//
// WeChat's API:
//
//	api.go       one client, that names no secret in its errors; errcode.go what the codes ask for
//	token.go     the access token, fetched once however many wait
//	send.go      customer-service messages and typing
//	image.go     pictures of agents
//	explain.go   what agents read of what did not arrive
//
// Customer Service, which shares the way out:
//
//	kf.go           the channel; kf_config.go: its options
//	kf_callback.go  is this push from WeCom; it only says that there is something to fetch
//	kf_accounts.go  the accounts that there are, and from when on they are answered
//	kf_feed.go      following them: when to fetch, page by page, and an entry that fails; kf_lease.go: one process at a time
//	kf_fetch.go     a page from behind the cursor
//	kf_read.go      what is known to be unread, and who waits for that
//	kf_entry.go     one entry of what was fetched, and what it does to the conversation
//	kf_session.go   who serves a customer, and what may be sent to him therefore
//	kf_send.go      a message out, until its outcome is known; a message that did not arrive
//
// wechattest is WeChat's side of all this, for tests and for the demo.
//
// # Why
//
// The kind of account, plain or safe, comes from the configuration. The query says encrypt_type too, but nothing signs it, and the
// plain signature does not cover the body: who has seen one URL in an access log could write as any merchant. For the same reason a
// signature is bound to the first message that came with it, where messages are not encrypted.
//
// The SDK serves for the signature and the AES envelope only. Its callback server trusts the query, reads without a limit, answers
// 200 to what it could not read and encrypts an empty reply, which WeChat shows as a failure of the account. Its struct loses a whole
// message over one number that is none; here every field is text, and an odd one is just odd. Its client of the API has no time-outs,
// puts tokens into errors and cannot be told that a token was refused.
//
// A push is acknowledged after its turn is committed, never before; when committing fails the answer is 503 and WeChat comes again.
// Turns are not tied to the request's context: WeChat hangs up after 5 seconds, and the work is wanted all the same.
//
// Every line belongs to one delivery (bot.Deliveries). Whoever is about to carry lines, the reply or a message of ours, claims them in
// one transaction that compares the conversation's version and the cursor of what is shown. So no line goes out by both ways; a claim
// of an agent that commits in between makes the plan void, and no bot line goes out after it; and nothing has to be locked while WeChat
// is asked. The reply's bytes are kept with its delivery: a repeated push gets those bytes, and "success" when its lines went out by
// a message instead.
//
// Nothing is fetched from an address that stands in a push: in plain mode anybody might have written it there. A picture is drawn anew
// before it is kept, because whoever looks at it next is an agent with a session; one that could not be drawn is for saving only. Media
// have a target of their own in the outbox and few workers: a hundred slow pictures must not keep anybody's words.
//
// A voice that is listened to is answered as if its words had been written, after a line that says what was heard: the merchant sees a
// mistake of the recogniser before it leads him astray.
//
// Passive replies cost no quota and need no permission, so they have the first go. The push of a turn that answers a user is due only
// when no reply can be under way any more, and is struck out together with the claim of the reply; if the server dies between the turn
// and the reply, and WeChat does not come again, the push is what remains.
//
// A message is claimed before it is sent: a crash in between leaves it begun, and what was begun and never answered may have arrived.
// Such a message is never sent again; the desk gets it as unsure. What WeChat refuses has surely not arrived: its words are held and
// go out with the next chance. The one line that can be lost is a reply whose bytes were committed when the server died, if WeChat has
// given up before it is back.
//
// What is left of a quota is not counted up and down but derived: what the user did last, less the messages begun since. Nothing says
// that WeChat's grants add up, so each message counts against all of them.
//
// # Why: Customer Service
//
// A push is acknowledged as soon as it is known to be genuine, and leaves no row. It carries nothing but a hint: what it tells of stays
// with WeCom for three days and is fetched from a cursor of ours when the server starts, when a push comes, every few minutes, and again
// after a failure. What is kept is that an account exists, once, for without that nobody would fetch. Its messages count from shortly
// before the first push: WeCom gives those of three days to a newcomer, and nobody wants yesterday's questions answered by a bot.
//
// The cursor is written with the turn of a page's last entry, in the same transaction. A process that is killed within a page reads that
// page again; each entry has a key of its time, account and msgid, and a turn with a known key is none. So nothing is lost and nothing
// taken in twice, whatever comes in between.
//
// What people in WeCom did has happened. Their claims, words and ends are events with Outside, which carry no epoch and are never
// refused: asking for the current epoch and trying again could not tell a repetition from a conflict, and a page that is read again would
// claim a conversation that was closed since. One entry is one turn. What they wrote stands in the conversation as theirs, is Seen and
// goes out no second time. A session in the pool is held by them too, under a name of its own, so that the bot is as silent as WeCom is
// deaf to it.
//
// The state of a session is mirrored in a note. Entries of the feed only ever close it, and only an answer of service_state opens it: a
// session that ended and whose customer writes again is not known until WeCom was asked, once, for it may have given him to somebody. So
// news that come late or twice can make a line wait, but not go out where it may not. A state with people in WeCom is believed for ten
// minutes at a time: should the news of its end be lost, the customer's next words find out. Before anything is sent, what is known to be
// unread is read; when that takes too long, WeCom is asked. What is left is the moment between the asking and the sending. Then WeCom
// refuses, the line waits, and the state is asked for.
//
// While WeCom is asked who serves a customer, the feed of his account waits. So it is asked for two seconds at the most, and after a failure
// not for a minute: what was known counts on. A customer whom the pool does not take stays where he is; he is told that he waits and gets
// what there is to answer, and the pool is asked every minute.
//
// One entry must not stop an account. Each field is read by itself; a text that cannot be read is told as an attachment, and so is one whose
// turn fails three times, by itself: with the lease still to be had, and neither for a time-out nor a conflict.
//
// A code (of a welcome, of the pool, of an end) is one more way out beside the five messages in 48 hours, and goes through the same plan,
// claim and settling. Nobody knows whether it counts among the five, so here it does. In the pool the line has no choices: nobody would
// hear the answer. An end that is read too late to be told is not told at all; its customer comes with something new. A code is lost when
// the process dies between getting it and keeping it; the line then waits.
//
// A msgid is the id of its delivery, so a message whose outcome is not known is sent again, up to three times and also by the process
// that comes after a crash. Only success proves anything then: a refusal may mean that the first has arrived, and such a message goes
// to people as unsure. A message that WeCom took and could not bring (msg_send_fail) is held again with the reason, and nothing is sent
// to this customer before he writes.
//
// What changes a session in WeCom is never undone from here: the own desk answers in the bot's state, and no session is ended by us.
package wechat
