package bot

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Kinds of personal data that Mask removes.
const (
	MaskedCard  = "card"  // a card number: 13 to 19 digits, Luhn and an issuer's prefix
	MaskedID    = "id"    // an 18-character identity number with a right check character
	MaskedCVV   = "cvv"   // three or four digits said to be the security code
	MaskedPIN   = "pin"   // digits said to be a password or a one-time code
	MaskedTrack = "track" // magnetic stripe data
)

// What stands in place of what was removed. A card keeps its first six and last four digits instead.
const (
	trackToken = "[磁道信息]"
	idToken    = "[证件号]"
	cvvToken   = "[安全码]"
	pinToken   = "[密码]"
)

// Mask removes card numbers, security codes, passwords, stripe data and identity numbers from a text, in any spelling: full width,
// circled, mathematical or Chinese digits, with spaces, dashes, line breaks or invisible characters in between. It returns the kinds
// it found, sorted. Of a card number the first six and last four digits stay. Masking a masked text changes nothing.
//
// A card or identity number is made of whole groups of digits: it begins and ends where a group does. So numbers that merely contain
// one stay: order numbers that begin with a date, merchant numbers (15 digits beginning with 8), hexadecimal keys, and groups of 20
// and more digits, which are order numbers (a WeChat Pay order has 28 digits beginning with 4200, so that some 16 of them pass as a
// card nearly always). Two things that people type in one go are the exceptions: a card with up to three digits behind it, and an
// identity number with anything behind it.
func Mask(s string) (string, []string) {
	if !enoughDigits(s) {
		return s, nil
	}
	var kinds []string
	for range 4 { // what is removed may leave something else standing alone; a second round nearly always finds nothing
		found := len(kinds)
		s = maskTracks(s, &kinds)
		s = maskRuns(s, &kinds)
		s = maskNamed(s, &cvv, &kinds)
		s = maskNamed(s, &pin, &kinds)
		if len(kinds) == found {
			break
		}
	}
	slices.Sort(kinds)
	return s, slices.Compact(kinds)
}

func maskTracks(s string, kinds *[]string) string {
	if !strings.ContainsAny(s, "=^") {
		return s
	}
	return track.ReplaceAllStringFunc(s, func(string) string { *kinds = append(*kinds, MaskedTrack); return trackToken })
}

// enoughDigits says whether a text has the three digits that the shortest secret has.
func enoughDigits(s string) bool {
	n := 0
	for _, r := range s {
		if isDigit(r) {
			if n++; n == 3 {
				return true
			}
		}
	}
	return false
}

// track matches stripe 1 (%B…^NAME^…) and stripe 2 (;…=…?).
var track = regexp.MustCompile(`%?[Bb]\d{12,19}\^[^\^]{2,26}\^\d{4,}[^\s]*|;?\d{13,19}=\d{4,}[\d*]*\??`)

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
	case ' ', '-', '.', '_', '\t', '/', ',', '\n', '\r', '|', '~',
		'－', '—', '–', '‐', '‑', '‒', '―', '−', '～', '·', '•', '・', '，', '、':
		return true
	}
	return r >= 0x80 && unicode.IsSpace(r)
}

// isInvisible says that a rune has no width of its own: joiners, variation selectors, the box of a keycap.
func isInvisible(r rune) bool { return r >= 0x80 && unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf) }

// group is digits without anything between them: values[from:to] of its run.
type group struct {
	at       int // byte where it begins
	from, to int
}

// run is groups with gaps of at most three characters between them.
type run struct {
	values []byte // '0'..'9'
	ends   []int  // byte behind each digit
	groups []group
}

