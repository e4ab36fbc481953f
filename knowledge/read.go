package knowledge

import (
	"slices"
	"strings"
	"sync/atomic"
	"unicode/utf8"
)

// maxRead is how much of a message is read, in bytes. Longer ones are pasted texts; their beginning says what they are.
const maxRead = 16 << 10

// Reading is what a message says for certain, by rule and not by likeness.
type Reading struct {
	Codes    []Code     // in the order of the message, each once
	Evidence []Evidence // answers given unasked, in the order of the library's checks, one a check
	Card     string     // the kind of card or the way of paying, when the message says nothing else: 工行的信用卡, 是扫码的
	Always   string     // id of the article that a phrase means wherever it stands, "" for none
}

// Code is a response code that the merchant saw.
type Code struct {
	Text  string // as it stands in the message (in half width): "五幺", "O3", "马克校验错"
	Code  string // as field 39 has it: "51", "03", "A0"; or the longer code of a maker
	Known bool   // an article explains it. When false its meaning must never be guessed.
}

// Read finds response codes, and answers to checks given unasked. The cost grows with the length of the text; what is
// beyond 16 KiB is not read.
func (l *Library) Read(text string) Reading {
	return readerOf(l).read(text)
}

// reader is a library in the form in which messages are read.
type reader struct {
	checks   []Check   // with articles: the slices this was made from
	articles []Article // they tell whether the reader still fits
	known    map[string]bool
	said     phrases
	always   []trigger
}

// last is the reader used last. There is one library in use at a time, so one is enough; another library makes its own.
var last atomic.Pointer[reader]

func readerOf(l *Library) *reader {
	r := last.Load()
	if r != nil && sameSlice(r.checks, l.Checks) && sameSlice(r.articles, l.Articles) {
		return r
	}
	r = &reader{checks: l.Checks, articles: l.Articles, known: map[string]bool{}, said: newPhrases(l.Checks), always: newTriggers(l.Articles)}
	for _, a := range l.Articles {
		for _, code := range a.Codes {
			r.known[code] = true
		}
	}
	last.Store(r)
	return r
}

// sameSlice tells whether two slices are the same memory. A library is not changed after it was read.
func sameSlice[T any](a, b []T) bool {
	return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0])
}

func (r *reader) read(text string) Reading {
	if len(text) > maxRead {
		cut := maxRead
		for cut > 0 && !utf8.RuneStart(text[cut]) {
			cut--
		}
		text = text[:cut]
	}
	text = strings.ToValidUTF8(text, " ")
	said, _ := affirmed(text) // 没提示51 shows no 51
	return Reading{Codes: findCodes(said, r.known), Evidence: r.evidence(text), Card: cardKind(text), Always: triggered(r.always, text)}
}

// evidence is what the phrases of the library say, and beside them what a comparison says about a check they leave open.
func (r *reader) evidence(text string) []Evidence {
	out := r.said.find(text)
	amount, cards := compared(text)
	for _, e := range []Evidence{{checkAmount, amount}, {checkCards, cards}} {
		same := func(o Evidence) bool { return o.Check == e.Check }
		if e.Answer != "" && slices.Contains(r.said.checks, e.Check) && !slices.ContainsFunc(out, same) {
			out = append(out, e)
		}
	}
	slices.SortStableFunc(out, func(a, b Evidence) int {
		return slices.Index(r.said.checks, a.Check) - slices.Index(r.said.checks, b.Check)
	})
	return out
}
