package knowledge

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

const (
	kindArticle  = "article"
	kindCause    = "cause"
	kindCheck    = "check"
	kindIncident = "incident"
)

// maxBrief is how long the first thing said to a merchant may be, in characters: it is read at the till.
const maxBrief = 40

// maxButton is how long the text of a choice may be, in characters.
const maxButton = 12

var (
	idForm   = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	codeForm = regexp.MustCompile(`^[0-9A-Z]{2}$`)

	objects = []Object{Merchant, Terminal, Settlement, Payer}
	moves   = []Move{Answer, Clarify, Diagnose, Acquirer, Human, Reject}
	groups  = []Group{GroupAcquirer, GroupService, GroupSelf, GroupLimit, GroupSoftware}
	retries = []string{"yes", "once", "no", "query", "signon"}
	answers = []string{"yes", "no", "unknown"}
)

// Validate reports everything that is wrong with the library, joined, or nil. Load has done it already; it is for
// libraries that were made or changed in memory.
func (l *Library) Validate() error {
	return errors.Join(validate(l, func(string, int) place { return place{} })...)
}

func validate(l *Library, placeOf func(kind string, index int) place) []error {
	v := &validator{lib: l, placeOf: placeOf,
		ids: map[string]map[string]bool{kindArticle: {}, kindCause: {}, kindCheck: {}, kindIncident: {}}}
	v.collect()
	codes := map[string]string{}
	wordings := map[string]string{}
	for i := range l.Articles {
		v.at(kindArticle, i, l.Articles[i].ID)
		v.article(&l.Articles[i], codes, wordings)
	}
	for i := range l.Causes {
		v.at(kindCause, i, l.Causes[i].ID)
		v.cause(&l.Causes[i])
	}
	for i := range l.Checks {
		v.at(kindCheck, i, l.Checks[i].ID)
		v.check(&l.Checks[i])
	}
	for i := range l.Incidents {
		v.at(kindIncident, i, l.Incidents[i].ID)
		v.incident(&l.Incidents[i])
	}
	return v.faults
}

type validator struct {
	lib     *Library
	placeOf func(kind string, index int) place
	ids     map[string]map[string]bool // by kind
	faults  []error

	kind, id string // of the entry under work
	place    place
}

func (v *validator) at(kind string, index int, id string) {
	v.kind, v.id, v.place = kind, id, v.placeOf(kind, index)
}

// steps name a value in an entry: keys and positions.
type steps = []any

func (v *validator) fault(p steps, format string, args ...any) {
	v.faults = append(v.faults, fmt.Errorf("%s%s %q: %s", v.place.prefix(p...), v.kind, v.id, fmt.Sprintf(format, args...)))
}

// collect gathers the ids of all entries, so that references can be checked in any order.
func (v *validator) collect() {
	keys := map[string]bool{}
	one := func(kind string, index int, id, key string) {
		v.at(kind, index, id)
		switch {
		case !idForm.MatchString(id):
			v.fault(steps{"id"}, "the id is not kebab-case; use small letters and digits joined by single dashes, as in sim-expired")
		case keys[kind+" "+key]:
			v.fault(steps{"id"}, "the id is used twice; rename one")
		}
		v.ids[kind][id] = true
		keys[kind+" "+key] = true
	}
	for i := range v.lib.Articles {
		a := &v.lib.Articles[i]
		one(kindArticle, i, a.ID, a.key()) // the same id may be told differently for a brand
	}
	for i := range v.lib.Causes {
		one(kindCause, i, v.lib.Causes[i].ID, v.lib.Causes[i].ID)
	}
	for i := range v.lib.Checks {
		one(kindCheck, i, v.lib.Checks[i].ID, v.lib.Checks[i].ID)
	}
	for i := range v.lib.Incidents {
		one(kindIncident, i, v.lib.Incidents[i].ID, v.lib.Incidents[i].ID)
	}
}