// maskRuns masks card and identity numbers.
func maskRuns(s string, kinds *[]string) string {
	var room struct { // a message of usual length needs no more
		values [48]byte
		ends   [48]int
		groups [24]group
	}
	r := run{values: room.values[:0], ends: room.ends[:0], groups: room.groups[:0]}
	var out strings.Builder
	tail, gap := 0, 0
	for i := 0; i < len(s); {
		c, w := utf8.DecodeRuneInString(s[i:])
		switch v := digit(c); {
		case v >= 0:
			n := len(r.values)
			if n > 0 && gap > 3 {
				tail = r.mask(s, &out, tail, kinds)
				n = 0
			}
			if n == 0 || r.ends[n-1] != i {
				r.groups = append(r.groups, group{at: i, from: n, to: n})
			}
			r.values, r.ends = append(r.values, byte('0'+v)), append(r.ends, i+w)
			r.groups[len(r.groups)-1].to++
			gap = 0
		case len(r.values) == 0:
		case isGap(c):
			gap++
		case !isInvisible(c):
			tail = r.mask(s, &out, tail, kinds)
			gap = 0
		}
		i += w
	}
	tail = r.mask(s, &out, tail, kinds)
	if tail == 0 {
		return s
	}
	out.WriteString(s[tail:])
	return out.String()
}

// mask writes s from tail on with what the run hides, empties the run and returns the new tail.
func (r *run) mask(s string, out *strings.Builder, tail int, kinds *[]string) int {
	if len(r.values) >= 13 {
		for b := 0; b < len(r.groups); {
			g := &r.groups[b]
			if n, end := r.identity(s, b); n > 0 && !key(s, g.at, end) {
				out.WriteString(s[tail:g.at])
				out.WriteString(idToken)
				tail = end
				*kinds = append(*kinds, MaskedID)
				b = r.behind(b, g.from+n)
				continue
			}
			n := r.card(s, b)
			if n == 0 {
				b++
				continue
			}
			d := r.values[g.from : g.from+n]
			out.WriteString(s[tail:g.at])
			out.Write(d[:6])
			out.WriteString("*********"[:n-10])
			out.Write(d[n-4:])
			tail = r.ends[g.from+n-1]
			*kinds = append(*kinds, MaskedCard)
			for b < len(r.groups) && r.groups[b].from < g.from+n {
				b++ // digits left of a group hang on the mask and begin nothing
			}
		}
	}
	r.values, r.ends, r.groups = r.values[:0], r.ends[:0], r.groups[:0]
	return tail
}

// behind returns the first group behind digit d; a group that d stands in is cut.
func (r *run) behind(b, d int) int {
	for ; b < len(r.groups) && r.groups[b].to <= d; b++ {
	}
	if b < len(r.groups) && r.groups[b].from < d {
		r.groups[b].from, r.groups[b].at = d, r.ends[d-1]
	}
	return b
}

// starred says that a group is the rest of a number that is masked already.
func (r *run) starred(s string, g group) bool {
	end := r.ends[g.to-1]
	return g.at > 0 && s[g.at-1] == '*' || end < len(s) && s[end] == '*'
}

// identity looks for an identity number that begins with group b. It returns its digits and the byte behind it.
func (r *run) identity(s string, b int) (n, end int) {
	first := r.groups[b].from
	if r.starred(s, r.groups[b]) || len(r.values)-first < 17 {
		return 0, 0
	}
	if r.groups[b].to-first >= 18 {
		if idNumber(r.values[first : first+18]) {
			return 18, r.ends[first+17]
		}
		return 0, 0
	}
	for _, g := range r.groups[b:] {
		n := g.to - first
		if n > 18 || r.starred(s, g) {
			break
		}
		if n == 18 && idNumber(r.values[first:g.to]) {
			return 18, r.ends[g.to-1]
		}
		if end := r.ends[g.to-1]; n == 17 {
			if w := checkX(s[end:]); w > 0 && idNumber(append(append(make([]byte, 0, 18), r.values[first:g.to]...), 'X')) {
				return 17, end + w
			}
		}
	}
	return 0, 0
}

// checkX returns how many bytes the check character X takes at the start of a text, with one gap before it.
func checkX(s string) int {
	r, w := utf8.DecodeRuneInString(s)
	if isGap(r) {
		x, more := utf8.DecodeRuneInString(s[w:])
		r, w = x, w+more
	}
	if r == 'X' || r == 'x' || r == 'Ｘ' || r == 'ｘ' {
		return w
	}
	return 0
}

