package bot

import (
	"unicode"
	"unicode/utf8"
)

// digit returns the value of a digit in any spelling, -1 for others.
func digit(r rune) int {
	switch {
	case r < 0x80:
		if r >= '0' && r <= '9' {
			return int(r - '0')
		}
		return -1
	case r >= 0x4e00 && r <= 0x9fff: // ideographs
		switch r {
		case '零', '洞':
			return 0
		case '一', '幺', '壹':
			return 1
		case '二', '两', '贰':
			return 2
		case '三', '叁':
			return 3
		case '四', '肆':
			return 4
		case '五', '伍':
			return 5
		case '六', '陆':
			return 6
		case '七', '柒', '拐':
			return 7
		case '八', '捌':
			return 8
		case '九', '玖', '勾':
			return 9
		}
		return -1
	case r >= '０' && r <= '９':
		return int(r - '０')
	case r >= 0x1d7ce && r <= 0x1d7ff: // mathematical digits
		return int(r-0x1d7ce) % 10
	case r == '⓪' || r == '⓿' || r == '〇' || r == '○' || r == '⁰' || r == '₀':
		return 0
	case r == '¹':
		return 1
	case r == '²' || r == '³':
		return int(r-'²') + 2
	}
	for _, one := range [...]rune{'①', '⑴', '⒈', '❶', '➀', '➊', '⓵', '㈠', '㊀', '〡'} { // nine in a row
		if r >= one && r < one+9 {
			return int(r-one) + 1
		}
	}
	if r >= '⁴' && r <= '⁹' {
		return int(r-'⁴') + 4
	}
	if r >= '₁' && r <= '₉' {
		return int(r-'₁') + 1
	}
	if unicode.Is(unicode.Nd, r) { // digits of other scripts come in runs of ten
		for d := rune(0); d < 10; d++ {
			if !unicode.Is(unicode.Nd, r-d-1) {
				return int(d)
			}
		}
		return int(r) % 10
	}
	return -1
}

func isDigit(r rune) bool { return digit(r) >= 0 }

// isGap says that a rune may stand between the digits of one number.
func isGap(r rune) bool {
	switch r {
	case ' ', '-', '.', '_', '\t', '/', ',', '\n', '\r', '|', '~', ':', '+', '\\', '：', '＋', '＼',
		'－', '—', '–', '‐', '‑', '‒', '―', '−', '～', '·', '•', '・', '，', '、':
		return true
	}
	return r >= 0x80 && unicode.IsSpace(r)
}

// rareGaps stand between two numbers more often than in one: 10:30:11, 4000.00+1200.00, +86.
const rareGaps = ":+\\：＋＼"

// isInvisible says that a rune has no width of its own: joiners, variation selectors, the box of a keycap.
func isInvisible(r rune) bool { return r >= 0x80 && unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf) }

// digits returns where the digits at s[i:] end, how many they are, and whether one of them is no Chinese numeral.
func digits(s string, i int) (end, n int, plain bool) {
	for end = i; end < len(s); n++ {
		r, w := utf8.DecodeRuneInString(s[end:])
		if !isDigit(r) {
			break
		}
		plain = plain || r < 0x3000 || r > 0x9fff
		end += w
	}
	return end, n, plain
}
