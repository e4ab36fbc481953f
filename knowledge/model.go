package knowledge

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"sync"
)

//go:embed model.json
var modelFile []byte

// model is what was fitted: a weight per feature, and how sure a score makes. It has no parameter of any word.
type model struct {
	Fitted    string      `json:"fitted"`    // on what, and by which command
	Ranker    vector      `json:"ranker"`    // score = sum of weight x feature
	Meaning   float64     `json:"meaning"`   // weight of the likeness of vectors
	Middle    float64     `json:"middle"`    // likeness of a usual right article, so that scores with vectors are those without
	Judge     verdict     `json:"judge"`     // P = logistic(sum of weight x sign)
	Operating []operating `json:"operating"` // what a threshold gives, rising
}

// operating is what was measured when an entry is told from a probability on.
type operating struct {
	At        float64 `json:"at"`
	Precision float64 `json:"precision"` // share of the answers that were right, entries left out included
	Answered  float64 `json:"answered"`  // share of the messages with an entry that got an answer
}

// shipped is the model of the binary.
var shipped = sync.OnceValue(func() *model {
	var m model
	if err := json.Unmarshal(modelFile, &m); err != nil {
		panic(fmt.Sprintf("model.json: %v", err)) // a test reads it
	}
	return &m
})

func (v *vector) dot(x *vector) float64 {
	s := 0.0
	for i, a := range v {
		s += a * x[i]
	}
	return s
}

func (v *verdict) dot(x *verdict) float64 {
	s := 0.0
	for i, a := range v {
		s += a * x[i]
	}
	return s
}

// ThresholdFor returns the probability from which what is told is right with at least this precision, as far as it was
// measured: messages whose entry is missing were among them.
func ThresholdFor(precision float64) float64 {
	list := shipped().Operating
	for _, o := range list {
		if o.Precision >= precision {
			return o.At
		}
	}
	return 1
}

func (v vector) MarshalJSON() ([]byte, error)   { return marshalNamed(featureNames[:], v[:]) }
func (v verdict) MarshalJSON() ([]byte, error)  { return marshalNamed(signNames[:], v[:]) }
func (v *vector) UnmarshalJSON(b []byte) error  { return unmarshalNamed(b, featureNames[:], v[:]) }
func (v *verdict) UnmarshalJSON(b []byte) error { return unmarshalNamed(b, signNames[:], v[:]) }

// marshalNamed writes numbers under their names, in their order.
func marshalNamed(names []string, v []float64) ([]byte, error) {
	out := []byte{'{'}
	for i, n := range names {
		if i > 0 {
			out = append(out, ',')
		}
		out = fmt.Appendf(out, "%q:%.3f", n, v[i])
	}
	return append(out, '}'), nil
}

func unmarshalNamed(b []byte, names []string, v []float64) error {
	var m map[string]float64
	if err := json.Unmarshal(b, &m); err != nil {
		return err
	}
	for i, n := range names {
		x, ok := m[n]
		if !ok {
			return fmt.Errorf("the weight of %s is missing", n)
		}
		v[i] = x
		delete(m, n)
	}
	for n := range m {
		return fmt.Errorf("there is no feature %s", n)
	}
	return nil
}
