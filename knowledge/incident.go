package knowledge

import (
	"slices"
	"strings"
	"time"
)

// Incident is a trouble at a bank, a platform or the acquirer that is known and under way: it is told to whom it may concern, and it
// makes its causes likelier. Operators write one while it lasts; it ends by itself.
type Incident struct {
	ID       string   `yaml:"id" json:"id"`
	Text     string   `yaml:"text" json:"text"`                   // what is told, e.g. 某银行系统维护，它的卡暂时刷不了
	Causes   []string `yaml:"causes" json:"causes"`               // that it makes likelier
	Weight   float64  `yaml:"weight" json:"weight,omitempty"`     // … by this factor on their odds, 1..20; 0 means 8
	From     string   `yaml:"from" json:"from"`                   // e.g. 2026-11-26 10:00, in Beijing
	To       string   `yaml:"to" json:"to"`                       // when it is no longer told
	Codes    []string `yaml:"codes" json:"codes,omitempty"`       // concerns messages with one of these response codes …
	Words    []string `yaml:"words" json:"words,omitempty"`       // … or of these words; without both, all
	Acquirer []string `yaml:"acquirer" json:"acquirer,omitempty"` // acquirers whose installations tell it
}

// minute is the form of from and to.
const minute = "2006-01-02 15:04"

// usualWeight is how much likelier an incident makes its causes where it does not say.
const usualWeight = 8

// Since returns when it began, in milliseconds.
func (i *Incident) Since() int64 {
	t, _ := time.ParseInLocation(minute, i.From, beijing) // validated
	return t.UnixMilli()
}

// running says whether it is under way.
func (i *Incident) running(at time.Time) bool {
	now := at.In(beijing).Format(minute)
	return i.From <= now && now < i.To
}

// concerns says whether a message may be about it.
func (i *Incident) concerns(text string, codes []Code) bool {
	if len(i.Codes)+len(i.Words) == 0 {
		return true
	}
	normal := Normalize(text)
	return slices.ContainsFunc(codes, func(c Code) bool { return slices.Contains(i.Codes, c.Code) }) ||
		slices.ContainsFunc(i.Words, func(w string) bool { return strings.Contains(normal, Normalize(w)) })
}

// Incident returns the incident under way that a message may be about, the narrowest first, or nil.
func (l *Library) Incident(text string, codes []Code, at time.Time) *Incident {
	var wide *Incident
	for k := range l.Incidents {
		i := &l.Incidents[k]
		if !i.running(at) || !i.concerns(text, codes) {
			continue
		}
		if len(i.Codes)+len(i.Words) > 0 {
			return i
		}
		if wide == nil {
			wide = i
		}
	}
	return wide
}

// Factor is by how much it raises the odds of its causes.
func (i *Incident) Factor() float64 {
	if i.Weight == 0 {
		return usualWeight
	}
	return i.Weight
}

func (v *validator) incident(i *Incident) {
	v.required(steps{"text"}, i.Text)
	if len(i.Causes) == 0 {
		v.fault(steps{"causes"}, "it names no cause; name the ones it makes likelier, e.g. outage")
	}
	for k, id := range i.Causes {
		if !v.ids[kindCause][id] {
			v.fault(steps{"causes", k}, "cause %q does not exist; name a cause of the library", id)
		}
	}
	if i.Weight != 0 && !(i.Weight >= 1 && i.Weight <= 20) { // refuses NaN too
		v.fault(steps{"weight"}, "the weight is %v; give a factor between 1 and 20", i.Weight)
	}
	for _, d := range []struct{ field, text string }{{"from", i.From}, {"to", i.To}} {
		if at, err := time.ParseInLocation(minute, d.text, beijing); err != nil || at.Format(minute) != d.text { // running compares the texts
			v.fault(steps{d.field}, "%s is %q; write it as in 2026-11-26 10:00", d.field, d.text)
		}
	}
	if i.To <= i.From {
		v.fault(steps{"to"}, "it ends at %q, not after it begins; change one", i.To)
	}
	for k, code := range i.Codes {
		if !codeForm.MatchString(code) {
			v.fault(steps{"codes", k}, "%q is no response code; write two characters 0-9 A-Z in quotes", code)
		}
	}
	v.texts(steps{"words"}, i.Words)
}
