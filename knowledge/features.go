package knowledge

import (
	"math"
	"math/bits"
	"slices"
)

// The features of a message (or clause) q and an article, by its row w. Most are shares in 0..1.
const (
	fCover    = iota // share of q that the row has, by rarity: is everything asked about in it
	fCovered         // share of the row that q has, by rarity: is it about nothing else
	fSingles         // likeness of the characters (Jaccard)
	fPairs           // likeness of the pairs of neighbours (Dice): are the words the same
	fPinyin          // likeness in syllables, by rarity: forgives homophones
	fLCS             // longest common subsequence, as a share of q: is it said in the same order
	fLCSRow          // the same as a share of the row
	fLength          // difference of the lengths, as a share of the longer
	fExact           // q is the row
	fWithin          // q stands in the row, unbroken
	fHolds           // the row stands in q, unbroken
	fThin            // lack of information in q where the row has more: 还是不行 is part of many
	fLeft            // share of the message that this clause leaves out
	fEntry           // BM25 of all rows of the article in one, as a share of what q has with itself
	fLanguage        // likelihood of q under the article's words (Dirichlet), per gram
	fSecond          // likeness of the second best row
	fVotes           // sum of the likenesses of all rows, the near ones many times over
	fRows            // logarithm of the number of rows
	fText            // share of q that cause, impact and solution have
	features
)

// featureNames name the features in the model's file and in explanations.
var featureNames = [features]string{"cover", "covered", "singles", "pairs", "pinyin", "lcs", "lcs_row", "length", "exact", "within", "holds", "thin", "left",
	"entry", "language", "second", "votes", "rows", "text"}

type vector [features]float64

// enough is the information (sum of rarities of its terms) of a query that is not thin. Three rare words have it.
const enough = 18.0

// likenesses of one row.
type likeness struct {
	row    int32
	query  int
	x      vector
	cosine float64 // by rarity
}

// counter is what counting the terms of a query in rows needs; it is used again for each article.
type counter struct {
	times []int // of a gram in the row at hand
	entry []int // … in all rows of the article
	sound []bool
	lcs   []uint64
}

// compare sets the features of the row by itself.
func (r *ranker) compare(q *asked, i int32, c *counter) (l likeness) {
	w := &r.rows[i]
	l.row = i
	clear(c.times)
	clear(c.sound)
	list := r.unitsOf(i)
	q.lcsBegin(c)
	var sharedSingles, distinct, pairs int
	var shared, sounds float64
	last := int32(0)
	for k, u := range list {
		at := q.words.find(single(u))
		if at >= 0 {
			c.times[at]++
			q.lcsStep(q.masks[at], c)
		}
		sound := r.lex.sound[u]
		if at := q.sounds.find(single(sound)); at >= 0 && !c.sound[at] {
			c.sound[at] = true
			sounds += q.sounds.rarity[at]
		}
		if k > 0 {
			if at := q.words.find(pair(list[k-1], u)); at >= 0 {
				c.times[at]++
			}
			if at := q.sounds.find(pair(last, sound)); at >= 0 && !c.sound[at] {
				c.sound[at] = true
				sounds += q.sounds.rarity[at]
			}
		}
		last = sound
	}
	for at, times := range c.times {
		if times == 0 {
			continue
		}
		c.entry[at] += times
		shared += q.words.rarity[at]
		if q.masks[at] == nil {
			pairs++
		} else {
			sharedSingles++
			distinct += times - 1 // the row has that unit more than once
		}
	}
	x := &l.x
	lcs := float64(q.lcsEnd(c))
	nq, nw := float64(len(q.units)), float64(len(list))
	x[fCover] = ratio(shared, q.words.weight)
	x[fCovered] = ratio(shared, float64(w.weight))
	qSingles := len(q.words.grams) - q.words.pairs
	x[fSingles] = ratio(float64(sharedSingles), float64(qSingles+len(list)-distinct-sharedSingles))
	x[fPairs] = ratio(float64(2*pairs), float64(q.words.pairs+max(0, len(list)-1)))
	x[fPinyin] = ratio(2*sounds, q.sounds.weight+float64(w.sound))
	x[fLCS] = ratio(lcs, nq)
	x[fLCSRow] = ratio(lcs, nw)
	x[fLength] = math.Abs(nq-nw) / max(nq, nw, 1)
	if nq == nw && lcs == nq {
		x[fExact] = 1
	}
	if lcs == nq && stands(q.units, list) {
		x[fWithin] = 1
	}
	if lcs == nw && stands(list, q.units) {
		x[fHolds] = 1
	}
	x[fThin] = max(0, 1-q.words.weight/enough) * (1 - x[fCovered])
	x[fLeft] = q.left
	if q.words.weight > 0 && w.weight > 0 {
		l.cosine = shared / math.Sqrt(q.words.weight*float64(w.weight))
	}
	return l
}

