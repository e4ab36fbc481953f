// Package notice tells agents outside of the console that a conversation wants them: in a group of WeCom by its robot (企业微信群机器人),
// and to any system by a signed webhook. It implements desk.Teller.
//
//	settings.go what operators set: which ways are on, for which kinds
//	teller.go   notices become rows of the outbox; what becomes of each is seen in the console
//	wecom.go    the robot of a group
//	webhook.go  the webhook and its signature
//	guard.go    where requests may go
//
// A notice says its kind, the topic unless that is switched off, and the link into the console. It holds no words of the merchant.
//
// # The webhook
//
// A POST with a JSON body, which gets 2xx when it was taken:
//
//	X-Posdoctor-Delivery: 0198f2c1-…          the same when it is repeated; who has seen it ignores it
//	X-Posdoctor-Timestamp: 1795420800          seconds since 1970; refuse what is older than five minutes
//	X-Posdoctor-Signature: v1=5d41402a…        hex of HMAC-SHA256(secret, timestamp + "." + body)
//
//	{"id":"0198f2c1-…","kind":"queued","at":1795420800000,"conversation":"0198…","topic":"提示 58","skill":"terminal",
//	 "text":"有商户在等人工","link":"https://help.example.com/console#/queued/0198…"}
//
// Kinds: queued, late, left, unsure, rated (see bot.Notice), and test.
//
// # Why
//
// Each way has its own row, so that one which does not answer neither delays nor repeats the other. A notice may arrive twice, when an
// answer got lost: that costs a glance, and a notice that never arrives costs a merchant his time. After a day it is of no use and ends
// as failed, where operators see it. The robot's host is fixed by an option, and a webhook's address is looked at when its name has been
// resolved, at the moment of dialling, so that a name cannot point to the inside of the network after it was checked.
package notice
