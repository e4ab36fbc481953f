package knowledge

import (
	"regexp"
	"slices"
	"strings"
)

// Checks that are answered by comparing, beside the phrases of the library: amounts, and kinds of cards.
const (
	checkAmount = "amount-matters"
	checkCards  = "all-cards"
)

const (
	goes  = `(?:都能|都可以|还能|就能|能|可以|就可以|都|就)?(?:过得去|没问题|刷得了|收得了|能过|能刷|能收|能用|能成功|可以|没事|正常|行|过|刷|收|用)`
	fails = `(?:就|都|也|却)?(?:过不去|过不了|刷不了|刷不过|刷不起|收不了|用不了|不可以|不能刷|不能过|不能用|不能收|不得行|不行|不能|不过|失败|不中)`
	// after is what may follow: 几百块可以 says that it goes, 几百块可以退 does not.
	after = `(?:的|了|啊|呀|吧|哦|嘛)*$`
)

var (
	sum      = `(\d{1,7}|[一二两三四五六七八九十几]{1,3})(百|千|万)?(?:多|来)?(?:块钱|块|元)?`
	sumGoes  = regexp.MustCompile(sum + `(以下|以内|之内)?的?(?:还能|就能|都能|都可以|就可以|能|可以)?(?:过得去|没问题|刷得了|收得了|能过|能刷|能收|能成功|可以|没事|正常|行|过|刷|收)` + after)
	sumFails = regexp.MustCompile(`(超过|大于|高于)?` + sum + `(以上|往上|起|以下|以内|之内)?的?(就|都|也)?(?:过不去|过不了|刷不了|刷不过|刷不起|收不了|不可以|不能刷|不能过|不能收|不得行|不行|不能|不过|失败)` + after)

	kind      = `(信用卡|贷记卡|储蓄卡|借记卡|工资卡|外卡|国外卡|visa|万事达|工行|工商|农行|农业|中行|建行|建设|交行|交通|招行|招商|邮储|邮政|浦发|民生|光大|兴业|平安|中信|华夏|广发|农信|信用社)`
	kindGoes  = regexp.MustCompile(kind + `(?:银行)?的?卡?` + goes + `$`)
	kindFails = regexp.MustCompile(kind + `(?:银行)?的?卡?` + fails + after)
	kindsFail = regexp.MustCompile(kind + `卡?(?:和|跟|与|还有)?` + kind + `卡?(?:全|都|全都)` + `(?:过不去|过不了|刷不了|用不了|不可以|不能刷|不能用|不得行|不行|不能|失败|不中)` + after)
	kindOnly  = regexp.MustCompile(`^(?:是|就是|用的是|用的|刷的是|刷的|顾客的|客人的|一张|这张|张|尾号\d{4}的?|\d{4,19})*` + kind + `(?:银行)?的?(?:信用卡|储蓄卡|借记卡|贷记卡|卡)?(?:啊|呀|吧|的)*$`)
	wayOnly   = regexp.MustCompile(`^(?:(?:我|这笔|那笔|都|客人|顾客)*(?:是|就是|用的是|用的|用)(?:微信|支付宝|云闪付|手机)?(?:扫码|扫的码|扫的|码牌|收款码|二维码|刷卡|刷的卡|刷的)(?:收的|付的|支付的|支付|的|收)?|(?:微信|支付宝|云闪付|手机)?(?:扫码|扫|刷卡|刷)(?:收|付|支付)?的)(?:啊|呀|吧|呢)*$`)
	sameKind  = strings.NewReplacer("贷记卡", "信用卡", "借记卡", "储蓄卡", "工资卡", "储蓄卡", "工商", "工行", "农业", "农行", "建设", "建行", "交通", "交行", "招商", "招行", "邮政", "邮储")

	// unsaid words make it a question or a supposition.
	unsaid = []string{"吗", "么", "如果", "要是", "是不是", "能不能", "会不会", "可不可以", "行不行", "万一", "怎么", "为什么", "为啥", "手续费", "费率"}
)

