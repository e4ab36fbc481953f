// Package bot is the domain: what a conversation is, how one turn of it is decided, and what is asked of the world around it.
//
// # Vocabulary
//
// The same words stand in code, tables, logs, the API and the pages.
//
//	merchant      a shop that takes payments; has a merchant number at the acquirer
//	terminal      a POS machine; has a serial number and a terminal number
//	payer         the customer in front of the till, and his card or account
//	acquirer      the institution that processes the merchant's payments and pays out the money
//	settlement    paying the money out to the merchant's settlement account
//	response code two characters (field 39) that a terminal shows for a failed payment, e.g. 58
//	record        what the acquirer knows of a merchant, with the time of observation
//	fact          one statement of a record; a note is one that holds nothing against the merchant
//	look          parts of a record that are read for some questions only: payouts, limits, application, complaints, one payment
//	restriction   something the acquirer does not let the merchant do, with a reason and a way to recover
//	article       an entry of the FAQ: wordings, and what is told or asked then
//	cause         one reason behind a trouble, with impact, solution and who lifts it
//	check         one question that separates causes
//	evidence      one answered check
//	incident      a trouble at a bank, a platform or the acquirer that is known and under way
//	finding       what the Finder made of a message: codes, evidence, hits with probability
//	address       channel, account and user: where a merchant is reached
//	conversation  all that is said with one address, for good; it has episodes
//	episode       from the first word about a trouble until it is solved or closed
//	holder        who speaks with the merchant: bot, queue, one agent, or nobody (closed)
//	epoch         counts the changes of holder; a write with an old epoch is refused
//	event         something that happened to a conversation: a message, a tap, a claim, a record, a timer
//	turn          one event handled: the next conversation and its effects
//	trouble       what one episode is about; a merchant may have several at once, and one is worked on
//	aside         a trouble that waits while another is worked on; a frame of the dialogue
//	burst         lines that are one message, written in pieces
//	held          the pieces so far, when the last one was a fragment and its answer waits for the rest
//	effect        what a turn wants done: say a line, call the acquirer, set a timer
//	message       one line of the conversation as all its readers see it, numbered by seq without gaps
//	card          a cause or article told in parts: cause, impact, solution, who lifts it
//	playbook      a flow with the causes and checks it conducts, pinned by version
//	media         a picture or a voice on a line; a file that the other side can open, kept with its line or fetched later
//	rating        how a merchant found the help of one episode; asked when it ends, given and changed for a day
//	scene         what the code says by which a merchant came: a counter, a branch, a leaflet
//	reminder      an open question asked once more, after a while without an answer
//	delivery      what carries lines to a user who cannot read by seq, once; begun, then sent, held or unsure
//	push          a message of ours to a user of WeChat, in contrast to the reply to his own
//	reach         what a user did that allows pushing to him, and until when
//	window        what may still be pushed: messages left, until when
//	call          a request to the acquirer, kept in the outbox until its outcome is known
//	report        what an acquirer says by itself, of a ticket that moved
//	ticket        a case opened at the acquirer, by a request number that never changes
//	hand-over     giving the conversation to a person, with all that is known
//	agent         a person who answers merchants in the console
//	visitor       a merchant's browser; unverified until a proof or a demo word binds it
//	mark          how far a visitor has seen the lines, in whatever tab; behind it they are unread
//	suggestion    an entry out of the library that is offered to who writes: to a visitor by its title while he types, to an agent as an answer
//	verdict       what an agent made of a suggestion: sent as it was, sent in other words, or it does not fit
//	binding       the proof that an address speaks for a merchant
//	proof         a merchant number and a code that the acquirer sent to the number on file: it binds
//	unproven      what a page says of its visitor without a signature: agents see it as 未验证, and nothing is bound or looked up by it
//	device        an address as its merchant sees it; each proves itself for itself
//	fresh         of a proof: short ago, and given at this address; a ticket that changes something wants one
//	speaker       an address that speaks for a merchant
//	news          something that all speakers of a merchant are told unasked: a restriction, a device that is new
//	late          of a ticket: its promised or usual time has passed without an end
//	try           a number or a code that was typed for it; only so many on a day
//	team          a group of agents, for transfers and ready replies; the console says 分组
//	token         lets another system use the API as far as its scopes go
//	internal note what an agent writes to colleagues about a conversation; no line of it
//	desk          the agents taken together: open or not, how long the queue is
//	case          what the desk knows of a conversation from when people are wanted until they are done with it
//	skill         which people a case needs: settlement, risk, terminal, general
//	priority      0 to 3, the highest first: money, an unknown outcome, a complaint, one who comes again, one who is late
//	offer         a conversation proposed to an agent or a team until a time: by the desk out of the queue, or by who passes it on
//	pause         an agent puts a conversation aside until a time; agents call it 挂起
//	target        until when a case should have its first answer and its end; amber when that is near, red when it is missed
//	stint         one period of a case with one holder, kept when it is over: the raw row of all figures
//	notice        tells agents who do not look at the console that a conversation wants them; what merchants hear unasked is news
//	telling       one notice on its way to one place, such as a group of WeCom
//	announcement  what the acquirer tells all merchants, e.g. of maintenance; read with the record
//
// # Files
//
//	event.go, effect.go, conversation.go, message.go, record.go: what a turn reads and writes; ports.go: every interface of the package
//	engine.go     one turn, by kind of event; service.go: the door: lock, turn, commit, wake; understand.go: what an event is completed with
//	dialogue.go   what the flow sees, and what is said of its steps; playbook.go: flow, causes and checks, pinned by version
//	care.go       the case: targets, offers, pauses, stints; desk.go: what agents do
//	ticket.go, promise.go, elsewhere.go, filing.go: tickets: how they go on, whose time passes, at other addresses, before they are sent
//	proving.go, coded.go: a proof by a code of the acquirer; unproven.go: what a page says, signed or not
//	facts.go, look.go: what a record says, always and for some questions; summary.go: the card for agents
//	news.go       what merchants hear unasked; notice.go, telling.go: what agents hear outside of the console
//	rating.go, texts.go: how merchants found the help; suggest.go: answers that an agent may give
//	burst.go      a message in pieces; timers.go, scheduler.go: time; delivery.go: lines that are pushed; media.go: pictures and voices
//	finder.go     the Finder over the library
//	clean.go, mask.go, secrets.go, numbers.go, digits.go, tracks.go: what is taken out of a text; written.go: texts beside the dialogue
//
// # One turn
//
// Service.Handle cleans and masks what came in, asks the Finder, loads the conversation, lets Engine.Turn decide, commits the
// whole outcome in one transaction and then wakes the readers. Engine.Turn is a pure function of conversation, event and pinned
// playbook, so the stored events replay to the same effects, byte for byte.
//
// # Why
//
// All that people do is an event with the epoch they saw, and so is what the desk does for them: an offer, its end, what an agent lost
// who is gone. So a hand-over replays like an answer, and a claim that crosses an offer or another claim is refused and never undone. What
// depends on the clock and on settings, such as when a target is missed, comes with the event (DeskStatus.Targets), and a timer brings it
// up. Who waits too long rises step by step to the highest priority, where only the time counts, so nothing keeps him waiting for ever.
//
// Readers follow the messages by seq and are only woken by the Bus: a lost wake costs time, never a message. Calls to the
// acquirer go through the outbox and come back as events, so that a crash between call and answer is visible as a row and not as
// a merchant who waits for ever. A conversation never ends as a row: after closing, the next word opens a new episode in it, so
// that neither a visitor's token nor an agent's link dies with a solved problem.
//
// How long a timer runs is data of the pinned flow, and a timer is an event like any other, so time is replayed too. Timers are not moved
// with every word, which would cost a write each: one that comes up too early is set for the rest. Who is reached by a channel that counts
// messages is not reminded of an open question: the reminder would cost one of the few that a person or a ticket may need later, and where
// nothing may be pushed it would wait and come out as the answer to whatever he writes next. A conversation with a Reach, that is one
// whose user ever opened a right to push, is of such a channel.
//
// A channel that pushes is asked by an item of the outbox, which Service adds to the turn and the engine does not know of. The item
// names no lines: whoever delivers reads what has not been shown, so lines gather while a message is on its way, and an item too many
// finds nothing to do.
//
// A merchant whom nobody has bound proves by himself for whom he speaks, where the acquirer sends codes. Typing a number binds nothing; what
// is said is the same for a number that is known and one that is not, and a start or a code whose outcome is unknown is told as such and
// not repeated. The code is taken out of the line before anything sees it: an event has only that there was one, so it replays, and Service
// puts the code into the call, whose row goes with the answer. Tries are counted before the answer, by address in the conversation and by
// merchant number in a note that is written with the turn, so that a crash or a second address gives no try back. Processes that share a
// database may each let one try too many pass at the same moment; the acquirer counts by itself.
//
// A page whose server signs for its visitor (ProofPage) binds without a word: the merchant did nothing and nothing is under way that the
// record could help. Only where a trouble waits is it told, and the record read. What a page says without a signature is unproven: it is
// kept, shown to people, and decides nothing.
//
// A number begins a proof where one is asked for, and else where the line is nothing but a number that begins with 8, with or without its
// name: orders and machines have as many digits, and a start costs a try and sends somebody a message. A code that was sent for is taken
// also when something else was said meanwhile, but not after 取消, 先不验证 or a person: then the merchant has left it.
//
// Three tiers: anybody is answered from the FAQ; who is bound sees the record and opens tickets; a ticket that changes something at the
// acquirer (data of the flow) wants a fresh proof, and where it is old the code is asked for anew, but neither the number nor the story. The
// binding keeps the merchant number for that, and nobody is shown it in full. A binding is of one address. When another one proves itself by
// a code for the same merchant, both hear of it and neither learns who or where the other is; 解除绑定 ends the binding of the address
// where it is written. The words of a demo merchant count as fresh: only a simulator knows them.
//
// Before a ticket its merchant sees what would be reported and may add to it; its request number is made and committed in the turn in which
// he confirms, before the first call. What is shown is the body in short, made of the same summary.
//
// What comes from outside by itself, a ticket that moved or is late, a restriction, is said by the system while a person speaks: it is a
// fact, and the bot adds nothing. The merchant's addresses are found by an index that the turns write (Effect.Bound), as a row that lasts as
// long as the binding. A binding that has ended by its age is only seen in a turn, so news ask the conversation and not the index.
// Reports that can be repeated are told before they are noted; what was told is known by its key. A turn tells others by an item of the
// outbox, so that a crash between the two loses nothing.
//
// Open tickets that the merchant has asked for at other addresses come with the event (Event.Elsewhere), for those who have proven for whom
// they speak: the same complaint joins them, and 查进度 shows them. Turns of one merchant that may ask for one are held apart, so of two
// addresses that confirm at the same moment the second sees the first's. The lock is this process's: several nodes will need it in the
// store.
//
// A ticket has a time, the acquirer's or the flow's. Shortly before, the acquirer is asked once more; when the time passes without an
// end, people are called, and the merchant is told one line, once for a ticket, whatever comes of it later.
//
// A fragment is committed at once like any line, and only its answer waits: for the merchant's next line or for TimerBurst. Waiting
// in memory before the commit would lose the line with the process, and would make every merchant wait for those who write in
// pieces. Service joins the pieces before it asks the Finder, and the event keeps the joined text, so a replay needs neither. What
// can be answered is: a question, a code, a reply or a word that steers never waits, and where nobody would hear the timer at once
// (a terminal beside a server, one message that is tried) Event.Whole says that nothing more comes.
//
// A line that comes within a moment of the answer to a burst was written before that answer could be read. It is read together with the
// burst (Conversation.Late), and the question that stands already is not asked again for it.
//
// Refusals and cases for people are acted on at a lower probability than other entries, since missing one costs more, but in whole stories
// only: over a question, or in a few characters, a likeness is chance. A phrase that always means such a case is sure enough everywhere.
//
// A rating is asked for in the turn that ends an episode, as its last line, when a person has written to the merchant in it. Where there is a
// form it is an act of the form; where there is none the question has choices, and their numbers and words mean it directly after the
// question and nowhere else, and not while the question has yet to reach him: a 5 may be anything. Of what a rating leads to nothing moves
// the dialogue. It stands in the conversation for who serves him next, and in a row of its own for figures.
//
// Two troubles in one message are found by asking the Finder about its halves, only where a sentence ends or a word such as 还有
// stands, and only when both halves are sure by themselves. The entry of a trouble that waits is put into each event (Aside): the
// engine tells it in the turn in which the other one ends, and cannot look it up.
package bot
