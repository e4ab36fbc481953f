package importer

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/saintfish/chardet"
	"golang.org/x/text/encoding/simplifiedchinese"
)

var errBinary = errors.New("1: this is binary, no text; give text, HTML, Markdown, DOCX, CSV or XLSX")

// declared finds the encoding that an HTML page names.
var declared = regexp.MustCompile(`(?i)<meta[^>]{0,200}charset\s*=\s*["']?\s*([a-z0-9_-]+)`)

// decode turns bytes into text. UTF-8, UTF-16 and GBK with all of GB 18030 are read; other encodings are refused by name,
// because a guess would be stored as if it were what was written. The error begins with a line: "3: …".
func decode(data []byte) (text, encoding string, err error) {
	switch {
	case bytes.HasPrefix(data, []byte("\xef\xbb\xbf")):
		text, encoding = string(data[3:]), "UTF-8"
	case bytes.HasPrefix(data, []byte("\xff\xfe")):
		return decodeUTF16(data[2:], false)
	case bytes.HasPrefix(data, []byte("\xfe\xff")):
		return decodeUTF16(data[2:], true)
	case utf8.Valid(data):
		text, encoding = string(data), "UTF-8"
	default:
		if odd, even := zeros(data); odd+even > 0 { // UTF-16 has one beside every letter and end of line
			text, encoding, err := decodeUTF16(data, even > odd)
			if err != nil || !chinese(text) {
				err = errBinary
			}
			return text, encoding, err
		}
		return decodeOther(data)
	}
	if !utf8.ValidString(text) {
		return "", "", fmt.Errorf("%d: the file says that it is UTF-8 and is not; save it as UTF-8", brokenAt(text))
	}
	if control(text) {
		if odd, even := zeros(data); (odd == 0) != (even == 0) { // ASCII in UTF-16 is sound UTF-8
			return decodeUTF16(data, even > 0)
		}
		return "", "", errBinary
	}
	return text, encoding, nil
}

func decodeOther(data []byte) (string, string, error) {
	text, err := simplifiedchinese.GB18030.NewDecoder().Bytes(data)
	sound := err == nil && !bytes.ContainsRune(text, utf8.RuneError) && !control(string(text))
	said := ""
	if m := declared.FindSubmatch(data[:min(len(data), 4096)]); m != nil {
		said = strings.ToLower(string(m[1]))
	}
	if strings.HasPrefix(said, "gb") {
		if !sound {
			return "", "", fmt.Errorf("%d: the page says that it is %s and is not; save it as UTF-8", brokenGB(data), said)
		}
		return string(text), "GB18030", nil
	}
	if sound && chinese(string(text)) {
		return string(text), "GB18030", nil
	}
	if said == "" || said == "utf-8" {
		said = ""
		if best, err := chardet.NewTextDetector().DetectBest(data); err == nil {
			if best.Charset == "GB-18030" && sound {
				return string(text), "GB18030", nil
			}
			said = best.Charset
		}
	}
	if mostlyUTF8(data) {
		return "", "", fmt.Errorf("%d: a character here is broken; save the file as UTF-8 again", brokenAt(string(data)))
	}
	if said == "" || !textual(data) {
		return "", "", errBinary
	}
	return "", "", fmt.Errorf("%d: the file seems to be written in %s; save it as UTF-8 or GBK", brokenAt(string(data)), said)
}

func decodeUTF16(data []byte, big bool) (string, string, error) {
	name, hi, lo := "UTF-16LE", 1, 0
	if big {
		name, hi, lo = "UTF-16BE", 0, 1
	}
	if len(data)%2 != 0 {
		return "", "", fmt.Errorf("1: the file seems to be %s and ends within a character; save it as UTF-8", name)
	}
	units := make([]uint16, len(data)/2)
	for i := range units {
		units[i] = uint16(data[2*i+hi])<<8 | uint16(data[2*i+lo])
	}
	text := string(utf16.Decode(units))
	if strings.ContainsRune(text, utf8.RuneError) || control(text) {
		return "", "", errBinary
	}
	return text, name, nil
}

// zeros counts zero bytes at odd and even places.
func zeros(data []byte) (odd, even int) {
	for i, b := range data {
		if b == 0 {
			if i%2 == 1 {
				odd++
			} else {
				even++
			}
		}
	}
	return odd, even
}

// control tells whether a text holds characters that no text holds.
func control(text string) bool {
	for _, r := range text {
		if unicode.IsControl(r) && !strings.ContainsRune("\n\r\t\f\v\u0085", r) {
			return true
		}
	}
	return false
}

// textual tells whether bytes below space are rare enough for any text of single bytes.
func textual(data []byte) bool {
	for _, b := range data[:min(len(data), 64<<10)] {
		if b < 32 && !bytes.ContainsRune([]byte("\n\r\t\f\v\x1b"), rune(b)) {
			return false
		}
	}
	return true
}

// usual are the most frequent characters of Chinese, and of talk about payment. Bytes of another encoding that are read
// as GBK by mistake seldom give them.
const usual = "的一是不了在有人这中大为上个国我以要他时来用们生到作地于出会可也你对生能而子那得着下自之年过后机卡刷商户款账码收付银行原因解决问题答处理怎么办"

// chinese tells whether characters that are usual in Chinese are usual in the text.
func chinese(text string) bool {
	all, known := 0, 0
	for _, r := range text {
		if r >= utf8.RuneSelf && unicode.IsLetter(r) {
			all++
			if strings.ContainsRune(usual, r) {
				known++
			}
		}
	}
	return all > 0 && known*12 >= all
}

func mostlyUTF8(data []byte) bool {
	good, bad := 0, 0
	for i := 0; i < len(data); {
		r, size := utf8.DecodeRune(data[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			bad++
		case size > 1:
			good++
		}
		i += size
	}
	return good > 20*bad
}

// brokenAt returns the line of the first byte that is no UTF-8.
func brokenAt(text string) int {
	line := 1
	for i, r := range text {
		if r == utf8.RuneError && !strings.HasPrefix(text[i:], string(utf8.RuneError)) {
			break
		}
		if r == '\n' {
			line++
		}
	}
	return line
}

// brokenGB returns the line of the first byte that is no GB 18030.
func brokenGB(data []byte) int {
	text, _ := simplifiedchinese.GB18030.NewDecoder().Bytes(data)
	before, _, _ := strings.Cut(string(text), string(utf8.RuneError))
	return 1 + strings.Count(before, "\n")
}
