package knowledge

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

const incidents = `
incidents:
  - {id: everybody, text: 清算系统维护中, causes: [outage], from: 2026-11-26 10:00, to: 2026-11-26 12:00}
  - {id: one-bank, text: 甲行系统维护中, causes: [outage], from: 2026-11-26 10:30, to: 2026-11-26 11:00, words: [甲行], codes: ["91"], weight: 12}
  - {id: elsewhere, text: 乙收单维护中, causes: [outage], from: 2026-11-26 09:00, to: 2026-11-26 23:00, acquirer: [乙收单]}
`

func TestIncident(t *testing.T) {
	base, err := Embedded()
	if err != nil {
		t.Fatal(err)
	}
	lib, err := LoadOver(base, fstest.MapFS{"now.yaml": {Data: []byte(incidents)}})
	if err != nil {
		t.Fatal(err)
	}
	if lib.Revision == base.Revision {
		t.Error("the revision does not tell")
	}
	if lib, err = lib.For(Scope{}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ text, at, want string }{
		{"刷不了卡", "2026-11-26 09:59", ""},
		{"刷不了卡", "2026-11-26 10:00", "everybody"},
		{"甲行的卡刷不了", "2026-11-26 10:15", "everybody"},
		{"甲行的卡刷不了", "2026-11-26 10:45", "one-bank"},
		{"提示91", "2026-11-26 10:45", "one-bank"},
		{"提示51", "2026-11-26 10:45", "everybody"},
		{"提示91", "2026-11-26 11:00", "everybody"},
		{"提示91", "2026-11-26 12:00", ""},
	} {
		at, err := time.ParseInLocation(minute, c.at, beijing)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if i := lib.Incident(c.text, lib.Read(c.text).Codes, at); i != nil {
			got = i.ID
		}
		if got != c.want {
			t.Errorf("%s at %s: %q, want %q", c.text, c.at, got, c.want)
		}
	}
}

func TestIncidentFaults(t *testing.T) {
	base, err := Embedded()
	if err != nil {
		t.Fatal(err)
	}
	for fields, want := range map[string]string{
		"text: x, causes: [nothing], from: 2026-11-26 10:00, to: 2026-11-26 12:00":              `cause "nothing" does not exist`,
		"text: x, causes: [], from: 2026-11-26 10:00, to: 2026-11-26 12:00":                     "it names no cause",
		"text: x, causes: [outage], from: 2026-11-26, to: 2026-11-26 12:00":                     "write it as in 2026-11-26 10:00",
		"text: x, causes: [outage], from: 2026-11-26 9:00, to: 2026-11-26 12:00":                `from is "2026-11-26 9:00"`,
		"text: x, causes: [outage], from: 2026-11-26 12:00, to: 2026-11-26 12:00":               "not after it begins",
		"text: x, causes: [outage], from: 2026-11-26 10:00, to: 2026-11-26 12:00, weight: 1000": "between 1 and 20",
		`text: x, causes: [outage], from: 2026-11-26 10:00, to: 2026-11-26 12:00, codes: ["9"]`: "is no response code",
		"causes: [outage], from: 2026-11-26 10:00, to: 2026-11-26 12:00":                        "text is missing",
	} {
		_, err := LoadOver(base, fstest.MapFS{"now.yaml": {Data: []byte("incidents:\n  - {id: x, " + fields + "}\n")}})
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "now.yaml:2") {
			t.Errorf("%s: %v, want %q", fields, err, want)
		}
	}
}