// stands tells whether part is an unbroken piece of whole.
func stands(part, whole []int32) bool {
	for i := 0; i+len(part) <= len(whole); i++ {
		if slices.Equal(part, whole[i:i+len(part)]) {
			return true
		}
	}
	return false
}

// lcs counts the longest common subsequence of the query and a row in a bit per unit of the query (Hyyrö 2004).
func (q *asked) lcsBegin(c *counter) {
	c.lcs = c.lcs[:0]
	for range (len(q.units) + 63) / 64 {
		c.lcs = append(c.lcs, ^uint64(0))
	}
}

func (q *asked) lcsStep(mask []uint64, c *counter) {
	carry := uint64(0)
	for i, v := range c.lcs {
		u := v & mask[i]
		sum, over := bits.Add64(v, u, carry)
		c.lcs[i], carry = sum|(v-u), over
	}
}

func (q *asked) lcsEnd(c *counter) int {
	n := 0
	for i, v := range c.lcs {
		rest := len(q.units) - 64*i
		if rest < 64 {
			v |= ^uint64(0) << rest
		}
		n += bits.OnesCount64(^v)
	}
	return n
}

// dirichlet is how many grams the language at large counts against the words of an article.
const dirichlet = 20.0

// article returns the features of all rows of an article under the whole message and its clauses.
func (r *ranker) article(queries []*asked, article int32, texts []float64, skip func(int32) bool) []likeness {
	var out []likeness
	for k, q := range queries {
		c := &counter{times: make([]int, len(q.words.grams)), entry: make([]int, len(q.words.grams)), sound: make([]bool, len(q.sounds.grams))}
		from := len(out)
		length, rows := 0, 0
		var votes, best, second float64
		for i := r.first[article]; i < r.first[article+1]; i++ {
			if skip != nil && skip(i) {
				continue
			}
			l := r.compare(q, i, c)
			l.query = k
			length += r.rows[i].grams()
			rows++
			votes += l.cosine * l.cosine * l.cosine
			if l.cosine > best {
				best, second = l.cosine, best
			} else if l.cosine > second {
				second = l.cosine
			}
			out = append(out, l)
		}
		if rows == 0 {
			return nil
		}
		entry, language := 0.0, 0.0
		total := r.words.mean * float64(len(r.rows))
		for at, times := range c.entry {
			often := max(float64(len(q.words.rows[at])), .5) / total
			if times > 0 {
				tf := float64(times)
				entry += q.words.idf[at] * bm25(tf, length, r.mean)
				language += float64(q.words.times[at]) * math.Log(1+tf/(dirichlet*often))
			}
		}
		language = language/float64(max(1, q.words.length)) + math.Log(dirichlet/(float64(length)+dirichlet))
		for i := from; i < len(out); i++ {
			x := &out[i].x
			x[fEntry] = ratio(entry, q.words.self)
			x[fLanguage] = language / 10
			x[fSecond] = best
			if out[i].cosine == best {
				x[fSecond] = second
			}
			x[fVotes] = math.Log1p(10 * votes)
			x[fRows] = math.Log(float64(rows)) / 3
			if texts != nil {
				x[fText] = texts[article]
			}
		}
	}
	return out
}
