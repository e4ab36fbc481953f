package bot

import (
	"fmt"
	"strings"

	"posdoctor/flows"
)

// Summary is the diagnosis card of a conversation: the same for console, ticket and `ask --json`.
type Summary struct {
	Topic    string         `json:"topic,omitempty"`
	Object   string         `json:"object,omitempty"`
	Codes    []string       `json:"codes"`
	Said     string         `json:"said,omitempty"` // the merchant's first words about it
	Asked    []SummaryCheck `json:"asked"`
	RuledOut []SummaryOut   `json:"ruled_out"`
	Likely   []Likely       `json:"likely"`
	Tried    []SummaryTried `json:"tried"`
	Facts    []Fact         `json:"facts"`
	Ticket   *TicketRef     `json:"ticket,omitempty"`
	Merchant *Binding       `json:"merchant,omitempty"`
	Result   string         `json:"result,omitempty"`
	Added    string         `json:"added,omitempty"` // what the merchant wants said in the ticket beside it
	Aside    []SummaryAside `json:"aside,omitempty"` // other troubles that wait, the next one first
}

// SummaryAside is a trouble that was laid aside for the one at hand.
type SummaryAside struct {
	Topic string         `json:"topic"`
	Said  string         `json:"said,omitempty"`
	Asked []SummaryCheck `json:"asked,omitempty"`
}

// SummaryCheck is a check with its answer.
type SummaryCheck struct {
	Check    string `json:"check"`
	Question string `json:"question"`
	Answer   string `json:"answer"`
	Unasked  bool   `json:"unasked,omitempty"` // the merchant said it himself
}

// SummaryOut is a cause that is out, and why.
type SummaryOut struct {
	Title string `json:"title"`
	Why   string `json:"why"`
}

// SummaryTried is what was told and did not help.
type SummaryTried struct {
	Title  string `json:"title"`
	Result string `json:"result"`
}

// Summarize explains where a conversation stands.
func (p *Playbook) Summarize(c Conversation) Summary {
	st := c.Dialogue
	ex := p.Flow.Explain(st)
	s := Summary{Codes: st.Codes, Said: st.Said, Added: st.Added, Merchant: c.Binding, Result: st.Result, Topic: c.Topic,
		Asked: []SummaryCheck{}, RuledOut: []SummaryOut{}, Likely: []Likely{}, Tried: []SummaryTried{}, Facts: []Fact{}}
	if b := c.Binding; b != nil {
		own := *b
		own.Number, own.Listed = "", false // nobody needs it in full
		s.Merchant = &own
	}
	if s.Codes == nil {
		s.Codes = []string{}
	}
	if st.Topic != nil {
		s.Topic, s.Object = st.Topic.Title, st.Topic.Object
	}
	for _, a := range ex.Asked {
		s.Asked = append(s.Asked, SummaryCheck{Check: a.Check, Question: a.Ask, Answer: a.Answer, Unasked: !a.Asked})
	}
	for _, r := range ex.RuledOut {
		s.RuledOut = append(s.RuledOut, SummaryOut{Title: p.title(r.Cause), Why: r.Why})
	}
	for _, l := range ex.Likely {
		s.Likely = append(s.Likely, Likely{ID: l.ID, Title: p.title(l.ID), P: round(l.P)})
	}
	for _, id := range ex.Tried {
		title := p.title(id)
		if st.Topic != nil && st.Topic.ID == id {
			title = st.Topic.Title
		}
		s.Tried = append(s.Tried, SummaryTried{Title: title, Result: "没解决"})
	}
	for _, f := range ex.Facts {
		s.Facts = append(s.Facts, Fact{State: f.State, Text: f.Text, At: f.At, Note: f.Note, Link: f.Link})
	}
	for i := len(st.Frames) - 1; i >= 0; i-- {
		f := st.Frames[i]
		a := SummaryAside{Topic: f.Topic.Title, Said: f.Said}
		for _, e := range p.Flow.Explain(flows.State{Evidence: f.Evidence}).Asked {
			a.Asked = append(a.Asked, SummaryCheck{Check: e.Check, Question: e.Ask, Answer: e.Answer, Unasked: !e.Asked})
		}
		s.Aside = append(s.Aside, a)
	}
	for i := range c.Tickets {
		r := &c.Tickets[i]
		open := s.Ticket != nil && (s.Ticket.Status == "UNKNOWN" || s.Ticket.Status == "FAILED")
		if !open && c.Binding != nil && r.Merchant == c.Binding.Merchant || r.Status == "UNKNOWN" || r.Status == "FAILED" {
			s.Ticket = r // the newest, unless one needs looking after
		}
	}
	return s
}

// Summary writes the card as plain lines, for the body of a ticket.
func (p *Playbook) Summary(c Conversation) string {
	s := p.Summarize(c)
	var b strings.Builder
	line := func(name, text string) {
		if text != "" {
			fmt.Fprintf(&b, "%s：%s\n", name, text)
		}
	}
	line("问题", s.Topic)
	line("商户原话", s.Said)
	line("应答码", strings.Join(s.Codes, "、"))
	for _, a := range s.Asked {
		line(a.Question, a.Answer)
	}
	for _, f := range s.Facts {
		line("收单记录", f.Text)
	}
	for _, l := range s.Likely {
		line("可能原因", fmt.Sprintf("%s（%.0f%%）", l.Title, l.P*100))
	}
	for _, t := range s.Tried {
		line("试过", t.Title+"，"+t.Result)
	}
	line("商户补充", s.Added)
	if c.Binding != nil {
		line("联系", onFile)
	}
	return strings.TrimRight(b.String(), "\n")
}
