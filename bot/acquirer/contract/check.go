package contract

import (
	"fmt"
	"net/url"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Forms that the tag `is` names, with the pattern that the document shows for them.
//
//	ref      an identifier that is safe in a path
//	line,n   one line of at most n characters, nothing invisible
//	text,n   lines of at most n characters
//	masked   a number that shows at most six digits in a row
//	date     2006-01-02
//	link     https, at most 500 characters
//	number   a merchant number, 15 digits
//	code     a code that was sent, 6 digits
//	ms       milliseconds since 1970, between 2001 and 2100
//	fen      an amount, not negative
//	count    a number, not negative
//	list,n   at most n elements
const (
	RefPattern    = `^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$`
	MaskedPattern = `^([0-9]{0,6}([^0-9]|$)){1,32}$`
	DatePattern   = `^[0-9]{4}-[0-9]{2}-[0-9]{2}$`
	NumberPattern = `^[0-9]{15}$`
	CodePattern   = `^[0-9]{6}$`
	MinMS         = 1_000_000_000_000
	MaxMS         = 4_102_444_800_000
	MaxLink       = 500
	MaxMasked     = 32
	MaxAmount     = 100_000_000_000_00 // a hundred billion yuan: beyond it is a mistake
)

var (
	ref    = regexp.MustCompile(RefPattern)
	number = regexp.MustCompile(NumberPattern)
	code   = regexp.MustCompile(CodePattern)
	digits = regexp.MustCompile(`[0-9]{7}`)
)

// IsRef says whether s is an identifier as the contract knows them, safe in a path.
func IsRef(s string) bool { return ref.MatchString(s) }

// Check says what is wrong with an answer, an error, a case or an event: a missing field, a text too long, a date that is none. The
// error names the field and never its content.
func Check(v any) error { return check(reflect.ValueOf(v), "") }

// Check says what is wrong with the text of a query parameter.
func (p Param) Check(s string) error {
	switch p.Is {
	case "ms", "fen", "count":
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			return fmt.Errorf("%s is no number", p.Name)
		}
		if err := form(reflect.ValueOf(n), p.Is); err != nil {
			return fmt.Errorf("%s %w", p.Name, err)
		}
		return nil
	}
	if err := form(reflect.ValueOf(s), p.Is); err != nil {
		return fmt.Errorf("%s %w", p.Name, err)
	}
	return nil
}

func check(v reflect.Value, at string) error {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return nil
		}
		return check(v.Elem(), at)
	case reflect.Slice:
		for i := range v.Len() {
			e := v.Index(i)
			name := fmt.Sprintf("%s[%d]", at, i)
			if e.Kind() == reflect.String && !e.Type().Implements(wordType) {
				if err := form(e, "line,500"); err != nil {
					return fmt.Errorf("%s %w", name, err)
				}
			} else if err := check(e, name); err != nil {
				return err
			}
		}
	case reflect.Struct:
		for i := range v.NumField() {
			f := v.Type().Field(i)
			name := strings.TrimPrefix(at+"."+jsonName(f), ".")
			value := v.Field(i)
			if value.IsZero() && optional(f) {
				continue
			}
			if is := f.Tag.Get("is"); is != "" {
				if err := form(value, is); err != nil {
					return fmt.Errorf("%s %w", name, err)
				}
			}
			if err := check(value, name); err != nil {
				return err
			}
		}
	}
	return nil
}

func optional(f reflect.StructField) bool { return strings.Contains(f.Tag.Get("json"), ",omitempty") }

func jsonName(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	return name
}

// form checks one value against what its tag says.
func form(v reflect.Value, is string) error {
	name, size, _ := strings.Cut(is, ",")
	n, _ := strconv.Atoi(size)
	switch name {
	case "ref":
		if !ref.MatchString(v.String()) {
			return fmt.Errorf("is no identifier")
		}
	case "number":
		if !number.MatchString(v.String()) {
			return fmt.Errorf("is no merchant number of 15 digits")
		}
	case "code":
		if !code.MatchString(v.String()) {
			return fmt.Errorf("is no code of 6 digits")
		}
	case "line", "text":
		return words(v.String(), n, name == "text")
	case "masked":
		if s := v.String(); utf8.RuneCountInString(s) > MaxMasked || s == "" || digits.MatchString(s) {
			return fmt.Errorf("is not masked")
		}
		return words(v.String(), MaxMasked, false)
	case "date":
		if _, err := time.Parse(time.DateOnly, v.String()); err != nil {
			return fmt.Errorf("is no day like 2006-01-02")
		}
	case "link":
		u, err := url.Parse(v.String())
		if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || len(v.String()) > MaxLink {
			return fmt.Errorf("is no https address")
		}
	case "ms":
		if v.Int() < MinMS || v.Int() > MaxMS {
			return fmt.Errorf("is no time in milliseconds")
		}
	case "fen":
		if v.Int() < 0 || v.Int() > MaxAmount {
			return fmt.Errorf("is no amount in fen")
		}
	case "count":
		if v.Int() < 0 {
			return fmt.Errorf("is negative")
		}
	case "list":
		if v.Len() > n {
			return fmt.Errorf("has more than %d elements", n)
		}
	default:
		return fmt.Errorf("has the unknown form %q", is)
	}
	return nil
}

func words(s string, most int, lines bool) error {
	switch {
	case s == "":
		return fmt.Errorf("is missing")
	case !utf8.ValidString(s):
		return fmt.Errorf("is not UTF-8")
	case utf8.RuneCountInString(s) > most:
		return fmt.Errorf("has more than %d characters", most)
	}
	for _, r := range s {
		if !printable(r) && !(lines && (r == '\n' || r == '\t')) {
			return fmt.Errorf("has a character that cannot be seen")
		}
	}
	return nil
}

// printable says whether a character can be seen, blanks included.
func printable(r rune) bool { return r != utf8.RuneError && (unicode.IsPrint(r) || r == '\u3000') }
