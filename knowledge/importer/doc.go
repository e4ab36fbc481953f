// Package importer turns articles and tables of other people into drafts of the FAQ.
//
//	read.go      what a file is, and limits;  encoding.go: which characters it is written in;  zip.go: bombs
//	text.go html.go markdown.go docx.go table.go    the readers; each gives blocks (blocks.go) and tables
//	columns.go   tables whose columns are known, row by row
//	noise.go     what is no content: menus, contents, copy buttons, repeated captions, advertisements
//	build.go     entries out of blocks;  sort.go: cause, impact, solution, prevention;  clean.go: pushed letters
//	like.go join.go    what is known already
//	draft.go import.go publish.go    drafts on the disk, and their way into the library and back
//
// # Why
//
// One list of blocks for all formats. Sites differ in markup, and half of them use none: a heading is a bold paragraph, a
// list is 1、2、3、 in one paragraph with line breaks. So the readers give lines with the little that the format says for
// certain, and number, question, answer and heading are read from the words, in one place for all.
//
// General signs, no list of sentences. An advertisement is what asks to add an account, to call or to buy; or what names a
// brand and praises it, or breaks off in the middle. A point in a list needs more of them than a line that stands alone.
// What nobody can be sure of is kept: a draft answers nobody until a person has read it. Every line that no draft holds is
// written down with its reason, so that a wrong guess is found by reading and not by missing.
//
// Structure decides, words help. A point is sorted by the heading it stands under; only without one by its own words. A
// paragraph behind the last point goes on with it when others did so too, else it sums up.
//
// Tags as a stream. A tree would lose the lines, and needs memory and care for pages nested ten thousand deep; a stack
// of names with a limit needs neither. Zip files are unpacked once into nothing, counting, before any reader sees them.
//
// Formulas are refused. The value that a file holds beside a formula is what some program computed some time ago.
//
// Joined means wordings. A draft that asks what an entry answers gives that entry its words and nothing else, as a list
// of extra wordings beside the library (knowledge.Extra): what the entry tells was reviewed, and a copy of it would hide
// what a later version says. Two entries for one question would be offered both and told neither. --own says otherwise.
//
// Imports are named by day and content and never merged, so that one can be taken back as a whole. What was edited since
// is somebody's work and stays until he says otherwise.
package importer
