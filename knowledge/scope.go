package knowledge

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Scope is the installation that tells a library, and when. Without names only what holds for everybody is told, and
// what holds for a brand when a merchant names it.
type Scope struct {
	Acquirer string   // the acquirer whose merchants are served, as entries name it
	Brands   []string // the brands of its machines and products
	At       time.Time
}

// day is the form of valid_from and valid_to.
const day = "2006-01-02"

var beijing = time.FixedZone("CST", 8*60*60)

// For returns what this installation tells: entries that are not valid today and those of other acquirers are left out,
// its own take the place of the general ones of the same id, and those of other brands become Variants when there is a
// general one. Of several that fit, the one for a brand at the acquirer is told, then the brand's, then the acquirer's,
// in whatever order they stand. The library itself stays as it is.
func (l Library) For(s Scope) (Library, error) {
	var list, own, nearer []Article // nearer: of our acquirer, for a brand that only a message names
	for _, a := range slices.Concat(l.Articles, l.Variants) {
		ours := matches(s.Acquirer, a.Acquirer)
		switch {
		case a.lapsed(s.At) || a.early(s.At) || len(a.Acquirer) > 0 && !ours:
		case a.limited() && (len(a.Brand) == 0 || slices.ContainsFunc(s.Brands, func(b string) bool { return matches(b, a.Brand) })):
			own = append(own, a)
		case ours:
			a.Acquirer = nil
			nearer = append(nearer, a)
		default:
			list = append(list, a)
		}
	}
	// The last one of an id is told, so the one with the most limits goes last.
	slices.SortStableFunc(own, func(a, b Article) int { return cmp.Compare(a.limits(), b.limits()) })
	for _, a := range own {
		a.Brand, a.Acquirer = nil, nil
		i := slices.IndexFunc(list, func(g Article) bool { return g.ID == a.ID && !g.limited() })
		switch {
		case a.Hide && i >= 0:
			list = slices.Delete(list, i, i+1)
		case a.Hide:
		case i >= 0:
			list[i] = a.inherit(list[i])
		default:
			list = append(list, a)
		}
	}
	turn := map[string]int{} // among the variants: -1 for those of nearer, 0 for others
	for _, a := range nearer {
		turn[a.key()] = -1
		if i := slices.IndexFunc(list, func(g Article) bool { return g.key() == a.key() }); i >= 0 {
			if !a.Hide {
				a = a.inherit(list[i])
			}
			list = slices.Delete(list, i, i+1)
		}
		list = append(list, a) // behind the others, so that of an id without a general entry a wider one is indexed
	}
	out := Library{Revision: l.Revision, Causes: l.Causes, Checks: l.Checks}
	for _, i := range l.Incidents {
		if len(i.Acquirer) == 0 || matches(s.Acquirer, i.Acquirer) {
			out.Incidents = append(out.Incidents, i)
		}
	}
	out.Articles, out.Variants = split(list)
	// Told takes the first whose brand is named: also where brands overlap, our acquirer's.
	slices.SortStableFunc(out.Variants, func(a, b Article) int { return cmp.Compare(turn[a.key()], turn[b.key()]) })
	same := reflect.DeepEqual(out.Articles, l.Articles) && reflect.DeepEqual(out.Variants, l.Variants)
	for i, v := range out.Variants {
		if g, ok := out.Article(v.ID); ok {
			out.Variants[i] = v.inherit(*g)
		}
	}
	if same { // what is inherited follows from the library, so its revision names that too
		return out, nil
	}
	var err error
	out.Revision, err = revisionOf(out)
	return out, err
}

// split parts entries of which each id stands once, to be indexed, from those that stand beside one of them: variants.
// An entry that only some acquirer tells, and one that hides, never stand alone.
func split(list []Article) (articles, variants []Article) {
	taken := map[string]bool{}
	for _, a := range list {
		if !a.limited() {
			taken[a.ID] = true
		}
	}
	for _, a := range list {
		if a.limited() && (taken[a.ID] || a.Hide || len(a.Acquirer) > 0) {
			variants = append(variants, a)
			continue
		}
		taken[a.ID] = true
		articles = append(articles, a)
	}
	return articles, variants
}

