package bot

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"posdoctor/flows"
	"posdoctor/knowledge"
)

// Playbook is all that a turn may read beside conversation and event: the flow, and the causes and checks it conducts. A
// conversation pins one by version, so publishing never changes a dialogue under way.
type Playbook struct {
	Version string            `json:"-"` // hash of its content
	Flow    *flows.Flow       `json:"flow"`
	Causes  []knowledge.Cause `json:"causes"`
}

// NewPlaybook joins the shipped dialogue with the causes and checks of a library.
func NewPlaybook(lib knowledge.Library) (*Playbook, error) {
	f, err := flows.Embedded(table(lib))
	if err != nil {
		return nil, err
	}
	p := &Playbook{Flow: f, Causes: lib.Causes}
	data, err := p.Encode()
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(data)
	p.Version = hex.EncodeToString(sum[:6])
	return p, nil
}

// Audit lists what is unsound about the flow of a playbook, as flows.Flow.Audit does, with cards as long as those of its library.
func (p *Playbook) Audit(articles []knowledge.Article) []string {
	const facts = 200 // bytes that the acquirer's statements add to a card
	longest := 0
	for i := range p.Causes {
		c := &p.Causes[i]
		longest = max(longest, len(cardOf(c.Remedy, c.Object).Plain(c.Title))+facts)
	}
	for i := range articles {
		longest = max(longest, len(articleCard(&articles[i], 1, "").Text))
	}
	return p.Flow.Audit(longest)
}

// Encode writes a playbook so that DecodePlaybook gives the same back.
func (p *Playbook) Encode() ([]byte, error) { return json.Marshal(p) }

// DecodePlaybook reads a stored playbook.
func DecodePlaybook(version string, data []byte) (*Playbook, error) {
	p := &Playbook{Version: version}
	if err := json.Unmarshal(data, p); err != nil {
		return nil, fmt.Errorf("playbook %s: %w", version, err)
	}
	return p, nil
}

func (p *Playbook) cause(id string) *knowledge.Cause {
	for i := range p.Causes {
		if p.Causes[i].ID == id {
			return &p.Causes[i]
		}
	}
	return nil
}

// title names a cause, an article or a check for people; ids of entries that are gone stay as they are.
func (p *Playbook) title(id string) string {
	if c := p.cause(id); c != nil {
		return c.Title
	}
	return id
}

// table takes from a library what a flow diagnoses with.
func table(lib knowledge.Library) flows.Table {
	var t flows.Table
	for _, c := range lib.Causes {
		t.Causes = append(t.Causes, flows.Cause{ID: c.ID, Title: c.Title, Object: string(c.Object), Brief: c.Brief, Money: c.Money, Group: string(c.Group), Prior: c.Prior,
			Yes: c.Yes, Facts: c.Facts, Unseen: c.Unseen, Success: c.Success, Ticket: c.Ticket, Usual: c.Usual})
	}
	for _, c := range lib.Checks {
		check := flows.Check{ID: c.ID, Ask: c.Ask, Short: c.Short, Cost: c.Cost, First: c.First}
		for _, e := range c.Skip {
			check.Skip = append(check.Skip, flows.Evidence{Check: e.Check, Answer: e.Answer})
		}
		for _, a := range c.Answers {
			check.Answers = append(check.Answers, flows.CheckAnswer{ID: a.ID, Text: a.Text, Words: a.Words})
		}
		t.Checks = append(t.Checks, check)
	}
	return t
}

// CodeTopics are the response codes of a library with several causes behind them.
func CodeTopics(lib knowledge.Library) []flows.Topic {
	var out []flows.Topic
	for i := range lib.Articles {
		if a := &lib.Articles[i]; len(a.Codes) > 0 && len(a.Shares) > 1 {
			out = append(out, topicOf(a))
		}
	}
	return out
}
