// Who is needed and how soon: what the desk reads from a dialogue when people take it over.

package flows

import (
	"slices"
)

// Skills that agents have. SkillGeneral is what no other skill fits, and every agent has it.
const (
	SkillSettlement = "settlement"
	SkillRisk       = "risk"
	SkillTerminal   = "terminal"
	SkillGeneral    = "general"
)

// Skills are all of them, in the order of lists.
var Skills = []string{SkillSettlement, SkillRisk, SkillTerminal, SkillGeneral}

// Why a conversation comes before others.
const (
	WhyMoney     = "money"     // money has not arrived
	WhyUnknown   = "unknown"   // nobody knows whether a payment or a ticket went through
	WhyComplaint = "complaint" // the merchant complains
	WhyRepeat    = "repeat"    // he was with people lately, and is here again
	WhyLate      = "late"      // he has waited for longer than the target
)

// MostUrgent is the highest priority; 0 is the lowest.
const MostUrgent = 3

// CareDef says which skill a conversation needs, by the first that fits, and what makes it urgent, by all that fit.
type CareDef struct {
	Skills []SkillDef  `yaml:"skills" json:"skills,omitempty"`
	Urgent []UrgentDef `yaml:"urgent" json:"urgent,omitempty"`
}

// SkillDef is a skill and the signs that it is needed.
type SkillDef struct {
	ID   string `yaml:"id" json:"id"`
	Sign `yaml:",inline"`
}

// UrgentDef is a reason for urgency, what it adds to the priority, and its signs.
type UrgentDef struct {
	ID   string `yaml:"id" json:"id"`
	Adds int    `yaml:"adds" json:"adds"`
	Sign `yaml:",inline"`
}

// Sign holds where any of its lists has what the dialogue is about.
type Sign struct {
	Objects  []string          `yaml:"objects" json:"objects,omitempty"`
	Causes   []string          `yaml:"causes" json:"causes,omitempty"`     // told, or the only one behind the topic
	Articles []string          `yaml:"articles" json:"articles,omitempty"` // the topic
	Facts    []string          `yaml:"facts" json:"facts,omitempty"`       // states of the record
	Evidence map[string]string `yaml:"evidence" json:"evidence,omitempty"` // by check
	Reasons  []string          `yaml:"reasons" json:"reasons,omitempty"`   // of the hand-over
	Open     bool              `yaml:"open" json:"open,omitempty"`         // the outcome of a payment or a ticket is not known
	Always   bool              `yaml:"always" json:"always,omitempty"`     // the code says when: repeat, late
}

// Care is what the desk needs to know of a conversation.
type Care struct {
	Skill    string
	Priority int // 0..MostUrgent
	Why      []string
}

// Caller is what the desk knows of a merchant and his dialogue does not.
type Caller struct {
	Reason  string // of the hand-over
	Repeat  bool   // he was with people lately
	Unknown bool   // a ticket of his has an unknown outcome
}

// Care reads from a dialogue which skill it needs and how urgent it is.
func (f *Flow) Care(st State, c Caller) Care {
	out := Care{Skill: SkillGeneral}
	for _, s := range f.Desk.Skills {
		if s.holds(st, c) {
			out.Skill = s.ID
			break
		}
	}
	for _, u := range f.Desk.Urgent {
		if u.ID == WhyRepeat && c.Repeat || !u.Always && u.holds(st, c) {
			out.Why = append(out.Why, u.ID)
			out.Priority += u.Adds
		}
	}
	out.Priority = min(out.Priority, MostUrgent)
	return out
}

// holds looks at the trouble at hand first; those that were laid aside count for its urgency and skill no less.
func (s Sign) holds(st State, c Caller) bool {
	if slices.Contains(s.Reasons, c.Reason) || s.Open && (c.Unknown || c.Reason == ReasonTicketUnknown) {
		return true
	}
	for _, f := range st.Facts {
		if slices.Contains(s.Facts, f.State) {
			return true
		}
	}
	if s.about(st.Topic, st.Told, st.Evidence) {
		return true
	}
	for _, f := range st.Frames {
		if s.about(f.Topic, f.Told, f.Evidence) {
			return true
		}
	}
	return false
}

func (s Sign) about(t *Topic, told string, known []Evidence) bool {
	for _, e := range known {
		if s.Evidence[e.Check] == e.Answer && e.Answer != "" {
			return true
		}
	}
	if t == nil {
		return false
	}
	cause := told
	if cause == "" && len(t.Causes) == 1 {
		cause = t.Causes[0]
	}
	return slices.Contains(s.Objects, t.Object) && t.Object != "" || slices.Contains(s.Articles, t.ID) || slices.Contains(s.Causes, cause) && cause != "" || s.Open && t.Open
}

// care finds what is unsound about how the desk takes conversations. What a sign names of a library is not looked up: one without a cause
// has no use for its sign.
func (l *lint) care() {
	for _, s := range l.Desk.Skills {
		if !slices.Contains(Skills, s.ID) {
			l.add("desk: %s is no skill; there are %v", s.ID, Skills)
		}
		l.sign("skill "+s.ID, s.Sign)
	}
	for _, u := range l.Desk.Urgent {
		if !slices.Contains([]string{WhyMoney, WhyUnknown, WhyComplaint, WhyRepeat, WhyLate}, u.ID) || u.Adds < 0 || u.Adds > MostUrgent {
			l.add("desk: urgency %s adds %d; it must be money, unknown, complaint, repeat or late and add 0 to %d", u.ID, u.Adds, MostUrgent)
		}
		l.sign("urgency "+u.ID, u.Sign)
	}
}

func (l *lint) sign(of string, s Sign) {
	for _, r := range s.Reasons {
		if !slices.Contains(reasons, r) {
			l.add("desk: %s names the reason %q, which no hand-over has", of, r)
		}
	}
}
