// Package media makes pictures of strangers harmless, for every channel that takes them, and gives files to who may have them.
//
//	sniff.go  what a file is, by its first bytes
//	draw.go   a picture drawn anew
//	exif.go   how a picture was held, from what its camera wrote
//	drain.go  the rest of an upload that is refused
//	serve.go  a file as an answer over HTTP
//
// # Why
//
// Whoever looks at a merchant's picture next is an agent with a session. What is kept is therefore never what came: a picture is decoded
// and encoded again, and so holds what it shows and nothing else, whatever stood before, in or behind it. Nothing is looked for in the
// bytes that came, for a list of what is bad is never whole. A file that begins as no picture that is read here is not taken at all.
//
// The pixels are counted before any of them is decoded, and one picture is decoded at a time in the whole process: a few kilobytes may
// stand for gigabytes.
package media
