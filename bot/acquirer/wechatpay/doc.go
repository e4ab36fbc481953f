// Package wechatpay reads what WeChat Pay knows of a service provider's sub-merchants: what is limited, why and how to recover, what has
// to be handed in, the settlement account, complaints, applications, and the notices it sends by itself. It changes nothing there.
//
// It is tested against a peer written from the vendor's documents (paytest), with keys of the test, and never ran against WeChat Pay:
// there is no sandbox for these operations. Who connects it first should compare each answer with the merchant platform.
//
//	config.go       a service provider's access, and its key files
//	client.go       one request: signed, sent, verified, decoded; repetition and breaker
//	words.go        every word of WeChat Pay that is known, and ours for it
//	limitations.go  what is limited, why, how to recover;  reads.go: the contract's operations
//	cases.go        management records;  account.go: settlement account;  complaints.go;  onboarding.go: applications
//	record.go       the domain's three requests
//	notices.go      what WeChat Pay reports by itself
//	text.go         foreign text, links and times
//
// Documents, at https://pay.weixin.qq.com/doc/v3/partner/: 4012803072 (limits), 4014940381 (management records), 4012697052
// (applications), 4012079216 (notices).
//
// # Why
//
// Requests are signed and answers verified by parts of WeChat Pay's own SDK (credentials, validators, verifiers). Its core.Client is not
// used: it reads answers of any size, does not verify refusals, and its errors carry the answer with all headers. Nor is notify.Handler:
// it panics on a notice without resource and on a nonce of another length, cannot read the time in the vendor's own sample, and its
// errors carry the request. Here an answer counts when it is signed within five minutes of our clock, small, flat and about the merchant
// who was asked for. Refusals count only when they are signed, save for those that say that something is wrong over there or with our
// signature: a proxy's "not found" is not WeChat Pay's word.
//
// The signature of an answer does not cover the request. Limits, cases and complaints name the merchant, which is compared; the answer
// about the settlement account does not, so that for it TLS alone stands between two merchants.
//
// WeChat Pay's public key is a file and not fetched: a key that comes over the line which it secures proves little, and fetching needs a
// goroutine, a cache and a second way to fail. A platform certificate in the file does as well.
//
// There is no word for a merchant's state. It follows from what is switched off, and its name from the gravest reason. No limit means
// ACTIVE as far as WeChat Pay goes; facts are told as what was found, never as "all is well".
//
// A word that is not in words.go is passed on as it was said, becomes OTHER or UNKNOWN, and marks the record: a person has to look at it
// before anybody concludes from it. So does a limit that gives no reason, and one that a court or the police has put on: about that only
// people speak, and its text and link stay out of the record.
//
// The masking rule is MASK_V2. MASK_V1 shows two digits at each end, and every reader of "the last four" would put them together.
//
// Complaints are read without the payer: not his number, encrypted as it is, not his openid, and not his words.
//
// Answers are not cached. A record is three requests when a merchant waits for it, seldom twice a minute; an answer of a minute ago
// would be told as one of now. Limits are read once for a record though two parts of it come from them. Frequency limits are not
// answered by asking again.
//
// The breaker's rule is that of the HTTP adapter (acquirer.NewBreaker), each provider with one of its own. The rest is not shared: there a
// request is a contract's route with a body and may be put off, here a path with GET; what would be shared is shorter than what would have
// to be told apart.
//
// Notices have a route of their own beside the contract's events. They are signed with another key in other headers, encrypted, answered
// in another way and repeated for a day on another scheme. One route for both would have to guess by the headers whose key to try, and a
// guess is what a forger plays with.
package wechatpay
