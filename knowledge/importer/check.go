package importer

import (
	"fmt"

	"posdoctor/knowledge"
)

// enough is how many wordings an entry should have: fewer find it too seldom.
const enough = 6

// Findings says what is doubtful in a sound library, a line each: entries that ask nearly the same, entries with too few
// wordings, wordings that hold a code which another entry explains.
//
//	near-duplicate: fee-raised (手续费突然变多) and fee-rules (手续费怎么变多了): 0.92
//	few wordings: code-06 has 4, give it at least 6
//	code: a wording of printer-jam (提示51卡纸) names code 51 of code-51
func Findings(lib knowledge.Library) []string {
	var out []string
	var b book
	for i := range lib.Articles {
		a := &lib.Articles[i]
		b.add(i, append([]string{a.Title}, a.Wordings...)...)
	}
	seen := map[[2]int]bool{}
	for i := range lib.Articles {
		a := &lib.Articles[i]
		for _, w := range append([]string{a.Title}, a.Wordings...) {
			row, p := b.nearest(w, func(other int) bool { return other != i })
			if p < same {
				continue
			}
			other := b.rows[row].entry
			key := [2]int{min(i, other), max(i, other)}
			if !seen[key] {
				seen[key] = true
				out = append(out, fmt.Sprintf("near-duplicate: %s (%s) and %s (%s): %.2f", a.ID, w, lib.Articles[other].ID, b.rows[row].wording, p))
			}
		}
	}
	for i := range lib.Articles {
		a := &lib.Articles[i]
		if n := len(a.Wordings); n < enough {
			out = append(out, fmt.Sprintf("few wordings: %s has %d, give it at least %d", a.ID, n, enough))
		}
		named := map[string]bool{}
		for _, w := range append([]string{a.Title}, a.Wordings...) {
			for _, c := range lib.Read(w).Codes {
				if owner, ok := lib.ByCode(c.Code); ok && owner.ID != a.ID && !named[c.Code] {
					named[c.Code] = true
					out = append(out, fmt.Sprintf("code: a wording of %s (%s) names code %s of %s", a.ID, w, c.Code, owner.ID))
				}
			}
		}
	}
	return out
}
