package flows

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// plain folds width and case and drops white space and punctuation, so that "① 都不行！" and "1都不行" compare equal.
func plain(s string) string {
	var b strings.Builder
	for _, r := range norm.NFKC.String(s) {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			b.WriteRune(unicode.ToLower(r))
		}
	}
	return b.String()
}

// short says that a text is short enough to be a reply rather than a new story.
func short(plain string) bool { return utf8.RuneCountInString(plain) <= 12 }

const ordinals = "一二三四五六七八九"

// number reads "1", "①", "第一个", "选 2" and their like; 0 means none.
func number(plain string) int {
	s := plain
	for _, lead := range []string{"我", "选择", "选", "回复", "回", "答", "按", "第"} {
		s = strings.TrimPrefix(s, lead)
	}
	for _, tail := range []string{"吧", "啊", "呀", "个", "项", "种", "条", "号"} {
		s = strings.TrimSuffix(s, tail)
	}
	switch plain {
	case "前者", "上面那个", "头一个":
		s = "1"
	case "后者":
		s = "2"
	}
	if utf8.RuneCountInString(s) != 1 {
		return 0
	}
	r, _ := utf8.DecodeRuneInString(s)
	if r >= '1' && r <= '9' {
		return int(r - '0')
	}
	if i := strings.IndexRune(ordinals, r); i >= 0 {
		return i/len("一") + 1
	}
	return 0
}

// elsewhere finds the answer to any check that a short reply gives in the very words of one of its choices: merchants answer the
// question before the last one, too.
func (f *Flow) elsewhere(text string) (Evidence, bool) {
	s := plain(text)
	if len([]rune(s)) < 3 {
		return Evidence{}, false
	}
	for _, c := range f.Table.Checks {
		for _, a := range c.Answers {
			if a.ID != "unknown" && (s == f.folded(a.Text) || f.whole(s, a.Words)) {
				return Evidence{Check: c.ID, Answer: a.ID}, true
			}
		}
	}
	return Evidence{}, false
}

// negated says that what stands before byte i denies it: 不要转人工, 别转人工.
func negated(s string, i int) bool {
	for _, n := range []string{"不要", "不用", "不想", "别", "不是", "无需", "不需要", "不"} {
		if strings.HasSuffix(s[:i], n) || n != "不" && (strings.HasSuffix(s[:i], n+"给我") || strings.HasSuffix(s[:i], n+"再")) {
			return true
		}
	}
	return false
}

// whether says that the word at byte i is half of a question: the 不行 of 扫码行不行, the 不能 of 能不能.
func whether(s, word string, i int) bool {
	not, ok := strings.CutPrefix(word, "不")
	if !ok {
		not, ok = strings.CutPrefix(word, "没")
	}
	if !ok || not == "" {
		return false
	}
	first, _ := utf8.DecodeRuneInString(not)
	last, _ := utf8.DecodeLastRuneInString(s[:i])
	return first == last
}

// folded returns the plain form of a word of the flow, folded once.
func (f *Flow) folded(word string) string {
	if p, ok := f.fold.Load(word); ok {
		return p.(string)
	}
	p := plain(word)
	f.fold.Store(word, p)
	return p
}

func (f *Flow) within(s string, words []string) bool {
	for _, w := range words {
		if i := strings.Index(s, f.folded(w)); i >= 0 && !negated(s, i) {
			return true
		}
	}
	return false
}

func (f *Flow) whole(s string, words []string) bool {
	for _, w := range words {
		if s == f.folded(w) {
			return true
		}
	}
	return false
}

// order in which intents are tried; the first that fits wins.
var order = []string{"unbind", "bind", "human", "restart", "correct", "repeat", "puzzled", "progress", "continue", "abuse", "wait", "how", "when", "meanwhile", "thanks", "bye", "greeting", "cancel"}

// asides may begin a question about what was told, in this order: 那请问大概还要多久.
var asides = []string{"那么", "那", "请问", "我想问", "想问下", "问一下", "这个", "这", "大概", "大约", "到底", "还"}

// intent returns what a message does to the dialogue itself, or "". Words within a long message do not count, except asking for a
// person: who asks for one inside a story wants one.
func (f *Flow) intent(text string) string {
	s := plain(text)
	if s == "" {
		return ""
	}
	bare := s
	for _, lead := range asides {
		bare = strings.TrimPrefix(bare, lead)
	}
	bare = bareReply(bare)
	for _, name := range order {
		w := f.Intents[name]
		if f.whole(s, w.Whole) || parts[name] != "" && f.whole(bare, w.Whole) || ((short(s) || name == "human" || name == "abuse") && f.within(s, w.Within)) {
			return name
		}
	}
	return ""
}

