package bot

import (
	"cmp"
	"context"
	"slices"
	"time"

	"posdoctor/knowledge"
)

// LibraryFinder is the Finder over the library's index. Tell and Offer are the probabilities from which an entry is told, and offered;
// 0 means the defaults. They go with the finding, so that a replay decides as then.
type LibraryFinder struct {
	Index       *knowledge.Index
	Tell, Offer float64
	Now         func() time.Time // nil: no incident is under way
}

// How sure a finding is that comes from a response code or from a tap, and not from likeness.
const (
	sureByCode   = 0.95
	sureByChoice = 1.0
	overCode     = 0.9 // a refusal or a case for people that is found so surely goes before a code
)

// found is how many entries a finding names at most.
const found = 5

// Find reads codes and evidence and searches the entries. A known code decides the entry: it is exact. An entry that is
// limited to a brand counts only when the message names it.
func (f LibraryFinder) Find(ctx context.Context, text string) (Finding, error) {
	lib := f.Index.Library()
	text = knowledge.Matter(text)
	hits, err := f.Index.Search(knowledge.Query{Text: text, Limit: found + lib.Limited(), Tell: cmp.Or(f.Tell, tell)})
	if err != nil {
		return Finding{}, err
	}
	read := lib.Read(text)
	hits = slices.DeleteFunc(hits, func(h knowledge.Hit) bool {
		a, ok := lib.Told(h.Article, text)
		return !ok || denied(a, read.Evidence)
	})
	hits = hits[:min(found, len(hits))]
	out := Finding{Revision: lib.Revision, Hits: hits, Codes: read.Codes, Evidence: read.Evidence, Card: read.Card, Tell: f.Tell, Offer: f.Offer}
	if f.Now != nil {
		out.Incident = lib.Incident(text, read.Codes, f.Now())
	}
	if len(hits) > 0 {
		if a, ok := lib.Told(hits[0].Article, text); ok {
			out.Top, out.P = bare(a), hits[0].P
		}
	}
	if out.Top != nil && out.P >= overCode && (out.Top.Move == knowledge.Human || out.Top.Move == knowledge.Reject) {
		return out, nil
	}
	if a, ok := lib.Told(read.Always, text); ok {
		out.Top, out.P = bare(a), sureByCode
		return out, nil
	}
	for _, c := range openFirst(lib, read.Codes) {
		if !c.Known {
			continue
		}
		if out.Top != nil && out.P >= out.tell() && slices.Contains(out.Top.Codes, c.Code) {
			out.P = max(out.P, sureByCode) // the words say the same
			break
		}
		if a, ok := lib.ByCode(c.Code); ok {
			if a, ok = lib.Told(a.ID, text); ok {
				out.Top, out.P = bare(a), sureByCode
				break
			}
		}
	}
	return out, nil
}

// denied says that the message says the opposite of what everybody says who asks about an entry: 换了张卡也不行 is likest to
// 只有一张卡刷不了 and means the contrary. A refusal and a case for people stay.
func denied(a *knowledge.Article, said []knowledge.Evidence) bool {
	opposite := map[string]string{"yes": "no", "no": "yes"}
	return a.Move != knowledge.Reject && a.Move != knowledge.Human && slices.ContainsFunc(a.Evidence, func(e knowledge.Evidence) bool {
		return slices.ContainsFunc(said, func(s knowledge.Evidence) bool { return s.Check == e.Check && s.Answer == opposite[e.Answer] })
	})
}

// openFirst puts codes after which the outcome is unknown before the others: whoever reports 91 and 98 must look the second one up
// before another card is tried.
func openFirst(lib knowledge.Library, codes []knowledge.Code) []knowledge.Code {
	var first, rest []knowledge.Code
	for _, c := range codes {
		if a, ok := lib.ByCode(c.Code); ok && a.Retry == "query" {
			first = append(first, c)
		} else {
			rest = append(rest, c)
		}
	}
	return append(first, rest...)
}

// Entry returns the finding of a tapped entry.
func (f LibraryFinder) Entry(ctx context.Context, article string) (Finding, error) {
	lib := f.Index.Library()
	a, ok := lib.Article(article)
	if !ok {
		return Finding{}, ErrNotFound
	}
	return Finding{Revision: lib.Revision, Top: bare(a), P: sureByChoice}, nil
}

// bare leaves out what only the index needs.
func bare(a *knowledge.Article) *knowledge.Article {
	b := *a
	b.Wordings, b.Always, b.Unless, b.Sources = nil, nil, nil, nil
	return &b
}
