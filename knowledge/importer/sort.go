package importer

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"posdoctor/knowledge"
)

// aspect is which side of a trouble a point tells.
type aspect int

const (
	aspectNone aspect = iota
	aspectMixed
	aspectCause
	aspectImpact
	aspectSolution
	aspectPrevention
)

// aspectWords name an aspect in a heading or a question. Prevention goes before the rest: 如何避免 asks for no solution.
var aspectWords = []struct {
	is    aspect
	words *regexp.Regexp
}{
	{aspectPrevention, regexp.MustCompile(`(?i)预防|防范|防止|避免|日常(?:维护|保养)|注意事项|prevent|avoid`)},
	{aspectImpact, regexp.MustCompile(`(?i)影响|后果|危害|损失|会怎么?样|impact|consequence|effects?\b`)},
	{aspectCause, regexp.MustCompile(`(?i)原因|成因|诱因|由来|为什么|为何|为啥|怎么回事|因素|怎么会|\bcauses?\b|\bwhy\b|reason`)},
	{aspectSolution, regexp.MustCompile(`(?i)解决|处理|处置|应对|办法|方法|方案|对策|措施|步骤|怎么办|怎么弄|如何|怎么|怎样|排查|恢复|修复|solution|\bfix|resolve|how to|what to do`)},
}

// aspectOf reads which aspect a heading announces; a heading that announces several, as a title does, is mixed.
func aspectOf(text string) aspect {
	var found []aspect
	for _, a := range aspectWords {
		if a.words.MatchString(text) {
			found = append(found, a.is)
		}
	}
	switch {
	case len(found) == 0:
		return aspectNone
	case found[0] == aspectPrevention && !besides.MatchString(text):
		return aspectPrevention // 预防……的措施
	case len(found) == 1:
		return found[0]
	case len(found) == 2 && found[1] == aspectSolution && !listed.MatchString(text):
		return found[0] // 有什么影响,怎么看: the first says what is asked
	}
	return aspectMixed
}

// besides are words that ask for more than prevention.
var besides = regexp.MustCompile(`解决|原因|影响`)

// listed tells whether a heading names several aspects side by side: 原因及解决方法.
var listed = regexp.MustCompile(`(?:原因|影响|后果|危害)[、，,和及与以/&\s]{1,3}.{0,6}(?:解决|处理|处置|应对|方法|办法|措施|方案|影响|预防|怎么办)`)

// signals sort a point that stands under no telling heading by its own words. The aspect with most signals has it.
var signals = map[aspect]*regexp.Regexp{
	aspectCause:      regexp.MustCompile(`由于|因为|导致|造成|引起|引发|所致|指的是|是指|故障|过期|失误|欠费|不稳定|中断|老化|超限|不足|被冻结|可能是|不一致|不符`),
	aspectImpact:     regexp.MustCompile(`影响|损失|流失|无法(?:收款|交易|结算|到账)|延迟到账|信誉|排队|后果|承担.{0,6}责任`),
	aspectSolution:   regexp.MustCompile(`请|应(?:该|当)?[^答用急对]|联系|检查|重启|重新|更换|换一|尝试|拨打|查看|确认|核对|提交|上传|改用|可以(?:先|使用|通过)|建议|需要?(?:先|联系)|等待|关机|签到`),
	aspectPrevention: regexp.MustCompile(`定期|提前|避免|防止|预防|平时|日常|养成|以免`),
}

// aspectOfPoint sorts a point by its words.
func aspectOfPoint(text string) aspect {
	best, most := aspectCause, 0
	for _, a := range []aspect{aspectPrevention, aspectSolution, aspectImpact, aspectCause} {
		if n := len(signals[a].FindAllStringIndex(text, -1)); n > most {
			best, most = a, n
		}
	}
	return best
}

// entry is one trouble or question on its way to a draft.
type entry struct {
	line     int
	id       string
	title    string
	wordings []string
	points   [aspectPrevention + 1][]string
	brief    string
	codes    []string
	object   knowledge.Object
	move     knowledge.Move
	liftedBy string
	prepare  []string
	never    []string
	sources  []string
	made     bool // by hand, in a table: no custom of unknown origin
	asked    bool // its title is a question
}

// add puts points under an aspect, each once.
func (e *entry) add(a aspect, points ...string) {
	for _, p := range points {
		p = clean(p)
		if p == "" {
			continue
		}
		to := a
		if a == aspectNone || a == aspectMixed {
			to = aspectOfPoint(p)
		}
		if !slices.Contains(e.points[to], p) {
			e.points[to] = append(e.points[to], p)
		}
	}
}

// answer sorts what answers the entry's question: by the aspect that the question asks for, else by the words.
func (e *entry) answer(texts []string) {
	a := aspectOf(e.title)
	if means.MatchString(e.title) {
		a = aspectCause
	}
	e.add(a, texts...)
}

