package flows

// Table is what a flow diagnoses with.
type Table struct {
	Causes []Cause `json:"causes"`
	Checks []Check `json:"checks"`
}

// Cause is one hypothesis. Causes of one Group lead to the same action.
type Cause struct {
	ID     string             `json:"id"`
	Title  string             `json:"title"`
	Object string             `json:"object"`
	Brief  string             `json:"brief"`
	Money  string             `json:"money,omitempty"` // brief where payments went through and the money is missing
	Group  string             `json:"group"`
	Prior  float64            `json:"prior"`
	Yes    map[string]float64 `json:"yes"`             // P(yes | cause) by check; a missing check tells nothing
	Facts  []string           `json:"facts,omitempty"` // states of the acquirer's record that prove it
	Ticket bool               `json:"ticket,omitempty"`
	// Unseen is P(the record shows nothing | cause), for a cause with Facts; 0 means the usual share.
	Unseen float64 `json:"unseen,omitempty"`
	// Success is P(the steps told solve it, without anybody else | cause).
	Success float64 `json:"success,omitempty"`
	Usual   string  `json:"usual,omitempty"` // how long who lifts it usually takes
}

// Check is one question.
type Check struct {
	ID      string        `json:"id"`
	Ask     string        `json:"ask"`
	Short   string        `json:"short,omitempty"`
	Cost    float64       `json:"cost"`
	Skip    []Evidence    `json:"skip,omitempty"`  // any of these makes the question pointless
	First   bool          `json:"first,omitempty"` // asked before all others: what follows differs most by its answer
	Answers []CheckAnswer `json:"answers"`
}

// CheckAnswer is one choice under a check: yes, no or unknown.
type CheckAnswer struct {
	ID    string   `json:"id"`
	Text  string   `json:"text"`
	Words []string `json:"words,omitempty"`
}

// Likely is a cause with its probability.
type Likely struct {
	ID string  `json:"id"`
	P  float64 `json:"p"`
}

func (t *Table) cause(id string) *Cause {
	for i := range t.Causes {
		if t.Causes[i].ID == id {
			return &t.Causes[i]
		}
	}
	return nil
}

func (t *Table) check(id string) *Check {
	for i := range t.Checks {
		if t.Checks[i].ID == id {
			return &t.Checks[i]
		}
	}
	return nil
}
