package bot

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// named is a secret that is known by the word before it.
type named struct {
	hint        []string // one of these stands in a text that has the word
	word        *regexp.Regexp
	token, kind string
	least, most int // digits
}

var (
	cvv = named{
		hint: []string{"v", "V", "n", "N", "c", "C", "安全码", "校验码", "三位", "卡背面", "签名栏"},
		word: regexp.MustCompile(`(?i)cv[vnc](?:2\b)?|安全码|校验码|后三位|背面三位|卡背面|签名栏`), token: cvvToken, kind: MaskedCVV, least: 3, most: 4}
	pin = named{
		hint: []string{"p", "P", "密码", "口令", "验证码", "校验短信", "动态码"},
		word: regexp.MustCompile(`(?i)密码|口令|验证码|校验短信|动态码|pin码|\bpin\b|\botp\b`), token: pinToken, kind: MaskedPIN, least: 4, most: 8}
)

// maskNamed masks a number that stands within a few characters behind a word for it, or before it: 123是CVV.
func maskNamed(s string, m *named, kinds *[]string) string {
	if !slices.ContainsFunc(m.hint, func(h string) bool { return strings.Contains(s, h) }) {
		return s
	}
	var out strings.Builder
	tail := 0
	hide := func(at, end int) {
		out.WriteString(s[tail:at])
		out.WriteString(m.token)
		tail = end
		*kinds = append(*kinds, m.kind)
	}
	for _, loc := range m.word.FindAllStringIndex(s, -1) {
		if loc[0] < tail {
			continue
		}
		i := loc[1]
		if loc[0] > 0 && s[loc[0]-1] == '[' && i < len(s) && s[i] == ']' { // a token, if no digit hangs on it
			if r, _ := utf8.DecodeRuneInString(s[i+1:]); !isDigit(r) {
				continue
			}
			i++
		}
		if at, end := m.before(s, tail, loc); end > 0 {
			hide(at, end)
		}
		if at, end := m.after(s, i); end > 0 {
			hide(at, end)
		}
	}
	if tail == 0 {
		return s
	}
	out.WriteString(s[tail:])
	return out.String()
}

// after looks for the number behind a word: at most six characters are in between, words like 是 and punctuation not counted.
func (m *named) after(s string, i int) (at, end int) {
	for skipped, seen := 0, 0; i < len(s) && skipped <= 6 && seen <= 16; seen++ {
		r, w := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == '[' && isToken(s[i:]), r == '*':
			return 0, 0
		case !isDigit(r):
			if !strings.ContainsRune(" \t\n:：=是为的就我您你码\"“”'‘’(（【[", r) {
				skipped++
			}
			i += w
		default:
			at := i
			end, n, plain := digits(s, i)
			for n <= m.most && end+1 < len(s) && (s[end] == ' ' || s[end] == '-') { // 12 34 56
				last, more, p := digits(s, end+1)
				if more == 0 || n+more > m.most || last < len(s) && s[last] == '*' {
					break
				}
				end, n, plain = last, n+more, plain || p
			}
			if end < len(s) && s[end] == '*' {
				return 0, 0
			}
			if n >= m.least && n <= m.most && !unit(s[end:]) && !key(s, at, end) {
				return at, end
			}
			i = end
			if plain {
				skipped += 3
			} else {
				skipped += n // words: 密码输错两次
			}
		}
	}
	return 0, 0
}

// before looks for a number of which the word is said: 123456是我的密码.
func (m *named) before(s string, tail int, loc []int) (at, end int) {
	for _, trouble := range []string{"错", "不", "键", "输"} {
		if strings.HasPrefix(s[loc[1]:], trouble) {
			return 0, 0 // 密码错误 says nothing of what stands before it
		}
	}
	said := false
	end = loc[0]
	for seen := 0; end > tail && seen < 8; seen++ {
		r, w := utf8.DecodeLastRuneInString(s[tail:end])
		if !strings.ContainsRune(" 是为我您你的短信卡\"“”", r) {
			break
		}
		said = said || r == '是' || r == '为'
		end -= w
	}
	n := 0
	for at = end; at > tail; n++ {
		r, w := utf8.DecodeLastRuneInString(s[tail:at])
		if !isDigit(r) {
			break
		}
		at -= w
	}
	if !said || n < m.least || n > m.most || key(s, at, end) || at > 0 && (s[at-1] == '*' || s[at-1] == '.') {
		return 0, 0
	}
	return at, end
}

// unit says that what stands behind a number makes it an amount, a count or a date.
func unit(s string) bool {
	if len(s) > 1 && s[0] == '.' && s[1] >= '0' && s[1] <= '9' {
		return true
	}
	r, _ := utf8.DecodeRuneInString(s)
	return r != utf8.RuneError && strings.ContainsRune("年月日号元块笔次台天点分秒%％", r)
}
