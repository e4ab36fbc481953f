package contract

import (
	"reflect"
	"slices"
)

var wordType = reflect.TypeFor[Word]()

// Settle replaces each word that is not known by the one that stands for the unknown, in place, and keeps the foreign one in the field
// Raw beside it where that is empty. v is a pointer.
func Settle(v any) { settle(reflect.ValueOf(v)) }

func settle(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			settle(v.Elem())
		}
	case reflect.Slice:
		for i := range v.Len() {
			if e := v.Index(i); e.Type().Implements(wordType) {
				word(e)
			} else {
				settle(e)
			}
		}
	case reflect.Struct:
		raw := v.FieldByName("Raw")
		for i := range v.NumField() {
			f := v.Field(i)
			if !f.Type().Implements(wordType) {
				settle(f)
				continue
			}
			if f.String() == "" && optional(v.Type().Field(i)) {
				continue
			}
			if foreign, changed := word(f); changed && raw.IsValid() && raw.String() == "" {
				raw.SetString(foreign)
			}
		}
	}
}

// word settles one word and returns what stood there.
func word(v reflect.Value) (foreign string, changed bool) {
	known := v.Interface().(Word).Words()
	foreign = v.String()
	if slices.Contains(known, foreign) {
		return foreign, false
	}
	v.SetString(known[len(known)-1])
	return clip(foreign, 200), true
}

// clip cuts a foreign word to what Raw may hold, without what a line may not have.
func clip(s string, n int) string {
	out := make([]rune, 0, min(len(s), n))
	for _, r := range s {
		if len(out) < n && printable(r) {
			out = append(out, r)
		}
	}
	return string(out)
}
