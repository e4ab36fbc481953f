package knowledge

import (
	"fmt"
	"sync"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/analysis"
	"github.com/blevesearch/bleve/v2/analysis/analyzer/custom"
	"github.com/blevesearch/bleve/v2/mapping"
	"github.com/blevesearch/bleve/v2/registry"
)

// Names of our analyzers and of the fields of a document. A row fills the first two fields, a text the third.
const (
	gramsName  = "posdoctor_grams"
	pinyinName = "posdoctor_pinyin"

	pairsName = "posdoctor_pairs"

	fieldGrams  = "grams"
	fieldPairs  = "pairs"
	fieldPinyin = "pinyin"
	fieldText   = "text"
)

// gramTokenizer gives Bleve the same terms as the ranker counts. It takes normalised text.
type gramTokenizer struct{ pinyin, pairs bool }

func (t gramTokenizer) Tokenize(input []byte) analysis.TokenStream {
	list := units(string(input))
	if t.pinyin {
		list = syllables(list)
	}
	terms := grams(list)
	if t.pairs && len(list) > 1 {
		terms = terms[len(list):]
	}
	tokens := make([]analysis.Token, len(terms))
	stream := make(analysis.TokenStream, len(terms))
	for i, term := range terms {
		// Nothing is highlighted, so a token spans the whole input.
		tokens[i] = analysis.Token{Term: []byte(term), Position: i + 1, End: len(input), Type: analysis.Ideographic}
		stream[i] = &tokens[i]
	}
	return stream
}

// register makes the tokenizers known to Bleve, whose registry is global, when the first index is built.
var register = sync.OnceValue(func() error {
	for name, t := range map[string]gramTokenizer{gramsName: {}, pinyinName: {pinyin: true}, pairsName: {pairs: true}} {
		err := registry.RegisterTokenizer(name, func(map[string]any, *registry.Cache) (analysis.Tokenizer, error) { return t, nil })
		if err != nil {
			return fmt.Errorf("registering the tokenizer %s: %w", name, err)
		}
	}
	return nil
})

// newMapping describes the documents: terms only, nothing stored, for the texts stay in the library.
func newMapping() (*mapping.IndexMappingImpl, error) {
	if err := register(); err != nil {
		return nil, err
	}
	m := bleve.NewIndexMapping()
	for _, name := range []string{gramsName, pinyinName, pairsName} {
		if err := m.AddCustomAnalyzer(name, map[string]any{"type": custom.Name, "tokenizer": name}); err != nil {
			return nil, fmt.Errorf("defining the analyzer %s: %w", name, err)
		}
	}
	field := func(analyzer string) *mapping.FieldMapping {
		f := bleve.NewTextFieldMapping()
		f.Analyzer = analyzer
		f.Store, f.IncludeTermVectors, f.IncludeInAll, f.DocValues = false, false, false, false
		return f
	}
	doc := bleve.NewDocumentStaticMapping()
	doc.AddFieldMappingsAt(fieldGrams, field(gramsName))
	doc.AddFieldMappingsAt(fieldPairs, field(pairsName))
	doc.AddFieldMappingsAt(fieldPinyin, field(pinyinName))
	doc.AddFieldMappingsAt(fieldText, field(gramsName))
	m.DefaultMapping = doc
	m.DefaultAnalyzer = gramsName
	return m, nil
}