func (v *validator) article(a *Article, codes, wordings map[string]string) {
	v.scope(a)
	if a.Hide {
		return
	}
	v.required(steps{"title"}, a.Title)
	if a.Object != "" {
		oneOf(v, steps{"object"}, a.Object, objects)
	}
	oneOf(v, steps{"move"}, a.Move, moves)
	if a.Retry != "" {
		oneOf(v, steps{"retry"}, a.Retry, retries)
	}
	v.text(steps{"actor"}, a.Actor)
	v.remedy(&a.Remedy)
	v.texts(steps{"sources"}, a.Sources)
	if a.Move == Diagnose && len(a.Causes) == 0 {
		v.fault(steps{"move"}, "it is diagnosed but names no cause; name at least one under causes")
	}
	for i, id := range a.Causes {
		switch {
		case !v.ids[kindCause][id]:
			v.fault(steps{"causes", i}, "cause %q does not exist; name a cause of the library", id)
		case slices.Contains(a.Causes[:i], id):
			v.fault(steps{"causes", i}, "cause %q stands twice; remove one", id)
		}
	}
	var shares float64
	for _, id := range sortedKeys(a.Shares) {
		if !slices.Contains(a.Causes, id) {
			v.fault(steps{"shares", id}, "cause %q has a share but does not stand under causes; name it there", id)
		}
		v.share(steps{"shares", id}, a.Shares[id])
		shares += a.Shares[id]
	}
	if shares > 1+1e-9 {
		v.fault(steps{"shares"}, "the shares add up to %.2f; they are shares of one whole, at most 1", shares)
	}
	for i, e := range a.Evidence {
		check, ok := v.lib.Check(e.Check)
		if !ok {
			v.fault(steps{"evidence", i, "check"}, "check %q does not exist; name a check of the library", e.Check)
			continue
		}
		if !slices.ContainsFunc(check.Answers, func(c CheckAnswer) bool { return c.ID == e.Answer }) {
			v.fault(steps{"evidence", i, "answer"}, "check %q has no answer %q; use one of its answers", e.Check, e.Answer)
		}
	}
	for i, code := range a.Codes {
		if !codeForm.MatchString(code) {
			v.fault(steps{"codes", i}, "%q is no response code; write two characters 0-9 A-Z in quotes", code)
		}
		if slices.Contains(a.Codes[:i], code) {
			v.fault(steps{"codes", i}, "code %s stands twice; remove one", code)
		}
		if other, ok := codes[code]; ok && other != a.ID {
			v.fault(steps{"codes", i}, "code %s belongs to article %q already; leave it in one of them", code, other)
			continue
		}
		codes[code] = a.ID
	}
	v.wording(steps{"title"}, a.ID, a.Title, wordings)
	for i, w := range a.Wordings {
		v.required(steps{"wordings", i}, w)
		v.wording(steps{"wordings", i}, a.ID, w, wordings)
	}
}

// wording sees to it that no two articles answer to the same words.
func (v *validator) wording(p steps, id, text string, wordings map[string]string) {
	normal := Normalize(text)
	if normal == "" {
		if strings.TrimSpace(text) != "" {
			v.fault(p, "%q has no letter, digit or character to search for; write words", text)
		}
		return
	}
	if other, ok := wordings[normal]; ok && other != id {
		v.fault(p, "%q means the same to the search as words of article %q; keep it in one of them", text, other)
		return
	}
	wordings[normal] = id
}

func (v *validator) cause(c *Cause) {
	v.required(steps{"title"}, c.Title)
	v.required(steps{"family"}, c.Family)
	oneOf(v, steps{"object"}, c.Object, objects)
	oneOf(v, steps{"group"}, c.Group, groups)
	v.remedy(&c.Remedy)
	v.text(steps{"money"}, c.Money)
	if n := utf8.RuneCountInString(c.Money); n > maxBrief {
		v.fault(steps{"money"}, "the line has %d characters; shorten it to %d", n, maxBrief)
	}
	v.share(steps{"prior"}, c.Prior)
	for _, id := range sortedKeys(c.Yes) {
		if !v.ids[kindCheck][id] {
			v.fault(steps{"yes", id}, "check %q does not exist; name a check of the library", id)
		}
		v.share(steps{"yes", id}, c.Yes[id])
	}
	v.texts(steps{"facts"}, c.Facts)
	v.share(steps{"unseen"}, c.Unseen)
	v.share(steps{"success"}, c.Success)
	v.text(steps{"source"}, c.Source)
}

