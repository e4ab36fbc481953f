package flows

import (
	_ "embed"
	"fmt"
	"strings"
	"sync"
	"time"

	"go.yaml.in/yaml/v3"
)

//go:embed dialogue.yaml
var dialogueYAML []byte

//go:embed texts.yaml
var textsYAML []byte

// Flow is a dialogue as data. It is read-only once loaded and safe for any number of goroutines.
type Flow struct {
	ID      string                 `yaml:"id" json:"id"`
	Start   string                 `yaml:"start" json:"start"`
	States  map[string]StateDef    `yaml:"states" json:"states"`
	Events  []EventDef             `yaml:"events" json:"events"`
	Limits  Limits                 `yaml:"limits" json:"limits"`
	Intents map[string]Words       `yaml:"intents" json:"intents"`
	Choices map[string]ChoiceWords `yaml:"choices" json:"choices"`
	Objects []ObjectDef            `yaml:"objects" json:"objects"`
	Burst   Burst                  `yaml:"burst" json:"burst,omitzero"`
	Times   map[string]TimeAnswer  `yaml:"times" json:"times,omitempty"` // by check: a time that answers it
	Exact   map[string]string      `yaml:"exact" json:"exact,omitempty"` // by check: the answer after which the very words are asked for
	Texts   map[string]string      `yaml:"-" json:"texts"`
	More    map[string][]string    `yaml:"-" json:"more,omitempty"` // further wordings of a text; see Wording
	Quota   map[string]int         `yaml:"quota" json:"quota,omitempty"`
	Desk    CareDef                `yaml:"desk" json:"desk,omitzero"`
	Table   Table                  `yaml:"-" json:"table"`

	machines sync.Pool
	choosing sync.Once
	weighs   *chooser // see chooser
	fold     sync.Map // word of the flow -> its plain form; bounded by the flow's words
}

// StateDef describes a state.
type StateDef struct {
	About      string              `yaml:"about" json:"about"`
	Asks       bool                `yaml:"asks" json:"asks,omitempty"`             // a question is on the screen
	Timers     map[string]TimerDef `yaml:"timers" json:"timers,omitempty"`         // by kind; see Flow.After
	Escalation string              `yaml:"escalation" json:"escalation,omitempty"` // reason told to the desk when the merchant is not understood here
}

// TimerDef says after how long of silence something happens, and what: a name in actions.
type TimerDef struct {
	After time.Duration `yaml:"after" json:"after"`
	Do    string        `yaml:"do" json:"do"`
}

// EventDef is an edge, or several with the same name and target.
type EventDef struct {
	Name   string   `yaml:"name" json:"name"`
	From   []string `yaml:"from" json:"from"`
	To     string   `yaml:"to" json:"to"`
	Guard  string   `yaml:"guard" json:"guard,omitempty"`   // a name in guards, which must hold
	Counts string   `yaml:"counts" json:"counts,omitempty"` // the limit that ends its repetition: a name in counters
}

// Limits say after how much the dialogue goes on to the next thing.
type Limits struct {
	Misses    int     `yaml:"misses" json:"misses"`
	Questions int     `yaml:"questions" json:"questions"`
	Tried     int     `yaml:"tried" json:"tried"`
	Enough    float64 `yaml:"enough" json:"enough"`
	Sure      float64 `yaml:"sure" json:"sure"`
	Try       float64 `yaml:"try" json:"try"`
	AtLeast   int     `yaml:"at_least" json:"at_least"`
	Gain      float64 `yaml:"gain" json:"gain"`
}

// Words are the ways to say one thing.
type Words struct {
	Whole  []string `yaml:"whole" json:"whole"`
	Within []string `yaml:"within" json:"within"`
}

// ChoiceWords is a choice that returns in several places.
type ChoiceWords struct {
	Text  string   `yaml:"text" json:"text"`
	Words []string `yaml:"words" json:"words"`
}

// ObjectDef is one thing that may be in trouble; choosing it is evidence.
type ObjectDef struct {
	ID     string   `yaml:"id" json:"id"`
	Text   string   `yaml:"text" json:"text"`
	Words  []string `yaml:"words" json:"words"`
	Check  string   `yaml:"check" json:"check"`
	Answer string   `yaml:"answer" json:"answer"`
}

// Embedded returns the shipped dialogue over a table of causes and checks.
func Embedded(t Table) (*Flow, error) {
	return Load(dialogueYAML, textsYAML, t)
}

// Load reads a dialogue and its texts and refuses one that is not sound.
func Load(dialogue, texts []byte, t Table) (*Flow, error) {
	var f Flow
	dec := yaml.NewDecoder(strings.NewReader(string(dialogue)))
	dec.KnownFields(true)
	if err := dec.Decode(&f); err != nil {
		return nil, fmt.Errorf("reading the dialogue: %w", err)
	}
	var err error
	if f.Texts, f.More, err = readTexts(texts); err != nil {
		return nil, err
	}
	f.Table = t
	if faults := f.Check(); len(faults) > 0 {
		return nil, fmt.Errorf("the dialogue is not sound:\n%s", strings.Join(faults, "\n"))
	}
	return &f, nil
}

func (f *Flow) choice(ids ...string) []Choice {
	out := make([]Choice, 0, len(ids))
	for _, id := range ids {
		out = append(out, Choice{ID: id, Text: f.Choices[id].Text})
	}
	return out
}

// Label is the text of a choice by its id, for one that is no longer on the screen. Unknown ids have none.
func (f *Flow) Label(id string) string {
	if c, ok := f.Choices[id]; ok {
		return c.Text
	}
	if check, answer, ok := strings.Cut(id, ":"); ok {
		if c := f.Table.check(check); c != nil {
			for _, a := range c.Answers {
				if a.ID == answer {
					return a.Text
				}
			}
		}
		for _, o := range f.Objects {
			if check == "object" && o.ID == answer {
				return o.Text
			}
		}
	}
	return ""
}
