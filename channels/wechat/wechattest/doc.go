// Package wechattest is WeChat: the callback's other side, the API that a server calls, and the phone on which a merchant reads what
// came of it. With it the whole way of a message runs on one machine, without an account.
//
// It is written from the vendor's documents and shares no code with package wechat or its SDK, so that a mistake in one of them
// does not cancel out in a test:
//
//   - "Message encryption and decryption": doc/subscription/guide/dev/push/encryption.md at developers.weixin.qq.com
//   - "Receiving standard messages", "Receiving event pushes", "Passive user reply messages": doc/offiaccount/Message_Management
//   - "Send customer service messages": doc/service/api/customer/message/api_sendcustommessage; "Customer typing status": api_typing
//   - "Stable access token": doc/service/api/base/api_getstableaccesstoken
//   - WeChat Customer Service: document/31078 and document/path/94670, 94698, 96427, 96428 at developer.work.weixin.qq.com
//
// What stands where:
//
//	peer.go     pushes to the callback of an Official Account, and how its reply is read
//	kfpeer.go   pushes to the callback of Customer Service, and its URL check
//	api.go      API, the handler: routes, the order in which a call is checked; errcode.go: what is refused, and its words
//	limits.go   every number of the documents that a test may want to change
//	token.go    access tokens of both sides
//	custom.go   customer-service messages of an Official Account; typing.go; quota.go: how many may still be sent, and until when
//	menu.go     the menu below the chat; media.go: pictures and voices; user.go: who follows
//	kf.go       Customer Service: messages to be fetched; kfsend.go: messages sent; kfstate.go: who serves a customer
//	fault.go    calls that fail on purpose; calls.go: what was called
//	phone.go    a follower's phone; kfphone.go: a customer's, and the person who serves him; screen.go: what both show
//	page.go     both phones as a page, with what went over the wire beside them; pageact.go: what a person does there;
//	            pagelive.go: what he is shown; page/: its files
//	cases.go    pushes, good and forged, and what a callback must make of them
//
// # Why
//
// Where the documents say nothing, the fake is strict: what passes here should pass there. A send spends from every grant that is
// alive, for nobody says that five and three make eight. An escape like \u4f60 is refused. A cursor of one account does not fetch
// another's messages. The two exceptions are fields: API.KFRepeat and API.Left, see there.
//
// What only a real account can show is not proven by it: whether a repeated push has the same nonce, how a client draws a menu, from
// which address the token may be fetched.
package wechattest
