package knowledge

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
)

// revisionOf names the content of a library: the first 12 hex digits of SHA-256 over its entries as JSON, sorted by id.
// How the entries are spread over files does not matter.
func revisionOf(l Library) (string, error) {
	content := struct {
		Articles  []Article  `json:"articles"`
		Causes    []Cause    `json:"causes"`
		Checks    []Check    `json:"checks"`
		Incidents []Incident `json:"incidents,omitempty"`
		Variants  []Article  `json:"variants,omitempty"`
	}{
		slices.SortedFunc(slices.Values(l.Articles), func(a, b Article) int { return cmp.Compare(a.key(), b.key()) }),
		slices.SortedFunc(slices.Values(l.Causes), func(a, b Cause) int { return cmp.Compare(a.ID, b.ID) }),
		slices.SortedFunc(slices.Values(l.Checks), func(a, b Check) int { return cmp.Compare(a.ID, b.ID) }),
		slices.SortedFunc(slices.Values(l.Incidents), func(a, b Incident) int { return cmp.Compare(a.ID, b.ID) }),
		slices.SortedFunc(slices.Values(l.Variants), func(a, b Article) int { return cmp.Compare(a.key(), b.key()) }),
	}
	data, err := json.Marshal(content) // maps are written in the order of their keys
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])[:12], nil
}
