package knowledge

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// codesOfTest are the response codes that the test library explains; Z9, 18, 88 and others are unknown to it.
var codesOfTest = strings.Fields("00 01 02 03 04 05 06 07 09 12 13 14 15 19 20 21 22 25 30 31 33 34 35 36 37 38 40 41 42 43 45 " +
	"51 52 53 54 55 56 57 58 59 60 61 62 63 64 65 67 68 75 77 79 90 91 92 94 95 96 97 98 99 A0 A1 A2 A3 A4 A5 A6 A7")

func readLibrary() *Library {
	l := &Library{Checks: []Check{
		check("all-cards", "换了好几张卡都一样|所有卡都不行|所有卡|什么卡都刷不了", "就这一张卡|别的卡都行|换卡就好了"),
		check("all-terminals", "三台都|三台机子都|几台机器都", "另一台好的|另外一台好好的"),
		check("no-network", "没信号|没有网|连不上网", "信号满格|网络正常"),
		check("worked-lately", "昨天还好好的|上午还能刷", "好久没用过"),
		check("changed", "换了卡以后|换了宽带|搬店", "什么都没动过"),
		check("amount-matters", "小额能过|一万以下可以", "多少钱都不行"),
		check("money-missing", "没到账", "到账了"),
		check("long-unused", "好久没用|半年没开机", ""),
		check("scan-too", "扫码也不行", "扫码可以"),
	}}
	for _, code := range codesOfTest {
		l.Articles = append(l.Articles, Article{ID: "code-" + strings.ToLower(code), Codes: []string{code}})
	}
	return l
}

func check(id, yes, no string) Check {
	split := func(s string) []string {
		return strings.FieldsFunc(s, func(r rune) bool { return r == '|' })
	}
	return Check{ID: id, Ask: "?", Short: id, Cost: 1, Answers: []CheckAnswer{
		{ID: "yes", Text: "是", Said: split(yes)}, {ID: "no", Text: "否", Said: split(no)}, {ID: "unknown", Text: "不清楚"},
	}}
}

