package knowledge

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// simplified pairs traditional characters that appear in payment talk with their simplified forms. It is short on
// purpose: other traditional characters still meet their pinyin. Forms that are often mistaken (帐 for 账) stand here too.
const simplified = "" +
	"戶户狀状態态異异機机簽签終终單单號号碼码錯错誤误應应餘余額额帳账帐账賬账網网絡络連连線线結结費费審审開开關关問问題题" +
	"這这個个張张銀银業业執执證证過过時时間间聯联電电話话掃扫紙纸鎖锁讀读顯显無无沒没還还報报級级轉转錢钱凍冻風风險险鍵键" +
	"盤盘壞坏麼么為为嗎吗給给對对說说請请種种辦办處处後后裡里裏里壓压繳缴納纳變变換换備备註注銷销設设裝装啟启動动檢检測测" +
	"傳传輸输輪轮維维護护務务員员會会員员數数據据筆笔條条帶带讓让訊讯號号誰谁從从臺台檯台兩两幾几點点塊块萬万億亿發发" +
	"現现認认識识記记錄录調调遲迟達达遠远來来買买賣卖貨货價价貴贵幫帮認认訴诉裝装碰碰插插驗验較较聲声響响燈灯卻却亂乱" +
	"斷断屬属歸归復复該该當当學学實实際际產产稱称稅税獎奖舉举壹一貳二參三肆四伍五陸六柒七捌八玖九叁三贰二陆六"

// rewrites turn the many ways of saying one thing into one. They are applied from left to right, the longest first, once.
// A line that maps a word to itself protects it: the 机子 in 手机子账户 is no terminal.
var rewrites = [][2]string{
	// The machine.
	{"pos机子", "pos"}, {"pos机器", "pos"}, {"pos机具", "pos"}, {"pos机", "pos"}, {"pos终端", "pos"}, {"poss机", "pos"},
	{"刷卡机器", "pos"}, {"刷卡机子", "pos"}, {"刷卡机", "pos"}, {"收款机", "pos"}, {"机具", "pos"}, {"机子", "pos"}, {"机器", "pos"},
	{"泡斯机", "pos"}, {"婆斯机", "pos"}, {"破斯机", "pos"}, {"泼斯机", "pos"}, {"碌卡机", "pos"},
	{"机器人", "机器人"}, {"手机", "手机"}, {"司机", "司机"},
	// Questions.
	{"咋整", "怎么办"}, {"咋办", "怎么办"}, {"咋弄", "怎么办"}, {"咋搞", "怎么办"}, {"咋个办", "怎么办"}, {"咋处理", "怎么办"},
	{"怎么弄", "怎么办"}, {"怎么搞", "怎么办"}, {"怎么整", "怎么办"}, {"怎么处理", "怎么办"}, {"如何处理", "怎么办"}, {"点算", "怎么办"},
	{"咋回事", "怎么回事"}, {"怎么个情况", "怎么回事"}, {"啥情况", "怎么回事"}, {"什么情况", "怎么回事"}, {"点解", "为什么"},
	{"咋个", "怎么"}, {"咋", "怎么"}, {"啷个", "怎么"}, {"怎样", "怎么"}, {"怎么样", "怎么样"}, {"如何", "怎么"}, {"哪能", "怎么"}, {"在哪能", "在哪能"}, {"去哪能", "去哪能"}, {"到哪能", "到哪能"},
	{"为啥", "为什么"}, {"为何", "为什么"}, {"凭啥", "为什么"}, {"干啥", "干什么"}, {"啥子", "什么"}, {"啥", "什么"}, {"嘛意思", "什么意思"},
	// It does not work.
	{"刷不起", "刷不了"}, {"刷不上", "刷不了"}, {"刷不出", "刷不了"}, {"刷不成", "刷不了"}, {"刷不动", "刷不了"}, {"碌唔到", "刷不了"},
	{"不能刷", "刷不了"}, {"刷唔到", "刷不了"}, {"不能用", "用不了"}, {"用唔到", "用不了"}, {"不好使", "用不了"}, {"不好用", "用不了"},
	{"不中了", "用不了了"}, {"不得行", "不行"}, {"搞不成", "不行"}, {"弗来赛", "不行"}, {"唔得", "不行"},
	{"收不到款", "收不了款"}, {"没得", "没有"}, {"木有", "没有"}, {"冇", "没有"}, {"没到帐", "没到账"}, {"碌卡", "刷卡"}, {"拉卡", "刷卡"},
	{"拉卡拉", "拉卡拉"},
	// People and thanks.
	{"俺", "我"}, {"咱", "我"}, {"您", "你"}, {"侬", "你"}, {"唔该", "麻烦"}, {"唔係", "不是"}, {"唔系", "不是"}, {"係", "是"},
}

