package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Rating is how the merchant found the help of one episode: asked when the episode ends, answered or not, and changed for a day.
type Rating struct {
	ID     string   `json:"id"`              // of the asking
	Agent  *AgentID `json:"agent,omitempty"` // who served last; nil: the bot alone
	Skill  string   `json:"skill,omitempty"` // settlement, risk, terminal, general
	Asked  int64    `json:"asked"`           // milliseconds
	Seq    int64    `json:"seq"`             // of the line that asks
	Step   string   `json:"step,omitempty"`  // where the line can be answered by a number: what it asks
	Low    int      `json:"low,omitempty"`   // a score up to here is told to the leads
	Score  int      `json:"score,omitempty"` // 5 is best; 0: not answered
	Solved *bool    `json:"solved,omitempty"`
	Text   string   `json:"text,omitempty"` // masked
	At     int64    `json:"at,omitempty"`   // of the newest answer
}

// Rated is a rating with whose it is.
type Rated struct {
	Rating
	Conversation string
	Channel      string
}

// RatingSum is what the ratings of one agent, skill and channel come to. Whoever divides looks at Answered first.
type RatingSum struct {
	Agent    AgentID // empty: the bot alone
	Skill    string
	Channel  string
	Asked    int
	Answered int
	Score    int // all scores added
	Good     int // scores of 4 and 5
	Solved   int // that said so
	Unsolved int
}

// What a question of a rating asks.
const (
	askScore  = "score"
	askSolved = "solved"
)

// RatedFor is how long a rating can be given and changed, in milliseconds.
const RatedFor = 24 * int64(time.Hour/time.Millisecond)

// Errors that refuse a rating.
var (
	ErrNotAsked = errors.New("there is nothing to rate")
	ErrTooLate  = errors.New("a rating is not changed any more")
)

// Asks is how a merchant is asked at the end of an episode.
type Asks struct {
	Text string `json:"text"`
	Menu bool   `json:"menu,omitempty"` // with choices to tap or to answer by number, where there is no form
	Bot  bool   `json:"bot,omitempty"`  // also when the bot alone has helped
	Low  int    `json:"low,omitempty"`  // see Rating
}

// RatedLine is a rating as its readers see it.
type RatedLine struct {
	Score  int   `json:"score"`
	Solved *bool `json:"solved,omitempty"`
}

// CSAT is what operators set about ratings: the setting "csat".
type CSAT struct {
	On       bool     `json:"on"`
	Text     string   `json:"text"`     // the question
	Channels []string `json:"channels"` // where it is asked
	Bot      bool     `json:"bot"`      // also when the bot alone has helped
	Low      int      `json:"low"`      // a score up to here is told to the leads; 0: none is
}

// SettingCSAT is the name of the setting.
const SettingCSAT = "csat"

// CSATChannels are those on which a merchant can be asked.
var CSATChannels = []string{"web", "wechat", "wechat-kf"}

// DefaultCSAT is what counts until an operator sets something else.
func DefaultCSAT() CSAT {
	return CSAT{On: true, Text: textAskScore, Channels: slices.Clone(CSATChannels), Low: 2}
}

const maxAsk = 100 // characters of the question

// Validate says, for the operator, what is wrong with the setting.
func (c CSAT) Validate() error {
	switch n := utf8.RuneCountInString(c.Text); {
	case strings.TrimSpace(c.Text) == "":
		return errors.New("请填写评价提问。")
	case n > maxAsk:
		return fmt.Errorf("评价提问最多 %d 个字，现在有 %d 个。", maxAsk, n)
	case strings.ContainsFunc(c.Text, unicode.IsControl) || !utf8.ValidString(c.Text):
		return errors.New("评价提问里有换行或无法显示的字符。")
	case c.Low < 0 || c.Low > 4:
		return errors.New("低分提醒的分数只能是 0 到 4，0 表示不提醒。")
	}
	for i, ch := range c.Channels {
		if !slices.Contains(CSATChannels, ch) || slices.Contains(c.Channels[:i], ch) {
			return fmt.Errorf("评价的渠道只能从 %s 里选，各选一次。", strings.Join(CSATChannels, "、"))
		}
	}
	return nil
}

// ParseCSAT reads the setting; "" is the default.
func ParseCSAT(value string) (CSAT, error) {
	c := DefaultCSAT()
	if value == "" {
		return c, nil
	}
	d := json.NewDecoder(strings.NewReader(value))
	d.DisallowUnknownFields()
	if err := d.Decode(&c); err != nil {
		return c, fmt.Errorf("the setting csat: %w", err)
	}
	return c, c.Validate()
}

