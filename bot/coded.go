package bot

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
)

// Typed is what may be a code in a line, on its way from the door to the call that carries it. Text and Masked are what the line is where
// a code may come. Code is empty where there are several: which one is meant, nobody guesses. It prints as nothing, so that no log has it.
type Typed struct {
	Code, Text string
	Masked     []string
}

func (Typed) String() string   { return codeToken }
func (Typed) GoString() string { return codeToken }

// uncode makes ready to take a code out of a line. Whether it is one, the conversation says.
func uncode(text string) Typed {
	codes, rest := takeCodes(text)
	if len(codes) == 0 {
		return Typed{}
	}
	var c Typed
	if len(codes) == 1 {
		c.Code = codes[0]
	}
	c.Text, c.Masked = Mask(rest)
	return c
}

// apart keeps a code out of the event where one may come.
func apart(c Conversation, ev *Event) {
	if ev.Kind == EventSaid && ev.Typed.Text != "" && c.expects(ev.At) {
		ev.Text, ev.Masked, ev.Coded = ev.Typed.Text, ev.Typed.Masked, ev.Typed.Code != ""
	}
}

// triesOf reads how often a merchant number was tried today by anybody, where this event may try it, or settles a try.
func (s *Service) triesOf(ctx context.Context, c Conversation, ev *Event) (number string, err error) {
	ev.Tries = nil
	ev.Notes = slices.DeleteFunc(ev.Notes, func(n Note) bool { return strings.HasPrefix(n.Name, triesPrefix) })
	switch {
	case ev.Kind == EventProof && ev.Binding != nil && c.Proving != nil && ev.Call == c.Proving.Call:
		number = c.Proving.Number
	case (ev.Kind == EventSaid || ev.Kind == EventChose) && c.reproves():
		number = c.Binding.Number
	case ev.Kind != EventSaid:
		return "", nil
	case c.asksProof() && ev.Coded && c.Proving != nil:
		number = c.Proving.Number
	default:
		number, _ = c.typed(ev.Text)
	}
	notes, ok := s.Store.(Notes)
	if number == "" || !ok {
		return "", nil
	}
	text, err := notes.Note(ctx, triesName(number))
	if err != nil {
		return "", fmt.Errorf("reading the tries of a merchant number: %w", err)
	}
	var n Tries
	var day string
	if _, err := fmt.Sscan(text, &day, &n.Starts, &n.Codes); err != nil || day != dayOf(ev.At) {
		n = Tries{}
	}
	ev.Tries = &n
	return number, nil
}

// count writes the try of a turn with the turn.
func (s *Service) count(number string, ev *Event, t Turn) {
	if number == "" || ev.Tries == nil {
		return
	}
	n, was := *ev.Tries, *ev.Tries
	if ev.Kind == EventProof {
		n.Starts, n.Codes = max(0, n.Starts-1), max(0, n.Codes-1) // they were right
	}
	for _, e := range t.Effects {
		switch {
		case e.Call == nil || e.Call.Proof == nil:
		case e.Call.Op == OpStart:
			n.Starts++
		case e.Call.Op == OpConfirm:
			n.Codes++
		}
	}
	if n != was {
		ev.Notes = append(ev.Notes, Note{Name: triesName(number), Value: fmt.Sprint(dayOf(ev.At), " ", n.Starts, " ", n.Codes)})
	}
}

// carry puts the code of an event into the call that holds it against the acquirer's.
func carry(ev Event, t Turn) {
	for _, e := range t.Effects {
		if e.Call != nil && e.Call.Proof != nil && e.Call.Op == OpConfirm {
			e.Call.Proof.Code = ev.Typed.Code
		}
	}
}

const triesPrefix = "tries:"

// triesName is the name of the note that counts the tries of a merchant number, without the number.
func triesName(number string) string {
	sum := sha256.Sum256([]byte("merchant number " + number))
	return triesPrefix + hex.EncodeToString(sum[:16])
}