// card looks for a card number that begins with group b and returns its digits.
func (r *run) card(s string, b int) int {
	g := r.groups[b]
	if len(r.values)-g.from < 13 || !r.usable(s, g) || !issuer(r.values[g.from:]) {
		return 0
	}
	good := func(n int) bool { return luhn(r.values[g.from:g.from+n]) && !key(s, g.at, r.ends[g.from+n-1]) }
	n := g.to - g.from
	if n >= 13 && good(n) {
		return n
	}
	if n > 16 && good(16) {
		return 16
	}
	best := 0
	for _, h := range r.groups[b+1:] {
		if n = h.to - g.from; n > 19 || !r.usable(s, h) {
			break
		}
		if n >= 13 && good(n) {
			best = n
		}
	}
	return best
}

// usable says that a group may be part of a card number.
func (r *run) usable(s string, g group) bool {
	n := g.to - g.from
	merchant := n == 15 && r.values[g.from] == '8'
	return n <= 19 && !merchant && !r.starred(s, g)
}

// key says that s[at:end] lies in a UUID or another long hexadecimal key. Nothing of a key is masked.
func key(s string, at, end int) bool {
	hex := func(c byte) bool { return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F' }
	from, to := at, end
	for from > 0 && at-from < 64 && (hex(s[from-1]) || s[from-1] == '-') {
		from--
	}
	for to < len(s) && to-end < 64 && (hex(s[to]) || s[to] == '-') {
		to++
	}
	whole := s[from:to]
	if len(whole) == 36 && whole[8] == '-' && whole[13] == '-' && whole[18] == '-' && whole[23] == '-' {
		return true
	}
	letters := false
	for i := range len(whole) {
		if !hex(whole[i]) {
			return false // a dash, or a gap within the number itself
		}
		letters = letters || whole[i] > '9'
	}
	return len(whole) >= 24 && letters
}

func luhn(d []byte) bool {
	sum := 0
	for i := range d {
		v := int(d[len(d)-1-i] - '0')
		if i%2 == 1 {
			if v *= 2; v > 9 {
				v -= 9
			}
		}
		sum += v
	}
	return sum%10 == 0
}

// issuer says that a number begins like a card of UnionPay, Visa, Mastercard, Amex, JCB, Discover or Diners.
func issuer(d []byte) bool {
	p2 := int(d[0]-'0')*10 + int(d[1]-'0')
	p4 := p2*100 + int(d[2]-'0')*10 + int(d[3]-'0')
	switch {
	case p2 == 62, d[0] == '4', p2 >= 51 && p2 <= 55, p4 >= 2221 && p4 <= 2720:
		return true
	case p2 == 34, p2 == 37, p2 == 35, p2 == 60, p2 == 30, p2 == 36, p2 == 38:
		return true
	}
	return false
}

// idNumber checks an identity number after GB 11643: 17 digits with a birth date in them and the check character.
func idNumber(s []byte) bool {
	year, month, day := string(s[6:10]), string(s[10:12]), string(s[12:14])
	if year < "1900" || year > "2099" || month < "01" || month > "12" || day < "01" || day > "31" {
		return false
	}
	sum := 0
	for i, w := range [17]int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2} {
		sum += int(s[i]-'0') * w
	}
	return "10X98765432"[sum%11] == s[17]
}

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

// unit says that what stands behind a number makes it an amount, a count or a date.
func unit(s string) bool {
	if len(s) > 1 && s[0] == '.' && s[1] >= '0' && s[1] <= '9' {
		return true
	}
	r, _ := utf8.DecodeRuneInString(s)
	return r != utf8.RuneError && strings.ContainsRune("年月日号元块笔次台天点分秒%％", r)
}

func isToken(s string) bool {
	for _, t := range [...]string{trackToken, idToken, cvvToken, pinToken} {
		if strings.HasPrefix(s, t) {
			return true
		}
	}
	return false
}