// asks is how the merchant of a conversation is asked, nil for not at all. A channel that pushes shows a menu; one that only replies
// could not ask before the merchant comes with something new.
func (c CSAT) asks(conv Conversation, pushes bool) *Asks {
	ch := conv.Address.Channel
	if !c.On || !slices.Contains(c.Channels, ch) || ch != "web" && !pushes {
		return nil
	}
	return &Asks{Text: c.Text, Menu: pushes, Bot: c.Bot, Low: c.Low}
}

// rating completes an event with what the engine may have to know of ratings.
func (s *Service) rating(ctx context.Context, c Conversation, ev *Event) error {
	ev.Asks, ev.Unasked = nil, false
	_, pushes := s.Pushes[c.Address.Channel]
	said := ev.Kind == EventSaid || ev.Kind == EventChose
	if s.CSAT != nil && (ev.Kind == EventClose || said) {
		set, err := s.CSAT(ctx)
		if err != nil {
			return fmt.Errorf("reading the setting csat: %w", err)
		}
		if ev.Kind == EventClose || c.Wrote != nil || set.Bot {
			ev.Asks = set.asks(c, pushes)
		}
	}
	if r := c.Rating; r != nil && ev.Kind == EventSaid && pushes && r.Step != "" && c.Last == r.Seq && s.Shown != nil {
		shown, err := s.Shown(ctx, c.ID, r.Seq)
		if err != nil {
			return fmt.Errorf("reading whether a question was shown: %w", err)
		}
		ev.Unasked = !shown
	}
	return nil
}

// ask asks how it was, as the last line of an episode.
func (t *turn) ask() {
	a, c := t.ev.Asks, &t.next
	if a == nil || t.ev.Seen || c.Wrote == nil && !a.Bot {
		return
	}
	r := &Rating{ID: t.ev.ID, Agent: c.Wrote, Skill: t.skill(), Asked: t.ev.At, Low: a.Low}
	m := Message{Type: TypeCSAT, From: FromSystem, Text: a.Text}
	if c.Wrote != nil {
		m.Agent = &AgentID{Name: c.Wrote.Name}
	}
	if a.Menu {
		r.Step, m.Choices = askScore, scoreChoices()
	}
	t.say(m)
	r.Seq = c.Last
	c.Rating = r
	t.effects = append(t.effects, Effect{Rate: r})
}

// skill is what kind of agent the trouble needed: what the desk made of it, else what it would.
func (t *turn) skill() string {
	if s := t.next.Served; s != nil && t.next.Wrote != nil {
		return s.Skill
	}
	return t.book.Flow.Care(t.next.Dialogue, t.caller()).Skill
}

const ratePrefix = "rate:"

func scoreChoices() []Choice {
	var out []Choice
	for n := 5; n >= 1; n-- {
		out = append(out, Choice{ID: ratePrefix + strconv.Itoa(n), Text: textScore[n]})
	}
	return out
}

func solvedChoices() []Choice {
	return []Choice{{ID: ratePrefix + "yes", Text: textSolved}, {ID: ratePrefix + "no", Text: textUnsolved}}
}

// rates reads an answer to the question how it was: a form of the widget, a tap on a menu, or, directly after the question, its number
// or words. A line that comes later, or says anything else, is no answer.
func (t *turn) rates() (Rating, bool) {
	ev, r := t.ev, Rating{}
	if t.next.Rating != nil {
		r = *t.next.Rating
	}
	switch ev.Kind {
	case EventRated:
		r.Score, r.Solved, r.Text = ev.Score, ev.Solved, cut(ev.Text, maxComment)
		return r, true
	case EventChose:
		answer, ok := strings.CutPrefix(ev.Choice, ratePrefix)
		return r, ok && r.take(answer)
	case EventSaid:
		if ev.Unasked || r.Seq == 0 || t.next.Holder.Kind != HolderClosed || ev.At-r.Asked > RatedFor || ev.Spoken || ev.Coded {
			return r, false
		}
		if r.Step != "" || t.menu() {
			if text, ok := comment(ev.Text); ok && r.Score > 0 {
				r.Text = cut(text, maxComment)
				return r, true
			}
		}
		if t.next.Last != r.Seq {
			return r, false
		}
		choices := map[string][]Choice{askScore: scoreChoices(), askSolved: solvedChoices()}[r.Step]
		said := folded(ev.Text)
		for i, c := range choices {
			if said == strconv.Itoa(i+1) || said == folded(c.Text) {
				return r, r.take(strings.TrimPrefix(c.ID, ratePrefix))
			}
		}
	}
	return r, false
}