// TestReadCodes: a code that the library does not explain is written with a question mark.
func TestReadCodes(t *testing.T) {
	lib := readLibrary()
	for _, test := range []struct{ text, want string }{
		// The whole message.
		{"51", "51"}, {" 05。", "05"}, {"「55」", "55"}, {"A0", "A0"}, {"a0", "A0"}, {"AO", "A0"}, {"ao!", "A0"}, {"O3", "03"}, {"o5", "05"},
		{"A零", "A0"}, {"Ａ０", "A0"}, {"五幺", "51"}, {"五一", "51"}, {"九七", "97"}, {"九十七", "97"}, {"零三", "03"}, {"零叁", "03"}, {"十二", "12"}, {"六十", "60"},
		{"Z9", "Z9?"}, {"88", "88?"}, {"92 96 98", "92 96 98"}, {"92、96", "92 96"}, {"51？", "51"}, {"5\u200b1", "51"},
		// All of a reply, with the words that lead to it.
		{"有个58", "58"}, {"是Z9", "Z9?"}, {"是51的", "51"}, {"上面写的是 05", "05"}, {"好像是55吧", "55"}, {"它显示一个97", "97"}, {"是58元", ""}, {"有5台", ""}, {"是十二", ""}, {"我有58个", ""},
		// Behind the word of a screen.
		{"刷卡提示51", "51"}, {"提示 51", "51"}, {"提示：51", "51"}, {"提示了个57", "57"}, {"机器报03", "03"}, {"报个77 让重签", "77"}, {"报错91", "91"},
		{"错误码 96", "96"}, {"错误代码：58", "58"}, {"应答码是62", "62"}, {"返回05", "05"}, {"显示代码65", "65"}, {"刷卡出来个03", "03"}, {"老是弹出98", "98"},
		{"屏幕上显示交易失败05", "05"}, {"提示九十七", "97"}, {"报五幺", "51"}, {"报个五一", "51"}, {"显示 O3", "03"}, {"提示「A0」", "A0"}, {"error 51", "51"},
		{"提示51 天天都这样", "51"}, {"报了61", "61"}, {"跳97咋整", "97"}, {"提示代码a零", "A0"},
		// Before a question, or the words of the screen.
		{"05是啥意思", "05"}, {"91是什么意思啊", "91"}, {"55 密码错", "55"}, {"51余额不足", "51"}, {"12 无效交易 客人刷的外卡", "12"},
		{"七十五是什么意思", "75"}, {"九十七 终端没登记", "97"}, {"61 金额超限", "61"}, {"A0又来了", "A0"}, {"58代码怎么解决", "58"}, {"那个68怎么回事", "68"},
		{"提示受限制的卡 62", "62"}, {"A0 重新签到了还是A0", "A0"}, {"65超次数了", "65"}, {"65次数超限", "65"}, {"30格式错", "30"}, {"90日切处理中", "90"},
		// By its sound.
		{"马克校验错", "A0"}, {"MAC校验失败", "A0"}, {"mac错", "A0"}, {"机器上出了个马克效验错误", "A0"},
		// Runs.
		{"92 96 98轮着报", "92 96 98"}, {"一会报91一会报96", "91 96"}, {"提示51和55", "51 55"}, {"显示Z1还是21 看不清", "Z1? 21"}, {"有时候提示92/96", "92 96"},
		{"先报91 后来又报 98", "91 98"}, {"提示05，换卡又提示51", "05 51"},
		// Known to nobody here: shown, never explained.
		{"提示Z9", "Z9?"}, {"报错S2001", "S2001?"}, {"错误码 P2P0043", "P2P0043?"}, {"返回码271369225", "271369225?"}, {"提示5004", "5004?"}, {"显示88", "88?"}, {"代码Q1", "Q1?"},
		{"提示 ZQ7", "ZQ7?"}, {"提示QZ", "QZ?"}, {"屏幕提示：「XKD」", "XKD?"}, {"提示 998", "998?"}, {"报H204", "H204?"}, {"报错 W8K", "W8K?"}, {"错误 2077", "2077?"},
		{"显示“B-7”", ""}, {"显示 7TX9 怎么办", "7TX9?"}, {"提示q9z", "Q9Z?"}, {"代码 K0", "K0?"}, {"错误代码 12AB34", "12AB34?"},
		{"H204", "H204?"}, {"W7", "W7?"}, {"QZ8", "QZ8?"}, {" 「h204」。", "H204?"},
		// Words of the trade are no codes, nor are words in small letters.
		{"提示APP要更新", ""}, {"提示SIM卡不在", ""}, {"显示SIM2无服务", ""}, {"提示APN不对", ""}, {"提示NFC打不开", ""}, {"屏幕显示TAMPER", ""}, {"显示VISA卡不支持", ""},
		{"提示WIFI断了", ""}, {"提示wifi6", ""}, {"显示POS", ""}, {"提示PIN不对", ""}, {"显示SN", ""}, {"提示no", ""}, {"提示qz", ""}, {"提示ABCD", ""}, {"举报110", ""}, {"提示95516", ""},
		{"显示2023年", ""}, {"显示 888 元", ""}, {"提示300块", ""}, {"金额显示 300", ""}, {"提示500笔", ""}, {"QZ", ""}, {"998", ""}, {"2077", ""}, {"N0300123456", ""}, {"POS1", ""},
		// Denied.
		{"没提示51，提示的是55", "55"}, {"不是51", ""}, {"我没有提示51 是58", "58"}, {"不是报51就是报55", "51 55"}, {"不是提示51吗", "51"},
		// Amounts, counts, dates and times.
		{"刷了51块", ""}, {"提示51块不够", ""}, {"扣了我60", ""}, {"少到了60是怎么回事", ""}, {"51元", ""}, {"刷55.5", ""}, {"5.5", ""}, {"55万刷不了", ""},
		{"15号刷的", ""}, {"12月30日的钱没到", ""}, {"30天了", ""}, {"05年办的", ""}, {"老板今年55岁", ""}, {"店里12台机子", ""}, {"昨天刷了30笔", ""}, {"试了12次", ""},
		{"排了15个人", ""}, {"等了30分钟", ""}, {"10:30刷的", ""}, {"12点30分", ""}, {"提示10:30", ""}, {"2024-11-05的款没到", ""}, {"提示2024-11-05", ""}, {"显示2018年", ""},
		{"费率0.38变0.60", ""}, {"手续费60%", ""}, {"显示98%", ""}, {"信号只有4G", ""}, {"提示4G", ""}, {"显示D0到账", ""}, {"T1到账吗", ""}, {"96费改是什么", ""},
		{"五一放假到账吗", ""}, {"五一的时候好好的", ""}, {"就一张卡不行", ""}, {"提示一下", ""}, {"三三两两的客人", ""}, {"三十一号的钱", ""}, {"五十一块", ""}, {"十二点多刷的", ""},
		{"一二三四五", ""}, {"打印了51张小票", ""},
		// Parts of longer numbers.
		{"商户号898310053110001", ""}, {"提示898310053110001", ""}, {"电话13800138000", ""}, {"提示13800138000", ""}, {"尾号51", ""}, {"验证码是 55", ""}, {"打10086", ""},
		{"卡号6222 0202 0011 2345 678", ""}, {"POS机坏了", ""}, {"提示POS机坏了", ""}, {"打印纸是A4纸", ""}, {"wifi 5G连不上", ""}, {"显示OK", ""}, {"", ""}, {"   ", ""},
		{"你好", ""}, {"第12条", ""}, {"+86 51", ""},
	} {
		t.Run(test.text, func(t *testing.T) {
			var got []string
			for _, c := range lib.Read(test.text).Codes {
				s := c.Code
				if !c.Known {
					s += "?"
				}
				if c.Text == "" {
					t.Errorf("code %s has no text", s)
				}
				got = append(got, s)
			}
			if s := strings.Join(got, " "); s != test.want {
				t.Errorf("codes of %q: %q, want %q", test.text, s, test.want)
			}
		})
	}
}

