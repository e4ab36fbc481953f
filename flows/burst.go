// Which lines are only the beginning of a message, and how long its rest is waited for.

package flows

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Burst says how long a fragment waits for the rest of its message. A flow without it never waits.
type Burst struct {
	Wait     int            `yaml:"wait" json:"wait"`                   // milliseconds
	Channels map[string]int `yaml:"channels" json:"channels"`           // where it takes longer to write
	Shorter  int            `yaml:"shorter" json:"shorter"`             // a message of fewer characters is a fragment
	Subjects []string       `yaml:"subjects" json:"subjects,omitempty"` // a message that names one of these and says nothing of it: 我这个机子
	Open     []string       `yaml:"open" json:"open"`                   // a message that ends so goes on
}

// Wait is how long a fragment waits on a channel; 0 is not at all.
func (f *Flow) Wait(channel string) time.Duration {
	ms, ok := f.Burst.Channels[channel]
	if !ok {
		ms = f.Burst.Wait
	}
	return time.Duration(ms) * time.Millisecond
}

// Fragment says that a message looks like the beginning of one: a greeting alone, a few characters that mean nothing for sure, or
// an open end. What replies, steers or names a code is whole, however short. in is what the message says; more, that the next line is there already.
func (f *Flow) Fragment(st State, in Input, more bool) bool {
	text := in.Text
	if len(in.Codes) > 0 || f.Alone(st, text) || f.when(st.Pending, in.Ago) != "" {
		return false
	}
	if more {
		return true
	}
	trimmed := strings.TrimSpace(text)
	for _, end := range f.Burst.Open {
		if strings.HasSuffix(trimmed, end) {
			return true
		}
	}
	clear := in.Topic != nil && (in.Topic.Object != "" || in.Topic.Move == "human" || in.Topic.Move == "reject") || len(in.Evidence) > 0
	return f.Greets(text) || !clear && (utf8.RuneCountInString(plain(text)) < f.Burst.Shorter || f.subject(plain(text)))
}

// owners stand before a subject: 我店里这台机器.
var owners = []string{"我们", "我", "你们", "店里", "家里", "这个", "这台", "那个", "那台", "这", "那", "的", "就是", "现在", "今天", "一台", "呃", "额", "个"}

// subject says that a text names something and says nothing of it.
func (f *Flow) subject(s string) bool {
	s = strings.TrimRight(s, "啊呀呢嘛它")
	for rest := ""; rest != s; {
		if f.whole(s, f.Burst.Subjects) {
			return true
		}
		rest = s
		for _, w := range owners {
			if cut, ok := strings.CutPrefix(s, w); ok {
				s = cut
				break
			}
		}
	}
	return false
}

// Alone says that a line means something by itself, whatever was written before it: it replies to the question on the screen, says
// how it turned out, or steers the dialogue.
func (f *Flow) Alone(st State, text string) bool {
	if _, ok := f.elsewhere(text); ok && st.Topic != nil {
		return true
	}
	if st.Pending != nil && f.yesNo(plain(text)) != "" {
		return true
	}
	outcome := f.outcome(text)
	if outcome == "unsolved" && st.Topic == nil && st.Pending == nil {
		outcome = "" // nothing is under way: 不行 goes with the 刷卡 before it
	}
	intent := f.intent(text)
	if st.Topic == nil && f.AsksAbout(text) {
		intent = "" // about nothing yet
	}
	return intent != "" && intent != "greeting" || f.fit(st.Pending, text) != "" || outcome != "" ||
		f.whole(plain(text), f.Choices["leave"].Words)
}

// Follows says that a line goes with those before it although it means something by itself: thanks, a good-bye or anger behind a
// trouble. It is polite when it adds nothing to them.
func (f *Flow) Follows(text string) (polite, follows bool) {
	intent := f.intent(text)
	polite = intent == "thanks" || intent == "bye"
	return polite, polite || intent == "abuse"
}

// Greets says that a message is a greeting and nothing else.
func (f *Flow) Greets(text string) bool { return f.intent(text) == "greeting" }

// Repeats says that a message asks to hear the last answer again.
func (f *Flow) Repeats(text string) bool {
	intent := f.intent(text)
	return intent == "repeat" || intent == "puzzled"
}

// AsksAbout says that a message asks about what was told: how, until when, what meanwhile.
func (f *Flow) AsksAbout(text string) bool {
	switch f.intent(text) {
	case "how", "when", "meanwhile":
		return true
	}
	return false
}

// longestWait is what a fragment may wait at most: twice as long is the longest burst, and WeChat hangs up after 5 s.
const longestWait = 2000

// checkTalk lists what is unsound about how a flow listens.
func (f *Flow) checkTalk() (faults []string) {
	waits := []int{f.Burst.Wait}
	for _, ms := range f.Burst.Channels {
		waits = append(waits, ms)
	}
	for _, ms := range waits {
		if ms < 0 || ms > longestWait {
			faults = append(faults, fmt.Sprintf("burst: a wait of %d ms; write 0 to %d", ms, longestWait))
		}
	}
	for id, t := range f.Times {
		c := f.Table.check(id)
		if c == nil {
			continue // the library asks no such thing
		}
		for _, answer := range []string{t.Within, t.Beyond, "unknown"} {
			if t.Days < 1 || !slices.ContainsFunc(c.Answers, func(a CheckAnswer) bool { return a.ID == answer }) {
				faults = append(faults, fmt.Sprintf("times: %s needs days of 1 or more, and the answers within and beyond of its check", id))
				break
			}
		}
	}
	return faults
}
