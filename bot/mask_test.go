package bot

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// cards are test numbers with a right check digit, one or more for each issuer's prefix. None is a real account.
var cards = []string{
	"6222021234567894", "6217000010001234569", "6250941006528599", "4111111111111111", "4222222222222", "5105105105105100",
	"5555555555554444", "2221000000000009", "2720990000000007", "341111111111111", "378282246310005", "3530111333300000",
	"6011111111111117", "30569309025904", "36438936438936", "38520000023237",
}

// spell writes digits with one rune of a row of ten for each.
func spell(digits, row string) string {
	runes := []rune(row)
	var b strings.Builder
	for _, d := range digits {
		b.WriteRune(runes[d-'0'])
	}
	return b.String()
}

// grouped puts something between every four digits.
func grouped(digits, between string) string {
	var parts []string
	for len(digits) > 4 {
		parts, digits = append(parts, digits[:4]), digits[4:]
	}
	return strings.Join(append(parts, digits), between)
}

var spellings = []struct {
	name string
	in   func(string) string
}{
	{"plain", func(s string) string { return s }},
	{"spaces", func(s string) string { return grouped(s, " ") }},
	{"dashes", func(s string) string { return grouped(s, "-") }},
	{"full width", func(s string) string { return spell(s, "０１２３４５６７８９") }},
	{"Chinese", func(s string) string { return spell(s, "零一二三四五六七八九") }},
	{"Chinese on the phone", func(s string) string { return spell(s, "洞幺两三四五六拐八勾") }},
	{"Chinese capitals", func(s string) string { return spell(s, "〇壹贰叁肆伍陆柒捌玖") }},
	{"circled", func(s string) string { return spell(s, "⓪①②③④⑤⑥⑦⑧⑨") }},
	{"mathematical", func(s string) string { return spell(s, "𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗") }},
	{"superscript", func(s string) string { return spell(s, "⁰¹²³⁴⁵⁶⁷⁸⁹") }},
	{"Arabic", func(s string) string { return spell(s, "٠١٢٣٤٥٦٧٨٩") }},
	{"newlines", func(s string) string { return grouped(s, "\n") }},
	{"Windows newlines", func(s string) string { return grouped(s, "\r\n") }},
	{"dots", func(s string) string { return grouped(s, ".") }},
	{"colons", func(s string) string { return grouped(s, ":") }},
	{"pluses", func(s string) string { return grouped(s, "+") }},
	{"backslashes", func(s string) string { return grouped(s, `\`) }},
	{"tildes", func(s string) string { return grouped(s, "~") }},
	{"one by one", func(s string) string { return strings.Join(strings.Split(s, ""), " ") }},
	{"keycaps", func(s string) string { return strings.Join(strings.Split(s, ""), "\ufe0f\u20e3") + "\ufe0f\u20e3" }},
	{"joiners", func(s string) string { return strings.Join(strings.Split(s, ""), "\u200d") }},
}

func starred(card string) string {
	return card[:6] + strings.Repeat("*", len(card)-10) + card[len(card)-4:]
}

func TestMaskCards(t *testing.T) {
	for _, card := range cards {
		if !luhn([]byte(card)) || !issuer([]byte(card)) {
			t.Fatalf("%s is no test number", card)
		}
		for _, sp := range spellings {
			for _, frame := range []string{"%s", "卡号%s刷不了", "card: %s, pls", "刷%s\n13812345678 打我电话", "金额100.00元 %s。", "“%s”"} {
				in := fmt.Sprintf(frame, sp.in(card))
				got, kinds := Mask(in)
				rest := ""
				if sp.name == "keycaps" {
					rest = "\ufe0f\u20e3" // of the last digit
				}
				if want := fmt.Sprintf(frame, starred(card)+rest); got != want || !slices.Equal(kinds, []string{MaskedCard}) {
					t.Errorf("%s, %s: Mask(%q) = %q %v, want %q", card, sp.name, in, got, kinds, want)
				}
			}
		}
	}
}

func TestMask(t *testing.T) {
	card, id, cvv, pin, track := []string{MaskedCard}, []string{MaskedID}, []string{MaskedCVV}, []string{MaskedPIN}, []string{MaskedTrack}
	for _, c := range []struct {
		in, want string
		kinds    []string
	}{
		// Cards with company.
		{"4111111111111111,5555555555554444", "411111******1111,555555******4444", card},
		{"4111111111111111 5555555555554444", "411111******1111 555555******4444", card},
		{"4111 1111 1111 1111 5555 5555 5555 4444", "411111******1111 555555******4444", card},
		{"4111111111111111 12/26 123", "411111******1111 12/26 123", card},
		{"4111111111111111123", "411111******1111123", card}, // the code typed right behind
		{"4111 1111 1111 1111 有效期 1226 CVV 123", "411111******1111 有效期 1226 CVV [安全码]", []string{MaskedCard, MaskedCVV}},
		{"order202611224111111111111111", "order202611224111111111111111", nil}, // 24 digits
		{"4一1①１ 𝟏111-1111 111", "411111******1111", card},
		{"密码和卡号 4111111111111111", "密码和卡号 411111******1111", card},
		{"4111111111111112", "4111111111111112", nil}, // no Luhn
		{"9111111111111111", "9111111111111111", nil},
		{"7992739871300000", "7992739871300000", nil}, // Luhn, but no issuer
		{"4111----1111----1111----1111", "4111----1111----1111----1111", nil},

		// Identity numbers.
		{"身份证11010519491231002X", "身份证[证件号]", id},
		{"身份证11010519491231002x，", "身份证[证件号]，", id},
		{"11010519491231002Ｘ", "[证件号]", id},
		{"110105 19491231 002X", "[证件号]", id},
		{"110105 19491231 002 X", "[证件号]", id},
		{"110105188001010014", "110105188001010014", nil}, // a year nobody was born in who has a terminal
		{"11010519491231002７", "11010519491231002７", nil},
		{"110105194912310021", "110105194912310021", nil},
		{"110105194913310020", "110105194913310020", nil},
		{"11010519900307002" + check("11010519900307002"), "[证件号]", id},
		{"１１０１０５１９９００３０７００２" + check("11010519900307002"), "[证件号]", id},
		{"身份证11010519900307002" + check("11010519900307002") + "电话13812345678", "身份证[证件号]电话13812345678", id},
		{"11010519900307002" + check("11010519900307002") + "13812345678", "[证件号]13812345678", id},
		{"11010519491231002X 4111111111111111", "[证件号] 411111******1111", []string{MaskedCard, MaskedID}},

		// Security codes.
		{"CVV123", "CVV[安全码]", cvv},
		{"CVV234", "CVV[安全码]", cvv},
		{"cvv2 123", "cvv2 [安全码]", cvv},
		{"CVV2是123", "CVV2是[安全码]", cvv},
		{"CVV: 1 2 3", "CVV: [安全码]", cvv},
		{"CVC码 1234", "CVC码 [安全码]", cvv},
		{"CVN2：１２３", "CVN2：[安全码]", cvv},
		{"安全码是一二三", "安全码是[安全码]", cvv},
		{"安全码是①②③", "安全码是[安全码]", cvv},
		{"卡背面的三位是123", "卡背面的三位是[安全码]", cvv},
		{"后三位 123", "后三位 [安全码]", cvv},
		{"签名栏上写的123", "签名栏上写的[安全码]", cvv},
		{"123是CVV", "[安全码]是CVV", cvv},
		{"[安全码]123", "[安全码][安全码]", cvv},

		// Passwords and one-time codes.
		{"密码123456", "密码[密码]", pin},
		{"密码是 123456", "密码是 [密码]", pin},
		{"密码：1234", "密码：[密码]", pin},
		{"密码 12 34 56", "密码 [密码]", pin},
		{"密码一二三四五六", "密码[密码]", pin},
		{"验证码 884422", "验证码 [密码]", pin},
		{"验证码是884422，收到了", "验证码是[密码]，收到了", pin},
		{"您的动态码为 884422", "您的动态码为 [密码]", pin},
		{"PIN 1234", "PIN [密码]", pin},
		{"pin码1234", "pin码[密码]", pin},
		{"OTP=884422", "OTP=[密码]", pin},
		{"口令 12345678", "口令 [密码]", pin},
		{"884422是您的验证码", "[密码]是您的验证码", pin},
		{"密码输错两次，密码是123456", "密码输错两次，密码是[密码]", pin},
		{"验证码发到13812345678是884422", "验证码发到13812345678是[密码]", pin},
		{"密码 1234 4111111111111111", "密码 [密码] 411111******1111", []string{MaskedCard, MaskedPIN}},
		{"密码1234，CVV 567", "密码[密码]，CVV [安全码]", []string{MaskedCVV, MaskedPIN}},

		// Stripe data.
		{"%B4111111111111111^ZHANG/SAN^26121010000000000?", "[磁道信息]", track},
		{";4111111111111111=26121010000012345?", "[磁道信息]", track},
		{"磁道 4111111111111111=2612101 完", "磁道 [磁道信息] 完", track},
		{"b6217000010001234569^SAN ZHANG^2612", "[磁道信息]", track},

		// Track 2 as chips write it.
		{"4111111111111111D28121010000012300000", "[磁道信息]", track},
		{"6222021234567890128D2512", "[磁道信息]", track},
		{"6222021234567890128d2512", "[磁道信息]", track},
		{"57 4111111111111111D28121010000012300000F 5F34", "57 [磁道信息] 5F34", track},
		{"57134111111111111111D28121010000012300000F", "5713[磁道信息]", track}, // with the tag and length of its field
		{"9F3602001257136222021234567890128d25122010000012300F", "9F360200125713[磁道信息]", track},
		{"1234567890123D4111111111111111D2812", "1234567890123D[磁道信息]", track},
		{";4111111111111111=26121010000012345?4111111111111111D2812", "[磁道信息][磁道信息]", track},
		{"4111111111111111D281", "411111******1111D281", card},
		{"4111111111111112D28121010000012300000", "4111111111111112D28121010000012300000", nil}, // no Luhn
		{"7992739871300000D28121010000012300000", "7992739871300000D28121010000012300000", nil}, // no issuer
		{"898440048160001D2812", "898440048160001D2812", nil},
		{"9f86d081884c7d659a4111111111111112d2812b", "9f86d081884c7d659a4111111111111112d2812b", nil},
		{"4200001234202611221234567890d1234", "4200001234202611221234567890d1234", nil},

		// Cards with letters behind them.
		{"4111111111111111ABCDEF12", "411111******1111ABCDEF12", card},
		{"卡4111111111111111abcdef0123456789abcdef", "卡411111******1111abcdef0123456789abcdef", card},
		{"6222021234567890128ABCDEF", "622202*********0128ABCDEF", card},
		{"4111111111111112ABCDEF12", "4111111111111112ABCDEF12", nil},
		{"41111111111111110ABCDEF12", "41111111111111110ABCDEF12", nil}, // the digits are no card as a whole
		{"A4111111111111111BCDEF12", "A4111111111111111BCDEF12", nil},

		// Rare gaps.
		{"4111:1111:1111:1111", "411111******1111", card},
		{"4111+1111+1111+1111", "411111******1111", card},
		{`4111\1111\1111\1111`, "411111******1111", card},
		{"4111~1111~1111~1111", "411111******1111", card},
		{"4111：1111：1111：1111", "411111******1111", card},
		{"4111 : 1111 : 1111 : 1111", "411111******1111", card},
		{`4111:1111+1111\1111`, "411111******1111", card},
		{"4111 1111:1111-1111", "411111******1111", card},
		{"4:1:1:1:1:1:1:1:1:1:1:1:1:1:1:1", "411111******1111", card},
		{"6222+0212+3456+7890+128", "622202*********0128", card},
		{"3782:822463:10005", "378282*****0005", card},
		{"110105:19491231:002X", "[证件号]", id},
		{"10:30 4111:1111:1111:1111", "10:30 411111******1111", card},
		{"22 21:30:11 128009", "22 21:30:11 128009", nil}, // a date and a time that pass as a card, and the next two
		{"30 10:30:11 128002", "30 10:30:11 128002", nil},
		{"35:42 1280.00 1386", "35:42 1280.00 1386", nil},
		{"110105 19:49:12 310118", "110105 19:49:12 310118", nil},
		{"4000.00+1200.00+3500.07", "4000.00+1200.00+3500.07", nil},
		{"010-62345678 +86 138-1234-5678", "010-62345678 +86 138-1234-5678", nil},
		{"13812345678+13912345678", "13812345678+13912345678", nil},
		{"898440048160001:12345678", "898440048160001:12345678", nil},

		// A card, its expiry and its code in one go.
		{"41111111111111111226", "411111******11111226", card},
		{"41111111111111112612", "411111******11112612", card},
		{"41111111111111111226123", "411111******11111226[安全码]", []string{MaskedCard, MaskedCVV}},
		{"卡号41111111111111112612123，刷不了", "卡号411111******11112612[安全码]，刷不了", []string{MaskedCard, MaskedCVV}},
		{"411111111111111112261234", "411111******11111226[安全码]", []string{MaskedCard, MaskedCVV}},
		{"62220212345678901281226", "622202*********01281226", card},
		{"62220212345678901281226123", "622202*********01281226[安全码]", []string{MaskedCard, MaskedCVV}},
		{"622202123456789012812261234", "622202*********01281226[安全码]", []string{MaskedCard, MaskedCVV}},
		{"４１１１１１１１１１１１１１１１１２２６１２３", "411111******11111226[安全码]", []string{MaskedCard, MaskedCVV}},
		{"41111111111111111226123 5555555555554444", "411111******11111226[安全码] 555555******4444", []string{MaskedCard, MaskedCVV}},
		{"41111111111111121226123", "41111111111111121226123", nil},     // no Luhn
		{"41111111111111111326123", "41111111111111111326123", nil},     // no month
		{"41111111111111111246123", "41111111111111111246123", nil},     // no year
		{"41111111111111110026123", "41111111111111110026123", nil},     // no month
		{"4111111111111111122612", "4111111111111111122612", nil},       // two digits are no code
		{"4111111111111111122612345", "4111111111111111122612345", nil}, // nor are five
		{"R41111111111111111226123abc", "R41111111111111111226123abc", nil},

		// Said to be a card: one digit is mistyped, the others are true.
		{"我的卡号6222020200112233445，刷不了", "我的卡号622202*********3445，刷不了", card},
		{"银行卡号码是：6222 0202 0011 2233 445", "银行卡号码是：622202*********3445", card},
		{"信用卡 4111111111111112", "信用卡 411111******1112", card},
		{"卡号（4111111111111112）", "卡号（411111******1112）", card},
		{"卡号898440048160001", "卡号898440048160001", nil}, // a merchant number by its form
		{"卡号不对，订单4111111111111112", "卡号不对，订单4111111111111112", nil},
		{"卡号123456789012", "卡号123456789012", nil},

		// What stays.
		{"商户号898440048160001", "商户号898440048160001", nil},
		{"商户号 898440048160001 终端号 12345678", "商户号 898440048160001 终端号 12345678", nil},
		{"手机13812345678", "手机13812345678", nil},
		{"+86 138-1234-5678 或 010-62345678", "+86 138-1234-5678 或 010-62345678", nil},
		{"13812345678 13912345678", "13812345678 13912345678", nil},
		{"订单号4200001234202611221234567890", "订单号4200001234202611221234567890", nil}, // 28 digits, WeChat Pay
		{"订单2026112222001476541234567890", "订单2026112222001476541234567890", nil},   // 28 digits, Alipay
		{"订单20261122103011123", "订单20261122103011123", nil},                         // a time down to the millisecond
		{"订单 202611221030110042", "订单 202611221030110042", nil},
		{"2026-11-22 10:30:11", "2026-11-22 10:30:11", nil},
		{"2026/11/22 10.30", "2026/11/22 10.30", nil},
		{"20261122103011", "20261122103011", nil},
		{"金额 1,234,567.89 元", "金额 1,234,567.89 元", nil},
		{"300.00 500.00 4000.00", "300.00 500.00 4000.00", nil},
		{"018f4e3a-4111-7111-8111-111111111111", "018f4e3a-4111-7111-8111-111111111111", nil},
		{"41111111-1111-1111-8111-111111111111", "41111111-1111-1111-8111-111111111111", nil},
		{"9f86d081884c7d659a4111111111111111fb5d", "9f86d081884c7d659a4111111111111111fb5d", nil},
		{"R0193a1c27d3e7c5e9b1c4111111111111111", "R0193a1c27d3e7c5e9b1c4111111111111111", nil},
		{"1700000000000", "1700000000000", nil},
		{"1795332611123", "1795332611123", nil},
		{"SN NL8A4111B22C0001234", "SN NL8A4111B22C0001234", nil},
		{"参考号 123456789012", "参考号 123456789012", nil},
		{"参考号 411111111111 流水 000123 批次 000001", "参考号 411111111111 流水 000123 批次 000001", nil},
		{"应答码 55 密码错", "应答码 55 密码错", nil},
		{"密码错误 55", "密码错误 55", nil},
		{"密码输错两次 55", "密码输错两次 55", nil},
		{"密码键盘坏了，SN 12345678", "密码键盘坏了，SN 12345678", nil},
		{"密码错了，金额1000元", "密码错了，金额1000元", nil},
		{"密码不对 1000.00", "密码不对 1000.00", nil},
		{"验证码 60秒 收不到", "验证码 60秒 收不到", nil},
		{"shopin 1234", "shopin 1234", nil},
		{"卡号 622202******7894", "卡号 622202******7894", nil},
		{"411111******1111 5555 5555 5555", "411111******1111 5555 5555 5555", nil},
		{"一二三四五六七八九十", "一二三四五六七八九十", nil},
		{"", "", nil},
		{"刷卡不出票", "刷卡不出票", nil},
		{"\xff4111\xfe", "\xff4111\xfe", nil},
	} {
		got, kinds := Mask(c.in)
		if got != c.want || !slices.Equal(kinds, c.kinds) {
			t.Errorf("Mask(%q) = %q %v, want %q %v", c.in, got, kinds, c.want, c.kinds)
		}
		if again, _ := Mask(got); again != got {
			t.Errorf("Mask(%q) = %q, and of that %q", c.in, got, again)
		}
	}
}

// TestMaskLeavesOrders says that order numbers of 20 and more digits stay, even those that begin like a card.
func TestMaskLeavesOrders(t *testing.T) {
	for _, order := range []string{
		"20261123000000012345", "20261123103011000042", "202611231030110000421", "2026112310301100004212", "20261123898440048160001",
		"202611231030118984400481", "2026112322001476541234567890", "2026112322001412261234567", "20261123103011123456789012", "202611231030111226123",
		"89844004816000120261123", "8984400481600012026112300042", "4200001234202611231234567890", "4200002612202611230987654321", "4500002611232026112312345678",
		"62202611231030110000421", "6020261123103011000042", "41111111111111119912123", "5105105105105100202611", "17953326111230000420001",
	} {
		for _, frame := range []string{"%s", "订单号%s查一下", "订单 %s 金额 128.00", "%s\n13812345678"} {
			in := fmt.Sprintf(frame, order)
			if got, kinds := Mask(in); got != in || kinds != nil {
				t.Errorf("Mask(%q) = %q %v", in, got, kinds)
			}
		}
	}
}

// check is the check character of an identity number.
func check(s string) string {
	for _, c := range "0123456789X" {
		if idNumber([]byte(s + string(c))) {
			return string(c)
		}
	}
	return "?"
}

// drawCard draws a number that an issuer may have given out.
func drawCard(t *rapid.T) string {
	prefix := rapid.SampledFrom([]string{"62", "4", "51", "55", "2221", "2720", "34", "37", "35", "60", "30", "36", "38"}).Draw(t, "prefix")
	n := rapid.IntRange(13, 19).Draw(t, "length")
	digits := []byte(prefix)
	for len(digits) < n-1 {
		digits = append(digits, byte('0'+rapid.IntRange(0, 9).Draw(t, "digit")))
	}
	for d := byte('0'); d <= '9'; d++ {
		if full := append(slices.Clone(digits), d); luhn(full) {
			return string(full)
		}
	}
	panic("every number has a check digit")
}

// drawText draws what tempts the masks: digits, gaps, words, tokens.
func drawText(t *rapid.T) string {
	piece := rapid.OneOf(
		rapid.StringMatching(`[0-9]{1,19}`),
		rapid.SampledFrom([]string{" ", "-", "\n", ".", "*", "=", "^", "%B", ";", "?", "X", "a", "D2612", "d", "F", "5713", ":", "+", "1226", "2612123", "是", "的", "，", "：", "密码", "PIN", "CVV", "CVV2", "cvv2",
			"安全码", "验证码", "[密码]", "[安全码]", "[证件号]", "[", "]", "元", "一", "三", "①", "𝟒", "\u200d", "\xff", "411111******1111"}),
		rapid.Custom(func(t *rapid.T) string {
			return rapid.SampledFrom(spellings).Draw(t, "spelling").in(drawCard(t))
		}),
		rapid.Custom(func(t *rapid.T) string {
			s := "110105" + rapid.StringMatching(`(19|20)[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|1[0-9])[0-9]{3}`).Draw(t, "born")
			return s + check(s)
		}),
	)
	return strings.Join(rapid.SliceOfN(piece, 0, 8).Draw(t, "pieces"), "")
}

func TestMaskIsIdempotent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := drawText(t)
		once, _ := Mask(in)
		twice, kinds := Mask(once)
		if twice != once {
			t.Fatalf("%q\n-> %q\n-> %q %v", in, once, twice, kinds)
		}
	})
}

// TestMaskHidesCards says that of a card in a text only the first six and the last four digits are left.
func TestMaskHidesCards(t *testing.T) {
	words := rapid.SampledFrom([]string{"", "卡号", "我的卡是：", "\n", "刷不了。", "13812345678，请回电", "（", "密码错，", "N86 "})
	rapid.Check(t, func(t *rapid.T) {
		card := drawCard(t)
		sp := rapid.SampledFrom(spellings).Draw(t, "spelling")
		before, after := words.Draw(t, "before"), words.Draw(t, "after")
		if strings.HasSuffix(before, "回电") || before == "" || !endsInDigit(before) {
			in := before + sp.in(card) + "。" + after
			got, kinds := Mask(in)
			// Once in some thousand draws the digits before the card make an identity number of it; then nothing of it is left.
			if slices.Contains(kinds, MaskedID) && !strings.Contains(ascii(got), card[:7]) {
				return
			}
			rest := ""
			if sp.name == "keycaps" {
				rest = "\ufe0f\u20e3" // of the last digit
			}
			if want := before + starred(card) + rest + "。" + after; got != want {
				t.Fatalf("Mask(%q) = %q %v, want %q", in, got, kinds, want)
			}
		}
	})
}

func endsInDigit(s string) bool {
	r, _ := utf8.DecodeLastRuneInString(s)
	return isDigit(r)
}

// ascii is the text with all digits in one spelling and stars, nothing else.
func ascii(s string) string {
	var b strings.Builder
	for _, r := range s {
		if v := digit(r); v >= 0 {
			b.WriteByte(byte('0' + v))
		} else if !isGap(r) && !isInvisible(r) {
			b.WriteRune(r)
		}
	}
	return b.String()
}

func TestDigit(t *testing.T) {
	for _, row := range []string{"0123456789", "０１２３４５６７８９", "٠١٢٣٤٥٦٧٨٩", "०१२३४५६७८९", "𝟘𝟙𝟚𝟛𝟜𝟝𝟞𝟟𝟠𝟡", "𝟶𝟷𝟸𝟹𝟺𝟻𝟼𝟽𝟾𝟿", "🯰🯱🯲🯳🯴🯵🯶🯷🯸🯹",
		"零一二三四五六七八九", "〇壹贰叁肆伍陆柒捌玖", "洞幺两三四五六拐八勾", "⓪①②③④⑤⑥⑦⑧⑨", "⓿❶❷❸❹❺❻❼❽❾", "⁰¹²³⁴⁵⁶⁷⁸⁹", "₀₁₂₃₄₅₆₇₈₉", "○⑴⑵⑶⑷⑸⑹⑺⑻⑼"} {
		for want, r := range []rune(row) {
			if got := digit(r); got != want {
				t.Errorf("digit(%q) = %d, want %d", r, got, want)
			}
		}
	}
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if v := digit(r); v > 9 || v >= 0 && unicode.IsLetter(r) && !unicode.Is(unicode.Han, r) {
			t.Errorf("digit(%q) = %d", r, v)
		}
	}
}

func FuzzMask(f *testing.F) {
	for _, card := range cards[:4] {
		for _, sp := range spellings {
			f.Add("卡号 " + sp.in(card) + " 密码 1234 CVV 567")
		}
	}
	for _, s := range []string{"%B4111111111111111^A/B^2612?", ";4111111111111111=2612?", "57134111111111111111D28121010000F",
		"4111111111111111ABCDEF12", "41111111111111111226123", "4111:1111+1111\\1111 10:30:11", "11010519491231002X", "[密码]1 是[安全码]", "\xff\xfe4", "密码 123456 500"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		once, kinds := Mask(s)
		if len(kinds) == 0 && once != s {
			t.Fatalf("Mask(%q) = %q without a kind", s, once)
		}
		if !slices.IsSorted(kinds) || len(slices.Compact(slices.Clone(kinds))) != len(kinds) {
			t.Fatalf("Mask(%q): kinds %v", s, kinds)
		}
		if twice, _ := Mask(once); twice != once {
			t.Fatalf("Mask(%q) = %q, and of that %q", s, once, twice)
		}
		if utf8.ValidString(s) && !utf8.ValidString(once) {
			t.Fatalf("Mask(%q) = %q is not UTF-8", s, once)
		}
	})
}

func TestClean(t *testing.T) {
	for _, c := range []struct {
		in, want string
		err      error
	}{
		{"  刷卡\r\n不出票\t ", "刷卡\n不出票", nil},
		{"a\u2028b\u2029c", "a\nb\nc", nil},
		{"a\x00b\x1b[31mc\u0085d", "ab[31mcd", nil},
		{"密\u200b码\ufeff\u2060\u00ad\u200c", "密码", nil},
		{"\u202eabc\u2069\u200f\u061c", "abc", nil},
		{"👨\u200d👩\u200d👧 ❤\ufe0f", "👨\u200d👩\u200d👧 ❤\ufe0f", nil}, // emoji stay whole
		{"\ue000\ufffd\uffff\U0010ffff\U000e0041x", "x", nil},
		{"<b>'; DROP TABLE x; --", "<b>'; DROP TABLE x; --", nil},
		{"", "", ErrEmpty},
		{" \n\t\u3000\u00a0", "", ErrEmpty},
		{"\u200b\u200d\ufe0f\u3164\u2800\u0301", "", ErrEmpty},
		{"a\xff", "", ErrNotUTF8},
		{"\xed\xa0\x80", "", ErrNotUTF8}, // half a surrogate
		{strings.Repeat("字", MaxText), strings.Repeat("字", MaxText), nil},
		{strings.Repeat("𝟎", MaxText), strings.Repeat("𝟎", MaxText), nil},
		{strings.Repeat("字", MaxText+1), "", ErrTooLong},
		{strings.Repeat("a", 1<<20), "", ErrTooLong},
	} {
		got, err := clean(c.in)
		if d := cmp.Diff(c.want, got); err != c.err || d != "" {
			t.Errorf("clean(%.40q): %v, want %v\n%s", c.in, err, c.err, d)
		}
	}
}

func FuzzClean(f *testing.F) {
	for _, s := range []string{"", "刷卡 不出票", "\u202ea\u200b", "a\xff", "👨\u200d👩", " \u3000x\u2028", strings.Repeat("字", MaxText)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		once, err := clean(s)
		if err != nil {
			if once != "" {
				t.Fatalf("clean(%q) = %q with %v", s, once, err)
			}
			return
		}
		if n := utf8.RuneCountInString(once); n == 0 || n > MaxText || !utf8.ValidString(once) || strings.TrimSpace(once) != once {
			t.Fatalf("clean(%q) = %q", s, once)
		}
		for _, r := range once {
			if unicode.IsControl(r) && r != '\n' && r != '\t' || unicode.Is(unicode.Bidi_Control, r) {
				t.Fatalf("clean(%q) left %q", s, r)
			}
		}
		if twice, err := clean(once); err != nil || twice != once {
			t.Fatalf("clean(%q) = %q, and of that %q, %v", s, once, twice, err)
		}
	})
}

func BenchmarkMask(b *testing.B) {
	long := func(s string) string { return strings.Repeat(s, 1<<20/len(s)) }
	for _, c := range []struct{ name, in string }{
		{"60 characters, nothing in it", "您好，我店里的收款机今天早上开始刷卡就提示交易失败请联系发卡行，换了好几张卡都一样，扫码倒是可以的，麻烦看一下怎么办谢谢"},
		{"60 characters, numbers", "商户号898440048160001，机器SN后四位 4821，今天10:35刷卡金额 1280.00 提示58，参考号123456789012，电话13812345678"},
		{"60 characters, a card and a code", "您好，卡号6222021234567894，密码123456，今天早上十点三十五分刷卡提示交易失败，换了好几张卡都一样，麻烦看一下谢谢"},
		{"1 MiB of words", long("刷卡提示交易失败请联系发卡行，")},
		{"1 MiB of digits", long("4")},
		{"1 MiB of spaced digits", long("4 ")},
		{"1 MiB of cards", long("4111111111111111\n")},
		{"1 MiB of passwords", long("密码")},
		{"1 MiB of passwords and digits", long("密码4是")},
		{"1 MiB of half stripes", long("4111111111111111=")},
		{"1 MiB of chips", long("4111111111111111D28121010000012300000F")},
		{"1 MiB of colons", long("4:")},
		{"1 MiB of hexadecimal", long("4111111111111111a")},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(int64(len(c.in)))
			b.ReportAllocs()
			for b.Loop() {
				Mask(c.in)
			}
		})
	}
}