func TestReadEvidence(t *testing.T) {
	lib := readLibrary()
	for _, test := range []struct{ text, want string }{
		{"换了好几张卡都一样", "all-cards=yes"},
		{"三台机子都报商户状态异常,换了好几张卡都一样", "all-cards=yes all-terminals=yes"},
		{"就这一张卡刷不了", "all-cards=no"},
		{"不是所有卡", ""},
		{"不是所有卡都不行", ""},
		{"不是说所有卡都不行，就这一张卡", "all-cards=no"},
		{"是不是所有卡都不行", ""},
		{"所有卡都不行吗", ""},
		{"所有卡都不行", "all-cards=yes"},
		{"扫码不，所有卡都不行", "all-cards=yes"},
		{"如果所有卡都不行怎么办", ""},
		{"就一台报错 另外一台好好的", "all-terminals=no"},
		{"另一台好的", "all-terminals=no"},
		{"没信号", "no-network=yes"},
		{"没 信 号", "no-network=yes"},
		{"有没有网", ""},
		{"昨天还好好的，换了宽带就不行", "worked-lately=yes changed=yes"},
		{"换了卡以后钱没到账", "changed=yes money-missing=yes"},
		{"錢沒到賬", "money-missing=yes"},
		{"到没到账", ""},
		{"没到账，不对，到账了", ""},
		{"小额能过", "amount-matters=yes"},
		{"小额能过吗", ""},
		{"好久没用过", "worked-lately=no"},
		{"什么卡都刷不上", "all-cards=yes"},
		{"三臺機子都不行", "all-terminals=yes"},
		{"还没搬店", ""},
		{"扫码可以 刷卡所有卡不行", "all-cards=yes scan-too=no"},
		{"什么都没动过", "changed=no"},
		{"今天天气好", ""},
		{"没提示没信号", ""},
		{"没有显示所有卡都不行", ""},
		{"三台都正常", ""},
		{"三台都好好的，就是钱没到账", "money-missing=yes"},
		{"三台都不行", "all-terminals=yes"},
		{"昨天还好好的了吗", ""},
	} {
		t.Run(test.text, func(t *testing.T) {
			var got []string
			for _, e := range lib.Read(test.text).Evidence {
				got = append(got, e.Check+"="+e.Answer)
			}
			if s := strings.Join(got, " "); s != test.want {
				t.Errorf("evidence of %q: %q, want %q", test.text, s, test.want)
			}
		})
	}
}