// compared returns what a message says by comparing amounts or kinds of cards, and "" for what it does not say.
func compared(text string) (amount, cards string) {
	clauses := splitKinds(splitClauses(text))
	amounts := map[string]bool{}
	var less, more bool // a sum that goes, one of a size that a limit may stop
	var good, bad []string
	for _, c := range clauses {
		s := bareText(c)
		if containsAny(s, unsaid) {
			return "", ""
		}
		if m := sumGoes.FindStringSubmatch(s); m != nil {
			switch {
			case !money(m[0], m[1], m[2]): // 机器2可以了
			case m[3] != "" || small(m[1], m[2]):
				amounts["yes"] = true
			default:
				less = true
			}
		} else if m := sumFails.FindStringSubmatch(s); m != nil {
			switch lower := strings.HasPrefix(m[4], "以下") || strings.HasSuffix(m[4], "内"); {
			case !money(m[0], m[2], m[3]): // 58也不行
			case lower:
				amounts["unsure"] = true
			case m[1] != "" || m[4] != "":
				amounts["yes"] = true
			case small(m[2], m[3]) && (m[5] == "都" || m[5] == "也"):
				amounts["no"] = true
			case !small(m[2], m[3]) && m[5] != "都" && m[5] != "也": // alone it only says how much was to be paid
				more = true
			default:
				amounts["unsure"] = true
			}
		}
		switch {
		case kindsFail.MatchString(s):
			cards = "yes"
		case kindFails.MatchString(s):
			bad = append(bad, sameKind.Replace(kindFails.FindStringSubmatch(s)[1]))
		case kindGoes.MatchString(s):
			good = append(good, sameKind.Replace(kindGoes.FindStringSubmatch(s)[1]))
		}
	}
	if less && more {
		amounts["yes"] = true // 3000能过5000不行
	} else if less {
		amounts["unsure"] = true
	}
	if len(amounts) == 1 && !amounts["unsure"] {
		for a := range amounts {
			amount = a
		}
	}
	if len(good) > 0 && len(bad) > 0 && !slices.ContainsFunc(good, func(k string) bool { return slices.Contains(bad, k) }) {
		cards = "no"
	}
	return amount, cards
}

// splitKinds cuts clauses that say of two kinds of cards, or two sums, how each goes: 储蓄卡可以信用卡不行.
func splitKinds(clauses []string) []string {
	var out []string
	for _, c := range clauses {
		for _, word := range []string{"可以", "能刷", "能过", "能用", "没问题", "正常", "不行", "刷不了", "过不去", "用不了"} {
			if i := strings.Index(c, word); i > 0 && i+len(word) < len(c) && len(c)-i-len(word) >= 2*len("卡") {
				out = append(out, c[:i+len(word)])
				c = c[i+len(word):]
			}
		}
		out = append(out, c)
	}
	return out
}

// money says that a number is a sum: it has a unit, or is too long for a response code or the number of a machine.
func money(all, digits, unit string) bool {
	return unit != "" || len(digits) > 2 && digits[0] >= '0' && digits[0] <= '9' || strings.Contains(all, digits+"块") || strings.Contains(all, digits+"元") || strings.Contains(digits, "几")
}

// small says that a sum is of the size that any limit lets pass.
func small(digits, unit string) bool {
	if unit == "千" || unit == "万" {
		return false
	}
	return unit == "百" || digits == "几" || digits == "十几" || numeral(strings.ReplaceAll(digits, "几", "")) < 1000
}

// cardKind is the kind of card, or the way of paying, of a message that says nothing else: 工行的信用卡, 是扫码的.
func cardKind(text string) string {
	if len(text) > 60 {
		return ""
	}
	s := bareText(strings.ReplaceAll(text, "*", ""))
	if !kindOnly.MatchString(s) && !wayOnly.MatchString(s) {
		return ""
	}
	return s
}
