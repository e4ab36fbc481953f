package knowledge

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/analysis/analyzer/standard"
	"github.com/blevesearch/bleve/v2/analysis/lang/cjk"
	"github.com/blevesearch/bleve/v2/index/scorch"
)

// Baselines measures Bleve alone on a set, with its own scores: a row per wording, an article as good as its best row. The names are
// those of the analyzers; "grams" has our terms.
func (s Set) Baselines() (map[string]Retrieval, error) {
	out := map[string]Retrieval{}
	for name, analyzer := range map[string]string{"cjk": cjk.AnalyzerName, "standard": standard.Name, "grams": gramsName} {
		r, err := s.baseline(analyzer)
		if err != nil {
			return nil, fmt.Errorf("measuring Bleve %s: %w", name, err)
		}
		out[name] = r
	}
	return out, nil
}

// baselineRows is how many rows Bleve is asked for; several may belong to one article.
const baselineRows = 60

func (s Set) baseline(analyzer string) (_ Retrieval, err error) {
	var index bleve.Index
	var rows []Asked // id, text and the number of the article
	for i := range s.Library.Articles {
		a := &s.Library.Articles[i]
		for k := -1; k < len(a.Wordings); k++ {
			rows = append(rows, Asked{ID: a.ID, Text: wordingOf(a, k)})
		}
	}
	build, heap, err := measured(func() error {
		m, err := newMapping()
		if err != nil {
			return err
		}
		m.ScoringModel = "bm25"
		f := bleve.NewTextFieldMapping()
		f.Analyzer = analyzer
		f.Store, f.IncludeTermVectors, f.IncludeInAll, f.DocValues = false, false, false, false
		doc := bleve.NewDocumentStaticMapping()
		doc.AddFieldMappingsAt(fieldText, f)
		m.DefaultMapping = doc
		if index, err = bleve.NewUsing("", m, scorch.Name, scorch.Name, nil); err != nil {
			return err
		}
		batch := index.NewBatch()
		for i, row := range rows {
			if err := batch.Index(strconv.Itoa(i), map[string]any{fieldText: row.Text}); err != nil {
				return err
			}
			if batch.Size() == batchSize || i == len(rows)-1 {
				if err := index.Batch(batch); err != nil {
					return err
				}
				batch.Reset()
			}
		}
		return nil
	})
	if err != nil {
		return Retrieval{}, err
	}
	defer func() { err = errors.Join(err, index.Close()) }()
	out, err := s.count(func(q Asked) ([]string, error) {
		match := bleve.NewMatchQuery(firstRunes(q.Text, maxQuery))
		match.SetField(fieldText)
		result, err := index.Search(bleve.NewSearchRequestOptions(match, baselineRows, 0, false))
		if err != nil {
			return nil, err
		}
		var ids []string
		seen := map[string]bool{}
		for _, hit := range result.Hits {
			i, err := strconv.Atoi(hit.ID)
			if err != nil {
				return nil, err
			}
			if row := rows[i]; !seen[row.ID] && row.Text != s.leaves(q) {
				seen[row.ID] = true
				ids = append(ids, row.ID)
			}
		}
		return ids[:min(10, len(ids))], nil
	})
	out.Build, out.Heap = build, heap
	return out, err
}
