package knowledge

import (
	"regexp"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// The words that tell a response code from any other number. All are matched after folding to half width, upper case and
// simplified characters.
var (
	// screenWords stand before a code on the screen or the slip. Whatever follows was shown, so it may be unknown to us.
	screenWords = []string{"提示", "报错", "报", "报了", "弹", "弹出", "跳出", "跳", "错误代码", "错误码", "代码", "应答码", "返回码", "响应码",
		"状态码", "返码", "故障码", "错误", "出错", "返回", "显示", "出现", "出来", "蹦出", "出", "ERROR", "ERR", "CODE"}
	// explicitWords are those after which nothing but a code comes, also one of an odd form: 提示ZZ, 显示 999.
	explicitWords = []string{"提示", "报", "报了", "报错", "错误", "出错", "错误代码", "错误码", "代码", "应答码", "返回码", "响应码", "状态码", "返码", "故障码", "显示",
		"ERROR", "ERR", "CODE"}
	// otherReports end like 报 or 显示 and show no code.
	otherReports = []string{"汇报", "日报", "回报", "打出", "付出", "支出", "多出", "转出", "提出", "退出", "余额显示", "金额显示", "播报", "预报", "申报", "上报", "举报", "填报", "海报"}
	// weakWords stand before a code only when we know it.
	weakWords = []string{"失败", "异常", "还是", "又是", "都是", "变成", "老是", "总是", "一直", "全是", "码", "就是"}
	// afterWords follow a code.
	afterWords = []string{"是啥", "是什么", "啥意思", "什么意思", "是怎么", "是咋", "怎么回事", "咋回事", "咋弄", "咋整", "咋办", "怎么办", "怎么弄", "怎么处理",
		"什么情况", "啥情况", "什么毛病", "代码", "错误", "的错", "这个码", "这个代码", "应答码", "报错", "轮着报", "一直报", "交替", "换着报"}
	// troubleWords follow a code that begins a clause, for screens show the meaning behind the code: 51余额不足.
	troubleWords = []string{"余额", "次数", "日切", "单笔", "单日", "密码", "无效", "不", "超", "发卡", "终端", "商户", "受限", "受理", "找不到", "未", "金额", "签到", "重新", "重签", "交易", "过期",
		"系统", "线路", "通讯", "中心", "MAC", "PIN", "格式", "线", "原交易", "查询", "请", "与", "已", "卡", "没收", "被", "挂失", "有作弊", "作弊", "网络", "批次", "还是", "又"}
	// fillWords may stand between a screen word and its code.
	fillWords = []string{"个", "了", "的", "是", "一个", "什么", "说", "为", "代码", "错误码", "应答码", "码", "错误", "号", "也是", "都是", "又是", "还是", "这个", "那个", "一直", "老"}
	// unitWords follow a number that counts, dates or prices.
	unitWords = []string{"元", "块", "钱", "万", "千", "百", "亿", "毛", "角", "点", "号", "月", "日", "天", "年", "岁", "台", "笔", "次", "个", "人", "分", "小时", "秒", "周",
		"%", "G", "折", "张", "条", "单", "家", "户", "位", "多", "来", "几", "余", "后", "前", "费改", "劳动", "放假", "假期", "节", "期", "级", "倍", "层", "楼", "路", "栋", "区", "座", "店",
		"口", "纸", "版", "类", "种", "项", "件", "刀", "米", "斤", "平", "度", "格", "左右", "以上", "以下", "以内", "以后", "以前", "开头", "结尾", "尾号", "位数", "十", "届", "RMB", "KG", "CM", "MM", "W", "K"}
	// noUnits begin like a unit and are none: 51余额不足, 65次数超限.
	noUnits = []string{"余额", "次数", "格式", "日切", "单笔", "单日", "号错误", "号代码", "号报错", "前面", "后面", "后来", "后台", "多次", "类型", "点击", "人工", "位置", "个代码", "个错"}
	// moneyWords before a number make it an amount, unless a screen word stands between.
	moneyWords = []string{"扣", "扣了", "扣我", "到", "到了", "收", "收了", "付", "付了", "刷", "刷了", "少", "少了", "差", "多", "多了", "退", "退了", "转", "花", "费", "价", "押金", "充", "给", "要", "共",
		"剩", "余额", "尾号", "第", "满", "约", "近", "超过", "不到", "¥", "$", "￥", "金额", "打", "+", "T", "验证码", "星期", "周"}
	// neverCodes look like codes and are words of the trade.
	neverCodes = []string{"2G", "3G", "4G", "5G", "6G", "D0", "D1", "T0", "T1", "T2", "1D", "2D"}

	// neverWords are words of the trade in capitals, with or without a number behind.
	neverWords = strings.Fields("POS MPOS APP SIM APN NFC TAMPER OK VISA PIN MAC SN ID QR LED USB GPS VPN DNS IP IC ICC TID MID MCC JCB ATM PDA TMS KEY VIP CVV CVN CVM " +
		"SD TF SAM PSAM NO YES ON OFF END LTE GSM CDMA WIFI WLAN UPI UP QQ AM PM SOS OTA LOW CPU LCD RMB CNY USD HKD HK PC AI IOS FM BT MMS SMS CEO NEW DCC EMV VOLTE")
	// hotlines are numbers that people are told to call.
	hotlines = strings.Fields("110 119 120 114 12345 12315 12363 95516 96110 10000 10010 10086")

	macWords   = regexp.MustCompile(`(?:马克|麦克|吗克|MAC)(?:码|值)?(?:校验|较验|效验|校检|验证|检验)?(?:错|失败|不过|不通过|出错|不对|不正确)`)
	houseCode  = regexp.MustCompile(`^[A-Z]{0,4}[0-9]{2,10}[A-Z0-9]{0,6}$|^[A-Z][0-9][A-Z][0-9]{2,8}$`)
	houseYear  = regexp.MustCompile(`^(?:19|20)[0-9]{2}(?:[0-9]{4})?$`)
	hanNumeral = map[rune]rune{'零': '0', '〇': '0', '洞': '0', '一': '1', '幺': '1', '么': '1', '二': '2', '三': '3', '四': '4', '五': '5',
		'六': '6', '七': '7', '拐': '7', '八': '8', '九': '9', '勾': '9'}
)

// maxHouse is the longest code of a maker that is taken for one, in characters.
const maxHouse = 12

// candidate is a run of two characters that may be a code, or a longer one that may be a maker's.
type candidate struct {
	from, to int // runes
	code     string
	spoken   bool // written with Chinese numerals
	house    bool // not of the form of field 39: longer, or letters only
	odd      bool // a house code of no usual form
	accepted bool
}

// findCodes returns the codes of a message. known tells which have an article.
func findCodes(text string, known map[string]bool) []Code {
	runes, capitals := foldCapitals(text)
	list := candidatesIn(runes, capitals)
	m := message{runes, known}
	whole := m.onlyCodes(list)
	screen := m.mentionsScreen()
	for i := range list {
		c := &list[i]
		c.accepted = !m.counts(*c) && (whole && (!c.house || len(list) == 1 && c.mixed()) || m.accepts(*c, screen))
	}
	m.chains(list, screen)

	var out []Code
	taken := map[string]bool{}
	macs := macMatches(runes)
	add := func(from, to int, code string) {
		if !taken[code] {
			taken[code] = true
			out = append(out, Code{Text: string(runes[from:to]), Code: code, Known: known[code]})
		}
	}
	for _, c := range list {
		for len(macs) > 0 && macs[0][0] < c.from {
			add(macs[0][0], macs[0][1], "A0")
			macs = macs[1:]
		}
		if c.accepted {
			add(c.from, c.to, c.code)
		}
	}
	for _, mac := range macs {
		add(mac[0], mac[1], "A0")
	}
	return out
}

// maxBare is the longest maker's code that is read without a word about it, in characters: 1234567 may be a serial number.
const maxBare = 7

// mixed tells whether letters and digits stand together, so that a message of nothing else can only be a code: E101.
func (c candidate) mixed() bool {
	return len(c.code) <= maxBare && strings.ContainsFunc(c.code, digit) && strings.ContainsFunc(c.code, func(r rune) bool { return !digit(r) })
}

// foldCodes is fold with punctuation and spaces kept, for 5.5 and 10:30 are no codes, in upper case.
func foldCodes(text string) []rune {
	runes, _ := foldCapitals(text)
	return runes
}

// foldCapitals is foldCodes, and tells which runes were capitals.
func foldCapitals(text string) (runes []rune, capitals []bool) {
	runes, capitals = make([]rune, 0, len(text)/2), make([]bool, 0, len(text)/2)
	for _, r := range norm.NFKC.String(text) {
		if unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf) {
			continue
		}
		if plain, ok := simplify[r]; ok && hanNumeral[r] == 0 { // 么 is a numeral here
			r = plain
		}
		if unicode.IsSpace(r) || unicode.IsControl(r) {
			r = ' '
		}
		runes, capitals = append(runes, unicode.ToUpper(r)), append(capitals, unicode.IsUpper(r))
	}
	return runes, capitals
}