// menu says that the merchant reads by messages that are pushed to him, and has no form.
func (t *turn) menu() bool { return t.next.Reach != (Reach{}) }

// take puts a tapped answer into the rating, and reports whether it is one.
func (r *Rating) take(answer string) bool {
	switch answer {
	case "yes", "no":
		solved := answer == "yes"
		r.Solved = &solved
		return true
	case "1", "2", "3", "4", "5":
		r.Score = int(answer[0] - '0')
		return true
	}
	return false
}

const maxComment = 500 // characters of what a merchant adds: it is part of the state

// comment reads what a merchant adds in his own words: 评价：师傅很耐心.
func comment(text string) (string, bool) {
	rest, ok := strings.CutPrefix(strings.TrimSpace(text), "评价")
	if !ok {
		return "", false
	}
	for _, colon := range []string{"：", ":"} {
		if said, ok := strings.CutPrefix(strings.TrimSpace(rest), colon); ok && strings.TrimSpace(said) != "" {
			return strings.TrimSpace(said), true
		}
	}
	return "", false
}

// folded is a text by its letters and digits alone: 「① 。」 is 1.
func folded(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, norm.NFKC.String(s))
}

// rate keeps a rating. Where there is no form it goes on to the next question, unless somebody is being served meanwhile.
func (t *turn) rate(r Rating) error {
	ev, c := t.ev, &t.next
	form := ev.Kind == EventRated
	switch {
	case form && (ev.Score < 1 || ev.Score > 5):
		return fmt.Errorf("a score of %d", ev.Score)
	case form && r.ID == "":
		return ErrNotAsked
	case form && ev.At-r.Asked > RatedFor:
		return ErrTooLate
	}
	quiet := form || c.Holder.Kind == HolderAgent || c.Holder.Kind == HolderQueue
	busy := c.Holder.Kind == HolderBot // the question on the screen is another one, and stands
	answer := func(text string, choices []Choice) {
		if quiet {
			return
		}
		if busy && len(choices) > 0 {
			text, choices = textThanksShort, nil
		}
		t.say(Message{Type: TypeMessage, From: FromSystem, Text: text, Choices: choices})
	}
	asks := func(what string) { // the question that was just asked can be answered by a number
		if r.Step, r.Seq = what, c.Last; quiet || busy {
			r.Step = ""
		}
	}
	if !form {
		c.Heard = ev.At
	}
	if r.ID == "" || ev.At-r.Asked > RatedFor {
		t.say(Message{Type: TypeMessage, From: FromUser, CID: ev.CID, Text: cutOr(ev.Text, textRating)})
		answer(textRatedLate, nil)
		return nil
	}
	r.At = ev.At
	if r.Score == 0 { // the second question before the first
		c.Rating = &r
		answer(textAskScore, scoreChoices())
		asks(askScore)
		return nil
	}
	t.say(Message{Type: TypeRated, From: FromUser, CID: ev.CID, Text: r.words(), RatedLine: &RatedLine{r.Score, r.Solved}})
	open, before := r.Step, c.Rating
	r.Step = ""
	switch {
	case quiet:
	case r.Text != before.Text:
		answer(textNoted, nil)
	case before.Score > 0 && before.Score != r.Score:
		answer(fmt.Sprintf(textChanged, textScore[r.Score]), nil)
	case r.Solved == nil:
		answer(textAskSolved, solvedChoices())
		asks(askSolved)
	case !*r.Solved && open == askSolved:
		answer(textStillUnsolved, nil)
	default:
		answer(textThanks, nil)
	}
	c.Rating = &r
	t.effects = append(t.effects, Effect{Rate: &r})
	return nil
}

// words are the rating as one line.
func (r Rating) words() string {
	var b strings.Builder
	b.WriteString(textRating + "：" + textScore[r.Score])
	if r.Solved != nil {
		b.WriteString("，" + map[bool]string{true: "问题" + textSolved, false: "问题" + textUnsolved}[*r.Solved])
	}
	if r.Text != "" {
		b.WriteString("\n" + r.Text)
	}
	return b.String()
}

func cutOr(s, or string) string {
	if s == "" {
		return or
	}
	return s
}
