package knowledge

import (
	"strings"
	"testing"
)

// TestReadComparisons: amounts and kinds of cards answer checks when one goes and the other fails, and only then.
func TestReadComparisons(t *testing.T) {
	lib := readLibrary()
	for text, want := range map[string]string{
		"几百块能过": "amount-matters=yes", "三千以上不行": "amount-matters=yes", "几百块能过，三千以上不行": "amount-matters=yes", "500以下可以": "amount-matters=yes",
		"超过2000就刷不了": "amount-matters=yes", "几百块可以，五千块不行": "amount-matters=yes", "3000能过5000不行": "amount-matters=yes", "几十块可以的": "amount-matters=yes", "一万元以上过不去": "amount-matters=yes",
		"几百块也不行": "amount-matters=no", "10块都刷不了": "amount-matters=no",
		// Either may be meant.
		"五千块不行": "", "刷5000刷不了": "", "刷了3000块不行": "", "今天刷2000不行": "", "机器2可以了": "", "58也不行": "", "换了一台58也不行": "",
		"三千块能过": "", "几百块不行": "", "三千以下不行": "", "五千块也不行": "", "几百块可以，几百块也不行": "", "三千以上不行吗": "", "如果三千以上不行": "", "几百块可以退": "", "押金几百块可以退吗": "", "收了500块": "", "手续费300以上不行": "",
		"储蓄卡可以信用卡不行": "all-cards=no", "信用卡刷不了，储蓄卡能刷": "all-cards=no", "工行的不行，农行的可以": "all-cards=no", "借记卡没问题，贷记卡不行": "all-cards=no", "工行的卡刷不了招行的能刷": "all-cards=no",
		"信用卡储蓄卡都不行": "all-cards=yes", "工行和农行的卡都刷不了": "",
		"信用卡不行": "", "工行的信用卡": "", "储蓄卡可以吗信用卡不行吗": "", "信用卡可以工行信用卡不行": "", "储蓄卡可以，借记卡不行": "",
	} {
		var got []string
		for _, e := range lib.Read(text).Evidence {
			got = append(got, e.Check+"="+e.Answer)
		}
		if s := strings.Join(got, " "); s != want {
			t.Errorf("%s: %q, want %q", text, s, want)
		}
	}
	for text, want := range map[string]bool{
		"工行的信用卡": true, "建设银行储蓄卡": true, "是顾客的信用卡": true, "尾号1234的工行卡": true, "6222****1234 工行信用卡": true, "信用卡不行": false, "信用卡怎么开通": false, "卡": false, "": false,
	} {
		if got := lib.Read(text).Card != ""; got != want {
			t.Errorf("%s names a card: %v", text, got)
		}
	}
}

func TestHalves(t *testing.T) {
	for text, want := range map[string]string{
		"打印机不出纸，另外上周的钱也没到账": "打印机不出纸|上周的钱也没到账", "刷不了卡。钱没到账": "刷不了卡|钱没到账", "打印机不出纸还有钱没到账": "打印机不出纸|钱没到账",
		"打不出小票，然后昨天钱也没到账": "打不出小票|昨天钱也没到账", "另外钱没到账": "", "还有没有信号": "", "换了另外一台也不行": "", "刷不了卡，钱没到账": "", "好。钱没到账": "", "": "", "。。。": "",
		strings.Repeat("打印机不出纸。", 20): "",
	} {
		var got string
		if h := Halves(text); len(h) > 0 {
			got = h[0][0] + "|" + h[0][1]
		}
		if got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
	for text, want := range map[string]string{
		"昨天钱也没到账": "钱没到账", "另外上周的钱也没到账": "钱没到账", "对了，钱一直没到": "钱没到", "扫码也不行": "扫码也不行", "昨天还能用": "昨天还能用", "还有没有信号": "还有没有信号", "": "",
	} {
		if got := Gist(text); got != want {
			t.Errorf("gist of %s: %q, want %q", text, got, want)
		}
	}
}

// TestMatter: who writes is left out where he also says what is the matter.
func TestMatter(t *testing.T) {
	for text, want := range map[string]string{
		"老板不在我是店员，机器刷不了卡": "机器刷不了卡", "机器刷不了卡，我是新来的收银员": "机器刷不了卡", "我是店员老板不在": "我是店员老板不在", "我就是个收银的，不懂": "我就是个收银的，不懂",
		"老板不在就刷不了，5.5元": "老板不在就刷不了，5.5元", "": "",
	} {
		if got := Matter(text); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

// TestWayOfPaying: a message of nothing else is a note and no topic.
func TestWayOfPaying(t *testing.T) {
	for text, want := range map[string]bool{"是扫码的": true, "微信扫的": true, "客人用的支付宝": false, "用的刷卡": true, "扫码的呢": true, "扫码": false, "扫码不行": false, "是扫码的手续费吗": false} {
		if got := cardKind(text) != ""; got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
}
