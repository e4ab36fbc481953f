package knowledge

import "slices"

// Extra adds wordings to an article that stands elsewhere, most often to a shipped one. Unlike a copy of the article under
// the same id it does not stand in the way of what a new version of posdoctor says there.
//
//	wordings:
//	  - article: code-51
//	    add: [卡里钱不够怎么还能刷]
type Extra struct {
	Article string   `yaml:"article"`
	Add     []string `yaml:"add"`
}

// extend adds the wordings that were read for articles of other files. A wording that the article has already is not
// added twice.
func (l *loader) extend(lib *Library) {
	for _, r := range l.extras {
		i := slices.IndexFunc(lib.Articles, func(a Article) bool { return a.ID == r.entry.Article })
		if general := slices.IndexFunc(lib.Articles, func(a Article) bool { return a.ID == r.entry.Article && !a.limited() }); general >= 0 {
			i = general // not what is told for a brand
		}
		if i < 0 {
			l.fault(r.at.file, r.at.line("article"), "article %q does not exist; name an article of the library", r.entry.Article)
			continue
		}
		a := &lib.Articles[i]
		known := map[string]bool{Normalize(a.Title): true}
		for _, w := range a.Wordings {
			known[Normalize(w)] = true
		}
		a.Wordings = slices.Clone(a.Wordings) // they may belong to the library below
		for _, w := range r.entry.Add {
			if normal := Normalize(w); !known[normal] {
				known[normal] = true
				a.Wordings = append(a.Wordings, w)
			}
		}
	}
}
