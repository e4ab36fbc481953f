// Package signing signs requests, answers and events between posdoctor and an acquirer, and verifies them.
//
// Six headers travel with each:
//
//	Acquirer-Key-Id: posdoctor-1
//	Acquirer-Algorithm: HMAC-SHA256            or RSA-SHA256 (PKCS #1 v1.5)
//	Acquirer-Timestamp: 1795392000             seconds
//	Acquirer-Nonce: 5q0X3k2b0y6m8ZrTn4wL1A     random, 16 to 64 of A-Z a-z 0-9 _ -
//	Acquirer-Digest: RBNvo1WzZ4oRRq0W9+hknpT7T8If536DEMBg9hyq/4o=
//	Acquirer-Signature: …
//
// The digest is SHA-256 of the body's bytes, base64. What is signed are lines, each ended by a line feed. Of a request or event:
//
//	REQUEST
//	<algorithm>
//	<key id>
//	<timestamp>
//	<nonce>
//	<digest>
//	POST
//	/v1/tickets                                path and query as sent
//
// Of an answer, with the nonce of the request that it answers:
//
//	ANSWER
//	<algorithm>
//	<key id>
//	<timestamp>
//	<nonce>
//	<digest>
//	200
//	<nonce of the request>
//
// # Why
//
// An answer names the request's nonce, so that an old answer, rightly signed, cannot be given to a new question: "no restrictions" of
// yesterday would be told as of today. The first line keeps the two apart where both sides have the same secret.
//
// The receiver of requests remembers nonces for as long as their timestamps hold. The memory is bounded; when it is full, requests are
// refused rather than nonces forgotten. Only what was rightly signed gets into it. Nonces do not outlive a restart: what must not happen
// twice is guarded by its own key in the database, the nonce is the outer fence.
package signing
