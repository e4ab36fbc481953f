package knowledge

import (
	"slices"
	"sort"
	"strings"
)

// trigger is a phrase that means one article wherever it stands: money may be taken twice, a battery may burn. What it costs to miss
// such a message is more than what it costs to tell its entry once too often, so it goes before codes and likeness.
type trigger struct {
	phrase  string // normalised
	article string
	unless  []string
}

// newTriggers collects the phrases of a library, the longest first: 扣了两次 goes before 扣了.
func newTriggers(articles []Article) []trigger {
	var out []trigger
	for _, a := range articles {
		var unless []string
		for _, w := range a.Unless {
			unless = append(unless, Normalize(w))
		}
		for _, p := range a.Always {
			if n := content(Normalize(p)); n != "" {
				out = append(out, trigger{n, a.ID, unless})
			}
		}
	}
	sort.SliceStable(out, func(i, j int) bool { return len(out[i].phrase) > len(out[j].phrase) })
	return out
}

// refusals deny what follows them: 没有扣两次.
var refusals = []string{"没有", "没", "没被", "没有被", "没收到", "没有收到", "没再", "未", "不会", "不是", "并非", "不用", "不要", "不能", "别", "避免", "防止"}

// triggered returns the id of the article that a message means by a phrase of its own, or "".
func triggered(list []trigger, text string) string {
	s := content(Normalize(text))
	for _, t := range list {
		if slices.ContainsFunc(t.unless, func(w string) bool { return strings.Contains(s, w) }) {
			continue
		}
		for from := 0; ; {
			i := strings.Index(s[from:], t.phrase)
			if i < 0 {
				break
			}
			i += from
			if !refused(s[:i]) {
				return t.article
			}
			from = i + len(t.phrase)
		}
	}
	return ""
}

func refused(before string) bool {
	for _, r := range refusals {
		if strings.HasSuffix(before, r) {
			return true
		}
	}
	return false
}