var (
	sayYes = []string{"是", "是的", "对", "对的", "嗯", "恩", "有", "有的", "会", "能", "可以", "要", "好", "好的", "行", "ok", "yes", "没错", "确实", "就是", "就是的", "可以的",
		"是滴", "对滴", "是哩", "对头", "中", "要得", "嗯呐", "系", "系啊", "系呀", "有啊", "有过", "有过的", "当然", "肯定是", "必须的", "对对", "对对对", "是是是", "嗯嗯", "嗯嗯嗯"}
	sayNo = []string{"不是", "没有", "没", "不", "不会", "不能", "否", "no", "不对", "不是的", "无", "没有的", "没有过", "从来没有", "从没有", "没得", "莫得", "木有", "冇", "冇啊", "唔系", "不中",
		"不是滴", "没有滴", "弗是", "勿是", "没呢", "没有呢", "暂时没有", "都没有", "并没有"}
	sayUnknown = []string{"不知道", "不清楚", "不晓得", "没注意", "没试过", "没试", "不确定", "说不好", "忘了", "不记得", "没看", "不懂", "没留意", "没看清", "看不清", "记不清", "没法试",
		"不太清楚", "不大清楚", "搞不清", "搞不清楚", "弄不清", "弄不清楚", "说不清", "不好说", "拿不准", "没把握", "没印象", "记不得", "记不得了", "记不清了", "记不住", "忘记了", "想不起来", "没在意", "没关注", "唔知", "唔知道",
		"唔清楚", "晓不得", "晓不得了", "不造", "还没试", "没有试", "试不了", "没试过呢", "不会看", "哪知道", "谁知道", "问老板", "要问老板", "老板才知道"}
	// hedges before a yes or no leave it open.
	hedges = []string{"好像", "可能", "大概", "应该", "估计", "也许", "似乎", "感觉", "差不多"}
	// tails are said after a reply and change nothing, leads before it.
	tails = []string{"啊", "呀", "吧", "呢", "嘛", "哈", "哦", "噢", "喔", "啦", "咯", "哟", "的呢", "滴", "诶", "哎", "呐", "哩", "撒", "噻"}
	leads = []string{"我也", "我们", "咱们", "我", "俺", "那个", "那", "呃", "额", "哦", "这个", "目前", "回答", "答案是"}
)

// bareReply takes off what stands around a reply and means nothing: 我也不知道呀.
func bareReply(s string) string {
	for _, w := range leads {
		if t, ok := strings.CutPrefix(s, w); ok && t != "" {
			s = t
			break
		}
	}
	for range 2 {
		for _, w := range tails {
			if t, ok := strings.CutSuffix(s, w); ok && t != "" {
				s = t
				break
			}
		}
	}
	return s
}

// yesNo reads yes, no, unknown, or "" for none of them. A guess is no answer that counts: 好像是 is unknown.
func (f *Flow) yesNo(s string) string {
	for _, form := range []string{s, bareReply(s)} {
		for _, h := range hedges {
			if t, ok := strings.CutPrefix(form, h); ok && (f.whole(t, sayYes) || f.whole(t, sayNo) || f.whole(bareReply(t), sayYes) || f.whole(bareReply(t), sayNo)) {
				return "unknown"
			}
		}
		switch {
		case f.whole(form, sayUnknown):
			return "unknown"
		case f.whole(form, sayYes):
			return "yes"
		case f.whole(form, sayNo):
			return "no"
		}
	}
	return ""
}

// when is the answer that a time gives to a check, "unknown" for a time that may be either, "" for a check that no time answers.
func (f *Flow) when(p *Prompt, ago *Ago) string {
	if p == nil || p.Kind != PromptCheck || ago == nil {
		return ""
	}
	t, ok := f.Times[p.Ref]
	switch {
	case !ok || f.Table.check(p.Ref) == nil:
		return ""
	case ago.Most <= t.Days:
		return answerID(p.Ref, t.Within)
	case ago.Least >= t.Days:
		return answerID(p.Ref, t.Beyond)
	}
	return answerID(p.Ref, "unknown")
}

// TimeAnswer is how a time answers a check: Within so many days, or Beyond.
type TimeAnswer struct {
	Days   int    `yaml:"days" json:"days"`
	Within string `yaml:"within" json:"within"`
	Beyond string `yaml:"beyond" json:"beyond"`
}

