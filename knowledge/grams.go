package knowledge

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/mozillazg/go-pinyin"
)

// maxUnit is the longest run of letters and digits kept as one unit, in characters.
const maxUnit = 20

// fillers say nothing about the subject. They are dropped from both sides before likeness is measured, unless nothing
// would be left. Longer ones first.
var fillers = strings.NewReplacer(
	"麻烦帮我看看", "", "麻烦帮我看一下", "", "帮我看一下", "", "帮我看看", "", "帮我看下", "", "我想问一下", "", "我想问下", "", "我想问", "",
	"想问一下", "", "想问下", "", "问一下", "", "我问下", "", "请问一下", "", "请问下", "", "请问", "", "你好", "", "麻烦", "", "那个", "", "我们", "我",
	"老板说", "", "到底", "", "一下", "", "呃", "", "嗯", "", "啊", "", "呀", "", "呢", "", "吧", "", "嘛", "", "哦", "", "喂", "", "诶", "", "哎", "",
)

// content is a normalised text without fillers. When less than two characters would be left, the fillers were the text.
func content(normal string) string {
	if short := strings.TrimSpace(fillers.Replace(normal)); utf8.RuneCountInString(short) > 1 {
		return short
	}
	return normal
}

// units splits normalised text into what is counted: each Han character, and each run of letters or digits (51, pos, a0).
func units(normal string) []string {
	list := make([]string, 0, len(normal)/3+1)
	start, length := -1, 0
	flush := func(end int) {
		if start >= 0 {
			list = append(list, normal[start:end])
		}
		start, length = -1, 0
	}
	for i, r := range normal {
		switch {
		case r == ' ':
			flush(i)
		case unicode.Is(unicode.Han, r):
			flush(i)
			list = append(list, normal[i:i+len(string(r))])
		default:
			if length == maxUnit {
				flush(i)
			}
			if start < 0 {
				start = i
			}
			length++
		}
	}
	flush(len(normal))
	return list
}

// grams returns the units and the pairs of neighbouring units.
func grams(list []string) []string {
	if len(list) == 0 {
		return nil
	}
	out := make([]string, 0, 2*len(list)-1)
	out = append(out, list...)
	for i := 1; i < len(list); i++ {
		out = append(out, list[i-1]+"_"+list[i])
	}
	return out
}

// syllables replaces each Han unit by its toneless pinyin. A character with several readings has its most usual one, on
// both sides of a comparison.
func syllables(list []string) []string {
	out := make([]string, len(list))
	for i, unit := range list {
		out[i] = unit
		for _, r := range unit {
			if s := syllable(r); s != "" {
				out[i] = s
			}
			break
		}
	}
	return out
}

func syllable(r rune) string {
	reading, ok := pinyin.PinyinDict[int(r)]
	if !ok {
		return ""
	}
	reading, _, _ = strings.Cut(reading, ",")
	return strings.Map(func(r rune) rune {
		if plain, ok := toneless[r]; ok {
			return plain
		}
		return r
	}, reading)
}

// toneless maps the vowels of the dictionary to plain letters; ü becomes v, as it is typed.
var toneless = runePairs("āaáaǎaàaēeéeěeèeīiíiǐiìiōoóoǒoòoūuúuǔuùuǖvǘvǚvǜvüvńnňnǹnḿmêe")
