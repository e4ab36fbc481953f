// Package knowledge holds what posdoctor can tell merchants, and finds it by their words.
//
// A Library is one consistent state of articles, causes and checks. It is written as YAML (library/*.yaml, embedded in
// the binary, or a folder of the operator), read strictly by Load and never changed afterwards. Reading takes from a
// message what is certain by rule: response codes of field 39, and answers to checks that the merchant gave unasked.
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
// Bleve recalls, rank.go ranks. Bleve's scores cannot be compared between two queries, and its BM25 measures length by
// the number of distinct terms, so it names candidates only. The ranker knows all rows by term and gives a probability
// that a threshold can be set on. Its own postings name the candidates of a clear question, at a tenth of the time that
// Bleve takes; when the best of them is not sure, Bleve is asked over wordings, causes, impacts and solutions too, and
// the union is ranked.
//
// Some messages must not be missed (always.go): a customer charged already, a battery that smokes. They go by phrase, before codes
// and likeness, because telling such an entry once too often costs nothing.
//
// Some messages may not be sure of anything (vague.go, denial.go). A ranker finds 没解决 near any wording with 解决 in it,
// and 不是商户状态异常 nearest to what it denies. Words that name no trouble, denied clauses and codes that nobody explains
// are taken out first, and what remains decides how likely a hit may be at most. When two entries are as close to a
// message that is a copy of neither, the best is held below the mark from which it would be told, so that both are offered.
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
