package knowledge

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

var (
	// seams are where a message may turn to a second trouble: the end of a sentence, or words such as 另外.
	seams = regexp.MustCompile(`[。！？；!?;\n]+|另外|还有|顺便|对了|再就是|再一个|再问|此外|然后|并且|而且`)
	// noSeams begin like one and are none: 还有没有信号, 另外一台.
	noSeams = []string{"还有没", "还有几", "还有多", "还有信号", "还有网", "还有电", "另外一台", "另外那台", "另外几台", "另外一张", "另外两台"}
)

const (
	longestPair  = 120 // characters; a longer message is a story, whose end belongs to its beginning
	shortestHalf = 4
	mostHalves   = 4
)

// Halves are the ways to read a message as two, at most 4: 打印机不出纸 and 上周的钱也没到账 of 打印机不出纸，另外上周的钱也没到账. Whether
// a half says anything is for the caller to find out.
func Halves(text string) [][2]string {
	if utf8.RuneCountInString(text) > longestPair {
		return nil
	}
	var out [][2]string
	for _, m := range seams.FindAllStringIndex(text, -1) {
		if len(out) == mostHalves || hasPrefix(text[m[0]:], noSeams) {
			continue
		}
		first, second := strings.TrimFunc(text[:m[0]], separates), strings.TrimFunc(text[m[1]:], separates)
		if utf8.RuneCountInString(first) >= shortestHalf && utf8.RuneCountInString(second) >= shortestHalf {
			out = append(out, [2]string{first, second})
		}
	}
	return out
}

// who is a clause that says who writes, and nothing of what is the matter: 老板不在我是店员.
var who = regexp.MustCompile(`^(?:(?:我们|我)?(?:老板|店长|老板娘)(?:现在|今天|人)?(?:不在|出去了|没来|出门了|不在店里|不在这里|没在)|(?:我|俺|咱)(?:就|只|只是|就是)?是?(?:个|一个|新来的|这里的|店里的)*(?:店员|收银员|收银的|收银|打工的|服务员|营业员|看店的|帮忙看店的)|(?:啥|什么)?(?:也|都)?不(?:懂|太懂|会))+$`)

// Matter is a message without the clauses that only say who writes, so that a clerk's trouble is found like his boss's. It is the message
// itself when nothing else stands there.
func Matter(text string) string {
	var keep []string
	clauses := strings.FieldsFunc(text, separates)
	for _, c := range clauses {
		if !who.MatchString(c) {
			keep = append(keep, c)
		}
	}
	if len(keep) == len(clauses) || utf8.RuneCountInString(strings.Join(keep, "")) < shortestHalf {
		return text
	}
	return strings.Join(keep, "，")
}

var (
	opening  = regexp.MustCompile(`^(?:另外|还有|顺便|对了|再就是|再一个|再问|此外|还有一个|问一下|说一下|就是|[，,、\s])+`)
	ending   = regexp.MustCompile(`[，,\s]*(?:怎么办|咋办|怎么弄|咋整|怎么回事|咋回事|咋搞|帮我看看|帮忙看看|看一下)[呀啊呢吗嘛？?！!。，,\s]*$`)
	moneyToo = regexp.MustCompile(`(钱|款|账|帐)(?:也|还|又|一直|都)+(没|未|不)`)
)

// Gist is a message about a second trouble without the words that tie it to the first, and without when it was: 钱没到账 of
// 另外上周的钱也没到账. Entries are worded without them. What names no money keeps its 也: 扫码也不行 is a reply.
func Gist(text string) string {
	s := text
	if cut := opening.FindStringIndex(s); cut != nil && !hasPrefix(s, noSeams) {
		s = s[cut[1]:]
	}
	for _, t := range times {
		if m := t.words.FindStringIndex(s); m != nil {
			if rest, ok := strings.CutPrefix(s[m[1]:], "的"); ok {
				s = s[:m[0]] + rest
			} else if m[0] == 0 && utf8.RuneCountInString(s[m[1]:]) >= shortestHalf {
				s = s[m[1]:] // 昨天钱也没到账
			}
			break
		}
	}
	return ending.ReplaceAllString(moneyToo.ReplaceAllString(s, "$1$2"), "")
}
