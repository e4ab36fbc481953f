package bot

import (
	"slices"
	"strings"
)

// Kinds of personal data that Mask removes.
const (
	MaskedCard  = "card"  // a card number: 13 to 19 digits, Luhn and an issuer's prefix, or said to be one
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
// circled, mathematical or Chinese digits, with spaces, punctuation, line breaks or invisible characters in between. It returns the kinds
// it found, sorted. Of a card number the first six and last four digits stay. Masking a masked text changes nothing.
//
// A card or identity number is made of whole groups of digits: it begins and ends where a group does. So numbers that merely contain
// one stay: order numbers that begin with a date, merchant numbers (15 digits beginning with 8), hexadecimal keys, and groups of 20
// and more digits, which are order numbers (a WeChat Pay order has 28 digits beginning with 4200, so that some 16 of them pass as a
// card nearly always). Three things that people type in one go are the exceptions: a card of 16 digits with up to three digits behind
// it, a card with its expiry and maybe its code, and an identity number with anything behind it.
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

func isToken(s string) bool {
	for _, t := range [...]string{trackToken, idToken, cvvToken, pinToken, codeToken} {
		if strings.HasPrefix(s, t) {
			return true
		}
	}
	return false
}
