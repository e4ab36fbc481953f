package importer

import (
	"strings"
	"unicode"

	"github.com/mozillazg/go-pinyin"
)

// clean gives a text the form of the library: without invisible characters and letters pushed between characters, with
// Chinese punctuation behind Chinese characters, on one line.
func clean(text string) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case r == '<':
			return '＜' // texts of the library are plain
		case r == '>':
			return '＞'
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r), r == unicode.ReplacementChar:
			return -1
		}
		return r
	}, text)
	runes := []rune(collapse(text))
	runes = unpush(runes)
	for i, r := range runes {
		if i == 0 {
			continue
		}
		before := han(runes[i-1]) || strings.ContainsRune("，。）”》", runes[i-1])
		if full, ok := punctuation[r]; ok && (before || r != ')' && i+1 < len(runes) && han(runes[i+1])) {
			runes[i] = full
		}
		if r == '(' && i+1 < len(runes) && (han(runes[i-1]) || han(runes[i+1])) {
			runes[i] = '（'
		}
	}
	return strings.TrimSpace(string(runes))
}

func cleaned(list []string) []string {
	out := make([]string, len(list))
	for i, text := range list {
		out[i] = clean(text)
	}
	return out
}

var punctuation = map[rune]rune{',': '，', ':': '：', ';': '；', '?': '？', '!': '！', ')': '）'}

func han(r rune) bool { return unicode.Is(unicode.Han, r) }

// unpush takes out letters that sites push between characters to hide words from filters, where that is certain: they
// spell the character before or behind them.
//
//	收kuan款 -> 收款     微*信 -> 微信     用app收款 stays
func unpush(runes []rune) []rune {
	out := make([]rune, 0, len(runes))
	for i := 0; i < len(runes); i++ {
		r := runes[i]
		if len(out) > 0 && han(out[len(out)-1]) {
			end := i
			for end < len(runes) && end-i <= 6 && latin(runes[end]) {
				end++
			}
			if n := end - i; n >= 2 && n <= 6 && end < len(runes) && han(runes[end]) {
				letters := strings.ToLower(string(runes[i:end]))
				if spells(letters, out[len(out)-1]) || spells(letters, runes[end]) {
					i = end - 1
					continue
				}
			}
			if strings.ContainsRune("*^_|~.·", r) && i+1 < len(runes) && pushed[string(out[len(out)-1])+string(runes[i+1])] {
				continue
			}
		}
		out = append(out, r)
	}
	return out
}

// pushed are words that are hidden this way; between other characters a mark may mean something.
var pushed = set("刷卡 微信 支付 收款 信用 套现 银行 转账 扫码 提现 费率 封顶 办理 加微 公众 机器 商户 代理 返现 秒到")

func latin(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' }

// spells tells whether letters are a reading of a character, without its tone.
func spells(letters string, r rune) bool {
	for reading := range strings.SplitSeq(pinyin.PinyinDict[int(r)], ",") {
		if toneless.Replace(reading) == letters {
			return true
		}
	}
	return false
}

var toneless = strings.NewReplacer("ā", "a", "á", "a", "ǎ", "a", "à", "a", "ē", "e", "é", "e", "ě", "e", "è", "e", "ī", "i", "í", "i", "ǐ", "i", "ì", "i",
	"ō", "o", "ó", "o", "ǒ", "o", "ò", "o", "ū", "u", "ú", "u", "ǔ", "u", "ù", "u", "ǖ", "v", "ǘ", "v", "ǚ", "v", "ǜ", "v", "ü", "v", "ń", "n", "ň", "n", "ǹ", "n")
