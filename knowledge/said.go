package knowledge

import (
	"cmp"
	"slices"
	"strings"
)

var (
	// negators turn a phrase around when they stand before it in the same clause: 不是所有卡.
	// The second line makes it a question or a supposition, which says nothing either.
	negators = []string{"不是", "不", "没", "没有", "未", "别", "非", "不像", "不会", "不用", "没说", "不算", "不是说", "没见", "并没有", "没有见",
		"是否", "如果", "要是", "会不会", "是不是", "万一", "假如", "假设", "怕", "难道", "以为", "能不能", "有没有"}
	// askers turn a phrase into a question when they stand after it.
	askers = []string{"吗", "没有吗", "是吗", "了吗", "过吗", "了没", "过没"}
	// tellers may stand between a negator and the phrase: 不是说所有卡, 没有提示商户异常.
	tellers = []string{"说", "提示", "报", "报错", "显示"}
	// wells after a phrase that ends in 都 say the opposite of it: 两台都正常.
	wells = []string{"正常", "能用", "能刷", "能收", "好好的", "好的", "好用", "没问题", "没事", "没坏", "可以", "行", "成功"}
)

// phrases are the words that answer checks unasked.
type phrases struct {
	checks  []string                   // ids, in the order of the library
	meaning map[string][]phraseMeaning // by normalised phrase
	lengths map[rune][]int             // of the phrases that begin with a rune, in runes, longest first
}

type phraseMeaning struct {
	check  int // position in checks
	answer string
}

func newPhrases(checks []Check) phrases {
	p := phrases{meaning: map[string][]phraseMeaning{}, lengths: map[rune][]int{}}
	for i, check := range checks {
		p.checks = append(p.checks, check.ID)
		for _, answer := range check.Answers {
			for _, phrase := range answer.Said {
				runes := []rune(Normalize(phrase))
				if len(runes) == 0 {
					continue
				}
				m := phraseMeaning{i, answer.ID}
				if key := string(runes); !slices.Contains(p.meaning[key], m) {
					p.meaning[key] = append(p.meaning[key], m)
				}
				p.lengths[runes[0]] = insertLength(p.lengths[runes[0]], len(runes))
			}
		}
	}
	return p
}

// found is a phrase in a message.
type found struct {
	from, to int  // runes
	void     bool // denied or asked; it still hides what is inside it
	phraseMeaning
}

// find returns the answers that the message gives. A longer phrase hides the shorter ones inside it, and of two answers
// to one check the longer phrase counts; two of one length contradict each other and say nothing.
func (p phrases) find(text string) []Evidence {
	if len(p.meaning) == 0 {
		return nil
	}
	runes, starts := clauses(text)
	var all []found
	for i := range runes {
		for _, n := range p.lengths[runes[i]] {
			if i+n > len(runes) {
				continue
			}
			meanings := p.meaning[string(runes[i:i+n])]
			if meanings == nil {
				continue
			}
			void := negated(runes, starts, i) || asks(runes, starts, i+n) || goesWell(runes, i+n)
			for _, m := range meanings {
				all = append(all, found{i, i + n, void, m})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b found) int { return cmp.Compare(b.to-b.from, a.to-a.from) })

	// A rune belongs to the longest phrase over it; a phrase that owns none of its runes is inside longer ones.
	owner := make([]int, len(runes)) // length of the phrase, 0 = nobody's
	type verdict struct {
		answer string
		length int
		clash  bool
	}
	verdicts := make([]verdict, len(p.checks))
	for _, f := range all {
		n, inside := f.to-f.from, true
		for i := f.from; i < f.to; i++ {
			if owner[i] <= n {
				inside, owner[i] = false, n
			}
		}
		if inside || f.void {
			continue
		}
		switch v := &verdicts[f.check]; {
		case v.length == 0:
			*v = verdict{answer: f.answer, length: n}
		case v.length == n && v.answer != f.answer:
			v.clash = true
		}
	}
	var out []Evidence
	for i, v := range verdicts {
		if v.length > 0 && !v.clash {
			out = append(out, Evidence{Check: p.checks[i], Answer: v.answer})
		}
	}
	return out
}

// clauses normalises a message clause by clause and joins the clauses. starts marks the first rune of each: a phrase
// may run over a comma, a negation may not.
func clauses(text string) (runes []rune, starts []bool) {
	for _, clause := range splitClauses(text) {
		normal := []rune(Normalize(clause))
		if len(normal) == 0 {
			continue
		}
		if n := len(runes); n > 0 && joins(runes[n-1]) && joins(normal[0]) {
			runes, starts = append(runes, ' '), append(starts, true)
		}
		for i, r := range normal {
			runes, starts = append(runes, r), append(starts, i == 0)
		}
	}
	return runes, starts
}

// splitClauses cuts a message at spaces and punctuation, but not inside 5.5 or wi-fi.
func splitClauses(text string) []string {
	return strings.FieldsFunc(text, separates)
}

// negated tells whether the phrase that begins at i is denied, asked (有没有信号) or supposed.
func negated(runes []rune, starts []bool, i int) bool {
	if starts[i] {
		return false
	}
	if (runes[i] == '没' || runes[i] == '不') && i+1 < len(runes) && runes[i-1] == runes[i+1] {
		return true
	}
	from := i
	for from > 0 && i-from < 6 && !starts[from] {
		from--
	}
	before := trimSuffix(string(runes[from:i]), tellers)
	for _, word := range negators {
		if strings.HasSuffix(before, word) {
			return true
		}
	}
	return false
}

// goesWell tells whether the phrase that ends before i is about all of something, and all is well with it.
func goesWell(runes []rune, i int) bool {
	return runes[i-1] == '都' && hasPrefix(string(runes[i:min(i+3, len(runes))]), wells)
}

// asks tells whether a question mark in words follows at i.
func asks(runes []rune, starts []bool, i int) bool {
	if i >= len(runes) || starts[i] {
		return false
	}
	after := string(runes[i:min(i+3, len(runes))])
	for _, word := range askers {
		if strings.HasPrefix(after, word) {
			return true
		}
	}
	return false
}
