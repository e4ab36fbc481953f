package knowledge

import (
	"cmp"
	"strings"
	"unicode/utf8"
)

// lexicon numbers the units of a library, and their syllables.
type lexicon struct {
	unit     map[string]int32
	sound    []int32 // number of the syllable of a unit
	common   []bool  // whether a unit is a common one
	syllable map[string]int32
}

// gram is a unit (its number + 1) or a pair of neighbours (the first one's number + 1, shifted, with the second's). It has
// 40 bits, so that a gram and a row make one number.
type gram = uint64

const (
	unitBits = 20 // more than a million different units are not told apart
	rowBits  = 24 // … nor more than 16 million rows
	lastUnit = 1<<unitBits - 2
)

func single(u int32) gram  { return gram(u) + 1 }
func pair(a, b int32) gram { return (gram(a)+1)<<unitBits | (gram(b) + 1) }

// gramsOf calls f with every gram of a list of units, as often as it stands there.
func gramsOf(list []int32, f func(gram)) {
	for i, u := range list {
		f(single(u))
		if i > 0 {
			f(pair(list[i-1], u))
		}
	}
}

// commonUnits say little wherever they stand, also when the library is too small to show it. They never count as rare.
const commonUnits = "的了是我你他她它在有和就不都也还没要能会可以个这那一上下来去到说给把被跟让用过着得地吗么什怎样为多少哪几谁办好今天" +
	"想请问知道时候现自己们里面后前啊吧呢很意思回事样又再才刚只该来"

// maxCommon is the largest rarity of a common unit, and of a pair of two of them.
const maxCommon = 1.0

// common tells whether all characters are common ones.
func common(s string) bool {
	for _, r := range s {
		if !strings.ContainsRune(commonUnits, r) {
			return false
		}
	}
	return true
}

func newLexicon() *lexicon { return &lexicon{unit: map[string]int32{}, syllable: map[string]int32{}} }

// learn numbers the units of normalised text, new ones too.
func (l *lexicon) learn(normal string) []int32 {
	list := units(normal)
	out := make([]int32, len(list))
	for i, s := range list {
		id, ok := l.unit[s]
		if !ok && len(l.sound) < lastUnit {
			id = int32(len(l.sound))
			s = strings.Clone(s)
			l.unit[s] = id
			sound := sounded(s)
			n, ok := l.syllable[sound]
			if !ok {
				n = int32(len(l.syllable))
				l.syllable[sound] = n
			}
			l.sound, l.common = append(l.sound, n), append(l.common, common(s))
		}
		out[i] = id
	}
	return out
}

// sequence is text as numbers of units and of syllables. Numbers beyond the lexicon's are of units that it does not have.
type sequence struct {
	units, sounds []int32
	common        []bool
}

// read numbers the units of normalised text and learns nothing.
func (l *lexicon) read(normal string) sequence {
	list := units(normal)
	s := sequence{make([]int32, len(list)), make([]int32, len(list)), make([]bool, len(list))}
	var unknown map[string]int32
	number := func(s string, of map[string]int32) int32 {
		if id, ok := of[s]; ok {
			return id
		}
		if unknown == nil {
			unknown = map[string]int32{}
		}
		id, ok := unknown[s]
		if !ok {
			id = int32(lastUnit - len(unknown))
			unknown[s] = id
		}
		return id
	}
	for i, u := range list {
		s.units[i] = number(u, l.unit)
		if int(s.units[i]) < len(l.sound) {
			s.sounds[i], s.common[i] = l.sound[s.units[i]], l.common[s.units[i]]
		} else {
			s.sounds[i], s.common[i] = number(sounded(u), l.syllable), common(u)
		}
	}
	return s
}

// sounded is the toneless syllable of a unit, or the unit itself.
func sounded(unit string) string {
	r, _ := utf8.DecodeRuneInString(unit)
	return cmp.Or(syllable(r), unit)
}