var (
	simplify = runePairs(simplified)
	rewriter = newRewriter(rewrites)
)

// Normalize gives text the form in which wordings and messages are compared: full width as half width (NFKC), lower
// case, simplified characters, no invisible characters, colloquial words as their plain ones, and punctuation and spaces
// dropped except one space between two letters or digits. It takes any bytes and its cost grows with their number.
func Normalize(s string) string {
	return rewriter.apply(fold(s))
}

// fold is Normalize without the rewriting of words.
func fold(s string) string {
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, " ")
	}
	s = norm.NFKC.String(s)
	var b strings.Builder
	b.Grow(len(s))
	var last rune // the last rune written
	gap := false  // something was dropped since
	for _, r := range s {
		switch {
		case unicode.IsLetter(r) || unicode.IsNumber(r):
			r = unicode.ToLower(r)
			if plain, ok := simplify[r]; ok {
				r = plain
			}
			if gap && joins(last) && joins(r) {
				b.WriteByte(' ')
			}
			b.WriteRune(r)
			last, gap = r, false
		case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
			// accents without a letter, zero-width characters, marks of writing direction: as if they were not there
		default:
			gap = true
		}
	}
	return b.String()
}

// joins tells whether r would run into its neighbour when the space between them went: 92 96, wifi ok.
func joins(r rune) bool {
	return r != 0 && r != '〇' && !unicode.Is(unicode.Han, r)
}

// runePairs reads a string of from-to pairs of characters.
func runePairs(s string) map[rune]rune {
	runes := []rune(s)
	m := make(map[rune]rune, len(runes)/2)
	for i := 0; i+1 < len(runes); i += 2 {
		if runes[i] != runes[i+1] {
			m[runes[i]] = runes[i+1]
		}
	}
	return m
}

// wordRewriter replaces phrases, the longest first, in one pass. A byte that begins no phrase costs one look-up.
type wordRewriter struct {
	to      map[string]string
	lengths map[rune][]int // of the phrases that begin with a rune, in bytes, longest first
}

func newRewriter(table [][2]string) *wordRewriter {
	w := &wordRewriter{to: map[string]string{}, lengths: map[rune][]int{}}
	for _, pair := range table {
		from := pair[0]
		w.to[from] = pair[1]
		first, _ := utf8.DecodeRuneInString(from)
		w.lengths[first] = insertLength(w.lengths[first], len(from))
	}
	return w
}

// insertLength keeps a short list of distinct lengths in falling order.
func insertLength(list []int, n int) []int {
	for i, have := range list {
		switch {
		case have == n:
			return list
		case have < n:
			return append(list[:i], append([]int{n}, list[i:]...)...)
		}
	}
	return append(list, n)
}

func (w *wordRewriter) apply(s string) string {
	var b strings.Builder
	b.Grow(len(s))
next:
	for i := 0; i < len(s); {
		first, size := utf8.DecodeRuneInString(s[i:])
		for _, n := range w.lengths[first] {
			if i+n <= len(s) {
				if to, ok := w.to[s[i:i+n]]; ok {
					b.WriteString(to)
					i += n
					continue next
				}
			}
		}
		b.WriteString(s[i : i+size])
		i += size
	}
	return b.String()
}
