package knowledge

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/search/query"
)

const (
	maxQuery     = 200 // characters of a query that are looked at
	candidates   = 60  // rows that are handed to the ranker, by its own postings and by Bleve
	maxRecall    = 40  // characters that Bleve is asked for; its cost grows with every one
	sure         = 0.6 // P of the best hit from which Bleve need not be asked
	defaultLimit = 5
)

// How much syllables and texts count, beside characters, when candidates are picked.
const (
	boostPinyin = 0.6
	boostText   = 0.3
)

// Query is what a merchant wrote, and how many articles are wanted: 0 means 5.
type Query struct {
	Text  string
	Limit int
}

// Hit is one article that may answer a query.
type Hit struct {
	Article string  // id
	Title   string  // of the article
	Wording string  // the wording or title that came closest, as it stands in the library
	Score   float64 // any real number; comparable between queries
	P       float64 // that the article is the right one, 0..1: Score through the logistic function
}

// Search returns the articles most like the query, best first, each once. A query without a letter, digit or character
// has no hits. All hits are from one revision of the library.
func (x *Index) Search(q Query) ([]Hit, error) {
	for {
		s := x.current.Load()
		if s == nil {
			return nil, ErrClosed
		}
		hits, err := s.search(q)
		if errors.Is(err, bleve.ErrorAliasEmpty) {
			continue // replaced between the two lines above; the next state is in place already
		}
		return hits, err
	}
}

func (s *state) search(q Query) ([]Hit, error) {
	text := firstRunes(q.Text, maxQuery)
	normal := Normalize(text)
	if normal == "" {
		return nil, nil
	}
	most := 1.0
	if s.ranker.same[content(normal)] == nil {
		text, most = s.subject(text)
	}
	// An expression may make text longer (NFKC of a ligature), so the form that is searched is cut as well.
	words := content(firstRunes(Normalize(text), maxQuery))

	queries := s.ranker.ask(words, clausesOf(text))
	rows := s.ranker.recall(queries, candidates)
	hits := s.ranker.rank(queries, rows, &s.library)
	if len(hits) == 0 || hits[0].P < sure {
		more, err := s.recall(firstRunes(words, maxRecall))
		if err != nil {
			return nil, err
		}
		hits = s.ranker.rank(queries, append(rows, more...), &s.library)
	}
	if len(hits) > 1 && hits[0].Score-hits[1].Score < apart && !hits[0].near {
		most = min(most, unsure)
	}
	limit := q.Limit
	if limit <= 0 {
		limit = defaultLimit
	}
	out := make([]Hit, 0, min(limit, len(hits)))
	for _, h := range hits[:cap(out)] {
		out = append(out, h.atMost(most))
	}
	return out, nil
}

// How likely a hit may be at most when the message does not tell enough by itself.
const (
	denial = 0.25 // it only says what is not the matter: that is not worth an offer
	chance = 0.49 // it names nothing
	unsure = 0.59 // two entries are as close to it
	apart  = 0.3  // scores nearer than this are as close; two wordings of one thing differ by more
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
	} else if vague(words, len(codes) > 0) {
		return kept, chance
	}
	return kept, 1
}

// atMost lowers the hit to a probability.
func (h scored) atMost(p float64) Hit {
	if h.P > p {
		h.P, h.Score = p, math.Log(p/(1-p))
	}
	return h.Hit
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

// recall asks Bleve for rows that share terms with the words. The words are matched, never parsed as a query language.
func (s *state) recall(words string) ([]int, error) {
	match := func(field string, boost float64) query.Query {
		q := bleve.NewMatchQuery(words)
		q.SetField(field)
		q.SetBoost(boost)
		return q
	}
	request := bleve.NewSearchRequestOptions(bleve.NewDisjunctionQuery(
		match(fieldGrams, 1), match(fieldPinyin, boostPinyin), match(fieldText, boostText),
	), candidates, 0, false)
	full, err := s.full()
	if err != nil {
		return nil, err
	}
	result, err := full.alias.Search(request)
	if err != nil {
		return nil, fmt.Errorf("searching the library: %w", err)
	}
	rows := make([]int, 0, len(result.Hits))
	for _, hit := range result.Hits {
		row, err := strconv.Atoi(hit.ID)
		if err != nil || row >= len(s.ranker.rows) {
			return nil, fmt.Errorf("searching the library: document %q is not ours", hit.ID)
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// byP orders hits: the likeliest first, and always the same way.
func byP(hits []scored) {
	slices.SortFunc(hits, func(a, b scored) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.Article, b.Article))
	})
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
