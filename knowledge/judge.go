package knowledge

import "math"

// The signs by which it is judged whether a ranked article is right.
const (
	sBias   = iota
	sScore  // its score, in fives
	sMargin // its score less the best other one, within ±3
	sCover  // features of its best row
	sCovered
	sPairs
	sPinyin
	sLCS
	sExact
	sThin
	sLeft
	sEntry
	sText
	signs
)

var signNames = [signs]string{"bias", "score", "margin", "cover", "covered", "pairs", "pinyin", "lcs", "exact", "thin", "left", "entry", "text"}

type verdict [signs]float64

// widest is the largest difference between two scores that says anything.
const widest = 3.0

// faint is a share of the message that is as good as nothing in common with a wording.
const faint = 0.25

// signsOf describes hit i of a ranked list.
func signsOf(hits []scored, i int) verdict {
	h := &hits[i]
	margin := widest
	switch {
	case i > 0:
		margin = h.score - hits[0].score
	case len(hits) > 1:
		margin = h.score - hits[1].score
	}
	x := &h.best.x
	return verdict{sBias: 1, sScore: h.score / 5, sMargin: math.Max(-widest, math.Min(widest, margin)), sCover: x[fCover], sCovered: x[fCovered],
		sPairs: x[fPairs], sPinyin: x[fPinyin], sLCS: x[fLCS], sExact: x[fExact], sThin: x[fThin], sLeft: x[fLeft],
		sEntry: x[fEntry], sText: x[fText]}
}

// judge sets how likely each of the first n hits is the right one: never likelier than an earlier one, nor than most.
func (m *model) judge(hits []scored, n int, most float64) {
	for i := range hits[:min(n, len(hits))] {
		h, s := &hits[i], signsOf(hits, i)
		if x := &h.best.x; x[fCover] < faint && x[fPinyin] < faint {
			most = math.Min(most, chance) // its text has brought it, and a text is no question
		}
		h.most = most
		h.p = math.Min(most, logistic(m.Judge.dot(&s)))
		most = h.p
	}
}
