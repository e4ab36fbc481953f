package bot

import (
	"regexp"
	"strings"
)

// stripe1 matches track 1: %B…^NAME^…
var stripe1 = regexp.MustCompile(`%?[Bb]\d{12,19}\^[^\^]{2,26}\^\d{4,}[^\s]*`)

// maskTracks masks what a magnetic stripe or a chip says of a card.
func maskTracks(s string, kinds *[]string) string {
	if strings.Contains(s, "^") {
		s = stripe1.ReplaceAllStringFunc(s, func(string) string { *kinds = append(*kinds, MaskedTrack); return trackToken })
	}
	if !strings.ContainsAny(s, "=Dd") {
		return s
	}
	return maskTrack2(s, kinds)
}

// maskTrack2 masks track 2. A stripe writes it ;…=…? and a chip …D…F: a number, the sign, then expiry, service code and what the
// issuer checks. Hexadecimal keys have a D too, so before a D stands a card, alone in its digits or behind the tag of the chip's field.
func maskTrack2(s string, kinds *[]string) string {
	var out strings.Builder
	tail, first := 0, 0 // first: where the digits before s[i] begin
	for i := 0; i < len(s); i++ {
		if ascii0to9(s[i]) {
			continue
		}
		at := -1
		if i-first >= 13 && i+4 < len(s) && ascii0to9(s[i+1]) && ascii0to9(s[i+2]) && ascii0to9(s[i+3]) && ascii0to9(s[i+4]) {
			switch s[i] {
			case '=':
				at = max(first, i-19)
			case 'D', 'd':
				at = chipCard(s, first, i)
			}
		}
		if at < 0 {
			first = i + 1
			continue
		}
		if at > tail && s[at-1] == ';' {
			at--
		}
		end := i + 5
		for end < len(s) && (ascii0to9(s[end]) || s[end] == '*') {
			end++
		}
		if end < len(s) && (s[end] == '?' || s[i] != '=' && s[end]|0x20 == 'f') { // F fills the last byte of a chip's field
			end++
		}
		out.WriteString(s[tail:at])
		out.WriteString(trackToken)
		*kinds = append(*kinds, MaskedTrack)
		tail, first, i = end, end, end-1
	}
	if tail == 0 {
		return s
	}
	out.WriteString(s[tail:])
	return out.String()
}

// chipCard returns where the card begins that the digits s[first:end] are, or end with behind tag 57 and a length of 9 to 19 bytes.
func chipCard(s string, first, end int) int {
	for at := max(first, end-19); at <= end-13; at++ {
		whole := at == first
		if at-first >= 4 {
			tag := s[at-4 : at]
			whole = tag == "5709" || tag >= "5710" && tag <= "5713"
		}
		if d := []byte(s[at:end]); whole && issuer(d) && luhn(d) {
			return at
		}
	}
	return -1
}

func ascii0to9(c byte) bool { return c >= '0' && c <= '9' }