// oneTopic says that the question is whether one topic is meant: 您说的是「…」吗？
func (p *Prompt) oneTopic() bool {
	return p.Kind == PromptTopics && (len(p.Choices) < 2 || !strings.HasPrefix(p.Choices[1].ID, "article:"))
}

// fit finds the choice that a typed reply means, or "". Tried in this order: number, the words of a choice, yes / no / don't know,
// a choice's words inside a short reply.
func (f *Flow) fit(p *Prompt, text string) string {
	s := plain(text)
	if p == nil || s == "" || len(p.Choices) == 0 {
		return ""
	}
	if n := number(s); n > 0 && n <= len(p.Choices) {
		return p.Choices[n-1].ID
	}
	if s == "最后一个" || s == "最后一项" || s == "最下面那个" || s == "最下面的" {
		return p.Choices[len(p.Choices)-1].ID
	}
	for _, c := range p.Choices {
		if s == f.folded(c.Text) || f.whole(s, f.words(p, c.ID)) {
			return c.ID
		}
	}
	if p.Kind == PromptWords {
		if answer := f.yesNo(s); answer == "no" || answer == "unknown" {
			return "wordless"
		}
	}
	if p.Kind == PromptCheck {
		if answer := f.yesNo(s); answer != "" {
			return answerID(p.Ref, answer)
		}
	}
	if answer := f.yesNo(s); answer == "yes" && (p.Kind == PromptDecide || p.Kind == PromptFile || p.oneTopic()) {
		return p.Choices[0].ID
	} else if p.Kind == PromptTopics && (answer == "no" || answer == "unknown") && p.Choices[max(0, len(p.Choices)-2)].ID == "neither" {
		return "neither"
	} else if p.Kind == PromptFile && answer == "no" {
		return "notyet"
	} else if p.Kind == PromptConfirm && answer == "yes" {
		return "solved"
	} else if p.Kind == PromptConfirm && answer == "no" {
		return "unsolved"
	}
	if !short(s) {
		return ""
	}
	// The longest word wins: 没解决 holds 解决.
	best, bestLen := "", 0
	for _, c := range p.Choices {
		if c.ID == "solved" && strings.ContainsAny(s, "吗没又怎才何") {
			continue // 钱到账了吗 asks, 又不能用了 complains
		}
		for _, w := range append([]string{c.Text}, f.words(p, c.ID)...) {
			pw := f.folded(w)
			if n := len(pw); n > bestLen && n >= 2*len("一") {
				if i := strings.Index(s, pw); i >= 0 && !negated(s, i) && !whether(s, pw, i) {
					best, bestLen = c.ID, n
				}
			}
		}
	}
	if best == "" {
		return f.begun(p, s)
	}
	return best
}

// begun finds the one choice whose text begins with a reply of four characters or more: 没有第二台 of 没有第二台或没试.
func (f *Flow) begun(p *Prompt, s string) string {
	id := ""
	for _, c := range p.Choices {
		if utf8.RuneCountInString(s) >= 4 && strings.HasPrefix(f.folded(c.Text), s) {
			if id != "" {
				return ""
			}
			id = c.ID
		}
	}
	return id
}

// outcome reads a message that says whether it works now, or asks for a ticket: solved, unsolved, ticket or "". It means the same
// in every state.
func (f *Flow) outcome(text string) string {
	s := plain(text)
	for _, id := range []string{"unsolved", "solved", "ticket"} {
		if s == f.folded(f.Choices[id].Text) || f.whole(s, f.Choices[id].Words) {
			return id
		}
	}
	return ""
}

// words are the other ways to say a choice of this prompt.
func (f *Flow) words(p *Prompt, id string) []string {
	if p.Kind == PromptCheck {
		if c := f.Table.check(p.Ref); c != nil {
			for _, a := range c.Answers {
				if answerID(c.ID, a.ID) == id {
					return a.Words
				}
			}
		}
	}
	if o, ok := strings.CutPrefix(id, "object:"); ok {
		for _, d := range f.Objects {
			if d.ID == o {
				return d.Words
			}
		}
	}
	return f.Choices[id].Words
}

func answerID(check, answer string) string { return check + ":" + answer }

// Fit finds the choice on the merchant's screen that a typed reply means, or "".
func (f *Flow) Fit(st State, text string) string { return f.fit(st.Pending, text) }

// Steers says that a message only steers the dialogue: 转人工, 谢谢, 再说一遍.
func (f *Flow) Steers(text string) bool { return f.intent(text) != "" }
