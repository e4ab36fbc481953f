// Package knowledge holds what posdoctor can tell merchants, and finds it by their words.
//
// A Library is one consistent state of articles, causes and checks. It is written as YAML (library/*.yaml, embedded in
// the binary, or a folder of the operator), read strictly by Load and never changed afterwards. Reading takes from a
// message what is certain by rule: response codes of field 39, and answers to checks that the merchant gave unasked, by the
// phrases of the library or by comparing amounts and cards (compare.go). ReadAgo reads a time as days before the message, ReadPaid
// the amount and the time of a payment.
// Index finds articles by likeness and says with a probability how sure it is.
//
// The package is a leaf: it imports nothing else of posdoctor.
//
// # Why
//
// One row per wording. Ten real wordings of a question find more than any cleverness over one of them: each wording and
// title is its own document, and an article is as good as its best row.
//
// Characters and pinyin instead of words. Single characters with pairs of neighbours do as well as word segmentation on
// questions this short, cost nothing to load and have no dictionary to keep. Toneless syllables beside them forgive the
// homophones of a pinyin keyboard and of speech recognition (壮态, 姐算卡).
//
// Our own postings name the candidates, Bleve adds what only the texts say. Bleve's scores cannot be compared between two
// queries, and its BM25 takes the number of distinct terms for a length and counts rarity twice. The postings (postings.go)
// hold the same rows in three lists of numbers, walk the rarest grams of a message first and stop at a budget, so a hundred
// thousand wordings cost little more than ten thousand. When the best hit is not sure enough to be told, Bleve is asked for
// causes, impacts and solutions too, and the union is ranked. Its index holds the wordings as well, with characters, pairs
// and syllables, beyond 10,000 wordings with pairs alone.
//
// A fitted model ranks (features.go, model.json). Weights set by hand lost against plain BM25 on corpora they were not made
// for. A message and a row are compared by likeness of characters, pairs, syllables and order; a message and an article by
// BM25 and language likelihood of all its rows in one, by its second best row and by the votes of all. Score = sum of weight x
// feature; the best row counts. `eval fit` chooses the weights (listwise softmax) so that left-out wordings of the shipped
// library, the same misheard, all of them shortened (nothing left out), and the queries of two foreign corpora bring the right
// article first: at most 32 numbers with the judge's, none of any word, so nothing of a corpus comes into the binary. Held by
// hand, since no left-out message can show them: an exact copy wins, a message that stands whole in a wording is meant by it,
// the weight of vectors, and 0 for what is thin, which is for the judge.
//
// A second model judges (judge.go): a logistic regression on score, margin and features, with every message asked once more
// while its article is left out, which is how messages look that nobody can answer. The shares of such messages are those
// expected in traffic. What a threshold gives on these cases stands beside the weights, so the configuration names a
// precision and not a score. Letting likeness only speak for an article (weights of at least 0) explained more neatly, but
// of a hundred messages without an answer it answered three where this one answers one, at the same threshold.
//
// Vectors learnt from the wordings themselves (meaning.go, learn.go). Wordings of one article say one thing, so the traits of
// both sides (one to three characters, one and two syllables) are drawn together and those of other articles apart. With each
// wording left out when its message is asked, also from the vectors, the right article came first in .651 instead of .637 of a
// bank's 763 questions (among three: .803, .785), in .582 instead of .561 (.791, .769) of 2,116 wordings of ours, and in .500
// instead of .467 of the same misheard. 32 numbers a trait did there as well as 64; one vector an article, the middle of its
// wordings, as well as one a wording; traits of a single wording are not kept. The vectors of the shipped library are
// meaning.bin, some 300 kB under the hash of all they were learnt from, so a process begins with them. Another library answers
// by its words at once and takes its vectors in when Learn is through, seconds later; beyond 20,000 wordings it stays with
// words. Learn is called by the server, not by NewIndex: a test or a command has the same answers each time.
//
// Some messages must not be missed (always.go): a customer charged already, a battery that smokes. They go by phrase, before codes
// and likeness, because telling such an entry once too often costs nothing.
//
// Some messages may not be sure of anything (vague.go, denial.go). A ranker finds 没解决 near any wording with 解决 in it,
// and 不是商户状态异常 nearest to what it denies. Words that name no trouble, denied clauses and codes that nobody explains
// are taken out first, and what remains decides how likely a hit may be at most.
//
// An alias per state. Index holds library, rows and Bleve index in one atomic pointer, so an answer comes from one
// revision. The alias in front of the Bleve index lets Replace wait for the searches under way before it closes the old
// one; a reader that comes too late finds the alias empty and takes the new state.
//
// Scorch in memory through bleve.NewUsing. bleve.NewMemOnly takes another, older index that needs far more memory.
//
// Limits stand in the entry, not in folders. An entry may be limited to brands, to acquirers and to days; the operator sorts files
// into folders as he likes. An acquirer is one answer for the whole installation (option acquirer-name), so Library.For settles
// it, with brands of the installation (option brands) and today's date, before anything is indexed: search, flow and replay
// see a plain library. A brand that a merchant names is known by message only; such entries stay beside the general ones as
// Variants and Told exchanges them after the search, so a brand costs no row, and nothing of 拉卡拉 is told to somebody who did
// not say 拉卡拉. The price: the brand counts in the message that names it, it is not remembered; who serves one brand sets brands.
// An entry of an id may stand once for everybody and once per limit; hide: true takes one away, with its codes.
//
// Strict files. A field that is misspelt, a cause that does not exist or a wording in two articles would be silently
// wrong answers later, so each is refused with file and line, all of them in one go.
package knowledge
