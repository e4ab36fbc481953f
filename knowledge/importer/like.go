package importer

import (
	"regexp"
	"slices"
	"strings"

	"posdoctor/knowledge"
)

// Likeness of two questions, from 0 to 1, is measured over pairs of neighbouring characters of what they ask about.
const (
	same = 0.9 // as good as the same question
	near = 0.7 // worth a look before both are published
)

// core is what a question asks about: normalised, without the words that every question of this field has.
func core(text string) string {
	normal := knowledge.Normalize(text)
	if short := carriers.Replace(normal); len([]rune(short)) >= 4 {
		return short
	}
	return normal
}

var carriers = strings.NewReplacer("请问", "", "你好", "", "老板", "", "pos", "", "提示", "", "显示", "", "出现", "", "我的", "", "的问题", "", "问题", "", " ", "")

// pairsOf returns the distinct pairs of neighbouring characters.
func pairsOf(text string) []string {
	runes := []rune(text)
	seen := map[string]bool{}
	var out []string
	for i := 0; i+1 < len(runes); i++ {
		if p := string(runes[i : i+2]); !seen[p] {
			seen[p] = true
			out = append(out, p)
		}
	}
	return out
}

// likeness of two cores: twice the pairs in common over all pairs (Dice).
func likeness(a, b string) float64 {
	if a == b {
		if a == "" {
			return 0
		}
		return 1
	}
	x, y := pairsOf(a), pairsOf(b)
	if len(x) == 0 || len(y) == 0 {
		return 0
	}
	in := map[string]bool{}
	for _, p := range y {
		in[p] = true
	}
	both := 0
	for _, p := range x {
		if in[p] {
			both++
		}
	}
	return telling(a, b, 2*float64(both)/float64(len(x)+len(y)))
}

var (
	figures = regexp.MustCompile(`[a-z0-9]+`)
	whose   = regexp.MustCompile(`商户|终端|用户|顾客|持卡人|结算|账户`)
)

// telling holds the likeness of two texts down that differ in what tells: 51 is not 55, and a terminal no merchant.
func telling(a, b string, p float64) float64 {
	if !slices.Equal(figures.FindAllString(a, -1), figures.FindAllString(b, -1)) {
		return p * .6
	}
	if !slices.Equal(whose.FindAllString(a, -1), whose.FindAllString(b, -1)) {
		return min(p, .85)
	}
	return p
}

// book knows the titles and wordings of many entries and finds the one that is most like a question, by the pairs they
// share. It grows while an import is under way, so that a draft meets those before it.
type book struct {
	rows  []bookRow
	pairs map[string][]int32

	shared  []int32 // working space: pairs in common, by row; all zero between two questions
	touched []int32
}

type bookRow struct {
	entry   int
	wording string
	core    string
	pairs   int
}

// add enters the words of one entry.
func (b *book) add(entry int, words ...string) {
	if b.pairs == nil {
		b.pairs = map[string][]int32{}
	}
	for _, w := range words {
		c := core(w)
		list := pairsOf(c)
		if c == "" {
			continue
		}
		for _, p := range list {
			b.pairs[p] = append(b.pairs[p], int32(len(b.rows)))
		}
		b.rows = append(b.rows, bookRow{entry, w, c, len(list)})
	}
}

// nearest returns the row that is most like a text, of entries that keep lets through; -1 when none is much like it.
func (b *book) nearest(text string, keep func(entry int) bool) (row int, p float64) {
	c := core(text)
	list := pairsOf(c)
	if len(b.shared) < len(b.rows) {
		b.shared = make([]int32, 2*len(b.rows))
	}
	b.touched = b.touched[:0]
	for _, pair := range list {
		for _, i := range b.pairs[pair] {
			if b.shared[i] == 0 {
				b.touched = append(b.touched, i)
			}
			b.shared[i]++
		}
	}
	row = -1
	for _, i := range b.touched {
		n := b.shared[i]
		b.shared[i] = 0
		r := &b.rows[i]
		if keep != nil && !keep(r.entry) {
			continue
		}
		q := 2 * float64(n) / float64(len(list)+r.pairs)
		if q < p || q < near/2 {
			continue
		}
		q = telling(c, r.core, q)
		if r.core == c {
			q = 1
		}
		if q > p || q == p && row >= 0 && int(i) < row {
			row, p = int(i), q
		}
	}
	return row, p
}
