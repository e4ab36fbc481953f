package knowledge

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestNormalize(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"", ""}, {" 。！？ ", ""}, {"\u200b\ufeff", ""}, {"\xff\xfe", ""},
		{"ＰＯＳ機顯示商戶狀態異常！", "pos显示商户状态异常"},
		{"机子", "pos"}, {"刷卡机 坏了", "pos坏了"}, {"P O S", "p o s"}, {"POS机刷不了", "pos刷不了"}, {"泡斯机", "pos"},
		{"手机子账户", "手机子账户"}, {"你是机器人", "你是机器人"},
		{"咋整", "怎么办"}, {"刷不了卡咋办", "刷不了卡怎么办"}, {"啥意思", "什么意思"}, {"为啥", "为什么"},
		{"簽到失敗", "签到失敗"}, {"終端未登記", "终端未登记"}, {"到帐", "到账"},
		{"92 96、98", "92 96 98"}, {"A0 重新签到", "a0重新签到"}, {"wi\u200bfi", "wifi"},
		{"拉卡拉", "拉卡拉"}, {"①", "1"},
	} {
		if got := Normalize(test.text); got != test.want {
			t.Errorf("Normalize(%q) = %q, want %q", test.text, got, test.want)
		}
	}
}

func FuzzNormalize(f *testing.F) {
	for _, seed := range []string{"ＰＯＳ機", "咋整 51", "a\u0301\u200d\xff", "机机子子", "ﷺ", strings.Repeat("́", 50)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n := Normalize(s)
		if !utf8.ValidString(n) {
			t.Fatalf("%q is not UTF-8", n)
		}
		// NFKC makes at most 18 characters of one, a rewrite less than twice as many.
		if utf8.RuneCountInString(n) > 40*len(s) {
			t.Fatalf("%d bytes became %d characters", len(s), utf8.RuneCountInString(n))
		}
		if strings.TrimSpace(n) != n || strings.Contains(n, "  ") {
			t.Fatalf("spaces in %q", n)
		}
		for _, r := range n {
			if r != ' ' && !unicode.IsLetter(r) && !unicode.IsNumber(r) || unicode.ToLower(r) != r {
				t.Fatalf("%U in %q", r, n)
			}
		}
		if list := units(n); strings.Join(list, "") != strings.ReplaceAll(n, " ", "") {
			t.Fatalf("units of %q: %q", n, list)
		}
	})
}

func TestSyllables(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"商户壮态", "shang hu zhuang tai"}, {"结算卡", "jie suan ka"}, {"绿女", "lv nv"}, {"pos51", "pos51"}, {"报a0", "bao a0"},
	} {
		if got := strings.Join(syllables(units(test.text)), " "); got != test.want {
			t.Errorf("syllables of %q: %q, want %q", test.text, got, test.want)
		}
	}
}
