package contract

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

const (
	maxDepth  = 12     // of nested objects and lists
	maxValues = 20_000 // of keys and values together
)

// Decode reads one foreign JSON object into v, a pointer to a type of this package, settles its words and checks it. It refuses what
// readers of JSON disagree about: keys that come twice or differ in case only, bytes behind the object, deep nesting, broken UTF-8.
// The caller limits the size.
func Decode(data []byte, v any) error {
	if err := plain(data); err != nil {
		return err
	}
	if err := json.Unmarshal(data, v); err != nil {
		var wrong *json.UnmarshalTypeError
		if errors.As(err, &wrong) {
			return fmt.Errorf("%s has the wrong type", wrong.Field)
		}
		return errors.New("it is no JSON of this shape")
	}
	Settle(v)
	return Check(v)
}

// plain walks over the tokens of a text and refuses what is not one plain object.
func plain(data []byte) error {
	if !utf8.Valid(data) {
		return errors.New("it is not UTF-8")
	}
	if trimmed := bytes.TrimSpace(data); len(trimmed) == 0 || trimmed[0] != '{' {
		return errors.New("it is no JSON object")
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	type level struct {
		keys  map[string]bool // nil in a list
		value bool            // the next token is the value of a key
	}
	var open []level
	for n := 0; ; n++ {
		tok, err := dec.Token()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return errors.New("it is no JSON")
		case n > maxValues:
			return fmt.Errorf("it has more than %d values", maxValues)
		case n > 0 && len(open) == 0:
			return errors.New("it goes on behind its end")
		}
		top := func() *level {
			if len(open) == 0 {
				return &level{}
			}
			return &open[len(open)-1]
		}
		switch d, isDelim := tok.(json.Delim); {
		case isDelim && (d == '}' || d == ']'):
			open = open[:len(open)-1]
			top().value = false
		case isDelim:
			if len(open) == maxDepth {
				return fmt.Errorf("it is nested deeper than %d", maxDepth)
			}
			l := level{}
			if d == '{' {
				l.keys = map[string]bool{}
			}
			open = append(open, l)
		case top().keys != nil && !top().value:
			key := strings.ToLower(strings.ToUpper(tok.(string))) // as encoding/json compares them
			if top().keys[key] {
				return errors.New("it has a key twice")
			}
			top().keys[key], top().value = true, true
		default:
			top().value = false
		}
	}
}
