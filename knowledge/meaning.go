package knowledge

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
)

// dims is the length of a vector.
const dims = 32

// meaning says how close a message is to the wordings of an article taken together, also where they share few characters: 如何 and
// 怎么 stand in wordings of the same articles, so their vectors lie together. A text is the sum of the vectors of its traits, as a
// unit vector; a trait that was not learnt counts nothing.
type meaning struct {
	traits   []uint32  // hashes, rising
	table    []int8    // dims a trait
	scale    []float32 // of a trait's numbers
	articles []float32 // dims an article, unit vectors, or zeros for an article of no learnt trait
}

// traitsOf returns the hashes of what stands in a text: one to three units in a row, one and two syllables in a row.
func traitsOf(units []string) []uint32 {
	sounds := syllables(units)
	out := make([]uint32, 0, 5*len(units))
	put := func(kind uint32, parts ...string) {
		h := uint32(2166136261) ^ kind // FNV-1a
		for _, p := range parts {
			for i := range len(p) {
				h = (h ^ uint32(p[i])) * 16777619
			}
			h = (h ^ '_') * 16777619
		}
		out = append(out, h)
	}
	for i := range units {
		put(1, units[i])
		put(4, sounds[i])
		if i > 0 {
			put(2, units[i-1:i+1]...)
			put(5, sounds[i-1:i+1]...)
		}
		if i > 1 {
			put(3, units[i-2:i+1]...)
		}
	}
	return out
}

// vector returns the unit vector of a text, or nil when nothing of it was learnt.
func (m *meaning) vector(traits []uint32) []float32 {
	var v []float32
	for _, h := range traits {
		i, ok := slices.BinarySearch(m.traits, h)
		if !ok {
			continue
		}
		if v == nil {
			v = make([]float32, dims)
		}
		for d, x := range m.table[i*dims : (i+1)*dims] {
			v[d] += float32(x) * m.scale[i]
		}
	}
	if v != nil && unit(v) < tiny {
		return nil
	}
	return v
}

// place sets the vectors of the articles: the middle of their wordings and title.
func (m *meaning) place(lib *Library) {
	m.articles = make([]float32, dims*len(lib.Articles))
	for i := range lib.Articles {
		a := &lib.Articles[i]
		middle := m.articles[i*dims : (i+1)*dims]
		for k := -1; k < len(a.Wordings); k++ {
			for d, x := range m.vector(traitsOfText(wordingOf(a, k))) {
				middle[d] += x
			}
		}
		unit(middle)
	}
}

// like returns the cosine of a message and an article, -1..1.
func (m *meaning) like(v []float32, article int32) float64 {
	return float64(dot(v, m.articles[int(article)*dims:][:dims]))
}

func traitsOfText(text string) []uint32 { return traitsOf(units(content(Normalize(text)))) }

// tiny is a length below which a vector has no direction.
const tiny = 1e-6

// unit makes the length of v one and returns what it was.
func unit(v []float32) float32 {
	n := float32(math.Sqrt(float64(dot(v, v))))
	if n >= tiny {
		for d := range v {
			v[d] /= n
		}
	}
	return n
}

func dot(a, b []float32) float32 {
	s := float32(0)
	for i, x := range a {
		s += x * b[i]
	}
	return s
}

//go:embed meaning.bin
var meaningFile []byte

// The file of the vectors of the shipped library: meaningMagic, the key (32 bytes), the number of traits (uint32), their hashes
// (uint32), their scales (float32) and their numbers (dims times int8), all little endian.
const meaningMagic = "posdoctor vectors 1\n"

// keyOf is a hash of all that the vectors of a library are learnt from: the recipe with its numbers, and the traits of each wording,
// so that another normalisation or other syllables make another key as other words do.
func keyOf(lib *Library) [sha256.Size]byte {
	h := sha256.New()
	fmt.Fprintln(h, meaningMagic, recipe, dims, epochs, batchPairs, temperature, learnRate, partners, leastSeen, fewest, mostTraits, seed)
	var b []byte
	put := func(n int) { b = binary.LittleEndian.AppendUint32(b, uint32(n)) }
	for i := range lib.Articles {
		a := &lib.Articles[i]
		b = b[:0]
		put(len(a.Wordings))
		for k := -1; k < len(a.Wordings); k++ {
			traits := traitsOfText(wordingOf(a, k))
			put(len(traits))
			for _, t := range traits {
				put(int(t))
			}
		}
		h.Write(b)
	}
	var key [sha256.Size]byte
	h.Sum(key[:0])
	return key
}

// encode writes the vectors of a library as a file.
func (m *meaning) encode(lib *Library) []byte {
	key := keyOf(lib)
	b := append([]byte(meaningMagic), key[:]...)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(m.traits)))
	for _, h := range m.traits {
		b = binary.LittleEndian.AppendUint32(b, h)
	}
	for _, s := range m.scale {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(s))
	}
	for _, x := range m.table {
		b = append(b, byte(x))
	}
	return b
}

// keyed returns the vectors of a file if they are those of a library, or nil.
func keyed(file []byte, lib *Library) *meaning {
	key := keyOf(lib)
	b, ok := bytes.CutPrefix(file, append([]byte(meaningMagic), key[:]...))
	if !ok || len(b) < 4 {
		return nil
	}
	n := int(binary.LittleEndian.Uint32(b))
	if b = b[4:]; len(b) != n*(4+4+dims) {
		return nil
	}
	m := &meaning{traits: make([]uint32, n), scale: make([]float32, n), table: make([]int8, n*dims)}
	for i := range n {
		m.traits[i] = binary.LittleEndian.Uint32(b[4*i:])
		m.scale[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*(n+i):]))
	}
	for i, x := range b[8*n:] {
		m.table[i] = int8(x)
	}
	m.place(lib)
	return m
}

// shippedMeaning returns the checked-in vectors if they belong to a library, or nil.
func shippedMeaning(lib *Library) *meaning { return keyed(meaningFile, lib) }