// Two libraries used in turn do not read with each other's words.
func TestReadOfTwoLibraries(t *testing.T) {
	a, b := readLibrary(), &Library{}
	for range 3 {
		if codes := a.Read("提示51").Codes; len(codes) != 1 || !codes[0].Known {
			t.Fatalf("with the code: %v", codes)
		}
		if codes := b.Read("提示51").Codes; len(codes) != 1 || codes[0].Known {
			t.Fatalf("without the code: %v", codes)
		}
	}
}

// A message ten times as long must not take far more than ten times as long.
func TestReadIsLinear(t *testing.T) {
	lib := readLibrary()
	for _, unit := range []string{"51 ", "五", "a", "没到账", "报", "不是", "马克", "92、", "，", "机机", "9", "报51还是"} {
		t.Run(unit, func(t *testing.T) {
			cost := func(n int) time.Duration {
				text := strings.Repeat(unit, n)
				best := time.Hour
				for range 5 {
					start := time.Now()
					lib.Read(text)
					Normalize(text)
					best = min(best, time.Since(start))
				}
				return best
			}
			short, long := cost(100), cost(1000)
			if long > 60*short+20*time.Millisecond {
				t.Errorf("100 times: %v, 1000 times: %v", short, long)
			}
		})
	}
}

func FuzzRead(f *testing.F) {
	for _, seed := range []string{"提示51", "92 96 98轮着报", "A零", "马克校验错 A0", "不是所有卡", "报错S2001", "\xff\xfe51", "５１", "10:30", "三台機子都"} {
		f.Add(seed)
	}
	lib := readLibrary()
	f.Fuzz(func(t *testing.T, text string) {
		reading := lib.Read(text)
		var seen []string
		for _, c := range reading.Codes {
			if c.Code == "" || c.Text == "" || len(c.Code) > maxHouse || slices.Contains(seen, c.Code) {
				t.Fatalf("code %+v in %q", c, text)
			}
			if c.Known != slices.Contains(codesOfTest, c.Code) {
				t.Fatalf("known of %+v", c)
			}
			seen = append(seen, c.Code)
		}
		seen = nil
		for _, e := range reading.Evidence {
			if (e.Answer != "yes" && e.Answer != "no") || slices.Contains(seen, e.Check) {
				t.Fatalf("evidence %+v in %q", e, text)
			}
			seen = append(seen, e.Check)
		}
		if again := lib.Read(text); fmt.Sprint(again) != fmt.Sprint(reading) {
			t.Fatalf("%q reads differently the second time", text)
		}
	})
}

func BenchmarkRead(b *testing.B) {
	lib := readLibrary()
	for b.Loop() {
		lib.Read("三台机子都提示商户状态异常 58,换了好几张卡都一样,昨天还好好的")
	}
}

// TestAlways: what must not be missed goes by phrase, and a denial is none.
func TestAlways(t *testing.T) {
	lib, err := Embedded()
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"91 顾客来了扣款短信": "charged-no-slip", "没出票可是钱已经扣了": "charged-no-slip", "这笔不知道扣没扣": "outcome-unknown", "超时了我能再刷一次不": "outcome-unknown",
		"一单给扣了两次": "double-charge", "退成两笔了咋整": "refund-twice", "机身冒烟": "battery-danger", "要我把验证码给他": "scam-replace",
		"没有扣两次": "", "顾客没被扣了钱": "", "怎么避免重复扣款": "", "流量费扣了钱": "", "提示58 换了卡再刷一次还是不行": "", "登录要验证码收不到": "", "信用卡刷了两遍都失败": "", "没扣款": "", "手续费扣多少": "", "商户状态异常": "", "": "",
	} {
		if got := lib.Read(text).Always; got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}
