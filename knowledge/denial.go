package knowledge

import (
	"strings"
	"unicode"
)

var (
	// deniers begin a clause that says what is not the matter: 没有提示商户状态异常，是余额不足. Longer ones first.
	deniers = []string{"没有提示", "没提示", "并没有", "没有报", "并不是", "不是说", "没报", "不是"}
	// denierLeads may stand before them.
	denierLeads = []string{"我们", "我", "这个", "这", "它", "那个", "那", "机器", "机子", "屏幕上", "屏幕", "可是", "但是", "但", "可", "也", "上面"}
	// turns go on, inside the clause, with what is the matter: 没报商户异常就是刷不了卡.
	turns = []string{"而是", "但是", "可是", "只是", "反而", "就是", "但", "却", "是"}
	// questions are no denials: 不是法人能办吗, 不是说三八吗.
	questionEnds  = []string{"吗", "么", "呢", "吧", "嘛"}
	questionWords = []string{"能不能", "可不可以", "行不行", "可以", "为什么", "凭什么"}
)

// affirmed returns a message without the clauses that deny something, and whether there were any.
func affirmed(text string) (kept string, denied bool) {
	var b strings.Builder
	rest := text
	for rest != "" {
		from := strings.IndexFunc(rest, func(r rune) bool { return !separates(r) })
		if from < 0 {
			break
		}
		b.WriteString(rest[:from])
		rest = rest[from:]
		to := strings.IndexFunc(rest, separates)
		if to < 0 {
			to = len(rest)
		}
		clause, after := rest[:to], rest[to:]
		rest = after
		if strings.HasPrefix(after, "?") || strings.HasPrefix(after, "？") {
			b.WriteString(clause)
			continue
		}
		left, is := undeny(clause)
		if denied && !is { // the clause after a denial says what it is instead
			left = strings.TrimPrefix(strings.TrimPrefix(left, "而"), "是")
		}
		denied = denied || is
		b.WriteString(left)
	}
	b.WriteString(rest)
	if !denied {
		return text, false
	}
	return b.String(), true
}

// undeny returns what a clause says beside its denial, and whether it is one.
func undeny(clause string) (string, bool) {
	plain := strings.Map(func(r rune) rune {
		if s, ok := simplify[r]; ok {
			return s
		}
		return r
	}, clause)
	head := plain
	for range 2 {
		head = trimPrefix(head, denierLeads)
	}
	denier := ""
	for _, word := range deniers {
		if strings.HasPrefix(head, word) {
			denier = word
			break
		}
	}
	said := strings.TrimPrefix(head, denier)
	if left, is := untroubled(plain); is {
		return left, true
	}
	either := strings.HasSuffix(denier, "不是") && strings.Contains(said, "就是") // 不是没电就是死机
	if denier == "" || either || strings.HasPrefix(said, "音") || hasSuffix(plain, questionEnds) || containsAny(plain, questionWords) {
		return clause, false
	}
	at, length := len(said), 0
	for _, turn := range turns {
		if i := strings.Index(said, turn); i > 0 && i < at {
			at, length = i, len(turn)
		}
	}
	return said[at+min(length, len(said)-at):], true
}

var (
	// troubles are words that are one by themselves, so 没 before them says that it is not: 执照没过期. Those that are one only by their 没,
	// such as 没信号 and 没到账, are none of these. Longer ones first.
	troubles = []string{"过有效期", "过期", "到期", "逾期", "缺纸", "卡纸", "欠费", "停机", "断网", "断电", "进水", "注销", "冻结", "上锁", "锁定", "锁住", "弄坏", "摔坏", "损坏", "摔过", "坏"}
	notThere = []string{"没有", "没", "未", "并未"}
	tailsOf  = []string{"了", "过", "啊", "呀", "的"}
	// goesOn begins what is the matter, behind a denial in the same clause: 没缺纸但是不打印.
	goesOn = []string{"但是", "可是", "只是", "就是", "但", "可", "却", "也", "还是", "照样", "依然"}
)

// untroubled returns what a clause says beside a trouble that it denies, and whether it denies one. What the denial is about stays: the
// printer of 打印机没缺纸但是不打印.
func untroubled(clause string) (string, bool) {
	if hasSuffix(clause, questionEnds) || containsAny(clause, questionWords) {
		return clause, false
	}
	for _, no := range notThere {
		for _, word := range troubles {
			i := strings.Index(clause, no+word)
			if i < 0 {
				continue
			}
			rest := clause[i+len(no+word):]
			for _, t := range tailsOf {
				rest = strings.TrimPrefix(rest, t)
			}
			if rest == "" {
				return "", true
			}
			for _, on := range goesOn {
				if after, ok := strings.CutPrefix(rest, on); ok {
					return clause[:i] + after, true
				}
			}
			return clause, false
		}
	}
	return clause, false
}

// separates tells whether a clause ends at r, but not inside 5.5 or wi-fi.
func separates(r rune) bool {
	return unicode.IsSpace(r) || unicode.IsPunct(r) && r != '\'' && r != '.' && r != '-'
}

func trimPrefix(s string, words []string) string {
	for _, word := range words {
		if rest, ok := strings.CutPrefix(s, word); ok {
			return rest
		}
	}
	return s
}

func containsAny(s string, words []string) bool {
	for _, word := range words {
		if strings.Contains(s, word) {
			return true
		}
	}
	return false
}
