package bot

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"posdoctor/knowledge"
)

// Suggestion is an answer that an agent may give, out of the library.
type Suggestion struct {
	Article string  `json:"article"`
	Title   string  `json:"title"`
	Text    string  `json:"text"` // as a reply to the merchant
	P       float64 `json:"p"`    // that the entry is what is asked, 0..1
}

// Suggest makes answers of the hits of a finding, best first, at most n. entry returns the finding of an article. An entry that only
// leads to causes speaks for the likeliest of them in this conversation. Entries that tell nothing, and those in without, are left out.
func (p *Playbook) Suggest(c Conversation, f Finding, entry func(article string) (Finding, error), without func(article string) bool, n int) ([]Suggestion, error) {
	out := []Suggestion{}
	add := func(article string, probability float64) error {
		if without(article) || slices.ContainsFunc(out, func(s Suggestion) bool { return s.Article == article }) {
			return nil
		}
		e, err := entry(article)
		if err != nil || e.Top == nil {
			return err
		}
		if text := p.answer(c, e.Top); text != "" {
			out = append(out, Suggestion{Article: article, Title: e.Top.Title, Text: text, P: round(probability)})
		}
		return nil
	}
	if f.Top != nil { // a code, or an entry that goes before likeness
		if err := add(f.Top.ID, f.P); err != nil {
			return nil, err
		}
	}
	for _, h := range f.Hits {
		if len(out) == n {
			break
		}
		if err := add(h.Article, h.P); err != nil {
			return nil, err
		}
	}
	return out[:min(n, len(out))], nil
}

// answer writes what an entry tells as an agent would.
func (p *Playbook) answer(c Conversation, a *knowledge.Article) string {
	r := a.Remedy
	if len(r.Solution) == 0 && len(a.Causes) > 0 {
		best := a.Causes[0]
		for _, l := range p.Flow.Explain(c.Dialogue).Likely {
			if slices.Contains(a.Causes, l.ID) {
				best = l.ID
				break
			}
		}
		if cause := p.cause(best); cause != nil {
			r = cause.Remedy
		}
	}
	var b strings.Builder
	line := func(format string, args ...any) {
		if b.Len() > 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, format, args...)
	}
	if first := cmp.Or(r.Brief, r.Cause); first != "" {
		line("%s", first)
	}
	for i, s := range r.Solution {
		if len(r.Solution) == 1 {
			line("%s", s)
		} else {
			line("%d. %s", i+1, s)
		}
	}
	if len(r.Prepare) > 0 {
		line("请准备：%s", strings.Join(r.Prepare, "；"))
	}
	if len(r.Never) > 0 {
		line("请不要：%s", strings.Join(r.Never, "；"))
	}
	text := b.String()
	if utf8.RuneCountInString(text) > MaxText {
		text = string([]rune(text)[:MaxText-1]) + "…"
	}
	return text
}