func (v *validator) check(c *Check) {
	v.required(steps{"ask"}, c.Ask)
	v.required(steps{"short"}, c.Short)
	if !(c.Cost > 0 && c.Cost < 1000) { // refuses NaN too
		v.fault(steps{"cost"}, "the cost is %v; give a number above 0, 1 is a look at the screen", c.Cost)
	}
	if len(c.Answers) < 2 || c.Answers[len(c.Answers)-1].ID != "unknown" {
		v.fault(steps{"answers"}, `give two to four answers, "unknown" last`)
	}
	ids := map[string]bool{}
	said := map[string]string{}
	for i, a := range c.Answers {
		oneOf(v, steps{"answers", i, "id"}, a.ID, answers)
		if ids[a.ID] {
			v.fault(steps{"answers", i, "id"}, "answer %q stands twice; join the two", a.ID)
		}
		ids[a.ID] = true
		v.required(steps{"answers", i, "text"}, a.Text)
		if n := utf8.RuneCountInString(a.Text); n > maxButton {
			v.fault(steps{"answers", i, "text"}, "the button has %d characters; shorten it to %d", n, maxButton)
		}
		v.texts(steps{"answers", i, "words"}, a.Words)
		v.texts(steps{"answers", i, "said"}, a.Said)
		for j, phrase := range a.Said {
			p, normal := steps{"answers", i, "said", j}, Normalize(phrase)
			if utf8.RuneCountInString(normal) < 2 {
				v.fault(p, "%q is too short to be found in a message; write at least two characters", phrase)
				continue
			}
			if other, ok := said[normal]; ok && other != a.ID {
				v.fault(p, "%q gives the answer %q already; a phrase can mean only one", phrase, other)
			}
			said[normal] = a.ID
		}
	}
}

func (v *validator) remedy(r *Remedy) {
	v.required(steps{"brief"}, r.Brief)
	if n := utf8.RuneCountInString(r.Brief); n > maxBrief {
		v.fault(steps{"brief"}, "the brief has %d characters; shorten it to %d", n, maxBrief)
	}
	v.text(steps{"cause"}, r.Cause)
	v.text(steps{"impact"}, r.Impact)
	v.texts(steps{"solution"}, r.Solution)
	v.texts(steps{"prevention"}, r.Prevention)
	v.text(steps{"lifted_by"}, r.LiftedBy)
	v.text(steps{"usual"}, r.Usual)
	v.texts(steps{"prepare"}, r.Prepare)
	v.texts(steps{"never"}, r.Never)
	v.days(map[string]string{"updated": r.Updated})
}

// days are written as 2026-03-01, by field.
func (v *validator) days(list map[string]string) {
	for _, name := range slices.Sorted(maps.Keys(list)) {
		if _, err := time.Parse(day, list[name]); list[name] != "" && err != nil {
			v.fault(steps{name}, "%s is %q; write a day as 2026-03-01", name, list[name])
		}
	}
}

func (v *validator) required(p steps, text string) {
	if strings.TrimSpace(text) == "" {
		v.fault(p, "%s is missing; write it", field(p))
		return
	}
	v.text(p, text)
}

func (v *validator) texts(p steps, list []string) {
	for i, text := range list {
		v.required(append(slices.Clone(p), i), text)
	}
}

// text refuses what could be taken for markup or could hide something: posdoctor shows these texts as they are.
func (v *validator) text(p steps, text string) {
	if !utf8.ValidString(text) {
		v.fault(p, "%s is not UTF-8; save the file as UTF-8", field(p))
		return
	}
	for _, r := range text {
		switch {
		case r == '\n' || r == '\t':
		case unicode.IsControl(r) || unicode.Is(unicode.Cf, r):
			v.fault(p, "%s holds the invisible character %U; remove it", field(p), r)
			return
		case r == '<' || r == '>':
			v.fault(p, "%s holds %q; texts are plain, write it in words", field(p), string(r))
			return
		}
	}
}

func (v *validator) share(p steps, x float64) {
	if !(x >= 0 && x <= 1) { // refuses NaN too
		v.fault(p, "%s is %v; give a share between 0 and 1", field(p), x)
	}
}

func oneOf[T ~string](v *validator, p steps, value T, valid []T) {
	if slices.Contains(valid, value) {
		return
	}
	list := make([]string, len(valid))
	for i, item := range valid {
		list[i] = string(item)
	}
	v.fault(p, "%s is %q; use one of %s", field(p), value, strings.Join(list, ", "))
}

// field names a value as a person would look for it: answers 2 said 1.
func field(p steps) string {
	var b strings.Builder
	for i, step := range p {
		if i > 0 {
			b.WriteByte(' ')
		}
		if n, ok := step.(int); ok {
			step = n + 1
		}
		fmt.Fprint(&b, step)
	}
	return b.String()
}

func sortedKeys(m map[string]float64) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