// macMatches finds the text of code A0 by its sound, as positions in runes.
func macMatches(runes []rune) [][2]int {
	s := string(runes)
	var out [][2]int
	at, counted := 0, 0 // counted runes up to byte at
	for _, m := range macWords.FindAllStringIndex(s, -1) {
		counted += len([]rune(s[at:m[0]]))
		from := counted
		counted += len([]rune(s[m[0]:m[1]]))
		at = m[1]
		out = append(out, [2]int{from, counted})
	}
	return out
}

func ascii(r rune) bool { return r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' }
func digit(r rune) bool { return r >= '0' && r <= '9' }

// candidatesIn returns all runs that have the form of a code, whatever stands around them.
func candidatesIn(runes []rune, capitals []bool) []candidate {
	var list []candidate
	for i := 0; i < len(runes); {
		switch {
		case ascii(runes[i]):
			from := i
			for i < len(runes) && ascii(runes[i]) {
				i++
			}
			// A零: a letter with a spoken digit.
			if i-from == 1 && runes[from] == 'A' && i < len(runes) && hanNumeral[runes[i]] != 0 && (i+1 == len(runes) || hanNumeral[runes[i+1]] == 0) {
				i++
				list = append(list, candidate{from: from, to: i, code: "A" + string(hanNumeral[runes[i-1]])})
				continue
			}
			if joined(runes, from, i) {
				continue
			}
			if code, house, ok := written(string(runes[from:i])); ok {
				list = append(list, candidate{from: from, to: i, code: code, house: house})
			} else if code, ok := oddly(string(runes[from:i]), !slices.Contains(capitals[from:i], false)); ok {
				list = append(list, candidate{from: from, to: i, code: code, house: true, odd: true})
			}
		case hanNumeral[runes[i]] != 0 || isTen(runes[i]):
			from := i
			for i < len(runes) && (hanNumeral[runes[i]] != 0 || isTen(runes[i])) {
				i++
			}
			if code, ok := spoken(runes[from:i]); ok && !joined(runes, from, i) {
				list = append(list, candidate{from: from, to: i, code: code, spoken: true})
			}
		default:
			i++
		}
	}
	return list
}

// isTen tells whether r makes a longer numeral of its neighbours.
func isTen(r rune) bool { return strings.ContainsRune("十百千万亿两半点几", r) }

// joined tells whether the run is part of a longer number, time or date: 5.5, 10:30, 2024-11-05.
func joined(runes []rune, from, to int) bool {
	number := func(i int) bool {
		return i >= 0 && i < len(runes) && (digit(runes[i]) || hanNumeral[runes[i]] != 0)
	}
	link := func(i int) bool {
		return i >= 0 && i < len(runes) && strings.ContainsRune(".:-,*+~", runes[i])
	}
	return link(from-1) && number(from-2) || link(to) && number(to+1) ||
		from > 0 && (runes[from-1] == '+' || runes[from-1] == '*' || runes[from-1] == '#' && from > 1) || to < len(runes) && (runes[to] == '*' || runes[to] == '%' || runes[to] == '+')
}

// written reads a run of letters and digits.
func written(run string) (code string, house, ok bool) {
	if len(run) == 2 {
		a, b := run[0], run[1]
		switch { // the letter O for the digit 0
		case a == 'O' && digit(rune(b)):
			run = "0" + run[1:]
		case b == 'O' && (digit(rune(a)) || a == 'A'):
			run = run[:1] + "0"
		}
		if slices.Contains(neverCodes, run) || !strings.ContainsAny(run, "0123456789") {
			return "", false, false
		}
		return run, false, true
	}
	if len(run) < 3 || len(run) > maxHouse || !houseCode.MatchString(run) || never(run) {
		return "", false, false
	}
	if len(run) == 11 && run[0] == '1' { // a mobile number
		return "", false, false
	}
	return run, true, true
}

// oddly reads a run that may be a code only where one is announced: with a digit anywhere, or two or three capitals.
func oddly(run string, capital bool) (string, bool) {
	if len(run) < 2 || len(run) > maxHouse || never(run) {
		return "", false
	}
	if strings.ContainsAny(run, "0123456789") {
		return run, len(run) > 2 && strings.ContainsFunc(run, func(r rune) bool { return !digit(r) })
	}
	return run, capital && len(run) <= 3
}

// never tells whether a run is a word of the trade or a number to call.
func never(run string) bool {
	return slices.Contains(neverWords, strings.TrimRight(run, "0123456789")) || slices.Contains(hotlines, run) || slices.Contains(neverCodes, run)
}

// spoken reads two numerals, or one of the forms 十二, 九十, 九十七.
func spoken(run []rune) (string, bool) {
	if len(run) == 2 && hanNumeral[run[0]] != 0 && hanNumeral[run[1]] != 0 {
		return string([]rune{hanNumeral[run[0]], hanNumeral[run[1]]}), true
	}
	ten := slices.Index(run, '十')
	if ten < 0 || ten > 1 || len(run) > ten+2 || len(run) == 1 {
		return "", false
	}
	code := []rune{'1', '0'}
	if ten == 1 {
		code[0] = hanNumeral[run[0]]
	}
	if len(run) == ten+2 {
		code[1] = hanNumeral[run[ten+1]]
	}
	if code[0] == 0 || code[0] == '0' || code[1] == 0 {
		return "", false
	}
	return string(code), true
}

// message answers questions about the surroundings of a candidate.
type message struct {
	runes []rune
	known map[string]bool
}

// before returns up to n runes before position i, and after the same behind it.
func (m message) before(i, n int) string { return string(m.runes[max(0, i-n):i]) }
func (m message) after(i, n int) string  { return string(m.runes[i:min(len(m.runes), i+n)]) }

const look = 8 // runes that are looked at on either side

// gap is what may stand between a code and the words about it.
const gap = " :\"'“”‘’「」『』[]()【】《》,.、-=#!?~"

// counts tells whether the number counts, dates or prices something, or belongs to a name.
func (m message) counts(c candidate) bool {
	after := m.after(c.to, look)
	if hasPrefix(after, unitWords) && (c.spoken || !hasPrefix(after, noUnits)) {
		return true
	}
	// A unit after a space counts for money only: 提示51 天天这样.
	if trimmed := strings.TrimLeft(after, " "); trimmed != after && hasPrefix(trimmed, []string{"元", "块", "万", "%", "笔", "台"}) {
		return true
	}
	return hasSuffix(m.before(c.from, look), []string{"¥", "$", "第", "尾号", "尾号是", "星期", "周", "验证码", "验证码是", "密码", "密码是"})
}

// accepts tells whether the words around a candidate make it a code.
func (m message) accepts(c candidate, screen bool) bool {
	before, after := m.before(c.from, look), m.after(c.to, look)
	near := strings.TrimRight(before, gap)
	for i := 0; i < 2 && !hasSuffix(near, screenWords); i++ {
		cut := trimSuffix(near, fillWords)
		if cut == near {
			break
		}
		near = strings.TrimRight(cut, gap)
	}
	onScreen := hasSuffix(near, screenWords) && !hasSuffix(near, otherReports)
	explicit := onScreen && hasSuffix(near, explicitWords)
	if c.odd {
		return explicit
	}
	if c.house {
		return onScreen && m.houseFits(c, near, explicit)
	}
	if onScreen {
		return true
	}
	if !m.known[c.code] {
		// 是什么代码 names it a code too.
		return hasPrefix(strings.TrimLeft(after, gap), []string{"代码", "错误代码", "是什么代码", "是啥代码", "这个代码", "应答码", "错误码"})
	}
	if hasSuffix(strings.TrimRight(before, " "), moneyWords) {
		return false
	}
	if hasSuffix(near, weakWords) && !hasSuffix(near, []string{"验证码", "二维码", "付款码", "收款码", "扫码", "条码", "密码", "号码", "编码", "机码", "邮政编码"}) {
		return true
	}
	rest := strings.TrimLeft(after, gap)
	if hasPrefix(rest, afterWords) {
		return true
	}
	begins := c.from == 0 || strings.ContainsRune(gap+";。，；\n", m.runes[c.from-1])
	if begins && hasPrefix(rest, troubleWords) && !(c.spoken && rest == after) {
		return true
	}
	ends := c.to == len(m.runes) || strings.ContainsRune(gap+";。，；\n", m.runes[c.to])
	// A screen is spoken of, and the code stands by itself.
	return screen && begins && ends && !c.spoken
}

// houseFits tells whether a longer run may be a maker's code and not an amount, a year or a part of a name.
func (m message) houseFits(c candidate, near string, explicit bool) bool {
	letters := strings.ContainsFunc(c.code, func(r rune) bool { return !digit(r) })
	if letters {
		return true
	}
	named := hasSuffix(near, []string{"码", "代码", "报错", "错误", "出错", "ERROR", "ERR", "CODE"})
	if houseYear.MatchString(c.code) && !named {
		return false
	}
	return len(c.code) >= 4 || explicit
}

// mentionsScreen tells whether the message speaks of something that was shown.
func (m message) mentionsScreen() bool {
	s := string(m.runes)
	for _, word := range []string{"提示", "报错", "代码", "错误", "应答码", "返回码", "显示", "失败", "弹出", "出现", "拒绝"} {
		if strings.Contains(s, word) {
			return true
		}
	}
	return false
}

// onlyCodes tells whether the message is nothing but codes: 51, 「九七」, 92 96 98.
func (m message) onlyCodes(list []candidate) bool {
	if len(list) == 0 || len(list) > 6 {
		return false
	}
	at := m.lead(list)
	for _, c := range list {
		if !m.connects(at, c.from) || len(list) > 1 && !m.known[c.code] {
			return false
		}
		at = c.to
	}
	return m.connects(at, len(m.runes)) || len(list) == 1 && slices.Contains(ends, strings.Trim(string(m.runes[at:]), gap+";。，；"))
}

// ends follow a code that is all of a reply: 是51的.
var ends = []string{"的", "吧", "啊", "呀", "呢", "哦", "这个", "的字", "两个字", "这个码", "几个字"}

// leads stand before a code that is all of a reply: 有个58, 是Z9, 上面写的是 51.
var leads = []string{"屏幕上", "屏幕", "上面", "机器", "机子", "它", "就", "好像", "应该", "有一个", "有个", "有", "写着", "写的", "写", "是个", "是", "那个", "这个", "代码"}

// lead is where the first code of a reply may begin: behind the words that lead to it. A numeral in words needs none of them to be a number
// of something else: 是十二.
func (m message) lead(list []candidate) int {
	if list[0].spoken || list[0].house && !list[0].mixed() || list[0].from > 10 {
		return 0
	}
	s := strings.TrimLeft(string(m.runes[:list[0].from]), gap)
	for s != "" {
		rest := s
		for _, word := range leads {
			if cut, ok := strings.CutPrefix(s, word); ok {
				rest = strings.TrimLeft(cut, gap)
				break
			}
		}
		if rest == s {
			return 0
		}
		s = rest
	}
	return list[0].from
}

// connectors may stand between the codes of a run.
var connectors = []string{"还是", "或者", "或", "和", "跟", "与", "、", "/", "又", "再", "然后", "有时", "有时候", "一会", "一会儿", "到", "变", "变成", "后来", "接着", "了", "码"}

// connects tells whether nothing but connectors and punctuation stands between two positions.
func (m message) connects(from, to int) bool {
	if to-from > 10 {
		return false
	}
	s := strings.Trim(string(m.runes[from:to]), gap+";。，；")
	for s != "" {
		cut := s
		for _, word := range connectors {
			if strings.HasPrefix(cut, word) {
				cut = cut[len(word):]
				break
			}
		}
		if cut == s {
			return false
		}
		s = strings.Trim(cut, gap+";。，；")
	}
	return true
}

// chains lets an accepted code take its neighbours of the same run with it: 92 96 98轮着报. Three known codes in a row
// are a run by themselves.
func (m message) chains(list []candidate, screen bool) {
	linked := func(i int) bool { // i with i+1
		a, b := list[i], list[i+1]
		return !a.house && !b.house && b.from > a.to && m.connects(a.to, b.from)
	}
	for i := 0; i < len(list); {
		j, allKnown := i, m.known[list[i].code] && !list[i].spoken && !m.counts(list[i])
		for j+1 < len(list) && linked(j) {
			j++
			allKnown = allKnown && m.known[list[j].code] && !list[j].spoken && !m.counts(list[j])
		}
		accepted := allKnown && (j-i >= 2 || j-i == 1 && screen)
		for k := i; k <= j; k++ {
			accepted = accepted || list[k].accepted
		}
		if accepted && j > i {
			for k := i; k <= j; k++ {
				list[k].accepted = list[k].accepted || !m.counts(list[k])
			}
		}
		i = j + 1
	}
}

func hasPrefix(s string, words []string) bool {
	return slices.ContainsFunc(words, func(word string) bool { return strings.HasPrefix(s, word) })
}

func hasSuffix(s string, words []string) bool {
	return slices.ContainsFunc(words, func(word string) bool { return strings.HasSuffix(s, word) })
}

// trimSuffix cuts the longest of the words off the end.
func trimSuffix(s string, words []string) string {
	best := s
	for _, word := range words {
		if strings.HasSuffix(s, word) && len(s)-len(word) < len(best) {
			best = s[:len(s)-len(word)]
		}
	}
	return best
}
