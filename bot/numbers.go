package bot

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

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
			n, code := r.card(s, b), false
			if n == 0 {
				n, code = r.withExpiry(s, b)
			}
			if n == 0 {
				n = r.called(s, b)
			}
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
			if code {
				out.Write(r.values[g.from+n : g.from+n+4]) // the expiry
				out.WriteString(cvvToken)
				tail = r.ends[g.to-1]
				*kinds = append(*kinds, MaskedCVV)
			}
			for b < len(r.groups) && r.groups[b].from < g.from+n {
				b++ // digits left of a group hang on the mask and begin nothing
			}
		}
	}
	r.values, r.ends, r.groups = r.values[:0], r.ends[:0], r.groups[:0]
	return tail
}

// aCard is a text in which the digits that follow are said to be a card number.
var aCard = regexp.MustCompile(`(?:卡号|银行卡|信用卡|借记卡|储蓄卡|贷记卡|卡片)(?:号码|号|是|为|的|就|[:：=,，(（\s])*$`)

// called is how many digits, 13 to 19 in whole groups from b on, are said to be a card number: with one mistyped it has no right check
// digit, and the others are true all the same.
func (r *run) called(s string, b int) (n int) {
	g := r.groups[b]
	if !aCard.MatchString(s[max(0, g.at-40):g.at]) {
		return 0
	}
	for _, next := range r.groups[b:] {
		if r.starred(s, next) {
			return 0
		}
		if total := next.to - g.from; total > 19 {
			break
		} else if total >= 13 {
			n = total
		}
	}
	if n == 15 && r.values[g.from] == '8' {
		return 0 // a merchant number
	}
	return n
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
	var gaps gaps
	for i, g := range r.groups[b:] {
		n := g.to - first
		if n > 18 || r.starred(s, g) || i > 0 && !gaps.join(r, s, b+i) {
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
	var gaps gaps
	for i, h := range r.groups[b+1:] {
		if n = h.to - g.from; n > 19 || !r.usable(s, h) || !gaps.join(r, s, b+1+i) {
			break
		}
		if n >= 13 && good(n) {
			best = n
		}
	}
	return best
}

// gaps is what stands between the groups of one number. A number with a rare gap has it throughout, or no group under three digits.
type gaps struct {
	first                     string
	begun, mixed, rare, small bool
}

// join says that group i of a run may go on with the number that the group before it belongs to.
func (p *gaps) join(r *run, s string, i int) bool {
	g, h := r.groups[i-1], r.groups[i]
	gap := s[r.ends[g.to-1]:h.at]
	if !p.begun {
		p.first, p.begun = gap, true
	}
	p.mixed = p.mixed || gap != p.first
	p.rare = p.rare || strings.ContainsAny(gap, rareGaps)
	p.small = p.small || g.to-g.from < 3 || h.to-h.from < 3
	return !(p.rare && p.mixed && p.small)
}

// withExpiry looks for a card, its expiry and maybe its security code typed in one go as group b: 16 or 19 digits, MMYY or YYMM, three
// or four digits. It returns how many digits the card has and whether a code follows.
func (r *run) withExpiry(s string, b int) (n int, code bool) {
	g := r.groups[b]
	d := r.values[g.from:g.to]
	if len(d) < 20 || len(d) > 27 || r.starred(s, g) || !issuer(d) || key(s, g.at, r.ends[g.to-1]) {
		return 0, false
	}
	for _, n := range [...]int{16, 19} {
		if more := len(d) - n - 4; (more == 0 || more == 3 || more == 4) && luhn(d[:n]) && expiry(d[n:n+4]) {
			return n, more > 0
		}
	}
	return 0, false
}

// expiry says that four digits are a month and a year that a card may end in.
func expiry(d []byte) bool {
	a, b := int(d[0]-'0')*10+int(d[1]-'0'), int(d[2]-'0')*10+int(d[3]-'0')
	month := func(v int) bool { return v >= 1 && v <= 12 }
	year := func(v int) bool { return v >= 24 && v <= 45 }
	return month(a) && year(b) || year(a) && month(b)
}

// usable says that a group may be part of a card number.
func (r *run) usable(s string, g group) bool {
	n := g.to - g.from
	merchant := n == 15 && r.values[g.from] == '8'
	return n <= 19 && !merchant && !r.starred(s, g)
}

// key says that s[at:end] lies in a UUID or another long hexadecimal key. Nothing of a key is masked. What begins with a whole card
// and goes on with a letter is no key.
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
	lead := -1 // the digits before the first letter
	for i := range len(whole) {
		if !hex(whole[i]) {
			return false // a dash, or a gap within the number itself
		}
		if lead < 0 && whole[i] > '9' {
			lead = i
		}
	}
	if len(whole) < 24 || lead < 0 {
		return false
	}
	card := []byte(whole[:lead])
	return lead < 13 || lead > 19 || !issuer(card) || !luhn(card)
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
