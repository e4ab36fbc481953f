// Package store keeps everything durable, in SQLite. It is the only package with SQL.
//
//	open.go       opening, checks of the database, its lock against newer versions
//	migrate.go    migrations/*.sql, in order, never edited after a release
//	writer.go     the one writer: group commit
//	commit.go     the outcome of a turn in one transaction, as one row of turns
//	read.go       conversations and messages
//	outbox.go     calls to the acquirer, by lease; due.go: timers, by lease
//	agents.go     agents, audit; lists.go: lists of the console; sessions.go: agents' sessions
//	desk.go       the order of the queue, what is due, stints
//	deliveries.go what carried which lines to users who cannot read by seq; leases and notes of the channels
//	files.go      pictures and voices of merchants, for a few days
//	found.go      by which exact words conversations are found, their episodes, and the search
//	remarks.go    what agents write to each other, and what they made of suggested answers
//
// # Why
//
// All writes go to one goroutine that commits what has gathered meanwhile in one transaction: with synchronous=FULL a commit costs
// one flush of the disk, so 64 callers that share flushes get many times the throughput of 64 that each wait for their own, and
// many writing connections would fight for SQLite's lock besides. It never waits for more work: an idle writer commits at once.
// A batch in which a turn fails is run again with a savepoint for each, so a conflict or duplicate undoes that turn alone.
//
// A turn is one row: the event and the lines it led to, under its duplicate key and under its conversation's seq. Pages that a commit
// has to write are what it costs, so rows of one moment lie together: keys begin with what grows with time (bot.Event.Key), and a
// table of lines beside the events would touch as many pages again.
//
// A search finds merchant, shop, code and ticket in a table of exact words, which a turn writes only when it brings one. What was said
// is looked through from the newest conversation back, for as long as the caller gives: it says how far it came and goes on from there.
// A table of all words or pairs of characters would cost every turn some thirty rows in as many places, to speed up what agents do a few
// times a day and nearly always for the last weeks; and SQLite's full text search is not in the common subset.
//
// SQL keeps to what SQLite and PostgreSQL both understand: text, bigint, $1, ON CONFLICT, partial indexes; state is JSON in text
// columns, and columns beside it only where something is looked up or compared by it.
package store
