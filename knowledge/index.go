package knowledge

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/index/scorch"
)

// ErrClosed is returned by an Index after Close.
var ErrClosed = errors.New("the index of the library is closed")

// Index finds the articles of one library at a time. It is safe for concurrent use.
type Index struct {
	mu      sync.Mutex // one Replace or Close at a time
	current atomic.Pointer[state]
}

// state is one library with everything made from it. It is never changed, only drained and closed.
type state struct {
	library Library
	ranker  *ranker
	full    func() (fullText, error) // builds at the first call, or waits for who does
}

// fullText is the Bleve index of a state. Most messages are found without it.
type fullText struct {
	alias bleve.IndexAlias // in front of index; empty once the state is being closed
	index bleve.Index
}

// NewIndex makes the index of a library in memory. It answers at once; its full text is built beside, and a search that needs it
// waits. The caller closes it.
func NewIndex(lib Library) (*Index, error) {
	s, err := newState(context.Background(), lib)
	if err != nil {
		return nil, err
	}
	go s.full()
	var x Index
	x.current.Store(s)
	return &x, nil
}

// Replace builds the index of another library and puts it in the place of the present one, at one moment for all
// readers. When it fails, also because ctx is done, the present one stays.
func (x *Index) Replace(ctx context.Context, lib Library) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.current.Load() == nil {
		return ErrClosed
	}
	next, err := newState(ctx, lib)
	if err == nil {
		_, err = next.full()
	}
	if err != nil {
		return err
	}
	return x.current.Swap(next).close()
}

// Learn makes the vectors of the present library, unless it has them, and puts them in place at one moment. Until then its
// articles are found by their words alone. It takes some seconds; the library may be replaced meanwhile, which makes it learn in vain.
func (x *Index) Learn(ctx context.Context) error {
	return x.learn(ctx, nil)
}

func (x *Index) learn(ctx context.Context, extra []Pair) error {
	s := x.current.Load()
	if s == nil {
		return ErrClosed
	}
	if s.ranker.vectors != nil && extra == nil || len(s.ranker.rows) > mostRows {
		return nil
	}
	l := lessonOf(&s.library)
	l.addPairs(extra)
	vectors := l.learn(ctx, &s.library)
	if vectors != nil {
		x.current.CompareAndSwap(s, s.with(vectors))
	}
	return ctx.Err()
}

// with is a state with other vectors. It shares all else.
func (s *state) with(vectors *meaning) *state {
	ranker := *s.ranker
	ranker.vectors = vectors
	next := *s
	next.ranker = &ranker
	return &next
}

// Library returns the library that searches answer from now. It is shared: do not change what it points to. After Close
// it is empty.
func (x *Index) Library() Library {
	if s := x.current.Load(); s != nil {
		return s.library
	}
	return Library{}
}

// Close waits for the searches under way and frees the index.
func (x *Index) Close() error {
	x.mu.Lock()
	defer x.mu.Unlock()
	s := x.current.Swap(nil)
	if s == nil {
		return nil
	}
	return s.close()
}

// batchSize is how many documents are given to Bleve at once. Each batch makes a segment, so few large ones are quick
// to build and to search.
const batchSize = 4000

// maxSingles is the number of wordings up to which single characters and syllables are indexed in Bleve. Beyond it there
// are pairs alone: a character would be in every other row.
const maxSingles = 10000

// textID begins the id of a document of an article's text; other ids are numbers of rows.
const textID = "t"

func newState(ctx context.Context, lib Library) (*state, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("indexing the library: %w", err)
	}
	s := &state{library: lib, ranker: newRanker(&lib, shipped())}
	s.full = sync.OnceValues(func() (fullText, error) { return newFullText(ctx, s.ranker, &s.library) })
	return s, nil
}

func newFullText(ctx context.Context, r *ranker, lib *Library) (_ fullText, err error) {
	m, err := newMapping()
	if err != nil {
		return fullText{}, err
	}
	// Scorch in memory; bleve.NewMemOnly would take another index.
	index, err := bleve.NewUsing("", m, scorch.Name, scorch.Name, nil)
	if err != nil {
		return fullText{}, fmt.Errorf("creating the index: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, index.Close())
		}
	}()
	batch := index.NewBatch()
	flush := func(least int) error {
		if batch.Size() < least {
			return nil
		}
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("indexing the library: %w", err)
		}
		if err := index.Batch(batch); err != nil {
			return fmt.Errorf("indexing the library: %w", err)
		}
		batch.Reset()
		return nil
	}
	add := func(id string, article int, doc map[string]any) error {
		if err := batch.Index(id, doc); err != nil {
			return fmt.Errorf("indexing a row of article %q: %w", lib.Articles[article].ID, err)
		}
		return flush(batchSize)
	}
	many := len(r.rows) > maxSingles
	for i := range r.rows {
		a := int(r.rows[i].article)
		words := content(Normalize(wordingOf(&lib.Articles[a], int(r.rows[i].wording))))
		doc := map[string]any{fieldGrams: words, fieldPinyin: words}
		if many {
			doc = map[string]any{fieldPairs: words}
		}
		if err := add(strconv.Itoa(i), a, doc); err != nil {
			return fullText{}, err
		}
	}
	for i := range lib.Articles {
		if text := Normalize(textOf(&lib.Articles[i])); text != "" {
			if err := add(textID+strconv.Itoa(i), i, map[string]any{fieldText: text}); err != nil {
				return fullText{}, err
			}
		}
	}
	if err := flush(1); err != nil {
		return fullText{}, err
	}
	return fullText{bleve.NewIndexAlias(index), index}, nil
}

// close waits for the searches under way, lets no new one begin, and frees the Bleve index.
func (s *state) close() error {
	full, err := s.full()
	if err != nil {
		return nil // was reported to who built it; there is nothing to free
	}
	full.alias.Swap(nil, []bleve.Index{full.index}) // takes the lock that every search holds
	if err := full.index.Close(); err != nil {
		return fmt.Errorf("closing the index: %w", err)
	}
	return nil
}
