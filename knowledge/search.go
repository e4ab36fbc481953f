package knowledge

import (
	"cmp"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/blevesearch/bleve/v2"
)

const (
	maxQuery       = 200 // characters of a query that are looked at
	candidates     = 60  // rows that the postings hand to the ranker
	textCandidates = 10  // articles that Bleve adds by their texts
	maxRecall      = 40  // characters that Bleve is asked for; its cost grows with every one
	defaultLimit   = 5
	defaultTell    = 0.7
)

// boostPinyin is how much syllables count, beside characters, when candidates are picked.
const boostPinyin = 0.6

// Query is what a merchant wrote.
type Query struct {
	Text    string
	Limit   int     // how many articles are wanted; 0 means 5
	Tell    float64 // P from which the best hit is told; below it the articles' texts are searched too. 0 means 0.7
	without string  // a wording that is left out, to measure with
}

func (q Query) limit() int {
	if q.Limit <= 0 {
		return defaultLimit
	}
	return q.Limit
}

// Hit is one article that may answer a query.
type Hit struct {
	Article string  // id
	Title   string  // of the article
	Wording string  // the wording or title that came closest, as it stands in the library
	Score   float64 // by which hits are ordered; any real number
	P       float64 // that the article is the right one, 0..1
}

// Search returns the articles most like the query, best first, each once. A query without a letter, digit or character
// has no hits. All hits are from one revision of the library.
func (x *Index) Search(q Query) ([]Hit, error) {
	return current(x, func(s *state) ([]Hit, error) { return s.search(q) })
}

// current runs a search on the present state of an index.
func current[T any](x *Index, search func(*state) ([]T, error)) ([]T, error) {
	for {
		s := x.current.Load()
		if s == nil {
			return nil, ErrClosed
		}
		out, err := search(s)
		if errors.Is(err, bleve.ErrorAliasEmpty) {
			continue // replaced since it was loaded; the next state is in place already
		}
		return out, err
	}
}

func (s *state) search(q Query) ([]Hit, error) {
	skip := s.skipping(q.without)
	hits, err := s.find(s.look(q.Text, skip), q, skip)
	if err != nil {
		return nil, err
	}
	out := make([]Hit, 0, min(q.limit(), len(hits)))
	for i := range hits[:cap(out)] {
		out = append(out, s.hit(&hits[i]))
	}
	return out, nil
}

// hit is a scored article as others see it.
func (s *state) hit(h *scored) Hit {
	a := &s.library.Articles[h.article]
	return Hit{Article: a.ID, Title: a.Title, Wording: wordingOf(a, int(s.ranker.rows[h.best.row].wording)), Score: h.score, P: h.p}
}

// looked is a message as it is searched.
type looked struct {
	words   string   // normalised, without fillers; "" when there is nothing to search
	queries []*asked // the whole of it and its clauses
	most    float64  // how likely a hit may be at most
}

func (s *state) look(text string, skip func(int32) bool) looked {
	text = firstRunes(text, maxQuery)
	normal := Normalize(text)
	if normal == "" {
		return looked{}
	}
	l := looked{most: 1}
	if len(s.ranker.exactly(s.ranker.lex.read(content(normal)).units, skip)) == 0 {
		text, l.most = s.subject(text)
	}
	// An expression may make text longer (NFKC of a ligature), so the form that is searched is cut as well.
	l.words = content(firstRunes(Normalize(text), maxQuery))
	l.queries = s.ranker.ask(l.words, clausesOf(text))
	return l
}

// find ranks what is like a message, the best first, and judges as many as the query wants.
func (s *state) find(l looked, q Query, skip func(int32) bool) ([]scored, error) {
	if l.words == "" {
		return nil, nil
	}
	r := s.ranker
	rows := r.recall(l.queries, candidates, skip)
	hits := r.rank(l.queries, rows, nil, skip)
	r.model.judge(hits, q.limit(), l.most)
	if len(hits) > 0 && hits[0].p >= cmp.Or(q.Tell, defaultTell) {
		return hits, nil
	}
	articles, err := s.recall(firstRunes(l.words, maxRecall))
	if err != nil || len(articles) == 0 {
		return hits, err
	}
	hits = r.rank(l.queries, rows, articles, skip)
	r.model.judge(hits, q.limit(), l.most)
	return hits, nil
}

// skipping returns which rows are not to be looked at: those of this very wording. It is nil for none.
func (s *state) skipping(wording string) func(int32) bool {
	if wording == "" {
		return nil
	}
	return func(i int32) bool {
		w := &s.ranker.rows[i]
		return wordingOf(&s.library.Articles[w.article], int(w.wording)) == wording
	}
}

// How likely a hit may be at most when the message does not tell enough by itself.
const (
	denial = 0.25 // it only says what is not the matter: that is not worth an offer
	chance = 0.49 // it names nothing
	bare   = 0.2  // it is one character or number
)

// subject returns what of a message is searched, and how likely a hit may be at most: denied clauses and unknown codes
// are no words of a trouble, and of what they leave nothing may remain.
func (s *state) subject(text string) (string, float64) {
	kept, denied := affirmed(text)
	if denied && vague(content(Normalize(kept)), false) {
		return text, denial
	}
	codes := s.ranker.unknownCodes(readerOf(&s.library).read(text).Codes)
	if len(codes) > 0 {
		kept = string(foldCodes(kept))
		for _, code := range codes {
			kept = strings.Replace(kept, code, " ", 1)
		}
	}
	if words := content(Normalize(kept)); words == "" {
		return text, chance
	} else if len(units(words)) < 2 {
		return kept, bare
	} else if vague(words, len(codes) > 0) {
		return kept, chance
	}
	return kept, 1
}

// Merchants write several things in one line: 就一台报商户异常 另外一台好好的. Up to maxClauses parts of a message are
// compared by themselves too, if they have minClause characters.
const (
	maxClauses = 5
	minClause  = 4
)

// clausesOf returns the contents of the clauses of a message that has more than one.
func clausesOf(text string) []string {
	var out []string
	for _, clause := range splitClauses(text) {
		if words := content(Normalize(clause)); utf8.RuneCountInString(words) >= minClause && len(out) < maxClauses {
			out = append(out, firstRunes(words, maxQuery))
		}
	}
	if len(out) == 1 && len(splitClauses(text)) == 1 {
		return nil
	}
	return out
}

// recall asks Bleve for articles whose cause, impact or solution share terms with the words. The words are matched, never
// parsed as a query language. It does not ask for wordings: the ranker's own postings hold the same rows.
func (s *state) recall(words string) ([]int32, error) {
	full, err := s.full()
	if err != nil {
		return nil, err
	}
	q := bleve.NewMatchQuery(words)
	q.SetField(fieldText)
	result, err := full.alias.Search(bleve.NewSearchRequestOptions(q, textCandidates, 0, false))
	if err != nil {
		return nil, fmt.Errorf("searching the library: %w", err)
	}
	articles := make([]int32, 0, len(result.Hits))
	for _, hit := range result.Hits {
		a, err := strconv.Atoi(strings.TrimPrefix(hit.ID, textID))
		if err != nil || a >= len(s.library.Articles) {
			return nil, fmt.Errorf("searching the library: document %q is not ours", hit.ID)
		}
		articles = append(articles, int32(a))
	}
	return articles, nil
}

// firstRunes cuts s after n characters.
func firstRunes(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}