// means finds questions for a meaning; it stands where causes stand.
var means = regexp.MustCompile(`什么是|是什么意思|什么意思|是指什么|是啥`)

func (e *entry) empty() bool {
	for _, points := range e.points {
		if len(points) > 0 {
			return false
		}
	}
	return e.brief == ""
}

// article makes the entry one of the library. Its id and sources come later.
func (e *entry) article() knowledge.Article {
	a := knowledge.Article{ID: e.id, Title: e.title, Object: e.object, Move: knowledge.Answer, Wordings: distinct(e.title, e.wordings), Codes: e.codes, Sources: e.sources, Custom: !e.made}
	if e.move != "" {
		a.Move = e.move
	}
	if a.Object == "" {
		a.Object = objectOf(e.title)
	}
	if a.Object == "" && len(a.Codes) > 0 {
		a.Object = knowledge.Terminal // a code is what a machine shows
	}
	a.Cause = strings.Join(e.points[aspectCause], "\n")
	a.Impact = strings.Join(e.points[aspectImpact], "\n")
	a.Solution = e.points[aspectSolution]
	a.Prevention = e.points[aspectPrevention]
	a.LiftedBy, a.Prepare, a.Never = e.liftedBy, e.prepare, e.never
	a.Brief = e.brief
	if a.Brief == "" || utf8.RuneCountInString(a.Brief) > maxBrief {
		a.Brief = e.first()
	}
	return a
}

// distinct leaves out wordings that mean the same to the search as the title or each other.
func distinct(title string, wordings []string) []string {
	seen := map[string]bool{knowledge.Normalize(title): true, "": true}
	var out []string
	for _, w := range wordings {
		if normal := knowledge.Normalize(w); !seen[normal] {
			seen[normal] = true
			out = append(out, w)
		}
	}
	return out
}

// maxBrief is how long a brief may be; see knowledge.Remedy.
const maxBrief = 40

// first makes what is said first out of the points: the names of the causes when there are several, else the beginning of
// the first point that says what to do.
func (e *entry) first() string {
	var names []string
	for _, p := range e.points[aspectCause] {
		if name, _, ok := strings.Cut(p, "："); ok && utf8.RuneCountInString(name) <= 12 {
			names = append(names, name)
		}
	}
	if len(names) > 1 {
		for n := len(names); n > 0; n-- {
			brief := "常见原因：" + strings.Join(names[:n], "、")
			if n < len(names) {
				brief += "等"
			}
			if utf8.RuneCountInString(brief) <= maxBrief {
				return brief
			}
		}
	}
	for _, a := range []aspect{aspectSolution, aspectCause, aspectPrevention, aspectImpact} {
		for _, p := range e.points[a] {
			return shortest(p)
		}
	}
	return short(e.title, maxBrief)
}

// condition is a clause that only says when the next one holds.
var condition = regexp.MustCompile(`^(?:如果|若|当|一旦|为了|由于|假如|遇到|发现)[^，。；]{2,40}，`)

// shortest cuts a text behind the last clause that fits into a brief.
func shortest(text string) string {
	if name, rest, ok := strings.Cut(text, "："); ok && utf8.RuneCountInString(name) <= 12 && rest != "" {
		text = rest
	}
	if rest := condition.ReplaceAllString(text, ""); utf8.RuneCountInString(rest) >= 8 {
		text = rest
	}
	runes := []rune(strings.ReplaceAll(text, "\n", " "))
	end := 0
	for i, r := range runes[:min(len(runes), maxBrief+1)] {
		if strings.ContainsRune("，。；！？,;", r) && i >= 6 {
			end = i
		}
	}
	if len(runes) <= maxBrief {
		return strings.TrimRight(string(runes), "，。；,;")
	}
	if end > 0 {
		return string(runes[:end])
	}
	return short(string(runes), maxBrief)
}

var objectWords = []struct {
	is    knowledge.Object
	words *regexp.Regexp
}{
	{knowledge.Settlement, regexp.MustCompile(`结算|到账|到帐|提现|入账|没收到钱`)},
	{knowledge.Payer, regexp.MustCompile(`持卡人|顾客|余额|密码错|发卡`)},
	{knowledge.Merchant, regexp.MustCompile(`商户|执照|法人|费率`)},
	{knowledge.Terminal, regexp.MustCompile(`终端|机身|打印|电池|签到|屏幕|密钥|主控|信号|联网`)},
}

// objectOf guesses whose record is in trouble; "" when the words leave it open.
func objectOf(text string) knowledge.Object {
	for _, o := range objectWords {
		if o.words.MatchString(text) {
			return o.is
		}
	}
	return ""
}