// Told returns the entry that is told when a message means the one of this id: for a brand that the message names, its
// own. It reports false for an entry that is limited to a brand which the message does not name, and for a hidden one.
func (l *Library) Told(id, message string) (*Article, bool) {
	said := ""
	names := func(brands []string) bool {
		if said == "" {
			said = Normalize(message)
		}
		return slices.ContainsFunc(brands, func(b string) bool { return strings.Contains(said, Normalize(b)) })
	}
	for i := range l.Variants {
		if v := &l.Variants[i]; v.ID == id && len(v.Acquirer) == 0 && names(v.Brand) {
			return v, !v.Hide
		}
	}
	a, ok := l.Article(id)
	return a, ok && (len(a.Brand) == 0 || names(a.Brand))
}

// Limited counts the entries that only the name of a brand makes tellable. A search for n of them asks for so many more.
func (l *Library) Limited() int {
	n := 0
	for i := range l.Articles {
		if len(l.Articles[i].Brand) > 0 {
			n++
		}
	}
	for i := range l.Variants {
		if l.Variants[i].Hide {
			n++
		}
	}
	return n
}

// Lapsed returns the entries whose last day is over.
func (l *Library) Lapsed(at time.Time) []Article {
	var out []Article
	for _, a := range slices.Concat(l.Articles, l.Variants) {
		if a.lapsed(at) {
			out = append(out, a)
		}
	}
	return out
}

func (a *Article) limited() bool { return len(a.Brand)+len(a.Acquirer) > 0 }

// limits orders entries by how closely they are limited: everybody, an acquirer, a brand, a brand at an acquirer.
func (a *Article) limits() int {
	n := 0
	if len(a.Acquirer) > 0 {
		n = 1
	}
	if len(a.Brand) > 0 {
		n += 2
	}
	return n
}

// key tells entries apart: the same id may stand once for everybody and once for each brand and acquirer.
func (a *Article) key() string {
	if !a.limited() {
		return a.ID
	}
	return fmt.Sprintf("%s %q %q", a.ID, a.Brand, a.Acquirer)
}

// lapsed and early compare days as text, which orders them. Without a time everything is valid.
func (a *Article) lapsed(at time.Time) bool {
	return a.ValidTo != "" && !at.IsZero() && at.In(beijing).Format(day) > a.ValidTo
}

func (a *Article) early(at time.Time) bool {
	return a.ValidFrom != "" && !at.IsZero() && at.In(beijing).Format(day) < a.ValidFrom
}

// inherit gives an entry the words and codes by which the general one is found, where it has none of its own.
func (a Article) inherit(from Article) Article {
	if a.Wordings == nil {
		a.Wordings = from.Wordings
	}
	if a.Codes == nil {
		a.Codes = from.Codes
	}
	if a.Always == nil {
		a.Always, a.Unless = from.Always, from.Unless
	}
	return a
}

func matches(name string, list []string) bool {
	return name != "" && slices.ContainsFunc(list, func(n string) bool { return Normalize(n) == Normalize(name) })
}

// scope checks for whom and when an entry is told.
func (v *validator) scope(a *Article) {
	for _, list := range []struct {
		field string
		names []string
	}{{"brand", a.Brand}, {"acquirer", a.Acquirer}} {
		v.texts(steps{list.field}, list.names)
		for i, name := range list.names {
			if utf8.RuneCountInString(Normalize(name)) < 2 {
				v.fault(steps{list.field, i}, "%q is too short to be found in a message; write at least two characters", name)
			}
		}
	}
	v.days(map[string]string{"valid_from": a.ValidFrom, "valid_to": a.ValidTo})
	if a.ValidFrom != "" && a.ValidTo != "" && a.ValidTo < a.ValidFrom {
		v.fault(steps{"valid_to"}, "valid_to %s is before valid_from %s; change one", a.ValidTo, a.ValidFrom)
	}
	if !a.Hide {
		return
	}
	bare := Article{ID: a.ID, Brand: a.Brand, Acquirer: a.Acquirer, ValidFrom: a.ValidFrom, ValidTo: a.ValidTo, Hide: true}
	if !reflect.DeepEqual(*a, bare) {
		v.fault(steps{"hide"}, "it hides an entry and has texts of its own; leave only id, hide, brand, acquirer and days, or remove hide")
	}
}
