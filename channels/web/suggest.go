package web

import (
	"context"
	"net/http"
	"strings"
	"unicode/utf8"

	"posdoctor/knowledge"
)

// Suggester knows the questions that are answered here.
type Suggester interface {
	// Suggest returns at most n entries that begin to fit what somebody is typing, the likeliest first.
	Suggest(ctx context.Context, text string, n int) ([]Suggestion, error)
}

// Suggestion is an entry by its title, which said as a line leads to it.
type Suggestion struct {
	Article string `json:"article"`
	Title   string `json:"title"`
}

const (
	suggestions = 5
	maxSuggest  = 60 // characters; a longer text is no question any more
)

// suggest answers while somebody types. The text is neither kept nor logged.
//
//	GET /suggest?q=商户状态 -> {"suggestions":[{"article":"merchant-abnormal","title":"提示「商户状态异常」"}]}
func (c *Channel) suggest(w http.ResponseWriter, r *http.Request) error {
	if _, err := c.reader(r); err != nil {
		return err
	}
	q := strings.TrimSpace(r.URL.Query().Get("q"))
	if !utf8.ValidString(q) {
		return refuse(http.StatusBadRequest, "not_utf8", textNotUTF8)
	}
	list := []Suggestion{}
	if n := utf8.RuneCountInString(q); c.Suggester != nil && n > 0 && n <= maxSuggest {
		found, err := c.Suggester.Suggest(r.Context(), q, suggestions)
		if err != nil {
			return err
		}
		list = append(list, found...)
	}
	answer(w, http.StatusOK, map[string]any{"suggestions": list})
	return nil
}

// LibrarySuggester offers entries of the library while a merchant types.
type LibrarySuggester struct {
	Index *knowledge.Index
}

// likelyEnough is the probability from which an entry is worth a line under the field.
const likelyEnough = 0.05

// Suggest implements Suggester. A code of field 39 typed alone leads to its entry; entries that refuse are not offered.
func (s LibrarySuggester) Suggest(_ context.Context, text string, n int) ([]Suggestion, error) {
	lib := s.Index.Library()
	hits, err := s.Index.Search(knowledge.Query{Text: text, Limit: n + lib.Limited()})
	if err != nil {
		return nil, err
	}
	var out []Suggestion
	seen := map[string]bool{}
	add := func(id string) {
		a, ok := lib.Told(id, text)
		if ok && a.Move != knowledge.Reject && a.Move != knowledge.Human && !seen[a.Title] && len(out) < n {
			seen[a.Title] = true
			out = append(out, Suggestion{Article: a.ID, Title: a.Title})
		}
	}
	if a, ok := lib.ByCode(strings.ToUpper(text)); ok {
		add(a.ID)
	}
	for _, h := range hits {
		if h.P >= likelyEnough {
			add(h.Article)
		}
	}
	return out, nil
}
