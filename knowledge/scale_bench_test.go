package knowledge

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/index/scorch"
)

// madeUp is a library of n wordings, eight an article, and messages about it. Words of two characters come as often as words do in
// a language (the k-th word with 1/k); an article is about three of them, and its wordings say them between usual words.
func madeUp(n int) (Library, []string) {
	r := rand.New(rand.NewPCG(3, uint64(n)))
	forms := strings.Fields("怎么办 为什么 请问 我的 了 不行 是什么意思 还没有 一直 能不能 吗 多久 提示 显示 老是 需要")
	var list []string
	for range 4000 {
		list = append(list, string([]rune{rune(0x4E00 + r.IntN(2500)), rune(0x4E00 + r.IntN(2500))}))
	}
	zipf := rand.NewZipf(r, 1.07, 8, uint64(len(list)-1))
	say := func(topic []string) string {
		words := slices.Clone(topic)
		for range 1 + r.IntN(3) {
			words = append(words, forms[r.IntN(len(forms))])
		}
		if r.IntN(2) == 0 {
			words = append(words, list[zipf.Uint64()])
		}
		r.Shuffle(len(words), func(i, j int) { words[i], words[j] = words[j], words[i] })
		return strings.Join(words, "")
	}
	var lib Library
	var messages []string
	for i := range n / 8 {
		topic := []string{list[zipf.Uint64()], list[zipf.Uint64()], list[zipf.Uint64()]}
		a := Article{ID: fmt.Sprintf("a%d", i), Title: say(topic), Move: Answer}
		for range 7 {
			a.Wordings = append(a.Wordings, say(topic))
		}
		lib.Articles = append(lib.Articles, a)
		if i%max(1, n/8/200) == 0 {
			messages = append(messages, say(topic))
		}
	}
	return lib, messages
}

// BenchmarkMerchant is the path of a merchant's message at several sizes, with the 99th percentile and the heap that the index keeps.
func BenchmarkMerchant(b *testing.B) {
	for _, n := range []int{2400, 10_000, 100_000} {
		lib, messages := madeUp(n)
		b.Run(fmt.Sprintf("wordings=%d", n), func(b *testing.B) {
			var x *Index
			ms, mb, err := measured(func() (err error) {
				x, err = NewIndex(lib)
				if err == nil {
					_, err = x.current.Load().full()
				}
				return err
			})
			if err != nil {
				b.Fatal(err)
			}
			defer x.Close()
			times := make([]time.Duration, 0, b.N)
			for i := 0; b.Loop(); i++ {
				begin := time.Now()
				if _, err := x.Search(Query{Text: messages[i%len(messages)]}); err != nil {
					b.Fatal(err)
				}
				times = append(times, time.Since(begin))
			}
			slices.Sort(times)
			b.ReportMetric(milliseconds(times[len(times)/2]), "p50-ms")
			b.ReportMetric(milliseconds(times[len(times)*99/100]), "p99-ms")
			b.ReportMetric(mb, "heap-MB")
			b.ReportMetric(ms, "build-ms")
		})
	}
}

// BenchmarkAgainstBleve asks in turns the merchant's path and Bleve with the same terms over the same 100,000 rows, and reports how many
// times faster the first is in the mean.
func BenchmarkAgainstBleve(b *testing.B) {
	lib, messages := madeUp(100_000)
	x := newTestIndex(b, lib)
	m, err := newMapping()
	if err != nil {
		b.Fatal(err)
	}
	m.ScoringModel = "bm25"
	index, err := bleve.NewUsing("", m, scorch.Name, scorch.Name, nil)
	if err != nil {
		b.Fatal(err)
	}
	defer index.Close()
	batch, n := index.NewBatch(), 0
	for i := range lib.Articles {
		for k := -1; k < len(lib.Articles[i].Wordings); k++ {
			if err := batch.Index(fmt.Sprint(n), map[string]any{fieldGrams: content(Normalize(wordingOf(&lib.Articles[i], k)))}); err != nil {
				b.Fatal(err)
			}
			if n++; n%batchSize == 0 || n == 100_000 {
				if err := index.Batch(batch); err != nil {
					b.Fatal(err)
				}
				batch.Reset()
			}
		}
	}
	if _, err := x.current.Load().full(); err != nil {
		b.Fatal(err)
	}
	var ours, theirs time.Duration
	var ratios []float64
	for i := 0; b.Loop(); i++ {
		text := messages[i%len(messages)]
		begin := time.Now()
		if _, err := x.Search(Query{Text: text}); err != nil {
			b.Fatal(err)
		}
		middle := time.Now()
		match := bleve.NewMatchQuery(content(Normalize(text)))
		match.SetField(fieldGrams)
		if _, err := index.Search(bleve.NewSearchRequestOptions(match, candidates, 0, false)); err != nil {
			b.Fatal(err)
		}
		end := time.Now()
		ours, theirs = ours+middle.Sub(begin), theirs+end.Sub(middle)
		ratios = append(ratios, float64(end.Sub(middle))/math.Max(1, float64(middle.Sub(begin))))
	}
	slices.Sort(ratios)
	b.ReportMetric(float64(theirs)/float64(ours), "times-faster")
	b.ReportMetric(ratios[len(ratios)/2], "median-times-faster")
}
